//! `comptoir doctor`: what the desk needs, one line each, with the remedy.

use super::lines::Lines;
use super::register::{self, Stop};
use super::{DoctorArgs, Exit, journal};
use crate::browser;
use crate::clock::SystemClock;
use crate::configuration::{self, BrowserChoice, Configuration};
use crate::failure::Failure;
use crate::folders::Environment;
use crate::keychain::SystemKeychain;
use crate::opening::REGISTER_FILE;
use comptoir_desk::{Clock, Keychain, Secret, open_register};
use comptoir_franceconnect::{HttpClient, Loopback, ReturnAddress};
use comptoir_register::{BACKUPS_FOLDER, backups};
use ring::rand::SystemRandom;
use serde_json::json;

const DAMAGED: &str = "N'effacez rien : restaurez la dernière sauvegarde (comptoir restore) avec votre informaticien.";

/// A backup older than a week leaves too much to be done again.
const OLDEST_BACKUP_HOURS: i64 = 7 * 24;

/// The state of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Attention,
    Fault,
}

/// One line: what was looked at, how it is, what to do.
struct Finding {
    subject: &'static str,
    state: State,
    said: String,
    remedy: String,
}

fn good(subject: &'static str, said: impl Into<String>) -> Finding {
    Finding { subject, state: State::Good, said: said.into(), remedy: String::new() }
}

fn attention(subject: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { subject, state: State::Attention, said: said.into(), remedy: remedy.into() }
}

fn fault(subject: &'static str, said: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { subject, state: State::Fault, said: said.into(), remedy: remedy.into() }
}

pub(super) async fn run(args: DoctorArgs) -> Exit {
    if args.journal {
        return register::on_a_thread(args.json, move |lines| journal::check(&args, lines)).await;
    }
    let lines = Lines::new(args.json);
    if args.register.register.is_some() || args.register.key_env.is_some() {
        return Stop::Usage("--register et --key-env vont avec --journal. Rien n'a été examiné. Ajoutez --journal.")
            .end(&lines);
    }
    let configuration = configuration::read();
    let environment = match &configuration {
        Ok(Configuration::Demonstration) => Environment::Demonstration,
        Ok(Configuration::Relay(..)) | Err(_) => Environment::Production,
    };
    let mut worst = Exit::Done;
    let findings = [
        configuration_line(&configuration),
        blocking(move || keychain_line(environment)).await,
        blocking(move || register_line(environment)).await,
        blocking(move || backup_line(environment)).await,
        clock_line(&configuration).await,
        loopback_line().await,
        {
            let shared = matches!(configuration, Ok(Configuration::Relay(_, BrowserChoice::Shared)));
            blocking(move || patients_browser_line(environment, shared)).await
        },
        blocking(browser_line).await,
    ];
    for Finding { subject, state, said, remedy } in findings {
        let (code, french) = match state {
            State::Good => ("ok", "ok       "),
            State::Attention => ("attention", "attention"),
            State::Fault => ("fault", "défaut   "),
        };
        if state == State::Fault {
            worst = Exit::Fault;
        }
        let event = json!({"event": "check", "subject": subject, "state": code, "said": said, "remedy": remedy});
        let arrow = if remedy.is_empty() { "" } else { " → " };
        lines.event(&event, &format!("{french}  {subject:<13}  {said}{arrow}{remedy}"));
    }
    worst
}

async fn blocking(look: impl FnOnce() -> Finding + Send + 'static) -> Finding {
    tokio::task::spawn_blocking(look)
        .await
        .unwrap_or_else(|_| fault("comptoir", "L'examen s'est interrompu.", "Relancez comptoir doctor."))
}

fn configuration_line(configuration: &Result<Configuration, configuration::ConfigurationError>) -> Finding {
    const SUBJECT: &str = "configuration";
    match configuration {
        Ok(Configuration::Demonstration) => good(SUBJECT, "Aucune : démonstration."),
        Ok(Configuration::Relay(relay, _)) => good(SUBJECT, format!("Relais {relay}")),
        Err(_) => fault(
            SUBJECT,
            "Le fichier comptoir.toml manque ou n'est pas valide.",
            "Remettez-le en place avec une ligne relay = \"https://…\".",
        ),
    }
}

fn keychain_line(environment: Environment) -> Finding {
    const SUBJECT: &str = "trousseau";
    const PROBE: &str = "doctor-probe";
    let keychain = SystemKeychain::new(environment.namespace());
    let probe = Secret::new(b"probe".to_vec());
    let tried = keychain
        .write(PROBE, &probe)
        .and_then(|()| keychain.read(PROBE))
        .and_then(|read| keychain.remove(PROBE).map(|()| read));
    match tried {
        Ok(Some(read)) if read.expose() == probe.expose() => good(SUBJECT, "Écrit, relu, effacé."),
        Ok(_) => fault(SUBJECT, "Ce qui a été écrit n'a pas été relu.", "Vérifiez le trousseau de la session."),
        Err(error) => {
            let failure = Failure::from(error);
            fault(SUBJECT, failure.code, failure.message())
        }
    }
}

