//! Where the desks of an establishment are kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use comptoir_franceconnect::Secret;
use serde::Deserialize;

use super::{ConfigError, ConfigFile, own_address};
use crate::client::Desks;
use crate::database::PostgresError;
use crate::file_desks::FileDesks;
use crate::postgres::PostgresStore;
use crate::postgres_desks::PostgresDesks;

/// Which desks are answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DesksPlace {
    /// Those that the administrator enrolled, kept in this file.
    Enrolled(PathBuf),
    /// Those that the administrator enrolled, kept in the store's database: for several instances.
    Postgresql,
    /// Whoever knows this client identifier: for a test, or a network that nobody else reaches.
    Public(String),
}

impl DesksPlace {
    /// Opens the book of desks of an establishment; a file is made by the first enrolment. Performs I/O.
    ///
    /// # Errors
    /// When they are in a database and there is none, or it does not answer.
    pub async fn open(&self, issuer: &str, database: Option<&PostgresStore>) -> Result<Desks, PostgresError> {
        Ok(match self {
            Self::Enrolled(path) => Desks::Enrolled(Arc::new(FileDesks::at(path.clone()))),
            Self::Postgresql => {
                let store = database.ok_or(PostgresError::Missing)?;
                Desks::Enrolled(Arc::new(PostgresDesks::beside(store, issuer).await?))
            }
            Self::Public(client_id) => Desks::Public { client_id: client_id.clone() },
        })
    }
}

/// What a configuration says of one establishment's desks.
#[derive(Debug)]
pub struct ConfiguredDesks {
    /// The relay's address and the establishment's path.
    pub issuer: String,
    /// Where its desks are.
    pub place: DesksPlace,
    /// The address of the database; `None` where the desks are not in one.
    pub postgresql: Option<Secret>,
}

impl ConfiguredDesks {
    /// Reads a configuration for its desks alone: whoever enrols them needs no other secret of it. The path may be left
    /// out when there is one establishment. Performs I/O.
    ///
    /// # Errors
    /// When the file cannot be used, or does not say which establishment is meant.
    pub fn read(path: &Path, establishment: Option<&str>) -> Result<Self, ConfigError> {
        let file = ConfigFile::read(path)?;
        let alone = file.establishment.len() == 1;
        let meant = |own: &str| establishment.map_or(alone, |path| path == own);
        let Some(one) = file.establishment.iter().find(|one| meant(&one.path)) else {
            let paths: Vec<&str> = file.establishment.iter().map(|one| one.path.as_str()).collect();
            return Err(ConfigError::WhichEstablishment(paths.join(", ")));
        };
        let postgresql = match (&one.desks, &file.store.postgresql) {
            (DesksPlace::Postgresql, None) => return Err(ConfigError::NoDatabase(one.name.clone())),
            (DesksPlace::Postgresql, Some(place)) => Some(place.read("store.postgresql")?),
            (DesksPlace::Enrolled(_) | DesksPlace::Public(_), _) => None,
        };
        Ok(Self { issuer: own_address(&file.address, &one.path), place: one.desks.clone(), postgresql })
    }

    /// Opens them, and the database they are in. Performs I/O.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(&self) -> Result<Desks, PostgresError> {
        let store = match &self.postgresql {
            Some(address) => Some(PostgresStore::connect(address.expose()).await?),
            None => None,
        };
        self.place.open(&self.issuer, store.as_ref()).await
    }
}
