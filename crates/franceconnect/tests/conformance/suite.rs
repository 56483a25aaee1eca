//! The modules that the OpenID conformance suite has for a relying party (openid.md §5), one test each, named as there:
//! plans Basic, Config and RP-initiated logout, of comprehensive what concerns the code flow, of Dynamic the signed userinfo.
//!
//! A negative module ends before the identity is asked for. Where the suite lets a party go on (a broken signature in the
//! code flow), we do not.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use comptoir_franceconnect::Ended;
use ring::rand::SystemRandom;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::provider::{
    ACCESS_TOKEN, Bench, ES256, Keys, Lie, OK, Outcome, RS256, SECRET, Signer, bring_back, parameter,
};

const HS256: &str =
    "id_token_alg = \"HS256\"\nauthentication = \"client_secret_basic\"\nsecret.keychain = \"secret\"\n";

async fn module(lines: &str, lie: Lie) -> Outcome {
    Bench::start().await.sign_in(lines, lie).await
}

/// The party stops at the ID token: no identity, and it was not asked for.
async fn stops(lines: &str, lie: Lie) {
    let outcome = module(lines, lie).await;
    assert_eq!((outcome.code(), outcome.identities), ("id-token-invalid", 0));
}

async fn goes_on(lines: &str, lie: Lie) -> Outcome {
    let outcome = module(lines, lie).await;
    assert_eq!((outcome.code(), outcome.tokens, outcome.identities), (OK, 1, 1));
    outcome
}

#[tokio::test]
async fn oidcc_client_test() {
    let outcome = goes_on(RS256, |_| {}).await;
    // What the suite's provider checks of every request.
    let authorize = outcome.authorize.unwrap();
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", "comptoir"),
        ("code_challenge_method", "S256"),
        ("scope", "openid profile email"),
    ] {
        assert_eq!(parameter(&authorize, name), expected, "{name}");
    }
    let back =
        url::form_urlencoded::byte_serialize(parameter(&authorize, "redirect_uri").as_bytes()).collect::<String>();
    assert!(outcome.token_request.body.contains(&format!("redirect_uri={back}")), "repeated at the token endpoint");
    assert!(outcome.token_request.query.is_empty() && outcome.userinfo_request.query.is_empty());
}

#[tokio::test]
async fn oidcc_client_test_invalid_iss() {
    stops(RS256, |s| s.id.set("iss", json!("https://autre.example"))).await;
}

#[tokio::test]
async fn oidcc_client_test_missing_sub() {
    stops(RS256, |s| s.id.remove("sub")).await;
}

#[tokio::test]
async fn oidcc_client_test_invalid_aud() {
    stops(RS256, |s| s.id.set("aud", json!("autre"))).await;
}

#[tokio::test]
async fn oidcc_client_test_missing_aud() {
    stops(RS256, |s| s.id.remove("aud")).await;
}

#[tokio::test]
async fn oidcc_client_test_missing_iat() {
    stops(RS256, |s| s.id.remove("iat")).await;
}

#[tokio::test]
async fn oidcc_client_test_kid_absent_single_jwks() {
    goes_on(RS256, |s| {
        s.id.head.as_object_mut().unwrap().remove("kid");
        s.keys = json!({"keys": [Keys::all().jwk(Signer::Rsa, "rsa", "RS256")]});
    })
    .await;
}

#[tokio::test]
async fn oidcc_client_test_kid_absent_multiple_jwks() {
    // The suite lets a party refuse, or try them all.
    goes_on(RS256, |s| {
        s.id.head.as_object_mut().unwrap().remove("kid");
        let key = |signer, kid| Keys::all().jwk(signer, kid, "RS256");
        s.keys = json!({"keys": [key(Signer::PirateRsa, "one"), key(Signer::Rsa, "other")]});
    })
    .await;
}

#[tokio::test]
async fn oidcc_client_test_idtoken_sig_rs256() {
    goes_on(RS256, |s| assert_eq!(s.id.head["alg"], "RS256")).await;
}

