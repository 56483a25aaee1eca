//! The rows that were not imported, beside the file they come from: corrected, it is imported as any other.

use super::notes::Reason;
use super::private;
use super::reading::Source;
use super::records::Record;
use super::writing::{UTF8_MARK, write_row};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The titles of our two columns, before those of the file.
const OURS: [&str; 2] = ["ligne", "motif"];

/// A file of rejects. What is added is on the disk once [`Rejects::sync`] says so.
pub(super) struct Rejects {
    path: PathBuf,
    file: File,
    /// What the file holds that is known to be kept.
    length: u64,
    waiting: Vec<u8>,
    delimiter: u8,
    /// Our columns in a source that is a file of rejects itself.
    passed: usize,
}

/// Why a file of rejects cannot go on.
pub(super) enum RejectsError {
    /// It holds less than what was kept in it.
    Gone,
    /// It could not be written.
    Io(io::Error),
}

impl From<io::Error> for RejectsError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Rejects {
    /// Makes the file, with its titles; it never takes the place of another, but of one that holds these titles and no
    /// row: an import that was killed before it began left it.
    pub(super) fn create(path: &Path, source: &Source) -> io::Result<Self> {
        let (passed, delimiter) = (passed(source), source.delimiter().byte());
        let mut waiting = UTF8_MARK.to_vec();
        let titles = source.headers().iter().skip(passed).map(String::as_str);
        write_row(&mut waiting, delimiter, OURS.into_iter().chain(titles))?;
        let file = match private::create_new(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && holds_no_more(path, &waiting)? => {
                OpenOptions::new().write(true).truncate(true).open(path)?
            }
            made => made?,
        };
        let mut rejects = Self { path: path.to_owned(), file, length: 0, waiting, delimiter, passed };
        rejects.sync()?;
        Ok(rejects)
    }

    /// Opens the file again and takes away what was written after the length that was kept.
    pub(super) fn resume(path: &Path, length: u64, source: &Source) -> Result<Self, RejectsError> {
        let opened = OpenOptions::new().write(true).open(path);
        let mut file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(RejectsError::Gone),
            opened => opened?,
        };
        if file.metadata()?.len() < length {
            return Err(RejectsError::Gone);
        }
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        let delimiter = source.delimiter().byte();
        Ok(Self { path: path.to_owned(), file, length, waiting: Vec::new(), delimiter, passed: passed(source) })
    }

    /// Adds a row, with why.
    pub(super) fn add(&mut self, record: &Record, reasons: &[Reason]) -> io::Result<()> {
        let why: Vec<&str> = reasons.iter().map(|reason| reason.french()).collect();
        let (line, why) = (record.line.to_string(), why.join(", "));
        let cells = [line.as_str(), why.as_str()].into_iter().chain(record.cells().skip(self.passed));
        write_row(&mut self.waiting, self.delimiter, cells)
    }

    /// Brings what was added to the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.file.write_all(&self.waiting)?;
            self.file.sync_data()?;
            self.length += self.waiting.len() as u64;
            self.waiting.clear();
        }
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

/// Whether a file holds these titles, or their beginning, and nothing after them.
fn holds_no_more(path: &Path, titles: &[u8]) -> io::Result<bool> {
    let most = titles.len() as u64;
    if !path.is_file() || std::fs::metadata(path)?.len() > most {
        return Ok(false);
    }
    Ok(titles.starts_with(&std::fs::read(path)?))
}

fn passed(source: &Source) -> usize {
    if source.headers().iter().zip(OURS).filter(|(title, ours)| title == ours).count() == OURS.len() {
        OURS.len()
    } else {
        0
    }
}
