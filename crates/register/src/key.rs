//! The register's key: 256 random bits, never a passphrase.

use ring::rand::SecureRandom;
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The key of a register.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RegisterKey([u8; 32]);

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A key has 32 bytes.
    #[error("a register key has 32 bytes")]
    Length,
    /// The system gave no randomness.
    #[error("the system gave no randomness")]
    Randomness,
}

impl RegisterKey {
    /// Draws a new key.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn generate(random: &dyn SecureRandom) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(bytes.as_mut()).map_err(|_| KeyError::Randomness)?;
        Ok(Self(*bytes))
    }

    /// Takes a key as the keychain holds it.
    ///
    /// # Errors
    /// [`KeyError::Length`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError::Length)
    }

    /// Reads a key written as 64 hexadecimal digits, for machines without a keychain.
    ///
    /// # Errors
    /// [`KeyError::Length`] when it is not that.
    pub fn from_hexadecimal(text: &str) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(KeyError::Length);
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(*bytes))
    }

    /// The bytes, for the keychain.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The statement that gives the key: SQLCipher takes a raw key as hexadecimal in quotes.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        use fmt::Write;
        // Room for all of it: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(96));
        text.push_str("PRAGMA key = \"x'");
        for byte in self.0 {
            // Writing to a String cannot fail.
            write!(text, "{byte:02x}").ok();
        }
        text.push_str("'\"");
        text
    }
}

fn digit(character: u8) -> Result<u8, KeyError> {
    let value = char::from(character).to_digit(16).ok_or(KeyError::Length)?;
    u8::try_from(value).map_err(|_| KeyError::Length)
}

impl fmt::Debug for RegisterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
