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

/// Opens, examines, backs up, restores and rekeys a register of a million records.
pub(crate) fn storage(place: &Place) -> Result<(), String> {
    step::all("storage", RELEASE, place)?;
    match place.command(place.released("comptoir-storage")).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the measure ended with {status}")),
        Err(error) => Err(format!("comptoir-storage cannot start: {error}")),
    }
}
