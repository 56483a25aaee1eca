//! The table of communes, made from the npm package that carries the State's.

use std::fs;

use crate::place::Place;

const TABLE: &str = "crates/identity/places/communes.tsv";
const SCRIPT: &str = "xtask/places.mjs";

/// Makes the table anew.
pub(crate) fn make(place: &Place) -> Result<(), String> {
    let made = printed(place)?;
    fs::write(place.at(TABLE), &made).map_err(|error| format!("cannot write {TABLE}: {error}"))?;
    println!("x places: {TABLE}, {} lines", made.split(|byte| *byte == b'\n').count() - 1);
    Ok(())
}

/// Fails when the table is not what the installed package gives.
pub(crate) fn check(place: &Place) -> Result<(), String> {
    let kept = fs::read(place.at(TABLE)).map_err(|error| format!("cannot read {TABLE}: {error}"))?;
    if kept == printed(place)? {
        return Ok(());
    }
    Err(format!("{TABLE} is not what the installed package gives: run ./x places, look at the difference, commit it"))
}

fn printed(place: &Place) -> Result<Vec<u8>, String> {
    let output = place.command("node").arg(SCRIPT).output().map_err(|error| format!("node cannot start: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("node {SCRIPT} failed: {}", String::from_utf8_lossy(&output.stderr)))
}
