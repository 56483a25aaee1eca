//! `/authorize`: the closed list of parameters, and what each violation becomes.

use axum::response::Response;
use serde_json::Value;
use url::{Host, Url};

use crate::books::{Books, Interaction, SESSION_S, Session, Step, over};
use crate::refusal::{self, Refusal};
use crate::request::{Call, Parameters};
use crate::world::World;
use crate::{Client, Fault, answer, claims};

const ALLOWED: [&str; 11] = [
    "client_id",
    "acr_values",
    "claims",
    "response_type",
    "nonce",
    "state",
    "redirect_uri",
    "scope",
    "prompt",
    "idp_hint",
    "ui_locales",
];
const NONCE_MIN: usize = 22;
const LIST_MAX: usize = 64;
const LEVELS: [&str; 3] = ["eidas1", "eidas2", "eidas3"];
const SERVED_LEVEL: &str = "eidas1";

/// A request whose parameters have the right names and forms.
struct Demand<'a> {
    client_id: &'a str,
    redirect_uri: Url,
    redirect_uri_sent: &'a str,
    response_type: &'a str,
    scope: &'a str,
    acr_values: &'a str,
    state: &'a str,
    nonce: &'a str,
    claims: Option<&'a str>,
    idp_hint: Option<&'a str>,
}

impl<'a> Demand<'a> {
    fn parse(parameters: &'a Parameters) -> Option<Self> {
        if !parameters.only(&ALLOWED) || !prompt_is_allowed(parameters.get("prompt")) {
            return None;
        }
        let filled = |name| parameters.get(name).filter(|value| !value.is_empty());
        let redirect_uri_sent = filled("redirect_uri")?;
        Some(Self {
            client_id: filled("client_id")?,
            redirect_uri: sandbox_url(redirect_uri_sent)?,
            redirect_uri_sent,
            // An empty response_type is refused later, by redirect.
            response_type: parameters.get("response_type")?,
            scope: filled("scope")?,
            acr_values: filled("acr_values").filter(|value| value.len() <= LIST_MAX)?,
            state: filled("state")?,
            nonce: filled("nonce").filter(|value| value.chars().count() >= NONCE_MIN)?,
            claims: parameters.get("claims"),
            idp_hint: parameters.get("idp_hint"),
        })
    }
}

/// `login`, `consent` or both.
fn prompt_is_allowed(prompt: Option<&str>) -> bool {
    prompt.is_none_or(|prompt| {
        prompt.len() <= LIST_MAX && prompt.split(' ').all(|word| matches!(word, "login" | "consent"))
    })
}

/// The sandbox rule: http and https, names without a top level and IPv4 too; never a custom scheme.
fn sandbox_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https");
    let named = matches!(url.host(), Some(Host::Domain(_) | Host::Ipv4(_)));
    (web && named).then_some(url)
}

/// Returns the asked level when this platform does not serve it: the lowest known one counts,
/// an unknown one means the platform's own.
fn unserved_level(acr_values: &str) -> Option<String> {
    let asked = |level: &&str| acr_values.split(' ').any(|word| word == *level);
    let lowest = LEVELS.into_iter().find(asked).unwrap_or(SERVED_LEVEL);
    (lowest != SERVED_LEVEL).then(|| lowest.to_owned())
}

impl World {
    pub(crate) fn authorize(&self, books: &mut Books, call: &Call) -> Response {
        let Some(demand) = Demand::parse(call.parameters()) else {
            return answer::refused(&refusal::BAD_PARAMETERS, None);
        };
        let client = match known_client(books, &demand) {
            Ok(client) => client.clone(),
            Err(refusal) => return answer::refused(&refusal, None),
        };
        let live_session = self.live_session(books, call);
        let under_sso = live_session
            .as_ref()
            .is_some_and(|session| books.sessions.get(session).is_some_and(|session| session.signed_in.is_some()));
        if let Some(error) = error_by_redirect(&demand, under_sso) {
            return self.redirect_error(books, &demand.redirect_uri, error);
        }
        self.open_interaction(books, &demand, &client, live_session)
    }

    fn open_interaction(
        &self,
        books: &mut Books,
        demand: &Demand<'_>,
        client: &Client,
        live_session: Option<String>,
    ) -> Response {
        let now = self.now();
        books.prune(now);
        let (Some(uid), Some(fresh)) = (self.unguessable(), self.unguessable()) else {
            return answer::refused(&refusal::ENGINE, None);
        };
        let key = live_session.unwrap_or(fresh);
        let session = books.sessions.entry(key.clone()).or_insert_with(|| Session {
            signed_in: None,
            current: String::new(),
            seen: now,
        });
        session.current.clone_from(&uid);
        session.seen = now;
        let step = if asks_amr(demand.claims) { Step::Refused(refusal::AMR_NOT_GRANTED) } else { Step::Open };
        let interaction = Interaction {
            session: key.clone(),
            client_id: client.client_id.clone(),
            client_name: client.name.clone(),
            redirect_uri: demand.redirect_uri.clone(),
            redirect_uri_sent: demand.redirect_uri_sent.to_owned(),
            state: demand.state.to_owned(),
            nonce: demand.nonce.to_owned(),
            scopes: claims::known_scopes(demand.scope),
            unserved_acr: unserved_level(demand.acr_values),
            opened: now,
            step,
        };
        let location = self.at(&format!("/interaction/{uid}"));
        books.interactions.insert(uid, interaction);
        answer::with_session(answer::redirect(&location), &key)
    }

