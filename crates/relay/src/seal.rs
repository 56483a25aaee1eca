//! Sealing FranceConnect's ID token inside the desk's.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::SecureRandom;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk};
use zeroize::Zeroizing;

/// The AES-256-GCM key that seals; 32 random bytes that outlive a restart.
#[derive(Clone)]
pub struct SealingKey {
    hints: LessSafeKey,
    /// What the keys of single transactions are derived from.
    root: Prk,
}

/// The text is not 64 hexadecimal digits, or no random bytes could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealing key is 32 bytes, written as 64 hexadecimal digits")]
pub struct SealingKeyError;

impl SealingKey {
    /// Reads a key written as 64 hexadecimal digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn from_hex(text: &str) -> Result<Self, SealingKeyError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        let text = text.trim().as_bytes();
        if text.len() != 64 {
            return Err(SealingKeyError);
        }
        for (byte, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let digits = str::from_utf8(digits).map_err(|_| SealingKeyError)?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(SealingKeyError);
            }
            *byte = u8::from_str_radix(digits, 16).map_err(|_| SealingKeyError)?;
        }
        Self::new(&bytes)
    }

    /// Draws a key that nobody will know after a restart: for a demonstration.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn generate(rng: &dyn SecureRandom) -> Result<Self, SealingKeyError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rng.fill(bytes.as_mut()).map_err(|_| SealingKeyError)?;
        Self::new(&bytes)
    }

    fn new(bytes: &[u8; 32]) -> Result<Self, SealingKeyError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| SealingKeyError)?;
        Ok(Self { hints: LessSafeKey::new(key), root: Prk::new_less_safe(HKDF_SHA256, bytes) })
    }

    /// Seals what a store holds under a secret name (decision 0015): the key is derived from ours and from the name,
    /// of which the store knows the hash only. Neither the store alone nor the store with our key can be read.
    pub(crate) fn seal_transaction(&self, bytes: &[u8], name: &str, rng: &dyn SecureRandom) -> Option<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_LEN];
        rng.fill(&mut nonce).ok()?;
        let mut sealed = Zeroizing::new(bytes.to_vec());
        let key = self.of_transaction(name)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut *sealed).ok()?;
        let mut whole = nonce.to_vec();
        whole.extend_from_slice(&sealed);
        Some(whole)
    }

    /// Opens what [`SealingKey::seal_transaction`] sealed. `None` for anything else.
    pub(crate) fn open_transaction(&self, sealed: &[u8], name: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let length = self.of_transaction(name)?.open_in_place(nonce, Aad::empty(), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }

    /// Derives 32 bytes for a purpose; the same wherever the same key is.
    pub(crate) fn derive(&self, purpose: &[&[u8]]) -> Option<Zeroizing<[u8; 32]>> {
        struct Bytes;
        impl KeyType for Bytes {
            fn len(&self) -> usize {
                32
            }
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        self.root.expand(purpose, Bytes).ok()?.fill(bytes.as_mut()).ok()?;
        Some(bytes)
    }

    fn of_transaction(&self, name: &str) -> Option<LessSafeKey> {
        let info: [&[u8]; 2] = [b"comptoir relay transaction", name.as_bytes()];
        let derived = self.root.expand(&info, &AES_256_GCM).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(derived)))
    }

    /// Seals a compact JWS for one holder. `None` when the system gives no random bytes.
    pub(crate) fn seal(&self, jws: &str, holder: &str, rng: &dyn SecureRandom) -> Option<String> {
        let mut nonce = [0_u8; NONCE_LEN];
        rng.fill(&mut nonce).ok()?;
        let mut sealed = pack(jws);
        let aad = Aad::from(holder.as_bytes());
        self.hints.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *sealed).ok()?;
        let mut whole = nonce.to_vec();
        whole.extend_from_slice(&sealed);
        Some(URL_SAFE_NO_PAD.encode(whole))
    }

    /// Unseals what was sealed for the holder. `None` for anything else.
    pub(crate) fn unseal(&self, sealed: &str, holder: &str) -> Option<Zeroizing<Vec<u8>>> {
        let mut whole = Zeroizing::new(URL_SAFE_NO_PAD.decode(sealed).ok()?);
        let (nonce, sealed) = whole.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let packed = self.hints.open_in_place(nonce, Aad::from(holder.as_bytes()), sealed).ok()?;
        unpack(packed)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

const AS_TEXT: u8 = 0;
const AS_PARTS: u8 = 1;

/// A JWS is base64 of base64 once it sits in another token: its parts are packed as bytes, or the
/// desk's ID token would not fit an entry of the strictest keychain.
fn pack(jws: &str) -> Zeroizing<Vec<u8>> {
    let mut packed = Zeroizing::new(vec![AS_PARTS]);
    for part in jws.split('.') {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(part) else { return as_text(jws) };
        let Ok(length) = u16::try_from(bytes.len()) else { return as_text(jws) };
        packed.extend_from_slice(&length.to_be_bytes());
        packed.extend_from_slice(&bytes);
    }
    // What was not written in the canonical way would come back different, and its signature wrong.
    if unpack(&packed).is_some_and(|text| *text == jws.as_bytes()) { packed } else { as_text(jws) }
}

fn as_text(jws: &str) -> Zeroizing<Vec<u8>> {
    let mut packed = Zeroizing::new(vec![AS_TEXT]);
    packed.extend_from_slice(jws.as_bytes());
    packed
}

fn unpack(packed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    match packed.split_first()? {
        (&AS_TEXT, text) => Some(Zeroizing::new(text.to_vec())),
        (&AS_PARTS, mut rest) => {
            let mut jws = Zeroizing::new(String::new());
            while let Some((length, after)) = rest.split_first_chunk::<2>() {
                let (part, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                if !jws.is_empty() {
                    jws.push('.');
                }
                URL_SAFE_NO_PAD.encode_string(part, &mut jws);
                rest = after;
            }
            rest.is_empty().then(|| Zeroizing::new(jws.as_bytes().to_vec()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    #[test]
    fn only_the_holder_unseals() {
        let rng = SystemRandom::new();
        let key = SealingKey::generate(&rng).unwrap();
        for jws in ["eyJhIjoxfQ.eyJiIjoyfQ.c2ln", "not base64!", "", ".", "eyJhIjoxfR.x.y"] {
            let sealed = key.seal(jws, "sub", &rng).unwrap();
            assert_eq!(key.unseal(&sealed, "sub").unwrap().as_slice(), jws.as_bytes(), "{jws}");
            assert!(key.unseal(&sealed, "another").is_none(), "{jws}");
            assert!(SealingKey::generate(&rng).unwrap().unseal(&sealed, "sub").is_none(), "{jws}");
            let mut bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            assert!(key.unseal(&URL_SAFE_NO_PAD.encode(bytes), "sub").is_none(), "{jws}");
        }
        assert!(key.unseal("", "sub").is_none() && key.unseal("AAAA", "sub").is_none());
    }

    #[test]
    fn a_transaction_opens_under_its_own_name_only() {
        let rng = SystemRandom::new();
        let key = SealingKey::generate(&rng).unwrap();
        let sealed = key.seal_transaction(b"identity", "code", &rng).unwrap();
        assert_eq!(key.open_transaction(&sealed, "code").unwrap().as_slice(), b"identity");
        assert!(key.open_transaction(&sealed, "another").is_none());
        assert!(SealingKey::generate(&rng).unwrap().open_transaction(&sealed, "code").is_none());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open_transaction(&altered, "code").is_none(), "{at}");
        }
        assert!(key.open_transaction(b"", "code").is_none());
        assert!(!sealed.windows(8).any(|window| window == b"identity"));
    }

    #[test]
    fn a_key_is_64_digits() {
        for (text, expected) in [
            ("00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF", true),
            ("00112233445566778899aabbccddeeff00112233445566778899aabbccddee", false),
            ("+0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", false),
            ("", false),
        ] {
            assert_eq!(SealingKey::from_hex(text).is_ok(), expected, "{text}");
        }
    }
}
