//! What the userinfo endpoint says: a JWS of its own, or plain JSON where that was agreed.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::json;
use crate::jws::{self, JwsFault};
use crate::keys::KeySet;
use crate::provider::SigningAlg;
use crate::secret::Secret;

/// Why an identity is refused. Never carries a value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserinfoFault {
    /// Not a signed JWT.
    #[error("it is not a signed JWT")]
    NotSigned,
    /// Not the JSON that was agreed.
    #[error("it is not the JSON that was agreed")]
    NotJson,
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

impl From<JwsFault> for UserinfoFault {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::NotSigned => Self::NotSigned,
            JwsFault::Algorithm => Self::Algorithm,
            JwsFault::UnknownKey => Self::UnknownKey,
            JwsFault::Signature => Self::Signature,
        }
    }
}

/// What a userinfo has to say.
pub(crate) struct Expectation<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) sub: &'a Secret,
    pub(crate) skew: SignedDuration,
    /// Whether issuer, audience and expiry must be there (FranceConnect), or only be right when they
    /// are (OpenID Connect Core 1.0 §5.3.2).
    pub(crate) complete: bool,
}

pub(crate) fn verify(
    jws: &Secret,
    keys: &KeySet,
    alg: SigningAlg,
    expected: &Expectation<'_>,
    now: Timestamp,
) -> Result<Map<String, Value>, UserinfoFault> {
    let claims = jws::verify(jws, keys, alg)?;
    let right = |name: &str, right: &dyn Fn(&Value) -> bool| claims.get(name).map_or(!expected.complete, right);
    if !right("iss", &|issuer| issuer.as_str() == Some(expected.issuer)) {
        return Err(UserinfoFault::Issuer);
    }
    if !right("aud", &|audience| is_for(audience, expected.client_id)) {
        return Err(UserinfoFault::Audience);
    }
    let issued = claims.get("iat").and_then(Value::as_i64).unwrap_or(0);
    let past = (now - expected.skew).as_second();
    let lives = right("exp", &|expiry| expiry.as_i64().is_some_and(|expiry| expiry > past));
    if !lives || issued > (now + expected.skew).as_second() {
        return Err(UserinfoFault::Expired);
    }
    if claims.contains_key("nonce") {
        return Err(UserinfoFault::IdToken);
    }
    of_person(claims, expected.sub)
}

/// Reads plain JSON: TLS alone says who wrote it.
pub(crate) fn read_json(body: &[u8], sub: &Secret) -> Result<Map<String, Value>, UserinfoFault> {
    of_person(json::parse_object(body).map_err(|_| UserinfoFault::NotJson)?, sub)
}

fn of_person(claims: Map<String, Value>, sub: &Secret) -> Result<Map<String, Value>, UserinfoFault> {
    let same = claims.get("sub").and_then(Value::as_str).is_some_and(|found| sub.matches(found));
    if same { Ok(claims) } else { Err(UserinfoFault::Subject) }
}

fn is_for(audience: &Value, client_id: &str) -> bool {
    match audience {
        Value::String(one) => one == client_id,
        Value::Array(several) => !several.is_empty() && several.iter().all(|one| one.as_str() == Some(client_id)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_json_speaks_of_one_person() {
        let sub = Secret::new("s".to_owned());
        for (rule, body, expected) in [
            ("right", r#"{"sub":"s","name":"x"}"#, Ok(())),
            ("another person", r#"{"sub":"t"}"#, Err(UserinfoFault::Subject)),
            ("nobody", "{}", Err(UserinfoFault::Subject)),
            ("two persons", r#"{"sub":"s","sub":"t"}"#, Err(UserinfoFault::NotJson)),
            ("a page", "<html>", Err(UserinfoFault::NotJson)),
        ] {
            assert_eq!(read_json(body.as_bytes(), &sub).map(drop), expected, "{rule}");
        }
    }
}
