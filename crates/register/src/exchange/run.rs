//! One import under way: rows into a batch, a batch into the register.

use super::cleaning::{Cleaned, Cleaner};
use super::import::{Counts, ImportError, ImportOptions, RowReport};
use super::known::{self, Difference, Like};
use super::mapping::Placed;
use super::notes::{Note, Reason};
use super::progress::{self, Cursor};
use super::reading::Source;
use super::records::{Record, Records};
use super::rejects::Rejects;
use crate::journal::{Act, ActKind, append};
use crate::patient::{RecordId, insert};
use comptoir_identity::{GivenName, UsageName};
use rusqlite::{Connection, Transaction, params};
use std::io;
use std::path::PathBuf;

/// An import under way.
pub(super) struct Run<'a> {
    source: &'a Source,
    cleaner: Cleaner,
    work: &'a str,
    cursor: Cursor,
    /// None in a rehearsal.
    rejects: Option<Rejects>,
}

/// What a batch brought.
pub(super) struct Batch {
    pub(super) reports: Vec<RowReport>,
    pub(super) finished: bool,
}

/// Where rows go, and what they are compared with.
struct Target<'t> {
    transaction: &'t Transaction<'t>,
    /// The real register, in a rehearsal.
    beside: Option<&'t Connection>,
    act: &'t Act<'t>,
}

/// A record that a row is about.
struct Known {
    id: RecordId,
    /// Whether it is where rows go.
    here: bool,
    /// Whether it was there before this import.
    earlier: bool,
}