#[tokio::test]
async fn oidcc_client_test_idtoken_sig_none() {
    stops(RS256, |s| s.id.by(Signer::Nobody, "none")).await;
}

/// The suite's way: the signature `XORed` with 0x5a.
fn broken(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let b64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let signature: Vec<u8> = b64.decode(signature).unwrap().into_iter().map(|byte| byte ^ 0x5a).collect();
    format!("{message}.{}", b64.encode(signature))
}

#[tokio::test]
async fn oidcc_client_test_invalid_sig_rs256() {
    stops(RS256, |s| s.id.finish = broken).await;
}

#[tokio::test]
async fn oidcc_client_test_invalid_sig_es256() {
    stops(ES256, |s| s.id.finish = broken).await;
}

#[tokio::test]
async fn oidcc_client_test_invalid_sig_hs256() {
    stops(HS256, |s| {
        s.id.by(Signer::Secret, "HS256");
        s.id.finish = broken;
    })
    .await;
    goes_on(HS256, |s| s.id.by(Signer::Secret, "HS256")).await;
}

#[tokio::test]
async fn oidcc_client_test_userinfo_invalid_sub() {
    let outcome = module(RS256, |s| s.info.set("sub", json!("autre"))).await;
    assert_eq!((outcome.code(), outcome.owed), ("subject-differs", true));
}

#[tokio::test]
async fn oidcc_client_test_nonce_invalid() {
    stops(RS256, |s| s.id.set("nonce", json!("autre"))).await;
}

#[tokio::test]
async fn oidcc_client_test_scope_userinfo_claims() {
    let outcome = goes_on(RS256, |_| {}).await;
    assert_eq!(parameter(&outcome.authorize.unwrap(), "scope"), "openid profile email");
    let claims = outcome.result.unwrap().claims;
    assert_eq!((claims["family_name"].as_str(), claims["email"].as_str()), (Some("DUBOIS"), Some("x@example.invalid")));
}

#[tokio::test]
async fn oidcc_client_test_client_secret_basic() {
    let lines = "authentication = \"client_secret_basic\"\nsecret.keychain = \"secret\"\n";
    let outcome = goes_on(lines, |_| {}).await;
    let expected = format!("Basic {}", STANDARD.encode(format!("comptoir:{SECRET}")));
    assert_eq!(outcome.token_request.authorization.as_deref(), Some(expected.as_str()));
    assert!(!outcome.token_request.body.contains("client_secret"), "one way at a time");
}

#[tokio::test]
async fn oidcc_client_test_discovery_openid_config() {
    goes_on(RS256, |s| {
        let issuer = s.metadata["issuer"].as_str().unwrap().to_owned();
        s.metadata["token_endpoint"] = json!(format!("{issuer}/elsewhere/token"));
        s.metadata["userinfo_endpoint"] = json!(format!("{issuer}/elsewhere/userinfo"));
        s.metadata["authorization_endpoint"] = json!(format!("{issuer}/elsewhere/authorize?already=there"));
    })
    .await;
}

#[tokio::test]
async fn oidcc_client_test_discovery_jwks_uri_keys() {
    let outcome = goes_on(RS256, |s| {
        let issuer = s.metadata["issuer"].as_str().unwrap().to_owned();
        s.metadata["jwks_uri"] = json!(format!("{issuer}/elsewhere/jwks"));
    })
    .await;
    assert_eq!(outcome.keys, 1);
}

#[tokio::test]
async fn oidcc_client_test_discovery_issuer_mismatch() {
    let outcome = module(RS256, |s| s.metadata["issuer"] = json!("https://autre.example")).await;
    assert_eq!((outcome.code(), outcome.authorize.is_some(), outcome.tokens), ("issuer-differs", false, 0));
}

