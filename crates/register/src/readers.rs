//! Connections that only read, several at once, beside the one that writes.

use crate::key::RegisterKey;
use crate::open::keyed;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Connections kept open for the next reading; more are opened when more read at once.
const KEPT: usize = 4;

/// Where readers come from.
pub(crate) struct Readers {
    file: PathBuf,
    key: RegisterKey,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn of(file: PathBuf, key: RegisterKey) -> Self {
        Self { file, key, idle: Mutex::new(Vec::new()) }
    }

    /// The register's file.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The register's key.
    pub(crate) fn key(&self) -> &RegisterKey {
        &self.key
    }

    /// Opens one more connection that only reads.
    pub(crate) fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = keyed(&self.file, &self.key, flags)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(connection)
    }

    /// Reads with a connection of its own.
    pub(crate) fn read<T, E: From<rusqlite::Error>>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| self.open(), Ok)?;
        let result = act(&connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A connection that met a damaged page answers nothing any more.
        if result.is_ok() && idle.len() < KEPT {
            idle.push(connection);
        }
        result
    }
}
