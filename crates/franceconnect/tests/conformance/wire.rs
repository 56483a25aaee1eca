//! A token endpoint that misuses HTTP itself: floods, drips, silence. The exchange ends by itself, and nobody is signed in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::provider::{Bench, OK};

/// What is written, and what comes after it.
enum Wire {
    /// Nothing: the connection ends.
    Whole(String),
    /// This, again and again.
    Endless(String, String),
    /// The rest, letter by letter, slower than anybody waits.
    Drip(String, String),
    /// Nothing, and it stays open.
    Silence(String),
}

use Wire::{Drip, Endless, Silence, Whole};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

fn sized(body: &str) -> String {
    format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len())
}

fn with_headers(more: &str, body: &str) -> String {
    format!("{HEAD}{more}content-length: {}\r\n\r\n{body}", body.len())
}

/// Rule, what is written in place of the good JSON, what comes of it.
type Case = (&'static str, fn(&str) -> Wire, &'static str);

const GONE: &str = "provider-unreachable";
const BAD: &str = "answer-malformed";
const LATE: &str = "exchange-timed-out";

#[rustfmt::skip] // one lie per line
const CASES: &[Case] = &[
    ("the truth", |json| Whole(sized(json)), OK),
    ("in chunks", |json| Whole(format!("{HEAD}transfer-encoding: chunked\r\n\r\n{:x}\r\n{json}\r\n0\r\n\r\n", json.len())), OK),
    ("until it ends", |json| Whole(format!("{HEAD}connection: close\r\n\r\n{json}")), OK),
    ("sixty headers", |json| Whole(with_headers(&"a: b\r\n".repeat(60), json)), OK),
    ("a header of 8 kB", |json| Whole(with_headers(&format!("a: {}\r\n", "b".repeat(8192)), json)), OK),
    ("nothing", |_| Whole(String::new()), GONE),
    ("not HTTP", |_| Whole("SSH-2.0-OpenSSH_9.2\r\n".to_owned()), GONE),
    ("JSON and no head", |json| Whole(json.to_owned()), GONE),
    ("a version nobody has", |json| Whole(sized(json).replacen("1.1", "9.9", 1)), GONE),
    ("a status that is none", |json| Whole(sized(json).replacen("200", "2OO", 1)), GONE),
    ("less than it says", |json| Whole(sized(json).replacen("content-length: ", "content-length: 9", 1)), GONE),
    ("two lengths", |json| Whole(with_headers("content-length: 2\r\n", json)), GONE),
    ("a length below zero", |json| Whole(sized(json).replacen("content-length: ", "content-length: -", 1)), GONE),
    ("a chunk larger than the world", |json| Whole(format!("{HEAD}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{json}")), GONE),
    ("chunks without an end", |_| Endless(format!("{HEAD}transfer-encoding: chunked\r\n\r\n"), format!("1000\r\n{}\r\n", "x".repeat(4096))), BAD),
    ("a body without an end", |_| Endless(format!("{HEAD}connection: close\r\n\r\n"), "x".repeat(4096)), BAD),
    ("brackets without an end", |_| Endless(format!("{HEAD}connection: close\r\n\r\n"), "[".repeat(4096)), BAD),
    ("headers without an end", |_| Endless(HEAD.to_owned(), "a: b\r\n".repeat(512)), GONE),
    ("a header without an end", |_| Endless(format!("{HEAD}a: "), "b".repeat(4096)), GONE),
    ("five thousand headers", |json| Whole(with_headers(&"a: b\r\n".repeat(5000), json)), GONE),
    ("a hundred headers", |json| Whole(with_headers(&"a: b\r\n".repeat(100), json)), GONE),
    ("a header of 1 MiB", |json| Whole(with_headers(&format!("a: {}\r\n", "b".repeat(1 << 20)), json)), GONE),
    ("headers of 60 kB", |json| Whole(with_headers(&format!("a: {}\r\n", "b".repeat(2000)).repeat(30), json)), BAD),
    ("a gigabyte, it says", |_| Endless(format!("{HEAD}content-length: 1073741824\r\n\r\n"), "x".repeat(4096)), BAD),
    ("packed", |json| Whole(with_headers("content-encoding: gzip\r\n", &format!("\u{1f}{json}"))), BAD),
    ("go on, without an end", |_| Endless(String::new(), "HTTP/1.1 100 Continue\r\n\r\n".repeat(64)), LATE),
    ("silence", |_| Silence(String::new()), LATE),
    ("a head, then silence", |_| Silence(HEAD.to_owned()), LATE),
    ("half the body, then silence", |json| Silence(sized(json).split_at(HEAD.len() + 60).0.to_owned()), LATE),
    ("a head letter by letter", |json| Drip(String::new(), sized(json)), LATE),
    ("a body letter by letter", |json| Drip(format!("{HEAD}content-length: {}\r\n\r\n", json.len()), json.to_owned()), LATE),
];

