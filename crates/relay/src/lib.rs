//! The organisation's relay: OpenID Provider for desks, confidential client of FranceConnect.
//!
//! Downwards it speaks plain OpenID Connect to native clients (RFC 8252: PKCE S256, 127.0.0.1 on any
//! port), each known by a key of its own once enrolled; upwards it is the confidential client FranceConnect asks for. It forwards
//! FranceConnect's own signed tokens unchanged, so that a desk believes FranceConnect and not the relay.
//!
//! It writes nothing down. A patient's identity stays in memory for at most a minute and is handed
//! over once; FranceConnect's ID token, needed for a logout that may come much later, travels sealed
//! inside the desk's ID token.

mod address;
mod authorize;
mod book;
mod client;
mod config;
mod counters;
mod database;
mod desks;
mod device;
mod enrol;
mod file_desks;
mod limits;
mod logout;
mod metadata;
mod mint;
mod page;
mod phone_page;
mod postgres;
mod postgres_desks;
mod query;
mod seal;
mod store;
mod token;
mod user_code;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use comptoir_franceconnect::{Clock, HttpClient, HttpClientError, Provider, ReturnAddress, SecureRandom};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::{Host, Url};

pub use address::TrustedProxies;
pub use client::Desks;
pub use config::{Config, ConfigError, Configured, ConfiguredDesks, DesksPlace, LogForm, TlsFile};
pub use counters::Counters;
pub use database::PostgresError;
pub use desks::{
    CodeHash, CodeLife, DeskAnswer, DeskBook, DeskBookError, DeskName, EnrolledDesk, Enrolment, EnrolmentCode,
    MemoryDesks, NoCode,
};
pub use file_desks::FileDesks;
pub use limits::Limits;
pub use postgres::PostgresStore;
pub use postgres_desks::PostgresDesks;
pub use seal::{SealingKey, SealingKeyError};
pub use store::{Answer, Kind, MemoryStore, Name, Store, StoreError, Waiting};

use book::Book;
use counters::Counted;
use device::Paces;
use limits::Limiter;
use mint::{Mint, NoKey};

/// Where FranceConnect sends the browser back to, below the issuer.
pub const CALLBACK_PATH: &str = "/callback";
/// Where FranceConnect sends the browser after a logout, below the issuer.
pub const SIGNED_OUT_PATH: &str = "/signed_out";

/// Where FranceConnect+ finds the keys to encrypt for, below the issuer.
pub const FRANCECONNECT_JWKS_PATH: &str = "/franceconnect/jwks";

/// No honest request has a larger body.
const LARGEST_BODY: usize = 16 * 1024;
/// What has expired is dropped from memory this often.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Why a relay could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The issuer is neither https nor on this machine, or has a query.
    #[error("the issuer is neither https nor on this machine")]
    Issuer,
    /// The upstream profile is not FranceConnect's, or returns elsewhere than to this relay.
    #[error("the upstream profile does not return to this relay")]
    Upstream,
    /// The signing key could not be made.
    #[error("the signing key could not be made")]
    Key(#[from] NoKey),
    /// There is no HTTP client towards FranceConnect.
    #[error(transparent)]
    Http(#[from] HttpClientError),
}

/// A running relay, which stops when dropped.
pub struct Relay {
    issuer: Url,
    _stop: DropGuard,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("issuer", &self.issuer.as_str()).finish_non_exhaustive()
    }
}

impl Relay {
    /// Answers for one establishment on a listener of its own, TLS being ended before. Performs I/O.
    ///
    /// # Errors
    /// When the addresses do not fit together, or no key or client can be made.
    #[expect(clippy::unused_async, reason = "spawns on the runtime it is awaited on")]
    pub async fn start(listener: TcpListener, establishment: Establishment) -> Result<Self, StartError> {
        let issuer = establishment.issuer.clone();
        let stopping = CancellationToken::new();
        let router = establishment.open(&Counters::default(), &stopping)?;
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        let stopped = stopping.clone().cancelled_owned();
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the relay stopped");
            }
        });
        Ok(Self { issuer, _stop: stopping.drop_guard() })
    }

    /// Returns the issuer.
    #[must_use]
    pub fn issuer(&self) -> &Url {
        &self.issuer
    }
}

/// One establishment on a relay: an issuer of its own, with its own client at FranceConnect.
pub struct Establishment {
    /// Its name, as patients read it.
    pub name: String,
    /// The issuer; https, or http on this machine.
    pub issuer: Url,
    /// FranceConnect, with the return addresses `{issuer}/callback` and `{issuer}/signed_out`.
    pub upstream: Provider,
    /// The desks that are answered.
    pub desks: Desks,
    /// How much is answered.
    pub limits: Limits,
    /// The key that seals FranceConnect's ID tokens; the same after a restart.
    pub sealing_key: SealingKey,
    /// Where transactions wait: a [`MemoryStore`] of its own for a single instance.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The chance.
    pub rng: Arc<dyn SecureRandom + Send + Sync>,
}

