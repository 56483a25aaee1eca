//! What depends on how a client is registered.

use axum::Router;
use axum::routing::get;
use comptoir_simulator::{Algorithm, Client, ProviderFilter};
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use crate::bench::{BACK, Bench, Browser, EXIT, SECRET, STATE, client, names, part};

const AMR: &str = r#"{"id_token":{"amr":{"essential":true}}}"#;

/// §15.12
#[tokio::test]
async fn granted_amr_is_a_ninth_claim() {
    let bench = Bench::start().await;
    bench.simulator.register(Client { claims: vec!["amr".to_owned()], ..client("relais", Algorithm::Es256) });
    let code = Browser::new(&bench).code("test", &[("claims", AMR)]).await;
    let (_, token) = bench.token(&code, &[]).await;
    let claims = part(token["id_token"].as_str().unwrap(), 1);
    assert_eq!(names(&claims), "acr amr aud auth_time exp iat iss nonce sub");
    assert_eq!(claims["amr"], json!(["fc", "pwd", "mail"]));
}

/// §15.6
#[tokio::test]
async fn prompt_login_spares_the_information_page_where_granted() {
    let bench = Bench::start().await;
    for (prompts, prompt, spared) in [
        (&[][..], "login", false),
        (&["login"], "login", true),
        (&["login"], "consent", false),
        (&["login", "consent"], "login consent", true),
    ] {
        let prompts = prompts.iter().map(|&prompt| prompt.to_owned()).collect();
        bench.simulator.register(Client { prompts, ..client("relais", Algorithm::Es256) });
        let browser = Browser::new(&bench);
        let signed_in = browser.sign_in("test", &[("prompt", prompt)]).await;
        let hop = browser.get(signed_in.location()).await;
        assert_eq!(hop.location.is_some(), spared, "{prompt}");
        if spared {
            assert_eq!(hop.returned()["state"], STATE);
        }
    }
}

/// §15.13
#[tokio::test]
async fn a_granted_hint_skips_the_choice() {
    let bench = Bench::start().await;
    let idp_hints = vec!["eidas-bridge".to_owned(), "8dfc4080-c90d-4234-969b-f6c961de3e90".to_owned(), "x".to_owned()];
    bench.simulator.register(Client { idp_hints, ..client("relais", Algorithm::Es256) });
    for (hint, provider) in [
        ("eidas-bridge", Some("eidas-bridge")),
        ("8dfc4080-c90d-4234-969b-f6c961de3e90", Some("impots")),
        ("msa", None), // known, not granted
        ("x", None),   // granted, not known
    ] {
        let hop = Browser::new(&bench).authorize(&[("idp_hint", hint)]).await;
        match provider {
            Some(provider) => assert!(hop.location().ends_with(&format!("/sign-in?provider={provider}")), "{hint}"),
            None => assert_eq!(hop.returned()["error"], "invalid_idp_hint", "{hint}"),
        }
    }
}

/// §5.4, §15.19
#[tokio::test]
async fn a_provider_may_be_closed() {
    let bench = Bench::start().await;
    let only = ProviderFilter::Only(vec!["msa".to_owned(), "desactive".to_owned()]);
    bench.simulator.register(Client { providers: only, ..client("relais", Algorithm::Es256) });
    let browser = Browser::new(&bench);
    let opened = browser.authorize(&[]).await;
    let choice = browser.get(opened.location()).await;
    assert_eq!(choice.html.matches("id=\"provider-").count(), 2);
    for (provider, status, code, error) in [
        ("ameli", 403, "Y020023", "access_denied"),
        ("desactive", 500, "Y020017", "server_error"),
        ("x", 500, "Y020019", "server_error"),
    ] {
        let opened = browser.authorize(&[]).await;
        let page = browser.get(&format!("{}/sign-in?provider={provider}", opened.location())).await;
        assert_eq!((page.status.as_u16(), page.code()), (status, Some(code)), "{provider}");
        let returned = browser.get(&page.attribute("return", "href").unwrap()).await.returned();
        assert_eq!(returned["error"], error, "{provider}");
    }
}

/// §7.4
#[tokio::test]
async fn a_session_by_a_closed_provider_is_no_sso() {
    let bench = Bench::start().await;
    let but = ProviderFilter::Except(vec!["impots".to_owned()]);
    bench.simulator.register(Client { providers: but, ..client("autre", Algorithm::Es256) });
    let browser = Browser::new(&bench);
    browser.code("test", &[]).await;
    let opened = browser.authorize(&[("client_id", "autre")]).await;
    assert_eq!(browser.get(opened.location()).await.status, 200, "asked again");
}

