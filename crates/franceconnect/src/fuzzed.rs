//! What the fuzz targets reach of the reading of tokens: nothing of it is part of the program.
//!
//! A stranger cannot sign, so that a fuzzer alone would never come past a signature: here it says header and
//! claims, and they are signed for it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use serde_json::{Map, Value};

use crate::id_token::{self, Age, SKEW};
use crate::jws;
use crate::keys::KeySet;
use crate::provider::SigningAlg;
use crate::secret::Secret;
use crate::userinfo;

/// What every token here has to say of issuer, client, attempt and person.
pub const ISSUER: &str = "https://idp.example";
/// The client.
pub const CLIENT: &str = "c";
/// The attempt's nonce.
pub const NONCE: &str = "n";
/// The person of whom a userinfo must speak.
pub const SUB: &str = "s";
/// When the attempt began, and is judged.
pub const NOW: i64 = 1_800_000_000;

const KEY: &str = "a-key-that-nobody-knows";

/// How the age of a session is judged, strictest first: what one takes, all after it take.
const AGES: [Age; 4] = [Age::ByOneClock, Age::ByTwoClocks, Age::Within(SignedDuration::from_hours(1)), Age::Any];

/// Signs a header and claims, whatever they are.
#[must_use]
pub fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes()), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

/// Verifies an ID token under each rule of age, strictest first, once for us alone and once for others too.
#[must_use]
pub fn id_token(token: &str) -> Vec<Option<Map<String, Value>>> {
    let (token, nonce) = (Secret::new(token.to_owned()), Secret::new(NONCE.to_owned()));
    let verify = |age: Age, other_audiences: bool| {
        let now = Timestamp::from_second(NOW).ok()?;
        let expected = id_token::Expectation {
            issuer: ISSUER,
            client_id: CLIENT,
            other_audiences,
            nonce: &nonce,
            started: now,
            age,
            skew: SKEW,
            access_token: None,
            code: None,
        };
        let verified = id_token::verify(&token, &keys(), SigningAlg::Hs256, &expected, now);
        verified.ok().map(|verified| verified.claims)
    };
    [false, true].into_iter().flat_map(|others| AGES.map(|age| verify(age, others))).collect()
}

/// Verifies a userinfo, once where it must be complete and once where it need not be.
#[must_use]
pub fn userinfo(token: &str) -> [Option<Map<String, Value>>; 2] {
    let (token, sub) = (Secret::new(token.to_owned()), Secret::new(SUB.to_owned()));
    [true, false].map(|complete| {
        let expected = userinfo::Expectation { issuer: ISSUER, client_id: CLIENT, sub: &sub, skew: SKEW, complete };
        userinfo::verify(&token, &keys(), SigningAlg::Hs256, &expected, Timestamp::from_second(NOW).ok()?).ok()
    })
}

/// Tells whether keys, as a provider publishes them, verify a token signed with ES256.
#[must_use]
pub fn verified_by(published: &[u8], token: &str) -> bool {
    let token = Secret::new(token.to_owned());
    KeySet::parse(published).is_some_and(|keys| jws::verify(&token, &keys, SigningAlg::Es256).is_ok())
}

fn keys() -> KeySet {
    KeySet::of_secret(Secret::new(KEY.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target whose first inputs are refused would prove nothing.
    #[test]
    fn the_first_inputs_of_the_targets_come_past_the_signature() {
        for (seed, ages, kinds) in [
            (include_str!("../fuzz/seeds/signed/id_token"), [[true; 4], [true; 4]], [false, false]),
            (include_str!("../fuzz/seeds/signed/for_others"), [[false; 4], [false, false, true, true]], [false, false]),
            (include_str!("../fuzz/seeds/signed/userinfo"), [[false; 4], [false; 4]], [true, true]),
        ] {
            let (header, claims) = seed.split_once('\n').unwrap();
            let token = signed(header, claims);
            let accepted: Vec<bool> = id_token(&token).iter().map(Option::is_some).collect();
            assert_eq!(accepted, ages.as_flattened(), "{claims}");
            assert_eq!(userinfo(&token).map(|claims| claims.is_some()), kinds, "{claims}");
        }
    }
}
