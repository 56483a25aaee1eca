//! Duplicates, twins and shared numbers over the whole register, for a person to look at.

use crate::journal::{Act, append};
use crate::memory::{Suspected, SuspicionKind};
use crate::patient::RecordId;
use crate::{Agreement, ReadError, Reasons, Register, WriteError};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// The name under which it is kept how far a pass has come.
const WORK: &str = "duplicates";

/// Rows looked at between two transactions: a cut costs less than a second of work.
const PART: u32 = 250_000;

/// Two records that may be one person's, or that look like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspicion {
    /// The older record.
    pub one: RecordId,
    /// The newer one.
    pub other: RecordId,
    /// What they may be to each other.
    pub kind: SuspicionKind,
    /// How each trait agrees; what is kept of a pass made before, where nothing was kept, is `None`.
    pub reasons: Option<Reasons>,
}

/// How far a pass has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassProgress {
    /// Records looked at.
    pub done: u64,
    /// Records in all.
    pub total: u64,
}

/// What a pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassReport {
    /// Records looked at, those of the part made before a cut included.
    pub looked_at: u64,
    /// Pairs that stand to be looked at.
    pub pairs: u64,
    /// Whether it went on where an earlier one was cut.
    pub resumed: bool,
    /// Whether it was stopped before the end.
    pub cut: bool,
}

impl Register {
    /// Looks for duplicates over the whole register and keeps what it finds; goes on where an earlier pass was cut.
    /// Performs I/O.
    ///
    /// Pairs that a person has told apart are left out. The journal has one line a pass, written when it ends.
    ///
    /// # Errors
    /// See [`WriteError`]; what was found before stays.
    pub fn look_for_duplicates(
        &self,
        act: &Act<'_>,
        on_progress: &dyn Fn(PassProgress) -> ControlFlow<()>,
    ) -> Result<PassReport, WriteError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let (apart, kept) = self.read(|connection| Ok::<_, ReadError>((apart(connection)?, cursor(connection)?)))?;
        let stamp = self.stamp()?;
        // Rows move when records come or change: what was looked at is only known of the same register.
        let start = kept.filter(|kept| kept.stamp == stamp).map_or(0, |kept| kept.row);
        let resumed = start > 0;
        if !resumed {
            self.forget_suspicions()?;
        }
        let (memory, source) = self.memory();
        let mut report = PassReport { looked_at: start.into(), pairs: 0, resumed, cut: false };
        let total = memory.extent(&source)?;
        let mut row = start;
        while row < total {
            let part = row..total.min(row + PART);
            let found = memory.pairs(&source, &part, threads, &apart)?;
            row = part.end;
            self.keep(&found, &Cursor { row, stamp: stamp.clone() }, act.at())?;
            report.looked_at = row.into();
            let progress = PassProgress { done: row.into(), total: total.into() };
            if on_progress(progress).is_break() && row < total {
                report.cut = true;
                break;
            }
        }
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        report.pairs = transaction.query_row("SELECT count(*) FROM suspicions", [], |row| row.get(0)).map(unsigned)?;
        if !report.cut {
            transaction.execute("DELETE FROM progress WHERE work = ?1", [WORK])?;
        }
        append(&transaction, act, None)?;
        transaction.commit()?;
        Ok(report)
    }

    /// What the last pass found, in the order of records. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn suspicions(&self) -> Result<Vec<Suspicion>, ReadError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT s.one, s.other, s.kind, s.reasons FROM suspicions s
                 JOIN patients p ON p.id = s.one JOIN patients q ON q.id = s.other
                 WHERE p.merged_into IS NULL AND q.merged_into IS NULL
                   AND NOT EXISTS (SELECT 1 FROM distinct_people d WHERE d.one = s.one AND d.other = s.other)
                 ORDER BY s.one, s.other",
            )?;
            let mut rows = statement.query([])?;
            let mut suspicions = Vec::new();
            while let Some(row) = rows.next()? {
                let (kind, reasons): (String, String) = (row.get(2)?, row.get(3)?);
                suspicions.push(Suspicion {
                    one: RecordId::of(row.get(0)?),
                    other: RecordId::of(row.get(1)?),
                    kind: kind_from(&kind).ok_or(ReadError::Damaged)?,
                    reasons: reasons_from(&reasons),
                });
            }
            Ok(suspicions)
        })
    }

    /// What moves when records come, change or go.
    fn stamp(&self) -> Result<String, ReadError> {
        self.read(|connection| {
            let (epoch, revision, last): (i64, i64, Option<i64>) = connection.query_row(
                "SELECT epoch, revision, (SELECT max(id) FROM patients) FROM state",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            Ok(format!("{epoch}.{revision}.{}", last.unwrap_or(0)))
        })
    }

    fn forget_suspicions(&self) -> Result<(), WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM suspicions", [])?;
        transaction.execute("DELETE FROM progress WHERE work = ?1", [WORK])?;
        Ok(transaction.commit()?)
    }

    fn keep(&self, found: &[Suspected], cursor: &Cursor, at: Timestamp) -> Result<(), WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        for pair in found {
            insert(&transaction, pair)?;
        }
        transaction.execute(
            "INSERT OR REPLACE INTO progress (work, cursor, at) VALUES (?1, ?2, ?3)",
            params![WORK, format!("{} {}", cursor.row, cursor.stamp), at.to_string()],
        )?;
        Ok(transaction.commit()?)
    }
}

