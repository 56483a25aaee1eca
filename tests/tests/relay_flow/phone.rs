//! The patient's own phone: the desk shows a code, the phone signs in, the desk asks (RFC 8628).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::{
    Abandonment, AcrValue, AuthorizationError, DESK_CLIENT_ID, DEVICE_GRANT, DeviceEnd, DeviceGrant, KeyAgreement,
};
use comptoir_identity::BirthName;
use reqwest::StatusCode;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::bench::{Hands, Step, World, browser, post, soon, userinfo, walk, walk_until};
use crate::plus::plus;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Lets time pass, for who asks at a pace.
pub(crate) fn ticking(clock: &Hands) -> JoinHandle<()> {
    let clock = clock.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            clock.advance(1);
        }
    })
}

pub(crate) async fn grant(world: &World) -> DeviceGrant {
    DeviceGrant::begin(&world.provider, &world.http, &SystemRandom::new(), &world.clock).await.unwrap()
}

pub(crate) async fn wait(world: &World, grant: DeviceGrant) -> DeviceEnd {
    grant.wait(&world.http, &world.clock, soon(), &CancellationToken::new()).await.unwrap()
}

/// Looks at the page that the QR code leads to, and presses its button; what comes is where FranceConnect is.
async fn press(phone: &reqwest::Client, address: &Url) -> (StatusCode, Option<Url>, String) {
    let page = phone.get(address.clone()).send().await.unwrap().text().await.unwrap();
    let code = address.query_pairs().find(|(name, _)| name == "user_code").unwrap().1.into_owned();
    assert!(page.contains(&format!("id=\"code\">{code}<")), "both screens show {code}: {page}");
    let answer = phone.post(without_query(address)).form(&[("user_code", code.as_str())]).send().await.unwrap();
    let leads = answer.headers().get("location").map(|address| Url::parse(address.to_str().unwrap()).unwrap());
    (answer.status(), leads, answer.text().await.unwrap())
}

fn without_query(address: &Url) -> Url {
    let mut address = address.clone();
    address.set_query(None);
    address
}

pub(crate) async fn on_the_phone(phone: &reqwest::Client, address: &Url, step: Step) -> String {
    let (_, leads, page) = press(phone, address).await;
    match leads {
        Some(franceconnect) => walk(phone, franceconnect, step).await,
        None => page,
    }
}

#[tokio::test]
async fn a_patient_signs_in_on_their_own_phone() {
    let world = World::start().await;
    sign_in(&world, AcrValue::Eidas1).await;
}

#[tokio::test]
async fn a_patient_signs_in_on_their_own_phone_through_franceconnect_plus() {
    let world = plus(KeyAgreement::EcdhEs, AcrValue::Eidas2).await;
    sign_in(&world, AcrValue::Eidas2).await;
}

async fn sign_in(world: &World, level: AcrValue) {
    let ticking = ticking(&world.clock);
    let grant = grant(world).await;
    let (address, code) = (grant.verification_uri_complete().clone(), grant.user_code().to_owned());
    let walk = tokio::spawn(async move { on_the_phone(&browser(), &address, Step::SignIn("test")).await });
    let DeviceEnd::Redeemed(redeemed) = wait(world, grant).await else { panic!("nobody signed in") };
    let signed_in = redeemed.identify(&world.http, &world.clock).await.unwrap();
    assert!(signed_in.acr >= level);
    assert_eq!(signed_in.identity.traits().birth_name.known().map(BirthName::raw), Some("DUBOIS"));
    let last = walk.await.unwrap();
    assert!(last.contains("vous pouvez ranger votre téléphone"), "{last}");
    assert!(last.contains(&code), "the code stays on both screens");
    assert!(!last.contains("DUBOIS") && !last.contains("Angela"));
    assert_eq!(world.simulator.live_sessions(), 0, "the session on the phone is closed by the relay");
    ticking.abort();
}

