//! Providers that a script plays: the conformance suite's, and hostile ones. Nobody is signed in by a lie, and nothing more
//! is asked than must be.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop at what should not be; tokens are ASCII"
)]

mod answers;
mod encrypted;
mod generic;
mod hostile;
mod id_tokens;
mod identities;
mod metadata;
mod provider;
mod returns;
mod suite;
mod wire;
