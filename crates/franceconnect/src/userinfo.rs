//! Signed userinfo: a JWS of its own.
//!
//! Verified with jsonwebtoken rather than with openidconnect, which does not check the expiry of a
//! userinfo JWT and refuses the whole of it when one claim has an unexpected form; here a claim of
//! unexpected form is an absent trait.

use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use crate::id_token::SKEW;
use crate::keys::KeySet;
use crate::provider::SigningAlg;
use crate::secret::Secret;

/// Why a signed userinfo is refused. Never carries a value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserinfoFault {
    /// Not a signed JWT.
    #[error("it is not a signed JWT")]
    NotSigned,
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
    /// Another audience.
    #[error("it is meant for another client")]
    Audience,
    /// Expired, or no expiry, or made in the future.
    #[error("it has expired")]
    Expired,
    /// It is an ID token.
    #[error("it is an ID token, not a userinfo")]
    IdToken,
    /// Another person than the ID token's.
    #[error("it speaks of another person than the ID token")]
    Subject,
}

/// What a userinfo has to say.
pub(crate) struct Expectation<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) sub: &'a Secret,
}

pub(crate) fn verify(
    jws: &Secret,
    keys: &KeySet,
    alg: SigningAlg,
    expected: &Expectation<'_>,
    now: Timestamp,
) -> Result<Map<String, Value>, UserinfoFault> {
    let header = decode_header(jws.expose()).map_err(|_| UserinfoFault::NotSigned)?;
    if header.alg != jose_alg(alg) || header.crit.is_some() {
        return Err(UserinfoFault::Algorithm);
    }
    let mut fitting = keys.jose.iter().filter(|key| fits(key, header.kid.as_deref(), alg));
    let (Some(key), None) = (fitting.next(), fitting.next()) else {
        return Err(UserinfoFault::UnknownKey);
    };
    let key = DecodingKey::from_jwk(key).map_err(|_| UserinfoFault::UnknownKey)?;
    // The library's own checks read the system's clock: the claims are checked below instead.
    let mut signature_only = Validation::new(jose_alg(alg));
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_nbf = false;
    signature_only.validate_aud = false;
    let claims =
        decode::<Map<String, Value>>(jws.expose(), &key, &signature_only).map_err(|_| UserinfoFault::Signature)?.claims;

    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(UserinfoFault::Issuer);
    }
    if !is_for(claims.get("aud"), expected.client_id) {
        return Err(UserinfoFault::Audience);
    }
    let expires = claims.get("exp").and_then(Value::as_i64).ok_or(UserinfoFault::Expired)?;
    let issued = claims.get("iat").and_then(Value::as_i64).unwrap_or(0);
    if expires <= (now - SKEW).as_second() || issued > (now + SKEW).as_second() {
        return Err(UserinfoFault::Expired);
    }
    if claims.contains_key("nonce") {
        return Err(UserinfoFault::IdToken);
    }
    if !text("sub").is_some_and(|sub| expected.sub.matches(sub)) {
        return Err(UserinfoFault::Subject);
    }
    Ok(claims)
}

fn is_for(audience: Option<&Value>, client_id: &str) -> bool {
    match audience {
        Some(Value::String(one)) => one == client_id,
        Some(Value::Array(several)) => !several.is_empty() && several.iter().all(|one| one.as_str() == Some(client_id)),
        _ => false,
    }
}

fn jose_alg(alg: SigningAlg) -> Algorithm {
    match alg {
        SigningAlg::Es256 => Algorithm::ES256,
        SigningAlg::Rs256 => Algorithm::RS256,
    }
}

/// A key is chosen by identifier and by kind: FranceConnect publishes an EC and an RSA key
/// (franceconnect.md §1.4).
fn fits(key: &Jwk, kid: Option<&str>, alg: SigningAlg) -> bool {
    let of_kind = match (alg, &key.algorithm) {
        (SigningAlg::Es256, AlgorithmParameters::EllipticCurve(curve)) => curve.curve == EllipticCurve::P256,
        (SigningAlg::Rs256, AlgorithmParameters::RSA(_)) => true,
        (SigningAlg::Es256 | SigningAlg::Rs256, _) => false,
    };
    let named = kid.is_none() || key.common.key_id.as_deref() == kid;
    let may_sign = key.common.public_key_use.as_ref().is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
    of_kind && named && may_sign
}
