//! Records: inserted whole with their journal line, read back into traits.

use crate::arrivals::{ArrivalId, ArrivalState, settle};
use crate::journal::{Act, append};
use crate::{ReadError, Register, WriteError, ins};
use comptoir_identity::{
    Attributes, BirthDate, BirthName, GivenName, GivenNames, PlaceCode, Sex, Standing, Stated, Traits, UsageName,
    search_key,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

/// A record's number in this register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(i64);

impl RecordId {
    /// The number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }

    pub(crate) fn of(number: i64) -> Self {
        Self(number)
    }
}

/// A record of the register.
#[derive(Debug, Clone)]
pub struct Patient {
    /// Its number.
    pub id: RecordId,
    /// How it is shown: the practice software's identifier, else `local:N`.
    pub record: String,
    /// Its traits.
    pub traits: Traits,
    /// Its two axes and attributes.
    pub standing: Standing,
    /// Whether a person has said that it is of somebody else than one that it was found with.
    pub told_apart: bool,
}

/// A record to insert. A birth name and a first given name are required (DMN INS 11).
#[derive(Debug, Clone)]
pub struct NewPatient {
    /// The practice software's identifier.
    pub external_id: Option<String>,
    /// The traits.
    pub traits: Traits,
    /// The two axes and attributes.
    pub standing: Standing,
}

/// The columns that [`read`] reads, in its order.
pub(crate) const COLUMNS: &str = "p.id, p.external_id, p.birth_name, p.first_given_name, p.given_names, p.birth_date, \
     p.sex, p.birth_place, p.usage_name, p.usage_given_name, p.ins_retrieved, p.device_checked, p.attributes";

impl Register {
    /// The number of records. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn count(&self) -> Result<u64, ReadError> {
        let count: i64 = self.read(|connection| {
            connection
                .query_row("SELECT count(*) FROM patients WHERE merged_into IS NULL", [], |row| row.get(0))
                .map_err(ReadError::from)
        })?;
        u64::try_from(count).map_err(|_| ReadError::Damaged)
    }

    /// Inserts a record with its journal line, in one transaction. Performs I/O.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing is written then.
    pub fn insert(&self, new: &NewPatient, act: &Act<'_>) -> Result<RecordId, WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        let id = insert(&transaction, new, act)?;
        append(&transaction, act, Some(id))?;
        transaction.commit()?;
        Ok(id)
    }

    /// Inserts the record of somebody who has arrived: record, arrival and journal line in one
    /// transaction. Performs I/O.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing is written then.
    pub fn insert_arrived(
        &self,
        new: &NewPatient,
        arrival: Option<ArrivalId>,
        act: &Act<'_>,
    ) -> Result<RecordId, WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        let id = insert(&transaction, new, act)?;
        if let Some(arrival) = arrival {
            settle(&transaction, arrival, ArrivalState::Created, Some(id))?;
        }
        append(&transaction, act, Some(id))?;
        transaction.commit()?;
        Ok(id)
    }

    /// Inserts many records with one journal line, in one transaction. Performs I/O.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing is written then.
    pub fn insert_all(&self, new: &[NewPatient], act: &Act<'_>) -> Result<(), WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        for patient in new {
            insert(&transaction, patient, act)?;
        }
        append(&transaction, act, None)?;
        Ok(transaction.commit()?)
    }

    /// One record. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn patient(&self, id: RecordId) -> Result<Option<Patient>, ReadError> {
        self.read(|connection| patient(connection, id))
    }

    /// The record shown as `record`: an external identifier, or `local:N`; for one that was absorbed, the record it
    /// was merged into. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn find_record(&self, record: &str) -> Result<Option<RecordId>, ReadError> {
        let found = self.read(|connection| find(connection, record))?;
        Ok(found.map(RecordId))
    }
}

/// What was known of an absorbed record leads to the one it was merged into.
const FIND: &str = "SELECT coalesce(merged_into, id) FROM patients WHERE";

fn find(connection: &Connection, record: &str) -> Result<Option<i64>, ReadError> {
    let found = match record.strip_prefix("local:") {
        Some(number) => {
            let number: i64 = number.parse().unwrap_or(0);
            connection.query_row(&format!("{FIND} id = ?1 AND external_id IS NULL"), [number], |row| row.get(0))
        }
        None => connection.query_row(&format!("{FIND} external_id = ?1"), [record], |row| row.get(0)),
    };
    Ok(found.optional()?)
}

