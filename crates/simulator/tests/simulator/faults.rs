//! Every fault shows where it should.

use std::time::Duration;

use comptoir_simulator::{Algorithm, Fault};
use serde_json::{Value, json};

use crate::bench::{BACK, Bench, Browser, NONCE, SECRET, START, STATE, part};

#[tokio::test]
async fn a_faulty_id_token_is_faulty_in_one_point() {
    let bench = Bench::start().await;
    for client_id in ["relais", "autre"] {
        let algorithm = if client_id == "relais" { Algorithm::Es256 } else { Algorithm::Rs256 };
        for (fault, signed, wrong) in [
            (None, true, None),
            (Some(Fault::WrongNonce), true, Some("nonce")),
            (Some(Fault::WrongAudience), true, Some("aud")),
            (Some(Fault::WrongIssuer), true, Some("iss")),
            (Some(Fault::ExpiredIdToken), true, Some("exp")),
            (Some(Fault::IssuedInFuture), true, Some("iat")),
            (Some(Fault::LowerAcr), true, Some("acr")),
            (Some(Fault::MissingAcr), true, Some("acr")),
            (Some(Fault::MissingSub), true, Some("sub")),
            (Some(Fault::OtherKey), false, None),
            (Some(Fault::AlgNone), false, None),
            (Some(Fault::Hs256WithPublicKey), false, None),
        ] {
            bench.simulator.set_fault(fault);
            let code = Browser::new(&bench).code("test", &[("client_id", client_id)]).await;
            let (_, token) = bench.token_of(client_id, &code, &[]).await;
            let id_token = token["id_token"].as_str().unwrap();
            let verified = bench.verified(id_token, algorithm).await;
            assert_eq!(verified.is_some(), signed, "{fault:?} {client_id}");

            let claims = part(id_token, 1);
            let userinfo = bench.userinfo(&token["access_token"]).await.text().await.unwrap();
            let right = [
                ("nonce", json!(NONCE)),
                ("aud", json!(client_id)),
                ("iss", json!(bench.simulator.issuer().as_str())),
                ("acr", json!("eidas1")),
                ("sub", part(&userinfo, 1)["sub"].clone()),
            ];
            let mut wrongs: Vec<&str> =
                right.iter().filter(|(name, value)| claims.get(*name) != Some(value)).map(|(name, _)| *name).collect();
            let seconds = |name: &str| claims[name].as_i64().unwrap();
            if seconds("exp") <= START {
                wrongs.push("exp");
            }
            if seconds("iat") > START {
                wrongs.push("iat");
            }
            assert_eq!(wrongs, wrong.into_iter().collect::<Vec<_>>(), "{fault:?} {client_id}");
        }
    }
}

#[tokio::test]
async fn a_token_without_a_good_signature_says_which_kind_it_is() {
    let bench = Bench::start().await;
    for (fault, alg) in [(Fault::OtherKey, "ES256"), (Fault::AlgNone, "none"), (Fault::Hs256WithPublicKey, "HS256")] {
        bench.simulator.set_fault(Some(fault));
        let code = Browser::new(&bench).code("test", &[]).await;
        let (_, token) = bench.token(&code, &[]).await;
        let header = part(token["id_token"].as_str().unwrap(), 0);
        assert_eq!(header["alg"], alg);
        assert_eq!(header["kid"], "pkcs11:ES256:hsm");
    }
}

#[tokio::test]
async fn userinfo_may_lie() {
    let bench = Bench::start().await;
    for (fault, content_type, signed, same_sub) in [
        (Fault::SubMismatch, "application/jwt", true, false),
        (Fault::UserinfoOtherKey, "application/jwt", false, true),
        (Fault::UserinfoPlainJson, "application/json", false, true),
    ] {
        bench.simulator.set_fault(Some(fault));
        let code = Browser::new(&bench).code("test", &[]).await;
        let (_, token) = bench.token(&code, &[]).await;
        let response = bench.userinfo(&token["access_token"]).await;
        let media = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(media.starts_with(content_type), "{fault:?}");
        let body = response.text().await.unwrap();
        assert_eq!(bench.verified(&body, Algorithm::Es256).await.is_some(), signed, "{fault:?}");
        let claims = match serde_json::from_str::<Value>(&body) {
            Ok(plain) => plain,
            Err(_) => Value::Object(part(&body, 1)),
        };
        let sub = &part(token["id_token"].as_str().unwrap(), 1)["sub"];
        assert_eq!(claims["sub"] == *sub, same_sub, "{fault:?}");
    }
}

#[tokio::test]
async fn a_return_may_carry_another_state_or_issuer() {
    let bench = Bench::start().await;
    for (fault, right_state, right_issuer) in [
        (None, true, true),
        (Some(Fault::WrongStateInRedirect), false, true),
        (Some(Fault::WrongIssInRedirect), true, false),
    ] {
        bench.simulator.set_fault(fault);
        let browser = Browser::new(&bench);
        let signed_in = browser.sign_in("test", &[]).await;
        let returned = browser.go_on(signed_in.location()).await.returned();
        assert_eq!(returned["state"] == STATE, right_state, "{fault:?}");
        assert_eq!(returned["iss"] == bench.simulator.issuer().as_str(), right_issuer, "{fault:?}");
    }
}

