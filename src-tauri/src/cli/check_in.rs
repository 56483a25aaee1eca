//! `comptoir check-in`: the whole check-in without a window.

use super::lines::{ConcordanceView, Lines, failed, noticed};
use super::provider::{NotChosen, choose};
use super::{CheckInArgs, Exit, interruption};
use crate::browser::Opening;
use crate::failure::Failure;
use crate::folders::Environment;
use crate::opening::{self, Opened};
use crate::page_codes;
use crate::qr::Picture;
use crate::window::present;
use comptoir_desk::{CheckInRequest, Opened as Place, Outcome, Purpose, Step, Verdict, Way, check_in};
use comptoir_identity::{BirthDate, PivotIdentity};
use comptoir_register::{RecordId, Search};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub(super) async fn run(args: CheckInArgs) -> Exit {
    let lines = Lines::new(args.json);
    let cancel = CancellationToken::new();
    tokio::select! {
        exit = interruption() => {
            cancel.cancel();
            failed(&lines, "interrupted", "Interrompu. Si la connexion était en cours, la prochaine vérification fermera d'abord la session FranceConnect.", "CL-01");
            exit
        }
        result = attempt(&args, &lines, &cancel) => match result {
            Ok(outcome) => {
                if outcome == Outcome::Abandoned {
                    lines.told(&page_codes::as_text());
                }
                lines.event(&json!({"event": "done", "outcome": outcome.code()}), "Terminé.");
                match outcome {
                    Outcome::Concordant | Outcome::Explained | Outcome::Discordant | Outcome::Several | Outcome::Unknown => Exit::Done,
                    Outcome::UnusableIdentity | Outcome::Refused | Outcome::Abandoned => Exit::NoIdentity,
                }
            }
            Err(Stop::Failure(failure)) => {
                failed(&lines, failure.code, &failure.message(), failure.reference);
                Exit::Fault
            }
            Err(Stop::Provider(problem)) => problem.tell(&lines),
            Err(Stop::Usage(message)) => {
                failed(&lines, "usage", message, "CL-02");
                Exit::Usage
            }
        },
    }
}

