//! Files in, patients in the register, files out: by the public interface.

use super::reading::Delimiter;
use super::*;
use crate::{Act, ActKind, NewPatient, Patient, Register, RegisterKey, Search};
use comptoir_identity::{
    Attributes, BirthDate, BirthName, Environment, GivenName, GivenNames, Ins, InsOid, InsRecord, Matricule, PlaceCode,
    Sex, Standing, Stated, Traits, UsageName,
};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

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

/// The name of a row whose file is written so.
fn name_read(desk: &Desk, bytes: impl AsRef<[u8]>) -> Option<String> {
    desk.import(bytes);
    let found = desk.register.search(
        &Search {
            birth_date: BirthDate::parse_iso("1980-01-02").expect("a date"),
            name_stem: None,
            given_name_stem: None,
        },
        10,
    );
    let patients = found.expect("read").patients;
    assert_eq!(patients.len(), 1);
    patients.first().and_then(|one| one.traits.birth_name.known().map(|name| name.raw().to_owned()))
}

#[test]
fn a_file_is_read_in_the_encoding_and_with_the_delimiter_it_has() {
    let plain = "NOM;PRENOM;DDN\nLEFÈVRE;ANNE;02/01/1980\n";
    let latin = b"NOM;PRENOM;DDN\r\nLEF\xC8VRE;ANNE;02/01/1980\r\n".to_vec();
    for (rule, bytes) in [
        ("UTF-8", plain.as_bytes().to_vec()),
        ("UTF-8 with its mark", format!("\u{feff}{plain}").into_bytes()),
        ("Windows-1252", latin.clone()),
        ("comma", plain.replace(';', ",").into_bytes()),
        ("tab", plain.replace(';', "\t").into_bytes()),
        ("a semicolon in a quoted title", b"\"Rang; au fichier\",NOM,PRENOM,DDN\n,LEF\xC8VRE,ANNE,02/01/1980".to_vec()),
        ("lines ended by a return", latin.iter().copied().filter(|byte| *byte != b'\n').collect()),
        ("the delimiter on a line of its own", format!("sep=,\n{}", plain.replace(';', ",")).into_bytes()),
        ("blank lines", format!("\n\n{}\n\n", plain.replace('\n', "\n\n")).into_bytes()),
        ("quoted", "\"NOM\";\"PRENOM\";\"DDN\"\n\"LEFÈVRE\";\"ANNE\";\"02/01/1980\"".as_bytes().to_vec()),
    ] {
        assert_eq!(name_read(&Desk::new(), bytes).as_deref(), Some("LEFÈVRE"), "{rule}");
    }
    let desk = Desk::new();
    let told =
        |bytes: &[u8]| desk.source(bytes).map(|source| (source.encoding(), source.delimiter())).expect("a source");
    assert_eq!(told(plain.as_bytes()), (Encoding::Utf8, Delimiter::Semicolon));
    assert_eq!(told(&latin), (Encoding::Windows1252, Delimiter::Semicolon));
    // A character cut by the end of a block is whole all the same.
    let long = format!("NOM;PRENOM;DDN\n{}", "é".repeat(100_000));
    assert_eq!(told(long.as_bytes()).0, Encoding::Utf8);
    assert_eq!(told(format!("x{long}").as_bytes()).0, Encoding::Utf8);
    assert_eq!(told(&[long.as_bytes(), b"\xC3"].concat()).0, Encoding::Windows1252, "cut in a character");
}

