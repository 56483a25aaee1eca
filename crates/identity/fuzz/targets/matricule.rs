//! Matricules: what is typed has a good key, what is received is kept, and both are the same number.
#![no_main]

use comptoir_identity::{InsOid, KeyWarning, Matricule};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(matricule) = Matricule::parse(text) {
        assert_eq!(matricule.as_str().len(), 15);
        let received = Matricule::received(matricule.number(), Some(matricule.key())).expect("the same number");
        assert!(received.warning.is_none());
        assert_eq!(received.matricule.as_str(), matricule.as_str());
    }
    if let Some((number, key)) = text.split_at_checked(13) {
        if let Ok(received) = Matricule::received(number, Some(key)) {
            let again = Matricule::parse(received.matricule.as_str());
            assert_eq!(again.is_ok(), received.warning != Some(KeyWarning::NotOfThisNumber));
        }
    }
    if let Ok(oid) = InsOid::parse(text) {
        assert_eq!(InsOid::parse(oid.as_str()), Ok(oid));
    }
});
