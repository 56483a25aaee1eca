//! Two records of one person made one, by a human only, and made two again.
//!
//! Nothing moves: the absorbed record stays whole beside the one it was merged into, out of every search, and what was
//! known of it (its identifier, its INS, its arrivals) leads there. Undoing brings it back to the letter. A record that
//! has absorbed others is not absorbed itself, so that each merge can be undone in any order.

use crate::journal::{Act, append};
use crate::patient::RecordId;
use crate::{ReadError, Register, WriteError, ins};
use comptoir_identity::InsRecord;
use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;

/// Why two records are not merged. Nothing was changed.
#[derive(Debug, Error)]
pub enum MergeError {
    /// They are one record, or one of them does not exist.
    #[error("these are not two records of the register")]
    NotTwoRecords,
    /// One of them was absorbed already.
    #[error("one of the records was absorbed already")]
    AlreadyAbsorbed,
    /// The one to absorb has absorbed others, which would have to be merged first.
    #[error("the record to absorb has absorbed others")]
    HasAbsorbed,
    /// A person has said that they are two people.
    #[error("the two records were said to be of two people")]
    TwoPeople,
    /// Each has an INS in force, and neither is known by the other's.
    #[error("the two records have different INS in force")]
    DifferentIns,
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why a merge is not undone. Nothing was changed.
#[derive(Debug, Error)]
pub enum UndoMergeError {
    /// The record was not absorbed.
    #[error("the record was not absorbed")]
    NotAbsorbed,
    /// Its INS has been put in force in another record meanwhile.
    #[error("the INS of the record is in force elsewhere by now")]
    InsTakenMeanwhile,
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl MergeError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotTwoRecords => "not-two-records",
            Self::AlreadyAbsorbed => "merge-already-absorbed",
            Self::HasAbsorbed => "merge-has-absorbed",
            Self::TwoPeople => "merge-two-people",
            Self::DifferentIns => "merge-different-ins",
            Self::Write(error) => error.code(),
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::NotTwoRecords => "REG-42",
            Self::AlreadyAbsorbed => "REG-43",
            Self::HasAbsorbed => "REG-44",
            Self::TwoPeople => "REG-45",
            Self::DifferentIns => "REG-46",
            Self::Write(error) => error.reference(),
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        matches!(self, Self::Write(error) if error.retry())
    }
}

impl UndoMergeError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAbsorbed => "merge-not-there",
            Self::InsTakenMeanwhile => "merge-ins-taken",
            Self::Write(error) => error.code(),
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::NotAbsorbed => "REG-47",
            Self::InsTakenMeanwhile => "REG-48",
            Self::Write(error) => error.reference(),
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        matches!(self, Self::Write(error) if error.retry())
    }
}

impl From<rusqlite::Error> for MergeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Write(error.into())
    }
}

impl From<ReadError> for MergeError {
    fn from(error: ReadError) -> Self {
        Self::Write(error.into())
    }
}

impl From<rusqlite::Error> for UndoMergeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Write(error.into())
    }
}

impl Register {
    /// Merges `absorbed` into `kept`, of which nothing is changed; an INS in force of the absorbed record is hidden, to
    /// be earned again by the one kept (DMN INS 32). With its journal line, in one transaction. Performs I/O.
    ///
    /// # Errors
    /// See [`MergeError`]; nothing is written then.
    pub fn merge(&self, kept: RecordId, absorbed: RecordId, act: &Act<'_>) -> Result<(), MergeError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        let hides = mergeable(&transaction, kept, absorbed)?;
        if hides {
            transaction
                .execute("UPDATE ins SET state = 'hidden' WHERE patient = ?1 AND number = 0", [absorbed.number()])?;
        }
        transaction
            .execute("UPDATE patients SET merged_into = ?2 WHERE id = ?1", [absorbed.number(), kept.number()])?;
        transaction.execute(
            "INSERT INTO merges (kept, absorbed, at, author, ins_hidden) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![kept.number(), absorbed.number(), act.at().to_string(), act.author(), hides],
        )?;
        let other = absorbed.number().to_string();
        let evidence = [("other", other.as_str()), ("ins-of-other", if hides { "hidden" } else { "unchanged" })];
        append(&transaction, &act.clone().about(None, &evidence), Some(kept))?;
        Ok(transaction.commit()?)
    }

