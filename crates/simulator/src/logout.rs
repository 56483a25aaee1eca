//! `/session/end`: the end of the session in the person's browser.

use axum::response::Response;
use serde_json::json;
use url::Url;

use crate::books::{Books, Issued, Logout, fingerprint};
use crate::request::Call;
use crate::world::World;
use crate::{Fault, answer, pages, refusal};

const ALLOWED: [&str; 6] =
    ["id_token_hint", "post_logout_redirect_uri", "state", "client_id", "logout_hint", "ui_locales"];

impl World {
    /// Checks the request and shows the page that submits itself.
    pub(crate) fn session_end(&self, books: &mut Books, call: &Call) -> Response {
        let query = &call.query;
        let hint = query.get("id_token_hint").filter(|hint| !hint.is_empty());
        let (true, Some(hint)) = (query.only(&ALLOWED), hint) else {
            return answer::refused(&refusal::BAD_REQUEST, None);
        };
        // A token this provider issued is known, expired or not: nothing else needs proving.
        let Some(issued) = books.issued.get(&fingerprint(hint)).cloned() else {
            return bad_logout("could not validate id_token_hint");
        };
        if query.get("client_id").is_some_and(|client_id| client_id != issued.client_id) {
            return bad_logout("client_id does not match the provided id_token_hint");
        }
        let redirect = match query.get("post_logout_redirect_uri") {
            None => None,
            Some(uri) => match registered_exit(books, &issued, uri) {
                Some(exit) => Some(with_state(exit, query.get("state"))),
                None => return bad_logout("post_logout_redirect_uri not registered"),
            },
        };
        if call.fault == Some(Fault::LogoutNeverReturns) {
            return answer::page(200, pages::logout_stuck());
        }
        let Some(key) = self.unguessable() else {
            return answer::refused(&refusal::ENGINE, None);
        };
        let page = pages::logout(&self.at("/session/end/confirm"), &key);
        books.logouts.insert(key, Logout { session: issued.session, redirect });
        answer::page(200, page)
    }

    /// Ends the session the hint came from, and the browser's own, then leads back.
    pub(crate) fn session_end_confirm(&self, books: &mut Books, call: &Call) -> Response {
        let key = call.parameters().get("logout").unwrap_or_default();
        let Some(logout) = books.logouts.remove(key) else {
            return answer::refused(&refusal::BAD_REQUEST, None);
        };
        books.end_session(&logout.session);
        if let Some(session) = &call.session {
            books.end_session(session);
        }
        let to = logout.redirect.map_or_else(|| self.at("/session/end/success"), String::from);
        answer::without_session(answer::redirect(&to))
    }
}

fn registered_exit(books: &Books, issued: &Issued, uri: &str) -> Option<Url> {
    let exit = Url::parse(uri).ok()?;
    let client = books.clients.get(&issued.client_id)?;
    client.may_log_out_to(&exit).then_some(exit)
}

fn with_state(mut exit: Url, state: Option<&str>) -> Url {
    if let Some(state) = state {
        exit.query_pairs_mut().append_pair("state", state);
    }
    exit
}

/// Raw JSON in the browser: what the engine shows when it refuses a logout.
fn bad_logout(description: &str) -> Response {
    let body = json!({ "error": "invalid_request", "error_description": description });
    answer::with_outcome(answer::json(400, &body), refusal::BAD_REQUEST.code)
}
