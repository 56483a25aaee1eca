//! The identity asked for, and FranceConnect's own signatures verified.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use crate::attempt::franceconnect_nonce;
use crate::clock::Clock;
use crate::exchange::{ExchangeError, ExchangeFault, Party, of_expiry, of_http, of_id_token, of_keys, offset};
use crate::http_client::HttpClient;
use crate::id_token::{self, Age, IdTokenFault, VerifiedIdToken};
use crate::keys::{KeySource, KeysFault};
use crate::pivot::pivot_identity;
use crate::provider::{Kind, Provider};
use crate::secret::{IdTokenHint, Secret};
use crate::signed_in::SignedIn;
use crate::token_answer::Tokens;
use crate::userinfo::{self, UserinfoFault};

/// The code is exchanged and the ID token verified; the identity is still to be asked for.
pub struct Redeemed {
    pub(crate) provider: Provider,
    pub(crate) nonce: Secret,
    pub(crate) started: Timestamp,
    pub(crate) deadline: Instant,
    pub(crate) tokens: Tokens,
    pub(crate) verified: VerifiedIdToken,
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

    pub(crate) fn owing(self, fault: ExchangeFault) -> ExchangeError {
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
        let jws = profile.opened(&jws).map_err(|fault| ExchangeFault::Undecryptable(party, fault))?;
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

pub(crate) enum Failure<F> {
    Keys(KeysFault),
    Fault(F),
}

pub(crate) async fn verify_id_token(
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
