mod attacks;

use super::*;
use crate::DeskCredential;
use crate::clock::Clock;
use crate::{AcrValue, DirectProfile, Endpoints, Provider, RelayProfile, SigningAlg, StateProfile};
use jiff::Timestamp;
use ring::rand::SystemRandom;

const START: Timestamp = Timestamp::UNIX_EPOCH;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        START
    }
}

fn relay() -> Provider {
    let issuer = Url::parse("http://127.0.0.1:9").unwrap();
    Provider::relay(RelayProfile {
        endpoints: Endpoints::of_franceconnect(&issuer).unwrap(),
        issuer,
        credential: DeskCredential::public(),
        device_authorization: None,
        knows_desks: false,
        state: StateProfile {
            issuer: Url::parse("http://127.0.0.1:8/api/v2").unwrap(),
            client_id: "fc".to_owned(),
            signing_alg: SigningAlg::Es256,
        },
        required_acr: AcrValue::Eidas1,
    })
    .unwrap()
}

fn direct(return_uri: &str, end_uri: &str) -> Provider {
    Provider::direct(DirectProfile {
        issuer: Url::parse("http://127.0.0.1:8/api/v2").unwrap(),
        client_id: "fc".to_owned(),
        client_secret: Secret::new("secret".to_owned()),
        return_uri: Url::parse(return_uri).unwrap(),
        end_uri: Url::parse(end_uri).unwrap(),
        required_acr: AcrValue::Eidas1,
        signing_alg: SigningAlg::Es256,
        decryption: None,
        scopes: DirectProfile::usual_scopes(AcrValue::Eidas1),
    })
    .unwrap()
}

struct Bench {
    loopback: Loopback,
    attempt: Attempt,
    port: u16,
}

impl Bench {
    async fn new() -> Self {
        let loopback = Loopback::bind(ReturnAddress::Ephemeral).await.unwrap();
        let attempt = Attempt::begin(&relay(), &loopback, &SystemRandom::new(), START).unwrap();
        let port = loopback.return_uri().port().unwrap();
        Self { loopback, attempt, port }
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The address of the awaited return.
    fn good(&self) -> String {
        format!("/retour?code=c&state={}&iss=http%3A%2F%2F127.0.0.1%3A9", self.attempt.state().expose())
    }

    async fn send(&self, bytes: &[u8]) -> String {
        exchange(self.port, bytes).await
    }

    async fn get(&self, target: &str) -> String {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host()).as_bytes()).await
    }

    async fn wait(&mut self) -> Returned {
        let deadline = Instant::now() + Duration::from_secs(20);
        self.loopback.wait_return(&mut self.attempt, deadline, &CancellationToken::new()).await.unwrap()
    }

    /// The person comes back, whatever came before.
    async fn takes_the_right_return(&mut self, rule: &str) {
        let (port, good, host) = (self.port, self.good(), self.host());
        let request = format!("GET {good} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Mode: navigate\r\n\r\n");
        let browser = tokio::spawn(async move { exchange(port, request.as_bytes()).await });
        let Returned::Code { code, browser: turn } = self.wait().await else { panic!("{rule}: a code") };
        assert_eq!(code.expose(), "c", "{rule}");
        turn.finish(Page::Done).await;
        assert!(browser.await.unwrap().starts_with("HTTP/1.1 200 "), "{rule}");
    }
}

/// The beginning of what a browser says first where it wants https.
const TLS_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