fn insert(transaction: &Transaction<'_>, pair: &Suspected) -> Result<(), rusqlite::Error> {
    let mut statement = transaction
        .prepare_cached("INSERT OR REPLACE INTO suspicions (one, other, kind, reasons) VALUES (?1, ?2, ?3, ?4)")?;
    statement.execute(params![pair.one, pair.other, kind_text(pair.kind), reasons_text(pair.reasons)])?;
    Ok(())
}

struct Cursor {
    row: u32,
    stamp: String,
}

fn cursor(connection: &Connection) -> Result<Option<Cursor>, ReadError> {
    let text: Option<String> =
        connection.query_row("SELECT cursor FROM progress WHERE work = ?1", [WORK], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| {
        let (row, stamp) = text.split_once(' ')?;
        Some(Cursor { row: row.parse().ok()?, stamp: stamp.to_owned() })
    }))
}

/// The pairs that a person has told apart.
fn apart(connection: &Connection) -> Result<HashSet<(u32, u32)>, ReadError> {
    let mut statement = connection.prepare_cached("SELECT one, other FROM distinct_people")?;
    let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(pairs.collect::<Result<_, _>>()?)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

const KINDS: [(SuspicionKind, &str); 4] = [
    (SuspicionKind::Duplicate, "duplicate"),
    (SuspicionKind::Twins, "twins"),
    (SuspicionKind::Homonyms, "homonym"),
    (SuspicionKind::SharedIns, "shared-ins"),
];

impl SuspicionKind {
    /// The name it has on the command line and for the screens.
    #[must_use]
    pub fn code(self) -> &'static str {
        kind_text(self)
    }
}

fn kind_text(kind: SuspicionKind) -> &'static str {
    KINDS.iter().find(|(one, _)| *one == kind).map_or("", |(_, text)| text)
}

fn kind_from(text: &str) -> Option<SuspicionKind> {
    KINDS.iter().find(|(_, one)| *one == text).map(|(kind, _)| *kind)
}

const AGREEMENTS: [(Agreement, &str); 3] =
    [(Agreement::Same, "same"), (Agreement::Near, "near"), (Agreement::Differs, "differs")];

impl Reasons {
    /// The traits with how they agree, as codes: `name same`, `given-name near`.
    #[must_use]
    pub fn codes(self) -> [(&'static str, &'static str); 4] {
        let text = |of: Agreement| AGREEMENTS.iter().find(|(one, _)| *one == of).map_or("", |(_, text)| text);
        [
            ("name", text(self.name)),
            ("given-name", text(self.given_name)),
            ("birth-date", text(self.date)),
            ("sex-and-place", text(self.sex_and_place)),
        ]
    }
}

