//! A program killed at any moment loses nothing that it had committed: the register opens, whole, with all of it.
//!
//! Some kills of each kind in every run; `COMPTOIR_KILLS=N` for N of each.
#![expect(clippy::expect_used, clippy::panic, reason = "a test may stop at what should not be")]

use comptoir_desk::open_register;
use comptoir_register::{Keep, Register, Restoration, backups};
use comptoir_tests::beginnings::{Beginnings, RECORDS, key, version_of};
use comptoir_tests::victim::{A_YEAR_LATER, BATCH, Mode, OLD_ARRIVALS, Place, ROWS, ROWS_AT_ONCE, import_from, kept};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Kills of each kind, where nothing else is said.
const KILLS: u64 = 12;

/// What a victim had said when it died.
struct Death {
    committed: u64,
    lived: Duration,
}

/// Starts a victim, kills it `after` it began to work, and reads all that it said.
fn killed(mode: Mode, folder: &Path, after: Option<Duration>) -> Death {
    let mut victim = Command::new(env!("CARGO_BIN_EXE_comptoir-victim"))
        .arg(mode.name())
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut said = BufReader::new(victim.stdout.take().expect("a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("read");
    assert_eq!(line.trim(), "ready", "{}", mode.name());
    let began = Instant::now();
    match after {
        Some(after) => thread::sleep(after),
        // Until the first thing is done.
        None => drop(said.read_line(&mut line).expect("read")),
    }
    let lived = began.elapsed();
    victim.kill().expect("killed");
    let output = victim.wait_with_output().expect("ended");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{} failed before it was killed", mode.name());
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("read");
    line.push_str(&rest);
    let numbers = line.lines().filter_map(|line| line.strip_prefix("committed ")?.parse().ok());
    Death { committed: numbers.max().unwrap_or(0), lived }
}

/// Opens the register as the next start of the desk does, and looks at all of it: records, lines of the journal.
fn reopened(place: &Place, rule: &str) -> (u64, u64) {
    assert!(place.register.exists(), "{rule}: there is no register any more");
    let register = open_register(&place.register, &place.keychain, &SystemRandom::new())
        .unwrap_or_else(|error| panic!("{rule}: {error}"));
    let soundness = register.examine().expect("examined");
    assert!(soundness.is_whole(), "{rule}: {soundness:?}");
    let contents = register.contents().expect("read");
    (contents.records, u64::try_from(contents.head.sequence).expect("a number"))
}

fn either(rule: &str, what: &str, found: u64, committed: u64) {
    assert!((committed..=committed + 1).contains(&found), "{rule}: {found} {what}, {committed} said to be committed");
}

/// What must hold after the death, for each mode.
fn examine(mode: Mode, place: &Place, kill: u64, death: &Death) {
    let rule = format!("{} killed after {:?}", mode.name(), death.lived);
    let (records, lines) = reopened(place, &rule);
    let (before, lines_before) = (2 * RECORDS, 2);
    match mode {
        Mode::Insert => {
            either(&rule, "records", records - before, death.committed);
            assert_eq!(records - before, lines - lines_before, "{rule}: a journal line each");
        }
        Mode::Batch => {
            assert_eq!((records - before) % BATCH, 0, "{rule}: a batch is whole or not there");
            either(&rule, "batches", (records - before) / BATCH, death.committed);
            assert_eq!((records - before) / BATCH, lines - lines_before, "{rule}: a journal line each");
        }
        Mode::Migration => {
            assert_eq!(records, RECORDS, "{rule}");
            let copy = place.register.with_file_name(format!("register.before-{}.db", version_of(kill)));
            assert!(copy.exists(), "{rule}: no migration without a copy");
            whole(&copy, place, &rule);
        }
        Mode::Backup => {
            let found = backups(&place.backups);
            let days = found.iter().map(|backup| u64::try_from(backup.at.as_second() / 86_400).expect("a day"));
            either(&rule, "backups", days.max().unwrap_or(0), death.committed);
            for backup in &found {
                whole(&backup.file, place, &rule);
            }
            either(&rule, "records", records - before, death.committed);
            // The next one finds nothing in its way, and leaves nothing behind.
            let register = Register::open(&place.register, &key().expect("a key")).expect("opened");
            let now = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 10_000);
            register.backup(&place.backups, now, Keep::default()).unwrap_or_else(|error| panic!("{rule}: {error}"));
            let left: Vec<_> = fs::read_dir(&place.backups)
                .expect("read")
                .map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned())
                .filter(|name| name.contains(".part"))
                .collect();
            assert!(left.iter().all(|name| name.ends_with(".json.part")), "{rule}: {left:?}");
        }
        Mode::Restore => {
            let restored = (RECORDS, 2);
            let rest = if death.committed == 0 { vec![restored, (before, lines_before)] } else { vec![restored] };
            assert!(rest.contains(&(records, lines)), "{rule}: {records} records, {lines} lines");
            for kept in files_of(place, "register.replaced-") {
                whole(&kept, place, &rule);
            }
            let kept = files_of(place, "register.replaced-").len();
            assert!(kept >= usize::try_from(death.committed).expect("a number"), "{rule}: {kept} kept");
            let again = Restoration::prepare(
                &place.register,
                &key().expect("a key"),
                &place.backup,
                &key().expect("a key"),
                &|_| true,
            );
            again.and_then(|again| again.carry_out(Timestamp::UNIX_EPOCH, "test")).expect("restored again");
            assert_eq!(reopened(place, &rule), restored, "{rule}");
        }
        Mode::Rekey => {
            assert_eq!(records, before, "{rule}");
            either(&rule, "keys", lines - lines_before, death.committed);
        }
        Mode::Import => {
            let in_batches = (0..=ROWS / ROWS_AT_ONCE).map(|batch| kept(batch * ROWS_AT_ONCE));
            assert!(in_batches.clone().any(|rows| rows == records - before), "{rule}: a batch is whole or not there");
            assert!(records - before >= kept(death.committed), "{rule}: what was said is in");
            // The same command again: every row once, in the register or among the rejects. One that was done does not
            // begin anew over its rejects.
            let again = import_from(place, &mut |_| ());
            assert!(again.is_ok() || records - before == kept(ROWS), "{rule}: {:?}", again.err());
            assert_eq!(reopened(place, &rule).0 - before, kept(ROWS), "{rule}");
            let rejects = fs::read_to_string(&place.rejects).expect("read");
            assert_eq!(rejects.lines().count() as u64 - 1, ROWS - kept(ROWS), "{rule}: rejects");
        }
        Mode::Purge => {
            let register = Register::open(&place.register, &key().expect("a key")).expect("opened");
            let due = register.purgeable(A_YEAR_LATER).expect("read");
            assert!(due.arrivals.count <= OLD_ARRIVALS, "{rule}: what was purged has not come back");
            register.purge(A_YEAR_LATER, "test").expect("purged");
            let due = register.purgeable(A_YEAR_LATER).expect("read");
            assert_eq!((due.arrivals.count, due.journal_traits.count), (0, 0), "{rule}");
            drop(register);
            reopened(place, &rule);
        }
    }
}

