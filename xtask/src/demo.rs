//! The demonstration, with a window where there is a display and without one elsewhere.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::freshness::stale;
use crate::place::Place;
use crate::{BUILD, UI_BUILD};

/// The command by which this program calls itself inside the private session.
pub(crate) const WITHOUT_WINDOW: &str = "demo-without-window";

/// The fictitious citizen who signs in: Angela Dubois, who stands in the demonstration register.
const LOGIN: &str = "test";

const UI_SOURCES: [&str; 5] = ["ui", "package.json", "package-lock.json", "vite.config.ts", "svelte.config.js"];

/// Builds what is stale, then starts the application.
pub(crate) fn start(place: &Place) -> Result<(), String> {
    let sources: Vec<PathBuf> = UI_SOURCES.iter().map(|source| place.at(source)).collect();
    if stale(&place.at("ui/dist/index.html"), &sources) {
        UI_BUILD.run(place)?;
    }
    BUILD.run(place)?;
    if on_display() {
        println!("x demo: the window opens. In the arrivals, choose TROIS-DUPRE and press Enter;");
        println!("x demo: in the browser choose a provider, sign in as nom_composé, password 123.");
        return finish(&mut place.command(place.program("comptoir")), "the application");
    }
    println!("x demo: no display here, so the same check-in without a window, in a private desktop session.");
    let program = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    finish(&mut place.session([program.into_os_string(), WITHOUT_WINDOW.into()]), "the check-in")
}

fn on_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn finish(command: &mut Command, what: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what} ended with {status}")),
        Err(error) => Err(format!("{what} cannot start: {error}")),
    }
}

/// Runs one check-in of the demonstration while a scripted visitor signs in at the address it gives.
pub(crate) fn without_window(place: &Place) -> Result<(), String> {
    let mut desk = Running::start(
        place
            .command(place.program("comptoir"))
            .args(["check-in", "--demo", "--json", "--no-browser"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped()),
        "comptoir check-in",
    )?;
    let events = desk.child.stdout.take().ok_or("the check-in has no output")?;
    let mut visitor = Running::start(
        place.command(place.program("comptoir-visitor")).arg(LOGIN).stdin(events).stdout(Stdio::piped()),
        "comptoir-visitor",
    )?;
    let seen = visitor.child.stdout.take().ok_or("the visitor has no output")?;
    let mut verdict = None;
    for line in BufReader::new(seen).lines() {
        let line = line.map_err(|error| format!("the visitor's output stops: {error}"))?;
        println!("{line}");
        if word(&line, "event") == Some("verdict") {
            verdict = word(&line, "outcome").map(str::to_owned);
        }
    }
    // The visitor first: where it gave up, the desk would wait for it until its deadline.
    visitor.end()?;
    desk.end()?;
    let verdict = verdict.ok_or("the check-in ended without a verdict")?;
    println!("x demo: {LOGIN} signed in; the verdict is: {verdict}");
    println!("x demo: on a machine with a display, ./x demo opens the window instead.");
    Ok(())
}

/// Reads a value that is a plain word out of a line of compact JSON: enough for codes, and without a parser.
fn word<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let (_, value) = line.split_once(&format!("\"{key}\":\""))?;
    value.split_once('"').map(|(word, _)| word)
}

/// A program that does not outlive this one's interest in it.
struct Running {
    child: Child,
    name: &'static str,
}

impl Running {
    fn start(command: &mut Command, name: &'static str) -> Result<Self, String> {
        let child = command.spawn().map_err(|error| format!("{name} cannot start: {error}"))?;
        Ok(Self { child, name })
    }

    fn end(&mut self) -> Result<(), String> {
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{} ended with {status}", self.name)),
            Err(error) => Err(format!("{} is lost: {error}", self.name)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails when it has ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_word_is_read_out_of_an_event() {
        for (line, key, expected) in [
            (r#"{"event":"verdict","outcome":"concordant"}"#, "event", Some("verdict")),
            (
                r#"{"concordance":{"sex":{"finding":"equal"}},"event":"verdict","outcome":"explained"}"#,
                "outcome",
                Some("explained"),
            ),
            (r#"{"event":"waiting","deadline_s":300}"#, "outcome", None),
            (r#"{"deadline_s":300}"#, "deadline_s", None),
            ("not JSON", "event", None),
        ] {
            assert_eq!(word(line, key), expected, "{line}");
        }
    }
}
