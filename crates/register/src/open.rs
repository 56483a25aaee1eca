//! Opening and making a register.

use crate::copy::{CopyError, beside, names_to_the_disk, remove};
use crate::diagnosis::{is_no_space, located};
use crate::key::RegisterKey;
use crate::place_on_disk::{PlaceOnDisk, place_on_disk};
use crate::readers::Readers;
use crate::sole_use::{REKEYING, RESTORING, parent};
use crate::upgrade::known_version;
use crate::{Register, functions, upgrade};
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// The size of a page, as SQLCipher writes it.
pub(crate) const PAGE: u64 = 4096;

/// How long one program waits for another that is writing to the same register.
const PATIENCE: Duration = Duration::from_secs(5);

/// SQLCipher sets itself up at a process's first connection, and refuses a key that comes meanwhile.
static SETTING_UP: Mutex<()> = Mutex::new(());

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
    /// The file cannot be written, or is no file.
    #[error("the file cannot be written")]
    CannotWrite,
    /// The store failed.
    #[error("the register could not be opened")]
    Store(#[source] rusqlite::Error),
    /// The end of the file is missing, or all of it.
    #[error("the end of the file is missing")]
    Truncated,
    /// The disk is full, or fails.
    #[error("the disk is full or does not write")]
    DiskFull,
    /// The file's folder cannot be written.
    #[error("the file's folder cannot be written")]
    FolderCannotWrite,
    /// Another program keeps the register to itself.
    #[error("another program keeps the register to itself")]
    InUse,
    /// The file lies on another computer's disk, where the write-ahead log does not hold.
    #[error("the file lies on a network share")]
    OnNetworkShare,
    /// The register is of an older version, and no copy of it could be made before bringing it up to date.
    #[error("no copy could be made before bringing the register up to date: {0}")]
    NotCopied(#[source] CopyError),
    /// The register is of an older version and could not be brought up to date.
    #[error("the register could not be brought up to date")]
    NotMigrated(#[source] rusqlite::Error),
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
            Self::Truncated => "register-truncated",
            Self::DiskFull => "register-disk-full",
            Self::FolderCannotWrite => "register-folder-read-only",
            Self::InUse => "register-in-use",
            Self::OnNetworkShare => "register-on-network-share",
            Self::NotCopied(_) => "register-not-copied",
            Self::NotMigrated(_) => "register-not-migrated",
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
            Self::Truncated => "REG-30",
            Self::DiskFull => "REG-31",
            Self::FolderCannotWrite => "REG-32",
            Self::InUse => "REG-33",
            Self::OnNetworkShare => "REG-34",
            Self::NotCopied(_) => "REG-35",
            Self::NotMigrated(_) => "REG-36",
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        match self {
            Self::CannotWrite
            | Self::Store(_)
            | Self::DiskFull
            | Self::FolderCannotWrite
            | Self::InUse
            | Self::NotCopied(_) => true,
            Self::WrongKey
            | Self::Damaged
            | Self::NewerThanProgram
            | Self::Truncated
            | Self::OnNetworkShare
            | Self::NotMigrated(_) => false,
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if is_no_space(&error) {
            return Self::DiskFull;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::WrongKey,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::CannotWrite,
            _ => Self::Store(error),
        }
    }
}

impl Register {
    /// Opens the register at `file`, or makes it when there is none. Performs I/O.
    ///
    /// An older register is brought up to date, after a copy of it as it was.
    ///
    /// # Errors
    /// See [`OpenError`]; the file is left as it was.
    pub fn open(file: &Path, key: &RegisterKey) -> Result<Self, OpenError> {
        Self::open_at(file, key, place_on_disk(file))
    }

    fn open_at(file: &Path, key: &RegisterKey, place: PlaceOnDisk) -> Result<Self, OpenError> {
        if place == PlaceOnDisk::NetworkShare {
            return Err(OpenError::OnNetworkShare);
        }
        if !file.try_exists().unwrap_or(true) {
            make(file, key).map_err(|error| located(error, file, key))?;
        }
        let writer = Self::writer_of(file, key).map_err(|error| located(error, file, key))?;
        // Whoever makes these keeps the register to itself: what is there now was left by who was cut.
        for suffix in [REKEYING, RESTORING] {
            remove(&beside(file, suffix));
        }
        Ok(Self::over(writer, Some(Readers::of(file.to_owned(), key.clone()))))
    }

    /// Tries a key on a register or a backup, and changes nothing. Performs I/O.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn try_key(file: &Path, key: &RegisterKey) -> Result<(), OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let read = || keyed(file, key, flags)?.query_row("SELECT count(*) FROM patients", [], |_| Ok(()));
        read().map_err(|error| located(error.into(), file, key))
    }

    /// Makes an empty register in memory, forgotten when the program ends (`--session-only`).
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn in_memory() -> Result<Self, OpenError> {
        Ok(Self::over(prepare(Connection::open_in_memory()?, None)?, None))
    }

    fn writer_of(file: &Path, key: &RegisterKey) -> Result<Connection, OpenError> {
        // The store would take an empty file for a new register.
        if file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0) {
            return Err(OpenError::Truncated);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = keyed(file, key, flags)?;
        // The key is only tried by the first read.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        // SQLite opens what it may not write, and would only say so at the first patient.
        if connection.is_readonly(MAIN_DB)? {
            return Err(OpenError::CannotWrite);
        }
        prepare(connection, Some((file, key)))
    }
}

pub(crate) fn prepare(
    mut connection: Connection,
    file: Option<(&Path, &RegisterKey)>,
) -> Result<Connection, OpenError> {
    // A journal line reads the one before it: only who may write may read that.
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "secure_delete", true)?;
    // Sorting a search spills nothing in clear beside the encrypted file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    functions::add(&connection)?;
    known_version(&connection)?;
    in_turn(|| connection.pragma_update(None, "journal_mode", "WAL"))?;
    upgrade::to_latest(&mut connection, file)?;
    Ok(connection)
}

