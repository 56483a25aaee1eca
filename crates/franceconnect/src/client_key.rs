//! The key by which a desk is known to its relay.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::SecureRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use zeroize::{Zeroize, Zeroizing};

use crate::secret::{RandomnessUnavailable, Secret};

/// A client's own signing key: ECDSA on P-256 (ES256); cheap to clone.
#[derive(Clone)]
pub struct ClientKey {
    pkcs8: Arc<Zeroizing<Vec<u8>>>,
    public: PublicJwk,
}

/// The bytes are not a private key on P-256 in PKCS#8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a client's key")]
pub struct NotAClientKey;

impl ClientKey {
    /// Draws a new key.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn generate(rng: &dyn SecureRandom) -> Result<Self, RandomnessUnavailable> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, rng).map_err(|_| RandomnessUnavailable)?;
        Self::from_pkcs8(document.as_ref().to_vec(), rng).map_err(|_| RandomnessUnavailable)
    }

    /// Takes back the bytes that a keychain kept.
    ///
    /// # Errors
    /// When they are no such key; they are zeroised.
    pub fn from_pkcs8(mut pkcs8: Vec<u8>, rng: &dyn SecureRandom) -> Result<Self, NotAClientKey> {
        let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, rng) else {
            pkcs8.zeroize();
            return Err(NotAClientKey);
        };
        let public = PublicJwk::of_point(pair.public_key().as_ref()).ok_or(NotAClientKey)?;
        Ok(Self { pkcs8: Arc::new(Zeroizing::new(pkcs8)), public })
    }

    /// Reads a key from PKCS#8 in PEM, as `openssl genpkey` writes it.
    ///
    /// # Errors
    /// When it is no such key.
    pub fn from_pem(pem: &Secret, rng: &dyn SecureRandom) -> Result<Self, NotAClientKey> {
        let body = pem.expose().trim().strip_prefix("-----BEGIN PRIVATE KEY-----");
        let body = body.and_then(|rest| rest.strip_suffix("-----END PRIVATE KEY-----")).ok_or(NotAClientKey)?;
        let mut letters = Zeroizing::new(String::with_capacity(body.len()));
        letters.extend(body.split_whitespace());
        Self::from_pkcs8(STANDARD.decode(letters.as_bytes()).map_err(|_| NotAClientKey)?, rng)
    }

    /// Gives the bytes to the keychain.
    #[must_use]
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.as_ref().clone()
    }

    /// Returns the public half.
    #[must_use]
    pub fn public_jwk(&self) -> &PublicJwk {
        &self.public
    }

    /// Returns the public half's thumbprint (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        self.public.thumbprint()
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The public half of a client's key: a point on P-256 (RFC 7518 §6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicJwk {
    x: String,
    y: String,
}

impl PublicJwk {
    /// Reads a JSON Web Key. `None` for another kind of key, and for one whose private half came with it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let jwk: Value = serde_json::from_str(text).ok()?;
        let member = |name: &str| jwk.get(name).and_then(Value::as_str);
        let usable = member("kty") == Some("EC")
            && member("crv") == Some("P-256")
            && jwk.get("d").is_none()
            && member("use").is_none_or(|r#use| r#use == "sig")
            && member("alg").is_none_or(|alg| alg == "ES256");
        let coordinate = |name: &str| {
            let text = member(name)?;
            (text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32))
                .then(|| text.to_owned())
        };
        usable.then_some(())?;
        Some(Self { x: coordinate("x")?, y: coordinate("y")? })
    }

    /// Writes the JSON Web Key.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"crv": "P-256", "kty": "EC", "x": self.x, "y": self.y})
    }

    /// Returns the thumbprint (RFC 7638 §3): the SHA-256 of the required members in their order.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, self.x, self.y);
        URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
    }

    pub(crate) fn coordinates(&self) -> (&str, &str) {
        (&self.x, &self.y)
    }

    /// Reads an uncompressed point: 4, then 32 bytes each.
    fn of_point(point: &[u8]) -> Option<Self> {
        let half = |from: usize| point.get(from..from + 32).map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        Some(Self { x: half(1)?, y: half(33)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    #[test]
    fn a_key_comes_back_from_its_bytes() {
        let rng = SystemRandom::new();
        let key = ClientKey::generate(&rng).unwrap();
        let again = ClientKey::from_pkcs8(key.to_pkcs8().to_vec(), &rng).unwrap();
        assert_eq!((again.public_jwk(), again.thumbprint().len()), (key.public_jwk(), 43));
        assert_eq!(PublicJwk::parse(&key.public_jwk().to_json().to_string()).as_ref(), Some(key.public_jwk()));
        assert_eq!(format!("{key:?}"), "[secret]");
        assert_eq!(ClientKey::from_pkcs8(vec![0; 138], &rng).err(), Some(NotAClientKey));
    }

    #[test]
    fn a_key_is_read_from_pem_or_not_at_all() {
        let rng = SystemRandom::new();
        let key = ClientKey::generate(&rng).unwrap();
        let body = STANDARD.encode(key.to_pkcs8().as_slice());
        let (first, second) = body.split_at(64);
        let pem = |kind: &str, body: &str| format!("-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n");
        for (rule, pem, expected) in [
            ("right", pem("PRIVATE KEY", &format!("{first}\n{second}")), true),
            ("lines of Windows", pem("PRIVATE KEY", &format!("{first}\r\n{second}")), true),
            ("of the older form", pem("EC PRIVATE KEY", &body), false),
            ("locked", pem("ENCRYPTED PRIVATE KEY", &body), false),
            ("a public key", pem("PUBLIC KEY", &body), false),
            ("cut", pem("PRIVATE KEY", first), false),
            ("no letters of base64", pem("PRIVATE KEY", "é"), false),
            ("nothing", String::new(), false),
        ] {
            let read = ClientKey::from_pem(&Secret::new(pem), &rng);
            assert_eq!(read.is_ok_and(|read| read.public_jwk() == key.public_jwk()), expected, "{rule}");
        }
    }

    #[test]
    fn a_thumbprint_is_the_hash_of_the_required_members() {
        // The key of RFC 7517 appendix A.1; the hash computed apart, over the canonical text.
        let jwk = r#"{"kid":"1","use":"sig","kty":"EC","crv":"P-256",
            "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"}"#;
        assert_eq!(PublicJwk::parse(jwk).unwrap().thumbprint(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
    }

    #[test]
    fn only_a_public_key_on_the_curve_is_read() {
        const X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
        for (rule, change, expected) in [
            ("right", json!({}), true),
            ("named as a signing key", json!({"use": "sig", "alg": "ES256"}), true),
            ("another curve", json!({"crv": "P-384"}), false),
            ("another kind", json!({"kty": "RSA"}), false),
            ("a symmetric key", json!({"kty": "oct", "k": X}), false),
            ("an encryption key", json!({"use": "enc"}), false),
            ("another algorithm", json!({"alg": "HS256"}), false),
            ("the private half", json!({"d": X}), false),
            ("a coordinate cut", json!({"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D"}), false),
            ("a coordinate padded", json!({"x": format!("{X}=")}), false),
            ("no coordinate", json!({"y": null}), false),
        ] {
            let mut jwk = json!({"kty": "EC", "crv": "P-256", "x": X, "y": X});
            for (name, value) in change.as_object().unwrap() {
                jwk[name] = value.clone();
            }
            assert_eq!(PublicJwk::parse(&jwk.to_string()).is_some(), expected, "{rule}");
        }
        assert_eq!(PublicJwk::parse("[]"), None);
    }
}
