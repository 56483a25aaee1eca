//! What a register holds, and whether all of it can be read.

use crate::key::RegisterKey;
use crate::open::keyed;
use crate::upgrade::known_version;
use crate::{JournalHead, JournalState, OpenError, ReadError, Register};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::Path;

/// What a register holds, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The version of its tables.
    pub schema: u32,
    /// Records, merged ones too.
    pub records: u64,
    /// Lines of the list of arrivals.
    pub arrivals: u64,
    /// Where its journal ends.
    pub head: JournalHead,
    /// The first line of its journal: two copies of one register have the same.
    pub origin: Option<[u8; 32]>,
}

/// What reading every page found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Soundness {
    /// Pages that were altered since they were written (each has its HMAC).
    pub altered_pages: u64,
    /// Whether tables and indexes hang together.
    pub structure_whole: bool,
    /// The journal and its chain; `None` where it cannot be read.
    pub journal: Option<JournalState>,
}

impl Soundness {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.altered_pages == 0 && self.structure_whole && self.journal.is_some_and(JournalState::is_whole)
    }
}

impl Register {
    /// What the register holds, in numbers. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn contents(&self) -> Result<Contents, ReadError> {
        self.read(contents)
    }

    /// Reads every page and the whole journal. Performs I/O, for seconds where there are a million records.
    ///
    /// # Errors
    /// See [`ReadError`]: only when nothing could be looked at. What is damaged is an answer.
    pub fn examine(&self) -> Result<Soundness, ReadError> {
        let encrypted = self.store.readers.is_some();
        let look = || self.read(|connection| Ok::<_, ReadError>(altered(connection, encrypted)));
        let mut altered_pages = look()?;
        if !altered_pages.is_empty() {
            // Pages are read past the store: one that was being written is whole the next time.
            let again = look()?;
            altered_pages.retain(|page| again.contains(page));
        }
        // A damaged page ends a reading: that is an answer too, and each reading has a connection that met none.
        let structure = self.read(|connection| if structure(connection) { Ok(()) } else { Err(ReadError::Damaged) });
        Ok(Soundness {
            altered_pages: count(&altered_pages),
            structure_whole: structure.is_ok(),
            journal: self.verify_journal().ok(),
        })
    }
}

/// What the connection sees, in numbers.
pub(crate) fn contents(connection: &Connection) -> Result<Contents, ReadError> {
    let count = |table: &str| -> Result<u64, ReadError> {
        let statement = format!("SELECT count(*) FROM {table}");
        let count: i64 = connection.query_row(&statement, [], |row| row.get(0))?;
        u64::try_from(count).map_err(|_| ReadError::Damaged)
    };
    let line = |order: &str| -> Result<Option<JournalHead>, ReadError> {
        let statement = format!("SELECT sequence, hash FROM journal ORDER BY sequence {order} LIMIT 1");
        let read = |row: &rusqlite::Row<'_>| Ok(JournalHead { sequence: row.get(0)?, hash: row.get(1)? });
        Ok(connection.query_row(&statement, [], read).optional()?)
    };
    Ok(Contents {
        schema: connection.query_row("PRAGMA user_version", [], |row| row.get(0))?,
        records: count("patients")?,
        arrivals: count("arrivals")?,
        head: line("DESC")?.unwrap_or(JournalHead { sequence: 0, hash: [0; 32] }),
        origin: line("ASC")?.map(|first| first.hash),
    })
}

/// Whether `head` is a line of this journal, as it is now.
pub(crate) fn holds(connection: &Connection, head: JournalHead) -> Result<bool, ReadError> {
    if head.sequence == 0 {
        return Ok(true);
    }
    let hash: Option<[u8; 32]> = connection
        .query_row("SELECT hash FROM journal WHERE sequence = ?1", [head.sequence], |row| row.get(0))
        .optional()?;
    Ok(hash == Some(head.hash))
}

/// Opens a closed copy to read it, and examines all of it. Performs I/O.
pub(crate) fn copy_at(file: &Path, key: &RegisterKey) -> Result<(Contents, Soundness), OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = keyed(file, key, flags)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    known_version(&connection)?;
    let (altered_pages, structure_whole) = (count(&altered(&connection, true)), structure(&connection));
    let contents = contents(&connection).map_err(|_| OpenError::Damaged)?;
    let journal = Register::over(connection, None).verify_journal().ok();
    Ok((contents, Soundness { altered_pages, structure_whole, journal }))
}

/// One line for each page whose HMAC does not hold.
fn altered(connection: &Connection, encrypted: bool) -> Vec<String> {
    if !encrypted {
        return Vec::new();
    }
    lines(connection, "PRAGMA cipher_integrity_check").unwrap_or_else(|error| vec![error.to_string()])
}

fn count(lines: &[String]) -> u64 {
    u64::try_from(lines.len()).unwrap_or(u64::MAX)
}

fn structure(connection: &Connection) -> bool {
    lines(connection, "PRAGMA quick_check(1)").is_ok_and(|lines| lines == ["ok"])
}

fn lines(connection: &Connection, pragma: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(pragma)?.query_map([], |row| row.get(0))?.collect()
}