/// §14
#[tokio::test]
async fn a_private_client_needs_a_ticked_box() {
    let bench = Bench::start().await;
    bench.simulator.register(Client { asks_consent: true, ..client("relais", Algorithm::Es256) });
    let browser = Browser::new(&bench);
    let signed_in = browser.sign_in("test", &[]).await;
    let page = browser.get(signed_in.location()).await;
    let action = page.attribute("information", "action").unwrap();
    let again = browser.post(&action, &[]).await;
    assert!(again.attribute("unticked", "role").is_some());
    assert_eq!(browser.post(&action, &[("consent", "1")]).await.returned()["state"], STATE);
}

/// §15.25
#[tokio::test]
async fn a_sub_is_shared_by_an_entity_and_by_providers() {
    let bench = Bench::start().await;
    for (client_id, entity) in [("un", Some("E")), ("deux", Some("E")), ("trois", None)] {
        let entity_id = entity.map(str::to_owned);
        bench.simulator.register(Client { entity_id, ..client(client_id, Algorithm::Es256) });
    }
    let mut subs = Vec::new();
    for (client_id, provider) in [("un", "impots"), ("deux", "msa"), ("trois", "impots")] {
        let code = Browser::new(&bench).code_by(provider, "test", &[("client_id", client_id)]).await;
        let (_, token) = bench.token_of(client_id, &code, &[]).await;
        subs.push(part(token["id_token"].as_str().unwrap(), 1)["sub"].clone());
    }
    assert_eq!(subs[0], subs[1]);
    assert_ne!(subs[0], subs[2]);
}

/// §1.4
#[tokio::test]
async fn hs256_is_made_of_the_secret_and_has_no_kid() {
    let bench = Bench::start().await;
    bench.simulator.register(client("mac", Algorithm::Hs256));
    let code = Browser::new(&bench).code("test", &[("client_id", "mac")]).await;
    let (_, token) = bench.token_of("mac", &code, &[]).await;
    let id_token = token["id_token"].as_str().unwrap();
    assert_eq!(names(&part(id_token, 0)), "alg");
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    for (secret, good) in [(SECRET, true), ("another-secret", false)] {
        let key = jsonwebtoken::DecodingKey::from_secret(secret.as_bytes());
        assert_eq!(jsonwebtoken::decode::<serde_json::Value>(id_token, &key, &validation).is_ok(), good, "{secret}");
    }
}

/// §15.14
#[tokio::test]
async fn several_hosts_want_a_sector_identifier() {
    let bench = Bench::start().await;
    for (rule, others, code) in [
        ("one address", &[][..], None),
        ("another path", &["http://127.0.0.1:17890/autre"], None),
        ("another port", &["http://127.0.0.1:17891/retour"], Some("Y040001")),
        ("another host", &["http://localhost:17890/retour"], Some("Y040001")),
    ] {
        let uris = std::iter::once(BACK).chain(others.iter().copied()).map(str::to_owned).collect();
        bench.simulator.register(Client::new("relais", SECRET, "Relais", uris, vec![EXIT.to_owned()]));
        let hop = Browser::new(&bench).authorize(&[]).await;
        assert_eq!((hop.code(), hop.location.is_some()), (code, code.is_none()), "{rule}");
    }
}

/// §15.14
#[tokio::test]
async fn a_sector_identifier_lists_every_return_address() {
    let bench = Bench::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let listed = json!([BACK, "http://127.0.0.1:17891/retour"]).to_string();
    let router = Router::new().route("/liste", get(move || async move { listed })).route("/autre", get(async || "[]"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    for (path, code) in [("/liste", None), ("/autre", Some("Y046696C")), ("/rien", Some("Y04A8220"))] {
        let uris = vec![BACK.to_owned(), "http://127.0.0.1:17891/retour".to_owned()];
        let sector_identifier_uri = Some(Url::parse(&format!("{at}{path}")).unwrap());
        let usual = Client::new("relais", SECRET, "Relais", uris, vec![EXIT.to_owned()]);
        bench.simulator.register(Client { sector_identifier_uri, ..usual });
        let hop = Browser::new(&bench).authorize(&[]).await;
        assert_eq!(hop.code(), code, "{path}");
        assert_eq!(hop.location.is_some(), code.is_none(), "{path}");
    }
}
