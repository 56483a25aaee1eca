//! The signing keys, their published form, and the signatures, right and wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header};
use p256::pkcs8::EncodePrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde_json::{Map, Value, json};

use crate::chance::{Chance, Drawing};
use crate::jwe::{ephemeral, uncompressed};
use crate::{Algorithm, Client, Fault, Platform};

/// Why signing keys could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The system gave no randomness or the curve's key could not be made.
    #[error("no P-256 key")]
    Curve,
    /// The RSA key could not be made.
    #[error("no RSA key")]
    Rsa(#[from] rsa::Error),
    /// The RSA private key could not be encoded.
    #[error("the RSA key cannot be encoded")]
    RsaEncoding(#[from] rsa::pkcs1::Error),
    /// The RSA public key could not be encoded.
    #[error("the RSA public key cannot be encoded")]
    RsaPublicEncoding(#[from] rsa::pkcs8::spki::Error),
    /// A token could not be signed.
    #[error("a token cannot be signed")]
    Signature(#[from] jsonwebtoken::errors::Error),
}

/// How a token is to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signing {
    Right,
    OtherKey,
    None,
    Hs256WithPublicKey,
    /// Rightly, under a kid that is not published.
    UnknownKid,
    /// Rightly, without a kid.
    NoKid,
}

impl Signing {
    /// Says how ID tokens are signed under a fault.
    pub(crate) fn of_id_token(fault: Option<Fault>) -> Self {
        let is = |other| fault == Some(other);
        if is(Fault::OtherKey) {
            Self::OtherKey
        } else if is(Fault::AlgNone) || is(Fault::JweInnerUnsigned) {
            Self::None
        } else if is(Fault::Hs256WithPublicKey) {
            Self::Hs256WithPublicKey
        } else if is(Fault::KidUnknown) {
            Self::UnknownKid
        } else if is(Fault::KidAbsent) {
            Self::NoKid
        } else {
            Self::Right
        }
    }
}

/// A private key beside the two forms of its public half.
struct Pair {
    kid: String,
    private: EncodingKey,
    jwk: Value,
    public_pem: String,
}

/// The provider's keys.
pub(crate) struct Keys {
    platform: Platform,
    es256: Pair,
    /// The high platform signs by ES256 only.
    rs256: Option<Pair>,
    /// How often a key was changed: part of a fresh key's kid.
    changes: u32,
}

impl Keys {
    pub(crate) fn generate(platform: Platform, chance: &Chance) -> Result<Self, KeysError> {
        let kid = |algorithm| kid(platform, algorithm, 0);
        let rs256 = match platform {
            Platform::Low => Some(generate_rs256(chance, kid(Algorithm::Rs256))?),
            Platform::High => None,
        };
        Ok(Self { platform, es256: generate_es256(chance, kid(Algorithm::Es256))?, rs256, changes: 0 })
    }

    /// Returns the published set: the EC key first, then the RSA key.
    pub(crate) fn jwks(&self) -> Value {
        let keys: Vec<&Value> =
            [Some(&self.es256), self.rs256.as_ref()].into_iter().flatten().map(|k| &k.jwk).collect();
        json!({ "keys": keys })
    }

    /// Replaces the keys; the old ones are gone from the published set at once.
    pub(crate) fn rotate(&mut self, chance: &Chance) -> Result<(), KeysError> {
        self.changes += 1;
        self.es256 = generate_es256(chance, kid(self.platform, Algorithm::Es256, self.changes))?;
        if self.rs256.is_some() {
            self.rs256 = Some(generate_rs256(chance, kid(self.platform, Algorithm::Rs256, self.changes))?);
        }
        Ok(())
    }

    /// Signs claims; the header has exactly `alg` and `kid`, and no `kid` under HS256.
    pub(crate) fn sign(
        &self,
        chance: &Chance,
        client: &Client,
        signing: Signing,
        claims: &Map<String, Value>,
    ) -> Result<String, KeysError> {
        let (pair, alg) = match (client.algorithm, &self.rs256) {
            (Algorithm::Rs256, Some(rs256)) => (rs256, jsonwebtoken::Algorithm::RS256),
            (Algorithm::Hs256, Some(_)) => (&self.es256, jsonwebtoken::Algorithm::HS256),
            (Algorithm::Es256 | Algorithm::Rs256 | Algorithm::Hs256, _) => {
                (&self.es256, jsonwebtoken::Algorithm::ES256)
            }
        };
        let by_secret = alg == jsonwebtoken::Algorithm::HS256;
        let secret = EncodingKey::from_secret(client.client_secret.as_bytes());
        let (alg, key) = match signing {
            Signing::None => return Ok(unsigned(&pair.kid, claims)),
            Signing::Hs256WithPublicKey => {
                (jsonwebtoken::Algorithm::HS256, EncodingKey::from_secret(pair.public_pem.as_bytes()))
            }
            Signing::OtherKey if by_secret => (alg, EncodingKey::from_secret(b"a secret that nobody was given")),
            Signing::OtherKey if alg == jsonwebtoken::Algorithm::RS256 => {
                (alg, generate_rs256(chance, String::new())?.private)
            }
            Signing::OtherKey => (alg, generate_es256(chance, String::new())?.private),
            Signing::Right | Signing::UnknownKid | Signing::NoKid if by_secret => (alg, secret),
            Signing::Right | Signing::UnknownKid | Signing::NoKid => (alg, pair.private.clone()),
        };
        let mut header = Header::new(alg);
        header.typ = None;
        header.kid = match signing {
            Signing::NoKid => None,
            Signing::UnknownKid => Some("pkcs11:nobody:hsm".to_owned()),
            Signing::Right | Signing::OtherKey | Signing::None if by_secret => None,
            Signing::Right | Signing::OtherKey | Signing::None | Signing::Hs256WithPublicKey => Some(pair.kid.clone()),
        };
        Ok(jsonwebtoken::encode(&header, claims, &key)?)
    }
}

fn kid(platform: Platform, algorithm: Algorithm, changes: u32) -> String {
    let kid = match (platform, algorithm) {
        (Platform::High, _) => "pkcs11:hsm",
        (Platform::Low, Algorithm::Rs256) => "pkcs11:RS256:hsm",
        (Platform::Low, Algorithm::Es256 | Algorithm::Hs256) => "pkcs11:ES256:hsm",
    };
    if changes == 0 { kid.to_owned() } else { format!("{kid}:{changes}") }
}

fn generate_es256(chance: &Chance, kid: String) -> Result<Pair, KeysError> {
    let private = ephemeral(chance).map_err(|_| KeysError::Curve)?;
    let public = private.public_key();
    let point = public.to_sec1_bytes();
    let (x, y) = uncompressed(&point).and_then(|both| both.split_at_checked(32)).ok_or(KeysError::Curve)?;
    let jwk = json!({
        "kty": "EC", "use": "sig", "alg": "ES256", "kid": kid, "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    let document = private.to_pkcs8_der().map_err(|_| KeysError::Curve)?;
    let public_pem = p256::pkcs8::EncodePublicKey::to_public_key_pem(&public, p256::pkcs8::LineEnding::LF)
        .map_err(|_| KeysError::Curve)?;
    Ok(Pair { kid, private: EncodingKey::from_ec_der(document.as_bytes()), jwk, public_pem })
}

fn generate_rs256(chance: &Chance, kid: String) -> Result<Pair, KeysError> {
    let private = rsa::RsaPrivateKey::new(&mut Drawing(chance), 2048)?;
    let public = private.to_public_key();
    let jwk = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
        "n": URL_SAFE_NO_PAD.encode(public.n().to_bytes_be()),
        "e": URL_SAFE_NO_PAD.encode(public.e().to_bytes_be()),
    });
    Ok(Pair {
        kid,
        private: EncodingKey::from_rsa_der(private.to_pkcs1_der()?.as_bytes()),
        jwk,
        public_pem: public.to_public_key_pem(LineEnding::LF)?,
    })
}

fn unsigned(kid: &str, claims: &Map<String, Value>) -> String {
    let header = json!({ "alg": "none", "kid": kid }).to_string();
    let payload = Value::Object(claims.clone()).to_string();
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}
