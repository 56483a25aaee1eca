//! Every way a register's disk can fail it, and what is said and kept: a table of cases.

use crate::copy::beside;
use crate::{Act, ActKind, Keep, ReadError, Register, RegisterKey, WriteError, demo};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: usize = 4096;

fn key() -> RegisterKey {
    RegisterKey::from_bytes(&[7; 32]).expect("a key")
}

fn filled(folder: &Path) -> PathBuf {
    let file = folder.join("register.db");
    let register = Register::open(&file, &key()).expect("made");
    demo::fill(&register, "2026-03-04", Timestamp::UNIX_EPOCH).expect("filled");
    file
}

fn act() -> Act<'static> {
    Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::SearchMade)
}

#[test]
fn one_altered_bit_of_any_page_is_found_and_never_copied() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = filled(folder.path());
    let whole = fs::read(&file).expect("read");
    for page in 0..whole.len() / PAGE {
        let mut altered = whole.clone();
        altered[page * PAGE + 2000] ^= 1;
        fs::write(&file, &altered).expect("written");
        match Register::open(&file, &key()) {
            // The first page tells whether the key is right: a damaged one cannot be told from another key.
            Err(error) if page == 0 => assert_eq!(error.code(), "register-wrong-key"),
            Err(error) => assert_eq!(error.code(), "register-damaged", "page {page}"),
            Ok(register) => {
                let soundness = register.examine().expect("examined");
                assert_eq!((soundness.altered_pages, soundness.is_whole()), (1, false), "page {page}");
                let backups = folder.path().join("sauvegardes");
                let error = register.backup(&backups, Timestamp::UNIX_EPOCH, Keep::default()).expect_err("refused");
                assert!(["backup-not-whole", "register-damaged"].contains(&error.code()), "page {page}: {error}");
                assert_eq!(crate::backups(&backups), [], "page {page}");
            }
        }
        assert!(fs::read(&file).expect("read") == altered, "page {page}: the file was changed");
    }
}

#[test]
fn a_damaged_table_and_a_damaged_index_are_named_and_the_rest_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = filled(folder.path());
    let root = |name: &str| -> usize {
        let register = Register::open(&file, &key()).expect("opened");
        let page = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        let page: i64 = register.writer().query_row(page, [name], |row| row.get(0)).expect("read");
        usize::try_from(page).expect("a page")
    };
    for (rule, damaged, records_read, names_read, journal_read) in [
        ("the table of records", root("patients"), false, true, true),
        ("an index of names", root("patients_by_name"), true, false, true),
        ("the table of the journal", root("journal"), true, true, false),
    ] {
        let whole = fs::read(&file).expect("read");
        let mut altered = whole.clone();
        altered[(damaged - 1) * PAGE + 100] ^= 1;
        fs::write(&file, &altered).expect("written");
        let register = Register::open(&file, &key()).expect("opened");
        for (rows, read) in [
            ("SELECT count(birth_name) FROM patients NOT INDEXED", records_read),
            ("SELECT count(*) FROM patients INDEXED BY patients_by_name WHERE name_key > 'A'", names_read),
        ] {
            let answer =
                register.read(|connection| connection.query_row(rows, [], |_| Ok(())).map_err(ReadError::from));
            match answer {
                Ok(()) => assert!(read, "{rule}: {rows}"),
                Err(error) => assert_eq!((read, error.code()), (false, "register-damaged"), "{rule}: {rows}"),
            }
        }
        let soundness = register.examine().expect("examined");
        assert_eq!((soundness.is_whole(), soundness.journal.is_some()), (false, journal_read), "{rule}");
        if !journal_read {
            assert!(
                matches!(register.journal(&act()), Err(WriteError::Damaged)),
                "{rule}: nothing is written after it"
            );
        }
        drop(register);
        fs::write(&file, whole).expect("written");
    }
}

