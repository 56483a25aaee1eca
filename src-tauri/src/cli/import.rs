//! `comptoir import`: the patients of a CSV file into the register, what is rejected beside it.
//!
//! Ends with 0 when every row is in the register, 1 when some were rejected, 130 or 143 when it was interrupted: the
//! same command then goes on.

use super::lines::Lines;
use super::register::{self, Absent, Stop};
use super::work::{Going, to_its_end};
use super::{Exit, ImportArgs};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::folders::Environment as Desk;
use comptoir_desk::Clock;
use comptoir_identity::{BirthDate, Environment};
use comptoir_register::{
    Act, ActKind, Column, Counts, ImportError, ImportEvent, ImportOptions, ImportReport, Mapping, MappingError, Note,
    Progress, Reason, Register, RowReport, Source, SourceError,
};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub(super) async fn run(args: ImportArgs) -> Exit {
    // It ends after the batch that it is in, so that nothing is left half-way.
    to_its_end(args.json, move |lines, going| import(&args, lines, going)).await
}

fn import(args: &ImportArgs, lines: &Lines, going: &Going) -> Result<Exit, Stop> {
    let source = Source::open(&args.input).map_err(unusable)?;
    let mapping = match &args.mapping {
        Some(file) => saved(file, lines)?,
        None => Mapping::proposed(source.headers()).map_err(|error| Stop::Refused(error.into()))?,
    };
    if let Some(file) = &args.save_mapping {
        announce(&source, &mapping, true, lines);
        return save(file, &mapping, lines);
    }
    if let Err(error) = mapping.fits(source.headers()) {
        return Err(unfit(error, &source, lines));
    }
    announce(&source, &mapping, args.mapping.is_none(), lines);
    let now = SystemClock.now();
    let author = whoami::username().unwrap_or_else(|_| "?".to_owned());
    let act = Act::new(now, &author, ActKind::PatientsImported);
    let options = ImportOptions {
        rejects: match &args.rejects {
            Some(file) => std::path::absolute(file).unwrap_or_else(|_| file.clone()),
            None => free_name(&args.input),
        },
        environment: match register::environment()? {
            Desk::Production => Environment::Production,
            Desk::Demonstration => Environment::Demonstration,
        },
        today: day(now)?,
        batch: ImportOptions::BATCH,
    };
    let mut tally = Tally::default();
    let mut on_event = |event: ImportEvent<'_>| {
        tally.tell(&event, lines);
        if going.on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let report = if args.dry_run {
        rehearsed(args)?.rehearse_import(&source, &mapping, &options, &act, &mut on_event)
    } else {
        let register = register::open(&args.register, Absent::Made)?;
        register.import(&source, &mapping, &options, &act, &mut on_event)
    };
    let report = report.map_err(|error| stopped(error, &source, lines))?;
    Ok(tally.end(&report, args.dry_run, lines))
}

/// The register that an import would go into; one that does not exist yet is not made for a rehearsal.
fn rehearsed(args: &ImportArgs) -> Result<Register, Stop> {
    if register::file(&args.register, register::environment()?)?.is_file() {
        return register::open(&args.register, Absent::Refused);
    }
    Ok(Register::in_memory().map_err(comptoir_desk::OpenRegisterError::from)?)
}

/// The day it is where the desk stands.
fn day(now: jiff::Timestamp) -> Result<BirthDate, Stop> {
    let today = now.to_zoned(TimeZone::system()).date();
    BirthDate::parse_iso(&today.to_string()).map_err(|_| Stop::Failure(Failure::INTERRUPTED))
}

/// A name beside the file that no other has.
fn free_name(input: &Path) -> PathBuf {
    let input = std::path::absolute(input).unwrap_or_else(|_| input.to_owned());
    let name = |end: &str| {
        let mut name = input.file_stem().unwrap_or_default().to_owned();
        name.push(format!(".rejets{end}.csv"));
        input.with_file_name(name)
    };
    let numbered = (2_u32..).map(|number| name(&format!("-{number}")));
    let mut names = std::iter::once(name("")).chain(numbered);
    names.find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| name(""))
}

