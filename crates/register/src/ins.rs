//! The INS of a record: kept as received, in force at most once in the register.

use crate::patient::RecordId;
use crate::{ReadError, Register};
use comptoir_identity::{DatedIns, Day, Ins, InsOid, InsRecord, Matricule};
use rusqlite::{Connection, Row, Transaction, params};

impl Register {
    /// The records that have, or had, this INS; for one that was absorbed, the record it was merged into. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn find_ins(&self, ins: &Ins) -> Result<Vec<RecordId>, ReadError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT DISTINCT coalesce(p.merged_into, p.id) FROM ins i JOIN patients p ON p.id = i.patient
                 WHERE i.matricule = ?1 AND i.oid = ?2 ORDER BY 1",
            )?;
            let found = statement.query_map((ins.matricule().as_str(), ins.oid().as_str()), |row| row.get(0))?;
            Ok(found.map(|id| id.map(RecordId::of)).collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    patient: RecordId,
    record: &InsRecord,
) -> Result<(), rusqlite::Error> {
    let held = record.held().map(|dated| (0, if record.hidden().is_some() { "hidden" } else { "in-force" }, dated));
    let mut statement = transaction.prepare_cached(
        "INSERT INTO ins (patient, number, state, matricule, oid, since, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    // 0 is the one held; former ones follow, in the order received.
    let former = (1_i64..).zip(record.former()).map(|(number, dated)| (number, "former", dated));
    for (number, state, dated) in held.into_iter().chain(former) {
        statement.execute(params![
            patient.number(),
            number,
            state,
            dated.ins.matricule().as_str(),
            dated.ins.oid().as_str(),
            dated.from.map(Day::iso),
            dated.until.map(Day::iso),
        ])?;
    }
    Ok(())
}

pub(crate) fn read(connection: &Connection, patient: RecordId) -> Result<InsRecord, ReadError> {
    let mut statement = connection
        .prepare_cached("SELECT state, matricule, oid, since, until FROM ins WHERE patient = ?1 ORDER BY number")?;
    let mut rows = statement.query([patient.number()])?;
    let (mut held, mut hidden, mut former) = (None, false, Vec::new());
    while let Some(row) = rows.next()? {
        let dated = dated(row)?;
        match row.get_ref(0)?.as_str().map_err(|_| ReadError::Damaged)? {
            "former" => former.push(dated),
            state => {
                hidden = state == "hidden";
                held = Some(dated);
            }
        }
    }
    Ok(InsRecord::restored(held, hidden, former))
}

/// The number held that stands in the columns from `first` on: state, matricule and authority, without days.
pub(crate) fn held(row: &Row<'_>, first: usize) -> Result<InsRecord, ReadError> {
    let text = |column: usize| row.get_ref(column)?.as_str().map_err(|_| ReadError::Damaged);
    let (number, key) = text(first + 1)?.split_at_checked(13).ok_or(ReadError::Damaged)?;
    let matricule = Matricule::received(number, Some(key)).map_err(|_| ReadError::Damaged)?.matricule;
    let oid = InsOid::parse(text(first + 2)?).map_err(|_| ReadError::Damaged)?;
    Ok(InsRecord::restored(Some(Ins::new(matricule, oid).into()), text(first)? == "hidden", Vec::new()))
}

fn dated(row: &Row<'_>) -> Result<DatedIns, ReadError> {
    let (matricule, oid): (String, String) = (row.get(1)?, row.get(2)?);
    let (number, key) = matricule.split_at_checked(13).ok_or(ReadError::Damaged)?;
    let matricule = Matricule::received(number, Some(key)).map_err(|_| ReadError::Damaged)?.matricule;
    let oid = InsOid::parse(&oid).map_err(|_| ReadError::Damaged)?;
    let day = |column: usize| {
        let text: Option<String> = row.get(column)?;
        text.map(|text| Day::parse_iso(&text).map_err(|_| ReadError::Damaged)).transpose()
    };
    Ok(DatedIns { ins: Ins::new(matricule, oid), from: day(3)?, until: day(4)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Act, ActKind};
    use crate::{NewPatient, WriteError};
    use comptoir_identity::{Attributes, BirthDate, BirthName, GivenName, PlaceCode, Sex, Standing, Stated, Traits};
    use jiff::Timestamp;

    fn pair(number: &str, key: &str, oid: InsOid) -> Ins {
        Ins::new(Matricule::received(number, Some(key)).expect("a number").matricule, oid)
    }

    fn person(ins: InsRecord) -> NewPatient {
        NewPatient {
            external_id: None,
            traits: Traits {
                birth_name: Stated::parse(Some("ADRUN"), BirthName::parse),
                first_given_name: Stated::parse(Some("ZOE"), GivenName::parse),
                given_names: Stated::Absent,
                birth_date: BirthDate::parse_iso("1975-12-31").ok(),
                sex: Some(Sex::Female),
                birth_place: PlaceCode::parse("63220").ok(),
                usage_name: Stated::Absent,
                usage_given_name: Stated::Absent,
                ins,
            },
            standing: Standing::PROVISIONAL,
        }
    }

    fn act() -> Act<'static> {
        Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::PatientCreated)
    }

    fn in_force(ins: Ins) -> InsRecord {
        InsRecord::restored(Some(ins.into()), false, Vec::new())
    }

    #[test]
    fn an_ins_is_in_force_in_one_record_at_most() {
        let register = Register::in_memory().expect("a register");
        let real = pair("2751263220749", "74", InsOid::Nir);
        let first = register.insert(&person(in_force(real)), &act()).expect("inserted");
        assert!(matches!(register.insert(&person(in_force(real)), &act()), Err(WriteError::Refused)), "row 63");
        let test = pair("2751263220749", "74", InsOid::NirTest);
        register.insert(&person(in_force(test)), &act()).expect("row 64: another key, no merge");
        let hidden = InsRecord::restored(Some(real.into()), true, Vec::new());
        let second = register.insert(&person(hidden), &act()).expect("an invalidated INS holds no place");
        assert_eq!(register.find_ins(&real).expect("read"), [first, second]);
        assert_eq!(register.count().expect("read"), 3, "what was refused left nothing");
    }

    #[test]
    fn what_insi_gave_is_read_back_unchanged() {
        let register = Register::in_memory().expect("a register");
        let day = |text| Day::parse_iso(text).ok();
        let (active, former) = (pair("1810363220456", "60", InsOid::Nir), pair("2810363220456", "10", InsOid::Nir));
        let odd = DatedIns { ins: former, from: day("2019-03-01"), until: day("2019-02-28") };
        for (rule, hidden) in [("row 61, the key as received", false), ("INS 32, hidden and kept", true)] {
            let kept = InsRecord::restored(Some(active.into()), hidden, vec![odd, odd]);
            let id = register.insert(&person(kept.clone()), &act()).expect("inserted");
            let read = register.patient(id).expect("read").expect("there");
            assert_eq!(read.traits.ins, kept, "{rule}");
        }
        assert_eq!(register.find_ins(&former).expect("read").len(), 2, "row 65: found by the former number");
    }

    #[test]
    fn a_doubtful_identity_has_no_ins_in_force() {
        let register = Register::in_memory().expect("a register");
        let ins = in_force(pair("2751263220749", "74", InsOid::Nir));
        register.insert(&person(ins.clone()), &act()).expect("inserted");
        for (rule, change) in [
            ("row 82, doubtful", "UPDATE patients SET attributes = 'doubtful'"),
            ("fictitious", "UPDATE patients SET attributes = 'fictitious'"),
            ("no matricule", "UPDATE ins SET matricule = '27512632207497'"),
            ("a letter where none stands", "UPDATE ins SET matricule = '27512A322074974'"),
            ("no authority", "UPDATE ins SET oid = '1.2.3'"),
            ("no such day", "UPDATE ins SET since = '2019-02-30'"),
        ] {
            assert!(register.writer().execute(change, []).is_err(), "{rule}");
        }
        let mut doubtful = person(ins);
        doubtful.standing = Standing::new(false, false, Attributes::Doubtful).expect("allowed");
        assert!(register.insert(&doubtful, &act()).is_err(), "EXI SI 09");
    }
}
