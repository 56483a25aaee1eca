//! Faults of the line, the keys' address, the return, the pages.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_simulator::{Algorithm, Fault};
use reqwest::header::{CONTENT_TYPE, DATE};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::bench::{BACK, Bench, Browser, EXIT, SECRET, START, client, part};

fn form(code: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "relais"),
        ("client_secret", SECRET),
        ("redirect_uri", BACK),
        ("code", code),
    ]
}

#[tokio::test]
async fn the_token_answer_may_be_anything() {
    let bench = Bench::start().await;
    for (fault, status, media) in [
        (Fault::TokenRedirect, 302, "text/plain"),
        (Fault::CaptivePortal, 200, "text/html"),
        (Fault::TokenError500, 500, "application/json"),
    ] {
        let code = Browser::new(&bench).code("test", &[]).await;
        bench.simulator.set_fault(Some(fault));
        let answer = bench.http.post(bench.at("/token")).form(&form(&code)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{fault:?}");
        assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with(media), "{fault:?}");
        bench.simulator.set_fault(None);
    }
}

#[tokio::test]
async fn the_token_answer_may_not_come_whole() {
    let bench = Bench::start().await;
    let post = async |fault| {
        let code = Browser::new(&bench).code("test", &[]).await;
        bench.simulator.set_fault(Some(fault));
        let answer = bench.http.post(bench.at("/token")).form(&form(&code)).send().await;
        bench.simulator.set_fault(None);
        answer
    };
    assert!(post(Fault::TokenClosed).await.is_err(), "closed without an answer");
    assert!(post(Fault::TokenCut).await.unwrap().bytes().await.is_err(), "cut in the middle");
    let giant = post(Fault::TokenGiant).await.unwrap().bytes().await.unwrap();
    assert_eq!(giant.len(), 64 * 1024 * 1024);
    let mut endless = post(Fault::TokenEndless).await.unwrap();
    for _ in 0..3 {
        assert!(endless.chunk().await.unwrap().is_some(), "drop by drop");
    }
    let whole = tokio::time::timeout(Duration::from_secs(1), endless.bytes()).await;
    assert!(whole.is_err(), "no end");
    let code = Browser::new(&bench).code("test", &[]).await;
    assert_eq!(bench.token(&code, &[]).await.0, 200, "behaves again");
}

#[tokio::test]
async fn the_keys_address_may_fail() {
    let bench = Bench::start().await;
    for (fault, status, media) in [(Fault::JwksError500, 500, "text/html"), (Fault::JwksHtml, 200, "text/html")] {
        bench.simulator.set_fault(Some(fault));
        let answer = bench.http.get(bench.at("/jwks")).send().await.unwrap();
        assert_eq!(answer.status(), status, "{fault:?}");
        assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with(media), "{fault:?}");
    }
}

#[tokio::test]
async fn keys_may_change_just_before_the_signature() {
    let bench = Bench::start().await;
    let jwks =
        async || -> serde_json::Value { bench.http.get(bench.at("/jwks")).send().await.unwrap().json().await.unwrap() };
    let before = jwks().await;
    let code = Browser::new(&bench).code("test", &[]).await;
    bench.simulator.set_fault(Some(Fault::KeyRotated));
    let (_, token) = bench.token(&code, &[]).await;
    bench.simulator.set_fault(None);
    let after = jwks().await;
    for position in [0, 1] {
        assert_ne!(before["keys"][position]["kid"], after["keys"][position]["kid"]);
    }
    assert!(bench.verified(token["id_token"].as_str().unwrap(), Algorithm::Es256).await.is_some());
}

#[tokio::test]
async fn a_state_may_come_again() {
    let bench = Bench::start().await;
    let returned = async |state| {
        let browser = Browser::new(&bench);
        let signed_in = browser.sign_in("test", &[("state", state)]).await;
        browser.go_on(signed_in.location()).await.returned().remove("state").unwrap()
    };
    assert_eq!(returned("the-first-state-of-all").await, "the-first-state-of-all");
    bench.simulator.set_fault(Some(Fault::ReplayedState));
    assert_eq!(returned("the-second-state-of-all").await, "the-first-state-of-all");
}

#[tokio::test]
async fn a_return_may_be_made_twice() {
    let bench = Bench::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/retour", listener.local_addr().unwrap());
    let twice = comptoir_simulator::Client::new("relais", SECRET, "Relais", vec![uri.clone()], vec![EXIT.to_owned()]);
    bench.simulator.register(twice);
    bench.simulator.set_fault(Some(Fault::DuplicatedCallback));
    let browser = Browser::new(&bench);
    let signed_in = browser.sign_in("test", &[("redirect_uri", &uri)]).await;
    let location = browser.go_on(signed_in.location()).await.location().to_owned();
    // The browser has not gone there yet: this is somebody else.
    let limit = Duration::from_secs(30);
    let (mut stream, _) = tokio::time::timeout(limit, listener.accept()).await.unwrap().unwrap();
    let mut head = vec![0; 4096];
    let length = stream.read(&mut head).await.unwrap();
    let line = String::from_utf8_lossy(head.get(..length).unwrap()).into_owned();
    let target = line.split(' ').nth(1).unwrap();
    assert!(location.ends_with(target), "{target}");
}

