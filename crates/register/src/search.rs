//! Search before creation, by the rules DMN INS 7–10: the birth date first, then stems.

use crate::patient::{COLUMNS, Patient, read};
use crate::{ReadError, Register};
use comptoir_identity::{BirthDate, search_key};
use rusqlite::Connection;

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

pub(crate) const BY_DATE_AND_STEMS: &str = "WHERE p.completed_date = ?1
    AND (?2 = '' OR EXISTS (SELECT 1 FROM name_keys k
         WHERE k.patient = p.id AND k.kind = 'name' AND k.key >= ?2 AND k.key < ?3))
    AND (?4 = '' OR EXISTS (SELECT 1 FROM name_keys k
         WHERE k.patient = p.id AND k.kind = 'given' AND k.key >= ?4 AND k.key < ?5))
    ORDER BY p.birth_name, p.first_given_name, p.id LIMIT ?6";

impl Register {
    /// Finds the records of a birth date. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn search(&self, search: &Search, limit: u16) -> Result<Found, ReadError> {
        let mut patients = find(&self.connection(), search, limit)?;
        let more = patients.len() > usize::from(limit);
        patients.truncate(limit.into());
        Ok(Found { patients, more })
    }
}

fn find(connection: &Connection, search: &Search, limit: u16) -> Result<Vec<Patient>, ReadError> {
    let stem = |text: &Option<String>| text.as_deref().map(search_key).unwrap_or_default();
    let (name, given) = (stem(&search.name_stem), stem(&search.given_name_stem));
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM patients p {BY_DATE_AND_STEMS}"))?;
    let mut rows = statement.query((
        search.birth_date.completed().iso(),
        &name,
        after(&name),
        &given,
        after(&given),
        i64::from(limit) + 1,
    ))?;
    let mut patients = Vec::new();
    while let Some(row) = rows.next()? {
        patients.push(read(connection, row)?);
    }
    Ok(patients)
}

/// The first text after every text that begins with `stem`: keys hold A–Z only.
pub(crate) fn after(stem: &str) -> String {
    format!("{stem}[")
}
