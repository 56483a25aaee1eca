//! The two ways a subcommand speaks: JSON Lines for programs on stdout, French for people on stderr.

use crate::window::present;
use comptoir_desk::Notice;
use comptoir_identity::Concordance;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;
use serde_json::{Value, json};
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

    /// What is told to people only.
    pub(super) fn told(&self, french: &str) {
        if !self.json {
            self.event(&Value::Null, french);
        }
    }

    /// One event: the JSON line under `--json`, else the French one. A reader that has gone away is
    /// not a reason to stop half-way: the session must still be closed.
    pub(super) fn event(&self, event: &Value, french: &str) {
        let written = if self.json {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            write_json(&mut *out, event).and_then(|()| writeln!(out)).and_then(|()| out.flush())
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

/// What may keep the browser from coming back, while it is waited for.
pub(super) fn noticed(lines: &Lines, notice: Notice) {
    let (code, french) = match notice {
        Notice::HttpsWanted => (
            "https-wanted",
            "Un navigateur a demandé une connexion https à ce poste, qui répond en http sur 127.0.0.1. L'attente continue. Si le navigateur affiche un avertissement, choisissez d'y continuer en HTTP, ou retirez son mode « HTTPS uniquement ».",
        ),
        Notice::Slept => (
            "slept",
            "L'ordinateur s'est mis en veille, ou son heure a changé. L'attente continue. Si la page de FranceConnect a expiré, relancez la vérification.",
        ),
    };
    lines.event(&json!({"event": "noticed", "notice": code}), french);
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

/// Writes JSON so that a terminal obeys none of its texts, and nothing of them is lost.
pub(super) fn write_json(out: &mut impl io::Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Harmless);
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// Escapes what a terminal would obey; all of it has four digits.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if !fragment.chars().any(commands) {
            return out.write_all(fragment.as_bytes());
        }
        for letter in fragment.chars() {
            if commands(letter) {
                write!(out, "\\u{:04x}", u32::from(letter))?;
            } else {
                out.write_all(letter.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }
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
            let mut json = Vec::new();
            write_json(&mut json, &json!({"name": text, text: 1})).expect("written");
            let json = String::from_utf8(json).expect("UTF-8");
            assert!(!json.chars().any(commands), "{json}");
            assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON")["name"], text, "nothing is lost");
        }
    }
}
