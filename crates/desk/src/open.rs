//! Opening the register with the key that the keychain holds.

use crate::ports::{Keychain, KeychainError, Secret};
use comptoir_register::{OpenError, Register, RegisterKey};
use ring::rand::SecureRandom;
use std::path::Path;
use thiserror::Error;

/// The key of the register.
pub(crate) const ENTRY: &str = "register-key";

/// The key that a register is being given; it may have it already.
pub(crate) const NEXT_ENTRY: &str = "register-key-next";

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
    match kept(keychain, ENTRY)? {
        Some(key) => match Register::open(file, &key) {
            // Cut while it was given another key: it has that one already.
            Err(OpenError::WrongKey) => Ok(opened_by_next(file, keychain)?.ok_or(OpenError::WrongKey)?),
            opened => Ok(opened?),
        },
        None if file.exists() => opened_by_next(file, keychain)?.ok_or(OpenRegisterError::KeyMissing),
        None => {
            let key = RegisterKey::generate(random).map_err(|_| OpenRegisterError::Randomness)?;
            // The key first: a register whose key was never kept could never be read again.
            keep(keychain, ENTRY, &key)?;
            Ok(Register::open(file, &key)?)
        }
    }
}

/// The register's key as the keychain holds it; `None` when it holds none.
///
/// # Errors
/// See [`OpenRegisterError`].
pub fn register_key(keychain: &dyn Keychain) -> Result<Option<RegisterKey>, OpenRegisterError> {
    kept(keychain, ENTRY)
}

/// Puts a key in the keychain once it has opened `file`, a register or a backup, which is left as it is. Performs I/O.
///
/// # Errors
/// See [`OpenRegisterError`]; the keychain is then left as it was.
pub fn adopt_key(file: &Path, keychain: &dyn Keychain, key: &RegisterKey) -> Result<(), OpenRegisterError> {
    Register::try_key(file, key)?;
    Ok(keep(keychain, ENTRY, key)?)
}

/// Opens the register with the key that it was being given, and ends that.
fn opened_by_next(file: &Path, keychain: &dyn Keychain) -> Result<Option<Register>, OpenRegisterError> {
    let Some(key) = kept(keychain, NEXT_ENTRY)? else { return Ok(None) };
    let register = match Register::open(file, &key) {
        Err(OpenError::WrongKey) => return Ok(None),
        opened => opened?,
    };
    keep(keychain, ENTRY, &key)?;
    keychain.remove(NEXT_ENTRY)?;
    Ok(Some(register))
}

pub(crate) fn kept(keychain: &dyn Keychain, entry: &str) -> Result<Option<RegisterKey>, OpenRegisterError> {
    let secret = keychain.read(entry)?;
    secret
        .map(|secret| RegisterKey::from_bytes(secret.expose()).map_err(|_| OpenRegisterError::KeyUnusable))
        .transpose()
}

pub(crate) fn keep(keychain: &dyn Keychain, entry: &str, key: &RegisterKey) -> Result<(), KeychainError> {
    keychain.write(entry, &Secret::new(key.expose().to_vec()))
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

    #[test]
    fn a_recovery_key_is_kept_only_when_it_opens_the_register() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let (keychain, random) = (MemoryKeychain::default(), SystemRandom::new());
        drop(open_register(&file, &keychain, &random).expect("made"));
        let key = register_key(&keychain).expect("read").expect("a key");
        let typed = RegisterKey::from_recovery_text(key.recovery_text().expose()).expect("read back");
        let elsewhere = MemoryKeychain::default();
        let other = RegisterKey::generate(&random).expect("a key");
        assert!(matches!(adopt_key(&file, &elsewhere, &other), Err(OpenRegisterError::Open(OpenError::WrongKey))));
        assert_eq!(elsewhere.entries(), 0, "a key that opens nothing is not kept");
        assert!(adopt_key(&folder.path().join("none.db"), &elsewhere, &typed).is_err());
        adopt_key(&file, &elsewhere, &typed).expect("kept");
        assert!(open_register(&file, &elsewhere, &random).is_ok());
    }
}
