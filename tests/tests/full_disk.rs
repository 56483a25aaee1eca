//! A disk that takes no more, in the middle of everything: said, nothing lost, nothing left half-made.
//!
//! The limit is the system's on the size of a file: as of a full disk, a write comes back unfinished.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use comptoir_desk::open_register;
use comptoir_tests::beginnings::{Beginnings, RECORDS};
use comptoir_tests::victim::{BATCH, Mode, Place, ROWS, import_from, kept};
use ring::rand::SystemRandom;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs a victim that can write no file beyond so many kilobytes.
fn limited(mode: Mode, folder: &Path, kilobytes: u64) -> Output {
    // The signal that would end the program is ignored, as it is where a disk is full.
    let script = format!("ulimit -f {}; trap '' XFSZ; exec \"$0\" \"$@\"", kilobytes * 2);
    let victim = env!("CARGO_BIN_EXE_comptoir-victim");
    Command::new("sh").args(["-c", &script, victim, mode.name()]).arg(folder).output().expect("run")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost() {
    let beginnings = Beginnings::made().expect("made");
    for mode in Mode::ALL {
        let folder = beginnings.copied_for(mode, 2).expect("copied");
        let place = Place::at(folder.path());
        let (backup, register) =
            (fs::metadata(&place.backup).expect("read").len(), fs::metadata(&place.register).expect("read").len());
        // Room for the log and its index, not for a copy; the insertions find room for some.
        let limit = match mode {
            Mode::Insert | Mode::Batch | Mode::Import | Mode::Purge => register / 1024 + 600,
            Mode::Backup | Mode::Rekey | Mode::Migration => register / 1024 / 2,
            Mode::Restore => backup / 1024 / 2,
        };
        let before = names(folder.path());
        let output = limited(mode, folder.path(), limit);
        let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let rule = format!("{} under {limit} kB: {failed}", mode.name());
        assert_eq!(output.status.code(), Some(1), "{rule}");
        assert!(failed.contains("disk is full"), "{rule}");
        let committed = said.lines().filter_map(|line| line.strip_prefix("committed ")?.parse::<u64>().ok()).max();
        let committed = committed.unwrap_or(0);
        assert_eq!(
            committed > 0,
            matches!(mode, Mode::Insert | Mode::Batch | Mode::Import | Mode::Purge),
            "{rule}: {committed}"
        );
        let left: Vec<String> = names(folder.path())
            .into_iter()
            .filter(|name| {
                let its_own = ["sauvegardes", "patients.csv", "rejects.csv"].contains(&name.as_str());
                !before.contains(name) && !its_own && !name.ends_with("-wal") && !name.ends_with("-shm")
            })
            .collect();
        assert!(left.is_empty(), "{rule}: {left:?}");
        let left: Vec<String> =
            names(&place.backups).into_iter().filter(|name| name != "comptoir-backup.lock").collect();
        assert!(left.is_empty(), "{rule}: {left:?}");

        let register = open_register(&place.register, &place.keychain, &SystemRandom::new())
            .unwrap_or_else(|error| panic!("{rule}: {error}"));
        assert!(register.examine().expect("examined").is_whole(), "{rule}");
        let expected = match mode {
            Mode::Insert => 2 * RECORDS + committed,
            Mode::Batch => 2 * RECORDS + committed * BATCH,
            Mode::Migration => RECORDS,
            // One is inserted before the backup, or the purge, and stays.
            Mode::Backup | Mode::Purge => 2 * RECORDS + 1,
            Mode::Restore | Mode::Rekey => 2 * RECORDS,
            Mode::Import => 2 * RECORDS + kept(committed),
        };
        assert_eq!(register.contents().expect("read").records, expected, "{rule}");
        if mode == Mode::Import {
            // There is room again: it goes on where it was.
            import_from(&place, &mut |_| ()).unwrap_or_else(|error| panic!("{rule}: {error}"));
            assert_eq!(register.contents().expect("read").records, 2 * RECORDS + kept(ROWS), "{rule}");
        }
    }
}