/// What became of a row.
enum Fate {
    Inserted,
    Unchanged,
    Updated,
    Rejected,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        source: &'a Source,
        placed: Placed,
        options: &ImportOptions,
        work: &'a str,
        cursor: Cursor,
        rejects: Option<Rejects>,
    ) -> Self {
        let cleaner = Cleaner::new(placed, source.headers(), options.today, options.environment);
        Self { source, cleaner, work, cursor, rejects }
    }

    pub(super) fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Imports the next rows in one transaction. Performs I/O.
    pub(super) fn batch(
        &mut self,
        connection: &mut Connection,
        beside: Option<&Connection>,
        records: &mut Records<'_>,
        most: usize,
        act: &Act<'_>,
    ) -> Result<Batch, ImportError> {
        let before = self.cursor.counts;
        let transaction = connection.transaction()?;
        if self.rejects.is_some() && progress::read(&transaction, self.work)?.as_ref() != Some(&self.cursor) {
            return Err(ImportError::Overtaken);
        }
        let mut reports = Vec::new();
        let mut finished = false;
        for _ in 0..most {
            let Some(record) = records.next().map_err(ImportError::Source)? else {
                finished = true;
                break;
            };
            let into = Target { transaction: &transaction, beside, act };
            reports.extend(self.row(&into, record)?);
        }
        self.cursor.next = records.position();
        if let Some(rejects) = &mut self.rejects {
            // Before the rows beside them are in the register: cut in between, they are written again.
            rejects.sync().map_err(ImportError::Rejects)?;
            self.cursor.rejects_length = rejects.length();
            self.journal(&transaction, before, act)?;
            if finished {
                progress::forget(&transaction, self.work)?;
            } else {
                progress::write(&transaction, self.work, &self.cursor, &act.at().to_string())?;
            }
        }
        transaction.commit()?;
        Ok(Batch { reports, finished })
    }

    /// Ends, and says where the rejects are; a file without any is not left behind.
    pub(super) fn end(&mut self, finished: bool) -> io::Result<Option<PathBuf>> {
        let Some(rejects) = self.rejects.take() else { return Ok(None) };
        let path = rejects.path().to_owned();
        drop(rejects);
        if self.cursor.counts.rejected > 0 {
            return Ok(Some(path));
        }
        if finished {
            std::fs::remove_file(&path)?;
        }
        Ok(None)
    }

    fn journal(&self, transaction: &Transaction<'_>, before: Counts, act: &Act<'_>) -> rusqlite::Result<()> {
        let now = self.cursor.counts;
        let counts = [
            ("rows", now.read - before.read),
            ("inserted", now.inserted - before.inserted),
            ("unchanged", now.unchanged - before.unchanged),
            ("updated", now.updated - before.updated),
            ("rejected", now.rejected - before.rejected),
        ]
        .map(|(name, count)| (name, count.to_string()));
        let mut evidence: Vec<(&'static str, &str)> =
            counts.iter().map(|(name, count)| (*name, count.as_str())).collect();
        evidence.push(("file", self.source.digest()));
        append(transaction, &act.of_kind(ActKind::PatientsImported).about(None, &evidence), None)
    }

    /// Imports one row, and says what there is to say.
    fn row(&mut self, into: &Target<'_>, record: &Record) -> Result<Option<RowReport>, ImportError> {
        let mut report =
            RowReport { line: record.line, record: None, others: Vec::new(), notes: Vec::new(), reasons: Vec::new() };
        let fate = match self.cleaner.clean(record) {
            Ok(mut cleaned) => {
                report.notes = std::mem::take(&mut cleaned.notes);
                self.place(into, &cleaned, &mut report)?
            }
            Err(reasons) => {
                report.reasons = reasons;
                Fate::Rejected
            }
        };
        let counts = &mut self.cursor.counts;
        counts.read += 1;
        match fate {
            Fate::Inserted => counts.inserted += 1,
            Fate::Unchanged => counts.unchanged += 1,
            Fate::Updated => counts.updated += 1,
            Fate::Rejected => {
                counts.rejected += 1;
                // What is said of a row that is imported is said once it is.
                report.notes.clear();
                if let Some(rejects) = &mut self.rejects {
                    rejects.add(record, &report.reasons).map_err(ImportError::Rejects)?;
                }
                return Ok(Some(report));
            }
        }
        if report.notes.is_empty() {
            return Ok(None);
        }
        counts.noted += 1;
        Ok(Some(report))
    }

    /// Makes the row a record, or finds the one that it is about.
    fn place(&self, into: &Target<'_>, cleaned: &Cleaned, report: &mut RowReport) -> Result<Fate, ImportError> {
        report.record.clone_from(&cleaned.patient.external_id);
        let mut likes = Vec::new();
        let known = if let Some(identifier) = &cleaned.patient.external_id {
            self.of_identifier(into, identifier)?
        } else {
            None
        };
        if known.is_none() {
            likes = into.likes(cleaned)?;
        }
        let known = match known {
            None if cleaned.patient.external_id.is_none() => self.imported_before(into, &likes, cleaned)?,
            known => known,
        };
        match known {
            Some(known) => into.again(&known, cleaned, report),
            None => into.insert(cleaned, &likes, report),
        }
    }

    fn of_identifier(&self, into: &Target<'_>, identifier: &str) -> Result<Option<Known>, ImportError> {
        if let Some(id) = known::of_identifier(into.transaction, identifier)? {
            let earlier = into.beside.is_none() && id.number() <= self.cursor.before;
            return Ok(Some(Known { id, here: true, earlier }));
        }
        let Some(beside) = into.beside else { return Ok(None) };
        let id = known::of_identifier(beside, identifier)?;
        Ok(id.map(|id| Known { id, here: false, earlier: true }))
    }

    /// The record of a row that has no identifier and was imported before, as it stands.
    fn imported_before(
        &self,
        into: &Target<'_>,
        likes: &[(Like, bool)],
        cleaned: &Cleaned,
    ) -> Result<Option<Known>, ImportError> {
        for (like, here) in likes {
            let earlier = !here || (into.beside.is_none() && like.id.number() <= self.cursor.before);
            if earlier && like.external_id.is_none() {
                let connection = into.beside.filter(|_| !here).unwrap_or(into.transaction);
                if known::states_the_same(connection, like.id, cleaned)? {
                    return Ok(Some(Known { id: like.id, here: *here, earlier }));
                }
            }
        }
        Ok(None)
    }
}

