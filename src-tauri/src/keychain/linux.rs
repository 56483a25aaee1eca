//! Linux: the Secret Service over D-Bus.

use comptoir_desk::KeychainError;
use std::sync::OnceLock;

static REACHED: OnceLock<()> = OnceLock::new();

/// Tries the Secret Service before `keyring` does: the wrapper remembers its first failure for ever,
/// and a keyring that is started later must be found.
pub(super) fn reachable() -> Result<(), KeychainError> {
    if REACHED.get().is_some() {
        return Ok(());
    }
    zbus_secret_service_keyring_store::Store::new().map_err(|_| KeychainError::Absent)?;
    // Set twice is set once.
    drop(REACHED.set(()));
    Ok(())
}
