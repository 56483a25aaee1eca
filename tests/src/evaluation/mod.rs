//! What a register answers about a generated practice, held against what is true.

mod tally;

pub use tally::{Counts, Fault, Limits, Tally};

use crate::population::Recorded;
use comptoir_identity::{Candidate, Link, PivotIdentity, judge};
use comptoir_register::{Act, ActKind, ReadError, Register, WriteError};
use jiff::Timestamp;
use std::collections::HashSet;

/// Records inserted in one transaction.
const CHUNK: usize = 10_000;

/// What a register answers about one identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How sure it is which record.
    pub link: Link,
    /// The first plausible record: with a safe link, the one.
    pub plausible: Option<String>,
    /// What is shown, best first.
    pub shown: Vec<String>,
}

/// Asks a register about an identity, as a check-in without any record opened does. Performs I/O.
///
/// # Errors
/// See [`ReadError`].
pub fn answer(register: &Register, identity: &PivotIdentity) -> Result<Answer, ReadError> {
    let found = register.candidates(identity)?;
    let judgement = judge(
        identity,
        found.iter().map(|patient| Candidate {
            record: &patient.record,
            traits: &patient.traits,
            opened: false,
            told_apart: patient.told_apart,
        }),
    );
    Ok(Answer {
        link: judgement.link,
        plausible: judgement.candidates.iter().find(|one| one.is_plausible()).map(|one| one.record.clone()),
        shown: judgement.candidates.iter().map(|one| one.record.clone()).collect(),
    })
}

/// Fills a register with the records of a practice, in chunks. Performs I/O.
///
/// A number is in force once: a second record of it, the same person's or that of a child who is billed under it, is
/// inserted without.
///
/// # Errors
/// See [`WriteError`].
pub fn fill(register: &Register, records: impl Iterator<Item = Recorded>) -> Result<usize, WriteError> {
    let act = Act::new(Timestamp::UNIX_EPOCH, "generated", ActKind::PatientCreated);
    let mut in_force = HashSet::new();
    let mut patients =
        records.map(|record| record.new_patient(record.ins.filter(|ins| in_force.insert(*ins)))).peekable();
    let mut filled = 0;
    while patients.peek().is_some() {
        let chunk: Vec<_> = patients.by_ref().take(CHUNK).collect();
        register.insert_all(&chunk, &act)?;
        filled += chunk.len();
    }
    Ok(filled)
}
