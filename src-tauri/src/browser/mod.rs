//! The patient's browser: one of its own in a throw-away profile, or the desk's, with the mark that a
//! sign-in may have left a session there.

#[cfg(any(windows, test))]
mod app_paths;
mod known;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
#[cfg(unix)]
mod unix;

mod profile;

pub(crate) use known::Found;

use crate::folders::Environment;
use comptoir_desk::{Browser, BrowserError, Opened, Purpose};
use profile::Profiles;
use std::fs;
use std::io;
use std::path::PathBuf;
use url::Url;

/// Who opens the address of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// A known browser in a throw-away profile; the system's default browser where there is none.
    ThrowAway,
    /// The system's default browser.
    Shared,
    /// Nobody: the address is printed or copied (`--no-browser`).
    ByHand,
}

/// The browser of the desk.
///
/// The mark is an empty file in the data folder: it says that a sign-in was begun in a browser that
/// may keep its session, nothing of whom. The folder of a throw-away profile is its own mark.
#[derive(Debug)]
pub(crate) struct DeskBrowser {
    opening: Opening,
    mark: PathBuf,
    profiles: Profiles,
}

impl DeskBrowser {
    pub(crate) fn new(opening: Opening, environment: Environment) -> io::Result<Self> {
        let folder = environment.data_folder()?;
        Ok(Self { opening, mark: folder.join("sign-in-unfinished"), profiles: Profiles::new(&folder) })
    }

    fn open_shared(address: &Url) -> Result<Opened, BrowserError> {
        tauri_plugin_opener::open_url(address, None::<&str>)
            .map(|()| Opened::Shared)
            .map_err(|_| BrowserError::NotStarted)
    }
}

impl Browser for DeskBrowser {
    fn open(&self, address: &Url, purpose: Purpose) -> Result<Opened, BrowserError> {
        match (self.opening, purpose) {
            (Opening::ByHand, _) => Ok(Opened::ByHand),
            (Opening::Shared, _) | (Opening::ThrowAway, Purpose::SignOut) => Self::open_shared(address),
            (Opening::ThrowAway, Purpose::SignIn) => {
                let Some(found) = choose() else {
                    tracing::warn!("no browser that can be given a throw-away profile: the desk's own is used");
                    return Self::open_shared(address);
                };
                // One window for the patient: an earlier one of this sign-in, out of sight, is put away.
                self.profiles.destroy()?;
                match self.profiles.start(&found, address) {
                    Ok(()) => Ok(Opened::ThrowAway),
                    Err(error) => {
                        tracing::warn!(%error, browser = found.kind.name(), "not started: the desk's own is used");
                        self.profiles.destroy()?;
                        Self::open_shared(address)
                    }
                }
            }
        }
    }

    fn destroy_profiles(&self) -> Result<(), BrowserError> {
        self.profiles.destroy()
    }

    fn may_hold_a_session(&self) -> bool {
        self.is_remembered() || self.profiles.remain()
    }

    fn is_remembered(&self) -> bool {
        // An unreadable folder cannot prove that the mark is absent.
        self.mark.try_exists().unwrap_or(true)
    }

    fn remember_session(&self) -> Result<(), BrowserError> {
        let file = fs::File::create(&self.mark).map_err(|_| BrowserError::Mark)?;
        file.sync_all().map_err(|_| BrowserError::Mark)
    }

    fn forget_session(&self) -> Result<(), BrowserError> {
        match fs::remove_file(&self.mark) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(_) => Err(BrowserError::Mark),
        }
    }
}

/// The browser that a sign-in would be given a profile of: the system's default when it is known.
pub(crate) fn choose() -> Option<Found> {
    known::prefer(system::installed(), system::default_browser())
}

/// Whether an ended check-in has left a throw-away profile in this installation.
pub(crate) fn profiles_remain(environment: Environment) -> bool {
    environment.data_folder().is_ok_and(|folder| Profiles::new(&folder).remain())
}
