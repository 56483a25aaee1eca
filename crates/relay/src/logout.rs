//! The way out: through FranceConnect's logout, back to the desk.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::{IdTokenHint, Secret};
use serde_json::Value;

use crate::House;
use crate::book::Afterwards;
use crate::counters::Came;
use crate::device;
use crate::page;
use crate::query::{Query, desk_end, is_token};
use crate::token::holder;

/// Answers a logout request (OpenID Connect RP-Initiated Logout 1.0): sends the browser to
/// FranceConnect's logout.
pub(crate) async fn end_session(State(house): State<Arc<House>>, RawQuery(query): RawQuery) -> Response {
    let Some(query) = Query::parse(query.as_deref().unwrap_or_default()) else {
        return page::cannot_sign_out();
    };
    let Some((hint, client_id)) = query.get("id_token_hint").and_then(|hint| inner(&house, hint)) else {
        return page::cannot_sign_out();
    };
    if query.get("client_id").is_some_and(|client| client != client_id) {
        return page::cannot_sign_out();
    }
    let afterwards = match query.get("post_logout_redirect_uri") {
        None => None,
        Some(address) => match desk_end(address) {
            Some(address) => Some(address),
            None => return page::not_a_desk("RL-02"),
        },
    };
    let afterwards = afterwards.map_or(Afterwards::Nowhere, |mut end| {
        if let Some(state) = query.get("state").filter(|state| is_token(state, 1, 512)) {
            end.query_pairs_mut().append_pair("state", state);
        }
        Afterwards::Desk(end)
    });
    let Ok(state) = Secret::random_hex(house.rng.as_ref()) else {
        return page::unavailable();
    };
    let leave = house.upstream.end_session_url(&hint, &house.end_uri, &state);
    match house.book.leave(&state, &afterwards, house.clock.now()).await {
        Ok(()) => page::send_on(&leave),
        Err(_) => page::cannot_sign_out(),
    }
}

/// Answers FranceConnect's return from the logout.
pub(crate) async fn signed_out(State(house): State<Arc<House>>, RawQuery(query): RawQuery) -> Response {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let state = query.as_ref().and_then(|query| query.get("state")).unwrap_or_default();
    let left = house.book.left(state, house.clock.now()).await;
    if matches!(left, Ok(Some(_))) {
        house.counted.one(Came::SignedOut);
    }
    match left {
        Ok(Some(Afterwards::Desk(desk))) => page::send_on(&desk),
        Ok(Some(Afterwards::Phone { user_code, end })) => device::phone_over(&house, &user_code, end),
        Ok(Some(Afterwards::Nowhere)) => page::signed_out(),
        Ok(None) => page::over(),
        Err(_) => page::unavailable(),
    }
}

/// Unseals FranceConnect's ID token from one of ours, expired or not, and says whose it was.
///
/// Nothing else of the hint is believed: only this relay could seal for this holder, which is also
/// true after a restart, when the signing key is another.
fn inner(house: &House, hint: &str) -> Option<(IdTokenHint, String)> {
    let mut parts = hint.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // A desk revoked meanwhile may still end what it began.
    let client_id = text("aud")?;
    let holder = holder(&house.issuer, client_id, text("sub")?);
    let jws = house.sealing_key.unseal(text("sealed")?, &holder)?;
    Some((IdTokenHint::from_bytes(jws.to_vec())?, client_id.to_owned()))
}
