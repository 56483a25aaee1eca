//! A provider, as a TOML file describes it (`docs/provider.md`).
//!
//! The kind of provider decides what may be written and what is left unsaid; what comes out is one
//! profile for one flow. No secret is ever in the file: it says where the secret is.

mod generic;
mod kinds;
mod written;

use std::time::Duration;

use toml::de::DeTable;

use crate::discover::DiscoverError;
use crate::fault::Fault;
use crate::http_client::{HttpClient, HttpClientError, Network};
use crate::open_id_provider::OpenIdProvider;
use crate::secret::Secret;
use kinds::Described;
use written::{Written, line_of};

/// A provider's file, read: whom to talk to, and through which network.
pub struct ProviderFile {
    described: Described,
    network: Network,
    sign_in_within: Duration,
}

/// Where secrets and files are had from.
pub trait Secrets {
    /// Reads an entry of the keychain; `None` when there is none.
    ///
    /// # Errors
    /// When the keychain does not answer.
    fn keychain(&self, entry: &str) -> Result<Option<Secret>, KeychainUnavailable>;

    /// Reads an environment variable.
    fn environment(&self, name: &str) -> Option<Secret>;

    /// Reads a file that one user alone may read.
    ///
    /// # Errors
    /// When it cannot be read, or others may read it.
    fn private_file(&self, path: &str) -> Result<Secret, FileRefused>;

    /// Reads a file that everybody may read.
    ///
    /// # Errors
    /// When it cannot be read.
    fn file(&self, path: &str) -> Result<Vec<u8>, FileRefused>;
}

/// The keychain does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keychain does not answer")]
pub struct KeychainUnavailable;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileRefused {
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable,
    /// Others than its owner may read it.
    #[error("others than its owner may read it")]
    NotPrivate,
}

/// The file cannot be used: where, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {key}: {problem}")]
pub struct ProviderFileError {
    /// The line, from 1.
    pub line: usize,
    /// The key, with its table before it.
    pub key: String,
    /// Why.
    pub problem: ProviderFileProblem,
}

/// Why a file cannot be used, and the remedy. Never carries a value of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderFileProblem {
    /// It is not TOML.
    #[error("this is not TOML from here on; correct the line")]
    Syntax,
    /// A key that does not exist.
    #[error("there is no such key; remove it, or correct its spelling")]
    UnknownKey,
    /// A key of another kind of provider.
    #[error("this key says nothing for this kind of provider; remove it")]
    NotForThisKind,
    /// A key that is needed.
    #[error("this key is needed; add it")]
    Missing,
    /// Another type.
    #[error("write {0}")]
    WrongType(&'static str),
    /// Another word.
    #[error("write one of: {}", .0.join(", "))]
    NotOneOf(Vec<&'static str>),
    /// Too little or too much.
    #[error("write a number from {least} to {most}")]
    OutOfRange {
        /// The least.
        least: u32,
        /// The most.
        most: u32,
    },
    /// Not an address that may carry tokens.
    #[error("write an https address, or one on this machine, without credentials and without fragment")]
    NotAnAddress,
    /// Not an address that a browser can come back to on this machine.
    #[error("write \"ephemeral\", or an http address on 127.0.0.1 with its port, or an https address and listen_*")]
    NotAReturnAddress,
    /// A secret in the file.
    #[error("no secret is written here; name a keychain entry, an environment variable or a file instead")]
    LiteralSecret,
    /// The secret is not where the file says.
    #[error("there is no secret at the place named here; put it there")]
    SecretMissing,
    /// The keychain does not answer.
    #[error("the keychain does not answer; unlock it")]
    KeychainUnavailable,
    /// A key that decrypts nothing.
    #[error("what is there is no private key of RSA or P-256, as PKCS#8 in PEM; replace it")]
    KeyUnusable,
    /// A key that proves nothing.
    #[error("what is there is no private key of P-256, as PKCS#8 in PEM; replace it")]
    ClientKeyUnusable,
    /// A file that is not taken.
    #[error("the file named here is not taken: {0}; correct its path or its rights")]
    FileRefused(FileRefused),
    /// A parameter that is not the file's to set.
    #[error("the program sets this parameter itself, or FranceConnect refuses it; remove it")]
    ReservedParameter,
    /// FranceConnect would be unknown, insecure, or could be imitated.
    #[error("{0}; correct the issuer or the addresses")]
    Profile(#[from] crate::ProfileError),
}

impl Fault for ProviderFileError {
    fn code(&self) -> &'static str {
        "provider-file-invalid"
    }
}

impl ProviderFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When anything in it is unknown, missing, contradictory or unsafe; says where.
    pub fn parse(text: &str, secrets: &dyn Secrets) -> Result<Self, ProviderFileError> {
        let table = DeTable::parse(text).map_err(|error| ProviderFileError {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            key: "toml".to_owned(),
            problem: ProviderFileProblem::Syntax,
        })?;
        let file = Written::whole(text, table.get_ref());
        let network = kinds::network(&file, secrets)?;
        let sign_in_within = file.number("sign_in_within_s", 30..=1800)?.map_or(300, |seconds| seconds.value);
        let described = kinds::described(&file, secrets)?;
        file.finish(kinds::KEYS)?;
        Ok(Self { described, network, sign_in_within: Duration::from_secs(sign_in_within.into()) })
    }

    /// Makes the HTTP client for the network that the file describes.
    ///
    /// # Errors
    /// When TLS, an authority or the proxy is not usable.
    pub fn http_client(&self) -> Result<HttpClient, HttpClientError> {
        HttpClient::through(&self.network)
    }

    /// Returns how long a person may take to sign in.
    #[must_use]
    pub fn sign_in_within(&self) -> Duration {
        self.sign_in_within
    }

    /// Asks the provider's own metadata where it must, and makes the provider. Performs I/O.
    ///
    /// # Errors
    /// When the metadata cannot be had where it is needed, or contradicts the file: nothing is asked of
    /// such a provider.
    pub async fn connect(self, http: &HttpClient) -> Result<OpenIdProvider, DiscoverError> {
        self.described.connect(http).await
    }
}

impl std::fmt::Debug for ProviderFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderFile").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
