//! What is measured, on the machine it runs on: figures for docs/measurements.md, never a pass mark.

use crate::place::Place;
use crate::step::{self, Step, Where};

const BENCH: &[Step] = &[Step::new(
    "identities compared, beside their bytes",
    Where::Here,
    &["cargo", "bench", "--workspace", "--bench", "compare"],
)];

const RELEASE: &[Step] = &[Step::new("release build", Where::Here, &["cargo", "build", "--workspace", "--release"])];

/// Prints nanoseconds a pair, and their ratio to a comparison of the same bytes.
pub(crate) fn bench(place: &Place) -> Result<(), String> {
    step::all("bench", BENCH, place)
}

/// Streams a million identities through `comptoir verify`: memory that grows is a failure.
pub(crate) fn stream(place: &Place) -> Result<(), String> {
    step::all("stream", RELEASE, place)?;
    let mut command = place.command(place.released("comptoir-stream"));
    match command.arg(place.released("comptoir")).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the stream ended with {status}")),
        Err(error) => Err(format!("comptoir-stream cannot start: {error}")),
    }
}

/// Measures registers of several sizes, each figure beside its floor.
pub(crate) fn registers(place: &Place, sizes: &str) -> Result<(), String> {
    released(place, "registers", "comptoir-registers", &["--sizes", sizes])
}

/// Asks registers of three sizes, of three seeds each, what is known: one wrong link is a failure.
pub(crate) fn evaluate(place: &Place) -> Result<(), String> {
    let all = ["--sizes", "10000,100000,1000000", "--seeds", "1,2,3", "--queries", "60000"];
    released(place, "evaluate", "comptoir-evaluate", &all)
}

fn released(place: &Place, what: &str, program: &str, arguments: &[&str]) -> Result<(), String> {
    step::all(what, RELEASE, place)?;
    match place.command(place.released(program)).args(arguments).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}")),
        Err(error) => Err(format!("{program} cannot start: {error}")),
    }
}

/// Opens, examines, backs up, restores and rekeys a register of a million records.
pub(crate) fn storage(place: &Place) -> Result<(), String> {
    released(place, "storage", "comptoir-storage", &[])
}

/// Signs many people in at once, with a relay and without, and counts what waiting takes in memory.
pub(crate) fn load(place: &Place) -> Result<(), String> {
    released(place, "load", "comptoir-load", &[])
}
