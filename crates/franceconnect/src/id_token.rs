//! The ID token, verified whole before anything else is asked for.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::acr::AcrValue;
use crate::half_hash::half_hash;
use crate::jws::{self, JwsFault};
use crate::keys::KeySet;
use crate::provider::SigningAlg;
use crate::secret::Secret;

/// How far clocks may be apart: as long as a FranceConnect token lives (franceconnect.md §16.18).
pub(crate) const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// `iat` and `auth_time` are whole seconds.
const ROUNDING: SignedDuration = SignedDuration::from_secs(1);
/// OpenID Connect Core 1.0 §2; production FranceConnect needs half of it.
const LONGEST_SUB: usize = 255;

/// Why an ID token is refused (OpenID Connect Core 1.0 §3.1.3.7). Never carries a value of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenFault {
    /// Not a signed ID token, or a claim is missing or of the wrong type.
    #[error("it is not a well-formed signed ID token")]
    Malformed,
    /// Not the pinned algorithm.
    #[error("its algorithm is not the agreed one")]
    Algorithm,
    /// No key of the provider, or more than may, fits.
    #[error("no key of the provider fits it")]
    UnknownKey,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// Another issuer.
    #[error("another issuer made it")]
    Issuer,
    /// Another audience, or more audiences than this client.
    #[error("it is meant for another client")]
    Audience,
    /// Expired.
    #[error("it has expired")]
    Expired,
    /// Made in the future, or before the attempt.
    #[error("it was not made during this attempt")]
    IssueTime,
    /// Another nonce, or none.
    #[error("it answers another attempt")]
    Nonce,
    /// No level, or an unknown one.
    #[error("it states no known level")]
    Acr,
    /// It does not say when the person signed in.
    #[error("it does not say when the person signed in")]
    AuthTimeMissing,
    /// The person signed in earlier than may be, by the clocks of two machines.
    #[error("the person signed in before this attempt")]
    AuthTimeEarly,
    /// The person signed in before the attempt began, by the issuer's own clock.
    #[error("the person signed in before this attempt")]
    SessionOlder,
    /// Its access token hash is not that of the access token.
    #[error("it belongs to another access token")]
    AccessTokenHash,
    /// Its code hash is not that of the code.
    #[error("it belongs to another code")]
    CodeHash,
}

impl IdTokenFault {
    /// Whether a wrong clock on this machine explains the fault.
    pub(crate) fn is_about_time(self) -> bool {
        matches!(self, Self::Expired | Self::IssueTime | Self::AuthTimeEarly)
    }

    /// Whether the token is the provider's all the same: what is wrong was found after its signature.
    pub(crate) fn was_signed(self) -> bool {
        match self {
            Self::Malformed | Self::Algorithm | Self::UnknownKey | Self::Signature | Self::Issuer | Self::Audience => {
                false
            }
            Self::Expired
            | Self::IssueTime
            | Self::Nonce
            | Self::Acr
            | Self::AuthTimeMissing
            | Self::AuthTimeEarly
            | Self::SessionOlder
            | Self::AccessTokenHash
            | Self::CodeHash => true,
        }
    }
}

impl From<JwsFault> for IdTokenFault {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::NotSigned => Self::Malformed,
            JwsFault::Algorithm => Self::Algorithm,
            JwsFault::UnknownKey => Self::UnknownKey,
            JwsFault::Signature => Self::Signature,
        }
    }
}

/// How to find a sign-in that is older than the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// The issuer itself saw the person sign in: `auth_time` and `iat` come from one clock.
    ByOneClock,
    /// `auth_time` is another machine's.
    ByTwoClocks,
    /// The same, and a session that began so long before the attempt is as good (`max_age`).
    Within(SignedDuration),
    /// A session of before is as good: `auth_time` is neither required nor judged.
    Any,
}

/// What an ID token has to say.
pub(crate) struct Expectation<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    /// Whether it may be meant for others too, when it names this client as its party (`azp`).
    pub(crate) other_audiences: bool,
    pub(crate) nonce: &'a Secret,
    pub(crate) started: Timestamp,
    pub(crate) age: Age,
    /// How far clocks may be apart; [`SKEW`] at most.
    pub(crate) skew: SignedDuration,
    /// Where the token came with an access token: its hash is checked when present.
    pub(crate) access_token: Option<&'a Secret>,
    /// Where the token came for a code: its hash is checked when present.
    pub(crate) code: Option<&'a Secret>,
}

/// A verified ID token.
pub(crate) struct VerifiedIdToken {
    pub(crate) sub: Secret,
    /// The level, in the issuer's words.
    pub(crate) acr: Option<String>,
    pub(crate) auth_time: Option<Timestamp>,
    pub(crate) claims: Map<String, Value>,
}

