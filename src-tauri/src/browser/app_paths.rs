//! The App Paths of Windows' registry: where installers write which program answers to a name.
//!
//! The same on every system, so that the choice is tested on each; `windows.rs` reads the registry.

use super::known::{Found, Kind};
use std::path::{Path, PathBuf};

/// Whose App Paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hive {
    /// Everybody's (`HKEY_LOCAL_MACHINE`): only an administrator writes there.
    Machine,
    /// This person's (`HKEY_CURRENT_USER`).
    Person,
}

/// The folder of the App Paths in either hive; each program's key is below, its path the unnamed value.
pub(super) const APP_PATHS: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths";

/// Chromium goes by Chrome's name.
const NAMES: &[(Kind, &str)] = &[
    (Kind::Chrome, "chrome.exe"),
    (Kind::Edge, "msedge.exe"),
    (Kind::Brave, "brave.exe"),
    (Kind::Firefox, "firefox.exe"),
];

/// The browsers that the App Paths name and that are there, at most one of each kind, everybody's first.
pub(super) fn registered(read: impl Fn(Hive, &str) -> Option<String>, exists: impl Fn(&Path) -> bool) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for hive in [Hive::Machine, Hive::Person] {
        for &(kind, name) in NAMES {
            let Some(path) = read(hive, &format!(r"{APP_PATHS}\{name}")) else { continue };
            let Some(program) = program(&path, name) else { continue };
            let kind = if is_chromium(&path) { Kind::Chromium } else { kind };
            if found.iter().all(|one| one.kind != kind) && exists(&program) {
                found.push(Found { kind, program });
            }
        }
    }
    found
}

/// The program that a value names: on a drive of this machine, under the name that was asked for. A value
/// in quotes is one too; a variable in it is not replaced, and no installer of a browser writes one.
fn program(value: &str, name: &str) -> Option<PathBuf> {
    let path = value.trim().trim_matches('"');
    let (drive, folders) = path.split_once(r":\")?;
    let on_drive = drive.len() == 1 && drive.chars().all(|letter| letter.is_ascii_alphabetic());
    let named = folders.rsplit('\\').next().is_some_and(|last| last.eq_ignore_ascii_case(name));
    (on_drive && named).then(|| PathBuf::from(path))
}

fn is_chromium(path: &str) -> bool {
    path.split('\\').any(|folder| folder.eq_ignore_ascii_case("Chromium"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = r"C:\Program Files\Google\Chrome\Application\chrome.exe";
    const CHROMIUM: &str = r"C:\Users\anne\AppData\Local\Chromium\Application\chrome.exe";

    #[test]
    fn everybodys_browsers_come_before_this_persons_and_chromium_goes_by_chromes_name() {
        let edge = r"D:\Apps\Edge\msedge.exe";
        for (rule, machine, person, there, expected) in [
            ("everybody's", &[("chrome.exe", CHROME)][..], &[][..], &[CHROME][..], &[(Kind::Chrome, CHROME)][..]),
            ("this person's", &[], &[("msedge.exe", edge)], &[edge], &[(Kind::Edge, edge)]),
            (
                "both",
                &[("msedge.exe", edge)],
                &[("msedge.exe", r"D:\x\msedge.exe")],
                &[edge, r"D:\x\msedge.exe"],
                &[(Kind::Edge, edge)],
            ),
            (
                "everybody's is gone",
                &[("msedge.exe", r"D:\x\msedge.exe")],
                &[("msedge.exe", edge)],
                &[edge],
                &[(Kind::Edge, edge)],
            ),
            (
                "Chrome, and Chromium by its name",
                &[("chrome.exe", CHROME)],
                &[("chrome.exe", CHROMIUM)],
                &[CHROME, CHROMIUM],
                &[(Kind::Chrome, CHROME), (Kind::Chromium, CHROMIUM)],
            ),
            ("nothing there", &[("chrome.exe", CHROME)], &[("msedge.exe", edge)], &[], &[]),
        ] {
            let read = |hive: Hive, key: &str| {
                let entries = if hive == Hive::Machine { machine } else { person };
                let name = key.strip_prefix(APP_PATHS)?.strip_prefix('\\')?;
                entries.iter().find(|(entry, _)| *entry == name).map(|(_, path)| (*path).to_owned())
            };
            let found = registered(read, |path| there.iter().any(|one| Path::new(one) == path));
            let expected: Vec<Found> =
                expected.iter().map(|&(kind, path)| Found { kind, program: PathBuf::from(path) }).collect();
            assert_eq!(found, expected, "{rule}");
        }
    }

    #[test]
    fn a_value_names_a_program_of_that_name_on_a_drive() {
        for (rule, value, expected) in [
            ("plain", CHROME, Some(CHROME)),
            ("in quotes", r#""C:\Program Files\Google\Chrome\Application\chrome.exe""#, Some(CHROME)),
            ("capitals", r"c:\X\CHROME.EXE", Some(r"c:\X\CHROME.EXE")),
            ("another program", r"C:\Windows\System32\cmd.exe", None),
            ("with arguments", r#""C:\X\chrome.exe" --app=x"#, None),
            ("another computer's", r"\\server\share\chrome.exe", None),
            ("beside the program that asks", "chrome.exe", None),
            ("a variable", r"%ProgramFiles%\chrome.exe", None),
            ("no path", "", None),
        ] {
            assert_eq!(program(value, "chrome.exe"), expected.map(PathBuf::from), "{rule}");
        }
    }
}
