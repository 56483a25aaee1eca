//! `comptoir duplicates`, as a person would use it who looks at each pair: the real program on a register that it has
//! imported itself.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Output};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

const PATIENTS: &str = "IPP;NOM DE NAISSANCE;PRENOM;SEXE;DATE DE NAISSANCE;CODE INSEE\n\
    P1;MARTIN;ANNE;F;04/05/1980;75107\n\
    P2;MARTTIN;ANNE;F;04/05/1980;75107\n\
    P3;BROSSE;MARIO;M;03/02/1981;2A004\n\
    P4;BROSSE;LUIGI;M;03/02/1981;2A004\n\
    P5;DURAND;PAUL;M;02/01/1970;59350\n";

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        let file = desk.0.path().join("patients.csv");
        fs::write(&file, PATIENTS).expect("written");
        assert!(desk.run(&["import", &file.to_string_lossy()]).status.success());
        desk
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_comptoir"));
        command.args(arguments).arg("--register").arg(self.0.path().join("register.db")).args(["--key-env", "CABINET"]);
        command.env_clear().env("HOME", self.0.path()).env("CABINET", KEY).env("TZ", "Europe/Paris");
        command.output().expect("run")
    }

    /// What is said to programs, one event a line.
    fn events(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(&[&["duplicates", "--json"], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).expect("text");
        said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// The pairs found: two records and what they may be to each other.
    fn pairs(&self) -> Vec<String> {
        let events = self.events(&[]);
        let text = |event: &Value, key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let pairs = events.iter().filter(|event| text(event, "event") == "pair");
        pairs.map(|pair| format!("{} {} {}", text(pair, "one"), text(pair, "other"), text(pair, "kind"))).collect()
    }
}

#[test]
fn a_person_looks_at_each_pair_decides_and_may_undo() {
    let desk = Desk::new();
    assert_eq!(desk.pairs(), ["P1 P2 duplicate", "P3 P4 twins"]);
    let done = desk.events(&[]).pop().expect("an end");
    let expected = json!({"event": "done", "looked_at": 5, "pairs": 2, "kinds": {"duplicate": 1, "twins": 1},
        "resumed": false, "cut": false});
    assert_eq!(done, expected);

    assert_eq!(desk.events(&["--merge", "P1", "P2"]), [json!({"event": "merged", "kept": "P1", "absorbed": "P2"})]);
    assert_eq!(desk.pairs(), ["P3 P4 twins"]);
    assert_eq!(
        desk.events(&["--tell-apart", "P3", "P4"]),
        [json!({"event": "told-apart", "one": "P3", "other": "P4"})]
    );
    assert!(desk.pairs().is_empty());
    assert_eq!(desk.events(&["--undo-merge", "P2"]), [json!({"event": "merge-undone", "record": "P2"})]);
    assert_eq!(desk.pairs(), ["P1 P2 duplicate"]);
}

#[test]
fn what_is_not_decided_changes_nothing_and_is_said_in_french() {
    let desk = Desk::new();
    for (rule, arguments, code, said) in [
        ("no such record", &["--merge", "P1", "P9"][..], 2, "n'est pas dans le registre"),
        ("one record", &["--merge", "P1", "P1"], 1, "deux dossiers différents"),
        ("never merged", &["--undo-merge", "P5"], 1, "n'a pas été fusionné"),
        ("two decisions", &["--merge", "P1", "P2", "--tell-apart", "P3", "P4"], 2, "cannot be used with"),
    ] {
        let output = desk.run(&[&["duplicates"], arguments].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{rule}: {told}");
        assert!(told.contains(said), "{rule}: {told}");
    }
    assert_eq!(desk.pairs(), ["P1 P2 duplicate", "P3 P4 twins"]);
}
