//! Windows and macOS: the store is part of the system, always there.

use comptoir_desk::KeychainError;

pub(super) fn reachable() -> Result<(), KeychainError> {
    Ok(())
}
