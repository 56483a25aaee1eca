//! `/simulator`: faults by address, the explanation, the trace.

use comptoir_simulator::{Fault, Platform};
use serde_json::{Value, json};

use crate::bench::{Bench, Browser, part};

fn simulator(bench: &Bench, path: &str) -> String {
    format!("http://{}/simulator{path}", bench.simulator.issuer().authority())
}

#[tokio::test]
async fn a_fault_is_set_by_button_and_by_json() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let url = simulator(&bench, "/faults");
    let page = browser.get(&url).await;
    for fault in Fault::ALL {
        let value = page.attribute(&format!("fault-{}", fault.name()), "value");
        assert_eq!(value.as_deref(), Some(fault.name()));
    }
    let current = async || -> Value {
        let request = bench.http.get(&url).header("accept", "application/json");
        request.send().await.unwrap().json().await.unwrap()
    };
    browser.post(&url, &[("fault", "wrong-nonce"), ("seconds", "-90")]).await;
    let told = current().await;
    assert_eq!((&told["fault"], &told["seconds"]), (&json!("wrong-nonce"), &json!(-90)));
    assert_eq!(told["known"].as_array().unwrap().len(), Fault::ALL.len());
    let code = Browser::new(&bench).code("test", &[]).await;
    let (_, token) = bench.token(&code, &[]).await;
    assert_eq!(part(token["id_token"].as_str().unwrap(), 1)["nonce"], "0".repeat(64));

    for (body, status, fault) in [
        (json!({ "fault": "missing-sub" }), 200, json!("missing-sub")),
        (json!({ "fault": "sorcery" }), 400, json!("missing-sub")),
        (json!({ "fault": null }), 200, Value::Null),
    ] {
        let answer = bench.http.post(&url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
        assert_eq!(current().await["fault"], fault, "{body}");
    }
}

#[tokio::test]
async fn one_persons_fault_is_set_by_page_and_by_json() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let url = simulator(&bench, "/faults");
    let post = async |body: Value| {
        let answer = bench.http.post(&url).json(&body).send().await.unwrap();
        let status = answer.status().as_u16();
        let told: Value = answer.json().await.unwrap();
        (status, told["error"].as_str().map(str::to_owned), told["persons"].clone(), told["fault"].clone())
    };
    browser.post(&url, &[("person", "nom_composé"), ("fault", "wrong-nonce"), ("seconds", "300")]).await;
    let page = browser.get(&url).await;
    assert!(page.html.contains("se comporte comme le vrai"), "everybody else is well: {}", page.html);
    assert_eq!(page.attribute("behave-nom_composé", "method").as_deref(), Some("post"));
    let refused = |code: &str| (400, Some(code.to_owned()), Value::Null, Value::Null);
    let (own, none) = (json!({ "nom_composé": "wrong-nonce" }), json!({}));
    for (rule, body, expected) in [
        ("a stranger", json!({ "person": "personne", "fault": "wrong-nonce" }), refused("unknown_person")),
        ("nobody's fault", json!({ "person": "test", "fault": "jwks-html" }), refused("fault_of_nobody")),
        ("unknown", json!({ "person": "test", "fault": "sorcery" }), refused("unknown_fault")),
        ("everybody's", json!({ "fault": "token-cut" }), (200, None, own.clone(), json!("token-cut"))),
        ("everybody's no more", json!({ "fault": null }), (200, None, own, Value::Null)),
        ("theirs no more", json!({ "person": "nom_composé", "fault": null }), (200, None, none, Value::Null)),
    ] {
        assert_eq!(post(body).await, expected, "{rule}");
    }
}

/// §15.32
#[tokio::test]
async fn a_button_changes_the_keys() {
    let bench = Bench::high().await;
    let jwks = async || bench.http.get(bench.at("/jwks")).send().await.unwrap().text().await.unwrap();
    let before = jwks().await;
    let hop = Browser::new(&bench).post(&simulator(&bench, "/keys"), &[]).await;
    assert_eq!(hop.status, 303);
    assert_ne!(jwks().await, before);
}

#[tokio::test]
async fn the_explanation_says_what_was_started() {
    for (platform, name, seed) in [(Platform::Low, "FranceConnect", None), (Platform::High, "FranceConnect+", Some(7))]
    {
        let bench = Bench::with(|options| (options.platform, options.seed) = (platform, seed)).await;
        let page = Browser::new(&bench).get(&simulator(&bench, "")).await;
        assert!(page.html.contains(&format!("id=\"platform\">{name}</strong>")), "{}", page.html);
        assert_eq!(page.html.contains("id=\"seed\">7</strong>"), seed.is_some(), "{}", page.html);
        assert!(page.html.contains("<ul id=\"differences\">") && page.attribute("to-faults", "href").is_some());
    }
}

#[tokio::test]
async fn the_trace_names_platform_client_fault_and_code() {
    let bench = Bench::high().await;
    let browser = Browser::new(&bench);
    browser.authorize(&[("nonce", "-")]).await;
    bench.simulator.set_fault(Some(Fault::WrongNonce));
    browser.sign_in_by("la-poste", "test", &[("acr_values", "eidas3")]).await;
    browser.authorize(&[("client_id", "a-stranger-may-send-anything")]).await;
    let told: Vec<_> =
        bench.simulator.trace().into_iter().map(|one| (one.platform, one.client, one.fault, one.code)).collect();
    let relais = Some("relais".to_owned());
    let code = |code: &str| Some(code.to_owned());
    assert_eq!(
        told,
        [
            ("high", relais.clone(), None, code("Y030007")),
            ("high", relais.clone(), Some("wrong-nonce"), None),
            ("high", relais, Some("wrong-nonce"), code("Y100001")),
            ("high", None, Some("wrong-nonce"), code("Y04EA6EF")),
        ]
    );
}
