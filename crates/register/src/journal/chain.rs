//! The chain: each line's hash covers the one before it, so that nothing is altered unseen.

use crate::ReadError;
use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, Row};
use std::fmt;
use thiserror::Error;

/// What the first line follows from.
pub(super) const GENESIS: [u8; 32] = [0; 32];

/// The last line of a journal at some moment. Kept elsewhere, it shows later that nothing up to it was cut off or
/// written anew.
///
/// Written as 80 hexadecimal digits: the line's number on 16, then its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JournalHead {
    /// The line's number; 0 for an empty journal.
    pub sequence: i64,
    /// The line's hash.
    pub hash: [u8; 32],
}

/// A text that is no head of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the head of a journal is 80 hexadecimal digits")]
pub struct JournalHeadError;

impl fmt::Display for JournalHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.sequence)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl JournalHead {
    /// Parses what [`fmt::Display`] writes, in either case.
    ///
    /// # Errors
    /// [`JournalHeadError`].
    pub fn parse(text: &str) -> Result<Self, JournalHeadError> {
        let text = text.trim();
        if text.len() != 80 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(JournalHeadError);
        }
        let (number, digits) = text.split_at_checked(16).ok_or(JournalHeadError)?;
        let sequence = i64::from_str_radix(number, 16).map_err(|_| JournalHeadError)?;
        let mut hash = GENESIS;
        for (position, byte) in (0..).step_by(2).zip(&mut hash) {
            let two = digits.get(position..position + 2).ok_or(JournalHeadError)?;
            *byte = u8::from_str_radix(two, 16).map_err(|_| JournalHeadError)?;
        }
        Ok(Self { sequence, hash })
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JournalFault {
    /// The line is not there, and later ones are, or a head that was noted before.
    Missing,
    /// The line does not follow from the one before it: it was put in, moved, or the one before was replaced.
    Order,
    /// The line is not what was hashed when it was written.
    Hash,
    /// What the line says, or the traits it keeps, are not what was hashed when it was written.
    Payload,
    /// The chain is whole and is not the one that the head was noted of.
    OtherChain,
}

impl JournalFault {
    /// What programs branch on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Order => "order",
            Self::Hash => "hash",
            Self::Payload => "payload",
            Self::OtherChain => "other-chain",
        }
    }
}

/// The first line at which a journal is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenLine {
    /// Its number.
    pub sequence: i64,
    /// What is wrong with it.
    pub fault: JournalFault,
}

/// What reading the whole chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalState {
    /// Lines read.
    pub lines: u64,
    /// Lines among them of which retention erased something.
    pub erased: u64,
    /// The last line.
    pub head: JournalHead,
    /// The first line that does not hold.
    pub broken: Option<BrokenLine>,
}

impl JournalState {
    /// Whether every line follows from the one before it, and holds what was written.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.broken.is_none()
    }
}

pub(super) fn head(connection: &Connection) -> Result<JournalHead, ReadError> {
    let last: Option<(i64, [u8; 32])> = connection
        .query_row("SELECT sequence, hash FROM journal ORDER BY sequence DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let (sequence, hash) = last.unwrap_or((0, GENESIS));
    Ok(JournalHead { sequence, hash })
}

pub(super) fn verify(connection: &Connection, noted: Option<&JournalHead>) -> Result<JournalState, ReadError> {
    // The copy of an older register, before it is brought up to date, has lines without traits.
    let older: bool = connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM pragma_table_info('journal') WHERE name = 'traits')",
        [],
        |row| row.get(0),
    )?;
    let traits = if older { "NULL, NULL" } else { "traits, traits_hash" };
    let mut statement = connection.prepare(&format!(
        "SELECT sequence, at, author, kind, payload, payload_hash, {traits}, previous, hash
         FROM journal ORDER BY sequence"
    ))?;
    let mut rows = statement.query([])?;
    let mut state =
        JournalState { lines: 0, erased: 0, head: JournalHead { sequence: 0, hash: GENESIS }, broken: None };
    while let Some(row) = rows.next()? {
        let line = Line::read(row)?;
        let broken = line.fault(&state.head).or_else(|| {
            let other = noted.is_some_and(|noted| noted.sequence == line.sequence && noted.hash != line.hash);
            other.then_some(BrokenLine { sequence: line.sequence, fault: JournalFault::OtherChain })
        });
        state.broken = state.broken.or(broken);
        state.lines += 1;
        state.erased += u64::from(line.erased);
        state.head = JournalHead { sequence: line.sequence, hash: line.hash };
    }
    if noted.is_some_and(|noted| noted.sequence > state.head.sequence) {
        let cut_off = BrokenLine { sequence: state.head.sequence + 1, fault: JournalFault::Missing };
        state.broken = state.broken.or(Some(cut_off));
    }
    Ok(state)
}

/// A line as far as the chain is concerned.
struct Line {
    sequence: i64,
    previous: [u8; 32],
    hash: [u8; 32],
    /// Whether the hash is that of the line.
    own: bool,
    /// Whether what it says, as far as it was kept, is what was hashed.
    payload: bool,
    erased: bool,
}

impl Line {
    fn read(row: &Row<'_>) -> Result<Self, ReadError> {
        let text = |column: usize| row.get_ref(column)?.as_str_or_null().map_err(|_| ReadError::Damaged);
        let blob = |column: usize| row.get_ref(column)?.as_blob_or_null().map_err(|_| ReadError::Damaged);
        let header = |column: usize| text(column)?.ok_or(ReadError::Damaged);
        let (sequence, previous, hash): (i64, [u8; 32], [u8; 32]) = (row.get(0)?, row.get(8)?, row.get(9)?);
        let (payload, traits) = (text(4)?, text(6)?);
        let payload_hash = blob(5)?.ok_or(ReadError::Damaged)?;
        let traits_hash = blob(7)?;
        let holds = |text: Option<&str>, hash: Option<&[u8]>| {
            text.is_none_or(|text| hash.is_some_and(|hash| sha256(&[text.as_bytes()]) == hash))
        };
        Ok(Self {
            sequence,
            previous,
            hash,
            own: line_hash(&previous, sequence, [header(1)?, header(2)?, header(3)?], payload_hash, traits_hash)
                == hash,
            payload: holds(payload, Some(payload_hash)) && holds(traits, traits_hash),
            erased: payload.is_none() || (traits.is_none() && traits_hash.is_some()),
        })
    }

    /// What is wrong with it after the line before it.
    fn fault(&self, before: &JournalHead) -> Option<BrokenLine> {
        let expected = before.sequence + 1;
        let (sequence, fault) = if self.sequence > expected {
            (expected, JournalFault::Missing)
        } else if self.sequence < expected || self.previous != before.hash {
            (self.sequence, JournalFault::Order)
        } else if !self.own {
            (self.sequence, JournalFault::Hash)
        } else if !self.payload {
            (self.sequence, JournalFault::Payload)
        } else {
            return None;
        };
        Some(BrokenLine { sequence, fault })
    }
}

/// Lengths are part of what is hashed, so that no two lines can be written alike.
pub(super) fn line_hash(
    previous: &[u8],
    sequence: i64,
    header: [&str; 3],
    payload_hash: &[u8],
    traits_hash: Option<&[u8]>,
) -> Vec<u8> {
    let sequence = sequence.to_be_bytes();
    let mut parts = vec![previous, &sequence];
    parts.extend(header.map(str::as_bytes));
    parts.push(payload_hash);
    parts.extend(traits_hash);
    sha256(&parts)
}

pub(super) fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}
