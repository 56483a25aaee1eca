//! Giving the register another key, so that whoever is cut at any moment finds a key that opens it.

use crate::open::{ENTRY, NEXT_ENTRY, OpenRegisterError, keep, kept, open_register};
use crate::ports::{Keychain, KeychainError};
use comptoir_register::{Act, ActKind, RegisterKey, RekeyError, SoleUse};
use jiff::Timestamp;
use ring::rand::SecureRandom;
use std::path::Path;
use thiserror::Error;

/// Why the register has not another key. It opens as before.
#[derive(Debug, Error)]
pub enum RekeyRegisterError {
    /// The register could not be opened, or is open elsewhere.
    #[error(transparent)]
    Open(#[from] OpenRegisterError),
    /// The register could not be copied under the other key.
    #[error(transparent)]
    Rekey(#[from] RekeyError),
}

impl From<KeychainError> for RekeyRegisterError {
    fn from(error: KeychainError) -> Self {
        Self::Open(error.into())
    }
}

/// Gives the register at `file` a new key. Nobody may have it open. Performs I/O.
///
/// The new key is in the keychain before the register has it, and the old one until after; opening tries both. Backups
/// made before keep the key they were made under.
///
/// # Errors
/// See [`RekeyRegisterError`].
pub fn rekey_register(
    file: &Path,
    keychain: &dyn Keychain,
    random: &dyn SecureRandom,
    now: Timestamp,
    author: &str,
) -> Result<(), RekeyRegisterError> {
    if !file.exists() {
        return Err(OpenRegisterError::KeyMissing.into());
    }
    // Ends what an earlier change may have left half-way.
    drop(open_register(file, keychain, random)?);
    let old = kept(keychain, ENTRY)?.ok_or(OpenRegisterError::KeyMissing)?;
    let new = RegisterKey::generate(random).map_err(|_| OpenRegisterError::Randomness)?;
    // Alone before the new key is written: two who change it at once would each write theirs.
    let alone = SoleUse::of(file, &old).map_err(OpenRegisterError::from)?;
    keep(keychain, NEXT_ENTRY, &new)?;
    let rekeyed = alone.rekey(&new, &Act::new(now, author, ActKind::RegisterRekeyed));
    if rekeyed.is_ok() && keep(keychain, ENTRY, &new).is_err() {
        tracing::warn!("the new key stays under its second entry; the next opening moves it");
        return Ok(());
    }
    forget_next(keychain, &new);
    Ok(rekeyed?)
}

/// Removes the second entry, where it still holds this key.
fn forget_next(keychain: &dyn Keychain, key: &RegisterKey) {
    let ours = matches!(kept(keychain, NEXT_ENTRY), Ok(Some(next)) if next.expose() == key.expose());
    if ours && keychain.remove(NEXT_ENTRY).is_err() {
        tracing::warn!("the second entry of the register's key could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryKeychain;
    use crate::ports::Secret;
    use comptoir_register::Register;
    use ring::rand::SystemRandom;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A keychain whose program is cut at one of its calls: nothing is done from there on.
    struct Cut<'a> {
        keychain: &'a MemoryKeychain,
        calls_left: AtomicUsize,
    }

    impl Cut<'_> {
        fn alive(&self) -> Result<(), KeychainError> {
            let left = self.calls_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            left.map(drop).map_err(|_| KeychainError::Refused)
        }
    }

    impl Keychain for Cut<'_> {
        fn read(&self, entry: &str) -> Result<Option<Secret>, KeychainError> {
            self.alive().and_then(|()| self.keychain.read(entry))
        }

        fn write(&self, entry: &str, secret: &Secret) -> Result<(), KeychainError> {
            self.alive().and_then(|()| self.keychain.write(entry, secret))
        }

        fn remove(&self, entry: &str) -> Result<(), KeychainError> {
            self.alive().and_then(|()| self.keychain.remove(entry))
        }
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn lines(register: &Register) -> i64 {
        assert!(register.examine().expect("examined").is_whole());
        register.contents().expect("read").head.sequence
    }

    #[test]
    fn whoever_is_cut_at_any_step_finds_a_key_that_opens_the_register() {
        let random = SystemRandom::new();
        let mut outcomes = Vec::new();
        for calls in 0..8 {
            let folder = tempfile::tempdir().expect("a folder");
            let (file, keychain) = (folder.path().join("register.db"), MemoryKeychain::default());
            drop(open_register(&file, &keychain, &random).expect("made"));
            let old = kept(&keychain, ENTRY).expect("read").expect("a key");
            let cut = Cut { keychain: &keychain, calls_left: AtomicUsize::new(calls) };
            let done = rekey_register(&file, &cut, &random, now(), "anne").is_ok();
            let has_new = Register::try_key(&file, &old).is_err();
            assert_eq!(done, has_new, "cut after {calls} calls: what is said is what is");
            let register = open_register(&file, &keychain, &random).expect("a key opens it");
            assert_eq!(lines(&register), i64::from(has_new), "cut after {calls} calls");
            let key = kept(&keychain, ENTRY).expect("read").expect("a key");
            assert!(Register::try_key(&file, &key).is_ok(), "the key stands under its own entry again");
            drop(register);
            rekey_register(&file, &keychain, &random, now(), "anne").expect("and once more");
            assert_eq!(keychain.entries(), 1, "no second entry is left");
            outcomes.push(has_new);
        }
        assert_eq!(outcomes.first(), Some(&false));
        assert_eq!(outcomes.last(), Some(&true));
    }

    #[test]
    fn a_register_that_is_open_keeps_its_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, keychain) = (folder.path().join("register.db"), MemoryKeychain::default());
        let random = SystemRandom::new();
        let register = open_register(&file, &keychain, &random).expect("made");
        let error = rekey_register(&file, &keychain, &random, now(), "anne").expect_err("refused");
        assert!(matches!(error, RekeyRegisterError::Open(OpenRegisterError::Open(_))), "{error}");
        assert_eq!(keychain.entries(), 1, "no new key was kept");
        assert_eq!(lines(&register), 0);
        let none = folder.path().join("none.db");
        assert!(rekey_register(&none, &keychain, &random, now(), "anne").is_err());
        assert!(!none.exists(), "no register was made");
    }
}
