//! The README's commands: `./x demo`, `./x test`, `./x long`, and a developer's tools.
//!
//! The standard library only: this crate is built before anything is installed, in seconds, and
//! building it alone must not change the features of the workspace's dependencies.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

mod demo;
mod freshness;
mod fuzz;
mod icons;
mod measure;
mod place;
mod places;
mod step;

use std::ffi::OsString;
use std::process::ExitCode;

use place::Place;
use step::{Step, Where};

const USAGE: &str = "\
./x demo               starts the application in demonstration; without a display, the same
                       check-in without a window, a scripted visitor signing in
./x test               passes all the tests: code, UI in Chromium, real window, keychain and browser
./x long               what is run before a release
./x session -- CMD…    runs a command in a private desktop session (display, bus, keychain)
./x icons [--check]    makes icons/ from icons/comptoir.svg, or checks that it is up to date
./x fuzz [SECONDS]     fuzzes each parser of the identity crate for so long (5 s)
./x bench              what comparing costs, beside the same bytes
./x stream             a million identities through verify, in constant memory
./x registers [SIZES]  registers of 10,000, 100,000 and 1,000,000 generated patients, each figure beside its
                       floor; 10000000 on demand
./x evaluate           540,000 labelled identities asked: one link to a wrong person is a failure
./x load               500 sign-ins at once, with a relay and without; what a sign-in that waits takes in memory
./x storage            a register of a million records opened, backed up, restored
./x places [--check]   makes the table of communes from its npm package, or checks that it is up to date";

/// One cargo form everywhere, `--workspace`: another set of packages is another set of features,
/// and rebuilds for minutes.
const BUILD: Step = Step::new("build", Where::Here, &["cargo", "build", "--workspace"]);

const UI_BUILD: Step = Step::new("UI build", Where::Here, &["npm", "run", "build"]);

/// The quickest to fail come first; the UI before Rust, which embeds it.
const TEST: &[Step] = &[
    Step::new("formatting", Where::Here, &["cargo", "fmt", "--all", "--check"]),
    Step::new("icons up to date", Where::Here, &["./x", "icons", "--check"]),
    Step::new("table of communes up to date", Where::Here, &["./x", "places", "--check"]),
    UI_BUILD,
    Step::new("UI types", Where::Here, &["npm", "run", "check"]),
    Step::new("UI in Chromium", Where::Here, &["npm", "test"]),
    Step::new("lints", Where::Here, &["cargo", "clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    // The flag in one word: it can be copied from the terminal as it is printed.
    Step::new(
        "documentation without warnings",
        Where::Here,
        &["env", "RUSTDOCFLAGS=-Dwarnings", "cargo", "doc", "--workspace", "--no-deps"],
    ),
    Step::new("each parser fuzzed for a few seconds", Where::Here, &["./x", "fuzz"]),
    Step::new(
        "tests, real desktop included",
        Where::Session,
        &["cargo", "test", "--workspace", "--", "--include-ignored"],
    ),
];

const LONG: &[Step] = &[
    UI_BUILD,
    Step::new("release build", Where::Here, &["cargo", "build", "--workspace", "--release"]),
    Step::new("each parser of identities and tokens fuzzed for two minutes", Where::Here, &["./x", "fuzz", "120"]),
    Step::new("identities compared, beside their bytes", Where::Here, &["./x", "bench"]),
    Step::new("a million identities through verify", Where::Here, &["./x", "stream"]),
    Step::new("registers of three sizes, beside their floors", Where::Here, &["./x", "registers"]),
    Step::new("the evaluation, three sizes and three seeds", Where::Here, &["./x", "evaluate"]),
    Step::new("a register of a million records kept safe", Where::Here, &["./x", "storage"]),
    Step::new("what a relay bears", Where::Here, &["./x", "load"]),
    Step::new(
        "a program killed hundreds of times",
        Where::Here,
        &["env", "COMPTOIR_KILLS=100", "cargo", "test", "--workspace", "--test", "killed"],
    ),
];

/// What `long` is for and does not do yet.
const LONG_MISSING: &[&str] = &[
    "long fuzzing of loopback requests and imports",
    "packages (deb, rpm, AppImage) installed on a clean system",
    "updates, from one version to the next",
    "the Windows build and its tests",
];

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(|argument| argument.to_str().unwrap_or_default()).collect();
    let place = Place::find();
    let outcome = match words.as_slice() {
        ["demo"] => demo::start(&place),
        [demo::WITHOUT_WINDOW] => demo::without_window(&place),
        ["test"] => step::all("test", TEST, &place),
        ["long"] => long(&place),
        ["icons"] => icons::make(&place),
        ["icons", "--check"] => icons::check(&place),
        ["bench"] => measure::bench(&place),
        ["stream"] => measure::stream(&place),
        ["storage"] => measure::storage(&place),
        ["load"] => measure::load(&place),
        ["registers"] => measure::registers(&place, "10000,100000,1000000"),
        ["registers", sizes] => measure::registers(&place, sizes),
        ["evaluate"] => measure::evaluate(&place),
        ["fuzz"] => fuzz::run(&place, fuzz::SECONDS),
        ["fuzz", seconds] => fuzz::run(&place, seconds),
        ["places"] => places::make(&place),
        ["places", "--check"] => places::check(&place),
        ["session", "--", command @ ..] if !command.is_empty() => {
            return step::code(&mut place.session(arguments.iter().skip(2)));
        }
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        [..] => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("x: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn long(place: &Place) -> Result<(), String> {
    step::all("long", LONG, place)?;
    println!("x long: this is all there is so far. Not written yet, and therefore not run:");
    for missing in LONG_MISSING {
        println!("  - {missing}");
    }
    Ok(())
}
