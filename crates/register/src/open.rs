//! Opening and making a register.

use crate::key::RegisterKey;
use crate::readers::Readers;
use crate::{Register, functions};
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations, SchemaVersion};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// Append-only: a migration that has been in a release is never edited.
static MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("migrations/001_first.sql")),
    M::up(include_str!("migrations/002_completed_dates.sql")),
    M::up(include_str!("migrations/003_ins.sql")),
    M::up(include_str!("migrations/004_upkeep.sql")),
];

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
        let connection = keyed(file, key, OpenFlags::default())?;
        // The key is only tried by the first read.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        // SQLite opens what it may not write, and would only say so at the first patient.
        if connection.is_readonly(MAIN_DB)? {
            return Err(OpenError::CannotWrite);
        }
        let readers = Readers::of(file.to_owned(), key.clone());
        Ok(Self::over(Self::prepare(connection)?, Some(readers)))
    }

    /// Makes an empty register in memory, forgotten when the program ends (`--session-only`).
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn in_memory() -> Result<Self, OpenError> {
        Ok(Self::over(Self::prepare(Connection::open_in_memory()?)?, None))
    }

    fn prepare(mut connection: Connection) -> Result<Connection, OpenError> {
        // A journal line reads the one before it: only who may write may read that.
        connection.set_transaction_behavior(TransactionBehavior::Immediate);
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "secure_delete", true)?;
        // Sorting a search spills nothing in clear beside the encrypted file.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        functions::add(&connection)?;
        let migrations = Migrations::from_slice(MIGRATIONS);
        let newer = matches!(
            migrations.current_version(&connection),
            Ok(SchemaVersion::Outside(_)) | Err(rusqlite_migration::Error::MigrationDefinition(_))
        );
        if newer {
            return Err(OpenError::NewerThanProgram);
        }
        in_turn(|| connection.pragma_update(None, "journal_mode", "WAL"))?;
        if let Err(error) = migrations.to_latest(&mut connection) {
            // Two programs that open at once want the same migrations, and one is enough.
            if migrations.pending_migrations(&connection) != Ok(0) {
                tracing::error!("a migration could not be applied");
                return Err(if let rusqlite_migration::Error::RusqliteError { err, .. } = error {
                    err.into()
                } else {
                    OpenError::Damaged
                });
            }
        }
        Ok(connection)
    }
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

    #[cfg(unix)]
    #[test]
    fn a_file_that_may_only_be_read_is_not_opened() {
        use std::os::unix::fs::PermissionsExt;
        let allow = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
        };
        for (rule, file_mode, folder_mode) in [("the file", 0o400, 0o700), ("its folder", 0o600, 0o500)] {
            // A folder each: an attempt may leave write-ahead files, and beside those a register can be written.
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("register.db");
            let key = key();
            drop(Register::open(&file, &key).expect("made"));
            allow(&file, file_mode);
            allow(folder.path(), folder_mode);
            let bound = std::fs::OpenOptions::new().append(true).open(&file).is_err()
                || std::fs::File::create(folder.path().join("probe")).is_err();
            let opened = Register::open(&file, &key).map(|_| ()).map_err(|error| error.code());
            // Permissions do not bind the administrator.
            assert_eq!(opened, if bound { Err("register-read-only") } else { Ok(()) }, "{rule}");
            allow(folder.path(), 0o700);
        }
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

    #[test]
    fn a_register_of_the_first_version_is_brought_up_to_date() {
        let mut connection = Connection::open_in_memory().expect("a store");
        Migrations::from_slice(MIGRATIONS).to_version(&mut connection, 1).expect("the first version");
        let insert =
            "INSERT INTO patients (birth_name, first_given_name, birth_date, created_at) VALUES ('A', 'B', ?1, '')";
        let dates = ["1992-00-00", "1992-11-00", "1977-00-03", "1981-07-27"];
        for date in dates {
            connection.execute(insert, [date]).expect("inserted");
        }
        let connection = Register::prepare(connection).expect("brought up to date");
        let folded: String =
            connection.query_row("SELECT name_key FROM patients LIMIT 1", [], |row| row.get(0)).expect("read");
        assert_eq!(folded, "A");
        for date in dates {
            let known = comptoir_identity::BirthDate::parse_iso(date).expect("a date");
            let completed: String = connection
                .query_row("SELECT completed_date FROM patients WHERE birth_date = ?1", [date], |row| row.get(0))
                .expect("read");
            assert_eq!(completed, known.completed().iso(), "SQL completes {date} as the RNIV does");
        }
    }
}
