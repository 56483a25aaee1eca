//! The two ways a subcommand speaks: JSON Lines for programs on stdout, French for people on stderr.

use crate::window::present;
use comptoir_identity::Concordance;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
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
            writeln!(out, "{}", harmless_json(&event.to_string())).and_then(|()| out.flush())
        } else {
            let lines: Vec<String> = french.split('\n').map(harmless).collect();
            writeln!(io::stderr(), "{}", lines.join("\n"))
        };
        if written.is_err() {
            tracing::debug!("nobody reads the events any more");
        }
    }
}

impl Lines {
    /// A picture for the person at the terminal, in black on white whatever the terminal's colours: a phone must see
    /// it. Nothing where there is no terminal.
    pub(super) fn picture(&self, rows: &[String]) {
        let mut terminal = io::stderr();
        if self.json || !terminal.is_terminal() {
            return;
        }
        let rows: Vec<String> = rows.iter().map(|row| format!("\u{1b}[38;5;16;48;5;231m{row}\u{1b}[0m")).collect();
        if writeln!(terminal, "{}", rows.join("\n")).is_err() {
            tracing::debug!("nobody looks at the terminal any more");
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

/// Writes what a stranger has chosen so that a terminal shows it and obeys none of it.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if commands(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Escapes them in JSON: they stand inside of texts only, and all have four digits.
fn harmless_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for letter in json.chars() {
        if commands(letter) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Control characters (C0, DEL, C1), those that turn the direction of writing, and line separators.
fn commands(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nobody() {
        for (text, shown) in [
            ("Angéla Œ-O'Hara", "Angéla Œ-O'Hara"),
            ("\u{1b}[31mrouge", "\\u{1b}[31mrouge"),
            ("a\u{9b}2J", "a\\u{9b}2J"),
            ("\u{202e}SIOBUD", "\\u{202e}SIOBUD"),
            ("ligne\nde plus", "ligne\\u{a}de plus"),
        ] {
            assert_eq!(harmless(text), shown);
            let json = harmless_json(&json!({"name": text}).to_string());
            assert!(!json.chars().any(commands), "{json}");
            assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON")["name"], text, "nothing is lost");
        }
    }
}
