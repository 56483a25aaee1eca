//! The demonstration: simulator and relay inside the process, on 127.0.0.1, called as in production.

use crate::clock::SystemClock;
use crate::failure::Failure;
use comptoir_desk::Clock as _;
use comptoir_franceconnect::{
    AcrValue, DESK_CLIENT_ID, DecryptionKey, DecryptionKeys, DeskCredential, DirectProfile, HttpClient, KeyAgreement,
    Provider, Secret, SecureRandom, SigningAlg,
};
use comptoir_relay::{CALLBACK_PATH, FRANCECONNECT_JWKS_PATH, MemoryStore, Relay, SIGNED_OUT_PATH, SealingKey};
use comptoir_simulator::{Client, Encryption, Platform, Simulator, StartError};
use ring::rand::SystemRandom;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use url::Url;

/// The relay's client identifier at the simulated FranceConnect.
const CLIENT_ID: &str = "comptoir-demonstration";

/// Which FranceConnect is simulated, and where it is found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    pub(crate) platform: Platform,
    /// Where the simulator's keys, codes and identifiers are drawn from; from chance without one.
    pub(crate) seed: Option<u64>,
    /// The relay's port, the simulator's being the next one; any two free ones without.
    pub(crate) port: Option<u16>,
}

impl Stage {
    fn options(&self, port: u16, clock: comptoir_simulator::Clock) -> comptoir_simulator::Options {
        match self.platform {
            Platform::Low => comptoir_simulator::Options::low(port, clock),
            Platform::High => comptoir_simulator::Options::high(port, clock),
        }
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self { platform: Platform::Low, seed: None, port: None }
    }
}

/// A running demonstration; it stops when dropped.
pub(crate) struct Demonstration {
    simulator: Simulator,
    relay: Relay,
}

impl Demonstration {
    /// Starts the simulator, then the relay in front of it.
    pub(crate) async fn start() -> Result<Self, Failure> {
        Self::start_on(Stage::default()).await
    }

    /// Starts them as somebody wants them.
    pub(crate) async fn start_on(stage: Stage) -> Result<Self, Failure> {
        Self::try_start(stage).await.map_err(|error| {
            tracing::error!(%error, "demonstration");
            let listening = error.is::<io::Error>() || matches!(error.downcast_ref(), Some(StartError::Listen { .. }));
            if listening && stage.port.is_some() { Failure::DEMONSTRATION_PORT } else { Failure::DEMONSTRATION }
        })
    }

    async fn try_start(stage: Stage) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let rng: Arc<dyn SecureRandom + Send + Sync> = Arc::new(SystemRandom::new());
        let now: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync> = Arc::new(|| SystemClock.now());
        // Bound first: the relay's address is registered at FranceConnect before anybody uses it.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, stage.port.unwrap_or(0))).await?;
        let issuer = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let port = stage.port.map_or(0, |relay| relay.saturating_add(1));
        let options = comptoir_simulator::Options { seed: stage.seed, ..stage.options(port, now) };
        let simulator = Simulator::start(options).await?;
        let (return_uri, end_uri) = (issuer.join(CALLBACK_PATH)?, issuer.join(SIGNED_OUT_PATH)?);
        let client_secret = Secret::random_hex(rng.as_ref())?;
        let (required_acr, decryption) = match stage.platform {
            Platform::Low => (AcrValue::Eidas1, None),
            // FranceConnect+ encrypts for whoever serves more than the lowest level.
            Platform::High => {
                let key = DecryptionKey::generate(KeyAgreement::EcdhEs)?;
                (AcrValue::Eidas2, Some(Arc::new(DecryptionKeys::new(vec![key])?)))
            }
        };
        let mut client = Client::new(
            CLIENT_ID,
            client_secret.expose(),
            "Comptoir (démonstration)",
            vec![return_uri.to_string()],
            vec![end_uri.to_string()],
        );
        if decryption.is_some() {
            client.encryption = Some(Encryption {
                agreement: comptoir_simulator::KeyAgreement::EcdhEs,
                jwks_uri: issuer.join(FRANCECONNECT_JWKS_PATH)?,
            });
        }
        simulator.register(client);
        let upstream = Provider::direct(DirectProfile {
            issuer: simulator.issuer().clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret,
            return_uri,
            end_uri,
            required_acr,
            signing_alg: SigningAlg::Es256,
            decryption,
            scopes: DirectProfile::usual_scopes(required_acr),
        })?;
        let relay = Relay::start(
            listener,
            comptoir_relay::Establishment {
                name: "Cabinet de démonstration".to_owned(),
                issuer,
                upstream,
                desks: comptoir_relay::Desks::Public { client_id: DESK_CLIENT_ID.to_owned() },
                sealing_key: SealingKey::generate(rng.as_ref())?,
                store: Arc::new(MemoryStore::default()),
                clock: Arc::new(SystemClock),
                rng,
            },
        )
        .await?;
        Ok(Self { simulator, relay })
    }

    pub(crate) fn relay_issuer(&self) -> &Url {
        self.relay.issuer()
    }

    pub(crate) fn simulator_issuer(&self) -> &Url {
        self.simulator.issuer()
    }

    /// The desk's view of it, found as any relay is found.
    pub(crate) async fn provider(&self, http: &HttpClient) -> Result<Provider, Failure> {
        Provider::discover_relay(http, self.relay.issuer().clone(), &DeskCredential::public())
            .await
            .map_err(|error| Failure::of(&error))
    }
}
