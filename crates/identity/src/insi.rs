//! What INSi may be asked, and what of its answer may be taken (DMN INS 13–16; ins.md §4).

mod answer;
mod query;

pub use answer::{InsIdentity, InsiAnswer, InsiClaims, InsiNumber, InsiUnusable, InsiWarning};
pub use query::{InsiQuery, NotCallable};

#[cfg(test)]
mod tests;
