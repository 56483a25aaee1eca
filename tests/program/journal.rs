//! `comptoir journal`, `comptoir purge` and `comptoir doctor --journal`, as a referent would run them: the real program
//! on a register made here.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use comptoir_identity::{
    Act as IdentityAct, Author, BirthDate, BirthName, Entitlement, GivenName, InsRecord, Moment, PlaceCode, Policy,
    Sex, Standing, Stated, Traits,
};
use comptoir_register::{Act, ActKind, NewPatient, Register, RegisterKey, SiteRule};
use jiff::Timestamp;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

struct Desk {
    home: tempfile::TempDir,
    register: Register,
}

impl Desk {
    /// A register with two patients; the first one's name was changed, by somebody whose account is a formula.
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let key = RegisterKey::from_hexadecimal(KEY).expect("a key");
        let register = Register::open(&home.path().join("register.db"), &key).expect("made");
        let desk = Self { home, register };
        let act = Act::new(moment("2026-03-01T10:00:00Z"), "anne", ActKind::PatientCreated);
        for (identifier, name) in [("P-1", "ADRUN"), ("P-2", "CENT UN")] {
            let new = NewPatient {
                external_id: Some(identifier.to_owned()),
                traits: traits(name),
                standing: Standing::PROVISIONAL,
            };
            desk.register.insert(&new, &act).expect("inserted");
        }
        let record = desk.register.find_record("P-1").expect("read").expect("there");
        let read = desk.register.identity(record).expect("read").expect("there");
        let author = Author::parse("=cmd|calc").expect("a name");
        let at = moment("2026-03-02T10:00:00Z");
        let policy = Policy::undecided();
        let by = IdentityAct { author: &author, at: Moment(at.as_second()), policy: &policy };
        let transition = read.identity().revise(traits("ADRON"), Entitlement::Ordinary, by).expect("allowed");
        desk.register.change(&read, &transition, &Act::turning(at, &transition)).expect("written");
        desk
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_on("register.db", arguments)
    }

    fn run_on(&self, register: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_comptoir"));
        command.args(arguments).arg("--register").arg(self.file(register)).args(["--key-env", "CABINET"]);
        command.env_clear().env("HOME", self.home.path()).env("CABINET", KEY).env("TZ", "Europe/Paris");
        command.output().expect("run")
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn traits(name: &str) -> Traits {
    Traits {
        birth_name: Stated::parse(Some(name), BirthName::parse),
        first_given_name: Stated::parse(Some("ZOE"), GivenName::parse),
        given_names: Stated::Absent,
        birth_date: BirthDate::parse_iso("1975-12-31").ok(),
        sex: Some(Sex::Female),
        birth_place: PlaceCode::parse("63220").ok(),
        usage_name: Stated::Absent,
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    }
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).expect("UTF-8")
}

