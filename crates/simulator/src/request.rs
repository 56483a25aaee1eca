//! An HTTP request as the simulator reads it: method, path, parameters, session cookie, bearer.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;

use crate::Fault;
use crate::books::COOKIE;

/// The parameters of a query or of a form, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Tells whether every name is in the list and none is there twice.
    pub(crate) fn only(&self, allowed: &[&str]) -> bool {
        self.iter()
            .all(|(name, _)| allowed.contains(&name) && self.iter().filter(|(other, _)| *other == name).count() == 1)
    }
}

/// One request, read to the end.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) query: Parameters,
    pub(crate) form: Parameters,
    pub(crate) session: Option<String>,
    pub(crate) bearer: Option<String>,
    /// Identifier and secret of `client_secret_basic`.
    pub(crate) basic: Option<(String, String)>,
    /// The body, where it is JSON.
    pub(crate) json: Option<Value>,
    pub(crate) wants_json: bool,
    /// What was fetched of the client for this request.
    pub(crate) fetched: Option<Value>,
    /// What misbehaves in answering it.
    pub(crate) fault: Option<Fault>,
}

impl Call {
    pub(crate) fn new(head: &Parts, body: &[u8]) -> Self {
        Self {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            host: text(&head.headers, header::HOST).unwrap_or_default().to_owned(),
            query: Parameters::parse(head.uri.query().unwrap_or_default().as_bytes()),
            form: Parameters::parse(body),
            session: session_cookie(&head.headers),
            bearer: text(&head.headers, header::AUTHORIZATION)
                .and_then(|value| value.strip_prefix("Bearer "))
                .map(str::to_owned),
            basic: text(&head.headers, header::AUTHORIZATION).and_then(basic),
            json: serde_json::from_slice(body).ok(),
            wants_json: [header::ACCEPT, header::CONTENT_TYPE]
                .into_iter()
                .any(|name| text(&head.headers, name).is_some_and(|value| value.starts_with("application/json"))),
            fetched: None,
            fault: None,
        }
    }

    /// Returns the parameters where they belong: the form of a POST, else the query.
    pub(crate) fn parameters(&self) -> &Parameters {
        if self.method == "POST" { &self.form } else { &self.query }
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Reads `Basic`; both halves are form-encoded (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ")?).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |encoded: &str| {
        let (name, _) = form_urlencoded::parse(encoded.as_bytes()).into_owned().next()?;
        Some(name)
    };
    Some((plain(id)?, plain(secret)?))
}

fn session_cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}
