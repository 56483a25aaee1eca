//! The register that a subcommand works on, and the key that opens it.

use super::{Exit, Lines, RegisterArgs, failed, interruption};
use crate::configuration::{self, Configuration};
use crate::failure::Failure;
use crate::folders::Environment;
use crate::keychain::SystemKeychain;
use crate::opening::REGISTER_FILE;
use comptoir_desk::{OpenRegisterError, open_register};
use comptoir_register::{Register, RegisterKey};
use ring::rand::SystemRandom;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Why a subcommand stops.
pub(super) enum Stop {
    /// Something failed.
    Failure(Failure),
    /// It was asked what it cannot do.
    Usage(&'static str),
    /// Something failed, in words of its own.
    Said {
        /// What programs branch on.
        code: &'static str,
        /// What happened, what was kept, what to do next.
        message: String,
        /// What support asks for.
        reference: &'static str,
    },
    /// What it was given cannot be used.
    Refused(Failure),
    /// Whoever read the answers has had enough of them.
    NoReader,
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl Stop {
    /// Says why, and ends.
    pub(super) fn end(self, lines: &Lines) -> Exit {
        match self {
            Self::Failure(failure) => {
                failed(lines, failure.code, &failure.message(), failure.reference);
                Exit::Fault
            }
            Self::Refused(failure) => {
                failed(lines, failure.code, &failure.message(), failure.reference);
                Exit::Usage
            }
            Self::Usage(message) => {
                failed(lines, "usage", message, "CL-02");
                Exit::Usage
            }
            Self::Said { code, message, reference } => {
                failed(lines, code, &message, reference);
                Exit::Fault
            }
            Self::NoReader => Exit::Done,
        }
    }
}

/// Does what works on a register, on a thread of its own; interrupted, the program ends without it.
pub(super) async fn on_a_thread(json: bool, work: impl FnOnce(&Lines) -> Result<Exit, Stop> + Send + 'static) -> Exit {
    let (done, result) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let lines = Lines::new(json);
        done.send(work(&lines).unwrap_or_else(|stop| stop.end(&lines)))
    });
    tokio::select! {
        exit = interruption() => exit,
        result = result => result.unwrap_or_else(|_| Stop::Failure(Failure::INTERRUPTED).end(&Lines::new(json))),
    }
}

/// Who signs the journal: the account of the system.
pub(super) fn author() -> String {
    whoami::username().unwrap_or_else(|_| "?".to_owned())
}

/// What becomes of a register that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// It is said, and nothing is made.
    Refused,
    /// It is made, empty.
    Made,
}

/// Opens the register with the key of the environment variable named, else with that of the keychain. Performs I/O.
pub(super) fn open(args: &RegisterArgs, absent: Absent) -> Result<Register, Stop> {
    let environment = environment()?;
    let file = file(args, environment)?;
    // Every answer about a register made by mistake would be that nobody is known.
    if absent == Absent::Refused && !file.is_file() {
        return Err(Stop::Usage(
            "Ce registre n'existe pas, et aucun n'a été créé. Vérifiez le chemin donné à --register, ou ouvrez d'abord Comptoir sur ce poste.",
        ));
    }
    match key(args)? {
        Some(key) => Ok(Register::open(&file, &key).map_err(OpenRegisterError::from)?),
        None => Ok(open_register(&file, &SystemKeychain::new(environment.namespace()), &SystemRandom::new())?),
    }
}

/// Whose register and keychain this desk works with.
pub(super) fn environment() -> Result<Environment, Stop> {
    Ok(match configuration::read()? {
        Configuration::Demonstration => Environment::Demonstration,
        Configuration::Relay(..) => Environment::Production,
    })
}

/// The register's file: the one named, else this desk's.
pub(super) fn file(args: &RegisterArgs, environment: Environment) -> Result<PathBuf, Stop> {
    match &args.register {
        Some(file) => Ok(file.clone()),
        None => Ok(environment.data_folder().map_err(|_| Failure::FOLDER)?.join(REGISTER_FILE)),
    }
}

/// The key of the environment variable named; `None` where none is.
pub(super) fn key(args: &RegisterArgs) -> Result<Option<RegisterKey>, Stop> {
    let Some(name) = &args.key_env else { return Ok(None) };
    let text = std::env::var(name)
        .map(Zeroizing::new)
        .map_err(|_| Stop::Usage("La variable d'environnement nommée par --key-env n'existe pas. Définissez-la, ou retirez --key-env pour utiliser le trousseau."))?;
    RegisterKey::from_hexadecimal(text.trim())
        .map(Some)
        .map_err(|_| Stop::Usage("La clé nommée par --key-env doit avoir 64 chiffres hexadécimaux."))
}