enum Stop {
    Failure(Failure),
    Provider(NotChosen),
    Usage(&'static str),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

async fn attempt(args: &CheckInArgs, lines: &Lines, cancel: &CancellationToken) -> Result<Outcome, Stop> {
    let stem = match (&args.birth_date, &args.name) {
        (Some(date), Some(name)) => {
            let date = BirthDate::parse_iso(date)
                .map_err(|_| Stop::Usage("La date de naissance doit être de la forme AAAA-MM-JJ."))?;
            Some((date, name.clone()))
        }
        _ => None,
    };
    // The demonstration in it is kept until the end: it stops when dropped.
    let chosen = choose(&args.provider).await.map_err(Stop::Provider)?;
    let provider = chosen.franceconnect().map_err(Stop::Provider)?;
    let environment = if args.provider.demo { Environment::Demonstration } else { Environment::behind(&provider) };
    let opening = match (args.no_browser, args.shared_browser) {
        (true, _) => Opening::ByHand,
        (false, true) => Opening::Shared,
        (false, false) => Opening::ThrowAway,
    };
    let Opened { mut desk, .. } =
        opening::open(environment, args.session_only, chosen.http.clone(), opening, Arc::clone(&chosen.credentials))?;
    desk.patience.sign_in = chosen.sign_in_within;
    let opened = match stem {
        Some((birth_date, name)) => only_record(&desk.register, birth_date, name)?,
        None => None,
    };
    let way = if args.phone { Way::Phone } else { Way::ThisComputer };
    let request = CheckInRequest { opened, browser_closed: args.browser_closed, way };
    let concluded = check_in(&desk, &provider, request, &|step| tell(lines, &step), cancel).await?;
    Ok(concluded.outcome)
}

/// The record that a birth date and a stem designate, when it is one.
fn only_record(
    register: &comptoir_register::Register,
    birth_date: BirthDate,
    name: String,
) -> Result<Option<RecordId>, Stop> {
    let found = register.search(&Search { birth_date, name_stem: Some(name), given_name_stem: None }, 2)?;
    Ok(match found.patients.as_slice() {
        [only] => Some(only.id),
        _ => None,
    })
}

fn tell(lines: &Lines, step: &Step) {
    match step {
        Step::OpenBrowser { address, purpose, opened } => {
            let (purpose, french) = match purpose {
                Purpose::SignIn => {
                    ("sign-in", "Ouvrez cette adresse sur cet ordinateur pour que le patient s'identifie")
                }
                Purpose::SignOut => {
                    ("sign-out", "Ouvrez cette adresse pour fermer la session FranceConnect précédente")
                }
            };
            let (opened, place) = match opened {
                Some(Place::ThrowAway) => (true, "throw-away"),
                Some(Place::Shared) => (true, "shared"),
                Some(Place::ByHand) | None => (false, "by-hand"),
            };
            let event = json!({
                "event": "open-browser", "url": address.as_str(), "purpose": purpose, "opened": opened, "browser": place,
            });
            // Not shown to a person: opened elsewhere, a session would outlive the check-in.
            let french = if place == "throw-away" {
                "Une fenêtre de navigateur s'est ouverte pour le patient ; elle se fermera seule.".to_owned()
            } else {
                format!("{french} :\n{address}")
            };
            lines.event(&event, &french);
        }
        Step::ShowCode { verification_uri, verification_uri_complete, user_code, expires } => {
            if let Some(picture) = Picture::of(verification_uri_complete) {
                lines.picture(&picture.half_blocks());
            }
            lines.event(
                &json!({
                    "event": "show-code", "url": verification_uri_complete.as_str(), "verification_uri": verification_uri.as_str(),
                    "user_code": user_code, "expires": expires.to_string(),
                }),
                &format!(
                    "Le patient scanne ce code avec son téléphone et vérifie que le même code s'affiche : {user_code}\n\
                     Sans appareil photo, il ouvre {verification_uri} et tape le code."
                ),
            );
        }
        Step::Waiting { deadline } => lines.event(
            &json!({"event": "waiting", "deadline_s": deadline.as_secs()}),
            &format!("En attente ({} s au plus)…", deadline.as_secs()),
        ),
        Step::Noticed(notice) => noticed(lines, *notice),
        Step::Identity { acr, identity } => lines.event(
            &json!({"event": "identity", "acr": acr.as_str(), "traits": traits(identity)}),
            &format!("Identité reçue de FranceConnect (niveau {}).", acr.as_str()),
        ),
        Step::Verdict(verdict) => lines.event(&verdict_event(verdict), &french_verdict(verdict)),
        Step::SignedOut { confirmed, remains } => lines.event(
            &json!({"event": "signed-out", "confirmed": confirmed, "remains": remains}),
            match (confirmed, remains) {
                (true, _) => "Session FranceConnect fermée.",
                (false, false) => "Session FranceConnect effacée avec le navigateur du patient.",
                (false, true) => "La fermeture de la session FranceConnect n'est pas confirmée : fermez le navigateur.",
            },
        ),
    }
}

/// The traits as they were received, dates as AAAA-MM-JJ; an absent trait is null.
fn traits(identity: &PivotIdentity) -> Value {
    let traits = identity.traits();
    let text = |text: String| if text.is_empty() { Value::Null } else { Value::String(text) };
    let mut object: Map<String, Value> =
        present::texts(traits).into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
    object.insert("birth_date".to_owned(), traits.birth_date.map_or(Value::Null, |date| Value::String(date.iso())));
    Value::Object(object)
}

fn verdict_event(verdict: &Verdict) -> Value {
    let candidates: Vec<Value> = verdict
        .candidates
        .iter()
        .map(|one| {
            json!({
                "record": one.patient.record,
                "opened": one.opened,
                "plausible": one.plausible,
                "concordance": ConcordanceView(&one.concordance),
            })
        })
        .collect();
    json!({
        "event": "verdict",
        "outcome": verdict.outcome.code(),
        "link": present::link_code(verdict.link),
        "twin": verdict.twin,
        "record": verdict.best().map(|best| best.patient.record.as_str()),
        "concordance": verdict.best().map(|best| ConcordanceView(&best.concordance)),
        "candidates": candidates,
    })
}

fn french_verdict(verdict: &Verdict) -> String {
    let sentence = match verdict.outcome {
        Outcome::Concordant => "Les identités concordent.",
        Outcome::Explained => "Les identités concordent, à des différences d'écriture près.",
        Outcome::Discordant => "Un trait strict diffère : ne rattachez pas sans pièce d'identité.",
        Outcome::Several => "Plusieurs dossiers peuvent être ceux de cette personne.",
        Outcome::Unknown => "Aucun dossier du registre ne correspond à cette personne.",
        Outcome::UnusableIdentity => "L'identité reçue est incomplète : utilisez la pièce d'identité.",
        Outcome::Refused => {
            "La personne a refusé, ou FranceConnect n'a pas pu l'identifier : utilisez la pièce d'identité."
        }
        Outcome::Abandoned => "Personne n'est revenu de FranceConnect : utilisez la pièce d'identité ou recommencez.",
    };
    let record = verdict.best().map(|best| format!(" Dossier {}.", best.patient.record)).unwrap_or_default();
    let twin = if verdict.twin { " Attention : jumeau possible au registre." } else { "" };
    format!("{sentence}{record}{twin}")
}
