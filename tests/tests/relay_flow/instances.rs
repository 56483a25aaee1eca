//! Two instances of one relay on a real PostgreSQL, behind one address.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::{
    ASSERTION_TYPE, ClientKey, Clock as _, DeviceEnd, Ended, HttpClient, Returned, Secret, enrol,
};
use comptoir_relay::{CodeLife, DeskBook as _, Desks, EnrolmentCode, PostgresDesks, PostgresStore, Relay, SealingKey};
use comptoir_tests::postgres::Server;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use url::Url;

use crate::bench::{START, Site, Step, Visit, World, browser, post, simulated, walk, walk_until};
use crate::phone;

/// The one address: carries each connection to the instance that was last chosen.
struct Balancer {
    port: u16,
    to: Arc<AtomicU16>,
    accepting: AbortHandle,
}

impl Balancer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, to) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU16::new(0)));
        let target = Arc::clone(&to);
        let accepting = tokio::spawn(async move {
            let mut carried = tokio::task::JoinSet::new();
            let mut towards = 0;
            while let Ok((mut client, _)) = listener.accept().await {
                let now_to = target.load(Ordering::SeqCst);
                if now_to != towards {
                    // A connection kept alive would go on talking to the other one.
                    carried.shutdown().await;
                    towards = now_to;
                }
                carried.spawn(async move {
                    let mut instance = TcpStream::connect(("127.0.0.1", towards)).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut instance).await
                });
            }
        });
        Self { port, to, accepting: accepting.abort_handle() }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Two {
    world: World,
    balancer: Balancer,
    ports: [u16; 2],
    relays: [Option<Relay>; 2],
    server: Server,
}

impl Two {
    async fn start() -> Self {
        Self::serving(false).await
    }

    /// Serves everybody, or the desks that are enrolled in the database.
    async fn serving(enrolled: bool) -> Self {
        let server = Server::start().unwrap();
        let (simulator, clock) = simulated().await;
        let balancer = Balancer::start().await;
        let sealing_key = SealingKey::generate(&SystemRandom::new()).unwrap();
        let (mut ports, mut relays) = ([0, 0], [None, None]);
        let mut last = None;
        for (port, relay) in ports.iter_mut().zip(&mut relays) {
            // Each has its own connection, as two machines have.
            let store = Arc::new(PostgresStore::connect(&server.address()).await.unwrap());
            let desks = if enrolled {
                let issuer = format!("http://127.0.0.1:{}", balancer.port);
                Desks::Enrolled(Arc::new(PostgresDesks::beside(&store, &issuer).await.unwrap()))
            } else {
                Site::everybody()
            };
            let site = Site { port: balancer.port, sealing_key: sealing_key.clone(), store, desks };
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            *port = listener.local_addr().unwrap().port();
            *relay = Some(site.open(&simulator, listener, clock.clone()).await);
            last = Some(site);
        }
        balancer.to.store(ports[0], Ordering::SeqCst);
        let world = World::of(simulator, clock, None, &last.unwrap()).await;
        Self { world, balancer, ports, relays, server }
    }

