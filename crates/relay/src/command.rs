//! What an administrator does with desks: `comptoir-relay desk enrol|list|revoke --config FILE`, or `--desks FILE`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use comptoir_franceconnect::SecureRandom;
use comptoir_relay::{CodeLife, ConfigError, ConfiguredDesks, DeskBook, Desks, EnrolmentCode, FileDesks};
use jiff::Timestamp;

const USAGE: &str = "Usage : comptoir-relay desk enrol [--minutes N] LIVRE\n\
                     \x20       comptoir-relay desk list LIVRE\n\
                     \x20       comptoir-relay desk revoke IDENTIFIANT LIVRE\n\
                     LIVRE : --config FICHIER [--establishment CHEMIN], ou --desks FICHIER\n";

/// Does one command on the desks, and returns what to print.
pub(crate) async fn desk(
    arguments: &[String],
    rng: &dyn SecureRandom,
    now: Timestamp,
) -> Result<String, Box<dyn Error>> {
    let (mut words, mut minutes) = (Vec::new(), None);
    let (mut file, mut config, mut establishment) = (None, None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--desks" => file = Some(rest.next().ok_or(USAGE)?),
            "--config" => config = Some(rest.next().ok_or(USAGE)?),
            "--establishment" => establishment = Some(rest.next().ok_or(USAGE)?),
            "--minutes" => minutes = Some(rest.next().and_then(|text| text.parse().ok()).ok_or(USAGE)?),
            word => words.push(word),
        }
    }
    let book: Arc<dyn DeskBook> = match (file, config, establishment) {
        (Some(file), None, None) => Arc::new(FileDesks::at(file.into())),
        (None, Some(config), path) => of_config(Path::new(config), path.map(String::as_str)).await?,
        (Some(_) | None, _, _) => return Err(USAGE.into()),
    };
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

/// Opens the book that a configuration names.
async fn of_config(config: &Path, establishment: Option<&str>) -> Result<Arc<dyn DeskBook>, Box<dyn Error>> {
    let configured = ConfiguredDesks::read(config, establishment).map_err(|error| {
        if let ConfigError::WhichEstablishment(paths) = error {
            format!("Dites de quel établissement il s'agit, avec --establishment : {paths}. Rien n'a été modifié.")
        } else {
            format!("La configuration n'est pas utilisable : {error}. Rien n'a été modifié.")
        }
    })?;
    match configured.open().await {
        Ok(Desks::Enrolled(book)) => Ok(book),
        Ok(Desks::Public { .. }) => {
            Err("Cet établissement sert tous les postes, sans les inscrire : desks = { public = … } \
             dans la configuration. Rien n'a été modifié."
                .into())
        }
        Err(error) => Err(format!(
            "La base de données n'est pas utilisable : {error}. Rien n'a été modifié. Voyez : comptoir-relay check"
        )
        .into()),
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
        let config = folder.path().join("relay.toml").to_str().unwrap().to_owned();
        let establishment = |path: &str, desks: &str| {
            format!(
                "[[establishment]]\npath = \"{path}\"\nname = \"{path}\"\nissuer = \"https://x.example\"\n\
                 client_id = \"c\"\nclient_secret = {{ file = \"/nowhere\" }}\ndesks = {desks}\n"
            )
        };
        let head =
            "listen = \"127.0.0.1:1\"\naddress = \"https://relais.example\"\nsealing_key = { file = \"/nowhere\" }\n";
        let own = folder.path().join("own.json");
        let (file, public) = (format!("{{ enrolled = \"{}\" }}", own.display()), "{ public = \"comptoir\" }");
        let text = format!("{head}{}{}", establishment("/a", &file), establishment("/b", public));
        std::fs::write(&config, text).unwrap();
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
            ("list --config CONFIG --establishment /a", true, "Aucun poste"),
            ("enrol --config CONFIG --establishment /a", true, "Code d'inscription : "),
            ("list --config CONFIG", false, "--establishment : /a, /b"),
            ("list --config CONFIG --establishment /c", false, "--establishment : /a, /b"),
            ("enrol --config CONFIG --establishment /b", false, "sert tous les postes"),
            ("list --config FILE", false, "La configuration n'est pas utilisable"),
            ("list --config CONFIG --desks FILE", false, "Usage"),
            ("list --desks FILE --establishment /a", false, "Usage"),
            ("list --config", false, "Usage"),
        ] {
            let arguments: Vec<_> =
                line.replace("FILE", &path).replace("CONFIG", &config).split_whitespace().map(str::to_owned).collect();
            let outcome = desk(&arguments, &SystemRandom::new(), Timestamp::UNIX_EPOCH).await;
            assert_eq!(outcome.is_ok(), done, "{line}");
            let said = outcome.unwrap_or_else(|error| error.to_string());
            assert!(said.contains(expected), "{line}: {said}");
        }
        assert!(own.exists(), "the code is where the establishment's desks are");
    }
}