#[test]
fn what_is_no_table_is_named() {
    let desk = Desk::new();
    let long = format!("NOM\n{}", "x".repeat(2 << 20));
    for (rule, bytes, expected) in [
        ("nothing", b"".as_slice(), "the file is empty"),
        ("a mark alone", b"\xEF\xBB\xBF", "the file is empty"),
        ("blank", b"\r\n \r\n", "the file is empty"),
        ("a workbook", b"PK\x03\x04abc", "the file is a workbook"),
        ("an old workbook", b"\xD0\xCF\x11\xE0abc", "the file is a workbook"),
        ("Unicode text", b"\xFF\xFEN\0O\0M\0", "the file is UTF-16"),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0", "the file is not text"),
        ("no lines", long.as_bytes(), "line 2 is longer than any row"),
    ] {
        assert_eq!(
            desk.source(bytes).map(|_| ()).map_err(|error| error.to_string()),
            Err(expected.to_owned()),
            "{rule}"
        );
    }
    assert!(matches!(Source::open(&desk.path("absent.csv")), Err(SourceError::Unreadable(_))));
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_line() {
    let desk = Desk::new();
    let rows = "1;MARTIN;ANNE;;F;02/01/1980;75107;\"LYON\nCEDEX\"\n\
        2;\"MARTIN;BERTHE;;F;03/01/1980;75107;LYON\n\
        3;MARTIN;CLAIRE;;F;04/01/1980;75107;\"LYON\"\n\
        4;MARTIN;DORA;;F;05/01/1980;75107;5\" LYON\n\
        5;MARTIN;EVE;;F;06/01/1980;75107;\"LYON\n\
        6;MARTIN;FANNY;;F;07/01/1980;75107;LYON\n";
    let (report, said) = desk.import(format!("{TITLES}{rows}"));
    assert_eq!(report.counts, counts(6, 4, 0, 0, 2, 0));
    let lines: Vec<u64> = said.iter().map(|row| row.line).collect();
    assert_eq!(lines, [4, 7], "a cell over two lines counts for two");
    for record in ["1", "3", "4", "6"] {
        desk.patient(record);
    }
    assert!(
        desk.rejects().contains("\r\n4;guillemet ouvert et jamais fermé;2;\"\"\"MARTIN\";BERTHE;"),
        "{}",
        desk.rejects()
    );
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
    assert_eq!(desk.count("SELECT count(*) FROM journal WHERE kind = 'patient-updated'"), 1);
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
    desk.register
        .writer()
        .execute_batch(
            "INSERT INTO distinct_people VALUES (1, 2, '', 'anne', 'homonyms'); DELETE FROM suspicions;
             UPDATE patients SET merged_into = 3 WHERE id = 4; INSERT INTO merges (kept, absorbed, at, author) VALUES (3, 4, '', 'anne');",
        )
        .expect("decided");
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

#[test]
fn an_export_is_imported_back_and_gives_an_ins_only_where_qualified() {
    let desk = Desk::new();
    let pair = Ins::new(Matricule::parse("275126322074974").expect("a matricule"), InsOid::Nir);
    let other = Ins::new(Matricule::parse("236066322083656").expect("a matricule"), InsOid::Nia);
    let held = |ins: Ins| InsRecord::restored(Some(ins.into()), false, Vec::new());
    let standing = |ins, device| Standing::new(ins, device, Attributes::None).expect("allowed");
    for patient in [
        person("A;1", "'T HART", "Anne", "1980-01-02", held(pair), standing(true, true)),
        person("=2", "Martin", "Anne", "1992-00-00", held(other), standing(true, false)),
        person("local", "Roux", "Anne", "1992-11-00", InsRecord::EMPTY, Standing::PROVISIONAL),
    ] {
        desk.register.insert(&patient, &act()).expect("inserted");
    }
    desk.register
        .writer()
        .execute("INSERT INTO complementary_traits VALUES (1, 'phone', '+33 1 02')", [])
        .expect("inserted");
    let file = desk.path("out.csv");
    let exported = desk.register.export_to(&file, false, &act(), &mut |_| ControlFlow::Continue(())).expect("exported");
    assert_eq!((exported.records, exported.with_ins), (3, 1));
    let text = std::fs::read_to_string(&file).expect("read");
    assert!(text.contains("275126322074974;1.2.250.1.213.1.4.8"), "DMN INS 34");
    assert!(!text.contains("236066322083656"), "EXI SI 08: récupérée gives nothing away");
    assert!(
        text.contains("02/01/1980")
            && text.contains("00/00/1992")
            && text.contains("'+33 1 02")
            && text.contains("'=2")
    );
    assert!(matches!(
        desk.register.export_to(&file, false, &act(), &mut |_| ControlFlow::Continue(())),
        Err(ExportError::Exists)
    ));
    assert!(desk.register.export_to(&file, true, &act(), &mut |_| ControlFlow::Continue(())).is_ok());
    assert_eq!(desk.count("SELECT count(*) FROM journal WHERE kind = 'patients-exported'"), 2);
    only_its_owner_reads(&file);
    let left: Vec<_> =
        std::fs::read_dir(desk.folder.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".part")), "{left:?}");

    let (again, _) = desk.import(&text);
    assert_eq!((again.counts.unchanged, again.counts.rejected), (3, 0), "read back into the register it is from");
    let empty = Desk::new();
    let (report, _) = empty.import(&text);
    assert_eq!((report.counts.inserted, report.counts.rejected), (3, 0));
    let second = empty.path("again.csv");
    empty.register.export_to(&second, false, &act(), &mut |_| ControlFlow::Continue(())).expect("exported");
    let without_ins = text.replace("275126322074974;1.2.250.1.213.1.4.8", ";");
    assert_eq!(
        std::fs::read_to_string(&second).expect("read"),
        without_ins,
        "DMN INS 35: what came in is not given out"
    );
}

