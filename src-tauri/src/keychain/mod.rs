//! The keychain of the operating system. The only module that touches it; it cannot read what it stores.

use comptoir_desk::{Keychain, KeychainError, Secret};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod native;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use native as system;

/// A locked keyring blocks on its unlock window for as long as nobody answers it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The system's store, under the namespace of one kind of installation.
#[derive(Debug, Clone)]
pub(crate) struct SystemKeychain {
    service: &'static str,
}

impl SystemKeychain {
    pub(crate) fn new(service: &'static str) -> Self {
        Self { service }
    }

    /// Runs one call on a thread of its own, so that a store that never answers costs that thread only.
    fn call<T: Send + 'static>(
        &self,
        entry: &str,
        act: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<T, KeychainError> {
        let (answer, answered) = mpsc::channel();
        let (service, entry) = (self.service, entry.to_owned());
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                let result = system::reachable()
                    .and_then(|()| keyring::Entry::new(service, &entry).map_err(|error| said(&error)))
                    .and_then(|entry| act(&entry).map_err(|error| said(&error)));
                // Nobody listens any more when the patience ran out.
                drop(answer.send(result));
            })
            .map_err(|_| KeychainError::Refused)?;
        answered.recv_timeout(PATIENCE).unwrap_or(Err(KeychainError::Locked))
    }
}

fn said(error: &keyring::Error) -> KeychainError {
    tracing::debug!(kind = kind(error), "keychain");
    if matches!(error, keyring::Error::PlatformFailure(_) | keyring::Error::NoDefaultStore) {
        KeychainError::Absent
    } else if matches!(error, keyring::Error::NoStorageAccess(_)) {
        KeychainError::Locked
    } else {
        KeychainError::Refused
    }
}

/// The error's name alone: some variants carry the stored bytes.
fn kind(error: &keyring::Error) -> &'static str {
    if matches!(error, keyring::Error::PlatformFailure(_)) {
        "platform failure"
    } else if matches!(error, keyring::Error::NoStorageAccess(_)) {
        "no access"
    } else if matches!(error, keyring::Error::NoEntry) {
        "no entry"
    } else {
        "other"
    }
}

fn none_is_fine<T>(result: keyring::Result<T>) -> keyring::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(keyring::Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Keychain for SystemKeychain {
    fn read(&self, entry: &str) -> Result<Option<Secret>, KeychainError> {
        self.call(entry, |entry| none_is_fine(entry.get_secret())).map(|found| found.map(Secret::new))
    }

    fn write(&self, entry: &str, secret: &Secret) -> Result<(), KeychainError> {
        let secret = secret.clone();
        self.call(entry, move |entry| entry.set_secret(secret.expose()))
    }

    fn remove(&self, entry: &str) -> Result<(), KeychainError> {
        self.call(entry, |entry| none_is_fine(entry.delete_credential())).map(drop)
    }
}
