//! Birth dates, whole or partial.

use std::fmt;

/// A birth date whose day or month may be unknown.
///
/// The known parts are kept; the completed form that the RNIV asks for (EXI ID 11) is derived.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BirthDate {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// Why a birth date is refused. Carries no part of the date (DMN INS 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BirthDateError {
    /// Not of the form expected.
    Form,
    /// A month that is not 01–12, or a day that the month does not have.
    Impossible,
    /// A year before 1850 or after 2200.
    Year,
    /// A part written 00 where the date must be whole.
    Incomplete,
}

/// What a part written `00` is taken for (DMN INS 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownParts {
    /// A mistake: the entry of a birth date (DMN INS 1.3).
    Refused,
    /// An unknown part: the entry of an incomplete date, which the screen announces.
    Announced,
}

/// What a birth date has to be asked about before it is kept (ins.md §12 row 41).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateDoubt {
    /// After today: never kept.
    Future,
    /// Before 1900: kept only when somebody entitled confirms it.
    Before1900,
}

impl fmt::Display for BirthDateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "the date is not of the form expected",
            Self::Impossible => "this day does not exist",
            Self::Year => "the year is out of range",
            Self::Incomplete => "the day or the month is missing",
        })
    }
}

impl std::error::Error for BirthDateError {}

impl BirthDate {
    /// Builds a date from its known parts (DMN INS 1.3).
    ///
    /// # Errors
    /// [`BirthDateError::Impossible`] or [`BirthDateError::Year`].
    pub fn new(year: u16, month: Option<u8>, day: Option<u8>) -> Result<Self, BirthDateError> {
        if !(1850..=2200).contains(&year) {
            return Err(BirthDateError::Year);
        }
        if month.is_some_and(|month| !(1..=12).contains(&month)) {
            return Err(BirthDateError::Impossible);
        }
        // A day whose month is unknown may be any day of the longest month.
        let last = month.map_or(31, |month| last_day(year, month));
        if day.is_some_and(|day| day == 0 || day > last) {
            return Err(BirthDateError::Impossible);
        }
        Ok(Self { year, month, day })
    }

