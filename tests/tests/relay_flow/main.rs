//! Desk, relay and simulated FranceConnect, with a scripted browser: the whole sign-in and sign-out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what should not be")]

mod bench;
mod instances;
mod phone;
mod plus;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::{
    AcrValue, AuthorizationError, DESK_CLIENT_ID, Ended, Fault as _, IdTokenHint, Loopback, Page, Returned,
};
use comptoir_simulator::Fault;
use reqwest::StatusCode;
use ring::rand::SystemRandom;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use bench::{Step, Visit, World, browser, free_port, post, soon, userinfo, walk, walk_until};

#[tokio::test]
async fn a_patient_signs_in_and_is_signed_out() {
    let world = World::start().await;
    let mut visit = Visit::begin(&world).await;
    let walk = visit.walk(Step::SignIn("test"));
    let (code, turn) = visit.code().await;
    let redeemed = visit.attempt.take().unwrap().redeem(code, &world.http, &world.clock).await.unwrap();
    let hint = redeemed.id_token();
    let signed_in = redeemed.identify(&world.http, &world.clock).await.unwrap();
    assert_eq!(signed_in.acr, AcrValue::Eidas1);
    let traits = signed_in.identity.traits();
    assert_eq!(traits.birth_name.known().map(comptoir_identity::BirthName::raw), Some("DUBOIS"));
    assert_eq!(traits.first_given_name.known().map(comptoir_identity::GivenName::raw), Some("Angela"));
    assert_eq!(traits.birth_date.map(comptoir_identity::BirthDate::iso).as_deref(), Some("1962-08-24"));
    assert_eq!(world.simulator.live_sessions(), 1);

    // decisions.md: under 2,000 bytes, and not a trait in it.
    assert!(hint.as_bytes().len() < 2000, "{} bytes", hint.as_bytes().len());
    let token = str::from_utf8(hint.as_bytes()).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims = String::from_utf8(claims).unwrap();
    for value in ["DUBOIS", "Angela", "1962", "75107", "female", signed_in.sub.expose()] {
        assert!(!claims.contains(value), "a trait in the ID token");
    }

    assert_eq!(visit.sign_out(&world, &hint, turn).await, Ended::Confirmed);
    assert_eq!(world.simulator.live_sessions(), 0);
    let last = walk.await.unwrap();
    assert!(last.contains("C'est terminé, vous pouvez rendre le poste à l'accueil."), "{last}");
    // The State never saw a PKCE parameter, and its identity was asked for once.
    let trace = world.simulator.trace();
    assert!(trace.iter().all(|one| one.parameters.iter().all(|parameter| !parameter.name.starts_with("code_"))));
    assert_eq!(trace.iter().filter(|one| one.path.ends_with("/userinfo")).count(), 1);
}

#[tokio::test]
async fn an_owed_logout_works_after_a_restart_of_the_relay() {
    let mut world = World::start().await;
    let mut visit = Visit::begin(&world).await;
    let browser = visit.browser.clone();
    let steps = visit.walk(Step::SignIn("test"));
    let (code, turn) = visit.code().await;
    let signed_in = visit.attempt.take().unwrap().exchange(code, &world.http, &world.clock).await.unwrap();
    let kept = signed_in.id_token.as_bytes().to_vec();
    drop(turn);
    steps.await.unwrap();
    drop(visit);
    assert_eq!(world.simulator.live_sessions(), 1);

    world.clock.advance(3600 * 12);
    world.restart_relay().await;
    let loopback = Loopback::bind(world.provider.return_address()).await.unwrap();
    let end = loopback.expect_end(&SystemRandom::new()).unwrap();
    let hint = IdTokenHint::from_bytes(kept).unwrap();
    let address = world.provider.end_session_url(&hint, &loopback.end_uri(), end.state());
    let steps = tokio::spawn(async move { walk(&browser, address, Step::Nothing).await });
    assert_eq!(loopback.wait_end(end, soon(), &CancellationToken::new()).await, Ended::Confirmed);
    assert!(steps.await.unwrap().contains("C'est terminé"));
    assert_eq!(world.simulator.live_sessions(), 0);
}

#[tokio::test]
async fn a_no_reaches_the_desk_as_a_no() {
    let world = World::start().await;
    for (rule, step, expected) in [
        ("gives up at the choice", Step::Abort, AuthorizationError::AccessDenied),
        ("unknown to the civil register", Step::SignIn("E010008"), AuthorizationError::AccessDenied),
        ("civil register down", Step::SignIn("E010011"), AuthorizationError::TemporarilyUnavailable),
        ("incomplete identity", Step::SignIn("sans_mail"), AuthorizationError::ServerError),
    ] {
        let mut visit = Visit::begin(&world).await;
        let walk = visit.walk(step);
        let Returned::Refused { error, browser } = visit.returned().await else { panic!("{rule}: not refused") };
        assert_eq!(error, expected, "{rule}");
        browser.finish(Page::Refused).await;
        assert!(walk.await.unwrap().contains("n'a pas eu lieu"), "{rule}");
    }
}

