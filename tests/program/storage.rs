//! `comptoir backup`, `restore` and `recovery-key`, as a script or a person at a terminal would run them.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at what should not be")]

use comptoir_register::{Act, ActKind, Register, RegisterKey};
use jiff::Timestamp;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    /// A register whose journal has so many lines.
    fn with_acts(acts: usize) -> Self {
        let desk = Self { home: tempfile::tempdir().expect("a folder") };
        desk.act(acts);
        desk
    }

    fn file(&self) -> PathBuf {
        self.home.path().join("register.db")
    }

    fn open(&self) -> Register {
        Register::open(&self.file(), &key()).expect("opened")
    }

    fn act(&self, acts: usize) {
        let register = self.open();
        for _ in 0..acts {
            let act = Act::new(Timestamp::UNIX_EPOCH, "test", ActKind::SearchMade);
            register.journal(&act).expect("written");
        }
    }

    fn lines(&self) -> i64 {
        self.open().contents().expect("read").head.sequence
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CABINET", KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a subcommand on the register, with what is typed.
    fn run(&self, arguments: &[&str], typed: &str) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_comptoir"));
        command.args(arguments).arg("--register").arg(self.file());
        let mut child = command.spawn().expect("started");
        // A program that refuses at once reads nothing.
        child.stdin.take().expect("a pipe").write_all(typed.as_bytes()).ok();
        child.wait_with_output().expect("ended")
    }

    fn backed_up(&self) -> PathBuf {
        let output = self.run(&["backup", "--json", "--key-env", "CABINET"], "");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        PathBuf::from(events(&output)[0]["file"].as_str().expect("a file"))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.path()).expect("read").map(|entry| entry.expect("one").path());
        let files = entries.filter(|path| path.is_file());
        let mut names: Vec<String> =
            files.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
        names.sort();
        names
    }
}

fn key() -> RegisterKey {
    RegisterKey::from_hexadecimal(KEY).expect("a key")
}

fn events(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_register_is_backed_up_and_restored_and_the_one_replaced_is_kept() {
    let desk = Desk::with_acts(3);
    let first = desk.backed_up();
    assert_eq!(first.parent(), Some(desk.home.path().join("sauvegardes").as_path()));
    desk.act(2);
    let backup = first.display().to_string();
    let restore = ["restore", &backup, "--json", "--key-env", "CABINET"];

    // Two acts would be gone: without a terminal to ask at, somebody must have said so.
    let asked = desk.run(&restore, "oui\n");
    assert_eq!(asked.status.code(), Some(2), "{}", said(&asked));
    let events_asked = events(&asked);
    assert_eq!((&events_asked[0]["loss"], &events_asked[0]["acts"]), (&"acts".into(), &2.into()));
    assert_eq!(events_asked.last().expect("an event")["event"], "failed");
    assert_eq!((desk.lines(), desk.names()), (5, vec!["register.db".to_owned()]), "nothing was changed");

    let mut confirmed = restore.to_vec();
    confirmed.push("--yes");
    let restored = desk.run(&confirmed, "");
    assert_eq!(restored.status.code(), Some(0), "{}", said(&restored));
    let kept = events(&restored)[1]["kept"].as_str().map(PathBuf::from).expect("kept");
    assert_eq!(events(&restored)[2]["event"], "done");
    assert_eq!(desk.lines(), 4, "three acts, and the line that says what was done");
    let before = Register::open(&kept, &key()).expect("what was replaced opens");
    assert_eq!(before.contents().expect("read").head.sequence, 5, "and has all of it");
}

#[test]
fn what_a_person_reads_says_what_happened_what_was_kept_and_what_to_do() {
    let desk = Desk::with_acts(3);
    let backup = desk.run(&["backup", "--key-env", "CABINET"], "");
    assert_eq!(backup.status.code(), Some(0));
    for words in ["Sauvegarde faite et relue", "0 dossiers, 3 lignes de journal", "hors de cet ordinateur", "Terminé."]
    {
        assert!(said(&backup).contains(words), "{words}: {}", said(&backup));
    }
    assert_eq!(backup.stdout, b"", "people are spoken to on the other stream");
    let file = fs::read_dir(desk.home.path().join("sauvegardes"))
        .expect("read")
        .map(|entry| entry.expect("one").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "db"))
        .expect("a backup");
    let restore = desk.run(&["restore", &file.display().to_string(), "--key-env", "CABINET"], "");
    assert_eq!(restore.status.code(), Some(0), "{}", said(&restore));
    for words in ["La sauvegarde est entière", "Rien de ce que contient le registre", "Le registre d'avant est gardé :"]
    {
        assert!(said(&restore).contains(words), "{words}: {}", said(&restore));
    }
}

