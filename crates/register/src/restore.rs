//! Putting a backup in the register's place, without ever losing what was there.

use crate::copy::{Copied, CopyError, beside, copy, names_to_the_disk, remove};
use crate::examine::{Contents, copy_at, holds};
use crate::journal::{Act, ActKind};
use crate::key::RegisterKey;
use crate::open::{OpenError, keyed};
use crate::place_on_disk::{PlaceOnDisk, place_on_disk};
use crate::sole_use::{RESTORING, SoleUse, parent, with_line};
use crate::{ReadError, Register};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::OpenFlags;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a backup was not restored. The register is as it was.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// The backup cannot be opened.
    #[error("the backup cannot be opened: {0}")]
    Backup(#[source] OpenError),
    /// Pages, tables or the journal of the backup do not hold.
    #[error("the backup is damaged")]
    BackupDamaged,
    /// The register cannot be replaced.
    #[error("the register cannot be replaced: {0}")]
    Present(#[source] OpenError),
    /// The backup could not be copied beside the register.
    #[error("the backup could not be copied beside the register: {0}")]
    Copy(#[source] CopyError),
    /// The register could not be set aside, or the backup not be put in its place.
    #[error("the register could not be set aside, or the backup not be put in its place")]
    NotPlaced(#[source] io::Error),
    /// What was put in place did not open; the register was put back.
    #[error("what was put in place did not open, and the register was put back: {0}")]
    NotOpened(#[source] OpenError),
}

impl RestoreError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Backup(OpenError::WrongKey) => "backup-wrong-key",
            Self::Backup(OpenError::NewerThanProgram) => "backup-newer",
            Self::Backup(OpenError::Damaged | OpenError::Truncated) | Self::BackupDamaged => "backup-damaged",
            Self::Backup(_) => "backup-unreadable",
            Self::Present(error) => error.code(),
            Self::Copy(CopyError::NoSpace) => "restore-disk-full",
            Self::Copy(_) | Self::NotPlaced(_) => "restore-folder-unusable",
            Self::NotOpened(_) => "restore-undone",
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::Backup(OpenError::WrongKey) => "REG-50",
            Self::Backup(OpenError::NewerThanProgram) => "REG-51",
            Self::Backup(OpenError::Damaged | OpenError::Truncated) | Self::BackupDamaged => "REG-52",
            Self::Backup(_) => "REG-53",
            Self::Present(error) => error.reference(),
            Self::Copy(CopyError::NoSpace) => "REG-54",
            Self::Copy(_) => "REG-55",
            Self::NotPlaced(_) => "REG-56",
            Self::NotOpened(_) => "REG-57",
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        match self {
            Self::Backup(error) | Self::Present(error) | Self::NotOpened(error) => error.retry(),
            Self::BackupDamaged => false,
            Self::Copy(_) | Self::NotPlaced(_) => true,
        }
    }
}

/// What the present register holds that the backup does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: there is no register, or the backup goes on from it.
    Nothing,
    /// So many lines of the journal, and what they tell of.
    Acts(u64),
    /// Not to be told: the register is of another origin, or went another way since.
    AnotherRegister,
    /// Not to be told: the register cannot be read.
    Unreadable,
}

/// A backup that was verified and waits beside the register, which nobody can open meanwhile.
#[derive(Debug)]
pub struct Restoration {
    file: PathBuf,
    key: RegisterKey,
    part: Part,
    present: Present,
    contents: Contents,
    loss: Loss,
}

/// Removed where it was not put in place.
#[derive(Debug)]
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

#[derive(Debug)]
enum Present {
    None,
    Alone(SoleUse),
    Unreadable,
}

/// A backup that was restored.
#[derive(Debug)]
pub struct Restored {
    /// The register, open.
    pub register: Register,
    /// Where the register that it replaces is kept.
    pub kept: Option<PathBuf>,
}

impl Restoration {
    /// Verifies the backup and copies it beside the register, whose place it does not take yet. Performs I/O.
    ///
    /// `backup_key` opens the backup: the register's own key, or the one it had then.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub fn prepare(
        file: &Path,
        key: &RegisterKey,
        backup: &Path,
        backup_key: &RegisterKey,
        go_on: &dyn Fn(Copied) -> bool,
    ) -> Result<Self, RestoreError> {
        if place_on_disk(file) == PlaceOnDisk::NetworkShare {
            return Err(RestoreError::Present(OpenError::OnNetworkShare));
        }
        let (contents, soundness) = copy_at(backup, backup_key).map_err(RestoreError::Backup)?;
        if !soundness.is_whole() {
            return Err(RestoreError::BackupDamaged);
        }
        let present = present(file, key)?;
        let part = Part(beside(file, RESTORING));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = keyed(backup, backup_key, flags).map_err(|error| RestoreError::Backup(error.into()))?;
        copy(&source, &part.0, key, go_on).map_err(RestoreError::Copy)?;
        let again = copy_at(&part.0, key).is_ok_and(|(read, soundness)| soundness.is_whole() && read == contents);
        if !again {
            return Err(RestoreError::Copy(CopyError::NotWhole));
        }
        let unread = |_: ReadError| RestoreError::Present(OpenError::Damaged);
        let loss = match &present {
            Present::None => Loss::Nothing,
            Present::Unreadable => Loss::Unreadable,
            Present::Alone(alone) => {
                let was = alone.contents().map_err(RestoreError::Present)?;
                if holds(&source, was.head).map_err(unread)? {
                    Loss::Nothing
                } else if holds(alone.connection(), contents.head).map_err(unread)? {
                    let acts = was.head.sequence.saturating_sub(contents.head.sequence);
                    Loss::Acts(u64::try_from(acts).unwrap_or(0))
                } else {
                    Loss::AnotherRegister
                }
            }
        };
        Ok(Self { file: file.to_owned(), key: key.clone(), part, present, contents, loss })
    }

    /// What the backup holds.
    #[must_use]
    pub fn contents(&self) -> Contents {
        self.contents
    }

    /// What the present register holds that the backup does not.
    #[must_use]
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// Sets the register aside, puts the backup in its place, opens it. Performs I/O.
    ///
    /// The register that was there stays beside, as `register.replaced-<time>.db`; there is no moment without one.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub fn carry_out(self, now: Timestamp, author: &str) -> Result<Restored, RestoreError> {
        let Self { file, key, part, present, contents, .. } = self;
        let (sequence, hash) = (contents.head.sequence.to_string(), contents.head.to_string());
        // The line is in what is put in place: there is no restored register that does not say so.
        let evidence = [("backup-sequence", sequence.as_str()), ("backup-head", hash.as_str())];
        let act = Act::new(now, author, ActKind::RegisterRestored).about(None, &evidence);
        with_line(&part.0, &key, &act).map_err(RestoreError::Copy)?;
        let kept = aside(&file, now);
        let kept = match present {
            Present::None => {
                // A second name never replaces what another program has made meanwhile.
                fs::hard_link(&part.0, &file)
                    .or_else(|error| if file.exists() { Err(error) } else { fs::rename(&part.0, &file) })
                    .map_err(RestoreError::NotPlaced)?;
                None
            }
            Present::Alone(alone) => {
                alone.kept_as(&kept).map_err(RestoreError::Copy)?;
                alone.replaced_by(&part.0).map_err(RestoreError::NotPlaced)?;
                Some(kept)
            }
            Present::Unreadable => {
                set_aside(&file, &kept).map_err(RestoreError::NotPlaced)?;
                fs::rename(&part.0, &file).map_err(RestoreError::NotPlaced)?;
                Some(kept)
            }
        };
        names_to_the_disk(parent(&file));
        match Register::open(&file, &key) {
            Ok(register) => Ok(Restored { register, kept }),
            Err(error) => {
                if let Some(kept) = kept {
                    put_back(&kept, &file);
                }
                Err(RestoreError::NotOpened(error))
            }
        }
    }
}

