//! The job: check-in, and the ports it needs (Browser, Keychain, Clock).
