//! The identity asked for, and FranceConnect's own signatures verified.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use crate::acr::AcrValue;
use crate::assertion::AssertionIds;
use crate::attempt::franceconnect_nonce;
use crate::authentication::ClientAuthentication;
use crate::clock::Clock;
use crate::exchange::{ExchangeError, ExchangeFault, Party, of_expiry, of_http, of_id_token, of_keys, offset};
use crate::http_client::{Answer, HttpClient};
use crate::id_token::{self, Age, IdTokenFault, SKEW, VerifiedIdToken};
use crate::keys::{KeySet, KeySource, KeysFault};
use crate::pivot::pivot_identity;
use crate::profile::{self, Bearer, Kind, UserinfoForm};
use crate::provider::{Provider, SigningAlg};
use crate::secret::{IdTokenHint, Secret};
use crate::signed_in::SignedIn;
use crate::token_answer::Tokens;
use crate::userinfo::{self, UserinfoFault};
use crate::vouched::Vouched;

/// The code is exchanged and the ID token verified; the identity is still to be asked for.
pub struct Redeemed {
    pub(crate) provider: Provider,
    pub(crate) nonce: Secret,
    pub(crate) started: Timestamp,
    pub(crate) ids: AssertionIds,
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
        let heard = match self.hear(http, clock).await {
            Ok(heard) => heard,
            Err(fault) => return Err(self.owing(fault)),
        };
        let id_token = self.id_token();
        // No provider that a check-in can be begun with comes without: see `OpenIdProvider`.
        let Some(State { level, auth_time, id_token: state_id_token, userinfo: state_userinfo }) = heard.state else {
            return Err(self.owing(ExchangeFault::StateSignatureMissing));
        };
        Ok(SignedIn {
            identity: pivot_identity(&heard.claims),
            acr: level,
            auth_time,
            id_token,
            sub: heard.sub,
            state_id_token,
            state_userinfo,
        })
    }

    /// Asks for the identity, whoever vouches for it. Performs I/O.
    pub(crate) async fn vouch(self, http: &HttpClient, clock: &dyn Clock) -> Result<Vouched, ExchangeError> {
        match self.hear(http, clock).await {
            Ok(heard) => Ok(Vouched {
                id_token: self.id_token(),
                claims: heard.claims,
                acr: self.verified.acr,
                auth_time: self.verified.auth_time,
                sub: heard.sub,
                claim_names: self.provider.0.claim_names.clone(),
            }),
            Err(fault) => Err(self.owing(fault)),
        }
    }

    async fn hear(&self, http: &HttpClient, clock: &dyn Clock) -> Result<Heard, ExchangeFault> {
        timeout_at(self.deadline, self.ask(http, clock)).await.unwrap_or(Err(ExchangeFault::TimedOut))
    }

    pub(crate) fn owing(self, fault: ExchangeFault) -> ExchangeError {
        ExchangeError { fault, owed_logout: Some(IdTokenHint::new(self.tokens.id_token)) }
    }

    async fn ask(&self, http: &HttpClient, clock: &dyn Clock) -> Result<Heard, ExchangeFault> {
        let profile = &self.provider.0;
        let party = self.provider.party();
        let sub = &self.verified.sub;
        let (alg, encrypted) = match profile.userinfo.form {
            UserinfoForm::Signed { alg, encrypted } => (alg, encrypted),
            UserinfoForm::Json => {
                let answer = self.userinfo("application/json", http, clock.now()).await?;
                let claims = userinfo::read_json(&answer.body, sub).map_err(of_userinfo)?;
                return Ok(Heard { claims, sub: sub.clone(), state: None });
            }
            UserinfoForm::None => {
                return Ok(Heard { claims: self.verified.claims.clone(), sub: sub.clone(), state: None });
            }
        };
        let answer = self.userinfo("application/jwt", http, clock.now()).await?;
        let offset = offset(&answer, clock.now());
        let jws = str::from_utf8(&answer.body).map_err(|_| ExchangeFault::Malformed(party))?;
        let jws = Secret::new(jws.trim().to_owned());
        let jws = profile.opened_when(encrypted, &jws).map_err(|fault| ExchangeFault::Undecryptable(party, fault))?;
        let expected = userinfo::Expectation {
            issuer: &profile.issuer,
            client_id: &profile.client_id,
            sub,
            skew: profile.id_token.skew,
            complete: profile.userinfo.complete,
        };
        let signer = Signer { keys: &profile.keys, alg };
        let claims = signer.verify_userinfo(&jws, &expected, http, clock).await.map_err(|failure| match failure {
            Failure::Keys(fault) => of_keys(fault, party),
            Failure::Fault(fault) => of_expiry(fault, offset).unwrap_or_else(|| of_userinfo(fault)),
        })?;
        match &profile.kind {
            Kind::Direct => {
                let state = State::of(&self.verified, self.tokens.id_token.clone(), jws)
                    .map_err(ExchangeFault::IdTokenInvalid)?;
                Ok(Heard { claims, sub: sub.clone(), state: Some(state) })
            }
            Kind::Relay(state) => self.believe(state, claims, offset, http, clock).await,
            Kind::Generic => Ok(Heard { claims, sub: sub.clone(), state: None }),
        }
    }

    /// Asks the userinfo endpoint, and takes an answer of the agreed kind only.
    async fn userinfo(&self, media_type: &str, http: &HttpClient, now: Timestamp) -> Result<Answer, ExchangeFault> {
        let (profile, party) = (&self.provider.0, self.provider.party());
        let (url, token) = (&profile.endpoints.userinfo, &self.tokens.access_token);
        let answer = match (&profile.kind, &profile.authentication) {
            // Our relay gives the identity to the desk itself, not to whoever holds its token.
            (Kind::Relay(_), ClientAuthentication::PrivateKeyJwt(..)) => {
                let presented = profile.present(&mut self.ids.clone(), now);
                let form: Vec<_> = presented.form().collect();
                http.post_with_bearer(url, media_type, token, &form).await
            }
            (Kind::Relay(_) | Kind::Direct | Kind::Generic, _) => match profile.userinfo.bearer {
                Bearer::Header => http.get_bearer(url, media_type, token).await,
                Bearer::Body => http.post_bearer(url, media_type, token).await,
            },
        }
        .map_err(|fault| of_http(fault, party))?;
        if answer.is_page() {
            return Err(ExchangeFault::Page(party));
        }
        match answer.status {
            200 if answer.media_type.as_deref() == Some(media_type) => Ok(answer),
            200 if media_type == "application/json" => Err(ExchangeFault::UserinfoInvalid(UserinfoFault::NotJson)),
            200 => Err(ExchangeFault::UserinfoInvalid(UserinfoFault::NotSigned)),
            500.. => Err(ExchangeFault::Unreachable(party)),
            _ => Err(ExchangeFault::UserinfoRefused(party)),
        }
    }

    /// Verifies what the relay forwards: the State's signatures, and that they belong to this attempt.
    async fn believe(
        &self,
        state: &profile::State,
        mut forwarded: Map<String, Value>,
        offset: Option<SignedDuration>,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Heard, ExchangeFault> {
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
            other_audiences: false,
            nonce: &nonce,
            started: self.started,
            age: Age::ByOneClock,
            skew: SKEW,
            access_token: None,
            code: None,
        };
        let signer = Signer { keys: &state.keys, alg: state.alg };
        let verified =
            signer.verify_id_token(&id_token, &expected, http, clock).await.map_err(|failure| match failure {
                Failure::Keys(fault) => of_keys(fault, Party::FranceConnect),
                Failure::Fault(IdTokenFault::Nonce) => ExchangeFault::StateUnbound,
                Failure::Fault(fault) => of_id_token(fault, offset, ExchangeFault::StateIdTokenInvalid),
            })?;
        // A relay that overstates the level would be believed by whoever reads only its own token.
        if verified.acr != self.verified.acr {
            return Err(ExchangeFault::StateUnbound);
        }
        let expected = userinfo::Expectation {
            issuer: &state.issuer,
            client_id: &state.client_id,
            sub: &verified.sub,
            skew: SKEW,
            complete: true,
        };
        let claims =
            signer.verify_userinfo(&userinfo, &expected, http, clock).await.map_err(|failure| match failure {
                Failure::Keys(fault) => of_keys(fault, Party::FranceConnect),
                Failure::Fault(UserinfoFault::Subject) => ExchangeFault::StateUnbound,
                Failure::Fault(fault) => of_expiry(fault, offset).unwrap_or(ExchangeFault::StateUserinfoInvalid(fault)),
            })?;
        let state = State::of(&verified, id_token, userinfo).map_err(ExchangeFault::StateIdTokenInvalid)?;
        Ok(Heard { claims, sub: verified.sub, state: Some(state) })
    }
}

