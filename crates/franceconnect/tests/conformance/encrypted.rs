//! Tokens that are encrypted otherwise than agreed. What could be decrypted is not, when the agreement is another.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use comptoir_franceconnect::{DecryptionKey, KeyAgreement};
use josekit::jwe::{Dir, ECDH_ES_A256KW, JweEncrypter, JweHeader, RSA_OAEP, RSA_OAEP_256, serialize_compact};
use josekit::jwk::Jwk;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use serde_json::{Value, json};

use crate::provider::{Case, ES256, OK, SIGNED, Signer, Story, play};

const BAD: &str = "token-undecryptable";
const ID: &str = "id-token-invalid";
const BY_RSA: &str = "id_token_alg = \"ES256\"\nuserinfo = \"encrypted\"\nencryption.keychain = \"rsa\"\n";
const BY_EC: &str = "id_token_alg = \"ES256\"\nuserinfo = \"encrypted\"\nencryption.keychain = \"ec\"\n";

/// The desk's keys, by the names under which its file finds them; one that is nobody's.
pub(crate) fn keys(name: &str) -> Option<&'static DecryptionKey> {
    static RSA: OnceLock<DecryptionKey> = OnceLock::new();
    static EC: OnceLock<DecryptionKey> = OnceLock::new();
    static OTHER: OnceLock<DecryptionKey> = OnceLock::new();
    let made = |agreement| move || DecryptionKey::generate(agreement).unwrap();
    match name {
        "rsa" => Some(RSA.get_or_init(made(KeyAgreement::RsaOaep256))),
        "ec" => Some(EC.get_or_init(made(KeyAgreement::EcdhEs))),
        "other" => Some(OTHER.get_or_init(made(KeyAgreement::RsaOaep256))),
        _ => None,
    }
}

fn jwk(name: &str) -> Jwk {
    let mut jwk = keys(name).unwrap().public_jwk().as_object().unwrap().clone();
    // The library refuses a key for another algorithm than its own, and writes its name itself.
    jwk.retain(|name, _| !matches!(name.as_str(), "alg" | "kid"));
    Jwk::from_map(jwk).unwrap()
}

/// Encrypts with the library, as somebody would who agreed on something else.
fn by(to: &dyn JweEncrypter, kid: &str, change: fn(&mut JweHeader), inner: &str) -> String {
    let mut header = JweHeader::new();
    header.set_content_encryption("A256GCM");
    header.set_content_type("JWT");
    header.set_key_id(keys(kid).unwrap().kid());
    change(&mut header);
    serialize_compact(inner.as_bytes(), &header, to).unwrap()
}

fn rsa(inner: &str, change: fn(&mut JweHeader)) -> String {
    by(&RSA_OAEP_256.encrypter_from_jwk(&jwk("rsa")).unwrap(), "rsa", change, inner)
}

#[expect(deprecated, reason = "nobody should use it: this is what is tested")]
fn bleichenbacher() -> josekit::jwe::alg::rsaes::RsaesJweAlgorithm {
    josekit::jwe::RSA1_5
}

/// Encrypts for the desk's P-256 key by hand (RFC 7518 §4.6): the header is written as it stands, `EPK` being the
/// ephemeral key in it.
fn ec(inner: &str, header: &str) -> String {
    let chance = SystemRandom::new();
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &chance).unwrap();
    let point = ours.compute_public_key().unwrap();
    let coordinate = |from: usize| B64.encode(&point.as_ref()[from..from + 32]);
    let epk = json!({"kty": "EC", "crv": "P-256", "x": coordinate(1), "y": coordinate(33)});
    let kid = keys("ec").unwrap().kid();
    let header = B64.encode(header.replace("EPK", &epk.to_string()).replace("KID", kid));

    let theirs = keys("ec").unwrap().public_jwk();
    let part = |name: &str| B64.decode(theirs[name].as_str().unwrap()).unwrap();
    let theirs = UnparsedPublicKey::new(&ECDH_P256, [&[4_u8][..], &part("x"), &part("y")].concat());
    let key = agree_ephemeral(ours, &theirs, |shared| {
        let info = [&[0, 0, 0, 1][..], shared, &[0, 0, 0, 7], b"A256GCM", &[0; 8], &[0, 0, 1, 0]].concat();
        digest(&SHA256, &info)
    });
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.unwrap().as_ref()).unwrap());
    let mut content = inner.as_bytes().to_vec();
    let nonce = Nonce::assume_unique_for_key([7; 12]);
    key.seal_in_place_append_tag(nonce, Aad::from(header.as_bytes()), &mut content).unwrap();
    let tag = content.split_off(content.len() - 16);
    format!("{header}..{}.{}.{}", B64.encode([7; 12]), B64.encode(content), B64.encode(tag))
}

