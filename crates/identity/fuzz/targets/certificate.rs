//! Certificates of a supplied list: whatever the bytes, an answer.
#![no_main]

use comptoir_identity::{CertificateList, SealIssuer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut list = CertificateList::new();
    let issuer = SealIssuer::new("FR00", "0001").expect("an issuer");
    let _ = list.trust(issuer, bytes);
});
