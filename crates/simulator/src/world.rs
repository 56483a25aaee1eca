//! The running provider: what it is made of, and which address leads to what.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::books::{Books, unguessable};
use crate::keys::Keys;
use crate::request::Call;
use crate::trace::Outcome;
use crate::{Exchange, Fault, answer, pages};

const BODY_LIMIT: usize = 64 * 1024;
const SLOW_TOKEN: Duration = Duration::from_secs(35);

/// The provider.
pub(crate) struct World {
    issuer: Url,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pub(crate) keys: Keys,
    random: SystemRandom,
    books: Mutex<Books>,
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
        clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
        keys: Keys,
        stopping: CancellationToken,
    ) -> Self {
        let (random, books) = (SystemRandom::new(), Mutex::default());
        Self { issuer, clock, keys, random, books, stopping }
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
        unguessable(&self.random)
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
                answer::json(200, &json!({ "live": books.live_sessions(self.now()) }))
            }
            ("GET", ["simulator", "trace"]) => answer::json(200, &json!(books.trace)),
            (method, ["api", "v2", rest @ ..]) => match (method, rest) {
                ("GET", [".well-known", "openid-configuration"]) => answer::public_json(&self.discovery()),
                ("GET", ["jwks"]) => answer::public_json(&self.keys.jwks()),
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

    /// Waits longer than a code lives, under the fault that asks for it.
    async fn be_slow(&self, call: &Call) {
        let slow = call.path.ends_with("/token") && self.books().fault == Some(Fault::SlowToken);
        if slow {
            tokio::select! {
                () = tokio::time::sleep(SLOW_TOKEN) => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }
}

/// Answers one request and writes it into the trace.
pub(crate) async fn serve(State(world): State<Arc<World>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return answer::page(413, pages::not_found());
    };
    let call = Call::new(&head, &body);
    world.be_slow(&call).await;
    let response = world.answer(&call);
    if !call.path.starts_with("/simulator/") {
        let outcome = response.extensions().get::<Outcome>();
        let exchange = Exchange::new(&call, response.status(), outcome);
        tracing::debug!(method = %exchange.method, path = %exchange.path, status = exchange.status);
        world.books().record(exchange);
    }
    response
}
