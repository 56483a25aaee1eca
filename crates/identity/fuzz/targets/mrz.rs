//! Machine-readable zones: what is read was born by today and is compatible with itself.
#![no_main]

use comptoir_identity::{Day, MrzIdentity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let today = Day::parse_iso("2026-11-25").expect("a day");
    if let Ok(zone) = MrzIdentity::parse(text, today) {
        if let Some(date) = zone.birth_date() {
            assert!(date.iso().as_str() <= "2026-11-25", "nobody is born to come");
        }
    }
});
