//! The desk's own calls: code for tokens, token for the identity.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::{DEVICE_GRANT, Secret};
use jiff::Timestamp;
use ring::digest::{Context, SHA256, digest};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::House;
use crate::address::ClientAddress;
use crate::book::{DeskRequest, Granted, Presented, Way};
use crate::client::{Desks, Stranger};
use crate::counters::Came;
use crate::device::{self, Asked};
use crate::limits::Act;
use crate::mint::{NoKey, at_hash};
use crate::query::Query;

/// Seconds; as FranceConnect's own (franceconnect.md §7.1).
const LIFE: i64 = 60;

/// Answers the token request (RFC 6749 §4.1.3, RFC 7636 §4.5).
pub(crate) async fn token(
    State(house): State<Arc<House>>,
    from: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(wait) = house.admit(Act::Call, from, house.clock.now()) {
        return wait.answer();
    }
    let Some(form) = form(&headers, &body) else {
        return error(StatusCode::BAD_REQUEST, "invalid_request");
    };
    let by_device = match form.get("grant_type") {
        Some("authorization_code") => false,
        Some(DEVICE_GRANT) => true,
        Some(_) => return error(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        None => return error(StatusCode::BAD_REQUEST, "invalid_request"),
    };
    let client_id = match house.authenticate(&form, "token").await {
        Ok(client_id) => client_id,
        Err(stranger) => return refused(stranger, "token"),
    };
    if let Err(wait) = house.admit_desk(Act::Call, &client_id, from, house.clock.now()) {
        return wait.answer();
    }
    let Some(code) = form.get(if by_device { "device_code" } else { "code" }) else {
        return error(StatusCode::BAD_REQUEST, "invalid_request");
    };
    if by_device && let Asked::Answer(answer) = device::poll(&house, &client_id, code).await {
        return answer;
    }
    let Ok(access_token) = Secret::random_base64url(house.rng.as_ref()) else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
    };
    let now = house.clock.now();
    // Taken before it is judged: a code that was shown with a wrong verifier is in wrong hands.
    let (granted, until) = match house.book.present(code, &access_token, now).await {
        Ok(Presented::Granted(granted, until)) => (granted, until),
        Ok(Presented::Unknown) => return error(StatusCode::BAD_REQUEST, "invalid_grant"),
        Err(_) => return error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
    };
    if granted.desk.client_id != client_id || !belongs(&granted.desk, &form) {
        audit(&client_id, "token", "refused");
        return error(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    let Ok(id_token) = id_token(&house, &granted, &access_token, now) else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
    };
    if house.book.keep(&access_token, &client_id, &granted.evidence, until).await.is_err() {
        return error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    }
    let level = granted.evidence.acr.as_str();
    tracing::info!(target: "audit", desk = client_id, act = "token", outcome = "done", level);
    Json(json!({
        "access_token": access_token.expose(),
        "token_type": "Bearer",
        "expires_in": LIFE,
        "scope": "openid identite_pivot",
        "id_token": id_token,
    }))
    .into_response()
}

/// Answers the identity, once: FranceConnect's own signed tokens, in a JWT of ours (OpenID Connect
/// Core 1.0 §5.3.2).
///
/// A desk that has a key shows it here too (RFC 7523, in the form beside the token): a token alone is not enough.
pub(crate) async fn userinfo(
    State(house): State<Arc<House>>,
    from: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = house.clock.now();
    if let Err(wait) = house.admit(Act::Call, from, now) {
        return wait.answer();
    }
    let desk = match &house.desks {
        Desks::Public { client_id } => client_id.clone(),
        Desks::Enrolled(_) => {
            let Some(form) = form(&headers, &body) else {
                return refused(Stranger::Unknown, "userinfo");
            };
            match house.authenticate(&form, "userinfo").await {
                Ok(client_id) => client_id,
                Err(stranger) => return refused(stranger, "userinfo"),
            }
        }
    };
    if let Err(wait) = house.admit_desk(Act::Call, &desk, from, now) {
        return wait.answer();
    }
    let taken = match bearer(&headers) {
        Some(token) => house.book.take_identity(token, now).await,
        None => Ok(None),
    };
    let Ok(taken) = taken else {
        return error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    };
    // Taken before it is judged: a token that another desk shows is in wrong hands.
    let Some((_, evidence)) = taken.filter(|(client_id, _)| *client_id == desk) else {
        audit(&desk, "userinfo", "refused");
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        return (challenge, error(StatusCode::UNAUTHORIZED, "invalid_token")).into_response();
    };
    let claims = json!({
        "iss": house.issuer,
        "aud": desk,
        "sub": subject(&evidence.sub),
        "iat": now.as_second(),
        "exp": now.as_second() + LIFE,
        "franceconnect_id_token": evidence.id_token.expose(),
        "franceconnect_userinfo": evidence.userinfo.expose(),
    });
    match house.mint.sign(&claims, now) {
        Ok(jws) => {
            house.counted.one(Came::Delivered);
            ([(header::CONTENT_TYPE, "application/jwt")], jws).into_response()
        }
        Err(NoKey) => error(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Whether the desk that shows the code is the one that asked.
fn belongs(desk: &DeskRequest, form: &Query) -> bool {
    let verifier = form.get("code_verifier").filter(|text| (43..=128).contains(&text.len()));
    // A code of one grant is none of the other.
    let same_way = match &desk.way {
        Way::Browser { return_uri, .. } => form.get("redirect_uri").is_some_and(|uri| uri == return_uri.as_str()),
        Way::Phone(_) => form.get("grant_type") == Some(DEVICE_GRANT),
    };
    let proof = verifier.is_some_and(|verifier| {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        challenge.as_bytes().ct_eq(desk.challenge.as_bytes()).into()
    });
    same_way && proof
}

/// Makes the desk's ID token: no trait in it, for it comes back as a hint and stays in a browser's
/// history.
fn id_token(house: &House, granted: &Granted, access_token: &Secret, now: Timestamp) -> Result<String, NoKey> {
    let evidence = &granted.evidence;
    let sub = subject(&evidence.sub);
    let holder = holder(&house.issuer, &granted.desk.client_id, &sub);
    let sealed = house.sealing_key.seal(evidence.id_token.expose(), &holder, house.rng.as_ref()).ok_or(NoKey)?;
    let claims: Value = json!({
        "iss": house.issuer,
        "aud": granted.desk.client_id,
        "sub": sub,
        "iat": now.as_second(),
        "exp": now.as_second() + LIFE,
        "auth_time": evidence.auth_time.as_second(),
        "nonce": granted.desk.nonce,
        "acr": evidence.acr.as_str(),
        "at_hash": at_hash(access_token.expose()),
        "sealed": sealed,
    });
    house.mint.sign(&claims, now)
}

/// Binds what is sealed to the token it is sealed in.
pub(crate) fn holder(issuer: &str, client_id: &str, sub: &str) -> String {
    format!("{issuer}\n{client_id}\n{sub}")
}

/// Derives the person's identifier at this relay: pairwise, so not FranceConnect's own.
fn subject(franceconnect_sub: &Secret) -> String {
    use std::fmt::Write as _;

    let mut context = Context::new(&SHA256);
    context.update(b"comptoir relay subject");
    context.update(franceconnect_sub.expose().as_bytes());
    context.finish().as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads a form. `None` when the body is none.
pub(crate) fn form(headers: &HeaderMap, body: &Bytes) -> Option<Query> {
    let form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(';').next() == Some("application/x-www-form-urlencoded"));
    str::from_utf8(body).ok().filter(|_| form).and_then(Query::parse)
}

pub(crate) fn refused(stranger: Stranger, act: &'static str) -> Response {
    match stranger {
        Stranger::Unknown => {
            // What a stranger calls itself is not written down.
            audit("", act, "invalid_client");
            error(StatusCode::UNAUTHORIZED, "invalid_client")
        }
        Stranger::Unavailable => error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
    }
}

/// One line for who watches over the desks: never a trait, a token or a code.
pub(crate) fn audit(desk: &str, act: &'static str, outcome: &'static str) {
    tracing::info!(target: "audit", desk, act, outcome);
}

pub(crate) fn error(status: StatusCode, error: &'static str) -> Response {
    (status, Json(json!({"error": error}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_code_belongs_to_whoever_knows_the_verifier() {
        let padded = format!("{VERIFIER}=");
        for (rule, verifier, redirect, expected) in [
            ("right", VERIFIER, "http://127.0.0.1:49152/retour", true),
            ("another port", VERIFIER, "http://127.0.0.1:49153/retour", false),
            ("no address", VERIFIER, "", false),
            ("another verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj", "http://127.0.0.1:49152/retour", false),
            ("the challenge itself", CHALLENGE, "http://127.0.0.1:49152/retour", false),
            ("padded", &padded, "http://127.0.0.1:49152/retour", false),
            ("no verifier", "", "http://127.0.0.1:49152/retour", false),
        ] {
            let desk = DeskRequest {
                client_id: String::new(),
                way: Way::Browser {
                    return_uri: url::Url::parse("http://127.0.0.1:49152/retour").unwrap(),
                    state: String::new(),
                },
                nonce: String::new(),
                challenge: CHALLENGE.to_owned(),
            };
            let form = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("code_verifier", verifier)
                .append_pair("redirect_uri", redirect)
                .finish();
            assert_eq!(belongs(&desk, &Query::parse(&form).unwrap()), expected, "{rule}");
        }
    }
}
