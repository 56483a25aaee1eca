//! Tokens that are encrypted otherwise than agreed.

use comptoir_franceconnect::{DecryptionKey, KeyAgreement};
use std::sync::OnceLock;

/// The desk's keys, by the names under which its file finds them.
pub(crate) fn keys(name: &str) -> Option<&'static DecryptionKey> {
    static RSA: OnceLock<DecryptionKey> = OnceLock::new();
    static EC: OnceLock<DecryptionKey> = OnceLock::new();
    match name {
        "rsa" => Some(RSA.get_or_init(|| DecryptionKey::generate(KeyAgreement::RsaOaep256).unwrap())),
        "ec" => Some(EC.get_or_init(|| DecryptionKey::generate(KeyAgreement::EcdhEs).unwrap())),
        _ => None,
    }
}
