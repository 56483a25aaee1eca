//! The relay's own tokens: ES256, by a key that changes by itself.
//!
//! The key of a period is derived from the relay's sealing key (decision 0016): every instance has the same one without
//! asking another, and a restart changes nothing.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::seal::SealingKey;

/// How long a key signs: thirty days.
const PERIOD_S: i64 = 30 * 24 * 3600;

/// Signs tokens and publishes the keys that verify them.
pub(crate) struct Mint {
    root: SealingKey,
    issuer: String,
    /// Those that were needed last, by their period.
    kept: Mutex<Vec<Arc<Key>>>,
}

/// The key of a period.
struct Key {
    period: i64,
    signing: SigningKey,
    kid: String,
    point: Vec<u8>,
}

/// No signing key could be made, or nothing be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no signing key can be derived from the sealing key")]
pub struct NoKey;

impl Mint {
    pub(crate) fn new(root: SealingKey, issuer: String) -> Self {
        Self { root, issuer, kept: Mutex::default() }
    }

    /// Writes the key set (RFC 7517): the key that signs, the one before, whose last tokens are still about, and the next
    /// one, which another instance's clock may have reached.
    pub(crate) fn jwks(&self, now: Timestamp) -> Result<Value, NoKey> {
        let period = period(now);
        let keys = [period, period - 1, period + 1].map(|period| self.key(period).map(|key| key.jwk()));
        let keys: Vec<Value> = keys.into_iter().collect::<Result<_, _>>()?;
        Ok(json!({ "keys": keys }))
    }

    /// Signs claims as a compact JWS (RFC 7515 §3.1).
    pub(crate) fn sign(&self, claims: &Value, now: Timestamp) -> Result<String, NoKey> {
        let key = self.key(period(now))?;
        let header = json!({"alg": "ES256", "kid": key.kid}).to_string();
        let mut jws = URL_SAFE_NO_PAD.encode(header);
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut jws);
        let signature: Signature = key.signing.try_sign(jws.as_bytes()).map_err(|_| NoKey)?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut jws);
        Ok(jws)
    }

    fn key(&self, period: i64) -> Result<Arc<Key>, NoKey> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = kept.iter().find(|key| key.period == period) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(self.derive(period)?);
        kept.retain(|other| (other.period - period).abs() <= 2);
        kept.push(Arc::clone(&key));
        Ok(key)
    }

    fn derive(&self, period: i64) -> Result<Key, NoKey> {
        let signing = (0_u8..16)
            .find_map(|attempt| {
                let purpose: [&[u8]; 4] =
                    [b"comptoir relay signing key", self.issuer.as_bytes(), &period.to_be_bytes(), &[attempt]];
                // One draw in four billion is not a number of the curve: the next one is.
                SigningKey::from_slice(self.root.derive(&purpose)?.as_ref()).ok()
            })
            .ok_or(NoKey)?;
        // An uncompressed point: 4, then 32 bytes each.
        let point = signing.verifying_key().to_sec1_point(false).as_bytes().to_vec();
        let kid: String = URL_SAFE_NO_PAD.encode(digest(&SHA256, &point)).chars().take(16).collect();
        Ok(Key { period, signing, kid, point })
    }
}

impl Key {
    fn jwk(&self) -> Value {
        let half = |from: usize| URL_SAFE_NO_PAD.encode(self.point.get(from..from + 32).unwrap_or_default());
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.kid, "x": half(1), "y": half(33),
        })
    }
}

fn period(now: Timestamp) -> i64 {
    now.as_second().div_euclid(PERIOD_S)
}

/// Writes the left half of a token's SHA-256 (OpenID Connect Core 1.0 §3.1.3.6).
pub(crate) fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    fn kids(mint: &Mint, second: i64) -> Vec<String> {
        let jwks = mint.jwks(Timestamp::from_second(second).unwrap()).unwrap();
        jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_instance_has_the_same_keys_and_they_change_in_time() {
        let root = SealingKey::generate(&SystemRandom::new()).unwrap();
        let (one, two) =
            (Mint::new(root.clone(), "https://a".to_owned()), Mint::new(root.clone(), "https://a".to_owned()));
        let start = 700 * PERIOD_S;
        assert_eq!(kids(&one, start), kids(&two, start));
        assert_eq!(kids(&one, start), kids(&one, start + PERIOD_S - 1), "all the period long");
        let (before, after) = (kids(&one, start), kids(&one, start + PERIOD_S));
        assert_eq!(
            (&after[1], &after[0]),
            (&before[0], &before[2]),
            "the next becomes the present, which stays published"
        );
        assert_ne!(kids(&Mint::new(root, "https://b".to_owned()), start), before, "another establishment");
        let other = SealingKey::generate(&SystemRandom::new()).unwrap();
        assert_ne!(kids(&Mint::new(other, "https://a".to_owned()), start), before, "another relay");
    }
}
