//! `comptoir backup`: a whole copy of the register, made while the desk works.

use super::lines::{Lines, failed};
use super::register::{self, Absent, Stop};
use super::work::{Ended, Going, until_interrupted};
use super::{BackupArgs, Exit};
use crate::clock::SystemClock;
use crate::failure::Failure;
use comptoir_desk::Clock;
use comptoir_register::{BackupError, BackupReport, CopyError, Keep};
use serde_json::json;

pub(super) async fn run(args: BackupArgs) -> Exit {
    let lines = Lines::new(args.json);
    match until_interrupted(move |going| backup(&args, going)).await {
        Ended::Done(Ok(report)) => {
            say(&lines, &report);
            Exit::Done
        }
        Ended::Done(Err(stop)) => stop.end(&lines),
        Ended::Interrupted(exit) => {
            let failure = Failure::from(BackupError::Copy(CopyError::Cancelled));
            failed(&lines, failure.code, &failure.message(), failure.reference);
            exit
        }
    }
}

fn backup(args: &BackupArgs, going: &Going) -> Result<BackupReport, Stop> {
    let register = register::open(&args.register, Absent::Refused)?;
    let folder = args.to.clone().or_else(|| register.backups_folder()).ok_or(BackupError::InMemory)?;
    let keep = Keep { daily: args.keep, ..Keep::default() };
    Ok(register.backup_while(&folder, SystemClock.now(), keep, &|_| going.on())?)
}

fn say(lines: &Lines, report: &BackupReport) {
    let BackupReport { file, contents, bytes, removed } = report;
    let removed_files: Vec<String> = removed.iter().map(|file| file.display().to_string()).collect();
    let removed = match removed.len() {
        0 => String::new(),
        1 => " Une sauvegarde plus ancienne a été retirée.".to_owned(),
        more => format!(" {more} sauvegardes plus anciennes ont été retirées."),
    };
    lines.event(
        &json!({
            "event": "backed-up",
            "file": file.display().to_string(),
            "bytes": bytes,
            "records": contents.records,
            "journal": {"sequence": contents.head.sequence, "head": contents.head.to_string()},
            "removed": removed_files,
        }),
        &format!(
            "Sauvegarde faite et relue : {} ({} dossiers, {} lignes de journal).{removed}\nElle ne s'ouvre qu'avec la clé \
             du registre ou la clé de secours. Gardez-en une copie hors de cet ordinateur.",
            file.display(),
            contents.records,
            contents.head.sequence,
        ),
    );
    lines.event(&json!({"event": "done"}), "Terminé.");
}
