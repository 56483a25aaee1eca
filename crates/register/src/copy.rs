//! A whole copy of a register in another file, encrypted, while others go on reading and writing.

use crate::diagnosis::is_no_space;
use crate::key::RegisterKey;
use crate::open::keyed;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;
use thiserror::Error;

/// One step: what is copied between two looks at whether to go on.
const PAGES_A_STEP: i32 = 512;

/// How often a step is asked again while another program has the file, 20 ms apart.
const TRIES: u32 = 500;

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Pages written.
    pub pages: u64,
    /// Pages in all.
    pub of: u64,
}

/// Whether a copy goes on; asked after every step.
pub(crate) type GoOn<'a> = &'a dyn Fn(Copied) -> bool;

/// Why a copy was not made. Nothing of it is left.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The disk is full, or fails.
    #[error("the disk is full or does not write")]
    NoSpace,
    /// The folder cannot be written.
    #[error("the folder cannot be written")]
    CannotWrite,
    /// It was asked to stop.
    #[error("stopped on demand")]
    Cancelled,
    /// The copy is not what it was made from.
    #[error("the copy does not hold")]
    NotWhole,
    /// The store failed.
    #[error("the copy could not be made")]
    Store(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for CopyError {
    fn from(error: rusqlite::Error) -> Self {
        if is_no_space(&error) {
            return Self::NoSpace;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::NotWhole,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::CannotWrite,
            _ => Self::Store(error),
        }
    }
}

impl From<io::Error> for CopyError {
    fn from(error: io::Error) -> Self {
        if matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        ) {
            Self::NoSpace
        } else {
            Self::CannotWrite
        }
    }
}

/// Copies what `source` sees to a new file under `key`, and brings it to the disk. Performs I/O.
///
/// A source inside a transaction is copied as that transaction sees it, whatever others write meanwhile. The copy is
/// one file, without write-ahead log: it can be read where nothing can be written.
pub(crate) fn copy(source: &Connection, target: &Path, key: &RegisterKey, go_on: GoOn<'_>) -> Result<(), CopyError> {
    let made = written(source, target, key, go_on).and_then(|()| Ok(to_the_disk(target)?));
    if made.is_err() {
        remove(target);
    }
    made
}

fn written(source: &Connection, target: &Path, key: &RegisterKey, go_on: GoOn<'_>) -> Result<(), CopyError> {
    remove(target);
    let mut connection = keyed(target, key, OpenFlags::default())?;
    {
        let backup = Backup::new(source, &mut connection)?;
        let mut waited = 0;
        loop {
            let step = backup.step(PAGES_A_STEP).map_err(stopped)?;
            if step == StepResult::Done {
                break;
            }
            waited = if step == StepResult::More { 0 } else { waited + 1 };
            if waited > TRIES {
                return Err(CopyError::NotWhole);
            }
            if waited > 0 {
                std::thread::sleep(Duration::from_millis(20));
            }
            let progress = backup.progress();
            let of = u64::try_from(progress.pagecount).unwrap_or(0);
            let remaining = u64::try_from(progress.remaining).unwrap_or(0);
            if !go_on(Copied { pages: of.saturating_sub(remaining), of }) {
                return Err(CopyError::Cancelled);
            }
        }
    }
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Of a page whose HMAC does not hold, the store says here no more than that something is wrong.
fn stopped(error: rusqlite::Error) -> CopyError {
    if error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_ERROR) {
        CopyError::NotWhole
    } else {
        error.into()
    }
}

/// Brings a closed file to the disk. Never for a register that this process has open: closing the file again would
/// give away the locks that the store holds on it.
fn to_the_disk(file: &Path) -> io::Result<()> {
    File::options().read(true).write(true).open(file)?.sync_all()
}

/// Brings to the disk that a file has another name.
#[cfg(unix)]
pub(crate) fn names_to_the_disk(folder: &Path) {
    // Some file systems know no such thing; what could be done was.
    if File::open(folder).and_then(|folder| folder.sync_all()).is_err() {
        tracing::debug!("the folder's names could not be brought to the disk");
    }
}

/// Brings to the disk that a file has another name: the system does it by itself.
#[cfg(not(unix))]
pub(crate) fn names_to_the_disk(_folder: &Path) {}

/// Removes a file of ours and what the store may have left beside it.
pub(crate) fn remove(file: &Path) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        fs::remove_file(beside(file, suffix)).ok();
    }
}

/// The file of this name with something after it.
pub(crate) fn beside(file: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
