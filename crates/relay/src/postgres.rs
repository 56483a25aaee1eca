//! The store of several instances: one PostgreSQL.
//!
//! Each call is one statement, so the database makes it atomic. The table is unlogged: what waits here waits for minutes,
//! and a crash of the database may lose it; nothing of it ever reaches the write-ahead log.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_postgres::types::Type;

use crate::database::{Database, PostgresError, Value};
use crate::store::{Answer, Kind, Name, Store, StoreError, Waiting};

const TABLE: &str = "\
CREATE UNLOGGED TABLE IF NOT EXISTS comptoir_waiting (
    kind text NOT NULL,
    name bytea NOT NULL,
    sealed bytea NOT NULL,
    until_us bigint NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE INDEX IF NOT EXISTS comptoir_waiting_until ON comptoir_waiting (until_us);";

/// A store in a PostgreSQL.
pub struct PostgresStore(Arc<Database>);

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        let database = Database::connect(address).await?;
        database.make(TABLE).await?;
        Ok(Self(Arc::new(database)))
    }

    /// Its database, for what is kept beside.
    pub(crate) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.0)
    }

    async fn ask_one(
        &self,
        statement: &str,
        values: &[Value<'_>],
        now: Timestamp,
    ) -> Result<Option<Waiting>, StoreError> {
        let rows = self.0.ask(statement, values).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let sealed: Vec<u8> = row.try_get(0).map_err(|_| StoreError::Refused)?;
        let until: i64 = row.try_get(1).map_err(|_| StoreError::Refused)?;
        let until = Timestamp::from_microsecond(until).map_err(|_| StoreError::Refused)?;
        Ok((now < until).then_some(Waiting { sealed, until }))
    }
}

impl Store for PostgresStore {
    fn put(&self, kind: Kind, name: Name, thing: Waiting) -> Answer<'_, ()> {
        Box::pin(async move {
            let until = thing.until.as_microsecond();
            let values: [Value<'_>; 4] = [
                (&kind.as_str(), Type::TEXT),
                (&name.as_bytes().as_slice(), Type::BYTEA),
                (&thing.sealed, Type::BYTEA),
                (&until, Type::INT8),
            ];
            self.0
                .ask(
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
            let values: [Value<'_>; 2] = [(&kind.as_str(), Type::TEXT), (&name.as_bytes().as_slice(), Type::BYTEA)];
            let statement = "DELETE FROM comptoir_waiting WHERE kind = $1 AND name = $2 RETURNING sealed, until_us";
            self.ask_one(statement, &values, now).await
        })
    }

    fn look(&self, kind: Kind, name: Name, now: Timestamp) -> Answer<'_, Option<Waiting>> {
        Box::pin(async move {
            let values: [Value<'_>; 2] = [(&kind.as_str(), Type::TEXT), (&name.as_bytes().as_slice(), Type::BYTEA)];
            let statement = "SELECT sealed, until_us FROM comptoir_waiting WHERE kind = $1 AND name = $2";
            self.ask_one(statement, &values, now).await
        })
    }

    fn swap(&self, kind: Kind, name: Name, sealed: Vec<u8>, now: Timestamp) -> Answer<'_, Option<Waiting>> {
        Box::pin(async move {
            let at = now.as_microsecond();
            let values: [Value<'_>; 4] = [
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
            let values: [Value<'_>; 4] = [
                (&kind.as_str(), Type::TEXT),
                (&name.as_bytes().as_slice(), Type::BYTEA),
                (&until, Type::INT8),
                (&at, Type::INT8),
            ];
            // Of two that note the same name at once, the second one waits for the first, then finds its row.
            let rows = self
                .0
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
            let values: [Value<'_>; 2] = [(&kind.as_str(), Type::TEXT), (&at, Type::INT8)];
            let statement = "SELECT count(*) FROM comptoir_waiting WHERE kind = $1 AND until_us > $2";
            let rows = self.0.ask(statement, &values).await?;
            let count: i64 = rows.first().and_then(|row| row.try_get(0).ok()).ok_or(StoreError::Refused)?;
            u64::try_from(count).map_err(|_| StoreError::Refused)
        })
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, ()> {
        Box::pin(async move {
            let at = now.as_microsecond();
            let values: [Value<'_>; 1] = [(&at, Type::INT8)];
            self.0.ask("DELETE FROM comptoir_waiting WHERE until_us <= $1", &values).await.map(drop)
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
