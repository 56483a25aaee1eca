//! Backups: whole encrypted copies, verified before they have a name, made while the desk works.

use crate::copy::{Copied, CopyError, GoOn, beside, copy, names_to_the_disk, remove};
use crate::examine::{Contents, copy_at};
use crate::rotation::Keep;
use crate::{ReadError, Register, examine};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::TransactionBehavior;
use serde_json::{Value, json};
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The folder beside a register that its backups go to.
pub const BACKUPS_FOLDER: &str = "sauvegardes";

const TIME: &str = "comptoir-%Y-%m-%dT%H%M%SZ.db";
/// What is being made; whoever holds [`LOCK`] may remove it.
const PART: &str = "comptoir-backup.part";
const LOCK: &str = "comptoir-backup.lock";

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// The backup; its description lies beside it, as `.json`.
    pub file: PathBuf,
    /// What it holds.
    pub contents: Contents,
    /// Its size.
    pub bytes: u64,
    /// Older backups of this register that were removed.
    pub removed: Vec<PathBuf>,
}

/// Why no backup was made. Earlier ones are as they were, and so is the register.
#[derive(Debug, Error)]
pub enum BackupError {
    /// A register in memory is forgotten when the program ends.
    #[error("a register in memory has no backup")]
    InMemory,
    /// Another backup is being made in this folder.
    #[error("another backup is being made in this folder")]
    UnderWay,
    /// There is one of this second already.
    #[error("there is a backup of this second already")]
    NameTaken,
    /// The folder cannot be used.
    #[error("the backup's folder cannot be used")]
    Folder,
    /// The copy could not be made.
    #[error(transparent)]
    Copy(CopyError),
    /// The copy was made and did not hold when it was read again: the register itself may be damaged.
    #[error("the copy did not hold when it was read again")]
    NotWhole,
    /// The register could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl BackupError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InMemory => "backup-in-memory",
            Self::UnderWay => "backup-under-way",
            Self::NameTaken => "backup-name-taken",
            Self::Folder | Self::Copy(CopyError::CannotWrite) => "backup-folder-unusable",
            Self::Copy(CopyError::NoSpace) => "backup-disk-full",
            Self::Copy(CopyError::Cancelled) => "backup-cancelled",
            Self::NotWhole | Self::Copy(CopyError::NotWhole) => "backup-not-whole",
            Self::Copy(CopyError::Store(_)) => "register-unavailable",
            Self::Read(error) => error.code(),
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::InMemory => "REG-40",
            Self::UnderWay => "REG-41",
            Self::NameTaken => "REG-42",
            Self::Folder | Self::Copy(CopyError::CannotWrite) => "REG-43",
            Self::Copy(CopyError::NoSpace) => "REG-44",
            Self::Copy(CopyError::Cancelled) => "REG-45",
            Self::NotWhole | Self::Copy(CopyError::NotWhole) => "REG-46",
            Self::Copy(CopyError::Store(_)) => "REG-47",
            Self::Read(error) => error.reference(),
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        match self {
            Self::InMemory | Self::NotWhole | Self::Copy(CopyError::NotWhole) => false,
            Self::UnderWay
            | Self::NameTaken
            | Self::Folder
            | Self::Copy(CopyError::CannotWrite | CopyError::NoSpace | CopyError::Cancelled | CopyError::Store(_)) => {
                true
            }
            Self::Read(error) => error.retry(),
        }
    }
}

impl From<CopyError> for BackupError {
    fn from(error: CopyError) -> Self {
        Self::Copy(error)
    }
}

impl Register {
    /// Where its backups go unless another folder is said: `sauvegardes`, beside it.
    #[must_use]
    pub fn backups_folder(&self) -> Option<PathBuf> {
        self.store.readers.as_ref().map(|readers| readers.file().with_file_name(BACKUPS_FOLDER))
    }

    /// Makes a backup in `folder`, verifies it, and removes the older ones that `keep` lets go. Performs I/O.
    ///
    /// Others go on reading and writing meanwhile; the backup holds what was there when it began. It is named
    /// `comptoir-AAAA-MM-JJTHHMMSSZ.db`, opened by the register's key, with its description beside it.
    ///
    /// # Errors
    /// See [`BackupError`].
    pub fn backup(&self, folder: &Path, now: Timestamp, keep: Keep) -> Result<BackupReport, BackupError> {
        self.backup_while(folder, now, keep, &|_| true)
    }

