//! Encrypted tokens: a signed JWT inside a JWE (RFC 7516, RFC 7519 §5.2).
//!
//! FranceConnect+ encrypts ID token and userinfo for its client (franceconnect.md §7.2). Two ways of
//! agreeing on a key are taken, RSA-OAEP-256 and ECDH-ES, and one encryption, A256GCM: the three its
//! documentation allows to a service provider. The header is judged before any key is touched.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwe::{ECDH_ES, JweContext, JweDecrypter, JweHeader, RSA_OAEP_256};
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::json;
use crate::secret::Secret;

/// The least that is still safe (ANSSI's guide of 2021 says 2048 until 2030).
const LEAST_RSA_BITS: u32 = 2048;
const MADE_RSA_BITS: u32 = 3072;

/// How the sender and the key's holder agree on the key of one token (RFC 7518 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAgreement {
    /// RSAES OAEP with SHA-256.
    RsaOaep256,
    /// Ephemeral-static Diffie-Hellman on P-256, direct.
    EcdhEs,
}

impl KeyAgreement {
    /// Returns the `alg` parameter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
        }
    }
}

/// A private key that decrypts tokens.
pub struct DecryptionKey {
    agreement: KeyAgreement,
    kid: String,
    public: Map<String, Value>,
    pem: Secret,
    decrypter: Box<dyn JweDecrypter>,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecryptionKeyError {
    /// Neither an RSA nor a P-256 key as PKCS#8 PEM.
    #[error("it is neither an RSA nor a P-256 private key, as PKCS#8 in PEM")]
    NotAKey,
    /// Too short.
    #[error("an RSA key needs 2048 bits")]
    TooShort,
    /// There is none, or two have the same identifier.
    #[error("there is no key, or the same key twice")]
    NotASet,
}

/// Why a token cannot be decrypted. Never carries a value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JweFault {
    /// Not a JWE in the compact form.
    #[error("it is not an encrypted token")]
    NotEncrypted,
    /// It is encrypted, and no encryption was agreed.
    #[error("it is encrypted, which was not agreed")]
    Unexpected,
    /// Another algorithm than the key's, another encryption than A256GCM, compression, an extension, or not a nested JWT.
    #[error("its encryption is not the agreed one")]
    Algorithm,
    /// No key of ours bears the identifier.
    #[error("it is encrypted for another key")]
    UnknownKey,
    /// It does not decrypt: another key, or altered.
    #[error("it does not decrypt")]
    Undecryptable,
    /// What is inside is not a signed JWT.
    #[error("what is inside is not a signed token")]
    NotSigned,
}