fn saved(file: &Path, lines: &Lines) -> Result<Mapping, Stop> {
    let text = std::fs::read_to_string(file).map_err(|_| Stop::Refused(Failure::MAPPING_FILE))?;
    Mapping::parse(&text).map_err(|error| {
        if let MappingError::UnknownKey(key) = &error {
            let known: Vec<&str> = Column::ALL.into_iter().map(Column::key).collect();
            lines.event(
                &json!({"event": "unknown-key", "key": key, "known": known}),
                &format!("Clé inconnue : {key}. Clés connues : {}.", known.join(", ")),
            );
        }
        Stop::Refused(error.into())
    })
}

fn save(file: &Path, mapping: &Mapping, lines: &Lines) -> Result<Exit, Stop> {
    let mut made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .map_err(|_| Stop::Refused(Failure::MAPPING_NOT_SAVED))?;
    made.write_all(mapping.to_toml().as_bytes()).map_err(|_| Stop::Refused(Failure::MAPPING_NOT_SAVED))?;
    lines.event(
        &json!({"event": "done", "mapping_file": file}),
        "Correspondance enregistrée. Rien n'a été importé. Relisez-la, puis donnez-la avec --mapping.",
    );
    Ok(Exit::Done)
}

fn unusable(error: SourceError) -> Stop {
    match error {
        SourceError::Unreadable(_) => Stop::Failure(error.into()),
        SourceError::Empty
        | SourceError::Workbook
        | SourceError::Utf16
        | SourceError::NotText
        | SourceError::LineTooLong { .. } => Stop::Refused(error.into()),
    }
}

/// Says what does not fit, with the titles that were read unless they may be a patient.
fn unfit(error: MappingError, source: &Source, lines: &Lines) -> Stop {
    let (columns, wanted): (Vec<&str>, Vec<&str>) = match &error {
        MappingError::NoTitles => return Stop::Refused(error.into()),
        MappingError::Required(columns) => (columns.iter().map(|column| column.key()).collect(), Vec::new()),
        MappingError::TitleAbsent(title) | MappingError::TitleTwice(title) => (Vec::new(), vec![title.as_str()]),
        MappingError::Form | MappingError::UnknownKey(_) => (Vec::new(), Vec::new()),
    };
    let french = [
        (!columns.is_empty()).then(|| format!("Colonnes non trouvées : {}.", columns.join(", "))),
        (!wanted.is_empty()).then(|| format!("Titre en cause : {}.", wanted.join(", "))),
        Some(format!("Titres lus : {}.", source.headers().join(", "))),
    ];
    lines.event(
        &json!({"event": "titles", "titles": source.headers(), "columns": columns, "wanted": wanted}),
        &french.into_iter().flatten().collect::<Vec<_>>().join("\n"),
    );
    Stop::Refused(error.into())
}

fn stopped(error: ImportError, source: &Source, lines: &Lines) -> Stop {
    match error {
        ImportError::Mapping(error) => unfit(error, source, lines),
        ImportError::RejectsExist => Stop::Refused(error.into()),
        ImportError::Source(_)
        | ImportError::RejectsGone
        | ImportError::Rejects(_)
        | ImportError::Overtaken
        | ImportError::Rehearsal(_)
        | ImportError::Read(_)
        | ImportError::Write(_) => Stop::Failure(error.into()),
    }
}

/// Says how the file is read, before anything is.
fn announce(source: &Source, mapping: &Mapping, proposed: bool, lines: &Lines) {
    let columns: Map<String, Value> =
        mapping.columns().map(|(column, title)| (column.key().to_owned(), title.into())).collect();
    let left_out = mapping.left_out(source.headers());
    let not_in_file: Vec<&str> =
        Column::ALL.into_iter().filter(|column| !mapping.has(*column)).map(Column::key).collect();
    let mut french = vec![if proposed { "Correspondance proposée :" } else { "Correspondance :" }.to_owned()];
    french.extend(mapping.columns().map(|(column, title)| format!("  {} = {title}", column.key())));
    french.push(format!("Colonnes du fichier laissées de côté : {}.", or_none(&left_out)));
    french.push(format!("Absentes du fichier : {}.", or_none(&not_in_file)));
    lines.event(
        &json!({
            "event": "mapping",
            "proposed": proposed,
            "encoding": source.encoding().code(),
            "delimiter": source.delimiter().code(),
            "columns": columns,
            "left_out": left_out,
            "not_in_file": not_in_file,
        }),
        &french.join("\n"),
    );
}

