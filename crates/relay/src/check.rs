//! `comptoir-relay check`: what is wrong, and how to mend it, before a patient finds out.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use comptoir_franceconnect::{Clock as _, DeskCredential, Environment, HttpClient};
use comptoir_relay::{Config, Configured, Desks, Kind, PostgresStore, Store as _};
use serde_json::json;
use url::Url;

use crate::run::{SystemClock, open_database};

/// Tokens live a minute: half of it is what a clock may be wrong by before somebody is refused.
const CLOCK_ATTENTION_S: i64 = 5;
const CLOCK_FAULT_S: i64 = 30;

/// How a thing is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Attention,
    Fault,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Attention => "attention",
            Self::Fault => "fault",
        }
    }
}

struct Report {
    json: bool,
    worst: State,
}

impl Report {
    #[expect(clippy::print_stdout, reason = "a report is what the command is for")]
    fn line(&mut self, what: &str, state: State, said: &str, remedy: &str) {
        if state == State::Fault || (state == State::Attention && self.worst == State::Good) {
            self.worst = state;
        }
        if self.json {
            println!("{}", json!({"check": what, "state": state.as_str(), "said": said, "remedy": remedy}));
        } else if remedy.is_empty() {
            println!("{:<9} {what}: {said}", state.as_str());
        } else {
            println!("{:<9} {what}: {said}\n          {remedy}", state.as_str());
        }
    }
}

pub(crate) async fn run(path: &Path, json: bool) -> ExitCode {
    let mut report = Report { json, worst: State::Good };
    match Config::read(path) {
        Ok(config) => check(&config, &mut report).await,
        Err(error) => report.line("configuration", State::Fault, &error.to_string(), "mend the file, then check again"),
    }
    if report.worst == State::Fault { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

async fn check(config: &Config, report: &mut Report) {
    report.line("configuration", State::Good, "it can be read, and every secret is there", "");
    transport(config, report);
    let database = store(config, report).await;
    let http = match HttpClient::new() {
        Ok(http) => http,
        Err(error) => {
            report.line("TLS", State::Fault, &error.to_string(), "install the system's certificates (ca-certificates)");
            return;
        }
    };
    environments(config, report);
    for one in &config.establishments {
        desks(one, database.as_deref(), report).await;
        franceconnect(one, &http, report).await;
        itself(one, &http, report).await;
    }
}

fn transport(config: &Config, report: &mut Report) {
    let local = config.address.scheme() == "http";
    match &config.tls {
        _ if local => report.line(
            "address",
            State::Attention,
            "it is http, on this machine: FranceConnect takes such a return address in a sandbox only",
            "give an https address before production",
        ),
        None if config.listen.ip().is_loopback() => {
            report.line("address", State::Good, "https, ended by a proxy on this machine", "");
        }
        None => report.line(
            "address",
            State::Fault,
            "it is https, and this listens to other machines without TLS",
            "listen on 127.0.0.1 behind the proxy, or give the relay its own certificate ([tls])",
        ),
        Some(files) => {
            let read = |path: &Path| std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"-----BEGIN "));
            if read(&files.certificate) && read(&files.key) {
                report.line("certificate", State::Good, "it and its key are there", "");
            } else {
                report.line("certificate", State::Fault, "it or its key cannot be read as PEM", "see [tls]");
            }
        }
    }
}

async fn store(config: &Config, report: &mut Report) -> Option<Arc<PostgresStore>> {
    let opened = match open_database(config).await {
        Ok(None) => {
            report.line("store", State::Good, "this process's memory: for a single instance", "");
            return None;
        }
        Ok(Some(store)) => match store.count(Kind::Pending, SystemClock.now()).await {
            Ok(_) => Ok(store),
            Err(error) => Err(error.to_string()),
        },
        Err(error) => Err(error.to_string()),
    };
    match opened {
        Ok(store) => {
            report.line("store", State::Good, "the database answers, and its table is there", "");
            Some(store)
        }
        Err(error) => {
            let remedy = "check the address, the account's right to make a table, and the network";
            report.line("store", State::Fault, &error, remedy);
            None
        }
    }
}

/// Reads the book of desks, as the relay will.
async fn desks(one: &Configured, database: Option<&PostgresStore>, report: &mut Report) {
    let what = format!("{}, desks", one.name);
    let listed = match one.desks.open(one.issuer.as_str(), database).await {
        Ok(Desks::Public { .. }) => {
            let said = "whoever reaches the relay may ask in this establishment's name";
            report.line(&what, State::Attention, said, "enrol desks: docs/deployment.md");
            return;
        }
        Ok(Desks::Enrolled(book)) => book.list().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match listed {
        Ok(desks) => {
            let served = desks.iter().filter(|desk| desk.revoked.is_none()).count();
            report.line(&what, State::Good, &format!("enrolled, and not revoked: {served}"), "");
        }
        Err(error) => {
            let remedy = "check that this account may read them; put a damaged file back from a backup";
            report.line(&what, State::Fault, &error, remedy);
        }
    }
}

fn environments(config: &Config, report: &mut Report) {
    let of = |wanted: Environment| config.establishments.iter().any(|one| one.upstream.environment() == wanted);
    let production = of(Environment::Production);
    if production && (of(Environment::Sandbox) || of(Environment::Simulator)) {
        report.line(
            "environment",
            State::Fault,
            "production and tests are on the same relay",
            "give tests a relay of their own: a fictitious identity must never look like a real one",
        );
    } else if production {
        report.line("environment", State::Good, "production: real identities", "");
    } else {
        report.line("environment", State::Attention, "tests: every identity is fictitious", "");
    }
}

async fn franceconnect(one: &Configured, http: &HttpClient, report: &mut Report) {
    let what = format!("{}, FranceConnect", one.name);
    let Ok(keys) = Url::parse(&format!("{}/jwks", one.upstream.issuer())) else { return };
    match http.clock_offset(&keys, SystemClock.now()).await {
        None => report.line(
            &what,
            State::Fault,
            "it does not answer, or does not say the time",
            "open the way out to it (port 443), through the proxy if there is one",
        ),
        Some(offset) if offset.abs() > CLOCK_FAULT_S => report.line(
            &what,
            State::Fault,
            &format!("it answers, and its clock is {offset} seconds ahead of this one's"),
            "set this machine's clock by the network (NTP): tokens live a minute",
        ),
        Some(offset) if offset.abs() > CLOCK_ATTENTION_S => report.line(
            &what,
            State::Attention,
            &format!("it answers, and its clock is {offset} seconds ahead of this one's"),
            "set this machine's clock by the network (NTP)",
        ),
        Some(_) => report.line(&what, State::Good, "it answers, and the clocks agree", ""),
    }
}

/// Asks the relay for itself, from outside as far as this machine is.
async fn itself(one: &Configured, http: &HttpClient, report: &mut Report) {
    let what = format!("{}, from outside", one.name);
    match comptoir_franceconnect::Provider::discover_relay(http, one.issuer.clone(), &DeskCredential::public()).await {
        Ok(_) => report.line(&what, State::Good, "its metadata can be had under its own address", ""),
        Err(error) => report.line(
            &what,
            State::Attention,
            &format!("its metadata cannot be had under its own address: {error}"),
            "start the relay, then check again; if it runs, look at the name, the certificate and the proxy",
        ),
    }
}
