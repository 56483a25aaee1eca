//! A simulator, a relay and a desk on one adjustable clock, and a browser that walks by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use comptoir_franceconnect::{
    AcrValue, Attempt, AuthorizationCode, BrowserTurn, Clock, DESK_CLIENT_ID, DeskCredential, DirectProfile, Ended,
    HttpClient, IdTokenHint, Loopback, Provider, Returned, Secret, SigningAlg,
};
use comptoir_relay::{CALLBACK_PATH, Desks, Establishment, MemoryStore, Relay, SIGNED_OUT_PATH, SealingKey, Store};
use comptoir_simulator::{Client, Simulator};
use jiff::Timestamp;
use reqwest::StatusCode;
use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

pub(crate) const START: i64 = 1_800_000_000;
const SECRET: &str = "a-secret-of-at-least-32-characters";

#[derive(Clone)]
pub(crate) struct Hands(pub(crate) Arc<AtomicI64>);

impl Hands {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

pub(crate) struct World {
    pub(crate) simulator: Simulator,
    relay: Option<Relay>,
    relay_port: u16,
    sealing_key: SealingKey,
    pub(crate) provider: Provider,
    pub(crate) http: HttpClient,
    pub(crate) clock: Hands,
}

impl World {
    pub(crate) async fn start() -> Self {
        let (simulator, clock) = simulated().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay_port = listener.local_addr().unwrap().port();
        let sealing_key = SealingKey::generate(&SystemRandom::new()).unwrap();
        let site = Site::alone(relay_port, sealing_key.clone());
        let relay = site.open(&simulator, listener, clock.clone()).await;
        Self::of(simulator, clock, Some(relay), &site).await
    }

    pub(crate) async fn of(simulator: Simulator, clock: Hands, relay: Option<Relay>, site: &Site) -> Self {
        let http = HttpClient::new().unwrap();
        let issuer = Url::parse(&format!("http://127.0.0.1:{}", site.port)).unwrap();
        let provider = Provider::discover_relay(&http, issuer, &DeskCredential::public()).await.unwrap();
        let sealing_key = site.sealing_key.clone();
        Self { simulator, relay, relay_port: site.port, sealing_key, provider, http, clock }
    }

    /// Starts the relay anew at the same address: its memory is gone.
    pub(crate) async fn restart_relay(&mut self) {
        self.relay = None;
        let listener = loop {
            // The old listener is closed by its task, soon.
            match TcpListener::bind(("127.0.0.1", self.relay_port)).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let site = Site::alone(self.relay_port, self.sealing_key.clone());
        self.relay = Some(site.open(&self.simulator, listener, self.clock.clone()).await);
    }

    pub(crate) fn relay_issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.relay_port)
    }

    /// A profile of the simulator itself, as a sandbox would be used.
    pub(crate) fn straight(&self, port: u16) -> Provider {
        let (return_uri, end_uri) =
            (format!("http://127.0.0.1:{port}/callback"), format!("http://127.0.0.1:{port}/end"));
        upstream(&self.simulator, "straight", &return_uri, &end_uri)
    }
}

pub(crate) async fn simulated() -> (Simulator, Hands) {
    let clock = Hands(Arc::new(AtomicI64::new(START)));
    let of_simulator = clock.clone();
    let options = comptoir_simulator::Options::low(0, Arc::new(move || of_simulator.now()));
    (Simulator::start(options).await.unwrap(), clock)
}

/// What all instances of a relay have in common.
pub(crate) struct Site {
    pub(crate) port: u16,
    pub(crate) sealing_key: SealingKey,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) desks: Desks,
}

impl Site {
    pub(crate) fn alone(port: u16, sealing_key: SealingKey) -> Self {
        Self { port, sealing_key, store: Arc::new(MemoryStore::default()), desks: Self::everybody() }
    }

    pub(crate) fn everybody() -> Desks {
        Desks::Public { client_id: DESK_CLIENT_ID.to_owned() }
    }

    pub(crate) async fn open(&self, simulator: &Simulator, listener: TcpListener, clock: Hands) -> Relay {
        let issuer = format!("http://127.0.0.1:{}", self.port);
        let upstream =
            upstream(simulator, "relais", &format!("{issuer}{CALLBACK_PATH}"), &format!("{issuer}{SIGNED_OUT_PATH}"));
        Relay::start(
            listener,
            Establishment {
                name: "Cabinet".to_owned(),
                issuer: Url::parse(&issuer).unwrap(),
                upstream,
                desks: self.desks.clone(),
                limits: comptoir_relay::Limits::default(),
                sealing_key: self.sealing_key.clone(),
                store: Arc::clone(&self.store),
                clock: Arc::new(clock),
                rng: Arc::new(SystemRandom::new()),
            },
        )
        .await
        .unwrap()
    }
}

fn upstream(simulator: &Simulator, client_id: &str, return_uri: &str, end_uri: &str) -> Provider {
    simulator.register(Client::new(
        client_id,
        SECRET,
        "Cabinet",
        vec![return_uri.to_owned()],
        vec![end_uri.to_owned()],
    ));
    Provider::direct(DirectProfile {
        issuer: simulator.issuer().clone(),
        client_id: client_id.to_owned(),
        client_secret: Secret::new(SECRET.to_owned()),
        return_uri: Url::parse(return_uri).unwrap(),
        end_uri: Url::parse(end_uri).unwrap(),
        required_acr: AcrValue::Eidas1,
        signing_alg: SigningAlg::Es256,
        decryption: None,
        scopes: DirectProfile::usual_scopes(AcrValue::Eidas1),
    })
    .unwrap()
}

