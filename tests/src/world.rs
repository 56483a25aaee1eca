//! The whole world on one machine: simulated FranceConnect, relay, desk; only the browser is a visitor.

use crate::visitor::{Stop, Stuck, Visitor};
use comptoir_desk::{
    Browser, BrowserError, CheckInError, CheckInRequest, Clock, Concluded, Desk, FindRelayError, Keychain,
    MemoryKeychain, Notice, Opened, Patience, Purpose, Step, Verdict, check_in, enrol_desk, find_relay,
};
use comptoir_franceconnect::{
    AcrValue, DESK_CLIENT_ID, DirectProfile, HttpClient, Provider, Secret, SecureRandom, SigningAlg,
};
use comptoir_register::{Register, demo};
use comptoir_relay::{
    CALLBACK_PATH, CodeLife, DeskBook, Desks, EnrolmentCode, MemoryDesks, MemoryStore, Relay, SIGNED_OUT_PATH,
    SealingKey,
};
use comptoir_simulator::{Client, Simulator};
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Simulator, relay and one desk with the demonstration's register, all of it gone when dropped.
pub struct World {
    /// FranceConnect, simulated.
    pub simulator: Simulator,
    /// The relay in front of it.
    pub relay: Relay,
    /// The desks that the relay knows.
    pub book: Arc<MemoryDesks>,
    /// The desk, which is one of them.
    pub desk: Desk,
    /// Everybody's clock.
    pub clock: WorldClock,
    /// The desk's browser.
    pub browser: Arc<HeldBrowser>,
}

/// The clock of everybody in the world: the machine's, which a test may set forward.
#[derive(Debug, Clone, Default)]
pub struct WorldClock {
    seconds_ahead: Arc<AtomicI64>,
}

impl WorldClock {
    /// Lets this many seconds pass.
    pub fn pass(&self, seconds: i64) {
        self.seconds_ahead.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for WorldClock {
    #[expect(clippy::disallowed_methods, reason = "the tests' implementation of the Clock port")]
    fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.seconds_ahead.load(Ordering::SeqCst));
        Timestamp::now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

/// A browser that opens nothing: the test's visitor takes the address from the steps.
#[derive(Debug, Default)]
pub struct HeldBrowser {
    mark: AtomicBool,
    throws_away: AtomicBool,
    profile: AtomicBool,
    stuck: AtomicBool,
}

impl HeldBrowser {
    /// From now on signs in in throw-away profiles.
    pub fn throw_away(&self) {
        self.throws_away.store(true, Ordering::SeqCst);
    }

    /// Whether its profiles can no longer be destroyed.
    pub fn stick(&self, stuck: bool) {
        self.stuck.store(stuck, Ordering::SeqCst);
    }

    /// Whether a profile is there.
    #[must_use]
    pub fn has_a_profile(&self) -> bool {
        self.profile.load(Ordering::SeqCst)
    }
}

impl Browser for HeldBrowser {
    fn open(&self, _: &Url, purpose: Purpose) -> Result<Opened, BrowserError> {
        if purpose == Purpose::SignIn && self.throws_away.load(Ordering::SeqCst) {
            self.profile.store(true, Ordering::SeqCst);
            return Ok(Opened::ThrowAway);
        }
        Ok(Opened::ByHand)
    }

    fn destroy_profiles(&self) -> Result<(), BrowserError> {
        if self.has_a_profile() && self.stuck.load(Ordering::SeqCst) {
            return Err(BrowserError::ProfileRemains);
        }
        self.profile.store(false, Ordering::SeqCst);
        Ok(())
    }

    fn may_hold_a_session(&self) -> bool {
        self.is_remembered() || self.has_a_profile()
    }

    fn is_remembered(&self) -> bool {
        self.mark.load(Ordering::SeqCst)
    }

    fn remember_session(&self) -> Result<(), BrowserError> {
        self.mark.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn forget_session(&self) -> Result<(), BrowserError> {
        self.mark.store(false, Ordering::SeqCst);
        Ok(())
    }
}

/// What one check-in came to.
#[derive(Debug)]
pub struct Told {
    /// Its end.
    pub result: Result<Concluded, CheckInError>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Told {
    /// The verdict among the steps.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        self.steps.iter().find_map(|step| match step {
            Step::Verdict(verdict) => Some(verdict.as_ref()),
            Step::OpenBrowser { .. }
            | Step::ShowCode { .. }
            | Step::Waiting { .. }
            | Step::Noticed(_)
            | Step::Identity { .. }
            | Step::SignedOut { .. } => None,
        })
    }
}

impl World {
    /// Starts everything, the desk enrolled at the relay.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let book = Arc::new(MemoryDesks::default());
        let world = Self::of(Desks::Enrolled(Arc::clone(&book) as Arc<dyn DeskBook>), book).await?;
        world.enrol().await?;
        Ok(world)
    }

