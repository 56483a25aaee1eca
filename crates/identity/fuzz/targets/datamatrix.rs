//! The datamatrix INS: what is read is a whole identity with a good key, and no scan puts an INS in force.
#![no_main]

use comptoir_identity::{CodeKind, Matricule, ScannedIdentity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = CodeKind::of(text);
    if let Ok(scanned) = ScannedIdentity::parse(text) {
        assert!(Matricule::parse(scanned.ins().matricule().as_str()).is_ok());
        let traits = scanned.traits();
        assert!(traits.birth_name.known().is_some() && traits.given_names.known().is_some());
        assert!(traits.birth_date.is_some_and(|date| date.is_complete()));
        assert!(traits.ins.active().is_none(), "a scan proves nothing");
    }
});
