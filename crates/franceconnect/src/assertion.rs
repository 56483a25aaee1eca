//! A client's signed word that it is the client (RFC 7523 §2.2, §3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use ring::digest::{Context, SHA256};
use ring::rand::SecureRandom;
use serde_json::{Map, Value, json};

use crate::client_key::{ClientKey, PublicJwk};
use crate::id_token::SKEW;
use crate::secret::{RandomnessUnavailable, Secret};

/// The `client_assertion_type` of a JWT (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion lives no longer.
const LIFE: SignedDuration = SignedDuration::from_secs(60);

/// The identifiers of one attempt's assertions: drawn once, with the attempt, and never the same twice.
#[derive(Clone)]
pub(crate) struct AssertionIds {
    seed: Secret,
    used: u32,
}

impl AssertionIds {
    pub(crate) fn draw(rng: &dyn SecureRandom) -> Result<Self, RandomnessUnavailable> {
        Ok(Self { seed: Secret::random_base64url(rng)?, used: 0 })
    }

    /// Those of an attempt that has a state: no other attempt has the same.
    pub(crate) fn of(state: &Secret) -> Self {
        Self { seed: state.clone(), used: 0 }
    }

    pub(crate) fn next(&mut self) -> String {
        let mut context = Context::new(&SHA256);
        context.update(b"comptoir assertion");
        context.update(self.seed.expose().as_bytes());
        context.update(&self.used.to_be_bytes());
        self.used = self.used.wrapping_add(1);
        URL_SAFE_NO_PAD.encode(context.finish())
    }
}

/// Signs an assertion. `None` when the key cannot sign, which a key that was read cannot come to.
pub(crate) fn make(key: &ClientKey, client_id: &str, audience: &str, id: &str, now: Timestamp) -> Option<Secret> {
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": id,
        "iat": now.as_second(),
        "exp": (now + LIFE).as_second(),
    });
    // The signature draws no chance (RFC 6979): nothing but the time is asked of the caller.
    encode(&Header::new(Algorithm::ES256), &claims, &EncodingKey::from_ec_der(key.pkcs8())).ok().map(Secret::new)
}

/// The side that is shown an assertion.
#[derive(Debug)]
pub struct ClientAssertion;

/// A verified assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedAssertion {
    /// Its identifier: to be taken once.
    pub jti: String,
    /// Until when the identifier has to be remembered, clocks being apart.
    pub expires: Timestamp,
}

/// Why an assertion is refused. Never carries a value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionFault {
    /// Not a signed JWT.
    #[error("it is not a signed JWT")]
    NotSigned,
    /// Not ES256.
    #[error("its algorithm is not the agreed one")]
    Algorithm,
    /// The signature is not that of the client's key.
    #[error("its signature is wrong")]
    Signature,
    /// Issuer and subject are not both the client.
    #[error("another client made it")]
    Client,
    /// It is meant for somebody else, or for others as well.
    #[error("it is meant for somebody else")]
    Audience,
    /// Expired, made in the future, or it lives too long.
    #[error("it is not of this minute")]
    Expired,
    /// No identifier, or one that is no identifier.
    #[error("it has no usable identifier")]
    Identifier,
}

impl ClientAssertion {
    /// Reads who an assertion says it is from, unverified: by it the key is looked up.
    #[must_use]
    pub fn claimed_client(jws: &str) -> Option<String> {
        let payload = jws.split('.').nth(1)?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        claims.get("sub").and_then(Value::as_str).map(str::to_owned)
    }

