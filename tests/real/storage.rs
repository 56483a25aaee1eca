//! The recovery key, backups and another computer, with the real keychain of a desktop session.
//!
//! Left out of plain `cargo test`: they need the session that `./x test` makes.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use comptoir_register::{Act, ActKind, Register, RegisterKey};
use comptoir_tests::program::Account;
use jiff::Timestamp;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_comptoir");

/// Runs a subcommand on a register as the account's owner would, with what is typed.
fn run(account: &Account, arguments: &[&str], register: &Path, typed: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg("--register").arg(register).env("COMPTOIR_LOG", "trace");
    account.inhabit(&mut command);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    child.stdin.take().expect("a pipe").write_all(typed.as_bytes()).ok();
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn only_backup(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).expect("read").map(|entry| entry.expect("one").path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "db")).collect();
    assert_eq!(found.len(), 1, "one backup");
    found.pop().expect("a backup")
}

#[test]
#[ignore = "needs a session bus and a keyring: ./x test"]
fn a_backup_and_the_recovery_key_bring_the_register_to_another_computer() {
    let key = RegisterKey::from_bytes(&[9; 32]).expect("a key");
    let text = key.recovery_text();
    let (old, new) = (Account::with_keychain(PROGRAM).expect("one"), Account::with_keychain(PROGRAM).expect("two"));
    let register = old.home().join("register.db");
    let made = Register::open(&register, &key).expect("made");
    made.journal(&Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::SearchMade)).expect("written");
    drop(made);

    run(&old, &["recovery-key", "--enter"], &register, text.expose());
    run(&old, &["backup"], &register, "");
    let backup = only_backup(&old.home().join("sauvegardes"));
    run(&old, &["recovery-key", "--renew"], &register, "");
    assert!(Register::try_key(&register, &key).is_err(), "the old key opens it no longer");
    run(&old, &["backup", "--to", &old.home().join("renewed").display().to_string()], &register, "");

    // Another computer, which has the backup and the paper.
    let typed = text.expose().to_lowercase();
    let entered = run(&new, &["recovery-key", "--enter"], &backup, &typed);
    let there = new.home().join("register.db");
    let restored = run(&new, &["restore", &backup.display().to_string()], &there, "");
    let register = Register::open(&there, &key).expect("opened");
    assert_eq!(register.contents().expect("read").head.sequence, 2, "the act, and the line of the restoration");

    for output in [entered, restored] {
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let repeated = text.expose().split(['-', '\n']).find(|group| !group.is_empty() && said.contains(group));
        assert!(repeated.is_none(), "no log has a part of the key");
    }
}
