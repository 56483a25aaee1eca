//! The two signing keys, their published form, and the signatures, right and wrong.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde_json::{Map, Value, json};

use crate::{Algorithm, Fault};

/// Why signing keys could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The system gave no randomness or the curve's key could not be made.
    #[error("no P-256 key")]
    Curve,
    /// The curve's key could not be read back.
    #[error("the P-256 key cannot be read back")]
    CurveRejected,
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
}

impl Signing {
    /// Says how ID tokens are signed under a fault.
    pub(crate) fn of_id_token(fault: Option<Fault>) -> Self {
        if fault == Some(Fault::OtherKey) {
            Self::OtherKey
        } else if fault == Some(Fault::AlgNone) {
            Self::None
        } else if fault == Some(Fault::Hs256WithPublicKey) {
            Self::Hs256WithPublicKey
        } else {
            Self::Right
        }
    }
}

/// A private key beside the two forms of its public half.
struct Pair {
    private: EncodingKey,
    jwk: Value,
    public_pem: String,
}

/// The provider's keys.
pub(crate) struct Keys {
    es256: Pair,
    rs256: Pair,
    /// Made when a fault first asks for them: an RSA key takes a while.
    others: [OnceLock<EncodingKey>; 2],
}

impl Keys {
    pub(crate) fn generate() -> Result<Self, KeysError> {
        Ok(Self { es256: generate_es256()?, rs256: generate_rs256()?, others: [OnceLock::new(), OnceLock::new()] })
    }

    /// Returns the published set: the EC key first, then the RSA key.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": [self.es256.jwk, self.rs256.jwk] })
    }

    /// Signs claims; the header has exactly `alg` and `kid`.
    pub(crate) fn sign(
        &self,
        algorithm: Algorithm,
        signing: Signing,
        claims: &Map<String, Value>,
    ) -> Result<String, KeysError> {
        let pair = self.pair(algorithm);
        let (alg, key) = match signing {
            Signing::Right => (jws_algorithm(algorithm), &pair.private),
            Signing::OtherKey => (jws_algorithm(algorithm), self.other(algorithm)?),
            Signing::None => return Ok(unsigned(kid(algorithm), claims)),
            Signing::Hs256WithPublicKey => {
                (jsonwebtoken::Algorithm::HS256, &EncodingKey::from_secret(pair.public_pem.as_bytes()))
            }
        };
        let mut header = Header::new(alg);
        header.typ = None;
        header.kid = Some(kid(algorithm).to_owned());
        Ok(jsonwebtoken::encode(&header, claims, key)?)
    }

    fn pair(&self, algorithm: Algorithm) -> &Pair {
        match algorithm {
            Algorithm::Es256 => &self.es256,
            Algorithm::Rs256 => &self.rs256,
        }
    }

    fn other(&self, algorithm: Algorithm) -> Result<&EncodingKey, KeysError> {
        let [es256, rs256] = &self.others;
        Ok(match algorithm {
            Algorithm::Es256 => {
                let fresh = generate_es256()?.private;
                es256.get_or_init(|| fresh)
            }
            Algorithm::Rs256 if rs256.get().is_none() => {
                let fresh = generate_rs256()?.private;
                rs256.get_or_init(|| fresh)
            }
            Algorithm::Rs256 => rs256.get().unwrap_or(&self.rs256.private),
        })
    }
}

const fn kid(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => "pkcs11:ES256:hsm",
        Algorithm::Rs256 => "pkcs11:RS256:hsm",
    }
}

const fn jws_algorithm(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
    }
}

fn generate_es256() -> Result<Pair, KeysError> {
    // SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point (RFC 5480 §2).
    const SPKI_HEAD: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| KeysError::Curve)?;
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(|_| KeysError::CurveRejected)?;
    let point = pair.public_key().as_ref();
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at_checked(32).unwrap_or_default();
    let spki = [SPKI_HEAD.as_slice(), point].concat();
    Ok(Pair {
        private: EncodingKey::from_ec_der(document.as_ref()),
        jwk: json!({
            "kty": "EC", "use": "sig", "alg": "ES256", "kid": kid(Algorithm::Es256), "crv": "P-256",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        }),
        public_pem: format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            wrapped(&STANDARD.encode(spki)),
        ),
    })
}

fn wrapped(base64: &str) -> String {
    let characters: Vec<char> = base64.chars().collect();
    let lines: Vec<String> = characters.chunks(64).map(|line| line.iter().collect()).collect();
    lines.join("\n")
}

fn generate_rs256() -> Result<Pair, KeysError> {
    let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048)?;
    let public = private.to_public_key();
    Ok(Pair {
        private: EncodingKey::from_rsa_der(private.to_pkcs1_der()?.as_bytes()),
        jwk: json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid(Algorithm::Rs256),
            "n": URL_SAFE_NO_PAD.encode(public.n().to_bytes_be()),
            "e": URL_SAFE_NO_PAD.encode(public.e().to_bytes_be()),
        }),
        public_pem: public.to_public_key_pem(LineEnding::LF)?,
    })
}

fn unsigned(kid: &str, claims: &Map<String, Value>) -> String {
    let header = json!({ "alg": "none", "kid": kid }).to_string();
    let payload = Value::Object(claims.clone()).to_string();
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}
