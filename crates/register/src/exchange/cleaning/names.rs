//! Names that share a cell: the name in use beside the birth name, given names beside each other.

use comptoir_identity::{GivenNames, NameError, search_key};

/// What stands in the cell of a birth name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Apart<'a> {
    /// One name.
    One,
    /// One name or two: a word that may be a name is between them.
    Doubtful,
    /// A birth name and a name in use, by a word that only stands between them.
    Two {
        /// The birth name.
        birth: &'a str,
        /// The name in use.
        used: &'a str,
    },
}

/// Looks for « X épouse Y » and « Y née X ».
pub(super) fn apart(cell: &str) -> Apart<'_> {
    let mut found = Apart::One;
    let mut from = 0;
    for word in cell.split_whitespace() {
        let Some(start) = cell.get(from..).and_then(|rest| rest.find(word)).map(|at| from + at) else { continue };
        from = start + word.len();
        let (Some(before), Some(after)) = (cell.get(..start), cell.get(from..)) else { continue };
        let (before, after) = (before.trim(), after.trim().trim_end_matches(')').trim_end());
        if before.is_empty() || after.is_empty() {
            continue;
        }
        let marked = word.contains(['.', 'é', 'É']);
        match (search_key(word).as_str(), marked) {
            ("EPOUSE" | "EPSE" | "EPX", _) | ("EP", true) => return Apart::Two { birth: before, used: after },
            ("NEE", _) | ("NE", true) => return Apart::Two { birth: after, used: before },
            ("EP" | "NE", false) => found = Apart::Doubtful,
            _ => {}
        }
    }
    found
}

/// The list of given names, separated by spaces or by commas.
pub(super) fn list(cell: &str) -> Result<GivenNames, NameError> {
    if cell.contains(',') {
        GivenNames::parse_list(cell.split(',').map(str::trim).filter(|name| !name.is_empty()))
    } else {
        GivenNames::parse(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_use_is_set_apart_only_where_a_word_says_so() {
        let two = |birth, used| Apart::Two { birth, used };
        for (cell, expected) in [
            ("MARTIN", Apart::One),
            ("MARTIN ép. DURAND", two("MARTIN", "DURAND")),
            ("MARTIN EP. DURAND", two("MARTIN", "DURAND")),
            ("LE GOFF épouse LE BRAS", two("LE GOFF", "LE BRAS")),
            ("MARTIN EPSE DURAND", two("MARTIN", "DURAND")),
            ("DURAND née MARTIN", two("MARTIN", "DURAND")),
            ("DURAND (NEE MARTIN)", two("MARTIN", "DURAND")),
            ("DURAND né MARTIN", two("MARTIN", "DURAND")),
            ("MARTIN EP DURAND", Apart::Doubtful),
            ("LE NE GALL", Apart::Doubtful),
            ("EPOUSE DURAND", Apart::One),
            ("MARTIN NEE", Apart::One),
            ("NEEL MARTIN", Apart::One),
            ("", Apart::One),
        ] {
            assert_eq!(apart(cell), expected, "{cell}");
        }
    }

    #[test]
    fn commas_say_where_a_given_name_ends() {
        let names = list("Jean Pierre, Marie,").expect("a list");
        assert_eq!((names.raw(), names.boundaries_known()), ("Jean Pierre Marie", true));
        assert!(!list("Jean Pierre Marie").expect("a list").boundaries_known());
        assert!(list(", ,").is_err());
    }
}
