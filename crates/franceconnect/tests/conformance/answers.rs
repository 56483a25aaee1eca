//! Answers of the token endpoint and of the keys that are not what they should be: nobody is signed in, no identity is
//! asked for, no redirect is followed.

use serde_json::{Value, json};

use crate::provider::{ACCESS_TOKEN, Case, ES256, Keys, OK, Signer, play};

const BAD: &str = "answer-malformed";
const JSON: &str = "application/json";

/// The answer with one member changed; `null` takes it away.
fn member(text: &str, name: &str, value: Value) -> String {
    let mut answer: Value = serde_json::from_str(text).unwrap();
    answer[name] = value;
    if answer[name].is_null() {
        answer.as_object_mut().unwrap().remove(name);
    }
    answer.to_string()
}

fn refusal(error: &str) -> String {
    json!({"error": error, "error_description": "DUBOIS Angela 1962 autre"}).to_string()
}

#[rustfmt::skip] // one lie per line
const TOKENS: &[Case] = &[
    ("the truth", |_| {}, OK, false, true),
    ("bearer in small letters", |s| s.token_text = |text| member(&text, "token_type", json!("bearer")), OK, false, true),
    ("members nobody knows", |s| s.token_text = |text| member(&text, "inconnu", json!([1])), OK, false, true),
    ("a refresh token nobody asked for", |s| s.token_text = |text| member(&text, "refresh_token", json!("r")), OK, false, true),
    ("another type", |s| s.token_text = |text| member(&text, "token_type", json!("mac")), BAD, false, false),
    ("no type", |s| s.token_text = |text| member(&text, "token_type", Value::Null), BAD, false, false),
    ("no ID token", |s| s.token_text = |text| member(&text, "id_token", Value::Null), BAD, false, false),
    ("ID token in a list", |s| s.token_text = |text| member(&text, "id_token", json!(["a.b.c"])), BAD, false, false),
    ("no access token", |s| s.token_text = |text| member(&text, "access_token", Value::Null), BAD, false, false),
    ("empty access token", |s| s.token_text = |text| member(&text, "access_token", json!("")), BAD, false, false),
    ("an access token that ends a header", |s| s.token_text = |text| member(&text, "access_token", json!("a\r\nX: y")), BAD, false, false),
    ("an access token with accents", |s| s.token_text = |text| member(&text, "access_token", json!("é")), BAD, false, false),
    ("two ID tokens", |s| s.token_text = |text| text.replacen('{', r#"{"id_token":"a.b.c","#, 1), BAD, false, false),
    ("two access tokens", |s| s.token_text = |text| text.replacen('{', r#"{"access_token":"autre","#, 1), BAD, false, false),
    ("two access tokens, one escaped", |s| s.token_text = |text| text.replacen('{', r#"{"access\u005ftoken":"autre","#, 1), BAD, false, false),
    ("a hundred thousand brackets", |s| s.token_text = |_| "[".repeat(100_000), BAD, false, false),
    ("half of it", |s| s.token_text = |text| text.split_at(40).0.to_owned(), BAD, false, false),
    ("something behind", |s| s.token_text = |text| format!("{text}{{}}"), BAD, false, false),
    ("a form", |s| s.token_text = |_| format!("access_token={ACCESS_TOKEN}&token_type=Bearer"), BAD, false, false),
    ("no text", |s| s.token_text = |_| "\u{0}\u{1}".to_owned(), BAD, false, false),
    ("nothing", |s| s.token_text = |_| String::new(), BAD, false, false),
    ("more than anybody says", |s| s.token_text = |text| format!("{text}{}", " ".repeat(300 * 1024)), BAD, false, false),
    ("nothing to say", |s| s.token_answer = Some((204, JSON, String::new())), BAD, false, false),
    ("created", |s| s.token_answer = Some((201, JSON, json!({"access_token": "a", "id_token": "a.b.c", "token_type": "Bearer"}).to_string())), BAD, false, false),
    ("code refused", |s| s.token_answer = Some((400, JSON, refusal("invalid_grant"))), "token-refused", false, false),
    ("client refused", |s| s.token_answer = Some((401, JSON, refusal("invalid_client"))), "client-refused", false, false),
    ("a refusal with a good status", |s| s.token_answer = Some((200, JSON, refusal("invalid_grant"))), BAD, false, false),
    ("two errors", |s| s.token_answer = Some((400, JSON, r#"{"error":"a","error":"b"}"#.to_owned())), BAD, false, false),
    ("moved for good", |s| s.token_answer = Some((301, JSON, String::new())), BAD, false, false),
    ("found elsewhere", |s| s.token_answer = Some((302, JSON, String::new())), BAD, false, false),
    ("see elsewhere", |s| s.token_answer = Some((303, JSON, String::new())), BAD, false, false),
    ("elsewhere, the form with it", |s| s.token_answer = Some((307, JSON, String::new())), BAD, false, false),
    ("elsewhere for good, the form with it", |s| s.token_answer = Some((308, JSON, String::new())), BAD, false, false),
    ("a captive portal", |s| s.token_answer = Some((200, "text/html", "<html>Connectez-vous".to_owned())), "page-instead", false, false),
    ("a captive portal that says so", |s| s.token_answer = Some((511, "text/html", "<html>".to_owned())), "page-instead", false, false),
    ("a page in another dress", |s| s.token_answer = Some((200, "application/xhtml+xml", "<html/>".to_owned())), "page-instead", false, false),
    ("a filter", |s| s.token_answer = Some((403, "text/html", "<html>Bloqué".to_owned())), "page-instead", false, false),
    ("a proxy that has nobody behind", |s| s.token_answer = Some((502, "text/html", "<html>".to_owned())), "provider-unreachable", false, false),
    ("too many requests", |s| s.token_answer = Some((429, JSON, String::new())), BAD, false, false),
];

#[rustfmt::skip] // one lie per line
const KEYS: &[Case] = &[
    ("keys of kinds nobody knows beside", |s| { let good = s.keys["keys"][0].clone(); s.keys = json!({"keys": [{"kty": "ZZ"}, 7, null, good]}); }, OK, false, true),
    ("none", |s| s.keys = json!({"keys": []}), "id-token-invalid", false, false),
    ("not a set", |s| s.keys = json!([]), "keys-unavailable", false, false),
    ("no list", |s| s.keys = json!({"keys": {}}), "keys-unavailable", false, false),
    ("more than anybody has", |s| s.keys = json!({"keys": vec![Keys::all().jwk(Signer::PirateEc, "x", "ES256"); 33]}), "keys-unavailable", false, false),
    ("two lists", |s| s.keys_answer = Some((200, JSON, r#"{"keys":[],"keys":[]}"#.to_owned())), "keys-unavailable", false, false),
    ("more than anybody says", |s| s.keys_answer = Some((200, JSON, " ".repeat(300 * 1024))), "keys-unavailable", false, false),
    ("elsewhere", |s| s.keys_answer = Some((302, JSON, String::new())), "keys-unavailable", false, false),
    ("gone", |s| s.keys_answer = Some((404, JSON, String::new())), "keys-unavailable", false, false),
    ("down", |s| s.keys_answer = Some((500, JSON, String::new())), "keys-unavailable", false, false),
    ("a page", |s| s.keys_answer = Some((200, "text/html", "<html>".to_owned())), "page-instead", false, false),
];

#[tokio::test]
async fn no_token_answer_is_taken_that_is_not_right() {
    play(ES256, TOKENS).await;
}

#[tokio::test]
async fn without_keys_nobody_is_signed_in() {
    play(ES256, KEYS).await;
}
