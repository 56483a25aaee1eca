//! `comptoir journal`: the journal for the identity-vigilance referent; `comptoir doctor --journal`: its chain.

mod check;
mod csv;
mod french;

use super::register::{self, Absent, Stop, author};
use super::{Exit, JournalArgs, lines};
use crate::clock::SystemClock;
use crate::failure::Failure;
use comptoir_desk::Clock;
use comptoir_register::{Act, ActKind, JournalFilter, JournalLine, LineTraits, ReadError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

pub(super) use check::check;

pub(super) async fn run(args: JournalArgs) -> Exit {
    register::on_a_thread(args.json, move |_| export(&args)).await
}

fn export(args: &JournalArgs) -> Result<Exit, Stop> {
    let since = args.since.as_deref().map(|day| moment(day, 0)).transpose()?;
    // The last day is whole.
    let until = args.until.as_deref().map(|day| moment(day, 1)).transpose()?;
    let register = register::open(&args.register, Absent::Refused)?;
    let record = match args.record.as_deref() {
        Some(record) => Some(register.find_record(record)?.ok_or(Failure::NO_RECORD)?),
        None => None,
    };
    let mut target = Target::open(args.output.as_deref())?;
    let author = author();
    let days = [("since", args.since.as_deref()), ("until", args.until.as_deref())];
    let evidence: Vec<_> = days.into_iter().filter_map(|(name, day)| Some((name, day?))).collect();
    let act = Act::new(SystemClock.now(), &author, ActKind::JournalExported).about(record, &evidence);
    register.journal(&act)?;
    let written = if args.json {
        let each = |line| target.write_json(&json_line(&line));
        register.journal_lines(&JournalFilter { since, until, record }, each)
    } else {
        target.write(format_args!("{}", csv::HEADER)).and_then(|()| {
            let zone = TimeZone::system();
            let each = |line| target.write(format_args!("{}", csv::line(&line, &zone)));
            register.journal_lines(&JournalFilter { since, until, record }, each)
        })
    };
    written.and_then(|()| target.flush()).map_err(|why| target.given_up(why))?;
    Ok(Exit::Done)
}

/// The beginning of a day here, or of the one after it.
fn moment(day: &str, later: i64) -> Result<Timestamp, Stop> {
    let read = |day: &str| {
        let day = Date::strptime("%Y-%m-%d", day).ok()?.checked_add(later.days()).ok()?;
        Some(day.to_zoned(TimeZone::system()).ok()?.timestamp())
    };
    read(day).ok_or(Stop::Usage("Un jour s'écrit AAAA-MM-JJ. Rien n'a été exporté. Corrigez --since ou --until."))
}

/// Where the lines go.
enum Target<'a> {
    File(&'a Path, BufWriter<File>),
    Reader(BufWriter<io::Stdout>),
}

/// Why lines stop going there.
enum Halt {
    Read(ReadError),
    Write,
}

impl From<ReadError> for Halt {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl<'a> Target<'a> {
    /// A new file, which only its owner reads, or the standard output.
    fn open(output: Option<&'a Path>) -> Result<Self, Stop> {
        let Some(file) = output else { return Ok(Self::Reader(BufWriter::new(io::stdout()))) };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(file) {
            Ok(opened) => Ok(Self::File(file, BufWriter::new(opened))),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Stop::Usage(
                "Ce fichier existe déjà ; il n'a pas été remplacé et rien n'a été exporté. Donnez un autre nom à --output.",
            )),
            Err(_) => Err(Stop::Usage(
                "Le fichier ne peut pas être créé ; rien n'a été exporté. Vérifiez le dossier donné à --output et ses droits.",
            )),
        }
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), Halt> {
        match self {
            Self::File(_, file) => file.write_fmt(text),
            Self::Reader(reader) => reader.write_fmt(text),
        }
        .map_err(|_| Halt::Write)
    }

    fn write_json(&mut self, line: &Value) -> Result<(), Halt> {
        match self {
            Self::File(_, file) => lines::write_json(file, line),
            Self::Reader(reader) => lines::write_json(reader, line),
        }
        .map_err(|_| Halt::Write)?;
        self.write(format_args!("\n"))
    }

    /// Everything is on the disk, or has been handed over.
    fn flush(&mut self) -> Result<(), Halt> {
        match self {
            Self::File(_, file) => file.flush().and_then(|()| file.get_ref().sync_all()),
            Self::Reader(reader) => reader.flush(),
        }
        .map_err(|_| Halt::Write)
    }

    /// Half a journal would be taken for the whole.
    fn given_up(self, why: Halt) -> Stop {
        let to_a_file = match self {
            Self::File(path, file) => {
                drop(file);
                if std::fs::remove_file(path).is_err() {
                    tracing::warn!("what was written of the journal could not be removed");
                }
                true
            }
            Self::Reader(_) => false,
        };
        match why {
            Halt::Read(error) => error.into(),
            Halt::Write if to_a_file => Failure::OUTPUT.into(),
            Halt::Write => Stop::NoReader,
        }
    }
}

fn json_line(line: &JournalLine) -> Value {
    let evidence: Map<String, Value> =
        line.evidence.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let mut event = json!({
        "sequence": line.sequence,
        "at": line.at.to_string(),
        "author": line.author,
        "kind": line.kind,
        "record": line.record.as_ref().map(|of| of.record.as_str()),
        "other": line.other.as_ref().map(|of| of.record.as_str()),
        "evidence": evidence,
        "erased": line.traits == LineTraits::Erased,
    });
    if let (LineTraits::Kept { before, after }, Value::Object(event)) = (&line.traits, &mut event) {
        event.insert("before".to_owned(), Value::Object(before.clone()));
        event.insert("after".to_owned(), Value::Object(after.clone()));
    }
    event
}
