//! One signature of one token: the pinned algorithm, a key that fits, and strictly read JSON.
//!
//! Verified with jsonwebtoken rather than with openidconnect, whose claims types refuse the whole of a
//! token when one claim has an unexpected form, and which reads a member said twice as one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use crate::json;
use crate::keys::KeySet;
use crate::provider::SigningAlg;
use crate::secret::Secret;

/// A token of FranceConnect is some two thousand letters long.
const LONGEST: usize = 64 * 1024;
/// The least that is still safe (ANSSI's guide of 2021 says 2048 until 2030).
const LEAST_RSA_BYTES: usize = 256;

/// Why a token is not taken for its maker's. Never carries a value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JwsFault {
    /// Not a JWS in the compact form, or not of JSON within the limits.
    NotSigned,
    /// Another algorithm than the pinned one, or an extension that must be understood.
    Algorithm,
    /// No key, or more than may, fits; or none of the few that fit a token without a name made it.
    UnknownKey,
    /// The signature is wrong.
    Signature,
}

/// Verifies the signature of a compact JWS and reads its claims.
pub(crate) fn verify(jws: &Secret, keys: &KeySet, alg: SigningAlg) -> Result<Map<String, Value>, JwsFault> {
    let jws = jws.expose();
    if jws.len() > LONGEST {
        return Err(JwsFault::NotSigned);
    }
    let (message, signature) = jws.rsplit_once('.').ok_or(JwsFault::NotSigned)?;
    let (header, payload) = message.split_once('.').ok_or(JwsFault::NotSigned)?;
    let header = part(header)?;
    if header.get("alg").and_then(Value::as_str) != Some(alg.as_str()) || header.contains_key("crit") {
        return Err(JwsFault::Algorithm);
    }
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) => Some(kid.as_str()),
        Some(_) => return Err(JwsFault::UnknownKey),
    };
    let fitting = keys_for(keys, kid, alg)?;
    let made =
        |key: &DecodingKey| matches!(crypto::verify(signature, message.as_bytes(), key, alg.of_library()), Ok(true));
    if fitting.iter().any(made) {
        part(payload)
    } else if kid.is_none() && keys.unnamed > 1 {
        // Keys are kept for a while, and a token that names none cannot say that it is by a later one.
        Err(JwsFault::UnknownKey)
    } else {
        Err(JwsFault::Signature)
    }
}

fn part(text: &str) -> Result<Map<String, Value>, JwsFault> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsFault::NotSigned)?;
    json::parse_object(&bytes).map_err(|_| JwsFault::NotSigned)
}

/// Finds the keys that may have signed: one, or for a token that names none as many as its issuer may have.
fn keys_for(keys: &KeySet, kid: Option<&str>, alg: SigningAlg) -> Result<Vec<DecodingKey>, JwsFault> {
    if alg == SigningAlg::Hs256 {
        let secret = keys.secret.as_ref().ok_or(JwsFault::UnknownKey)?;
        return Ok(vec![DecodingKey::from_secret(secret.expose().as_bytes())]);
    }
    let most = if kid.is_some() { 1 } else { keys.unnamed };
    let fitting: Vec<&Jwk> = keys.jose.iter().filter(|key| fits(key, kid, alg)).collect();
    if fitting.is_empty() || fitting.len() > most {
        return Err(JwsFault::UnknownKey);
    }
    let readable: Vec<DecodingKey> = fitting.into_iter().filter_map(|key| DecodingKey::from_jwk(key).ok()).collect();
    if readable.is_empty() { Err(JwsFault::UnknownKey) } else { Ok(readable) }
}

/// A key is chosen by identifier and by kind: FranceConnect publishes an EC and an RSA key
/// (franceconnect.md §1.4). A token that names no key is taken when a single one is of its kind, or a few are
/// at a provider that may have several.
fn fits(key: &Jwk, kid: Option<&str>, alg: SigningAlg) -> bool {
    let of_kind = match (alg, &key.algorithm) {
        (SigningAlg::Es256, AlgorithmParameters::EllipticCurve(curve)) => curve.curve == EllipticCurve::P256,
        (SigningAlg::Rs256 | SigningAlg::Ps256, AlgorithmParameters::RSA(rsa)) => {
            URL_SAFE_NO_PAD.decode(&rsa.n).is_ok_and(|modulus| modulus.len() >= LEAST_RSA_BYTES)
        }
        (SigningAlg::Es256 | SigningAlg::Rs256 | SigningAlg::Ps256 | SigningAlg::Hs256, _) => false,
    };
    let named = kid.is_none() || key.common.key_id.as_deref() == kid;
    let may_sign = key.common.public_key_use.as_ref().is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
    let agreed = key.common.key_algorithm.as_ref().is_none_or(|named| named.to_string() == alg.as_str());
    of_kind && named && may_sign && agreed
}

