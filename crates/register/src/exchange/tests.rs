//! Files in, patients in the register, files out: by the public interface.

use super::reading::Delimiter;
use super::*;
use crate::{Act, ActKind, DistinctionReason, NewPatient, Patient, Register, RegisterKey, Search};
use comptoir_identity::{
    Attributes, BirthDate, BirthName, Environment, GivenName, GivenNames, Ins, InsOid, InsRecord, Matricule, PlaceCode,
    Sex, Standing, Stated, Traits, UsageName,
};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

mod export;
mod reading;

const TITLES: &str = "IPP;NOM DE NAISSANCE;PRENOM;NOM UTILISE;SEXE;DATE DE NAISSANCE;LIEU DE NAISSANCE;VILLE\r\n";

struct Desk {
    folder: tempfile::TempDir,
    register: Register,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = RegisterKey::from_bytes(&[7; 32]).expect("a key");
        let register = Register::open(&folder.path().join("register.db"), &key).expect("made");
        Self { folder, register }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source(&self, bytes: impl AsRef<[u8]>) -> Result<Source, SourceError> {
        std::fs::write(self.path("in.csv"), bytes).expect("written");
        Source::open(&self.path("in.csv"))
    }

    /// Imports to the end, rejects beside.
    fn import(&self, bytes: impl AsRef<[u8]>) -> (ImportReport, Vec<RowReport>) {
        std::fs::remove_file(self.path("rejects.csv")).ok();
        let source = self.source(bytes).expect("a source");
        let mapping = Mapping::proposed(source.headers()).expect("titles");
        let mut rows = Vec::new();
        let report = self
            .register
            .import(&source, &mapping, &self.options(), &act(), &mut |event| {
                keep(&event, &mut rows);
                ControlFlow::Continue(())
            })
            .expect("imported");
        (report, rows)
    }

    fn options(&self) -> ImportOptions {
        ImportOptions {
            rejects: self.path("rejects.csv"),
            environment: Environment::Production,
            today: BirthDate::parse_iso("2026-01-15").expect("a date"),
            batch: ImportOptions::BATCH,
        }
    }

    fn rejects(&self) -> String {
        std::fs::read_to_string(self.path("rejects.csv")).expect("read")
    }

    fn patient(&self, record: &str) -> Patient {
        let id = self.register.find_record(record).expect("read").expect("there");
        self.register.patient(id).expect("read").expect("there")
    }

    fn count(&self, sql: &str) -> i64 {
        self.register.writer().query_row(sql, [], |row| row.get(0)).expect("read")
    }
}

fn keep(event: &ImportEvent<'_>, rows: &mut Vec<RowReport>) {
    match event {
        ImportEvent::Row(report) => rows.push((*report).clone()),
        ImportEvent::Resumed(_) | ImportEvent::Batch(_) => {}
    }
}

fn act() -> Act<'static> {
    Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::PatientsImported)
}

fn counts(read: u64, inserted: u64, unchanged: u64, updated: u64, rejected: u64, noted: u64) -> Counts {
    Counts { read, inserted, unchanged, updated, rejected, noted }
}

#[test]
fn a_row_rejected_is_corrected_in_its_file_and_imported() {
    let desk = Desk::new();
    let rows = "1;MARTIN;ANNE;;F;31/02/1980;75107;=LYON\r\n2;DURAND;PAUL;;M;02/01/1980;75107;LYON\r\n\
        3;M4RTIN;ZOÉ;;F;;75107;\"a;b\"\r\n";
    let (report, said) = desk.import(format!("{TITLES}{rows}"));
    assert_eq!(report.counts, counts(3, 1, 0, 0, 2, 0));
    assert_eq!(report.rejects, Some(desk.path("rejects.csv")));
    let reasons: Vec<_> = said.iter().map(|row| row.reasons.as_slice()).collect();
    assert_eq!(
        reasons,
        [[Reason::BirthDateImpossible].as_slice(), &[Reason::BirthDateMissing, Reason::BirthNameUnreadable]]
    );
    let rejects = desk.rejects();
    assert!(rejects.starts_with("\u{feff}ligne;motif;IPP;NOM DE NAISSANCE;"), "{rejects}");
    assert!(rejects.contains("75107;'=LYON\r\n"), "no spreadsheet runs it: {rejects}");
    let corrected = rejects.replace("31/02/1980", "28/02/1980");
    let (report, _) = desk.import(&corrected);
    assert_eq!(report.counts, counts(2, 1, 0, 0, 1, 0));
    let again = desk.rejects();
    assert!(again.starts_with("\u{feff}ligne;motif;IPP;"), "our columns do not add up: {again}");
    let corrected = again.replace("M4RTIN", "MARTIN").replace(";F;;", ";F;03/01/1980;");
    let (report, _) = desk.import(&corrected);
    assert_eq!((report.counts, report.rejects), (counts(1, 1, 0, 0, 0, 0), None));
    assert!(!desk.path("rejects.csv").exists(), "no empty file is left behind");
    assert_eq!(desk.register.count().expect("read"), 3);
    assert_eq!(desk.count("SELECT count(*) FROM complementary_traits WHERE value IN ('=LYON', 'LYON', 'a;b')"), 3);
    assert!(desk.register.verify_journal().expect("read").is_whole());
}

