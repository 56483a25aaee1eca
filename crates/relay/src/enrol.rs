//! A desk makes itself known: the administrator's code, a public key, and the proof that it has the other half.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use comptoir_franceconnect::{ASSERTION_TYPE, ClientAssertion, PublicJwk};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::House;
use crate::client::Desks;
use crate::desks::{DeskName, EnrolledDesk, Enrolment, EnrolmentCode};
use crate::page;
use crate::query::Query;
use crate::token::{error, form};

/// Codes that one address may try in a row; then one a minute.
const TRIES: i32 = 5;
const TRY_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Addresses remembered.
const MOST: usize = 10_000;

/// Answers an enrolment.
pub(crate) async fn enrol(
    State(house): State<Arc<House>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Desks::Enrolled(book) = &house.desks else {
        return page::nothing_here();
    };
    let now = house.clock.now();
    if let Err(wait) = house.enrolments.may_try(from.ip(), now) {
        let retry = [(header::RETRY_AFTER, wait.as_secs().max(1).to_string())];
        return (retry, error(StatusCode::TOO_MANY_REQUESTS, "slow_down")).into_response();
    }
    let Some(desk) = form(&headers, &body).and_then(|form| read(&house, &form, now)) else {
        tracing::info!(target: "audit", act = "enrol", outcome = "refused");
        return error(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let (code, desk) = desk;
    let client_id = desk.client_id.clone();
    match book.enrol(code.hash(), desk, now).await {
        Ok(Enrolment::Enrolled) => {
            tracing::info!(target: "audit", desk = client_id, act = "enrol", outcome = "done");
            (StatusCode::CREATED, Json(json!({"client_id": client_id}))).into_response()
        }
        Ok(Enrolment::Refused) => {
            tracing::info!(target: "audit", act = "enrol", outcome = "refused");
            error(StatusCode::BAD_REQUEST, "invalid_grant")
        }
        Err(_) => error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
    }
}

fn read(house: &House, form: &Query, now: Timestamp) -> Option<(EnrolmentCode, EnrolledDesk)> {
    let code = EnrolmentCode::parse(form.get("enrolment_code")?)?;
    let name = DeskName::parse(form.get("desk_name")?)?;
    let key = PublicJwk::parse(form.get("jwk")?)?;
    let client_id = key.thumbprint();
    let assertion =
        form.get("client_assertion").filter(|_| form.get("client_assertion_type") == Some(ASSERTION_TYPE))?;
    let verified = ClientAssertion::verify(assertion, &key, &client_id, &[house.issuer.as_str()], now).ok()?;
    // The same proof must not authenticate the desk it has just enrolled.
    house.assertions.take(&client_id, &verified.jti, verified.expires, now).then_some(())?;
    Some((code, EnrolledDesk { client_id, name, key, enrolled: now, last_seen: None, revoked: None }))
}

/// How many codes each address has tried: a bucket that fills again with time.
#[derive(Debug, Default)]
pub(crate) struct Enrolments(Mutex<HashMap<IpAddr, Timestamp>>);

impl Enrolments {
    /// Counts a try; the error is how long to wait for the next.
    pub(crate) fn may_try(&self, from: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        full_at.retain(|_, at| now < *at);
        let was = full_at.get(&from).copied().unwrap_or(now);
        let next = was.saturating_add(TRY_EVERY).unwrap_or(Timestamp::MAX);
        let allowed = TRY_EVERY.saturating_mul(TRIES);
        let ahead = next.duration_since(now);
        // With the table full, strangers wait: those that are counted stay counted.
        if ahead > allowed || (full_at.len() >= MOST && !full_at.contains_key(&from)) {
            return Err(if ahead > allowed { ahead - allowed } else { TRY_EVERY });
        }
        full_at.insert(from, next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_tried_slowly() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (one, two) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let tries = Enrolments::default();
        for _ in 0..TRIES {
            assert_eq!(tries.may_try(one, at(0)), Ok(()));
        }
        for (rule, from, now, expected) in [
            ("too many", one, 0, Err(60)),
            ("still", one, 59, Err(1)),
            ("another address", two, 59, Ok(())),
            ("after a minute", one, 60, Ok(())),
            ("one only", one, 60, Err(60)),
            ("after five, all five again", one, 400, Ok(())),
        ] {
            assert_eq!(tries.may_try(from, at(now)).map_err(|wait| wait.as_secs()), expected, "{rule}");
        }
    }
}
