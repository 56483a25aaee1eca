//! The way to FranceConnect, and back.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::{
    AcrValue, Attempt, AuthorizationCode, AuthorizationError, ExchangeError, ExchangeFault, Fault, ReturnQuery, Secret,
    franceconnect_nonce, read_return,
};
use url::Url;

use crate::House;
use crate::address::ClientAddress;
use crate::book::{Afterwards, DeskRequest, Granted, Pending, Way};
use crate::client::Stranger;
use crate::counters::Came;
use crate::device;
use crate::limits::Act;
use crate::page;
use crate::query::{Query, desk_return, is_token};

/// Answers a desk's authorization request: sends the browser to FranceConnect.
pub(crate) async fn authorize(
    State(house): State<Arc<House>>,
    from: ClientAddress,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(wait) = house.admit(Act::SignIn, from, house.clock.now()) {
        return wait.page();
    }
    let Some(query) = Query::parse(query.as_deref().unwrap_or_default()) else {
        return page::not_a_desk("RL-01");
    };
    let Some(client_id) = query.get("client_id") else {
        return page::not_a_desk("RL-01");
    };
    match house.may_ask(client_id).await {
        Ok(()) => {}
        Err(Stranger::Unknown) => return page::not_a_desk("RL-01"),
        Err(Stranger::Unavailable) => return page::unavailable(),
    }
    if let Err(wait) = house.admit_desk(Act::SignIn, client_id, from, house.clock.now()) {
        return wait.page();
    }
    let Some(return_uri) = query.get("redirect_uri").and_then(desk_return) else {
        return page::not_a_desk("RL-02");
    };
    let state = query.get("state").filter(|state| is_token(state, 1, 512));
    let desk = match read_request(&query, client_id, &return_uri, state, house.upstream.required_acr()) {
        Ok(desk) => desk,
        Err(error) => {
            house.counted.one(Came::RefusedRequest);
            return page::send_on(&refusal(&house.issuer, &return_uri, state, error));
        }
    };
    let now = house.clock.now();
    // A derived nonce: the desk finds it in FranceConnect's own ID token.
    let nonce = franceconnect_nonce(&desk.nonce);
    match Attempt::begin_for_desk(&house.upstream, nonce, house.rng.as_ref(), now) {
        Ok(attempt) => {
            let pending = Pending { attempt, desk };
            if let Err(error) = house.book.begin(&pending, now).await {
                tracing::error!(%error, "a sign-in could not begin");
                return page::send_on(&refusal(&house.issuer, &return_uri, state, "temporarily_unavailable"));
            }
            house.counted.one(Came::Begun);
            page::send_on(pending.attempt.authorize_url())
        }
        Err(error) => {
            tracing::error!(code = error.code(), "a sign-in could not begin");
            page::send_on(&refusal(&house.issuer, &return_uri, state, "server_error"))
        }
    }
}

/// Answers FranceConnect's return: exchanges the code and sends the browser back to the desk.
pub(crate) async fn callback(
    State(house): State<Arc<House>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(returned) = read_return(query.as_deref().unwrap_or_default()) else {
        return page::over();
    };
    let state = returned.state().expose();
    let Pending { attempt, desk } = match house.book.take_pending(state, &house.upstream, house.clock.now()).await {
        Ok(Some(pending)) => pending,
        Ok(None) => return page::over(),
        Err(_) => return page::unavailable(),
    };
    house.counted.took(attempt.started(), house.clock.now());
    let brought = match returned.from_issuer(house.upstream.issuer()) {
        Some(ReturnQuery::Code(code)) => Ok(code),
        Some(ReturnQuery::Error(error)) => Err(error),
        // Another provider's answer to our question (RFC 9207).
        None => Err(AuthorizationError::ServerError),
    };
    match desk.way.clone() {
        Way::Phone(phone) => device::returned(&house, &headers, attempt, desk, phone, brought).await,
        Way::Browser { return_uri, state } => {
            let back = Back { issuer: &house.issuer, return_uri, state };
            match brought {
                Ok(code) => exchange(&house, attempt, desk, back, code).await,
                Err(error) => {
                    house.counted.one(if error.is_refusal() { Came::Denied } else { Came::Failed });
                    page::send_on(&back.refused(error.as_str()))
                }
            }
        }
    }
}

