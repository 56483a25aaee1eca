//! The relay's configuration: one file, secrets elsewhere.
//!
//! A secret is never in the file: it says in which variable of the environment, or in which file of its own, the secret is
//! (systemd's `LoadCredential` makes such a file, `docs/deployment.md`).

mod desks;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs, io};

use comptoir_franceconnect::{
    AcrValue, DecryptionKey, DecryptionKeyError, DecryptionKeys, DirectProfile, ProfileError, Provider, Secret,
    SigningAlg,
};
use serde::Deserialize;
use url::Url;

use crate::address::TrustedProxies;
use crate::limits::Limits;
use crate::seal::{SealingKey, SealingKeyError};
use crate::{CALLBACK_PATH, SIGNED_OUT_PATH};

pub use desks::{ConfiguredDesks, DesksPlace};

/// What the file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    listen: SocketAddr,
    address: Url,
    sealing_key: SecretPlace,
    #[serde(default)]
    store: StorePlace,
    tls: Option<TlsFile>,
    metrics: Option<SocketAddr>,
    #[serde(default)]
    trusted_proxies: Vec<String>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    log: LogForm,
    establishment: Vec<EstablishmentFile>,
}

/// Where a secret is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretPlace {
    environment: Option<String>,
    file: Option<PathBuf>,
}

/// Where transactions wait.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StorePlace {
    postgresql: Option<SecretPlace>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The relay's own certificate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFile {
    /// The certificate and those that lead to its root, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EstablishmentFile {
    #[serde(default)]
    path: String,
    name: String,
    #[serde(default)]
    platform: Platform,
    issuer: Url,
    client_id: String,
    client_secret: SecretPlace,
    level: Option<String>,
    #[serde(default)]
    algorithm: Algorithm,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    decryption_keys: Vec<SecretPlace>,
    desks: DesksPlace,
}

/// Which FranceConnect. Since 1 January 2026 health services need more than eidas1: the second one unless it is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Platform {
    Franceconnect,
    #[default]
    FranceconnectPlus,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
enum Algorithm {
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "RS256")]
    Rs256,
}

/// The configuration, read and put together.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address under which the world knows the relay.
    pub address: Url,
    /// The one secret of the relay.
    pub sealing_key: SealingKey,
    /// The address of the database; `None` where transactions wait in memory.
    pub postgresql: Option<Secret>,
    /// The relay's own certificate; `None` behind a proxy that has one.
    pub tls: Option<TlsFile>,
    /// Where metrics and health are answered.
    pub metrics: Option<SocketAddr>,
    /// The proxies that may say where a request came from.
    pub trusted_proxies: TrustedProxies,
    /// How much each establishment answers.
    pub limits: Limits,
    /// How the log is written.
    pub log: LogForm,
    /// The establishments.
    pub establishments: Vec<Configured>,
}

/// An establishment of the configuration.
#[derive(Debug)]
pub struct Configured {
    /// Below the relay's address; empty for the only one.
    pub path: String,
    /// Its name, as patients read it.
    pub name: String,
    /// The relay's address and the path.
    pub issuer: Url,
    /// FranceConnect, as this establishment's client.
    pub upstream: Provider,
    /// Its desks.
    pub desks: DesksPlace,
}

/// Why a configuration cannot be used. Says where, never a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what it must be.
    #[error("{0}")]
    Invalid(String),
    /// A secret is said to be in two places, or in none.
    #[error("{0}: say either `environment` or `file`")]
    SecretPlace(String),
    /// A secret is not where it is said to be.
    #[error("{0}: the secret is not there, or is empty")]
    SecretMissing(String),
    /// The sealing key is not one.
    #[error("sealing_key: {0}; `openssl rand -hex 32` makes one")]
    SealingKey(#[from] SealingKeyError),
    /// A proxy is said to be where nothing can be.
    #[error("trusted_proxies: {0} is neither an address nor a network of some")]
    TrustedProxy(String),
    /// A limit would let nobody in.
    #[error("limits.{0}: nobody would be let in; say how many a minute")]
    Limit(&'static str),
    /// There is no establishment.
    #[error("there is no [[establishment]]")]
    NoEstablishment,
    /// Two establishments have the same path.
    #[error("establishment {0}: another one has the same path")]
    PathTwice(String),
    /// A path is not one.
    #[error(
        "establishment {0}: a path begins with / and has small letters, digits and - only; it may be left out when there is one establishment"
    )]
    Path(String),
    /// A secret that FranceConnect would not have given.
    #[error("establishment {0}: a client secret of FranceConnect has 32 characters or more")]
    ClientSecret(String),
    /// The desks are to be in a database, and there is none.
    #[error(
        "establishment {0}: desks = \"postgresql\" are kept in the store's database; say store = {{ postgresql = … }}"
    )]
    NoDatabase(String),
    /// It is not said which of several establishments is meant, or there is none of this path.
    #[error("say which establishment is meant: {0}")]
    WhichEstablishment(String),
    /// The level does not exist, or is not of the platform.
    #[error("establishment {0}: the level is eidas1 at FranceConnect, eidas2 or eidas3 at FranceConnect+")]
    Level(String),
    /// A decryption key cannot be used.
    #[error("establishment {0}, decryption_keys: {1}")]
    DecryptionKey(String, DecryptionKeyError),
    /// The profile is refused.
    #[error("establishment {0}: {1}")]
    Profile(String, ProfileError),
}

