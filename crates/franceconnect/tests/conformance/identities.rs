//! Identities that lie after a good ID token: nobody is shown, and a logout is owed.

use serde_json::json;

use crate::provider::{Case, ES256, Keys, OK, SIGNED, Signer, Story, play};

const BAD: &str = "userinfo-invalid";

#[rustfmt::skip] // one lie per line
const PLAIN: &[Case] = &[
    ("the truth", |_| {}, OK, false, true),
    ("type with parameters", |s| s.info_type = "application/json; charset=utf-8", OK, false, true),
    ("another person", |s| s.info.set("sub", json!("autre")), "subject-differs", true, true),
    ("nobody", |s| s.info.remove("sub"), "subject-differs", true, true),
    ("sub is a list", |s| s.info.set("sub", json!(["s"])), "subject-differs", true, true),
    ("sub with a space", |s| s.info.set("sub", json!("s ")), "subject-differs", true, true),
    ("two persons", |s| s.info.append(r#","sub":"autre""#), BAD, true, true),
    ("two persons, one escaped", |s| s.info.append(r#","s\u0075b":"s""#), BAD, true, true),
    ("a name twice", |s| s.info.append(r#","family_name":"AUTRE""#), BAD, true, true),
    ("deeper than anybody writes", |s| s.info.append(&format!(r#","a":{}1{}"#, r#"{"a":"#.repeat(99), "}".repeat(99))), BAD, true, true),
    ("wider than anybody writes", |s| s.info.append(&format!(r#","a":[{}0]"#, "0,".repeat(5000))), BAD, true, true),
    ("a list", |s| s.info_answer = Some("[]".to_owned()), BAD, true, true),
    ("a text", |s| s.info_answer = Some("\"s\"".to_owned()), BAD, true, true),
    ("nothing", |s| s.info_answer = Some(String::new()), BAD, true, true),
    ("half of it", |s| s.info_answer = Some(r#"{"sub":"s","#.to_owned()), BAD, true, true),
    ("a JWT where JSON was agreed", |s| { s.info_signed = true; s.info_type = "application/jwt"; }, BAD, true, true),
    ("a JWT, said to be JSON", |s| s.info_signed = true, BAD, true, true),
    ("said to be text", |s| s.info_type = "text/plain", BAD, true, true),
    ("a page", |s| { s.info_type = "text/html"; s.info_answer = Some("<html>".to_owned()); }, "page-instead", true, true),
    ("too much", |s| s.info_answer = Some(" ".repeat(300 * 1024)), "answer-malformed", true, true),
    ("refused", |s| s.info_status = 401, "userinfo-refused", true, true),
    ("elsewhere", |s| s.info_status = 302, "userinfo-refused", true, true),
    ("elsewhere, with the token", |s| s.info_status = 307, "userinfo-refused", true, true),
    ("down", |s| s.info_status = 503, "provider-unreachable", true, true),
    ("nothing to say", |s| s.info_status = 204, "userinfo-refused", true, true),
];

fn signed(story: &mut Story) {
    story.info_signed = true;
    story.info_type = "application/jwt";
}

#[rustfmt::skip] // one lie per line
const SIGNED_ONES: &[Case] = &[
    ("the truth", signed, OK, false, true),
    ("type with parameters", |s| { signed(s); s.info_type = "Application/JWT; charset=utf-8"; }, OK, false, true),
    ("nothing but the person", |s| { signed(s); for name in ["iss", "aud", "iat", "exp"] { s.info.remove(name); } }, OK, false, true),
    ("another person", |s| { signed(s); s.info.set("sub", json!("autre")); }, "subject-differs", true, true),
    ("nobody", |s| { signed(s); s.info.remove("sub"); }, "subject-differs", true, true),
    ("another issuer", |s| { signed(s); s.info.set("iss", json!("https://autre.example")); }, BAD, true, true),
    ("another audience", |s| { signed(s); s.info.set("aud", json!("autre")); }, BAD, true, true),
    ("one audience more", |s| { signed(s); s.info.set("aud", json!(["comptoir", "autre"])); }, BAD, true, true),
    ("nobody in the audience", |s| { signed(s); s.info.set("aud", json!([])); }, BAD, true, true),
    ("expired", |s| { signed(s); s.info.add("exp", -121); }, BAD, true, true),
    ("exp is a text", |s| { signed(s); s.info.set("exp", json!("4000000000")); }, BAD, true, true),
    ("made in the future", |s| { signed(s); s.info.add("iat", 62); }, BAD, true, true),
    ("the ID token in its place", |s| { signed(s); s.info = s.id.clone(); }, BAD, true, true),
    ("plain where signed was agreed", |_| {}, BAD, true, true),
    ("plain, said to be signed", |s| s.info_type = "application/jwt", BAD, true, true),
    ("signed, said to be plain", |s| s.info_signed = true, BAD, true, true),
    ("unsigned", |s| { signed(s); s.info.by(Signer::Nobody, "none"); }, BAD, true, true),
    ("MAC with the public key", |s| { signed(s); s.info.by(Signer::PublicJwk, "HS256"); }, BAD, true, true),
    ("another key", |s| { signed(s); s.info.signer = Signer::PirateEc; }, BAD, true, true),
    ("another key, which it brings along", |s| { signed(s); s.info.signer = Signer::PirateEc; s.info.head["jwk"] = Keys::all().jwk(Signer::PirateEc, "ec", "ES256"); }, BAD, true, true),
    ("no kid, the last of a few keys", |s| { signed(s); s.info.head.as_object_mut().unwrap().remove("kid"); s.keys["keys"] = json!([Keys::all().jwk(Signer::PirateEc, "pirate", "ES256"), Keys::all().jwk(Signer::Ec, "ec", "ES256")]); }, OK, false, true),
    ("no kid, none of a few keys", |s| { signed(s); s.info.head.as_object_mut().unwrap().remove("kid"); s.info.signer = Signer::PirateEc; s.keys["keys"] = json!([Keys::all().jwk(Signer::Ec, "ec", "ES256"), Keys::all().jwk(Signer::Ec, "ec2", "ES256")]); }, BAD, true, true),
    ("unknown kid", |s| { signed(s); s.info.head["kid"] = json!("inconnu"); }, BAD, true, true),
    ("another of the provider's algorithms", |s| { signed(s); s.info.by(Signer::Rsa, "RS256"); s.info.head["kid"] = json!("rsa"); }, BAD, true, true),
    ("a critical extension", |s| { signed(s); s.info.head["crit"] = json!(["b64"]); s.info.head["b64"] = json!(false); }, BAD, true, true),
    ("two persons", |s| { signed(s); s.info.append(r#","sub":"s""#); }, BAD, true, true),
    ("encrypted, which was not agreed", |s| { signed(s); s.info_answer = Some("a.b.c.d.e".to_owned()); }, "token-undecryptable", true, true),
];

#[tokio::test]
async fn no_plain_identity_is_shown_that_is_not_right() {
    play(ES256, PLAIN).await;
}

#[tokio::test]
async fn no_signed_identity_is_shown_that_is_not_right() {
    play(SIGNED, SIGNED_ONES).await;
}
