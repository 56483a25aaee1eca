//! The store of several instances: one PostgreSQL.
//!
//! Each call is one statement, so the database makes it atomic. The table is unlogged: what waits here waits for minutes,
//! and a crash of the database may lose it; nothing of it ever reaches the write-ahead log.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::Mutex;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::{Answer, Kind, Name, Store, StoreError, Waiting};

/// A call that takes longer is a call that failed: somebody waits in front of a browser.
const WITHIN: Duration = Duration::from_secs(5);

/// Two instances that start at the same time make the table one after the other.
const SCHEMA: &str = "\
BEGIN;
SELECT pg_advisory_xact_lock(6370915015);
CREATE UNLOGGED TABLE IF NOT EXISTS comptoir_waiting (
    kind text NOT NULL,
    name bytea NOT NULL,
    sealed bytea NOT NULL,
    until_us bigint NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE INDEX IF NOT EXISTS comptoir_waiting_until ON comptoir_waiting (until_us);
COMMIT;";

/// Why a PostgreSQL cannot be the store.
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
    /// It does not answer, or refuses to make its table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A PostgreSQL, by one connection that carries many calls at once and is made anew when it breaks.
pub struct PostgresStore {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    client: Mutex<Option<Arc<Client>>>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.write_str("PostgresStore")
    }
}

impl PostgresStore {
    /// Connects, and makes the table where there is none. Performs I/O.
    ///
    /// The address is libpq's, as a URL or as words. `sslmode=require` verifies the server's certificate with what the
    /// system trusts; without it, only a socket or this machine is spoken to.
    ///
    /// # Errors
    /// When the address cannot be used, or the database does not answer.
    pub async fn connect(address: &str) -> Result<Self, PostgresError> {
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
        let store = Self { config, tls, client: Mutex::new(None) };
        let client = store.client().await?;
        within(client.batch_execute(SCHEMA)).await?;
        Ok(store)
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
            tracing::warn!(closed = error.is_closed(), "the connection to the store ended");
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

    async fn ask(&self, statement: &str, values: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>, StoreError> {
        let client = self.client().await?;
        within(client.query_typed(statement, values)).await
    }

    async fn ask_one(
        &self,
        statement: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
        now: Timestamp,
    ) -> Result<Option<Waiting>, StoreError> {
        let rows = self.ask(statement, values).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let sealed: Vec<u8> = row.try_get(0).map_err(|_| StoreError::Refused)?;
        let until: i64 = row.try_get(1).map_err(|_| StoreError::Refused)?;
        let until = Timestamp::from_microsecond(until).map_err(|_| StoreError::Refused)?;
        Ok((now < until).then_some(Waiting { sealed, until }))
    }
}

/// Waits for the database, but not for ever.
async fn within<T>(call: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(WITHIN, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.as_db_error().is_some() => {
            // A full disk, a missing right: the state's five letters say which, and nothing of what was asked.
            tracing::error!(state = error.code().map_or("", |state| state.code()), "the store refuses");
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

impl Store for PostgresStore {
    fn put(&self, kind: Kind, name: Name, thing: Waiting) -> Answer<'_, ()> {
        Box::pin(async move {
            let until = thing.until.as_microsecond();
            let values: [(&(dyn ToSql + Sync), Type); 4] = [
                (&kind.as_str(), Type::TEXT),
                (&name.as_bytes().as_slice(), Type::BYTEA),
                (&thing.sealed, Type::BYTEA),
                (&until, Type::INT8),
            ];
            self.ask(
                "INSERT INTO comptoir_waiting (kind, name, sealed, until_us) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (kind, name) DO UPDATE SET sealed = $3, until_us = $4",
                &values,
            )
            .await
            .map(drop)
        })
    }

    fn take(&self, kind: Kind, name: Name, now: Timestamp) -> Answer<'_, Option<Waiting>> {
        Box::pin(async move {
            let values: [(&(dyn ToSql + Sync), Type); 2] =
                [(&kind.as_str(), Type::TEXT), (&name.as_bytes().as_slice(), Type::BYTEA)];
            let statement = "DELETE FROM comptoir_waiting WHERE kind = $1 AND name = $2 RETURNING sealed, until_us";
            self.ask_one(statement, &values, now).await
        })
    }

    fn look(&self, kind: Kind, name: Name, now: Timestamp) -> Answer<'_, Option<Waiting>> {
        Box::pin(async move {
            let values: [(&(dyn ToSql + Sync), Type); 2] =
                [(&kind.as_str(), Type::TEXT), (&name.as_bytes().as_slice(), Type::BYTEA)];
            let statement = "SELECT sealed, until_us FROM comptoir_waiting WHERE kind = $1 AND name = $2";
            self.ask_one(statement, &values, now).await
        })
    }

    fn swap(&self, kind: Kind, name: Name, sealed: Vec<u8>, now: Timestamp) -> Answer<'_, Option<Waiting>> {
        Box::pin(async move {
            let at = now.as_microsecond();
            let values: [(&(dyn ToSql + Sync), Type); 4] = [
                (&kind.as_str(), Type::TEXT),
                (&name.as_bytes().as_slice(), Type::BYTEA),
                (&sealed, Type::BYTEA),
                (&at, Type::INT8),
            ];
            // Locked while it is read: of two that swap at once, the second one sees what the first one left.
            self.ask_one(
                "UPDATE comptoir_waiting AS waiting SET sealed = $3
                 FROM (SELECT kind, name, sealed FROM comptoir_waiting
                       WHERE kind = $1 AND name = $2 AND until_us > $4 FOR UPDATE) AS was
                 WHERE waiting.kind = was.kind AND waiting.name = was.name
                 RETURNING was.sealed, waiting.until_us",
                &values,
                now,
            )
            .await
        })
    }

    fn first(&self, kind: Kind, name: Name, until: Timestamp, now: Timestamp) -> Answer<'_, bool> {
        Box::pin(async move {
            let (until, at) = (until.as_microsecond(), now.as_microsecond());
            let values: [(&(dyn ToSql + Sync), Type); 4] = [
                (&kind.as_str(), Type::TEXT),
                (&name.as_bytes().as_slice(), Type::BYTEA),
                (&until, Type::INT8),
                (&at, Type::INT8),
            ];
            // Of two that note the same name at once, the second one waits for the first, then finds its row.
            let rows = self
                .ask(
                    "INSERT INTO comptoir_waiting AS was (kind, name, sealed, until_us) VALUES ($1, $2, '', $3)
                     ON CONFLICT (kind, name) DO UPDATE SET until_us = $3 WHERE was.until_us <= $4
                     RETURNING kind",
                    &values,
                )
                .await?;
            Ok(!rows.is_empty())
        })
    }

