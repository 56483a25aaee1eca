//! What a check-in works with.

use crate::ports::{Browser, BrowserError, Clock, Keychain, KeychainError};
use comptoir_franceconnect::HttpClient;
use comptoir_register::{Act, ActKind, Register};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long the desk waits for people.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the patient to sign in. FranceConnect's own 30 minutes are too long for a desk.
    pub sign_in: Duration,
    /// For the browser to come back from the logout.
    pub sign_out: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { sign_in: Duration::from_mins(5), sign_out: Duration::from_mins(1) }
    }
}

/// One desk: its register and its ports. It needs no network until a check-in begins.
#[derive(Clone)]
pub struct Desk {
    /// The practice's register.
    pub register: Register,
    /// The system browser.
    pub browser: Arc<dyn Browser>,
    /// The keychain.
    pub keychain: Arc<dyn Keychain>,
    /// Where its credentials at relays are kept: the keychain, or memory where nothing is to stay.
    pub credentials: Arc<dyn Keychain>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The client that speaks to the relay and to FranceConnect.
    pub http: HttpClient,
    /// Who works at the desk, for the journal.
    pub author: String,
    /// How long it waits.
    pub patience: Patience,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl Desk {
    /// A journal line's who, when and what.
    pub(crate) fn act(&self, kind: ActKind) -> Act<'_> {
        Act::new(self.clock.now(), &self.author, kind)
    }

    /// Calls the keychain away from the async workers: it may wait for its unlock window.
    pub(crate) async fn keychain<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Keychain) -> Result<T, KeychainError> + Send + 'static,
    ) -> Result<T, KeychainError> {
        on_a_thread(&self.keychain, call).await
    }

    /// Calls the browser away from the async workers.
    pub(crate) async fn browser<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Browser) -> Result<T, BrowserError> + Send + 'static,
    ) -> Result<T, BrowserError> {
        let browser = Arc::clone(&self.browser);
        tokio::task::spawn_blocking(move || call(browser.as_ref())).await.unwrap_or(Err(BrowserError::Mark))
    }
}

/// Calls a keychain away from the async workers.
pub(crate) async fn on_a_thread<T: Send + 'static>(
    keychain: &Arc<dyn Keychain>,
    call: impl FnOnce(&dyn Keychain) -> Result<T, KeychainError> + Send + 'static,
) -> Result<T, KeychainError> {
    let keychain = Arc::clone(keychain);
    tokio::task::spawn_blocking(move || call(keychain.as_ref())).await.unwrap_or(Err(KeychainError::Refused))
}
