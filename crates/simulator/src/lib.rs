//! FranceConnect as it really behaves, with fictitious citizens, for demonstration and tests.
//!
//! The simulator listens on 127.0.0.1 only and is reset by a restart: keys, sessions and codes
//! live in memory. Where documentation and running code differ it does what was observed, quirks
//! included: the discovery document promises PKCE and three response modes, the authorization
//! endpoint refuses both.
//!
//! A visitor, human or scripted, walks these pages, all below `/api/v2`:
//!
//! | page | what is on it |
//! |---|---|
//! | `/interaction/{uid}` | form `providers`: buttons `provider-impots`, `provider-ameli`, … (on the high platform `provider-la-poste`, `provider-france-identite`, …); link `abort` |
//! | `/interaction/{uid}/sign-in` | form `sign-in-form`: fields `login`, `password` (always 123), button `sign-in`; form `people`: one button `citizen-{login}` each; form `free-entry`: fields `family_name`, `given_name`, `preferred_username`, `gender`, `birthdate`, `birthplace`, `birthcountry`, `email`, button `enter`; link `cancel` |
//! | `/interaction/{uid}/information` | the person (`person`), form `information`: button `continue`, box `consent` for a private client |
//! | error page | the code (`code`), link `return` when the caller can still be told |
//! | `/session/end` | form `logout`, submitted by script; button `logout-continue` |
//!
//! `/simulator` tells a publisher what differs from the real one; `/simulator/faults` has a form
//! `faults` with one button `fault-{name}` each and a list `person`, a form `behave-{login}` for each person
//! with a fault of their own, and a form `rotate` with the button `rotate-keys`; both take and give JSON too.
//!
//! `GET /simulator/sessions` and `GET /simulator/trace` answer tests that live in other processes.

mod admin;
mod answer;
mod authorize;
mod books;
mod chance;
pub mod citizens;
mod claims;
mod client;
mod discovery;
mod explanation;
mod fault;
mod faults;
mod fetch;
mod identity;
mod interaction;
mod jwe;
mod keys;
mod logout;
mod options;
mod pages;
mod provider;
mod refusal;
mod request;
mod style;
mod token;
mod trace;
mod transport;
mod world;

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::{Host, Url};

pub use client::{Algorithm, Client, Encryption, KeyAgreement, ProviderFilter};
pub use fault::Fault;
pub use faults::PersonFaultError;
pub use keys::KeysError;
pub use options::{Clock, Options, Platform, Quirks, Rules, SubForm};
pub use trace::{Exchange, Parameter};

use chance::Chance;
use keys::Keys;
use world::World;

/// Why a simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken or may not be used.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The signing keys could not be made.
    #[error("cannot make the signing keys")]
    Keys(#[from] KeysError),
    /// The thread that makes the keys stopped early.
    #[error("the making of the signing keys was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
    /// The issuer would not be on this machine: a simulator never poses as the real one.
    #[error("a simulator's issuer must be on the loopback, {0} is not")]
    NotLoopback(String),
}

/// A running simulator, which stops when dropped.
pub struct Simulator {
    world: Arc<World>,
    _stop: DropGuard,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("issuer", &self.issuer().as_str()).finish_non_exhaustive()
    }
}

impl Simulator {
    /// Makes keys, binds 127.0.0.1 and starts to answer. Performs I/O.
    ///
    /// # Errors
    /// [`StartError`] when the port cannot be bound or the keys cannot be made.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listen = |source| StartError::Listen { port: options.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        let issuer = loopback_issuer(&format!("http://127.0.0.1:{port}/api/v2"))?;
        let platform = options.platform;
        let chance = Chance::new(options.seed);
        let making = tokio::task::spawn_blocking(move || {
            let keys = Keys::generate(platform, &chance)?;
            Ok::<_, KeysError>((chance, keys))
        });
        let drawn = making.await??;

        let stopping = CancellationToken::new();
        let line = Arc::new(transport::Shears::default());
        let listener = transport::Line::new(listener, Arc::clone(&line));
        let world = Arc::new(World::new(issuer, &options, drawn, line, stopping.clone()));
        let router = Router::new().fallback(world::serve).with_state(Arc::clone(&world));
        let stopped = stopping.clone().cancelled_owned();
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the simulator stopped");
            }
        });
        Ok(Self { world, _stop: stopping.drop_guard() })
    }

    /// Returns the issuer, `http://127.0.0.1:PORT/api/v2`.
    #[must_use]
    pub fn issuer(&self) -> &Url {
        self.world.issuer()
    }

    /// Makes a client known; one with the same identifier is replaced.
    pub fn register(&self, client: Client) {
        let mut books = self.world.books();
        books.clients.insert(client.client_id.clone(), client);
    }

    /// Sets the way in which the simulator misbehaves from now on, `None` to behave; persons keep their own.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.world.books().faults.set(fault);
    }

    /// Sets the way in which it misbehaves where the person with this login is concerned, `None` to fare as
    /// everybody does. From the sign-in on: before it, nobody knows who is there.
    ///
    /// # Errors
    /// [`PersonFaultError`] when there is no such person, or the fault concerns none.
    pub fn set_fault_of(&self, login: &str, fault: Option<Fault>) -> Result<(), PersonFaultError> {
        self.world.books().faults.set_of(login, fault)
    }

    /// Sets by how many seconds the clock is wrong under [`Fault::ClockWrong`]; 300 to begin with.
    pub fn set_clock_error(&self, seconds: i64) {
        self.world.books().clock_error_s = seconds;
    }

    /// Replaces the signing keys; the published set has the new ones only.
    ///
    /// # Errors
    /// [`KeysError`] when no key can be made.
    pub fn rotate_keys(&self) -> Result<(), KeysError> {
        self.world.keys().rotate(&self.world.chance)
    }

    /// Counts the browsers that hold a signed-in session at this moment.
    #[must_use]
    pub fn live_sessions(&self) -> usize {
        self.world.books().live_sessions(self.world.now(), self.world.platform().session_s())
    }

    /// Returns every exchange so far, in order, without any secret value.
    #[must_use]
    pub fn trace(&self) -> Vec<Exchange> {
        self.world.books().trace.iter().cloned().collect()
    }
}

/// Parses an issuer and refuses one that is not on this machine.
fn loopback_issuer(text: &str) -> Result<Url, StartError> {
    let refused = || StartError::NotLoopback(text.to_owned());
    let issuer = Url::parse(text).map_err(|_| refused())?;
    match issuer.host() {
        Some(Host::Ipv4(address)) if address.is_loopback() => Ok(issuer),
        Some(Host::Ipv6(address)) if address.is_loopback() => Ok(issuer),
        Some(Host::Ipv4(_) | Host::Ipv6(_) | Host::Domain(_)) | None => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_on_the_loopback_or_refused() {
        for (issuer, accepted) in [
            ("http://127.0.0.1:8080/api/v2", true),
            ("http://[::1]:8080/api/v2", true),
            ("https://oidc.franceconnect.gouv.fr/api/v2", false),
            ("https://auth.franceconnect.gouv.fr/api/v2", false),
            ("https://fcp-low.sbx.dev-franceconnect.fr/api/v2", false),
            ("http://localhost:8080/api/v2", false), // a name may resolve to anything
            ("http://127.0.0.1.example.invalid/api/v2", false),
            ("http://0.0.0.0:8080/api/v2", false),
            ("api/v2", false),
        ] {
            assert_eq!(loopback_issuer(issuer).is_ok(), accepted, "{issuer}");
        }
    }
}
