//! The relay as a program: configured by the environment, TLS ended by the proxy before it.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use comptoir_franceconnect::{AcrValue, Clock, DESK_CLIENT_ID, DirectProfile, Provider, Secret, SigningAlg};
use comptoir_relay::{CALLBACK_PATH, MemoryStore, Options, Relay, SIGNED_OUT_PATH, SealingKey};
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
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the relay cannot start");
            ExitCode::FAILURE
        }
    }
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
        desk_client_id: env::var("COMPTOIR_RELAY_DESK_CLIENT_ID").unwrap_or_else(|_| DESK_CLIENT_ID.to_owned()),
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

/// Reads a setting that has no default.
fn setting(name: &'static str) -> Result<String, Box<dyn Error>> {
    env::var(name).map_err(|_| format!("{name} is not set").into())
}