fn or_none(texts: &[&str]) -> String {
    if texts.is_empty() { "aucune".to_owned() } else { texts.join(", ") }
}

/// How often each thing was said.
#[derive(Default)]
struct Tally {
    notes: BTreeMap<Note, u64>,
    reasons: BTreeMap<Reason, u64>,
}

impl Tally {
    fn tell(&mut self, event: &ImportEvent<'_>, lines: &Lines) {
        match event {
            ImportEvent::Resumed(Progress { counts, .. }) => lines.event(
                &with_counts(json!({"event": "resumed"}), *counts),
                &format!("L'import reprend après {} lignes.", counts.read),
            ),
            ImportEvent::Row(report) => self.row(report, lines),
            ImportEvent::Batch(Progress { done, size, counts }) => lines.event(
                &with_counts(json!({"event": "progress", "done": done, "size": size}), *counts),
                &format!("{} lignes lues ({} %).", counts.read, done.saturating_mul(100) / (*size).max(1)),
            ),
        }
    }

    fn row(&mut self, report: &RowReport, lines: &Lines) {
        for note in &report.notes {
            *self.notes.entry(*note).or_default() += 1;
        }
        for reason in &report.reasons {
            *self.reasons.entry(*reason).or_default() += 1;
        }
        let event = json!({
            "event": "row",
            "line": report.line,
            "record": report.record,
            "others": report.others,
            "notes": report.notes.iter().map(|note| note.code()).collect::<Vec<_>>(),
            "rejected": report.reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>(),
        });
        // For people, the rejects say it beside each row, and the end how often.
        lines.detail(&event);
    }

    fn end(&self, report: &ImportReport, dry_run: bool, lines: &Lines) -> Exit {
        let counts = report.counts;
        let mut event = with_counts(
            json!({"event": if report.finished { "done" } else { "cancelled" }, "dry_run": dry_run}),
            counts,
        );
        if let Some(event) = event.as_object_mut() {
            event.insert("rejects_file".to_owned(), json!(report.rejects));
        }
        let mut french = vec![match (report.finished, dry_run) {
            (true, false) => format!(
                "Import terminé : {} lignes lues, {} dossiers créés, {} inchangés, {} mis à jour, {} lignes rejetées.",
                counts.read, counts.inserted, counts.unchanged, counts.updated, counts.rejected
            ),
            (true, true) => format!(
                "Essai terminé, rien n'a été modifié : {} lignes lues, {} dossiers seraient créés, {} inchangés, {} mis à jour, {} lignes rejetées.",
                counts.read, counts.inserted, counts.unchanged, counts.updated, counts.rejected
            ),
            (false, false) => format!(
                "Import interrompu après {} lignes. Elles sont gardées. Relancez la même commande pour continuer.",
                counts.read
            ),
            (false, true) => format!("Essai interrompu après {} lignes. Rien n'a été modifié.", counts.read),
        }];
        french.extend(self.notes.iter().map(|(note, count)| format!("  {count} × {}", note.french())));
        french.extend(self.reasons.iter().map(|(reason, count)| format!("  {count} × rejet : {}", reason.french())));
        if let Some(file) = &report.rejects {
            french.push(format!(
                "Les lignes rejetées sont dans {} : corrigez-les, puis importez ce fichier.",
                file.display()
            ));
        }
        lines.event(&event, &french.join("\n"));
        match (report.finished, counts.rejected) {
            (false, _) => Exit::Interrupted,
            (true, 0) => Exit::Done,
            (true, _) => Exit::Fault,
        }
    }
}

fn with_counts(mut event: Value, counts: Counts) -> Value {
    if let Some(event) = event.as_object_mut() {
        for (name, count) in [
            ("read", counts.read),
            ("inserted", counts.inserted),
            ("unchanged", counts.unchanged),
            ("updated", counts.updated),
            ("rejected", counts.rejected),
            ("noted", counts.noted),
        ] {
            event.insert(name.to_owned(), count.into());
        }
    }
    event
}
