//! The two ways a subcommand speaks: JSON Lines for programs on stdout, French for people on stderr.

use crate::window::present;
use comptoir_identity::Concordance;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
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

    /// One event that is told to programs only.
    pub(super) fn detail(&self, event: &Value) {
        if self.json {
            self.event(event, "");
        }
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

/// The last line of what could not be done.
pub(super) fn failed(lines: &Lines, code: &str, message: &str, reference: &str) {
    lines.event(
        &json!({"event": "failed", "code": code, "message": message, "reference": reference}),
        &format!("{message} [{reference}]"),
    );
}

/// The findings under their traits: class, reasons, hint. Written as they are met: a batch has millions of them.
pub(super) struct ConcordanceView<'a>(pub(super) &'a Concordance);

impl Serialize for ConcordanceView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = self.0.findings();
        let mut map = serializer.serialize_map(Some(findings.len()))?;
        for (of, finding) in findings {
            let (class, reason, hint) = present::codes(*finding);
            let view = FindingView { finding: class, reasons: reason.as_slice(), hint };
            map.serialize_entry(present::trait_key(*of), &view)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct FindingView<'a> {
    finding: &'static str,
    reasons: &'a [&'static str],
    hint: Option<&'static str>,
}