    /// Returns the browser's session if it still lives.
    fn live_session(&self, books: &Books, call: &Call) -> Option<String> {
        let key = call.session.as_ref()?;
        let session = books.sessions.get(key)?;
        (!over(session.seen, self.now(), SESSION_S)).then(|| key.clone())
    }

    /// Returns to the client with an error; `state` and `iss` go with every one.
    fn redirect_error(&self, books: &Books, uri: &Url, error: ErrorByRedirect<'_>) -> Response {
        let parameters = [("error", error.error), ("error_description", error.description)];
        self.redirect_to_client(books.fault, uri, error.state, &parameters, error.fragment)
    }

    /// The only way back to a client, success and error alike.
    pub(crate) fn redirect_to_client(
        &self,
        fault: Option<Fault>,
        uri: &Url,
        state: &str,
        parameters: &[(&str, &str)],
        fragment: bool,
    ) -> Response {
        let wrong_state = fault == Some(Fault::WrongStateInRedirect);
        let wrong_iss = fault == Some(Fault::WrongIssInRedirect);
        let state = if wrong_state { "an-other-state-than-the-one-that-was-sent" } else { state };
        let issuer = if wrong_iss { "http://127.0.0.1:9/api/v2" } else { self.issuer().as_str() };
        let all = [parameters, &[("state", state), ("iss", issuer)]].concat();
        let outcome = parameters.iter().find(|(name, _)| *name == "error").map(|(_, value)| *value);
        let response = answer::redirect_with(uri.clone(), &all, fragment);
        answer::with_outcome(response, outcome.unwrap_or("code"))
    }
}

fn known_client<'b>(books: &'b Books, demand: &Demand<'_>) -> Result<&'b Client, Refusal> {
    let client = books.clients.get(demand.client_id).ok_or(refusal::UNKNOWN_CLIENT)?;
    if client.may_return_to(&demand.redirect_uri) {
        Ok(client)
    } else if has_openid(demand.scope) {
        Err(refusal::UNREGISTERED_REDIRECT)
    } else {
        // Several things wrong at once give the engine's generic page.
        Err(refusal::ENGINE)
    }
}

fn has_openid(scope: &str) -> bool {
    scope.split(' ').any(|scope| scope == "openid")
}

fn asks_amr(claims: Option<&str>) -> bool {
    let claims = claims.and_then(|claims| serde_json::from_str::<Value>(claims).ok());
    claims.is_some_and(|claims| claims.pointer("/id_token/amr").is_some())
}

#[derive(Clone, Copy)]
struct ErrorByRedirect<'a> {
    error: &'static str,
    description: &'static str,
    state: &'a str,
    fragment: bool,
}

fn error_by_redirect<'a>(demand: &Demand<'a>, under_sso: bool) -> Option<ErrorByRedirect<'a>> {
    let found = |error, description| Some(ErrorByRedirect { error, description, state: demand.state, fragment: false });
    if demand.response_type.is_empty() {
        return found("invalid_request", "missing required parameter 'response_type'");
    }
    if demand.response_type != "code" {
        // Types that would put a token into the front channel are answered there: "token" and
        // "id_token" in the fragment, which no loopback listener sees.
        return found("unsupported_response_type", "unsupported response_type requested")
            .map(|error| ErrorByRedirect { fragment: demand.response_type.contains("token"), ..error });
    }
    if !has_openid(demand.scope) {
        return found("invalid_request", "openid scope must be requested when using the acr_values parameter");
    }
    if demand.claims.is_some_and(|claims| serde_json::from_str::<Value>(claims).is_err()) {
        return found("invalid_request", "could not parse the claims parameter JSON");
    }
    if demand.idp_hint.is_some() && !under_sso {
        // Observed: the state is lost on this path.
        return found("invalid_idp_hint", "An idp_hint was provided but is not allowed")
            .map(|error| ErrorByRedirect { state: "undefined", ..error });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_known_level_counts() {
        for (asked, unserved) in [
            ("eidas1", None),
            ("eidas1 eidas2", None),
            ("eidas3 eidas1", None),
            ("eidas9", None), // unknown: the platform's own
            ("eidas9 eidas3", Some("eidas3")),
            ("eidas2", Some("eidas2")),
            ("eidas3 eidas2", Some("eidas2")),
        ] {
            assert_eq!(unserved_level(asked).as_deref(), unserved, "{asked}");
        }
    }

    #[test]
    fn a_return_address_obeys_the_sandbox_rule() {
        for (uri, accepted) in [
            ("https://service.example.invalid/retour", true),
            ("http://service.example.invalid/retour", true),
            ("http://localhost:8080/retour", true),
            ("https://localhost:8080/retour", true),
            ("http://127.0.0.1:17890/retour", true),
            ("https://127.0.0.1:17890/retour", true),
            ("http://[::1]:17890/retour", false),
            ("comptoir://retour", false),
            ("fr.app:/retour", false),
            ("urn:ietf:wg:oauth:2.0:oob", false),
            ("retour", false),
        ] {
            assert_eq!(sandbox_url(uri).is_some(), accepted, "{uri}");
        }
    }
}