impl DecryptionKey {
    /// Makes a key: RSA of 3072 bits, or P-256. Its chance is OpenSSL's own.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn generate(agreement: KeyAgreement) -> Result<Self, DecryptionKeyError> {
        let pem = match agreement {
            KeyAgreement::RsaOaep256 => RsaKeyPair::generate(MADE_RSA_BITS).map(|pair| pair.to_pem_private_key()),
            KeyAgreement::EcdhEs => EcKeyPair::generate(EcCurve::P256).map(|pair| pair.to_pem_private_key()),
        };
        Self::from_pem(&text(&Zeroizing::new(pem.map_err(|_| DecryptionKeyError::NotAKey)?))?)
    }

    /// Reads a key from PKCS#8 in PEM; what kind it is says how it is used.
    ///
    /// # Errors
    /// When it is no key, of another kind, or too short.
    pub fn from_pem(pem: &Secret) -> Result<Self, DecryptionKeyError> {
        let not_a_key = |_| DecryptionKeyError::NotAKey;
        let pem = pem.expose();
        if let Ok(pair) = RsaKeyPair::from_pem(pem) {
            if pair.key_len().saturating_mul(8) < LEAST_RSA_BITS {
                return Err(DecryptionKeyError::TooShort);
            }
            let decrypter = RSA_OAEP_256.decrypter_from_pem(pem).map_err(not_a_key)?;
            let public = public(&pair.to_jwk_public_key(), &["e", "kty", "n"])?;
            return Ok(Self::of(KeyAgreement::RsaOaep256, public, pem, Box::new(decrypter)));
        }
        let pair = EcKeyPair::from_pem(pem, Some(EcCurve::P256)).map_err(not_a_key)?;
        let decrypter = ECDH_ES.decrypter_from_pem(pem).map_err(not_a_key)?;
        let public = public(&pair.to_jwk_public_key(), &["crv", "kty", "x", "y"])?;
        Ok(Self::of(KeyAgreement::EcdhEs, public, pem, Box::new(decrypter)))
    }

    fn of(agreement: KeyAgreement, public: Map<String, Value>, pem: &str, decrypter: Box<dyn JweDecrypter>) -> Self {
        // RFC 7638: the required members, in order, without spaces.
        let canonical = public.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect::<Vec<_>>().join(",");
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{{{canonical}}}").as_bytes()));
        Self { agreement, kid, public, pem: Secret::new(pem.to_owned()), decrypter }
    }

    /// Returns the key as PKCS#8 in PEM, for the one place that keeps it.
    #[must_use]
    pub fn to_pem(&self) -> &Secret {
        &self.pem
    }

    /// Returns its identifier: the thumbprint of its public half (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns how it is used.
    #[must_use]
    pub fn agreement(&self) -> KeyAgreement {
        self.agreement
    }

    /// Writes the public half, as it is published (RFC 7517).
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.public.clone();
        jwk.insert("use".to_owned(), json!("enc"));
        jwk.insert("alg".to_owned(), json!(self.agreement.as_str()));
        jwk.insert("kid".to_owned(), json!(self.kid));
        Value::Object(jwk)
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn text(pem: &[u8]) -> Result<Secret, DecryptionKeyError> {
    let text = str::from_utf8(pem).map_err(|_| DecryptionKeyError::NotAKey)?;
    Ok(Secret::new(text.to_owned()))
}

/// The public members of a key, in the order of their thumbprint.
fn public(jwk: &Jwk, members: &[&str]) -> Result<Map<String, Value>, DecryptionKeyError> {
    let member = |name: &&str| Some(((*name).to_owned(), jwk.parameter(name)?.clone()));
    let all: Option<Map<String, Value>> = members.iter().map(member).collect();
    all.ok_or(DecryptionKeyError::NotAKey)
}

/// The keys of one client. Several at a time while one takes over from another: what was encrypted for the
/// old one just before still decrypts.
#[derive(Debug)]
pub struct DecryptionKeys(Vec<DecryptionKey>);

impl DecryptionKeys {
    /// Groups keys; the first is the one to encrypt for.
    ///
    /// # Errors
    /// When there is none, or one is there twice.
    pub fn new(keys: Vec<DecryptionKey>) -> Result<Self, DecryptionKeyError> {
        let twice = keys.iter().enumerate().any(|(at, key)| keys.iter().skip(at + 1).any(|other| other.kid == key.kid));
        if keys.is_empty() || twice { Err(DecryptionKeyError::NotASet) } else { Ok(Self(keys)) }
    }

    /// Writes the public halves, as the client's `jwks_uri` publishes them.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({"keys": self.0.iter().map(DecryptionKey::public_jwk).collect::<Vec<_>>()})
    }

    /// Decrypts a nested JWT and returns the signed one inside, not yet verified.
    ///
    /// # Errors
    /// When anything is not as agreed.
    pub fn decrypt(&self, jwe: &Secret) -> Result<Secret, JweFault> {
        let header = read_header(jwe.expose())?;
        let key = self.key(header.get("kid"))?;
        judge(&header, key.agreement)?;
        if !is_whole(jwe.expose()) {
            return Err(JweFault::Undecryptable);
        }
        let opened = CONTEXT
            .with(|context| context.deserialize_compact(jwe.expose(), key.decrypter.as_ref()))
            .map_err(|_| JweFault::Undecryptable);
        let (inside, _): (Vec<u8>, JweHeader) = opened?;
        let inside = Zeroizing::new(inside);
        let inner = str::from_utf8(&inside).map_err(|_| JweFault::NotSigned)?;
        if inner.bytes().filter(|byte| *byte == b'.').count() != 2 {
            return Err(JweFault::NotSigned);
        }
        Ok(Secret::new(inner.to_owned()))
    }

    fn key(&self, kid: Option<&Value>) -> Result<&DecryptionKey, JweFault> {
        match (kid, self.0.as_slice()) {
            (Some(Value::String(kid)), keys) => keys.iter().find(|key| key.kid == *kid).ok_or(JweFault::UnknownKey),
            (None, [only]) => Ok(only),
            (Some(_) | None, _) => Err(JweFault::UnknownKey),
        }
    }
}

