//! Retention: what the site has decided not to keep longer is erased, a bounded batch at a time, each with its journal
//! line in the same transaction. Without a rule nothing is.

use crate::journal::{Act, ActKind, append};
use crate::rules::{SiteRule, decided};
use crate::{ReadError, Register, WriteError};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rusqlite::{Connection, OptionalExtension};

/// What is erased in one transaction at most, so that nobody at the desk waits for it.
const BATCH: u32 = 500;

/// What one rule has made due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The days that the site decided; `None` where it decided nothing.
    pub days: Option<u32>,
    /// How many there are, or were.
    pub count: u64,
}

/// What is due to be erased, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgeReport {
    /// Lines of the journal that lose their traits.
    pub journal_traits: Due,
    /// Proofs.
    pub proofs: Due,
    /// Arrivals.
    pub arrivals: Due,
    /// Whether the write-ahead file was emptied too; otherwise the erased bytes stay in it, encrypted, until the next
    /// purge, or until everybody has closed the register.
    pub write_ahead_emptied: bool,
}

/// What can be purged.
struct Purged {
    rule: SiteRule,
    kind: ActKind,
    /// The lines that are due before ?1.
    due: &'static str,
    /// Erases ?2 of them at most.
    erase: &'static str,
}

const JOURNAL_TRAITS: Purged = Purged {
    rule: SiteRule::JournalTraitsDays,
    kind: ActKind::PayloadsErased,
    due: "SELECT count(*) FROM journal WHERE traits IS NOT NULL AND at < ?1",
    erase: "UPDATE journal SET traits = NULL WHERE sequence IN
        (SELECT sequence FROM journal WHERE traits IS NOT NULL AND at < ?1 ORDER BY at LIMIT ?2)",
};

const PROOFS: Purged = Purged {
    rule: SiteRule::ProofsDays,
    kind: ActKind::ProofsPurged,
    due: "SELECT count(*) FROM proofs WHERE at < ?1",
    erase: "DELETE FROM proofs WHERE id IN (SELECT id FROM proofs WHERE at < ?1 ORDER BY at LIMIT ?2)",
};

const ARRIVALS: Purged = Purged {
    rule: SiteRule::ArrivalsDays,
    kind: ActKind::ArrivalsPurged,
    due: "SELECT count(*) FROM arrivals WHERE day < substr(?1, 1, 10)",
    erase: "DELETE FROM arrivals WHERE id IN
        (SELECT id FROM arrivals WHERE day < substr(?1, 1, 10) ORDER BY day LIMIT ?2)",
};

impl Register {
    /// What [`Register::purge`] would erase at this moment. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn purgeable(&self, now: Timestamp) -> Result<PurgeReport, ReadError> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let due = |of: &Purged| {
                let days = decided(&transaction, of.rule)?;
                let count: i64 = match before(now, days) {
                    Some(before) => transaction.query_row(of.due, [before], |row| row.get(0))?,
                    None => 0,
                };
                Ok::<_, ReadError>(Due { days, count: u64::try_from(count).map_err(|_| ReadError::Damaged)? })
            };
            Ok(PurgeReport {
                journal_traits: due(&JOURNAL_TRAITS)?,
                proofs: due(&PROOFS)?,
                arrivals: due(&ARRIVALS)?,
                write_ahead_emptied: false,
            })
        })
    }

    /// Erases what the site decided not to keep until now: the traits in lines of the journal, whose evidence stays;
    /// proofs, on which a status goes on resting; arrivals. Others write between two batches. Performs I/O.
    ///
    /// # Errors
    /// See [`WriteError`]; the batches done before are kept, each with its line.
    pub fn purge(&self, now: Timestamp, author: &str) -> Result<PurgeReport, WriteError> {
        let mut report = PurgeReport {
            journal_traits: self.purge_of(&JOURNAL_TRAITS, now, author)?,
            proofs: self.purge_of(&PROOFS, now, author)?,
            arrivals: self.purge_of(&ARRIVALS, now, author)?,
            write_ahead_emptied: false,
        };
        report.write_ahead_emptied = empty_write_ahead(&self.writer())?;
        Ok(report)
    }

    fn purge_of(&self, of: &Purged, now: Timestamp, author: &str) -> Result<Due, WriteError> {
        let mut count = 0;
        loop {
            let mut connection = self.writer();
            let transaction = connection.transaction()?;
            let days = decided(&transaction, of.rule)?;
            let (Some(before), Some(known)) = (before(now, days), days) else { return Ok(Due { days, count }) };
            let erased = transaction.execute(of.erase, (&before, BATCH))?;
            if erased == 0 {
                return Ok(Due { days, count });
            }
            let (batch, known) = (erased.to_string(), known.to_string());
            let evidence = [("count", batch.as_str()), ("before", before.as_str()), ("days", known.as_str())];
            append(&transaction, &Act::new(now, author, of.kind).about(None, &evidence), None)?;
            transaction.commit()?;
            count += u64::try_from(erased).unwrap_or(u64::MAX);
        }
    }
}

/// The moment before which what is kept for so many days is due, at midnight UTC; `None` without a rule, or for more
/// days than there are.
fn before(now: Timestamp, days: Option<u32>) -> Option<String> {
    let span = Span::new().try_days(days?).ok()?;
    let day = now.to_zoned(TimeZone::UTC).date().checked_sub(span).ok()?;
    Some(format!("{day}T00:00:00Z"))
}

/// Whether the write-ahead file has nothing left of what was erased.
fn empty_write_ahead(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let busy: Option<i64> = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).optional()?;
    Ok(busy == Some(0))
}

#[cfg(test)]
mod tests;