impl VerifiedIdToken {
    /// Reads the level in FranceConnect's words.
    pub(crate) fn level(&self) -> Result<AcrValue, IdTokenFault> {
        self.acr.as_deref().and_then(|acr| acr.parse().ok()).ok_or(IdTokenFault::Acr)
    }
}

pub(crate) fn verify(
    jws: &Secret,
    keys: &KeySet,
    alg: SigningAlg,
    expected: &Expectation<'_>,
    now: Timestamp,
) -> Result<VerifiedIdToken, IdTokenFault> {
    let claims = jws::verify(jws, keys, alg)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let sub = text("sub").filter(|sub| !sub.is_empty() && sub.len() <= LONGEST_SUB).ok_or(IdTokenFault::Malformed)?;
    let made = time(&claims, "iat")?.ok_or(IdTokenFault::Malformed)?;
    let expires = time(&claims, "exp")?.ok_or(IdTokenFault::Malformed)?;
    if text("iss") != Some(expected.issuer) {
        return Err(IdTokenFault::Issuer);
    }
    check_audience(&claims, expected)?;
    if !text("nonce").is_some_and(|nonce| expected.nonce.matches(nonce)) {
        return Err(IdTokenFault::Nonce);
    }
    if expires <= now - expected.skew || time(&claims, "nbf")?.is_some_and(|from| from > now + expected.skew) {
        return Err(IdTokenFault::Expired);
    }
    if made > now + expected.skew || made < expected.started - expected.skew {
        return Err(IdTokenFault::IssueTime);
    }
    for (name, whole, fault) in [
        ("at_hash", expected.access_token, IdTokenFault::AccessTokenHash),
        ("c_hash", expected.code, IdTokenFault::CodeHash),
    ] {
        if let (Some(hash), Some(whole)) = (claims.get(name), whole)
            && hash.as_str() != Some(half_hash(whole).as_str())
        {
            return Err(fault);
        }
    }
    let auth_time = check_age(&claims, made, expected, now)?;
    let acr = match claims.get("acr") {
        None => None,
        Some(Value::String(acr)) => Some(acr.clone()),
        Some(_) => return Err(IdTokenFault::Acr),
    };
    Ok(VerifiedIdToken { sub: Secret::new(sub.to_owned()), acr, auth_time, claims })
}

fn check_audience(claims: &Map<String, Value>, expected: &Expectation<'_>) -> Result<(), IdTokenFault> {
    let us = |value: &Value| value.as_str() == Some(expected.client_id);
    let party = claims.get("azp");
    if party.is_some_and(|party| !us(party)) {
        return Err(IdTokenFault::Audience);
    }
    let alone = match claims.get("aud") {
        Some(Value::Array(several)) if several.iter().any(us) => several.iter().all(us),
        Some(one) if us(one) => true,
        Some(_) | None => return Err(IdTokenFault::Audience),
    };
    // OpenID Connect Core 1.0 §3.1.3.7, 3 to 5.
    if alone || (expected.other_audiences && party.is_some()) { Ok(()) } else { Err(IdTokenFault::Audience) }
}

fn check_age(
    claims: &Map<String, Value>,
    made: Timestamp,
    expected: &Expectation<'_>,
    now: Timestamp,
) -> Result<Option<Timestamp>, IdTokenFault> {
    let stated = time(claims, "auth_time");
    if expected.age == Age::Any {
        return Ok(stated.unwrap_or_default());
    }
    let auth_time = stated?.ok_or(IdTokenFault::AuthTimeMissing)?;
    // Two clocks need the skew. One clock does not: between sign-in and issue no more time can have
    // passed than since the attempt began, so a session half a minute old is found as well.
    let since_start = now.duration_since(expected.started) + ROUNDING;
    if expected.age == Age::ByOneClock && made.duration_since(auth_time) > since_start {
        return Err(IdTokenFault::SessionOlder);
    }
    let older = match expected.age {
        Age::Within(older) => older,
        Age::ByOneClock | Age::ByTwoClocks | Age::Any => SignedDuration::ZERO,
    };
    if auth_time < expected.started - older - expected.skew {
        return Err(IdTokenFault::AuthTimeEarly);
    }
    Ok(Some(auth_time))
}

/// Reads a time in seconds; some providers write a fraction.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, IdTokenFault> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked on the line")]
    let seconds = value.as_i64().or_else(|| value.as_f64().filter(|at| (0.0..1e11).contains(at)).map(|at| at as i64));
    let seconds = seconds.ok_or(IdTokenFault::Malformed)?;
    Timestamp::from_second(seconds).map(Some).map_err(|_| IdTokenFault::Malformed)
}
