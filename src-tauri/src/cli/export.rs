//! `comptoir export`: the patients as CSV, whole or not at all.

use super::lines::Lines;
use super::register::{self, Absent, Stop};
use super::{Exit, ExportArgs, interruption};
use crate::clock::SystemClock;
use comptoir_desk::Clock;
use comptoir_register::{Act, ActKind, ExportError};
use serde_json::json;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) async fn run(args: ExportArgs) -> Exit {
    let interrupted = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&interrupted);
    let lines = Lines::new(args.json);
    let work = tokio::task::spawn_blocking(move || match export(&args, &lines, &seen) {
        Ok(()) => Exit::Done,
        Err(stop) => stop.end(&lines),
    });
    tokio::pin!(work);
    tokio::select! {
        ended = &mut work => ended.unwrap_or(Exit::Fault),
        exit = interruption() => {
            // It takes away what it has written.
            interrupted.store(true, Ordering::Relaxed);
            let ended = work.await.unwrap_or(Exit::Fault);
            if ended == Exit::Done { ended } else { exit }
        }
    }
}

fn export(args: &ExportArgs, lines: &Lines, interrupted: &AtomicBool) -> Result<(), Stop> {
    let register = register::open(&args.register, Absent::Refused)?;
    let author = whoami::username().unwrap_or_else(|_| "?".to_owned());
    let act = Act::new(SystemClock.now(), &author, ActKind::RegisterExported);
    let mut on_progress = |_| {
        if interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let exported = match &args.output {
        None => register.export(&mut io::stdout().lock(), &act, &mut on_progress),
        Some(file) => register.export_to(file, args.force, &act, &mut on_progress),
    };
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
    Ok(())
}
