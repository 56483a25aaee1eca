//! A simulator with a clock of its own, two registered clients, and a browser that stops at each hop.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_simulator::{Algorithm, Client, Options, Platform, Simulator};
use jiff::Timestamp;
use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode};
use serde_json::{Map, Value};
use url::Url;

/// Parameters to replace, add or, with the value `-`, leave out.
pub(crate) type Changes = &'static [(&'static str, &'static str)];

pub(crate) const BACK: &str = "http://127.0.0.1:17890/retour";
pub(crate) const EXIT: &str = "http://127.0.0.1:17890/fin";
pub(crate) const STATE: &str = "state-0123456789-0123456789-0123456789-012345678";
pub(crate) const NONCE: &str = "nonce-0123456789-0123456789-0123456789-012345678";
pub(crate) const SECRET: &str = "a-secret-of-at-least-32-characters";
pub(crate) const START: i64 = 1_800_000_000;

pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    /// The relying party's back channel: no cookies.
    pub(crate) http: reqwest::Client,
    now: Arc<AtomicI64>,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn high() -> Self {
        Self::with(|options| options.platform = Platform::High).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let now = Arc::new(AtomicI64::new(START));
        let seconds = Arc::clone(&now);
        let clock = move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap();
        let simulator = {
            let mut options = Options::low(0, Arc::new(clock));
            change(&mut options);
            Simulator::start(options).await.unwrap()
        };
        simulator.register(client("relais", Algorithm::Es256));
        simulator.register(client("autre", Algorithm::Rs256));
        Self { simulator, http: http(false), now }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.issuer())
    }

    pub(crate) async fn token(&self, code: &str, changes: &[(&str, &str)]) -> (StatusCode, Value) {
        self.token_of("relais", code, changes).await
    }

    pub(crate) async fn token_of(&self, client_id: &str, code: &str, changes: &[(&str, &str)]) -> (StatusCode, Value) {
        let form = changed(
            &[
                ("grant_type", "authorization_code"),
                ("client_id", client_id),
                ("client_secret", SECRET),
                ("redirect_uri", BACK),
                ("code", code),
            ],
            changes,
        );
        let response = self.http.post(self.at("/token")).form(&form).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(crate) async fn userinfo(&self, access_token: &Value) -> Response {
        let bearer = access_token.as_str().unwrap();
        self.http.get(self.at("/userinfo")).bearer_auth(bearer).send().await.unwrap()
    }

    /// Verifies a JWT against the published keys and returns its claims.
    pub(crate) async fn verified(&self, token: &str, algorithm: Algorithm) -> Option<Map<String, Value>> {
        let jwks: jsonwebtoken::jwk::JwkSet =
            self.http.get(self.at("/jwks")).send().await.unwrap().json().await.unwrap();
        let header = jsonwebtoken::decode_header(token).ok()?;
        let algorithm = match algorithm {
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::Hs256 => return None,
        };
        let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&header.kid?)?).ok()?;
        let mut validation = jsonwebtoken::Validation::new(algorithm);
        // The bench's clock is not the machine's.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode(token, &key, &validation).ok().map(|decoded| decoded.claims)
    }
}

pub(crate) fn client(client_id: &str, algorithm: Algorithm) -> Client {
    let name = format!("Service {client_id}");
    let client = Client::new(client_id, SECRET, &name, vec![BACK.to_owned()], vec![EXIT.to_owned()]);
    Client { algorithm, ..client }
}

pub(crate) fn http(cookies: bool) -> reqwest::Client {
    // A second installation is refused, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let policy = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(policy).cookie_store(cookies).build().unwrap()
}

/// Replaces parameters by name, adds those that are new, and drops those whose new value is `-`.
pub(crate) fn changed<'a>(usual: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<(&str, &str)> =
        usual.iter().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name)).copied().collect();
    all.extend(changes.iter().filter(|(_, value)| *value != "-"));
    all
}

/// A page or a redirect, as the browser holds it.
pub(crate) struct Hop {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) html: String,
}

impl Hop {
    async fn of(response: Response) -> Self {
        let location = response.headers().get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
        Self { status: response.status(), location, html: response.text().await.unwrap() }
    }

    pub(crate) fn location(&self) -> &str {
        self.location.as_deref().unwrap_or_else(|| panic!("no redirect: {} {}", self.status, self.html))
    }

    /// Returns the parameters of the address this redirect leads to.
    pub(crate) fn returned(&self) -> HashMap<String, String> {
        let url = Url::parse(self.location()).unwrap();
        assert!(self.location().starts_with(BACK) || self.location().starts_with(EXIT));
        url.query_pairs().into_owned().collect()
    }