/// Sends bytes and reads whatever comes, until the other side closes.
async fn exchange(port: u16, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let (mut read, mut write) = stream.split();
    // The listener may answer and close before it has read all: that is its right.
    let sent = async {
        let _ = write.write_all(bytes).await;
        let _ = write.shutdown().await;
    };
    let mut answer = Vec::new();
    // Generous: the listener gives a request ten seconds, and a held browser its turn.
    let talk = async { tokio::join!(sent, read.read_to_end(&mut answer)) };
    let _ = timeout(Duration::from_secs(25), talk).await.expect("the connection is held: the request was taken");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_return_counts_once() {
    let mut bench = Bench::new().await;
    let (port, good, host) = (bench.port, bench.good(), bench.host());
    let request = format!("GET {good} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let first = tokio::spawn({
        let request = request.clone();
        async move { exchange(port, request.as_bytes()).await }
    });
    let Returned::Code { browser: turn, .. } = bench.wait().await else { panic!("a code") };
    let second = bench.send(request.as_bytes()).await;
    assert!(second.starts_with("HTTP/1.1 410 ") && second.contains("déjà été utilisée"), "{second}");
    let onwards = Url::parse("http://127.0.0.1:9/session/end?x=1").unwrap();
    turn.send_on(&onwards).await;
    let first = first.await.unwrap();
    assert!(first.starts_with("HTTP/1.1 303 "), "{first}");
    for header in [
        "Location: http://127.0.0.1:9/session/end?x=1\r\n",
        "Cache-Control: no-store\r\n",
        "Referrer-Policy: no-referrer\r\n",
        "X-Content-Type-Options: nosniff\r\n",
        "Connection: close\r\n",
    ] {
        assert!(first.contains(header), "{header} missing");
    }
}

