//! The dates of the Vitale card that no calendar has, kept apart from birth dates.

use crate::date::BirthDate;
use std::fmt;

/// A birth date as the Vitale card writes it: a day of the calendar, or a lunar date (ins.md §1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VitaleDate {
    /// A day that exists, parts unknown at most.
    Calendar(BirthDate),
    /// A date that no calendar has: billed with, never a birth date (ins.md §1.6, EXI ID 12).
    Lunar(LunarDate),
}

/// A lunar date (ZFD-1): the month may exceed 12, a day from 31 to 35 is a week of birth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LunarDate {
    year: u16,
    month: u8,
    day: u8,
}

/// The text is not eight digits `AAAAMMJJ` (ins.md §1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VitaleDateError;

impl fmt::Display for VitaleDateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date of the Vitale card is eight digits, year first")
    }
}

impl std::error::Error for VitaleDateError {}

impl VitaleDate {
    /// Parses `AAAAMMJJ` (ins.md §1.6).
    ///
    /// # Errors
    /// [`VitaleDateError`]; a date that no calendar has is no error, it is lunar.
    pub fn parse(text: &str) -> Result<Self, VitaleDateError> {
        let text = text.trim();
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(VitaleDateError);
        }
        let number: u32 = text.parse().map_err(|_| VitaleDateError)?;
        let year = u16::try_from(number / 10_000).map_err(|_| VitaleDateError)?;
        let month = u8::try_from(number / 100 % 100).map_err(|_| VitaleDateError)?;
        let day = u8::try_from(number % 100).map_err(|_| VitaleDateError)?;
        let known = |part: u8| (part != 0).then_some(part);
        Ok(BirthDate::new(year, known(month), known(day))
            .map_or(Self::Lunar(LunarDate { year, month, day }), Self::Calendar))
    }
}

impl LunarDate {
    /// The date written `MM/AAAA`, or `JJ/MM/AAAA` when a day is written (ins.md §1.6).
    #[must_use]
    pub fn french(self) -> String {
        match self.day {
            0 => format!("{:02}/{:04}", self.month, self.year),
            day => format!("{day:02}/{:02}/{:04}", self.month, self.year),
        }
    }
}

impl fmt::Debug for LunarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LunarDate([personal])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lunar_date_is_never_a_birth_date() {
        for (rule, text, calendar, lunar) in [
            ("row 40", "19504500", None, Some("45/1950")),
            ("day of the calendar", "19810727", Some("1981-07-27"), None),
            ("month known", "19921100", Some("1992-11-00"), None),
            ("month 13", "19501301", None, Some("01/13/1950")),
            ("fifth week", "19500235", None, Some("35/02/1950")),
        ] {
            let (got_calendar, got_lunar) = match VitaleDate::parse(text).expect("eight digits") {
                VitaleDate::Calendar(date) => (Some(date.iso()), None),
                VitaleDate::Lunar(date) => (None, Some(date.french())),
            };
            assert_eq!((got_calendar.as_deref(), got_lunar.as_deref()), (calendar, lunar), "{rule}");
        }
        for text in ["", "1950450", "1950-045", "1950450x", "１９５０４５００"] {
            assert_eq!(VitaleDate::parse(text), Err(VitaleDateError), "{text}");
        }
    }
}
