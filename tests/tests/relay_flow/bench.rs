//! A simulator, a relay and a desk on one adjustable clock, and a browser that walks by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use comptoir_franceconnect::{
    AcrValue, Attempt, AuthorizationCode, BrowserTurn, Clock, DESK_CLIENT_ID, DirectProfile, Ended, HttpClient,
    IdTokenHint, Loopback, Provider, Returned, Secret, SigningAlg,
};
use comptoir_relay::{CALLBACK_PATH, MemoryStore, Options, Relay, SIGNED_OUT_PATH, SealingKey};
use comptoir_simulator::{Client, Simulator};
use jiff::Timestamp;
use reqwest::StatusCode;
use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

const START: i64 = 1_800_000_000;
const SECRET: &str = "a-secret-of-at-least-32-characters";

#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

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
        let clock = Hands(Arc::new(AtomicI64::new(START)));
        let simulated = clock.clone();
        let options = comptoir_simulator::Options::low(0, Arc::new(move || simulated.now()));
        let simulator = Simulator::start(options).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay_port = listener.local_addr().unwrap().port();
        let sealing_key = SealingKey::generate(&SystemRandom::new()).unwrap();
        let relay = start_relay(&simulator, listener, sealing_key.clone(), clock.clone()).await;
        let http = HttpClient::new().unwrap();
        let provider = Provider::discover_relay(&http, relay.issuer().clone()).await.unwrap();
        Self { simulator, relay: Some(relay), relay_port, sealing_key, provider, http, clock }
    }

    /// Starts the relay anew at the same address: memory and signing key are gone.
    pub(crate) async fn restart_relay(&mut self) {
        self.relay = None;
        let listener = loop {
            // The old listener is closed by its task, soon.
            match TcpListener::bind(("127.0.0.1", self.relay_port)).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let relay = start_relay(&self.simulator, listener, self.sealing_key.clone(), self.clock.clone()).await;
        self.relay = Some(relay);
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

async fn start_relay(simulator: &Simulator, listener: TcpListener, sealing_key: SealingKey, clock: Hands) -> Relay {
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let upstream =
        upstream(simulator, "relais", &format!("{issuer}{CALLBACK_PATH}"), &format!("{issuer}{SIGNED_OUT_PATH}"));
    Relay::start(Options {
        listener,
        issuer: Url::parse(&issuer).unwrap(),
        upstream,
        desk_client_id: DESK_CLIENT_ID.to_owned(),
        sealing_key,
        store: Arc::new(MemoryStore::default()),
        clock: Arc::new(clock),
        rng: Arc::new(SystemRandom::new()),
    })
    .await
    .unwrap()
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
    reqwest::Client::builder().no_proxy().cookie_store(true).redirect(follow_nothing).build().unwrap()
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
            browser.get(format!("{form}?provider={}", attribute(&html, "provider-impots", "value").unwrap()))
        } else if let (Some(abort), Step::Abort) = (attribute(&html, "abort", "href"), step) {
            browser.get(abort)
        } else if let (Some(form), Step::SignIn(login)) = (attribute(&html, "sign-in-form", "action"), step) {
            browser.post(form).form(&[("provider", "impots"), ("login", login), ("password", "123")])
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
