//! FranceConnect+: discovery, levels, sessions.

use serde_json::{Value, json};

use crate::bench::{Bench, Browser, STATE, part};

#[tokio::test]
async fn discovery_promises_what_the_real_one_promises() {
    const ALG: [&str; 3] = ["ECDH-ES", "RSA-OAEP", "RSA-OAEP-256"];
    let bench = Bench::high().await;
    let url = bench.at("/.well-known/openid-configuration");
    let document: Value = bench.http.get(url).send().await.unwrap().json().await.unwrap();
    for (field, value) in [
        ("acr_values_supported", json!(["eidas2", "eidas3"])),
        ("id_token_signing_alg_values_supported", json!(["ES256"])),
        ("userinfo_signing_alg_values_supported", json!(["ES256"])),
        ("id_token_encryption_alg_values_supported", json!(ALG)),
        ("userinfo_encryption_alg_values_supported", json!(ALG)),
        ("id_token_encryption_enc_values_supported", json!(["A256GCM"])),
        ("userinfo_encryption_enc_values_supported", json!(["A256GCM"])),
        ("code_challenge_methods_supported", json!(["S256"])), // and refused
    ] {
        assert_eq!(document[field], value, "{field}");
    }
    let listed = |field: &str, name: &str| document[field].as_array().unwrap().contains(&json!(name));
    for (field, name, there) in [
        ("scopes_supported", "rnipp_identite_pivot", true),
        ("scopes_supported", "idp_birthdate", false),
        ("claims_supported", "rnipp_given_name_array", true),
        ("claims_supported", "given_name_array", false),
        ("claims_supported", "idp_id", false),
    ] {
        assert_eq!(listed(field, name), there, "{field} {name}");
    }
    let jwks: Value = bench.http.get(bench.at("/jwks")).send().await.unwrap().json().await.unwrap();
    let kids: Vec<&Value> = jwks["keys"].as_array().unwrap().iter().map(|key| &key["kid"]).collect();
    assert_eq!(kids, [&json!("pkcs11:hsm")]);
}

/// What a request for a level comes to.
#[derive(Debug)]
enum Comes {
    Level(&'static str),
    Page(&'static str),
    Error(&'static str),
}

#[tokio::test]
async fn the_provider_gives_the_level() {
    let bench = Bench::high().await;
    for (provider, asked, comes) in [
        ("la-poste", "eidas2", Comes::Level("eidas2")),
        ("france-identite", "eidas2", Comes::Level("eidas3")),
        ("france-identite", "eidas3", Comes::Level("eidas3")),
        ("la-poste", "eidas3", Comes::Page("Y100001")),
        ("la-poste", "eidas9", Comes::Page("Y100001")), // unknown: eidas3 is meant
        ("la-poste", "eidas3 eidas2", Comes::Level("eidas2")), // the lowest counts
        ("la-poste", "eidas1", Comes::Error("invalid_acr")),
    ] {
        let browser = Browser::new(&bench);
        let hop = browser.sign_in_by(provider, "test", &[("acr_values", asked)]).await;
        match comes {
            Comes::Page(code) => {
                assert_eq!((hop.status.as_u16(), hop.code()), (500, Some(code)), "{provider} {asked}");
                assert_eq!(hop.attribute("return", "href"), None, "nothing to return");
            }
            Comes::Error(error) => {
                let returned = browser.get(hop.location()).await.returned();
                assert_eq!((returned["error"].as_str(), returned["state"].as_str()), (error, STATE), "{asked}");
            }
            Comes::Level(level) => {
                let code = browser.go_on(hop.location()).await.returned().remove("code").unwrap();
                let (_, token) = bench.token(&code, &[]).await;
                assert_eq!(part(token["id_token"].as_str().unwrap(), 1)["acr"], level, "{provider} {asked}");
            }
        }
    }
}

#[tokio::test]
async fn sso_lowers_the_level_and_eidas3_does_without() {
    let bench = Bench::high().await;
    let browser = Browser::new(&bench);
    browser.code_by("france-identite", "test", &[("acr_values", "eidas3")]).await;
    let opened = browser.authorize(&[("acr_values", "eidas2")]).await;
    let skipped = browser.get(opened.location()).await;
    let code = browser.go_on(skipped.location()).await.returned().remove("code").unwrap();
    let (_, token) = bench.token(&code, &[]).await;
    assert_eq!(part(token["id_token"].as_str().unwrap(), 1)["acr"], "eidas2");

    let opened = browser.authorize(&[("acr_values", "eidas3")]).await;
    let choice = browser.get(opened.location()).await;
    assert!(choice.attribute("provider-france-identite", "value").is_some(), "the person is asked again");
    assert_eq!(bench.simulator.live_sessions(), 0, "the session was reset");
}

#[tokio::test]
async fn a_session_and_an_interaction_live_ten_minutes() {
    let bench = Bench::high().await;
    let browser = Browser::new(&bench);
    browser.code_by("la-poste", "test", &[("acr_values", "eidas2")]).await;
    for (wait, alive) in [(600, true), (601, false)] {
        bench.advance(wait);
        let opened = browser.authorize(&[("acr_values", "eidas2")]).await;
        let hop = browser.get(opened.location()).await;
        assert_eq!(hop.status, if alive { 303 } else { 200 }, "after {wait} s");
    }
    let late = browser.authorize(&[("acr_values", "eidas2")]).await;
    bench.advance(601);
    assert_eq!(browser.get(late.location()).await.code(), Some("Y190001"));
}
