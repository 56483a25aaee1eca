//! 2D-Doc and its seal: nothing is verified by a list that trusts nobody.
#![no_main]

use comptoir_identity::{CertificateList, Day, Seal, TwoDDoc};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let today = Day::parse_iso("2026-11-25").expect("a day");
    if let Ok(document) = TwoDDoc::parse(text, today) {
        assert!(!matches!(document.seal(&CertificateList::new(), today), Seal::Verified { .. }));
        let _ = document.traits();
    }
});
