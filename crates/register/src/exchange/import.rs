//! Import: batch after batch, each with its journal line and the place to go on from in one transaction.
//!
//! After the power is cut, the same import goes on at the first row that is not in the register.

use super::notes::{Note, Reason};
use super::progress::{self, Cursor};
use super::reading::Source;
use super::records::Records;
use super::rejects::{Rejects, RejectsError};
use super::run::{Batch, Run};
use super::{Mapping, MappingError};
use crate::{Act, OpenError, ReadError, Register, WriteError};
use comptoir_identity::{BirthDate, Environment};
use rusqlite::Connection;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The store's memory while rows come in, in KiB: the ends of the indexes that they fall into stay in it.
const WIDE_CACHE: i64 = 64 * 1024;

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Where the rows that are not imported go; nothing may be there yet.
    pub rejects: PathBuf,
    /// Whether the patients are real: no test number is kept among those (ins.md §12 row 64).
    pub environment: Environment,
    /// The day it is here: nobody is born after it.
    pub today: BirthDate,
    /// Rows of one transaction.
    pub batch: usize,
}

impl ImportOptions {
    /// Rows of one transaction: enough that its end costs little, few enough that the desk does not wait for it.
    pub const BATCH: usize = 20_000;
}

/// What became of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows read.
    pub read: u64,
    /// Records made.
    pub inserted: u64,
    /// Rows that say what the register says.
    pub unchanged: u64,
    /// Records of which a name in use or a complementary trait was changed.
    pub updated: u64,
    /// Rows that were not imported.
    pub rejected: u64,
    /// Rows that were imported, and of which something is to be said.
    pub noted: u64,
}

/// What is to be said of one row. Codes and identifiers, never a trait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    /// The line it begins at, from 1.
    pub line: u64,
    /// Its record, where it has one.
    pub record: Option<String>,
    /// The records that it is like.
    pub others: Vec<String>,
    /// What is said of a row that was imported.
    pub notes: Vec<Note>,
    /// Why a row was not.
    pub reasons: Vec<Reason>,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that are done with.
    pub done: u64,
    /// Bytes of the file.
    pub size: u64,
    /// What became of the rows.
    pub counts: Counts,
}

/// What happens during an import. Told once it is in the register.
#[derive(Debug)]
pub enum ImportEvent<'a> {
    /// An import that was cut goes on.
    Resumed(Progress),
    /// Something is to be said of a row.
    Row(&'a RowReport),
    /// A batch is in the register; the import can be cancelled here, and goes on from here another time.
    Batch(Progress),
}

/// How an import ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// What became of the rows, those of a cut import included.
    pub counts: Counts,
    /// The file of rejects, where there are any.
    pub rejects: Option<PathBuf>,
    /// Whether every row was read; otherwise it was cancelled, and goes on another time.
    pub finished: bool,
}

