//! A register that one program keeps to itself, to put another file in its place.

use crate::copy::{CopyError, beside, copy, names_to_the_disk, remove};
use crate::diagnosis::located;
use crate::examine::{Contents, contents, copy_at};
use crate::journal::{Act, append};
use crate::key::RegisterKey;
use crate::open::{OpenError, keyed};
use crate::place_on_disk::{PlaceOnDisk, place_on_disk};
use crate::upgrade::known_version;
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The copy under another key, until it is in place.
pub(crate) const REKEYING: &str = ".rekeying";
/// The copy of a backup, until it is in place.
pub(crate) const RESTORING: &str = ".restoring";

/// A register that nobody else has open, and that nobody can open meanwhile.
pub struct SoleUse {
    file: PathBuf,
    key: RegisterKey,
    connection: Connection,
}

impl fmt::Debug for SoleUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SoleUse")
    }
}

/// Why a register has not another key. It is as it was, under the key it had.
#[derive(Debug, Error)]
pub enum RekeyError {
    /// The copy under the other key could not be made.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// It could not be put in the register's place.
    #[error("the copy under the other key could not be put in place")]
    NotPlaced,
}

impl RekeyError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Copy(CopyError::NoSpace) => "register-disk-full",
            Self::Copy(CopyError::CannotWrite) | Self::NotPlaced => "register-folder-read-only",
            Self::Copy(CopyError::NotWhole) => "register-damaged",
            Self::Copy(CopyError::Cancelled | CopyError::Store(_)) => "register-unavailable",
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::Copy(_) => "REG-60",
            Self::NotPlaced => "REG-61",
        }
    }
}

impl SoleUse {
    /// Takes the register at `file` for oneself, and brings its write-ahead log into it. Performs I/O.
    ///
    /// # Errors
    /// See [`OpenError`]; [`OpenError::InUse`] while anybody else has it open.
    pub fn of(file: &Path, key: &RegisterKey) -> Result<Self, OpenError> {
        if place_on_disk(file) == PlaceOnDisk::NetworkShare {
            return Err(OpenError::OnNetworkShare);
        }
        let connection = taken(file, key).map_err(|error| located(error, file, key))?;
        Ok(Self { file: file.to_owned(), key: key.clone(), connection })
    }

    /// What it holds, in numbers.
    pub(crate) fn contents(&self) -> Result<Contents, OpenError> {
        contents(&self.connection).map_err(|_| OpenError::Damaged)
    }

    /// The connection that keeps others out.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Gives the register another key, with the journal line that says so. Performs I/O.
    ///
    /// The register is copied under the other key, read again whole, and then replaced in one step: whoever is cut
    /// finds it under one key or the other. `PRAGMA rekey` would rewrite the only copy in place.
    ///
    /// # Errors
    /// See [`RekeyError`].
    pub fn rekey(self, key: &RegisterKey, act: &Act<'_>) -> Result<(), RekeyError> {
        let part = beside(&self.file, REKEYING);
        let made = copy(&self.connection, &part, key, &|_| true)
            .and_then(|()| with_line(&part, key, act))
            .and_then(|()| holds(&part, key));
        if let Err(error) = made {
            remove(&part);
            return Err(error.into());
        }
        self.replaced_by(&part).map_err(|_| {
            remove(&part);
            RekeyError::NotPlaced
        })
    }

    /// Keeps the register under another name too.
    pub(crate) fn kept_as(&self, name: &Path) -> Result<(), CopyError> {
        // Some file systems know no second name.
        fs::hard_link(&self.file, name).or_else(|_| copy(&self.connection, name, &self.key, &|_| true))
    }

    /// Puts a closed file in the register's place, in one step.
    #[cfg(unix)]
    pub(crate) fn replaced_by(self, part: &Path) -> std::io::Result<()> {
        // Still kept to ourselves: whoever waits for it finds that the file has gone.
        fs::rename(part, &self.file)?;
        names_to_the_disk(parent(&self.file));
        drop(self.connection);
        Ok(())
    }

    /// Puts a closed file in the register's place, in one step.
    #[cfg(not(unix))]
    pub(crate) fn replaced_by(self, part: &Path) -> std::io::Result<()> {
        // A file that is open cannot be replaced there; neither can it if another program opens it now.
        drop(self.connection);
        fs::rename(part, &self.file)?;
        names_to_the_disk(parent(&self.file));
        Ok(())
    }
}