fn register_line(environment: Environment) -> Finding {
    const SUBJECT: &str = "registre";
    let file = match environment.data_folder() {
        Ok(folder) => folder.join(REGISTER_FILE),
        Err(_) => return fault(SUBJECT, "Dossier de données inaccessible.", Failure::FOLDER.message()),
    };
    if !file.exists() {
        return attention(SUBJECT, "Pas encore créé.", "Il le sera à la première ouverture.");
    }
    let keychain = SystemKeychain::new(environment.namespace());
    let register = match open_register(&file, &keychain, &SystemRandom::new()) {
        Ok(register) => register,
        Err(error) => {
            let failure = Failure::from(error);
            return fault(SUBJECT, failure.code, failure.message());
        }
    };
    match (register.count(), register.examine()) {
        (Ok(count), Ok(soundness)) => {
            let pages = soundness.altered_pages;
            if pages > 0 || !soundness.structure_whole || soundness.journal.is_none() {
                fault(SUBJECT, format!("Fichier endommagé ({pages} pages altérées)."), DAMAGED)
            } else if soundness.is_whole() {
                good(SUBJECT, format!("{count} dossiers, fichier et journal entiers."))
            } else {
                fault(
                    SUBJECT,
                    "La chaîne du journal est rompue.",
                    "Prévenez le référent en identitovigilance ; ne supprimez rien.",
                )
            }
        }
        _ => fault(SUBJECT, "Lecture impossible.", DAMAGED),
    }
}

/// The newest backup, where backups go unless another folder is said.
fn backup_line(environment: Environment) -> Finding {
    const SUBJECT: &str = "sauvegarde";
    const REMEDY: &str = "Lancez comptoir backup, et gardez une copie hors de cet ordinateur.";
    if environment == Environment::Demonstration {
        return good(SUBJECT, "Sans objet : patients fictifs.");
    }
    let Ok(folder) = environment.data_folder() else {
        return fault(SUBJECT, "Dossier de données inaccessible.", Failure::FOLDER.message());
    };
    let folder = folder.join(BACKUPS_FOLDER);
    let Some(newest) = backups(&folder).into_iter().next() else {
        return attention(SUBJECT, format!("Aucune dans {}.", folder.display()), REMEDY);
    };
    let hours = SystemClock.now().duration_since(newest.at).as_hours();
    let said = format!("La dernière a {}.", age(hours));
    if hours <= OLDEST_BACKUP_HOURS { good(SUBJECT, said) } else { attention(SUBJECT, said, REMEDY) }
}

fn age(hours: i64) -> String {
    match hours {
        ..1 => "moins d'une heure".to_owned(),
        1 => "une heure".to_owned(),
        2..48 => format!("{hours} heures"),
        _ => format!("{} jours", hours / 24),
    }
}

async fn clock_line(configuration: &Result<Configuration, configuration::ConfigurationError>) -> Finding {
    const SUBJECT: &str = "horloge";
    let now = SystemClock.now();
    let Ok(Configuration::Relay(relay, _)) = configuration else {
        return attention(SUBJECT, format!("{now}"), "Comparée à rien : aucun relais n'est configuré.");
    };
    let offset = match HttpClient::new() {
        Ok(http) => http.clock_offset(relay, now).await,
        Err(_) => None,
    };
    match offset {
        Some(seconds) if seconds.abs() <= 30 => good(SUBJECT, format!("Écart de {seconds} s avec le relais.")),
        Some(seconds) => fault(
            SUBJECT,
            format!("Écart de {seconds} s avec le relais."),
            "Réglez l'heure automatique du système : au-delà d'une minute, FranceConnect échoue.",
        ),
        None => attention(SUBJECT, "Le relais ne répond pas.", "Vérifiez la connexion Internet et le proxy."),
    }
}

async fn loopback_line() -> Finding {
    const SUBJECT: &str = "retour local";
    match Loopback::bind(ReturnAddress::Ephemeral).await {
        Ok(_) => good(SUBJECT, "127.0.0.1 écoute et répond."),
        Err(error) => {
            let failure = Failure::from(error);
            fault(SUBJECT, failure.code, failure.message())
        }
    }
}

/// The browser that patients sign in in, and what an earlier one has left.
fn patients_browser_line(environment: Environment, shared: bool) -> Finding {
    const SUBJECT: &str = "patient";
    if browser::profiles_remain(environment) {
        return attention(
            SUBJECT,
            "Un profil de navigateur jetable n'a pas pu être effacé.",
            "Fermez la fenêtre de navigateur de la vérification ; il sera effacé à la prochaine.",
        );
    }
    if shared {
        return good(SUBJECT, "Navigateur du poste, comme le dit comptoir.toml.");
    }
    match browser::choose() {
        Some(found) => good(SUBJECT, format!("{}, profil effacé après chaque vérification.", found.kind.name())),
        None => attention(
            SUBJECT,
            "Pas de navigateur à profil jetable.",
            "Installez Chrome, Chromium, Edge, Brave ou Firefox (hors snap et flatpak).",
        ),
    }
}

#[cfg(target_os = "linux")]
fn browser_line() -> Finding {
    const SUBJECT: &str = "navigateur";
    let output = std::process::Command::new("xdg-mime").args(["query", "default", "x-scheme-handler/https"]).output();
    match output {
        Ok(output) if output.status.success() && !output.stdout.trim_ascii().is_empty() => {
            good(SUBJECT, String::from_utf8_lossy(output.stdout.trim_ascii()).into_owned())
        }
        Ok(_) => attention(
            SUBJECT,
            "Aucun navigateur par défaut.",
            "Choisissez-en un dans les réglages ; l'adresse peut toujours être copiée.",
        ),
        Err(_) => attention(
            SUBJECT,
            "xdg-utils n'est pas installé.",
            "Installez xdg-utils ; l'adresse peut toujours être copiée.",
        ),
    }
}

#[cfg(not(target_os = "linux"))]
fn browser_line() -> Finding {
    good("navigateur", "Celui du système.")
}
