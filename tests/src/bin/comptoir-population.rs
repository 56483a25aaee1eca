//! Writes a generated practice, and identities asked about it with their answers:
//! `comptoir-population --size N --seed S [--csv FILE] [--queries FILE] [--truth FILE] [--count Q]`.
//!
//! Names and places are drawn from the published counts of the folder that `COMPTOIR_WEIGHTS` names, else from a short
//! list. Nobody in it exists.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

use comptoir_tests::arguments::Arguments;
use comptoir_tests::population::{CSV_HEADINGS, Population, Weights, queries};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

const USAGE: &str = "comptoir-population --size N --seed S [--csv FILE] [--queries FILE] [--truth FILE] [--count Q]";

fn main() -> ExitCode {
    let valued = ["--size", "--seed", "--csv", "--queries", "--truth", "--count"];
    let arguments = match Arguments::read(std::env::args().skip(1), &valued, &[]) {
        Ok(arguments) => arguments,
        Err(what) => {
            eprintln!("comptoir-population: {what}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match write(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("comptoir-population: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let weights = Weights::from_environment()?;
    let population = Population::new(&weights, arguments.value("--seed", 1)?, arguments.value("--size", 10_000)?);
    if let Some(file) = arguments.text("--csv") {
        let mut csv = BufWriter::new(File::create(file)?);
        writeln!(csv, "{CSV_HEADINGS}")?;
        for record in population.records() {
            writeln!(csv, "{}", record.csv())?;
        }
        csv.flush()?;
        println!("{} records in {file}", population.size());
    }
    let (lines, truth) = (arguments.text("--queries"), arguments.text("--truth"));
    if lines.is_none() && truth.is_none() {
        return Ok(());
    }
    let asked = queries(&population, &weights, arguments.value("--count", 1_000)?);
    for (file, line) in [(lines, false), (truth, true)] {
        let Some(file) = file else { continue };
        let mut out = BufWriter::new(File::create(file)?);
        for query in &asked {
            writeln!(out, "{}", if line { query.truth() } else { query.line() })?;
        }
        out.flush()?;
        println!("{} lines in {file}", asked.len());
    }
    Ok(())
}