#[tokio::test]
async fn the_token_endpoint_may_fail_or_hang() {
    let bench = Bench::start().await;
    let code = Browser::new(&bench).code("test", &[]).await;
    bench.simulator.set_fault(Some(Fault::TokenError500));
    let (status, body) = bench.token(&code, &[]).await;
    assert_eq!((status.as_u16(), &body["error"]), (500, &json!("server_error")));

    bench.simulator.set_fault(Some(Fault::SlowToken));
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "relais"),
        ("client_secret", SECRET),
        ("redirect_uri", BACK),
        ("code", &code),
    ];
    let request = bench.http.post(bench.at("/token")).form(&form);
    let error = request.timeout(Duration::from_millis(300)).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");

    bench.simulator.set_fault(None);
    assert_eq!(bench.token(&code, &[]).await.0, 200, "behaves again");
}

#[tokio::test]
async fn a_logout_may_never_return() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let code = browser.code("test", &[]).await;
    let (_, token) = bench.token(&code, &[]).await;
    bench.simulator.set_fault(Some(Fault::LogoutNeverReturns));
    let hint = token["id_token"].as_str().unwrap();
    let hop = browser.get(&bench.at(&format!("/session/end?id_token_hint={hint}"))).await;
    assert_eq!((hop.status.as_u16(), hop.location.as_deref()), (200, None));
    assert!(!hop.html.contains("<form") && !hop.html.contains("<script"));
    assert_eq!(bench.simulator.live_sessions(), 1);
}

#[tokio::test]
async fn a_fault_of_one_person_leaves_the_others_alone() {
    let bench = Bench::start().await;
    let nonce = async |login: &str| {
        let code = Browser::new(&bench).code(login, &[]).await;
        let (_, token) = bench.token(&code, &[]).await;
        (part(token["id_token"].as_str().unwrap(), 1)["nonce"].clone(), token)
    };
    bench.simulator.set_fault_of("nom_composé", Some(Fault::WrongNonce)).unwrap();
    assert_eq!(nonce("test").await.0, NONCE);
    assert_ne!(nonce("nom_composé").await.0, NONCE);

    // Where a person is known by the session, by the code, by the access token, by the logout's hint.
    bench.simulator.set_fault_of("nom_composé", Some(Fault::WrongStateInRedirect)).unwrap();
    for (login, right) in [("test", true), ("nom_composé", false)] {
        let browser = Browser::new(&bench);
        let signed_in = browser.sign_in(login, &[]).await;
        let back = browser.go_on(signed_in.location()).await.returned();
        assert_eq!(back["state"] == STATE, right, "{login}");
        // Under SSO the session tells who it is before anybody has signed in.
        let refused = browser.authorize(&[("response_type", "x")]).await.returned();
        assert_eq!(refused["state"] == STATE, right, "{login}");
    }
    bench.simulator.set_fault_of("nom_composé", Some(Fault::TokenError500)).unwrap();
    for (login, status) in [("test", 200), ("nom_composé", 500)] {
        let code = Browser::new(&bench).code(login, &[]).await;
        assert_eq!(bench.token(&code, &[]).await.0.as_u16(), status, "{login}");
    }
    bench.simulator.set_fault_of("nom_composé", Some(Fault::UserinfoPlainJson)).unwrap();
    for (login, media) in [("test", "application/jwt"), ("nom_composé", "application/json")] {
        let (_, token) = nonce(login).await;
        let answer = bench.userinfo(&token["access_token"]).await;
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(media), "{login}");
    }
    bench.simulator.set_fault_of("nom_composé", Some(Fault::LogoutNeverReturns)).unwrap();
    for (login, forms) in [("test", 1), ("nom_composé", 0)] {
        let (_, token) = nonce(login).await;
        let hint = token["id_token"].as_str().unwrap();
        let hop = Browser::new(&bench).get(&bench.at(&format!("/session/end?id_token_hint={hint}"))).await;
        assert_eq!(hop.html.matches("<form").count(), forms, "{login}");
    }
    // On the line, after the answer is made.
    bench.simulator.set_fault_of("nom_composé", Some(Fault::TokenRedirect)).unwrap();
    for (login, status) in [("test", 200), ("nom_composé", 302)] {
        let code = Browser::new(&bench).code(login, &[]).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "relais"),
            ("client_secret", SECRET),
            ("redirect_uri", BACK),
            ("code", &code),
        ];
        let answer = bench.http.post(bench.at("/token")).form(&form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{login}");
    }

    let traced: Vec<_> = bench.simulator.trace().into_iter().filter_map(|one| one.fault).collect();
    assert!(traced.contains(&"wrong-nonce") && traced.contains(&"token-redirect"), "{traced:?}");
}
