//! The envelope around a token of the high platform (RFC 7516, compact form).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdh::diffie_hellman;
use p256::{PublicKey, SecretKey};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use rsa::{BigUint, Oaep, Pkcs1v15Encrypt, RsaPublicKey};
use serde_json::{Map, Value, json};

use crate::KeyAgreement;
use crate::chance::{Chance, Drawing};

/// A token could not be put into its envelope.
#[derive(Debug, thiserror::Error)]
#[error("a token cannot be encrypted for this client")]
pub(crate) struct EnvelopeError;

/// A client's public key.
#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    agreement: KeyAgreement,
    kid: Option<String>,
    key: Key,
}

#[derive(Clone, Debug)]
enum Key {
    Curve(PublicKey),
    Rsa(RsaPublicKey),
}

/// How an envelope is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    Right,
    /// For a key that is nobody's.
    OtherKey,
    /// `dir`: no key is transported at all.
    Direct,
    /// `RSA1_5`, long given up.
    Rsa15,
}

impl Recipient {
    /// Picks the key for an agreement from a published set: right type, not kept for signatures.
    pub(crate) fn pick(jwks: &Value, agreement: KeyAgreement) -> Option<Self> {
        let keys = jwks.get("keys")?.as_array()?;
        keys.iter().filter(|key| key.get("use").is_none_or(|used| used == "enc")).find_map(|jwk| {
            let kid = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            Some(Self { agreement, kid, key: Key::read(jwk, agreement)? })
        })
    }
}

impl Key {
    fn read(jwk: &Value, agreement: KeyAgreement) -> Option<Self> {
        let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
        let kty = jwk.get("kty")?;
        match agreement {
            KeyAgreement::EcdhEs if kty == "EC" => {
                let point = [vec![4], part("x")?, part("y")?].concat();
                Some(Self::Curve(PublicKey::from_sec1_bytes(&point).ok()?))
            }
            KeyAgreement::RsaOaep | KeyAgreement::RsaOaep256 if kty == "RSA" => {
                let (n, e) = (BigUint::from_bytes_be(&part("n")?), BigUint::from_bytes_be(&part("e")?));
                Some(Self::Rsa(RsaPublicKey::new(n, e).ok()?))
            }
            KeyAgreement::EcdhEs | KeyAgreement::RsaOaep | KeyAgreement::RsaOaep256 => None,
        }
    }
}

/// Puts a signed token into an envelope; `iss` and `aud` are copied into its header.
pub(crate) fn seal(
    chance: &Chance,
    recipient: &Recipient,
    closing: Closing,
    (iss, aud): (&str, &str),
    token: &str,
) -> Result<String, EnvelopeError> {
    let mut header = Map::new();
    let alg = match closing {
        Closing::Right | Closing::OtherKey => recipient.agreement.alg(),
        Closing::Direct => "dir",
        Closing::Rsa15 => "RSA1_5",
    };
    let members: [(&str, Value); 5] = [
        ("alg", alg.into()),
        ("enc", "A256GCM".into()),
        ("cty", "JWT".into()),
        ("iss", iss.into()),
        ("aud", aud.into()),
    ];
    header.extend(members.map(|(name, value)| (name.to_owned(), value)));
    if let Some(kid) = &recipient.kid {
        header.insert("kid".to_owned(), kid.as_str().into());
    }
    let drawn = chance.bytes::<32>().ok_or(EnvelopeError)?;
    let (content_key, encrypted_key) = match (closing, &recipient.key) {
        (Closing::Direct, _) => (drawn, Vec::new()),
        (Closing::Right, Key::Curve(key)) => (agreed(chance, key, &mut header)?, Vec::new()),
        (Closing::OtherKey, Key::Curve(_)) => {
            let nobody = ephemeral(chance)?.public_key();
            (agreed(chance, &nobody, &mut header)?, Vec::new())
        }
        (Closing::Right, Key::Rsa(key)) => (drawn, transported(chance, recipient.agreement, key, &drawn)?),
        (Closing::OtherKey, Key::Rsa(_)) => {
            let nobody = rsa::RsaPrivateKey::new(&mut Drawing(chance), 2048).map_err(|_| EnvelopeError)?;
            (drawn, transported(chance, recipient.agreement, &nobody.to_public_key(), &drawn)?)
        }
        (Closing::Rsa15, Key::Rsa(key)) => {
            let encrypted = key.encrypt(&mut Drawing(chance), Pkcs1v15Encrypt, &drawn);
            (drawn, encrypted.map_err(|_| EnvelopeError)?)
        }
        // A curve's key cannot transport: 256 bytes that nobody encrypted stand in for the RSA block.
        (Closing::Rsa15, Key::Curve(_)) => (drawn, chance.bytes::<256>().ok_or(EnvelopeError)?.to_vec()),
    };
    let protected = URL_SAFE_NO_PAD.encode(Value::Object(header).to_string());
    let nonce = chance.bytes::<12>().ok_or(EnvelopeError)?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &content_key).map_err(|_| EnvelopeError)?);
    let mut content = token.as_bytes().to_vec();
    let aad = Aad::from(protected.as_bytes());
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut content)
        .map_err(|_| EnvelopeError)?;
    let [encrypted_key, nonce, content, tag] =
        [encrypted_key.as_slice(), &nonce, &content, tag.as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
    Ok(format!("{protected}.{encrypted_key}.{nonce}.{content}.{tag}"))
}