/// Makes an empty register under another name and puts it in place whole: a file that was cut while it was made is
/// never taken for a register that lost its patients.
fn make(file: &Path, key: &RegisterKey) -> Result<(), OpenError> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let part = beside(file, &format!(".made-{}-{number}", std::process::id()));
    let made = prepare(keyed(&part, key, OpenFlags::default())?, None).and_then(|connection| {
        connection.pragma_update(None, "journal_mode", "DELETE")?;
        connection.close().map_err(|(_, error)| OpenError::from(error))
    });
    // A second name never replaces what another program has made meanwhile.
    let placed = made.and_then(|()| match fs::hard_link(&part, file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Some file systems know no second name.
        Err(_) if !file.exists() => fs::rename(&part, file).map_err(|_| OpenError::FolderCannotWrite),
        Err(_) | Ok(()) => Ok(()),
    });
    remove(&part);
    names_to_the_disk(parent(file));
    placed
}

/// Opens a file and gives it its key, which nothing has tried yet.
pub(crate) fn keyed(file: &Path, key: &RegisterKey, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let _alone = SETTING_UP.lock().unwrap_or_else(PoisonError::into_inner);
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // First of all: SQLCipher writes to stderr what goes wrong with a key.
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    connection.execute_batch(&key.pragma())?;
    Ok(connection)
}

