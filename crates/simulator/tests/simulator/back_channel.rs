//! Discovery, keys, token, userinfo, revocation, trace.

use comptoir_simulator::{Algorithm, Options, Simulator, StartError};
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, SET_COOKIE, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::bench::{BACK, Bench, Browser, Changes, NONCE, SECRET, START, STATE, names, part};

#[tokio::test]
async fn discovery_promises_what_the_real_one_promises() {
    let bench = Bench::start().await;
    let url = bench.at("/.well-known/openid-configuration");
    let response = bench.http.get(url).send().await.unwrap();
    assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=600");
    assert!(!response.headers().contains_key(SET_COOKIE));
    let document: Value = response.json().await.unwrap();
    for (field, value) in [
        ("issuer", json!(bench.at(""))),
        ("authorization_endpoint", json!(bench.at("/authorize"))),
        ("end_session_endpoint", json!(bench.at("/session/end"))),
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["form_post", "fragment", "query"])),
        ("grant_types_supported", json!(["authorization_code"])),
        ("subject_types_supported", json!(["pairwise"])),
        ("acr_values_supported", json!(["eidas1"])),
        ("id_token_signing_alg_values_supported", json!(["HS256", "ES256", "RS256"])),
        ("userinfo_signing_alg_values_supported", json!(["HS256", "ES256", "RS256"])),
        ("token_endpoint_auth_methods_supported", json!(["client_secret_post", "private_key_jwt"])),
        ("code_challenge_methods_supported", json!(["S256"])), // and refused
        ("claims_parameter_supported", json!(true)),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("id_token_encryption_alg_values_supported", Value::Null),
        ("device_authorization_endpoint", Value::Null),
        ("introspection_endpoint", Value::Null),
        ("registration_endpoint", Value::Null),
        ("pushed_authorization_request_endpoint", Value::Null),
    ] {
        assert_eq!(document[field], value, "{field}");
    }
}

#[tokio::test]
async fn the_ec_key_is_published_before_the_rsa_key() {
    let bench = Bench::start().await;
    let response = bench.http.get(bench.at("/jwks")).send().await.unwrap();
    assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=600");
    let jwks: Value = response.json().await.unwrap();
    let keys = jwks["keys"].as_array().unwrap();
    let shown: Vec<_> = keys.iter().map(|key| (key["kty"].as_str(), key["kid"].as_str())).collect();
    let expected = [(Some("EC"), Some("pkcs11:ES256:hsm")), (Some("RSA"), Some("pkcs11:RS256:hsm"))];
    assert_eq!(shown, expected);
    assert_eq!(names(keys[0].as_object().unwrap()), "alg crv kid kty use x y");
    assert_eq!(names(keys[1].as_object().unwrap()), "alg e kid kty n use");
}

#[tokio::test]
async fn tokens_have_exactly_the_members_of_the_real_ones() {
    let bench = Bench::start().await;
    for (client_id, algorithm, alg, kid) in [
        ("relais", Algorithm::Es256, "ES256", "pkcs11:ES256:hsm"),
        ("autre", Algorithm::Rs256, "RS256", "pkcs11:RS256:hsm"),
    ] {
        let browser = Browser::new(&bench);
        let scope = "openid identite_pivot email idp_birthdate preferred_username address sorcery";
        let code = browser.code("test", &[("client_id", client_id), ("scope", scope)]).await;
        let (status, token) = bench.token_of(client_id, &code, &[]).await;
        assert_eq!(status, 200, "{token}");
        let members = names(token.as_object().unwrap());
        assert_eq!(members, "access_token expires_in id_token scope token_type");
        assert_eq!(token["expires_in"], 60);
        assert_eq!(token["token_type"], "Bearer");
        assert_eq!(token["scope"], "openid identite_pivot email idp_birthdate preferred_username");

        let id_token = token["id_token"].as_str().unwrap();
        let header = part(id_token, 0);
        assert_eq!(names(&header), "alg kid");
        assert_eq!((&header["alg"], &header["kid"]), (&json!(alg), &json!(kid)));
        let claims = bench.verified(id_token, algorithm).await.expect("a good signature");
        assert_eq!(names(&claims), "acr aud auth_time exp iat iss nonce sub");
        assert_eq!(claims["acr"], "eidas1");
        assert_eq!(claims["aud"], client_id);
        assert_eq!(claims["nonce"], NONCE);
        assert_eq!(claims["iss"], bench.simulator.issuer().as_str());
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(START), &json!(START + 60)));

        let response = bench.userinfo(&token["access_token"]).await;
        assert_eq!(response.headers()[CONTENT_TYPE], "application/jwt; charset=utf-8");
        let userinfo = response.text().await.unwrap();
        assert_eq!(names(&part(&userinfo, 0)), "alg kid");
        let person = bench.verified(&userinfo, algorithm).await.expect("a good signature");
        assert_eq!(person["sub"], claims["sub"]);
        assert_eq!(person["aud"], client_id);
        assert_eq!(person["family_name"], "DUBOIS");
        assert_eq!(person["given_name"], "Angela Claire Louise");
        assert_eq!(person["given_name_array"], json!(["Angela", "Claire", "Louise"]));
        assert_eq!(person["birthplace"], "75107");
        assert_eq!(
            names(&person),
            "aud birthcountry birthdate birthplace email exp family_name gender given_name \
             given_name_array iat idp_birthdate iss sub"
        );
    }
}

