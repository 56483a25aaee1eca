//! Bringing a register to this program's version, with a copy of it as it was before.

use crate::copy::{CopyError, beside, copy, names_to_the_disk, remove};
use crate::examine::copy_at;
use crate::key::RegisterKey;
use crate::open::{OpenError, keyed};
use crate::sole_use::parent;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations, SchemaVersion};
use std::fs;
use std::path::{Path, PathBuf};

/// Append-only: a migration that has been in a release is never edited.
pub(crate) static MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("migrations/001_first.sql")),
    M::up(include_str!("migrations/002_completed_dates.sql")),
    M::up(include_str!("migrations/003_ins.sql")),
    M::up(include_str!("migrations/004_upkeep.sql")),
];

/// Copies from before an upgrade that are kept: the last two.
const COPIES_KEPT: usize = 2;

/// The version of the tables that the connection sees.
///
/// # Errors
/// [`OpenError::NewerThanProgram`] when this program does not know it.
pub(crate) fn known_version(connection: &Connection) -> Result<usize, OpenError> {
    match Migrations::from_slice(MIGRATIONS).current_version(connection) {
        Ok(SchemaVersion::NoneSet) => Ok(0),
        Ok(SchemaVersion::Inside(version)) => Ok(version.get()),
        Ok(SchemaVersion::Outside(_)) | Err(rusqlite_migration::Error::MigrationDefinition(_)) => {
            Err(OpenError::NewerThanProgram)
        }
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => Err(err.into()),
        Err(_) => Err(OpenError::Damaged),
    }
}

/// Applies all pending migrations in one transaction. A register that exists is copied first, and nothing is migrated
/// without a copy that holds.
pub(crate) fn to_latest(connection: &mut Connection, file: Option<(&Path, &RegisterKey)>) -> Result<(), OpenError> {
    let migrations = Migrations::from_slice(MIGRATIONS);
    if known_version(connection)? == MIGRATIONS.len() {
        return Ok(());
    }
    if let Some((file, key)) = file {
        copy_before(connection, file, key)?;
    }
    if let Err(error) = migrations.to_latest(connection) {
        // Two programs that open at once want the same migrations, and one is enough.
        if migrations.pending_migrations(connection) != Ok(0) {
            tracing::error!("a migration could not be applied");
            return Err(if let rusqlite_migration::Error::RusqliteError { err, .. } = error {
                not_migrated(err)
            } else {
                OpenError::Damaged
            });
        }
    }
    if let Some((file, _)) = file {
        forget_old_copies(file);
    }
    Ok(())
}

/// What has a sentence of its own keeps it.
fn not_migrated(error: rusqlite::Error) -> OpenError {
    let unnamed = error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        || matches!(error.sqlite_error_code(), None | Some(ErrorCode::Unknown));
    if unnamed { OpenError::NotMigrated(error) } else { error.into() }
}

/// `register.before-N.db` beside the register, where N is the version it has.
fn copy_before(connection: &mut Connection, file: &Path, key: &RegisterKey) -> Result<(), OpenError> {
    // One program makes this copy at a time, and nobody writes what it would not hold.
    let mut alone = keyed(file, key, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let _alone = alone.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 || usize::try_from(version) == Ok(MIGRATIONS.len()) {
        return Ok(());
    }
    let count = connection.query_row("SELECT count(*) FROM patients", [], |row| row.get(0))?;
    let expected = (version, whole(count)?);
    copied(connection, &before(file, version), key, expected).map_err(OpenError::NotCopied)
}

fn copied(connection: &Connection, kept: &Path, key: &RegisterKey, expected: (u32, u64)) -> Result<(), CopyError> {
    let part = beside(kept, ".part");
    copy(connection, &part, key, &|_| true)?;
    let holds = copy_at(&part, key)
        .is_ok_and(|(contents, soundness)| soundness.is_whole() && (contents.schema, contents.records) == expected);
    if !holds {
        remove(&part);
        return Err(CopyError::NotWhole);
    }
    fs::rename(&part, kept).inspect_err(|_| remove(&part))?;
    names_to_the_disk(parent(kept));
    Ok(())
}

fn whole(count: i64) -> rusqlite::Result<u64> {
    u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, count))
}

/// `register.db` was `register.before-3.db`.
fn before(file: &Path, version: u32) -> PathBuf {
    file.with_extension(format!("before-{version}.db"))
}

