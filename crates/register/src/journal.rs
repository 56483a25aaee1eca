//! The journal: who did what, when, on what evidence; append-only and chained.

use crate::patient::RecordId;
use crate::{ReadError, Register, WriteError};
use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Map, Value};

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActKind {
    /// A search was made; one line an intent, not a key press.
    SearchMade,
    /// A record was shown.
    RecordViewed,
    /// A check-in came to a verdict.
    CheckInConcluded,
    /// The receptionist confirmed that a record is the person's.
    IdentityConfirmed,
    /// A patient was created.
    PatientCreated,
    /// The identity document decides.
    PaperPath,
    /// The FranceConnect session was closed.
    SessionClosed,
    /// The FranceConnect session could not be seen to close.
    SessionNotClosed,
    /// An owed logout was written off: its issuer no longer exists.
    LogoutWrittenOff,
    /// A sign-in was held: a session may remain in the browser.
    BrowserHeld,
    /// The receptionist closed the browser, and said so.
    BrowserReleased,
    /// Identities were compared with the register one after another, by a program; one line a batch.
    BatchVerified,
    /// The demonstration was filled.
    DemonstrationFilled,
    /// Patients were imported from a file; one line a batch.
    PatientsImported,
    /// What may be changed whatever the status was changed in one record (DMN INS 31).
    PatientUpdated,
    /// The patients were exported to a file.
    PatientsExported,
}

impl ActKind {
    fn name(self) -> &'static str {
        match self {
            Self::SearchMade => "search-made",
            Self::RecordViewed => "record-viewed",
            Self::CheckInConcluded => "check-in-concluded",
            Self::IdentityConfirmed => "identity-confirmed",
            Self::PatientCreated => "patient-created",
            Self::PaperPath => "paper-path",
            Self::SessionClosed => "session-closed",
            Self::SessionNotClosed => "session-not-closed",
            Self::LogoutWrittenOff => "logout-written-off",
            Self::BrowserHeld => "browser-held",
            Self::BrowserReleased => "browser-released",
            Self::BatchVerified => "batch-verified",
            Self::DemonstrationFilled => "demonstration-filled",
            Self::PatientsImported => "patients-imported",
            Self::PatientUpdated => "patient-updated",
            Self::PatientsExported => "patients-exported",
        }
    }
}

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

    /// Adds the record it is about and the evidence: codes and levels, never a trait.
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
}

/// What reading the whole chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalState {
    /// Lines read.
    pub lines: u64,
    /// The first line that does not follow from the one before it.
    pub broken_at: Option<i64>,
}

impl JournalState {
    /// Whether every line follows from the one before it.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.broken_at.is_none()
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

    /// Reads the whole journal and checks its chain. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn verify_journal(&self) -> Result<JournalState, ReadError> {
        self.read(verify)
    }
}

