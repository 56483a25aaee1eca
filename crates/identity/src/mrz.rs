//! The machine-readable zone of identity documents (ICAO 9303, ins.md §5.3).

mod checks;
mod compatibility;
mod layout;

pub use checks::{FailedChecks, MrzCheck};
pub use compatibility::{Compatibility, MrzCompatibility};
pub use layout::MrzFormat;

use crate::date::{BirthDate, DateDoubt};
use crate::moment::Day;
use crate::scan::{KeyboardFault, digit_row_fault, restored};
use crate::sex::Sex;
use layout::Zone;
use std::fmt;

/// What a machine-readable zone says of its holder, every check digit verified (ICAO 9303, ins.md §5.3).
///
/// It names no birth place and writes hyphen and space alike, so it never fills traits; it can only be found
/// [`compatible`](Self::compatible) with them. The number of the document is verified and not kept.
#[derive(Clone, PartialEq, Eq)]
pub struct MrzIdentity {
    format: MrzFormat,
    issuer: String,
    name: MrzName,
    given_names: MrzName,
    birth: ShortDate,
    birth_date: Option<BirthDate>,
    sex: Option<Sex>,
    expiry: Option<Day>,
}

/// A name as a machine-readable zone writes it: A–Z and spaces, cut when the zone was full (ICAO 9303-3 §4.6).
#[derive(Clone, PartialEq, Eq)]
pub struct MrzName {
    words: String,
    possibly_truncated: bool,
}

/// Why a machine-readable zone is refused (ICAO 9303); carries nothing of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MrzError {
    /// Neither 3 × 30, 2 × 44 nor 2 × 36 characters (ins.md §5.3).
    Length,
    /// A character that a zone does not contain (ICAO 9303).
    Character,
    /// Scanner and computer do not agree on the keyboard (ins.md §12 row 71).
    Keyboard(KeyboardFault),
    /// The length of a format that is read, and another kind of document: a visa, a foreign card of two lines.
    Kind,
    /// Check digits that are wrong, which ones inside (ICAO 9303).
    CheckDigits(FailedChecks),
    /// No name where one must stand, or a digit in it.
    Name,
    /// A sex other than M, F and unknown (ICAO 9303).
    Sex,
    /// A birth date that does not exist.
    BirthDate,
    /// A date of expiry that does not exist.
    Expiry,
}

impl fmt::Display for MrzError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "not the length of a machine-readable zone",
            Self::Character => "a character that a machine-readable zone does not contain",
            Self::Keyboard(_) => "the scanner and the computer do not agree on the keyboard",
            Self::Kind => "another kind of document than those read",
            Self::CheckDigits(failed) => return write!(f, "wrong check digits: {failed:?}"),
            Self::Name => "the name cannot be read",
            Self::Sex => "the sex cannot be read",
            Self::BirthDate => "the birth date does not exist",
            Self::Expiry => "the date of expiry does not exist",
        })
    }
}

impl std::error::Error for MrzError {}

impl MrzIdentity {
    /// Parses the two or three lines, in either case, spaces and line ends anywhere; `today` decides the century
    /// (ins.md §12 row 39).
    ///
    /// Without a single `<` the spaces are taken for the filling, which is how a 2D-Doc writes a zone.
    ///
    /// # Errors
    /// See [`MrzError`].
    pub fn parse(text: &str, today: Day) -> Result<Self, MrzError> {
        let read = restored(text);
        if let Some(fault) = digit_row_fault(&read) {
            return Err(MrzError::Keyboard(fault));
        }
        let spaces_fill = !read.contains('<');
        let mut cells = String::new();
        for character in read.chars() {
            match character.to_ascii_uppercase() {
                ' ' if spaces_fill => cells.push('<'),
                letter @ ('A'..='Z' | '0'..='9' | '<') => cells.push(letter),
                space if space.is_whitespace() => {}
                _ => return Err(MrzError::Character),
            }
        }
        let zone = Zone::of(&cells)?;
        let failed = zone.failed_checks();
        if failed.any() {
            return Err(MrzError::CheckDigits(failed));
        }
        let (name, given_names) = zone.names()?;
        let birth = ShortDate::parse(zone.birth_date).ok_or(MrzError::BirthDate)?;
        let expiry = zone.expiry.map(ShortDate::parse).map_or(Some(None), |date| date.map(Some));
        let expiry = expiry.ok_or(MrzError::Expiry)?.map(|date| date.expiry(today)).transpose()?.flatten();
        Ok(Self {
            format: zone.format,
            issuer: zone.issuer.trim_end_matches('<').to_owned(),
            name,
            given_names,
            birth,
            birth_date: birth.birth(today)?,
            sex: sex(zone.sex)?,
            expiry,
        })
    }

