//! The whole register in memory, packed, so that a person is found among a million in microseconds.
//!
//! Read when it is first needed and kept true to the store: before each use the store says whether anybody has
//! written since, and what changed is read anew. Nothing here decides anything: it brings rows to the rules.

mod block;
mod names;
mod pairs;
mod places;
mod probe;
mod row;
mod texts;
mod typing;

use crate::patient::{COLUMNS, Patient, attributes_from};
use crate::readers::Readers;
use crate::{ReadError, ins};
use block::{Block, More};
use comptoir_identity::{BirthDate, InsRecord, PivotIdentity, PlaceCode, Sex, Standing};
pub(crate) use pairs::Suspected;
pub use pairs::{Agreement, Reasons, SuspicionKind};
use probe::Probe;
use row::{Bits, PackedDate, PackedIns, Pair, Row};
use rusqlite::{Connection, Row as Line, params};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use texts::NONE;

/// Rows that came since the last putting in order are looked at one by one: past this share, all are ordered anew.
const UNSORTED_SHARE: usize = 100;
/// However small the register, this many may come.
const UNSORTED_LEAST: usize = 1_000;

/// The register in memory, and how far it has read the store.
#[derive(Default)]
pub(crate) struct Memory {
    block: RwLock<Option<Block>>,
    watch: Mutex<Watch>,
}

/// What of the store has been read.
#[derive(Default)]
struct Watch {
    connection: Option<Connection>,
    version: Option<i64>,
    epoch: i64,
    revision: i64,
    last: i64,
}

impl Memory {
    /// The records to compare with an identity: all that the rules could find alike, and few others.
    pub(crate) fn candidates(&self, store: &Source<'_>, identity: &PivotIdentity) -> Result<Vec<Patient>, ReadError> {
        self.with(store, |block| {
            let mut probe = Probe::of(identity, &block.names);
            block.candidates(&mut probe).into_iter().map(|at| block.patient(at).ok_or(ReadError::Damaged)).collect()
        })?
    }

    /// The records found by what is being typed, at most `limit`, and whether there are more.
    pub(crate) fn typed(
        &self,
        store: &Source<'_>,
        text: &str,
        limit: usize,
    ) -> Result<(Vec<Patient>, bool), ReadError> {
        self.with(store, |block| {
            let (rows, more) = block.typed(text, limit);
            let patients: Result<_, _> =
                rows.into_iter().map(|at| block.patient(at).ok_or(ReadError::Damaged)).collect();
            patients.map(|patients: Vec<Patient>| (patients, more))
        })?
    }

    /// Reads the register unless it is there already.
    pub(crate) fn load(&self, store: &Source<'_>) -> Result<(), ReadError> {
        self.with(store, |_| ())
    }

    /// How many rows a pass over pairs has to look at.
    pub(crate) fn extent(&self, store: &Source<'_>) -> Result<u32, ReadError> {
        self.with(store, Block::extent)
    }

    /// The pairs whose first record stands in this range of rows.
    pub(crate) fn pairs(
        &self,
        store: &Source<'_>,
        range: &Range<u32>,
        threads: usize,
        apart: &HashSet<(u32, u32)>,
    ) -> Result<Vec<Suspected>, ReadError> {
        self.with(store, |block| block.pairs(range, threads, apart))
    }

    fn with<T>(&self, store: &Source<'_>, act: impl FnOnce(&Block) -> T) -> Result<T, ReadError> {
        self.follow(store)?;
        let block: RwLockReadGuard<'_, _> = self.block.read().unwrap_or_else(PoisonError::into_inner);
        block.as_ref().map(act).ok_or(ReadError::Damaged)
    }