#[tokio::test]
async fn a_wait_ends_as_it_must() {
    let world = World::start().await;
    let ticking = ticking(&world.clock);
    let shown = grant(&world).await;
    let page = on_the_phone(&browser(), shown.verification_uri_complete(), Step::Abort).await;
    assert!(page.contains("Rien n'a été transmis à l'accueil"), "{page}");
    let end = wait(&world, shown).await;
    assert!(matches!(end, DeviceEnd::Refused(AuthorizationError::AccessDenied)), "given up: {end:?}");

    let shown = grant(&world).await;
    world.clock.advance(301);
    let end = wait(&world, shown).await;
    assert!(matches!(end, DeviceEnd::Abandoned(Abandonment::Deadline)), "over: {end:?}");

    let (shown, cancel) = (grant(&world).await, CancellationToken::new());
    cancel.cancel();
    let end = shown.wait(&world.http, &world.clock, soon(), &cancel).await.unwrap();
    assert!(matches!(end, DeviceEnd::Abandoned(Abandonment::Cancelled)), "the desk gave up: {end:?}");

    let shown = grant(&world).await;
    let sooner = tokio::time::Instant::now() + Duration::from_millis(100);
    let end = shown.wait(&world.http, &world.clock, sooner, &CancellationToken::new()).await.unwrap();
    assert!(matches!(end, DeviceEnd::Abandoned(Abandonment::Deadline)), "the desk's own deadline: {end:?}");
    ticking.abort();
}

#[tokio::test]
async fn a_session_that_the_phone_had_is_closed_and_the_person_signs_in_anew() {
    let world = World::start().await;
    let ticking = ticking(&world.clock);
    let phone = browser();
    // The owner of the phone signed in somewhere else a while ago.
    let first = grant(&world).await;
    let (_, leads, _) = press(&phone, first.verification_uri_complete()).await;
    let back = format!("{}/callback", world.relay_issuer());
    walk_until(&phone, leads.unwrap(), Step::SignIn("test"), &back).await;
    world.clock.advance(600);

    let shown = grant(&world).await;
    let address = shown.verification_uri_complete().clone();
    let page = on_the_phone(&phone, &address, Step::SignIn("test")).await;
    assert!(page.contains("Vous étiez déjà connecté"), "{page}");
    assert_eq!(world.simulator.live_sessions(), 0);
    let last = on_the_phone(&phone, &address, Step::SignIn("test")).await;
    assert!(last.contains("vous pouvez ranger votre téléphone"), "{last}");
    let end = wait(&world, shown).await;
    assert!(matches!(end, DeviceEnd::Redeemed(_)), "{end:?}");
    ticking.abort();
}