#[tokio::test]
async fn an_error_with_the_right_state_is_an_answer() {
    for (error, expected) in [
        ("access_denied", AuthorizationError::AccessDenied),
        ("server_error", AuthorizationError::ServerError),
        ("%1b%5B31m", AuthorizationError::Other),
    ] {
        let mut bench = Bench::new().await;
        let target = bench.good().replace("code=c", &format!("error={error}&error_description=User%20auth%20aborted"));
        let (port, host) = (bench.port, bench.host());
        let browser = tokio::spawn(async move {
            exchange(port, format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await
        });
        let Returned::Refused { error, browser: turn } = bench.wait().await else { panic!("a refusal") };
        assert_eq!(error, expected);
        drop(turn);
        let page = browser.await.unwrap();
        assert!(page.contains("n'attend plus") && !page.contains("aborted"), "{page}");
    }
}

#[tokio::test]
async fn giving_up_is_an_outcome_and_closes_the_gate() {
    for (rule, cancelled, expected) in
        [("cancelled", true, Abandonment::Cancelled), ("deadline", false, Abandonment::Deadline)]
    {
        let mut bench = Bench::new().await;
        let cancel = CancellationToken::new();
        if cancelled {
            cancel.cancel();
        }
        let returned = bench.loopback.wait_return(&mut bench.attempt, Instant::now(), &cancel).await.unwrap();
        assert!(matches!(returned, Returned::Abandoned(why) if why == expected), "{rule}");
        // P09, P10: a late return is told so.
        let late = bench.get(&bench.good()).await;
        assert!(late.starts_with("HTTP/1.1 410 "), "{rule}: {late}");
        let again = bench.loopback.wait_return(&mut bench.attempt, Instant::now(), &cancel).await;
        assert_eq!(again.err().map(|error| error.code()), Some("listener-stopped"), "{rule}");
    }
}

#[tokio::test]
async fn a_new_attempt_replaces_the_one_before() {
    let mut bench = Bench::new().await;
    let replayed = bench.good();
    let second = Attempt::begin(&relay(), &bench.loopback, &SystemRandom::new(), Stopped.now()).unwrap();
    assert!(bench.get(&replayed).await.starts_with("HTTP/1.1 400 "), "P17");
    let waited = bench
        .loopback
        .wait_return(&mut bench.attempt, Instant::now() + Duration::from_secs(5), &CancellationToken::new())
        .await;
    assert_eq!(waited.err(), Some(WaitError::ListenerStopped), "P12");
    drop(second);
}

#[tokio::test]
async fn the_end_is_confirmed_by_its_own_state_only() {
    let bench = Bench::new().await;
    let turn = bench.loopback.expect_end(&SystemRandom::new()).unwrap();
    let state = turn.state().expose().to_owned();
    for (rule, target) in [
        ("no state", "/fin".to_owned()),
        ("another state", "/fin?state=x".to_owned()),
        ("two states", format!("/fin?state={state}&state=x")),
        ("the return's path", format!("/retour?state={state}")),
    ] {
        assert!(bench.get(&target).await.starts_with("HTTP/1.1 400 "), "{rule}");
    }
    let right = format!("/fin?state={state}");
    for visit in ["first", "again"] {
        let page = bench.get(&right).await;
        assert!(page.starts_with("HTTP/1.1 200 "), "{visit}");
        assert!(page.contains("C'est terminé, vous pouvez rendre le poste à l'accueil."), "{visit}");
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    assert_eq!(bench.loopback.wait_end(turn, deadline, &CancellationToken::new()).await, Ended::Confirmed);

    let unconfirmed = bench.loopback.expect_end(&SystemRandom::new()).unwrap();
    let now = Instant::now();
    assert_eq!(bench.loopback.wait_end(unconfirmed, now, &CancellationToken::new()).await, Ended::NotConfirmed);
}

#[tokio::test]
async fn a_registered_port_is_taken_or_named() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = other.local_addr().unwrap().port();
    let at = |address: &str| address.replace("PORT", &port.to_string());
    for (rule, return_uri, end_uri, expected) in [
        ("P01 taken", "http://127.0.0.1:PORT/callback", "http://127.0.0.1:PORT/end", "port-taken"),
        ("https", "https://127.0.0.1:PORT/callback", "https://127.0.0.1:PORT/end", "profile-invalid"),
        ("another machine", "http://192.0.2.1:PORT/callback", "http://192.0.2.1:PORT/end", "profile-invalid"),
        ("two ports", "http://127.0.0.1:PORT/callback", "http://127.0.0.1:1/end", "profile-invalid"),
        ("one path", "http://127.0.0.1:PORT/callback", "http://127.0.0.1:PORT/callback", "profile-invalid"),
        ("no port", "http://127.0.0.1/callback", "http://127.0.0.1/end", "profile-invalid"),
    ] {
        let address = ReturnAddress::Registered {
            return_uri: Url::parse(&at(return_uri)).unwrap(),
            end_uri: Url::parse(&at(end_uri)).unwrap(),
        };
        assert_eq!(Loopback::bind(address).await.err().map(|error| error.code()), Some(expected), "{rule}");
    }
    drop(other);
    let address = ReturnAddress::Registered {
        return_uri: Url::parse(&at("http://127.0.0.1:PORT/callback")).unwrap(),
        end_uri: Url::parse(&at("http://127.0.0.1:PORT/end")).unwrap(),
    };
    let loopback = Loopback::bind(address).await.unwrap();
    assert_eq!(loopback.return_uri().as_str(), at("http://127.0.0.1:PORT/callback"));
}

fn registered(port: u16) -> ReturnAddress {
    let at = |path: &str| Url::parse(&format!("http://127.0.0.1:{port}{path}")).unwrap();
    ReturnAddress::Registered { return_uri: at("/callback"), end_uri: at("/end") }
}

#[tokio::test]
async fn a_stopped_listener_is_gone_and_its_port_free_at_once() {
    // P09, P10, P14, and the listeners that follow each other at one registered port.
    let mut bench = Bench::new().await;
    bench.takes_the_right_return("before").await;
    let (port, host, good) = (bench.port, bench.host(), bench.good());
    drop(bench);
    let loopback = Loopback::bind(registered(port)).await.expect("free");
    let late = exchange(port, format!("GET {good} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await;
    assert!(late.starts_with("HTTP/1.1 404 "), "what was awaited before is nothing now: {late}");
    drop(loopback);
    let closed = async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), closed).await.expect("nobody listens");
}

#[tokio::test]
async fn what_is_no_relay_and_who_is_not_there_are_told_apart() {
    let http = crate::HttpClient::new().unwrap();
    let ours = Loopback::bind(ReturnAddress::Ephemeral).await.unwrap();
    let port = ours.return_uri().port().unwrap();
    let issuer = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let gone = Provider::discover_relay(&http, issuer.clone(), &DeskCredential::public())
        .await
        .err()
        .map(|error| error.code());
    assert_eq!(gone, Some("relay-gone"), "a listener is no relay");
    drop(ours);
    let closed = async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), closed).await.expect("nobody listens");
    let down = Provider::discover_relay(&http, issuer, &DeskCredential::public()).await.err().map(|error| error.code());
    assert_eq!(down, Some("relay-unreachable"), "nobody is there");
    assert_eq!(crate::DiscoverError::Offline.code(), "network-down");
}

