//! The relay as a program: configured by the environment, TLS ended by the proxy before it.

mod command;

use std::env;
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use comptoir_franceconnect::{AcrValue, Clock, DirectProfile, Provider, Secret, SigningAlg};
use comptoir_relay::{CALLBACK_PATH, Desks, FileDesks, MemoryStore, Options, Relay, SIGNED_OUT_PATH, SealingKey};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use url::Url;

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the relay's time comes from")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some((first, rest)) = arguments.split_first()
        && first == "desk"
    {
        return administrate(rest).await;
    }
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the relay cannot start");
            ExitCode::FAILURE
        }
    }
}

/// Does a command on the desks; what it says is for the terminal.
async fn administrate(arguments: &[String]) -> ExitCode {
    let (said, end) = match command::desk(arguments, &SystemRandom::new(), SystemClock.now()).await {
        Ok(said) => (std::io::stdout().write_all(said.as_bytes()), ExitCode::SUCCESS),
        Err(error) => (writeln!(std::io::stderr(), "{error}"), ExitCode::FAILURE),
    };
    if said.is_ok() { end } else { ExitCode::FAILURE }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let issuer = Url::parse(&setting("COMPTOIR_RELAY_ISSUER")?)?;
    let own = issuer.as_str().trim_end_matches('/');
    let required_acr: AcrValue = setting("COMPTOIR_RELAY_ACR")?.parse()?;
    let upstream = Provider::direct(DirectProfile {
        issuer: Url::parse(&setting("COMPTOIR_RELAY_FRANCECONNECT_ISSUER")?)?,
        client_id: setting("COMPTOIR_RELAY_FRANCECONNECT_CLIENT_ID")?,
        client_secret: Secret::new(setting("COMPTOIR_RELAY_FRANCECONNECT_CLIENT_SECRET")?),
        return_uri: Url::parse(&format!("{own}{CALLBACK_PATH}"))?,
        end_uri: Url::parse(&format!("{own}{SIGNED_OUT_PATH}"))?,
        required_acr,
        signing_alg: SigningAlg::Es256,
        decryption: None,
        scopes: DirectProfile::usual_scopes(required_acr),
    })?;
    let listen = env::var("COMPTOIR_RELAY_LISTEN").unwrap_or_else(|_| "127.0.0.1:8430".to_owned());
    let options = Options {
        listener: TcpListener::bind(&listen).await?,
        issuer,
        upstream,
        desks: desks()?,
        sealing_key: SealingKey::from_hex(Secret::new(setting("COMPTOIR_RELAY_SEALING_KEY")?).expose())?,
        store: Arc::new(MemoryStore::default()),
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRandom::new()),
    };
    let relay = Relay::start(options).await?;
    tracing::info!(issuer = relay.issuer().as_str(), listen, "the relay answers");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Enrolled desks, unless the administrator says that whoever knows an identifier is answered.
fn desks() -> Result<Desks, Box<dyn Error>> {
    match env::var("COMPTOIR_RELAY_DESK_CLIENT_ID") {
        Ok(client_id) => Ok(Desks::Public { client_id }),
        Err(_) => Ok(Desks::Enrolled(Arc::new(FileDesks::at(setting("COMPTOIR_RELAY_DESKS")?.into())))),
    }
}

/// Reads a setting that has no default.
fn setting(name: &'static str) -> Result<String, Box<dyn Error>> {
    env::var(name).map_err(|_| format!("{name} is not set").into())
}