fn reasons_text(reasons: Reasons) -> String {
    reasons.codes().map(|(of, how)| format!("{of}={how}")).join(" ")
}

fn reasons_from(text: &str) -> Option<Reasons> {
    let of = |name: &str| {
        let how = text.split(' ').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
        AGREEMENTS.iter().find(|(_, one)| *one == how).map(|(agreement, _)| *agreement)
    };
    Some(Reasons {
        name: of("name")?,
        given_name: of("given-name")?,
        date: of("birth-date")?,
        sex_and_place: of("sex-and-place")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActKind, DistinctionReason, NewPatient, RegisterKey};
    use comptoir_identity::{
        BirthDate, BirthName, GivenName, GivenNames, Ins, InsOid, InsRecord, Matricule, PlaceCode, Sex, Standing,
        Stated, Traits, UsageName,
    };

    /// `name | first | list | AAAA-MM-JJ | sex | place | name in use | matricule`, an empty part is absent.
    fn person(line: &str) -> NewPatient {
        let parts: Vec<Option<&str>> =
            line.split('|').map(|part| Some(part.trim()).filter(|part| !part.is_empty())).collect();
        let at = |index: usize| parts.get(index).copied().flatten();
        let ins = at(7).map(|number| {
            let (number, key) = number.split_at_checked(13).expect("fifteen signs");
            Ins::new(Matricule::received(number, Some(key)).expect("a number").matricule, InsOid::Nir)
        });
        let traits = Traits {
            birth_name: Stated::parse(at(0), BirthName::parse),
            first_given_name: Stated::parse(at(1), GivenName::parse),
            given_names: Stated::parse(at(2), GivenNames::parse),
            birth_date: at(3).map(|date| BirthDate::parse_iso(date).expect("a date")),
            sex: at(4).and_then(Sex::from_letter),
            birth_place: at(5).map(|code| PlaceCode::parse(code).expect("a code")),
            usage_name: Stated::parse(at(6), UsageName::parse),
            usage_given_name: Stated::Absent,
            ins: InsRecord::restored(ins.map(Into::into), true, Vec::new()),
        };
        NewPatient { external_id: None, traits, standing: Standing::PROVISIONAL }
    }

    fn act() -> Act<'static> {
        Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::DuplicatesSearched)
    }

    fn on(_: PassProgress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    const ANNE: &str = "MARTIN|ANNE|ANNE LUCE|1980-05-04|F|75107||275126322074974";

    #[test]
    fn two_records_are_suspected_of_what_they_look_like() {
        use SuspicionKind::{Duplicate, Homonyms, SharedIns, Twins};
        #[rustfmt::skip]
        let cases = [
            ("the same", "Martin|Anne|Anne Luce|1980-05-04|F|75107||", Some(Duplicate)),
            ("a name mistyped", "MARTTIN|ANNE||1980-05-04|F|75107||", Some(Duplicate)),
            ("a name mistyped, day and month exchanged", "MARTTIN|ANNE||1980-04-05|F|75107||", Some(Duplicate)),
            ("a given name mistyped, no sex", "MARTIN|ANE||1980-05-04||75107||", Some(Duplicate)),
            ("another place code", "MARTIN|ANNE||1980-05-04|F|75056||", Some(Duplicate)),
            ("a digit of the date", "MARTIN|ANNE||1980-05-14|F|75107||", Some(Duplicate)),
            ("another day of the month", "MARTIN|ANNE||1980-05-12|F|75107||", Some(Homonyms)),
            ("elsewhere, another given name in common", "MARTIN|ANNE|ANNE LUCE|1980-05-04|F|29019||", Some(Duplicate)),
            ("elsewhere", "MARTIN|ANNE||1980-05-04|F|29019||", Some(Homonyms)),
            ("the name in use as birth name", "DURAND|ANNE||1980-05-04|F|75107|MARTIN|", Some(Duplicate)),
            ("under another name", "DURAND|ANNE||1980-05-04|F|75107||", Some(Homonyms)),
            ("under another name, another given name in common", "DURAND|ANNE|ANNE LUCE|1980-05-04|F|75107||", Some(Duplicate)),
            ("the given names exchanged", "MARTIN|LUCE|LUCE ANNE|1980-05-04|F|75107||", Some(Twins)),
            ("a twin", "MARTIN|ZOE|ZOE CLAIRE|1980-05-04|F|75107||", Some(Twins)),
            ("a brother, a twin", "MARTIN|PAUL||1980-05-04|M|75107||", None),
            ("the other given names are hers", "MARTIN|XENIA|XENIA LUCE|1980-05-04|F|75107||", Some(Duplicate)),
            ("a mother of the same name", "MARTIN|ANNE||1951-06-11|F|75107||", None),
            ("a namesake born some other day elsewhere", "MARTIN|ANNE||1980-05-11|F|29019||", None),
            ("the same with her number", "MARTIN|ANNE||1980-05-04|F|75107||275126322074974", Some(Duplicate)),
            ("a stranger with her number", "DURAND|PAUL||1961-02-03|M|29019||275126322074974", Some(SharedIns)),
            ("a stranger", "DURAND|PAUL||1961-02-03|M|29019||", None),
        ];
        for (rule, other, kind) in cases {
            let register = Register::in_memory().expect("a register");
            register.insert_all(&[person(ANNE), person(other)], &act()).expect("inserted");
            let report = register.look_for_duplicates(&act(), &on).expect("looked");
            let found = register.suspicions().expect("read");
            assert_eq!(found.first().map(|one| one.kind), kind, "{rule}");
            assert_eq!((report.looked_at, report.pairs), (2, u64::from(kind.is_some())), "{rule}");
            assert!(found.iter().all(|one| one.one < one.other && one.reasons.is_some()), "{rule}");
        }
    }

    #[test]
    fn what_a_person_has_decided_is_not_suspected_again() {
        let register = Register::in_memory().expect("a register");
        let ids: Vec<RecordId> = (0..4).map(|_| register.insert(&person(ANNE), &act()).expect("inserted")).collect();
        let [first, second, third, fourth] = ids.as_slice() else { panic!("four records") };
        let pairs = || {
            register.look_for_duplicates(&act(), &on).expect("looked");
            register.suspicions().expect("read").len()
        };
        assert_eq!(pairs(), 6);
        register.distinguish(*first, *second, DistinctionReason::Twins, &act()).expect("said");
        assert_eq!(pairs(), 5, "told apart");
        register.merge(*third, *fourth, &act()).expect("merged");
        assert_eq!(register.suspicions().expect("read").len(), 2, "what was found of an absorbed record is not shown");
        assert_eq!(pairs(), 2);
        register.undo_merge(*fourth, &act()).expect("undone");
        assert_eq!(pairs(), 5);
    }

    #[test]
    fn a_pass_that_was_cut_goes_on_unless_the_register_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = RegisterKey::from_bytes(&[7; 32]).expect("a key");
        let register = Register::open(&folder.path().join("register.db"), &key).expect("made");
        register.insert_all(&[person(ANNE), person(ANNE)], &act()).expect("inserted");
        // As a program that was killed after its first part leaves it.
        let cut = |row: u32| {
            let stamp = register.stamp().expect("read");
            register.keep(&[], &Cursor { row, stamp }, Timestamp::UNIX_EPOCH).expect("kept");
        };
        cut(2);
        let report = register.look_for_duplicates(&act(), &on).expect("looked");
        assert_eq!((report.resumed, report.pairs), (true, 0), "what was looked at is not looked at again");
        cut(2);
        register.insert(&person(ANNE), &act()).expect("inserted");
        let report = register.look_for_duplicates(&act(), &on).expect("looked");
        assert_eq!((report.resumed, report.pairs), (false, 3), "rows have moved: from the beginning");
        let report = register.look_for_duplicates(&act(), &on).expect("looked");
        assert_eq!((report.resumed, report.pairs), (false, 3), "done is done");
    }
}
