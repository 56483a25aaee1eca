//! The birth place as an INSEE geographic code (COG).

use std::fmt;

/// A commune code, or a country code 99xxx, five characters (ins.md §1.7).
///
/// The form is checked, not the existence: a code missing from today's table may come from INSi.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PlaceCode(String);

/// The code is not of the form `2A`, `2B` or two digits, then three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceCodeError;

impl fmt::Display for PlaceCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a place code has five characters: two digits, 2A or 2B, then three digits")
    }
}

impl std::error::Error for PlaceCodeError {}

/// Municipalities that are divided: the code of the whole, then its arrondissements.
const DIVIDED: [(&str, u32, u32); 3] =
    [("75056", 75_101, 75_120), ("69123", 69_381, 69_389), ("13055", 13_201, 13_216)];

impl PlaceCode {
    /// Parses a code, letters in either case.
    ///
    /// # Errors
    /// [`PlaceCodeError`] when the form is not that of a code.
    pub fn parse(text: &str) -> Result<Self, PlaceCodeError> {
        let code = text.trim().to_ascii_uppercase();
        let good = match code.as_bytes() {
            [b'2', b'A' | b'B', rest @ ..] | [b'0'..=b'9', b'0'..=b'9', rest @ ..] => {
                rest.len() == 3 && rest.iter().all(u8::is_ascii_digit)
            }
            _ => false,
        };
        if good { Ok(Self(code)) } else { Err(PlaceCodeError) }
    }

    /// Reads FranceConnect's pair: the commune when born in France (99100), else the country;
    /// `None` when neither is a code.
    #[must_use]
    pub fn from_franceconnect(birth_place: &str, birth_country: &str) -> Option<Self> {
        match birth_country.trim() {
            "99100" | "" => Self::parse(birth_place).ok(),
            country => Self::parse(country).ok().filter(Self::is_country),
        }
    }

    /// The five characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the code is a country's.
    #[must_use]
    pub fn is_country(&self) -> bool {
        self.0.starts_with("99")
    }

    /// Whether the code says where: 99999 stands for an unknown place, 99100 for somewhere in France.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.0 != "99999" && self.0 != "99100"
    }

    /// Whether one code is the municipality and the other one of its arrondissements.
    pub(crate) fn is_arrondissement_of(&self, other: &Self) -> bool {
        fn within(whole: &PlaceCode, part: &PlaceCode) -> bool {
            let number = part.0.parse::<u32>().ok();
            DIVIDED
                .iter()
                .any(|(code, from, to)| whole.0 == *code && number.is_some_and(|n| (*from..=*to).contains(&n)))
        }
        within(self, other) || within(other, self)
    }

    /// Whether one code is the other before Corsica was divided in 1976 (20004 is 2A004).
    pub(crate) fn is_corsica_before_1976(&self, other: &Self) -> bool {
        fn renumbered(old: &str, new: &str) -> bool {
            old.strip_prefix("20").is_some_and(|rest| {
                new.strip_prefix("2A").or_else(|| new.strip_prefix("2B")).is_some_and(|new| new == rest)
            })
        }
        renumbered(&self.0, &other.0) || renumbered(&other.0, &self.0)
    }
}

impl fmt::Debug for PlaceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlaceCode([personal])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn franceconnect_places_are_mapped_by_1_7() {
        for (rule, place, country, expected) in [
            ("born in France", "75107", "99100", Some("75107")),
            ("row 47, Corsica", "2A115", "99100", Some("2A115")),
            ("row 47, no code", "AAAAA", "99100", None),
            ("row 48", "", "99352", Some("99352")),
            ("row 49, country wins", "90900", "99352", Some("99352")),
            ("free text place", "Alger", "99352", Some("99352")),
            ("row 50", "", "99100", None),
            ("row 51, Polynesia", "98729", "99100", Some("98729")),
            ("row 95, malformed country", "", "93100", None),
        ] {
            let got = PlaceCode::from_franceconnect(place, country);
            assert_eq!(got.as_ref().map(PlaceCode::as_str), expected, "{rule}");
        }
    }
}
