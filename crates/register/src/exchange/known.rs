//! What the register already knows of a row: its record, its namesakes, who has its matricule.

use super::cleaning::Cleaned;
use crate::patient::{Patient, RecordId, patient};
use crate::{NewPatient, ReadError};
use comptoir_identity::{BirthName, GivenName, GivenNames, Ins, Sex, UsageName, search_key};
use rusqlite::{Connection, OptionalExtension, params};

/// A record that the rows are compared with.
#[derive(Debug, Clone)]
pub(super) struct Like {
    pub(super) id: RecordId,
    pub(super) external_id: Option<String>,
    first_given_name: String,
    sex: Option<String>,
    merged: bool,
}

impl Like {
    /// How it is shown.
    pub(super) fn shown(&self) -> String {
        self.external_id.clone().unwrap_or_else(|| format!("local:{}", self.id.number()))
    }

    /// Whether it may be the person of a row whose name and date it has.
    pub(super) fn may_be(&self, new: &NewPatient) -> bool {
        let given = new.traits.first_given_name.known().map(GivenName::raw).unwrap_or_default();
        !self.merged
            && self.sex.as_deref() == new.traits.sex.map(Sex::letter)
            && search_key(&self.first_given_name) == search_key(given)
    }
}

/// The record of an identifier, absorbed by another or not.
pub(super) fn of_identifier(connection: &Connection, identifier: &str) -> Result<Option<RecordId>, ReadError> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT id FROM patients WHERE external_id = ?1")?
        .query_row([identifier], |row| row.get(0))
        .optional()?;
    Ok(found.map(RecordId::of))
}

/// The records of a name and a date, as EXI ID 11 completes it; the first ones.
pub(super) fn of_name_and_date(connection: &Connection, new: &NewPatient) -> Result<Vec<Like>, ReadError> {
    let name = search_key(new.traits.birth_name.known().map(BirthName::raw).unwrap_or_default());
    let date = new.traits.birth_date.map(|date| date.completed().iso());
    let mut statement = connection.prepare_cached(
        "SELECT id, external_id, first_given_name, sex, merged_into IS NOT NULL FROM patients
         WHERE name_key = ?1 AND completed_date = ?2 ORDER BY id LIMIT 200",
    )?;
    let found = statement.query_map(params![name, date], |row| {
        Ok(Like {
            id: RecordId::of(row.get(0)?),
            external_id: row.get(1)?,
            first_given_name: row.get(2)?,
            sex: row.get(3)?,
            merged: row.get(4)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The first record that has, or had, a matricule, and how it is shown.
pub(super) fn of_ins(connection: &Connection, ins: &Ins) -> Result<Option<(RecordId, String)>, ReadError> {
    Ok(connection
        .prepare_cached(
            "SELECT p.id, coalesce(p.external_id, 'local:' || p.id) FROM ins i JOIN patients p ON p.id = i.patient
             WHERE i.matricule = ?1 AND i.oid = ?2 LIMIT 1",
        )?
        .query_row((ins.matricule().as_str(), ins.oid().as_str()), |row| Ok((RecordId::of(row.get(0)?), row.get(1)?)))
        .optional()?)
}

/// How a row stands to the record that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Difference {
    /// It says nothing else.
    None,
    /// It changes what may be changed whatever the status (DMN INS 31): the kinds that it changes.
    Free(Vec<&'static str>),
    /// It contradicts or adds a strict trait, which only a person may take over.
    Strict,
}

/// Compares a row with a record; what the row does not say is no difference.
pub(super) fn difference(
    connection: &Connection,
    id: RecordId,
    cleaned: &Cleaned,
) -> Result<Option<Difference>, ReadError> {
    let Some(known) = patient(connection, id)? else { return Ok(None) };
    if strict_differs(&known, &cleaned.patient) {
        return Ok(Some(Difference::Strict));
    }
    let (old, new) = (&known.traits, &cleaned.patient.traits);
    let mut changed = Vec::new();
    let names = (old.usage_name.known(), new.usage_name.known());
    if let (before, Some(after)) = names
        && before.map(UsageName::spelled) != Some(after.spelled())
    {
        changed.push(USED_NAME);
    }
    let names = (old.usage_given_name.known(), new.usage_given_name.known());
    if let (before, Some(after)) = names
        && before.map(GivenName::spelled) != Some(after.spelled())
    {
        changed.push(USED_GIVEN_NAME);
    }
    if !cleaned.complementary.is_empty() {
        let mut statement =
            connection.prepare_cached("SELECT kind, value FROM complementary_traits WHERE patient = ?1")?;
        let kept: Vec<(String, String)> =
            statement.query_map([id.number()], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let differs = |kind: &str, value: &str| !kept.iter().any(|(known, text)| known == kind && text == value);
        changed
            .extend(cleaned.complementary.iter().filter(|(kind, value)| differs(kind, value)).map(|(kind, _)| *kind));
    }
    Ok(Some(if changed.is_empty() { Difference::None } else { Difference::Free(changed) }))
}

/// The kinds of the names in use.
pub(super) const USED_NAME: &str = "used-name";
pub(super) const USED_GIVEN_NAME: &str = "used-given-name";

fn strict_differs(known: &Patient, new: &NewPatient) -> bool {
    fn says_else<T: PartialEq + Copy>(old: Option<T>, new: Option<T>) -> bool {
        new.is_some() && old != new
    }
    let (old, new) = (&known.traits, &new.traits);
    says_else(old.birth_name.known().map(BirthName::spelled), new.birth_name.known().map(BirthName::spelled))
        || says_else(
            old.first_given_name.known().map(GivenName::spelled),
            new.first_given_name.known().map(GivenName::spelled),
        )
        || says_else(old.given_names.known().map(GivenNames::spelled), new.given_names.known().map(GivenNames::spelled))
        || says_else(old.birth_date, new.birth_date)
        || says_else(old.sex, new.sex)
        || says_else(old.birth_place, new.birth_place)
        || new.ins.held().is_some_and(|dated| !old.ins.knows(&dated.ins))
}

/// Whether a record states what a row states, and nothing more: for rows that no identifier tells apart.
pub(super) fn states_the_same(connection: &Connection, id: RecordId, cleaned: &Cleaned) -> Result<bool, ReadError> {
    let Some(known) = patient(connection, id)? else { return Ok(false) };
    let (old, new) = (&known.traits, &cleaned.patient.traits);
    Ok(!strict_differs(&known, &cleaned.patient)
        && old.sex == new.sex
        && old.birth_place == new.birth_place
        && old.given_names.known().is_some() == new.given_names.known().is_some())
}
