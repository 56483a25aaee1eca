//! Browsers on Linux: the PATH, the default of the desktop, the processes under `/proc`.

use super::known::{Found, Kind};
pub(super) use super::unix::{apart, end, runs_as_root};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const NAMES: &[(Kind, &[&str])] = &[
    (Kind::Chrome, &["google-chrome", "google-chrome-stable"]),
    (Kind::Chromium, &["chromium", "chromium-browser"]),
    (Kind::Edge, &["microsoft-edge", "microsoft-edge-stable"]),
    (Kind::Brave, &["brave-browser", "brave"]),
    (Kind::Firefox, &["firefox", "firefox-esr"]),
];

/// Where distributions and vendors install, for a session whose PATH is short.
const USUAL: &[&str] =
    &["/usr/bin", "/usr/local/bin", "/opt/google/chrome", "/opt/microsoft/msedge", "/opt/brave.com/brave"];

/// The browsers that can be given a profile in our data folder.
pub(super) fn installed() -> Vec<Found> {
    let path = env::var_os("PATH").unwrap_or_default();
    find(env::split_paths(&path).chain(USUAL.iter().map(PathBuf::from)).filter(|folder| folder.is_absolute()))
}

fn find(folders: impl Iterator<Item = PathBuf>) -> Vec<Found> {
    let folders: Vec<PathBuf> = folders.collect();
    let program = |names: &[&str]| {
        names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|program| usable(program)))
    };
    NAMES.iter().filter_map(|&(kind, names)| Some(Found { kind, program: program(names)? })).collect()
}

/// Whether a program can be started and reads our data folder: snap and flatpak confine theirs to
/// folders of their own, and hidden folders of the home are closed to them.
fn usable(program: &Path) -> bool {
    let Ok(real) = program.canonicalize() else { return false };
    let executable = fs::metadata(&real).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
    let confined = |path: &Path| {
        path.starts_with("/snap")
            || path.ends_with("snap")
            || path.components().any(|part| part.as_os_str() == "flatpak")
    };
    executable && !confined(program) && !confined(&real) && !hands_over(&real)
}

/// Whether this is one of the small scripts that hand over to a snap or a flatpak.
fn hands_over(program: &Path) -> bool {
    const SCRIPT: u64 = 64 * 1024;
    if fs::metadata(program).is_ok_and(|file| file.len() > SCRIPT) {
        return false;
    }
    fs::read_to_string(program).is_ok_and(|text| text.contains("/snap/bin/") || text.contains("flatpak run"))
}

/// The desktop's default browser, when it is a known one.
pub(super) fn default_browser() -> Option<Kind> {
    let asked = Command::new("xdg-mime").args(["query", "default", "x-scheme-handler/https"]).output().ok()?;
    Kind::named(str::from_utf8(&asked.stdout).ok()?)
}

/// The processes of which an argument names this profile.
pub(super) fn using(folder: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let processes = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes
        .filter(|&id| fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| names(&line, folder.as_os_str())))
        .collect()
}

/// Whether one of the arguments is the folder, after `--user-data-dir=` or by itself, or lies in it.
fn names(command_line: &[u8], folder: &OsStr) -> bool {
    let folder = folder.as_bytes();
    command_line.windows(folder.len().max(1)).any(|part| part == folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn program(folder: &Path, name: &str, content: &str, mode: u32) {
        let file = folder.join(name);
        fs::write(&file, content).expect("written");
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("set");
    }

    #[test]
    fn browsers_are_found_on_the_path_and_confined_ones_are_not_usable() {
        let root = tempfile::tempdir().expect("a folder");
        let (first, second) = (root.path().join("first"), root.path().join("flatpak/exports/bin"));
        fs::create_dir_all(&first).and_then(|()| fs::create_dir_all(&second)).expect("folders");
        program(&first, "chromium-browser", "#!/bin/sh\nexec /snap/bin/chromium \"$@\"\n", 0o755);
        program(&first, "firefox-esr", "#!/bin/sh\n", 0o755);
        program(&first, "google-chrome", "not executable", 0o644);
        program(&first, "brave-real", "#!/bin/sh\n", 0o755);
        symlink(first.join("brave-real"), first.join("brave-browser")).expect("a link");
        symlink(first.join("nowhere"), first.join("chromium")).expect("a broken link");
        program(&second, "microsoft-edge", "#!/bin/sh\n", 0o755);
        let found = find([first.clone(), second, root.path().join("absent")].into_iter());
        let expected = [(Kind::Brave, "brave-browser"), (Kind::Firefox, "firefox-esr")];
        let expected: Vec<Found> =
            expected.map(|(kind, name)| Found { kind, program: first.join(name) }).into_iter().collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_process_uses_a_profile_when_an_argument_names_it() {
        for (rule, line, expected) in [
            ("Chromium", &b"chromium\0--user-data-dir=/d/0011\0https://x\0"[..], true),
            ("Firefox", b"firefox\0--profile\0/d/0011\0", true),
            ("its crash handler", b"crashpad\0--database=/d/0011/Crash Reports\0", true),
            ("another profile", b"chromium\0--user-data-dir=/d/0012\0", false),
            ("a kernel thread", b"", false),
        ] {
            assert_eq!(names(line, OsStr::new("/d/0011")), expected, "{rule}");
        }
    }
}