#[test]
fn what_cannot_be_done_is_said_and_changes_nothing() {
    let desk = Desk::with_acts(3);
    let backup = desk.backed_up();
    let whole = fs::read(&backup).expect("read");
    let mut altered = whole.clone();
    altered[whole.len() / 2 / 4096 * 4096 + 2000] ^= 1;
    let (damaged, other, file) = (desk.home.path().join("damaged"), desk.home.path().join("other"), desk.file());
    fs::write(&damaged, altered).expect("written");
    drop(Register::open(&other, &RegisterKey::from_bytes(&[9; 32]).expect("a key")).expect("made"));
    let before = fs::read(&file).expect("read");
    let [backup, damaged, other, file] = [&backup, &damaged, &other, &file].map(|path| path.display().to_string());
    let in_a_file = format!("{file}/sauvegardes");
    for (rule, arguments, code, reference, exit) in [
        ("a folder that is a file", vec!["backup", "--to", &in_a_file], "backup-folder-unusable", "REG-43", 1),
        ("a damaged backup", vec!["restore", &damaged], "backup-damaged", "REG-52", 1),
        ("a backup under another key", vec!["restore", &other], "backup-wrong-key", "REG-50", 1),
        ("no backup there", vec!["restore", "nowhere.db"], "backup-unreadable", "REG-53", 1),
    ] {
        let mut arguments = arguments;
        arguments.extend(["--json", "--key-env", "CABINET"]);
        let output = desk.run(&arguments, "");
        let last = events(&output).pop().unwrap_or_else(|| panic!("{rule}: {}", said(&output)));
        assert_eq!((last["code"].as_str(), last["reference"].as_str()), (Some(code), Some(reference)), "{rule}");
        assert_eq!(output.status.code(), Some(exit), "{rule}");
        assert!(fs::read(&file).expect("read") == before, "{rule}: the register was changed");
    }
    let open = desk.open();
    let output = desk.run(&["restore", &backup, "--yes", "--json", "--key-env", "CABINET"], "");
    let last = events(&output).pop().expect("an event");
    assert_eq!(last["code"], "register-in-use", "the desk has it open");
    assert_eq!(open.contents().expect("read").head.sequence, 3);
}

#[test]
fn the_recovery_key_is_shown_on_a_terminal_only_and_the_journal_tells_of_it() {
    let desk = Desk::with_acts(1);
    let piped = desk.run(&["recovery-key", "--show", "--key-env", "CABINET"], "");
    assert_eq!((piped.status.code(), piped.stdout.as_slice()), (Some(2), b"".as_slice()), "{}", said(&piped));
    assert_eq!(desk.lines(), 1);

    // `script` gives the program a terminal.
    let program = env!("CARGO_BIN_EXE_comptoir");
    let show = format!("{program} recovery-key --show --key-env CABINET --register {}", desk.file().display());
    let shown = desk.command("script").args(["--quiet", "--return", "--command", &show, "/dev/null"]).output();
    let shown = shown.expect("script, of every Debian");
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert_eq!(shown.status.code(), Some(0), "{text}");
    assert!(text.contains("ni photo ni message"), "{text}");
    let printed: Vec<&str> =
        text.lines().map(str::trim).filter(|line| line.len() == 17 && !line.contains(' ')).collect();
    let read = RegisterKey::from_recovery_text(&printed.join("\n")).expect("a recovery key");
    assert_eq!(read.expose(), key().expose());
    assert_eq!(desk.lines(), 2, "the journal tells of it");
}

#[test]
fn a_recovery_key_typed_wrong_is_said_by_its_place_and_never_repeated() {
    let desk = Desk::with_acts(1);
    let text = key().recovery_text();
    let text = text.expose();
    let mut wrong: Vec<char> = text.chars().collect();
    // The second group of the third line.
    let at = 2 * 18 + 7;
    wrong[at] = if wrong[at] == 'Z' { 'Y' } else { 'Z' };
    let wrong: String = wrong.into_iter().collect();
    for (rule, typed, expected, reference) in [
        ("one character", wrong.as_str(), "ligne 3, groupe 2", "KC-07"),
        ("nothing", "", "quatre lignes", "KC-07"),
        // No keychain runs here: the key was good, and there is nowhere to keep it.
        ("as printed", text, "trousseau", "KC-01"),
    ] {
        let output = desk.run(&["recovery-key", "--enter"], typed);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{rule}: {said}");
        assert!(said.contains(expected) && said.contains(reference), "{rule}: {said}");
        let repeated = typed.split(['-', '\n']).any(|group| !group.is_empty() && said.contains(group));
        assert!(!repeated, "{rule}: what was typed is not repeated");
    }
    let other = RegisterKey::from_bytes(&[9; 32]).expect("a key").recovery_text();
    let output = desk.run(&["recovery-key", "--enter"], other.expose());
    assert!(said(&output).contains("REG-01"), "{}", said(&output));
}

#[test]
fn a_backup_from_before_another_key_is_restored_with_its_recovery_key() {
    let desk = Desk::with_acts(2);
    let old = RegisterKey::from_bytes(&[9; 32]).expect("a key");
    let backup = desk.home.path().join("before.db");
    let register = Register::open(&backup, &old).expect("made");
    register.journal(&Act::new(Timestamp::UNIX_EPOCH, "test", ActKind::SearchMade)).expect("written");
    drop(register);
    let backup = backup.display().to_string();
    let restore = ["restore", &backup, "--recovery-key", "--yes", "--json", "--key-env", "CABINET"];
    let output = desk.run(&restore, old.recovery_text().expose());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(desk.lines(), 2, "its one act, and the line that says what was done; under the present key");
}
