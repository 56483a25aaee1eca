//! `/authorize`: the closed list of parameters, and what each violation becomes.

use axum::response::Response;
use serde_json::Value;
use url::{Host, Url};

use crate::books::{Books, Interaction, Session, Step, over};
use crate::provider::{self, IdentityProvider};
use crate::refusal::{self, Refusal};
use crate::request::{Call, Parameters};
use crate::world::World;
use crate::{Client, Fault, Platform, Quirks, Rules, answer, claims, fetch};

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
const LIST_MAX: usize = 64;
const LEVELS: [&str; 3] = ["eidas1", "eidas2", "eidas3"];

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
    prompt: Option<&'a str>,
    claims: Option<&'a str>,
    idp_hint: Option<&'a str>,
}

impl<'a> Demand<'a> {
    fn parse(parameters: &'a Parameters, rules: Rules, nonce_min: usize) -> Option<Self> {
        if !parameters.only(&ALLOWED) || !prompt_is_allowed(parameters.get("prompt")) {
            return None;
        }
        let filled = |name| parameters.get(name).filter(|value| !value.is_empty());
        let redirect_uri_sent = filled("redirect_uri")?;
        Some(Self {
            client_id: filled("client_id")?,
            redirect_uri: address(redirect_uri_sent, rules)?,
            redirect_uri_sent,
            // An empty response_type is refused later, by redirect.
            response_type: parameters.get("response_type")?,
            scope: filled("scope")?,
            acr_values: filled("acr_values").filter(|value| value.len() <= LIST_MAX)?,
            state: filled("state")?,
            nonce: filled("nonce").filter(|value| value.chars().count() >= nonce_min)?,
            prompt: parameters.get("prompt"),
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

/// The sandbox takes http and https, names without a top level and IPv4; the strict rules want https
/// and a top level. Neither takes IPv6 or a custom scheme.
fn address(text: &str, rules: Rules) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let allowed = match (url.scheme(), url.host(), rules) {
        ("http" | "https", Some(Host::Domain(_) | Host::Ipv4(_)), Rules::Sandbox)
        | ("https", Some(Host::Ipv4(_)), Rules::Strict) => true,
        ("https", Some(Host::Domain(name)), Rules::Strict) => name.contains('.'),
        _ => false,
    };
    allowed.then_some(url)
}

/// Returns the level asked: the lowest known one counts, an unknown one means the platform's own.
fn asked_level(platform: Platform, acr_values: &str) -> &'static str {
    let asked = |level: &&str| acr_values.split(' ').any(|word| word == *level);
    LEVELS.into_iter().find(asked).unwrap_or(platform.usual_level())
}

/// How much a level is worth.
pub(crate) fn rank(level: &str) -> Option<usize> {
    LEVELS.iter().position(|known| *known == level)
}

impl World {
    pub(crate) fn authorize(&self, books: &mut Books, call: &Call) -> Response {
        let Some(demand) = Demand::parse(call.parameters(), self.rules(), self.quirks().nonce_min) else {
            return answer::refused(&refusal::BAD_PARAMETERS, None);
        };
        let client = match known_client(books, &demand, call.fetched.as_ref()) {
            Ok(client) => client.clone(),
            Err(refusal) => return answer::refused(&refusal, None),
        };
        let live_session = self.live_session(books, call);
        let level = asked_level(self.platform(), demand.acr_values);
        let under_sso = live_session.as_ref().is_some_and(|key| self.goes_on_under_sso(books, key, &client, level));
        if let Some(error) = self.error_by_redirect(&demand, &client, level, under_sso) {
            return self.redirect_error(books, call, &demand.redirect_uri, &error);
        }
        // A hint is for the choice of provider, which SSO skips.
        let hinted = demand.idp_hint.filter(|_| !under_sso).and_then(|hint| provider::find(self.platform(), hint));
        self.open_interaction(books, &demand, &client, live_session, hinted)
    }

    /// Tells whether the session's sign-in serves this request too; one that does not is forgotten.
    fn goes_on_under_sso(&self, books: &mut Books, key: &str, client: &Client, level: &str) -> bool {
        let Some(session) = books.sessions.get_mut(key) else {
            return false;
        };
        let high_level = self.platform() == Platform::High && level == "eidas3";
        if session.signed_in.as_ref().is_some_and(|one| high_level || !client.providers.lets(one.provider.id)) {
            session.signed_in = None;
        }
        session.signed_in.is_some()
    }

    fn open_interaction(
        &self,
        books: &mut Books,
        demand: &Demand<'_>,
        client: &Client,
        live_session: Option<String>,
        hinted: Option<&IdentityProvider>,
    ) -> Response {
        let now = self.now();
        books.prune(now, self.platform().session_s());
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
        let amr = asks_amr(demand.claims);
        let granted = client.claims.iter().any(|claim| claim == "amr");
        let step = if amr && !granted { Step::Refused(refusal::AMR_NOT_GRANTED) } else { Step::Open };
        let level = asked_level(self.platform(), demand.acr_values);
        let interaction = Interaction {
            session: key.clone(),
            client_id: client.client_id.clone(),
            client_name: client.name.clone(),
            redirect_uri: demand.redirect_uri.clone(),
            redirect_uri_sent: demand.redirect_uri_sent.to_owned(),
            state: demand.state.to_owned(),
            nonce: demand.nonce.to_owned(),
            scopes: claims::kept_scopes(self.platform(), client, demand.scope),
            level,
            level_served: self.platform().levels().contains(&level),
            amr,
            spared: spares_information(demand.prompt, client),
            opened: now,
            step,
        };
        let location = match hinted {
            Some(provider) => self.at(&format!("/interaction/{uid}/sign-in?provider={}", provider.id)),
            None => self.at(&format!("/interaction/{uid}")),
        };
        books.interactions.insert(uid, interaction);
        answer::with_session(answer::redirect(&location), &key, self.platform())
    }

    /// Returns the browser's session if it still lives.
    fn live_session(&self, books: &Books, call: &Call) -> Option<String> {
        let key = call.session.as_ref()?;
        let session = books.sessions.get(key)?;
        (!over(session.seen, self.now(), self.platform().session_s())).then(|| key.clone())
    }

    /// Returns to the client with an error; `state` and `iss` go with every one.
    fn redirect_error(&self, books: &mut Books, call: &Call, uri: &Url, error: &ErrorByRedirect<'_>) -> Response {
        let parameters = [("error", error.error), ("error_description", error.description.as_str())];
        self.redirect_to_client(books, call, uri, error.state, &parameters, error.fragment)
    }

    /// The only way back to a client, success and error alike.
    pub(crate) fn redirect_to_client(
        &self,
        books: &mut Books,
        call: &Call,
        uri: &Url,
        state: &str,
        parameters: &[(&str, &str)],
        fragment: bool,
    ) -> Response {
        let is = |fault| call.fault == Some(fault);
        let last_state = books.last_state.clone();
        let sent = match &last_state {
            _ if is(Fault::WrongStateInRedirect) => "an-other-state-than-the-one-that-was-sent",
            Some(last) if is(Fault::ReplayedState) => last,
            Some(_) | None => state,
        };
        let another = "http://127.0.0.1:9/api/v2";
        let issuer = if is(Fault::WrongIssInRedirect) { another } else { self.issuer().as_str() };
        let all = [parameters, &[("state", sent), ("iss", issuer)]].concat();
        let outcome = parameters.iter().find(|(name, _)| *name == "error").map(|(_, value)| *value);
        if is(Fault::DuplicatedCallback) && !fragment {
            let mut twice = uri.clone();
            twice.query_pairs_mut().extend_pairs(&all);
            tokio::spawn(async move { fetch::visit(&twice).await });
        }
        books.last_state = Some(state.to_owned());
        let response = answer::redirect_with(uri.clone(), &all, fragment);
        answer::with_outcome(response, outcome.unwrap_or("code"))
    }

    fn error_by_redirect<'a>(
        &self,
        demand: &Demand<'a>,
        client: &Client,
        level: &str,
        under_sso: bool,
    ) -> Option<ErrorByRedirect<'a>> {
        let quirks: Quirks = self.quirks();
        let found = |error, description: &str| {
            Some(ErrorByRedirect { error, description: description.to_owned(), state: demand.state, fragment: false })
        };
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
        if quirks.ungranted_scope_refused && claims::asks_ungranted(self.platform(), client, demand.scope) {
            return found("invalid_scope", "requested scope is not allowed");
        }
        if demand.claims.is_some_and(|claims| serde_json::from_str::<Value>(claims).is_err()) {
            return found("invalid_request", "could not parse the claims parameter JSON");
        }
        if quirks.acr_refused_at_once && !self.platform().levels().contains(&level) {
            return found("invalid_acr", &self.unserved(level));
        }
        let refused = |hint: &str| {
            let known = provider::find(self.platform(), hint).is_some();
            !known || !client.idp_hints.iter().any(|allowed| allowed == hint)
        };
        if demand.idp_hint.is_some_and(refused) && !under_sso {
            // Observed: the state is lost on this path.
            let state = if quirks.hint_refusal_keeps_state { demand.state } else { "undefined" };
            return found("invalid_idp_hint", "An idp_hint was provided but is not allowed")
                .map(|error| ErrorByRedirect { state, ..error });
        }
        None
    }

