//! What the browser brings back: a code, or an error, and nothing else.

use url::form_urlencoded;

use crate::fault::Fault;
use crate::secret::{AuthorizationCode, Secret};

/// Longer codes than this are not codes.
const LONGEST_CODE: usize = 2048;

/// A return that carries the right state.
#[derive(Debug)]
pub enum ReturnQuery {
    /// A code to exchange.
    Code(AuthorizationCode),
    /// The provider's refusal, or the person's.
    Error(AuthorizationError),
}

/// What the provider answers instead of a code (franceconnect.md §8.1). A hint, never a proof:
/// anybody who knows the state can forge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthorizationError {
    /// The person gave up, or FranceConnect refused the person; the two cannot be told apart.
    #[error("the person gave up, or was refused by FranceConnect")]
    AccessDenied,
    /// FranceConnect failed.
    #[error("FranceConnect failed")]
    ServerError,
    /// FranceConnect is not available.
    #[error("FranceConnect is not available for the moment")]
    TemporarilyUnavailable,
    /// A scope was not granted to the client.
    #[error("a scope is not granted to the client")]
    InvalidScope,
    /// The level is not served by the platform.
    #[error("the level asked for is not served")]
    InvalidAcr,
    /// The identity provider's hint is not allowed.
    #[error("the identity provider hint is not allowed")]
    InvalidIdpHint,
    /// The request was not understood.
    #[error("the request was refused")]
    InvalidRequest,
    /// The response type is not served.
    #[error("the response type was refused")]
    UnsupportedResponseType,
    /// The client may not do this.
    #[error("the client is not authorised")]
    UnauthorizedClient,
    /// The person must sign in anew: the session found in the browser is older than this attempt.
    #[error("the session found in the browser is older than this attempt")]
    LoginRequired,
    /// An error not known here.
    #[error("the provider answered with an error")]
    Other,
}

impl AuthorizationError {
    /// Parses the `error` parameter (RFC 6749 §4.1.2.1).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "access_denied" => Self::AccessDenied,
            "server_error" => Self::ServerError,
            "temporarily_unavailable" => Self::TemporarilyUnavailable,
            "invalid_scope" => Self::InvalidScope,
            "invalid_acr" => Self::InvalidAcr,
            "invalid_idp_hint" => Self::InvalidIdpHint,
            "invalid_request" => Self::InvalidRequest,
            "unsupported_response_type" => Self::UnsupportedResponseType,
            "unauthorized_client" => Self::UnauthorizedClient,
            "login_required" => Self::LoginRequired,
            _ => Self::Other,
        }
    }

    /// Returns the `error` parameter to send on; what only FranceConnect says becomes `server_error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::ServerError | Self::Other => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidAcr => "invalid_acr",
            Self::InvalidIdpHint => "invalid_idp_hint",
            Self::InvalidRequest => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::LoginRequired => "login_required",
        }
    }

    /// Returns whether this is the person's or the State's no, and not a fault.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        self == Self::AccessDenied
    }
}

impl Fault for AuthorizationError {
    fn code(&self) -> &'static str {
        match self {
            Self::AccessDenied => "access-denied",
            Self::ServerError => "server-error",
            Self::TemporarilyUnavailable => "temporarily-unavailable",
            Self::InvalidScope => "scope-refused",
            Self::InvalidAcr => "level-refused",
            Self::InvalidIdpHint => "hint-refused",
            Self::InvalidRequest => "request-refused",
            Self::UnsupportedResponseType => "response-type-refused",
            Self::UnauthorizedClient => "client-unauthorised",
            Self::LoginRequired => "session-replayed",
            Self::Other => "provider-error",
        }
    }
}

/// What a return must carry to be taken.
#[derive(Clone)]
pub(crate) struct Expected {
    pub(crate) state: Secret,
    pub(crate) issuer: String,
    /// RFC 9207: our relay always says who it is.
    pub(crate) issuer_required: bool,
}

impl Expected {
    /// Reads a query; `None` is noise: not ours, doubled, or incomplete.
    pub(crate) fn read(&self, query: &str) -> Option<ReturnQuery> {
        let query = read_return(query)?;
        if !self.state.matches(query.state.expose()) {
            return None;
        }
        match &query.iss {
            Some(iss) if *iss == self.issuer => {}
            None if !self.issuer_required => {}
            Some(_) | None => return None,
        }
        Some(query.brought)
    }
}

