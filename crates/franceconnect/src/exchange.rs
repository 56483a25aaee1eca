//! The exchange: code → tokens → identity, thirty seconds in all.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use crate::acr::AcrValue;
use crate::attempt::{Attempt, franceconnect_nonce};
use crate::clock::Clock;
use crate::fault::Fault;
use crate::http_client::{Answer, HttpClient, HttpFault};
use crate::id_token::{self, Age, IdTokenFault, SKEW, VerifiedIdToken};
use crate::keys::{KeySource, KeysFault};
use crate::pivot::pivot_identity;
use crate::provider::{Kind, Provider};
use crate::secret::{AuthorizationCode, IdTokenHint, Secret};
use crate::signed_in::SignedIn;
use crate::token_answer::{Tokens, read_tokens};
use crate::userinfo::{self, UserinfoFault};

/// FranceConnect's grant lives as long (franceconnect.md §7.1).
const BUDGET: Duration = Duration::from_secs(30);

/// Whom a failure concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The relay.
    Relay,
    /// FranceConnect.
    FranceConnect,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Relay => "the relay",
            Self::FranceConnect => "FranceConnect",
        })
    }
}

/// Why nobody was signed in. No variant carries a value of a token, a claim or a trait.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeFault {
    /// No answer.
    #[error("{0} does not answer")]
    Unreachable(Party),
    /// The whole took more than thirty seconds.
    #[error("the exchange took more than thirty seconds")]
    TimedOut,
    /// An address is neither https nor on this machine.
    #[error("an address is neither https nor on this machine")]
    InsecureAddress,
    /// The code was refused; `support` is FranceConnect's own code and identifier, where given.
    #[error("{party} refused the code{}", .support.as_ref().map(|s| format!(" ({s})")).unwrap_or_default())]
    TokenRefused {
        /// Who refused.
        party: Party,
        /// What to quote to support.
        support: Option<String>,
    },
    /// The client itself was refused.
    #[error("{party} refused the client{}", .support.as_ref().map(|s| format!(" ({s})")).unwrap_or_default())]
    ClientRefused {
        /// Who refused.
        party: Party,
        /// What to quote to support.
        support: Option<String>,
    },
    /// An answer of an unexpected form, or too large.
    #[error("the answer of {0} cannot be read")]
    Malformed(Party),
    /// The signing keys cannot be had.
    #[error("the signing keys of {0} cannot be had")]
    KeysUnavailable(Party),
    /// The ID token is refused.
    #[error("the ID token is refused: {0}")]
    IdTokenInvalid(IdTokenFault),
    /// The identity was not given.
    #[error("{0} did not give the identity")]
    UserinfoRefused(Party),
    /// The identity's signature or claims are refused.
    #[error("the identity is refused: {0}")]
    UserinfoInvalid(UserinfoFault),
    /// The relay's identity speaks of another person than its ID token.
    #[error("the identity speaks of another person than the ID token")]
    SubjectDiffers,
    /// The relay did not forward FranceConnect's signed tokens.
    #[error("FranceConnect's own signature is missing")]
    StateSignatureMissing,
    /// FranceConnect's ID token, as forwarded, is refused.
    #[error("FranceConnect's own ID token is refused: {0}")]
    StateIdTokenInvalid(IdTokenFault),
    /// FranceConnect's userinfo, as forwarded, is refused.
    #[error("FranceConnect's own identity is refused: {0}")]
    StateUserinfoInvalid(UserinfoFault),
    /// FranceConnect's tokens do not belong to this attempt, or not to the relay's.
    #[error("FranceConnect's signed identity does not belong to this attempt")]
    StateUnbound,
    /// This machine's clock is wrong by so many seconds (positive: it is slow).
    #[error("this machine's clock is wrong by {0} seconds")]
    ClockWrong(i64),
    /// The level is too low.
    #[error("the level reached is {reached}, {required} is required")]
    LevelTooLow {
        /// What was reached.
        reached: AcrValue,
        /// What is required.
        required: AcrValue,
    },
    /// The person signed in before the attempt: somebody else's session may have been used.
    #[error("the sign-in is older than this attempt")]
    SessionReused,
}