    /// Starts everything, with a relay that answers any desk, for clients that nobody here wrote.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn for_strangers() -> Result<Self, Box<dyn std::error::Error>> {
        Self::of(Desks::Public { client_id: DESK_CLIENT_ID.to_owned() }, Arc::default()).await
    }

    async fn of(desks: Desks, book: Arc<MemoryDesks>) -> Result<Self, Box<dyn std::error::Error>> {
        let clock = WorldClock::default();
        let of_simulator = clock.clone();
        let rng: Arc<dyn SecureRandom + Send + Sync> = Arc::new(SystemRandom::new());
        let options = comptoir_simulator::Options::low(0, Arc::new(move || of_simulator.now()));
        let simulator = Simulator::start(options).await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let issuer = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let (return_uri, end_uri) = (issuer.join(CALLBACK_PATH)?, issuer.join(SIGNED_OUT_PATH)?);
        let client_secret = "0123456789abcdef0123456789abcdef";
        simulator.register(Client::new(
            "relay-of-the-tests",
            client_secret,
            "Comptoir (essais)",
            vec![return_uri.to_string()],
            vec![end_uri.to_string()],
        ));
        let upstream = Provider::direct(DirectProfile {
            issuer: simulator.issuer().clone(),
            client_id: "relay-of-the-tests".to_owned(),
            client_secret: Secret::new(client_secret.to_owned()),
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
                name: "Cabinet des essais".to_owned(),
                issuer,
                upstream,
                desks,
                limits: comptoir_relay::Limits::default(),
                sealing_key: SealingKey::generate(rng.as_ref())?,
                store: Arc::new(MemoryStore::default()),
                clock: Arc::new(clock.clone()),
                rng,
            },
        )
        .await?;
        let register = Register::in_memory()?;
        demo::fill(&register, "2026-11-24", clock.now())?;
        let browser = Arc::new(HeldBrowser::default());
        let desk = Desk {
            register,
            browser: Arc::clone(&browser) as Arc<dyn Browser>,
            keychain: Arc::new(MemoryKeychain::default()) as Arc<dyn Keychain>,
            credentials: Arc::new(MemoryKeychain::default()) as Arc<dyn Keychain>,
            clock: Arc::new(clock.clone()),
            http: HttpClient::new()?,
            author: "accueil".to_owned(),
            patience: Patience { sign_in: Duration::from_secs(20), sign_out: Duration::from_secs(10) },
        };
        Ok(Self { simulator, relay, book, desk, clock, browser })
    }

    /// Enrols the desk with a new code, as its administrator would.
    ///
    /// # Errors
    /// When the relay does not take it.
    pub async fn enrol(&self) -> Result<(), Box<dyn std::error::Error>> {
        let (rng, now) = (SystemRandom::new(), self.clock.now());
        let code = EnrolmentCode::draw(&rng)?;
        self.book.issue(code.hash(), CodeLife::USUAL.end(now), now).await?;
        let code = Secret::new(code.shown());
        let Desk { http, credentials, clock, .. } = &self.desk;
        enrol_desk(http, credentials, self.relay.issuer(), &code, "Accueil", &rng, clock).await?;
        Ok(())
    }

    /// The desk's view of the relay, found by discovery.
    ///
    /// # Errors
    /// When discovery fails.
    pub async fn provider(&self) -> Result<Provider, FindRelayError> {
        find_relay(&self.desk.http, &self.desk.credentials, self.relay.issuer()).await
    }

    /// Starts a check-in; its steps arrive one by one.
    ///
    /// # Errors
    /// When discovery fails.
    pub async fn begin(&self, request: CheckInRequest) -> Result<Underway, FindRelayError> {
        let provider = self.provider().await?;
        let (desk, cancel) = (self.desk.clone(), CancellationToken::new());
        let (send, steps) = mpsc::unbounded_channel();
        let given_up = cancel.clone();
        let end = tokio::spawn(async move {
            let tell = move |step| {
                // A test that has seen enough does not listen to the end.
                send.send(step).ok();
            };
            check_in(&desk, &provider, request, &tell, &given_up).await
        });
        Ok(Underway { steps, end, cancel, told: Vec::new() })
    }

    /// A whole check-in of the person with this login.
    ///
    /// # Errors
    /// When the visitor is stuck.
    pub async fn check_in(&self, visitor: &Visitor, login: &str, request: CheckInRequest) -> Result<Told, Stuck> {
        let mut underway = self.begin(request).await.map_err(|error| Stuck::because(&error))?;
        if let Some(address) = underway.address().await {
            visitor.sign_in(address, login, Stop::AtTheEnd).await?;
        }
        Ok(underway.finish().await)
    }
}

/// A check-in under way.
#[derive(Debug)]
pub struct Underway {
    steps: mpsc::UnboundedReceiver<Step>,
    end: JoinHandle<Result<Concluded, CheckInError>>,
    told: Vec<Step>,
    /// Gives the sign-in up.
    pub cancel: CancellationToken,
}

impl Underway {
    /// The next address to open, in a browser here or on the patient's phone; `None` when the check-in ended
    /// without one.
    pub async fn address(&mut self) -> Option<Url> {
        while let Some(step) = self.steps.recv().await {
            let address = match &step {
                Step::OpenBrowser { address, .. } => Some(address.clone()),
                Step::ShowCode { verification_uri_complete, .. } => Some(verification_uri_complete.clone()),
                Step::Waiting { .. }
                | Step::Noticed(_)
                | Step::Identity { .. }
                | Step::Verdict(_)
                | Step::SignedOut { .. } => None,
            };
            self.told.push(step);
            if address.is_some() {
                return address;
            }
        }
        None
    }

    /// The next thing noticed; `None` when the check-in ended without one.
    pub async fn notice(&mut self) -> Option<Notice> {
        while let Some(step) = self.steps.recv().await {
            let noticed = if let Step::Noticed(notice) = &step { Some(*notice) } else { None };
            self.told.push(step);
            if noticed.is_some() {
                return noticed;
            }
        }
        None
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// When the check-in itself panicked.
    #[expect(clippy::expect_used, reason = "a tool of the tests: a panic of the desk is a failure of its test")]
    pub async fn finish(mut self) -> Told {
        let result = self.end.await.expect("the check-in does not panic");
        while let Some(step) = self.steps.recv().await {
            self.told.push(step);
        }
        Told { result, steps: self.told }
    }

    /// Ends the check-in at once, as a power cut would: nothing of it runs any more.
    pub async fn cut(self) {
        self.end.abort();
        self.end.await.ok();
    }
}
