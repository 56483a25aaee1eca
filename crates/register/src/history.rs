//! The history of a status (DMN INS 26).

use crate::change::status_code;
use crate::journal::Act;
use crate::patient::RecordId;
use crate::{ReadError, Register};
use comptoir_identity::{Author, Status};
use jiff::Timestamp;
use rusqlite::{Transaction, params};

/// One change of a status: what it was, what it became, when, by whom and why (DMN INS 26).
#[derive(Debug, Clone)]
pub struct StatusChange {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub author: Author,
    /// Why: the code of the cause.
    pub cause: String,
    /// What it was; `None` when the record was created.
    pub before: Option<Status>,
    /// What it became.
    pub after: Status,
}

impl Register {
    /// The changes of a record's status since it was created, oldest first (DMN INS 26). Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn status_history(&self, record: RecordId) -> Result<Vec<StatusChange>, ReadError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT at, author, cause, before, after FROM status_changes WHERE patient = ?1 ORDER BY id",
            )?;
            let mut rows = statement.query([record.number()])?;
            let mut changes = Vec::new();
            while let Some(row) = rows.next()? {
                let (at, author, before): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(3)?);
                let after: String = row.get(4)?;
                changes.push(StatusChange {
                    at: at.parse().map_err(|_| ReadError::Damaged)?,
                    author: Author::parse(&author).map_err(|_| ReadError::Damaged)?,
                    cause: row.get(2)?,
                    before: before.map(|code| status_from(&code)).transpose()?,
                    after: status_from(&after)?,
                });
            }
            Ok(changes)
        })
    }
}

/// Writes a change of status, inside its transaction.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    record: RecordId,
    (before, after): (Status, Status),
    cause: &str,
    act: &Act<'_>,
) -> Result<(), rusqlite::Error> {
    transaction.execute(
        "INSERT INTO status_changes (patient, at, author, cause, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![record.number(), act.at().to_string(), act.author(), cause, status_code(before), status_code(after)],
    )?;
    Ok(())
}

fn status_from(code: &str) -> Result<Status, ReadError> {
    [Status::Provisional, Status::Retrieved, Status::Validated, Status::Qualified]
        .into_iter()
        .find(|status| status_code(*status) == code)
        .ok_or(ReadError::Damaged)
}
