//! French patient identity: traits, INS, status, comparison. Pure.
