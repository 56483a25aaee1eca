//! The log of exchanges that tests read: order, names and outcomes, never a secret or a trait.

use axum::http::StatusCode;
use serde::Serialize;

use crate::request::Call;
use crate::{Fault, Platform};

/// Protocol parameters whose value is no secret and speaks of no person.
const SHOWN: [&str; 10] = [
    "acr_values",
    "client_id",
    "fault",
    "grant_type",
    "post_logout_redirect_uri",
    "prompt",
    "provider",
    "redirect_uri",
    "response_type",
    "scope",
];

/// A parameter as the trace keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value, for the few protocol parameters that are neither secret nor personal.
    pub value: Option<String>,
}

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// The platform, `low` or `high`.
    pub platform: &'static str,
    /// The client this is about, where it is known.
    pub client: Option<String>,
    /// The fault in force, by its name.
    pub fault: Option<&'static str>,
    /// The HTTP method.
    pub method: String,
    /// The path, an interaction's identifier replaced by `{uid}`.
    pub path: String,
    /// The parameters of query and form, in order.
    pub parameters: Vec<Parameter>,
    /// The HTTP status answered.
    pub status: u16,
    /// The refusal's code (`Y030007`), or the error returned to the client (`access_denied`).
    pub outcome: Option<String>,
    /// The support code (`Y030007`), where there is one.
    pub code: Option<String>,
}

/// Where an exchange stands.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) platform: Platform,
    pub(crate) client: Option<String>,
    pub(crate) fault: Option<Fault>,
}

/// The outcome of an exchange, carried from where it is decided to the trace.
#[derive(Clone, Debug)]
pub(crate) struct Outcome(pub(crate) String);

impl Exchange {
    pub(crate) fn new(setting: Setting, call: &Call, status: StatusCode, outcome: Option<&Outcome>) -> Self {
        let parameters = call.query.iter().chain(call.form.iter());
        Self {
            platform: setting.platform.name(),
            client: setting.client,
            fault: setting.fault.map(Fault::name),
            method: call.method.clone(),
            path: without_identifier(&call.path),
            parameters: parameters
                .map(|(name, value)| Parameter {
                    name: name.to_owned(),
                    value: SHOWN.contains(&name).then(|| value.to_owned()),
                })
                .collect(),
            status: status.as_u16(),
            outcome: outcome.map(|Outcome(outcome)| outcome.clone()),
            code: outcome.map(|Outcome(outcome)| outcome.clone()).filter(|outcome| outcome.starts_with('Y')),
        }
    }
}

fn without_identifier(path: &str) -> String {
    let mut after_interaction = false;
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| {
            let shown = if after_interaction { "{uid}" } else { segment };
            after_interaction = segment == "interaction";
            shown
        })
        .collect();
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_does_not_tell_the_interaction() {
        for (path, shown) in [
            ("/api/v2/interaction/abc/sign-in", "/api/v2/interaction/{uid}/sign-in"),
            ("/api/v2/interaction/abc", "/api/v2/interaction/{uid}"),
            ("/api/v2/token", "/api/v2/token"),
        ] {
            assert_eq!(without_identifier(path), shown);
        }
    }
}
