//! Steps that follow one another and stop at the first that fails.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::place::Place;

/// Where a step runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// In the developer's own environment.
    Here,
    /// In a private desktop session.
    Session,
}

/// One command with a name.
pub(crate) struct Step {
    name: &'static str,
    place: Where,
    words: &'static [&'static str],
}

impl Step {
    pub(crate) const fn new(name: &'static str, place: Where, words: &'static [&'static str]) -> Self {
        Self { name, place, words }
    }

    /// Runs it to its end; the error says how to run it alone.
    pub(crate) fn run(&self, place: &Place) -> Result<Duration, String> {
        println!("x: {} ({})", self.name, self.alone());
        let start = Instant::now();
        let mut command = match (self.place, self.words) {
            (Where::Session, words) => place.session(words),
            (Where::Here, [program, arguments @ ..]) => {
                let mut command = place.command(program);
                command.args(arguments);
                command
            }
            (Where::Here, []) => return Err(format!("{}: nothing to run", self.name)),
        };
        match command.status() {
            Ok(status) if status.success() => Ok(start.elapsed()),
            Ok(status) => Err(format!("stopped at: {} ({status}). To run it alone:\n  {}", self.name, self.alone())),
            Err(error) => Err(format!("stopped at: {}, which cannot start: {error}\n  {}", self.name, self.alone())),
        }
    }

    fn alone(&self) -> String {
        let words = self.words.join(" ");
        match self.place {
            Where::Here => words,
            Where::Session => format!("./x session -- {words}"),
        }
    }
}

/// Runs the steps of a command in order, and says how long each took.
pub(crate) fn all(command: &str, steps: &[Step], place: &Place) -> Result<(), String> {
    let mut durations = Vec::new();
    for step in steps {
        durations.push((step.name, step.run(place)?));
    }
    println!("x {command}: every step passed");
    for (name, duration) in durations {
        println!("  {:>6.1} s  {name}", duration.as_secs_f64());
    }
    Ok(())
}

/// Runs a developer's own command and hands its exit code on.
pub(crate) fn code(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("x: the desktop session cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_stops_the_rest_and_says_how_to_run_it_alone() {
        let steps = [
            Step::new("first", Where::Here, &["true"]),
            Step::new("second", Where::Here, &["sh", "-c", "exit 3"]),
            Step::new("third", Where::Here, &["false"]),
        ];
        let reason = all("test", &steps, &Place::find()).expect_err("the second step fails");
        assert!(reason.contains("second") && reason.contains("exit status: 3") && reason.ends_with("\n  sh -c exit 3"));
    }

    #[test]
    fn a_step_of_the_session_is_run_alone_in_a_session() {
        let step = Step::new("tests", Where::Session, &["cargo", "test"]);
        assert_eq!(step.alone(), "./x session -- cargo test");
    }

    #[test]
    fn a_program_that_is_missing_is_a_failure() {
        let step = Step::new("absent", Where::Here, &["comptoir-no-such-program"]);
        let reason = step.run(&Place::find()).expect_err("nothing to start");
        assert!(reason.contains("cannot start"), "{reason}");
    }
}
