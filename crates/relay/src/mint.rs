//! The relay's own tokens: ES256, a key per start.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::SecureRandom;
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// Signs tokens and publishes the key that verifies them.
///
/// The key lives as long as the process: a token's own life is a minute, and a logout that comes
/// later is recognised by what is sealed in its hint, not by this signature.
pub(crate) struct Mint {
    key: EcdsaKeyPair,
    kid: String,
}

/// No signing key could be made, or nothing be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes for a signature")]
pub struct NoKey;

impl Mint {
    pub(crate) fn new(rng: &dyn SecureRandom) -> Result<Self, NoKey> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, rng).map_err(|_| NoKey)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), rng).map_err(|_| NoKey)?;
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, key.public_key().as_ref()));
        Ok(Self { key, kid: kid.chars().take(16).collect() })
    }

    /// Writes the key set (RFC 7517).
    pub(crate) fn jwks(&self) -> Value {
        // An uncompressed point: 4, then 32 bytes each.
        let point = self.key.public_key().as_ref();
        let half = |from: usize| URL_SAFE_NO_PAD.encode(point.get(from..from + 32).unwrap_or_default());
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.kid, "x": half(1), "y": half(33),
        }]})
    }

    /// Signs claims as a compact JWS (RFC 7515 §3.1).
    pub(crate) fn sign(&self, claims: &Value, rng: &dyn SecureRandom) -> Result<String, NoKey> {
        let header = json!({"alg": "ES256", "kid": self.kid}).to_string();
        let mut jws = URL_SAFE_NO_PAD.encode(header);
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut jws);
        let signature = self.key.sign(rng, jws.as_bytes()).map_err(|_| NoKey)?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut jws);
        Ok(jws)
    }
}

/// Writes the left half of a token's SHA-256 (OpenID Connect Core 1.0 §3.1.3.6).
pub(crate) fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}