/// Asks again while another program has the file: the store does not wait by itself where a file is
/// turned to WAL.
fn in_turn(mut act: impl FnMut() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    for _ in 0..250 {
        match act() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done,
        }
    }
    act()
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
            register.writer().pragma_update(None, "user_version", 99).expect("set");
        }
        let newer = std::fs::read(&newer).expect("read");
        let mut garbled = whole.clone();
        garbled.iter_mut().skip(64).step_by(97).for_each(|byte| *byte ^= 0x5a);
        for (rule, bytes, key, code) in [
            ("another key", whole.clone(), key(), "register-wrong-key"),
            ("garbage", vec![0x42; 9_000], good.clone(), "register-wrong-key"),
            ("truncated", whole.iter().take(5_000).copied().collect(), good.clone(), "register-truncated"),
            ("truncated at a page", whole.iter().take(8_192).copied().collect(), good.clone(), "register-truncated"),
            ("within the first page", whole.iter().take(100).copied().collect(), good.clone(), "register-truncated"),
            ("empty", Vec::new(), good.clone(), "register-truncated"),
            ("garbled", garbled, good.clone(), "register-wrong-key"),
            ("newer than the program", newer, good.clone(), "register-newer"),
        ] {
            let copy = folder.path().join(format!("{rule}.db"));
            std::fs::write(&copy, &bytes).expect("written");
            let error = Register::open(&copy, &key).expect_err(rule);
            assert_eq!(error.code(), code, "{rule}");
            assert!(std::fs::read(&copy).expect("read") == bytes, "{rule}: the file was changed");
        }
        assert!(Register::open(&file, &good).is_ok(), "the right key still opens it");
    }

    #[test]
    fn where_nothing_can_be_written_no_register_is_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let key = key();
        drop(Register::open(&file, &key).expect("made"));
        std::fs::create_dir(folder.path().join("a-folder.db")).expect("made");
        // Permissions do not bind the administrator; these three refuse everybody.
        for (rule, path) in [
            ("no such folder", folder.path().join("no/such/folder.db")),
            ("a folder of that name", folder.path().join("a-folder.db")),
            ("a file where the folder should be", file.join("register.db")),
        ] {
            let error = Register::open(&path, &key).expect_err(rule);
            assert_eq!(error.code(), "register-read-only", "{rule}");
        }
    }

    #[test]
    fn on_a_network_share_nothing_is_opened_or_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let error = Register::open_at(&file, &key(), PlaceOnDisk::NetworkShare).expect_err("refused");
        assert_eq!(error.code(), "register-on-network-share");
        assert!(std::fs::read_dir(folder.path()).expect("read").next().is_none(), "nothing was made");
    }

    #[test]
    fn another_program_that_keeps_the_register_to_itself_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let key = key();
        drop(Register::open(&file, &key).expect("made"));
        let other = keyed(&file, &key, OpenFlags::default()).expect("opened");
        other.pragma_update(None, "locking_mode", "EXCLUSIVE").expect("set");
        other.execute_batch("BEGIN EXCLUSIVE").expect("kept");
        assert_eq!(Register::open(&file, &key).expect_err("refused").code(), "register-in-use");
        drop(other);
        assert!(Register::open(&file, &key).is_ok(), "let go");
    }

    #[test]
    fn a_register_is_made_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        drop(Register::open(&file, &key()).expect("made"));
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).expect("read").map(|entry| entry.expect("one").file_name()).collect();
        assert_eq!(names, ["register.db"], "nothing else is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_may_only_be_read_is_not_opened() {
        use std::os::unix::fs::PermissionsExt;
        let allow = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
        };
        let mut everybody_bound = true;
        for (rule, file_mode, folder_mode, code) in [
            ("the file", 0o400, 0o700, "register-read-only"),
            ("its folder", 0o600, 0o500, "register-folder-read-only"),
        ] {
            // A folder each: an attempt may leave write-ahead files, and beside those a register can be written.
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("register.db");
            let key = key();
            drop(Register::open(&file, &key).expect("made"));
            allow(&file, file_mode);
            allow(folder.path(), folder_mode);
            let bound = std::fs::OpenOptions::new().append(true).open(&file).is_err()
                || std::fs::File::create(folder.path().join("probe")).is_err();
            everybody_bound &= bound;
            let opened = Register::open(&file, &key).map(|_| ()).map_err(|error| error.code());
            assert_eq!(opened, if bound { Err(code) } else { Ok(()) }, "{rule}");
            allow(folder.path(), 0o700);
        }
        if !everybody_bound {
            as_nobody("open::tests::a_file_that_may_only_be_read_is_not_opened");
        }
    }

    /// Permissions do not bind the administrator: the same test again as somebody else.
    #[cfg(unix)]
    fn as_nobody(test: &str) {
        use std::os::unix::fs::PermissionsExt;
        use std::os::unix::process::CommandExt;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).expect("set");
        let program = folder.path().join("tests");
        std::fs::copy(std::env::current_exe().expect("this program"), &program).expect("copied");
        let mut command = std::process::Command::new(program);
        command.args(["--exact", test]).current_dir(folder.path()).env("TMPDIR", folder.path()).gid(65_534).uid(65_534);
        let output = command.output().expect("run");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("1 passed"), "{said}");
    }

    #[test]
    fn a_wrong_key_leaves_no_trace_on_the_terminal() {
        let test = "open::tests::what_cannot_be_opened_is_named_and_left_as_it_was";
        let program = std::env::current_exe().expect("this program");
        let output = std::process::Command::new(program).args(["--exact", test]).output().expect("run");
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{test} has another name now");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }

    #[test]
    fn programs_that_make_the_register_at_once_share_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = key();
        // Whether they meet inside the migrations is chance: many rounds.
        for round in 0..30 {
            let file = folder.path().join(format!("{round}.db"));
            let start = std::sync::Barrier::new(4);
            let opened = || {
                start.wait();
                Register::open(&file, &key).map(|register| register.count().expect("read"))
            };
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(opened)).collect();
                for thread in threads {
                    let count = thread.join().expect("ended");
                    assert!(matches!(count, Ok(0)), "round {round}: {count:?}");
                }
            });
        }
    }
}
