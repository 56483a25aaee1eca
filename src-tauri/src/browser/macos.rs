//! Browsers on macOS: the application folders, and the processes that `ps` lists.

use super::known::{Found, Kind};
pub(super) use super::unix::{apart, end, runs_as_root};
use std::path::{Path, PathBuf};
use std::process::Command;

const BUNDLES: &[(Kind, &str)] = &[
    (Kind::Chrome, "Google Chrome.app/Contents/MacOS/Google Chrome"),
    (Kind::Chromium, "Chromium.app/Contents/MacOS/Chromium"),
    (Kind::Edge, "Microsoft Edge.app/Contents/MacOS/Microsoft Edge"),
    (Kind::Brave, "Brave Browser.app/Contents/MacOS/Brave Browser"),
    (Kind::Firefox, "Firefox.app/Contents/MacOS/firefox"),
];

/// The browsers in the machine's application folder, then in the person's.
pub(super) fn installed() -> Vec<Found> {
    let folders: Vec<PathBuf> =
        [Some(PathBuf::from("/Applications")), dirs::home_dir().map(|home| home.join("Applications"))]
            .into_iter()
            .flatten()
            .collect();
    let program = |bundle: &str| folders.iter().map(|folder| folder.join(bundle)).find(|program| program.is_file());
    BUNDLES.iter().filter_map(|&(kind, bundle)| Some(Found { kind, program: program(bundle)? })).collect()
}

/// Launch Services tells its default only to programs that link with it: the order of preference decides.
pub(super) fn default_browser() -> Option<Kind> {
    None
}

/// The processes of which the command line names this profile.
pub(super) fn using(folder: &Path) -> Vec<u32> {
    let Some(folder) = folder.to_str() else { return Vec::new() };
    let Ok(listed) = Command::new("/bin/ps").args(["-axww", "-o", "pid=,command="]).output() else { return Vec::new() };
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let of_profile = listed.lines().filter(|line| line.contains(folder));
    of_profile.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
}
