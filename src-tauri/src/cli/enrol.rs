//! `comptoir enrol`: this desk makes itself known to the organisation's relay, once.

use super::lines::Lines;
use super::register::Stop;
use super::work::{Ended, until_interrupted};
use super::{EnrolArgs, Exit};
use crate::clock::SystemClock;
use crate::configuration::{self, ConfigurationError};
use crate::failure::Failure;
use crate::folders::Environment;
use crate::keychain::SystemKeychain;
use comptoir_desk::{Keychain, enrol_desk};
use comptoir_franceconnect::{DeskCredential, EnrolError, HttpClient, Provider, Secret};
use ring::rand::SystemRandom;
use serde_json::json;
use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::Arc;
use tokio::runtime::Handle;
use url::Url;
use zeroize::Zeroizing;

/// No enrolment code is as long, however it is spaced.
const LONGEST: u64 = 256;

pub(super) async fn run(args: EnrolArgs) -> Exit {
    let lines = Lines::new(args.json);
    match enrolled(args).await {
        Ended::Done(Ok(environment)) => {
            let (configured, said) = match environment {
                Environment::Production => (
                    true,
                    "Ce poste est inscrit : sa clé est dans le trousseau et le relais dans comptoir.toml. Comptoir s'ouvre \
                     désormais sur le registre du cabinet.",
                ),
                Environment::Demonstration => (
                    false,
                    "Ce poste est inscrit : sa clé est dans le trousseau. Ce relais sert des identités fictives : comptoir.toml \
                     n'a pas été modifié. Essayez-le avec comptoir check-in --relay.",
                ),
            };
            lines.event(&json!({"event": "enrolled", "configured": configured}), said);
            lines.detail(&json!({"event": "done"}));
            Exit::Done
        }
        Ended::Done(Err(stop)) => stop.end(&lines),
        Ended::Interrupted(exit) => {
            Stop::Failure(Failure::INTERRUPTED).end(&lines);
            exit
        }
    }
}

async fn enrolled(args: EnrolArgs) -> Ended<Environment> {
    let (http, environment) = match relay(&args.relay).await {
        Ok(found) => found,
        Err(stop) => return Ended::Done(Err(stop)),
    };
    // Interrupted here, the system ends the program: the shell then lets the terminal show again what is typed.
    let (given, from_input) = (args.code, args.code_stdin);
    let asked =
        tokio::task::spawn_blocking(move || given.map_or_else(|| read_code(from_input), |code| Ok(Secret::new(code))));
    let code = match asked.await {
        Ok(Ok(code)) => code,
        Ok(Err(stop)) => return Ended::Done(Err(stop)),
        Err(_) => return Ended::Done(Err(Stop::Failure(Failure::INTERRUPTED))),
    };
    let runtime = Handle::current();
    // Interrupted here, it goes on to its end: a code used for a key that was not kept is lost.
    until_interrupted(move |_| runtime.block_on(enrol(&http, &args.relay, &code, args.name, environment))).await
}

/// What stands behind the relay, asked before the code is.
async fn relay(issuer: &Url) -> Result<(HttpClient, Environment), Stop> {
    match configuration::read() {
        Ok(_) | Err(ConfigurationError::Missing) => {}
        Err(error) => return Err(error.into()),
    }
    let http = HttpClient::new().map_err(|error| Failure::of(&error))?;
    let found = Provider::discover_relay(&http, issuer.clone(), &DeskCredential::public()).await;
    let provider = found.map_err(|error| Failure::of(&error))?;
    if !provider.knows_desks() {
        return Err(Failure::of(&EnrolError::NotOffered).into());
    }
    Ok((http, Environment::behind(&provider)))
}

async fn enrol(
    http: &HttpClient,
    issuer: &Url,
    code: &Secret,
    name: Option<String>,
    environment: Environment,
) -> Result<Environment, Stop> {
    let name = name.or_else(|| whoami::hostname().ok()).unwrap_or_else(|| "Accueil".to_owned());
    let credentials: Arc<dyn Keychain> = Arc::new(SystemKeychain::new(Environment::CREDENTIALS));
    enrol_desk(http, &credentials, issuer, code, &name, &SystemRandom::new(), &SystemClock).await?;
    if environment == Environment::Production {
        configuration::set_relay(issuer)?;
    }
    Ok(environment)
}

/// Asks for the code on the terminal, where it is not shown, or reads it from standard input.
fn read_code(from_input: bool) -> Result<Secret, Stop> {
    let unreadable =
        |_| Stop::Usage("Le code d'inscription n'a pas pu être lu. Rien n'a été envoyé. Relancez la commande.");
    let text = if from_input {
        let mut text = Zeroizing::new(String::new());
        io::stdin().lock().take(LONGEST).read_line(&mut text).map_err(unreadable)?;
        text
    } else if io::stdin().is_terminal() {
        Zeroizing::new(rpassword::prompt_password("Code d'inscription (il ne s'affiche pas) : ").map_err(unreadable)?)
    } else {
        return Err(Stop::Usage(
            "Il faut le code d'inscription, et il n'y a pas de terminal où le demander. Rien n'a été envoyé. Donnez-le par \
             l'entrée standard avec --code-stdin.",
        ));
    };
    let code = text.trim();
    if code.is_empty() {
        return Err(Stop::Usage("Le code d'inscription est vide. Rien n'a été envoyé. Relancez la commande."));
    }
    Ok(Secret::new(code.to_owned()))
}
