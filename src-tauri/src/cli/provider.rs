//! The provider that a subcommand was given: the demonstration's, a relay, or one that a file describes.

use super::lines::{Lines, failed};
use super::{Exit, ProviderArgs};
use crate::demonstration::Demonstration;
use crate::failure::Failure;
use crate::folders::Environment;
use crate::keychain::SystemKeychain;
use crate::provider_file::{self, Unusable};
use comptoir_desk::{Keychain, Patience, find_relay};
use comptoir_franceconnect::{HttpClient, OpenIdProvider, Provider};
use std::sync::Arc;
use std::time::Duration;

/// A provider, and how it is reached.
pub(super) struct Chosen {
    pub(super) provider: OpenIdProvider,
    pub(super) http: HttpClient,
    pub(super) sign_in_within: Duration,
    /// Who this desk is at its relays.
    pub(super) credentials: Arc<dyn Keychain>,
    /// Stops when dropped.
    _demonstration: Option<Demonstration>,
}

/// Why there is none.
pub(super) enum NotChosen {
    /// It could not be had.
    Failure(Failure),
    /// It is none for this act, or its file cannot be used.
    Usage(Unusable),
}

impl NotChosen {
    pub(super) fn tell(&self, lines: &Lines) -> Exit {
        match self {
            Self::Failure(failure) => {
                failed(lines, failure.code, &failure.message(), failure.reference);
                Exit::Fault
            }
            Self::Usage(unusable) => {
                failed(lines, unusable.code, &unusable.message, unusable.reference);
                Exit::Usage
            }
        }
    }
}

impl From<Failure> for NotChosen {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Chosen {
    /// The provider for a check-in: one that carries FranceConnect's signature.
    pub(super) fn franceconnect(&self) -> Result<Provider, NotChosen> {
        Provider::try_from(self.provider.clone()).map_err(|error| {
            let failure = Failure::of(&error);
            let message = failure.message();
            NotChosen::Usage(Unusable { code: failure.code, reference: failure.reference, message })
        })
    }
}

/// Finds the provider. Performs I/O.
pub(super) async fn choose(args: &ProviderArgs) -> Result<Chosen, NotChosen> {
    let sign_in_within = Patience::default().sign_in;
    let credentials: Arc<dyn Keychain> = Arc::new(SystemKeychain::new(Environment::CREDENTIALS));
    if let Some(path) = &args.provider {
        let file = provider_file::load(path).map_err(NotChosen::Usage)?;
        let http = file.http_client().map_err(|error| Failure::of(&error))?;
        let sign_in_within = file.sign_in_within();
        let provider = file.connect(&http).await.map_err(|error| Failure::of(&error))?;
        return Ok(Chosen { provider, http, sign_in_within, credentials, _demonstration: None });
    }
    let http = HttpClient::new().map_err(|error| Failure::of(&error))?;
    if let Some(issuer) = &args.relay {
        let provider = find_relay(&http, &credentials, issuer).await.map_err(Failure::from)?;
        return Ok(Chosen { provider: provider.into(), http, sign_in_within, credentials, _demonstration: None });
    }
    let demonstration = Demonstration::start().await?;
    let provider = demonstration.provider(&http).await?.into();
    let credentials = demonstration.credentials();
    Ok(Chosen { provider, http, sign_in_within, credentials, _demonstration: Some(demonstration) })
}