    fn count(&self, kind: Kind, now: Timestamp) -> Answer<'_, u64> {
        Box::pin(async move {
            let at = now.as_microsecond();
            let values: [(&(dyn ToSql + Sync), Type); 2] = [(&kind.as_str(), Type::TEXT), (&at, Type::INT8)];
            let statement = "SELECT count(*) FROM comptoir_waiting WHERE kind = $1 AND until_us > $2";
            let rows = self.ask(statement, &values).await?;
            let count: i64 = rows.first().and_then(|row| row.try_get(0).ok()).ok_or(StoreError::Refused)?;
            u64::try_from(count).map_err(|_| StoreError::Refused)
        })
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, ()> {
        Box::pin(async move {
            let at = now.as_microsecond();
            let values: [(&(dyn ToSql + Sync), Type); 1] = [(&at, Type::INT8)];
            self.ask("DELETE FROM comptoir_waiting WHERE until_us <= $1", &values).await.map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_elsewhere_is_spoken_to_by_tls_only() {
        for (address, expected) in [
            ("postgres://relay@base.example/relay", PostgresError::Insecure),
            ("postgres://relay@base.example/relay?sslmode=disable", PostgresError::Insecure),
            ("postgres://relay@base.example/relay?sslmode=prefer", PostgresError::Insecure),
            ("https://base.example", PostgresError::Address),
            ("nonsense", PostgresError::Address),
            ("postgres://relay@127.0.0.1:1/relay", PostgresError::Store(StoreError::Unreachable)),
            ("host=/nowhere dbname=relay user=relay", PostgresError::Store(StoreError::Unreachable)),
        ] {
            assert_eq!(PostgresStore::connect(address).await.err(), Some(expected), "{address}");
        }
    }
}
