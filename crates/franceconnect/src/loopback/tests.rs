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
}

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

/// openid.md §6.2; none of them knows the state, or none is the person's own navigation.
fn attacks(host: &str, good: &str) -> Vec<(&'static str, Vec<u8>)> {
    let with = |head: &str| format!("{head}\r\nHost: {host}\r\n\r\n").into_bytes();
    let get = |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\n{headers}\r\n").into_bytes();
    let own = format!("Host: {host}\r\n");
    let own_and = |header: &str| format!("{own}{header}\r\n");
    let port = host.rsplit(':').next().unwrap();
    vec![
        ("K01 wrong state", with("GET /retour?code=c&state=x&iss=http://127.0.0.1:9 HTTP/1.1")),
        ("K02 no state", with("GET /retour?code=c HTTP/1.1")),
        ("K03 error, wrong state", with("GET /retour?error=access_denied&state=undefined HTTP/1.1")),
        ("K04 error, no state", with("GET /retour?error=access_denied HTTP/1.1")),
        ("K05 bare path", with("GET /retour HTTP/1.1")),
        ("K06 favicon", with("GET /favicon.ico HTTP/1.1")),
        ("K07 root", with("GET / HTTP/1.1")),
        ("K08 another path, right query", with(&format!("GET {} HTTP/1.1", good.replacen("/retour", "/Retour", 1)))),
        ("K08b path with a final slash", with(&format!("GET {} HTTP/1.1", good.replacen("/retour", "/retour/", 1)))),
        ("K09 dot segments", with(&format!("GET {} HTTP/1.1", good.replacen("/retour", "/x/../retour", 1)))),
        ("K10 foreign host", get(good, "Host: pirate.example\r\n")),
        ("K10b localhost", get(good, &format!("Host: localhost:{port}\r\n"))),
        ("K10c another port", get(good, "Host: 127.0.0.1:1\r\n")),
        ("K11 no host", get(good, "")),
        ("K12 two hosts", get(good, &own_and(&format!("Host: {host}")))),
        ("K13 host with more in it", get(good, &format!("Host: {host}.pirate.example\r\n"))),
        ("K14 absolute form", with(&format!("GET http://{host}{good} HTTP/1.1"))),
        ("K15 cross-site fetch", get(good, &own_and("Sec-Fetch-Mode: cors"))),
        ("K16 prefetch", get(good, &own_and("Sec-Purpose: prefetch"))),
        ("K17 image", get(good, &own_and("Sec-Fetch-Dest: image"))),
        ("K18 POST", with(&format!("POST {good} HTTP/1.1"))),
        ("K19 PUT", with(&format!("PUT {good} HTTP/1.1"))),
        ("K20 DELETE", with(&format!("DELETE {good} HTTP/1.1"))),
        ("K21 HEAD", with(&format!("HEAD {good} HTTP/1.1"))),
        (
            "K22 preflight",
            format!("OPTIONS {good} HTTP/1.1\r\n{own}Access-Control-Request-Private-Network: true\r\n\r\n")
                .into_bytes(),
        ),
        ("K23 TRACE", with(&format!("TRACE {good} HTTP/1.1"))),
        ("K24 CONNECT", with(&format!("CONNECT {host} HTTP/1.1"))),
        ("K25 unknown method", with(&format!("BREW {good} HTTP/1.1"))),
        ("K26 WebSocket", get(good, &own_and("Connection: Upgrade\r\nUpgrade: websocket"))),
        ("K27 HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("K28 TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("K29 HTTP/0.9", format!("GET {good}\r\n\r\n").into_bytes()),
        ("K30 wrong version", with(&format!("GET {good} HTTP/9.9"))),
        ("K31 garbage", (0_u8..=255).cycle().take(4096).collect()),
        ("K32 NUL", b"GET /retour\0?code=c HTTP/1.1\r\n\r\n".to_vec()),
        ("K33 1 MiB line", [b"GET /".to_vec(), vec![b'a'; 1 << 20]].concat()),
        ("K34 60 kB code", with(&format!("GET {good}{} HTTP/1.1", "c".repeat(60_000)))),
        ("K35 5000 headers", get(good, &own_and(&"X: y\r\n".repeat(5000)))),
        ("K36 1 MiB cookie", get(good, &own_and(&format!("Cookie: a={}", "b".repeat(1 << 20))))),
        ("K38 chunked without end", get(good, &own_and("Transfer-Encoding: chunked"))),
        ("K39 TE and CL", get(good, &own_and("Transfer-Encoding: chunked\r\nContent-Length: 4"))),
        ("K40 Expect", get(good, &own_and("Expect: 100-continue"))),
        ("K41 broken percent", with(&format!("GET {}%zz HTTP/1.1", good.replace("state=", "state=%")))),
        (
            "K42 broken UTF-8",
            with(&good.replace("state=", "state=%ff").replacen('/', "GET /", 1).replace("&iss", "&i")),
        ),
        ("K43 two states", with(&format!("GET {good}&state=x HTTP/1.1"))),
        ("K43b two codes", with(&format!("GET {good}&code=d HTTP/1.1"))),
        ("K43c code and error", with(&format!("GET {good}&error=e HTTP/1.1"))),
        ("K44 5000 parameters", with(&format!("GET /retour?{} HTTP/1.1", "a=b&".repeat(3000)))),
        ("K45 CRLF", with("GET /retour?code=c%0d%0aSet-Cookie:%20a=b&state=x HTTP/1.1")),
        ("K46 bare LF", format!("GET /retour?code=c&state=x HTTP/1.1\nHost: {host}\n\n").into_bytes()),
        (
            "K47 two requests in one",
            format!("GET / HTTP/1.1\r\n{own}\r\nGET {good} HTTP/1.1\r\n{own}\r\n").into_bytes(),
        ),
        ("K48 connect and close", Vec::new()),
        ("right state, no issuer", with(&format!("GET {} HTTP/1.1", good.split("&iss").next().unwrap()))),
        ("right state, another issuer", with(&format!("GET {good}0 HTTP/1.1"))),
        ("the end before its time", with(&format!("GET {} HTTP/1.1", good.replacen("/retour", "/fin", 1)))),
    ]
}

#[tokio::test]
async fn noise_never_ends_the_wait() {
    let mut bench = Bench::new().await;
    let state = bench.attempt.state().expose().to_owned();
    for (rule, bytes) in attacks(&bench.host(), &bench.good()) {
        let answer = bench.send(&bytes).await;
        let refused = answer.is_empty() && rule.starts_with("K48") || answer.starts_with("HTTP/1.1 4");
        assert!(refused, "{rule}: {}", answer.lines().next().unwrap_or_default());
        assert!(!answer.contains(&state) && !answer.to_lowercase().contains("set-cookie"), "{rule}: repeated");
    }
    let good = bench.good();
    let (port, host) = (bench.port, bench.host());
    let browser = tokio::spawn(async move {
        exchange(port, format!("GET {good} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Mode: navigate\r\n\r\n").as_bytes())
            .await
    });
    let Returned::Code { code, browser: turn } = bench.wait().await else { panic!("a code") };
    assert_eq!(code.expose(), "c");
    turn.finish(Page::Failed).await;
    assert!(browser.await.unwrap().starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_cookie_of_eight_kilobytes_is_a_browser_not_an_attack() {
    // K37: cookies of other programs on 127.0.0.1 come along whatever the port.
    let mut bench = Bench::new().await;
    let (port, good, host) = (bench.port, bench.good(), bench.host());
    let cookie = "a=b; ".repeat(1600);
    let request = format!("GET {good} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n");
    let browser = tokio::spawn(async move { exchange(port, request.as_bytes()).await });
    let Returned::Code { browser: turn, .. } = bench.wait().await else { panic!("a code") };
    turn.finish(Page::Done).await;
    assert!(browser.await.unwrap().starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn silent_connections_do_not_keep_the_browser_out() {
    // K49–K51: slow ones, and more than are served at once.
    let mut bench = Bench::new().await;
    let mut silent = Vec::new();
    for number in 0..300 {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, bench.port)).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET /ret").await.unwrap();
        }
        silent.push(stream);
    }
    let (port, good, host) = (bench.port, bench.good(), bench.host());
    let browser =
        tokio::spawn(
            async move { exchange(port, format!("GET {good} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await },
        );
    let Returned::Code { browser: turn, .. } = bench.wait().await else { panic!("a code") };
    turn.finish(Page::Done).await;
    assert!(browser.await.unwrap().starts_with("HTTP/1.1 200 "));
    drop(silent);
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
        assert_eq!(again.err(), Some(WaitError::ListenerStopped), "{rule}");
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