fn present(file: &Path, key: &RegisterKey) -> Result<Present, RestoreError> {
    if !file.try_exists().unwrap_or(true) {
        return Ok(Present::None);
    }
    match SoleUse::of(file, key) {
        Ok(alone) => Ok(Present::Alone(alone)),
        // What the key does not open or what is damaged is set aside as it lies.
        Err(OpenError::WrongKey | OpenError::Damaged | OpenError::Truncated | OpenError::NewerThanProgram) => {
            Ok(Present::Unreadable)
        }
        Err(error) => Err(RestoreError::Present(error)),
    }
}

/// `register.db` becomes `register.replaced-2026-03-04T101112Z.db`, or one of the next seconds where there is one.
fn aside(file: &Path, now: Timestamp) -> PathBuf {
    let name = |second: i64| {
        let at = now.checked_add(jiff::SignedDuration::from_secs(second)).unwrap_or(now).to_zoned(TimeZone::UTC);
        file.with_extension(at.strftime("replaced-%Y-%m-%dT%H%M%SZ.db").to_string())
    };
    (0..3600).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(0))
}

/// Keeps a file that nothing can be read from, with its write-ahead log: together they may still tell something.
fn set_aside(file: &Path, kept: &Path) -> io::Result<()> {
    fs::hard_link(file, kept).or_else(|_| fs::copy(file, kept).map(drop))?;
    for suffix in ["-wal", "-journal"] {
        match fs::rename(beside(file, suffix), beside(kept, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    // What is only the shared memory of who had it open says nothing.
    fs::remove_file(beside(file, "-shm")).ok();
    Ok(())
}

fn put_back(kept: &Path, file: &Path) {
    remove_log(file);
    for suffix in ["", "-wal", "-journal"] {
        if let Err(error) = fs::rename(beside(kept, suffix), beside(file, suffix))
            && suffix.is_empty()
        {
            tracing::error!(%error, "the register could not be put back; it is kept beside");
        }
    }
}

fn remove_log(file: &Path) {
    for suffix in ["-wal", "-shm", "-journal"] {
        fs::remove_file(beside(file, suffix)).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Keep;

    struct Desk {
        folder: tempfile::TempDir,
    }

    impl Desk {
        /// A register with three acts, its backup, and then two acts more.
        fn backed_up() -> (Self, PathBuf) {
            let desk = Self { folder: tempfile::tempdir().expect("a folder") };
            desk.acts("anne", 3);
            let register = Register::open(&desk.file(), &key(1)).expect("opened");
            let made = register.backup(&desk.folder.path().join("sauvegardes"), now(), Keep::default()).expect("made");
            drop(register);
            desk.acts("anne", 2);
            (desk, made.file)
        }

        fn file(&self) -> PathBuf {
            self.folder.path().join("register.db")
        }

        fn acts(&self, author: &str, count: usize) {
            let register = Register::open(&self.file(), &key(1)).expect("opened");
            for _ in 0..count {
                register.journal(&Act::new(now(), author, ActKind::SearchMade)).expect("written");
            }
        }

        fn prepare(&self, backup: &Path, backup_key: u8) -> Result<Restoration, RestoreError> {
            Restoration::prepare(&self.file(), &key(1), backup, &key(backup_key), &|_| true)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.folder.path()).expect("read").map(|entry| entry.expect("one"));
            let files = entries.filter(|entry| entry.path().is_file());
            let mut names: Vec<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }

        fn lines(&self) -> i64 {
            Register::open(&self.file(), &key(1)).expect("opened").contents().expect("read").head.sequence
        }
    }

    fn key(byte: u8) -> RegisterKey {
        RegisterKey::from_bytes(&[byte; 32]).expect("a key")
    }

    fn now() -> Timestamp {
        "2026-03-04T10:11:12Z".parse().expect("a time")
    }

    #[test]
    fn a_backup_takes_the_place_of_a_register_that_is_kept() {
        let (desk, backup) = Desk::backed_up();
        let restoration = desk.prepare(&backup, 1).expect("prepared");
        assert_eq!(restoration.loss(), Loss::Acts(2));
        assert_eq!(Register::open(&desk.file(), &key(1)).expect_err("kept to itself").code(), "register-in-use");
        let restored = restoration.carry_out(now(), "anne").expect("restored");
        let kept = restored.kept.expect("the register is kept");
        assert_eq!(kept, desk.folder.path().join("register.replaced-2026-03-04T101112Z.db"));
        let contents = restored.register.contents().expect("read");
        assert_eq!(contents.head.sequence, 4, "the backup's three acts and the line that says so");
        assert!(restored.register.examine().expect("examined").is_whole());
        drop(restored.register);
        assert_eq!(desk.names(), ["register.db", "register.replaced-2026-03-04T101112Z.db"]);
        let (before, soundness) = copy_at(&kept, &key(1)).expect("opens");
        assert!(soundness.is_whole());
        assert_eq!(before.head.sequence, 5, "nothing of the register is lost");
    }

    #[test]
    fn what_a_restore_would_lose_is_said() {
        let (desk, backup) = Desk::backed_up();
        let same = desk.folder.path().join("same.db");
        drop(desk.prepare(&backup, 1).expect("prepared"));
        assert_eq!(desk.lines(), 5, "what is only prepared changes nothing");
        fs::copy(desk.file(), &same).expect("copied");
        assert_eq!(desk.prepare(&same, 1).expect("prepared").loss(), Loss::Nothing);
        // The same backup in a register that went another way since, and in none.
        let elsewhere = Desk { folder: tempfile::tempdir().expect("a folder") };
        assert_eq!(elsewhere.prepare(&backup, 1).expect("prepared").loss(), Loss::Nothing);
        elsewhere.acts("paul", 9);
        assert_eq!(elsewhere.prepare(&backup, 1).expect("prepared").loss(), Loss::AnotherRegister);
        fs::write(elsewhere.file(), vec![0x42; 8192]).expect("written");
        assert_eq!(elsewhere.prepare(&backup, 1).expect("prepared").loss(), Loss::Unreadable);
    }

    #[test]
    fn a_damaged_register_is_set_aside_with_its_log() {
        let (desk, backup) = Desk::backed_up();
        let garbage = vec![0x42; 8192];
        fs::write(desk.file(), &garbage).expect("written");
        fs::write(beside(&desk.file(), "-wal"), "a log").expect("written");
        let restored = desk.prepare(&backup, 1).expect("prepared").carry_out(now(), "anne").expect("restored");
        let kept = restored.kept.expect("the register is kept");
        assert!(fs::read(&kept).expect("read") == garbage, "as it lay");
        assert!(restored.register.examine().expect("examined").is_whole());
    }

    #[test]
    fn on_a_new_computer_there_is_nothing_to_keep() {
        let (desk, backup) = Desk::backed_up();
        fs::remove_file(desk.file()).expect("removed");
        let restored = desk.prepare(&backup, 1).expect("prepared").carry_out(now(), "anne").expect("restored");
        assert_eq!(restored.kept, None);
        drop(restored.register);
        assert_eq!(desk.names(), ["register.db"]);
        assert_eq!(desk.lines(), 4);
    }

    #[test]
    fn a_backup_from_before_another_key_is_restored_under_the_present_one() {
        let (desk, backup) = Desk::backed_up();
        let act = Act::new(now(), "anne", ActKind::RegisterRekeyed);
        SoleUse::of(&backup, &key(1)).expect("alone").rekey(&key(3), &act).expect("rekeyed");
        assert_eq!(desk.prepare(&backup, 1).expect_err("refused").code(), "backup-wrong-key");
        drop(desk.prepare(&backup, 3).expect("prepared").carry_out(now(), "anne").expect("restored"));
        assert_eq!(desk.lines(), 5, "three acts, the other key, the restoration");
    }

    #[test]
    fn what_is_not_restored_leaves_the_register_as_it_was() {
        let (desk, backup) = Desk::backed_up();
        let whole = fs::read(&backup).expect("read");
        let mut altered = whole.clone();
        // In the middle of a page in the middle of the file.
        let middle = whole.len() / 2 / 4096 * 4096 + 2000;
        altered[middle] ^= 1;
        let newer = desk.folder.path().join("newer.db");
        {
            let other = Register::open(&newer, &key(1)).expect("made");
            other.writer().pragma_update(None, "user_version", 99).expect("set");
        }
        let newer = fs::read(&newer).expect("read");
        fs::remove_file(desk.folder.path().join("newer.db")).expect("removed");
        let before = fs::read(desk.file()).expect("read");
        for (rule, bytes, code) in [
            ("garbage", vec![0x42; 8192], "backup-wrong-key"),
            ("one bit of a page", altered, "backup-damaged"),
            ("truncated", whole.iter().take(8192).copied().collect(), "backup-damaged"),
            ("truncated within a page", whole.iter().take(9000).copied().collect(), "backup-damaged"),
            ("newer than the program", newer, "backup-newer"),
        ] {
            fs::write(&backup, bytes).expect("written");
            assert_eq!(desk.prepare(&backup, 1).expect_err(rule).code(), code, "{rule}");
            assert!(fs::read(desk.file()).expect("read") == before, "{rule}: the register was changed");
            assert_eq!(desk.names(), ["register.db"], "{rule}");
        }
        fs::write(&backup, whole).expect("written");
        let open = Register::open(&desk.file(), &key(1)).expect("opened");
        assert_eq!(desk.prepare(&backup, 1).expect_err("the desk has it open").code(), "register-in-use");
        drop(open);
        assert_eq!(desk.prepare(&desk.folder.path().join("none.db"), 1).expect_err("none").code(), "backup-unreadable");
    }
}
