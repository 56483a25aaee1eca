//! A PostgreSQL, for what several instances of a relay have in common.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::Mutex;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::StoreError;

/// A call that takes longer is a call that failed: somebody waits in front of a browser.
const WITHIN: Duration = Duration::from_secs(5);

/// A value of a statement, and what the database is to take it for.
pub(crate) type Value<'a> = (&'a (dyn ToSql + Sync), Type);

/// Why a PostgreSQL cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PostgresError {
    /// Its address cannot be read.
    #[error("the address of the database is not one of PostgreSQL")]
    Address,
    /// It is elsewhere, and the address does not ask for TLS.
    #[error("the database is on another machine: its address must say sslmode=require")]
    Insecure,
    /// TLS or the system's trust store is not usable.
    #[error("TLS or the system's trust store is not usable")]
    Tls,
    /// The configuration names none.
    #[error("no database is configured")]
    Missing,
    /// It does not answer, or refuses to make its table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A PostgreSQL, by one connection that carries many calls at once and is made anew when it breaks.
pub(crate) struct Database {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    client: Mutex<Option<Arc<Client>>>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.write_str("Database")
    }
}

impl Database {
    /// Connects. Performs I/O.
    pub(crate) async fn connect(address: &str) -> Result<Self, PostgresError> {
        let mut config = Config::from_str(address).map_err(|_| PostgresError::Address)?;
        config.connect_timeout(WITHIN).application_name("comptoir-relay");
        let tls = if config.get_ssl_mode() == SslMode::Require {
            Some(tls()?)
        } else if is_here(&config) {
            config.ssl_mode(SslMode::Disable);
            None
        } else {
            return Err(PostgresError::Insecure);
        };
        let database = Self { config, tls, client: Mutex::new(None) };
        database.client().await?;
        Ok(database)
    }

    /// Makes tables where there are none; two instances that start at the same time do it one after the other.
    pub(crate) async fn make(&self, tables: &str) -> Result<(), StoreError> {
        // Sent as one, and so one transaction.
        let statements = format!("SELECT pg_advisory_xact_lock(6370915015);\n{tables}");
        let client = self.client().await?;
        within(client.batch_execute(&statements)).await
    }

    /// The connection; a broken one is replaced.
    async fn client(&self) -> Result<Arc<Client>, StoreError> {
        let mut kept = self.client.lock().await;
        if let Some(client) = kept.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(self.new_client().await?);
        *kept = Some(Arc::clone(&client));
        Ok(client)
    }

    async fn new_client(&self) -> Result<Client, StoreError> {
        // What the library says may name the address: only its kind is told.
        fn log(error: &tokio_postgres::Error) {
            tracing::warn!(closed = error.is_closed(), "the connection to the database ended");
        }

        if let Some(tls) = &self.tls {
            let (client, connection) = within(self.config.connect(tls.clone())).await?;
            tokio::spawn(async move { connection.await.inspect_err(log) });
            Ok(client)
        } else {
            let (client, connection) = within(self.config.connect(NoTls)).await?;
            tokio::spawn(async move { connection.await.inspect_err(log) });
            Ok(client)
        }
    }

    /// Asks one statement.
    pub(crate) async fn ask(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let client = self.client().await?;
        within(client.query_typed(statement, values)).await
    }
}

/// Waits for the database, but not for ever.
async fn within<T>(call: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(WITHIN, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.as_db_error().is_some() => {
            // A full disk, a missing right: the state's five letters say which, and nothing of what was asked.
            tracing::error!(state = error.code().map_or("", |state| state.code()), "the database refuses");
            Err(StoreError::Refused)
        }
        Ok(Err(_)) | Err(_) => Err(StoreError::Unreachable),
    }
}

fn tls() -> Result<MakeRustlsConnect, PostgresError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| PostgresError::Tls)?
        .with_platform_verifier()
        .map_err(|_| PostgresError::Tls)?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn is_here(config: &Config) -> bool {
    use tokio_postgres::config::Host;

    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}
