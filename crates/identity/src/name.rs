//! Names as the INS writes them, with the value as it was received kept beside.

use crate::spelling::{Plain, plain};
use std::fmt;

/// The longest name accepted, in characters of the INS form (ins.md §1.4).
const LONGEST: usize = 100;

/// Why a name is refused. Carries no part of the name (ins.md §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameError {
    kind: NameErrorKind,
    position: usize,
}

impl NameError {
    /// What is wrong (ins.md §1.4).
    #[must_use]
    pub fn kind(self) -> NameErrorKind {
        self.kind
    }

    /// Where, counted in characters from 1 (ins.md §1.4).
    #[must_use]
    pub fn position(self) -> usize {
        self.position
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            NameErrorKind::Empty => return f.write_str("the name is empty"),
            NameErrorKind::TooLong => return write!(f, "the name is longer than {LONGEST} characters"),
            NameErrorKind::NoEquivalent => "a character without an equivalent among A–Z",
            NameErrorKind::BadStart => "a name cannot begin with this sign",
            NameErrorKind::BadEnd => "a name cannot end with this sign",
            NameErrorKind::DoubledSeparator => "two separators side by side",
        };
        write!(f, "{what}, at character {}", self.position)
    }
}

impl std::error::Error for NameError {}

/// The rule of ins.md §1.4 that a refused name breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameErrorKind {
    /// Nothing but spaces.
    Empty,
    /// More than 100 characters.
    TooLong,
    /// A character that no rule turns into A–Z, space, hyphen or apostrophe.
    NoEquivalent,
    /// Begins with a hyphen.
    BadStart,
    /// Ends with a hyphen, or a given name with an apostrophe.
    BadEnd,
    /// Two separators side by side, where the kind of name does not allow it.
    DoubledSeparator,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Family,
    Given,
}

/// The spelling of `raw` in the INS character set.
///
/// Spaces around it are left out (the high platform's test data carry some); everything else that
/// the rules forbid is refused, never silently removed.
fn spell(raw: &str, kind: Kind) -> Result<String, NameError> {
    let mut spelled = String::with_capacity(raw.len());
    let start = raw.chars().take_while(|c| c.is_whitespace()).count();
    let fail = |kind, position| Err(NameError { kind, position });
    let mut previous: Option<char> = None;
    let mut position = start;
    for character in raw.trim().chars() {
        position += 1;
        match plain(character) {
            Some(Plain::Mark) if previous.is_some_and(|p| p.is_ascii_uppercase()) => {}
            None | Some(Plain::Mark) => return fail(NameErrorKind::NoEquivalent, position),
            Some(Plain::Letters(letters)) => {
                spelled.push_str(letters);
                previous = letters.chars().last();
            }
            Some(Plain::Separator(separator)) => {
                match previous {
                    None if separator == '-' => return fail(NameErrorKind::BadStart, position),
                    Some('-') if separator == '-' && kind == Kind::Family && !spelled.ends_with("--") => {}
                    Some(' ' | '-' | '\'') => return fail(NameErrorKind::DoubledSeparator, position),
                    None | Some(_) => {}
                }
                spelled.push(separator);
                previous = Some(separator);
            }
        }
    }
    match previous {
        None => return fail(NameErrorKind::Empty, position),
        Some('-') => return fail(NameErrorKind::BadEnd, position),
        Some('\'') if kind == Kind::Given || spelled == "'" => return fail(NameErrorKind::BadEnd, position),
        Some(_) => {}
    }
    if spelled.chars().count() > LONGEST {
        return fail(NameErrorKind::TooLong, LONGEST + 1);
    }
    Ok(spelled)
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name {
            raw: String,
            spelled: String,
        }

        impl $name {
            /// Parses a name as typed or received.
            ///
            /// # Errors
            /// The rule of ins.md §1.4 that it breaks; the value is never repaired by leaving
            /// characters out.
            pub fn parse(raw: &str) -> Result<Self, NameError> {
                Ok(Self { spelled: spell(raw, $kind)?, raw: raw.trim().to_owned() })
            }

            /// The name as it was typed or received (ins.md §1.4).
            #[must_use]
            pub fn raw(&self) -> &str {
                &self.raw
            }

            /// The name in the INS character set: A–Z, space, hyphen, apostrophe (ins.md §1.4).
            #[must_use]
            pub fn spelled(&self) -> &str {
                &self.spelled
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([personal])"))
            }
        }
    };
}

