//! Closeness of names and dates: the same from either side, and no farther than what it is made of.
#![no_main]

use comptoir_identity::{BirthDate, Closeness, NearName, PhoneticKey, closeness, date_closeness, search_key};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (left, right) = text.split_once('\n').unwrap_or((text, ""));
    let (ours, theirs) = (NearName::of(left), NearName::of(right));
    let near = ours.closeness(&theirs);
    assert_eq!(near, theirs.closeness(&ours));
    assert_eq!(near, closeness(left, right));
    let (key, other) = (search_key(left), search_key(right));
    assert_eq!(near == Closeness::Same, !key.is_empty() && key == other);
    let sound = PhoneticKey::of(left);
    assert_eq!(sound.is_none(), key.is_empty());
    assert_eq!(sound, PhoneticKey::of(&key), "only letters have a sound");
    if let Some(sound) = sound {
        assert!((1..=4).contains(&sound.as_str().len()) && sound.as_str().bytes().all(|b| b.is_ascii_uppercase()));
        assert!(PhoneticKey::of(right) != Some(sound) || near <= Closeness::Alike);
    }
    if let (Ok(left), Ok(right)) = (BirthDate::parse_iso(left), BirthDate::parse_iso(right)) {
        assert_eq!(date_closeness(left, right), date_closeness(right, left));
        assert_eq!(date_closeness(left, right) == Closeness::Same, left == right);
    }
});