#[tokio::test]
async fn an_incomplete_date_is_completed_and_its_raw_form_is_a_scope_apart() {
    let bench = Bench::start().await;
    for (login, completed, raw) in [
        ("étranger_présumé_né_jour", "1992-11-01", "1992-11-00"),
        ("étranger_présumé_né_jour_et_mois", "1992-01-01", "1992-00-00"),
        ("plusieurs_prénoms_2", "1955-01-01", "1955-01-01"),
    ] {
        let scope = "openid birthdate idp_birthdate";
        let code = Browser::new(&bench).code(login, &[("scope", scope)]).await;
        let (_, token) = bench.token(&code, &[]).await;
        let userinfo = bench.userinfo(&token["access_token"]).await.text().await.unwrap();
        let person = part(&userinfo, 1);
        assert_eq!(person["birthdate"], completed, "{login}");
        assert_eq!(person["idp_birthdate"], raw, "{login}");
    }
}

#[tokio::test]
async fn a_bad_token_request_is_refused_in_json() {
    let bench = Bench::start().await;
    let refused: &[(&str, Changes, u16, &str, &str)] = &[
        ("wrong secret", &[("client_secret", "x")], 401, "invalid_client", "Y0434A7B"),
        ("no secret", &[("client_secret", "-")], 401, "invalid_client", "Y0434A7B"),
        ("unknown client", &[("client_id", "x")], 401, "invalid_client", "Y0434A7B"),
        ("other client", &[("client_id", "autre")], 400, "invalid_grant", "Y049E20B"),
        ("no code", &[("code", "-")], 400, "invalid_request", "Y048017B"),
        ("unknown code", &[("code", "x")], 400, "invalid_grant", "Y049E20B"),
        ("other address", &[("redirect_uri", "http://x/")], 400, "invalid_grant", "Y049E20B"),
        ("verifier", &[("code_verifier", "x")], 400, "invalid_grant", "Y0446550"),
        ("refresh", &[("grant_type", "refresh_token")], 400, "unsupported_grant_type", "Y040001"),
    ];
    let code = Browser::new(&bench).code("test", &[]).await;
    for (rule, changes, status, error, support) in refused {
        let (answered, body) = bench.token(&code, changes).await;
        assert_eq!(answered, *status, "{rule}");
        assert_eq!(body["error"], *error, "{rule}");
        assert!(body["error_uri"].as_str().unwrap().contains(&format!("code={support}&id=")), "{rule}");
    }
    // None of them used the code up.
    assert_eq!(bench.token(&code, &[]).await.0, 200);
}

#[tokio::test]
async fn a_code_lives_thirty_seconds() {
    let bench = Bench::start().await;
    for (wait, status) in [(30, 200), (31, 400)] {
        let code = Browser::new(&bench).code("test", &[]).await;
        bench.advance(wait);
        assert_eq!(bench.token(&code, &[]).await.0, status, "after {wait} s");
    }
}

#[tokio::test]
async fn a_replayed_code_kills_the_access_token() {
    let bench = Bench::start().await;
    let code = Browser::new(&bench).code("test", &[]).await;
    let (_, token) = bench.token(&code, &[]).await;
    assert_eq!(bench.userinfo(&token["access_token"]).await.status(), 200);
    let (status, replay) = bench.token(&code, &[]).await;
    assert_eq!((status.as_u16(), &replay["error"]), (400, &json!("invalid_grant")));
    assert_eq!(bench.userinfo(&token["access_token"]).await.status(), 401);
}

