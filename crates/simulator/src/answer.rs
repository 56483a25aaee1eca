//! The shapes of an answer: page, JSON, signed JWT, redirect.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::Markup;
use serde_json::{Value, json};
use url::Url;

use crate::Platform;
use crate::books::COOKIE;
use crate::pages;
use crate::refusal::{self, Refusal};
use crate::trace::Outcome;

fn answer(status: u16, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn page(status: u16, markup: Markup) -> Response {
    answer(status, "text/html; charset=utf-8", markup.into_string())
}

pub(crate) fn json(status: u16, value: &Value) -> Response {
    answer(status, "application/json; charset=utf-8", value.to_string())
}

/// Answers a page that calls itself JSON.
pub(crate) fn page_as_json(status: u16, markup: Markup) -> Response {
    let response = answer(status, "application/json; charset=utf-8", markup.into_string());
    with_outcome(response, refusal::BAD_REQUEST.code)
}

pub(crate) fn jwt(token: String) -> Response {
    answer(200, "application/jwt; charset=utf-8", token)
}

/// Answers a document that may be kept ten minutes.
pub(crate) fn public_json(value: &Value) -> Response {
    let mut response = json(200, value);
    let kept = HeaderValue::from_static("public, max-age=600");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    response
}

/// Answers the page the engine gives for an address or a method it does not have.
pub(crate) fn not_found() -> Response {
    page(404, pages::not_found())
}

/// Answers a refusal page; `back` is the return link, where the client can still be told.
pub(crate) fn refused(refusal: &Refusal, back: Option<&str>) -> Response {
    with_outcome(page(refusal.status, pages::refusal(refusal, back)), refusal.code)
}

/// Answers an error of the back channel, its support code in `error_uri`.
pub(crate) fn error(status: u16, error: &str, description: &str, code: &str, id: &str) -> Response {
    let body = json!({
        "error": error,
        "error_description": description,
        "error_uri": format!("https://erreurs.simulateur.invalid/?code={code}&id={id}"),
    });
    let mut response = json(status, &body);
    if status == 401 {
        let challenge = HeaderValue::from_str(&format!("Bearer error=\"{error}\""));
        if let Ok(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
    with_outcome(response, code)
}

pub(crate) fn redirect(location: &str) -> Response {
    let mut response = answer(303, "text/plain; charset=utf-8", String::new());
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Answers a return to the client, the parameters in the query or in the fragment.
pub(crate) fn redirect_with(mut uri: Url, parameters: &[(&str, &str)], fragment: bool) -> Response {
    if fragment {
        let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        uri.set_fragment(Some(&encoded));
    } else {
        uri.query_pairs_mut().extend_pairs(parameters);
    }
    redirect(uri.as_str())
}

/// Sets the moment at which the answer says it was made.
pub(crate) fn dated(mut response: Response, moment: jiff::Timestamp) -> Response {
    let date = moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// Notes for the trace what was decided.
pub(crate) fn with_outcome(mut response: Response, outcome: &str) -> Response {
    response.extensions_mut().insert(Outcome(outcome.to_owned()));
    response
}

/// Sets the session cookie: the low platform's slides 30 minutes further, the high one's ends with
/// the browser.
pub(crate) fn with_session(response: Response, session: &str, platform: Platform) -> Response {
    match platform {
        Platform::Low => with_cookie(response, &format!("{session}; Max-Age={}", platform.session_s())),
        Platform::High => with_cookie(response, session),
    }
}

pub(crate) fn without_session(response: Response) -> Response {
    with_cookie(response, "; Max-Age=0")
}

/// `Secure` is left out: the simulator speaks plain HTTP on the loopback.
fn with_cookie(mut response: Response, value: &str) -> Response {
    let cookie = format!("{COOKIE}={value}; Path=/api/v2; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
