//! The set of icons that Tauri needs, made from the one drawing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::place::Place;

const DRAWING: &str = "icons/comptoir.svg";

/// The files kept of the many that the tauri command makes.
const SET: [&str; 6] = ["32x32.png", "128x128.png", "128x128@2x.png", "icon.png", "icon.ico", ICNS];

/// Its entries come in another order each time: kept, but not compared.
const ICNS: &str = "icon.icns";

/// Makes the set anew.
pub(crate) fn make(place: &Place) -> Result<(), String> {
    let made = drawn(place)?;
    for name in SET {
        let kept = place.at("icons").join(name);
        fs::copy(made.join(name), &kept).map_err(|error| format!("cannot write {}: {error}", kept.display()))?;
    }
    println!("x icons: {} files made from {DRAWING}", SET.len());
    Ok(())
}

/// Fails when a file of the set is not what the drawing gives.
pub(crate) fn check(place: &Place) -> Result<(), String> {
    let made = drawn(place)?;
    for name in SET {
        let (kept, fresh) = (read(&place.at("icons").join(name))?, read(&made.join(name))?);
        let same = if name == ICNS { kept.len() == fresh.len() } else { kept == fresh };
        if !same {
            return Err(format!("icons/{name} is not what {DRAWING} gives: run ./x icons, look at it, commit it"));
        }
    }
    Ok(())
}

fn drawn(place: &Place) -> Result<PathBuf, String> {
    let made = place.scratch("icons");
    let output = place
        .command("npx")
        .args(["--no-install", "tauri", "icon", DRAWING, "--output"])
        .arg(&made)
        .output()
        .map_err(|error| format!("npx cannot start: {error}"))?;
    if output.status.success() {
        return Ok(made);
    }
    Err(format!("npx tauri icon failed: {}", String::from_utf8_lossy(&output.stderr)))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
