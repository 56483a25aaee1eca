//! The whole world, faked or real.