impl fmt::Debug for Establishment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Establishment").field("issuer", &self.issuer.as_str()).finish_non_exhaustive()
    }
}

impl Establishment {
    /// Makes what answers below the issuer; what is over is forgotten until `stopping`.
    ///
    /// # Errors
    /// When the addresses do not fit together, or no key or client can be made.
    pub fn open(self, counters: &Counters, stopping: &CancellationToken) -> Result<Router, StartError> {
        let issuer = issuer_text(&self.issuer)?;
        let mint = Mint::new(self.sealing_key.clone(), issuer.clone());
        mint.jwks(self.clock.now())?;
        let house = House {
            book: Book {
                house: issuer.clone(),
                store: self.store,
                key: self.sealing_key.clone(),
                rng: Arc::clone(&self.rng),
            },
            counted: counters.of(&issuer),
            name: self.name,
            origin: self.issuer.origin().ascii_serialization(),
            path: self.issuer.path().to_owned(),
            paces: Paces::default(),
            issuer,
            host: local_host(&self.issuer),
            end_uri: upstream_end(&self.issuer, &self.upstream)?,
            upstream: self.upstream,
            desks: self.desks,
            limiter: Limiter::new(&self.limits),
            sealing_key: self.sealing_key,
            clock: self.clock,
            mint,
            rng: self.rng,
            http: HttpClient::new()?,
        };
        let house = Arc::new(house);
        tokio::spawn(sweep(Arc::clone(&house), stopping.clone()));
        Ok(router(house))
    }
}

/// Everything a request may need.
struct House {
    name: String,
    issuer: String,
    origin: String,
    path: String,
    paces: Paces,
    host: Option<String>,
    upstream: Provider,
    end_uri: Url,
    desks: Desks,
    limiter: Limiter,
    sealing_key: SealingKey,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn SecureRandom + Send + Sync>,
    http: HttpClient,
    mint: Mint,
    book: Book,
    counted: Counted,
}

fn router(house: Arc<House>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(metadata::discovery))
        .route("/jwks", get(metadata::jwks))
        .route(FRANCECONNECT_JWKS_PATH, get(metadata::franceconnect_jwks))
        .route("/authorize", get(authorize::authorize))
        .route(CALLBACK_PATH, get(authorize::callback))
        .route("/device_authorization", post(device::authorization))
        .route("/device", get(device::first_page).post(device::start))
        .route("/token", post(token::token))
        .route("/userinfo", get(token::userinfo).post(token::userinfo))
        .route("/enrol", post(enrol::enrol))
        .route("/end_session", get(logout::end_session))
        .route(SIGNED_OUT_PATH, get(logout::signed_out))
        .fallback(|| async { page::nothing_here() })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&house), dress))
        .with_state(house)
}

/// Refuses foreign names of a relay on this machine (DNS rebinding), and sets the headers of every answer.
async fn dress(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    // HTTP/2 names the host in the address instead.
    let named = request.headers().get(header::HOST).map(HeaderValue::as_bytes);
    let named = named.or_else(|| request.uri().authority().map(|authority| authority.as_str().as_bytes()));
    let foreign = house.host.as_ref().is_some_and(|host| named != Some(host.as_bytes()));
    let mut response = if foreign {
        (StatusCode::MISDIRECTED_REQUEST, page::nothing_here()).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn sweep(house: Arc<House>, stopping: CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = tick.tick() => {
                house.paces.sweep(house.clock.now());
                house.limiter.sweep(house.clock.now());
                if let Err(error) = house.book.store.sweep(house.clock.now()).await {
                    tracing::warn!(%error, "what is over could not be forgotten");
                }
            }
        }
    }
}

/// Writes the issuer as it stands in tokens.
fn issuer_text(issuer: &Url) -> Result<String, StartError> {
    let secure = match issuer.scheme() {
        "https" => true,
        "http" => local_host(issuer).is_some(),
        _ => false,
    };
    if !secure || issuer.query().is_some() || issuer.fragment().is_some() {
        return Err(StartError::Issuer);
    }
    let text = issuer.as_str();
    Ok(text.strip_suffix('/').unwrap_or(text).to_owned())
}

/// Returns the only `Host` that a relay on this machine answers to.
fn local_host(issuer: &Url) -> Option<String> {
    let local = match issuer.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(_) => false,
    };
    let host = issuer.host_str()?;
    local.then(|| issuer.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn upstream_end(issuer: &Url, upstream: &Provider) -> Result<Url, StartError> {
    let own = issuer_text(issuer)?;
    match upstream.return_address() {
        ReturnAddress::Registered { return_uri, end_uri }
            if return_uri.as_str() == format!("{own}{CALLBACK_PATH}")
                && end_uri.as_str() == format!("{own}{SIGNED_OUT_PATH}") =>
        {
            Ok(end_uri)
        }
        ReturnAddress::Registered { .. } | ReturnAddress::Ephemeral => Err(StartError::Upstream),
    }
}