    /// Returns the code a refusal page shows.
    pub(crate) fn code(&self) -> Option<&str> {
        let (_, after) = self.html.split_once("<code id=\"code\">")?;
        Some(after.split_once('<')?.0)
    }

    /// Returns an attribute of the element with this id.
    pub(crate) fn attribute(&self, id: &str, name: &str) -> Option<String> {
        let (before, after) = self.html.split_once(&format!("id=\"{id}\""))?;
        let element = format!("{}{}", before.rsplit_once('<')?.1, after.split_once('>')?.0);
        let value = element.split_once(&format!("{name}=\""))?.1.split_once('"')?.0;
        Some(value.replace("&amp;", "&"))
    }
}

/// A browser that keeps cookies and follows nothing by itself.
pub(crate) struct Browser {
    http: reqwest::Client,
    authorize: String,
}

impl Browser {
    pub(crate) fn new(bench: &Bench) -> Self {
        Self { http: http(true), authorize: bench.at("/authorize") }
    }

    pub(crate) async fn get(&self, url: &str) -> Hop {
        Hop::of(self.http.get(url).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, url: &str, form: &[(&str, &str)]) -> Hop {
        Hop::of(self.http.post(url).form(form).send().await.unwrap()).await
    }

    pub(crate) async fn authorize(&self, changes: &[(&str, &str)]) -> Hop {
        let query = changed(&usual(), changes);
        let url = Url::parse_with_params(&self.authorize, query).unwrap();
        self.get(url.as_str()).await
    }

    pub(crate) async fn authorize_by_post(&self, changes: &[(&str, &str)]) -> Hop {
        self.post(&self.authorize, &changed(&usual(), changes)).await
    }

    /// Chooses a provider and signs in; returns what comes then.
    pub(crate) async fn sign_in_by(&self, provider: &str, login: &str, changes: &[(&str, &str)]) -> Hop {
        let opened = self.authorize(changes).await;
        let action = format!("{}/sign-in", opened.location());
        self.post(&action, &[("provider", provider), ("login", login), ("password", "123")]).await
    }

    /// Walks all the pages by a provider and returns the code.
    pub(crate) async fn code_by(&self, provider: &str, login: &str, changes: &[(&str, &str)]) -> String {
        let signed_in = self.sign_in_by(provider, login, changes).await;
        let back = self.go_on(signed_in.location()).await;
        back.returned().remove("code").unwrap()
    }

    /// Opens an interaction and goes to the sign-in form of a provider.
    pub(crate) async fn sign_in_form(&self, changes: &[(&str, &str)]) -> Hop {
        let hop = self.authorize(changes).await;
        let choice = self.get(hop.location()).await;
        let form = choice.attribute("providers", "action").unwrap();
        let provider = choice.attribute("provider-impots", "value").unwrap();
        self.get(&format!("{form}?provider={provider}")).await
    }

    /// Signs in and returns what comes then.
    pub(crate) async fn sign_in(&self, login: &str, changes: &[(&str, &str)]) -> Hop {
        let form = self.sign_in_form(changes).await;
        let action = form.attribute("sign-in-form", "action").unwrap();
        let fields = [("provider", "impots"), ("login", login), ("password", "123")];
        self.post(&action, &fields).await
    }

    /// Presses "continue" on the information page and returns the redirect to the client.
    pub(crate) async fn go_on(&self, information: &str) -> Hop {
        let page = self.get(information).await;
        assert!(page.attribute("continue", "class").is_some(), "{}", page.html);
        self.post(&page.attribute("information", "action").unwrap(), &[]).await
    }

    /// Walks all the pages and returns the code.
    pub(crate) async fn code(&self, login: &str, changes: &[(&str, &str)]) -> String {
        let signed_in = self.sign_in(login, changes).await;
        let back = self.go_on(signed_in.location()).await;
        back.returned().remove("code").unwrap()
    }
}

fn usual() -> [(&'static str, &'static str); 7] {
    [
        ("client_id", "relais"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid identite_pivot"),
        ("acr_values", "eidas1"),
        ("state", STATE),
        ("nonce", NONCE),
    ]
}

/// Reads one part of a JWT without verifying it.
pub(crate) fn part(token: &str, position: usize) -> Map<String, Value> {
    let part = token.split('.').nth(position).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Lists the names of a JSON object's members, sorted.
pub(crate) fn names(object: &Map<String, Value>) -> String {
    let mut names: Vec<&str> = object.keys().map(String::as_str).collect();
    names.sort_unstable();
    names.join(" ")
}
