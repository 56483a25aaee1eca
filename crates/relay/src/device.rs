//! The patient's own phone (RFC 8628): the desk shows a code, the phone brings it, the desk asks until it has been used.
//!
//! What binds a sign-in to the desk that asked is what binds every other one: the desk's nonce in FranceConnect's own ID
//! token, and a PKCE verifier. What binds it to one phone is a cookie, given with the first page and asked for at the return.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use comptoir_franceconnect::{
    Attempt, AuthorizationCode, AuthorizationError, ExchangeFault, Fault as _, IdTokenHint, Secret, franceconnect_nonce,
};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::House;
use crate::address::ClientAddress;
use crate::authorize::{error_of, read_asked};
use crate::book::{Afterwards, DeskRequest, Granted, Pending, Phone, PhoneEnd, Waits, Way};
use crate::counters::Came;
use crate::limits::Act;
use crate::page;
use crate::phone_page::{self, Trouble};
use crate::query::Query;
use crate::token::{audit, error, form, refused};
use crate::user_code::UserCode;

/// A code lives as long as a desk waits for a browser.
const LIFE: SignedDuration = SignedDuration::from_mins(5);
/// A desk asks no more often.
const INTERVAL: SignedDuration = SignedDuration::from_secs(2);
/// What asking too often costs (RFC 8628 §3.5).
const SLOWER_BY: SignedDuration = SignedDuration::from_secs(5);
/// Two questions may come closer together than they were sent.
const JITTER: SignedDuration = SignedDuration::from_millis(500);
/// Desks whose pace is remembered.
const MOST: usize = 100_000;
/// Codes drawn before the relay gives up: that two meet among those alive is one in millions.
const DRAWS: usize = 4;

/// The cookie of a phone; it lives as long as the browser.
const COOKIE: &str = "comptoir-phone";

/// Answers a desk that wants to show a code (RFC 8628 §3.1).
///
/// `nonce` and `code_challenge` are asked for beside what the RFC names: without them nothing would bind the tokens to the
/// desk.
pub(crate) async fn authorization(
    State(house): State<Arc<House>>,
    from: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(wait) = house.admit(Act::SignIn, from, house.clock.now()) {
        return wait.answer();
    }
    let Some(form) = form(&headers, &body) else {
        return error(StatusCode::BAD_REQUEST, "invalid_request");
    };
    let client_id = match house.authenticate(&form, "device_authorization").await {
        Ok(client_id) => client_id,
        Err(stranger) => return refused(stranger, "device_authorization"),
    };
    if let Err(wait) = house.admit_desk(Act::SignIn, &client_id, from, house.clock.now()) {
        return wait.answer();
    }
    let (nonce, challenge) = match read_asked(&form, house.upstream.required_acr()) {
        Ok(asked) => asked,
        Err(code) => {
            house.counted.one(Came::RefusedRequest);
            return error(StatusCode::BAD_REQUEST, code);
        }
    };
    let now = house.clock.now();
    let waits = Waits::Open { client_id: client_id.clone(), nonce, challenge };
    let Ok((device_code, user_code)) = draw(&house, now).await else {
        return error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    };
    if let Err(error_) = house.book.open(&device_code, user_code.as_str(), &waits, now + LIFE).await {
        tracing::error!(error = %error_, "a desk's wait could not be kept");
        return error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    }
    house.counted.one(Came::Shown);
    audit(&client_id, "device_authorization", "done");
    let (address, shown) = (format!("{}/device", house.issuer), user_code.shown());
    Json(json!({
        "device_code": device_code.expose(),
        "user_code": shown,
        "verification_uri": address,
        "verification_uri_complete": format!("{address}?user_code={shown}"),
        "expires_in": LIFE.as_secs(),
        "interval": INTERVAL.as_secs(),
    }))
    .into_response()
}