#[cfg(unix)]
fn only_its_owner_reads(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(not(unix))]
fn only_its_owner_reads(_: &Path) {}

#[test]
fn no_bytes_stop_the_reader() {
    // A generator of its own: every run tries the same files.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let pieces: [&[u8]; 22] = [
        b"\"",
        b";",
        b",",
        b"\t",
        b"\n",
        b"\r",
        b"\r\n",
        b"'",
        b"=",
        b"\xE9",
        b"\xC3\xA9",
        b"\xC3",
        b"\xEF\xBB\xBF",
        b"MARTIN",
        b"ANNE",
        b"02/01/1980",
        b"F",
        b"75107",
        b" ",
        b"sep=,",
        b"NOM;PRENOM;DDN\n",
        b"\xF0\x9F\x98\x80",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("in.csv");
    let register = Register::in_memory().expect("a register");
    let (mut read, mut rejected) = (0, 0);
    for round in 0..2_000_u32 {
        let mut bytes =
            if round % 2 == 0 { b"NOM;PRENOM;DDN;SEXE;LIEU DE NAISSANCE;INS\n".to_vec() } else { Vec::new() };
        for _ in 0..next() % 60 {
            let piece = usize::try_from(next() % pieces.len() as u64).expect("small");
            bytes.extend_from_slice(pieces[piece]);
        }
        std::fs::write(&file, &bytes).expect("written");
        let Ok(source) = Source::open(&file) else { continue };
        let Ok(mapping) = Mapping::proposed(source.headers()) else { continue };
        let options = ImportOptions {
            rejects: folder.path().join(format!("{round}.csv")),
            environment: Environment::Demonstration,
            today: BirthDate::parse_iso("2026-01-15").expect("a date"),
        };
        match register.import(&source, &mapping, &options, &act(), &mut |_| ControlFlow::Continue(())) {
            Ok(report) => {
                let counts = report.counts;
                assert_eq!(counts.read, counts.inserted + counts.unchanged + counts.updated + counts.rejected);
                (read, rejected) = (read + counts.read, rejected + counts.rejected);
                if let Some(rejects) = report.rejects {
                    let again = Source::open(&rejects).expect("our own file is a source");
                    assert!(mapping.fits(again.headers()).is_ok(), "round {round}");
                }
            }
            Err(ImportError::Mapping(_)) => {}
            Err(error) => panic!("round {round}: {error}"),
        }
    }
    assert!(read > 1_000 && rejected > 500, "{read} rows, {rejected} rejected");
}