/// A copy that is whole can be restored anywhere.
fn whole(copy: &Path, place: &Place, rule: &str) {
    let elsewhere = place.register.with_file_name("elsewhere.db");
    let prepared = Restoration::prepare(&elsewhere, &key().expect("a key"), copy, &key().expect("a key"), &|_| true);
    prepared.unwrap_or_else(|error| panic!("{rule}: {}: {error}", copy.display()));
}

fn files_of(place: &Place, beginning: &str) -> Vec<std::path::PathBuf> {
    let folder = place.register.parent().expect("a folder");
    let entries = fs::read_dir(folder).expect("read").map(|entry| entry.expect("one").path());
    let named =
        |path: &std::path::PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning));
    entries.filter(named).collect()
}

#[test]
fn whoever_is_killed_at_any_moment_loses_nothing_committed() {
    let kills = std::env::var("COMPTOIR_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let beginnings = Beginnings::made().expect("made");
    thread::scope(|scope| {
        let beginnings = &beginnings;
        let dying: Vec<_> =
            Mode::ALL.into_iter().map(|mode| scope.spawn(move || die(mode, beginnings, kills))).collect();
        let failed = dying.into_iter().filter_map(|one| one.join().err()).count();
        assert_eq!(failed, 0, "kinds of death that lose something, above");
    });
}

/// Kills as many victims of one kind, each at another moment of its work.
fn die(mode: Mode, beginnings: &Beginnings, kills: u64) {
    // How long one of these takes, to die at any moment of it.
    let folder = beginnings.copied_for(mode, 0).expect("copied");
    let death = killed(mode, folder.path(), None);
    assert!(death.committed > 0, "{} did its work", mode.name());
    examine(mode, &Place::at(folder.path()), 0, &death);
    // Some of them where many follow each other, and a little more than the one where there is one.
    let span = if mode == Mode::Migration { death.lived * 11 / 10 } else { death.lived * 3 };
    let mut unfinished = 0;
    for kill in 0..kills {
        let folder = beginnings.copied_for(mode, kill).expect("copied");
        let at = span * u32::try_from(scattered(kill)).expect("a part") / 1024;
        let death = killed(mode, folder.path(), Some(at));
        unfinished += u64::from(death.committed == 0);
        examine(mode, &Place::at(folder.path()), kill, &death);
    }
    assert!(unfinished > 0 || mode == Mode::Insert || kills == 0, "{}: none died before it was done", mode.name());
}

/// Parts of 1024, scattered evenly and never in step with what the victim does; the first at once.
fn scattered(kill: u64) -> u64 {
    kill * 633 % 1024
}