#[tokio::test]
async fn a_page_may_lead_nowhere() {
    let bench = Bench::start().await;
    for (fault, code, returns) in [(Fault::DeadEnd, "Y000000", false), (Fault::DeadEndWithReturn, "Y010011", true)] {
        bench.simulator.set_fault(Some(fault));
        let browser = Browser::new(&bench);
        let signed_in = browser.sign_in("test", &[]).await;
        let page = browser.get(signed_in.location()).await;
        assert_eq!(page.code(), Some(code));
        assert_eq!(page.attribute("return", "href").is_some(), returns, "{code}");
    }
}

#[tokio::test]
async fn the_clock_may_be_wrong() {
    let bench = Bench::start().await;
    for seconds in [300, -300] {
        bench.simulator.set_fault(None);
        let code = Browser::new(&bench).code("test", &[]).await;
        bench.simulator.set_fault(Some(Fault::ClockWrong));
        bench.simulator.set_clock_error(seconds);
        let answer = bench.http.post(bench.at("/token")).form(&form(&code)).send().await.unwrap();
        let shown = jiff::Timestamp::from_second(START + seconds).unwrap();
        let date = shown.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert_eq!(answer.headers()[DATE].to_str().unwrap(), date);
        let token: serde_json::Value = answer.json().await.unwrap();
        let claims = part(token["id_token"].as_str().unwrap(), 1);
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(START + seconds), &json!(START + seconds + 60)));
    }
}

#[tokio::test]
async fn an_id_token_may_say_more_or_less() {
    let bench = Bench::start().await;
    for (fault, header, claim, value) in [
        (Fault::MissingIat, "alg kid", "iat", None),
        (Fault::AtHashWrong, "alg kid", "at_hash", Some(json!("AAAAAAAAAAAAAAAAAAAAAA"))),
        (Fault::WrongAzp, "alg kid", "azp", Some(json!("another-client"))),
        (Fault::SessionLeft, "alg kid", "auth_time", Some(json!(START - 1500))),
        (Fault::KidAbsent, "alg", "aud", Some(json!("relais"))),
        (Fault::KidUnknown, "alg kid", "aud", Some(json!("relais"))),
    ] {
        bench.simulator.set_fault(Some(fault));
        let code = Browser::new(&bench).code("test", &[]).await;
        let (_, token) = bench.token(&code, &[]).await;
        let id_token = token["id_token"].as_str().unwrap();
        assert_eq!(crate::bench::names(&part(id_token, 0)), header, "{fault:?}");
        assert_eq!(part(id_token, 1).get(claim), value.as_ref(), "{fault:?}");
        let verified = bench.verified(id_token, Algorithm::Es256).await.is_some();
        assert_eq!(verified, !matches!(fault, Fault::KidAbsent | Fault::KidUnknown), "{fault:?}");
    }
}

#[tokio::test]
async fn a_present_at_hash_is_right() {
    let bench = Bench::start().await;
    bench.simulator.set_fault(Some(Fault::AtHashPresent));
    let code = Browser::new(&bench).code("test", &[]).await;
    let (_, token) = bench.token(&code, &[]).await;
    let access_token = token["access_token"].as_str().unwrap();
    let hash = ring::digest::digest(&ring::digest::SHA256, access_token.as_bytes());
    let left = URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap());
    assert_eq!(part(token["id_token"].as_str().unwrap(), 1)["at_hash"], left);
}

#[tokio::test]
async fn userinfo_may_be_old_or_anothers() {
    let bench = Bench::start().await;
    bench.simulator.register(client("relais", Algorithm::Es256));
    for (fault, claim, value) in [
        (Fault::UserinfoExpired, "exp", json!(START - 3600)),
        (Fault::UserinfoWrongAudience, "aud", json!("another-client")),
        (Fault::UserinfoWrongIssuer, "iss", json!("http://127.0.0.1:9/api/v2")),
    ] {
        bench.simulator.set_fault(Some(fault));
        let code = Browser::new(&bench).code("test", &[]).await;
        let (_, token) = bench.token(&code, &[]).await;
        let userinfo = bench.userinfo(&token["access_token"]).await.text().await.unwrap();
        let claims = bench.verified(&userinfo, Algorithm::Es256).await.expect("well signed");
        assert_eq!(claims[claim], value, "{fault:?}");
    }
}