pub(crate) async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// One visit of one person: a listener, an attempt, a browser.
pub(crate) struct Visit {
    pub(crate) loopback: Loopback,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) browser: reqwest::Client,
}

impl Visit {
    pub(crate) async fn begin(world: &World) -> Self {
        Self::to(&world.provider, world).await
    }

    pub(crate) async fn to(provider: &Provider, world: &World) -> Self {
        let loopback = Loopback::bind(provider.return_address()).await.unwrap();
        let attempt = Attempt::begin(provider, &loopback, &SystemRandom::new(), world.clock.now()).unwrap();
        Self { loopback, attempt: Some(attempt), browser: browser() }
    }

    /// Lets the person walk in the background; the last page is what comes of it.
    pub(crate) fn walk(&self, step: Step) -> tokio::task::JoinHandle<String> {
        let (browser, address) = (self.browser.clone(), self.attempt.as_ref().unwrap().authorize_url().clone());
        tokio::spawn(async move { walk(&browser, address, step).await })
    }

    pub(crate) async fn returned(&mut self) -> Returned {
        let attempt = self.attempt.as_mut().unwrap();
        self.loopback.wait_return(attempt, soon(), &CancellationToken::new()).await.unwrap()
    }

    pub(crate) async fn code(&mut self) -> (AuthorizationCode, BrowserTurn) {
        match self.returned().await {
            Returned::Code { code, browser } => (code, browser),
            Returned::Refused { .. } | Returned::Abandoned(_) => panic!("no code"),
        }
    }

    pub(crate) async fn sign_out(&self, world: &World, hint: &IdTokenHint, turn: BrowserTurn) -> Ended {
        let end = self.loopback.expect_end(&SystemRandom::new()).unwrap();
        turn.send_on(&world.provider.end_session_url(hint, &self.loopback.end_uri(), end.state())).await;
        self.loopback.wait_end(end, soon(), &CancellationToken::new()).await
    }
}

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// Whom the person chooses to sign in with: the first one is not at FranceConnect+.
const PROVIDERS: [&str; 2] = ["impots", "france-identite"];

/// What the person does at FranceConnect.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    SignIn(&'static str),
    Abort,
    Nothing,
}

pub(crate) fn browser() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    let follow_nothing = reqwest::redirect::Policy::none();
    // No connection kept: a real browser asks again when the other end of one has gone.
    reqwest::Client::builder()
        .no_proxy()
        .cookie_store(true)
        .redirect(follow_nothing)
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

/// Walks all the pages and returns the last one.
pub(crate) async fn walk(browser: &reqwest::Client, from: Url, step: Step) -> String {
    walk_to(browser, from, step, None).await.1
}

/// Walks until a redirect leads below an address, and returns it.
pub(crate) async fn walk_until(browser: &reqwest::Client, from: Url, step: Step, until: &str) -> Url {
    walk_to(browser, from, step, Some(until)).await.0
}

async fn walk_to(browser: &reqwest::Client, from: Url, step: Step, until: Option<&str>) -> (Url, String) {
    let mut at = from.clone();
    let mut answer = browser.get(from).send().await.unwrap();
    for _ in 0..20 {
        if let Some(location) = answer.headers().get("location") {
            at = at.join(location.to_str().unwrap()).unwrap();
            if until.is_some_and(|until| at.as_str().starts_with(until)) {
                return (at, String::new());
            }
            answer = browser.get(at.clone()).send().await.unwrap();
            continue;
        }
        let html = answer.text().await.unwrap();
        let next = if let (Some(form), Step::SignIn(_)) = (attribute(&html, "providers", "action"), step) {
            let provider = PROVIDERS.iter().find_map(|id| attribute(&html, &format!("provider-{id}"), "value"));
            browser.get(format!("{form}?provider={}", provider.unwrap()))
        } else if let (Some(abort), Step::Abort) = (attribute(&html, "abort", "href"), step) {
            browser.get(abort)
        } else if let (Some(form), Step::SignIn(login)) = (attribute(&html, "sign-in-form", "action"), step) {
            let (_, after) = html.split_once("name=\"provider\" value=\"").unwrap();
            let provider = after.split('"').next().unwrap();
            browser.post(form).form(&[("provider", provider), ("login", login), ("password", "123")])
        } else if let Some(form) = attribute(&html, "information", "action") {
            browser.post(form)
        } else if let Some(form) = attribute(&html, "logout", "action") {
            let (_, after) = html.split_once("name=\"logout\" value=\"").unwrap();
            browser.get(format!("{form}?logout={}", after.split('"').next().unwrap()))
        } else if let Some(link) = attribute(&html, "return", "href") {
            browser.get(link)
        } else {
            return (at, html);
        };
        answer = next.send().await.unwrap();
        at = answer.url().clone();
    }
    panic!("the walk never ends");
}

/// Returns an attribute of the element with this id.
fn attribute(html: &str, id: &str, name: &str) -> Option<String> {
    let (before, after) = html.split_once(&format!("id=\"{id}\""))?;
    let element = format!("{}{}", before.rsplit_once('<')?.1, after.split_once('>')?.0);
    let value = element.split_once(&format!("{name}=\""))?.1.split_once('"')?.0;
    Some(value.replace("&amp;", "&"))
}

pub(crate) async fn post(address: &str, form: &[(&str, &str)]) -> (StatusCode, serde_json::Value) {
    let answer = browser().post(address).form(form).send().await.unwrap();
    (answer.status(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

pub(crate) async fn userinfo(issuer: &str, access_token: &str) -> StatusCode {
    browser().get(format!("{issuer}/userinfo")).bearer_auth(access_token).send().await.unwrap().status()
}