pub(crate) fn patient(connection: &Connection, id: RecordId) -> Result<Option<Patient>, ReadError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM patients p WHERE p.id = ?1"))?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(|row| read(connection, row)).transpose()
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    new: &NewPatient,
    act: &Act<'_>,
) -> Result<RecordId, rusqlite::Error> {
    let traits = &new.traits;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO patients (external_id, birth_name, first_given_name, given_names, birth_date, sex, birth_place,
             usage_name, usage_given_name, ins_retrieved, device_checked, attributes, created_at, name_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    statement.execute(params![
        new.external_id,
        traits.birth_name.known().map(BirthName::raw),
        traits.first_given_name.known().map(GivenName::raw),
        traits.given_names.known().map(GivenNames::raw),
        traits.birth_date.map(BirthDate::iso),
        traits.sex.map(Sex::letter),
        traits.birth_place.as_ref().map(PlaceCode::as_str),
        traits.usage_name.known().map(UsageName::raw),
        traits.usage_given_name.known().map(GivenName::raw),
        new.standing.ins_retrieved(),
        new.standing.device_checked(),
        attributes_code(new.standing.attributes()),
        act.at().to_string(),
        search_key(traits.birth_name.known().map(BirthName::raw).unwrap_or_default()),
    ])?;
    let id = transaction.last_insert_rowid();
    ins::insert(transaction, RecordId(id), &traits.ins)?;
    Ok(RecordId(id))
}

/// Reads the columns of [`COLUMNS`], and the INS of that record.
pub(crate) fn read(connection: &Connection, row: &Row<'_>) -> Result<Patient, ReadError> {
    let text = |column: usize| row.get::<_, Option<String>>(column);
    let id: i64 = row.get(0)?;
    let (given, list) = (text(3)?, text(4)?);
    let birth_date = text(5)?.map(|date| BirthDate::parse_iso(&date).map_err(|_| ReadError::Damaged)).transpose()?;
    let birth_place = text(7)?.map(|code| PlaceCode::parse(&code).map_err(|_| ReadError::Damaged)).transpose()?;
    let attributes = text(12)?.and_then(|text| attributes_from(&text)).ok_or(ReadError::Damaged)?;
    Ok(Patient {
        id: RecordId(id),
        record: text(1)?.unwrap_or_else(|| format!("local:{id}")),
        traits: Traits {
            birth_name: Stated::parse(text(2)?.as_deref(), BirthName::parse),
            first_given_name: Stated::parse(given.as_deref(), GivenName::parse),
            given_names: Stated::parse(list.as_deref(), GivenNames::parse),
            birth_date,
            sex: text(6)?.and_then(|letter| Sex::from_letter(&letter)),
            birth_place,
            usage_name: Stated::parse(text(8)?.as_deref(), UsageName::parse),
            usage_given_name: Stated::parse(text(9)?.as_deref(), GivenName::parse),
            ins: ins::read(connection, RecordId(id))?,
        },
        standing: Standing::new(row.get(10)?, row.get(11)?, attributes).map_err(|_| ReadError::Damaged)?,
        told_apart: false,
    })
}

/// How attributes are written.
#[must_use]
pub fn attributes_code(attributes: Attributes) -> &'static str {
    match attributes {
        Attributes::None => "none",
        Attributes::Homonym => "homonym",
        Attributes::Doubtful => "doubtful",
        Attributes::DoubtfulHomonym => "doubtful-homonym",
        Attributes::Fictitious => "fictitious",
    }
}

