//! Metadata that lies, and metadata that does not agree with the file: no sign-in begins, nothing is sent.

use serde_json::{Value, json};

use crate::provider::{Bench, ES256, Lie, OK};

const INVALID: &str = "metadata-invalid";

#[rustfmt::skip] // one lie per line
const CASES: &[(&str, &str, Lie, &str)] = &[
    ("the truth", ES256, |_| {}, OK),
    ("says little", ES256, |s| for name in ["id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported", "code_challenge_methods_supported", "response_types_supported"] { s.metadata[name] = Value::Null; }, OK),
    ("another issuer", ES256, |s| s.metadata["issuer"] = json!("https://autre.example"), "issuer-differs"),
    ("a slash more", ES256, |s| { let iss = format!("{}/", s.metadata["issuer"].as_str().unwrap()); s.metadata["issuer"] = json!(iss); }, "issuer-differs"),
    ("no issuer", ES256, |s| s.metadata["issuer"] = Value::Null, INVALID),
    ("an issuer in a list", ES256, |s| s.metadata["issuer"] = json!([s.metadata["issuer"]]), INVALID),
    ("no authorization endpoint", ES256, |s| s.metadata["authorization_endpoint"] = Value::Null, INVALID),
    ("no token endpoint", ES256, |s| s.metadata["token_endpoint"] = Value::Null, INVALID),
    ("no keys", ES256, |s| s.metadata["jwks_uri"] = Value::Null, INVALID),
    ("no userinfo", ES256, |s| s.metadata["userinfo_endpoint"] = Value::Null, INVALID),
    ("tokens without TLS", ES256, |s| s.metadata["token_endpoint"] = json!("http://autre.example/token"), "address-insecure"),
    ("keys without TLS", ES256, |s| s.metadata["jwks_uri"] = json!("http://autre.example/jwks"), "address-insecure"),
    ("a browser without TLS", ES256, |s| s.metadata["authorization_endpoint"] = json!("http://autre.example/a"), "address-insecure"),
    ("a browser sent to a script", ES256, |s| s.metadata["authorization_endpoint"] = json!("javascript:alert(1)"), "address-insecure"),
    ("a browser sent to a file", ES256, |s| s.metadata["authorization_endpoint"] = json!("file:///etc/passwd"), "address-insecure"),
    ("a logout that is a script", ES256, |s| s.metadata["end_session_endpoint"] = json!("javascript:alert(1)"), "address-insecure"),
    ("an address that is none", ES256, |s| s.metadata["token_endpoint"] = json!("token"), INVALID),
    ("an address with credentials", ES256, |s| s.metadata["token_endpoint"] = json!("https://a:b@autre.example/token"), "address-insecure"),
    ("other algorithms than the agreed one", ES256, |s| s.metadata["id_token_signing_alg_values_supported"] = json!(["RS256", "none"]), INVALID),
    ("other proofs than the agreed one", "authentication = \"client_secret_basic\"\nsecret.keychain = \"secret\"\n", |s| s.metadata["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt"]), INVALID),
    ("no PKCE", ES256, |s| s.metadata["code_challenge_methods_supported"] = json!(["plain"]), INVALID),
    ("no PKCE, and none agreed", "id_token_alg = \"ES256\"\npkce = false\n", |s| s.metadata["code_challenge_methods_supported"] = json!(["plain"]), OK),
];

#[tokio::test]
async fn no_sign_in_begins_where_metadata_lies() {
    let bench = Bench::start().await;
    let mut wrong = Vec::new();
    for (rule, lines, lie, expected) in CASES {
        let outcome = bench.sign_in(lines, *lie).await;
        let began = outcome.authorize.is_some();
        if (outcome.code(), began) != (*expected, *expected == OK) {
            wrong.push(format!("{rule}: {} ({began}), not {expected}", outcome.code()));
        }
        assert!(outcome.owed || outcome.pirates == 0, "{rule}");
        if *expected != OK {
            assert_eq!((outcome.tokens, outcome.identities, outcome.keys), (0, 0, 0), "{rule}");
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