/// What was heard of a person.
struct Heard {
    claims: Map<String, Value>,
    sub: Secret,
    /// FranceConnect's own word, where it is FranceConnect that vouches.
    state: Option<State>,
}

/// FranceConnect's own word: its level, its time, its signed tokens.
struct State {
    level: AcrValue,
    auth_time: Timestamp,
    id_token: Secret,
    userinfo: Secret,
}

impl State {
    fn of(verified: &VerifiedIdToken, id_token: Secret, userinfo: Secret) -> Result<Self, IdTokenFault> {
        let auth_time = verified.auth_time.ok_or(IdTokenFault::AuthTimeMissing)?;
        Ok(Self { level: verified.level()?, auth_time, id_token, userinfo })
    }
}

fn of_userinfo(fault: UserinfoFault) -> ExchangeFault {
    if fault == UserinfoFault::Subject { ExchangeFault::SubjectDiffers } else { ExchangeFault::UserinfoInvalid(fault) }
}

pub(crate) enum Failure<F> {
    Keys(KeysFault),
    Fault(F),
}

/// Whose signature, and how it is made.
pub(crate) struct Signer<'a> {
    pub(crate) keys: &'a KeySource,
    pub(crate) alg: SigningAlg,
}

impl Signer<'_> {
    pub(crate) async fn verify_id_token(
        &self,
        jws: &Secret,
        expected: &id_token::Expectation<'_>,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<VerifiedIdToken, Failure<IdTokenFault>> {
        let judge = |keys: &KeySet| id_token::verify(jws, keys, self.alg, expected, clock.now());
        self.verify(judge, IdTokenFault::UnknownKey, http, clock).await
    }

    async fn verify_userinfo(
        &self,
        jws: &Secret,
        expected: &userinfo::Expectation<'_>,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Map<String, Value>, Failure<UserinfoFault>> {
        let judge = |keys: &KeySet| userinfo::verify(jws, keys, self.alg, expected, clock.now());
        self.verify(judge, UserinfoFault::UnknownKey, http, clock).await
    }

    /// Keys change: an unknown one is asked for once more, never twice, and not by every token.
    async fn verify<T, F: Copy + PartialEq>(
        &self,
        judge: impl Fn(&KeySet) -> Result<T, F>,
        unknown_key: F,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<T, Failure<F>> {
        let known = self.keys.keys(self.alg, http, clock.now()).await.map_err(Failure::Keys)?;
        match judge(&known) {
            Err(fault) if fault == unknown_key && self.alg != SigningAlg::Hs256 => {
                match self.keys.refetch(http, clock.now()).await {
                    Ok(known) => judge(&known).map_err(Failure::Fault),
                    Err(KeysFault::TooSoon) => Err(Failure::Fault(fault)),
                    Err(fault) => Err(Failure::Keys(fault)),
                }
            }
            other => other.map_err(Failure::Fault),
        }
    }
}