name!(
    /// The name at birth (*nom de naissance*), a strict trait.
    BirthName,
    Kind::Family
);
name!(
    /// The name in use (*nom utilisé*); never filled by copying the birth name (EXI ID 08).
    UsageName,
    Kind::Family
);
name!(
    /// One given name, compound or not.
    GivenName,
    Kind::Given
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_or_refused_by_the_rules_of_1_4() {
        use NameErrorKind::{BadEnd, BadStart, DoubledSeparator, Empty, NoEquivalent, TooLong};
        let hundred = "A".repeat(100);
        let hundred_and_one = "A".repeat(101);
        let fifty_two = "AZERTYUIOPMLKJHGFDSQWXCVBNAZERTYUIOPMLKJHGFDSQWXCVBN";
        let cases: &[(&str, &str, Result<&str, NameErrorKind>)] = &[
            ("row 1", "DUBINÔRE", Ok("DUBINORE")),
            ("row 2", "DURANTéàèùòœæŒÆ", Ok("DURANTEAEUOOEAEOEAE")),
            ("row 4", "CHAP’ELLE", Ok("CHAP'ELLE")),
            ("row 7", "MARTIN--DUPONT", Ok("MARTIN--DUPONT")),
            ("row 7, three", "MARTIN---DUPONT", Err(DoubledSeparator)),
            ("row 8, space", " MARTIN", Ok("MARTIN")),
            ("row 8, hyphen", "-MARTIN", Err(BadStart)),
            ("row 9", "'T HART", Ok("'T HART")),
            ("row 10", "O' BRIEN", Err(DoubledSeparator)),
            ("row 12", "Jean_Prénom", Err(NoEquivalent)),
            ("row 13", "MARTIN 2", Err(NoEquivalent)),
            ("row 14", fifty_two, Ok(fifty_two)),
            ("row 15, 100", &hundred, Ok(&hundred)),
            ("row 15, 101", &hundred_and_one, Err(TooLong)),
            ("row 19", "baverans", Ok("BAVERANS")),
            ("row 20", "", Err(Empty)),
            ("row 20, spaces", "  ", Err(Empty)),
            ("accent written apart", "SE\u{301}GUIN", Ok("SEGUIN")),
            ("accent alone", "\u{301}", Err(NoEquivalent)),
            ("two spaces", "DE  GAULLE", Err(DoubledSeparator)),
            ("last hyphen", "MARTIN-", Err(BadEnd)),
        ];
        for (rule, raw, expected) in cases {
            let got = BirthName::parse(raw);
            assert_eq!(got.as_ref().map(BirthName::spelled).map_err(|e| e.kind()), *expected, "{rule}");
        }
    }

    #[test]
    fn given_names_are_stricter() {
        for (rule, raw, expected) in [
            ("row 7", "ANNE--LAURE", Err(NameErrorKind::DoubledSeparator)),
            ("row 11, hyphen", "ANNE-", Err(NameErrorKind::BadEnd)),
            ("row 11, apostrophe", "D'", Err(NameErrorKind::BadEnd)),
            ("compound", "Anne-Laure", Ok("ANNE-LAURE")),
        ] {
            let got = GivenName::parse(raw);
            assert_eq!(got.as_ref().map(GivenName::spelled).map_err(|e| e.kind()), expected, "{rule}");
        }
    }

    #[test]
    fn neither_an_error_nor_a_debug_line_shows_the_name() {
        let name = BirthName::parse("SECRETNAME").expect("a good name");
        assert!(!format!("{name:?}").contains("SECRET"));
        let error = BirthName::parse("SECRETNAME2").expect_err("a digit");
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }
}
