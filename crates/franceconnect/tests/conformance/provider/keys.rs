//! The keys of the scripted provider and of those who pose as it, and what they sign.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use josekit::jwk::alg::rsa::RsaKeyPair as JoseRsa;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

/// A client secret of the length that HS256 wants.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Who signs, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Signer {
    Ec,
    Rsa,
    /// The provider's RSA key, in RSASSA-PSS.
    Pss,
    /// The provider's EC key, the signature in DER as certificates have it.
    EcDer,
    PirateEc,
    PirateRsa,
    /// No signature at all.
    Nobody,
    /// A MAC with the client's secret.
    Secret,
    /// A MAC with what everybody knows: the published RSA key in PEM, or a key's JWK.
    PublicPem,
    PublicJwk,
    /// A MAC with nothing.
    Empty,
    /// The EC signature that is always there: r = s = 0 (CVE-2022-21449).
    Zero,
}

pub(crate) struct Keys {
    ec: EcdsaKeyPair,
    ec_der: EcdsaKeyPair,
    pirate_ec: EcdsaKeyPair,
    rsa: Rsa,
    pirate_rsa: Rsa,
}

struct Rsa {
    pair: RsaKeyPair,
    jwk: Value,
    pem: Vec<u8>,
}

impl Rsa {
    fn new() -> Self {
        let made = JoseRsa::generate(2048).unwrap();
        let jwk = made.to_jwk_public_key();
        let jwk = json!({"kty": "RSA", "n": jwk.parameter("n").unwrap(), "e": jwk.parameter("e").unwrap()});
        let pem = {
            use josekit::jwk::KeyPair as _;
            (RsaKeyPair::from_pkcs8(&made.to_der_private_key()).unwrap(), made.to_pem_public_key())
        };
        Self { pair: pem.0, jwk, pem: pem.1 }
    }
}

impl Keys {
    /// The same for all tests of this program: an RSA key takes a while.
    pub(crate) fn all() -> &'static Self {
        static KEYS: OnceLock<Keys> = OnceLock::new();
        KEYS.get_or_init(|| {
            let pkcs8 =
                || EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
            let (ours, theirs) = (pkcs8(), pkcs8());
            let pair = |pkcs8: &[u8], how| EcdsaKeyPair::from_pkcs8(how, pkcs8, &SystemRandom::new()).unwrap();
            Self {
                ec: pair(ours.as_ref(), &ECDSA_P256_SHA256_FIXED_SIGNING),
                ec_der: pair(ours.as_ref(), &ECDSA_P256_SHA256_ASN1_SIGNING),
                pirate_ec: pair(theirs.as_ref(), &ECDSA_P256_SHA256_FIXED_SIGNING),
                rsa: Rsa::new(),
                pirate_rsa: Rsa::new(),
            }
        })
    }

    /// The public half of a key, as it is published.
    pub(crate) fn jwk(&self, signer: Signer, kid: &str, alg: &str) -> Value {
        let mut jwk = match signer {
            Signer::Rsa => self.rsa.jwk.clone(),
            Signer::PirateRsa => self.pirate_rsa.jwk.clone(),
            Signer::PirateEc => ec_jwk(&self.pirate_ec),
            Signer::Ec
            | Signer::Pss
            | Signer::EcDer
            | Signer::Nobody
            | Signer::Secret
            | Signer::PublicPem
            | Signer::PublicJwk
            | Signer::Empty
            | Signer::Zero => ec_jwk(&self.ec),
        };
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(alg);
        jwk["kid"] = json!(kid);
        jwk
    }

    pub(crate) fn sign(&self, signer: Signer, message: &[u8]) -> Vec<u8> {
        let chance = SystemRandom::new();
        let ec = |key: &EcdsaKeyPair| key.sign(&chance, message).unwrap().as_ref().to_vec();
        let mac = |key: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec();
        let rsa = |key: &Rsa, how: &'static dyn ring::signature::RsaEncoding| {
            let mut signature = vec![0; key.pair.public().modulus_len()];
            key.pair.sign(how, &chance, message, &mut signature).unwrap();
            signature
        };
        match signer {
            Signer::Ec => ec(&self.ec),
            Signer::EcDer => ec(&self.ec_der),
            Signer::PirateEc => ec(&self.pirate_ec),
            Signer::Rsa => rsa(&self.rsa, &RSA_PKCS1_SHA256),
            Signer::Pss => rsa(&self.rsa, &RSA_PSS_SHA256),
            Signer::PirateRsa => rsa(&self.pirate_rsa, &RSA_PKCS1_SHA256),
            Signer::Nobody => Vec::new(),
            Signer::Secret => mac(SECRET.as_bytes()),
            Signer::PublicPem => mac(&self.rsa.pem),
            Signer::PublicJwk => mac(self.rsa.jwk.to_string().as_bytes()),
            Signer::Empty => mac(b""),
            Signer::Zero => vec![0; 64],
        }
    }
}

fn ec_jwk(key: &EcdsaKeyPair) -> Value {
    let point = key.public_key().as_ref();
    json!({"kty": "EC", "crv": "P-256", "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..])})
}
