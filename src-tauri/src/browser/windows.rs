//! Browsers on Windows: the usual program folders, and what installers wrote in the registry.

use super::app_paths::{Hive, registered};
use super::known::{Found, Kind};
use std::env;
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use windows_registry::{CURRENT_USER, LOCAL_MACHINE};

const PROGRAMS: &[(Kind, &str)] = &[
    (Kind::Chrome, r"Google\Chrome\Application\chrome.exe"),
    (Kind::Chromium, r"Chromium\Application\chrome.exe"),
    (Kind::Edge, r"Microsoft\Edge\Application\msedge.exe"),
    (Kind::Brave, r"BraveSoftware\Brave-Browser\Application\brave.exe"),
    (Kind::Firefox, r"Mozilla Firefox\firefox.exe"),
];

/// The browsers installed for everybody, then for this person; elsewhere than usual, those of the App Paths.
pub(super) fn installed() -> Vec<Found> {
    let folders: Vec<PathBuf> = ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"]
        .into_iter()
        .filter_map(|variable| env::var_os(variable).map(PathBuf::from))
        .collect();
    let program = |path: &str| folders.iter().map(|folder| folder.join(path)).find(|program| program.is_file());
    let usual: Vec<Found> =
        PROGRAMS.iter().filter_map(|&(kind, path)| Some(Found { kind, program: program(path)? })).collect();
    let elsewhere = registered(|hive, key| read(hive, key, ""), Path::is_file);
    let missing: Vec<Found> =
        elsewhere.into_iter().filter(|one| usual.iter().all(|found| found.kind != one.kind)).collect();
    usual.into_iter().chain(missing).collect()
}

/// The default browser, by the `ProgId` that the person chose for https.
pub(super) fn default_browser() -> Option<Kind> {
    const CHOICE: &str = r"Software\Microsoft\Windows\Shell\Associations\UrlAssociations\https\UserChoice";
    Kind::named(&read(Hive::Person, CHOICE, "ProgId")?)
}

/// A text of the registry.
fn read(hive: Hive, key: &str, value: &str) -> Option<String> {
    let hive = match hive {
        Hive::Machine => LOCAL_MACHINE,
        Hive::Person => CURRENT_USER,
    };
    hive.open(key).ok()?.get_string(value).ok()
}

/// A browser of a program that crashed is not looked for: it holds its files open, so that its folder
/// cannot be removed and remains as its mark.
pub(super) fn using(_: &Path) -> Vec<u32> {
    Vec::new()
}

/// Windows has no root, and browsers keep their sandbox.
pub(super) fn runs_as_root() -> bool {
    false
}

/// Nothing to do: a browser has no console to be interrupted at.
pub(super) fn apart(_: &mut Command) {}

/// Asks processes to close, or ends them with their children.
pub(super) fn end(processes: &[u32], forced: bool) {
    /// `CREATE_NO_WINDOW`: no console flashes up over the window.
    const NO_WINDOW: u32 = 0x0800_0000;
    let Some(taskkill) = tool("taskkill.exe") else { return };
    for process in processes {
        let mut command = Command::new(&taskkill);
        command.args(["/T", "/PID", &process.to_string()]).creation_flags(NO_WINDOW);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if forced {
            command.arg("/F");
        }
        // Whether it still runs is looked at afterwards.
        drop(command.status());
    }
}

fn tool(name: &str) -> Option<PathBuf> {
    Some(PathBuf::from(env::var_os("SystemRoot")?).join("System32").join(name))
}
