//! Measures what keeping a register safe costs: `comptoir-storage [RECORDS]`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

use comptoir_identity::BirthDate;
use comptoir_register::{Act, ActKind, Keep, Register, RegisterKey, Restoration, Search, SoleUse};
use comptoir_tests::victim::patient;
use jiff::{SignedDuration, Timestamp};
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const A_BATCH: u64 = 20_000;

fn main() -> ExitCode {
    let records = std::env::args().nth(1).map_or(Ok(1_000_000), |records| records.parse());
    match records.map_err(Into::into).and_then(measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("comptoir-storage: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(records: u64) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (file, backups) = (folder.path().join("register.db"), folder.path().join("sauvegardes"));
    let (key, other) = (RegisterKey::from_bytes(&[7; 32])?, RegisterKey::from_bytes(&[8; 32])?);
    let (now, act) = (Timestamp::UNIX_EPOCH, Act::new(Timestamp::UNIX_EPOCH, "measure", ActKind::PatientCreated));
    let register = Register::open(&file, &key)?;
    for first in (0..records).step_by(usize::try_from(A_BATCH)?) {
        let patients = (first..(first + A_BATCH).min(records)).map(patient).collect::<Result<Vec<_>, _>>()?;
        register.insert_all(&patients, &act)?;
    }
    drop(register);
    println!("{records} records, {} MB, encrypted", std::fs::metadata(&file)?.len() / 1_000_000);

    let search = Search {
        birth_date: BirthDate::parse_iso("1962-08-24")?,
        name_stem: Some("DUB".to_owned()),
        given_name_stem: None,
    };
    let mut opening = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let register = Register::open(&file, &key)?;
        let opened = began.elapsed();
        drop(register.search(&search, 20)?);
        opening.push((began.elapsed(), opened));
    }
    opening.sort_unstable();
    for (rule, at) in [("median", opening.len() / 2), ("slowest", opening.len() - 1)] {
        if let Some((answered, opened)) = opening.get(at) {
            println!("  open, {rule:<8} {opened:>12.1?}, to the first answer {answered:.1?}");
        }
    }
    let register = Register::open(&file, &key)?;
    let made = timed("examine", || register.examine()).and_then(|_| {
        let (made, slowest) = beside(&register, || {
            timed("backup, verified", || {
                register.backup(&backups, now + SignedDuration::from_hours(1), Keep::default())
            })
        })?;
        println!("  one line written beside the backup, slowest {slowest:.1?}");
        Ok(made)
    })?;
    drop(register);
    let restoration = timed("restore: verified, copied, verified", || {
        Restoration::prepare(&file, &key, &made.file, &key, &|_| true)
    })?;
    timed("restore: put in place, opened", || restoration.carry_out(now, "measure").map(drop))?;
    timed("another key, verified", || {
        SoleUse::of(&file, &key)
            .map_err(Box::<dyn Error>::from)
            .and_then(|alone| Ok(alone.rekey(&other, &Act::new(now, "measure", ActKind::RegisterRekeyed))?))
    })
}

fn timed<T, E: Into<Box<dyn Error>>>(rule: &str, act: impl FnOnce() -> Result<T, E>) -> Result<T, Box<dyn Error>> {
    let began = Instant::now();
    let done = act().map_err(Into::into)?;
    println!("  {rule}: {:.1?}", began.elapsed());
    Ok(done)
}

/// Writes a line every ten milliseconds while something else is done, and says how long the slowest took.
fn beside<T>(
    register: &Register,
    act: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<(T, Duration), Box<dyn Error>> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                register.journal(&Act::new(Timestamp::UNIX_EPOCH, "measure", ActKind::SearchMade))?;
                slowest = slowest.max(began.elapsed());
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok::<_, comptoir_register::WriteError>(slowest)
        });
        let done = act();
        over.store(true, Ordering::Relaxed);
        let slowest = writer.join().map_err(|_| "the writer stopped")??;
        Ok((done?, slowest))
    })
}
