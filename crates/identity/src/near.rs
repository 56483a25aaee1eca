//! How near two values are, to rank candidates and for nothing else.
//!
//! Nothing here makes a record plausible, explains a difference or allows a link: rules do (`judge`).

use crate::date::BirthDate;
use crate::phonetic::PhoneticKey;
use crate::spelling::search_key;
use std::fmt;

/// How near two values are, nearest first (ins.md §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closeness {
    /// The same once folded for search (DMN INS 9).
    Same,
    /// The same sound (Soundex 2); of dates, no part known on both sides differs.
    Alike,
    /// One letter or digit added, missing, other or exchanged with its neighbour; of dates, also day and month exchanged.
    OneEdit,
    /// Two of these.
    TwoEdits,
    /// None of these.
    Far,
}

/// Below this many letters, one edit makes another name (ROUX, ROY).
const LETTERS_FOR_ONE_EDIT: usize = 4;

/// Below this many letters, two edits make another name (LEGROS, LEBRUN).
const LETTERS_FOR_TWO_EDITS: usize = 7;

/// A name prepared once and compared with many: its letters (DMN INS 9) and its sound (Soundex 2).
#[derive(Clone, PartialEq, Eq)]
pub struct NearName {
    letters: String,
    sound: Option<PhoneticKey>,
}

impl NearName {
    /// Prepares a name, a given name or a list of them, as typed, received or spelled (DMN INS 9).
    #[must_use]
    pub fn of(name: &str) -> Self {
        let letters = search_key(name);
        Self { sound: PhoneticKey::of_letters(&letters), letters }
    }

    /// Says how near another name is; a name without a letter is far from every name (ins.md §2.4).
    ///
    /// Edits are those of the optimal string alignment (Damerau's, none undone by another), fewer allowed in short names.
    #[must_use]
    pub fn closeness(&self, other: &Self) -> Closeness {
        if self.sound.is_none() || other.sound.is_none() {
            return Closeness::Far;
        }
        if self.letters == other.letters {
            return Closeness::Same;
        }
        if self.sound == other.sound {
            return Closeness::Alike;
        }
        let (ours, theirs) = (self.letters.len(), other.letters.len());
        let shorter = ours.min(theirs);
        // Each letter more on one side is an edit at least.
        if shorter < LETTERS_FOR_ONE_EDIT || ours.abs_diff(theirs) > 2 {
            return Closeness::Far;
        }
        match strsim::osa_distance(&self.letters, &other.letters) {
            0 | 1 => Closeness::OneEdit,
            2 if shorter >= LETTERS_FOR_TWO_EDITS => Closeness::TwoEdits,
            _ => Closeness::Far,
        }
    }
}

impl fmt::Debug for NearName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NearName([personal])")
    }
}

/// Says how near two names are, once; [`NearName`] compares one with many (DMN INS 9, Soundex 2).
#[must_use]
pub fn closeness(left: &str, right: &str) -> Closeness {
    NearName::of(left).closeness(&NearName::of(right))
}

/// Says how near two birth dates are: digits of `JJMMAAAA` mistyped, day and month exchanged (ins.md §12, rows 37, 38).
#[must_use]
pub fn date_closeness(left: BirthDate, right: BirthDate) -> Closeness {
    if left == right {
        return Closeness::Same;
    }
    if left.compatible(right) {
        return Closeness::Alike;
    }
    if left.swapped(right) || left.transposed(right) {
        return Closeness::OneEdit;
    }
    // A part that is unknown is no digit to be mistyped.
    if !(left.is_complete() && right.is_complete()) {
        return Closeness::Far;
    }
    match left.differing_digits(right) {
        0 | 1 => Closeness::OneEdit,
        2 => Closeness::TwoEdits,
        _ => Closeness::Far,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_near_as_their_letters_and_sounds() {
        use Closeness::{Alike, Far, OneEdit, Same, TwoEdits};
        #[rustfmt::skip]
        let cases = [
            ("row 5, space", "CENTUN", "CENT UN", Same),
            ("row 1, accent", "DUBINORE", "Dubinôre", Same),
            ("silent letter", "THIBAUT", "THIBAULT", OneEdit),
            ("silent letters, one sound", "LEMETRE", "LEMAITRE", Alike),
            ("consonants of one sound", "NIKOLAS", "NICOLAS", Alike),
            ("neighbours exchanged", "GRACIA", "GARCIA", OneEdit),
            ("two edits", "KLEMANSAUX", "CLEMANCEAU", Far),
            ("two edits of a long name", "VERMEREN", "VERNEDEN", TwoEdits),
            ("two edits of a short name", "LEGROS", "LEBRUN", Far),
            ("one edit of a short name", "LECA", "LEVA", OneEdit),
            ("one edit of three letters", "REY", "RAZ", Far),
            ("row 97, other given name", "DOMINIQUE", "TOUSSAINT", Far),
            ("given name of one sound", "CATERINE", "CATHERINE", Alike),
            ("no letter", "", "", Far),
            ("no letter on one side", "2", "MARTIN", Far),
        ];
        for (rule, left, right, expected) in cases {
            assert_eq!(closeness(left, right), expected, "{rule}: {left} | {right}");
            assert_eq!(closeness(right, left), expected, "{rule}: {right} | {left}");
        }
    }

    #[test]
    fn dates_are_as_near_as_their_digits() {
        use Closeness::{Alike, Far, OneEdit, Same, TwoEdits};
        #[rustfmt::skip]
        let cases = [
            ("same", "1980-03-12", "1980-03-12", Same),
            ("row 31, year alone", "1992-00-00", "1992-12-31", Alike),
            ("row 37, day and month", "1980-03-12", "1980-12-03", OneEdit),
            ("row 38, digits", "1962-08-24", "1926-08-24", OneEdit),
            ("one digit", "1962-08-24", "1962-08-21", OneEdit),
            ("two digits", "1962-08-24", "1961-08-21", TwoEdits),
            ("three digits", "1962-08-24", "1951-08-21", Far),
            ("another year alone", "1992-00-00", "1993-12-31", Far),
        ];
        for (rule, left, right, expected) in cases {
            let (left, right) =
                (BirthDate::parse_iso(left).expect("a date"), BirthDate::parse_iso(right).expect("a date"));
            assert_eq!((date_closeness(left, right), date_closeness(right, left)), (expected, expected), "{rule}");
        }
    }

    #[test]
    fn the_nearest_comes_first() {
        use Closeness::{Alike, Far, OneEdit, Same, TwoEdits};
        let mut all = [Far, OneEdit, Same, TwoEdits, Alike];
        all.sort_unstable();
        assert_eq!(all, [Same, Alike, OneEdit, TwoEdits, Far]);
    }
}
