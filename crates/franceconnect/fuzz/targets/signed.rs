//! Signed tokens: a stranger's never verifies; of a signed one only what says the right things does.
#![no_main]

use comptoir_franceconnect::fuzzed::{CLIENT, ISSUER, NONCE, NOW, SUB, id_token, signed, userinfo};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

// The header, a line break, the claims.
fuzz_target!(|text: &str| {
    assert!(id_token(text).iter().all(Option::is_none), "not signed by anybody");
    assert!(userinfo(text).iter().all(Option::is_none), "not signed by anybody");
    let Some((header, claims)) = text.split_once('\n') else {
        return;
    };
    let token = signed(header, claims);
    let judged = id_token(&token);
    for of_audience in judged.chunks(4) {
        for pair in of_audience.windows(2) {
            assert!(pair[0].is_none() || pair[1].is_some(), "what the stricter rule takes, the next one takes");
        }
    }
    for (alone, others) in judged[..4].iter().zip(&judged[4..]) {
        assert!(alone.is_none() || others.is_some(), "what is for us alone may be for others too");
    }
    for claims in judged.iter().flatten() {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        assert_eq!((text("iss"), text("nonce")), (Some(ISSUER), Some(NONCE)));
        assert!(text("sub").is_some_and(|sub| !sub.is_empty() && sub.len() <= 255));
        assert!(is_for_us(claims) && claims.get("azp").is_none_or(|party| party == CLIENT));
        assert!(claims["exp"].as_f64().is_some_and(|expiry| expiry > (NOW - 61) as f64), "over");
        assert!(claims["iat"].as_f64().is_some_and(|made| (made - NOW as f64).abs() < 62.0), "of another time");
    }
    let [complete, any] = userinfo(&token);
    assert!(complete.is_none() || any.is_some(), "what must be complete may be");
    if let Some(claims) = any {
        assert_eq!(claims.get("sub").and_then(Value::as_str), Some(SUB));
        assert!(!claims.contains_key("nonce"), "an ID token in its place");
        assert!(claims.get("iss").is_none_or(|issuer| issuer == ISSUER));
        assert!(complete.is_none() || is_for_us(&claims) && claims.contains_key("exp"));
    }
});

fn is_for_us(claims: &Map<String, Value>) -> bool {
    match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().any(|one| one == CLIENT),
        Some(one) => one == CLIENT,
        None => false,
    }
}
