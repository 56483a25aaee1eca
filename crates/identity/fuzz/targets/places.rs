//! Place codes and searches: a code is read back the same, kinship has no direction, a search answers.
#![no_main]

use comptoir_identity::{Place, PlaceCode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(code) = PlaceCode::parse(text) {
        assert_eq!(PlaceCode::parse(code.as_str()), Ok(code));
        for other in code.successors() {
            assert_eq!(code.same_territory(&other), other.same_territory(&code));
        }
        if let Some(place) = code.place() {
            assert_eq!(place.code, code);
        }
    }
    for place in Place::search(text, 5) {
        assert!(!place.name.is_empty());
    }
    if let Some((place, country)) = text.split_once('/') {
        if let Some(code) = PlaceCode::from_franceconnect(place, country) {
            assert_eq!(code.is_country(), country.trim().starts_with("99") && country.trim() != "99100");
        }
    }
});
