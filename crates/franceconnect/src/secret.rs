//! Values that print as `[secret]`, are zeroised, and are compared in constant time.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SecureRandom;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A secret text.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// The system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct RandomnessUnavailable;

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Draws 32 random bytes, as 64 hexadecimal digits: some FranceConnect environments refuse a
    /// shorter nonce (franceconnect.md §1.6).
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random_hex(rng: &dyn SecureRandom) -> Result<Self, RandomnessUnavailable> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rng.fill(bytes.as_mut()).map_err(|_| RandomnessUnavailable)?;
        Ok(Self::new(hex(bytes.as_ref())))
    }

    /// Draws 32 random bytes, as 43 letters of base64url: the shape of a PKCE verifier (RFC 7636 §4.1).
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random_base64url(rng: &dyn SecureRandom) -> Result<Self, RandomnessUnavailable> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        rng.fill(bytes.as_mut()).map_err(|_| RandomnessUnavailable)?;
        Ok(Self::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
    }

    /// Gives the text to the one place that must send or parse it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The authorization code: worth one exchange.
pub struct AuthorizationCode(Secret);

impl AuthorizationCode {
    pub(crate) fn new(text: String) -> Self {
        Self(Secret::new(text))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }

    pub(crate) fn into_secret(self) -> Secret {
        self.0
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The ID token kept for the logout: bytes for the keychain, nothing else.
#[derive(Clone)]
pub struct IdTokenHint(Secret);

impl IdTokenHint {
    pub(crate) fn new(jws: Secret) -> Self {
        Self(jws)
    }

    /// Takes back bytes that a keychain kept; only letters that a compact JWS is made of are taken.
    #[must_use]
    pub fn from_bytes(mut bytes: Vec<u8>) -> Option<Self> {
        let plausible = !bytes.is_empty()
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !plausible {
            bytes.zeroize();
            return None;
        }
        String::from_utf8(bytes).ok().map(|text| Self(Secret::new(text)))
    }

    /// Gives the bytes to the keychain.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for IdTokenHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    #[test]
    fn secrets_print_as_secret() {
        let rng = SystemRandom::new();
        let state = Secret::random_hex(&rng).unwrap();
        let verifier = Secret::random_base64url(&rng).unwrap();
        assert_eq!((state.expose().len(), verifier.expose().len()), (64, 43));
        assert!(state.matches(state.expose()) && !state.matches(verifier.expose()));
        let hint = IdTokenHint::from_bytes(b"a.b-_c.d".to_vec()).unwrap();
        let code = AuthorizationCode::new("code".to_owned());
        assert_eq!(format!("{state:?}{hint:?}{code:?}"), "[secret][secret][secret]");
    }

    #[test]
    fn a_hint_is_made_of_the_letters_of_a_jws() {
        for bytes in [&b""[..], b"a.b c", b"a&post_logout_redirect_uri=x", b"\xff", b"a\n"] {
            assert!(IdTokenHint::from_bytes(bytes.to_vec()).is_none());
        }
    }
}