/// Writes as it is told until the other side has had enough; counts what had no end.
async fn speak(stream: &mut TcpStream, wire: Wire, written: &AtomicUsize) -> std::io::Result<()> {
    let mut request = vec![0; 16 * 1024];
    // One read is enough: nothing depends on what is asked.
    if stream.read(&mut request).await? == 0 {
        return Ok(());
    }
    let (first, rest, slowly) = match wire {
        Whole(text) => (text, None, false),
        Endless(first, rest) => (first, Some(rest), false),
        Drip(first, rest) => (first, Some(rest), true),
        Silence(text) => (text, Some(String::new()), true),
    };
    stream.write_all(first.as_bytes()).await?;
    let Some(rest) = rest else {
        return stream.shutdown().await;
    };
    let mut letters = rest.bytes().cycle();
    loop {
        if slowly {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if let Some(letter) = letters.next() {
                stream.write_all(&[letter]).await?;
            } else if stream.peek(&mut [0]).await? == 0 {
                return Ok(());
            }
        } else {
            stream.write_all(rest.as_bytes()).await?;
            written.fetch_add(rest.len(), Ordering::SeqCst);
        }
    }
}

async fn played((rule, wire, expected): Case) -> Option<String> {
    let bench = Arc::new(Bench::start().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let written = Arc::new(AtomicUsize::new(0));
    let (stage, count) = (Arc::clone(&bench), Arc::clone(&written));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let wire = wire(&stage.told());
            // It is the other side that ends it, as it should.
            speak(&mut stream, wire, &count).await.ok();
        }
    });
    let issuer = &bench.issuer;
    let lines = format!(
        "id_token_alg = \"ES256\"\ndiscovery = false\n[endpoints]\nauthorization = \"{issuer}/authorize\"\n\
         token = \"http://{address}/token\"\nuserinfo = \"{issuer}/userinfo\"\njwks = \"{issuer}/jwks\"\n"
    );
    let outcome = tokio::time::timeout(Duration::from_mins(2), bench.sign_in(&lines, |_| {})).await;
    let Ok(outcome) = outcome else { return Some(format!("{rule}: never ends")) };
    let got = (outcome.code(), outcome.identities > 0, outcome.owed);
    if got != (expected, expected == OK, false) {
        return Some(format!("{rule}: {got:?}, not {expected}"));
    }
    // What the systems buffer between the two is theirs; a client that read on would have had it all. Interim answers
    // are dropped as they come, by the HTTP library and not by us: time ends them, nothing of them is kept.
    let much = written.load(Ordering::SeqCst);
    (much > 64 << 20 && rule != "go on, without an end").then(|| format!("{rule}: {much} bytes were taken"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_ends_by_itself() {
    let mut all = JoinSet::new();
    for case in CASES {
        all.spawn(played(*case));
    }
    let wrong: Vec<String> = all.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}