#[tokio::test]
async fn oidcc_client_test_signing_key_rotation_just_before_signing() {
    let outcome = goes_on(RS256, |s| {
        s.keys_first = Some(json!({"keys": [Keys::all().jwk(Signer::PirateRsa, "old", "RS256")]}));
    })
    .await;
    assert_eq!(outcome.keys, 2);
}

#[tokio::test]
async fn oidcc_client_test_signing_key_rotation() {
    let bench = Bench::start().await;
    let before: Lie = |s| {
        s.keys = json!({"keys": [Keys::all().jwk(Signer::PirateRsa, "old", "RS256")]});
        s.id.signer = Signer::PirateRsa;
        s.id.head["kid"] = json!("old");
    };
    let desk = bench.desk(RS256, before).await.unwrap_or_else(|code| panic!("{code}"));
    let first = bench.sign_in_from(&desk, before).await;
    let second = bench.sign_in_from(&desk, |_| {}).await;
    assert_eq!((first.code(), first.keys, second.code(), second.keys), (OK, 1, OK, 1));
}

#[tokio::test]
async fn oidcc_client_test_userinfo_bearer_header() {
    let outcome = goes_on("bearer = \"header\"\n", |_| {}).await;
    let sent = outcome.userinfo_request;
    let expected = format!("Bearer {ACCESS_TOKEN}");
    assert_eq!((sent.method.as_str(), sent.authorization), ("GET", Some(expected)));
    assert_eq!((sent.body, sent.query), (String::new(), String::new()));
}

#[tokio::test]
async fn oidcc_client_test_userinfo_bearer_body() {
    let outcome = goes_on("bearer = \"body\"\n", |_| {}).await;
    let sent = outcome.userinfo_request;
    assert_eq!((sent.method.as_str(), sent.authorization), ("POST", None));
    assert_eq!((sent.body, sent.query), (format!("access_token={ACCESS_TOKEN}"), String::new()));
}

#[tokio::test]
async fn oidcc_client_test_userinfo_signed() {
    let lines = "id_token_alg = \"RS256\"\nuserinfo = \"signed\"\n";
    goes_on(lines, |s| {
        s.info_signed = true;
        s.info_type = "application/jwt";
    })
    .await;
}

/// Ends a session, the provider sending the browser back with `state` in place of what it was sent.
async fn logged_out(state: impl Fn(String) -> Option<String>) -> Ended {
    let bench = Bench::start().await;
    let desk = bench.desk(RS256, |_| {}).await.unwrap_or_else(|code| panic!("{code}"));
    let vouched = bench.sign_in_from(&desk, |_| {}).await.result.unwrap();
    let (loopback, _attempt) = crate::provider::begin(&desk.provider).await;
    let end = loopback.expect_end(&SystemRandom::new()).unwrap();
    let leave = desk.provider.end_session_url(&vouched.id_token, &loopback.end_uri(), end.state()).unwrap();
    assert_eq!(leave.path(), "/end");
    assert_eq!(parameter(&leave, "post_logout_redirect_uri"), loopback.end_uri().as_str());
    assert_eq!(parameter(&leave, "id_token_hint").split('.').count(), 3);
    let brought = state(parameter(&leave, "state")).map(|state| ("state", state));
    let answer = bring_back(&loopback.end_uri(), brought.as_slice());
    let ended = loopback.wait_end(end, Instant::now() + Duration::from_secs(2), &CancellationToken::new()).await;
    assert!(answer.await.unwrap().starts_with("HTTP/1.1 "), "the browser has an answer all the same");
    ended
}

#[tokio::test]
async fn oidcc_client_test_rp_init_logout() {
    assert_eq!(logged_out(Some).await, Ended::Confirmed);
}

#[tokio::test]
async fn oidcc_client_test_rp_init_logout_other_state() {
    assert_eq!(logged_out(|_| Some("autre".to_owned())).await, Ended::NotConfirmed);
}

#[tokio::test]
async fn oidcc_client_test_rp_init_logout_no_state() {
    assert_eq!(logged_out(|_| None).await, Ended::NotConfirmed);
}
