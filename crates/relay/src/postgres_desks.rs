//! The desks on PostgreSQL: for a relay of several instances, and its administrator.
//!
//! Beside the store, in tables of their own: logged, for a desk is enrolled for good. Each call is one statement.

use std::fmt;
use std::sync::Arc;

use comptoir_franceconnect::PublicJwk;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::database::{Database, PostgresError, Value};
use crate::desks::{CodeHash, DeskAnswer, DeskBook, DeskBookError, DeskName, EnrolledDesk, Enrolment};
use crate::postgres::PostgresStore;

const TABLES: &str = "\
CREATE TABLE IF NOT EXISTS comptoir_desk (
    establishment text NOT NULL,
    client_id text NOT NULL,
    name text NOT NULL,
    key text NOT NULL,
    enrolled_us bigint NOT NULL,
    last_seen_us bigint,
    revoked_us bigint,
    PRIMARY KEY (establishment, client_id)
);
CREATE TABLE IF NOT EXISTS comptoir_desk_code (
    establishment text NOT NULL,
    hash text NOT NULL,
    until_us bigint NOT NULL,
    PRIMARY KEY (establishment, hash)
);";

/// The desks of one establishment, in the database of a store; hashes of codes and public keys only.
pub struct PostgresDesks {
    database: Arc<Database>,
    establishment: String,
}

impl fmt::Debug for PostgresDesks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresDesks").field("establishment", &self.establishment).finish_non_exhaustive()
    }
}

impl PostgresDesks {
    /// Opens the book of an establishment, and makes the tables where there are none. Performs I/O.
    ///
    /// The establishment is known by its issuer: the desks of two do not meet.
    ///
    /// # Errors
    /// When the database does not answer, or refuses the tables.
    pub async fn beside(store: &PostgresStore, issuer: &str) -> Result<Self, PostgresError> {
        let database = store.database();
        database.make(TABLES).await?;
        Ok(Self { database, establishment: issuer.trim_end_matches('/').to_owned() })
    }

    async fn ask(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Row>, DeskBookError> {
        let establishment: Value<'_> = (&self.establishment, Type::TEXT);
        let values: Vec<Value<'_>> = std::iter::once(establishment).chain(values.iter().cloned()).collect();
        self.database.ask(statement, &values).await.map_err(|_| DeskBookError::Unavailable)
    }
}

impl DeskBook for PostgresDesks {
    fn issue(&self, code: CodeHash, until: Timestamp, now: Timestamp) -> DeskAnswer<'_, ()> {
        Box::pin(async move {
            self.ask(
                "WITH over AS (DELETE FROM comptoir_desk_code WHERE establishment = $1 AND until_us <= $4 AND hash <> $2)
                 INSERT INTO comptoir_desk_code (establishment, hash, until_us) VALUES ($1, $2, $3)
                 ON CONFLICT (establishment, hash) DO UPDATE SET until_us = $3",
                &[
                    (&code.0, Type::TEXT),
                    (&until.as_microsecond(), Type::INT8),
                    (&now.as_microsecond(), Type::INT8),
                ],
            )
            .await
            .map(drop)
        })
    }

    fn enrol(&self, code: CodeHash, desk: EnrolledDesk, now: Timestamp) -> DeskAnswer<'_, Enrolment> {
        Box::pin(async move {
            // Of two that use a code at once, the second one waits for the first, then finds none.
            let rows = self
                .ask(
                    "WITH used AS (
                         DELETE FROM comptoir_desk_code
                         WHERE establishment = $1 AND hash = $2 AND until_us > $3
                           AND NOT EXISTS (SELECT FROM comptoir_desk WHERE establishment = $1 AND client_id = $4)
                         RETURNING hash)
                     INSERT INTO comptoir_desk (establishment, client_id, name, key, enrolled_us)
                     SELECT $1, $4, $5, $6, $7 FROM used
                     ON CONFLICT DO NOTHING
                     RETURNING client_id",
                    &[
                        (&code.0, Type::TEXT),
                        (&now.as_microsecond(), Type::INT8),
                        (&desk.client_id, Type::TEXT),
                        (&desk.name.as_str(), Type::TEXT),
                        (&desk.key.to_json().to_string(), Type::TEXT),
                        (&desk.enrolled.as_microsecond(), Type::INT8),
                    ],
                )
                .await?;
            Ok(if rows.is_empty() { Enrolment::Refused } else { Enrolment::Enrolled })
        })
    }

    fn find(&self, client_id: &str) -> DeskAnswer<'_, Option<EnrolledDesk>> {
        let client_id = client_id.to_owned();
        Box::pin(async move {
            let rows = self
                .ask(
                    "SELECT client_id, name, key, enrolled_us, last_seen_us, revoked_us FROM comptoir_desk
                     WHERE establishment = $1 AND client_id = $2",
                    &[(&client_id, Type::TEXT)],
                )
                .await?;
            rows.first().map(|row| read(row).ok_or(DeskBookError::Damaged)).transpose()
        })
    }

    fn revoke(&self, client_id: &str, now: Timestamp) -> DeskAnswer<'_, bool> {
        let client_id = client_id.to_owned();
        Box::pin(async move {
            let rows = self
                .ask(
                    "UPDATE comptoir_desk SET revoked_us = coalesce(revoked_us, $3)
                     WHERE establishment = $1 AND client_id = $2 RETURNING client_id",
                    &[(&client_id, Type::TEXT), (&now.as_microsecond(), Type::INT8)],
                )
                .await?;
            Ok(!rows.is_empty())
        })
    }

    fn list(&self) -> DeskAnswer<'_, Vec<EnrolledDesk>> {
        Box::pin(async move {
            let rows = self
                .ask(
                    "SELECT client_id, name, key, enrolled_us, last_seen_us, revoked_us FROM comptoir_desk
                     WHERE establishment = $1 ORDER BY enrolled_us, client_id",
                    &[],
                )
                .await?;
            rows.iter().map(read).collect::<Option<_>>().ok_or(DeskBookError::Damaged)
        })
    }

    fn seen(&self, client_id: &str, now: Timestamp) -> DeskAnswer<'_, ()> {
        let client_id = client_id.to_owned();
        Box::pin(async move {
            self.ask(
                "UPDATE comptoir_desk SET last_seen_us = $3 WHERE establishment = $1 AND client_id = $2",
                &[(&client_id, Type::TEXT), (&now.as_microsecond(), Type::INT8)],
            )
            .await
            .map(drop)
        })
    }
}

/// A row that is not wholly understood is damaged, as a file would be.
fn read(row: &Row) -> Option<EnrolledDesk> {
    let text = |at: usize| row.try_get::<_, String>(at).ok();
    let perhaps = |at: usize| match row.try_get::<_, Option<i64>>(at).ok()? {
        None => Some(None),
        Some(moment) => Timestamp::from_microsecond(moment).ok().map(Some),
    };
    Some(EnrolledDesk {
        client_id: text(0)?,
        name: DeskName::parse(&text(1)?)?,
        key: PublicJwk::parse(&text(2)?)?,
        enrolled: perhaps(3)??,
        last_seen: perhaps(4)?,
        revoked: perhaps(5)?,
    })
}
