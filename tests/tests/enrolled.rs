//! Desks that are known: enrolled with a code, authenticated by a key, revoked.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what should not be")]

use std::sync::Arc;
use std::time::Duration;

use comptoir_franceconnect::{
    ASSERTION_TYPE, AcrValue, Attempt, AuthorizationCode, ClientKey, Clock as _, DESK_CLIENT_ID, DeskCredential,
    DeviceError, DeviceGrant, DirectProfile, EnrolError, ExchangeFault, Fault as _, HttpClient, Loopback, Provider,
    ReturnQuery, Returned, Secret, SigningAlg, enrol, read_return,
};
use comptoir_relay::{
    CALLBACK_PATH, CodeLife, DeskBook as _, Desks, EnrolmentCode, Establishment, Limits, MemoryDesks, MemoryStore,
    Relay, SIGNED_OUT_PATH, SealingKey,
};
use comptoir_simulator::{Client, Simulator};
use comptoir_tests::visitor::{Stop, Visitor};
use comptoir_tests::world::WorldClock;
use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

const SECRET: &str = "a-secret-of-at-least-32-characters";

struct House {
    _simulator: Simulator,
    relay: Relay,
    book: Arc<MemoryDesks>,
    clock: WorldClock,
    http: HttpClient,
    rng: SystemRandom,
}

impl House {
    async fn start() -> Self {
        Self::limited(Limits::default()).await
    }

    async fn limited(limits: Limits) -> Self {
        let (clock, rng) = (WorldClock::default(), SystemRandom::new());
        let simulated = clock.clone();
        let simulator =
            Simulator::start(comptoir_simulator::Options::low(0, Arc::new(move || simulated.now()))).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (return_uri, end_uri) = (issuer.join(CALLBACK_PATH).unwrap(), issuer.join(SIGNED_OUT_PATH).unwrap());
        let (back, end) = (vec![return_uri.to_string()], vec![end_uri.to_string()]);
        simulator.register(Client::new("relais", SECRET, "Cabinet", back, end));
        let upstream = Provider::direct(DirectProfile {
            issuer: simulator.issuer().clone(),
            client_id: "relais".to_owned(),
            client_secret: Secret::new(SECRET.to_owned()),
            return_uri,
            end_uri,
            required_acr: AcrValue::Eidas1,
            signing_alg: SigningAlg::Es256,
            scopes: DirectProfile::usual_scopes(AcrValue::Eidas1),
            decryption: None,
        })
        .unwrap();
        let book = Arc::new(MemoryDesks::default());
        let relay = Relay::start(
            listener,
            Establishment {
                name: "Cabinet".to_owned(),
                issuer,
                upstream,
                desks: Desks::Enrolled(Arc::clone(&book) as Arc<_>),
                limits,
                sealing_key: SealingKey::generate(&rng).unwrap(),
                store: Arc::new(MemoryStore::default()),
                clock: Arc::new(clock.clone()),
                rng: Arc::new(SystemRandom::new()),
            },
        )
        .await
        .unwrap();
        Self { _simulator: simulator, relay, book, clock, http: HttpClient::new().unwrap(), rng }
    }

    async fn code(&self) -> Secret {
        let (code, now) = (EnrolmentCode::draw(&self.rng).unwrap(), self.clock.now());
        self.book.issue(code.hash(), CodeLife::USUAL.end(now), now).await.unwrap();
        Secret::new(code.shown())
    }

    async fn enrol(&self, code: &Secret, key: &ClientKey) -> Result<String, EnrolError> {
        enrol(&self.http, self.relay.issuer(), code, "Accueil 1", key, &self.rng, &self.clock).await
    }

    async fn desk(&self) -> DeskCredential {
        let key = ClientKey::generate(&self.rng).unwrap();
        let client_id = self.enrol(&self.code().await, &key).await.unwrap();
        DeskCredential { client_id, key: Some(key) }
    }

    async fn provider(&self, credential: &DeskCredential) -> Provider {
        Provider::discover_relay(&self.http, self.relay.issuer().clone(), credential).await.unwrap()
    }

    /// Lets a patient sign in, as far as the code.
    async fn code_of(&self, provider: &Provider) -> (Attempt, AuthorizationCode, Loopback) {
        let loopback = Loopback::bind(provider.return_address()).await.unwrap();
        let mut attempt = Attempt::begin(provider, &loopback, &self.rng, self.clock.now()).unwrap();
        let address = attempt.authorize_url().clone();
        let walk = tokio::spawn(async move { Visitor::new().sign_in(address, "test", Stop::AtTheEnd).await });
        let deadline = Instant::now() + Duration::from_mins(1);
        let returned = loopback.wait_return(&mut attempt, deadline, &CancellationToken::new()).await.unwrap();
        let Returned::Code { code, browser } = returned else { panic!("no code") };
        drop(browser);
        walk.await.unwrap().unwrap();
        (attempt, code, loopback)
    }
}

