//! The ID token, verified whole before anything else is asked for.

use std::str::FromStr;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError,
};

use crate::acr::AcrValue;
use crate::keys::KeySet;
use crate::provider::SigningAlg;
use crate::secret::Secret;

/// How far clocks may be apart: as long as a FranceConnect token lives (franceconnect.md §16.18).
pub(crate) const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// `iat` and `auth_time` are whole seconds.
const ROUNDING: SignedDuration = SignedDuration::from_secs(1);

/// Why an ID token is refused (OpenID Connect Core 1.0 §3.1.3.7). Never carries a value of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenFault {
    /// Not a signed ID token, or a claim is missing or of the wrong type.
    #[error("it is not a well-formed signed ID token")]
    Malformed,
    /// Not the pinned algorithm.
    #[error("its algorithm is not the agreed one")]
    Algorithm,
    /// No key of the provider, or more than one, fits.
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
    /// The person signed in before the attempt began, by the clocks of two machines.
    #[error("the person signed in before this attempt")]
    AuthTimeEarly,
    /// The person signed in before the attempt began, by the issuer's own clock.
    #[error("the person signed in before this attempt")]
    SessionOlder,
    /// Its access token hash is not that of the access token.
    #[error("it belongs to another access token")]
    AccessTokenHash,
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
            | Self::AccessTokenHash => true,
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
}

/// What an ID token has to say.
pub(crate) struct Expectation<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a Secret,
    pub(crate) started: Timestamp,
    pub(crate) age: Age,
    /// Where the token came with an access token: its hash is checked when present.
    pub(crate) access_token: Option<&'a Secret>,
}

/// A verified ID token.
pub(crate) struct VerifiedIdToken {
    pub(crate) sub: Secret,
    pub(crate) acr: AcrValue,
    pub(crate) auth_time: Timestamp,
}

pub(crate) fn verify(
    jws: &Secret,
    keys: &KeySet,
    alg: SigningAlg,
    expected: &Expectation<'_>,
    now: Timestamp,
) -> Result<VerifiedIdToken, IdTokenFault> {
    let token = CoreIdToken::from_str(jws.expose()).map_err(|_| IdTokenFault::Malformed)?;
    let issuer = IssuerUrl::new(expected.issuer.to_owned()).map_err(|_| IdTokenFault::Issuer)?;
    let verifier =
        CoreIdTokenVerifier::new_public_client(ClientId::new(expected.client_id.to_owned()), issuer, keys.for_openid())
            .set_allowed_algs([openid_alg(alg)])
            // The library knows no tolerance: its clock is set back instead.
            .set_time_fn(move || SystemTime::from(now - SKEW).into());
    let nonce = Nonce::new(expected.nonce.expose().to_owned());
    let claims = token.claims(&verifier, &nonce).map_err(|error| of_library(&error))?;

    if claims.authorized_party().is_some_and(|party| party.as_str() != expected.client_id) {
        return Err(IdTokenFault::Audience);
    }
    let made = timestamp(claims.issue_time().timestamp())?;
    if made > now + SKEW || made < expected.started - SKEW {
        return Err(IdTokenFault::IssueTime);
    }
    if let (Some(hash), Some(access_token)) = (claims.access_token_hash(), expected.access_token) {
        let key = token.signing_key(&verifier).map_err(|_| IdTokenFault::UnknownKey)?;
        let access_token = AccessToken::new(access_token.expose().to_owned());
        let right = AccessTokenHash::from_token(&access_token, &openid_alg(alg), key)
            .map_err(|_| IdTokenFault::AccessTokenHash)?;
        if *hash != right {
            return Err(IdTokenFault::AccessTokenHash);
        }
    }
    let auth_time = claims.auth_time().ok_or(IdTokenFault::AuthTimeMissing)?;
    let auth_time = timestamp(auth_time.timestamp())?;
    // Two clocks need the skew. One clock does not: between sign-in and issue no more time can have
    // passed than since the attempt began, so a session half a minute old is found as well.
    let since_start = now.duration_since(expected.started) + ROUNDING;
    match expected.age {
        Age::ByOneClock if made.duration_since(auth_time) > since_start => return Err(IdTokenFault::SessionOlder),
        Age::ByOneClock | Age::ByTwoClocks if auth_time < expected.started - SKEW => {
            return Err(IdTokenFault::AuthTimeEarly);
        }
        Age::ByOneClock | Age::ByTwoClocks => {}
    }
    let acr = claims.auth_context_ref().ok_or(IdTokenFault::Acr)?;
    Ok(VerifiedIdToken {
        sub: Secret::new(claims.subject().as_str().to_owned()),
        acr: acr.as_str().parse().map_err(|_| IdTokenFault::Acr)?,
        auth_time,
    })
}

fn openid_alg(alg: SigningAlg) -> CoreJwsSigningAlgorithm {
    match alg {
        SigningAlg::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        SigningAlg::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    }
}

fn timestamp(seconds: i64) -> Result<Timestamp, IdTokenFault> {
    Timestamp::from_second(seconds).map_err(|_| IdTokenFault::Malformed)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's enums may grow: what is new refuses the token too")]
fn of_library(error: &ClaimsVerificationError) -> IdTokenFault {
    match error {
        ClaimsVerificationError::Expired(_) => IdTokenFault::Expired,
        ClaimsVerificationError::InvalidAudience(_) => IdTokenFault::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => IdTokenFault::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => IdTokenFault::Nonce,
        ClaimsVerificationError::SignatureVerification(signature) => match signature {
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::AmbiguousKeyId(_) => {
                IdTokenFault::UnknownKey
            }
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::NoSignature
            | SignatureVerificationError::UnsupportedAlg(_) => IdTokenFault::Algorithm,
            _ => IdTokenFault::Signature,
        },
        _ => IdTokenFault::Malformed,
    }
}