impl Config {
    /// Reads a configuration and the secrets it names. Performs I/O.
    ///
    /// # Errors
    /// When anything of it cannot be used.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::assemble(ConfigFile::read(path)?)
    }

    fn assemble(file: ConfigFile) -> Result<Self, ConfigError> {
        if file.establishment.is_empty() {
            return Err(ConfigError::NoEstablishment);
        }
        if let Some(limit) = file.limits.closed() {
            return Err(ConfigError::Limit(limit));
        }
        let alone = file.establishment.len() == 1;
        let database = file.store.postgresql.is_some();
        let mut establishments: Vec<Configured> = Vec::new();
        for one in file.establishment {
            let name = one.name.clone();
            if !is_path(&one.path, alone) {
                return Err(ConfigError::Path(name));
            }
            if establishments.iter().any(|other| other.path == one.path) {
                return Err(ConfigError::PathTwice(name));
            }
            if matches!(one.desks, DesksPlace::Postgresql) && !database {
                return Err(ConfigError::NoDatabase(name));
            }
            establishments.push(one.assemble(&file.address)?);
        }
        Ok(Self {
            listen: file.listen,
            address: file.address,
            sealing_key: SealingKey::from_hex(file.sealing_key.read("sealing_key")?.expose())?,
            postgresql: file.store.postgresql.map(|place| place.read("store.postgresql")).transpose()?,
            tls: file.tls,
            metrics: file.metrics,
            trusted_proxies: TrustedProxies::parse(&file.trusted_proxies).map_err(ConfigError::TrustedProxy)?,
            limits: file.limits,
            log: file.log,
            establishments,
        })
    }
}

impl ConfigFile {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| ConfigError::Invalid(told(path, &text, &error)))
    }
}

/// Says where a file is wrong without repeating what is there, which may be a secret in the wrong place.
fn told(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let message = error.message();
    // Both name a word of ours or of whoever wrote the file, never a value.
    let told = if message.starts_with("unknown field") || message.starts_with("missing field") {
        message
    } else {
        "this cannot be read; a secret is never in this file: say { environment = \"NAME\" } or { file = \"PATH\" }"
    };
    format!("{}, line {line}: {told}", path.display())
}

/// Whether a path may stand below the relay's address, and collides with nothing of ours.
fn is_path(path: &str, alone: bool) -> bool {
    match path.strip_prefix('/') {
        None => path.is_empty() && alone,
        Some(word) => {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !matches!(word, "health" | "ready" | "metrics")
        }
    }
}

/// The address of an establishment: the relay's, and its path.
fn own_address(address: &Url, path: &str) -> String {
    format!("{}{path}", address.as_str().trim_end_matches('/'))
}

impl EstablishmentFile {
    fn assemble(self, address: &Url) -> Result<Configured, ConfigError> {
        let name = self.name;
        let own = own_address(address, &self.path);
        let below = |path: &str| Url::parse(&format!("{own}{path}"));
        let bad_address = |_| ConfigError::Profile(name.clone(), ProfileError::InsecureAddress);
        let (issuer, return_uri, end_uri) = (
            below("").map_err(bad_address)?,
            below(CALLBACK_PATH).map_err(bad_address)?,
            below(SIGNED_OUT_PATH).map_err(bad_address)?,
        );
        let required_acr = match (self.platform, self.level.as_deref()) {
            (Platform::Franceconnect, None | Some("eidas1")) => AcrValue::Eidas1,
            (Platform::FranceconnectPlus, None | Some("eidas2")) => AcrValue::Eidas2,
            (Platform::FranceconnectPlus, Some("eidas3")) => AcrValue::Eidas3,
            (Platform::Franceconnect | Platform::FranceconnectPlus, Some(_)) => return Err(ConfigError::Level(name)),
        };
        let client_secret = self.client_secret.read(&format!("establishment {name}, client_secret"))?;
        if client_secret.expose().len() < 32 {
            return Err(ConfigError::ClientSecret(name));
        }
        let keys = self.decryption_keys.iter().map(|place| {
            let pem = place.read(&format!("establishment {name}, decryption_keys"))?;
            DecryptionKey::from_pem(&pem).map_err(|error| ConfigError::DecryptionKey(name.clone(), error))
        });
        let keys: Vec<DecryptionKey> = keys.collect::<Result<_, _>>()?;
        let decryption = if keys.is_empty() {
            None
        } else {
            let keys = DecryptionKeys::new(keys);
            Some(Arc::new(keys.map_err(|error| ConfigError::DecryptionKey(name.clone(), error))?))
        };
        let upstream = Provider::direct(DirectProfile {
            issuer: self.issuer,
            client_id: self.client_id,
            client_secret,
            return_uri,
            end_uri,
            required_acr,
            signing_alg: match self.algorithm {
                Algorithm::Es256 => SigningAlg::Es256,
                Algorithm::Rs256 => SigningAlg::Rs256,
            },
            decryption,
            scopes: self.scopes.unwrap_or_else(|| DirectProfile::usual_scopes(required_acr)),
        })
        .map_err(|error| ConfigError::Profile(name.clone(), error))?;
        Ok(Configured { path: self.path, name, issuer, upstream, desks: self.desks })
    }
}

impl SecretPlace {
    fn read(&self, what: &str) -> Result<Secret, ConfigError> {
        let missing = || ConfigError::SecretMissing(what.to_owned());
        let text = match (&self.environment, &self.file) {
            (Some(name), None) => env::var(name).map_err(|_| missing())?,
            (None, Some(path)) => {
                fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?
            }
            (Some(_), Some(_)) | (None, None) => return Err(ConfigError::SecretPlace(what.to_owned())),
        };
        let secret = Secret::new(text.trim().to_owned());
        if secret.expose().is_empty() { Err(missing()) } else { Ok(secret) }
    }
}

#[cfg(test)]
mod tests;