#[tokio::test]
async fn an_enrolled_desk_signs_a_patient_in() {
    let house = House::start().await;
    let provider = house.provider(&house.desk().await).await;
    let (attempt, code, _loopback) = house.code_of(&provider).await;
    let signed_in = attempt.exchange(code, &house.http, &house.clock).await.unwrap();
    assert_eq!(signed_in.identity.traits().birth_name.known().map(comptoir_identity::BirthName::raw), Some("DUBOIS"));
    assert!(house.book.list().await.unwrap().first().unwrap().last_seen.is_some());
    // decisions.md: under 2,000 bytes, with the longer audience too.
    assert!(signed_in.id_token.as_bytes().len() < 2000, "{} bytes", signed_in.id_token.as_bytes().len());
}

#[tokio::test]
async fn a_code_enrols_one_desk_and_guesses_are_limited() {
    let house = House::start().await;
    let (key, other) = (ClientKey::generate(&house.rng).unwrap(), ClientKey::generate(&house.rng).unwrap());
    let code = house.code().await;
    assert_eq!(house.enrol(&code, &key).await, Ok(key.thumbprint()));
    assert_eq!(house.enrol(&code, &other).await, Err(EnrolError::Refused), "used");
    let late = house.code().await;
    house.clock.pass(24 * 3600);
    assert_eq!(house.enrol(&late, &other).await, Err(EnrolError::Refused), "expired");
    let wrong = Secret::new("00000-00000".to_owned());
    let mut last = Ok(String::new());
    for _ in 0..6 {
        last = house.enrol(&wrong, &other).await;
    }
    assert_eq!(last, Err(EnrolError::Limited));
    house.clock.pass(3600);
    assert_eq!(house.enrol(&house.code().await, &key).await, Err(EnrolError::Refused), "a key is enrolled once");
    assert!(house.enrol(&house.code().await, &other).await.is_ok());
}

#[tokio::test]
async fn right_codes_are_not_counted() {
    let house = House::start().await;
    for number in 0..12 {
        let key = ClientKey::generate(&house.rng).unwrap();
        assert!(house.enrol(&house.code().await, &key).await.is_ok(), "{number}");
    }
}

#[tokio::test]
async fn a_desk_that_asks_too_much_waits_and_no_other() {
    let house = House::limited(Limits { sign_ins_by_desk: 2, ..Limits::default() }).await;
    let providers = [house.provider(&house.desk().await).await, house.provider(&house.desk().await).await];
    for (rule, desk, passing, expected) in [
        ("first", 0, 0, 303),
        ("second", 0, 0, 303),
        ("too many", 0, 0, 429),
        ("another desk", 1, 0, 303),
        ("after half a minute", 0, 31, 303),
        ("one only", 0, 0, 429),
    ] {
        house.clock.pass(passing);
        let provider = providers.get(desk).unwrap();
        let loopback = Loopback::bind(provider.return_address()).await.unwrap();
        let attempt = Attempt::begin(provider, &loopback, &house.rng, house.clock.now()).unwrap();
        let page = Visitor::new().fetch(attempt.authorize_url().clone()).await.unwrap();
        assert_eq!((page.status, page.redirect.is_some()), (expected, expected == 303), "{rule}");
        assert_eq!(page.html.contains("Trop de demandes") && page.html.contains("RL-05"), expected == 429, "{rule}");
    }
}

#[tokio::test]
async fn a_desk_that_shows_too_many_codes_waits() {
    let house = House::limited(Limits { sign_ins_by_desk: 1, ..Limits::default() }).await;
    let providers = [house.provider(&house.desk().await).await, house.provider(&house.desk().await).await];
    let begin = async |provider| DeviceGrant::begin(provider, &house.http, &house.rng, &house.clock).await.map(drop);
    let [first, second] = &providers;
    assert!(begin(first).await.is_ok());
    assert!(matches!(begin(first).await, Err(DeviceError::Limited)));
    assert!(begin(second).await.is_ok(), "another desk");
    house.clock.pass(60);
    assert!(begin(first).await.is_ok());
}

#[tokio::test]
async fn who_calls_too_much_waits_before_a_code_is_used() {
    let usual = Limits::default();
    for (rule, limits) in
        [("the desk", Limits { calls_by_desk: 2, ..usual }), ("its address", Limits { calls_by_address: 2, ..usual })]
    {
        let house = House::limited(limits).await;
        let provider = house.provider(&house.desk().await).await;
        let (attempt, code, _loopback) = house.code_of(&provider).await;
        attempt.exchange(code, &house.http, &house.clock).await.unwrap();

        let loopback = Loopback::bind(provider.return_address()).await.unwrap();
        let attempt = Attempt::begin(&provider, &loopback, &house.rng, house.clock.now()).unwrap();
        let address = attempt.authorize_url().clone();
        let page = Visitor::new().sign_in(address, "test", Stop::BeforeTheReturn).await.unwrap();
        let back = page.redirect.unwrap();
        let code = || {
            let returned = read_return(back.query().unwrap()).unwrap();
            let Some(ReturnQuery::Code(code)) = returned.from_issuer(provider.issuer()) else { panic!("no code") };
            code
        };
        let parked = attempt.park();
        let limited = attempt.redeem(code(), &house.http, &house.clock).await.unwrap_err();
        assert_eq!(limited.code(), "token-refused", "{rule}");
        if limits.calls_by_address == 2 {
            // Nothing of the request was looked at: the same one is good once there is room again.
            house.clock.pass(31);
            let again = Attempt::resume(&provider, &parked).unwrap();
            assert!(again.redeem(code(), &house.http, &house.clock).await.is_ok(), "{rule}");
        }
    }
}

