//! Builds encrypted registers of generated patients and says what that takes:
//! `comptoir-registers [--sizes N,N] [--seed S] [--queries Q] [--keep FOLDER]`.
//!
//! With `--keep`, a register that is already whole in the folder is opened again instead of being built.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

use comptoir_register::{Register, RegisterKey};
use comptoir_tests::arguments::Arguments;
use comptoir_tests::evaluation::{answer, fill};
use comptoir_tests::population::{Population, Weights, queries};
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "comptoir-registers [--sizes N,N] [--seed S] [--queries Q] [--keep FOLDER]";
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn main() -> ExitCode {
    let pairs = ["--sizes", "--seed", "--queries", "--keep"];
    let arguments = match Arguments::read(std::env::args().skip(1), &pairs, &[]) {
        Ok(arguments) => arguments,
        Err(what) => {
            eprintln!("comptoir-registers: {what}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match measure(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("comptoir-registers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let weights = Weights::from_environment()?;
    let (seed, count) = (arguments.value("--seed", 1)?, arguments.value("--queries", 1_000)?);
    let passing = tempfile::tempdir()?;
    let folder = arguments.text("--keep").map_or_else(|| passing.path().to_path_buf(), PathBuf::from);
    fs::create_dir_all(&folder)?;
    for size in arguments.list("--sizes", 10_000)? {
        let practice = Practice { population: Population::new(&weights, seed, size), weights: &weights };
        practice.measure(&folder.join(format!("register-{size}-{seed}")), count)?;
    }
    Ok(())
}

struct Practice<'a> {
    population: Population<'a>,
    weights: &'a Weights,
}

impl Practice<'_> {
    /// Builds the register in its folder, or finds it there, opens it and asks it.
    fn measure(&self, folder: &Path, count: u64) -> Result<(), Box<dyn Error>> {
        let file = folder.join("register.db");
        let key = RegisterKey::from_hexadecimal(KEY)?;
        println!("{} patients, encrypted", self.population.size());
        if self.is_whole(&file, &key)? {
            println!("  kept from another run");
        } else {
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
            fs::create_dir_all(folder)?;
            let start = Instant::now();
            let filled = fill(&Register::open(&file, &key)?, self.population.records())?;
            let taken = start.elapsed();
            println!("  inserted in {taken:.1?}: {:.0} a second", rate(filled, taken));
        }
        let bytes = size_of(folder)?;
        println!(
            "  {} MB on disk, {} bytes a patient",
            bytes / 1_000_000,
            bytes / u64::try_from(self.population.size().max(1))?
        );
        let asked = queries(&self.population, self.weights, count);
        let start = Instant::now();
        let register = Register::open(&file, &key)?;
        let opened = start.elapsed();
        let mut times = Vec::with_capacity(asked.len());
        for query in &asked {
            let identity = query.asked.identity();
            let start = Instant::now();
            answer(&register, &identity)?;
            times.push(start.elapsed());
        }
        println!("  opened in {opened:.1?}, first answer {:.1?} later", times.first().copied().unwrap_or_default());
        let total: Duration = times.iter().sum();
        times.sort_unstable();
        println!(
            "  {} identities: {:.0} a second, half within {:.1?}, 99 in 100 within {:.1?}",
            times.len(),
            rate(times.len(), total),
            percentile(&times, 50),
            percentile(&times, 99)
        );
        println!("  resident {} kB, peak {} kB", memory("VmRSS:")?, memory("VmHWM:")?);
        Ok(())
    }

    /// Whether the file is there with all its records; one that a run left unfinished is not.
    fn is_whole(&self, file: &Path, key: &RegisterKey) -> Result<bool, Box<dyn Error>> {
        if !file.is_file() {
            return Ok(false);
        }
        let count = Register::open(file, key)?.count()?;
        Ok(usize::try_from(count)? == self.population.size())
    }
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).or(sorted.last()).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a rate for the eye")]
fn rate(count: usize, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64().max(f64::EPSILON)
}

/// The bytes of a folder's files: the register's and those beside it.
fn size_of(folder: &Path) -> io::Result<u64> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

/// A line of what the system says of this process's memory, in kB.
fn memory(what: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)).ok_or("no such line of memory")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