/// Removes the copies of this register from before older upgrades.
fn forget_old_copies(file: &Path) {
    let versions = (1..u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)).rev();
    for copy in versions.map(|version| before(file, version)).filter(|copy| copy.is_file()).skip(COPIES_KEPT) {
        if fs::remove_file(copy).is_err() {
            tracing::warn!("an old copy could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Register;
    use crate::open::prepare;

    const INSERT: &str =
        "INSERT INTO patients (birth_name, first_given_name, birth_date, created_at) VALUES ('A', 'B', ?1, '')";

    fn key() -> RegisterKey {
        RegisterKey::from_bytes(&[7; 32]).expect("a key")
    }

    /// A register as the program of that version left it.
    fn of_version(file: &Path, version: usize, records: u64) -> Connection {
        let mut connection = keyed(file, &key(), OpenFlags::default()).expect("made");
        connection.pragma_update(None, "journal_mode", "WAL").expect("set");
        crate::functions::add(&connection).expect("added");
        Migrations::from_slice(MIGRATIONS).to_version(&mut connection, version).expect("that version");
        for _ in 0..records {
            connection.execute(INSERT, ["1992-11-00"]).expect("inserted");
        }
        connection
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("read")
            .map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_older_version_is_brought_up_to_date_after_a_copy() {
        for version in 1..MIGRATIONS.len() {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("register.db");
            drop(of_version(&file, version, 3));
            let register = Register::open(&file, &key()).expect("brought up to date");
            let contents = register.contents().expect("read");
            assert_eq!((contents.records, usize::try_from(contents.schema)), (3, Ok(MIGRATIONS.len())), "{version}");
            assert!(register.examine().expect("examined").is_whole(), "{version}");
            drop(register);
            let copy = format!("register.before-{version}.db");
            assert_eq!(names(folder.path()), [copy.clone(), "register.db".to_owned()], "{version}");
            let (before, soundness) = copy_at(&folder.path().join(copy), &key()).expect("the copy opens");
            assert_eq!((before.records, usize::try_from(before.schema)), (3, Ok(version)), "{version}");
            assert!(soundness.is_whole(), "{version}");
        }
    }

    #[test]
    fn a_migration_that_fails_leaves_the_register_and_its_copy() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        {
            let connection = of_version(&file, 3, 1);
            // Two numbers held by one record: what the fourth version cannot take over.
            let ins =
                "INSERT INTO ins (patient, state, matricule, oid) VALUES (1, 'hidden', ?1, '1.2.250.1.213.1.4.8')";
            connection.execute_batch("DROP INDEX ins_held_once").expect("dropped");
            for matricule in ["269054958815780", "269054958815781"] {
                connection.execute(ins, [matricule]).expect("inserted");
            }
        }
        let error = Register::open(&file, &key()).expect_err("refused");
        assert_eq!(error.code(), "register-not-migrated");
        let connection = keyed(&file, &key(), OpenFlags::default()).expect("opened");
        assert_eq!(known_version(&connection).expect("read"), 3, "the register keeps its version");
        let kept: i64 = connection.query_row("SELECT count(*) FROM ins", [], |row| row.get(0)).expect("read");
        assert_eq!(kept, 2, "and what it held");
        drop(connection);
        assert_eq!(names(folder.path()), ["register.before-3.db", "register.db"]);
    }

    #[test]
    fn without_a_copy_nothing_is_migrated() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        drop(of_version(&file, 2, 1));
        // Where the copy would be written stands a folder.
        fs::create_dir(folder.path().join("register.before-2.db.part")).expect("made");
        let bytes = fs::read(&file).expect("read");
        let error = Register::open(&file, &key()).expect_err("refused");
        assert_eq!(error.code(), "register-not-copied");
        assert!(fs::read(&file).expect("read") == bytes, "the register was changed");
    }

    #[test]
    fn the_last_two_copies_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        for name in ["register.before-1.db", "register.before-2.db", "other.before-1.db"] {
            fs::write(folder.path().join(name), "a copy").expect("written");
        }
        drop(of_version(&file, 3, 0));
        drop(Register::open(&file, &key()).expect("brought up to date"));
        let expected = ["other.before-1.db", "register.before-2.db", "register.before-3.db", "register.db"];
        assert_eq!(names(folder.path()), expected);
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
        let connection = prepare(connection, None).expect("brought up to date");
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
