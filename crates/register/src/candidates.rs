//! The records that could be the person FranceConnect vouches for: the birth date, then wider rings.

use crate::patient::{COLUMNS, Patient, read};
use crate::search::after;
use crate::{ReadError, Register};
use comptoir_identity::{BirthDate, BirthName, GivenName, PivotIdentity, Traits, UsageName, search_key};
use rusqlite::{Connection, Params};
use std::collections::BTreeSet;

/// Records a judgement looks at; a birth date holds some hundred in the largest registers.
const BOUND: i64 = 200;

pub(crate) const BY_DATE: &str = "WHERE p.birth_date = ?1 ORDER BY p.id LIMIT ?2";
/// Name and given name as they are, whatever the date.
pub(crate) const BY_NAMES: &str = "WHERE p.id IN (
        SELECT n.patient FROM name_keys n WHERE n.kind = 'name' AND n.key = ?1
        INTERSECT
        SELECT g.patient FROM name_keys g WHERE g.kind = 'given' AND g.key >= ?2 AND g.key < ?3)
    ORDER BY p.id LIMIT ?4";

impl Register {
    /// The records to compare with an identity, bounded, each once. Performs I/O.
    ///
    /// Order means nothing: the judgement orders what it keeps.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn candidates(&self, identity: &PivotIdentity) -> Result<Vec<Patient>, ReadError> {
        let connection = self.connection();
        let traits = identity.traits();
        let mut found = Vec::new();
        for date in dates_to_try(identity) {
            collect(&connection, &mut found, BY_DATE, (date, BOUND))?;
        }
        for (name, given) in names_to_try(traits) {
            collect(&connection, &mut found, BY_NAMES, (name, &given, after(&given), BOUND))?;
        }
        Ok(found)
    }
}

/// The date, the forms it takes when partly unknown, and day and month exchanged.
fn dates_to_try(identity: &PivotIdentity) -> BTreeSet<String> {
    let mut dates = BTreeSet::new();
    let Some(date) = identity.traits().birth_date else { return dates };
    dates.insert(date.iso());
    dates.insert(date.completed().iso());
    let (year, month, day) = (date.year(), date.month(), date.day());
    for (month, day) in [(month, None), (None, day), (None, None), (day, month)] {
        dates.extend(BirthDate::new(year, month, day).ok().map(BirthDate::iso));
    }
    if !date.is_complete() || identity.date_possibly_partial() {
        // A year alone may have been completed on either convention (ins.md §1.6).
        dates.extend([format!("{year:04}-01-01"), format!("{year:04}-12-31")]);
    }
    dates
}

/// Every name with the first word of every first given name that the identity states.
fn names_to_try(traits: &Traits) -> Vec<(String, String)> {
    let names = [traits.birth_name.known().map(BirthName::spelled), traits.usage_name.known().map(UsageName::spelled)];
    let Some(given) = traits.first_given_name.known().map(GivenName::spelled) else { return Vec::new() };
    let given = given.split([' ', '-', '\'']).map(search_key).find(|word| !word.is_empty()).unwrap_or_default();
    if given.is_empty() {
        return Vec::new();
    }
    names.into_iter().flatten().map(|name| (search_key(name), given.clone())).collect()
}

fn collect(
    connection: &Connection,
    found: &mut Vec<Patient>,
    filter: &str,
    parameters: impl Params,
) -> Result<(), ReadError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM patients p {filter}"))?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        let patient = read(row)?;
        if !found.iter().any(|known: &Patient| known.id == patient.id) {
            found.push(patient);
        }
    }
    Ok(())
}
