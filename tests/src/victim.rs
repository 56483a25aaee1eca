//! What a program that will be killed does with a register, and how it says what it has committed.

use comptoir_desk::{Keychain, KeychainError, Secret, register_key, rekey_register};
use comptoir_identity::{
    Act as IdentityAct, Attributes, Author, BirthDate, BirthName, Entitlement, Environment, GivenName, GivenNames,
    InsRecord, Moment, Policy, Sex, Standing, Stated, Traits, UsageName,
};
use comptoir_register::{
    Act, ActKind, ImportEvent, ImportOptions, ImportReport, Keep, Mapping, NewArrival, NewPatient, Register,
    RegisterKey, Restoration, SiteRule, Source,
};
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Records in one batch.
pub const BATCH: u64 = 200;

/// What is being done when the program dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Records inserted one by one, as at the desk.
    Insert,
    /// Records inserted many at once.
    Batch,
    /// A register of an older version brought up to date.
    Migration,
    /// Backups, between insertions.
    Backup,
    /// A backup put in the register's place.
    Restore,
    /// Another key.
    Rekey,
    /// A file imported, in many transactions.
    Import,
    /// Old arrivals and old traits of the journal erased.
    Purge,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Insert,
        Self::Batch,
        Self::Migration,
        Self::Backup,
        Self::Restore,
        Self::Rekey,
        Self::Import,
        Self::Purge,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Batch => "batch",
            Self::Migration => "migration",
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Rekey => "rekey",
            Self::Import => "import",
            Self::Purge => "purge",
        }
    }

    /// Works in `folder` until it is killed or done. Performs I/O.
    ///
    /// # Errors
    /// When something fails, which nothing should.
    pub fn run(self, folder: &Path) -> Result<(), Box<dyn Error>> {
        let place = Place::at(folder);
        match self {
            Self::Insert => insert(&place),
            Self::Batch => batch(&place),
            Self::Migration => migrate(&place),
            Self::Backup => backup(&place),
            Self::Restore => restore(&place),
            Self::Rekey => rekey(&place),
            Self::Import => import(&place),
            Self::Purge => purge(&place),
        }
    }
}

/// Where a victim finds its things.
#[derive(Debug)]
pub struct Place {
    /// The register.
    pub register: PathBuf,
    /// The backup to restore.
    pub backup: PathBuf,
    /// Where backups go.
    pub backups: PathBuf,
    /// The file to import.
    pub csv: PathBuf,
    /// Where its rejected rows go.
    pub rejects: PathBuf,
    /// The keychain.
    pub keychain: FileKeychain,
}

impl Place {
    /// The names in a folder.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self {
            register: folder.join("register.db"),
            backup: folder.join("to-restore.db"),
            backups: folder.join("sauvegardes"),
            csv: folder.join("patients.csv"),
            rejects: folder.join("rejects.csv"),
            keychain: FileKeychain(folder.join("keychain")),
        }
    }

    /// The key that the keychain holds.
    ///
    /// # Errors
    /// When it holds none.
    pub fn key(&self) -> Result<RegisterKey, Box<dyn Error>> {
        register_key(&self.keychain)?.ok_or_else(|| "no key".into())
    }
}

/// A keychain of files: as durable as the system's, and as little torn by a kill.
#[derive(Debug)]
pub struct FileKeychain(PathBuf);

impl FileKeychain {
    fn file(&self, entry: &str) -> PathBuf {
        self.0.join(entry)
    }
}

impl Keychain for FileKeychain {
    fn read(&self, entry: &str) -> Result<Option<Secret>, KeychainError> {
        match fs::read(self.file(entry)) {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(_) => Err(KeychainError::Refused),
        }
    }

    fn write(&self, entry: &str, secret: &Secret) -> Result<(), KeychainError> {
        let part = self.0.join("part");
        fs::create_dir_all(&self.0)
            .and_then(|()| fs::write(&part, secret.expose()))
            .and_then(|()| fs::rename(&part, self.file(entry)))
            .map_err(|_| KeychainError::Refused)
    }