    /// Makes a backup as [`Register::backup`] does, for as long as `go_on` says so. Performs I/O.
    ///
    /// # Errors
    /// See [`BackupError`]; [`CopyError::Cancelled`] when it was stopped.
    pub fn backup_while(
        &self,
        folder: &Path,
        now: Timestamp,
        keep: Keep,
        go_on: &dyn Fn(Copied) -> bool,
    ) -> Result<BackupReport, BackupError> {
        let name = now.to_zoned(TimeZone::UTC).strftime(TIME).to_string();
        fs::create_dir_all(folder).map_err(|_| BackupError::Folder)?;
        let _alone = alone(folder)?;
        let (file, part) = (folder.join(&name), folder.join(PART));
        if file.exists() {
            return Err(BackupError::NameTaken);
        }
        let contents = self.copied_to(&part, go_on).inspect_err(|_| remove(&part))?;
        let bytes = fs::metadata(&part).map_err(|_| BackupError::Folder)?.len();
        // The description first: a backup never stands without one.
        let described = describe(&file, &contents, now, bytes)
            .and_then(|()| fs::rename(&part, &file))
            .map_err(|error| BackupError::Copy(error.into()));
        if let Err(error) = described {
            remove(&part);
            fs::remove_file(description_of(&file)).ok();
            return Err(error);
        }
        names_to_the_disk(folder);
        let removed = rotate(folder, &file, keep, &contents);
        Ok(BackupReport { file, contents, bytes, removed })
    }

    /// Copies what is there now, and reads the copy again.
    fn copied_to(&self, part: &Path, go_on: GoOn<'_>) -> Result<Contents, BackupError> {
        let readers = self.store.readers.as_ref().ok_or(BackupError::InMemory)?;
        let mut reader = readers.open().map_err(ReadError::from)?;
        let seen = reader.transaction_with_behavior(TransactionBehavior::Deferred).map_err(ReadError::from)?;
        let expected = examine::contents(&seen)?;
        copy(&seen, part, readers.key(), go_on)?;
        match copy_at(part, readers.key()) {
            Ok((contents, soundness)) if soundness.is_whole() && contents == expected => Ok(contents),
            _ => Err(BackupError::NotWhole),
        }
    }
}

/// A backup that lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// When it was made, by its name.
    pub at: Timestamp,
}

/// The backups in a folder, the newest first: files with the name and the description that this program gives.
/// Performs I/O.
#[must_use]
pub fn backups(folder: &Path) -> Vec<Backup> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<Backup> = entries
        .filter_map(|entry| {
            let file = entry.ok()?.path();
            let at = named(file.file_name()?.to_str()?)?;
            (file.is_file() && description_of(&file).is_file()).then_some(Backup { file, at })
        })
        .collect();
    found.sort_unstable_by_key(|backup| std::cmp::Reverse(backup.at));
    found
}

/// The time in a name that [`TIME`] wrote, and no other.
fn named(name: &str) -> Option<Timestamp> {
    let at = jiff::civil::DateTime::strptime(TIME, name).ok()?.to_zoned(TimeZone::UTC).ok()?;
    (at.strftime(TIME).to_string() == name).then(|| at.timestamp())
}

/// One program makes backups in a folder at a time.
fn alone(folder: &Path) -> Result<File, BackupError> {
    let lock = File::options().write(true).create(true).truncate(false).open(folder.join(LOCK));
    let lock = lock.map_err(|_| BackupError::Folder)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(BackupError::UnderWay),
        Err(TryLockError::Error(_)) => Err(BackupError::Folder),
    }
}

fn description_of(file: &Path) -> PathBuf {
    file.with_extension("json")
}

/// What a backup holds, without any trait or key: enough to say later that a register goes on from it.
fn describe(file: &Path, contents: &Contents, now: Timestamp, bytes: u64) -> std::io::Result<()> {
    let description = json!({
        "made_at": now.to_string(),
        "program": env!("CARGO_PKG_VERSION"),
        "schema": contents.schema,
        "records": contents.records,
        "arrivals": contents.arrivals,
        "journal": {"sequence": contents.head.sequence, "head": contents.head.to_string()},
        "register": origin(contents),
        "bytes": bytes,
    });
    let path = description_of(file);
    let part = beside(&path, ".part");
    let written = File::create(&part).and_then(|mut file| {
        writeln!(file, "{description:#}")?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&part, path)).inspect_err(|_| remove(&part))
}

/// Tells the backups of one register from those of another in the same folder.
fn origin(contents: &Contents) -> Value {
    let first = |hash| crate::JournalHead { sequence: 1, hash }.to_string();
    contents.origin.map_or(Value::Null, |hash| first(hash).into())
}