    /// Has the next connections go to this instance; the desk has none open.
    fn to(&mut self, instance: usize) {
        let [first, second] = self.ports;
        self.balancer.to.store(if instance == 0 { first } else { second }, Ordering::SeqCst);
        self.world.http = HttpClient::new().unwrap();
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn a_sign_in_goes_through_two_instances_step_by_step() {
    let mut two = Two::start().await;
    let mut visit = Visit::begin(&two.world).await;
    let (browser, issuer) = (visit.browser.clone(), two.world.relay_issuer());
    let begin = visit.attempt.as_ref().unwrap().authorize_url().clone();
    let callback = walk_until(&browser, begin, Step::SignIn("test"), &format!("{issuer}/callback")).await;

    two.to(1);
    let steps = tokio::spawn(async move { walk(&browser, callback, Step::Nothing).await });
    let (code, turn) = visit.code().await;

    // What waits between two machines is not to be read there.
    let kept = two.server.run("SELECT encode(sealed, 'escape') FROM comptoir_waiting").unwrap();
    assert!(!kept.is_empty());
    for value in ["DUBOIS", "Angela", "1962", "eyJ"] {
        assert!(!kept.contains(value), "readable in the database");
    }

    two.to(0);
    let world = &two.world;
    let redeemed = visit.attempt.take().unwrap().redeem(code, &world.http, &world.clock).await.unwrap();
    let hint = redeemed.id_token();
    two.to(1);
    let world = &two.world;
    let signed_in = redeemed.identify(&world.http, &world.clock).await.unwrap();
    let traits = signed_in.identity.traits();
    assert_eq!(traits.birth_name.known().map(comptoir_identity::BirthName::raw), Some("DUBOIS"));
    two.to(0);
    assert_eq!(visit.sign_out(&two.world, &hint, turn).await, Ended::Confirmed);
    assert!(steps.await.unwrap().contains("C'est terminé"));
    assert_eq!(two.world.simulator.live_sessions(), 0);
    assert_eq!(two.server.run("SELECT count(*) FROM comptoir_waiting WHERE kind <> 'code'").unwrap(), "0");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn a_phone_signs_in_through_another_instance_than_the_desk_asks() {
    let mut two = Two::start().await;
    let ticking = phone::ticking(&two.world.clock);
    let shown = phone::grant(&two.world).await;
    let address = shown.verification_uri_complete().clone();
    two.to(1);
    let last = phone::on_the_phone(&browser(), &address, Step::SignIn("test")).await;
    assert!(last.contains("vous pouvez ranger votre téléphone"), "{last}");
    two.to(0);
    let DeviceEnd::Redeemed(redeemed) = phone::wait(&two.world, shown).await else { panic!("nobody signed in") };
    two.to(1);
    let signed_in = redeemed.identify(&two.world.http, &two.world.clock).await.unwrap();
    let traits = signed_in.identity.traits();
    assert_eq!(traits.birth_name.known().map(comptoir_identity::BirthName::raw), Some("DUBOIS"));
    assert_eq!(two.world.simulator.live_sessions(), 0);
    assert_eq!(two.server.run("SELECT count(*) FROM comptoir_waiting WHERE kind <> 'code'").unwrap(), "0");
    ticking.abort();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn one_instance_dies_and_the_other_finishes() {
    let mut two = Two::start().await;
    let mut visit = Visit::begin(&two.world).await;
    let (browser, issuer) = (visit.browser.clone(), two.world.relay_issuer());
    let begin = visit.attempt.as_ref().unwrap().authorize_url().clone();
    let callback = walk_until(&browser, begin, Step::SignIn("test"), &format!("{issuer}/callback")).await;
    two.relays[0] = None;
    two.to(1);
    let steps = tokio::spawn(async move { walk(&browser, callback, Step::Nothing).await });
    let (code, turn) = visit.code().await;
    let world = &two.world;
    let signed_in = visit.attempt.take().unwrap().exchange(code, &world.http, &world.clock).await.unwrap();
    assert_eq!(visit.sign_out(world, &signed_in.id_token, turn).await, Ended::Confirmed);
    steps.await.unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn nobody_is_signed_in_while_the_database_is_away() {
    let mut two = Two::start().await;
    two.server.stop().unwrap();
    let mut visit = Visit::begin(&two.world).await;
    let steps = visit.walk(Step::SignIn("test"));
    let Returned::Refused { error, browser } = visit.returned().await else { panic!("signed in without a store") };
    assert_eq!(error.as_str(), "temporarily_unavailable");
    browser.finish(comptoir_franceconnect::Page::Refused).await;
    steps.await.unwrap();
    let issuer = two.world.relay_issuer();
    let form = [("grant_type", "authorization_code"), ("client_id", "comptoir"), ("code", "x")];
    let (status, answer) = post(&format!("{issuer}/token"), &form).await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (503, Some("temporarily_unavailable")));

    two.server.resume().unwrap();
    let visit = Visit::begin(&two.world).await;
    let begin = visit.attempt.as_ref().unwrap().authorize_url().clone();
    walk_until(&visit.browser, begin, Step::SignIn("test"), &format!("{issuer}/callback")).await;
}

/// A desk's signed word, with an identifier of the test's own (RFC 7523 §3).
fn assertion(key: &ClientKey, audience: &str, id: &str) -> String {
    let client_id = key.thumbprint();
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": audience, "jti": id, "iat": START, "exp": START + 60,
    });
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&json!({"alg": "ES256"})), encode(&claims));
    let rng = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.to_pkcs8(), &rng).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(pair.sign(&rng, signed.as_bytes()).unwrap()))
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn an_assertion_is_taken_by_one_of_two_instances_and_by_none_without_the_database() {
    let (mut two, rng) = (Two::serving(true).await, SystemRandom::new());
    let issuer = two.world.relay_issuer();
    let store = PostgresStore::connect(&two.server.address()).await.unwrap();
    let administrator = PostgresDesks::beside(&store, &issuer).await.unwrap();
    let (code, now) = (EnrolmentCode::draw(&rng).unwrap(), two.world.clock.now());
    administrator.issue(code.hash(), CodeLife::USUAL.end(now), now).await.unwrap();
    // Enrolled at one of them, known to both.
    let (key, at) = (ClientKey::generate(&rng).unwrap(), Url::parse(&issuer).unwrap());
    let code = Secret::new(code.shown());
    enrol(&two.world.http, &at, &code, "Accueil 1", &key, &rng, &two.world.clock).await.unwrap();

    let host = issuer.strip_prefix("http://").unwrap().to_owned();
    let show = |id: &str, port: u16| {
        let (assertion, host) = (assertion(&key, &issuer, id), host.clone());
        async move {
            let form = [
                ("grant_type", "authorization_code"),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", &assertion),
                ("code", "x"),
            ];
            let asked = browser().post(format!("http://127.0.0.1:{port}/token")).header("host", host).form(&form);
            let answer: Value = serde_json::from_slice(&asked.send().await.unwrap().bytes().await.unwrap()).unwrap();
            answer["error"].as_str().unwrap().to_owned()
        }
    };
    let [first, second] = two.ports;
    for number in 0..20 {
        let id = format!("an-assertion-of-the-test-{number}");
        let (one, other) = tokio::join!(show(&id, first), show(&id, second));
        let mut answers = [one, other];
        answers.sort();
        // Whoever is let in is told that the code is wrong.
        assert_eq!(answers, ["invalid_client", "invalid_grant"], "{number}");
    }
    // Revoked by the administrator, refused by both.
    administrator.revoke(&key.thumbprint(), now).await.unwrap();
    for (id, port) in [("an-assertion-of-the-revoked-1", first), ("an-assertion-of-the-revoked-2", second)] {
        assert_eq!(show(id, port).await, "invalid_client", "{port}");
    }
    two.server.stop().unwrap();
    assert_eq!(show("an-assertion-without-a-store", first).await, "temporarily_unavailable");
}
