//! A row made a patient: what is read, what is left out and said, what is refused (DMN INS 11, INS 35).

mod dates;
mod names;
mod places;

pub(super) use dates::date;

use super::mapping::{Column, Placed};
use super::notes::{Note, Reason};
use super::records::Record;
use crate::NewPatient;
use comptoir_identity::{
    BirthDate, BirthDateError, BirthName, DateDoubt, Environment, GivenName, GivenNames, Ins, InsOid, InsRecord,
    Matricule, MatriculeError, Sex, Standing, Stated, Traits, UsageName, coherent_first_given_name, search_key,
};
use places::Places;

/// The complementary traits that a file can state, under the register's names for them (DMN INS 31).
pub(super) const COMPLEMENTARY: [(Column, &str); 6] = [
    (Column::Address, "address"),
    (Column::PostalCode, "postal-code"),
    (Column::City, "city"),
    (Column::Phone, "phone"),
    (Column::MobilePhone, "mobile-phone"),
    (Column::Mail, "mail"),
];

/// A row that can be imported.
#[derive(Debug)]
pub(super) struct Cleaned {
    pub(super) patient: NewPatient,
    /// Kind and value.
    pub(super) complementary: Vec<(&'static str, String)>,
    pub(super) notes: Vec<Note>,
}

/// Cleans the rows of one file.
pub(super) struct Cleaner {
    placed: Placed,
    width: usize,
    today: BirthDate,
    environment: Environment,
    places: Places,
}

impl Cleaner {
    pub(super) fn new(placed: Placed, titles: &[String], today: BirthDate, environment: Environment) -> Self {
        let title = placed.of(Column::BirthPlace).and_then(|column| titles.get(column)).map(String::as_str);
        let stated = title.is_some() || placed.of(Column::BirthCountry).is_some();
        Self {
            placed,
            width: titles.len(),
            today,
            environment,
            places: Places::titled(title.unwrap_or_default(), stated),
        }
    }

    /// Reads a row.
    ///
    /// # Errors
    /// Every reason why it is rejected.
    pub(super) fn clean(&mut self, row: &Record) -> Result<Cleaned, Vec<Reason>> {
        if row.quote_open {
            return Err(vec![Reason::QuoteOpen]);
        }
        if (self.width..row.width()).any(|column| row.cell(column).is_some_and(|cell| !cell.trim().is_empty())) {
            return Err(vec![Reason::TooManyCells]);
        }
        let (mut notes, mut reasons) = (Vec::new(), Vec::new());
        let sex = self.sex(row, &mut notes);
        let birth_date = self.birth_date(row, &mut notes, &mut reasons);
        let (birth_name, usage_name) = self.names(row, sex, birth_date, &mut notes, &mut reasons);
        let (first_given_name, given_names) = self.given_names(row, &mut notes, &mut reasons);
        let usage_given_name = Stated::parse(self.cell(row, Column::UsedGivenName), GivenName::parse);
        if matches!(usage_given_name, Stated::Unreadable(_)) {
            notes.push(Note::UsedGivenNameUnreadable);
        }
        let external_id = self.cell(row, Column::ExternalId);
        if external_id.is_some_and(|identifier| identifier.starts_with("local:")) {
            reasons.push(Reason::IdentifierReserved);
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let (place, country) = (self.cell(row, Column::BirthPlace), self.cell(row, Column::BirthCountry));
        let birth_place = self.places.read(place, country, &mut notes);
        let patient = NewPatient {
            external_id: external_id.map(str::to_owned),
            traits: Traits {
                birth_name,
                first_given_name,
                given_names,
                birth_date,
                sex,
                birth_place,
                usage_name,
                usage_given_name,
                ins: self.ins(row, &mut notes),
            },
            standing: Standing::PROVISIONAL,
        };
        let complementary = COMPLEMENTARY
            .iter()
            .filter_map(|(column, kind)| Some((*kind, self.cell(row, *column)?.to_owned())))
            .collect();
        notes.sort_unstable();
        Ok(Cleaned { patient, complementary, notes })
    }

    /// A cell that says something.
    fn cell<'r>(&self, record: &'r Record, column: Column) -> Option<&'r str> {
        let cell = record.cell(self.placed.of(column)?)?.trim();
        Some(cell).filter(|cell| !cell.is_empty())
    }

    /// Notes what is missing in a row; a column that the file has not is said once, not in each row.
    fn miss(&self, column: Column, note: Note, notes: &mut Vec<Note>) {
        if self.placed.of(column).is_some() {
            notes.push(note);
        }
    }

    fn sex(&self, record: &Record, notes: &mut Vec<Note>) -> Option<Sex> {
        let Some(cell) = self.cell(record, Column::Sex) else {
            self.miss(Column::Sex, Note::SexMissing, notes);
            return None;
        };
        let sex = sex(cell);
        if sex.is_none() {
            notes.push(Note::SexUnreadable);
        }
        sex
    }

    fn birth_date(&self, record: &Record, notes: &mut Vec<Note>, reasons: &mut Vec<Reason>) -> Option<BirthDate> {
        let Some(cell) = self.cell(record, Column::BirthDate) else {
            reasons.push(Reason::BirthDateMissing);
            return None;
        };
        let date = match date(cell) {
            Ok(date) => date,
            Err(error) => {
                reasons.push(match error {
                    BirthDateError::Impossible => Reason::BirthDateImpossible,
                    BirthDateError::Form | BirthDateError::Year | BirthDateError::Incomplete => {
                        Reason::BirthDateUnreadable
                    }
                });
                return None;
            }
        };
        match date.doubt(self.today) {
            Some(DateDoubt::Future) => reasons.push(Reason::BirthDateInFuture),
            Some(DateDoubt::Before1900) => notes.push(Note::DateBefore1900),
            None => {}
        }
        if !date.is_complete() {
            notes.push(Note::DatePartial);
        }
        Some(date)
    }