/// Writes one line inside the transaction of the change it belongs to.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    act: &Act<'_>,
    record: Option<RecordId>,
) -> Result<(), rusqlite::Error> {
    let last: Option<(i64, Vec<u8>)> = transaction
        .query_row("SELECT sequence, hash FROM journal ORDER BY sequence DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let (sequence, previous) = last.map_or((1, vec![0; 32]), |(sequence, hash)| (sequence + 1, hash));
    let mut payload: Map<String, Value> =
        act.evidence.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    if let Some(record) = record {
        payload.insert("record".to_owned(), Value::from(record.number()));
    }
    let payload = Value::Object(payload).to_string();
    let payload_hash = sha256(&[payload.as_bytes()]);
    let at = act.at.to_string();
    let hash = line_hash(&previous, sequence, &at, act.author, act.kind.name(), &payload_hash);
    transaction.execute(
        "INSERT INTO journal (sequence, at, author, kind, payload, payload_hash, previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![sequence, at, act.author, act.kind.name(), payload, payload_hash, previous, hash],
    )?;
    Ok(())
}

fn verify(connection: &Connection) -> Result<JournalState, ReadError> {
    let mut statement = connection.prepare(
        "SELECT sequence, at, author, kind, payload, payload_hash, previous, hash FROM journal ORDER BY sequence",
    )?;
    let mut rows = statement.query([])?;
    let mut state = JournalState { lines: 0, broken_at: None };
    let mut expected = (1_i64, vec![0_u8; 32]);
    while let Some(row) = rows.next()? {
        let sequence: i64 = row.get(0)?;
        let (at, author, kind): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let payload: Option<String> = row.get(4)?;
        let (payload_hash, previous, hash): (Vec<u8>, Vec<u8>, Vec<u8>) = (row.get(5)?, row.get(6)?, row.get(7)?);
        let payload_holds = payload.is_none_or(|payload| sha256(&[payload.as_bytes()]) == payload_hash);
        let follows = (sequence, &previous) == (expected.0, &expected.1);
        let own = line_hash(&previous, sequence, &at, &author, &kind, &payload_hash) == hash;
        if !(payload_holds && follows && own) && state.broken_at.is_none() {
            state.broken_at = Some(sequence);
        }
        state.lines += 1;
        expected = (sequence + 1, hash);
    }
    Ok(state)
}

/// Lengths are part of what is hashed, so that no two lines can be written alike.
fn line_hash(previous: &[u8], sequence: i64, at: &str, author: &str, kind: &str, payload_hash: &[u8]) -> Vec<u8> {
    sha256(&[previous, &sequence.to_be_bytes(), at.as_bytes(), author.as_bytes(), kind.as_bytes(), payload_hash])
}

fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register_with_three_lines() -> Register {
        let register = Register::in_memory().expect("a register");
        for kind in [ActKind::SearchMade, ActKind::BrowserHeld, ActKind::SessionClosed] {
            let act = Act::new(Timestamp::UNIX_EPOCH, "anne", kind).about(None, &[("acr", "eidas1")]);
            register.journal(&act).expect("written");
        }
        register
    }

    #[test]
    fn the_chain_shows_where_it_was_altered() {
        for (rule, alteration, broken_at) in [
            ("untouched", "SELECT 1", None),
            ("payload erased by retention", "UPDATE journal SET payload = NULL WHERE sequence = 2", None),
            ("payload altered", "UPDATE journal SET payload = '{}' WHERE sequence = 2", Some(2)),
            ("author altered", "UPDATE journal SET author = 'x' WHERE sequence = 1", Some(1)),
            ("line removed", "DELETE FROM journal WHERE sequence = 2", Some(3)),
            ("hash altered", "UPDATE journal SET hash = zeroblob(32) WHERE sequence = 2", Some(2)),
        ] {
            let register = register_with_three_lines();
            // Whoever alters the file by hand has no triggers in the way.
            register
                .writer()
                .execute_batch("DROP TRIGGER journal_is_never_changed; DROP TRIGGER journal_is_never_deleted;")
                .expect("dropped");
            register.writer().execute_batch(alteration).expect("altered");
            assert_eq!(register.verify_journal().expect("read").broken_at, broken_at, "{rule}");
        }
    }

    #[test]
    fn the_journal_is_append_only() {
        for (alteration, allowed) in [
            ("DELETE FROM journal", false),
            ("UPDATE journal SET author = 'x'", false),
            ("UPDATE journal SET payload = '{}'", false),
            ("UPDATE journal SET payload = NULL", true),
        ] {
            let register = register_with_three_lines();
            let done = register.writer().execute(alteration, []).is_ok();
            assert_eq!(done, allowed, "{alteration}");
        }
    }

    #[test]
    fn programs_that_write_at_once_make_one_chain() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let key = crate::RegisterKey::from_bytes(&[7; 32]).expect("a key");
        let registers = [0; 3].map(|_| Register::open(&file, &key).expect("opened"));
        let start = std::sync::Barrier::new(registers.len());
        std::thread::scope(|scope| {
            for register in &registers {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..100 {
                        let act = Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::SearchMade);
                        register.journal(&act).expect("written");
                    }
                });
            }
        });
        let [register, ..] = &registers;
        assert_eq!(register.verify_journal().expect("read"), JournalState { lines: 300, broken_at: None });
    }
}
