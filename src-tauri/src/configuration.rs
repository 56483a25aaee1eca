//! Which relay the desk uses. Never configured: demonstration; once configured, a missing or broken
//! configuration is an error, never a silent demonstration.

use crate::folders::{self, Environment};
use serde::Deserialize;
use std::io;
use std::path::Path;
use thiserror::Error;
use url::Url;

/// What the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Configuration {
    /// Nobody has configured this desk.
    Demonstration,
    /// The organisation's relay, and the browser that patients sign in in.
    Relay(Url, BrowserChoice),
}

/// The browser that patients sign in in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BrowserChoice {
    /// One of their own, in a profile that is destroyed afterwards.
    #[default]
    ThrowAway,
    /// The one that the desk also works with.
    Shared,
}

/// Why the configuration cannot be used.
#[derive(Debug, Error)]
pub(crate) enum ConfigurationError {
    /// A production register exists, its configuration does not.
    #[error("the configuration file is missing, though this desk was configured")]
    Missing,
    /// The file cannot be read.
    #[error("the configuration file cannot be read")]
    Unreadable(#[source] io::Error),
    /// The file is not what it should be.
    #[error("the configuration file is not valid")]
    Invalid,
    /// The file cannot be written.
    #[error("the configuration file cannot be written")]
    NotWritten(#[source] io::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigurationFile {
    relay: Url,
    #[serde(default)]
    browser: BrowserChoice,
}

/// Reads the configuration of this user's desk. Performs I/O.
pub(crate) fn read() -> Result<Configuration, ConfigurationError> {
    let was_configured =
        dirs::data_local_dir().is_some_and(|base| base.join(Environment::Production.namespace()).exists());
    match folders::configuration_file() {
        Some(file) => read_file(&file, was_configured),
        None if was_configured => Err(ConfigurationError::Missing),
        None => Ok(Configuration::Demonstration),
    }
}

fn read_file(file: &Path, was_configured: bool) -> Result<Configuration, ConfigurationError> {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let file: ConfigurationFile = toml::from_str(&text).map_err(|_| ConfigurationError::Invalid)?;
            Ok(Configuration::Relay(file.relay, file.browser))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && was_configured => Err(ConfigurationError::Missing),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Configuration::Demonstration),
        Err(error) => Err(ConfigurationError::Unreadable(error)),
    }
}

/// Writes a relay into the configuration of this user's desk, and leaves what else is there. Performs I/O.
pub(crate) fn set_relay(relay: &Url) -> Result<(), ConfigurationError> {
    let file = folders::configuration_file().ok_or(ConfigurationError::NotWritten(io::ErrorKind::NotFound.into()))?;
    set_relay_in(&file, relay)
}

fn set_relay_in(file: &Path, relay: &Url) -> Result<(), ConfigurationError> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(ConfigurationError::Unreadable(error)),
    };
    let mut document: toml_edit::DocumentMut = text.parse().map_err(|_| ConfigurationError::Invalid)?;
    match document.get_mut("relay").and_then(toml_edit::Item::as_value_mut) {
        Some(value) => {
            // A comment on the line belongs to the value.
            let around = value.decor().clone();
            *value = relay.as_str().into();
            *value.decor_mut() = around;
        }
        None => {
            document.insert("relay", toml_edit::value(relay.as_str()));
        }
    }
    let text = document.to_string();
    // Written only when it is a configuration: what was wrong with it beside the relay is still wrong.
    toml::from_str::<ConfigurationFile>(&text).map_err(|_| ConfigurationError::Invalid)?;
    write_whole(file, &text).map_err(ConfigurationError::NotWritten)
}

/// Beside it first, then in its place: never half a configuration.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("toml.new");
    std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, file)).inspect_err(|_| {
        // It may not even be there.
        drop(std::fs::remove_file(&beside));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patients_sign_in_in_a_browser_of_their_own_unless_the_site_says_otherwise() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("comptoir.toml");
        for (line, expected) in [
            ("", BrowserChoice::ThrowAway),
            ("browser = \"throw-away\"", BrowserChoice::ThrowAway),
            ("browser = \"shared\"", BrowserChoice::Shared),
        ] {
            std::fs::write(&file, format!("relay = \"https://relais.example.invalid/\"\n{line}\n")).expect("written");
            let read = read_file(&file, true).expect("read");
            assert!(matches!(read, Configuration::Relay(_, browser) if browser == expected), "{line}");
        }
    }

    #[test]
    fn a_configured_desk_never_becomes_a_demonstration() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("comptoir.toml");
        assert_eq!(read_file(&file, false).expect("read"), Configuration::Demonstration);
        assert!(matches!(read_file(&file, true), Err(ConfigurationError::Missing)));
        for (text, good) in [
            ("relay = \"https://relais.example.invalid/\"", true),
            ("relay = \"https://relais.example.invalid/\"\nbrowser = \"shared\"", true),
            ("relay = \"https://relais.example.invalid/\"\nbrowser = \"any\"", false),
            ("browser = \"shared\"", false),
            ("relay = 1", false),
            ("relais = \"https://relais.example.invalid/\"", false),
            ("", false),
        ] {
            std::fs::write(&file, text).expect("written");
            assert_eq!(matches!(read_file(&file, true), Ok(Configuration::Relay(..))), good, "{text}");
            assert_eq!(matches!(read_file(&file, false), Err(ConfigurationError::Invalid)), !good, "{text}");
        }
    }

    #[test]
    fn a_relay_is_written_and_what_a_person_wrote_stays() {
        const RELAY: &str = "https://relais.example/b";
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("comptoir").join("comptoir.toml");
        for (rule, before, after) in [
            ("no file", None, "relay = \"https://relais.example/b\"\n"),
            (
                "another relay",
                Some("# Accueil\nrelay = \"https://a.example/\" # le nôtre\nbrowser = \"shared\"\n"),
                "# Accueil\nrelay = \"https://relais.example/b\" # le nôtre\nbrowser = \"shared\"\n",
            ),
            (
                "no relay",
                Some("browser = \"shared\"\n"),
                "browser = \"shared\"\nrelay = \"https://relais.example/b\"\n",
            ),
        ] {
            if let Some(before) = before {
                std::fs::write(&file, before).expect("written");
            }
            set_relay_in(&file, &Url::parse(RELAY).expect("an address")).expect(rule);
            assert_eq!(std::fs::read_to_string(&file).expect("read"), after, "{rule}");
            let read = read_file(&file, true).expect(rule);
            assert!(matches!(read, Configuration::Relay(relay, _) if relay.as_str() == RELAY), "{rule}");
        }
        for broken in ["relay = ", "browser = \"any\"\n", "relais = \"https://a.example/\"\n"] {
            std::fs::write(&file, broken).expect("written");
            let set = set_relay_in(&file, &Url::parse(RELAY).expect("an address"));
            assert!(matches!(set, Err(ConfigurationError::Invalid)), "{broken}");
            assert_eq!(std::fs::read_to_string(&file).expect("read"), broken, "left as it was");
        }
        let names: Vec<_> = std::fs::read_dir(file.parent().expect("its folder")).expect("read").collect();
        assert_eq!(names.len(), 1, "nothing is left beside it");
    }
}
