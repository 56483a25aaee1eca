//! ID tokens that lie, one lie per line. None of them is followed by a request for the identity, and none that was not
//! signed by the provider leaves a logout owed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::provider::{ACCESS_TOKEN, CODE, Case, ES256, Keys, OK, RS256, Signer, Story, play};

const BAD: &str = "id-token-invalid";

fn half_hash(of: &str) -> Value {
    json!(B64.encode(&digest(&SHA256, of.as_bytes()).as_ref()[..16]))
}

fn replaced(token: &str, part: usize, change: impl Fn(&str) -> String) -> String {
    let parts = token.split('.').enumerate();
    parts.map(|(at, text)| if at == part { change(text) } else { text.to_owned() }).collect::<Vec<_>>().join(".")
}

/// The last letter of the signature carries bits that mean nothing: another letter for the same bytes.
fn same_bytes(signature: &str) -> String {
    let (rest, last) = signature.split_at(signature.len() - 1);
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = letters.find(last).unwrap();
    format!("{rest}{}", &letters[at + 1..at + 2])
}

fn many_claims() -> String {
    (0..10_000).fold(String::new(), |claims, at| claims + &format!(r#","a{at}":0"#))
}

#[rustfmt::skip] // one lie per line
const CLAIMS: &[Case] = &[
    ("the truth", |_| {}, OK, false, true),
    // What a good provider may do.
    ("audience as a list of one", |s| s.id.set("aud", json!(["comptoir"])), OK, false, true),
    ("several audiences, this client the party", |s| { s.id.set("aud", json!(["comptoir", "autre"])); s.id.set("azp", json!("comptoir")); }, OK, false, true),
    ("times with a fraction", |s| { let at = s.id.claims["iat"].as_i64().unwrap(); s.id.claims_text = Some(s.id.claims.to_string().replace(&format!("\"iat\":{at}"), &format!("\"iat\":{at}.5"))); }, OK, false, true),
    ("right hashes", |s| { s.id.set("at_hash", half_hash(ACCESS_TOKEN)); s.id.set("c_hash", half_hash(CODE)); }, OK, false, true),
    ("a clock 59 s ahead", |s| s.shift(59), OK, false, true),
    ("a clock 59 s behind", |s| s.shift(-59), OK, false, true),
    ("claims nobody knows", |s| s.id.set("inconnu", json!({"a": [1, null]})), OK, false, true),
    ("a typ in the header", |s| s.id.head["typ"] = json!("JWT"), OK, false, true),
    // Issuer.
    ("another issuer", |s| s.id.set("iss", json!("https://autre.example")), BAD, false, false),
    ("a slash more", |s| { let iss = format!("{}/", s.id.claims["iss"].as_str().unwrap()); s.id.set("iss", json!(iss)); }, BAD, false, false),
    ("issuer in capitals", |s| { let iss = s.id.claims["iss"].as_str().unwrap().to_uppercase(); s.id.set("iss", json!(iss)); }, BAD, false, false),
    ("issuer in a list", |s| { let iss = s.id.claims["iss"].clone(); s.id.set("iss", json!([iss])); }, BAD, false, false),
    ("no issuer", |s| s.id.remove("iss"), BAD, false, false),
    ("a path below the issuer", |s| { let iss = format!("{}/autre", s.id.claims["iss"].as_str().unwrap()); s.id.set("iss", json!(iss)); }, BAD, false, false),
    // Audience and party.
    ("another audience", |s| s.id.set("aud", json!("autre")), BAD, false, false),
    ("no audience", |s| s.id.remove("aud"), BAD, false, false),
    ("nobody in the audience", |s| s.id.set("aud", json!([])), BAD, false, false),
    ("audience is nothing", |s| s.id.set("aud", Value::Null), BAD, false, false),
    ("audience in an object", |s| s.id.set("aud", json!({"comptoir": true})), BAD, false, false),
    ("audience begins alike", |s| s.id.set("aud", json!("comptoir2")), BAD, false, false),
    ("audience with a space", |s| s.id.set("aud", json!("comptoir autre")), BAD, false, false),
    ("several audiences, no party", |s| s.id.set("aud", json!(["comptoir", "autre"])), BAD, false, false),
    ("several audiences, another party", |s| { s.id.set("aud", json!(["comptoir", "autre"])); s.id.set("azp", json!("autre")); }, BAD, false, false),
    ("one audience, another party", |s| s.id.set("azp", json!("autre")), BAD, false, false),
    ("party is no text", |s| s.id.set("azp", json!(["comptoir"])), BAD, false, false),
    // Whom it speaks of.
    ("no sub", |s| s.id.remove("sub"), BAD, false, false),
    ("empty sub", |s| s.id.set("sub", json!("")), BAD, false, false),
    ("sub is a number", |s| s.id.set("sub", json!(7)), BAD, false, false),
    ("sub of 256 letters", |s| s.id.set("sub", json!("s".repeat(256))), BAD, false, false),
    ("sub is nothing", |s| s.id.set("sub", Value::Null), BAD, false, false),
    // Which attempt it answers.
    ("another nonce", |s| s.id.set("nonce", json!("autre")), BAD, true, false),
    ("no nonce", |s| s.id.remove("nonce"), BAD, true, false),
    ("nonce in a list", |s| { let nonce = s.id.claims["nonce"].clone(); s.id.set("nonce", json!([nonce])); }, BAD, true, false),
    ("nonce cut", |s| { let nonce = s.id.claims["nonce"].as_str().unwrap().chars().skip(1).collect::<String>(); s.id.set("nonce", json!(nonce)); }, BAD, true, false),
    ("nonce and a space", |s| { let nonce = format!("{} ", s.id.claims["nonce"].as_str().unwrap()); s.id.set("nonce", json!(nonce)); }, BAD, true, false),
    // When.
    ("expired", |s| s.id.add("exp", -121), BAD, true, false),
    ("no exp", |s| s.id.remove("exp"), BAD, false, false),
    ("exp is a text", |s| { let exp = s.id.claims["exp"].to_string(); s.id.set("exp", json!(exp)); }, BAD, false, false),
    ("exp below zero", |s| s.id.set("exp", json!(-1)), BAD, true, false),
    ("exp beyond all times", |s| s.id.set("exp", json!(1e300)), BAD, false, false),
    ("no iat", |s| s.id.remove("iat"), BAD, false, false),
    ("iat is nothing", |s| s.id.set("iat", Value::Null), BAD, false, false),
    ("made in the future", |s| s.id.add("iat", 62), BAD, true, false),
    ("made before the attempt", |s| s.id.add("iat", -62), BAD, true, false),
    ("not valid yet", |s| { let at = s.id.claims["iat"].as_i64().unwrap() + 3600; s.id.set("nbf", json!(at)); }, BAD, true, false),
    ("everything an hour late, and it says so", |s| { s.shift(-3600); s.date = -3600; }, "clock-wrong", true, false),
    // What it came with.
    ("wrong access token hash", |s| s.id.set("at_hash", half_hash("autre")), BAD, true, false),
    ("access token hash is nothing", |s| s.id.set("at_hash", Value::Null), BAD, true, false),
    ("whole access token hash", |s| s.id.set("at_hash", json!(B64.encode(digest(&SHA256, ACCESS_TOKEN.as_bytes())))), BAD, true, false),
    ("wrong code hash", |s| s.id.set("c_hash", half_hash("autre")), BAD, true, false),
    ("code hash is a number", |s| s.id.set("c_hash", json!(1)), BAD, true, false),
    // A level that is no text.
    ("level in a list", |s| s.id.set("acr", json!(["eidas1"])), BAD, true, false),
];

#[rustfmt::skip] // one lie per line
const SIGNATURES: &[Case] = &[
    ("no kid, one key of its kind", |s| { s.id.head.as_object_mut().unwrap().remove("kid"); }, OK, false, true),
    ("no kid, the last of a few keys", |s| unnamed(s, &[Signer::PirateEc, Signer::PirateEc, Signer::PirateEc, Signer::Ec]), OK, false, true),
    ("no kid, more than a few keys", |s| unnamed(s, &[Signer::Ec, Signer::PirateEc, Signer::PirateEc, Signer::PirateEc, Signer::PirateEc]), BAD, false, false),
    ("no kid, none of a few keys", |s| unnamed(s, &[Signer::PirateEc, Signer::PirateEc]), BAD, false, false),
    ("no kid, no key", |s| unnamed(s, &[]), BAD, false, false),
    ("no kid, the right key is for encryption", |s| { unnamed(s, &[Signer::PirateEc, Signer::Ec]); s.keys["keys"][1]["use"] = json!("enc"); }, BAD, false, false),
    ("no kid, the right key is for another algorithm", |s| { unnamed(s, &[Signer::PirateEc, Signer::Ec]); s.keys["keys"][1]["alg"] = json!("ES384"); }, BAD, false, false),
    ("no kid, one of a few keys is on no curve", |s| { unnamed(s, &[Signer::PirateEc, Signer::Ec]); s.keys["keys"][0]["y"] = s.keys["keys"][0]["x"].clone(); }, OK, false, true),
    ("no kid, the key it brings along", |s| { unnamed(s, &[Signer::Ec, Signer::Ec]); s.id.signer = Signer::PirateEc; s.id.head["jwk"] = Keys::all().jwk(Signer::PirateEc, "0", "ES256"); }, BAD, false, false),
    ("no kid, a signature of zeros", |s| { unnamed(s, &[Signer::Ec, Signer::PirateEc]); s.id.signer = Signer::Zero; }, BAD, false, false),
    ("no kid, unsigned", |s| { unnamed(s, &[Signer::Ec, Signer::PirateEc]); s.id.by(Signer::Nobody, "none"); }, BAD, false, false),
    ("no kid, MAC with a public key", |s| { unnamed(s, &[Signer::Ec, Signer::PirateEc]); s.id.by(Signer::PublicJwk, "HS256"); }, BAD, false, false),
    ("no kid, and the key changed just before", |s| { unnamed(s, &[Signer::Ec]); s.keys_first = Some(json!({"keys": [Keys::all().jwk(Signer::PirateEc, "0", "ES256")]})); }, OK, false, true),
    ("an empty kid", |s| s.id.head["kid"] = json!(""), BAD, false, false),
    ("kid is nothing", |s| s.id.head["kid"] = Value::Null, BAD, false, false),
    ("the key changed just before", |s| s.keys_first = Some(json!({"keys": []})), OK, false, true),
    // No signature, or one that everybody can make.
    ("unsigned", |s| s.id.by(Signer::Nobody, "none"), BAD, false, false),
    ("unsigned, none in capitals", |s| s.id.by(Signer::Nobody, "NONE"), BAD, false, false),
    ("unsigned, none in between", |s| s.id.by(Signer::Nobody, "nOnE"), BAD, false, false),
    ("unsigned, said to be signed", |s| s.id.signer = Signer::Nobody, BAD, false, false),
    ("a signature of zeros", |s| s.id.signer = Signer::Zero, BAD, false, false),
    ("MAC with the public key", |s| s.id.by(Signer::PublicJwk, "HS256"), BAD, false, false),
    ("MAC with nothing", |s| s.id.by(Signer::Empty, "HS256"), BAD, false, false),
    ("no algorithm", |s| { s.id.head.as_object_mut().unwrap().remove("alg"); }, BAD, false, false),
    ("algorithm in small letters", |s| s.id.head["alg"] = json!("es256"), BAD, false, false),
    ("algorithm with a space", |s| s.id.head["alg"] = json!("ES256 "), BAD, false, false),
    ("algorithm in a list", |s| s.id.head["alg"] = json!(["ES256"]), BAD, false, false),
    ("another curve's name", |s| s.id.head["alg"] = json!("ES384"), BAD, false, false),
    ("another curve's algorithm", |s| s.id.head["alg"] = json!("ES256K"), BAD, false, false),
    ("signed as certificates are", |s| s.id.signer = Signer::EcDer, BAD, false, false),
    ("a good signature of another algorithm", |s| { s.id.by(Signer::Rsa, "RS256"); s.id.head["kid"] = json!("rsa"); }, BAD, false, false),
    // Another key.
    ("another key, same kid", |s| s.id.signer = Signer::PirateEc, BAD, false, false),
    ("unknown kid", |s| s.id.head["kid"] = json!("inconnu"), BAD, false, false),
    ("the kid of the other key", |s| s.id.head["kid"] = json!("rsa"), BAD, false, false),
    ("kid is a number", |s| s.id.head["kid"] = json!(0), BAD, false, false),
    ("kid is a path", |s| s.id.head["kid"] = json!("../../../../dev/null"), BAD, false, false),
    ("the key it brings along", |s| { s.id.signer = Signer::PirateEc; s.id.head["jwk"] = Keys::all().jwk(Signer::PirateEc, "ec", "ES256"); }, BAD, false, false),
    ("the address of its key", |s| { s.id.signer = Signer::PirateEc; s.id.head["kid"] = json!("pirate"); s.id.head["jku"] = json!(format!("{}/pirate", s.metadata["issuer"].as_str().unwrap())); }, BAD, false, false),
    ("the certificate it brings along", |s| { s.id.signer = Signer::PirateEc; s.id.head["x5c"] = json!(["MIIB"]); }, BAD, false, false),
    ("the address of its certificate", |s| { s.id.signer = Signer::PirateEc; s.id.head["kid"] = json!("pirate"); s.id.head["x5u"] = json!(format!("{}/pirate", s.metadata["issuer"].as_str().unwrap())); }, BAD, false, false),
    ("two keys of one name", |s| s.keys = json!({"keys": [Keys::all().jwk(Signer::PirateEc, "ec", "ES256"), Keys::all().jwk(Signer::Ec, "ec", "ES256")]}), BAD, false, false),
    ("the key is for encryption", |s| s.keys["keys"][0]["use"] = json!("enc"), BAD, false, false),
    ("the key is for another algorithm", |s| s.keys["keys"][0]["alg"] = json!("ES384"), BAD, false, false),
    ("a point that is on no curve", |s| s.keys["keys"][0]["y"] = s.keys["keys"][0]["x"].clone(), BAD, false, false),
    ("the key is a secret", |s| s.keys = json!({"keys": [{"kty": "oct", "kid": "ec", "k": "AAAA"}]}), BAD, false, false),
    // Extensions that must be understood.
    ("a critical extension", |s| { s.id.head["crit"] = json!(["exp"]); s.id.head["exp"] = json!(1); }, BAD, false, false),
    ("critical, nothing named", |s| s.id.head["crit"] = json!([]), BAD, false, false),
    ("critical is nothing", |s| s.id.head["crit"] = Value::Null, BAD, false, false),
    ("payload not encoded", |s| { s.id.head["b64"] = json!(false); s.id.head["crit"] = json!(["b64"]); }, BAD, false, false),
    // Its writing.
    ("a padding", |s| s.id.finish = |token| format!("{token}=="), BAD, false, false),
    ("a padded header", |s| s.id.finish = |token| replaced(token, 0, |head| format!("{head}=")), BAD, false, false),
    ("a line break at the end", |s| s.id.finish = |token| format!("{token}\n"), BAD, false, false),
    ("a space inside", |s| s.id.finish = |token| replaced(token, 1, |claims| format!(" {claims}")), BAD, false, false),
    ("a line break inside", |s| s.id.finish = |token| replaced(token, 2, |signature| format!("{}\r\n{}", &signature[..8], &signature[8..])), BAD, false, false),
    ("the other alphabet", |s| s.id.finish = |token| replaced(token, 2, |signature| format!("+/{}", &signature[2..])), BAD, false, false),
    ("other letters for the same bytes", |s| s.id.finish = |token| replaced(token, 2, same_bytes), BAD, false, false),
    ("two parts", |s| s.id.finish = |token| token.rsplit_once('.').unwrap().0.to_owned(), BAD, false, false),
    ("four parts", |s| s.id.finish = |token| format!("{token}."), BAD, false, false),
    ("an empty token", |s| s.id.finish = |_| String::new(), BAD, false, false),
    ("a header that is no object", |s| s.id.head_text = Some("\"ES256\"".to_owned()), BAD, false, false),
    ("algorithm twice, the good one last", |s| s.id.head_text = Some(r#"{"alg":"none","kid":"ec","alg":"ES256"}"#.to_owned()), BAD, false, false),
    ("algorithm twice, the good one first", |s| s.id.head_text = Some(r#"{"alg":"ES256","kid":"ec","alg":"none"}"#.to_owned()), BAD, false, false),
    ("a sub twice", |s| s.id.append(r#","sub":"autre""#), BAD, false, false),
    ("a sub twice, once escaped", |s| s.id.append(r#","s\u0075b":"autre""#), BAD, false, false),
    ("a nonce twice", |s| s.id.append(r#","nonce":"autre""#), BAD, false, false),
    ("claims a hundred deep", |s| s.id.append(&format!(r#","a":{}{}"#, "[".repeat(100), "]".repeat(100))), BAD, false, false),
    ("ten thousand claims", |s| s.id.append(&many_claims()), BAD, false, false),
    ("claims of 65 kB", |s| s.id.set("long", json!("x".repeat(65 * 1024))), BAD, false, false),
    ("claims that are no object", |s| s.id.claims_text = Some("[]".to_owned()), BAD, false, false),
    ("claims that are no text", |s| s.id.claims_text = Some("\u{0}".to_owned()), BAD, false, false),
    ("something behind the claims", |s| { let claims = format!("{} {{}}", s.id.claims); s.id.claims_text = Some(claims); }, BAD, false, false),
    ("a number that is none", |s| s.id.append(r#","exp2":NaN"#), BAD, false, false),
];

/// With an RSA key agreed on, whose public half is most often taken for a secret.
#[rustfmt::skip] // one lie per line
const RSA: &[Case] = &[
    ("the truth", |_| {}, OK, false, true),
    ("MAC with the public key in PEM", |s| s.id.by(Signer::PublicPem, "HS256"), BAD, false, false),
    ("MAC with the public key's JWK", |s| s.id.by(Signer::PublicJwk, "HS256"), BAD, false, false),
    ("MAC, said to be RS256", |s| s.id.by(Signer::PublicPem, "RS256"), BAD, false, false),
    ("another padding", |s| s.id.by(Signer::Pss, "RS256"), BAD, false, false),
    ("another padding, and says so", |s| s.id.by(Signer::Pss, "PS256"), BAD, false, false),
    ("another key", |s| s.id.signer = Signer::PirateRsa, BAD, false, false),
    ("the key of the other kind", |s| { s.id.by(Signer::Ec, "ES256"); s.id.head["kid"] = json!("ec"); }, BAD, false, false),
    ("a key of 1024 bits", |s| { let n = s.keys["keys"][1]["n"].as_str().unwrap()[..171].to_owned(); s.keys["keys"][1]["n"] = json!(n); }, BAD, false, false),
    ("an exponent of one", |s| s.keys["keys"][1]["e"] = json!("AQ"), BAD, false, false),
    ("the signature of another token", |s| s.id.finish = |token| replaced(token, 1, |_| B64.encode("{}")), BAD, false, false),
];

/// A token that names no key, and these keys to choose from.
fn unnamed(story: &mut Story, published: &[Signer]) {
    story.id.head.as_object_mut().unwrap().remove("kid");
    let keys = published.iter().enumerate().map(|(at, signer)| Keys::all().jwk(*signer, &at.to_string(), "ES256"));
    story.keys = json!({"keys": keys.collect::<Vec<_>>()});
}

#[tokio::test]
async fn no_claim_of_an_id_token_is_believed_that_is_not_right() {
    play(ES256, CLAIMS).await;
}

#[tokio::test]
async fn no_signature_of_an_id_token_is_believed_but_the_agreed_one() {
    play(ES256, SIGNATURES).await;
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    play(RS256, RSA).await;
}

#[rustfmt::skip] // one lie per line
const LEVELS: &[Case] = &[
    ("as required", |s| s.id.set("acr", json!("gold")), OK, false, true),
    ("another that is accepted", |s| s.id.set("acr", json!("1")), OK, false, true),
    ("no level", |_| {}, "level-too-low", true, false),
    ("another level", |s| s.id.set("acr", json!("silver")), "level-too-low", true, false),
    ("in capitals", |s| s.id.set("acr", json!("GOLD")), "level-too-low", true, false),
    ("two levels", |s| s.id.set("acr", json!("gold silver")), "level-too-low", true, false),
    ("a number", |s| s.id.set("acr", json!(1)), BAD, true, false),
];

#[rustfmt::skip] // one lie per line
const SESSIONS: &[Case] = &[
    ("signed in now", |s| { let at = s.id.claims["iat"].clone(); s.id.set("auth_time", at); }, OK, false, true),
    ("does not say when", |_| {}, BAD, true, false),
    ("says so in a text", |s| { let at = s.id.claims["iat"].to_string(); s.id.set("auth_time", json!(at)); }, BAD, false, false),
    ("signed in before", |s| { let at = s.id.claims["iat"].as_i64().unwrap() - 62; s.id.set("auth_time", json!(at)); }, "session-reused", true, false),
    ("signed in yesterday", |s| { let at = s.id.claims["iat"].as_i64().unwrap() - 86400; s.id.set("auth_time", json!(at)); }, "session-reused", true, false),
];

#[tokio::test]
async fn a_level_is_one_of_those_accepted() {
    play("id_token_alg = \"ES256\"\nacr_required = [\"1\", \"gold\"]\n", LEVELS).await;
}

#[tokio::test]
async fn a_session_of_before_is_not_taken_for_this_person() {
    play("id_token_alg = \"ES256\"\nauth_time = true\n", SESSIONS).await;
}
