//! The local patient register: encrypted, searched by the rules of the RNIV, with its journal.
//!
//! The interface speaks of patients and searches, never of SQL, connections or files: another store
//! can stand behind it.

mod arrivals;
mod backup;
mod candidates;
mod change;
mod complementary;
mod copy;
#[cfg(test)]
mod damage;
pub mod demo;
mod diagnosis;
mod distinct;
mod duplicates;
mod examine;
mod exchange;
#[cfg(test)]
mod fixtures;
mod functions;
mod history;
mod ins;
mod journal;
mod key;
mod memory;
mod merge;
mod open;
mod patient;
mod place_on_disk;
mod proofs;
mod readers;
mod recovery;
mod restore;
mod retention;
mod rotation;
mod rules;
mod search;
mod sole_use;
mod upgrade;

use memory::{Memory, Source as MemorySource};
use readers::Readers;
use rusqlite::Connection;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

pub use arrivals::{Arrival, ArrivalId, ArrivalState, NewArrival};
pub use backup::{BACKUPS_FOLDER, Backup, BackupError, BackupReport, backups};
pub use change::{RecordIdentity, cause_code, status_code};
pub use complementary::{ComplementaryKind, ComplementaryTrait};
pub use copy::{Copied, CopyError};
pub use distinct::{DistinctionReason, DistinguishError, WithdrawError};
pub use duplicates::{PassProgress, PassReport, Suspicion};
pub use examine::{Contents, Soundness};
pub use exchange::{
    Column, Counts, Delimiter, Encoding, ExportError, Exported, ImportError, ImportEvent, ImportOptions, ImportReport,
    Mapping, MappingError, Note, Progress, Reason, RowReport, Source, SourceError,
};
pub use history::StatusChange;
pub use journal::{
    Act, ActKind, BrokenLine, JournalFault, JournalFilter, JournalHead, JournalHeadError, JournalLine, JournalState,
    LineRecord, LineTraits,
};

pub use key::{KeyError, RegisterKey};
pub use memory::{Agreement, Reasons, SuspicionKind};
pub use merge::{MergeError, UndoMergeError};
pub use open::OpenError;
pub use patient::{NewPatient, Patient, RecordId, attributes_code};
pub use place_on_disk::{PlaceOnDisk, place_on_disk};
pub use proofs::{RecordedProof, device_code};
pub use recovery::{RecoveryText, RecoveryTextError};
pub use restore::{Loss, Restoration, RestoreError, Restored};
pub use retention::{Due, PurgeReport};
pub use rotation::Keep;
pub use rules::{SiteRule, SiteRuleDecided};
pub use search::{Found, Search};
pub use sole_use::{RekeyError, SoleUse};

/// The practice's register. Clones share it.
#[derive(Clone)]
pub struct Register {
    store: Arc<Store>,
}

/// One connection that writes; readers beside it where there is a file.
struct Store {
    writer: Mutex<Connection>,
    readers: Option<Readers>,
    memory: Memory,
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Register")
    }
}

impl Register {
    fn over(writer: Connection, readers: Option<Readers>) -> Self {
        Self { store: Arc::new(Store { writer: Mutex::new(writer), readers, memory: Memory::default() }) }
    }

    /// The connection that writes; there is one.
    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.store.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The register in memory, and where it reads from.
    fn memory(&self) -> (&Memory, MemorySource<'_>) {
        let source = self.store.readers.as_ref().map_or(MemorySource::Alone(&self.store.writer), MemorySource::File);
        (&self.store.memory, source)
    }

    /// Reads the register into memory, which the first search by likeness otherwise does. Performs I/O: about a
    /// second for a million records.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn load(&self) -> Result<(), ReadError> {
        let (memory, source) = self.memory();
        memory.load(&source)
    }

    /// Reads beside whoever writes. Nothing else can see a register in memory: there the writer reads.
    fn read<T, E: From<rusqlite::Error>>(&self, act: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        match &self.store.readers {
            Some(readers) => readers.read(act),
            None => act(&self.writer()),
        }
    }
}

/// Why the register could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The store failed. Its message names tables and columns, never values.
    #[error("the register could not be read")]
    Store(#[source] rusqlite::Error),
    /// The file is damaged, or a line holds what the rules cannot have written.
    #[error("the file is damaged, or holds a line that the rules cannot have written")]
    Damaged,
}

/// Why the register could not be written. Nothing was changed.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The store failed; the transaction was undone.
    #[error("the register could not be written; nothing was changed")]
    Store(#[source] rusqlite::Error),
    /// The disk is full, or the file cannot be written.
    #[error("the register's disk is full or read-only; nothing was changed")]
    NoSpace,
    /// A required trait is lacking, an identifier is already taken, or what is to be settled is not there.
    #[error("a required trait is lacking, an identifier is taken, or there is nothing to settle; nothing was changed")]
    Refused,
    /// The record is no longer what the change was decided on.
    #[error("the record was changed meanwhile; nothing was changed")]
    ChangedMeanwhile,
    /// A line that the change builds on holds what the rules cannot have written.
    #[error("the register holds a line that the rules cannot have written; nothing was changed")]
    Damaged,
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        if diagnosis::is_damage(&error) { Self::Damaged } else { Self::Store(error) }
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        if diagnosis::is_damage(&error) {
            return Self::Damaged;
        }
        if diagnosis::is_no_space(&error) {
            return Self::NoSpace;
        }
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ReadOnly) => Self::NoSpace,
            Some(rusqlite::ErrorCode::ConstraintViolation) => Self::Refused,
            _ => Self::Store(error),
        }
    }
}

impl From<ReadError> for WriteError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => error.into(),
            ReadError::Damaged => Self::Damaged,
        }
    }
}

impl ReadError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "register-unavailable",
            Self::Damaged => "register-damaged",
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::Store(_) => "REG-10",
            Self::Damaged => "REG-11",
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}

impl WriteError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "register-unavailable",
            Self::NoSpace => "register-read-only",
            Self::Refused => "register-refused",
            Self::ChangedMeanwhile => "record-changed-meanwhile",
            Self::Damaged => "register-damaged",
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::Store(_) => "REG-20",
            Self::NoSpace => "REG-21",
            Self::Refused => "REG-22",
            Self::ChangedMeanwhile => "REG-40",
            Self::Damaged => "REG-41",
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        match self {
            Self::Store(_) | Self::NoSpace => true,
            Self::Refused | Self::ChangedMeanwhile | Self::Damaged => false,
        }
    }
}
