//! The program's log, on stderr, silent but for warnings unless `COMPTOIR_LOG` asks for more.
//!
//! Our own crates only: a library may write an address with its parameters, and no one here could
//! answer for it. No trait and no token is ever given to the log, at any level.

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Starts the log.
pub(crate) fn start() {
    let wanted = EnvFilter::try_from_env("COMPTOIR_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let ours = filter_fn(|metadata| metadata.target().starts_with("comptoir"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(ours);
    // Started twice only in tests.
    tracing_subscriber::registry().with(wanted).with(lines).try_init().ok();
}