/// The way back to a desk on the same machine.
struct Back<'a> {
    issuer: &'a str,
    return_uri: Url,
    state: String,
}

impl Back<'_> {
    fn refused(&self, error: &str) -> Url {
        refusal(self.issuer, &self.return_uri, Some(&self.state), error)
    }

    fn granted(&self, code: &Secret) -> Url {
        let mut back = self.return_uri.clone();
        back.query_pairs_mut()
            .append_pair("code", code.expose())
            .append_pair("state", &self.state)
            .append_pair("iss", self.issuer);
        back
    }
}

async fn exchange(
    house: &House,
    attempt: Attempt,
    desk: DeskRequest,
    back: Back<'_>,
    code: AuthorizationCode,
) -> Response {
    match attempt.exchange(code, &house.http, house.clock.as_ref()).await {
        Ok(signed_in) => {
            let Ok(code) = Secret::random_base64url(house.rng.as_ref()) else {
                return page::unavailable();
            };
            let granted = Granted { desk, evidence: signed_in.into_evidence() };
            match house.book.grant(&code, &granted, house.clock.now()).await {
                Ok(()) => {
                    house.counted.one(Came::Granted);
                    page::send_on(&back.granted(&code))
                }
                Err(error) => {
                    house.counted.one(Came::Failed);
                    tracing::error!(%error, "an identity could not be kept for its desk");
                    page::send_on(&back.refused("temporarily_unavailable"))
                }
            }
        }
        Err(failure) => {
            house.counted.one(Came::Failed);
            tracing::warn!(code = failure.code(), reference = failure.reference(), "an exchange failed");
            let back = back.refused(error_of(&failure));
            leave_first(house, failure, back).await
        }
    }
}

/// Ends a session that FranceConnect opened for nothing, before the browser goes back to the desk.
async fn leave_first(house: &House, failure: ExchangeError, back: Url) -> Response {
    let state = Secret::random_hex(house.rng.as_ref()).ok();
    match (failure.owed_logout, state) {
        (Some(hint), Some(state)) => {
            let leave = house.upstream.end_session_url(&hint, &house.end_uri, &state);
            match house.book.leave(&state, &Afterwards::Desk(back.clone()), house.clock.now()).await {
                Ok(()) => page::send_on(&leave),
                Err(_) => page::send_on(&back),
            }
        }
        (Some(_) | None, _) => page::send_on(&back),
    }
}

/// The error that tells a desk what FranceConnect's answer came to.
pub(crate) fn error_of(failure: &ExchangeError) -> &'static str {
    if matches!(failure.fault, ExchangeFault::Unreachable(_) | ExchangeFault::TimedOut) {
        "temporarily_unavailable"
    } else if matches!(failure.fault, ExchangeFault::LevelTooLow { .. }) {
        "invalid_acr"
    } else if matches!(failure.fault, ExchangeFault::SessionReused) {
        // OIDC Core §3.1.2.6: the person must sign in anew.
        "login_required"
    } else {
        "server_error"
    }
}

fn read_request(
    query: &Query,
    client_id: &str,
    return_uri: &Url,
    state: Option<&str>,
    served: AcrValue,
) -> Result<DeskRequest, &'static str> {
    let state = state.ok_or("invalid_request")?;
    if query.get("response_type").ok_or("invalid_request")? != "code" {
        return Err("unsupported_response_type");
    }
    if query.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err("invalid_request");
    }
    if query.get("request").is_some() {
        return Err("request_not_supported");
    }
    if query.get("request_uri").is_some() {
        return Err("request_uri_not_supported");
    }
    if query.get("prompt") == Some("none") {
        return Err("login_required");
    }
    let (nonce, challenge) = read_asked(query, served)?;
    Ok(DeskRequest {
        client_id: client_id.to_owned(),
        nonce,
        challenge,
        way: Way::Browser { return_uri: return_uri.clone(), state: state.to_owned() },
    })
}