    /// The format of the zone (ins.md §5.3).
    #[must_use]
    pub fn format(&self) -> MrzFormat {
        self.format
    }

    /// The code of the issuing state, one to three letters (ICAO 9303-3 §5).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The name: the birth name on French documents, possibly the name in use on others (ins.md §5.3).
    #[must_use]
    pub fn name(&self) -> &MrzName {
        &self.name
    }

    /// The given names, of which there may be none (ICAO 9303-3 §4.6).
    #[must_use]
    pub fn given_names(&self) -> &MrzName {
        &self.given_names
    }

    /// The birth date, of the latest century that is not to come (ins.md §12 row 39); `None` without a year.
    #[must_use]
    pub fn birth_date(&self) -> Option<BirthDate> {
        self.birth_date
    }

    /// The sex, when the zone states one (ins.md §5.3).
    #[must_use]
    pub fn sex(&self) -> Option<Sex> {
        self.sex
    }

    /// The last day of validity, which the old French card does not say (ZFD-8, ins.md §5.3).
    #[must_use]
    pub fn expiry(&self) -> Option<Day> {
        self.expiry
    }
}

impl fmt::Debug for MrzIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MrzIdentity({:?}, [personal])", self.format)
    }
}

impl MrzName {
    /// The words, a space between two (ICAO 9303-3 §4.6).
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Whether the zone had no room left, so that letters or whole names may be missing (ins.md §5.3).
    #[must_use]
    pub fn possibly_truncated(&self) -> bool {
        self.possibly_truncated
    }
}

impl fmt::Debug for MrzName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MrzName([personal])")
    }
}

fn sex(cell: &str) -> Result<Option<Sex>, MrzError> {
    match cell {
        "F" => Ok(Some(Sex::Female)),
        "M" => Ok(Some(Sex::Male)),
        // X is unspecified, which is not the register's indeterminate.
        "<" | "X" => Ok(None),
        _ => Err(MrzError::Sex),
    }
}

/// A date of which the zone says two digits of the year, and perhaps nothing of the day or the month.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ShortDate {
    year: Option<u8>,
    month: Option<u8>,
    day: Option<u8>,
}

impl ShortDate {
    fn parse(cells: &str) -> Option<Self> {
        let part = |from: usize| match cells.get(from..from + 2)? {
            "<<" => Some(None),
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok().map(Some),
            _ => None,
        };
        // An unknown part is filled; some issuers write 00 for a day or a month.
        let known = |value: Option<u8>| value.filter(|value| *value != 0);
        Some(Self { year: part(0)?, month: known(part(2)?), day: known(part(4)?) })
    }

    fn is_whole(self) -> bool {
        self.year.is_some() && self.month.is_some() && self.day.is_some()
    }

    /// The date in a century, `None` when the year is unknown or no such day exists.
    fn within(self, century: u16) -> Option<BirthDate> {
        BirthDate::new(century + u16::from(self.year?), self.month, self.day).ok()
    }

    fn birth(self, today: Day) -> Result<Option<BirthDate>, MrzError> {
        if self.year.is_none() {
            return Ok(None);
        }
        let this_century = today.date().year() / 100 * 100;
        [this_century, this_century - 100]
            .into_iter()
            .filter_map(|century| self.within(century))
            .find(|date| date.doubt(today.date()) != Some(DateDoubt::Future))
            .map(Some)
            .ok_or(MrzError::BirthDate)
    }

    /// The day of a document's end: the one less than fifty years away.
    fn expiry(self, today: Day) -> Result<Option<Day>, MrzError> {
        if !self.is_whole() {
            return Ok(None);
        }
        let year = today.date().year();
        let century = year / 100 * 100;
        [century, century + 100, century - 100]
            .into_iter()
            .filter_map(|century| self.within(century))
            .find(|date| date.year().abs_diff(year) <= 50)
            .and_then(|date| Day::new(date.year(), date.month()?, date.day()?).ok())
            .map(Some)
            .ok_or(MrzError::Expiry)
    }
}

#[cfg(test)]
mod tests;
