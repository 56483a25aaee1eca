//! Duplicates, twins and shared numbers over the whole register, for a person to look at.

use crate::journal::{Act, append};
use crate::memory::{Suspected, SuspicionKind};
use crate::patient::RecordId;
use crate::{Agreement, ReadError, Reasons, Register, WriteError};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// What [`progress`](crate) is kept under.
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
