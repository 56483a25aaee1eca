//! A keychain for this session only, chosen by a person when there is no other.

use crate::ports::{Keychain, KeychainError, Secret};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Keeps secrets in memory until the program ends; writes them nowhere.
#[derive(Debug, Default)]
pub struct MemoryKeychain(Mutex<BTreeMap<String, Secret>>);

impl MemoryKeychain {
    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn entries(&self) -> usize {
        self.locked().len()
    }

    #[cfg(test)]
    pub(crate) fn longest(&self) -> usize {
        self.locked().values().map(|secret| secret.expose().len()).max().unwrap_or(0)
    }
}

impl Keychain for MemoryKeychain {
    fn read(&self, entry: &str) -> Result<Option<Secret>, KeychainError> {
        Ok(self.locked().get(entry).cloned())
    }

    fn write(&self, entry: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.locked().insert(entry.to_owned(), secret.clone());
        Ok(())
    }

    fn remove(&self, entry: &str) -> Result<(), KeychainError> {
        self.locked().remove(entry);
        Ok(())
    }
}