/// Asks for a code as a desk would, with one parameter changed.
async fn ask(world: &World, change: (&str, &str)) -> (StatusCode, Value) {
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
    let right = [
        ("client_id", DESK_CLIENT_ID),
        ("scope", "openid identite_pivot"),
        ("nonce", "0123456789012345678901"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let mut form: Vec<_> = right.into_iter().filter(|(name, _)| *name != change.0).collect();
    form.push(change);
    post(&format!("{}/device_authorization", world.relay_issuer()), &form).await
}

async fn poll(world: &World, change: (&str, &str), device_code: &str) -> (StatusCode, Value) {
    world.clock.advance(20);
    let right = [
        ("client_id", DESK_CLIENT_ID),
        ("grant_type", DEVICE_GRANT),
        ("device_code", device_code),
        ("code_verifier", VERIFIER),
    ];
    let mut form: Vec<_> = right.into_iter().filter(|(name, _)| *name != change.0).collect();
    form.push(change);
    post(&format!("{}/token", world.relay_issuer()), &form).await
}

const AS_IT_IS: (&str, &str) = ("ui_locales", "fr");

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_desk_asks_for_a_code_completely_or_is_refused() {
    let world = World::start().await;
    for (rule, change, status, expected) in [
        ("an unknown desk", ("client_id", "inconnu"), 401, "invalid_client"),
        ("no desk", ("client_id", ""), 401, "invalid_client"),
        ("no openid", ("scope", "profile"), 400, "invalid_scope"),
        ("no nonce", ("nonce", ""), 400, "invalid_request"),
        ("a short nonce", ("nonce", "012345678901234567890"), 400, "invalid_request"),
        ("no challenge", ("code_challenge", ""), 400, "invalid_request"),
        ("plain PKCE", ("code_challenge_method", "plain"), 400, "invalid_request"),
        ("a level that is not served", ("acr_values", "eidas2"), 400, "invalid_acr"),
    ] {
        let (answered, body) = ask(&world, change).await;
        assert_eq!((answered.as_u16(), text(&body, "error")), (status, expected), "{rule}");
    }
    let (status, given) = ask(&world, AS_IT_IS).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((given.get("expires_in"), given.get("interval")), (Some(&300.into()), Some(&2.into())));
    assert_eq!(text(&given, "verification_uri"), format!("{}/device", world.relay_issuer()));
}

#[tokio::test]
async fn only_the_desk_that_asked_gets_the_tokens_of_a_phone() {
    let world = World::start().await;
    for (rule, change, expected) in [
        ("another verifier", ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj"), "invalid_grant"),
        ("no verifier", ("code_verifier", ""), "invalid_grant"),
        ("an unknown desk", ("client_id", "inconnu"), "invalid_client"),
        ("another code", ("device_code", "inconnu"), "expired_token"),
        ("no code", ("device_code", ""), "invalid_request"),
        ("an unknown grant", ("grant_type", "password"), "unsupported_grant_type"),
        ("as a code of the browser", ("grant_type", "authorization_code"), "invalid_request"),
    ] {
        let (_, given) = ask(&world, AS_IT_IS).await;
        let address = Url::parse(text(&given, "verification_uri_complete")).unwrap();
        let last = on_the_phone(&browser(), &address, Step::SignIn("test")).await;
        assert!(last.contains("vous pouvez ranger votre téléphone"), "{rule}: {last}");
        let (_, answer) = poll(&world, change, text(&given, "device_code")).await;
        assert_eq!(text(&answer, "error"), expected, "{rule}");
        assert!(answer.get("access_token").is_none(), "{rule}");
    }

    // A device code shown under the other grant's name is refused, and used up: it is in wrong hands.
    let (_, given) = ask(&world, AS_IT_IS).await;
    let address = Url::parse(text(&given, "verification_uri_complete")).unwrap();
    on_the_phone(&browser(), &address, Step::SignIn("test")).await;
    let device_code = text(&given, "device_code");
    let stolen = [
        ("client_id", DESK_CLIENT_ID),
        ("grant_type", "authorization_code"),
        ("code", device_code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", "http://127.0.0.1:49152/retour"),
    ];
    let (_, answer) = post(&format!("{}/token", world.relay_issuer()), &stolen).await;
    assert_eq!(text(&answer, "error"), "invalid_grant");
    let (_, answer) = poll(&world, AS_IT_IS, device_code).await;
    assert_eq!(text(&answer, "error"), "invalid_grant");
}

#[tokio::test]
async fn an_identity_is_handed_over_once_and_soon() {
    let world = World::start().await;
    let shown = async || {
        let (_, given) = ask(&world, AS_IT_IS).await;
        let address = Url::parse(text(&given, "verification_uri_complete")).unwrap();
        on_the_phone(&browser(), &address, Step::SignIn("test")).await;
        text(&given, "device_code").to_owned()
    };
    let device_code = shown().await;
    let (status, answer) = poll(&world, AS_IT_IS, &device_code).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let access_token = text(&answer, "access_token").to_owned();
    let (_, again) = poll(&world, AS_IT_IS, &device_code).await;
    assert_eq!(text(&again, "error"), "expired_token", "asked again");
    assert_eq!(userinfo(&world.relay_issuer(), &access_token).await, StatusCode::OK);
    assert_eq!(userinfo(&world.relay_issuer(), &access_token).await, StatusCode::UNAUTHORIZED);

    let device_code = shown().await;
    world.clock.advance(61);
    let (_, late) = poll(&world, AS_IT_IS, &device_code).await;
    assert_eq!(text(&late, "error"), "invalid_grant", "the identity is gone after a minute");
}

#[tokio::test]
async fn a_desk_that_asks_too_often_is_slowed_down() {
    let world = World::start().await;
    let (_, given) = ask(&world, AS_IT_IS).await;
    let device_code = text(&given, "device_code");
    let form = [
        ("client_id", DESK_CLIENT_ID),
        ("grant_type", DEVICE_GRANT),
        ("device_code", device_code),
        ("code_verifier", VERIFIER),
    ];
    let token = format!("{}/token", world.relay_issuer());
    for (seconds, expected) in
        [(0, "authorization_pending"), (1, "slow_down"), (2, "slow_down"), (12, "authorization_pending")]
    {
        world.clock.advance(seconds);
        let (status, answer) = post(&token, &form).await;
        assert_eq!((status, text(&answer, "error")), (StatusCode::BAD_REQUEST, expected), "after {seconds} s");
    }
}

#[tokio::test]
async fn a_code_is_one_phones() {
    let world = World::start().await;
    let ticking = ticking(&world.clock);
    let shown = grant(&world).await;
    let address = shown.verification_uri_complete().clone();
    let (own, other) = (browser(), browser());

    // Whoever looks at an address before its owner does uses nothing up.
    for _ in 0..3 {
        assert_eq!(browser().get(address.clone()).send().await.unwrap().status(), StatusCode::OK);
    }
    let (_, leads, _) = press(&own, &address).await;
    let franceconnect = leads.unwrap();
    let answer = other.get(address.clone()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND, "a second phone finds no code");

    // FranceConnect's return, carried to another browser: nothing comes of it, there or at the first one.
    let back = format!("{}/callback", world.relay_issuer());
    let returns = walk_until(&own, franceconnect, Step::SignIn("test"), &back).await;
    let answer = other.get(returns.clone()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(answer.text().await.unwrap().contains("un autre navigateur"));
    assert_eq!(own.get(returns).send().await.unwrap().status(), StatusCode::GONE, "replayed");
    let end = wait(&world, shown).await;
    assert!(matches!(end, DeviceEnd::Refused(AuthorizationError::ServerError)), "{end:?}");
    ticking.abort();
}

#[tokio::test]
async fn no_other_page_presses_the_button() {
    let world = World::start().await;
    let shown = grant(&world).await;
    let (address, code) = (shown.verification_uri_complete().clone(), shown.user_code().to_owned());
    let form = without_query(&address);
    let cookie = browser().get(address.clone()).send().await.unwrap();
    let set = cookie.headers().get("set-cookie").unwrap().to_str().unwrap().to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    for (rule, cookie, origin, code, expected) in [
        ("no cookie", None, None, code.as_str(), 400),
        ("another site's page", Some(cookie.as_str()), Some("https://pirate.example"), code.as_str(), 400),
        ("a page without an origin", Some(cookie.as_str()), Some("null"), code.as_str(), 400),
        ("a guessed code", Some(cookie.as_str()), None, "BCDF-GHJK", 410),
        ("no code", Some(cookie.as_str()), None, "", 400),
        ("its own page", Some(cookie.as_str()), Some(world.relay_issuer().as_str()), code.as_str(), 303),
        ("twice", Some(cookie.as_str()), None, code.as_str(), 410),
    ] {
        let mut request = browser().post(form.clone()).form(&[("user_code", code)]);
        for (name, value) in [("cookie", cookie), ("origin", origin)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        assert_eq!(request.send().await.unwrap().status().as_u16(), expected, "{rule}");
    }
    for (rule, typed, expected) in [
        ("no code yet", "", 200),
        ("one that nobody shows", "?user_code=BCDF-GHJK", 404),
        ("none at all", "?user_code=%3Cscript%3E", 404),
    ] {
        let answer = browser().get(format!("{form}{typed}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{rule}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("id=\"user_code\"") && !page.contains("<script"), "{rule}");
    }
}

#[tokio::test]
async fn a_code_is_not_guessed_for_long() {
    let world = World::start().await;
    let shown = grant(&world).await;
    let (right, form) = (shown.verification_uri_complete().clone(), without_query(shown.verification_uri_complete()));
    let mut wrong = form.clone();
    wrong.set_query(Some("user_code=BCDF-GHJK"));
    let phone = browser();
    let look = async |address: &Url| phone.get(address.clone()).send().await.unwrap();
    let times = |address: &Url, number: usize, expected: StatusCode| {
        let (address, look) = (address.clone(), &look);
        async move {
            for number in 0..number {
                assert_eq!(look(&address).await.status(), expected, "{number}");
            }
        }
    };
    // Right codes are not counted, wrong ones are.
    times(&right, 70, StatusCode::OK).await;
    times(&wrong, 60, StatusCode::NOT_FOUND).await;
    times(&right, 1, StatusCode::TOO_MANY_REQUESTS).await;
    let limited = look(&wrong).await;
    assert_eq!(limited.headers().get("retry-after").unwrap(), "5");
    assert!(limited.text().await.unwrap().contains("Trop de demandes"));
    let pressed = phone.post(form.clone()).form(&[("user_code", shown.user_code())]).send().await.unwrap();
    assert_eq!(pressed.status(), StatusCode::TOO_MANY_REQUESTS, "guessing by the button");

    world.clock.advance(5);
    let (_, leads, _) = press(&phone, &right).await;
    assert!(leads.is_some(), "the code was not used up");
}
