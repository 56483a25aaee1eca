//! Desk, relay and simulated FranceConnect, with a scripted browser: the whole sign-in and sign-out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what should not be")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::{
    AcrValue, Attempt, AuthorizationCode, AuthorizationError, BrowserTurn, Clock, DESK_CLIENT_ID, DirectProfile, Ended,
    Fault as _, HttpClient, IdTokenHint, Loopback, Page, Provider, Returned, Secret, SigningAlg,
};
use comptoir_relay::{CALLBACK_PATH, Options, Relay, SIGNED_OUT_PATH, SealingKey};
use comptoir_simulator::{Algorithm, Client, Fault, Simulator};
use jiff::Timestamp;
use reqwest::StatusCode;
use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

const START: i64 = 1_800_000_000;
const SECRET: &str = "a-secret-of-at-least-32-characters";

#[tokio::test]
async fn a_patient_signs_in_and_is_signed_out() {
    let world = World::start().await;
    let mut visit = Visit::begin(&world).await;
    let walk = visit.walk(Step::SignIn("test"));
    let (code, turn) = visit.code().await;
    let redeemed = visit.attempt.take().unwrap().redeem(code, &world.http, &world.clock).await.unwrap();
    let hint = redeemed.id_token();
    let signed_in = redeemed.identify(&world.http, &world.clock).await.unwrap();
    assert_eq!(signed_in.acr, AcrValue::Eidas1);
    let traits = signed_in.identity.traits();
    assert_eq!(traits.birth_name.known().map(comptoir_identity::BirthName::raw), Some("DUBOIS"));
    assert_eq!(traits.first_given_name.known().map(comptoir_identity::GivenName::raw), Some("Angela"));
    assert_eq!(traits.birth_date.map(comptoir_identity::BirthDate::iso).as_deref(), Some("1962-08-24"));
    assert_eq!(world.simulator.live_sessions(), 1);

    // decisions.md: under 2,000 bytes, and not a trait in it.
    assert!(hint.as_bytes().len() < 2000, "{} bytes", hint.as_bytes().len());
    let token = str::from_utf8(hint.as_bytes()).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims = String::from_utf8(claims).unwrap();
    for value in ["DUBOIS", "Angela", "1962", "75107", "female", signed_in.sub.expose()] {
        assert!(!claims.contains(value), "a trait in the ID token");
    }

    assert_eq!(visit.sign_out(&world, &hint, turn).await, Ended::Confirmed);
    assert_eq!(world.simulator.live_sessions(), 0);
    let last = walk.await.unwrap();
    assert!(last.contains("C'est terminé, vous pouvez rendre le poste à l'accueil."), "{last}");
    // The State never saw a PKCE parameter, and its identity was asked for once.
    let trace = world.simulator.trace();
    assert!(trace.iter().all(|one| one.parameters.iter().all(|parameter| !parameter.name.starts_with("code_"))));
    assert_eq!(trace.iter().filter(|one| one.path.ends_with("/userinfo")).count(), 1);
}

#[tokio::test]
async fn an_owed_logout_works_after_a_restart_of_the_relay() {
    let mut world = World::start().await;
    let mut visit = Visit::begin(&world).await;
    let browser = visit.browser.clone();
    let steps = visit.walk(Step::SignIn("test"));
    let (code, turn) = visit.code().await;
    let signed_in = visit.attempt.take().unwrap().exchange(code, &world.http, &world.clock).await.unwrap();
    let kept = signed_in.id_token.as_bytes().to_vec();
    drop(turn);
    steps.await.unwrap();
    drop(visit);
    assert_eq!(world.simulator.live_sessions(), 1);

    world.clock.advance(3600 * 12);
    world.restart_relay().await;
    let loopback = Loopback::bind(world.provider.return_address()).await.unwrap();
    let end = loopback.expect_end(&SystemRandom::new()).unwrap();
    let hint = IdTokenHint::from_bytes(kept).unwrap();
    let address = world.provider.end_session_url(&hint, &loopback.end_uri(), end.state());
    let steps = tokio::spawn(async move { walk(&browser, address, Step::Nothing).await });
    assert_eq!(loopback.wait_end(end, soon(), &CancellationToken::new()).await, Ended::Confirmed);
    assert!(steps.await.unwrap().contains("C'est terminé"));
    assert_eq!(world.simulator.live_sessions(), 0);
}