    /// Parses `AAAA-MM-JJ`; a part written `00` is unknown (ins.md §1.4).
    ///
    /// # Errors
    /// See [`BirthDateError`].
    pub fn parse_iso(text: &str) -> Result<Self, BirthDateError> {
        let mut parts = text.trim().split('-');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(year), Some(month), Some(day), None) => Self::from_texts(year, month, day),
            _ => Err(BirthDateError::Form),
        }
    }

    /// Parses `JJ/MM/AAAA` as typed at the desk: `/`, `.`, `-`, spaces or nothing between the parts (DMN INS 1.3).
    ///
    /// # Errors
    /// See [`BirthDateError`].
    pub fn parse_french(text: &str, unknown: UnknownParts) -> Result<Self, BirthDateError> {
        let date = Self::parse_day_first(text)?;
        match unknown {
            UnknownParts::Refused if !date.is_complete() => Err(BirthDateError::Incomplete),
            UnknownParts::Refused | UnknownParts::Announced => Ok(date),
        }
    }

    fn parse_day_first(text: &str) -> Result<Self, BirthDateError> {
        let text = text.trim();
        if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
            let digits = |from: usize, to: usize| text.get(from..to).ok_or(BirthDateError::Form);
            return Self::from_texts(digits(4, 8)?, digits(2, 4)?, digits(0, 2)?);
        }
        let mut parts = text.split(['/', '.', '-', ' ']);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(day), Some(month), Some(year), None) => Self::from_texts(year, month, day),
            _ => Err(BirthDateError::Form),
        }
    }

    fn from_texts(year: &str, month: &str, day: &str) -> Result<Self, BirthDateError> {
        fn number(text: &str, longest: usize) -> Result<u16, BirthDateError> {
            let digits = !text.is_empty() && text.len() <= longest && text.bytes().all(|b| b.is_ascii_digit());
            if digits { text.parse().map_err(|_| BirthDateError::Form) } else { Err(BirthDateError::Form) }
        }
        fn part(text: &str) -> Result<Option<u8>, BirthDateError> {
            let value = u8::try_from(number(text, 2)?).map_err(|_| BirthDateError::Form)?;
            Ok((value != 0).then_some(value))
        }
        if year.len() != 4 {
            return Err(BirthDateError::Form);
        }
        Self::new(number(year, 4)?, part(month)?, part(day)?)
    }

    /// The year (ins.md §1.4).
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1–12, when known (ins.md §1.4).
    #[must_use]
    pub fn month(self) -> Option<u8> {
        self.month
    }

    /// The day, 1–31, when known (ins.md §1.4).
    #[must_use]
    pub fn day(self) -> Option<u8> {
        self.day
    }

    /// Whether day and month are both known (ins.md §1.6).
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.month.is_some() && self.day.is_some()
    }

    /// The date written `AAAA-MM-JJ`, unknown parts as `00` (ins.md §1.4).
    #[must_use]
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month.unwrap_or(0), self.day.unwrap_or(0))
    }

    /// The date written `JJ/MM/AAAA`, unknown parts as `00` (ins.md §1.4).
    #[must_use]
    pub fn french(self) -> String {
        format!("{:02}/{:02}/{:04}", self.day.unwrap_or(0), self.month.unwrap_or(0), self.year)
    }

    /// The date completed as the RNIV asks (EXI ID 11): 01 for a missing day or month, 31/12 when
    /// only the year is known.
    #[must_use]
    pub fn completed(self) -> Self {
        let (month, day) = match (self.month, self.day) {
            (None, None) => (12, 31),
            (month, day) => (month.unwrap_or(1), day.unwrap_or(1)),
        };
        Self { year: self.year, month: Some(month), day: Some(day) }
    }

    /// What is really known of a completed date that another system flags as uncertain.
    ///
    /// The reverse of [`completed`](Self::completed); 01/01 is a year alone too, as FranceConnect completes
    /// one (ins.md §1.6). A flagged date of no such form is sure of its year at most.
    #[must_use]
    pub fn presumed(self) -> Self {
        let (month, day) = match (self.month, self.day) {
            (Some(month), Some(1)) if month != 1 => (Some(month), None),
            (Some(1), Some(day)) if day != 1 => (None, Some(day)),
            (Some(_), Some(_)) => (None, None),
            (month, day) => (month, day),
        };
        Self { year: self.year, month, day }
    }

    /// What has to be asked about this date before it is kept (ins.md §12 row 41).
    #[must_use]
    pub fn doubt(self, today: Self) -> Option<DateDoubt> {
        let earliest = (self.year, self.month.unwrap_or(1), self.day.unwrap_or(1));
        if earliest > (today.year, today.month.unwrap_or(12), today.day.unwrap_or(31)) {
            return Some(DateDoubt::Future);
        }
        (self.year < 1900).then_some(DateDoubt::Before1900)
    }

    /// Full years between this date and `today`, when the year is not in the future (RNIV §3.3.3).
    #[must_use]
    pub fn age(self, today: Self) -> Option<u16> {
        let birth = self.completed();
        let before = (today.month, today.day) < (birth.month, birth.day);
        today.year.checked_sub(self.year)?.checked_sub(u16::from(before))
    }

    /// Whether every part known on both sides agrees.
    pub(crate) fn compatible(self, other: Self) -> bool {
        fn agree(left: Option<u8>, right: Option<u8>) -> bool {
            left.is_none() || right.is_none() || left == right
        }
        self.year == other.year && agree(self.month, other.month) && agree(self.day, other.day)
    }

    /// Whether the other date is this one with day and month exchanged.
    pub(crate) fn swapped(self, other: Self) -> bool {
        self.is_complete() && self.year == other.year && self.month == other.day && self.day == other.month
    }

    /// Whether the two dates, written in digits, differ by two neighbours exchanged.
    pub(crate) fn transposed(self, other: Self) -> bool {
        let (ours, theirs) = (self.digits(), other.digits());
        let mut pairs = ours.iter().zip(&theirs).enumerate().filter(|(_, (our, their))| our != their);
        match (pairs.next(), pairs.next(), pairs.next()) {
            (Some((first, one)), Some((second, next)), None) => {
                second - first == 1 && one.0 == next.1 && one.1 == next.0
            }
            _ => false,
        }
    }

    /// How many of the eight digits differ.
    pub(crate) fn differing_digits(self, other: Self) -> usize {
        self.digits().iter().zip(&other.digits()).filter(|(our, their)| our != their).count()
    }

    /// The eight digits of `JJMMAAAA`, each 0–9.
    fn digits(self) -> [u16; 8] {
        let (day, month) = (u16::from(self.day.unwrap_or(0)), u16::from(self.month.unwrap_or(0)));
        let year = self.year;
        [day / 10, day % 10, month / 10, month % 10, year / 1000, year / 100 % 10, year / 10 % 10, year % 10]
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate([personal])")
    }
}

