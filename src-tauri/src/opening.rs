//! Opening the desk: its register with its key, its ports.

use crate::browser::{DeskBrowser, Opening};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::folders::Environment;
use crate::keychain::SystemKeychain;
use crate::window::present;
use comptoir_desk::{Clock, Desk, Keychain, MemoryKeychain, Patience, open_register};
use comptoir_franceconnect::HttpClient;
use comptoir_register::{OpenError, Register, demo};
use ring::rand::SystemRandom;
use std::sync::Arc;

/// The register's file in the data folder.
pub(crate) const REGISTER_FILE: &str = "register.db";

/// A desk ready to work.
pub(crate) struct Opened {
    pub(crate) desk: Desk,
    pub(crate) environment: Environment,
    pub(crate) session_only: bool,
}

/// Opens the desk. Performs I/O, and may wait for the keychain: not for the window's own thread.
///
/// `session_only` makes a new empty register with its key in memory; the register on disk is not
/// touched. Nothing falls back to it by itself. `credentials` says who the desk is at its relay.
pub(crate) fn open(
    environment: Environment,
    session_only: bool,
    http: HttpClient,
    opening: Opening,
    credentials: Arc<dyn Keychain>,
) -> Result<Opened, Failure> {
    let folder = environment.data_folder().map_err(|_| Failure::FOLDER)?;
    let (register, keychain): (Register, Arc<dyn Keychain>) = if session_only {
        let register = Register::in_memory().map_err(comptoir_desk::OpenRegisterError::from)?;
        (register, Arc::new(MemoryKeychain::default()))
    } else {
        let keychain = SystemKeychain::new(environment.namespace());
        let register = open_register(&folder.join(REGISTER_FILE), &keychain, &SystemRandom::new())?;
        (register, Arc::new(keychain))
    };
    let clock = SystemClock;
    if environment == Environment::Demonstration {
        let now = clock.now();
        demo::fill(&register, &present::day(now), now).map_err(|error| {
            tracing::error!(%error, "the demonstration's register");
            Failure::DEMONSTRATION
        })?;
    }
    load_behind(&register)?;
    let browser = DeskBrowser::new(opening, environment).map_err(|_| Failure::FOLDER)?;
    let desk = Desk {
        register,
        browser: Arc::new(browser),
        keychain,
        credentials,
        clock: Arc::new(clock),
        http,
        author: whoami::username().unwrap_or_else(|_| "?".to_owned()),
        patience: Patience::default(),
    };
    Ok(Opened { desk, environment, session_only })
}

/// Reads the register into memory behind whatever is done first: a search by birth date does not wait for it.
fn load_behind(register: &Register) -> Result<(), Failure> {
    let register = register.clone();
    let load = move || {
        if let Err(error) = register.load() {
            // Whoever needs it reads it again, and says what is wrong.
            tracing::warn!(code = error.code(), "the register could not be read ahead");
        }
    };
    std::thread::Builder::new().name("register".to_owned()).spawn(load).map(drop).map_err(|_| Failure::INTERRUPTED)
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::new(error.code(), error.reference(), error.retry())
    }
}