impl Target<'_> {
    /// The records of the row's name and date, and whether each is where rows go.
    fn likes(&self, cleaned: &Cleaned) -> Result<Vec<(Like, bool)>, ImportError> {
        let mut likes: Vec<(Like, bool)> = Vec::new();
        if let Some(beside) = self.beside {
            likes.extend(known::of_name_and_date(beside, &cleaned.patient)?.into_iter().map(|like| (like, false)));
        }
        let here = known::of_name_and_date(self.transaction, &cleaned.patient)?;
        likes.extend(here.into_iter().map(|like| (like, true)));
        Ok(likes)
    }

    /// A row whose record is there already.
    fn again(&self, known: &Known, cleaned: &Cleaned, report: &mut RowReport) -> Result<Fate, ImportError> {
        let connection = self.beside.filter(|_| !known.here).unwrap_or(self.transaction);
        match known::difference(connection, known.id, cleaned)?.unwrap_or(Difference::None) {
            Difference::None => Ok(Fate::Unchanged),
            Difference::Strict => {
                report.reasons.push(if known.earlier { Reason::StrictTraitDiffers } else { Reason::IdentifierTwice });
                Ok(Fate::Rejected)
            }
            Difference::Free(changed) => {
                if known.here {
                    update(self, known.id, cleaned, &changed)?;
                }
                Ok(Fate::Updated)
            }
        }
    }

    fn insert(&self, cleaned: &Cleaned, likes: &[(Like, bool)], report: &mut RowReport) -> Result<Fate, ImportError> {
        let new = &cleaned.patient;
        // Looked for before the record itself can be found.
        let double = likes.iter().find(|(like, _)| like.may_be(new));
        let ins = new.traits.ins.hidden();
        let shared = match ins {
            Some(ins) => {
                let beside = self.beside.map(|beside| known::of_ins(beside, ins)).transpose()?.flatten();
                match beside {
                    Some((id, shown)) => Some((id, shown, false)),
                    None => known::of_ins(self.transaction, ins)?.map(|(id, shown)| (id, shown, true)),
                }
            }
            None => None,
        };
        let id = insert(self.transaction, new, self.act)?;
        let mut statement = self
            .transaction
            .prepare_cached("INSERT INTO complementary_traits (patient, kind, value) VALUES (?1, ?2, ?3)")?;
        for (kind, value) in &cleaned.complementary {
            statement.execute(params![id.number(), kind, value])?;
        }
        if self.beside.is_none() && report.record.is_none() {
            report.record = Some(format!("local:{}", id.number()));
        }
        if let Some((like, here)) = double {
            report.notes.push(Note::Duplicate);
            report.others.push(like.shown());
            if *here {
                suspect(self, like.id, id, "duplicate", "same-name same-first-given-name same-birth-date same-sex")?;
            }
        }
        if let Some((other, shown, here)) = shared {
            report.notes.push(Note::SharedIns);
            if !report.others.contains(&shown) {
                report.others.push(shown);
            }
            if here {
                suspect(self, other, id, "shared-ins", "same-matricule")?;
            }
        }
        Ok(Fate::Inserted)
    }
}

/// Leaves two records to be looked at by a person, for the first reason found.
fn suspect(into: &Target<'_>, one: RecordId, other: RecordId, kind: &str, reasons: &str) -> rusqlite::Result<()> {
    into.transaction
        .prepare_cached("INSERT OR IGNORE INTO suspicions (one, other, kind, reasons) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![one.number(), other.number(), kind, reasons])?;
    Ok(())
}

/// Changes what may be changed whatever the status, with its journal line (DMN INS 31).
fn update(into: &Target<'_>, id: RecordId, cleaned: &Cleaned, changed: &[&'static str]) -> Result<(), ImportError> {
    let traits = &cleaned.patient.traits;
    let used = [
        (
            known::USED_NAME,
            "UPDATE patients SET usage_name = ?1 WHERE id = ?2",
            traits.usage_name.known().map(UsageName::raw),
        ),
        (
            known::USED_GIVEN_NAME,
            "UPDATE patients SET usage_given_name = ?1 WHERE id = ?2",
            traits.usage_given_name.known().map(GivenName::raw),
        ),
    ];
    for (kind, statement, value) in used {
        if changed.contains(&kind) {
            into.transaction.prepare_cached(statement)?.execute(params![value, id.number()])?;
        }
    }
    for (kind, value) in cleaned.complementary.iter().filter(|(kind, _)| changed.contains(kind)) {
        into.transaction
            .prepare_cached("INSERT OR REPLACE INTO complementary_traits (patient, kind, value) VALUES (?1, ?2, ?3)")?
            .execute(params![id.number(), kind, value])?;
    }
    let act = into.act.of_kind(ActKind::RecordChanged);
    append(into.transaction, &act.about(Some(id), &[("by", "import"), ("changed", &changed.join(" "))]), Some(id))?;
    Ok(())
}
