//! The journal read back, line by line, for whoever has to answer for it.

use super::kind::ActKind;
use crate::patient::RecordId;
use crate::{ReadError, Register};
use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};
use std::fmt;

/// Which lines are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct JournalFilter {
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Those about this record, those it absorbed, or them and another one.
    pub record: Option<RecordId>,
}

/// The strict traits that a line keeps.
#[derive(Clone, PartialEq, Eq)]
pub enum LineTraits {
    /// None were changed.
    None,
    /// Retention erased them.
    Erased,
    /// Those that were changed, before and after, under their names.
    Kept {
        /// Before.
        before: Map<String, Value>,
        /// After.
        after: Map<String, Value>,
    },
}

impl fmt::Debug for LineTraits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Erased => "Erased",
            Self::Kept { .. } => "Kept([personal])",
        })
    }
}

/// A record that a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRecord {
    /// Its number.
    pub id: RecordId,
    /// How it is shown: the practice software's identifier, else `local:N`.
    pub record: String,
}

/// A line of the journal.
#[derive(Clone)]
pub struct JournalLine {
    /// Its number.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub author: String,
    /// What, by its name: a newer program may have written one that [`ActKind`] does not know.
    pub kind: String,
    /// The record it is about.
    pub record: Option<LineRecord>,
    /// The other one, of two.
    pub other: Option<LineRecord>,
    /// The evidence: codes and levels.
    pub evidence: Vec<(String, String)>,
    /// The strict traits before and after.
    pub traits: LineTraits,
}

impl fmt::Debug for JournalLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JournalLine({}, {})", self.sequence, self.kind)
    }
}

impl JournalLine {
    /// What it is about; `None` for a kind that a newer program wrote.
    #[must_use]
    pub fn act_kind(&self) -> Option<ActKind> {
        ActKind::from_name(&self.kind)
    }
}

impl Register {
    /// Hands the lines of the journal to `each`, oldest first, one at a time; stops at its first error. Performs
    /// I/O.
    ///
    /// # Errors
    /// See [`ReadError`], or what `each` stopped with.
    pub fn journal_lines<E: From<ReadError>>(
        &self,
        filter: &JournalFilter,
        mut each: impl FnMut(JournalLine) -> Result<(), E>,
    ) -> Result<(), E> {
        let read = |connection: &Connection| -> Result<(), Stopped<E>> {
            let mut statement = connection.prepare(LINES)?;
            let mut rows = statement.query([filter.record.map(RecordId::number)])?;
            while let Some(row) = rows.next()? {
                let line = line(row).map_err(|error| Stopped(error.into()))?;
                // Moments are compared as such: their texts have as many decimals as they need.
                let within = filter.since.is_none_or(|since| since <= line.at)
                    && filter.until.is_none_or(|until| line.at < until);
                if within {
                    each(line).map_err(Stopped)?;
                }
            }
            Ok(())
        };
        self.read(read).map_err(|Stopped(error)| error)
    }
}

/// The lines about a record and those it absorbed, or all of them.
const LINES: &str = "
    SELECT j.sequence, j.at, j.author, j.kind, j.payload, j.traits, j.traits_hash IS NOT NULL,
           one.external_id, other.external_id
    FROM journal j LEFT JOIN patients one ON one.id = j.payload ->> 'record'
        LEFT JOIN patients other ON other.id = CAST(j.payload ->> 'other' AS INTEGER)
    WHERE ?1 IS NULL OR ?1 IN (one.id, one.merged_into, other.id, other.merged_into)
    ORDER BY j.sequence";

/// What stopped the reading, whichever side it came from.
struct Stopped<E>(E);

impl<E: From<ReadError>> From<rusqlite::Error> for Stopped<E> {
    fn from(error: rusqlite::Error) -> Self {
        Self(ReadError::from(error).into())
    }
}

fn line(row: &Row<'_>) -> Result<JournalLine, ReadError> {
    let (at, payload, traits): (String, Option<String>, Option<String>) = (row.get(1)?, row.get(4)?, row.get(5)?);
    let hashed: bool = row.get(6)?;
    let mut payload = payload.map_or_else(|| Ok(Map::new()), |text| object(&text))?;
    let shown = |number: Option<i64>, external_id: Option<String>| {
        let record = external_id.unwrap_or_else(|| format!("local:{}", number.unwrap_or_default()));
        number.map(|number| LineRecord { id: RecordId::of(number), record })
    };
    let record = payload.remove("record").and_then(|number| number.as_i64());
    let other = payload.remove("other").and_then(|number| number.as_str()?.parse().ok());
    payload.sort_keys();
    let traits = match traits {
        Some(text) => {
            let mut kept = object(&text)?;
            let mut side = |name: &str| match kept.remove(name) {
                Some(Value::Object(side)) => Ok(side),
                Some(_) | None => Err(ReadError::Damaged),
            };
            LineTraits::Kept { before: side("before")?, after: side("after")? }
        }
        None if hashed => LineTraits::Erased,
        None => LineTraits::None,
    };
    Ok(JournalLine {
        sequence: row.get(0)?,
        at: at.parse().map_err(|_| ReadError::Damaged)?,
        author: row.get(2)?,
        kind: row.get(3)?,
        record: shown(record, row.get(7)?),
        other: shown(other, row.get(8)?),
        evidence: payload
            .into_iter()
            .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect(),
        traits,
    })
}

fn object(text: &str) -> Result<Map<String, Value>, ReadError> {
    let mut value: Value = serde_json::from_str(text).map_err(|_| ReadError::Damaged)?;
    value.sort_all_objects();
    match value {
        Value::Object(map) => Ok(map),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Err(ReadError::Damaged),
    }
}