/// Reads what every desk asks with, whichever way the person signs in: its nonce, and its PKCE challenge.
pub(crate) fn read_asked(query: &Query, served: AcrValue) -> Result<(String, String), &'static str> {
    if !query.get("scope").unwrap_or_default().split(' ').any(|scope| scope == "openid") {
        return Err("invalid_scope");
    }
    // As FranceConnect counts (franceconnect.md §1.6).
    let nonce = query.get("nonce").filter(|nonce| is_token(nonce, 22, 256)).ok_or("invalid_request")?;
    // RFC 7636: S256 only; `plain` would be no protection against whoever reads the request.
    if query.get("code_challenge_method") != Some("S256") {
        return Err("invalid_request");
    }
    let challenge = query.get("code_challenge").filter(|text| is_challenge(text)).ok_or("invalid_request")?;
    if let Some(asked) = query.get("acr_values") {
        let least = asked.split(' ').filter_map(|value| value.parse::<AcrValue>().ok()).min();
        if least.is_none_or(|least| least > served) {
            return Err("invalid_acr");
        }
    }
    Ok((nonce.to_owned(), challenge.to_owned()))
}

/// A SHA-256, in base64url without padding.
fn is_challenge(text: &str) -> bool {
    text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

fn refusal(issuer: &str, return_uri: &Url, state: Option<&str>, error: &str) -> Url {
    let mut back = return_uri.clone();
    {
        let mut pairs = back.query_pairs_mut();
        pairs.append_pair("error", error);
        if let Some(state) = state {
            pairs.append_pair("state", state);
        }
        pairs.append_pair("iss", issuer);
    }
    back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_asks_completely_or_is_refused() {
        const RIGHT: &[(&str, &str)] = &[
            ("response_type", "code"),
            ("scope", "openid identite_pivot"),
            ("nonce", "0123456789012345678901"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
            ("acr_values", "eidas1"),
        ];
        for (rule, name, value, expected) in [
            ("right", "ui_locales", "fr", None),
            ("another response type", "response_type", "token", Some("unsupported_response_type")),
            ("no response type", "response_type", "", Some("invalid_request")),
            ("no openid", "scope", "profile", Some("invalid_scope")),
            ("openid within a word", "scope", "xopenid", Some("invalid_scope")),
            ("short nonce", "nonce", "012345678901234567890", Some("invalid_request")),
            ("no nonce", "nonce", "", Some("invalid_request")),
            ("plain PKCE", "code_challenge_method", "plain", Some("invalid_request")),
            ("no PKCE method", "code_challenge_method", "", Some("invalid_request")),
            ("no challenge", "code_challenge", "", Some("invalid_request")),
            ("challenge cut", "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw", Some("invalid_request")),
            (
                "challenge padded",
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=",
                Some("invalid_request"),
            ),
            ("higher level", "acr_values", "eidas2", Some("invalid_acr")),
            ("unknown level", "acr_values", "gold", Some("invalid_acr")),
            ("lowest known level counts", "acr_values", "eidas2 eidas1", None),
            ("fragment", "response_mode", "fragment", Some("invalid_request")),
            ("silent", "prompt", "none", Some("login_required")),
            ("request object", "request", "a.b.c", Some("request_not_supported")),
        ] {
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            for (own, right) in RIGHT.iter().filter(|(own, _)| *own != name) {
                text.append_pair(own, right);
            }
            let query = Query::parse(&text.append_pair(name, value).finish()).unwrap();
            let return_uri = Url::parse("http://127.0.0.1:49152/retour").unwrap();
            let read = read_request(&query, "comptoir", &return_uri, Some("s"), AcrValue::Eidas1);
            assert_eq!(read.err(), expected, "{rule}");
        }
    }
}