fn last_day(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_typed_or_refused() {
        use BirthDateError::{Form, Impossible, Year};
        for (rule, text, expected) in [
            ("as printed", "27/07/1981", Ok("1981-07-27")),
            ("digits alone", "27071981", Ok("1981-07-27")),
            ("dots", "27.7.1981", Ok("1981-07-27")),
            ("row 32", "00/11/1992", Ok("1992-11-00")),
            ("row 33, day and year", "03/00/1977", Ok("1977-00-03")),
            ("year alone", "00/00/1992", Ok("1992-00-00")),
            ("row 35", "32/01/1980", Err(Impossible)),
            ("row 35", "15/13/1980", Err(Impossible)),
            ("row 36", "29/02/1900", Err(Impossible)),
            ("row 36", "29/02/2000", Ok("2000-02-29")),
            ("two-digit year", "27/07/81", Err(Form)),
            ("letters", "27/juil/1981", Err(Form)),
            ("signs", "+7/07/1981", Err(Form)),
            ("four parts", "27/07/1981/1", Err(Form)),
            ("year 0000", "01/01/0000", Err(Year)),
            ("empty", "", Err(Form)),
            ("not ASCII", "2７071981", Err(Form)),
        ] {
            let got = BirthDate::parse_french(text, UnknownParts::Announced).map(BirthDate::iso);
            assert_eq!(got.as_deref().map_err(|e| *e), expected, "{rule}: {text}");
        }
        for (rule, text, expected) in [
            ("row 35, day 00", "00/05/1980", Err(BirthDateError::Incomplete)),
            ("row 35, month 00", "03/00/1980", Err(BirthDateError::Incomplete)),
            ("row 35, day 32", "32/01/1980", Err(Impossible)),
            ("row 35, month 13", "15/13/1980", Err(Impossible)),
            ("as printed", "27/07/1981", Ok("1981-07-27")),
        ] {
            let got = BirthDate::parse_french(text, UnknownParts::Refused).map(BirthDate::iso);
            assert_eq!(got.as_deref().map_err(|e| *e), expected, "{rule}: {text}");
        }
    }

    #[test]
    fn what_is_known_of_a_flagged_date_is_what_completing_it_would_not_have_written() {
        for (rule, written, known) in [
            ("row 31, RNIV", "1992-12-31", "1992-00-00"),
            ("row 31, FranceConnect", "1992-01-01", "1992-00-00"),
            ("row 32, month and year", "1992-11-01", "1992-11-00"),
            ("row 33, day and year", "1977-01-03", "1977-00-03"),
            ("first of December", "1992-12-01", "1992-12-00"),
            ("of no completed form", "1950-06-15", "1950-00-00"),
            ("already partial", "1992-11-00", "1992-11-00"),
        ] {
            let date = BirthDate::parse_iso(written).expect("a date");
            assert_eq!(date.presumed().iso(), known, "{rule}");
        }
    }

    #[test]
    fn a_date_to_come_and_a_very_old_one_are_asked_about() {
        let today = BirthDate::parse_iso("2026-11-24").expect("a date");
        for (rule, date, doubt) in [
            ("row 41, tomorrow", "2026-11-25", Some(DateDoubt::Future)),
            ("today", "2026-11-24", None),
            ("this month", "2026-11-00", None),
            ("next month", "2026-12-00", Some(DateDoubt::Future)),
            ("this year", "2026-00-00", None),
            ("row 41, 1899", "1899-12-31", Some(DateDoubt::Before1900)),
            ("1900", "1900-01-01", None),
        ] {
            assert_eq!(BirthDate::parse_iso(date).expect("a date").doubt(today), doubt, "{rule}");
        }
    }

    #[test]
    fn partial_dates_are_completed_as_exi_id_11_says() {
        for (known, completed) in
            [("1992-11-00", "1992-11-01"), ("1977-00-03", "1977-01-03"), ("1992-00-00", "1992-12-31")]
        {
            let date = BirthDate::parse_iso(known).expect("a date");
            assert_eq!(date.completed().iso(), completed);
        }
    }

    #[test]
    fn ages_count_full_years() {
        let today = BirthDate::parse_iso("2026-11-24").expect("a date");
        for (born, age) in
            [("1981-07-27", Some(45)), ("1981-11-24", Some(45)), ("1981-11-25", Some(44)), ("2027-01-01", None)]
        {
            assert_eq!(BirthDate::parse_iso(born).expect("a date").age(today), age, "{born}");
        }
    }
}
