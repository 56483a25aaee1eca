//! A delimited file as practice software writes it: its encoding, its delimiter, its headers.

use super::records::{LONGEST_RECORD, Records};
use ring::digest::{Context, SHA256};
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use thiserror::Error;

/// How the bytes of a file are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without its mark.
    Utf8,
    /// Windows-1252: what a file that is not UTF-8 is read as.
    Windows1252,
}

/// What separates two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// `;`, as French spreadsheets write.
    Semicolon,
    /// `,`.
    Comma,
    /// A tab.
    Tab,
}

impl Encoding {
    /// What programs branch on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
        }
    }
}

impl Delimiter {
    const ALL: [Self; 3] = [Self::Semicolon, Self::Comma, Self::Tab];

    /// What programs branch on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Semicolon => "semicolon",
            Self::Comma => "comma",
            Self::Tab => "tab",
        }
    }

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Semicolon => b';',
            Self::Comma => b',',
            Self::Tab => b'\t',
        }
    }
}

/// Why a file is not a source of patients. Nothing was imported.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The file could not be read.
    #[error("the file could not be read")]
    Unreadable(#[source] io::Error),
    /// The file holds nothing.
    #[error("the file is empty")]
    Empty,
    /// The file is a workbook of a spreadsheet.
    #[error("the file is a workbook")]
    Workbook,
    /// The file is UTF-16, which spreadsheets call Unicode text.
    #[error("the file is UTF-16")]
    Utf16,
    /// The file is not text.
    #[error("the file is not text")]
    NotText,
    /// A line is longer than any row of a table.
    #[error("line {line} is longer than any row")]
    LineTooLong {
        /// Which line, from 1.
        line: u64,
    },
}

impl From<io::Error> for SourceError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// A file of which the form is known: read once to the end, then row by row.
pub struct Source {
    pub(super) file: File,
    pub(super) size: u64,
    pub(super) digest: String,
    pub(super) line_end: u8,
    /// Where the rows begin.
    pub(super) rows: Position,
    encoding: Encoding,
    delimiter: Delimiter,
    headers: Vec<String>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("encoding", &self.encoding)
            .field("delimiter", &self.delimiter)
            .finish_non_exhaustive()
    }
}

/// A place between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) offset: u64,
    /// The line that begins there, from 1.
    pub(super) line: u64,
}

impl Source {
    /// Opens a file and reads it to the end, to know its encoding and its digest. Performs I/O.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let mut file = File::open(path)?;
        let survey = Survey::of(&mut file)?;
        let mut source = Self {
            file,
            size: survey.size,
            digest: hexadecimal(survey.digest.finish().as_ref()),
            line_end: survey.line_end,
            rows: Position { offset: survey.begins, line: 1 },
            encoding: if survey.utf8.holds { Encoding::Utf8 } else { Encoding::Windows1252 },
            delimiter: Delimiter::Semicolon,
            headers: Vec::new(),
        };
        source.read_headers()?;
        Ok(source)
    }

    /// The titles of the columns, as written.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// How the bytes are characters.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What separates two cells.
    #[must_use]
    pub fn delimiter(&self) -> Delimiter {
        self.delimiter
    }

    /// The SHA-256 of the file, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    fn read_headers(&mut self) -> Result<(), SourceError> {
        let mut records = Records::of(self, self.rows)?;
        let line = records.peek()?.unwrap_or_default();
        // Spreadsheets are told the delimiter by a line of its own.
        let (told, line) = match line.strip_prefix(b"sep=") {
            Some([delimiter]) => {
                let told = Delimiter::ALL.into_iter().find(|known| known.byte() == *delimiter);
                records.pass()?;
                (told, records.peek()?.unwrap_or_default())
            }
            _ => (None, line),
        };
        let counted = Delimiter::ALL.into_iter().rev().max_by_key(|delimiter| outside_quotes(&line, delimiter.byte()));
        let delimiter = told.or(counted).unwrap_or(Delimiter::Semicolon);
        records.divide_by(delimiter);
        let Some(titles) = records.next()?.filter(|titles| titles.cells().any(|title| !title.trim().is_empty())) else {
            return Err(SourceError::Empty);
        };
        let headers = titles.cells().map(|title| title.trim().to_owned()).collect();
        let rows = records.position();
        (self.delimiter, self.headers, self.rows) = (delimiter, headers, rows);
        Ok(())
    }
}

fn outside_quotes(line: &[u8], delimiter: u8) -> usize {
    let mut quoted = false;
    line.iter()
        .filter(|byte| {
            quoted ^= **byte == b'"';
            !quoted && **byte == delimiter
        })
        .count()
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// What is known of a file once all of it has been read.
struct Survey {
    size: u64,
    digest: Context,
    line_end: u8,
    /// Where the text begins, after its mark.
    begins: u64,
    utf8: Utf8,
}

impl Survey {
    fn of(file: &mut File) -> Result<Self, SourceError> {
        file.seek(SeekFrom::Start(0))?;
        let mut block = vec![0; 1 << 16];
        let mut survey = Self {
            size: 0,
            digest: Context::new(&SHA256),
            line_end: b'\n',
            begins: 0,
            utf8: Utf8 { holds: true, begun: Vec::new() },
        };
        let (mut line, mut length, mut returns) = (1, 0, false);
        loop {
            let read = match file.read(&mut block) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let bytes = block.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            if survey.size == 0 {
                survey.begins = beginning(bytes)?;
            }
            if bytes.contains(&0) {
                return Err(SourceError::NotText);
            }
            survey.size += bytes.len() as u64;
            survey.digest.update(bytes);
            survey.utf8.take(bytes);
            returns |= bytes.contains(&b'\r');
            for part in bytes.split_inclusive(|byte| *byte == b'\n' || *byte == b'\r') {
                length += part.len();
                if length > LONGEST_RECORD {
                    return Err(SourceError::LineTooLong { line });
                }
                if part.ends_with(b"\n") {
                    line += 1;
                }
                if part.ends_with(b"\n") || part.ends_with(b"\r") {
                    length = 0;
                }
            }
        }
        if survey.size == survey.begins {
            return Err(SourceError::Empty);
        }
        survey.utf8.holds &= survey.utf8.begun.is_empty();
        // Old spreadsheets end their lines by a return alone.
        if line == 1 && returns {
            survey.line_end = b'\r';
        }
        Ok(survey)
    }
}

/// How many bytes of a mark come before the text.
fn beginning(bytes: &[u8]) -> Result<u64, SourceError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Ok(3),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Err(SourceError::Utf16),
        // Workbooks of today are ZIP archives, those of yesterday OLE files.
        [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(SourceError::Workbook),
        _ => Ok(0),
    }
}

/// Whether bytes that come in blocks are UTF-8.
struct Utf8 {
    holds: bool,
    /// A character that the last block cut.
    begun: Vec<u8>,
}

impl Utf8 {
    fn take(&mut self, bytes: &[u8]) {
        if !self.holds {
            return;
        }
        let mut rest = bytes;
        while !self.begun.is_empty() {
            let Some((first, after)) = rest.split_first() else { return };
            self.begun.push(*first);
            rest = after;
            match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) if error.error_len().is_some() => {
                    self.holds = false;
                    return;
                }
                Err(_) => {}
            }
        }
        if let Err(error) = std::str::from_utf8(rest) {
            if error.error_len().is_some() {
                self.holds = false;
            } else {
                self.begun.extend(rest.get(error.valid_up_to()..).unwrap_or_default());
            }
        }
    }
}
