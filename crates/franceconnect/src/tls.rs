//! The TLS library's cryptography, chosen once for the process.

/// Installs ring as the process's TLS cryptography; a provider already installed is left alone.
pub(crate) fn install() {
    // Err means that one is installed: whoever starts the process may have chosen it.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
