//! The local patient register: encrypted, searched by the rules of the RNIV, with its journal.
//!
//! The interface speaks of patients and searches, never of SQL, connections or files: another store
//! can stand behind it.

mod arrivals;
mod backup;
mod candidates;
mod copy;
#[cfg(test)]
mod damage;
pub mod demo;
mod diagnosis;
mod examine;
mod functions;
mod ins;
mod journal;
mod key;
mod open;
mod patient;
mod place_on_disk;
mod readers;
mod recovery;
mod restore;
mod rotation;
mod search;
mod sole_use;
mod upgrade;

use readers::Readers;
use rusqlite::Connection;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

pub use arrivals::{Arrival, ArrivalId, ArrivalState, NewArrival};
pub use backup::{BACKUPS_FOLDER, Backup, BackupError, BackupReport, backups};
pub use copy::{Copied, CopyError};
pub use examine::{Contents, JournalHead, Soundness};
pub use journal::{Act, ActKind, JournalState};
pub use key::{KeyError, RegisterKey};
pub use open::OpenError;
pub use patient::{NewPatient, Patient, RecordId};
pub use place_on_disk::{PlaceOnDisk, place_on_disk};
pub use recovery::{RecoveryText, RecoveryTextError};
pub use restore::{Loss, Restoration, RestoreError, Restored};
pub use rotation::Keep;
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
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Register")
    }
}

impl Register {
    fn over(writer: Connection, readers: Option<Readers>) -> Self {
        Self { store: Arc::new(Store { writer: Mutex::new(writer), readers }) }
    }

    /// The connection that writes; there is one.
    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.store.writer.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// The file is damaged; the transaction was undone.
    #[error("the register's file is damaged; nothing was changed")]
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
            Self::Damaged => "REG-23",
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        !matches!(self, Self::Refused | Self::Damaged)
    }
}
