//! What others can do to the listener (openid.md §6.2, K01 to K51). None of them knows the state, or none
//! is the person's own navigation; after each, the right return still ends the wait.

use super::{Bench, exchange};
use crate::loopback::{Page, Returned};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Where the requests of one attack are sent.
struct Target {
    host: String,
    /// Path and query of the awaited return.
    good: String,
}

impl Target {
    fn get(&self, target: &str) -> Vec<u8> {
        self.request(&format!("GET {target} HTTP/1.1"))
    }

    fn request(&self, line: &str) -> Vec<u8> {
        format!("{line}\r\nHost: {}\r\n\r\n", self.host).into_bytes()
    }

    /// The awaited return with one more header.
    fn with(&self, header: &str) -> Vec<u8> {
        format!("GET {} HTTP/1.1\r\nHost: {}\r\n{header}\r\n\r\n", self.good, self.host).into_bytes()
    }

    /// The awaited return with these headers only.
    fn bare(&self, headers: &str) -> Vec<u8> {
        format!("GET {} HTTP/1.1\r\n{headers}\r\n", self.good).into_bytes()
    }

    fn elsewhere(&self, path: &str) -> Vec<u8> {
        self.get(&self.good.replacen("/retour", path, 1))
    }

    fn method(&self, method: &str) -> Vec<u8> {
        self.request(&format!("{method} {} HTTP/1.1", self.good))
    }
}