/// Draws both codes; the short one is none that is in use.
async fn draw(house: &House, now: Timestamp) -> Result<(Secret, UserCode), ()> {
    let device_code = Secret::random_base64url(house.rng.as_ref()).map_err(drop)?;
    for _ in 0..DRAWS {
        let user_code = UserCode::draw(house.rng.as_ref()).map_err(drop)?;
        if !house.book.leads_to_a_desk(user_code.as_str(), now).await.map_err(drop)? {
            return Ok((device_code, user_code));
        }
    }
    Err(())
}

/// What a desk's question comes to, before there are tokens.
pub(crate) enum Asked {
    /// Somebody signed in: the device code may be presented like any other code.
    Ready,
    /// Not yet, or not at all (RFC 8628 §3.5).
    Answer(Response),
}

/// Answers a desk that asks whether its code has been used.
pub(crate) async fn poll(house: &House, client_id: &str, device_code: &str) -> Asked {
    let now = house.clock.now();
    let waits = match house.book.wait_of(device_code, now).await {
        Ok(Some(waits)) => waits,
        Ok(None) => return Asked::Answer(error(StatusCode::BAD_REQUEST, "expired_token")),
        Err(_) => return Asked::Answer(error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")),
    };
    if waits.client_id() != client_id {
        audit(client_id, "device_code", "refused");
        return Asked::Answer(error(StatusCode::BAD_REQUEST, "invalid_grant"));
    }
    if let Pace::TooFast = house.paces.asked(device_code, now) {
        return Asked::Answer(error(StatusCode::BAD_REQUEST, "slow_down"));
    }
    let word = match waits {
        Waits::Open { .. } => return Asked::Answer(error(StatusCode::BAD_REQUEST, "authorization_pending")),
        Waits::Granted { .. } => None,
        Waits::Ended { error, .. } => Some(AuthorizationError::parse(&error).as_str()),
    };
    house.paces.forget(device_code);
    // An end is told once, as an identity is given once.
    if house.book.close(device_code, now).await.is_err() {
        return Asked::Answer(error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"));
    }
    word.map_or(Asked::Ready, |word| Asked::Answer(error(StatusCode::BAD_REQUEST, word)))
}

/// Answers the phone's first page: the code to compare, and the button. It changes nothing but the cookie, so that whoever
/// looks at an address before its owner does (a preview, a scanner) uses no code up.
pub(crate) async fn first_page(
    State(house): State<Arc<House>>,
    from: ClientAddress,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let Some(typed) = query.as_ref().and_then(|query| query.get("user_code")) else {
        return phone_page::enter(&house.name, None);
    };
    let now = house.clock.now();
    if let Err(wait) = house.admit(Act::PhoneCode, from, now) {
        return wait.page();
    }
    let found = match UserCode::parse(typed) {
        Some(code) => house.book.leads_to_a_desk(code.as_str(), now).await.map(|leads| leads.then_some(code)),
        None => Ok(None),
    };
    if matches!(found, Ok(Some(_))) {
        house.was_right(Act::PhoneCode, from, now);
    }
    match found {
        Ok(Some(code)) => match cookie(&headers) {
            Some(_) => phone_page::compare(&house, &code, None),
            None => match Secret::random_base64url(house.rng.as_ref()) {
                Ok(drawn) => with_cookie(&house, &drawn, phone_page::compare(&house, &code, None)),
                Err(_) => page::unavailable(),
            },
        },
        Ok(None) => (StatusCode::NOT_FOUND, phone_page::enter(&house.name, Some(Trouble::UnknownCode))).into_response(),
        Err(_) => page::unavailable(),
    }
}

/// Answers the button: from now on the code is this phone's, and the phone goes to FranceConnect.
pub(crate) async fn start(
    State(house): State<Arc<House>>,
    from: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // The cookie is not sent with a form of another site, and its origin is not ours: nobody's page presses the button.
    let foreign = headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() != house.origin.as_bytes());
    let Some(cookie) = cookie(&headers).filter(|_| !foreign) else {
        return phone_page::trouble(&house.name, Trouble::NoCookie);
    };
    let code = form(&headers, &body).and_then(|form| form.get("user_code").and_then(UserCode::parse));
    let Some(code) = code else {
        return (StatusCode::BAD_REQUEST, phone_page::enter(&house.name, Some(Trouble::UnknownCode))).into_response();
    };
    let now = house.clock.now();
    if let Err(wait) = house.admit(Act::PhoneCode, from, now) {
        return wait.page();
    }
    let device_code = match house.book.take_user_code(code.as_str(), now).await {
        Ok(Some(device_code)) => {
            house.was_right(Act::PhoneCode, from, now);
            device_code
        }
        Ok(None) => return phone_page::trouble(&house.name, Trouble::Used),
        Err(_) => return page::unavailable(),
    };
    let (client_id, nonce, challenge) = match house.book.wait_of(device_code.expose(), now).await {
        Ok(Some(Waits::Open { client_id, nonce, challenge })) => (client_id, nonce, challenge),
        Ok(Some(Waits::Granted { .. } | Waits::Ended { .. }) | None) => {
            return phone_page::trouble(&house.name, Trouble::Used);
        }
        Err(_) => return page::unavailable(),
    };
    let nonce_of_state = franceconnect_nonce(&nonce);
    let attempt = match Attempt::begin_for_desk(&house.upstream, nonce_of_state, house.rng.as_ref(), now) {
        Ok(attempt) => attempt,
        Err(failure) => {
            tracing::error!(code = failure.code(), "a sign-in could not begin");
            end(&house, &device_code, &client_id, "server_error").await;
            return page::unavailable();
        }
    };
    let way = Way::Phone(Phone { device_code, user_code: code.shown(), cookie });
    let pending = Pending { attempt, desk: DeskRequest { client_id, nonce, challenge, way } };
    if let Err(error) = house.book.begin(&pending, now).await {
        tracing::error!(%error, "a sign-in could not begin");
        if let Way::Phone(phone) = &pending.desk.way {
            end(&house, &phone.device_code, &pending.desk.client_id, "temporarily_unavailable").await;
        }
        return page::unavailable();
    }
    house.counted.one(Came::Begun);
    page::send_on(pending.attempt.authorize_url())
}

/// Answers FranceConnect's return to a phone.
pub(crate) async fn returned(
    house: &House,
    headers: &HeaderMap,
    attempt: Attempt,
    desk: DeskRequest,
    phone: Phone,
    brought: Result<AuthorizationCode, AuthorizationError>,
) -> Response {
    if !cookie(headers).is_some_and(|cookie| phone.cookie.matches(cookie.expose())) {
        // Another browser than the one that pressed the button: an address carried elsewhere.
        house.counted.one(Came::Failed);
        end(house, &phone.device_code, &desk.client_id, "server_error").await;
        return phone_page::trouble(&house.name, Trouble::AnotherBrowser);
    }
    let code = match brought {
        Ok(code) => code,
        Err(error) => {
            house.counted.one(if error.is_refusal() { Came::Denied } else { Came::Failed });
            end(house, &phone.device_code, &desk.client_id, error.as_str()).await;
            return phone_page::trouble(&house.name, Trouble::Refused);
        }
    };
    match attempt.exchange(code, &house.http, house.clock.as_ref()).await {
        Ok(signed_in) => {
            let hint = signed_in.id_token.clone();
            let granted = Granted { desk, evidence: signed_in.into_evidence() };
            let well = grant(house, &phone, &granted).await;
            house.counted.one(if well { Came::Granted } else { Came::Failed });
            let end = if well { PhoneEnd::Well } else { PhoneEnd::InVain };
            leave(house, &hint, Afterwards::Phone { user_code: phone.user_code, end }).await
        }
        Err(failure) => {
            house.counted.one(Came::Failed);
            tracing::warn!(code = failure.code(), reference = failure.reference(), "an exchange failed");
            let again = matches!(failure.fault, ExchangeFault::SessionReused)
                && failure.owed_logout.is_some()
                && open_again(house, &phone, &desk).await;
            let end_of_it = if again { PhoneEnd::Again } else { PhoneEnd::InVain };
            if !again {
                end(house, &phone.device_code, &desk.client_id, error_of(&failure)).await;
            }
            let afterwards = Afterwards::Phone { user_code: phone.user_code, end: end_of_it };
            match failure.owed_logout {
                Some(hint) => leave(house, &hint, afterwards).await,
                None => last_page(house, &afterwards),
            }
        }
    }
}

/// Keeps an identity for the desk that asks; `false` when it cannot be kept, or nobody asks any more.
async fn grant(house: &House, phone: &Phone, granted: &Granted) -> bool {
    let now = house.clock.now();
    // The identity first: a desk that is told of it finds it.
    if let Err(error) = house.book.grant(&phone.device_code, granted, now).await {
        tracing::error!(%error, "an identity could not be kept for its desk");
        end(house, &phone.device_code, &granted.desk.client_id, "temporarily_unavailable").await;
        return false;
    }
    let waits = Waits::Granted { client_id: granted.desk.client_id.clone() };
    if matches!(house.book.go_on(&phone.device_code, &waits, now).await, Ok(true)) {
        return true;
    }
    // It would be over in a minute anyway.
    house.book.take_back(&phone.device_code, now).await.ok();
    false
}

/// Lets the phone begin once more: the session that FranceConnect found on it, older than the question, is its owner's, and
/// is being closed.
async fn open_again(house: &House, phone: &Phone, desk: &DeskRequest) -> bool {
    let Some(user_code) = UserCode::parse(&phone.user_code) else { return false };
    let now = house.clock.now();
    let waits =
        Waits::Open { client_id: desk.client_id.clone(), nonce: desk.nonce.clone(), challenge: desk.challenge.clone() };
    // Only where the desk still waits; the code's own end stays the desk's business.
    matches!(house.book.go_on(&phone.device_code, &waits, now).await, Ok(true))
        && house.book.lead(&phone.device_code, user_code.as_str(), now + LIFE).await.is_ok()
}

/// Tells the desk, when it asks, that it came to nothing. A desk that does not ask any more need not know.
async fn end(house: &House, device_code: &Secret, client_id: &str, error: &str) {
    let waits = Waits::Ended { client_id: client_id.to_owned(), error: error.to_owned() };
    house.book.go_on(device_code, &waits, house.clock.now()).await.ok();
}

/// Sends the phone through FranceConnect's logout, and from there to its last page.
async fn leave(house: &House, hint: &IdTokenHint, afterwards: Afterwards) -> Response {
    let Ok(state) = Secret::random_hex(house.rng.as_ref()) else {
        return last_page(house, &afterwards);
    };
    match house.book.leave(&state, &afterwards, house.clock.now()).await {
        Ok(()) => page::send_on(&house.upstream.end_session_url(hint, &house.end_uri, &state)),
        Err(_) => last_page(house, &afterwards),
    }
}

/// The page after the logout.
pub(crate) fn phone_over(house: &House, user_code: &str, end: PhoneEnd) -> Response {
    match (end, UserCode::parse(user_code)) {
        (PhoneEnd::Again, Some(code)) => phone_page::compare(house, &code, Some(Trouble::SignedInBefore)),
        (PhoneEnd::Well, _) => phone_page::over(&house.name, user_code, true),
        (PhoneEnd::InVain | PhoneEnd::Again, _) => phone_page::over(&house.name, user_code, false),
    }
}

fn last_page(house: &House, afterwards: &Afterwards) -> Response {
    match afterwards {
        Afterwards::Phone { user_code, end } => phone_over(house, user_code, *end),
        Afterwards::Desk(_) | Afterwards::Nowhere => page::over(),
    }
}

fn cookie(headers: &HeaderMap) -> Option<Secret> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut named =
        pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    let value = named.next().filter(|value| value.len() == 43)?;
    named.next().is_none().then(|| Secret::new(value.to_owned()))
}

