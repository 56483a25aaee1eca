//! Where things are kept. Demonstration and production share neither folder nor keychain namespace.

use comptoir_franceconnect::Provider;
use std::io;
use std::path::{Path, PathBuf};

/// The kind of installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Environment {
    /// Simulated FranceConnect, fictitious patients.
    Demonstration,
    /// The practice's own register and relay.
    Production,
}

impl Environment {
    /// The namespace of the desk's keys at its relays, of which each has its own: which kind of installation a
    /// relay is for is not known before it was asked.
    pub(crate) const CREDENTIALS: &str = "comptoir";

    /// The kind of installation that may sign in there: fictitious persons never meet a practice's
    /// register, whether they come from a simulator or from the State's sandbox.
    pub(crate) fn behind(provider: &Provider) -> Self {
        match provider.environment() {
            comptoir_franceconnect::Environment::Production => Self::Production,
            comptoir_franceconnect::Environment::Sandbox | comptoir_franceconnect::Environment::Simulator => {
                Self::Demonstration
            }
        }
    }

    /// The namespace in the keychain, and the name of the data folder.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Demonstration => "comptoir-demonstration",
            Self::Production => "comptoir",
        }
    }

    /// The data folder of this user, made when absent, closed to others.
    pub(crate) fn data_folder(self) -> io::Result<PathBuf> {
        let base = dirs::data_local_dir().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let folder = base.join(self.namespace());
        make_private(&folder)?;
        Ok(folder)
    }
}

/// The file that configures a production desk; it need not exist.
pub(crate) fn configuration_file() -> Option<PathBuf> {
    dirs::config_dir().map(|folder| folder.join("comptoir").join("comptoir.toml"))
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}