    fn remove(&self, entry: &str) -> Result<(), KeychainError> {
        match fs::remove_file(self.file(entry)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KeychainError::Refused),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn insert(place: &Place) -> Result<(), Box<dyn Error>> {
    let register = Register::open(&place.register, &place.key()?)?;
    ready()?;
    for number in 1.. {
        register.insert(&patient(number)?, &act(ActKind::PatientCreated))?;
        committed(number)?;
    }
    Ok(())
}

fn batch(place: &Place) -> Result<(), Box<dyn Error>> {
    let register = Register::open(&place.register, &place.key()?)?;
    let patients = (0..BATCH).map(patient).collect::<Result<Vec<_>, _>>()?;
    ready()?;
    for number in 1.. {
        register.insert_all(&patients, &act(ActKind::PatientCreated))?;
        committed(number)?;
    }
    Ok(())
}

fn migrate(place: &Place) -> Result<(), Box<dyn Error>> {
    let key = place.key()?;
    ready()?;
    let _register = Register::open(&place.register, &key)?;
    committed(1)
}

fn backup(place: &Place) -> Result<(), Box<dyn Error>> {
    let register = Register::open(&place.register, &place.key()?)?;
    ready()?;
    for number in 1.. {
        register.insert(&patient(number)?, &act(ActKind::PatientCreated))?;
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::try_from(24 * number)?);
        register.backup(&place.backups, now, Keep { daily: 5, weekly: 0, monthly: 0 })?;
        committed(number)?;
    }
    Ok(())
}

fn restore(place: &Place) -> Result<(), Box<dyn Error>> {
    let key = place.key()?;
    ready()?;
    for number in 1.. {
        let restoration = Restoration::prepare(&place.register, &key, &place.backup, &key, &|_| true)?;
        restoration.carry_out(Timestamp::UNIX_EPOCH, "victim")?;
        committed(number)?;
    }
    Ok(())
}

fn rekey(place: &Place) -> Result<(), Box<dyn Error>> {
    ready()?;
    for number in 1.. {
        rekey_register(&place.register, &place.keychain, &SystemRandom::new(), Timestamp::UNIX_EPOCH, "victim")?;
        committed(number)?;
    }
    Ok(())
}

/// Rows of the file that is imported; every tenth is rejected.
pub const ROWS: u64 = 3_000;

/// How many of the first rows of that file are imported.
#[must_use]
pub fn kept(rows: u64) -> u64 {
    rows - (rows + 6) / 10
}

/// Rows of one transaction of that import.
pub const ROWS_AT_ONCE: u64 = 100;

/// Imports the file, or goes on with it where a cut import stopped; says how many rows are in for good.
///
/// # Errors
/// When something fails, which nothing should.
pub fn import_from(place: &Place, in_for_good: &mut dyn FnMut(u64)) -> Result<ImportReport, Box<dyn Error>> {
    let register = Register::open(&place.register, &place.key()?)?;
    let source = Source::open(&place.csv)?;
    let options = ImportOptions {
        rejects: place.rejects.clone(),
        environment: Environment::Production,
        today: BirthDate::parse_iso("2026-01-15")?,
        batch: usize::try_from(ROWS_AT_ONCE)?,
    };
    let mapping = Mapping::proposed(source.headers())?;
    Ok(register.import(&source, &mapping, &options, &act(ActKind::PatientsImported), &mut |event| {
        if let ImportEvent::Batch(progress) = event {
            in_for_good(progress.counts.read);
        }
        ControlFlow::Continue(())
    })?)
}

fn import(place: &Place) -> Result<(), Box<dyn Error>> {
    let mut file = "IPP;NOM DE NAISSANCE;PRENOM;SEXE;DATE DE NAISSANCE;CODE INSEE\r\n".to_owned();
    for row in 0..ROWS {
        let day = if row % 10 == 3 { 32 } else { row % 28 + 1 };
        let letters: String = row.to_string().bytes().map(|digit| char::from(digit - b'0' + b'A')).collect();
        writeln!(file, "{row};NOM{letters};ANNE;F;{day:02}/01/1980;75107\r")?;
    }
    fs::write(&place.csv, file)?;
    ready()?;
    import_from(place, &mut |rows| drop(committed(rows)))?;
    Ok(())
}

/// Arrivals that one turn of the purge finds.
pub const OLD_ARRIVALS: u64 = 40;

fn purge(place: &Place) -> Result<(), Box<dyn Error>> {
    let register = Register::open(&place.register, &place.key()?)?;
    for rule in [SiteRule::ArrivalsDays, SiteRule::JournalTraitsDays] {
        register.set_site_rule(rule, Some(30), &act(ActKind::SiteRuleSet))?;
    }
    let record = register.insert(&patient(1)?, &act(ActKind::PatientCreated))?;
    let policy = Policy::undecided();
    ready()?;
    for number in 1.. {
        for _ in 0..OLD_ARRIVALS {
            let display_name = "DUBOIS Angela".to_owned();
            let (day, time) = ("1970-01-01".to_owned(), "09:00".to_owned());
            register.add_arrival(&NewArrival { day, time, display_name, birth_date: None, record: None })?;
        }
        let was = register.identity(record)?.ok_or("no record")?;
        let author = Author::parse("victim").map_err(|_| "no author")?;
        let at = Moment(0);
        let sex = Sex::from_letter(if number % 2 == 0 { "F" } else { "M" });
        let after = Traits { sex, ..was.identity().traits().clone() };
        let doing = IdentityAct { author: &author, at, policy: &policy };
        let turned = was.identity().revise(after, Entitlement::LockedTraits, doing).map_err(|_| "refused")?;
        register.change(&was, &turned, &Act::turning(Timestamp::UNIX_EPOCH, &turned))?;
        register.purge(A_YEAR_LATER, "victim")?;
        committed(number)?;
    }
    Ok(())
}

/// When the purge looks: everything is old by then.
pub const A_YEAR_LATER: Timestamp = Timestamp::constant(366 * 24 * 3600, 0);

fn act(kind: ActKind) -> Act<'static> {
    Act::new(Timestamp::UNIX_EPOCH, "victim", kind)
}

/// The record of this number.
///
/// # Errors
/// Never, for these traits.
pub fn patient(number: u64) -> Result<NewPatient, Box<dyn Error>> {
    let (year, month, day) = (1920 + number % 100, number / 100 % 12 + 1, number / 1200 % 28 + 1);
    let birth_date = format!("{year}-{month:02}-{day:02}");
    Ok(NewPatient {
        external_id: None,
        traits: Traits {
            birth_name: Stated::parse(Some("DUBOIS"), BirthName::parse),
            first_given_name: Stated::parse(Some("ANGELA"), GivenName::parse),
            given_names: Stated::parse(Some("ANGELA CLAIRE"), GivenNames::parse),
            birth_date: Some(BirthDate::parse_iso(&birth_date)?),
            sex: Sex::from_letter("F"),
            birth_place: None,
            usage_name: Stated::parse(Some("MARTIN"), UsageName::parse),
            usage_given_name: Stated::Absent,
            ins: InsRecord::EMPTY,
        },
        standing: Standing::new(false, false, Attributes::None)?,
    })
}

fn ready() -> Result<(), Box<dyn Error>> {
    said("ready")
}

fn committed(number: u64) -> Result<(), Box<dyn Error>> {
    said(&format!("committed {number}"))
}

fn said(line: &str) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