#[test]
fn the_same_file_again_changes_nothing_and_a_newer_one_only_what_is_free() {
    let desk = Desk::new();
    let first = format!(
        "{TITLES}1;MARTIN;ANNE;;F;02/01/1980;75107;LYON\n2;BÉART;ZOÉ;;F;03/01/1980;75107;\n3;BLANC;LUC;;M;04/01/1980;;\n"
    );
    desk.import(&first);
    let (report, _) = desk.import(&first);
    assert_eq!(report.counts, counts(3, 0, 3, 0, 0, 1), "the place is still missing");
    let newer = format!(
        "{TITLES}1;Martin;ANNE;DURAND;F;02/01/1980;75107;PARIS\n2;BEART;ZOE;;;03/01/1980;;\n3;BLANC;LUC;;M;04/01/1980;75107;\n\
        4;ROUX;EVE;;F;05/01/1980;75107;\n4;ROUX;EVA;;F;05/01/1980;75107;\n"
    );
    let (report, said) = desk.import(&newer);
    assert_eq!(
        report.counts,
        counts(5, 1, 1, 1, 2, 1),
        "a row that is in the register already has no sex and no place"
    );
    let rejected: Vec<_> =
        said.iter().filter(|row| !row.reasons.is_empty()).map(|row| (row.line, row.reasons.as_slice())).collect();
    assert_eq!(rejected, [(4, [Reason::StrictTraitDiffers].as_slice()), (6, &[Reason::IdentifierTwice])]);
    let anne = desk.patient("1");
    assert_eq!(anne.traits.usage_name.known().map(UsageName::raw), Some("DURAND"));
    assert_eq!(anne.traits.birth_name.known().map(BirthName::raw), Some("MARTIN"), "as it was first written");
    assert_eq!(desk.count("SELECT count(*) FROM complementary_traits WHERE patient = 1 AND value = 'PARIS'"), 1);
    assert_eq!(desk.patient("3").traits.birth_place, None, "a strict trait is not filled in either");
    assert_eq!(desk.patient("2").traits.sex, Some(Sex::Female), "what a file does not say is kept");
    assert_eq!(desk.count("SELECT count(*) FROM journal WHERE kind = 'record-changed'"), 1);
    assert_eq!(desk.count("SELECT count(*) FROM journal WHERE kind = 'patients-imported'"), 3);
    assert_eq!(desk.count("SELECT count(*) FROM journal WHERE payload LIKE '%DURAND%' OR payload LIKE '%PARIS%'"), 0);
}

#[test]
fn rows_without_identifier_are_not_imported_twice() {
    let desk = Desk::new();
    let file = "NOM;PRENOM;DDN;SEXE;CP\nMARTIN;ANNE;02/01/1980;F;69001\nMARTIN;ANNE;02/01/1980;F;69001\nROUX;EVE;03/01/1980;F;\n";
    let (report, said) = desk.import(file);
    assert_eq!(report.counts, counts(3, 3, 0, 0, 0, 1), "two people may be alike: a person decides");
    assert_eq!(
        said.first().map(|row| (row.notes.as_slice(), row.others.as_slice())),
        Some(([Note::Duplicate].as_slice(), ["local:1".to_owned()].as_slice()))
    );
    let (report, _) = desk.import(file);
    assert_eq!(report.counts, counts(3, 0, 3, 0, 0, 0));
    let (report, _) = desk.import(file.replace("69001", "69002").replace("03/01", "04/01"));
    assert_eq!(report.counts, counts(3, 1, 1, 1, 0, 0));
}