impl SigningAlg {
    /// Returns the `alg` parameter (RFC 7518 §3.1).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Hs256 => "HS256",
        }
    }

    fn of_library(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::ES256,
            Self::Rs256 => Algorithm::RS256,
            Self::Ps256 => Algorithm::PS256,
            Self::Hs256 => Algorithm::HS256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::hmac;

    fn mac(header: &str, payload: &str) -> Secret {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"a-client-secret"), message.as_bytes());
        Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref())))
    }

    #[test]
    fn a_token_is_taken_whole_or_not_at_all() {
        let secret = KeySet::of_secret(Secret::new("a-client-secret".to_owned()));
        let other = KeySet::of_secret(Secret::new("another".to_owned()));
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(40), "]".repeat(40));
        for (rule, token, keys, expected) in [
            ("right", mac(r#"{"alg":"HS256"}"#, r#"{"sub":"s"}"#), &secret, Ok(())),
            ("another secret", mac(r#"{"alg":"HS256"}"#, "{}"), &other, Err(JwsFault::Signature)),
            ("another algorithm", mac(r#"{"alg":"HS512"}"#, "{}"), &secret, Err(JwsFault::Algorithm)),
            ("no algorithm", mac("{}", "{}"), &secret, Err(JwsFault::Algorithm)),
            ("none", mac(r#"{"alg":"none"}"#, "{}"), &secret, Err(JwsFault::Algorithm)),
            ("algorithm twice", mac(r#"{"alg":"HS256","alg":"none"}"#, "{}"), &secret, Err(JwsFault::NotSigned)),
            ("critical", mac(r#"{"alg":"HS256","crit":[]}"#, "{}"), &secret, Err(JwsFault::Algorithm)),
            ("odd kid", mac(r#"{"alg":"HS256","kid":7}"#, "{}"), &secret, Err(JwsFault::UnknownKey)),
            ("claim twice", mac(r#"{"alg":"HS256"}"#, r#"{"sub":"a","sub":"b"}"#), &secret, Err(JwsFault::NotSigned)),
            ("too deep", mac(r#"{"alg":"HS256"}"#, &deep), &secret, Err(JwsFault::NotSigned)),
            ("not an object", mac(r#"{"alg":"HS256"}"#, "[]"), &secret, Err(JwsFault::NotSigned)),
            ("five parts", Secret::new("a.b.c.d.e".to_owned()), &secret, Err(JwsFault::NotSigned)),
            ("no parts", Secret::new(String::new()), &secret, Err(JwsFault::NotSigned)),
            ("too long", Secret::new("a".repeat(LONGEST + 1)), &secret, Err(JwsFault::NotSigned)),
        ] {
            assert_eq!(verify(&token, keys, SigningAlg::Hs256).map(drop), expected, "{rule}");
        }
    }

    /// The example of RFC 7515 §A.3, which the fuzz target of published keys starts from.
    #[test]
    fn the_standards_own_example_verifies() {
        let token = "eyJhbGciOiJFUzI1NiJ9.\
            eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
            DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let seeds = [include_str!("../fuzz/seeds/keys/one"), include_str!("../fuzz/seeds/keys/two_kinds")];
        for published in seeds {
            let keys = KeySet::parse(published.as_bytes()).unwrap();
            let claims = verify(&Secret::new(token.to_owned()), &keys, SigningAlg::Es256).unwrap();
            assert_eq!(claims["iss"], "joe");
        }
    }

    #[test]
    fn a_short_rsa_key_or_one_for_another_use_fits_nothing() {
        let rsa = |bytes: usize, rest: &str| {
            let n = URL_SAFE_NO_PAD.encode(vec![0xc5; bytes]);
            let body = format!(r#"{{"keys":[{{"kty":"RSA","e":"AQAB","n":"{n}"{rest}}}]}}"#);
            KeySet::parse(body.as_bytes()).unwrap()
        };
        for (rule, keys, alg, expected) in [
            ("2048 bits", rsa(256, ""), SigningAlg::Rs256, true),
            ("PSS", rsa(256, ""), SigningAlg::Ps256, true),
            ("1024 bits", rsa(128, ""), SigningAlg::Rs256, false),
            ("for encryption", rsa(256, r#","use":"enc""#), SigningAlg::Rs256, false),
            ("for another algorithm", rsa(256, r#","alg":"PS256""#), SigningAlg::Rs256, false),
            ("of another kind", rsa(256, ""), SigningAlg::Es256, false),
        ] {
            assert_eq!(keys_for(&keys, None, alg).is_ok(), expected, "{rule}");
        }
    }
}