pub(crate) fn attributes_from(text: &str) -> Option<Attributes> {
    match text {
        "none" => Some(Attributes::None),
        "homonym" => Some(Attributes::Homonym),
        "doubtful" => Some(Attributes::Doubtful),
        "doubtful-homonym" => Some(Attributes::DoubtfulHomonym),
        "fictitious" => Some(Attributes::Fictitious),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ActKind;
    use crate::search::Search;
    use comptoir_identity::InsRecord;
    use jiff::Timestamp;

    fn person(name: &str, given: &str, date: &str) -> NewPatient {
        NewPatient {
            external_id: None,
            traits: Traits {
                birth_name: Stated::parse(Some(name), BirthName::parse),
                first_given_name: Stated::parse(Some(given), GivenName::parse),
                given_names: Stated::parse(Some(given), GivenNames::parse),
                birth_date: BirthDate::parse_iso(date).ok(),
                sex: Some(Sex::Female),
                birth_place: PlaceCode::parse("75107").ok(),
                usage_name: Stated::parse(Some("ÉPOUSE-Renaud"), UsageName::parse),
                usage_given_name: Stated::parse(Some("Zoé"), GivenName::parse),
                ins: InsRecord::EMPTY,
            },
            standing: Standing::new(false, true, Attributes::Homonym).expect("allowed"),
        }
    }

    fn act() -> Act<'static> {
        Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::PatientCreated)
    }

    #[test]
    fn what_is_written_is_read_back_after_closing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let key = crate::RegisterKey::from_bytes(&[7; 32]).expect("a key");
        let written = person("D'Œuvre--Béart", "Anne-Laure", "1992-11-00");
        let id = Register::open(&file, &key).expect("made").insert(&written, &act()).expect("inserted");
        let register = Register::open(&file, &key).expect("opened");
        let read = register.patient(id).expect("read").expect("there");
        assert_eq!((&read.traits, read.standing, read.record.as_str()), (&written.traits, written.standing, "local:1"));
        assert_eq!(register.find_record("local:1").expect("read"), Some(id));
        assert!(register.verify_journal().expect("read").is_whole());
        // Nothing of it stands in clear in any file of the folder, while it is open and after.
        let nothing_in_clear = |least: usize| {
            let files: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
            assert!(files.len() >= least, "no write-ahead file to look at");
            for entry in files {
                let bytes = std::fs::read(entry.expect("an entry").path()).expect("read");
                for clear in ["Anne-Laure", "Béart", "DOEUVREBEART", "1992-11", "name_key", "SQLite format 3"] {
                    assert!(!bytes.windows(clear.len()).any(|window| window == clear.as_bytes()), "{clear}");
                }
            }
        };
        register.insert(&person("Béart", "Anne-Laure", "1992-11-02"), &act()).expect("inserted");
        nothing_in_clear(2);
        drop(register);
        nothing_in_clear(1);
    }

    #[test]
    fn forbidden_lines_are_refused_by_the_store_too() {
        let register = Register::in_memory().expect("a register");
        register.insert(&person("MARTIN", "ANNE", "1980-01-02"), &act()).expect("inserted");
        for (rule, change) in [
            ("EXI SI 09, doubtful", "UPDATE patients SET attributes = 'doubtful'"),
            ("EXI SI 09, fictitious", "UPDATE patients SET attributes = 'fictitious'"),
            ("an attribute that is none", "UPDATE patients SET attributes = 'x'"),
            ("a sex that is none", "UPDATE patients SET sex = 'X'"),
            ("a date of another form", "UPDATE patients SET birth_date = '02/01/1980'"),
            ("a month that is none", "UPDATE patients SET birth_date = '1980-13-02'"),
            ("a day that is none", "UPDATE patients SET birth_date = '1981-02-29'"),
            ("no birth name", "UPDATE patients SET birth_name = ''"),
        ] {
            assert!(register.writer().execute(change, []).is_err(), "{rule}");
        }
        let mut nameless = person("MARTIN", "ANNE", "1980-01-02");
        nameless.traits.birth_name = Stated::Absent;
        assert!(matches!(register.insert(&nameless, &act()), Err(WriteError::Refused)), "DMN INS 11");
        assert_eq!(register.count().expect("read"), 1, "nothing is left of a refused insertion");
    }

    #[test]
    fn stems_find_by_dmn_ins_7_to_10() {
        let register = Register::in_memory().expect("a register");
        for (name, given) in
            [("CENT UN", "YVONNE"), ("CENTUN", "LISE"), ("CHAP'ELLE", "Anne-Laure"), ("LE GOFFIC", "SOIZIC")]
        {
            register.insert(&person(name, given, "1983-06-01"), &act()).expect("inserted");
        }
        register.insert(&person("CENTUN", "AUTRE", "1983-06-02"), &act()).expect("inserted");
        for (rule, name, given, expected) in [
            ("the date alone finds everyone born that day", "", "", 4),
            ("spaces are ignored", "centun", "", 2),
            ("spaces are ignored in the query too", "cent u", "", 2),
            ("an apostrophe is ignored", "chapel", "", 1),
            ("accents are ignored", "châp", "", 1),
            ("the second word of a name", "gof", "", 1),
            ("the name in use, indistinctly", "epou", "", 4),
            ("its second word", "ren", "", 4),
            ("the second half of a compound given name", "", "lau", 1),
            ("the given name in use", "", "zoe", 4),
            ("both", "cent", "yv", 1),
            ("nobody", "xyz", "", 0),
        ] {
            let stem = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let search = Search {
                birth_date: BirthDate::parse_iso("1983-06-01").expect("a date"),
                name_stem: stem(name),
                given_name_stem: stem(given),
            };
            let found = register.search(&search, 10).expect("read");
            assert_eq!((found.patients.len(), found.more), (expected, false), "{rule}");
        }
    }

    #[test]
    fn a_birth_date_separates_what_names_do_not() {
        let register = Register::in_memory().expect("a register");
        for (name, given, date) in [
            ("DURANTéàèùòœæŒÆ", "JULIE", "1972-06-14"),
            ("MARTIN", "ZOÉ", "1972-06-14"),
            ("FLEURY", "FABIEN", "1972-06-14"),
            ("BROSSE", "MARIO", "1981-02-03"),
            ("BROSSE", "LUIGI", "1981-02-03"),
            ("CASA MILA", "ANA", "1986-01-01"),
            ("CASA MILA", "ANA", "1986-01-01"),
            ("CASA MILA", "ANA", "1972-06-26"),
            ("CENTVINGT", "CVDOUZE", "1990-01-12"),
            ("CENTVINGT", "CVDIXSEPT", "1990-01-17"),
            ("CENTVINGT", "CVDIXNEUF", "1990-01-19"),
        ] {
            register.insert(&person(name, given, date), &act()).expect("inserted");
        }
        for (rule, date, name, expected) in [
            ("row 93", "1972-06-14", "", vec!["DURANTéàèùòœæŒÆ", "FLEURY", "MARTIN"]),
            ("row 94", "1981-02-03", "BRO", vec!["BROSSE", "BROSSE"]),
            ("row 95", "1986-01-01", "casa", vec!["CASA MILA", "CASA MILA"]),
            ("row 96", "1990-01-17", "cent", vec!["CENTVINGT"]),
        ] {
            let birth_date = BirthDate::parse_iso(date).expect("a date");
            let search = Search { birth_date, name_stem: Some(name.to_owned()), given_name_stem: None };
            let found = register.search(&search, 10).expect("read").patients;
            let names: Vec<_> =
                found.iter().filter_map(|one| one.traits.birth_name.known().map(BirthName::raw)).collect();
            assert_eq!(names, expected, "{rule}");
        }
    }

    #[test]
    fn a_partial_date_is_found_as_exi_id_11_completes_it() {
        let register = Register::in_memory().expect("a register");
        for date in ["1992-00-00", "1992-12-31", "1992-11-00", "1977-00-03"] {
            register.insert(&person("MARTIN", "ANNE", date), &act()).expect("inserted");
        }
        for (date, expected) in [
            ("1992-12-31", vec!["1992-00-00", "1992-12-31"]),
            ("1992-00-00", vec!["1992-00-00", "1992-12-31"]),
            ("1992-11-01", vec!["1992-11-00"]),
            ("1977-00-03", vec!["1977-00-03"]),
            ("1992-01-01", vec![]),
        ] {
            let birth_date = BirthDate::parse_iso(date).expect("a date");
            let search = Search { birth_date, name_stem: None, given_name_stem: None };
            let found = register.search(&search, 10).expect("read").patients;
            let dates: Vec<_> = found.iter().filter_map(|one| one.traits.birth_date.map(BirthDate::iso)).collect();
            assert_eq!(dates, expected, "{date}");
        }
    }

    #[test]
    fn more_than_the_limit_is_said() {
        let register = Register::in_memory().expect("a register");
        for given in ["ANNE", "BERTHE", "CLAIRE"] {
            register.insert(&person("MARTIN", given, "1980-01-02"), &act()).expect("inserted");
        }
        let birth_date = BirthDate::parse_iso("1980-01-02").expect("a date");
        let search = Search { birth_date, name_stem: None, given_name_stem: None };
        for (limit, shown, more) in [(2, 2, true), (3, 3, false)] {
            let found = register.search(&search, limit).expect("read");
            assert_eq!((found.patients.len(), found.more), (shown, more), "limit {limit}");
        }
    }

    #[test]
    fn no_search_reads_the_whole_register() {
        let register = Register::in_memory().expect("a register");
        let connection = register.writer();
        let by_name = "WHERE p.name_key = ?1 AND p.completed_date = ?2";
        for filter in [crate::search::BY_DATE, by_name] {
            let mut statement = connection
                .prepare(&format!("EXPLAIN QUERY PLAN SELECT {COLUMNS} FROM patients p {filter}"))
                .expect("prepared");
            let parameters = rusqlite::params_from_iter(vec![""; statement.parameter_count()]);
            let plan: Vec<String> = statement
                .query_map(parameters, |row| row.get(3))
                .expect("planned")
                .collect::<Result<_, _>>()
                .expect("read");
            assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{plan:?}");
        }
    }
}
