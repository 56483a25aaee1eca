//! Fuzzes the parsers of what is typed, scanned or sent by strangers for a bounded time, on the stable compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::Place;

/// Each a workspace of its own.
const FOLDERS: &[&str] = &["crates/identity/fuzz", "crates/franceconnect/fuzz"];

/// Seconds for each parser where nobody says how many.
pub(crate) const SECONDS: &str = "5";

/// What makes the compiler report the code that an input reaches: what libFuzzer steers by.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds the targets and runs each of them.
pub(crate) fn run(place: &Place, seconds: &str) -> Result<(), String> {
    let seconds: u32 = seconds.parse().map_err(|_| format!("not a number of seconds: {seconds}"))?;
    let host = host(place)?;
    let built = place.at("target/fuzz");
    for folder in FOLDERS {
        build(place, folder, &host, &built)?;
        for target in targets(place, folder)? {
            let program = built.join(&host).join("release").join(&target);
            fuzz(place, &program, &place.at(folder).join("seeds").join(&target), &target, seconds)?;
        }
    }
    Ok(())
}

/// A target of its own: the flags of the fuzzed code must not reach build scripts.
fn build(place: &Place, folder: &str, host: &str, built: &Path) -> Result<(), String> {
    let manifest = format!("{folder}/Cargo.toml");
    let mut command = place.command("cargo");
    command.env("RUSTFLAGS", COVERAGE).env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.args(["build", "--release", "--locked", "--manifest-path", &manifest, "--target", host, "--target-dir"]);
    command.arg(built);
    succeed(&mut command, "the fuzz targets do not build")
}

/// Inputs that reached something new stay in the corpus for the next run.
fn fuzz(place: &Place, program: &Path, seeds: &Path, target: &str, seconds: u32) -> Result<(), String> {
    let corpus = place.at("target/fuzz/corpus").join(target);
    let found = place.at("target/fuzz/found").join(target);
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    println!("x fuzz: {target}, {seconds} s");
    let mut command = place.command(program);
    command.args([format!("-max_total_time={seconds}"), format!("-artifact_prefix={}/", found.display())]);
    command.args(["-verbosity=0", "-timeout=10", "-rss_limit_mb=1024"]);
    command.arg(&corpus).arg(seeds);
    let output = command.output().map_err(|error| format!("{target} cannot start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    // libFuzzer is talkative: only what failed is worth reading.
    let said = String::from_utf8_lossy(&output.stderr);
    let skipped = said.lines().count().saturating_sub(30);
    Err(format!(
        "{}\n{target} fails on an input kept in {}. To see it again:\n  {} FILE",
        said.lines().skip(skipped).collect::<Vec<_>>().join("\n"),
        found.display(),
        program.display()
    ))
}

fn succeed(command: &mut Command, otherwise: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(otherwise.to_owned()),
        Err(error) => Err(format!("{otherwise}: {error}")),
    }
}

fn targets(place: &Place, folder: &str) -> Result<Vec<String>, String> {
    let folder = place.at(folder).join("targets");
    let listed = fs::read_dir(&folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let files = listed.filter_map(Result::ok).map(|entry| entry.path());
    let mut names: Vec<String> =
        files.filter_map(|path: PathBuf| path.file_stem()?.to_str().map(str::to_owned)).collect();
    names.sort();
    Ok(names)
}

fn host(place: &Place) -> Result<String, String> {
    let output = place.command("rustc").arg("-vV").output().map_err(|error| format!("rustc cannot start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say for what machine it compiles".to_owned())
}
