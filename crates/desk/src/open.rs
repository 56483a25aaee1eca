//! Opening the register with the key that the keychain holds.

use crate::ports::{Keychain, KeychainError, Secret};
use comptoir_register::{OpenError, Register, RegisterKey};
use ring::rand::SecureRandom;
use std::path::Path;
use thiserror::Error;

const ENTRY: &str = "register-key";

/// Why the register could not be opened.
#[derive(Debug, Error)]
pub enum OpenRegisterError {
    /// The keychain did not give the key.
    #[error("the register's key could not be read: {0}")]
    Keychain(#[from] KeychainError),
    /// There is a register, and no key for it: it is left as it is.
    #[error("the keychain holds no key for the existing register")]
    KeyMissing,
    /// The entry of the keychain is not a key.
    #[error("the keychain's entry is not a register key")]
    KeyUnusable,
    /// The system gave no randomness for a new key.
    #[error("the system gave no randomness for a new key")]
    Randomness,
    /// The file could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Opens the register at `file` with its key, or makes both when neither exists. Performs I/O.
///
/// A key is never made for a register that exists: without its key it stays closed, and whole.
///
/// # Errors
/// See [`OpenRegisterError`].
pub fn open_register(
    file: &Path,
    keychain: &dyn Keychain,
    random: &dyn SecureRandom,
) -> Result<Register, OpenRegisterError> {
    let key = match keychain.read(ENTRY)? {
        Some(secret) => RegisterKey::from_bytes(secret.expose()).map_err(|_| OpenRegisterError::KeyUnusable)?,
        None if file.exists() => return Err(OpenRegisterError::KeyMissing),
        None => {
            let key = RegisterKey::generate(random).map_err(|_| OpenRegisterError::Randomness)?;
            // The key first: a register whose key was never kept could never be read again.
            keychain.write(ENTRY, &Secret::new(key.expose().to_vec()))?;
            key
        }
    };
    Ok(Register::open(file, &key)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryKeychain;
    use ring::rand::SystemRandom;

    #[test]
    fn a_key_is_made_once_and_never_over_an_existing_register() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let (keychain, random) = (MemoryKeychain::default(), SystemRandom::new());
        drop(open_register(&file, &keychain, &random).expect("made"));
        let key = keychain.read(ENTRY).expect("read").expect("a key");
        drop(open_register(&file, &keychain, &random).expect("opened again"));
        assert_eq!(keychain.read(ENTRY).expect("read").expect("a key").expose(), key.expose(), "the same key");

        let bytes = std::fs::read(&file).expect("read");
        let elsewhere = MemoryKeychain::default();
        assert!(matches!(open_register(&file, &elsewhere, &random), Err(OpenRegisterError::KeyMissing)));
        assert!(elsewhere.read(ENTRY).expect("read").is_none(), "no key was made for a register that has one");
        elsewhere.write(ENTRY, &Secret::new(vec![1; 7])).expect("written");
        assert!(matches!(open_register(&file, &elsewhere, &random), Err(OpenRegisterError::KeyUnusable)));
        assert!(std::fs::read(&file).expect("read") == bytes, "the register is left as it was");
    }
}