thread_local! {
    static CONTEXT: JweContext = JweContext::new();
}

/// Whether a token is in the compact form of a JWE: five parts of base64url, of which some may be empty.
pub(crate) fn is_encrypted(token: &str) -> bool {
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    token.split('.').count() == 5 && token.split('.').all(letters)
}

fn read_header(jwe: &str) -> Result<Map<String, Value>, JweFault> {
    if !is_encrypted(jwe) {
        return Err(JweFault::NotEncrypted);
    }
    let header = jwe.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    header.and_then(|header| json::parse_object(&header).ok()).ok_or(JweFault::NotEncrypted)
}

/// Whether initialisation vector and tag have their full lengths, 96 and 128 bits (RFC 7518 §5.3): a shorter tag would
/// be easier to guess.
fn is_whole(jwe: &str) -> bool {
    let mut parts = jwe.split('.').skip(2).map(str::len);
    (parts.next(), parts.nth(1)) == (Some(16), Some(22))
}

/// Judges a header before any key is touched.
fn judge(header: &Map<String, Value>, agreement: KeyAgreement) -> Result<(), JweFault> {
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let agreed = text("alg") == Some(agreement.as_str())
        && text("enc") == Some("A256GCM")
        // RFC 7519 §5.2: a nested JWT says that it is one.
        && text("cty").is_some_and(|cty| cty.eq_ignore_ascii_case("JWT"))
        // A few kilobytes that unpack to gigabytes, and extensions that nobody here knows.
        && !header.contains_key("zip")
        && !header.contains_key("crit");
    if agreed { Ok(()) } else { Err(JweFault::Algorithm) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use josekit::jwe::{Dir, RSA_OAEP};

    const INNER: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln";

    fn header(kid: &str) -> JweHeader {
        let mut header = JweHeader::new();
        header.set_content_encryption("A256GCM");
        header.set_content_type("JWT");
        header.set_key_id(kid);
        header
    }

    fn jwk(key: &DecryptionKey) -> Jwk {
        Jwk::from_map(key.public_jwk().as_object().unwrap().clone()).unwrap()
    }

    fn encrypt(key: &DecryptionKey, change: impl Fn(&mut JweHeader), inner: &str) -> Secret {
        let mut header = header(key.kid());
        change(&mut header);
        let jwe = match key.agreement() {
            KeyAgreement::RsaOaep256 => {
                let mut to = RSA_OAEP_256.encrypter_from_jwk(&jwk(key)).unwrap();
                to.remove_key_id();
                josekit::jwe::serialize_compact(inner.as_bytes(), &header, &to)
            }
            KeyAgreement::EcdhEs => {
                let mut to = ECDH_ES.encrypter_from_jwk(&jwk(key)).unwrap();
                to.remove_key_id();
                josekit::jwe::serialize_compact(inner.as_bytes(), &header, &to)
            }
        };
        Secret::new(jwe.unwrap())
    }

    #[test]
    fn what_was_encrypted_as_agreed_is_decrypted_and_nothing_else() {
        type Case = (&'static str, fn(&mut JweHeader), &'static str, Option<JweFault>);
        let cases: &[Case] = &[
            ("as agreed", |_| {}, INNER, None),
            ("issuer and audience copied to the header", |h| h.set_issuer("https://x"), INNER, None),
            ("another encryption", |h| h.set_content_encryption("A128GCM"), INNER, Some(JweFault::Algorithm)),
            ("CBC", |h| h.set_content_encryption("A256CBC-HS512"), INNER, Some(JweFault::Algorithm)),
            ("compressed", |h| h.set_compression("DEF"), INNER, Some(JweFault::Algorithm)),
            ("not nested", |h| h.set_content_type("text/plain"), INNER, Some(JweFault::Algorithm)),
            ("another key's identifier", |h| h.set_key_id("x"), INNER, Some(JweFault::UnknownKey)),
            ("unsigned inside", |_| {}, r#"{"sub":"x"}"#, Some(JweFault::NotSigned)),
            ("encrypted twice", |_| {}, "a.b.c.d.e", Some(JweFault::NotSigned)),
            ("nothing inside", |_| {}, "", Some(JweFault::NotSigned)),
        ];
        for agreement in [KeyAgreement::RsaOaep256, KeyAgreement::EcdhEs] {
            let keys = DecryptionKeys::new(vec![DecryptionKey::generate(agreement).unwrap()]).unwrap();
            for (rule, change, inner, expected) in cases {
                let decrypted = keys.decrypt(&encrypt(&keys.0[0], change, inner));
                assert_eq!(decrypted.as_ref().err(), expected.as_ref(), "{agreement:?}, {rule}");
                assert!(decrypted.map_or(true, |inside| inside.expose() == *inner), "{agreement:?}, {rule}");
            }
        }
    }

    #[test]
    fn other_algorithms_and_altered_tokens_are_refused() {
        let key = DecryptionKey::generate(KeyAgreement::RsaOaep256).unwrap();
        let good = encrypt(&key, |_| {}, INNER);
        let keys = DecryptionKeys::new(vec![key]).unwrap();
        let kid = keys.0[0].kid();
        let mut sha1 = RSA_OAEP.encrypter_from_pem(public_pem(&keys.0[0])).unwrap();
        sha1.remove_key_id();
        let sha1 = josekit::jwe::serialize_compact(INNER.as_bytes(), &header(kid), &sha1).unwrap();
        let dir = Dir.encrypter_from_bytes([7_u8; 32]).unwrap();
        let dir = josekit::jwe::serialize_compact(INNER.as_bytes(), &header(kid), &dir).unwrap();
        let swapped = |part: usize| {
            let mut parts: Vec<String> = good.expose().split('.').map(str::to_owned).collect();
            let first = if parts[part].starts_with('A') { "B" } else { "A" };
            parts[part].replace_range(0..1, first);
            parts.join(".")
        };
        for (rule, jwe, expected) in [
            ("SHA-1", sha1, JweFault::Algorithm),
            ("shared key", dir, JweFault::Algorithm),
            ("key altered", swapped(1), JweFault::Undecryptable),
            ("initialisation vector altered", swapped(2), JweFault::Undecryptable),
            ("content altered", swapped(3), JweFault::Undecryptable),
            ("tag altered", swapped(4), JweFault::Undecryptable),
            ("tag cut", cut(&good, 16), JweFault::Undecryptable),
            ("cut", cut(&good, 30), JweFault::NotEncrypted),
            ("signed only", INNER.to_owned(), JweFault::NotEncrypted),
            ("nothing", String::new(), JweFault::NotEncrypted),
            ("four dots", "....".to_owned(), JweFault::NotEncrypted),
        ] {
            assert_eq!(keys.decrypt(&Secret::new(jwe)).err(), Some(expected), "{rule}");
        }
        // A stranger with the same identifier on their lips.
        let stranger = DecryptionKey::generate(KeyAgreement::RsaOaep256).unwrap();
        let kid = kid.to_owned();
        let for_another = encrypt(&stranger, move |h| h.set_key_id(kid.clone()), INNER);
        assert_eq!(keys.decrypt(&for_another).err(), Some(JweFault::Undecryptable));
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let key = DecryptionKey::generate(KeyAgreement::EcdhEs).unwrap();
        let good = encrypt(&key, |_| {}, INNER);
        let (first, rest) = good.expose().split_once('.').unwrap();
        let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(first).unwrap()).unwrap();
        header["epk"]["y"] = json!(URL_SAFE_NO_PAD.encode([1_u8; 32]));
        let altered = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()));
        let keys = DecryptionKeys::new(vec![key]).unwrap();
        assert_eq!(keys.decrypt(&Secret::new(altered)).err(), Some(JweFault::Undecryptable));
    }

    #[test]
    fn the_old_key_decrypts_while_the_new_one_is_published_first() {
        let (new, old) = (DecryptionKey::generate(KeyAgreement::EcdhEs).unwrap(), KeyAgreement::RsaOaep256);
        let old = DecryptionKey::generate(old).unwrap();
        let (to_new, to_old) = (encrypt(&new, |_| {}, INNER), encrypt(&old, |_| {}, INNER));
        let copy = DecryptionKey::from_pem(old.to_pem()).unwrap();
        assert_eq!(copy.kid(), old.kid());
        assert!(DecryptionKeys::new(vec![copy, DecryptionKey::from_pem(old.to_pem()).unwrap()]).is_err());
        let keys = DecryptionKeys::new(vec![new, old]).unwrap();
        assert!(keys.decrypt(&to_new).is_ok() && keys.decrypt(&to_old).is_ok());
        let published = keys.jwks();
        let first = &published["keys"][0];
        assert_eq!((first["use"].as_str(), first["alg"].as_str()), (Some("enc"), Some("ECDH-ES")));
        assert!(first.get("d").is_none() && published["keys"][1].get("d").is_none());
        let no_kid = encrypt(&keys.0[0], |h| drop(h.set_claim("kid", None)), INNER);
        assert_eq!(keys.decrypt(&no_kid).err(), Some(JweFault::UnknownKey), "two keys, no identifier");
    }

    #[test]
    fn a_key_is_long_enough_and_of_a_known_kind() {
        let short = RsaKeyPair::generate(1024).unwrap().to_pem_private_key();
        let other_curve = EcKeyPair::generate(EcCurve::P384).unwrap().to_pem_private_key();
        for (rule, pem, expected) in [
            ("short", short, DecryptionKeyError::TooShort),
            ("another curve", other_curve, DecryptionKeyError::NotAKey),
            ("no key", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----".to_vec(), DecryptionKeyError::NotAKey),
            ("nothing", Vec::new(), DecryptionKeyError::NotAKey),
        ] {
            let pem = Secret::new(String::from_utf8(pem).unwrap());
            assert_eq!(DecryptionKey::from_pem(&pem).err(), Some(expected), "{rule}");
        }
        let printed = format!("{:?}", DecryptionKey::generate(KeyAgreement::EcdhEs).unwrap());
        assert!(!printed.contains("PRIVATE"), "{printed}");
    }

    /// RFC 7638 §3.1's own example is an RSA key; its thumbprint is printed there.
    #[test]
    fn a_public_key_is_named_by_its_thumbprint() {
        let mut members = Map::new();
        for (name, value) in [
            ("e", "AQAB"),
            ("kty", "RSA"),
            (
                "n",
                "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            ),
        ] {
            members.insert(name.to_owned(), json!(value));
        }
        let pair = EcKeyPair::generate(EcCurve::P256).unwrap().to_pem_private_key();
        let decrypter = ECDH_ES.decrypter_from_pem(pair).unwrap();
        let key = DecryptionKey::of(KeyAgreement::RsaOaep256, members, "", Box::new(decrypter));
        assert_eq!(key.kid(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    fn cut(jwe: &Secret, letters: usize) -> String {
        let whole = jwe.expose();
        whole.chars().take(whole.len() - letters).collect()
    }

    fn public_pem(key: &DecryptionKey) -> Vec<u8> {
        RsaKeyPair::from_pem(key.to_pem().expose()).unwrap().to_pem_public_key()
    }
}