fn json(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_journal_is_handed_over_as_a_table_in_french() {
    let desk = Desk::new();
    let output = desk.run(&["journal"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 1 + 3 + 1, "the names of the columns, three lines, that of the handing over: {table}");
    assert!(lines[0].starts_with("\u{feff}numéro;date;heure;auteur;acte;dossier"), "{}", lines[0]);
    assert_eq!(lines[1], "1;01/03/2026;11:00:00;anne;Dossier créé;P-1;;;;");
    assert!(lines[3].starts_with("3;02/03/2026;11:00:00;\"'=cmd|calc\";Dossier modifié;P-1;;"), "{}", lines[3]);
    assert!(lines[3].ends_with(";nom de naissance : ADRUN;nom de naissance : ADRON"), "{}", lines[3]);
    assert!(lines[4].contains(";Journal exporté;"), "{}", lines[4]);
}

#[test]
fn only_what_was_asked_is_handed_over() {
    let desk = Desk::new();
    let cases: [(&str, &[&str], &[i64]); 6] = [
        ("one record", &["--record", "P-2"], &[2]),
        ("one day", &["--since", "2026-03-02", "--until", "2026-03-02"], &[3]),
        ("until the day before", &["--until", "2026-03-01"], &[1, 2]),
        ("since the day after", &["--since", "2026-03-03", "--until", "2026-03-09"], &[]),
        ("one record on one day", &["--record", "P-1", "--until", "2026-03-01"], &[1]),
        ("days before", &["--until", "2020-01-01"], &[]),
    ];
    for (rule, arguments, expected) in cases {
        let output = desk.run(&[&["journal", "--json"], arguments].concat());
        assert!(output.status.success(), "{rule}: {}", text(&output.stderr));
        let lines: Vec<_> = json(&output).iter().filter_map(|line| line["sequence"].as_i64()).collect();
        let asked: Vec<_> = lines.into_iter().filter(|sequence| *sequence <= 3).collect();
        assert_eq!(asked, expected, "{rule}");
    }
}

#[test]
fn a_file_is_made_and_never_replaced() {
    let desk = Desk::new();
    let file = desk.file("journal.jsonl");
    let arguments = ["journal", "--json", "--output", file.to_str().expect("UTF-8")];
    assert!(desk.run(&arguments).status.success());
    let written = std::fs::read_to_string(&file).expect("written");
    let changed: Value = serde_json::from_str(written.lines().nth(2).expect("three lines")).expect("JSON");
    assert_eq!((&changed["kind"], &changed["record"]), (&"record-changed".into(), &"P-1".into()));
    assert_eq!((&changed["before"]["birth_name"], &changed["after"]["birth_name"]), (&"ADRUN".into(), &"ADRON".into()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let lines = desk.register.verify_journal().expect("read").lines;
    let again = desk.run(&arguments);
    assert_eq!(again.status.code(), Some(2), "{}", text(&again.stdout));
    assert_eq!(std::fs::read_to_string(&file).expect("there"), written);
    for arguments in [["--since", "01/03/2026"], ["--until", "2026-02-30"], ["--output", "no/such/folder/file"]] {
        let output = desk.run(&[&["journal"], arguments.as_slice()].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(desk.run(&["journal", "--record", "P-9"]).status.code(), Some(1));
    assert_eq!(desk.register.verify_journal().expect("read").lines, lines, "nothing handed over, no line");
}

#[test]
fn the_doctor_reads_the_chain_against_a_head_noted_before() {
    let desk = Desk::new();
    let copy = desk.file("older.db");
    desk.register.journal(&Act::new(moment("2026-03-03T10:00:00Z"), "anne", ActKind::SearchMade)).expect("written");
    let head = desk.register.journal_head().expect("read").to_string();
    {
        // Another register of the same desk, with as many lines: a chain of its own.
        let key = RegisterKey::from_hexadecimal(KEY).expect("a key");
        let other = Register::open(&copy, &key).expect("made");
        for _ in 0..3 {
            let act = Act::new(moment("2026-03-01T10:00:00Z"), "anne", ActKind::SearchMade);
            other.journal(&act).expect("written");
        }
    }
    let whole = desk.run(&["doctor", "--journal", "--json"]);
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole.stderr));
    let said = &json(&whole)[0];
    assert_eq!((&said["whole"], &said["lines"], &said["head"]), (&true.into(), &4.into(), &head.as_str().into()));
    for (rule, register, head, code, fault) in [
        ("its own head", "register.db", head.as_str(), Some(0), Value::Null),
        ("a journal cut off", "older.db", head.as_str(), Some(1), "missing".into()),
        ("no head", "register.db", "abc", Some(2), Value::Null),
    ] {
        let output = desk.run_on(register, &["doctor", "--journal", "--json", "--head", head]);
        assert_eq!(output.status.code(), code, "{rule}: {}", text(&output.stdout));
        assert_eq!(json(&output)[0]["broken"]["fault"], fault, "{rule}");
    }
    let french = desk.run_on("older.db", &["doctor", "--journal", "--head", &head]);
    assert!(text(&french.stderr).contains("rompu à la ligne 4 : elle manque"), "{}", text(&french.stderr));
    assert_eq!(desk.run(&["doctor"]).status.code(), Some(2), "a register named, and the journal not asked for");
}

#[test]
fn a_purge_erases_what_the_site_decided_and_says_how_much() {
    let desk = Desk::new();
    let nothing = json(&desk.run(&["purge", "--json"]));
    assert_eq!((&nothing[0]["event"], &nothing[0]["journal_traits"]["days"]), (&"purged".into(), &Value::Null));
    let act = Act::new(moment("2026-03-05T10:00:00Z"), "anne", ActKind::SiteRuleSet);
    desk.register.set_site_rule(SiteRule::JournalTraitsDays, Some(30), &act).expect("written");
    let looked = desk.run(&["purge", "--dry-run"]);
    assert!(text(&looked.stderr).contains("gardés 30 jours ; 1 à effacer."), "{}", text(&looked.stderr));
    assert_eq!(desk.register.verify_journal().expect("read").erased, 0);
    let purged = json(&desk.run(&["purge", "--json"]));
    assert_eq!(purged[0]["journal_traits"]["count"], 1, "{purged:?}");
    let state = desk.register.verify_journal().expect("read");
    assert_eq!((state.is_whole(), state.erased), (true, 1));
    let table = text(&desk.run(&["journal", "--record", "P-1"]).stdout);
    assert!(table.contains(";effacés;effacés") && !table.contains("ADRON"), "{table}");
}
