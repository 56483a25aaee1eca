//! Running: from the configuration to the last answer.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use comptoir_franceconnect::Clock;
use comptoir_relay::{
    Config, Counters, Establishment, Kind, MemoryStore, PostgresError, PostgresStore, Store, TlsFile,
};
use hyper_util::rt::TokioTimer;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use tokio_util::sync::CancellationToken;

/// What is in flight when the relay is told to stop may finish: an exchange has thirty seconds at FranceConnect.
const FINISH_WITHIN: Duration = Duration::from_secs(35);
/// A client that sends its request head more slowly than this is not a browser.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the relay's time comes from")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Answers until SIGTERM or Ctrl-C, then finishes what is in flight. SIGHUP reads the certificate again. Performs I/O.
pub(crate) async fn until_stopped(config: Config) -> Result<(), Box<dyn Error>> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let database = open_database(&config).await?;
    let (counters, stopping) = (Counters::default(), CancellationToken::new());
    let mut app = Router::new();
    for one in config.establishments {
        tracing::info!(name = one.name, issuer = one.issuer.as_str(), "an establishment");
        let rooms = Establishment {
            name: one.name,
            desks: one.desks.open(one.issuer.as_str(), database.as_deref()).await?,
            issuer: one.issuer,
            upstream: one.upstream,
            limits: config.limits,
            sealing_key: config.sealing_key.clone(),
            // A memory of its own: what fills one establishment's does not fill another's.
            store: match &database {
                Some(database) => Arc::clone(database) as Arc<dyn Store>,
                None => Arc::new(MemoryStore::default()),
            },
            clock: Arc::new(SystemClock),
            rng: Arc::new(SystemRandom::new()),
        }
        .open(&counters, &stopping)?;
        app = if one.path.is_empty() { app.merge(rooms) } else { app.nest(&one.path, rooms) };
    }
    let watched = Watched { counters, database };
    let handle = Handle::new();
    if let Some(address) = config.metrics {
        tokio::spawn(watch(address, watched, stopping.clone()));
    }
    let tls = match &config.tls {
        Some(files) => Some(read_certificate(files).await?),
        None => None,
    };
    tokio::spawn(obey(handle.clone(), stopping.clone(), tls.clone().zip(config.tls)));
    tracing::info!(listen = %config.listen, address = config.address.as_str(), tls = tls.is_some(), "the relay answers");
    let app = app.layer(Extension(config.trusted_proxies));
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    if let Some(tls) = tls {
        let mut server = axum_server::bind_rustls(config.listen, tls).handle(handle);
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
        server.serve(service).await?;
    } else {
        let mut server = axum_server::bind(config.listen).handle(handle);
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
        server.serve(service).await?;
    }
    tracing::info!("the relay has stopped");
    Ok(())
}

/// Opens the database; `None` where everything waits in memory.
pub(crate) async fn open_database(config: &Config) -> Result<Option<Arc<PostgresStore>>, PostgresError> {
    Ok(match &config.postgresql {
        Some(address) => Some(Arc::new(PostgresStore::connect(address.expose()).await?)),
        None => None,
    })
}

async fn read_certificate(files: &TlsFile) -> std::io::Result<RustlsConfig> {
    RustlsConfig::from_pem_file(&files.certificate, &files.key).await
}

/// Obeys the system: stops on SIGTERM and Ctrl-C, reads the certificate again on SIGHUP.
async fn obey(handle: Handle<SocketAddr>, stopping: CancellationToken, tls: Option<(RustlsConfig, TlsFile)>) {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut terminate), Ok(mut hang_up)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
        tracing::error!("signals cannot be received");
        return;
    };
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
            _ = hang_up.recv() => if let Some((tls, files)) = &tls {
                match tls.reload_from_pem_file(&files.certificate, &files.key).await {
                    Ok(()) => tracing::info!("the certificate was read again"),
                    Err(error) => tracing::error!(%error, "the certificate cannot be read: the old one stays"),
                }
            },
        }
    }
    tracing::info!("told to stop: what is in flight may finish");
    handle.graceful_shutdown(Some(FINISH_WITHIN));
    stopping.cancel();
}

#[derive(Clone)]
struct Watched {
    counters: Counters,
    database: Option<Arc<PostgresStore>>,
}

/// Answers those who watch the relay, on a listener of their own.
async fn watch(address: SocketAddr, watched: Watched, told: CancellationToken) {
    let app = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(watched);
    let own = Handle::new();
    let stopping = own.clone();
    tokio::spawn(async move {
        told.cancelled().await;
        stopping.shutdown();
    });
    if let Err(error) = axum_server::bind(address).handle(own).serve(app.into_make_service()).await {
        tracing::error!(%error, "nobody can watch the relay");
    }
}

/// Whether a sign-in could begin now: the store answers.
async fn ready(State(watched): State<Watched>) -> impl IntoResponse {
    let answers = match &watched.database {
        Some(database) => database.count(Kind::Pending, SystemClock.now()).await.map(drop),
        None => Ok(()),
    };
    match answers {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    }
}

async fn metrics(State(watched): State<Watched>) -> impl IntoResponse {
    let content = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content)], watched.counters.expose())
}
