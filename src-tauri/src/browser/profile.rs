//! Throw-away profiles: made for one sign-in, destroyed with the browser that runs in them.

use super::known::{Found, arguments, may_open, settings};
use super::system;
use comptoir_desk::BrowserError;
use ring::rand::{SystemRandom, generate};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use url::Url;

/// The folder of the profiles, in the data folder.
const FOLDER: &str = "sign-in-profiles";

/// A browser that cannot start says so at once.
const STARTING: Duration = Duration::from_millis(700);

/// What a browser gets to close by itself before it is ended.
const CLOSING: Duration = Duration::from_secs(2);

/// What the system gets to end it, and to let its files go.
const ENDING: Duration = Duration::from_secs(4);

const PAUSE: Duration = Duration::from_millis(25);

/// The throw-away profiles of one installation; those of this program are destroyed when it drops them.
#[derive(Debug)]
pub(super) struct Profiles {
    folder: PathBuf,
    started: Mutex<Vec<Started>>,
}

/// A browser that this program started. The lock tells other programs that its profile is in use.
#[derive(Debug)]
struct Started {
    folder: PathBuf,
    child: Option<Child>,
    _lock: File,
}

impl Profiles {
    pub(super) fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER), started: Mutex::default() }
    }

    /// Starts a browser on `address` in a fresh profile. Performs I/O.
    pub(super) fn start(&self, found: &Found, address: &Url) -> io::Result<()> {
        if !may_open(address) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        private_folder(&self.folder)?;
        let name: [u8; 8] = generate(&SystemRandom::new()).map_err(|_| io::Error::other("no randomness"))?.expose();
        let folder = self.folder.join(format!("{:016x}", u64::from_be_bytes(name)));
        let lock = File::create(lock_of(&folder))?;
        lock.try_lock()?;
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        // Noted before it exists: whatever fails from here on is destroyed with the rest.
        started.push(Started { folder: folder.clone(), child: None, _lock: lock });
        private_folder(&folder)?;
        let (file, content) = settings(found.kind);
        let file = folder.join(file);
        if let Some(parent) = file.parent() {
            private_folder(parent)?;
        }
        fs::write(file, content)?;
        let as_root = system::runs_as_root();
        if as_root {
            tracing::warn!("Comptoir runs as root: the patient's browser has no sandbox, as it refuses one to root");
        }
        let mut command = Command::new(&found.program);
        command.args(arguments(found.kind, &folder, address, as_root));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        system::apart(&mut command);
        let child = command.spawn()?;
        if let Some(last) = started.last_mut() {
            let child = last.child.insert(child);
            if within(STARTING, || matches!(child.try_wait(), Ok(Some(_)))) {
                return Err(io::Error::other("the browser ended at once"));
            }
        }
        Ok(())
    }

    /// Ends the browsers and removes the profiles, those of a program that crashed too; another
    /// program's at work are left to it. Performs I/O, for some seconds at most.
    pub(super) fn destroy(&self) -> Result<(), BrowserError> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        started.retain_mut(|one| !remove(&one.folder, one.child.as_mut()));
        let mut remains = !started.is_empty();
        for (folder, lock) in self.abandoned() {
            // What is being written to disk while it is removed comes once more.
            remains |= lock.is_none() || !remove(&folder, None);
        }
        if remains { Err(BrowserError::ProfileRemains) } else { Ok(()) }
    }

    /// Whether there is a profile whose browser should have been ended.
    pub(super) fn remain(&self) -> bool {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        !started.is_empty() || !self.abandoned().is_empty()
    }

    /// The profiles that no running program holds, each with its lock, `None` when it cannot be had.
    fn abandoned(&self) -> Vec<(PathBuf, Option<File>)> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(_) => return vec![(self.folder.clone(), None)],
        };
        let folders = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
        folders
            .filter_map(|folder| match File::create(lock_of(&folder)) {
                Ok(lock) => match lock.try_lock() {
                    Ok(()) => Some((folder, Some(lock))),
                    Err(TryLockError::WouldBlock) => None,
                    Err(TryLockError::Error(_)) => Some((folder, None)),
                },
                Err(_) => Some((folder, None)),
            })
            .collect()
    }
}

impl Drop for Profiles {
    fn drop(&mut self) {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        started.retain_mut(|one| !remove(&one.folder, one.child.as_mut()));
    }
}

/// Ends what runs in a profile, then removes it; returns whether nothing is left.
fn remove(folder: &Path, mut child: Option<&mut Child>) -> bool {
    let mut runs = move || {
        let alive = child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        let mut processes = system::using(folder);
        processes.extend(child.as_ref().filter(|_| alive).map(|child| child.id()));
        processes
    };
    for (patience, forced) in [(CLOSING, false), (ENDING, true)] {
        let processes = runs();
        if processes.is_empty() {
            break;
        }
        system::end(&processes, forced);
        if within(patience, || runs().is_empty()) {
            break;
        }
    }
    // A browser that still runs could write its session again: its folder stays, as its mark.
    let gone = runs().is_empty() && within(ENDING, || fs::remove_dir_all(folder).is_ok() || !folder.exists());
    if gone {
        // Only a name and a lock that nobody needs any more.
        drop(fs::remove_file(lock_of(folder)));
    }
    gone
}