    /// Describes the refusal of a level.
    pub(crate) fn unserved(&self, level: &str) -> String {
        let served = self.platform().levels().join(",");
        format!("acr_value is not valid, should be equal one of these values, expected {served}, got {level}")
    }
}

fn known_client<'b>(books: &'b Books, demand: &Demand<'_>, sector: Option<&Value>) -> Result<&'b Client, Refusal> {
    let client = books.clients.get(demand.client_id).ok_or(refusal::UNKNOWN_CLIENT)?;
    if client.sector_identifier_uri.is_some() {
        let listed = sector.and_then(Value::as_array).ok_or(refusal::SECTOR_UNREACHABLE)?;
        if !client.redirect_uris.iter().all(|uri| listed.iter().any(|known| known == uri)) {
            return Err(refusal::SECTOR_INCONSISTENT);
        }
    } else if client.returns_to_several_hosts() {
        // OpenID Connect Core §8.1. The engine's error has no code of its own that is known.
        return Err(refusal::ENGINE);
    }
    if client.may_return_to(&demand.redirect_uri) {
        Ok(client)
    } else if has_openid(demand.scope) {
        Err(refusal::UNREGISTERED_REDIRECT)
    } else {
        // Several things wrong at once give the engine's generic page.
        Err(refusal::ENGINE)
    }
}