#[tokio::test]
async fn an_unknown_or_revoked_desk_gets_the_page_and_no_redirect() {
    let house = House::start().await;
    let (unknown, revoked) = (DeskCredential::public(), house.desk().await);
    house.book.revoke(&revoked.client_id, house.clock.now()).await.unwrap();
    for credential in [unknown, revoked] {
        let provider = house.provider(&credential).await;
        let loopback = Loopback::bind(provider.return_address()).await.unwrap();
        let attempt = Attempt::begin(&provider, &loopback, &house.rng, house.clock.now()).unwrap();
        let page = Visitor::new().fetch(attempt.authorize_url().clone()).await.unwrap();
        assert_eq!((page.status, page.redirect), (400, None));
        assert!(page.html.contains("RL-01"));
    }
}

#[tokio::test]
async fn only_the_desk_that_asked_gets_the_tokens() {
    type Change = fn(&DeskCredential, &DeskCredential, ClientKey) -> DeskCredential;
    let cases: [(&str, Change, &str); 3] = [
        ("its name alone", |desk, _, _| DeskCredential { key: None, ..desk.clone() }, "client-refused"),
        ("another key", |desk, _, key| DeskCredential { key: Some(key), ..desk.clone() }, "client-refused"),
        ("another desk", |_, other, _| other.clone(), "token-refused"),
    ];
    let house = House::start().await;
    let (desk, other) = (house.desk().await, house.desk().await);
    for (rule, change, expected) in cases {
        let (attempt, code, loopback) = house.code_of(&house.provider(&desk).await).await;
        let thief = change(&desk, &other, ClientKey::generate(&house.rng).unwrap());
        let stolen = Attempt::resume(&house.provider(&thief).await, &attempt.park()).unwrap();
        let refused = stolen.redeem(code, &house.http, &house.clock).await.unwrap_err();
        assert_eq!(refused.code(), expected, "{rule}");
        drop(loopback);
    }
}

#[tokio::test]
async fn a_desk_revoked_in_the_middle_gets_nothing() {
    let house = House::start().await;
    let desk = house.desk().await;
    let (attempt, code, _loopback) = house.code_of(&house.provider(&desk).await).await;
    house.book.revoke(&desk.client_id, house.clock.now()).await.unwrap();
    let refused = attempt.redeem(code, &house.http, &house.clock).await.unwrap_err();
    assert!(matches!(refused.fault, ExchangeFault::ClientRefused { .. }), "{}", refused.fault);

    let desk = house.desk().await;
    let (attempt, code, _loopback) = house.code_of(&house.provider(&desk).await).await;
    let redeemed = attempt.redeem(code, &house.http, &house.clock).await.unwrap();
    house.book.revoke(&desk.client_id, house.clock.now()).await.unwrap();
    let refused = redeemed.identify(&house.http, &house.clock).await.unwrap_err();
    assert_eq!(refused.code(), "userinfo-refused");
    assert!(refused.owed_logout.is_some());
}

#[tokio::test]
async fn without_a_proof_nothing_is_told() {
    let house = House::start().await;
    let desk = house.desk().await;
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    let token = format!("{}token", house.relay.issuer());
    let none = format!("{}.{}.", "eyJhbGciOiJub25lIn0", "eyJzdWIiOiJjb21wdG9pciJ9");
    for (rule, form) in [
        ("nothing", vec![]),
        ("a public client", vec![("client_id", DESK_CLIENT_ID)]),
        ("a known name", vec![("client_id", desk.client_id.as_str())]),
        ("another type", vec![("client_assertion_type", "urn:x"), ("client_assertion", none.as_str())]),
        ("unsigned", vec![("client_assertion_type", ASSERTION_TYPE), ("client_assertion", none.as_str())]),
        ("no JWT", vec![("client_assertion_type", ASSERTION_TYPE), ("client_assertion", "a.b.c")]),
    ] {
        let mut form = form;
        form.extend([("grant_type", "authorization_code"), ("code", "x")]);
        let answer = browser.post(&token).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{rule}");
        assert_eq!(answer.text().await.unwrap(), r#"{"error":"invalid_client"}"#, "{rule}");
    }
}
