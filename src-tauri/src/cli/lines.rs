//! The two ways a subcommand speaks: JSON Lines for programs on stdout, French for people on stderr.

use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Writes events as they happen.
#[derive(Debug)]
pub(super) struct Lines {
    json: bool,
    out: Mutex<io::Stdout>,
}

impl Lines {
    pub(super) fn new(json: bool) -> Self {
        Self { json, out: Mutex::new(io::stdout()) }
    }

    /// One event: the JSON line under `--json`, else the French one. A reader that has gone away is
    /// not a reason to stop half-way: the session must still be closed.
    pub(super) fn event(&self, event: &Value, french: &str) {
        let written = if self.json {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(out, "{event}").and_then(|()| out.flush())
        } else {
            writeln!(io::stderr(), "{french}")
        };
        if written.is_err() {
            tracing::debug!("nobody reads the events any more");
        }
    }
}