    /// Reads what anybody has written since.
    fn follow(&self, store: &Source<'_>) -> Result<(), ReadError> {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let Watch { connection, version, epoch, revision, last } = &mut *watch;
        store.with(connection, |connection, version_of| {
            let now = version_of(connection)?;
            if *version == Some(now) {
                return Ok(());
            }
            let snapshot = connection.unchecked_transaction()?;
            let (epoch_now, revision_now): (i64, i64) =
                snapshot.query_row("SELECT epoch, revision FROM state", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut block = self.block.write().unwrap_or_else(PoisonError::into_inner);
            match block.as_mut().filter(|_| *epoch == epoch_now) {
                Some(block) => {
                    changed(&snapshot, block, *revision, *last)?;
                    if block.unsorted() > UNSORTED_LEAST.max(block.rows.len() / UNSORTED_SHARE) {
                        block.sort();
                        block.sort_beginnings();
                    }
                }
                None => *block = Some(whole(&snapshot)?),
            }
            if let Some(block) = block.as_mut() {
                block.tell_apart(&told_apart(&snapshot)?);
            }
            *last = snapshot
                .query_row("SELECT max(id) FROM patients", [], |row| row.get::<_, Option<i64>>(0))?
                .unwrap_or(0);
            // A version seen before the snapshot may be older than it: then the next look reads a little again.
            (*version, *epoch, *revision) = (Some(now), epoch_now, revision_now);
            Ok(())
        })
    }
}

/// Where the register is read from.
pub(crate) enum Source<'a> {
    /// A file: a connection of its own sees what every other one commits.
    File(&'a Readers),
    /// A register in memory only: its one connection.
    Alone(&'a Mutex<Connection>),
}

type Version = fn(&Connection) -> rusqlite::Result<i64>;

impl Source<'_> {
    fn with(
        &self,
        kept: &mut Option<Connection>,
        act: impl FnOnce(&Connection, Version) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        match self {
            Self::File(readers) => {
                if kept.is_none() {
                    *kept = Some(readers.open()?);
                }
                let Some(connection) = kept else { return Err(ReadError::Damaged) };
                act(connection, |connection| {
                    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
                })
            }
            Self::Alone(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                act(&connection, |connection| Ok(i64::try_from(connection.total_changes()).unwrap_or(i64::MAX)))
            }
        }
    }
}

const IN_FORCE_OF_ITSELF: &str = "merged_into IS NULL";

fn whole(connection: &Connection) -> Result<Block, ReadError> {
    let count: i64 = connection.query_row("SELECT count(*) FROM patients", [], |row| row.get(0))?;
    let mut block = Block::default();
    block.rows.reserve_exact(usize::try_from(count).unwrap_or(0));
    let mut statement =
        connection.prepare(&format!("SELECT {COLUMNS} FROM patients p WHERE p.{IN_FORCE_OF_ITSELF} ORDER BY p.id"))?;
    let mut numbers = connection.prepare("SELECT patient, max(number), max(since IS NOT NULL OR until IS NOT NULL), state, matricule, oid FROM ins GROUP BY patient ORDER BY patient")?;
    let mut numbers = numbers.query([])?;
    let mut held = numbers.next()?;
    let mut rows = statement.query([])?;
    while let Some(line) = rows.next()? {
        let id: i64 = line.get(0)?;
        while let Some(row) = held {
            if row.get::<_, i64>(0)? >= id {
                break;
            }
            held = numbers.next()?;
        }
        let mut record = InsRecord::EMPTY;
        let mut former = false;
        if let Some(row) = held
            && row.get::<_, i64>(0)? == id
        {
            former = row.get::<_, i64>(1)? > 0 || row.get(2)?;
            // Where there is one number without days, the group is that line.
            record = if former { ins::read(connection, crate::RecordId::of(id))? } else { ins::held(row, 3)? };
        }
        add(&mut block, line, id, record, former)?;
    }
    block.sort();
    block.sort_beginnings();
    Ok(block)
}

fn told_apart(connection: &Connection) -> Result<Vec<(u32, u32)>, ReadError> {
    let mut statement = connection.prepare_cached("SELECT one, other FROM distinct_people")?;
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(pairs.collect::<Result<_, _>>()?)
}

/// Reads the records that are new or changed.
fn changed(connection: &Connection, block: &mut Block, revision: i64, last: i64) -> Result<(), ReadError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS}, p.merged_into FROM patients p WHERE p.id > ?1 OR p.revision > ?2 ORDER BY p.id"
    ))?;
    let mut rows = statement.query(params![last, revision])?;
    while let Some(line) = rows.next()? {
        let id: i64 = line.get(0)?;
        if id <= last {
            block.forget(u32::try_from(id).map_err(|_| ReadError::Damaged)?);
        }
        let absorbed: Option<i64> = line.get(13)?;
        if absorbed.is_none() {
            let record = ins::read(connection, crate::RecordId::of(id))?;
            let more = !record.former().is_empty()
                || record.held().is_some_and(|held| held.from.is_some() || held.until.is_some());
            add(block, line, id, record, more)?;
        }
    }
    Ok(())
}