/// A return, read but not yet believed.
pub struct UnverifiedReturn {
    pub(crate) state: Secret,
    pub(crate) iss: Option<String>,
    pub(crate) brought: ReturnQuery,
}

impl UnverifiedReturn {
    /// Returns the state, to find the attempt it belongs to.
    #[must_use]
    pub fn state(&self) -> &Secret {
        &self.state
    }

    /// Returns what was brought when the issuer is the expected one (RFC 9207), or says nothing of it.
    #[must_use]
    pub fn from_issuer(self, issuer: &str) -> Option<ReturnQuery> {
        match &self.iss {
            Some(iss) if iss != issuer => None,
            Some(_) | None => Some(self.brought),
        }
    }
}

/// Reads the query of a return: exactly one `state`, exactly one of `code` and `error`, at most one
/// `iss`. `None` is noise.
#[must_use]
pub fn read_return(query: &str) -> Option<UnverifiedReturn> {
    let (mut state, mut code, mut error, mut iss) = (None, None, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match name.as_ref() {
            "state" => &mut state,
            "code" => &mut code,
            "error" => &mut error,
            "iss" => &mut iss,
            _ => continue,
        };
        if slot.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    let brought = match (code, error) {
        (Some(code), None) if is_code(&code) => ReturnQuery::Code(AuthorizationCode::new(code)),
        (None, Some(error)) if !error.is_empty() => ReturnQuery::Error(AuthorizationError::parse(&error)),
        (Some(_) | None, _) => return None,
    };
    Some(UnverifiedReturn { state: Secret::new(state?), iss, brought })
}

/// RFC 6749 appendix A.11: printable ASCII.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_CODE && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_that_comes_by_redirect_has_its_code() {
        // franceconnect.md §8.1, then RFC 6749 §4.1.2.1 and OIDC Core §3.1.2.6.
        for (error, code, refusal) in [
            ("access_denied", "access-denied", true),
            ("server_error", "server-error", false),
            ("temporarily_unavailable", "temporarily-unavailable", false),
            ("invalid_request", "request-refused", false),
            ("invalid_scope", "scope-refused", false),
            ("invalid_acr", "level-refused", false),
            ("invalid_idp_hint", "hint-refused", false),
            ("unsupported_response_type", "response-type-refused", false),
            ("unauthorized_client", "client-unauthorised", false),
            ("login_required", "session-replayed", false),
            ("ACCESS_DENIED", "provider-error", false),
            ("\u{1b}[31m", "provider-error", false),
        ] {
            let parsed = AuthorizationError::parse(error);
            assert_eq!((parsed.code(), parsed.is_refusal()), (code, refusal), "{error:?}");
        }
    }

    #[test]
    fn only_a_whole_return_is_taken() {
        for (rule, required, query, expected) in [
            ("code", true, "code=c&state=s&iss=https%3A%2F%2Fr", Some("code")),
            ("error", true, "error=access_denied&state=s&iss=https://r", Some("access_denied")),
            ("unknown error", true, "error=%3Cx%3E&state=s&iss=https://r", Some("server_error")),
            ("extra parameters are the provider's own", true, "code=c&state=s&iss=https://r&x=1", Some("code")),
            ("no iss where none is promised", false, "code=c&state=s", Some("code")),
            ("no iss", true, "code=c&state=s", None),
            ("another iss", false, "code=c&state=s&iss=https://x", None),
            ("another state", true, "code=c&state=t&iss=https://r", None),
            ("error with another state", true, "error=access_denied&state=undefined&iss=https://r", None),
            ("no state", true, "code=c&iss=https://r", None),
            ("two states", true, "code=c&state=s&state=s&iss=https://r", None),
            ("two codes", true, "code=c&code=d&state=s&iss=https://r", None),
            ("code and error", true, "code=c&error=e&state=s&iss=https://r", None),
            ("empty code", true, "code=&state=s&iss=https://r", None),
            ("code with a control character", true, "code=a%0Ab&state=s&iss=https://r", None),
            ("code outside ASCII", true, "code=%C3%A9&state=s&iss=https://r", None),
            ("nothing", true, "", None),
        ] {
            let expected_return = Expected {
                state: Secret::new("s".to_owned()),
                issuer: "https://r".to_owned(),
                issuer_required: required,
            };
            let read = expected_return.read(query).map(|brought| match brought {
                ReturnQuery::Code(_) => "code",
                ReturnQuery::Error(error) => error.as_str(),
            });
            assert_eq!(read, expected, "{rule}");
        }
    }
}
