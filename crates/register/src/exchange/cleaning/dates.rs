//! Birth dates as practice software writes them.

use comptoir_identity::{BirthDate, BirthDateError, UnknownParts};

/// Reads `JJ/MM/AAAA`, `AAAA-MM-JJ`, eight digits, or what is known of a date: `MM/AAAA`, `AAAA`, parts of 00.
///
/// The year has four digits: of two, nobody knows the century.
pub(in super::super) fn date(cell: &str) -> Result<BirthDate, BirthDateError> {
    let cell = without_midnight(cell.trim());
    let mut parts = cell.split(['/', '.', '-', ' ']);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(year), None, ..) if year.len() == 4 => from_parts(year, "00", "00"),
        (Some(digits), None, ..) => eight_digits(digits),
        (Some(year), Some(month), None, _) if year.len() == 4 => from_parts(year, month, "00"),
        (Some(month), Some(year), None, _) => from_parts(year, month, "00"),
        (Some(year), Some(month), Some(day), None) if year.len() == 4 => from_parts(year, month, day),
        _ => BirthDate::parse_french(cell, UnknownParts::Announced),
    }
}

/// The date of a moment whose time says nothing: `1980-02-01T00:00:00`.
fn without_midnight(cell: &str) -> &str {
    match cell.split_once(['T', ' ']) {
        Some((date, time)) if time.contains(':') && time.chars().all(|sign| matches!(sign, '0' | ':' | '.' | 'Z')) => {
            date
        }
        _ => cell,
    }
}

/// `JJMMAAAA`; `AAAAMMJJ` only where it cannot be read as that.
fn eight_digits(cell: &str) -> Result<BirthDate, BirthDateError> {
    BirthDate::parse_french(cell, UnknownParts::Announced).or_else(|day_first| {
        let part = |from, to| cell.get(from..to).filter(|_| cell.len() == 8).ok_or(BirthDateError::Form);
        match from_parts(part(0, 4)?, part(4, 6)?, part(6, 8)?) {
            Err(BirthDateError::Form | BirthDateError::Year | BirthDateError::Incomplete) => Err(day_first),
            read => read,
        }
    })
}

fn from_parts(year: &str, month: &str, day: &str) -> Result<BirthDate, BirthDateError> {
    BirthDate::parse_iso(&format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written_in_france() {
        use BirthDateError::{Form, Impossible, Year};
        for (rule, cell, expected) in [
            ("as on paper", "02/01/1980", Ok("1980-01-02")),
            ("no zeros", "2/1/1980", Ok("1980-01-02")),
            ("points", "02.01.1980", Ok("1980-01-02")),
            ("hyphens", "02-01-1980", Ok("1980-01-02")),
            ("ISO", "1980-01-02", Ok("1980-01-02")),
            ("ISO with slashes", "1980/01/02", Ok("1980-01-02")),
            ("a moment at midnight", "1980-01-02 00:00:00", Ok("1980-01-02")),
            ("the same, ISO", "1980-01-02T00:00:00.000Z", Ok("1980-01-02")),
            ("the same, French", "02/01/1980 00:00", Ok("1980-01-02")),
            ("a moment that says something", "02/01/1980 12:30", Err(Form)),
            ("eight digits, day first", "02011980", Ok("1980-01-02")),
            ("eight digits that can be both", "20121985", Ok("1985-12-20")),
            ("eight digits, year first", "19800102", Ok("1980-01-02")),
            ("year first, day unknown", "19801100", Ok("1980-11-00")),
            ("partial, EXI ID 11", "00/11/1992", Ok("1992-11-00")),
            ("day and month unknown", "00/00/1992", Ok("1992-00-00")),
            ("month and year", "11/1992", Ok("1992-11-00")),
            ("ISO month", "1992-11", Ok("1992-11-00")),
            ("year alone", "1992", Ok("1992-00-00")),
            ("ISO, partial", "1992-00-00", Ok("1992-00-00")),
            ("a leap day", "29/02/1980", Ok("1980-02-29")),
            ("no leap day", "29/02/1981", Err(Impossible)),
            ("no such day", "31/02/1980", Err(Impossible)),
            ("the same, digits", "31021980", Err(Impossible)),
            ("the same, ISO digits", "19800231", Err(Impossible)),
            ("no such month", "01/13/1980", Err(Impossible)),
            ("two digits of year", "02/01/80", Err(Form)),
            ("six digits", "020180", Err(Form)),
            ("a year that is none", "02/01/0080", Err(Year)),
            ("English", "Jan 2, 1980", Err(Form)),
            ("a serial number of a spreadsheet", "29222", Err(Form)),
            ("not ASCII", "০২/০১/১৯৮০", Err(Form)),
            ("empty", "", Err(Form)),
        ] {
            assert_eq!(date(cell).map(BirthDate::iso), expected.map(str::to_owned), "{rule}");
        }
    }
}
