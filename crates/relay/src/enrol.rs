//! A desk makes itself known: the administrator's code, a public key, and the proof that it has the other half.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use comptoir_franceconnect::{ASSERTION_TYPE, ClientAssertion, PublicJwk, VerifiedAssertion};
use jiff::Timestamp;
use serde_json::json;

use crate::House;
use crate::address::ClientAddress;
use crate::client::Desks;
use crate::desks::{DeskName, EnrolledDesk, Enrolment, EnrolmentCode};
use crate::limits::Act;
use crate::page;
use crate::query::Query;
use crate::token::{error, form};

/// Answers an enrolment.
pub(crate) async fn enrol(
    State(house): State<Arc<House>>,
    from: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Desks::Enrolled(book) = &house.desks else {
        return page::nothing_here();
    };
    let now = house.clock.now();
    if let Err(wait) = house.admit(Act::Code, from, now) {
        return wait.answer();
    }
    let Some((code, desk, verified)) = form(&headers, &body).and_then(|form| read(&house, &form, now)) else {
        return refused();
    };
    let client_id = desk.client_id.clone();
    // The same proof must not authenticate the desk it has just enrolled.
    match house.book.shown_first(&client_id, &verified.jti, verified.expires, now).await {
        Ok(true) => {}
        Ok(false) => return refused(),
        Err(_) => return error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
    }
    match book.enrol(code.hash(), desk, now).await {
        Ok(Enrolment::Enrolled) => {
            house.was_right(Act::Code, from, now);
            tracing::info!(target: "audit", desk = client_id, act = "enrol", outcome = "done");
            (StatusCode::CREATED, Json(json!({"client_id": client_id}))).into_response()
        }
        Ok(Enrolment::Refused) => refused(),
        Err(_) => error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
    }
}

/// What was wrong is not told.
fn refused() -> Response {
    tracing::info!(target: "audit", act = "enrol", outcome = "refused");
    error(StatusCode::BAD_REQUEST, "invalid_grant")
}

fn read(house: &House, form: &Query, now: Timestamp) -> Option<(EnrolmentCode, EnrolledDesk, VerifiedAssertion)> {
    let code = EnrolmentCode::parse(form.get("enrolment_code")?)?;
    let name = DeskName::parse(form.get("desk_name")?)?;
    let key = PublicJwk::parse(form.get("jwk")?)?;
    let client_id = key.thumbprint();
    let assertion =
        form.get("client_assertion").filter(|_| form.get("client_assertion_type") == Some(ASSERTION_TYPE))?;
    let verified = ClientAssertion::verify(assertion, &key, &client_id, &[house.issuer.as_str()], now).ok()?;
    let desk = EnrolledDesk { client_id, name, key, enrolled: now, last_seen: None, revoked: None };
    Some((code, desk, verified))
}
