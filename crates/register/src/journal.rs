//! The journal: who did what, when, on what evidence; append-only and chained.
//!
//! A line has two parts beside its header: the evidence, codes without any trait, which stays; and the
//! strict traits before and after a change, which retention erases. The chain runs over their hashes.

mod chain;
mod kind;
mod line;
mod traits;

use crate::patient::RecordId;
use crate::{ReadError, Register, WriteError};
use chain::{GENESIS, line_hash, sha256};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Map, Value};

pub use chain::{BrokenLine, JournalFault, JournalHead, JournalHeadError, JournalState};
pub use kind::ActKind;
pub use line::{JournalFilter, JournalLine, LineRecord, LineTraits};
pub(crate) use traits::ChangedTraits;

/// One line to write: when, who, what, and the evidence without any trait.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    at: Timestamp,
    author: &'a str,
    kind: ActKind,
    record: Option<RecordId>,
    evidence: Vec<(&'static str, &'a str)>,
}

impl<'a> Act<'a> {
    /// Says when, who and what.
    #[must_use]
    pub fn new(at: Timestamp, author: &'a str, kind: ActKind) -> Self {
        Self { at, author, kind, record: None, evidence: Vec::new() }
    }

    /// Adds the record it is about and the evidence: codes and levels, never a trait. `other` is the number of a second
    /// record.
    #[must_use]
    pub fn about(mut self, record: Option<RecordId>, evidence: &[(&'static str, &'a str)]) -> Self {
        self.record = record;
        self.evidence.extend(evidence);
        self
    }

    /// Another act of the same author at the same time.
    #[must_use]
    pub(crate) fn of_kind(&self, kind: ActKind) -> Self {
        Self::new(self.at, self.author, kind)
    }

    /// When.
    #[must_use]
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Who.
    #[must_use]
    pub(crate) fn author(&self) -> &'a str {
        self.author
    }

    /// The same moment and author, for another line of the same transaction.
    #[must_use]
    pub(crate) fn beside(&self, kind: ActKind) -> Self {
        Self::new(self.at, self.author, kind)
    }
}

impl Register {
    /// Appends a line to the journal. Performs I/O.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn journal(&self, act: &Act<'_>) -> Result<(), WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        append(&transaction, act, act.record)?;
        Ok(transaction.commit()?)
    }

    /// Reads the whole journal, line by line, and checks its chain. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn verify_journal(&self) -> Result<JournalState, ReadError> {
        self.read(|connection| chain::verify(connection, None))
    }

    /// Reads the whole journal, checks its chain, and that a head noted before is in it: what was cut off or
    /// written anew since then is only seen so. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn verify_journal_from(&self, head: &JournalHead) -> Result<JournalState, ReadError> {
        self.read(|connection| chain::verify(connection, Some(head)))
    }

    /// The last line's number and hash, to be kept apart from the register. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn journal_head(&self) -> Result<JournalHead, ReadError> {
        self.read(chain::head)
    }
}

/// Writes one line inside the transaction of the change it belongs to.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    act: &Act<'_>,
    record: Option<RecordId>,
) -> Result<(), rusqlite::Error> {
    append_changed(transaction, act, record, None)
}

/// Writes one line with the strict traits before and after, inside the transaction of their change.
pub(crate) fn append_changed(
    transaction: &Transaction<'_>,
    act: &Act<'_>,
    record: Option<RecordId>,
    changed: Option<ChangedTraits>,
) -> Result<(), rusqlite::Error> {
    let last: Option<(i64, Vec<u8>, String)> = transaction
        .query_row("SELECT sequence, hash, at FROM journal ORDER BY sequence DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let went_back = last.as_ref().is_some_and(|(_, _, at)| at.parse().is_ok_and(|last: Timestamp| act.at < last));
    let (sequence, previous) = last.map_or((1, GENESIS.to_vec()), |(sequence, hash, _)| (sequence + 1, hash));
    let mut payload: Map<String, Value> =
        act.evidence.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    if let Some(record) = record {
        payload.insert("record".to_owned(), Value::from(record.number()));
    }
    // The order of lines is that of their numbers, whatever the machine's clock says.
    if went_back {
        payload.insert("note".to_owned(), Value::from("clock-went-back"));
    }
    // In one order, whatever another crate of the program asked of serde_json.
    payload.sort_keys();
    let payload = Value::Object(payload).to_string();
    let payload_hash = sha256(&[payload.as_bytes()]);
    let traits = changed.map(|changed| changed.text(transaction)).transpose()?;
    let traits_hash = traits.as_ref().map(|traits| sha256(&[traits.as_bytes()]));
    let at = act.at.to_string();
    let header = [at.as_str(), act.author, act.kind.name()];
    let hash = line_hash(&previous, sequence, header, &payload_hash, traits_hash.as_deref());
    transaction.execute(
        "INSERT INTO journal (sequence, at, author, kind, payload, payload_hash, traits, traits_hash, previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![sequence, at, act.author, act.kind.name(), payload, payload_hash, traits, traits_hash, previous, hash],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