/// Name, what is sent, the status answered; 0 where the connection ends without a word.
type Attack = (&'static str, fn(&Target) -> Vec<u8>, u16);

#[rustfmt::skip]
const ATTACKS: &[Attack] = &[
    ("K01 wrong state", |to| to.get("/retour?code=c&state=x&iss=http://127.0.0.1:9"), 400),
    ("K02 no state", |to| to.get("/retour?code=c&iss=http://127.0.0.1:9"), 400),
    ("K03 error, wrong state", |to| to.get("/retour?error=access_denied&state=undefined&iss=http://127.0.0.1:9"), 400),
    ("K04 error, no state", |to| to.get("/retour?error=access_denied&iss=http://127.0.0.1:9"), 400),
    ("K05 bare path", |to| to.get("/retour"), 400),
    ("K06 favicon", |to| to.get("/favicon.ico"), 404),
    ("K07 root", |to| to.get("/"), 404),
    ("K08 another path", |to| to.elsewhere("/Retour"), 404),
    ("K08 a final slash", |to| to.elsewhere("/retour/"), 404),
    ("K08 an encoded letter", |to| to.elsewhere("/%72etour"), 404),
    ("K08 the end before its time", |to| to.elsewhere("/fin"), 400),
    ("K09 dot segments", |to| to.elsewhere("/x/../retour"), 404),
    ("K10 foreign host", |to| to.bare("Host: pirate.example\r\n"), 421),
    ("K10 localhost", |to| to.bare(&format!("Host: localhost:{}\r\n", to.host.rsplit(':').next().unwrap())), 421),
    ("K10 another port", |to| to.bare("Host: 127.0.0.1:1\r\n"), 421),
    ("K11 no host", |to| to.bare(""), 400),
    ("K12 two hosts", |to| to.with(&format!("Host: {}", to.host)), 400),
    ("K12 two hosts, one foreign", |to| to.with("Host: pirate.example"), 421),
    ("K13 host with more in it", |to| to.bare(&format!("Host: {}.pirate.example\r\n", to.host)), 421),
    ("K13 host in a user's place", |to| to.bare(&format!("Host: {}@pirate.example\r\n", to.host)), 421),
    ("K14 absolute form", |to| to.request(&format!("GET http://{}{} HTTP/1.1", to.host, to.good)), 404),
    ("K15 cross-site fetch", |to| to.with("Sec-Fetch-Mode: cors"), 400),
    ("K15 fetch without an answer", |to| to.with("Sec-Fetch-Mode: no-cors"), 400),
    ("K16 prefetch", |to| to.with("Sec-Purpose: prefetch"), 400),
    ("K16 prerender", |to| to.with("Sec-Purpose: prefetch;prerender"), 400),
    ("K16 prefetch as it was", |to| to.with("X-Moz: prefetch"), 400),
    ("K17 image", |to| to.with("Sec-Fetch-Dest: image"), 400),
    ("K17 frame", |to| to.with("Sec-Fetch-Dest: iframe"), 400),
    ("K18 POST", |to| to.method("POST"), 405),
    ("K19 PUT", |to| to.method("PUT"), 405),
    ("K20 DELETE", |to| to.method("DELETE"), 405),
    ("K21 HEAD", |to| to.method("HEAD"), 405),
    ("K22 preflight of the private network", |to| {
        let headers = "Origin: https://pirate.example\r\nAccess-Control-Request-Private-Network: true\r\n";
        format!("OPTIONS {} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", to.good, to.host).into_bytes()
    }, 405),
    ("K23 TRACE", |to| to.method("TRACE"), 405),
    ("K24 CONNECT", |to| to.request(&format!("CONNECT {} HTTP/1.1", to.host)), 405),
    ("K25 unknown method", |to| to.method("BREW"), 405),
    ("K26 WebSocket", |to| to.with("Connection: Upgrade\r\nUpgrade: websocket"), 400),
    ("K27 HTTP/2 preface", |_| b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), 400),
    ("K28 TLS hello", |_| super::TLS_HELLO.to_vec(), 400),
    ("K29 HTTP/0.9", |to| format!("GET {}\r\n\r\n", to.good).into_bytes(), 400),
    ("K30 wrong version", |to| to.request(&format!("GET {} HTTP/9.9", to.good)), 400),
    ("K31 garbage", |_| (0_u8..=255).cycle().take(4096).collect(), 400),
    ("K32 NUL in the target", |to| to.get("/retour\0?code=c&state=x"), 400),
    ("K32 NUL in a header", |to| to.with("X: a\0b"), 400),
    ("K33 a line of 1 MiB", |_| [b"GET /".to_vec(), vec![b'a'; 1 << 20]].concat(), 431),
    ("K34 a code of 60 kB", |to| to.get(&to.good.replace("code=c", &format!("code={}", "c".repeat(60_000)))), 431),
    ("K34 a code longer than codes are", |to| to.get(&to.good.replace("code=c", &format!("code={}", "c".repeat(4_000)))), 400),
    ("K35 5000 headers", |to| to.with(&"X: y\r\n".repeat(5000)), 431),
    ("K36 a cookie of 1 MiB", |to| to.with(&format!("Cookie: a={}", "b".repeat(1 << 20))), 431),
    ("K38 chunked without end", |to| [to.with("Transfer-Encoding: chunked"), b"5\r\nabcde\r\n".to_vec()].concat(), 400),
    ("K39 two lengths", |to| [to.with("Transfer-Encoding: chunked\r\nContent-Length: 4"), b"0\r\n\r\n".to_vec()].concat(), 400),
    ("K40 Expect", |to| to.with("Expect: 100-continue"), 400),
    ("K41 broken percent", |to| to.get("/retour?code=%zz&state=%&iss=%4"), 400),
    ("K42 broken UTF-8, encoded", |to| to.get(&to.good.replace("code=c", "code=%ff%fe")), 400),
    ("K42 broken UTF-8, as it is", |to| {
        [format!("GET {}&x=", to.good).into_bytes(), b"\xff\xfe".to_vec(), to.request(" HTTP/1.1")].concat()
    }, 400),
    ("K43 two states", |to| to.get(&format!("{}&state=x", to.good)), 400),
    ("K43 the same state twice", |to| to.get(&format!("{}&{}", to.good, to.good.split('&').nth(1).unwrap())), 400),
    ("K44 two codes", |to| to.get(&format!("{}&code=d", to.good)), 400),
    ("K44 code and error", |to| to.get(&format!("{}&error=access_denied", to.good)), 400),
    ("K44 two issuers", |to| to.get(&format!("{}&iss=https://pirate.example", to.good)), 400),
    ("K45 5000 parameters", |to| to.get(&format!("/retour?{}state=x", "a&".repeat(5000))), 400),
    ("K46 CRLF, encoded", |to| to.get(&to.good.replace("code=c", "code=c%0d%0aSet-Cookie:%20a=b")), 400),
    ("K46 CRLF in the error", |to| to.get("/retour?error=x%0d%0aSet-Cookie:%20a=b&state=x"), 400),
    ("K47 bare LF", |to| format!("GET /retour?code=c&state=x HTTP/1.1\nHost: {}\n\n", to.host).into_bytes(), 400),
    ("K48 two requests in one", |to| [to.get("/"), to.get(&to.good)].concat(), 404),
    ("K49 connect and close", |_| Vec::new(), 0),
    ("K49 half a request, then close", |_| b"GET /retour?code=c&sta".to_vec(), 0),
    ("right state, no issuer", |to| to.get(to.good.split("&iss").next().unwrap()), 400),
    ("right state, another issuer", |to| to.get(&format!("{}0", to.good)), 400),
    ("right state, no code", |to| to.get(&to.good.replace("code=c", "code=")), 400),
];

