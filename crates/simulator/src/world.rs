//! The running provider: what it is made of, and which address leads to what.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::books::Books;
use crate::chance::Chance;
use crate::keys::Keys;
use crate::options::Clock;
use crate::request::Call;
use crate::trace::{Outcome, Setting};
use crate::{Exchange, Fault, Options, Platform, Quirks, Rules, admin, answer, explanation, fetch, pages, transport};

const BODY_LIMIT: usize = 64 * 1024;
const SLOW_TOKEN: Duration = Duration::from_secs(35);

/// The provider.
pub(crate) struct World {
    issuer: Url,
    clock: Clock,
    platform: Platform,
    rules: Rules,
    quirks: Quirks,
    seed: Option<u64>,
    pub(crate) chance: Chance,
    keys: Mutex<Keys>,
    books: Mutex<Books>,
    /// Cuts the connections that write at this moment.
    line: Arc<transport::Shears>,
    stopping: CancellationToken,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("issuer", &self.issuer.as_str()).finish_non_exhaustive()
    }
}

impl World {
    pub(crate) fn new(
        issuer: Url,
        options: &Options,
        (chance, keys): (Chance, Keys),
        line: Arc<transport::Shears>,
        stopping: CancellationToken,
    ) -> Self {
        let books = Books { clock_error_s: 300, ..Books::default() };
        Self {
            issuer,
            clock: Arc::clone(&options.clock),
            platform: options.platform,
            rules: options.rules,
            quirks: options.quirks,
            seed: options.seed,
            chance,
            keys: Mutex::new(keys),
            books: Mutex::new(books),
            line,
            stopping,
        }
    }

    pub(crate) fn platform(&self) -> Platform {
        self.platform
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules
    }

    pub(crate) fn seed(&self) -> Option<u64> {
        self.seed
    }

    pub(crate) fn quirks(&self) -> Quirks {
        self.quirks
    }

    /// Locks the keys, as `books` the books.
    pub(crate) fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn issuer(&self) -> &Url {
        &self.issuer
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Locks the books; a test that panicked while holding them does not stop the others.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws an identifier nobody can guess.
    pub(crate) fn unguessable(&self) -> Option<String> {
        self.chance.unguessable()
    }

    /// Returns an address of this provider.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    fn answer(&self, call: &Call) -> Response {
        // A page of another site cannot reach the simulator by a name that resolves to 127.0.0.1.
        if call.host != self.issuer.authority() {
            return answer::page(421, pages::not_found());
        }
        let mut books = self.books();
        let books = &mut *books;
        let segments: Vec<&str> = call.path.split('/').skip(1).collect();
        match (call.method.as_str(), segments.as_slice()) {
            ("GET", ["simulator", "sessions"]) => {
                answer::json(200, &json!({ "live": books.live_sessions(self.now(), self.platform.session_s()) }))
            }
            ("GET", ["simulator"]) => answer::page(200, explanation::page(self)),
            ("GET", ["simulator", "faults"]) => admin::faults(books, call),
            ("POST", ["simulator", "faults"]) => admin::set_fault(books, call),
            ("POST", ["simulator", "keys"]) => admin::rotate_keys(self),
            ("GET", ["simulator", "trace"]) => answer::json(200, &json!(books.trace)),
            (method, ["api", "v2", rest @ ..]) => match (method, rest) {
                ("GET", [".well-known", "openid-configuration"]) => answer::public_json(&self.discovery()),
                ("GET", ["jwks"]) if call.fault == Some(Fault::JwksError500) => answer::page(500, pages::not_found()),
                ("GET", ["jwks"]) if call.fault == Some(Fault::JwksHtml) => answer::page(200, pages::not_found()),
                ("GET", ["jwks"]) => answer::public_json(&self.keys().jwks()),
                ("GET" | "POST", ["authorize"]) => self.authorize(books, call),
                ("GET", ["interaction", uid]) => self.choice(books, call, uid),
                ("GET", ["interaction", uid, "sign-in"]) => self.sign_in_page(books, call, uid),
                ("POST", ["interaction", uid, "sign-in"]) => self.sign_in(books, call, uid),
                ("GET", ["interaction", uid, "information"]) => self.information(books, call, uid),
                ("POST", ["interaction", uid, "continue"]) => self.go_on(books, call, uid),
                ("GET", ["interaction", uid, "abort"]) => self.abort(books, call, uid),
                ("GET", ["interaction", uid, "return"]) => self.go_back(books, call, uid),
                ("POST", ["token"]) => self.token(books, call),
                ("POST", ["token", "revocation"]) => self.revocation(books, call),
                ("GET", ["userinfo"]) => self.userinfo(books, call),
                ("GET", ["session", "end"]) => self.session_end(books, call),
                ("GET" | "POST", ["session", "end", "confirm"]) => self.session_end_confirm(books, call),
                ("GET", ["session", "end", "success"]) => answer::page(200, pages::logged_out()),
                _ => answer::not_found(),
            },
            _ => answer::not_found(),
        }
    }

