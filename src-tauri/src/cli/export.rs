//! `comptoir export`: the patients as CSV, whole or not at all.

use super::lines::Lines;
use super::register::{self, Absent, Stop};
use super::work::{Going, to_its_end};
use super::{Exit, ExportArgs};
use crate::clock::SystemClock;
use comptoir_desk::Clock;
use comptoir_register::{Act, ActKind, ExportError};
use serde_json::json;
use std::io;
use std::ops::ControlFlow;

pub(super) async fn run(args: ExportArgs) -> Exit {
    // Interrupted, it takes away what it has written.
    to_its_end(args.json, move |lines, going| export(&args, lines, going)).await
}

fn export(args: &ExportArgs, lines: &Lines, going: &Going) -> Result<Exit, Stop> {
    let register = register::open(&args.register, Absent::Refused)?;
    let author = whoami::username().unwrap_or_else(|_| "?".to_owned());
    let act = Act::new(SystemClock.now(), &author, ActKind::RegisterExported);
    let mut on_progress = |_| {
        if going.on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let exported = match &args.output {
        None => register.export(&mut io::stdout().lock(), &act, &mut on_progress),
        Some(file) => register.export_to(file, args.force, &act, &mut on_progress),
    };
    if let Err(ExportError::Cancelled) = exported {
        Stop::Failure(ExportError::Cancelled.into()).end(lines);
        return Ok(Exit::Interrupted);
    }
    let exported = exported.map_err(|error| match error {
        ExportError::Exists => Stop::Refused(error.into()),
        ExportError::File(ref cause) if args.output.is_none() && cause.kind() == io::ErrorKind::BrokenPipe => {
            Stop::NoReader
        }
        ExportError::Cancelled | ExportError::File(_) | ExportError::Read(_) | ExportError::Write(_) => {
            Stop::Failure(error.into())
        }
    })?;
    lines.event(
        &json!({"event": "done", "records": exported.records, "with_ins": exported.with_ins, "file": args.output}),
        &format!(
            "{} dossiers exportés, dont {} avec leur matricule INS (identités qualifiées). Ce fichier contient des données de santé en clair : supprimez-le dès qu'il a servi.",
            exported.records, exported.with_ins
        ),
    );
    Ok(Exit::Done)
}