#[test]
fn a_full_disk_keeps_what_was_written_and_takes_more_when_there_is_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = filled(folder.path());
    let register = Register::open(&file, &key()).expect("opened");
    let before = register.contents().expect("read");
    let limit = |pages: i64| {
        let set = format!("PRAGMA max_page_count = {pages}");
        register.writer().query_row(&set, [], |row| row.get::<_, i64>(0)).expect("set")
    };
    let pages = limit(1);
    let mut written = 0;
    let error = loop {
        match register.journal(&act()) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((error.code(), error.reference()), ("register-read-only", "REG-21"));
    let after = register.contents().expect("read");
    assert_eq!((after.records, after.head.sequence), (before.records, before.head.sequence + written));
    assert!(register.examine().expect("examined").is_whole());
    limit(pages + 100);
    register.journal(&act()).expect("written again");
}

#[test]
fn a_log_cut_or_garbled_loses_the_end_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = filled(folder.path());
    let register = Register::open(&file, &key()).expect("opened");
    let settled = register.contents().expect("read").head.sequence;
    for _ in 0..20 {
        register.journal(&act()).expect("written");
    }
    // As a power cut leaves it: the log beside the file, with nobody to end it.
    let (main, log) = (fs::read(&file).expect("read"), fs::read(beside(&file, "-wal")).expect("read"));
    assert!(log.len() > 20 * PAGE, "the acts are in the log");
    drop(register);
    let cut = |length: usize| log.iter().take(length).copied().collect::<Vec<u8>>();
    let garbled = |at: usize| log.iter().enumerate().map(|(i, byte)| if i == at { byte ^ 1 } else { *byte }).collect();
    let cases: Vec<(String, Vec<u8>)> = [0, 1, 31, 32, 40, PAGE, log.len() / 2, log.len() - PAGE, log.len() - 1]
        .into_iter()
        .map(|length| (format!("cut at {length}"), cut(length)))
        .chain([0, 9, 16, 33, 60, log.len() / 2, log.len() - 1].map(|at| (format!("garbled at {at}"), garbled(at))))
        .chain([("whole".to_owned(), log.clone()), ("of another register".to_owned(), vec![0x42; log.len()])])
        .collect();
    for (rule, bytes) in cases {
        let place = tempfile::tempdir().expect("a folder");
        let file = place.path().join("register.db");
        fs::write(&file, &main).expect("written");
        fs::write(beside(&file, "-wal"), bytes).expect("written");
        let register = Register::open(&file, &key()).unwrap_or_else(|error| panic!("{rule}: {error}"));
        assert!(register.examine().expect("examined").is_whole(), "{rule}");
        let lines = register.contents().expect("read").head.sequence;
        assert!((settled..=settled + 20).contains(&lines), "{rule}: {lines} lines");
        assert_eq!(lines == settled + 20, rule == "whole", "{rule}: {lines} lines");
        register.journal(&act()).expect("the desk goes on");
    }
}

#[test]
fn a_clock_that_goes_back_is_noted_and_the_chain_holds() {
    let register = Register::in_memory().expect("a register");
    let noon: Timestamp = "2026-03-04T12:00:00Z".parse().expect("a time");
    let lines = [
        ("noon", noon, false),
        ("a fraction later", noon + SignedDuration::from_millis(1), false),
        ("the same moment", noon + SignedDuration::from_millis(1), false),
        ("an hour back", noon - SignedDuration::from_hours(1), true),
        ("onwards from there", noon - SignedDuration::from_mins(59), false),
        ("years back", Timestamp::UNIX_EPOCH, true),
        ("right again", noon + SignedDuration::from_hours(2), false),
    ];
    for (_, at, _) in lines {
        register.journal(&Act::new(at, "anne", ActKind::SearchMade)).expect("written");
    }
    assert!(register.verify_journal().expect("read").is_whole());
    for (sequence, (rule, at, noted)) in (1_i64..).zip(lines) {
        let (written, payload): (String, String) = register
            .writer()
            .query_row("SELECT at, payload FROM journal WHERE sequence = ?1", [sequence], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .expect("read");
        assert_eq!(written, at.to_string(), "{rule}: lines keep the order they were written in");
        assert_eq!(payload.contains("clock-went-back"), noted, "{rule}: {payload}");
    }
}