#[test]
fn duplicates_and_shared_numbers_are_noted_and_never_merged() {
    let desk = Desk::new();
    let existing = person("X1", "Martin", "Anne", "1980-01-02", InsRecord::EMPTY, Standing::PROVISIONAL);
    desk.register.insert(&existing, &act()).expect("inserted");
    let file = "IPP;NOM;PRENOM;SEXE;DDN;INS\n\
        1;MARTIN;ANNE;F;02/01/1980;275126322074974\n\
        2;MARTIN;ANNE;M;02/01/1980;\n\
        3;MARTIN;ANNA;F;02/01/1980;275126322074974\n\
        4;ROUX;EVE;F;31/12/1992;\n\
        5;ROUX;ÈVE;F;1992;\n";
    let (report, said) = desk.import(file);
    assert_eq!(report.counts, counts(5, 5, 0, 0, 0, 3));
    let said: Vec<_> = said.iter().map(|row| (row.line, row.notes.as_slice(), row.others.join(" "))).collect();
    assert_eq!(
        said,
        [
            (2, [Note::Duplicate].as_slice(), "X1".to_owned()),
            (4, &[Note::SharedIns], "1".to_owned()),
            (6, &[Note::DatePartial, Note::Duplicate], "4".to_owned()),
        ]
    );
    assert_eq!(desk.count("SELECT count(*) FROM suspicions WHERE kind = 'duplicate'"), 2);
    assert_eq!(desk.count("SELECT count(*) FROM suspicions WHERE kind = 'shared-ins'"), 1);
    assert_eq!(desk.count("SELECT count(*) FROM ins WHERE state = 'hidden'"), 2, "DMN INS 35");
}

#[test]
fn what_a_person_decided_survives_another_import() {
    let desk = Desk::new();
    let file = format!(
        "{TITLES}1;MARTIN;ANNE;;F;02/01/1980;75107;\n2;MARTIN;ANNE;;F;02/01/1980;75107;\n3;ROUX;EVE;;F;03/01/1980;75107;\n\
        4;ROUX;EVE;;F;03/01/1980;75107;\n"
    );
    desk.import(&file);
    let record = |name: &str| desk.register.find_record(name).expect("read").expect("there");
    desk.register.distinguish(record("1"), record("2"), DistinctionReason::Homonyms, &act()).expect("two people");
    desk.register.merge(record("3"), record("4"), &act()).expect("one person");
    desk.register.writer().execute("DELETE FROM suspicions", []).expect("looked at");
    let (report, _) = desk.import(&file);
    assert_eq!(report.counts, counts(4, 0, 4, 0, 0, 0));
    for (rule, sql, expected) in [
        ("two people", "SELECT count(*) FROM distinct_people WHERE one = 1 AND other = 2", 1),
        ("not suspected again", "SELECT count(*) FROM suspicions", 0),
        ("still merged", "SELECT count(*) FROM patients WHERE merged_into = 3", 1),
        ("nobody new", "SELECT count(*) FROM patients", 4),
    ] {
        assert_eq!(desk.count(sql), expected, "{rule}");
    }
}

/// Rows of which every seventh is rejected and every fifth noted.
fn many(rows: u32) -> String {
    let mut file = TITLES.to_owned();
    for row in 0..rows {
        let day = if row % 7 == 3 { 32 } else { row % 28 + 1 };
        let place = if row % 5 == 0 { "" } else { "75107" };
        let letters: String = row.to_string().bytes().map(|digit| char::from(digit - b'0' + b'A')).collect();
        writeln!(file, "{row};NOM{letters};ANNE;;F;{day:02}/01/1980;{place};VILLE {row}\r").expect("written");
    }
    file
}

#[test]
fn a_cancelled_import_goes_on_where_it_was() {
    let (whole, cut) = (Desk::new(), Desk::new());
    let file = many(50_000);
    let (expected, rows) = whole.import(&file);
    let source = cut.source(&file).expect("a source");
    let mapping = Mapping::proposed(source.headers()).expect("titles");
    let (mut said, mut resumed, mut runs) = (Vec::new(), 0, 0);
    let report = loop {
        runs += 1;
        let report = cut
            .register
            .import(&source, &mapping, &cut.options(), &act(), &mut |event| {
                keep(&event, &mut said);
                match event {
                    ImportEvent::Batch(_) => return ControlFlow::Break(()),
                    ImportEvent::Resumed(_) => resumed += 1,
                    ImportEvent::Row(_) => {}
                }
                ControlFlow::Continue(())
            })
            .expect("imported");
        if report.finished {
            break report;
        }
        // What a program that was killed had written after the last transaction.
        let mut rejects = std::fs::OpenOptions::new().append(true).open(cut.path("rejects.csv")).expect("there");
        std::io::Write::write_all(&mut rejects, b"half a row").expect("written");
    };
    assert_eq!((runs, resumed), (3, 2));
    assert_eq!(report.counts, expected.counts);
    assert_eq!((said, cut.rejects()), (rows, whole.rejects()), "no row twice, none lost");
    assert_eq!(cut.count("SELECT count(*) FROM progress"), 0);
    assert_eq!(cut.count("SELECT count(*) FROM patients"), whole.count("SELECT count(*) FROM patients"));
    assert!(cut.register.verify_journal().expect("read").is_whole());
}