    /// Verifies an assertion whole, save that its identifier was not seen before.
    ///
    /// # Errors
    /// When anything at all is not as it must be.
    pub fn verify(
        jws: &str,
        key: &PublicJwk,
        client_id: &str,
        audiences: &[&str],
        now: Timestamp,
    ) -> Result<VerifiedAssertion, AssertionFault> {
        let header = decode_header(jws).map_err(|_| AssertionFault::NotSigned)?;
        if header.alg != Algorithm::ES256 || header.crit.is_some() {
            return Err(AssertionFault::Algorithm);
        }
        let (x, y) = key.coordinates();
        let key = DecodingKey::from_ec_components(x, y).map_err(|_| AssertionFault::Signature)?;
        // The library's own checks read the system's clock: the claims are checked below instead.
        let mut signature_only = Validation::new(Algorithm::ES256);
        signature_only.required_spec_claims.clear();
        signature_only.validate_exp = false;
        signature_only.validate_nbf = false;
        signature_only.validate_aud = false;
        let claims =
            decode::<Map<String, Value>>(jws, &key, &signature_only).map_err(|_| AssertionFault::Signature)?.claims;

        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(client_id) || text("sub") != Some(client_id) {
            return Err(AssertionFault::Client);
        }
        let audience = match claims.get("aud") {
            Some(Value::String(one)) => Some(one.as_str()),
            // An assertion for several is one that the others could show here.
            Some(Value::Array(several)) if several.len() == 1 => several.first().and_then(Value::as_str),
            Some(_) | None => None,
        };
        if !audience.is_some_and(|audience| audiences.contains(&audience)) {
            return Err(AssertionFault::Audience);
        }
        let second = |name: &str| {
            let number = claims.get(name).and_then(Value::as_i64).ok_or(AssertionFault::Expired)?;
            Timestamp::from_second(number).map_err(|_| AssertionFault::Expired)
        };
        let (made, ends) = (second("iat")?, second("exp")?);
        let begins = if claims.contains_key("nbf") { second("nbf")? } else { made };
        let lives = ends.duration_since(made);
        if ends <= now - SKEW || made > now + SKEW || begins > now + SKEW || lives > LIFE || lives.is_negative() {
            return Err(AssertionFault::Expired);
        }
        let jti = text("jti").filter(|jti| (16..=128).contains(&jti.len())).ok_or(AssertionFault::Identifier)?;
        Ok(VerifiedAssertion { jti: jti.to_owned(), expires: ends + SKEW })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    const RELAY: &str = "https://relais.example";
    const NOW: i64 = 1_800_000_000;

    fn signed(key: &ClientKey, header: &Header, claims: &Value) -> String {
        encode(header, claims, &EncodingKey::from_ec_der(key.pkcs8())).unwrap()
    }

    #[test]
    fn an_assertion_is_taken_or_refused() {
        use AssertionFault::{Audience, Client, Expired, Identifier};

        let rng = SystemRandom::new();
        let key = ClientKey::generate(&rng).unwrap();
        let now = Timestamp::from_second(NOW).unwrap();
        for (rule, change, expected) in [
            ("right", json!({}), None),
            ("one audience in a list", json!({"aud": [RELAY]}), None),
            ("two audiences", json!({"aud": [RELAY, "https://autre.example"]}), Some(Audience)),
            ("another audience", json!({"aud": "https://autre.example"}), Some(Audience)),
            ("no audience", json!({"aud": null}), Some(Audience)),
            ("another issuer", json!({"iss": "autre"}), Some(Client)),
            ("another subject", json!({"sub": "autre"}), Some(Client)),
            ("no issuer", json!({"iss": null}), Some(Client)),
            ("clock a little slow", json!({"iat": NOW - 100, "exp": NOW - 40}), None),
            ("clock slow", json!({"iat": NOW - 121, "exp": NOW - 61}), Some(Expired)),
            ("clock a little fast", json!({"iat": NOW + 59, "exp": NOW + 119}), None),
            ("clock fast", json!({"iat": NOW + 61, "exp": NOW + 121}), Some(Expired)),
            ("it lives too long", json!({"exp": NOW + 61}), Some(Expired)),
            ("it ends before it begins", json!({"iat": NOW + 30, "exp": NOW + 29}), Some(Expired)),
            ("not yet", json!({"nbf": NOW + 61}), Some(Expired)),
            ("no end", json!({"exp": null}), Some(Expired)),
            ("no beginning", json!({"iat": null}), Some(Expired)),
            ("an end that is no time", json!({"exp": i64::MAX}), Some(Expired)),
            ("no identifier", json!({"jti": null}), Some(Identifier)),
            ("a short identifier", json!({"jti": "1"}), Some(Identifier)),
            ("an endless identifier", json!({"jti": "1".repeat(129)}), Some(Identifier)),
        ] {
            let mut claims = json!({
                "iss": "poste", "sub": "poste", "aud": RELAY, "jti": "0123456789abcdef", "iat": NOW, "exp": NOW + 60,
            });
            for (name, value) in change.as_object().unwrap() {
                claims[name] = value.clone();
            }
            let jws = signed(&key, &Header::new(Algorithm::ES256), &claims);
            let verified = ClientAssertion::verify(&jws, key.public_jwk(), "poste", &[RELAY], now);
            assert_eq!(verified.err(), expected, "{rule}");
        }
    }

    #[test]
    fn only_the_clients_key_signs() {
        use AssertionFault::{Algorithm as Alg, NotSigned, Signature};

        let rng = SystemRandom::new();
        let (key, other) = (ClientKey::generate(&rng).unwrap(), ClientKey::generate(&rng).unwrap());
        let now = Timestamp::from_second(NOW).unwrap();
        let mut ids = AssertionIds::draw(&rng).unwrap();
        let right = make(&key, "poste", RELAY, &ids.next(), now).unwrap();
        let (head, rest) = right.expose().split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        let header = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let public = key.public_jwk().to_json().to_string();
        let symmetric =
            encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(public.as_bytes())).unwrap();
        let mut critical = Header::new(Algorithm::ES256);
        critical.crit = Some(vec!["exp".to_owned()]);
        let foreign = make(&other, "poste", RELAY, &ids.next(), now).unwrap();
        for (rule, jws, expected) in [
            ("right", right.expose().to_owned(), None),
            ("another key", foreign.expose().to_owned(), Some(Signature)),
            ("no algorithm", format!("{}.{payload}.", header(r#"{"alg":"none"}"#)), Some(NotSigned)),
            ("the public key as a shared secret", symmetric, Some(Alg)),
            ("a condition not understood", signed(&key, &critical, &claims), Some(Alg)),
            ("no signature", format!("{head}.{payload}."), Some(Signature)),
            ("another payload", format!("{head}.{}.{signature}", header(r#"{"iss":"poste"}"#)), Some(Signature)),
            ("two parts", format!("{head}.{payload}"), Some(NotSigned)),
            ("nothing", String::new(), Some(NotSigned)),
        ] {
            let verified = ClientAssertion::verify(&jws, key.public_jwk(), "poste", &[RELAY], now);
            assert_eq!(verified.err(), expected, "{rule}");
        }
        assert_eq!(ClientAssertion::claimed_client(right.expose()).as_deref(), Some("poste"));
        assert_ne!(ids.next(), ids.next());
    }
}