fn truth_by_rsa(story: &mut Story) {
    story.info_signed = true;
    story.info_type = "application/jwt";
    story.wrap = |token| rsa(&token, |_| {});
}

fn truth_by_ec(story: &mut Story) {
    truth_by_rsa(story);
    story.wrap = |token| ec(&token, AGREED);
}

const AGREED: &str = r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"KID","epk":EPK}"#;

fn part(token: &str, at: usize, change: impl Fn(&str) -> String) -> String {
    let parts = token.split('.').enumerate();
    parts.map(|(place, text)| if place == at { change(text) } else { text.to_owned() }).collect::<Vec<_>>().join(".")
}

#[rustfmt::skip] // one lie per line
const RSA_CASES: &[Case] = &[
    ("the truth", truth_by_rsa, OK, false, true),
    ("issuer and audience copied to the header", |s| { truth_by_rsa(s); s.wrap = |t| rsa(&t, |h| h.set_issuer("https://x")); }, OK, false, true),
    ("signed only", |s| { truth_by_rsa(s); s.wrap = |t| t; }, BAD, false, false),
    ("for another key", |s| { truth_by_rsa(s); s.wrap = |t| by(&RSA_OAEP_256.encrypter_from_jwk(&jwk("other")).unwrap(), "other", |_| {}, &t); }, BAD, false, false),
    ("for another key, by our name", |s| { truth_by_rsa(s); s.wrap = |t| by(&RSA_OAEP_256.encrypter_from_jwk(&jwk("other")).unwrap(), "rsa", |_| {}, &t); }, BAD, false, false),
    ("SHA-1", |s| { truth_by_rsa(s); s.wrap = |t| by(&RSA_OAEP.encrypter_from_jwk(&jwk("rsa")).unwrap(), "rsa", |_| {}, &t); }, BAD, false, false),
    ("the padding of Bleichenbacher", |s| { truth_by_rsa(s); s.wrap = |t| by(&bleichenbacher().encrypter_from_jwk(&jwk("rsa")).unwrap(), "rsa", |_| {}, &t); }, BAD, false, false),
    ("a key that is agreed on nowhere", |s| { truth_by_rsa(s); s.wrap = |t| by(&Dir.encrypter_from_bytes([7; 32]).unwrap(), "rsa", |_| {}, &t); }, BAD, false, false),
    ("half the key", |s| { truth_by_rsa(s); s.wrap = |t| rsa(&t, |h| h.set_content_encryption("A128GCM")); }, BAD, false, false),
    ("another encryption", |s| { truth_by_rsa(s); s.wrap = |t| rsa(&t, |h| h.set_content_encryption("A256CBC-HS512")); }, BAD, false, false),
    ("compressed", |s| { truth_by_rsa(s); s.wrap = |t| rsa(&t, |h| h.set_compression("DEF")); }, BAD, false, false),
    ("megabytes in a few bytes", |s| { truth_by_rsa(s); s.wrap = |t| rsa(&format!("{t}{}", "A".repeat(8_000_000)), |h| h.set_compression("DEF")); }, BAD, false, false),
    ("does not say that it is nested", |s| { truth_by_rsa(s); s.wrap = |t| rsa(&t, |h| h.set_content_type("json")); }, BAD, false, false),
    ("unsigned inside", |s| { truth_by_rsa(s); s.id.by(Signer::Nobody, "none"); }, ID, false, false),
    ("another's signature inside", |s| { truth_by_rsa(s); s.id.signer = Signer::PirateEc; }, ID, false, false),
    ("another's token inside", |s| { truth_by_rsa(s); s.id.set("aud", json!("autre")); }, ID, false, false),
    ("claims inside, not even a token", |s| { truth_by_rsa(s); s.wrap = |_| rsa(r#"{"sub":"s"}"#, |_| {}); }, BAD, false, false),
    ("encrypted twice", |s| { truth_by_rsa(s); s.wrap = |t| rsa(&rsa(&t, |_| {}), |_| {}); }, BAD, false, false),
    ("nothing inside", |s| { truth_by_rsa(s); s.wrap = |_| rsa("", |_| {}); }, BAD, false, false),
    ("bytes inside that are no text", |s| { truth_by_rsa(s); s.wrap = |_| rsa("\u{0}..", |_| {}); }, ID, false, false),
    ("key altered", |s| { truth_by_rsa(s); s.wrap = |t| part(&rsa(&t, |_| {}), 1, |key| key.chars().rev().collect()); }, BAD, false, false),
    ("no key", |s| { truth_by_rsa(s); s.wrap = |t| part(&rsa(&t, |_| {}), 1, |_| String::new()); }, BAD, false, false),
    ("content altered", |s| { truth_by_rsa(s); s.wrap = |t| part(&rsa(&t, |_| {}), 3, |content| content.chars().rev().collect()); }, BAD, false, false),
    ("a short tag", |s| { truth_by_rsa(s); s.wrap = |t| part(&rsa(&t, |_| {}), 4, |tag| tag[..6].to_owned()); }, BAD, false, false),
    ("no tag", |s| { truth_by_rsa(s); s.wrap = |t| part(&rsa(&t, |_| {}), 4, |_| String::new()); }, BAD, false, false),
    ("a short nonce", |s| { truth_by_rsa(s); s.wrap = |t| part(&rsa(&t, |_| {}), 2, |nonce| nonce[..8].to_owned()); }, BAD, false, false),
    ("a padding", |s| { truth_by_rsa(s); s.wrap = |t| format!("{}==", rsa(&t, |_| {})); }, BAD, false, false),
    ("a space", |s| { truth_by_rsa(s); s.wrap = |t| part(&rsa(&t, |_| {}), 3, |content| format!(" {content}")); }, BAD, false, false),
    ("four parts", |s| { truth_by_rsa(s); s.wrap = |t| rsa(&t, |_| {}).rsplit_once('.').unwrap().0.to_owned(); }, BAD, false, false),
    ("six parts", |s| { truth_by_rsa(s); s.wrap = |t| format!("{}.", rsa(&t, |_| {})); }, BAD, false, false),
    ("identity signed only", |s| { truth_by_rsa(s); s.wrap_info = Some(|t| t); }, BAD, true, true),
    ("identity for another key", |s| { truth_by_rsa(s); s.wrap_info = Some(|t| by(&RSA_OAEP_256.encrypter_from_jwk(&jwk("other")).unwrap(), "rsa", |_| {}, &t)); }, BAD, true, true),
    ("identity encrypted and not signed", |s| { truth_by_rsa(s); s.wrap_info = Some(|_| rsa(r#"{"sub":"s","family_name":"DUBOIS"}"#, |_| {})); }, BAD, true, true),
    ("identity unsigned inside", |s| { truth_by_rsa(s); s.info.by(Signer::Nobody, "none"); }, "userinfo-invalid", true, true),
    ("identity of another person inside", |s| { truth_by_rsa(s); s.info.set("sub", json!("autre")); }, "subject-differs", true, true),
    ("the ID token in place of the identity", |s| { truth_by_rsa(s); s.info = s.id.clone(); }, "userinfo-invalid", true, true),
];

#[rustfmt::skip] // one lie per line
const EC_CASES: &[Case] = &[
    ("the truth", truth_by_ec, OK, false, true),
    ("no kid, and one key", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","epk":EPK}"#); }, OK, false, true),
    ("cty in small letters", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"jwt","kid":"KID","epk":EPK}"#); }, OK, false, true),
    ("another kid", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"x","epk":EPK}"#); }, BAD, false, false),
    ("no cty", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","kid":"KID","epk":EPK}"#); }, BAD, false, false),
    ("algorithm twice, the good one last", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"dir","alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"KID","epk":EPK}"#); }, BAD, false, false),
    ("encryption twice, the good one last", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A128GCM","enc":"A256GCM","cty":"JWT","kid":"KID","epk":EPK}"#); }, BAD, false, false),
    ("kid twice, the good one last", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"x","kid":"KID","epk":EPK}"#); }, BAD, false, false),
    ("algorithm in small letters", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ecdh-es","enc":"A256GCM","cty":"JWT","kid":"KID","epk":EPK}"#); }, BAD, false, false),
    ("a critical extension", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"KID","epk":EPK,"crit":["x"],"x":1}"#); }, BAD, false, false),
    ("compressed, it says", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"KID","epk":EPK,"zip":"DEF"}"#); }, BAD, false, false),
    ("its key wrapped", |s| { truth_by_ec(s); s.wrap = |t| by(&ECDH_ES_A256KW.encrypter_from_jwk(&jwk("ec")).unwrap(), "ec", |_| {}, &t); }, BAD, false, false),
    ("no ephemeral key", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"KID"}"#); }, BAD, false, false),
    ("an ephemeral key on no curve", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"KID","epk":{"kty":"EC","crv":"P-256","x":"gTI25eRRRDsZJLxbT2eg3-9W1YfEXf6oVl5y1RkJ5yc","y":"5BlLP0EJ3GLXQqaXbWM3ZQzHrfyZYFIOSqI9GCVUqmE"}}"#); }, BAD, false, false),
    ("an ephemeral key of another curve", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"KID","epk":{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}}"#); }, BAD, false, false),
    ("the point at infinity", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"ECDH-ES","enc":"A256GCM","cty":"JWT","kid":"KID","epk":{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}"#); }, BAD, false, false),
    ("a key where none is sent", |s| { truth_by_ec(s); s.wrap = |t| part(&ec(&t, AGREED), 1, |_| "AAAA".to_owned()); }, BAD, false, false),
    ("a password to be tried a thousand million times", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, r#"{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","cty":"JWT","kid":"KID","p2c":1000000000,"p2s":"AAAA"}"#); }, BAD, false, false),
    ("a header that is no JSON", |s| { truth_by_ec(s); s.wrap = |t| ec(&t, "alg"); }, BAD, false, false),
    ("a header a hundred deep", |s| { truth_by_ec(s); s.wrap = |t| { let deep = format!("{}{}", "[".repeat(100), "]".repeat(100)); ec(&t, &AGREED.replacen('{', &format!("{{\"a\":{deep},"), 1)) }; }, BAD, false, false),
];

#[rustfmt::skip] // one lie per line
const UNAGREED: &[Case] = &[
    ("encrypted for a key of this desk", |s| s.wrap = |t| rsa(&t, |_| {}), BAD, false, false),
    ("five parts of nothing", |s| s.wrap = |_| "....".to_owned(), BAD, false, false),
];

#[tokio::test]
async fn what_is_encrypted_by_rsa_is_decrypted_as_agreed_only() {
    play(BY_RSA, RSA_CASES).await;
}

#[tokio::test]
async fn what_is_encrypted_by_a_curve_is_decrypted_as_agreed_only() {
    play(BY_EC, EC_CASES).await;
}

#[tokio::test]
async fn what_was_to_be_signed_is_not_decrypted() {
    play(ES256, UNAGREED).await;
    play(SIGNED, UNAGREED).await;
}

#[test]
fn the_point_on_no_curve_is_on_none() {
    let claims: Value = json!({"kty": "EC", "crv": "P-256", "x": "gTI25eRRRDsZJLxbT2eg3-9W1YfEXf6oVl5y1RkJ5yc",
        "y": "5BlLP0EJ3GLXQqaXbWM3ZQzHrfyZYFIOSqI9GCVUqmE"});
    let part = |name: &str| B64.decode(claims[name].as_str().unwrap()).unwrap();
    let point = UnparsedPublicKey::new(&ECDH_P256, [&[4_u8][..], &part("x"), &part("y")].concat());
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
    assert!(agree_ephemeral(ours, &point, |_| ()).is_err());
}