#[test]
fn rejects_take_the_place_of_no_file() {
    let desk = Desk::new();
    let source = desk.source(many(30_000)).expect("a source");
    let mapping = Mapping::proposed(source.headers()).expect("titles");
    let import =
        |flow: ControlFlow<()>| desk.register.import(&source, &mapping, &desk.options(), &act(), &mut |_| flow);
    std::fs::write(desk.path("rejects.csv"), "mine").expect("written");
    assert!(matches!(import(ControlFlow::Continue(())), Err(ImportError::RejectsExist)));
    assert_eq!((desk.rejects().as_str(), desk.count("SELECT count(*) FROM progress")), ("mine", 0));
    std::fs::remove_file(desk.path("rejects.csv")).expect("removed");
    assert!(import(ControlFlow::Break(())).is_ok_and(|report| !report.finished));
    let kept = desk.rejects();
    std::fs::write(desk.path("rejects.csv"), "shorter").expect("written");
    assert!(matches!(import(ControlFlow::Continue(())), Err(ImportError::RejectsGone)));
    std::fs::remove_file(desk.path("rejects.csv")).expect("removed");
    assert!(matches!(import(ControlFlow::Continue(())), Err(ImportError::RejectsGone)), "its rows are nowhere else");
    std::fs::write(desk.path("rejects.csv"), kept).expect("written");
    assert!(import(ControlFlow::Continue(())).is_ok_and(|report| report.finished));
}

#[test]
fn a_rehearsal_says_what_an_import_does_and_changes_nothing() {
    let desk = Desk::new();
    desk.import(format!("{TITLES}1;MARTIN;ANNE;;F;02/01/1980;75107;LYON\n2;ROUX;EVE;;F;03/01/1980;75107;\n"));
    let lines = desk.count("SELECT count(*) FROM journal");
    let source = desk
        .source(format!(
            "{TITLES}1;MARTIN;ANNE;;F;02/01/1980;75107;PARIS\n2;ROUX;EVA;;F;03/01/1980;75107;\n3;ROUX;EVE;;F;03/01/1980;75107;\n\
            4;BLANC;LUC;;M;04/01/1980;;\n4;BLANC;LUCE;;F;04/01/1980;75107;\n5;BLANC;LUC;;M;04/01/1980;75107;\n"
        ))
        .expect("a source");
    let mapping = Mapping::proposed(source.headers()).expect("titles");
    let mut rehearsed = Vec::new();
    let report = desk
        .register
        .rehearse_import(&source, &mapping, &desk.options(), &act(), &mut |event| {
            keep(&event, &mut rehearsed);
            ControlFlow::Continue(())
        })
        .expect("rehearsed");
    assert_eq!(report.counts, counts(6, 3, 0, 1, 2, 3));
    assert_eq!(desk.count("SELECT count(*) FROM patients"), 2);
    assert_eq!(desk.count("SELECT count(*) FROM journal"), lines);
    let names: Vec<_> =
        std::fs::read_dir(desk.folder.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("rehearsal")), "{names:?}");
    assert!(!desk.path("rejects.csv").exists());
    let mut done = Vec::new();
    let real = desk.register.import(&source, &mapping, &desk.options(), &act(), &mut |event| {
        keep(&event, &mut done);
        ControlFlow::Continue(())
    });
    assert_eq!(real.expect("imported").counts, report.counts);
    assert_eq!(done, rehearsed);
}

fn person(record: &str, name: &str, given: &str, date: &str, ins: InsRecord, standing: Standing) -> NewPatient {
    NewPatient {
        external_id: Some(record.to_owned()).filter(|record| record != "local"),
        traits: Traits {
            birth_name: Stated::parse(Some(name), BirthName::parse),
            first_given_name: Stated::parse(Some(given), GivenName::parse),
            given_names: Stated::parse(Some("Anne Lise"), GivenNames::parse),
            birth_date: BirthDate::parse_iso(date).ok(),
            sex: Some(Sex::Female),
            birth_place: PlaceCode::parse("99352").ok(),
            usage_name: Stated::parse(Some("D'Œuvre--Béart"), UsageName::parse),
            usage_given_name: Stated::parse(Some("Zoé"), GivenName::parse),
            ins,
        },
        standing,
    }
}