fn with_cookie(house: &House, drawn: &Secret, mut response: Response) -> Response {
    // Lax: it comes back with FranceConnect's redirect, and with no other site's form.
    let secure = if house.issuer.starts_with("https:") { "; Secure" } else { "" };
    let text = format!("{COOKIE}={}; Path={}; HttpOnly; SameSite=Lax{secure}", drawn.expose(), house.path);
    if let Ok(mut value) = HeaderValue::from_str(&text) {
        value.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// How often each desk asks.
#[derive(Debug, Default)]
pub(crate) struct Paces(Mutex<HashMap<[u8; 32], Paced>>);

#[derive(Debug, Clone, Copy)]
struct Paced {
    last: Timestamp,
    interval: SignedDuration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Right,
    TooFast,
}

impl Paces {
    /// Counts a question; one too soon makes the next ones rarer (RFC 8628 §3.5).
    fn asked(&self, device_code: &str, now: Timestamp) -> Pace {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = name(device_code);
        let known = paces.len();
        let Some(of_desk) = paces.get_mut(&name) else {
            if known < MOST {
                paces.insert(name, Paced { last: now, interval: INTERVAL });
            }
            return Pace::Right;
        };
        let since = now.duration_since(of_desk.last);
        of_desk.last = now;
        if since + JITTER >= of_desk.interval {
            return Pace::Right;
        }
        of_desk.interval = of_desk.interval.saturating_add(SLOWER_BY);
        Pace::TooFast
    }

    fn forget(&self, device_code: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&name(device_code));
    }

    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paces.retain(|_, paced| now.duration_since(paced.last) < LIFE);
    }
}