#[tokio::test]
async fn a_misbehaving_state_reaches_the_desk_as_a_fault_and_leaves_no_session() {
    let world = World::start().await;
    for (fault, expected, session_left) in [
        (Fault::WrongNonce, AuthorizationError::ServerError, false),
        (Fault::OtherKey, AuthorizationError::ServerError, true),
        (Fault::AlgNone, AuthorizationError::ServerError, true),
        (Fault::TokenError500, AuthorizationError::TemporarilyUnavailable, true),
        // Here the ID token was FranceConnect's: the relay ends the session before the browser comes back.
        (Fault::SubMismatch, AuthorizationError::ServerError, false),
        (Fault::UserinfoPlainJson, AuthorizationError::ServerError, false),
        (Fault::UserinfoOtherKey, AuthorizationError::ServerError, false),
    ] {
        let before = world.simulator.live_sessions();
        world.simulator.set_fault(Some(fault));
        let mut visit = Visit::begin(&world).await;
        let walk = visit.walk(Step::SignIn("test"));
        let Returned::Refused { error, browser } = visit.returned().await else { panic!("{fault:?}") };
        assert_eq!(error, expected, "{fault:?}");
        browser.finish(Page::Failed).await;
        walk.await.unwrap();
        let left = world.simulator.live_sessions() - before;
        assert_eq!(left, usize::from(session_left), "{fault:?}");
    }
}

#[tokio::test]
async fn a_session_of_before_is_found_and_ended_by_the_relay() {
    let world = World::start().await;
    let first = Visit::begin(&world).await;
    let back = first.loopback.return_uri();
    let address = first.attempt.as_ref().unwrap().authorize_url().clone();
    walk_until(&first.browser, address, Step::SignIn("test"), back.as_str()).await;
    // Well within the tolerance between two clocks: found by comparing FranceConnect's with itself.
    world.clock.advance(20);
    let mut second = Visit { browser: first.browser.clone(), ..Visit::begin(&world).await };
    let steps = second.walk(Step::Nothing);
    let Returned::Refused { error, browser } = second.returned().await else { panic!("not refused") };
    assert_eq!(error, AuthorizationError::LoginRequired);
    assert_eq!(world.simulator.live_sessions(), 0);
    browser.finish(Page::Failed).await;
    steps.await.unwrap();
}

#[tokio::test]
async fn straight_to_the_state_every_fault_has_its_code() {
    for (fault, expected, owed) in [
        (None, "ok", false),
        (Some(Fault::WrongNonce), "id-token-invalid", true),
        (Some(Fault::WrongAudience), "id-token-invalid", false),
        (Some(Fault::WrongIssuer), "id-token-invalid", false),
        // The Date header is the machine's own, years away from this test's clock: the hint is given.
        (Some(Fault::ExpiredIdToken), "clock-wrong", true),
        (Some(Fault::IssuedInFuture), "clock-wrong", true),
        (Some(Fault::OtherKey), "id-token-invalid", false),
        (Some(Fault::AlgNone), "id-token-invalid", false),
        (Some(Fault::Hs256WithPublicKey), "id-token-invalid", false),
        (Some(Fault::LowerAcr), "id-token-invalid", true),
        (Some(Fault::MissingAcr), "id-token-invalid", true),
        (Some(Fault::MissingSub), "id-token-invalid", false),
        (Some(Fault::TokenError500), "franceconnect-unreachable", false),
        (Some(Fault::SubMismatch), "subject-differs", true),
        (Some(Fault::UserinfoPlainJson), "userinfo-invalid", true),
        (Some(Fault::UserinfoOtherKey), "userinfo-invalid", true),
    ] {
        let world = World::start().await;
        let provider = world.straight(free_port().await);
        world.simulator.set_fault(fault);
        let mut visit = Visit::to(&provider, &world).await;
        let walk = visit.walk(Step::SignIn("test"));
        let (code, turn) = visit.code().await;
        let result = visit.attempt.take().unwrap().exchange(code, &world.http, &world.clock).await;
        turn.finish(Page::Done).await;
        walk.await.unwrap();
        let (got, hint) = match result {
            Ok(_) => ("ok", None),
            Err(error) => (error.code(), error.owed_logout),
        };
        assert_eq!((got, hint.is_some()), (expected, owed), "{fault:?}");
        // openid.md §5: a bad ID token is never followed by a userinfo request.
        let asked = world.simulator.trace().iter().any(|one| one.path.ends_with("/userinfo"));
        let good =
            matches!(fault, None | Some(Fault::SubMismatch | Fault::UserinfoPlainJson | Fault::UserinfoOtherKey));
        assert_eq!(asked, good, "{fault:?}");
    }
}

