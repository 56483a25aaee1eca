//! The system browser, and the mark that a sign-in may have left a session in it.

use crate::folders::Environment;
use comptoir_desk::{Browser, BrowserError};
use std::fs;
use std::io;
use std::path::PathBuf;
use url::Url;

/// Who opens the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// The system's default browser.
    System,
    /// Nobody: the address is printed or copied (`--no-browser`).
    ByHand,
}

/// The browser of the desk.
///
/// The mark is an empty file in the data folder: it says that a sign-in was begun, nothing of whom.
#[derive(Debug)]
pub(crate) struct DeskBrowser {
    opening: Opening,
    mark: PathBuf,
}

impl DeskBrowser {
    pub(crate) fn new(opening: Opening, environment: Environment) -> io::Result<Self> {
        Ok(Self { opening, mark: environment.data_folder()?.join("sign-in-unfinished") })
    }
}

impl Browser for DeskBrowser {
    fn open(&self, address: &Url) -> Result<bool, BrowserError> {
        match self.opening {
            Opening::ByHand => Ok(false),
            Opening::System => tauri_plugin_opener::open_url(address, None::<&str>)
                .map(|()| true)
                .map_err(|_| BrowserError::NotStarted),
        }
    }

    fn may_hold_a_session(&self) -> bool {
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