/// Removes what is kept no longer: only backups of this register that this program named and described.
fn rotate(folder: &Path, just_made: &Path, keep: Keep, contents: &Contents) -> Vec<PathBuf> {
    let ours = |backup: &Backup| {
        let description = fs::read(description_of(&backup.file)).ok();
        let description: Option<Value> = description.and_then(|text| serde_json::from_slice(&text).ok());
        description.is_some_and(|description| description.get("register") == Some(&origin(contents)))
    };
    let backups: Vec<Backup> = backups(folder).into_iter().filter(ours).collect();
    let Some(newest) = backups.iter().find(|backup| backup.file == just_made).map(|backup| backup.at) else {
        return Vec::new();
    };
    let times: Vec<Timestamp> = backups.iter().map(|backup| backup.at).collect();
    let superseded = keep.superseded(&times, newest);
    let mut removed = Vec::new();
    for backup in backups.into_iter().filter(|backup| superseded.contains(&backup.at)) {
        if fs::remove_file(&backup.file).is_ok() {
            fs::remove_file(description_of(&backup.file)).ok();
            removed.push(backup.file);
        } else {
            tracing::warn!("a backup that is kept no longer could not be removed");
        }
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Act, ActKind, RegisterKey};
    use std::sync::atomic::{AtomicBool, Ordering};

    const KEPT: Keep = Keep { daily: 7, weekly: 4, monthly: 12 };

    struct Desk {
        folder: tempfile::TempDir,
        register: Register,
    }

    impl Desk {
        fn open() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let register = Register::open(&folder.path().join("register.db"), &key()).expect("made");
            let desk = Self { folder, register };
            desk.act();
            desk
        }

        fn backups(&self) -> PathBuf {
            self.folder.path().join("sauvegardes")
        }

        fn act(&self) {
            let act = Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::SearchMade);
            self.register.journal(&act).expect("written");
        }
    }

    fn key() -> RegisterKey {
        RegisterKey::from_bytes(&[7; 32]).expect("a key")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("read")
            .map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned())
            .filter(|name| name != LOCK)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_backup_is_whole_encrypted_and_described_without_any_trait() {
        let desk = Desk::open();
        crate::demo::fill(&desk.register, "2026-03-04", Timestamp::UNIX_EPOCH).expect("filled");
        let made = desk.register.backup(&desk.backups(), at("2026-03-04T10:11:12Z"), KEPT).expect("made");
        let named = ["comptoir-2026-03-04T101112Z.db", "comptoir-2026-03-04T101112Z.json"];
        assert_eq!(names(&desk.backups()), named, "nothing else is left");
        let bytes = fs::read(&made.file).expect("read");
        assert!(!bytes.starts_with(b"SQLite format 3"), "encrypted");
        assert_eq!(u64::try_from(bytes.len()), Ok(made.bytes));
        assert!(copy_at(&made.file, &RegisterKey::from_bytes(&[8; 32]).expect("a key")).is_err(), "another key");
        let (contents, soundness) = copy_at(&made.file, &key()).expect("the key opens it");
        assert!(soundness.is_whole());
        assert_eq!(contents, desk.register.contents().expect("read"));
        assert!(contents.records > 5);

        let description = fs::read_to_string(description_of(&made.file)).expect("read");
        let described: Value = serde_json::from_str(&description).expect("JSON");
        assert_eq!(described["journal"]["sequence"], contents.head.sequence);
        assert_eq!(described["journal"]["head"], contents.head.to_string());
        assert_eq!(described["records"], contents.records);
        assert_eq!(description.to_uppercase().matches("DUBOIS").count(), 0, "no trait");
        assert_eq!(description.matches("0707").count(), 0, "no key");
    }

    #[test]
    fn the_desk_works_while_its_backup_is_made() {
        let desk = Desk::open();
        crate::demo::fill(&desk.register, "2026-03-04", Timestamp::UNIX_EPOCH).expect("filled");
        let before = desk.register.contents().expect("read").head.sequence;
        let acted = AtomicBool::new(false);
        let go_on = |_| {
            desk.act();
            acted.store(true, Ordering::Relaxed);
            true
        };
        let now = at("2026-03-04T10:11:12Z");
        let made = desk.register.backup_while(&desk.backups(), now, KEPT, &go_on).expect("made");
        assert_eq!(made.contents.head.sequence, before, "what was there when it began");
        let whole = desk.register.contents().expect("read").head.sequence > before;
        assert!(whole || !acted.load(Ordering::Relaxed), "what was written meanwhile is there");
    }

    #[test]
    fn what_is_not_made_leaves_nothing() {
        let desk = Desk::open();
        let pages = Register::open(&desk.folder.path().join("register.db"), &key()).expect("opened");
        // Enough pages for a second step.
        pages
            .writer()
            .execute_batch("CREATE TABLE wide (x); INSERT INTO wide VALUES (zeroblob(4000000))")
            .expect("written");
        drop(pages);
        let now = at("2026-03-04T10:11:12Z");
        let stopped = desk.register.backup_while(&desk.backups(), now, KEPT, &|copied| copied.pages > copied.of);
        assert_eq!(stopped.expect_err("stopped").code(), "backup-cancelled");
        assert_eq!(names(&desk.backups()), [""; 0]);

        let during = |_| {
            let second = desk.register.backup(&desk.backups(), at("2026-03-04T10:11:13Z"), KEPT);
            assert_eq!(second.expect_err("refused").code(), "backup-under-way");
            true
        };
        desk.register.backup_while(&desk.backups(), now, KEPT, &during).expect("made");
        assert_eq!(names(&desk.backups()).len(), 2, "one backup, one description");
        let again = desk.register.backup(&desk.backups(), now, KEPT);
        assert_eq!(again.expect_err("refused").code(), "backup-name-taken");

        fs::write(desk.folder.path().join("a-file"), "").expect("written");
        let nowhere = desk.register.backup(&desk.folder.path().join("a-file"), now, KEPT);
        assert_eq!(nowhere.expect_err("refused").code(), "backup-folder-unusable");
        let in_memory = Register::in_memory().expect("a register").backup(&desk.folder.path().join("x"), now, KEPT);
        assert_eq!(in_memory.expect_err("refused").code(), "backup-in-memory");
    }

    #[test]
    fn what_a_backup_that_was_cut_left_is_removed_by_the_next() {
        let desk = Desk::open();
        fs::create_dir(desk.backups()).expect("made");
        for name in [PART, "comptoir-backup.part-journal"] {
            fs::write(desk.backups().join(name), "cut").expect("written");
        }
        desk.register.backup(&desk.backups(), at("2026-03-04T10:11:12Z"), KEPT).expect("made");
        assert_eq!(names(&desk.backups()).len(), 2, "one backup, one description");
    }

    #[test]
    fn only_backups_of_this_register_are_removed() {
        let (desk, other) = (Desk::open(), Desk::open());
        // Two registers whose journals begin alike are one, for who reads the journals: these begin otherwise.
        let act = Act::new(at("2026-01-01T00:00:00Z"), "paul", ActKind::SearchMade);
        let file = other.folder.path().join("elsewhere.db");
        let elsewhere = Register::open(&file, &key()).expect("made");
        elsewhere.journal(&act).expect("written");
        let keep = Keep { daily: 1, weekly: 0, monthly: 0 };
        elsewhere.backup(&desk.backups(), at("2026-03-01T10:00:00Z"), keep).expect("made");
        // Not named, not described, or no file at all.
        let strangers = ["comptoir-2026-03-02.db", "comptoir-2026-03-02T000000Z.db", "notes.txt"];
        for name in strangers {
            fs::write(desk.backups().join(name), "").expect("written");
        }
        desk.register.backup(&desk.backups(), at("2026-03-03T10:00:00Z"), keep).expect("made");
        let made = desk.register.backup(&desk.backups(), at("2026-03-04T10:00:00Z"), keep).expect("made");
        assert_eq!(made.removed, [desk.backups().join("comptoir-2026-03-03T100000Z.db")]);
        let left = names(&desk.backups());
        for name in strangers.into_iter().chain(["comptoir-2026-03-01T100000Z.db", "comptoir-2026-03-01T100000Z.json"])
        {
            assert!(left.iter().any(|left| left == name), "{name}");
        }
        assert_eq!(left.len(), strangers.len() + 4, "{left:?}");
        assert_eq!(backups(&desk.backups()).len(), 2);
    }

    #[test]
    fn a_name_is_read_as_it_is_written_and_no_other() {
        for (name, expected) in [
            ("comptoir-2026-03-04T101112Z.db", Some("2026-03-04T10:11:12Z")),
            ("comptoir-2026-3-4T101112Z.db", None),
            ("comptoir-2026-02-30T101112Z.db", None),
            ("comptoir-2026-03-04T101112Z.db.old", None),
            ("copie-2026-03-04T101112Z.db", None),
            ("comptoir-2026-03-04T101112.db", None),
        ] {
            assert_eq!(named(name), expected.map(at), "{name}");
        }
    }
}
