//! `comptoir import` and `comptoir export`, as a script would run them: the real program on files made here.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use comptoir_register::{Register, RegisterKey};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const TITLES: &str = "IPP;NOM DE NAISSANCE;PRENOM;SEXE;DATE DE NAISSANCE;LIEU DE NAISSANCE\n";

struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).expect("written");
        self.path(name)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_comptoir"));
        command
            .arg(name)
            .arg("--register")
            .arg(self.path("register.db"))
            .args(["--key-env", "CABINET"])
            .env_clear()
            .env("HOME", self.home.path())
            .env("CABINET", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn import(&self, arguments: &[&str], file: &Path) -> Output {
        self.command("import").args(arguments).arg(file).output().expect("ended")
    }

    fn register(&self) -> Register {
        let key = RegisterKey::from_hexadecimal(KEY).expect("a key");
        Register::open(&self.path("register.db"), &key).expect("opened")
    }
}

fn events(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn named<'e>(events: &'e [Value], name: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn a_file_comes_in_its_rejects_are_corrected_and_all_of_it_goes_out() {
    let desk = Desk::new();
    let rows = "1;MARTIN;ANNE;F;02/01/1980;75107\n2;DURAND;PAUL;;31/02/1980;75107\n3;BLANC;ÈVE;;00/11/1992;\n";
    let file = desk.write("patients.csv", &format!("{TITLES}{rows}"));
    let rehearsed = desk.import(&["--json", "--dry-run"], &file);
    assert_eq!(rehearsed.status.code(), Some(1), "what is rejected is said by a rehearsal too");
    assert!(!desk.path("register.db").exists() && !desk.path("patients.rejets.csv").exists(), "nothing was made");
    let output = desk.import(&["--json"], &file);
    assert_eq!(output.status.code(), Some(1), "a row was rejected: {output:?}");
    let events = events(&output);
    let mapping = named(&events, "mapping")[0];
    assert_eq!((&mapping["proposed"], &mapping["columns"]["birth_date"]), (&json!(true), &json!("DATE DE NAISSANCE")));
    let rows = named(&events, "row");
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["line"], &rows[0]["rejected"]), (&json!(3), &json!(["birth-date-impossible"])));
    assert_eq!(rows[1]["notes"], json!(["sex-missing", "birth-place-missing", "birth-date-partial"]));
    let done = named(&events, "done")[0];
    assert_eq!((&done["inserted"], &done["rejected"], &done["noted"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(done["rejects_file"], json!(desk.path("patients.rejets.csv")));
    let said = format!("{output:?}");
    for of_a_person in ["MARTIN", "DURAND", "1980", "1992"] {
        assert!(!said.contains(of_a_person), "{of_a_person}");
    }
    let rejects = std::fs::read_to_string(desk.path("patients.rejets.csv")).expect("read");
    let corrected = desk.write("corrige.csv", &rejects.replace("31/02", "28/02"));
    let output = desk.import(&[], &corrected);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("1 dossiers créés") && output.stdout.is_empty(), "{said}");
    assert_eq!(desk.register().count().expect("read"), 3);

    let out = desk.path("export.csv");
    let export = |arguments: &[&str]| desk.command("export").arg("--output").arg(&out).args(arguments).output();
    assert_eq!(export(&["--json"]).expect("ended").status.code(), Some(0));
    assert_eq!(export(&["--json"]).expect("ended").status.code(), Some(2), "no file is replaced unasked");
    assert_eq!(export(&["--force"]).expect("ended").status.code(), Some(0));
    let again = desk.import(&["--json"], &out);
    let events = self::events(&again);
    assert_eq!((again.status.code(), &named(&events, "done")[0]["unchanged"]), (Some(0), &json!(3)));
    let piped = desk.command("export").output().expect("ended");
    assert_eq!(piped.stdout, std::fs::read(&out).expect("read"));
}

#[test]
fn a_mapping_is_saved_corrected_and_used() {
    let desk = Desk::new();
    let file = desk.write("patients.csv", "Code,Famille,PRENOM,DDN\n1,MARTIN,ANNE,02/01/1980\n");
    let stopped = desk.import(&["--json"], &file);
    let said = events(&stopped);
    assert_eq!((stopped.status.code(), &said[0]["columns"]), (Some(2), &json!(["birth_name"])));
    assert_eq!(said[0]["titles"], json!(["Code", "Famille", "PRENOM", "DDN"]));
    assert_eq!(said[1]["code"], json!("columns-required"));
    let mapping = desk.path("map.toml");
    let save = ["--save-mapping", mapping.to_str().expect("UTF-8")];
    assert_eq!(desk.import(&save, &file).status.code(), Some(0));
    assert_eq!(desk.import(&save, &file).status.code(), Some(2), "a mapping corrected by hand is not replaced");
    assert!(!desk.path("register.db").exists());
    let text = std::fs::read_to_string(&mapping).expect("read");
    std::fs::write(&mapping, format!("{text}birth_name = \"Famille\"\nexternal_id = \"Code\"\n")).expect("written");
    assert_eq!(desk.import(&["--mapping", mapping.to_str().expect("UTF-8")], &file).status.code(), Some(0));
    assert!(desk.register().find_record("1").expect("read").is_some());
}

#[test]
fn what_cannot_be_imported_is_named_and_nothing_is_made() {
    let desk = Desk::new();
    for (rule, bytes, code, exit) in [
        ("empty", b"".as_slice(), "source-empty", 2),
        ("a workbook", b"PK\x03\x04", "source-workbook", 2),
        ("a picture", b"\x89PNG\0", "source-not-text", 2),
        ("no titles", b"MARTIN;ANNE;02/01/1980\n", "titles-unknown", 2),
        ("absent", b"absent", "source-unreadable", 1),
    ] {
        let file = desk.path("in.csv");
        if bytes == b"absent" {
            std::fs::remove_file(&file).expect("removed");
        } else {
            std::fs::write(&file, bytes).expect("written");
        }
        let output = desk.import(&["--json"], &file);
        let events = events(&output);
        assert_eq!((output.status.code(), events.len()), (Some(exit), 1), "{rule}");
        assert_eq!(events[0]["code"], json!(code), "{rule}");
        assert!(!format!("{output:?}").contains("MARTIN"), "{rule}: the first line may be a patient");
    }
    assert!(!desk.path("register.db").exists());
}

/// Rows of which every hundredth is rejected.
fn many(rows: u32) -> String {
    let mut file = TITLES.to_owned();
    for row in 0..rows {
        let letters: String = row.to_string().bytes().map(|digit| char::from(digit - b'0' + b'A')).collect();
        let day = if row % 100 == 7 { 32 } else { row % 28 + 1 };
        writeln!(file, "{row};NOM{letters};ANNE;F;{day:02}/01/1980;75107").expect("written");
    }
    file
}

#[test]
fn a_killed_import_goes_on_where_it_was_cut() {
    let desk = Desk::new();
    let rows = 70_000;
    let file = desk.write("patients.csv", &many(rows));
    // Once before any batch is told, once after one.
    for until in ["mapping", "progress"] {
        let mut child = desk.command("import").arg("--json").arg(&file).spawn().expect("started");
        let reading = BufReader::new(child.stdout.take().expect("a pipe"));
        let told = reading.lines().map_while(Result::ok).any(|line| line.contains(&format!("\"event\":\"{until}\"")));
        assert!(told, "{until}");
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
    let output = desk.import(&["--json"], &file);
    let events = events(&output);
    let resumed = named(&events, "resumed")[0]["read"].as_u64().expect("a number");
    assert!(resumed >= 20_000, "it began again at {resumed}");
    let done = named(&events, "done")[0];
    let rejected = u64::from(rows / 100);
    assert_eq!((&done["read"], &done["rejected"]), (&json!(rows), &json!(rejected)));
    assert_eq!(done["inserted"], json!(u64::from(rows) - rejected));
    let register = desk.register();
    assert_eq!(register.count().expect("read"), u64::from(rows) - rejected);
    assert!(register.verify_journal().expect("read").is_whole());
    let rejects = std::fs::read_to_string(desk.path("patients.rejets.csv")).expect("read");
    let lines: Vec<u32> = rejects.lines().skip(1).filter_map(|line| line.split(';').next()?.parse().ok()).collect();
    assert_eq!(lines, (0..rows / 100).map(|hundred| hundred * 100 + 9).collect::<Vec<_>>(), "each once, in order");
}
