//! Cutting the payload into its fields, by the lengths of the specification (ANTS 2D-Doc 3.3.9).

use super::TwoDDocError;
use crate::moment::Day;
use crate::scan::{GROUP, RECORD};

/// A field that is read; the others are cut and left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    GivenNames,
    GivenName,
    BirthName,
    UsageName,
    SpouseName,
    Sex,
    BirthDate,
    BirthPlace,
    BirthCountry,
    Mrz,
    ValidFrom,
    ValidUntil,
}

impl Field {
    fn id(self) -> &'static str {
        match self {
            Self::GivenNames => "60",
            Self::GivenName => "61",
            Self::BirthName => "62",
            Self::UsageName => "63",
            Self::SpouseName => "64",
            Self::Sex => "68",
            Self::BirthDate => "69",
            Self::BirthPlace => "6A",
            Self::BirthCountry => "6C",
            Self::Mrz => "6F",
            Self::ValidFrom => "6N",
            Self::ValidUntil => "6O",
        }
    }
}

/// The length of a field's value: always the same, or at most so many and ended by a separator.
enum Length {
    Fixed(usize),
    UpTo(usize),
}

/// The lengths of the fields that the identity types may hold; what is not listed runs to the next separator.
fn length(id: &str) -> Length {
    match id {
        "68" | "6J" => Length::Fixed(1),
        "26" | "65" | "67" | "6C" | "6I" | "6Y" | "G0" | "G1" => Length::Fixed(2),
        "6B" => Length::Fixed(3),
        "08" | "09" => Length::Fixed(4),
        "24" | "6W" => Length::Fixed(5),
        "06" | "07" => Length::Fixed(6),
        "69" | "6L" | "6N" | "6O" | "G3" => Length::Fixed(8),
        "0A" | "0B" => Length::Fixed(9),
        "6R" => Length::Fixed(12),
        "6K" => Length::Fixed(19),
        "6H" | "6Q" | "G4" => Length::UpTo(10),
        "6Z" => Length::UpTo(11),
        "61" | "66" | "G2" => Length::UpTo(20),
        "6A" | "6X" => Length::UpTo(32),
        "62" | "63" | "64" | "6G" | "6S" | "6T" | "6U" | "6V" => Length::UpTo(38),
        "6M" | "6P" => Length::UpTo(40),
        "G5" => Length::UpTo(45),
        "60" | "6D" | "6E" => Length::UpTo(60),
        "6F" => Length::UpTo(90),
        _ => Length::UpTo(usize::MAX),
    }
}

/// The fields of a payload, each met once.
pub(super) struct Fields<'a>(Vec<Written<'a>>);

struct Written<'a> {
    id: &'a str,
    value: &'a str,
    cut: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn parse(payload: &'a str) -> Result<Self, TwoDDocError> {
        let mut fields: Vec<Written<'_>> = Vec::new();
        let mut rest = payload.trim_start_matches(GROUP);
        while !rest.is_empty() {
            let (id, content) = rest.split_at_checked(2).ok_or(TwoDDocError::Fields)?;
            if !id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
                return Err(TwoDDocError::Fields);
            }
            let (value, next) = match length(id) {
                Length::Fixed(length) => at(content, length).ok_or(TwoDDocError::Fields)?,
                Length::UpTo(longest) => up_to(content, longest),
            };
            let cut = next.starts_with(RECORD);
            if value.contains([GROUP, RECORD]) {
                return Err(TwoDDocError::Fields);
            }
            if fields.iter().any(|met| met.id == id) {
                return Err(TwoDDocError::Repeated);
            }
            fields.push(Written { id, value, cut });
            rest = next.trim_start_matches([GROUP, RECORD]);
        }
        Ok(Self(fields))
    }

    /// The value as written, its spaces included: in a zone they are the filling.
    pub(super) fn get(&self, field: Field) -> Option<&'a str> {
        self.0.iter().find(|written| written.id == field.id()).map(|written| written.value)
    }

    /// The value without spaces around it, `None` when nothing is left.
    pub(super) fn text(&self, field: Field) -> Option<&'a str> {
        self.get(field).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Whether the issuer had no room for the whole value.
    pub(super) fn is_cut(&self, field: Field) -> bool {
        self.0.iter().any(|written| written.id == field.id() && written.cut)
    }

    /// The day written `JJMMAAAA`.
    pub(super) fn day(&self, field: Field) -> Result<Option<Day>, TwoDDocError> {
        let Some(text) = self.text(field) else { return Ok(None) };
        let part = |from: usize, to: usize| text.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
        let day = || Day::new(part(4, 8)?.parse().ok()?, part(2, 4)?.parse().ok()?, part(0, 2)?.parse().ok()?).ok();
        day().map(Some).ok_or(TwoDDocError::Date)
    }
}

fn at(content: &str, length: usize) -> Option<(&str, &str)> {
    let end = content.char_indices().map(|(place, _)| place).chain([content.len()]).nth(length)?;
    content.split_at_checked(end)
}

/// Ends the value at a separator, or at its greatest length, which none needs to follow.
fn up_to(content: &str, longest: usize) -> (&str, &str) {
    let within = at(content, longest).map_or(content, |(within, _)| within);
    let end = within.find([GROUP, RECORD]).unwrap_or(within.len());
    content.split_at_checked(end).unwrap_or((content, ""))
}