impl Fault for ExchangeFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(Party::Relay) => "relay-unreachable",
            Self::Unreachable(Party::FranceConnect) => "franceconnect-unreachable",
            Self::TimedOut => "exchange-timed-out",
            Self::InsecureAddress => "address-insecure",
            Self::TokenRefused { .. } => "token-refused",
            Self::ClientRefused { .. } => "client-refused",
            Self::Malformed(_) => "answer-malformed",
            Self::KeysUnavailable(_) => "keys-unavailable",
            Self::IdTokenInvalid(_) => "id-token-invalid",
            Self::UserinfoRefused(_) => "userinfo-refused",
            Self::UserinfoInvalid(_) => "userinfo-invalid",
            Self::SubjectDiffers => "subject-differs",
            Self::StateSignatureMissing => "state-signature-missing",
            Self::StateIdTokenInvalid(_) | Self::StateUserinfoInvalid(_) => "state-signature-invalid",
            Self::StateUnbound => "state-evidence-unbound",
            Self::ClockWrong(_) => "clock-wrong",
            Self::LevelTooLow { .. } => "level-too-low",
            Self::SessionReused => "session-reused",
        }
    }
}

/// Nobody was signed in; a session may nevertheless be open in the browser.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct ExchangeError {
    /// Why.
    pub fault: ExchangeFault,
    /// The ID token to log out with, where one was had and its signature holds.
    pub owed_logout: Option<IdTokenHint>,
}

impl Fault for ExchangeError {
    fn code(&self) -> &'static str {
        self.fault.code()
    }
}

impl From<ExchangeFault> for ExchangeError {
    fn from(fault: ExchangeFault) -> Self {
        Self { fault, owed_logout: None }
    }
}

