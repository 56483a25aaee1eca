//! What the simulator remembers: clients, sessions, interactions, grants, issued ID tokens.

use std::collections::{HashMap, VecDeque};

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use url::Url;

use crate::faults::Faults;
use crate::identity::Identity;
use crate::jwe::Recipient;
use crate::provider::IdentityProvider;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::{Client, Exchange};

pub(crate) const COOKIE: &str = "fc_session_id";
/// Code and grant.
pub(crate) const CODE_S: i64 = 30;
/// Access token and ID token.
pub(crate) const TOKEN_S: i64 = 60;
/// Used codes are remembered this long, so that a replay is recognised as one.
const GRANT_KEPT_S: i64 = 3600;
const TRACE_KEPT: usize = 10_000;

/// Who is signed in, and since when: under SSO the moment stays that of the real sign-in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) identity: Arc<Identity>,
    pub(crate) provider: &'static IdentityProvider,
    /// The interaction in which it happened: any other one goes on under SSO.
    pub(crate) uid: String,
    pub(crate) auth_time: Timestamp,
}

/// A browser's session, keyed by its cookie.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) signed_in: Option<SignedIn>,
    /// The one interaction this browser may go on with: a second tab takes its place.
    pub(crate) current: String,
    pub(crate) seen: Timestamp,
}

/// How far an interaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Open,
    Refused(Refusal),
    Closed,
}

/// An authorization request on its way through the pages.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) session: String,
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    pub(crate) redirect_uri: Url,
    /// As it was sent: the token request must repeat it to the letter.
    pub(crate) redirect_uri_sent: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) scopes: Vec<String>,
    /// The level asked for, and whether this platform serves it.
    pub(crate) level: &'static str,
    pub(crate) level_served: bool,
    /// Whether the ID token is to tell the means of authentication.
    pub(crate) amr: bool,
    /// Whether the person is spared the information page.
    pub(crate) spared: bool,
    pub(crate) opened: Timestamp,
    pub(crate) step: Step,
}

/// What a code stands for, and the access token it became.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) session: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri_sent: String,
    pub(crate) nonce: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) signed_in: SignedIn,
    pub(crate) acr: &'static str,
    pub(crate) amr: bool,
    /// Whom its tokens are encrypted for, once the client's keys were fetched.
    pub(crate) recipient: Option<Recipient>,
    pub(crate) issued: Timestamp,
    pub(crate) used: bool,
    pub(crate) access: Option<Access>,
}

#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) token: String,
    pub(crate) issued: Timestamp,
}

/// Where an ID token came from, kept so that it alone can end its session.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    pub(crate) session: String,
    pub(crate) client_id: String,
}

/// A logout between its two pages.
#[derive(Debug)]
pub(crate) struct Logout {
    pub(crate) session: String,
    pub(crate) redirect: Option<Url>,
}

/// Everything that changes.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) clients: HashMap<String, Client>,
    pub(crate) faults: Faults,
    /// How wrong the clock is under the fault of that name.
    pub(crate) clock_error_s: i64,
    /// The state of the last return, for the fault that sends it again.
    pub(crate) last_state: Option<String>,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) interactions: HashMap<String, Interaction>,
    pub(crate) grants: HashMap<String, Grant>,
    pub(crate) issued: HashMap<String, Issued>,
    pub(crate) logouts: HashMap<String, Logout>,
    pub(crate) trace: VecDeque<Exchange>,
}

impl Books {
    pub(crate) fn live_sessions(&self, now: Timestamp, session_s: i64) -> usize {
        self.sessions
            .values()
            .filter(|session| session.signed_in.is_some() && !over(session.seen, now, session_s))
            .count()
    }

    /// Forgets what has run out.
    pub(crate) fn prune(&mut self, now: Timestamp, session_s: i64) {
        self.sessions.retain(|_, session| !over(session.seen, now, session_s));
        self.interactions.retain(|_, interaction| !over(interaction.opened, now, session_s));
        self.grants.retain(|_, grant| !over(grant.issued, now, GRANT_KEPT_S));
    }

    /// Ends a session and everything that hangs on it.
    pub(crate) fn end_session(&mut self, session: &str) {
        self.sessions.remove(session);
        self.interactions.retain(|_, interaction| interaction.session != session);
        self.grants.retain(|_, grant| grant.session != session);
    }

    /// Returns the grant whose access token this is, unless it has run out.
    pub(crate) fn grant_of(&self, token: &str, now: Timestamp) -> Option<(&Grant, &Access)> {
        self.grants
            .values()
            .filter_map(|grant| Some((grant, grant.access.as_ref()?)))
            .find(|(_, access)| access.token == token && !over(access.issued, now, TOKEN_S))
    }

    /// Returns the login of the fictitious person a request is about, where what it continues tells.
    pub(crate) fn person_of(&self, call: &Call) -> Option<&'static str> {
        let bearer = |bearer: &String| {
            self.grants.values().find(|grant| grant.access.as_ref().is_some_and(|access| access.token == *bearer))
        };
        let code = call.form.get("code").and_then(|code| self.grants.get(code));
        let hint = call.query.get("id_token_hint").and_then(|hint| self.issued.get(&fingerprint(hint)));
        let session = hint.map(|issued| &issued.session).or(call.session.as_ref());
        let signed_in = match code.or_else(|| call.bearer.as_ref().and_then(bearer)) {
            Some(grant) => Some(&grant.signed_in),
            None => session.and_then(|session| self.sessions.get(session)?.signed_in.as_ref()),
        };
        signed_in?.identity.login
    }

    pub(crate) fn record(&mut self, exchange: Exchange) {
        if self.trace.len() == TRACE_KEPT {
            self.trace.pop_front();
        }
        self.trace.push_back(exchange);
    }
}

/// Tells whether more than `seconds` have passed.
pub(crate) fn over(since: Timestamp, now: Timestamp, seconds: i64) -> bool {
    now.duration_since(since) > jiff::SignedDuration::from_secs(seconds)
}

/// Names an ID token in the books without keeping it.
pub(crate) fn fingerprint(id_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, id_token.as_bytes()))
}
