//! How far an import has come: kept in the transaction of the rows it counts.

use super::reading::{Position, Source, hexadecimal};
use super::{Counts, Mapping};
use crate::ReadError;
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The next row, and what became of those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) next: Position,
    /// The last record before this import.
    pub(super) before: i64,
    pub(super) counts: Counts,
    pub(super) rejects: PathBuf,
    pub(super) rejects_length: u64,
}

/// The name of this work: the same file with another mapping is another import.
pub(super) fn work(source: &Source, mapping: &Mapping) -> String {
    let both = format!("{}\n{}", source.digest(), mapping.to_toml());
    format!("import:{}", hexadecimal(digest(&SHA256, both.as_bytes()).as_ref()))
}

pub(super) fn read(connection: &Connection, work: &str) -> Result<Option<Cursor>, ReadError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT cursor FROM progress WHERE work = ?1")?
        .query_row([work], |row| row.get(0))
        .optional()?;
    text.map(|text| parse(&text).ok_or(ReadError::Damaged)).transpose()
}

pub(super) fn write(transaction: &Transaction<'_>, work: &str, cursor: &Cursor, at: &str) -> rusqlite::Result<()> {
    let counts = cursor.counts;
    let text = json!({
        "offset": cursor.next.offset,
        "line": cursor.next.line,
        "before": cursor.before,
        "rejects": cursor.rejects.to_string_lossy(),
        "rejects_length": cursor.rejects_length,
        "read": counts.read,
        "inserted": counts.inserted,
        "unchanged": counts.unchanged,
        "updated": counts.updated,
        "rejected": counts.rejected,
        "noted": counts.noted,
    });
    transaction
        .prepare_cached("INSERT OR REPLACE INTO progress (work, cursor, at) VALUES (?1, ?2, ?3)")?
        .execute(params![work, text.to_string(), at])?;
    Ok(())
}

pub(super) fn forget(transaction: &Transaction<'_>, work: &str) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM progress WHERE work = ?1", [work])?;
    Ok(())
}

fn parse(text: &str) -> Option<Cursor> {
    let saved: Value = serde_json::from_str(text).ok()?;
    let number = |name: &str| saved.get(name).and_then(Value::as_u64);
    Some(Cursor {
        next: Position { offset: number("offset")?, line: number("line")? },
        before: saved.get("before")?.as_i64()?,
        rejects: PathBuf::from(saved.get("rejects")?.as_str()?),
        rejects_length: number("rejects_length")?,
        counts: Counts {
            read: number("read")?,
            inserted: number("inserted")?,
            unchanged: number("unchanged")?,
            updated: number("updated")?,
            rejected: number("rejected")?,
            noted: number("noted")?,
        },
    })
}