#[tokio::test]
async fn a_no_reaches_the_desk_as_a_no() {
    let world = World::start().await;
    for (rule, step, expected) in [
        ("gives up at the choice", Step::Abort, AuthorizationError::AccessDenied),
        ("unknown to the civil register", Step::SignIn("E010008"), AuthorizationError::AccessDenied),
        ("civil register down", Step::SignIn("E010011"), AuthorizationError::TemporarilyUnavailable),
        ("incomplete identity", Step::SignIn("sans_mail"), AuthorizationError::ServerError),
    ] {
        let mut visit = Visit::begin(&world).await;
        let walk = visit.walk(step);
        let Returned::Refused { error, browser } = visit.returned().await else { panic!("{rule}: not refused") };
        assert_eq!(error, expected, "{rule}");
        browser.finish(Page::Refused).await;
        assert!(walk.await.unwrap().contains("n'a pas eu lieu"), "{rule}");
    }
}

#[tokio::test]
async fn a_misbehaving_state_reaches_the_desk_as_a_fault_and_leaves_no_session() {
    let world = World::start().await;
    for (fault, expected, session_left) in [
        (Fault::WrongNonce, AuthorizationError::ServerError, true),
        (Fault::OtherKey, AuthorizationError::ServerError, true),
        (Fault::AlgNone, AuthorizationError::ServerError, true),
        (Fault::TokenError500, AuthorizationError::TemporarilyUnavailable, true),
        // Here the ID token was good: the relay ends the session before the browser comes back.
        (Fault::SubMismatch, AuthorizationError::ServerError, false),
        (Fault::UserinfoPlainJson, AuthorizationError::ServerError, false),
        (Fault::UserinfoOtherKey, AuthorizationError::ServerError, false),
    ] {
        let before = world.simulator.live_sessions();
        world.simulator.set_fault(Some(fault));
        let mut visit = Visit::begin(&world).await;
        let walk = visit.walk(Step::SignIn("test"));
        let Returned::Refused { error, browser } = visit.returned().await else { panic!("{fault:?}") };
        assert_eq!(error, expected, "{fault:?}");
        browser.finish(Page::Failed).await;
        walk.await.unwrap();
        let left = world.simulator.live_sessions() - before;
        assert_eq!(left, usize::from(session_left), "{fault:?}");
    }
}

