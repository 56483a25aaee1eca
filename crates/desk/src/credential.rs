//! Who the desk is at its relays: a key made at enrolment, in the keychain, one entry per relay.

use crate::desk::on_a_thread;
use crate::ports::{Clock, Keychain, KeychainError, Secret};
use comptoir_franceconnect::{
    self as franceconnect, ClientKey, DeskCredential, DiscoverError, EnrolError, HttpClient, Provider,
    RandomnessUnavailable, SecureRandom,
};
use std::sync::Arc;
use thiserror::Error;
use url::Url;
use zeroize::Zeroizing;

const ENTRY: &str = "desk-credential";

/// A key whose enrolment is under way: it shows that the keychain writes before the code is used up.
const NEXT_ENTRY: &str = "desk-credential-next";

/// Why a desk was not enrolled, or its key not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EnrolDeskError {
    /// The keychain does not keep keys; the code was not shown to the relay.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The relay has enrolled the desk, and the keychain did not keep the key: the code is used up.
    #[error("the desk is enrolled, and its key could not be kept: {0}")]
    NotKept(KeychainError),
    /// The relay did not enrol it.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
}

/// Why a relay cannot be used from this desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FindRelayError {
    /// The relay cannot be discovered.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// The relay knows its desks by their keys, and this one has none.
    #[error("the relay knows its desks by their keys, and this desk has none")]
    NotEnrolled,
    /// It may have one: the keychain does not give it.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
}

/// Makes a key, has it enrolled with the administrator's code, and keeps it; a key that the desk had at
/// this relay is replaced only then. Performs I/O.
///
/// # Errors
/// See [`EnrolDeskError`].
pub async fn enrol_desk(
    http: &HttpClient,
    credentials: &Arc<dyn Keychain>,
    issuer: &Url,
    code: &franceconnect::Secret,
    name: &str,
    random: &(dyn SecureRandom + Sync),
    clock: &dyn Clock,
) -> Result<DeskCredential, EnrolDeskError> {
    let key = ClientKey::generate(random).map_err(|error: RandomnessUnavailable| EnrolError::from(error))?;
    let pending = Secret::new(key.to_pkcs8().to_vec());
    on_a_thread(credentials, move |keychain| keychain.write(NEXT_ENTRY, &pending)).await?;
    let enrolled = franceconnect::enrol(http, issuer, code, name, &key, random, clock).await;
    let kept = match &enrolled {
        Ok(client_id) => {
            let (entry, secret) = (name_of(issuer.as_str()), written(client_id, &key));
            on_a_thread(credentials, move |keychain| keychain.write(&entry, &secret)).await
        }
        Err(_) => Ok(()),
    };
    if let Err(error) = on_a_thread(credentials, |keychain| keychain.remove(NEXT_ENTRY)).await {
        // The next enrolment writes over it.
        tracing::warn!(%error, "the key of an enrolment under way stays in the keychain");
    }
    let client_id = enrolled?;
    kept.map_err(EnrolDeskError::NotKept)?;
    Ok(DeskCredential { client_id, key: Some(key) })
}

/// Discovers a relay, as this desk is known to it. Performs I/O.
///
/// # Errors
/// See [`FindRelayError`]; a keychain that does not answer matters only at a relay that knows its desks.
pub async fn find_relay(
    http: &HttpClient,
    credentials: &Arc<dyn Keychain>,
    issuer: &Url,
) -> Result<Provider, FindRelayError> {
    let kept = credential(credentials, issuer).await;
    let stranger = !matches!(kept, Ok(Some(_)));
    let known = kept.as_ref().ok().cloned().flatten().unwrap_or_else(DeskCredential::public);
    let provider = Provider::discover_relay(http, issuer.clone(), &known).await?;
    if stranger && provider.knows_desks() {
        kept?;
        return Err(FindRelayError::NotEnrolled);
    }
    Ok(provider)
}

/// The credential of this desk at a relay; `None` where it was not enrolled. An entry that cannot be read is
/// as good as none: only another enrolment mends it.
pub(crate) async fn credential(
    credentials: &Arc<dyn Keychain>,
    issuer: &Url,
) -> Result<Option<DeskCredential>, KeychainError> {
    let entry = name_of(issuer.as_str());
    let kept = on_a_thread(credentials, move |keychain| keychain.read(&entry)).await?;
    Ok(kept.and_then(|secret| read(secret.expose())))
}

fn name_of(issuer: &str) -> String {
    format!("{ENTRY} {}", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// The client identifier, a line's end, the key in PKCS#8: some 200 bytes (Windows keeps 2,560).
fn written(client_id: &str, key: &ClientKey) -> Secret {
    let pkcs8 = key.to_pkcs8();
    let mut bytes = Zeroizing::new(Vec::with_capacity(client_id.len() + 1 + pkcs8.len()));
    bytes.extend_from_slice(client_id.as_bytes());
    bytes.push(b'\n');
    bytes.extend_from_slice(&pkcs8);
    Secret::new(std::mem::take(&mut bytes))
}

fn read(bytes: &[u8]) -> Option<DeskCredential> {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let client_id = str::from_utf8(parts.next()?).ok().filter(|id| !id.is_empty())?.to_owned();
    let key = ClientKey::from_pkcs8(parts.next()?.to_vec(), &ring::rand::SystemRandom::new()).ok()?;
    Some(DeskCredential { client_id, key: Some(key) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryKeychain;
    use ring::rand::SystemRandom;

    #[tokio::test]
    async fn a_credential_is_kept_for_its_relay_alone() {
        let keychain: Arc<dyn Keychain> = Arc::new(MemoryKeychain::default());
        let key = ClientKey::generate(&SystemRandom::new()).expect("a key");
        let secret = written(&"i".repeat(256), &key);
        assert!(secret.expose().len() < 2_000, "fits the strictest store: {}", secret.expose().len());
        keychain.write(&name_of("https://relais.example/a/"), &secret).expect("written");
        for (rule, issuer, known) in [
            ("as it was enrolled", "https://relais.example/a/", true),
            ("with or without its last slash", "https://relais.example/a", true),
            ("another establishment", "https://relais.example/b", false),
            ("another relay", "https://autre.example/a", false),
        ] {
            let issuer = Url::parse(issuer).expect("an address");
            let found = credential(&keychain, &issuer).await.expect("read");
            assert_eq!(found.is_some(), known, "{rule}");
            if let Some(found) = found {
                assert_eq!(found.key.map(|key| key.thumbprint()), Some(key.thumbprint()), "{rule}");
            }
        }
    }

    #[test]
    fn a_damaged_entry_is_none() {
        for bytes in [&b""[..], b"name", b"name\n", b"\nkey", b"name\nkey", b"\xff\nkey"] {
            assert!(read(bytes).is_none(), "{bytes:?}");
        }
    }
}
