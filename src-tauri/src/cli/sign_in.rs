//! `comptoir sign-in`: the protocol alone, at any provider; neither register nor desk.

use super::lines::{Lines, failed, harmless, noticed};
use super::provider::{Chosen, NotChosen, choose};
use super::{Exit, SignInArgs, interruption};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::page_codes;
use comptoir_desk::{Clock as _, Notice, Patience};
use comptoir_franceconnect::{
    BrowserTurn, Ended, IdTokenHint, Loopback, OpenIdAttempt, Page, Returned, Vouched, WaitError,
};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use std::pin::pin;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How a sign-in ended, when nothing went wrong.
#[derive(Clone, Copy)]
enum Outcome {
    SignedIn,
    Refused,
    Abandoned,
}

enum Stop {
    Failure(Failure),
    Provider(NotChosen),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

pub(super) async fn run(args: SignInArgs) -> Exit {
    let lines = Lines::new(args.json);
    let cancel = CancellationToken::new();
    tokio::select! {
        exit = interruption() => {
            cancel.cancel();
            failed(&lines, "interrupted", "Interrompu. Rien n'a été gardé. Si la personne s'était déjà identifiée, fermez le navigateur : sa session peut y être encore.", "CL-01");
            exit
        }
        result = attempt(&args, &lines, &cancel) => match result {
            Ok(outcome) => {
                let (code, french, exit) = match outcome {
                    Outcome::SignedIn => ("signed-in", "Terminé : tous les contrôles ont réussi.", Exit::Done),
                    Outcome::Refused => ("refused", "La personne a refusé, ou le fournisseur n'a pas pu l'identifier.", Exit::NoIdentity),
                    Outcome::Abandoned => ("abandoned", "Personne n'est revenu du fournisseur dans le temps prévu. Rien n'a été gardé. S'il affichait une page d'erreur, son code dit la cause : client ou adresse de retour inconnus, paramètre refusé.", Exit::NoIdentity),
                };
                if matches!(outcome, Outcome::Abandoned) {
                    lines.told(&page_codes::as_text());
                }
                lines.event(&json!({"event": "done", "outcome": code}), french);
                exit
            }
            Err(Stop::Provider(problem)) => problem.tell(&lines),
            Err(Stop::Failure(failure)) => {
                failed(&lines, failure.code, &failure.message(), failure.reference);
                Exit::Fault
            }
        },
    }
}

async fn attempt(args: &SignInArgs, lines: &Lines, cancel: &CancellationToken) -> Result<Outcome, Stop> {
    let chosen = choose(&args.provider).await.map_err(Stop::Provider)?;
    let desk = Stand { chosen, lines, browser: !args.no_browser, cancel };
    desk.sign_in().await
}

/// What a sign-in is done with.
struct Stand<'a> {
    chosen: Chosen,
    lines: &'a Lines,
    browser: bool,
    cancel: &'a CancellationToken,
}

impl Stand<'_> {
    async fn sign_in(&self) -> Result<Outcome, Stop> {
        let Chosen { provider, http, sign_in_within, .. } = &self.chosen;
        let loopback = Loopback::bind(provider.return_address()).await?;
        let begun = OpenIdAttempt::begin(provider, &loopback, &SystemRandom::new(), SystemClock.now());
        let mut attempt = begun.map_err(|error| Failure::of(&error))?;
        self.open(attempt.authorize_url()).await;
        self.lines.event(
            &json!({"event": "waiting", "deadline_s": sign_in_within.as_secs()}),
            &format!("En attente ({} s au plus)…", sign_in_within.as_secs()),
        );
        let deadline = Instant::now() + *sign_in_within;
        let returned = self.wait(&mut attempt, &loopback, deadline).await;
        match returned.map_err(|error| Failure::of(&error))? {
            Returned::Code { code, browser } => match attempt.exchange(code, http, &SystemClock).await {
                Ok(vouched) => {
                    self.identity(&vouched);
                    self.leave(&vouched.id_token, browser, &loopback, Page::Done).await?;
                    Ok(Outcome::SignedIn)
                }
                Err(refused) => {
                    match &refused.owed_logout {
                        Some(hint) => self.leave(hint, browser, &loopback, Page::Failed).await?,
                        None => browser.finish(Page::Failed).await,
                    }
                    Err(Failure::from(&refused).into())
                }
            },
            Returned::Refused { error, browser } => {
                browser.finish(Page::Refused).await;
                if error.is_refusal() { Ok(Outcome::Refused) } else { Err(Failure::of(&error).into()) }
            }
            Returned::Abandoned(_) => Ok(Outcome::Abandoned),
        }
    }

    async fn wait(
        &self,
        attempt: &mut OpenIdAttempt,
        loopback: &Loopback,
        deadline: Instant,
    ) -> Result<Returned, WaitError> {
        let mut returned = pin!(attempt.wait_return(loopback, deadline, self.cancel));
        tokio::select! {
            biased;
            returned = &mut returned => return returned,
            () = loopback.https_wanted() => noticed(self.lines, Notice::HttpsWanted),
        }
        returned.await
    }

    async fn open(&self, address: &Url) {
        let opened = if self.browser {
            let address = address.clone();
            let open = move || tauri_plugin_opener::open_url(address, None::<&str>).is_ok();
            tokio::task::spawn_blocking(open).await.unwrap_or(false)
        } else {
            false
        };
        self.lines.event(
            &json!({"event": "open-browser", "url": address.as_str(), "purpose": "sign-in", "opened": opened}),
            &format!("Ouvrez cette adresse sur cet ordinateur pour vous identifier :\n{address}"),
        );
    }

    fn identity(&self, vouched: &Vouched) {
        let mut french = vec![format!(
            "Identité reçue et contrôlée (identifiant {}, niveau {}) :",
            harmless(vouched.sub.expose()),
            harmless(vouched.acr.as_deref().unwrap_or("non indiqué"))
        )];
        for (name, value) in &vouched.claims {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            french.push(format!("  {} : {}", harmless(name), harmless(&value)));
        }
        self.lines.event(
            &json!({
                "event": "identity",
                "sub": vouched.sub.expose(),
                "acr": vouched.acr,
                "auth_time": vouched.auth_time.map(jiff::Timestamp::as_second),
                "claims": Value::Object(vouched.claims.clone()),
            }),
            &french.join("\n"),
        );
    }

    /// Ends the session in the browser in hand; an interruption does not keep it from leaving.
    async fn leave(
        &self,
        hint: &IdTokenHint,
        browser: BrowserTurn,
        loopback: &Loopback,
        otherwise: Page,
    ) -> Result<(), Stop> {
        let randomness = comptoir_franceconnect::BeginError::from;
        let turn = loopback.expect_end(&SystemRandom::new()).map_err(|error| Failure::of(&randomness(error)))?;
        let address = self.chosen.provider.end_session_url(hint, &loopback.end_uri(), turn.state());
        let Some(address) = address else {
            browser.finish(otherwise).await;
            self.lines.event(
                &json!({"event": "signed-out", "confirmed": false}),
                "Ce fournisseur n'a pas de fin de session : fermez le navigateur.",
            );
            return Ok(());
        };
        browser.send_on(&address).await;
        let deadline = Instant::now() + Patience::default().sign_out;
        let confirmed = loopback.wait_end(turn, deadline, &CancellationToken::new()).await == Ended::Confirmed;
        self.lines.event(
            &json!({"event": "signed-out", "confirmed": confirmed}),
            if confirmed {
                "Session fermée."
            } else {
                "La fermeture de la session n'est pas confirmée : fermez le navigateur."
            },
        );
        Ok(())
    }
}
