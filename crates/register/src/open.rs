//! Opening and making a register.

use crate::Register;
use crate::key::RegisterKey;
use rusqlite::{Connection, ErrorCode};
use rusqlite_migration::{M, Migrations, SchemaVersion};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use thiserror::Error;

/// Append-only: a migration that has been in a release is never edited.
static MIGRATIONS: &[M<'static>] = &[M::up(include_str!("migrations/001_first.sql"))];

/// Why a register could not be opened. The file is left as it was.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The key does not open this file, or the file is not a register.
    #[error("the key does not open this file")]
    WrongKey,
    /// The file is damaged.
    #[error("the file is damaged")]
    Damaged,
    /// A newer version of the program has changed the file.
    #[error("a newer version of the program has changed the file")]
    NewerThanProgram,
    /// The file or its folder cannot be written.
    #[error("the file or its folder cannot be written")]
    CannotWrite,
    /// The store failed.
    #[error("the register could not be opened")]
    Store(#[source] rusqlite::Error),
}

impl OpenError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongKey => "register-wrong-key",
            Self::Damaged => "register-damaged",
            Self::NewerThanProgram => "register-newer",
            Self::CannotWrite => "register-read-only",
            Self::Store(_) => "register-unavailable",
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::WrongKey => "REG-01",
            Self::Damaged => "REG-02",
            Self::NewerThanProgram => "REG-03",
            Self::CannotWrite => "REG-04",
            Self::Store(_) => "REG-05",
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        matches!(self, Self::CannotWrite | Self::Store(_))
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::WrongKey,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::DiskFull | ErrorCode::PermissionDenied) => {
                Self::CannotWrite
            }
            _ => Self::Store(error),
        }
    }
}

impl Register {
    /// Opens the register at `file`, or makes it when there is none. Performs I/O.
    ///
    /// # Errors
    /// See [`OpenError`]; the file is left as it was.
    pub fn open(file: &Path, key: &RegisterKey) -> Result<Self, OpenError> {
        let connection = Connection::open(file)?;
        // First of all: SQLCipher writes to stderr what goes wrong with a key.
        connection.pragma_update(None, "cipher_log_level", "NONE")?;
        connection.pragma_update(None, "key", key.pragma().as_str())?;
        // The key is only tried by the first read.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        Self::prepare(connection)
    }

    /// Makes an empty register in memory, forgotten when the program ends (`--session-only`).
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, OpenError> {
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "secure_delete", true)?;
        let migrations = Migrations::from_slice(MIGRATIONS);
        let newer = matches!(
            migrations.current_version(&connection),
            Ok(SchemaVersion::Outside(_)) | Err(rusqlite_migration::Error::MigrationDefinition(_))
        );
        if newer {
            return Err(OpenError::NewerThanProgram);
        }
        migrations.to_latest(&mut connection).map_err(|error| {
            if let rusqlite_migration::Error::RusqliteError { err, .. } = error {
                err.into()
            } else {
                tracing::error!("a migration could not be applied");
                OpenError::Damaged
            }
        })?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    fn key() -> RegisterKey {
        RegisterKey::generate(&SystemRandom::new()).expect("a key")
    }

    #[test]
    fn what_cannot_be_opened_is_named_and_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let good = key();
        drop(Register::open(&file, &good).expect("made"));
        let whole = std::fs::read(&file).expect("read");
        let newer = folder.path().join("newer.db");
        {
            let register = Register::open(&newer, &good).expect("made");
            register.connection().pragma_update(None, "user_version", 99).expect("set");
        }
        let newer = std::fs::read(&newer).expect("read");
        let mut garbled = whole.clone();
        garbled.iter_mut().skip(64).step_by(97).for_each(|byte| *byte ^= 0x5a);
        for (rule, bytes, key, code) in [
            ("another key", whole.clone(), key(), "register-wrong-key"),
            ("garbage", vec![0x42; 9_000], good.clone(), "register-wrong-key"),
            ("truncated", whole.iter().take(5_000).copied().collect(), good.clone(), "register-damaged"),
            ("garbled", garbled, good.clone(), "register-wrong-key"),
            ("newer than the program", newer, good.clone(), "register-newer"),
        ] {
            let copy = folder.path().join(format!("{rule}.db"));
            std::fs::write(&copy, &bytes).expect("written");
            let error = Register::open(&copy, &key).expect_err(rule);
            assert_eq!(error.code(), code, "{rule}");
            assert!(std::fs::read(&copy).expect("read") == bytes, "{rule}: the file was changed");
        }
        assert!(
            Register::open(&folder.path().join("no/such/folder.db"), &good)
                .is_err_and(|e| e.code() == "register-read-only")
        );
        assert!(Register::open(&file, &good).is_ok(), "the right key still opens it");
    }
}