#[tokio::test]
async fn no_attack_of_the_list_ends_the_wait() {
    for (rule, bytes, status) in ATTACKS {
        let mut bench = Bench::new().await;
        let state = bench.attempt.state().expose().to_owned();
        let target = Target { host: bench.host(), good: bench.good() };
        let answer = bench.send(&bytes(&target)).await;
        let line = answer.lines().next().unwrap_or_default();
        let answered = match status {
            0 => answer.is_empty(),
            status => line.starts_with(&format!("HTTP/1.1 {status} ")),
        };
        assert!(answered, "{rule}: {line}");
        let lower = answer.to_lowercase();
        assert!(!answer.contains(&state) && !answer.contains("access_denied"), "{rule}: repeated");
        assert!(!lower.contains("set-cookie") && !lower.contains("access-control-"), "{rule}: a header too many");
        assert!(status == &0 || lower.contains("content-security-policy: default-src 'none'"), "{rule}: unprotected");
        bench.takes_the_right_return(rule).await;
    }
}

#[tokio::test]
async fn a_cookie_of_eight_kilobytes_is_a_browser_not_an_attack() {
    // K37: cookies of other programs on 127.0.0.1 come along whatever the port.
    let mut bench = Bench::new().await;
    let (port, good, host) = (bench.port, bench.good(), bench.host());
    let cookie = "a=b; ".repeat(1600);
    let request = format!("GET {good} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n");
    let browser = tokio::spawn(async move { exchange(port, request.as_bytes()).await });
    let Returned::Code { browser: turn, .. } = bench.wait().await else { panic!("K37: a code") };
    turn.finish(Page::Done).await;
    assert!(browser.await.unwrap().starts_with("HTTP/1.1 200 "), "K37");
}

#[tokio::test]
async fn a_slow_loris_beside_a_hundred_requests_does_not_end_the_wait() {
    // K50: one that drips a header every few milliseconds, and a hundred others at once.
    let mut bench = Bench::new().await;
    let (port, host) = (bench.port, bench.host());
    let loris = tokio::spawn(async move {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        stream.write_all(b"GET /retour?code=c HTTP/1.1\r\n").await.unwrap();
        loop {
            if stream.write_all(b"X: y\r\n").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let request = format!("GET /retour?code=c&state=x HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let others: Vec<_> = (0..100)
        .map(|_| {
            let request = request.clone();
            tokio::spawn(async move { exchange(port, request.as_bytes()).await })
        })
        .collect();
    bench.takes_the_right_return("K50").await;
    for other in others {
        assert!(other.await.unwrap().starts_with("HTTP/1.1 4"), "K50: each is answered");
    }
    loris.abort();
}

#[tokio::test]
async fn silent_connections_held_open_do_not_keep_the_browser_out() {
    for (rule, count) in [("K51 fifty", 50), ("K51 more than are served at once", 300)] {
        let mut bench = Bench::new().await;
        let mut held = Vec::new();
        for number in 0..count {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, bench.port)).await.unwrap();
            if number % 2 == 0 {
                stream.write_all(b"GET /ret").await.unwrap();
            }
            held.push(stream);
        }
        bench.takes_the_right_return(rule).await;
        drop(held);
    }
}