fn transported(
    chance: &Chance,
    agreement: KeyAgreement,
    key: &RsaPublicKey,
    content_key: &[u8; 32],
) -> Result<Vec<u8>, EnvelopeError> {
    let padding = match agreement {
        KeyAgreement::RsaOaep => Oaep::new::<sha1::Sha1>(),
        KeyAgreement::RsaOaep256 | KeyAgreement::EcdhEs => Oaep::new::<rsa::sha2::Sha256>(),
    };
    key.encrypt(&mut Drawing(chance), padding, content_key).map_err(|_| EnvelopeError)
}

/// ECDH-ES with the Concat KDF (RFC 7518 §4.6.2); one round, as 256 bits are wanted of SHA-256.
fn agreed(chance: &Chance, key: &PublicKey, header: &mut Map<String, Value>) -> Result<[u8; 32], EnvelopeError> {
    let ephemeral = ephemeral(chance)?;
    let point = ephemeral.public_key().to_sec1_bytes();
    let whole = uncompressed(&point).ok_or(EnvelopeError)?;
    let (x, y) = whole.split_at_checked(32).ok_or(EnvelopeError)?;
    let epk = json!({
        "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    });
    header.insert("epk".to_owned(), epk);
    let shared = diffie_hellman(ephemeral.to_nonzero_scalar(), key.as_affine());
    let algorithm = b"A256GCM";
    let input = [
        1_u32.to_be_bytes().as_slice(),
        shared.raw_secret_bytes(),
        &7_u32.to_be_bytes(), // the length of the name
        algorithm,
        &0_u32.to_be_bytes(),
        &0_u32.to_be_bytes(),
        &256_u32.to_be_bytes(),
    ]
    .concat();
    digest(&SHA256, &input).as_ref().try_into().map_err(|_| EnvelopeError)
}

/// Draws a private key; one number in 2^32 is too large for the curve, then the next is taken.
pub(crate) fn ephemeral(chance: &Chance) -> Result<SecretKey, EnvelopeError> {
    (0..8).find_map(|_| SecretKey::from_slice(&chance.bytes::<32>()?).ok()).ok_or(EnvelopeError)
}

/// The two coordinates of a point written in full.
pub(crate) fn uncompressed(point: &[u8]) -> Option<&[u8]> {
    point.split_first().filter(|(form, rest)| **form == 4 && rest.len() == 64).map(|(_, rest)| rest)
}
