//! Dates as typed, as received, as the Vitale card writes them: what is read is written back the same.
#![no_main]

use comptoir_identity::{BirthDate, UnknownParts, VitaleDate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(date) = BirthDate::parse_iso(text) {
        assert_eq!(BirthDate::parse_iso(&date.iso()), Ok(date));
    }
    if let Ok(date) = BirthDate::parse_french(text, UnknownParts::Announced) {
        assert_eq!(BirthDate::parse_french(&date.french(), UnknownParts::Announced), Ok(date));
        assert_eq!(BirthDate::parse_french(text, UnknownParts::Refused).is_ok(), date.is_complete());
        assert!(date.completed().is_complete());
    }
    if let Ok(VitaleDate::Calendar(date)) = VitaleDate::parse(text) {
        assert_eq!(date.iso().replace('-', ""), text.trim());
    }
});
