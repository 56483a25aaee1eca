//! Asks registers of generated practices about people whose answer is known, and judges the answers:
//! `comptoir-evaluate [--sizes N,N] [--seeds S,S] [--queries Q] [--disk] [--pairs] [--show KIND]`.
//!
//! Ends with 1 when a link is wrong or a share stays below what is asked.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

use comptoir_register::{Register, RegisterKey};
use comptoir_tests::arguments::Arguments;
use comptoir_tests::evaluation::{Answer, Fault, Limits, Tally, answer, fill};
use comptoir_tests::population::{Population, Query, WEIGHTS_FOLDER, Weights, queries};
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "comptoir-evaluate [--sizes N,N] [--seeds S,S] [--queries Q] [--disk] [--pairs] [--show KIND]";
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Examples printed of one kind.
const EXAMPLES: usize = 8;

fn main() -> ExitCode {
    let valued = ["--sizes", "--seeds", "--queries", "--show"];
    let arguments = match Arguments::read(std::env::args().skip(1), &valued, &["--disk", "--pairs"]) {
        Ok(arguments) => arguments,
        Err(what) => {
            eprintln!("comptoir-evaluate: {what}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match evaluate(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("comptoir-evaluate: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every practice of every seed reaches the limits.
fn evaluate(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let weights = Weights::from_environment()?;
    let limits = if std::env::var_os(WEIGHTS_FOLDER).is_some() {
        Limits::RELEASE
    } else {
        println!("Names of the short list: shares of safe and first are printed, not judged ({WEIGHTS_FOLDER}).");
        Limits::SHORT_LIST
    };
    let mut reached = true;
    for size in arguments.list("--sizes", 10_000)? {
        for seed in arguments.list("--seeds", 1)? {
            let population = Population::new(&weights, seed, size);
            reached &= one(&population, seed, &weights, &limits, arguments)?;
        }
    }
    Ok(reached)
}

fn one(
    population: &Population<'_>,
    seed: u64,
    weights: &Weights,
    limits: &Limits,
    arguments: &Arguments,
) -> Result<bool, Box<dyn Error>> {
    let count: u64 = arguments.value("--queries", 60_000)?;
    let start = Instant::now();
    let asked = queries(population, weights, count);
    let drawn = start.elapsed();
    let folder = tempfile::tempdir()?;
    let register = if arguments.flag("--disk") {
        Register::open(&folder.path().join("register.db"), &RegisterKey::from_hexadecimal(KEY)?)?
    } else {
        Register::in_memory()?
    };
    let start = Instant::now();
    let filled = fill(&register, population.records())?;
    let filling = start.elapsed();
    let mut tally = Tally::default();
    let (mut examples, mut answering) = (0, Duration::ZERO);
    for query in &asked {
        let identity = query.asked.identity();
        let start = Instant::now();
        let answer = answer(&register, &identity)?;
        answering += start.elapsed();
        let faults = tally.add(query, &answer);
        let shown = arguments.text("--show").is_some_and(|kind| shows(kind, query, &faults));
        if shown && examples < EXAMPLES {
            examples += 1;
            show(&register, query, &answer, &faults)?;
        }
    }
    println!(
        "{filled} records, seed {seed}: {} queries drawn in {drawn:.1?}, filled in {filling:.1?}, {:.0} queries a second",
        asked.len(),
        rate(asked.len(), answering)
    );
    println!("{tally}");
    if arguments.flag("--pairs") {
        for line in tally.worst_pairs() {
            println!("{line}");
        }
    }
    let misses = tally.misses(limits);
    for miss in &misses {
        println!("BELOW: {miss}");
    }
    println!();
    Ok(misses.is_empty())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for the eye")]
fn rate(count: usize, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64().max(f64::EPSILON)
}

/// Whether a query is of the kind asked, by its name, its full name, or the name of its fault.
fn shows(kind: &str, query: &Query, faults: &[Fault]) -> bool {
    let named = kind == query.kind.name() || kind == query.kind.to_string();
    !faults.is_empty() && (named || faults.iter().any(|fault| format!("{fault:?}") == kind))
}

/// Prints a query with its records: nobody in it exists.
fn show(register: &Register, query: &Query, answer: &Answer, faults: &[Fault]) -> Result<(), Box<dyn Error>> {
    println!("{} (query {}): {faults:?}, {:?}", query.kind, query.number, answer.link);
    println!("  asked   {}", serde_json::Value::Object(query.asked.claims()));
    let label = &query.label;
    let mut lists =
        vec![("right", &label.records), ("beside", &label.beside), ("rival", &label.rivals), ("shown", &answer.shown)];
    for (what, records) in &mut lists {
        for record in records.iter().take(5) {
            println!("  {what:<7} {}", described(register, record)?);
        }
    }
    Ok(())
}

fn described(register: &Register, record: &str) -> Result<String, Box<dyn Error>> {
    let id = register.find_record(record)?;
    let Some(patient) = id.map(|id| register.patient(id)).transpose()?.flatten() else {
        return Ok(format!("{record} (not in the register)"));
    };
    let traits = patient.traits;
    let parts = [
        traits.birth_name.known().map(|name| name.raw().to_owned()),
        traits.first_given_name.known().map(|name| name.raw().to_owned()),
        traits.given_names.known().map(|names| names.raw().to_owned()),
        traits.birth_date.map(comptoir_identity::BirthDate::iso),
        traits.sex.map(|sex| sex.letter().to_owned()),
        traits.birth_place.map(|place| place.as_str().to_owned()),
        traits.usage_name.known().map(|name| name.raw().to_owned()),
    ];
    Ok(format!("{record}: {}", parts.map(Option::unwrap_or_default).join(" | ")))
}