    /// Fetches what the client publishes and this request needs.
    async fn fetched(&self, call: &Call) -> Option<Value> {
        let url = self.wanted(call)?;
        fetch::json(&url).await
    }

    fn wanted(&self, call: &Call) -> Option<Url> {
        let books = self.books();
        let client = books.clients.get(&client_of(&books, call)?)?;
        if call.path.ends_with("/authorize") {
            client.sector_identifier_uri.clone()
        } else if call.path.ends_with("/token") && self.platform == Platform::High {
            client.encryption.as_ref().map(|encryption| encryption.jwks_uri.clone())
        } else {
            None
        }
    }

    fn fault_for(&self, call: &Call) -> Option<Fault> {
        let books = self.books();
        books.faults.of(books.person_of(call))
    }

    /// Waits longer than a code lives, under the fault that asks for it.
    async fn be_slow(&self, call: &Call) {
        let slow = call.path.ends_with("/token") && call.fault == Some(Fault::SlowToken);
        if slow {
            tokio::select! {
                () = tokio::time::sleep(SLOW_TOKEN) => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }

    /// Makes the token endpoint's answer as bad as the fault says.
    fn carried(&self, call: &Call, response: Response) -> Response {
        if call.method != "POST" || !call.path.ends_with("/token") {
            return response;
        }
        let Some(fault) = call.fault else {
            return response;
        };
        if fault == Fault::ClockWrong {
            let clock_error_s = self.books().clock_error_s;
            let moment = self.now().saturating_add(jiff::SignedDuration::from_secs(clock_error_s));
            return match moment {
                Ok(moment) => answer::dated(response, moment),
                Err(_) => response,
            };
        }
        transport::bend(fault, response, &self.line, &self.stopping)
    }
}

/// Names the client a request is about, where the request or what it continues tells.
fn client_of(books: &Books, call: &Call) -> Option<String> {
    if let Some(id) = call.parameters().get("client_id").or(call.form.get("client_id")) {
        return Some(id.to_owned());
    }
    if let Some((id, _)) = &call.basic {
        return Some(id.clone());
    }
    let uid = call.path.split('/').skip_while(|segment| *segment != "interaction").nth(1);
    if let Some(interaction) = uid.and_then(|uid| books.interactions.get(uid)) {
        return Some(interaction.client_id.clone());
    }
    let bearer = call.bearer.as_ref()?;
    let grant = books.grants.values().find(|grant| grant.access.as_ref().is_some_and(|one| one.token == *bearer))?;
    Some(grant.client_id.clone())
}

/// Answers one request and writes it into the trace.
pub(crate) async fn serve(State(world): State<Arc<World>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return answer::page(413, pages::not_found());
    };
    let mut call = Call::new(&head, &body);
    call.fault = world.fault_for(&call);
    world.be_slow(&call).await;
    call.fetched = world.fetched(&call).await;
    // Asked again: it may have been switched while this one waited.
    call.fault = world.fault_for(&call);
    let setting = {
        let books = world.books();
        // Only a registered name: what a stranger sends as one may be anything.
        let client = client_of(&books, &call).filter(|id| books.clients.contains_key(id));
        Setting { platform: world.platform, client, fault: call.fault }
    };
    let response = world.answer(&call);
    if !call.path.starts_with("/simulator") {
        let outcome = response.extensions().get::<Outcome>();
        let exchange = Exchange::new(setting, &call, response.status(), outcome);
        tracing::debug!(method = %exchange.method, path = %exchange.path, status = exchange.status);
        world.books().record(exchange);
    }
    world.carried(&call, response)
}
