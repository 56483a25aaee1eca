//! What an administrator does with desks: `comptoir-relay desk enrol|list|revoke --desks FILE`.

use std::error::Error;
use std::fmt::Write as _;

use comptoir_franceconnect::SecureRandom;
use comptoir_relay::{CodeLife, DeskBook, EnrolmentCode, FileDesks};
use jiff::Timestamp;

const USAGE: &str = "Usage : comptoir-relay desk enrol [--minutes N] --desks FICHIER\n\
                     \x20       comptoir-relay desk list --desks FICHIER\n\
                     \x20       comptoir-relay desk revoke IDENTIFIANT --desks FICHIER\n";

/// Does one command on the desks, and returns what to print.
pub(crate) async fn desk(
    arguments: &[String],
    rng: &dyn SecureRandom,
    now: Timestamp,
) -> Result<String, Box<dyn Error>> {
    let (mut words, mut file, mut minutes) = (Vec::new(), None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--desks" => file = rest.next(),
            "--minutes" => minutes = Some(rest.next().and_then(|text| text.parse().ok()).ok_or(USAGE)?),
            word => words.push(word),
        }
    }
    let book = FileDesks::at(file.ok_or(USAGE)?.into());
    match words.as_slice() {
        ["enrol"] => {
            let life = minutes.map_or(Some(CodeLife::USUAL), CodeLife::of_minutes);
            let life = life.ok_or("La durée d'un code va de 15 à 4320 minutes. Aucun code n'a été créé.")?;
            let (code, until) = (EnrolmentCode::draw(rng)?, life.end(now));
            book.issue(code.hash(), until, now).await?;
            Ok(format!("Code d'inscription : {}\nValable pour un poste, jusqu'au {until}.\n", code.shown()))
        }
        ["list"] => {
            let mut text = String::new();
            for desk in book.list().await? {
                let state = desk.revoked.map_or_else(|| "inscrit".to_owned(), |at| format!("révoqué le {at}"));
                let seen = desk.last_seen.map_or_else(|| "jamais vu".to_owned(), |at| format!("vu le {at}"));
                writeln!(text, "{}\t{}\t{state}\t{seen}", desk.client_id, desk.name.as_str())?;
            }
            Ok(if text.is_empty() { "Aucun poste n'est inscrit.\n".to_owned() } else { text })
        }
        ["revoke", client_id] => {
            if book.revoke(client_id, now).await? {
                Ok("Le poste est révoqué. Il ne sera plus servi.\n".to_owned())
            } else {
                Err("Aucun poste n'a cet identifiant. Rien n'a été modifié. Voyez : comptoir-relay desk list".into())
            }
        }
        _ => Err(USAGE.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    #[tokio::test]
    async fn commands_are_done_or_explained() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("desks.json").to_str().unwrap().to_owned();
        for (line, done, expected) in [
            ("list --desks FILE", true, "Aucun poste"),
            ("enrol --desks FILE", true, "Code d'inscription : "),
            ("enrol --minutes 15 --desks FILE", true, "Code d'inscription : "),
            ("enrol --minutes 14 --desks FILE", false, "Aucun code n'a été créé"),
            ("enrol --minutes x --desks FILE", false, "Usage"),
            ("revoke nobody --desks FILE", false, "Rien n'a été modifié"),
            ("revoke --desks FILE", false, "Usage"),
            ("enrol", false, "Usage"),
            ("", false, "Usage"),
        ] {
            let arguments: Vec<_> = line.replace("FILE", &path).split_whitespace().map(str::to_owned).collect();
            let outcome = desk(&arguments, &SystemRandom::new(), Timestamp::UNIX_EPOCH).await;
            assert_eq!(outcome.is_ok(), done, "{line}");
            let said = outcome.unwrap_or_else(|error| error.to_string());
            assert!(said.contains(expected), "{line}: {said}");
        }
    }
}
