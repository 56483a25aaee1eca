//! What a failure of the store means, by its code and by what lies on the disk.

use crate::key::RegisterKey;
use crate::open::{OpenError, PAGE, keyed};
use rusqlite::{ErrorCode, OpenFlags, ffi};
use std::fs::{self, File};
use std::path::Path;

/// Whether pages do not hold.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether the disk took no more: full, over its quota, or failing.
pub(crate) fn is_no_space(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || matches!(
            extended,
            Some(
                ffi::SQLITE_IOERR_WRITE
                    | ffi::SQLITE_IOERR_FSYNC
                    | ffi::SQLITE_IOERR_TRUNCATE
                    | ffi::SQLITE_IOERR_SHMSIZE
            )
        )
}

/// Says more of a failure, from what lies on the disk.
pub(crate) fn located(error: OpenError, file: &Path, key: &RegisterKey) -> OpenError {
    // Less than the page that tells whether the key is right.
    let no_page = || file.metadata().is_ok_and(|metadata| metadata.len() < PAGE);
    let truncated = (matches!(error, OpenError::Damaged) && is_truncated(file, key))
        || (matches!(error, OpenError::WrongKey) && no_page());
    if truncated {
        OpenError::Truncated
    } else if matches!(error, OpenError::CannotWrite) && !folder_takes_files(file) {
        OpenError::FolderCannotWrite
    } else {
        error
    }
}

/// Whether the file is shorter than it says, or ends within a page.
fn is_truncated(file: &Path, key: &RegisterKey) -> bool {
    let Ok(length) = file.metadata().map(|metadata| metadata.len()) else { return false };
    if length % PAGE != 0 {
        return true;
    }
    // The store refuses a file shorter than its first page says, unless it is asked to save what can be.
    let first_page = |save: bool| {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = keyed(file, key, flags)?;
        connection.pragma_update(None, "writable_schema", save)?;
        connection.query_row("PRAGMA schema_version", [], |_| Ok(()))
    };
    first_page(false).is_err_and(|error| is_damage(&error)) && first_page(true).is_ok()
}

/// Whether a file can be made where the register lies. Nothing is tried on the register itself: closing it once more
/// would give away the locks of whoever has it open in this program.
fn folder_takes_files(file: &Path) -> bool {
    let Some(folder) = file.parent().filter(|folder| folder.is_dir()) else { return true };
    let probe = folder.join(format!(".comptoir-probe-{}", std::process::id()));
    let taken = File::create_new(&probe).is_ok();
    fs::remove_file(&probe).ok();
    taken
}
