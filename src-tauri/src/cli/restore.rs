//! `comptoir restore`: a backup in the register's place, which is kept beside.

use super::lines::{Lines, failed};
use super::recovery_key::read_key;
use super::register::{self, Stop};
use super::work::{Ended, Going, until_interrupted};
use super::{Exit, RestoreArgs};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::keychain::SystemKeychain;
use comptoir_desk::{Clock, OpenRegisterError, register_key};
use comptoir_register::{Contents, Loss, Restoration};
use serde_json::json;
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

/// What became of the register.
enum Outcome {
    Restored { records: u64, kept: Option<PathBuf> },
    NotConfirmed,
}

pub(super) async fn run(args: RestoreArgs) -> Exit {
    let json = args.json;
    let lines = Lines::new(json);
    match until_interrupted(move |going| restore(&args, going)).await {
        Ended::Done(Ok(Outcome::Restored { records, kept })) => {
            let kept = kept.map(|kept| kept.display().to_string());
            let beside = kept.as_ref().map_or_else(
                || "Il n'y avait pas de registre à cet endroit.".to_owned(),
                |kept| format!("Le registre d'avant est gardé : {kept}"),
            );
            lines.event(
                &json!({"event": "restored", "records": records, "kept": kept}),
                &format!("Registre restauré et relu : {records} dossiers. {beside}"),
            );
            lines.event(&json!({"event": "done"}), "Terminé. Ouvrez Comptoir et vérifiez les derniers dossiers.");
            Exit::Done
        }
        Ended::Done(Ok(Outcome::NotConfirmed)) => {
            lines.event(
                &json!({"event": "done", "outcome": "not-confirmed"}),
                "Rien n'a été restauré. Le registre n'a pas été modifié.",
            );
            Exit::NoIdentity
        }
        Ended::Done(Err(stop)) => stop.end(&lines),
        Ended::Interrupted(exit) => {
            let failure = Failure::INTERRUPTED;
            failed(&lines, failure.code, &failure.message(), failure.reference);
            exit
        }
    }
}

fn restore(args: &RestoreArgs, going: &Going) -> Result<Outcome, Stop> {
    let lines = Lines::new(args.json);
    let environment = register::environment()?;
    let file = register::file(&args.register, environment)?;
    let key = match register::key(&args.register)? {
        Some(key) => key,
        None => register_key(&SystemKeychain::new(environment.namespace()))?.ok_or(OpenRegisterError::KeyMissing)?,
    };
    let backup_key = if args.recovery_key { read_key(&lines)? } else { key.clone() };
    let restoration = Restoration::prepare(&file, &key, &args.backup, &backup_key, &|_| going.on())?;
    let (loss, contents) = (restoration.loss(), restoration.contents());
    lines.event(
        &json!({
            "event": "backup-verified",
            "records": contents.records,
            "journal": {"sequence": contents.head.sequence, "head": contents.head.to_string()},
            "loss": code(loss),
            "acts": match loss { Loss::Acts(acts) => Some(acts), Loss::Nothing | Loss::AnotherRegister | Loss::Unreadable => None },
        }),
        &said(loss, contents),
    );
    let confirmed = loss == Loss::Nothing || args.yes || confirmed(args, &lines)?;
    if !confirmed || !going.on() {
        return Ok(Outcome::NotConfirmed);
    }
    let author = whoami::username().unwrap_or_else(|_| "?".to_owned());
    let restored = restoration.carry_out(SystemClock.now(), &author)?;
    let records = restored.register.count()?;
    Ok(Outcome::Restored { records, kept: restored.kept })
}

/// Asks at a terminal; elsewhere the answer is on the command line.
fn confirmed(args: &RestoreArgs, lines: &Lines) -> Result<bool, Stop> {
    if args.json || !io::stdin().is_terminal() {
        return Err(Stop::Usage(
            "Cette restauration demande une confirmation, et il n'y a pas de terminal pour la donner. Le registre n'a pas été modifié. Ajoutez --yes pour restaurer.",
        ));
    }
    lines.event(&json!({}), "Restaurer cette sauvegarde ? Tapez oui, puis Entrée.");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|_| Failure::INTERRUPTED)?;
    Ok(answer.trim().eq_ignore_ascii_case("oui"))
}

fn code(loss: Loss) -> &'static str {
    match loss {
        Loss::Nothing => "nothing",
        Loss::Acts(_) => "acts",
        Loss::AnotherRegister => "another-register",
        Loss::Unreadable => "unreadable",
    }
}

fn said(loss: Loss, contents: Contents) -> String {
    let loss = match loss {
        Loss::Nothing => "Rien de ce que contient le registre n'y manque.".to_owned(),
        Loss::Acts(1) => "Elle est plus ancienne que le registre : un acte du journal n'y est pas.".to_owned(),
        Loss::Acts(acts) => format!("Elle est plus ancienne que le registre : {acts} actes du journal n'y sont pas."),
        Loss::AnotherRegister => "Elle ne vient pas de ce registre, ou il a suivi un autre chemin depuis : ce qui y manque ne peut pas être compté.".to_owned(),
        Loss::Unreadable => "Le registre actuel ne peut pas être lu : ce qui manque à la sauvegarde ne peut pas être compté.".to_owned(),
    };
    format!(
        "La sauvegarde est entière : {} dossiers, {} lignes de journal. {loss} Le registre actuel sera gardé à côté.",
        contents.records, contents.head.sequence
    )
}
