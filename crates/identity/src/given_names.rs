//! The list of birth given names, with what is known of its boundaries.

use crate::name::{GivenName, NameError};
use crate::spelling::words;
use std::fmt;

/// The birth given names in civil order.
///
/// A compound name may contain a space (`Jean Philippe`), so a list written as one text does not
/// say where a name ends; FranceConnect's `given_name_array` does (ins.md §3.3).
#[derive(Clone, PartialEq, Eq)]
pub struct GivenNames {
    raw: String,
    spelled: String,
    names: Vec<GivenName>,
    boundaries_known: bool,
}

impl GivenNames {
    /// Parses a list written as one text, names separated by spaces (ins.md §1.4).
    ///
    /// # Errors
    /// The first rule broken by the text.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        // The whole first: it refuses doubled separators that splitting would hide.
        GivenName::parse(raw)?;
        let names = raw.split_whitespace().map(GivenName::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { raw: raw.trim().to_owned(), spelled: joined(&names), names, boundaries_known: false })
    }

    /// Parses a list whose names are given one by one (`given_name_array`) (ins.md §3.3).
    ///
    /// # Errors
    /// The first rule broken by a name, or an empty list.
    pub fn parse_list<'a>(list: impl IntoIterator<Item = &'a str>) -> Result<Self, NameError> {
        let names = list.into_iter().map(GivenName::parse).collect::<Result<Vec<_>, _>>()?;
        if names.is_empty() {
            GivenName::parse("")?;
        }
        let raw = names.iter().map(GivenName::raw).collect::<Vec<_>>().join(" ");
        Ok(Self { raw, spelled: joined(&names), names, boundaries_known: true })
    }

    /// The list as received, names separated by spaces (ins.md §1.4).
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The list in the INS character set (ins.md §1.4).
    #[must_use]
    pub fn spelled(&self) -> &str {
        &self.spelled
    }

    /// The first given name: certain when the boundaries are, else the first word between spaces (EXI ID 10).
    #[must_use]
    pub fn first(&self) -> Option<&GivenName> {
        self.names.first()
    }

    /// Whether the boundaries between names were received, not guessed (ins.md §3.3).
    #[must_use]
    pub fn boundaries_known(&self) -> bool {
        self.boundaries_known
    }

    /// The words of the whole list, hyphen and apostrophe separating like spaces.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        words(&self.spelled)
    }

    /// Whether a name of the list ends after its `count` first words.
    pub(crate) fn ends_a_name(&self, count: usize) -> bool {
        let mut seen = 0;
        self.names.iter().any(|name| {
            seen += words(name.spelled()).count();
            seen == count
        })
    }
}

/// Whether a first given name is the beginning of the list, by whole words, hyphen and apostrophe being spaces
/// (EXI ID 10).
///
/// An alert when it is not, and a refusal once the list comes from INSi.
#[must_use]
pub fn coherent_first_given_name(first: &GivenName, list: &GivenNames) -> bool {
    let mut listed = list.words();
    words(first.spelled()).all(|word| listed.next() == Some(word))
}

fn joined(names: &[GivenName]) -> String {
    names.iter().map(GivenName::spelled).collect::<Vec<_>>().join(" ")
}

impl fmt::Debug for GivenNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenNames([personal])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_given_name_begins_the_list_by_whole_words() {
        #[rustfmt::skip]
        let cases = [
            ("row 22", "JEAN CHRISTOPHE PIERRE", "JEAN-CHRISTOPHE", true),
            ("row 23", "JEAN CHRISTOPHE PIERRE", "CHRISTOPHE", false),
            ("row 24", "JEAN-CHRISTOPHE PIERRE", "JEAN", true),
            ("row 25", "JEANNE", "JEAN", false),
            ("row 27", "PIERRE-ALAIN MURIEL FLORIANT", "PIERRE-ALAIN", true),
            ("row 30", "CATARINA BELLA", "OLA", false),
            ("§1.5", "JEAN CHRISTOPHE PIERRE", "JEAN", true),
            ("§1.5", "JEAN CHRISTOPHE PIERRE", "JEAN CHRISTOPHE", true),
            ("§1.5", "JEAN CHRISTOPHE PIERRE", "JEAN CHRISTOPHE-PIERRE", true),
            ("§1.5", "JEAN CHRISTOPHE PIERRE", "JEAN-CHRISTOPHE-PIERRE", true),
            ("§1.5", "JEAN CHRISTOPHE PIERRE", "PIERRE", false),
            ("§1.5, apostrophe", "N GUESSAN MARIE", "N'GUESSAN", true),
            ("longer than the list", "JEAN", "JEAN PIERRE", false),
            ("accents are spelled out", "HELENE MARIE", "Hélène", true),
        ];
        for (rule, list, first, coherent) in cases {
            let list = GivenNames::parse(list).expect("a good list");
            let first = GivenName::parse(first).expect("a good name");
            assert_eq!(coherent_first_given_name(&first, &list), coherent, "{rule}: {first:?}");
        }
    }
}