impl Attempt {
    /// Exchanges the code and asks for the identity: [`Attempt::redeem`], then [`Redeemed::identify`].
    /// Performs I/O.
    ///
    /// # Errors
    /// When anything at all is not as it must be.
    pub async fn exchange(
        self,
        code: AuthorizationCode,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<SignedIn, ExchangeError> {
        self.redeem(code, http, clock).await?.identify(http, clock).await
    }

    /// Exchanges the code, once, and verifies the ID token whole. Performs I/O.
    ///
    /// # Errors
    /// When anything at all is not as it must be.
    pub async fn redeem(
        self,
        code: AuthorizationCode,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Redeemed, ExchangeError> {
        let deadline = Instant::now() + BUDGET;
        let redeemed = timeout_at(deadline, self.redeem_before(deadline, code, http, clock)).await;
        redeemed.unwrap_or_else(|_| Err(ExchangeFault::TimedOut.into()))
    }

    async fn redeem_before(
        self,
        deadline: Instant,
        code: AuthorizationCode,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Redeemed, ExchangeError> {
        let profile = &self.provider.0;
        let party = self.provider.party();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", self.return_uri.as_str()),
            ("client_id", profile.client_id.as_str()),
        ];
        if let Kind::Direct(registered) = &profile.kind {
            form.push(("client_secret", registered.client_secret.expose()));
        }
        if let Some(verifier) = &self.verifier {
            form.push(("code_verifier", verifier.expose()));
        }
        let answer = http.post_form(&profile.endpoints.token, &form).await.map_err(|fault| of_http(fault, party))?;
        let offset = offset(&answer, clock.now());
        let tokens = read_tokens(&answer, party)?;

        let expected = id_token::Expectation {
            issuer: &profile.issuer,
            client_id: &profile.client_id,
            nonce: &self.nonce,
            started: self.started,
            age: self.age,
            access_token: Some(&tokens.access_token),
        };
        let verified = match verify_id_token(&tokens.id_token, &profile.keys, &expected, http, clock).await {
            Ok(verified) => verified,
            Err(Failure::Keys(fault)) => return Err(of_keys(fault, party).into()),
            Err(Failure::Fault(fault)) => {
                return Err(ExchangeError {
                    // A session was opened, whatever else is wrong: its own token ends it.
                    owed_logout: fault.was_signed().then(|| IdTokenHint::new(tokens.id_token)),
                    fault: of_id_token(fault, offset, ExchangeFault::IdTokenInvalid),
                });
            }
        };
        let required = profile.required_acr;
        let redeemed =
            Redeemed { provider: self.provider, nonce: self.nonce, started: self.started, deadline, tokens, verified };
        if redeemed.verified.acr < required {
            let reached = redeemed.verified.acr;
            return Err(redeemed.owing(ExchangeFault::LevelTooLow { reached, required }));
        }
        Ok(redeemed)
    }
}

/// The code is exchanged and the ID token verified; the identity is still to be asked for.
pub struct Redeemed {
    provider: Provider,
    nonce: Secret,
    started: Timestamp,
    deadline: Instant,
    tokens: Tokens,
    verified: VerifiedIdToken,
}

impl fmt::Debug for Redeemed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redeemed").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl Redeemed {
    /// Returns the ID token to log out with: from now on a logout is owed.
    #[must_use]
    pub fn id_token(&self) -> IdTokenHint {
        IdTokenHint::new(self.tokens.id_token.clone())
    }

    /// Asks for the identity, and verifies FranceConnect's own signatures. Performs I/O.
    ///
    /// # Errors
    /// When anything at all is not as it must be.
    pub async fn identify(self, http: &HttpClient, clock: &dyn Clock) -> Result<SignedIn, ExchangeError> {
        let asked = timeout_at(self.deadline, self.ask(http, clock)).await;
        match asked.unwrap_or(Err(ExchangeFault::TimedOut)) {
            Ok(signed_in) => Ok(signed_in),
            Err(fault) => Err(self.owing(fault)),
        }
    }

    fn owing(self, fault: ExchangeFault) -> ExchangeError {
        ExchangeError { fault, owed_logout: Some(IdTokenHint::new(self.tokens.id_token)) }
    }

    async fn ask(&self, http: &HttpClient, clock: &dyn Clock) -> Result<SignedIn, ExchangeFault> {
        let profile = &self.provider.0;
        let party = self.provider.party();
        let answer = http
            .get_bearer(&profile.endpoints.userinfo, "application/jwt", &self.tokens.access_token)
            .await
            .map_err(|fault| of_http(fault, party))?;
        let offset = offset(&answer, clock.now());
        match answer.status {
            200 => {}
            500.. => return Err(ExchangeFault::Unreachable(party)),
            _ => return Err(ExchangeFault::UserinfoRefused(party)),
        }
        if answer.media_type.as_deref() != Some("application/jwt") {
            return Err(ExchangeFault::UserinfoInvalid(UserinfoFault::NotSigned));
        }
        let jws = str::from_utf8(&answer.body).map_err(|_| ExchangeFault::Malformed(party))?;
        let jws = Secret::new(jws.trim().to_owned());
        let expected =
            userinfo::Expectation { issuer: &profile.issuer, client_id: &profile.client_id, sub: &self.verified.sub };
        let claims =
            verify_userinfo(&jws, &profile.keys, &expected, http, clock).await.map_err(|failure| match failure {
                Failure::Keys(fault) => of_keys(fault, party),
                Failure::Fault(UserinfoFault::Subject) => ExchangeFault::SubjectDiffers,
                Failure::Fault(fault) => of_expiry(fault, offset).unwrap_or(ExchangeFault::UserinfoInvalid(fault)),
            })?;
        match &profile.kind {
            Kind::Direct(_) => Ok(SignedIn {
                identity: pivot_identity(&claims),
                acr: self.verified.acr,
                auth_time: self.verified.auth_time,
                id_token: self.id_token(),
                sub: self.verified.sub.clone(),
                state_id_token: self.tokens.id_token.clone(),
                state_userinfo: jws,
            }),
            Kind::Relay(state) => self.believe(state, claims, offset, http, clock).await,
        }
    }

    /// Verifies what the relay forwards: the State's signatures, and that they belong to this attempt.
    async fn believe(
        &self,
        state: &crate::provider::State,
        mut forwarded: Map<String, Value>,
        offset: Option<SignedDuration>,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<SignedIn, ExchangeFault> {
        let mut take = |name: &str| match forwarded.remove(name) {
            Some(Value::String(jws)) if !jws.is_empty() => Ok(Secret::new(jws)),
            _ => Err(ExchangeFault::StateSignatureMissing),
        };
        let id_token = take("franceconnect_id_token")?;
        let userinfo = take("franceconnect_userinfo")?;
        let nonce = franceconnect_nonce(self.nonce.expose());
        let expected = id_token::Expectation {
            issuer: &state.issuer,
            client_id: &state.client_id,
            nonce: &nonce,
            started: self.started,
            age: Age::ByOneClock,
            access_token: None,
        };
        let verified =
            verify_id_token(&id_token, &state.keys, &expected, http, clock).await.map_err(|failure| match failure {
                Failure::Keys(fault) => of_keys(fault, Party::FranceConnect),
                Failure::Fault(IdTokenFault::Nonce) => ExchangeFault::StateUnbound,
                Failure::Fault(fault) => of_id_token(fault, offset, ExchangeFault::StateIdTokenInvalid),
            })?;
        // A relay that overstates the level would be believed by whoever reads only its own token.
        if verified.acr != self.verified.acr {
            return Err(ExchangeFault::StateUnbound);
        }
        let expected = userinfo::Expectation { issuer: &state.issuer, client_id: &state.client_id, sub: &verified.sub };
        let claims =
            verify_userinfo(&userinfo, &state.keys, &expected, http, clock).await.map_err(|failure| match failure {
                Failure::Keys(fault) => of_keys(fault, Party::FranceConnect),
                Failure::Fault(UserinfoFault::Subject) => ExchangeFault::StateUnbound,
                Failure::Fault(fault) => of_expiry(fault, offset).unwrap_or(ExchangeFault::StateUserinfoInvalid(fault)),
            })?;
        Ok(SignedIn {
            identity: pivot_identity(&claims),
            acr: verified.acr,
            auth_time: verified.auth_time,
            id_token: self.id_token(),
            sub: verified.sub,
            state_id_token: id_token,
            state_userinfo: userinfo,
        })
    }
}

impl Provider {
    fn party(&self) -> Party {
        match self.0.kind {
            Kind::Relay(_) => Party::Relay,
            Kind::Direct(_) => Party::FranceConnect,
        }
    }
}

enum Failure<F> {
    Keys(KeysFault),
    Fault(F),
}

async fn verify_id_token(
    jws: &Secret,
    keys: &KeySource,
    expected: &id_token::Expectation<'_>,
    http: &HttpClient,
    clock: &dyn Clock,
) -> Result<VerifiedIdToken, Failure<IdTokenFault>> {
    let known = keys.keys(http, clock.now()).await.map_err(Failure::Keys)?;
    match id_token::verify(jws, &known, keys.alg(), expected, clock.now()) {
        // Keys change: asked once more, never twice.
        Err(IdTokenFault::UnknownKey) => {
            let known = keys.fetch(http, clock.now()).await.map_err(Failure::Keys)?;
            id_token::verify(jws, &known, keys.alg(), expected, clock.now()).map_err(Failure::Fault)
        }
        other => other.map_err(Failure::Fault),
    }
}

async fn verify_userinfo(
    jws: &Secret,
    keys: &KeySource,
    expected: &userinfo::Expectation<'_>,
    http: &HttpClient,
    clock: &dyn Clock,
) -> Result<Map<String, Value>, Failure<UserinfoFault>> {
    let known = keys.keys(http, clock.now()).await.map_err(Failure::Keys)?;
    match userinfo::verify(jws, &known, keys.alg(), expected, clock.now()) {
        Err(UserinfoFault::UnknownKey) => {
            let known = keys.fetch(http, clock.now()).await.map_err(Failure::Keys)?;
            userinfo::verify(jws, &known, keys.alg(), expected, clock.now()).map_err(Failure::Fault)
        }
        other => other.map_err(Failure::Fault),
    }
}

fn of_http(fault: HttpFault, party: Party) -> ExchangeFault {
    match fault {
        HttpFault::Unreachable | HttpFault::TimedOut => ExchangeFault::Unreachable(party),
        HttpFault::TooLarge => ExchangeFault::Malformed(party),
        HttpFault::Insecure => ExchangeFault::InsecureAddress,
    }
}

fn of_keys(fault: KeysFault, party: Party) -> ExchangeFault {
    match fault {
        KeysFault::Http(HttpFault::Insecure) => ExchangeFault::InsecureAddress,
        KeysFault::Http(_) | KeysFault::NotKeys => ExchangeFault::KeysUnavailable(party),
    }
}

/// How far the other side's clock is ahead of this machine's.
fn offset(answer: &Answer, now: Timestamp) -> Option<SignedDuration> {
    answer.date.map(|date| date.duration_since(now))
}

/// A wrong clock on this machine explains a fault of time better than the fault itself.
fn of_id_token(
    fault: IdTokenFault,
    offset: Option<SignedDuration>,
    otherwise: fn(IdTokenFault) -> ExchangeFault,
) -> ExchangeFault {
    let clock = if fault.is_about_time() { clock_wrong(offset) } else { None };
    match clock {
        Some(clock) => clock,
        None if matches!(fault, IdTokenFault::AuthTimeEarly | IdTokenFault::SessionOlder) => {
            ExchangeFault::SessionReused
        }
        None => otherwise(fault),
    }
}

fn of_expiry(fault: UserinfoFault, offset: Option<SignedDuration>) -> Option<ExchangeFault> {
    (fault == UserinfoFault::Expired).then(|| clock_wrong(offset)).flatten()
}

fn clock_wrong(offset: Option<SignedDuration>) -> Option<ExchangeFault> {
    offset.filter(|offset| offset.abs() > SKEW).map(|offset| ExchangeFault::ClockWrong(offset.as_secs()))
}