fn lock_of(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

fn within(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    for _ in 0..patience.as_millis() / PAUSE.as_millis() {
        if done() {
            return true;
        }
        thread::sleep(PAUSE);
    }
    done()
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::super::known::Kind;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const ADDRESS: &str = "http://127.0.0.1:9/authorize";

    /// A browser that stays, with its arguments on its command line.
    fn browser(folder: &Path, content: &str) -> Found {
        let program = folder.join("browser");
        fs::write(&program, format!("#!/bin/sh\n{content}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
        Found { kind: Kind::Chromium, program }
    }

    fn program(data: &tempfile::TempDir, name: &str) -> PathBuf {
        let folder = data.path().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    fn folders(data: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(data.join(FOLDER)).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }

    #[test]
    fn a_profile_goes_with_its_browser_even_one_that_does_not_listen() {
        let address = Url::parse(ADDRESS).expect("an address");
        for (rule, content) in [
            ("it closes when asked", "while true; do sleep 0.1; done"),
            ("it does not", "trap '' TERM\nwhile true; do sleep 0.1; done"),
        ] {
            let data = tempfile::tempdir().expect("a folder");
            let profiles = Profiles::new(data.path());
            profiles.start(&browser(data.path(), content), &address).expect(rule);
            let made = folders(data.path());
            let [profile] = made.as_slice() else { panic!("{rule}: {made:?}") };
            let rights = fs::metadata(profile).expect("a profile").permissions().mode() & 0o777;
            assert_eq!((rights, system::using(profile).len()), (0o700, 1), "{rule}");
            assert!(profile.join("Default/Preferences").is_file() && profiles.remain(), "{rule}");
            profiles.destroy().expect(rule);
            assert_eq!((system::using(profile).len(), profiles.remain()), (0, false), "{rule}");
            assert_eq!(
                fs::read_dir(data.path().join(FOLDER)).expect("the folder").count(),
                0,
                "{rule}: nothing is left"
            );
        }
    }

    #[test]
    fn what_a_crash_left_is_ended_and_removed_and_another_programs_is_left_alone() {
        let address = Url::parse(ADDRESS).expect("an address");
        let data = tempfile::tempdir().expect("a folder");
        let crashed = Profiles::new(data.path());
        crashed.start(&browser(data.path(), "while true; do sleep 0.1; done"), &address).expect("started");
        let made = folders(data.path());
        let [profile] = made.as_slice() else { panic!("{made:?}") };

        let next = Profiles::new(data.path());
        next.destroy().expect("nothing of its own");
        assert_eq!((system::using(profile).len(), next.remain()), (1, false), "a program at work keeps its profile");

        // As a crash: the lock goes, nothing else does.
        let mut left = std::mem::take(&mut *crashed.started.lock().expect("no panic"));
        let child = left.pop().and_then(|started| started.child);
        assert!(next.remain(), "now it is nobody's");
        let reaped = thread::spawn(move || child.expect("a browser").wait());
        next.destroy().expect("destroyed");
        reaped.join().expect("no panic").expect("ended");
        assert_eq!((system::using(profile).len(), next.remain(), profile.exists()), (0, false, false));
    }

    #[test]
    fn a_browser_that_does_not_start_is_an_error_and_leaves_nothing() {
        let data = tempfile::tempdir().expect("a folder");
        let profiles = Profiles::new(data.path());
        let stays = "while true; do sleep 0.1; done";
        for (rule, found, address) in [
            ("it ends at once", browser(&program(&data, "a"), "exit 1"), ADDRESS),
            ("it is not there", Found { kind: Kind::Firefox, program: data.path().join("nowhere") }, ADDRESS),
            ("an address that is not to be opened", browser(&program(&data, "b"), stays), "file:///etc/passwd"),
        ] {
            let address = Url::parse(address).expect("an address");
            assert!(profiles.start(&found, &address).is_err(), "{rule}");
            profiles.destroy().expect(rule);
            assert!(folders(data.path()).is_empty() && !profiles.remain(), "{rule}");
        }
    }

    #[test]
    fn dropped_it_destroys_what_it_started() {
        let address = Url::parse(ADDRESS).expect("an address");
        let data = tempfile::tempdir().expect("a folder");
        let profiles = Profiles::new(data.path());
        profiles.start(&browser(data.path(), "while true; do sleep 0.1; done"), &address).expect("started");
        drop(profiles);
        assert!(folders(data.path()).is_empty());
    }
}
