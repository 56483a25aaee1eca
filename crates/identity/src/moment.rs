//! Points in time that are passed in: this crate has no clock.

use crate::date::{BirthDate, BirthDateError};
use std::fmt;

/// A moment, in seconds since 1970-01-01 at midnight UTC, given by the caller (DMN INS 26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

/// A day of the calendar, whole: the expiry of a document (ZFD-8), the days of an INS (ins.md §4.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(BirthDate);

impl Day {
    /// Builds a day that exists (ins.md §1.4).
    ///
    /// # Errors
    /// [`BirthDateError::Impossible`] or [`BirthDateError::Year`].
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, BirthDateError> {
        BirthDate::new(year, Some(month), Some(day)).map(Self)
    }

    /// Parses `AAAA-MM-JJ`, without unknown parts (ins.md §1.4).
    ///
    /// # Errors
    /// See [`BirthDateError`].
    pub fn parse_iso(text: &str) -> Result<Self, BirthDateError> {
        let date = BirthDate::parse_iso(text)?;
        if date.is_complete() { Ok(Self(date)) } else { Err(BirthDateError::Incomplete) }
    }

    /// The same day as a date, for ages (RNIV §3.3.3).
    pub(crate) fn date(self) -> BirthDate {
        self.0
    }

    /// The day written `AAAA-MM-JJ` (ins.md §1.4).
    #[must_use]
    pub fn iso(self) -> String {
        self.0.iso()
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Day([personal])")
    }
}
