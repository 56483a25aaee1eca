//! The registers that victims begin with.

use crate::victim::{Mode, Place, patient};
use comptoir_desk::{Keychain, Secret};
use comptoir_register::{Act, ActKind, Keep, KeyError, NewPatient, Register, RegisterKey};
use jiff::Timestamp;
use std::error::Error;
use std::fs;
use std::path::Path;

/// Records in the backup; the register itself has twice as many.
pub const RECORDS: u64 = 300;

/// The migrations of the versions that were in use.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../crates/register/src/migrations/001_first.sql"),
    include_str!("../../crates/register/src/migrations/002_completed_dates.sql"),
    include_str!("../../crates/register/src/migrations/003_ins.sql"),
];

/// The key of all of them.
///
/// # Errors
/// Never: it has its length.
pub fn key() -> Result<RegisterKey, KeyError> {
    RegisterKey::from_bytes(&[7; 32])
}

/// The version that a register has before the migration of this number.
#[must_use]
pub fn version_of(number: u64) -> usize {
    usize::try_from(number % 3).unwrap_or(0) + 1
}

/// What each victim begins with; made once, copied for each.
#[derive(Debug)]
pub struct Beginnings(tempfile::TempDir);

impl Beginnings {
    /// Makes a register, a backup of its first half, and a register of each older version. Performs I/O.
    ///
    /// # Errors
    /// When one of them cannot be made.
    pub fn made() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let place = Place::at(folder.path());
        let register = Register::open(&place.register, &key()?)?;
        let patients = (0..RECORDS).map(patient).collect::<Result<Vec<NewPatient>, _>>()?;
        let act = Act::new(Timestamp::UNIX_EPOCH, "test", ActKind::PatientCreated);
        register.insert_all(&patients, &act)?;
        let made = register.backup(&place.backups, Timestamp::UNIX_EPOCH, Keep::default())?;
        fs::rename(&made.file, &place.backup)?;
        register.insert_all(&patients, &act)?;
        for version in 1..=MIGRATIONS.len() {
            of_version(&folder.path().join(format!("version-{version}.db")), version)?;
        }
        Ok(Self(folder))
    }

    /// A folder of its own for one victim. Performs I/O.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn copied_for(&self, mode: Mode, number: u64) -> Result<tempfile::TempDir, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let (from, to) = (Place::at(self.0.path()), Place::at(folder.path()));
        let register = match mode {
            Mode::Migration => self.0.path().join(format!("version-{}.db", version_of(number))),
            Mode::Insert | Mode::Batch | Mode::Backup | Mode::Restore | Mode::Rekey | Mode::Import | Mode::Purge => {
                from.register
            }
        };
        fs::copy(register, &to.register)?;
        fs::copy(from.backup, &to.backup)?;
        to.keychain.write("register-key", &Secret::new(key()?.expose().to_vec()))?;
        Ok(folder)
    }
}

/// A register as the program of that version left it.
fn of_version(file: &Path, version: usize) -> Result<(), Box<dyn Error>> {
    let connection = rusqlite::Connection::open(file)?;
    let hexadecimal = "07".repeat(32);
    connection.execute_batch(&format!("PRAGMA key = \"x'{hexadecimal}'\"; PRAGMA journal_mode = WAL;"))?;
    for migration in MIGRATIONS.iter().take(version) {
        connection.execute_batch(migration)?;
    }
    connection.pragma_update(None, "user_version", i64::try_from(version)?)?;
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO patients (birth_name, first_given_name, birth_date, created_at)
        SELECT 'DUBOIS', 'ANGELA', printf('19%02d-08-24', i % 100), '' FROM n";
    connection.execute(insert, [i64::try_from(RECORDS)?])?;
    Ok(())
}
