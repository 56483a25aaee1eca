//! Search before creation, by the rules DMN INS 7–10: the birth date first, then stems.

use crate::patient::{COLUMNS, Patient, read};
use crate::{ReadError, Register};
use comptoir_identity::{BirthDate, search_key};
use rusqlite::{Connection, Row};

/// A search by birth date, narrowed by the beginnings of a name and of a given name.
#[derive(Debug, Clone)]
pub struct Search {
    /// The birth date; dates partly unknown are compared as EXI ID 11 completes them, so that 31/12/1992
    /// finds a record of which 1992 alone is known, and the other way round.
    pub birth_date: BirthDate,
    /// The beginning of any word of the birth name or of the name in use.
    pub name_stem: Option<String>,
    /// The beginning of any given name.
    pub given_name_stem: Option<String>,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The records, by name.
    pub patients: Vec<Patient>,
    /// Whether there are more than the limit.
    pub more: bool,
}

/// Everybody born on a day, as EXI ID 11 completes it (DMN INS 7).
pub(crate) const BY_DATE: &str = "WHERE p.completed_date = ?1 AND p.merged_into IS NULL
    ORDER BY p.birth_name, p.first_given_name, p.id";

/// Columns of [`COLUMNS`] that hold a name, and those that hold a given name (DMN INS 10).
const NAMES: [usize; 2] = [2, 8];
const GIVEN_NAMES: [usize; 3] = [3, 4, 9];

impl Register {
    /// Finds the records of a birth date. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn search(&self, search: &Search, limit: u16) -> Result<Found, ReadError> {
        let mut patients = self.read(|connection| find(connection, search, limit))?;
        let more = patients.len() > usize::from(limit);
        patients.truncate(limit.into());
        Ok(Found { patients, more })
    }
}

impl Register {
    /// Finds records by what is being typed: a name, or a name and a given name in either order.
    ///
    /// Secondary, and never the way to create: DMN INS 7 searches by birth date first. Performs I/O when the
    /// register changed.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn typed(&self, text: &str, limit: u16) -> Result<Found, ReadError> {
        let (memory, source) = self.memory();
        let (patients, more) = memory.typed(&source, text, limit.into())?;
        Ok(Found { patients, more })
    }
}

fn find(connection: &Connection, search: &Search, limit: u16) -> Result<Vec<Patient>, ReadError> {
    let stem = |text: &Option<String>| text.as_deref().map(search_key).unwrap_or_default();
    let (name, given) = (stem(&search.name_stem), stem(&search.given_name_stem));
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM patients p {BY_DATE}"))?;
    let mut rows = statement.query([search.birth_date.completed().iso()])?;
    let mut patients = Vec::new();
    while let Some(row) = rows.next()? {
        if any_begins(row, &NAMES, &name)? && any_begins(row, &GIVEN_NAMES, &given)? {
            patients.push(read(connection, row)?);
            if patients.len() > usize::from(limit) {
                break;
            }
        }
    }
    Ok(patients)
}

/// Whether one of the columns has a word from which on its letters begin with the stem (DMN INS 9).
fn any_begins(row: &Row<'_>, columns: &[usize], stem: &str) -> Result<bool, ReadError> {
    for column in columns {
        let text = row.get_ref(*column)?.as_str_or_null().map_err(|_| ReadError::Damaged)?;
        if text.is_some_and(|text| begins_at_a_word(text, stem)) {
            return Ok(true);
        }
    }
    Ok(stem.is_empty())
}

/// Whether the letters of a text, from one of its words on, begin with the stem, itself letters A–Z (DMN INS 9).
pub(crate) fn begins_at_a_word(text: &str, stem: &str) -> bool {
    let mut rest = Some(text);
    while let Some(from) = rest {
        if search_key(from).starts_with(stem) {
            return true;
        }
        rest = from.split_once(|sign: char| !sign.is_alphabetic() && !is_mark(sign)).map(|(_, after)| after);
    }
    false
}

/// An accent written apart from its letter does not end a word.
fn is_mark(sign: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&sign)
}
