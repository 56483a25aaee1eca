//! The two servers, each a program of its own.

use super::{AS_RELAY, below};
use crate::world::WorldClock;
use comptoir_franceconnect::{AcrValue, DESK_CLIENT_ID, DirectProfile, Provider, Secret, SigningAlg};
use comptoir_relay::{CALLBACK_PATH, Establishment, MemoryStore, Relay, SIGNED_OUT_PATH, SealingKey};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use tokio::net::TcpListener;
use url::Url;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A program that is spoken to line by line, and ends with this one.
struct Spoken {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Spoken {
    fn start(mut command: Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(orders), Some(answers)) = pipes else { return Err("no pipes".into()) };
        Ok(Self { child, orders, answers: BufReader::new(answers) })
    }

    fn order(&mut self, order: &Value) -> Result<Value, Box<dyn Error>> {
        writeln!(self.orders, "{order}")?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value, Box<dyn Error>> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line)?;
        if answer.get("error").is_some() { Err(line.into()) } else { Ok(answer) }
    }
}

impl Drop for Spoken {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// FranceConnect, simulated: `comptoir-provider`, beside this program.
pub(super) struct Franceconnect {
    program: Spoken,
    pub(super) issuer: Url,
}

impl Franceconnect {
    pub(super) fn start() -> Result<Self, Box<dyn Error>> {
        let mut program = Spoken::start(Command::new(beside("comptoir-provider")?))?;
        let issuer = address(&program.answer()?, "low")?;
        Ok(Self { program, issuer })
    }

    /// Registers a client that returns to these addresses, and describes FranceConnect to it.
    pub(super) fn client(&mut self, id: &str, return_uri: Url, end_uri: Url) -> Result<Provider, Box<dyn Error>> {
        self.program.order(&json!({"register": {
            "client_id": id, "client_secret": SECRET, "name": "Cabinet", "platform": "low", "algorithm": "ES256",
            "redirect_uris": [return_uri], "post_logout_redirect_uris": [end_uri],
        }}))?;
        provider(&self.issuer, id, return_uri, end_uri)
    }
}

fn provider(issuer: &Url, id: &str, return_uri: Url, end_uri: Url) -> Result<Provider, Box<dyn Error>> {
    let scopes = DirectProfile::usual_scopes(AcrValue::Eidas1);
    Ok(Provider::direct(DirectProfile {
        issuer: issuer.clone(),
        client_id: id.to_owned(),
        client_secret: Secret::new(SECRET.to_owned()),
        return_uri,
        end_uri,
        required_acr: AcrValue::Eidas1,
        signing_alg: SigningAlg::Es256,
        decryption: None,
        scopes,
    })?)
}

/// The relay: this program again, so that its memory is its own.
pub(super) struct RelayProcess {
    program: Spoken,
    pub(super) issuer: Url,
}

impl RelayProcess {
    pub(super) fn start(franceconnect: &mut Franceconnect) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([AS_RELAY, franceconnect.issuer.as_str()]);
        let mut program = Spoken::start(command)?;
        let issuer = address(&program.answer()?, "issuer")?;
        let id = format!("relay-{}", program.child.id());
        franceconnect.client(&id, below(&issuer, CALLBACK_PATH)?, below(&issuer, SIGNED_OUT_PATH)?)?;
        program.order(&json!({ "client_id": id }))?;
        Ok(Self { program, issuer })
    }

    /// What it holds in memory (`VmRSS`).
    pub(super) fn resident_kb(&self) -> Result<u64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.program.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no VmRSS")?;
        Ok(kilobytes.trim().parse()?)
    }
}

/// Is the relay, until its stdin ends.
///
/// # Errors
/// When it cannot start.
pub async fn serve_relay(franceconnect: &Url) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let issuer = Url::parse(&format!("http://{}", listener.local_addr()?))?;
    let mut out = io::stdout();
    writeln!(out, "{}", json!({"issuer": issuer}))?;
    let mut order = String::new();
    io::stdin().read_line(&mut order)?;
    let order: Value = serde_json::from_str(&order)?;
    let id = order.get("client_id").and_then(Value::as_str).ok_or("no client")?;
    let (back, end) = (below(&issuer, CALLBACK_PATH)?, below(&issuer, SIGNED_OUT_PATH)?);
    let rng = Arc::new(SystemRandom::new());
    let _relay = Relay::start(
        listener,
        Establishment {
            name: "Cabinet des essais".to_owned(),
            upstream: provider(franceconnect, id, back, end)?,
            issuer,
            desks: comptoir_relay::Desks::Public { client_id: DESK_CLIENT_ID.to_owned() },
            limits: comptoir_relay::Limits::NONE,
            sealing_key: SealingKey::generate(rng.as_ref())?,
            store: Arc::new(MemoryStore::default()),
            clock: Arc::new(WorldClock::default()),
            rng,
        },
    )
    .await?;
    writeln!(out, "{}", json!({"done": true}))?;
    // Until whoever started it ends.
    tokio::task::spawn_blocking(|| io::stdin().lines().for_each(drop)).await?;
    Ok(())
}

fn address(answer: &Value, name: &str) -> Result<Url, Box<dyn Error>> {
    let text = answer.get(name).and_then(Value::as_str).ok_or("no address")?;
    Ok(Url::parse(text)?)
}

fn beside(name: &str) -> io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}
