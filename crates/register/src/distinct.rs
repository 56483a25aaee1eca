//! Two records that a person has said are two people: twins, homonyms. Kept by record, so that no import and no pass
//! over the register asks again.

use crate::change::{apply, identity};
use crate::journal::{Act, ActKind, append};
use crate::patient::RecordId;
use crate::{ReadError, Register, WriteError};
use comptoir_identity::{Act as IdentityAct, Attribute, Author, Moment, Policy};
use rusqlite::{Transaction, params};
use thiserror::Error;

/// Why two records that look alike are of two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DistinctionReason {
    /// Twins.
    Twins,
    /// People of the same name.
    Homonyms,
    /// Something else.
    Other,
}

impl DistinctionReason {
    /// How it is written.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Twins => "twins",
            Self::Homonyms => "homonyms",
            Self::Other => "other",
        }
    }
}

/// Why two records are not said to be of two people. Nothing was changed.
#[derive(Debug, Error)]
pub enum DistinguishError {
    /// They are one record, or one of them does not exist or was absorbed.
    #[error("these are not two records of the register")]
    NotTwoRecords,
    /// It was said already.
    #[error("the two records were said to be of two people already")]
    AlreadySaid,
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why it is not withdrawn that two records are of two people. Nothing was changed.
#[derive(Debug, Error)]
pub enum WithdrawError {
    /// It was never said.
    #[error("the two records were not said to be of two people")]
    NotSaid,
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl DistinguishError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotTwoRecords => "not-two-records",
            Self::AlreadySaid => "distinction-already-said",
            Self::Write(error) => error.code(),
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::NotTwoRecords => "REG-49",
            Self::AlreadySaid => "REG-50",
            Self::Write(error) => error.reference(),
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        matches!(self, Self::Write(error) if error.retry())
    }
}

impl WithdrawError {
    /// What programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSaid => "distinction-not-said",
            Self::Write(error) => error.code(),
        }
    }

    /// What support asks for.
    #[must_use]
    pub fn reference(&self) -> &'static str {
        match self {
            Self::NotSaid => "REG-51",
            Self::Write(error) => error.reference(),
        }
    }

    /// Whether the same act may succeed later.
    #[must_use]
    pub fn retry(&self) -> bool {
        matches!(self, Self::Write(error) if error.retry())
    }
}

impl From<rusqlite::Error> for DistinguishError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Write(error.into())
    }
}

impl From<rusqlite::Error> for WithdrawError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Write(error.into())
    }
}

/// A record and those that it absorbed.
const GROUP: &str = "SELECT id FROM patients WHERE id = ?1 OR merged_into = ?1";

impl Register {
    /// Says that two records are of two people, and makes each a *homonyme* where its attributes allow it
    /// (EXI SI 09); the journal has a line for each, in one transaction. Performs I/O.
    ///
    /// # Errors
    /// See [`DistinguishError`]; nothing is written then.
    pub fn distinguish(
        &self,
        one: RecordId,
        other: RecordId,
        reason: DistinctionReason,
        act: &Act<'_>,
    ) -> Result<(), DistinguishError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        let there: bool = transaction.query_row(
            "SELECT count(*) = 2 FROM patients WHERE id IN (?1, ?2) AND merged_into IS NULL",
            [one.number(), other.number()],
            |row| row.get(0),
        )?;
        if !there {
            return Err(DistinguishError::NotTwoRecords);
        }
        let (first, last) = (one.min(other), one.max(other));
        let said = transaction.execute(
            "INSERT INTO distinct_people (one, other, at, author, reason) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
            params![first.number(), last.number(), act.at().to_string(), act.author(), reason.code()],
        )?;
        if said == 0 {
            return Err(DistinguishError::AlreadySaid);
        }
        let number = other.number().to_string();
        let evidence = [("other", number.as_str()), ("reason", reason.code())];
        append(&transaction, &act.clone().about(None, &evidence), Some(one))?;
        for record in [one, other] {
            make_homonym(&transaction, record, act)?;
        }
        Ok(transaction.commit()?)
    }

    /// Withdraws that two records, or those they absorbed, are of two people. *Homonyme* stays until a person removes it:
    /// it may have been set for another reason. Performs I/O.
    ///
    /// # Errors
    /// See [`WithdrawError`]; nothing is written then.
    pub fn withdraw_distinction(&self, one: RecordId, other: RecordId, act: &Act<'_>) -> Result<(), WithdrawError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        let others = GROUP.replace("?1", "?2");
        let withdrawn = transaction.execute(
            &format!(
                "DELETE FROM distinct_people WHERE (one IN ({GROUP}) AND other IN ({others}))
                     OR (one IN ({others}) AND other IN ({GROUP}))"
            ),
            [one.number(), other.number()],
        )?;
        if withdrawn == 0 {
            return Err(WithdrawError::NotSaid);
        }
        append(&transaction, &act.clone().about(None, &[("other", &other.number().to_string())]), Some(one))?;
        Ok(transaction.commit()?)
    }

    /// The records of which a person has said that they are of somebody else than this one; what was said of absorbed
    /// records holds for those they were merged into. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn distinctions(&self, record: RecordId) -> Result<Vec<RecordId>, ReadError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT DISTINCT coalesce(p.merged_into, p.id) FROM patients p
                 WHERE p.id IN (SELECT other FROM distinct_people WHERE one IN ({GROUP})
                     UNION ALL SELECT one FROM distinct_people WHERE other IN ({GROUP}))
                 ORDER BY 1"
            ))?;
            let found = statement.query_map([record.number()], |row| row.get(0))?;
            Ok(found.map(|id| id.map(RecordId::of)).collect::<Result<_, _>>()?)
        })
    }
}

/// By the status engine, where it allows it and there is something to set.
fn make_homonym(transaction: &Transaction<'_>, record: RecordId, act: &Act<'_>) -> Result<(), WriteError> {
    let read = identity(transaction, record)?.ok_or(WriteError::Refused)?;
    let attributes = read.identity().standing().attributes();
    if attributes.include(Attribute::Homonym) || attributes.with(Attribute::Homonym).is_none() {
        return Ok(());
    }
    let author = Author::parse(act.author()).map_err(|_| WriteError::Refused)?;
    let by = IdentityAct { author: &author, at: Moment(act.at().as_second()), policy: &Policy::undecided() };
    let transition = read.identity().mark(Attribute::Homonym, by).map_err(|_| WriteError::Refused)?;
    apply(transaction, &read, &transition, &act.beside(ActKind::AttributeSet))
}

#[cfg(test)]
mod tests;