#[tokio::test]
async fn another_sign_in_is_told_from_another_program() {
    let ours = Loopback::bind(ReturnAddress::Ephemeral).await.unwrap();
    let port = ours.return_uri().port().unwrap();
    let refused = Loopback::bind(registered(port)).await.err().unwrap();
    assert_eq!((refused.code(), refused.to_string().contains(&port.to_string())), ("sign-in-under-way", true), "P03");
}

#[test]
fn the_system_s_refusals_have_their_codes() {
    for (rule, kind, expected) in [
        ("P01", io::ErrorKind::AddrInUse, "port-taken"),
        ("P02 EACCES, 10013", io::ErrorKind::PermissionDenied, "port-reserved"),
        ("P04 no loopback", io::ErrorKind::AddrNotAvailable, "loopback-unavailable"),
    ] {
        assert_eq!(of_bind(io::Error::from(kind), 1).code(), expected, "{rule}");
    }
}

#[tokio::test]
async fn a_browser_that_wants_https_is_noticed_and_the_wait_goes_on() {
    let mut bench = Bench::new().await;
    let noticed = timeout(Duration::from_millis(50), bench.loopback.https_wanted()).await;
    assert!(noticed.is_err(), "nobody has wanted it yet");
    assert!(bench.send(TLS_HELLO).await.starts_with("HTTP/1.1 400 "));
    timeout(Duration::from_secs(20), bench.loopback.https_wanted()).await.expect("P20");
    bench.takes_the_right_return("P20").await;
}

#[tokio::test]
async fn the_request_has_its_parameters_and_no_other() {
    let names = |attempt: &Attempt| {
        let mut names: Vec<_> = attempt.authorize_url().query_pairs().map(|(name, _)| name.into_owned()).collect();
        names.sort();
        names
    };
    let loopback = Loopback::bind(ReturnAddress::Ephemeral).await.unwrap();
    let rng = SystemRandom::new();
    let own = Attempt::begin(&relay(), &loopback, &rng, START).unwrap();
    assert_eq!(
        names(&own),
        [
            "acr_values",
            "client_id",
            "code_challenge",
            "code_challenge_method",
            "nonce",
            "redirect_uri",
            "response_type",
            "scope",
            "state",
        ]
    );
    let provider = direct("http://127.0.0.1:17890/callback", "http://127.0.0.1:17890/end");
    let straight = Attempt::begin_for_desk(&provider, Secret::new("n".repeat(64)), &rng, START).unwrap();
    // franceconnect.md §1.6: anything else is refused with Y030007.
    assert_eq!(
        names(&straight),
        ["acr_values", "client_id", "nonce", "redirect_uri", "response_type", "scope", "state"]
    );
    for (name, expected) in [
        ("scope", "openid identite_pivot preferred_username idp_birthdate"),
        ("acr_values", "eidas1"),
        ("response_type", "code"),
        ("redirect_uri", "http://127.0.0.1:17890/callback"),
    ] {
        let (_, value) = straight.authorize_url().query_pairs().find(|(own, _)| own == name).unwrap();
        assert_eq!(value, expected, "{name}");
    }
    assert_eq!(format!("{own:?}"), "Attempt { provider: Provider { issuer: \"http://127.0.0.1:9\", .. }, .. }");
    assert!(Attempt::begin_for_desk(&relay(), Secret::new("n".repeat(64)), &rng, START).is_err());
}