fn taken(file: &Path, key: &RegisterKey) -> Result<Connection, OpenError> {
    if file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0) {
        return Err(OpenError::Truncated);
    }
    let connection = keyed(file, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    if connection.is_readonly(MAIN_DB)? {
        return Err(OpenError::CannotWrite);
    }
    known_version(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    // Only the last who has a register open can end its write-ahead log.
    let mode: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(OpenError::InUse);
    }
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}

/// Appends a line to the journal of a closed copy.
pub(crate) fn with_line(part: &Path, key: &RegisterKey, act: &Act<'_>) -> Result<(), CopyError> {
    let mut connection = keyed(part, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction()?;
    append(&transaction, act, None)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error.into())
}

fn holds(part: &Path, key: &RegisterKey) -> Result<(), CopyError> {
    let whole = copy_at(part, key).is_ok_and(|(_, soundness)| soundness.is_whole());
    if whole { Ok(()) } else { Err(CopyError::NotWhole) }
}

pub(crate) fn parent(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActKind, Register};
    use jiff::Timestamp;

    fn key(byte: u8) -> RegisterKey {
        RegisterKey::from_bytes(&[byte; 32]).expect("a key")
    }

    fn act() -> Act<'static> {
        Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::RegisterRekeyed)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("read");
        entries.map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn another_key_opens_all_of_it_and_the_old_one_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let register = Register::open(&file, &key(1)).expect("made");
        crate::demo::fill(&register, "2026-03-04", Timestamp::UNIX_EPOCH).expect("filled");
        let before = register.contents().expect("read");
        assert!(matches!(SoleUse::of(&file, &key(1)), Err(OpenError::InUse)), "the desk has it open");
        drop(register);
        SoleUse::of(&file, &key(1)).expect("alone").rekey(&key(2), &act()).expect("rekeyed");
        assert_eq!(names(folder.path()), ["register.db"], "nothing else is left");
        assert_eq!(Register::open(&file, &key(1)).expect_err("refused").code(), "register-wrong-key");
        let register = Register::open(&file, &key(2)).expect("opened");
        let after = register.contents().expect("read");
        assert_eq!((after.records, after.head.sequence), (before.records, before.head.sequence + 1));
        assert!(register.examine().expect("examined").is_whole());
    }

    #[test]
    fn whoever_keeps_it_keeps_others_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        drop(Register::open(&file, &key(1)).expect("made"));
        let alone = SoleUse::of(&file, &key(1)).expect("alone");
        assert_eq!(Register::open(&file, &key(1)).expect_err("refused").code(), "register-in-use");
        drop(alone);
        assert!(Register::open(&file, &key(1)).is_ok(), "let go");
    }

    #[test]
    fn who_waited_writes_nothing_into_the_file_that_has_gone() {
        for round in 0..10_u64 {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("register.db");
            drop(Register::open(&file, &key(1)).expect("made"));
            let alone = SoleUse::of(&file, &key(1)).expect("alone");
            let part = beside(&file, RESTORING);
            copy(&alone.connection, &part, &key(1), &|_| true).expect("copied");
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| {
                    let register = Register::open(&file, &key(1))?;
                    register.journal(&act()).map_err(|_| OpenError::CannotWrite)
                });
                // It has the old file open by now, or will find the new one.
                std::thread::sleep(std::time::Duration::from_millis(round * 4));
                alone.replaced_by(&part).expect("replaced");
                let wrote = waiting.join().expect("ended").is_ok();
                let register = Register::open(&file, &key(1)).expect("opened");
                assert!(register.examine().expect("examined").is_whole(), "round {round}");
                let lines = register.contents().expect("read").head.sequence;
                assert_eq!(lines, i64::from(wrote), "round {round}: what was said to be written is there");
            });
        }
    }

    #[test]
    fn a_register_that_is_not_rekeyed_keeps_its_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        drop(Register::open(&file, &key(1)).expect("made"));
        // Where the copy would be written stands a folder.
        fs::create_dir(beside(&file, REKEYING)).expect("made");
        let error = SoleUse::of(&file, &key(1)).expect("alone").rekey(&key(2), &act()).expect_err("refused");
        assert_eq!(error.code(), "register-folder-read-only");
        assert!(Register::open(&file, &key(1)).is_ok());
    }
}