    /// Undoes the merge that absorbed a record: it is again what it was, its INS in force too. With its journal line, in
    /// one transaction. Gives the record that it had been merged into. Performs I/O.
    ///
    /// # Errors
    /// See [`UndoMergeError`]; nothing is written then.
    pub fn undo_merge(&self, absorbed: RecordId, act: &Act<'_>) -> Result<RecordId, UndoMergeError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        let merge: Option<(i64, i64, bool)> = transaction
            .query_row(
                "SELECT id, kept, ins_hidden FROM merges WHERE absorbed = ?1 AND undone_at IS NULL",
                [absorbed.number()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let (merge, kept, hidden) = merge.ok_or(UndoMergeError::NotAbsorbed)?;
        if hidden {
            let taken: bool = transaction.query_row(
                "SELECT EXISTS (SELECT 1 FROM ins own JOIN ins i USING (matricule, oid)
                 WHERE own.patient = ?1 AND own.number = 0 AND i.state = 'in-force')",
                [absorbed.number()],
                |row| row.get(0),
            )?;
            if taken {
                return Err(UndoMergeError::InsTakenMeanwhile);
            }
            transaction
                .execute("UPDATE ins SET state = 'in-force' WHERE patient = ?1 AND number = 0", [absorbed.number()])?;
        }
        transaction.execute("UPDATE patients SET merged_into = NULL WHERE id = ?1", [absorbed.number()])?;
        transaction.execute(
            "UPDATE merges SET undone_at = ?2, undone_by = ?3 WHERE id = ?1",
            params![merge, act.at().to_string(), act.author()],
        )?;
        let kept = RecordId::of(kept);
        let other = absorbed.number().to_string();
        let evidence = [("other", other.as_str()), ("ins-of-other", if hidden { "put-in-force" } else { "unchanged" })];
        append(&transaction, &act.clone().about(None, &evidence), Some(kept))?;
        transaction.commit()?;
        Ok(kept)
    }

    /// The records that were merged into this one. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn absorbed(&self, kept: RecordId) -> Result<Vec<RecordId>, ReadError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id FROM patients WHERE merged_into = ?1 ORDER BY id")?;
            let found = statement.query_map([kept.number()], |row| row.get(0))?;
            Ok(found.map(|id| id.map(RecordId::of)).collect::<Result<_, _>>()?)
        })
    }
}

/// Whether the merge hides an INS in force, or why there is no merge.
fn mergeable(connection: &Connection, kept: RecordId, absorbed: RecordId) -> Result<bool, MergeError> {
    let merged_into = |record: RecordId| -> Result<Option<i64>, MergeError> {
        connection
            .query_row("SELECT merged_into FROM patients WHERE id = ?1", [record.number()], |row| row.get(0))
            .optional()?
            .ok_or(MergeError::NotTwoRecords)
    };
    if kept == absorbed {
        return Err(MergeError::NotTwoRecords);
    }
    if merged_into(kept)?.is_some() || merged_into(absorbed)?.is_some() {
        return Err(MergeError::AlreadyAbsorbed);
    }
    let holds = |question: &str| -> Result<bool, rusqlite::Error> {
        connection.query_row(question, [kept.number(), absorbed.number()], |row| row.get(0))
    };
    if holds("SELECT EXISTS (SELECT 1 FROM patients WHERE merged_into = ?2 AND ?1 IS NOT ?2)")? {
        return Err(MergeError::HasAbsorbed);
    }
    // Whoever is not one of the records absorbed is not the one that absorbed it.
    let two_people = "SELECT EXISTS (SELECT 1 FROM patients p JOIN distinct_people d
             ON d.one = min(p.id, ?2) AND d.other = max(p.id, ?2)
         WHERE p.id = ?1 OR p.merged_into = ?1)";
    if holds(two_people)? {
        return Err(MergeError::TwoPeople);
    }
    let (ours, theirs) = (ins::read(connection, kept)?, ins::read(connection, absorbed)?);
    if let (Some(_), Some(_)) = (ours.active(), theirs.active())
        && !follows(&ours, &theirs)
        && !follows(&theirs, &ours)
    {
        return Err(MergeError::DifferentIns);
    }
    Ok(theirs.active().is_some())
}

/// Whether the INS in force of the one is a former number of the other: a NIA became a NIR (ins.md §12 row 65).
fn follows(record: &InsRecord, before: &InsRecord) -> bool {
    before.active().is_some_and(|active| record.former().iter().any(|former| former.ins == *active.ins()))
}

#[cfg(test)]
mod tests;
