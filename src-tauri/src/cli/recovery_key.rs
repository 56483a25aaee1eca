//! `comptoir recovery-key`: the register's key as the practice prints it, and back.

use super::lines::{Lines, failed};
use super::register::{self, Absent, Stop};
use super::work::{Ended, until_interrupted};
use super::{Exit, RecoveryKeyArgs};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::keychain::SystemKeychain;
use comptoir_desk::{Clock, OpenRegisterError, adopt_key, register_key, rekey_register};
use comptoir_register::{Act, ActKind, RecoveryTextError, RegisterKey};
use ring::rand::SystemRandom;
use serde_json::json;
use std::io::{self, BufRead, IsTerminal, Write};
use zeroize::Zeroizing;

/// No recovery key takes as many characters, however it is spaced.
const LONGEST: usize = 4096;

pub(super) async fn run(args: RecoveryKeyArgs) -> Exit {
    let lines = Lines::new(false);
    let act = move |_: &_| match (args.act.show, args.act.enter) {
        (true, _) => show(&args),
        (_, true) => enter(&args),
        (false, false) => renew(&args),
    };
    match until_interrupted(act).await {
        Ended::Done(Ok(said)) => {
            lines.event(&json!({"event": "done"}), said);
            Exit::Done
        }
        Ended::Done(Err(stop)) => stop.end(&lines),
        Ended::Interrupted(exit) => {
            let failure = Failure::INTERRUPTED;
            failed(&lines, failure.code, &failure.message(), failure.reference);
            exit
        }
    }
}

fn show(args: &RecoveryKeyArgs) -> Result<&'static str, Stop> {
    if !io::stdout().is_terminal() {
        return Err(Stop::Usage(
            "La clé de secours ne s'affiche que sur un terminal : dans un fichier ou un tube, elle resterait. Rien n'a été affiché. Relancez la commande sans redirection.",
        ));
    }
    let register = register::open(&args.register, Absent::Refused)?;
    let key = match register::key(&args.register)? {
        Some(key) => key,
        None => register_key(&keychain()?)?.ok_or(OpenRegisterError::KeyMissing)?,
    };
    // The line first: there is no key shown that the journal does not tell of.
    register.journal(&Act::new(SystemClock.now(), &author(), ActKind::RecoveryKeyShown))?;
    let text = key.recovery_text();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Clé de secours du registre. Qui la possède, avec le fichier ou une sauvegarde, lit tous les dossiers.\n\
         Imprimez-la ou recopiez-la, mettez-la sous clé hors de cet ordinateur, n'en faites ni photo ni message.\n\n{}",
        text.expose()
    )
    .map_err(|_| Failure::INTERRUPTED)?;
    Ok("L'affichage est inscrit au journal. Effacez l'écran quand la clé est recopiée.")
}

fn enter(args: &RecoveryKeyArgs) -> Result<&'static str, Stop> {
    if args.register.key_env.is_some() {
        return Err(Stop::Usage("--enter range la clé dans le trousseau : --key-env n'y sert à rien. Retirez-le."));
    }
    let file = register::file(&args.register, register::environment()?)?;
    if !file.is_file() {
        return Err(Stop::Usage(
            "Il n'y a pas de registre ici pour essayer la clé. Rien n'a été modifié. Sur un nouvel ordinateur, nommez la sauvegarde avec --register, puis restaurez-la.",
        ));
    }
    let key = read_key(&Lines::new(false))?;
    adopt_key(&file, &keychain()?, &key)?;
    Ok(
        "La clé ouvre ce registre ; elle est rangée dans le trousseau de cette session. Ouvrez Comptoir, ou restaurez la sauvegarde.",
    )
}

fn renew(args: &RecoveryKeyArgs) -> Result<&'static str, Stop> {
    if args.register.key_env.is_some() {
        return Err(Stop::Usage("--renew change la clé du trousseau : --key-env n'y sert à rien. Retirez-le."));
    }
    let file = register::file(&args.register, register::environment()?)?;
    rekey_register(&file, &keychain()?, &SystemRandom::new(), SystemClock.now(), &author())?;
    Ok(
        "Le registre a une nouvelle clé, rangée dans le trousseau. Imprimez la nouvelle clé de secours (comptoir recovery-key --show) et faites une sauvegarde ; gardez l'ancienne clé tant que vous gardez les anciennes sauvegardes.",
    )
}

/// Reads a recovery key from standard input, line by line until it is whole.
pub(super) fn read_key(lines: &Lines) -> Result<RegisterKey, Stop> {
    if io::stdin().is_terminal() {
        lines.event(&json!({"event": "recovery-key-awaited"}), "Tapez la clé de secours, ligne par ligne :");
    }
    // Room for all of it: a string that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(LONGEST));
    let mut input = io::stdin().lock();
    loop {
        let mut line = Zeroizing::new(String::with_capacity(LONGEST));
        let read = io::Read::take(&mut input, 512)
            .read_line(&mut line)
            .map_err(|_| Stop::Usage("La clé de secours n'a pas pu être lue. Rien n'a été modifié. Recommencez."))?;
        if text.len() + line.len() < LONGEST {
            text.push_str(&line);
        }
        match RegisterKey::from_recovery_text(&text) {
            Ok(key) => return Ok(key),
            Err(RecoveryTextError::Length { .. }) if read > 0 && text.len() + line.len() < LONGEST => {}
            Err(error) => {
                return Err(Stop::Said { code: "recovery-key-typing", message: said(error), reference: "KC-07" });
            }
        }
    }
}

/// Where to look, and nothing of what was typed.
fn said(error: RecoveryTextError) -> String {
    let place = match error {
        RecoveryTextError::Length { line: None } => "il faut quatre lignes de trois groupes de cinq".to_owned(),
        RecoveryTextError::Length { line: Some(line) } => {
            format!("il manque ou il y a en trop un caractère à la ligne {line}")
        }
        RecoveryTextError::Character { line, group } => {
            format!("un caractère de la ligne {line}, groupe {group}, n'existe pas dans une clé de secours")
        }
        RecoveryTextError::Typing { line, group: Some(group) } => format!("vérifiez la ligne {line}, groupe {group}"),
        RecoveryTextError::Typing { line, group: None } => {
            format!("vérifiez toute la ligne {line}, et l'ordre des lignes")
        }
    };
    format!("Ce n'est pas la clé de secours telle qu'elle a été imprimée : {place}. Rien n'a été modifié. Recommencez.")
}

fn keychain() -> Result<SystemKeychain, Stop> {
    Ok(SystemKeychain::new(register::environment()?.namespace()))
}

fn author() -> String {
    whoami::username().unwrap_or_else(|_| "?".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_said_by_its_place() {
        for (error, expected) in [
            (RecoveryTextError::Length { line: None }, "quatre lignes"),
            (RecoveryTextError::Length { line: Some(2) }, "ligne 2"),
            (RecoveryTextError::Character { line: 3, group: 1 }, "ligne 3, groupe 1"),
            (RecoveryTextError::Typing { line: 4, group: Some(2) }, "ligne 4, groupe 2"),
            (RecoveryTextError::Typing { line: 1, group: None }, "ligne 1"),
        ] {
            let said = said(error);
            assert!(said.contains(expected) && said.ends_with("Recommencez."), "{said}");
        }
    }
}
