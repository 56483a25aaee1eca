//! The demonstration: simulator and relay inside the process, on 127.0.0.1, called as in production.

use crate::clock::SystemClock;
use crate::failure::Failure;
use comptoir_desk::Clock as _;
use comptoir_franceconnect::{
    AcrValue, DESK_CLIENT_ID, DeskCredential, DirectProfile, HttpClient, Provider, Secret, SecureRandom, SigningAlg,
};
use comptoir_relay::{CALLBACK_PATH, MemoryStore, Relay, SIGNED_OUT_PATH, SealingKey};
use comptoir_simulator::{Client, Simulator};
use ring::rand::SystemRandom;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use url::Url;

/// The relay's client identifier at the simulated FranceConnect.
const CLIENT_ID: &str = "comptoir-demonstration";

/// A running demonstration; it stops when dropped.
pub(crate) struct Demonstration {
    simulator: Simulator,
    relay: Relay,
}

impl Demonstration {
    /// Starts the simulator, then the relay in front of it.
    pub(crate) async fn start() -> Result<Self, Failure> {
        Self::try_start().await.map_err(|error| {
            tracing::error!(%error, "demonstration");
            Failure::DEMONSTRATION
        })
    }

    async fn try_start() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let rng: Arc<dyn SecureRandom + Send + Sync> = Arc::new(SystemRandom::new());
        let now: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync> = Arc::new(|| SystemClock.now());
        let simulator = Simulator::start(comptoir_simulator::Options::low(0, now)).await?;
        // Bound first: the relay's address is registered at FranceConnect before anybody uses it.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let issuer = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let (return_uri, end_uri) = (issuer.join(CALLBACK_PATH)?, issuer.join(SIGNED_OUT_PATH)?);
        let client_secret = Secret::random_hex(rng.as_ref())?;
        simulator.register(Client::new(
            CLIENT_ID,
            client_secret.expose(),
            "Comptoir (démonstration)",
            vec![return_uri.to_string()],
            vec![end_uri.to_string()],
        ));
        let upstream = Provider::direct(DirectProfile {
            issuer: simulator.issuer().clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret,
            return_uri,
            end_uri,
            required_acr: AcrValue::Eidas1,
            signing_alg: SigningAlg::Es256,
            decryption: None,
            scopes: DirectProfile::usual_scopes(AcrValue::Eidas1),
        })?;
        let relay = Relay::start(
            listener,
            comptoir_relay::Establishment {
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