/// Why an import stopped. What was told as a batch is in the register, and the import goes on after it.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The mapping does not fit the file.
    #[error("the mapping does not fit the file")]
    Mapping(#[from] MappingError),
    /// The file could not be read on.
    #[error("the file could not be read on")]
    Source(#[source] io::Error),
    /// A file has the name that the rejects would have.
    #[error("a file has the name of the rejects")]
    RejectsExist,
    /// The file of rejects of a cut import is not there any more, or has been changed.
    #[error("the file of rejects is gone")]
    RejectsGone,
    /// The file of rejects could not be written; no row was lost.
    #[error("the file of rejects could not be written")]
    Rejects(#[source] io::Error),
    /// Another program imports the same file.
    #[error("another program imports the same file")]
    Overtaken,
    /// The register to rehearse with could not be made.
    #[error("the register to rehearse with could not be made")]
    Rehearsal(#[source] OpenError),
    /// The register could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<rusqlite::Error> for ImportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Write(error.into())
    }
}

impl From<RejectsError> for ImportError {
    fn from(error: RejectsError) -> Self {
        match error {
            RejectsError::Gone => Self::RejectsGone,
            RejectsError::Io(error) => Self::Rejects(error),
        }
    }
}

impl Register {
    /// Imports the patients of a file, going on where the same import was cut. Performs I/O.
    ///
    /// `on_event` is told what happens and may cancel between two batches.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn import(
        &self,
        source: &Source,
        mapping: &Mapping,
        options: &ImportOptions,
        act: &Act<'_>,
        on_event: &mut dyn FnMut(ImportEvent<'_>) -> ControlFlow<()>,
    ) -> Result<ImportReport, ImportError> {
        let work = progress::work(source, mapping);
        let placed = mapping.on(source.headers())?;
        let (cursor, rejects) = self.begin(source, &work, options, act, on_event)?;
        let mut run = Run::new(source, placed, options, &work, cursor, Some(rejects));
        let narrow: i64 = self.writer().query_row("PRAGMA cache_size", [], |row| row.get(0))?;
        self.writer().pragma_update(None, "cache_size", -WIDE_CACHE)?;
        let report = self.batches(&mut run, source, (None, options.batch), act, on_event);
        self.writer().pragma_update(None, "cache_size", narrow)?;
        report
    }

    /// Says what an import would do, and changes nothing. Performs I/O.
    ///
    /// The rows go into a register of their own beside this one, under its key, which is then removed.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn rehearse_import(
        &self,
        source: &Source,
        mapping: &Mapping,
        options: &ImportOptions,
        act: &Act<'_>,
        on_event: &mut dyn FnMut(ImportEvent<'_>) -> ControlFlow<()>,
    ) -> Result<ImportReport, ImportError> {
        let placed = mapping.on(source.headers())?;
        let readers = self.store.readers.as_ref();
        // Declared first, and so removed once the register made from it is closed.
        let scratch = readers.map(|readers| (Scratch::beside(readers.file()), readers.key()));
        let register = match &scratch {
            Some((scratch, key)) => Register::open(&scratch.file, key),
            None => Register::in_memory(),
        }
        .map_err(ImportError::Rehearsal)?;
        register.writer().pragma_update(None, "synchronous", "OFF")?;
        register.writer().pragma_update(None, "cache_size", -WIDE_CACHE)?;
        let cursor = Cursor {
            next: source.rows,
            before: 0,
            counts: Counts::default(),
            rejects: PathBuf::new(),
            rejects_length: 0,
        };
        let mut run = Run::new(source, placed, options, "import", cursor, None);
        self.read(|real| register.batches(&mut run, source, (Some(real), options.batch), act, on_event))
    }

    /// Finds where a cut import goes on, or begins one.
    fn begin(
        &self,
        source: &Source,
        work: &str,
        options: &ImportOptions,
        act: &Act<'_>,
        on_event: &mut dyn FnMut(ImportEvent<'_>) -> ControlFlow<()>,
    ) -> Result<(Cursor, Rejects), ImportError> {
        let mut connection = self.writer();
        if let Some(cursor) = progress::read(&connection, work)? {
            drop(connection);
            let rejects = Rejects::resume(&cursor.rejects, cursor.rejects_length, source)?;
            let progress = Progress { done: cursor.next.offset, size: source.size, counts: cursor.counts };
            // Whoever does not want it can say so at the first batch.
            let _ = on_event(ImportEvent::Resumed(progress));
            return Ok((cursor, rejects));
        }
        let rejects = Rejects::create(&options.rejects, source).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                ImportError::RejectsExist
            } else {
                ImportError::Rejects(error)
            }
        })?;
        let transaction = connection.transaction()?;
        let before = transaction.query_row("SELECT coalesce(max(id), 0) FROM patients", [], |row| row.get(0))?;
        let cursor = Cursor {
            next: source.rows,
            before,
            counts: Counts::default(),
            rejects: options.rejects.clone(),
            rejects_length: rejects.length(),
        };
        progress::write(&transaction, work, &cursor, &act.at().to_string())?;
        transaction.commit()?;
        Ok((cursor, rejects))
    }

    fn batches(
        &self,
        run: &mut Run<'_>,
        source: &Source,
        (beside, rows): (Option<&Connection>, usize),
        act: &Act<'_>,
        on_event: &mut dyn FnMut(ImportEvent<'_>) -> ControlFlow<()>,
    ) -> Result<ImportReport, ImportError> {
        let mut records = Records::of(source, run.cursor().next).map_err(ImportError::Source)?;
        loop {
            let Batch { reports, finished } = run.batch(&mut self.writer(), beside, &mut records, rows.max(1), act)?;
            let mut flow = ControlFlow::Continue(());
            for report in &reports {
                if on_event(ImportEvent::Row(report)).is_break() {
                    flow = ControlFlow::Break(());
                }
            }
            let (counts, done) = (run.cursor().counts, run.cursor().next.offset);
            if on_event(ImportEvent::Batch(Progress { done, size: source.size, counts })).is_break() {
                flow = ControlFlow::Break(());
            }
            if finished || flow.is_break() {
                let rejects = run.end(finished).map_err(ImportError::Rejects)?;
                return Ok(ImportReport { counts, rejects, finished });
            }
        }
    }
}

/// A register to rehearse with, gone when the rehearsal ends.
struct Scratch {
    file: PathBuf,
}

impl Scratch {
    fn beside(register: &Path) -> Self {
        let scratch = Self { file: with(register, &format!(".rehearsal-{}", std::process::id())) };
        scratch.remove();
        scratch
    }

    fn remove(&self) {
        for part in ["", "-wal", "-shm"] {
            // What is not there need not go.
            std::fs::remove_file(with(&self.file, part)).ok();
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.remove();
    }
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}
