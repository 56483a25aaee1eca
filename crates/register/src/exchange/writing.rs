//! Cells as they are written: quoted where they must be, and never run by a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};

/// The mark by which spreadsheets know UTF-8.
pub(super) const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whether a spreadsheet runs what begins so.
fn runs(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r')
}

/// Whether an apostrophe before this is one of ours.
fn is_guarded(first: Option<char>) -> bool {
    first.is_some_and(|first| runs(first) || first == '\'')
}

/// The cell with an apostrophe before what a spreadsheet would run; [`unguarded`] takes it away again.
pub(super) fn guarded(cell: &str) -> Cow<'_, str> {
    let mut characters = cell.chars();
    match characters.next() {
        Some(first) if runs(first) || (first == '\'' && is_guarded(characters.next())) => {
            Cow::Owned(format!("'{cell}"))
        }
        _ => Cow::Borrowed(cell),
    }
}

/// The cell without the apostrophe that [`guarded`] put before it.
pub(super) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_guarded(rest.chars().next())).unwrap_or(cell)
}

/// Writes one row, ended as spreadsheets end theirs.
pub(super) fn write_row<'a>(
    out: &mut impl Write,
    delimiter: u8,
    cells: impl IntoIterator<Item = &'a str>,
) -> io::Result<()> {
    for (column, cell) in cells.into_iter().enumerate() {
        if column > 0 {
            out.write_all(&[delimiter])?;
        }
        let cell = guarded(cell);
        let quoted = cell.bytes().any(|byte| byte == delimiter || matches!(byte, b'"' | b'\r' | b'\n'))
            || cell.starts_with(' ')
            || cell.ends_with(' ');
        if quoted {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_cell_runs_nothing_and_is_read_back_unchanged() {
        for cell in [
            "=1+1",
            "+33 1 02 03 04 05",
            "-5",
            "@SUM(A1)",
            "\tx",
            "\r=x",
            "'=x",
            "''=x",
            "''",
            "'",
            "'T HART",
            "''T",
            "",
            "É",
            "a=b",
            "'\u{301}",
        ] {
            let written = guarded(cell);
            assert!(!written.chars().next().is_some_and(runs), "{cell:?}");
            assert_eq!(unguarded(&written), cell, "{cell:?}");
        }
        assert_eq!(guarded("'T HART"), "'T HART", "row 9: a name as it is");
    }

    #[test]
    fn a_row_is_quoted_only_where_it_must_be() {
        let mut written = Vec::new();
        write_row(&mut written, b';', ["a", "b;c", "d\"e", "f\ng", " h", "", "=i"]).expect("written");
        assert_eq!(String::from_utf8(written).expect("UTF-8"), "a;\"b;c\";\"d\"\"e\";\"f\ng\";\" h\";;'=i\r\n");
    }
}
