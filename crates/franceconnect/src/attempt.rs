//! One attempt to sign somebody in.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use openidconnect::core::{CoreClient, CoreResponseType};
use openidconnect::{
    AuthUrl, AuthenticationContextClass, AuthenticationFlow, ClientId, CsrfToken, IssuerUrl, JsonWebKeySet, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use ring::digest::{Context, SHA256};
use ring::rand::SecureRandom;
use tokio::sync::oneshot;
use url::Url;

use crate::assertion::AssertionIds;
use crate::fault::Fault;
use crate::id_token::Age;
use crate::loopback::{Arrival, Loopback, ReturnAddress};
use crate::provider::Provider;
use crate::returned::Expected;
use crate::secret::{RandomnessUnavailable, Secret, hex};

/// One attempt: its state, nonce and PKCE verifier. Consumed by the exchange; nothing of it is ever
/// written down.
pub struct Attempt {
    pub(crate) provider: Provider,
    pub(crate) state: Secret,
    pub(crate) nonce: Secret,
    pub(crate) verifier: Option<Secret>,
    pub(crate) return_uri: Url,
    pub(crate) started: Timestamp,
    pub(crate) age: Age,
    pub(crate) arrival: Option<oneshot::Receiver<Arrival>>,
    pub(crate) ids: AssertionIds,
    authorize_url: Url,
}

/// Why an attempt could not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// An address of the profile cannot be used.
    #[error("an address of the profile cannot be used")]
    Profile,
}

impl Fault for BeginError {
    fn code(&self) -> &'static str {
        match self {
            Self::Randomness(_) => "randomness-unavailable",
            Self::Profile => "profile-invalid",
        }
    }
}

impl Attempt {
    /// Begins an attempt that returns to the loopback listener; from now on the listener waits for it.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn begin(
        provider: &Provider,
        loopback: &Loopback,
        rng: &dyn SecureRandom,
        now: Timestamp,
    ) -> Result<Self, BeginError> {
        let nonce = Secret::random_hex(rng)?;
        let return_uri =
            provider.0.back.public.as_ref().map_or_else(|| loopback.return_uri(), |it| it.return_uri.clone());
        let mut attempt = Self::new(provider, return_uri, nonce, rng, now)?;
        attempt.arrival = Some(loopback.expect_return(Expected {
            state: attempt.state.clone(),
            issuer: provider.issuer().to_owned(),
            issuer_required: provider.0.back.issuer_required,
        }));
        Ok(attempt)
    }

    /// Begins the attempt a relay makes at FranceConnect on behalf of a desk: the return address is the
    /// profile's own, the nonce comes from [`franceconnect_nonce`].
    ///
    /// # Errors
    /// When the system gives no random bytes, or the profile has no registered return address.
    pub fn begin_for_desk(
        provider: &Provider,
        nonce: Secret,
        rng: &dyn SecureRandom,
        now: Timestamp,
    ) -> Result<Self, BeginError> {
        match provider.return_address() {
            ReturnAddress::Registered { return_uri, .. } => Self::new(provider, return_uri, nonce, rng, now),
            ReturnAddress::Ephemeral => Err(BeginError::Profile),
        }
    }

    fn new(
        provider: &Provider,
        return_uri: Url,
        nonce: Secret,
        rng: &dyn SecureRandom,
        now: Timestamp,
    ) -> Result<Self, BeginError> {
        let state = Secret::random_hex(rng)?;
        let verifier = if provider.0.request.pkce { Some(Secret::random_base64url(rng)?) } else { None };
        let authorize_url =
            authorize_url(provider, &return_uri, &state, &nonce, verifier.as_ref()).map_err(|_| BeginError::Profile)?;
        Ok(Self {
            ids: AssertionIds::of(&state),
            provider: provider.clone(),
            state,
            nonce,
            verifier,
            return_uri,
            started: now,
            age: provider.0.id_token.age,
            arrival: None,
            authorize_url,
        })
    }

    /// Makes an attempt that was parked.
    pub(crate) fn again(
        provider: &Provider,
        return_uri: Url,
        state: Secret,
        nonce: Secret,
        verifier: Option<Secret>,
        started: Timestamp,
    ) -> Option<Self> {
        let authorize_url = authorize_url(provider, &return_uri, &state, &nonce, verifier.as_ref()).ok()?;
        let (provider, age) = (provider.clone(), provider.0.id_token.age);
        let ids = AssertionIds::of(&state);
        Some(Self { provider, state, nonce, verifier, return_uri, started, age, arrival: None, ids, authorize_url })
    }

    /// Returns the address to open in the browser.
    #[must_use]
    pub fn authorize_url(&self) -> &Url {
        &self.authorize_url
    }

    /// Returns the state, by which a relay finds the attempt again.
    #[must_use]
    pub fn state(&self) -> &Secret {
        &self.state
    }

    /// Returns when the attempt began.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.started
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// Derives the nonce that a relay sends to FranceConnect from the desk's: the desk recomputes it and
/// finds it in FranceConnect's signed ID token, so that a relay can neither invent nor replay a patient.
#[must_use]
pub fn franceconnect_nonce(desk_nonce: &str) -> Secret {
    let mut context = Context::new(&SHA256);
    context.update(b"comptoir franceconnect nonce");
    context.update(desk_nonce.as_bytes());
    Secret::new(hex(context.finish().as_ref()))
}

fn authorize_url(
    provider: &Provider,
    return_uri: &Url,
    state: &Secret,
    nonce: &Secret,
    verifier: Option<&Secret>,
) -> Result<Url, openidconnect::url::ParseError> {
    let profile = &provider.0;
    let issuer = IssuerUrl::new(profile.issuer.clone())?;
    let client = CoreClient::new(ClientId::new(profile.client_id.clone()), issuer, JsonWebKeySet::new(Vec::new()))
        .set_auth_uri(AuthUrl::from_url(profile.endpoints.authorization.clone()));
    let (state, nonce) = (state.expose().to_owned(), nonce.expose().to_owned());
    let mut request = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(return_uri.clone())))
        .add_scopes(profile.request.scopes.iter().cloned().map(Scope::new));
    for level in &profile.request.acr_values {
        request = request.add_auth_context_value(AuthenticationContextClass::new(level.clone()));
    }
    for (name, value) in &profile.request.more {
        request = request.add_extra_param(name.as_str(), value.as_str());
    }
    if let Some(verifier) = verifier {
        let verifier = PkceCodeVerifier::new(verifier.expose().to_owned());
        request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    }
    Ok(request.url().0)
}
