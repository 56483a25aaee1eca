//! A provider of any kind, of which a file says what it is.

use std::fmt;

use jiff::Timestamp;
use ring::rand::SecureRandom;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::attempt::{Attempt, BeginError};
use crate::clock::Clock;
use crate::exchange::ExchangeError;
use crate::http_client::HttpClient;
use crate::loopback::{Loopback, ReturnAddress, Returned, WaitError};
use crate::profile::Kind;
use crate::provider::Provider;
use crate::secret::{AuthorizationCode, IdTokenHint, Secret};
use crate::vouched::Vouched;

/// An OpenID Provider of any kind; cheap to clone.
///
/// The same code verifies every kind. Only one that carries FranceConnect's signature becomes a
/// [`Provider`], which a check-in needs.
#[derive(Clone)]
pub struct OpenIdProvider(Provider);

/// The provider does not carry FranceConnect's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider does not carry FranceConnect's signature: it can be signed in at, not checked in with")]
pub struct NotFranceConnect;

impl crate::Fault for NotFranceConnect {
    fn code(&self) -> &'static str {
        "not-franceconnect"
    }
}

impl From<Provider> for OpenIdProvider {
    fn from(provider: Provider) -> Self {
        Self(provider)
    }
}

impl TryFrom<OpenIdProvider> for Provider {
    type Error = NotFranceConnect;

    fn try_from(any: OpenIdProvider) -> Result<Self, NotFranceConnect> {
        match any.0.0.kind {
            Kind::Direct | Kind::Relay(_) => Ok(any.0),
            Kind::Generic => Err(NotFranceConnect),
        }
    }
}

impl OpenIdProvider {
    /// Returns the issuer, as it stands in tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.issuer()
    }

    /// Returns where to listen.
    #[must_use]
    pub fn return_address(&self) -> ReturnAddress {
        self.0.return_address()
    }

    /// Makes the address that ends the person's session, where the provider has a logout.
    #[must_use]
    pub fn end_session_url(&self, hint: &IdTokenHint, end_uri: &Url, state: &Secret) -> Option<Url> {
        self.0.0.logs_out.then(|| self.0.end_session_url(hint, end_uri, state))
    }
}

impl fmt::Debug for OpenIdProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdProvider").field("issuer", &self.0.issuer()).finish_non_exhaustive()
    }
}

/// One attempt at a provider of any kind. Consumed by the exchange.
#[derive(Debug)]
pub struct OpenIdAttempt(Attempt);

impl OpenIdAttempt {
    /// Begins an attempt that returns to the loopback listener; from now on the listener waits for it.
    ///
    /// # Errors
    /// When the system gives no random bytes, or an address cannot be used.
    pub fn begin(
        provider: &OpenIdProvider,
        loopback: &Loopback,
        rng: &dyn SecureRandom,
        now: Timestamp,
    ) -> Result<Self, BeginError> {
        Attempt::begin(&provider.0, loopback, rng, now).map(Self)
    }

    /// Returns the address to open in the browser.
    #[must_use]
    pub fn authorize_url(&self) -> &Url {
        self.0.authorize_url()
    }

    /// Waits for the browser to come back; noise is answered and does not end the wait.
    ///
    /// # Errors
    /// When the attempt did not begin with this listener.
    pub async fn wait_return(
        &mut self,
        loopback: &Loopback,
        deadline: Instant,
        cancel: &CancellationToken,
    ) -> Result<Returned, WaitError> {
        loopback.wait_return(&mut self.0, deadline, cancel).await
    }

    /// Exchanges the code, once, verifies the ID token whole, then asks for the identity. Performs I/O.
    ///
    /// # Errors
    /// When anything at all is not as it must be.
    pub async fn exchange(
        self,
        code: AuthorizationCode,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Vouched, ExchangeError> {
        self.0.redeem(code, http, clock).await?.vouch(http, clock).await
    }
}
