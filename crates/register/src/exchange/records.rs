//! The records of a file, one after another, in bounded memory.

use super::reading::{Delimiter, Encoding, Position, Source};
use super::writing::unguarded;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use encoding_rs::WINDOWS_1252;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// The longest line, and the longest record of several lines, in bytes.
pub(super) const LONGEST_RECORD: usize = 1 << 20;

/// Lines that one quoted cell may run over; a quote that closes later was never meant as one.
const MOST_LINES: u64 = 100;

/// A record: its cells, or the line that is none.
#[derive(Default)]
pub(super) struct Record {
    /// The line it begins at, from 1.
    pub(super) line: u64,
    /// Whether a quote is opened in it and not closed: the cells are then those of its first line, quotes as written.
    pub(super) quote_open: bool,
    text: String,
    ends: Vec<usize>,
}

impl Record {
    /// A cell as the file means it.
    pub(super) fn cell(&self, column: usize) -> Option<&str> {
        let end = *self.ends.get(column)?;
        let start = column.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.text.get(start..end).map(unguarded)
    }

    /// Every cell.
    pub(super) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|column| self.cell(column))
    }

    /// How many cells there are.
    pub(super) fn width(&self) -> usize {
        self.ends.len()
    }

    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn take(&mut self, encoding: Encoding, bytes: &[u8], ends: &[usize]) {
        self.text.clear();
        self.ends.clear();
        let mut start = 0;
        for end in ends.iter().copied() {
            let cell = bytes.get(start..end).unwrap_or_default();
            match encoding {
                Encoding::Utf8 => self.text.push_str(&String::from_utf8_lossy(cell)),
                Encoding::Windows1252 => self.text.push_str(&WINDOWS_1252.decode_without_bom_handling(cell).0),
            }
            self.ends.push(self.text.len());
            start = end;
        }
    }
}

/// Reads record after record.
pub(super) struct Records<'a> {
    input: BufReader<&'a File>,
    parser: Reader,
    delimiter: Delimiter,
    encoding: Encoding,
    line_end: u8,
    /// Cells of a row; none while the headers are not known.
    width: Option<usize>,
    at: Position,
    line: Vec<u8>,
    output: Vec<u8>,
    ends: Vec<usize>,
    record: Record,
}

impl<'a> Records<'a> {
    /// Reads from a position on.
    pub(super) fn of(source: &'a Source, from: Position) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(1 << 16, &source.file);
        input.seek(SeekFrom::Start(from.offset))?;
        let headers = source.headers().len();
        Ok(Self {
            input,
            parser: parser(source.delimiter()),
            delimiter: source.delimiter(),
            encoding: source.encoding(),
            line_end: source.line_end,
            width: (headers > 0).then_some(headers),
            at: from,
            line: Vec::new(),
            output: Vec::new(),
            ends: Vec::new(),
            record: Record::default(),
        })
    }

    /// Takes another delimiter.
    pub(super) fn divide_by(&mut self, delimiter: Delimiter) {
        self.parser = parser(delimiter);
        self.delimiter = delimiter;
    }

    /// Where the next record begins.
    pub(super) fn position(&self) -> Position {
        self.at
    }

    /// The next line that is not blank, which stays the next one.
    pub(super) fn peek(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let from = self.at;
            if !self.read_line()? {
                return Ok(None);
            }
            if !self.line.trim_ascii().is_empty() {
                let line = self.line.clone();
                self.go_to(from)?;
                return Ok(Some(line));
            }
        }
    }

    /// Passes over a line.
    pub(super) fn pass(&mut self) -> io::Result<()> {
        self.read_line().map(|_| ())
    }

    /// The next record that is not blank. Performs I/O.
    pub(super) fn next(&mut self) -> io::Result<Option<&Record>> {
        loop {
            let from = self.at;
            if !self.read_line()? {
                return Ok(None);
            }
            let closed = self.parse_on()?;
            // A quote that was never meant as one swallows rows that are good: only its own line is given up.
            let quote_open = !closed || (self.at.line > from.line + 1 && self.swallows_rows());
            if quote_open {
                self.go_to(from)?;
                self.read_line()?;
                self.divide();
            }
            self.record.line = from.line;
            self.record.quote_open = quote_open;
            self.record.take(self.encoding, &self.output, &self.ends);
            if !self.record.is_blank() {
                return Ok(Some(&self.record));
            }
        }
    }

    fn go_to(&mut self, position: Position) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(position.offset))?;
        self.at = position;
        Ok(())
    }

    /// Reads a line without its end; `false` at the end of the file.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let most = LONGEST_RECORD as u64 + 1;
        let read = self.input.by_ref().take(most).read_until(self.line_end, &mut self.line)?;
        self.at.offset += read as u64;
        self.at.line += 1;
        if self.line.last() == Some(&self.line_end) {
            self.line.pop();
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(read > 0)
    }

    /// Parses the line, and those that a quoted cell runs over; `false` when its quote is not closed.
    fn parse_on(&mut self) -> io::Result<bool> {
        self.parser.reset();
        let (mut written, mut ended) = (0, 0);
        let begins = self.at.line;
        loop {
            if self.feed(false, &mut written, &mut ended) || self.feed(true, &mut written, &mut ended) {
                self.output.truncate(written);
                self.ends.truncate(ended);
                return Ok(true);
            }
            if written > LONGEST_RECORD || self.at.line - begins >= MOST_LINES || !self.read_line()? {
                return Ok(false);
            }
        }
    }

    /// Whether a record over several lines is made of rows rather than of cells over several lines.
    fn swallows_rows(&self) -> bool {
        let mut start = 0;
        let mut cells = self.ends.iter().map(|end| {
            let cell = self.output.get(start..*end).unwrap_or_default();
            start = *end;
            cell
        });
        self.width.is_some_and(|width| self.ends.len() != width)
            || cells.any(|cell| cell.contains(&b'\n') && cell.contains(&self.delimiter.byte()))
    }

    /// Gives the parser the line, or its end; `true` once that makes a record.
    fn feed(&mut self, end: bool, written: &mut usize, ended: &mut usize) -> bool {
        let mut input: &[u8] = if end { b"\n" } else { &self.line };
        loop {
            // A cell is never longer than what it is written as.
            let room = *written + input.len() + 1;
            if self.output.len() < room {
                self.output.resize(room, 0);
            }
            if self.ends.len() < *ended + 64 {
                self.ends.resize(*ended + 64, 0);
            }
            let output = self.output.get_mut(*written..).unwrap_or_default();
            let ends = self.ends.get_mut(*ended..).unwrap_or_default();
            let (result, read, wrote, closed) = self.parser.read_record(input, output, ends);
            *written += wrote;
            *ended += closed;
            input = input.get(read..).unwrap_or_default();
            match result {
                ReadRecordResult::Record => return true,
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return false,
            }
        }
    }

    /// Divides the line at its delimiters, whatever is quoted.
    fn divide(&mut self) {
        self.output.clear();
        self.ends.clear();
        for cell in self.line.split(|byte| *byte == self.delimiter.byte()) {
            self.output.extend_from_slice(cell);
            self.ends.push(self.output.len());
        }
    }
}

fn parser(delimiter: Delimiter) -> Reader {
    // The lines are already divided: only our own end of line ends a record.
    ReaderBuilder::new().delimiter(delimiter.byte()).terminator(Terminator::Any(b'\n')).build()
}