/// Adds a line of [`COLUMNS`] to the block.
fn add(block: &mut Block, line: &Line<'_>, id: i64, record: InsRecord, more: bool) -> Result<(), ReadError> {
    let id = u32::try_from(id).map_err(|_| ReadError::Damaged)?;
    let text = |column: usize| -> Result<Option<&str>, ReadError> {
        line.get_ref(column)?.as_str_or_null().map_err(|_| ReadError::Damaged)
    };
    let date = text(5)?.map(|date| BirthDate::parse_iso(date).map_err(|_| ReadError::Damaged)).transpose()?;
    let place = text(7)?.map(|code| PlaceCode::parse(code).map_err(|_| ReadError::Damaged)).transpose()?;
    let sex = text(6)?.and_then(Sex::from_letter);
    if let Some(place) = place {
        block.places.meet(place);
    }
    let attributes = text(12)?.and_then(attributes_from).ok_or(ReadError::Damaged)?;
    let standing = Standing::new(line.get(10)?, line.get(11)?, attributes).map_err(|_| ReadError::Damaged)?;
    let usage_given_name = block.names.number(text(9)?);
    let more = more || usage_given_name != NONE;
    let row = Row {
        ins: PackedIns::of(&record, attributes),
        id,
        birth_name: block.names.number(text(2)?),
        first_given_name: block.names.number(text(3)?),
        given_names: block.names.number(text(4)?),
        usage_name: block.names.number(text(8)?),
        external_id: block.external_id(text(1)?),
        date: PackedDate::of(date),
        bits: Bits::of(place.as_ref(), sex, standing, more),
        name_key: NONE,
        given_key: NONE,
    };
    block.names.find_by_letters(row.birth_name);
    block.names.find_by_letters(row.usage_name);
    block.names.find_by_letters(row.first_given_name);
    block.names.find_by_first_word(row.first_given_name);
    block.names.find_by_first_word(row.given_names);
    for former in record.former() {
        block.former.entry(Pair::of(&former.ins)).or_default().push(id);
    }
    if more {
        block.more.insert(id, More { ins: record, usage_given_name });
    }
    block.rows.push(block.keyed(row));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Act, ActKind, NewPatient, Register, RegisterKey};
    use comptoir_identity::{
        BirthDate, BirthName, GivenName, GivenNames, InsRecord, PivotClaims, PivotIdentity, PlaceCode, Sex, Standing,
        Stated, Traits,
    };
    use jiff::Timestamp;

    const CLAIMS: PivotClaims<'_> = PivotClaims {
        family_name: Some("MARTIN"),
        given_name: Some("Anne"),
        given_name_array: &[],
        preferred_username: None,
        birthdate: Some("1980-05-04"),
        idp_birthdate: Some("1980-05-04"),
        gender: Some("female"),
        birthplace: Some("75056"),
        birthcountry: Some("99100"),
    };

    fn person(name: &str, given: &str) -> NewPatient {
        let traits = Traits {
            birth_name: Stated::parse(Some(name), BirthName::parse),
            first_given_name: Stated::parse(Some(given), GivenName::parse),
            given_names: Stated::parse(Some(given), GivenNames::parse),
            birth_date: BirthDate::parse_iso("1980-05-04").ok(),
            sex: Some(Sex::Female),
            birth_place: PlaceCode::parse("75056").ok(),
            usage_name: Stated::Absent,
            usage_given_name: Stated::parse(Some("Zoé"), GivenName::parse),
            ins: InsRecord::EMPTY,
        };
        NewPatient { external_id: Some(format!("{name}-{given}")), traits, standing: Standing::PROVISIONAL }
    }

    fn act() -> Act<'static> {
        Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::PatientCreated)
    }

    fn shown(register: &Register) -> Vec<String> {
        let found = register.candidates(&PivotIdentity::from_claims(&CLAIMS)).expect("read");
        let stored = |id| register.patient(id).expect("read").expect("there");
        for one in &found {
            let stored = stored(one.id);
            assert_eq!((&one.traits, one.standing, &one.record), (&stored.traits, stored.standing, &stored.record));
        }
        let mut records: Vec<String> = found.into_iter().map(|one| one.record).collect();
        records.sort_unstable();
        let typed = register.typed("martin", 20).expect("read").patients;
        let mut typed: Vec<String> = typed.into_iter().map(|one| one.record).collect();
        typed.sort_unstable();
        assert_eq!(records, typed);
        records
    }

    #[test]
    fn what_anybody_writes_is_seen_at_the_next_look() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("register.db");
        let key = RegisterKey::from_bytes(&[7; 32]).expect("a key");
        let ours = Register::open(&file, &key).expect("made");
        let others = Register::open(&file, &key).expect("opened");
        let write = |statement: &str| others.writer().execute(statement, []).expect("written");
        assert!(shown(&ours).is_empty());
        for (rule, register) in [("our own", &ours), ("another program's", &others)] {
            register
                .insert(&person("MARTIN", if rule == "our own" { "ANNE" } else { "ANNE-LAURE" }), &act())
                .expect(rule);
        }
        assert_eq!(shown(&ours), ["MARTIN-ANNE", "MARTIN-ANNE-LAURE"]);
        write("UPDATE patients SET birth_name = 'MARTIN DURAND', name_key = 'MARTINDURAND' WHERE id = 2");
        assert_eq!(shown(&ours), ["MARTIN-ANNE", "MARTIN-ANNE-LAURE"], "a second name is near");
        write("UPDATE patients SET merged_into = 1 WHERE id = 2");
        assert_eq!(shown(&ours), ["MARTIN-ANNE"], "absorbed by another");
        write("UPDATE patients SET merged_into = NULL WHERE id = 2");
        assert_eq!(shown(&ours), ["MARTIN-ANNE", "MARTIN-ANNE-LAURE"], "the merge was undone");
        write("DELETE FROM patients WHERE id = 1");
        assert_eq!(shown(&ours), ["MARTIN-ANNE-LAURE"], "deleted");
        let many: Vec<_> =
            (0..1_200).map(|_| person("DURAND", "PAUL")).map(|new| NewPatient { external_id: None, ..new }).collect();
        others.insert_all(&many, &act()).expect("inserted");
        assert_eq!(shown(&ours), ["MARTIN-ANNE-LAURE"], "ordered anew");
        let [one, two] = ["MARTIN-ANNE-LAURE", "DUPUIS-LUC"].map(|record| {
            if record == "DUPUIS-LUC" {
                others.insert(&person("DUPUIS", "LUC"), &act()).expect("inserted");
            }
            others.find_record(record).expect("read").expect("there")
        });
        others.distinguish(one, two, crate::DistinctionReason::Other, &act()).expect("said");
        let found = ours.candidates(&PivotIdentity::from_claims(&CLAIMS)).expect("read");
        let found: Vec<_> = found.iter().map(|one| (one.id, one.told_apart)).collect();
        assert_eq!(found, [(one, true), (two, true)], "both are brought");
        assert_eq!(ours.typed("paul durand", 20).expect("read").patients.len(), 20);
        assert!(ours.typed("durand", 20).expect("read").more);
        assert!(ours.typed("", 20).expect("read").patients.is_empty());
    }

    #[test]
    fn typing_finds_names_and_given_names_in_either_order() {
        let register = Register::in_memory().expect("a register");
        for (name, given) in [("LE GOFFIC", "Soizic"), ("D'ŒUVRE", "Anne-Laure"), ("MARTIN", "JEAN PAUL")] {
            register.insert(&person(name, given), &act()).expect("inserted");
        }
        for (text, expected) in [
            ("le g", vec!["LE GOFFIC-Soizic"]),
            ("gof", vec!["LE GOFFIC-Soizic"]),
            ("soizic gof", vec!["LE GOFFIC-Soizic"]),
            ("oeuvre", vec!["D'ŒUVRE-Anne-Laure"]),
            ("d'oeuvre laure", vec!["D'ŒUVRE-Anne-Laure"]),
            ("martin paul", vec!["MARTIN-JEAN PAUL"]),
            ("martin zoe", vec!["MARTIN-JEAN PAUL"]),
            ("martin luc", vec![]),
            ("offic", vec![]),
        ] {
            let found = register.typed(text, 20).expect("read").patients;
            assert_eq!(found.into_iter().map(|one| one.record).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