#[tokio::test]
async fn straight_to_the_state_every_fault_has_its_code() {
    for (fault, expected, owed) in [
        (None, "ok", false),
        (Some(Fault::WrongNonce), "id-token-invalid", false),
        (Some(Fault::WrongAudience), "id-token-invalid", false),
        (Some(Fault::WrongIssuer), "id-token-invalid", false),
        // The Date header is the machine's own, years away from this test's clock: the hint is given.
        (Some(Fault::ExpiredIdToken), "clock-wrong", false),
        (Some(Fault::IssuedInFuture), "clock-wrong", false),
        (Some(Fault::OtherKey), "id-token-invalid", false),
        (Some(Fault::AlgNone), "id-token-invalid", false),
        (Some(Fault::Hs256WithPublicKey), "id-token-invalid", false),
        (Some(Fault::LowerAcr), "id-token-invalid", false),
        (Some(Fault::MissingAcr), "id-token-invalid", false),
        (Some(Fault::MissingSub), "id-token-invalid", false),
        (Some(Fault::TokenError500), "franceconnect-unreachable", false),
        (Some(Fault::SubMismatch), "subject-differs", true),
        (Some(Fault::UserinfoPlainJson), "userinfo-invalid", true),
        (Some(Fault::UserinfoOtherKey), "userinfo-invalid", true),
    ] {
        let world = World::start().await;
        let provider = world.straight(free_port().await);
        world.simulator.set_fault(fault);
        let mut visit = Visit::to(&provider, &world).await;
        let walk = visit.walk(Step::SignIn("test"));
        let (code, turn) = visit.code().await;
        let result = visit.attempt.take().unwrap().exchange(code, &world.http, &world.clock).await;
        turn.finish(Page::Done).await;
        walk.await.unwrap();
        let (got, hint) = match result {
            Ok(_) => ("ok", None),
            Err(error) => (error.code(), error.owed_logout),
        };
        assert_eq!((got, hint.is_some()), (expected, owed), "{fault:?}");
        // openid.md §5: a bad ID token is never followed by a userinfo request.
        let asked = world.simulator.trace().iter().any(|one| one.path.ends_with("/userinfo"));
        assert_eq!(asked, owed || fault.is_none(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_foreign_return_is_noise() {
    let world = World::start().await;
    for fault in [Fault::WrongStateInRedirect, Fault::WrongIssInRedirect] {
        let provider = world.straight(free_port().await);
        world.simulator.set_fault(Some(fault));
        let mut visit = Visit::to(&provider, &world).await;
        let page = visit.walk(Step::SignIn("test")).await.unwrap();
        assert!(page.contains("Il n'y a rien à cette adresse"), "{fault:?}");
        let mut attempt = visit.attempt.take().unwrap();
        let waited = visit.loopback.wait_return(&mut attempt, Instant::now(), &CancellationToken::new()).await.unwrap();
        assert!(matches!(waited, Returned::Abandoned(_)), "{fault:?}");
    }
}

#[tokio::test]
async fn a_code_is_worth_one_exchange_by_the_desk_that_asked() {
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const BACK: &str = "http://127.0.0.1:1/retour";
    let world = World::start().await;
    let issuer = world.relay_issuer();
    for (rule, changes, late, expected) in [
        ("right", &[][..], 0, "ok"),
        ("last moment", &[], 59, "ok"),
        ("too late", &[], 60, "invalid_grant"),
        ("wrong verifier", &[("code_verifier", CHALLENGE)], 0, "invalid_grant"),
        ("no verifier", &[("code_verifier", "")], 0, "invalid_grant"),
        ("another address", &[("redirect_uri", "http://127.0.0.1:2/retour")], 0, "invalid_grant"),
        ("another client", &[("client_id", "pirate")], 0, "invalid_client"),
        ("another grant", &[("grant_type", "refresh_token")], 0, "unsupported_grant_type"),
        ("invented code", &[("code", "x")], 0, "invalid_grant"),
    ] {
        let address = Url::parse_with_params(
            &format!("{issuer}/authorize"),
            [
                ("response_type", "code"),
                ("client_id", DESK_CLIENT_ID),
                ("redirect_uri", BACK),
                ("scope", "openid"),
                ("state", "s"),
                ("nonce", "0123456789012345678901"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ],
        )
        .unwrap();
        let back = walk_until(&browser(), address, Step::SignIn("test"), BACK).await;
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        world.clock.advance(late);
        let form: Vec<(&str, &str)> = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", BACK),
            ("client_id", DESK_CLIENT_ID),
            ("code_verifier", VERIFIER),
        ]
        .into_iter()
        .map(|(name, value)| (name, changes.iter().find(|(other, _)| *other == name).map_or(value, |(_, new)| *new)))
        .collect();
        let (status, answer) = post(&format!("{issuer}/token"), &form).await;
        let got = answer["error"].as_str().unwrap_or("ok");
        assert_eq!((got, status == StatusCode::OK), (expected, expected == "ok"), "{rule}");
        let Some(access_token) = answer["access_token"].as_str() else { continue };

        if rule == "right" {
            assert_eq!(userinfo(&issuer, access_token).await, StatusCode::OK, "{rule}");
            assert_eq!(userinfo(&issuer, access_token).await, StatusCode::UNAUTHORIZED, "handed over once");
        } else {
            let (_, again) = post(&format!("{issuer}/token"), &form).await;
            assert_eq!(again["error"], "invalid_grant", "{rule}, again");
            assert_eq!(userinfo(&issuer, access_token).await, StatusCode::UNAUTHORIZED, "a replay takes it back");
        }
    }
}

#[tokio::test]
async fn what_is_no_desk_gets_a_page() {
    let world = World::start().await;
    let issuer = world.relay_issuer();
    let http = browser();
    for (rule, path, status) in [
        ("no client", "/authorize?redirect_uri=http://127.0.0.1:1/retour", 400),
        ("another client", "/authorize?client_id=pirate&redirect_uri=http://127.0.0.1:1/retour", 400),
        ("another place", "/authorize?client_id=comptoir&redirect_uri=https://pirate.example/retour", 400),
        ("two addresses", "/authorize?client_id=comptoir&client_id=comptoir", 400),
        ("unknown return", "/callback?code=c&state=s", 410),
        ("bare return", "/callback", 410),
        ("logout without a hint", "/end_session", 400),
        ("logout with an invented hint", "/end_session?id_token_hint=e30.eyJzdWIiOiJ4Iiwic2VhbGVkIjoieCJ9.x", 400),
        ("unknown end", "/signed_out?state=x", 410),
        ("nothing there", "/admin", 404),
    ] {
        let answer = http.get(format!("{issuer}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), status, "{rule}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{rule}");
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer", "{rule}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("lang=\"fr\"") && !text.contains("pirate"), "{rule}");
    }
    let foreign = http.get(format!("{issuer}/jwks")).header("host", "pirate.example").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
    let large = http.post(format!("{issuer}/token")).body("a".repeat(20_000)).send().await.unwrap();
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct World {
    simulator: Simulator,
    relay: Option<Relay>,
    relay_port: u16,
    sealing_key: SealingKey,
    provider: Provider,
    http: HttpClient,
    clock: Hands,
}

impl World {
    async fn start() -> Self {
        let clock = Hands(Arc::new(AtomicI64::new(START)));
        let simulated = clock.clone();
        let options = comptoir_simulator::Options { port: 0, clock: Arc::new(move || simulated.now()) };
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
    async fn restart_relay(&mut self) {
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

    fn relay_issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.relay_port)
    }

    /// A profile of the simulator itself, as a sandbox would be used.
    fn straight(&self, port: u16) -> Provider {
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
        clock: Arc::new(clock),
        rng: Arc::new(SystemRandom::new()),
    })
    .await
    .unwrap()
}

fn upstream(simulator: &Simulator, client_id: &str, return_uri: &str, end_uri: &str) -> Provider {
    simulator.register(Client {
        client_id: client_id.to_owned(),
        client_secret: SECRET.to_owned(),
        name: "Cabinet".to_owned(),
        algorithm: Algorithm::Es256,
        redirect_uris: vec![return_uri.to_owned()],
        post_logout_redirect_uris: vec![end_uri.to_owned()],
    });
    Provider::direct(DirectProfile {
        issuer: simulator.issuer().clone(),
        client_id: client_id.to_owned(),
        client_secret: Secret::new(SECRET.to_owned()),
        return_uri: Url::parse(return_uri).unwrap(),
        end_uri: Url::parse(end_uri).unwrap(),
        required_acr: AcrValue::Eidas1,
        signing_alg: SigningAlg::Es256,
        scopes: DirectProfile::usual_scopes(AcrValue::Eidas1),
    })
    .unwrap()
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// One visit of one person: a listener, an attempt, a browser.
struct Visit {
    loopback: Loopback,
    attempt: Option<Attempt>,
    browser: reqwest::Client,
}

impl Visit {
    async fn begin(world: &World) -> Self {
        Self::to(&world.provider, world).await
    }

    async fn to(provider: &Provider, world: &World) -> Self {
        let loopback = Loopback::bind(provider.return_address()).await.unwrap();
        let attempt = Attempt::begin(provider, &loopback, &SystemRandom::new(), world.clock.now()).unwrap();
        Self { loopback, attempt: Some(attempt), browser: browser() }
    }

    /// Lets the person walk in the background; the last page is what comes of it.
    fn walk(&self, step: Step) -> tokio::task::JoinHandle<String> {
        let (browser, address) = (self.browser.clone(), self.attempt.as_ref().unwrap().authorize_url().clone());
        tokio::spawn(async move { walk(&browser, address, step).await })
    }

    async fn returned(&mut self) -> Returned {
        let attempt = self.attempt.as_mut().unwrap();
        self.loopback.wait_return(attempt, soon(), &CancellationToken::new()).await.unwrap()
    }

    async fn code(&mut self) -> (AuthorizationCode, BrowserTurn) {
        match self.returned().await {
            Returned::Code { code, browser } => (code, browser),
            Returned::Refused { .. } | Returned::Abandoned(_) => panic!("no code"),
        }
    }

    async fn sign_out(&self, world: &World, hint: &IdTokenHint, turn: BrowserTurn) -> Ended {
        let end = self.loopback.expect_end(&SystemRandom::new()).unwrap();
        turn.send_on(&world.provider.end_session_url(hint, &self.loopback.end_uri(), end.state())).await;
        self.loopback.wait_end(end, soon(), &CancellationToken::new()).await
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// What the person does at FranceConnect.
#[derive(Clone, Copy)]
enum Step {
    SignIn(&'static str),
    Abort,
    Nothing,
}

fn browser() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    let follow_nothing = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().cookie_store(true).redirect(follow_nothing).build().unwrap()
}

/// Walks all the pages and returns the last one.
async fn walk(browser: &reqwest::Client, from: Url, step: Step) -> String {
    walk_to(browser, from, step, None).await.1
}

/// Walks until a redirect leads below an address, and returns it.
async fn walk_until(browser: &reqwest::Client, from: Url, step: Step, until: &str) -> Url {
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

async fn post(address: &str, form: &[(&str, &str)]) -> (StatusCode, serde_json::Value) {
    let answer = browser().post(address).form(form).send().await.unwrap();
    (answer.status(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

async fn userinfo(issuer: &str, access_token: &str) -> StatusCode {
    browser().get(format!("{issuer}/userinfo")).bearer_auth(access_token).send().await.unwrap().status()
}
