//! How a French name sounds, to rank candidates and for nothing else.

use crate::spelling::search_key;
use std::fmt;

/// The sound of a name: Soundex 2, the French revision of Soundex published by Frédéric Brouard
/// (« L'art des Soundex », sqlpro.developpez.com).
///
/// Ranks what a search brings; no rule of comparison reads it. Four letters at most: many names sound alike that are
/// not the same, and `tests/near.rs` counts them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhoneticKey([u8; LENGTH]);

/// Soundex 2 keeps four letters, and fills up with spaces.
const LENGTH: usize = 4;

/// The first replacements of Soundex 2, in its order.
const GROUPS: [(&str, &str); 11] = [
    ("GUI", "KI"),
    ("GUE", "KE"),
    ("GA", "KA"),
    ("GO", "KO"),
    ("GU", "K"),
    ("CA", "KA"),
    ("CO", "KO"),
    ("CU", "KU"),
    ("Q", "K"),
    ("CC", "K"),
    ("CK", "K"),
];

/// The beginnings that Soundex 2 replaces, once vowels are A.
const BEGINNINGS: [(&[u8], &[u8]); 6] =
    [(b"MAC", b"MCC"), (b"SCH", b"SSS"), (b"ASA", b"AZA"), (b"KN", b"NN"), (b"PF", b"FF"), (b"PH", b"FF")];

impl PhoneticKey {
    /// Computes the key of a name, `None` when it has no letter (Soundex 2).
    ///
    /// Works on the letters of the INS spelling: case, accents, hyphens, apostrophes and spaces have no sound.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::of_letters(&search_key(name))
    }

    /// Computes the key of the letters A–Z of a search key.
    pub(crate) fn of_letters(letters: &str) -> Option<Self> {
        let mut grouped = letters.to_owned();
        for (from, to) in GROUPS {
            if grouped.contains(from) {
                grouped = grouped.replace(from, to);
            }
        }
        let mut sounds = grouped.into_bytes();
        for vowel in sounds.iter_mut().skip(1).filter(|sound| b"EIOU".contains(sound)) {
            *vowel = b'A';
        }
        if let Some((_, new)) = BEGINNINGS.iter().find(|(old, _)| sounds.starts_with(old)) {
            for (sound, new) in sounds.iter_mut().zip(*new) {
                *sound = *new;
            }
        }
        keep_after(&mut sounds, |previous, sound| sound != b'H' || b"CS".contains(&previous));
        keep_after(&mut sounds, |previous, sound| sound != b'Y' || previous == b'A');
        if sounds.len() > 1 && sounds.last().is_some_and(|last| b"ATDS".contains(last)) {
            sounds.pop();
        }
        keep_after(&mut sounds, |_, sound| sound != b'A');
        sounds.dedup();
        let mut key = [b' '; LENGTH];
        for (place, sound) in key.iter_mut().zip(&sounds) {
            *place = *sound;
        }
        (!sounds.is_empty()).then_some(Self(key))
    }

    /// The letters of the key, one to four (Soundex 2).
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only A–Z gets in.
        std::str::from_utf8(&self.0).unwrap_or_default().trim_end()
    }
}

impl fmt::Debug for PhoneticKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneticKey([personal])")
    }
}

/// Keeps the first letter, and those that may stand after the one before them.
fn keep_after(sounds: &mut Vec<u8>, keeps: impl Fn(u8, u8) -> bool) {
    let mut previous = None;
    sounds.retain(|sound| {
        let kept = previous.is_none_or(|previous| keeps(previous, *sound));
        previous = Some(*sound);
        kept
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sound_as_soundex_2_publishes() {
        #[rustfmt::skip]
        let cases = [
            ("published", "MARTIN", "MRTN"),
            ("published", "BERNARD", "BRNR"),
            ("published", "FAURE", "FR"),
            ("published", "PEREZ", "PRZ"),
            ("published", "GROS", "GR"),
            ("published", "CHAPUIS", "CHP"),
            ("published", "BOYER", "BYR"),
            ("published", "GAUTHIER", "KTR"),
            ("published", "REY", "RY"),
            ("published", "BARTHÉLÉMY", "BRTL"),
            ("published", "HENRY", "HNR"),
            ("published", "MOULIN", "MLN"),
            ("published", "ROUSSEAU", "RS"),
            ("beginning ASA", "ASAMIAN", "AZMN"),
            ("beginning KN", "KNIGHT", "NG"),
            ("MAC after CK", "MACKENZIE", "MKNZ"),
            ("beginning PF", "PFEIFER", "FR"),
            ("beginning PH", "PHILIPPE", "FLP"),
            ("beginning SCH", "SCHINDLER", "SNDL"),
            ("H after C", "CHATEAU", "CHT"),
            ("H first, one ending", "HABITAT", "HBT"),
            ("H inside", "Téhéran", "TRN"),
            ("Y after A", "ESSAYER", "ESYR"),
            ("Y after another", "PLYNE", "PLN"),
            ("ending D", "BARAD", "BR"),
            ("four letters at most", "FLORENTIN", "FLRN"),
            ("separators", "Le Goff-D’Œuvre", "LKFD"),
            ("one letter", "O'", "O"),
            ("an ending alone", "T", "T"),
        ];
        for (rule, name, key) in cases {
            assert_eq!(PhoneticKey::of(name).as_ref().map(PhoneticKey::as_str), Some(key), "{rule}: {name}");
        }
    }

    #[test]
    fn what_has_no_letter_has_no_sound() {
        for text in ["", " ", "-'", "2", "李"] {
            assert_eq!(PhoneticKey::of(text), None, "{text}");
        }
    }
}
