//! `comptoir verify`, as a script would run it: the real program on a register made here.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at what should not be"
)]

use comptoir_identity::{
    Attributes, BirthDate, BirthName, GivenName, GivenNames, Ins, InsOid, InsRecord, Matricule, PlaceCode, Sex,
    Standing, Stated, Traits, UsageName,
};
use comptoir_register::{Act, ActKind, NewPatient, Register, RegisterKey};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    /// A register whose records are `identifier: name / first / list / AAAA-MM-JJ / sex / place / usage / matricule`.
    fn with(records: &[&str]) -> Self {
        let desk = Self { home: tempfile::tempdir().expect("a folder") };
        let key = RegisterKey::from_hexadecimal(KEY).expect("a key");
        let register = Register::open(&desk.file(), &key).expect("made");
        let act = Act::new(Timestamp::UNIX_EPOCH, "test", ActKind::PatientCreated);
        for record in records {
            register.insert(&patient(record), &act).expect("inserted");
        }
        desk
    }

    fn file(&self) -> PathBuf {
        self.home.path().join("register.db")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_comptoir"));
        command
            .arg("verify")
            .env_clear()
            .env("HOME", self.home.path())
            .env("CABINET", KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn start(&self) -> Child {
        let mut command = self.command();
        command.arg("--register").arg(self.file()).args(["--key-env", "CABINET"]);
        command.spawn().expect("started")
    }

    /// Runs on the whole input at once.
    fn verify(&self, input: &[u8]) -> Output {
        let mut child = self.start();
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        let writing = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("ended");
        writing.join().expect("written").ok();
        output
    }
}

fn patient(record: &str) -> NewPatient {
    let (identifier, traits) = record.split_once(':').expect("an identifier");
    let part: Vec<Option<&str>> = traits.split('/').map(|p| Some(p.trim()).filter(|p| !p.is_empty())).collect();
    let at = |i: usize| part.get(i).copied().flatten();
    NewPatient {
        external_id: Some(identifier.to_owned()).filter(|identifier| identifier != "local"),
        traits: Traits {
            birth_name: Stated::parse(at(0), BirthName::parse),
            first_given_name: Stated::parse(at(1), GivenName::parse),
            given_names: Stated::parse(at(2), GivenNames::parse),
            birth_date: at(3).map(|date| BirthDate::parse_iso(date).expect("a date")),
            sex: at(4).and_then(Sex::from_letter),
            birth_place: at(5).map(|place| PlaceCode::parse(place).expect("a place")),
            usage_name: Stated::parse(at(6), UsageName::parse),
            usage_given_name: Stated::Absent,
            ins: at(7).map_or(InsRecord::EMPTY, in_force),
        },
        standing: Standing::new(false, false, Attributes::None).expect("allowed"),
    }
}

fn in_force(matricule: &str) -> InsRecord {
    let ins = Ins::new(Matricule::parse(matricule).expect("a matricule"), InsOid::Nir);
    InsRecord::restored(Some(ins.into()), false, Vec::new())
}

fn answers(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// FranceConnect's claims from `family / given / AAAA-MM-JJ / gender / place`.
fn claims(id: &str, line: &str) -> Value {
    let part: Vec<&str> = line.split('/').map(str::trim).collect();
    json!({
        "id": id, "family_name": part[0], "given_name": part[1], "birthdate": part[2], "idp_birthdate": part[2],
        "gender": part[3], "birthplace": part[4], "birthcountry": "99100",
    })
}

fn with(mut claims: Value, more: Value) -> Value {
    let (Value::Object(claims_map), Value::Object(more)) = (&mut claims, more) else { panic!("objects") };
    claims_map.extend(more);
    claims
}

#[test]
fn each_identity_is_answered_by_outcome_link_and_candidates() {
    let desk = Desk::with(&[
        "A1: DUBOIS / ANGELA / ANGELA CLAIRE LOUISE / 1962-08-24 / F / 75107",
        "A2: BROSSE / MARIO / MARIO / 1981-02-03 / M / 2A004",
        "A3: BROSSE / LUIGI / LUIGI / 1981-02-03 / M / 2A004",
        "A4: CASA MILA / ANA / ANA / 1986-01-01 / F / 75115",
        "A5: CASA MILA / ANA / ANA / 1986-01-01 / F / 75115",
        "A6: DUBOIS / PIERRE / PIERRE / 1969-03-17 / M / 95277",
        "local: HOCHON / VALENTIN / VALENTIN / 1955-01-01 / M / 69123",
    ]);
    let angela = "DUBOIS / Angela Claire Louise / 1962-08-24 / female / 75107";
    let hochon = "HOCHON / Valentin / 1955-01-01 / male / 69123";
    let married = with(
        claims("usage name", "MERCIER / Pierre / 1969-03-17 / male / 95277"),
        json!({"preferred_username": "DUBOIS"}),
    );
    let completed = with(claims("possibly partial", hochon), json!({"idp_birthdate": null}));
    let high = with(
        claims("rnipp", "dubois-x / Angie / 1962-08-24 / female / 99999"),
        json!({"rnipp_family_name": "DUBOIS", "rnipp_given_name": "Angela Claire Louise", "rnipp_gender": "female",
               "rnipp_birthdate": "1962-08-24", "rnipp_birthplace": "75107", "rnipp_birthcountry": "99100"}),
    );
    let cases: &[(Value, &str, &str, &[&str])] = &[
        (claims("exact", angela), "concordant", "safe", &["A1"]),
        (claims("nobody", "NEMO / Paul / 1950-05-05 / male / 29019"), "unknown", "none", &[]),
        (claims("twins", "BROSSE / Mario / 1981-02-03 / male / 2A004"), "concordant", "safe", &["A2", "A3"]),
        (claims("twin not there", "BROSSE / Toad / 1981-02-03 / male / 2A004"), "unknown", "none", &["A2", "A3"]),
        (claims("twice", "CASA MILA / Ana / 1986-01-01 / female / 75115"), "several", "several", &["A4", "A5"]),
        (married, "discordant", "confirm", &["A6"]),
        (claims("local", hochon), "concordant", "safe", &["local:7"]),
        (completed, "concordant", "confirm", &["local:7"]),
        (high, "concordant", "safe", &["A1"]),
        (claims("no name", " / Angela / 1962-08-24 / female / 75107"), "unusable-identity", "none", &[]),
    ];
    let lines: Vec<String> = cases.iter().map(|(claims, ..)| claims.to_string()).collect();
    let input = lines.join("\n");
    let output = desk.verify(input.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = answers(&output);
    assert_eq!(answers.len(), cases.len());
    for ((claims, outcome, link, records), answer) in cases.iter().zip(&answers) {
        let shown: Vec<&str> =
            answer["candidates"].as_array().expect("a list").iter().filter_map(|one| one["record"].as_str()).collect();
        assert_eq!(answer["id"], claims["id"]);
        assert_eq!(
            (answer["outcome"].as_str(), answer["link"].as_str(), shown.as_slice()),
            (Some(*outcome), Some(*link), *records),
            "{}",
            claims["id"]
        );
    }
    let usage = &answers[5]["candidates"][0]["concordance"]["birth_name"];
    assert_eq!((&usage["finding"], &usage["hint"]), (&json!("conflict"), &json!("usage-name-as-birth-name")));
    assert_eq!(answers[9]["missing"], json!(["birth_name"]));
    // Nothing of the persons is said anywhere else.
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn an_ins_finds_its_record_and_contradicts_another() {
    let desk = Desk::with(&[
        "A1: ADRUN / ZOE / ZOE / 1975-12-31 / F / 63220 / / 275126322074974",
        "A2: ECETINSI / PIERRE-ALAIN / / 2009-07-14 / M / 63220",
        "A3: MOREL / LISA / LISA / 2001-01-05 / F / 63220 / / 260058815400233",
    ]);
    let oid = "1.2.250.1.213.1.4.8";
    let of = |id: &str, line: &str, ins: Value| with(claims(id, line), ins);
    let zoe = "ADRUN / Zoé / 1975-12-31 / female / 63220";
    let cases: &[(Value, &str, &str, &[&str], Value)] = &[
        (
            of("the same", zoe, json!({"matricule": "2 75 12 63220 749 74", "oid": oid})),
            "concordant",
            "safe",
            &["A1"],
            Value::Null,
        ),
        (
            of("another number", zoe, json!({"matricule": "236066322083656", "oid": oid})),
            "discordant",
            "confirm",
            &["A1"],
            Value::Null,
        ),
        (
            of("of another authority", zoe, json!({"matricule": "275126322074974", "oid": format!("{oid}.1")})),
            "concordant",
            "safe",
            &["A1"],
            json!(["oid-unknown"]),
        ),
        (
            of("a wrong key", zoe, json!({"matricule": "275126322074975", "oid": oid})),
            "concordant",
            "safe",
            &["A1"],
            json!(["matricule-invalid"]),
        ),
        (
            of("alone", zoe, json!({"matricule": "275126322074974"})),
            "concordant",
            "safe",
            &["A1"],
            json!(["oid-missing"]),
        ),
        (
            of(
                "married, moved, mistyped",
                "BLANC / Zoe / 1975-11-30 / female / 75056",
                json!({"matricule": "275126322074974", "oid": oid}),
            ),
            "discordant",
            "confirm",
            &["A1"],
            Value::Null,
        ),
        (
            of(
                "a child with a parent's number",
                "MOREL / Lisa / 2001-01-05 / female / 63220",
                json!({"matricule": "275126322074974", "oid": oid}),
            ),
            "several",
            "several",
            &["A3", "A1"],
            Value::Null,
        ),
    ];
    let lines: Vec<String> = cases.iter().map(|(claims, ..)| claims.to_string()).collect();
    let output = desk.verify(lines.join("\n").as_bytes());
    for ((claims, outcome, link, records, notes), answer) in cases.iter().zip(answers(&output)) {
        let shown: Vec<&str> =
            answer["candidates"].as_array().expect("a list").iter().filter_map(|one| one["record"].as_str()).collect();
        assert_eq!(
            (answer["outcome"].as_str(), answer["link"].as_str(), shown.as_slice(), &answer["notes"]),
            (Some(*outcome), Some(*link), *records, notes),
            "{}",
            claims["id"]
        );
    }
    assert!(output.status.success());
}

#[test]
fn a_line_that_cannot_be_read_is_answered_and_the_next_goes_on() {
    let desk = Desk::with(&["A1: DUBOIS / ANGELA / ANGELA / 1962-08-24 / F / 75107"]);
    let good = claims("good", "DUBOIS / Angela / 1962-08-24 / female / 75107").to_string();
    let long = format!("{{\"id\":\"long\",\"family_name\":\"{}\"}}", "A".repeat(70_000));
    let lines: [(&[u8], Option<&str>); 8] = [
        (b"{\"id\": 1", Some("line-unreadable")),
        (b"[1]", Some("line-unreadable")),
        (b"{\"id\":\"\xff\"}", Some("line-unreadable")),
        (b"{\"family_name\": \"DUBOIS\"}", Some("id-missing")),
        (b"{\"id\": null}", Some("id-missing")),
        (long.as_bytes(), Some("line-too-long")),
        (b"{\"id\": 7, \"family_name\": 7, \"given_name_array\": {}, \"birthdate\": \"x\"}", None),
        (good.as_bytes(), None),
    ];
    let mut input = b"\n  \r\n".to_vec();
    for (line, _) in &lines {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    let output = desk.verify(&input);
    assert_eq!(output.status.code(), Some(1), "some lines were not answered by a verdict");
    let answers = answers(&output);
    assert_eq!(answers.len(), lines.len());
    for (number, ((_, code), answer)) in lines.iter().zip(&answers).enumerate() {
        assert_eq!(answer["error"]["code"].as_str(), *code, "line {number}");
        if code.is_some() {
            assert_eq!(answer["line"], json!(number + 1));
        }
    }
    assert_eq!((&answers[6]["outcome"], &answers[7]["link"]), (&json!("unusable-identity"), &json!("safe")));
}

#[test]
fn a_question_alone_is_answered_before_the_next_is_asked() {
    let desk = Desk::with(&["A1: DUBOIS / ANGELA / ANGELA / 1962-08-24 / F / 75107"]);
    let mut child = desk.start();
    let mut asking = child.stdin.take().expect("a pipe");
    let mut reading = BufReader::new(child.stdout.take().expect("a pipe"));
    for id in ["first", "second"] {
        writeln!(asking, "{}", claims(id, "DUBOIS / Angela / 1962-08-24 / female / 75107")).expect("asked");
        asking.flush().expect("asked");
        let mut answer = String::new();
        reading.read_line(&mut answer).expect("answered");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!((&answer["id"], &answer["link"]), (&json!(id), &json!("safe")));
    }
    drop(asking);
    assert!(child.wait().expect("ended").success());
}

#[test]
fn a_line_without_end_takes_no_memory() {
    let desk = Desk::with(&[]);
    let mut child = desk.start();
    let mut asking = child.stdin.take().expect("a pipe");
    let mut reading = BufReader::new(child.stdout.take().expect("a pipe"));
    let block = vec![b'x'; 1 << 20];
    for _ in 0..200 {
        asking.write_all(&block).expect("written");
    }
    asking.write_all(b"\n").expect("written");
    let mut answer = String::new();
    reading.read_line(&mut answer).expect("answered");
    assert!(answer.contains("line-too-long"), "{answer}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kilobytes < 150_000, "{kilobytes} kB");
    drop(asking);
    assert_eq!(child.wait().expect("ended").code(), Some(1));
}

#[test]
fn what_cannot_be_opened_is_said_and_nothing_is_made() {
    let desk = Desk::with(&[]);
    let absent = desk.home.path().join("absent.db");
    for (rule, register, name, key, code, exit) in [
        ("no such register", &absent, "CABINET", KEY, "usage", 2),
        ("no such variable", &desk.file(), "AUTRE", KEY, "usage", 2),
        ("not a key", &desk.file(), "CABINET", "0001", "usage", 2),
        ("another key", &desk.file(), "CABINET", &KEY.replace("00", "ff"), "register-wrong-key", 1),
    ] {
        let mut command = desk.command();
        command.env("CABINET", key).arg("--register").arg(register).args(["--key-env", name]);
        let output = command.output().expect("ended");
        let answers = answers(&output);
        assert_eq!((output.status.code(), answers.len()), (Some(exit), 1), "{rule}");
        assert_eq!((&answers[0]["event"], &answers[0]["code"]), (&json!("failed"), &json!(code)), "{rule}");
        let said = format!("{output:?}");
        assert!(!said.contains("0a0b0c"), "{rule}: the key is not said");
    }
    assert!(!absent.exists());
}
