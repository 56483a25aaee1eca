//! Encrypted tokens: no stranger's token decrypts, and none makes it panic.
#![no_main]

use comptoir_franceconnect::{DecryptionKey, DecryptionKeys, KeyAgreement, Secret};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KEYS: LazyLock<DecryptionKeys> = LazyLock::new(|| {
    let key = DecryptionKey::generate(KeyAgreement::EcdhEs).expect("a key");
    DecryptionKeys::new(vec![key]).expect("keys")
});

fuzz_target!(|token: &str| {
    assert!(KEYS.decrypt(&Secret::new(token.to_owned())).is_err());
});