/// A client that was granted `login` spares its visitors the information page by asking for it.
fn spares_information(prompt: Option<&str>, client: &Client) -> bool {
    let asked = prompt.is_some_and(|prompt| prompt.split(' ').any(|word| word == "login"));
    asked && client.prompts.iter().any(|granted| granted == "login")
}

fn has_openid(scope: &str) -> bool {
    scope.split(' ').any(|scope| scope == "openid")
}

fn asks_amr(claims: Option<&str>) -> bool {
    let claims = claims.and_then(|claims| serde_json::from_str::<Value>(claims).ok());
    claims.is_some_and(|claims| claims.pointer("/id_token/amr").is_some())
}

struct ErrorByRedirect<'a> {
    error: &'static str,
    description: String,
    state: &'a str,
    fragment: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_known_level_counts() {
        for (asked, low, high) in [
            ("eidas1", "eidas1", "eidas1"),
            ("eidas1 eidas2", "eidas1", "eidas1"),
            ("eidas3 eidas1", "eidas1", "eidas1"),
            ("eidas9", "eidas1", "eidas3"), // unknown: the platform's own
            ("eidas9 eidas3", "eidas3", "eidas3"),
            ("eidas2", "eidas2", "eidas2"),
            ("eidas3 eidas2", "eidas2", "eidas2"),
        ] {
            assert_eq!(asked_level(Platform::Low, asked), low, "{asked}");
            assert_eq!(asked_level(Platform::High, asked), high, "{asked}");
        }
    }

    #[test]
    fn a_return_address_obeys_its_rules() {
        for (uri, sandbox, strict) in [
            ("https://service.example.invalid/retour", true, true),
            ("http://service.example.invalid/retour", true, false),
            ("http://localhost:8080/retour", true, false),
            ("https://localhost:8080/retour", true, false),
            ("http://127.0.0.1:17890/retour", true, false),
            ("https://127.0.0.1:17890/retour", true, true),
            ("http://[::1]:17890/retour", false, false),
            ("comptoir://retour", false, false),
            ("fr.app:/retour", false, false),
            ("urn:ietf:wg:oauth:2.0:oob", false, false),
            ("retour", false, false),
        ] {
            assert_eq!(address(uri, Rules::Sandbox).is_some(), sandbox, "sandbox {uri}");
            assert_eq!(address(uri, Rules::Strict).is_some(), strict, "strict {uri}");
        }
    }
}