#[tokio::test]
async fn a_foreign_return_is_noise() {
    let world = World::start().await;
    for fault in [Fault::WrongStateInRedirect, Fault::WrongIssInRedirect] {
        let provider = world.straight(free_port().await);
        world.simulator.set_fault(Some(fault));
        let mut visit = Visit::to(&provider, &world).await;
        let page = visit.walk(Step::SignIn("test")).await.unwrap();
        assert!(page.contains("Il n'y a rien à cette adresse"), "{fault:?}");
        let mut attempt = visit.attempt.take().unwrap();
        let waited = visit.loopback.wait_return(&mut attempt, Instant::now(), &CancellationToken::new()).await.unwrap();
        assert!(matches!(waited, Returned::Abandoned(_)), "{fault:?}");
    }
}

#[tokio::test]
async fn a_code_is_worth_one_exchange_by_the_desk_that_asked() {
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const BACK: &str = "http://127.0.0.1:1/retour";
    let world = World::start().await;
    let issuer = world.relay_issuer();
    for (rule, changes, late, expected) in [
        ("right", &[][..], 0, "ok"),
        ("last moment", &[], 59, "ok"),
        ("too late", &[], 60, "invalid_grant"),
        ("wrong verifier", &[("code_verifier", CHALLENGE)], 0, "invalid_grant"),
        ("no verifier", &[("code_verifier", "")], 0, "invalid_grant"),
        ("another address", &[("redirect_uri", "http://127.0.0.1:2/retour")], 0, "invalid_grant"),
        ("another client", &[("client_id", "pirate")], 0, "invalid_client"),
        ("another grant", &[("grant_type", "refresh_token")], 0, "unsupported_grant_type"),
        ("no grant", &[("grant_type", "")], 0, "invalid_request"),
        ("invented code", &[("code", "x")], 0, "invalid_grant"),
    ] {
        let address = Url::parse_with_params(
            &format!("{issuer}/authorize"),
            [
                ("response_type", "code"),
                ("client_id", DESK_CLIENT_ID),
                ("redirect_uri", BACK),
                ("scope", "openid"),
                ("state", "s"),
                ("nonce", "0123456789012345678901"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ],
        )
        .unwrap();
        let back = walk_until(&browser(), address, Step::SignIn("test"), BACK).await;
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        world.clock.advance(late);
        let form: Vec<(&str, &str)> = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", BACK),
            ("client_id", DESK_CLIENT_ID),
            ("code_verifier", VERIFIER),
        ]
        .into_iter()
        .map(|(name, value)| (name, changes.iter().find(|(other, _)| *other == name).map_or(value, |(_, new)| *new)))
        .collect();
        let (status, answer) = post(&format!("{issuer}/token"), &form).await;
        let got = answer["error"].as_str().unwrap_or("ok");
        assert_eq!((got, status == StatusCode::OK), (expected, expected == "ok"), "{rule}");
        let Some(access_token) = answer["access_token"].as_str() else { continue };

        if rule == "right" {
            assert_eq!(userinfo(&issuer, access_token).await, StatusCode::OK, "{rule}");
            assert_eq!(userinfo(&issuer, access_token).await, StatusCode::UNAUTHORIZED, "handed over once");
        } else {
            let (_, again) = post(&format!("{issuer}/token"), &form).await;
            assert_eq!(again["error"], "invalid_grant", "{rule}, again");
            assert_eq!(userinfo(&issuer, access_token).await, StatusCode::UNAUTHORIZED, "a replay takes it back");
        }
    }
}

#[tokio::test]
async fn what_is_no_desk_gets_a_page() {
    let world = World::start().await;
    let issuer = world.relay_issuer();
    let http = browser();
    for (rule, path, status) in [
        ("no client", "/authorize?redirect_uri=http://127.0.0.1:1/retour", 400),
        ("another client", "/authorize?client_id=pirate&redirect_uri=http://127.0.0.1:1/retour", 400),
        ("another place", "/authorize?client_id=comptoir&redirect_uri=https://pirate.example/retour", 400),
        ("two addresses", "/authorize?client_id=comptoir&client_id=comptoir", 400),
        ("unknown return", "/callback?code=c&state=s", 410),
        ("bare return", "/callback", 410),
        ("logout without a hint", "/end_session", 400),
        ("logout with an invented hint", "/end_session?id_token_hint=e30.eyJzdWIiOiJ4Iiwic2VhbGVkIjoieCJ9.x", 400),
        ("unknown end", "/signed_out?state=x", 410),
        ("nothing there", "/admin", 404),
    ] {
        let answer = http.get(format!("{issuer}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), status, "{rule}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{rule}");
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer", "{rule}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("lang=\"fr\"") && !text.contains("pirate"), "{rule}");
    }
    let foreign = http.get(format!("{issuer}/jwks")).header("host", "pirate.example").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
    let large = http.post(format!("{issuer}/token")).body("a".repeat(20_000)).send().await.unwrap();
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