fn name(device_code: &str) -> [u8; 32] {
    let mut name = [0; 32];
    name.copy_from_slice(digest(&SHA256, device_code.as_bytes()).as_ref());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_that_asks_too_often_is_slowed_down() {
        let paces = Paces::default();
        for (rule, code, at, expected) in [
            ("first", "a", 0, Pace::Right),
            ("another desk", "b", 100, Pace::Right),
            ("a little early", "a", 1_600, Pace::Right),
            ("too soon", "a", 2_600, Pace::TooFast),
            ("the old pace is now too fast", "a", 5_000, Pace::TooFast),
            ("twelve seconds now", "a", 17_000, Pace::Right),
            ("the other kept its own", "b", 18_000, Pace::Right),
        ] {
            let now = Timestamp::from_millisecond(at).unwrap();
            assert_eq!(paces.asked(code, now), expected, "{rule}");
        }
        paces.sweep(Timestamp::from_millisecond(317_000).unwrap());
        assert_eq!(paces.0.lock().unwrap().len(), 1, "the one that asked last is remembered longest");
    }

    #[test]
    fn a_phone_has_one_cookie() {
        let right = format!("{COOKIE}={}", "a".repeat(43));
        for (rule, values, expected) in [
            ("alone", vec![right.clone()], true),
            ("beside others", vec![format!("x=1; {right}; y=2")], true),
            ("in a header of its own", vec!["x=1".to_owned(), right.clone()], true),
            ("none", vec!["x=1".to_owned()], false),
            ("twice", vec![format!("{right}; {right}")], false),
            ("short", vec![format!("{COOKIE}=a")], false),
            ("a longer name", vec![format!("{COOKIE}s={}", "a".repeat(43))], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::COOKIE, HeaderValue::from_str(&value).unwrap());
            }
            assert_eq!(cookie(&headers).is_some(), expected, "{rule}");
        }
    }
}