    fn names(
        &self,
        record: &Record,
        sex: Option<Sex>,
        birth_date: Option<BirthDate>,
        notes: &mut Vec<Note>,
        reasons: &mut Vec<Reason>,
    ) -> (Stated<BirthName>, Stated<UsageName>) {
        let cell = self.cell(record, Column::BirthName);
        let stated = self.cell(record, Column::UsedName);
        let (birth, used) = match cell.map(names::apart) {
            Some(names::Apart::Two { birth, used }) => {
                notes.push(Note::NamesSetApart);
                (Some(birth), stated.or(Some(used)))
            }
            Some(names::Apart::Doubtful) => {
                notes.push(Note::UsedNameSuspected);
                (cell, stated)
            }
            Some(names::Apart::One) | None => (cell, stated),
        };
        let birth_name = Stated::parse(birth, BirthName::parse);
        match birth_name {
            Stated::Absent => reasons.push(Reason::BirthNameMissing),
            Stated::Unreadable(_) => reasons.push(Reason::BirthNameUnreadable),
            Stated::Known(_) => {}
        }
        let usage_name = Stated::parse(used, UsageName::parse);
        match (&birth_name, &usage_name) {
            (_, Stated::Unreadable(_)) => notes.push(Note::UsedNameUnreadable),
            // A married woman's name is the one that is copied into the other column.
            (Stated::Known(birth), Stated::Known(used)) if birth.spelled() == used.spelled() => {
                let adult = birth_date.and_then(|date| date.age(self.today)).is_some_and(|age| age >= 18);
                if sex == Some(Sex::Female) && adult && !notes.contains(&Note::UsedNameSuspected) {
                    notes.push(Note::UsedNameSuspected);
                }
            }
            (_, Stated::Absent | Stated::Known(_)) => {}
        }
        (birth_name, usage_name)
    }

    fn given_names(
        &self,
        record: &Record,
        notes: &mut Vec<Note>,
        reasons: &mut Vec<Reason>,
    ) -> (Stated<GivenName>, Stated<GivenNames>) {
        let stated = self.cell(record, Column::FirstGivenName);
        let listed = self.cell(record, Column::BirthGivenNames);
        // A comma only stands between names: there the list is in the other column.
        let listed = listed.or(stated.filter(|cell| cell.contains(',')));
        let stated = stated.filter(|cell| !cell.contains(','));
        let list = Stated::parse(listed, names::list);
        match list {
            Stated::Absent => self.miss(Column::BirthGivenNames, Note::GivenNamesMissing, notes),
            Stated::Unreadable(_) => notes.push(Note::GivenNamesUnreadable),
            Stated::Known(_) => {}
        }
        let first = match (stated, list.known().and_then(GivenNames::first)) {
            (None, Some(first)) => {
                notes.push(Note::FirstGivenNameDerived);
                Stated::Known(first.clone())
            }
            (stated, _) => Stated::parse(stated, GivenName::parse),
        };
        match (&first, &list) {
            (Stated::Absent, Stated::Unreadable(_)) | (Stated::Unreadable(_), _) => {
                reasons.push(Reason::FirstGivenNameUnreadable);
            }
            (Stated::Absent, _) => reasons.push(Reason::FirstGivenNameMissing),
            (Stated::Known(first), Stated::Known(list)) if !coherent_first_given_name(first, list) => {
                notes.push(Note::FirstGivenNameNotFirst);
            }
            (Stated::Known(_), _) => {}
        }
        (first, list)
    }

    /// The INS of the file is not trusted: it is kept out of sight until INSi confirms it (DMN INS 35).
    fn ins(&self, record: &Record, notes: &mut Vec<Note>) -> InsRecord {
        let Some(cell) = self.cell(record, Column::Matricule) else { return InsRecord::EMPTY };
        let oid = self.cell(record, Column::Oid).map_or(Ok(InsOid::Nir), InsOid::parse);
        let note = match (Matricule::parse(cell), oid) {
            (Ok(matricule), Ok(oid)) if self.environment.accepts(oid) => {
                return InsRecord::restored(Some(Ins::new(matricule, oid).into()), true, Vec::new());
            }
            (Err(MatriculeError::KeyMissing), _) => Note::MatriculeKeyMissing,
            (Err(MatriculeError::Key), _) => Note::MatriculeWrongKey,
            (Err(MatriculeError::Length | MatriculeError::Form), _) => Note::MatriculeMalformed,
            (Ok(_), Ok(_)) => Note::OidOfTests,
            (Ok(_), Err(_)) => Note::OidUnknown,
        };
        notes.push(note);
        InsRecord::EMPTY
    }
}

/// The sex as practice software writes it.
fn sex(cell: &str) -> Option<Sex> {
    match cell {
        "1" => return Some(Sex::Male),
        "2" => return Some(Sex::Female),
        _ => {}
    }
    match search_key(cell).as_str() {
        "M" | "H" | "HOMME" | "MASCULIN" | "MALE" => Some(Sex::Male),
        "F" | "FEMME" | "FEMININ" | "FEMALE" => Some(Sex::Female),
        "I" | "INDETERMINE" => Some(Sex::Indeterminate),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
