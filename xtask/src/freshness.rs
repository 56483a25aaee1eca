//! Whether what was built is newer than what it was built from.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folders that the build writes, or that hold no source of what it builds.
const NOT_SOURCES: [&str; 4] = ["dist", "paraglide", "tests", "node_modules"];

/// Says whether the built file is absent or older than any of its sources.
pub(crate) fn stale(built: &Path, sources: &[PathBuf]) -> bool {
    let Some(built) = modified(built) else { return true };
    sources.iter().any(|source| newest(source).is_some_and(|newest| newest > built))
}

/// Finds the last change among the files at or below a path. Folders do not count: the build writes into some.
fn newest(path: &Path) -> Option<SystemTime> {
    if !path.is_dir() {
        return modified(path);
    }
    fs::read_dir(path)
        .ok()?
        .flatten()
        .filter(|entry| !NOT_SOURCES.iter().any(|excluded| entry.file_name() == *excluded))
        .filter_map(|entry| newest(&entry.path()))
        .max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;

    const BUILT: u64 = 1_000;

    #[test]
    fn what_is_older_than_a_source_is_stale() {
        let cases = [
            ("nothing newer", "ui/src/App.svelte", BUILT - 1, false),
            ("a newer source", "ui/src/App.svelte", BUILT + 1, true),
            ("a newer source, deep", "ui/src/parts/Key.svelte", BUILT + 1, true),
            ("a newer manifest", "package.json", BUILT + 1, true),
            ("the build's own texts", "ui/src/paraglide/messages.js", BUILT + 1, false),
            ("a test", "ui/tests/screens.test.mjs", BUILT + 1, false),
        ];
        for (index, (case, file, time, expected)) in cases.into_iter().enumerate() {
            let root = std::env::temp_dir().join(format!("comptoir-freshness-{}-{index}", std::process::id()));
            let all = [
                "ui/dist/index.html",
                "ui/src/App.svelte",
                "ui/src/parts/Key.svelte",
                "ui/src/paraglide/messages.js",
                "ui/tests/screens.test.mjs",
                "package.json",
            ];
            for path in all {
                write(&root.join(path), if path == file { time } else { BUILT });
            }
            let found = stale(&root.join("ui/dist/index.html"), &[root.join("ui"), root.join("package.json")]);
            assert_eq!(found, expected, "{case}");
            assert!(stale(&root.join("ui/dist/absent.html"), &[]), "nothing built");
            fs::remove_dir_all(&root).expect("removed");
        }
    }

    fn write(path: &Path, seconds: u64) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, "").expect("written");
        set_time(path, seconds);
    }

    fn set_time(path: &Path, seconds: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        File::open(path).expect("open").set_modified(time).expect("a time is set");
    }
}