#[tokio::test]
async fn userinfo_wants_a_living_token_and_a_get() {
    let bench = Bench::start().await;
    let code = Browser::new(&bench).code("test", &[]).await;
    let (_, token) = bench.token(&code, &[]).await;
    let url = bench.at("/userinfo");
    let none = bench.http.get(&url).send().await.unwrap();
    assert_eq!(none.status(), 401);
    let unknown = bench.userinfo(&json!("x")).await;
    assert_eq!(unknown.status(), 401);
    assert!(unknown.headers().contains_key(WWW_AUTHENTICATE));
    assert_eq!(unknown.json::<Value>().await.unwrap()["error"], "invalid_token");
    let bearer = token["access_token"].as_str().unwrap();
    let posted = bench.http.post(&url).bearer_auth(bearer).send().await.unwrap();
    assert_eq!(posted.status(), 404);
    bench.advance(60);
    assert_eq!(bench.userinfo(&token["access_token"]).await.status(), 200);
    bench.advance(1);
    assert_eq!(bench.userinfo(&token["access_token"]).await.status(), 401);
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_a_hint_is_refused() {
    let bench = Bench::start().await;
    let code = Browser::new(&bench).code("test", &[]).await;
    let (_, token) = bench.token(&code, &[]).await;
    let access = token["access_token"].as_str().unwrap();
    for (more, status, alive) in [(Some("token_type_hint"), 400, 200), (None, 200, 401)] {
        let mut form = vec![("token", access), ("client_id", "relais"), ("client_secret", SECRET)];
        form.extend(more.map(|name| (name, "access_token")));
        let url = bench.at("/token/revocation");
        let response = bench.http.post(url).form(&form).send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(bench.userinfo(&token["access_token"]).await.status(), alive);
    }
}

#[tokio::test]
async fn the_trace_tells_order_and_outcome_and_no_secret() {
    let bench = Bench::start().await;
    let code = Browser::new(&bench).code("test", &[]).await;
    let (_, token) = bench.token(&code, &[]).await;
    bench.userinfo(&token["access_token"]).await;
    let trace = bench.simulator.trace();
    let told: Vec<String> =
        trace.iter().map(|exchange| format!("{} {} {}", exchange.method, exchange.path, exchange.status)).collect();
    assert_eq!(
        told,
        [
            "GET /api/v2/authorize 303",
            "GET /api/v2/interaction/{uid} 200",
            "GET /api/v2/interaction/{uid}/sign-in 200",
            "POST /api/v2/interaction/{uid}/sign-in 303",
            "GET /api/v2/interaction/{uid}/information 200",
            "POST /api/v2/interaction/{uid}/continue 303",
            "POST /api/v2/token 200",
            "GET /api/v2/userinfo 200",
        ]
    );
    assert_eq!(trace[5].outcome.as_deref(), Some("code"));

    let simulator = format!("http://{}/simulator", bench.simulator.issuer().authority());
    let url = format!("{simulator}/trace");
    let shown = bench.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("redirect_uri") && shown.contains(BACK));
    let id_token = token["id_token"].as_str().unwrap();
    for secret in [STATE, NONCE, SECRET, &code, id_token, "\"test\"", "\"123\""] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let url = format!("{simulator}/sessions");
    let live: Value = bench.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(live, json!({ "live": 1 }));
}

#[tokio::test]
async fn a_foreign_host_name_is_turned_away() {
    let bench = Bench::start().await;
    let request = bench.http.get(bench.at("/jwks")).header(HOST, "rebound.example.invalid");
    assert_eq!(request.send().await.unwrap().status(), 421);
}

#[tokio::test]
async fn a_dropped_simulator_frees_its_port() {
    let bench = Bench::start().await;
    let port = bench.simulator.issuer().port().unwrap();
    let options = || Options::low(port, std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH));
    let taken = Simulator::start(options()).await;
    assert!(matches!(taken, Err(StartError::Listen { .. })));
    drop(bench);
    // The listener closes when its task next runs.
    let mut again = Simulator::start(options()).await;
    for _ in 0..100 {
        if again.is_ok() {
            break;
        }
        tokio::task::yield_now().await;
        again = Simulator::start(options()).await;
    }
    assert_eq!(again.unwrap().issuer().port(), Some(port));
}
