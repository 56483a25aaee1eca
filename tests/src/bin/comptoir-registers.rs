//! Measures the register at several sizes, each figure beside its floor:
//! `comptoir-registers [--sizes 10000,100000,1000000] [--seed 1] [--folder FOLDER]`.
//!
//! The floor is the bare indexed SELECT that returns the same rows, from the same encrypted file and from a plain
//! copy of it. Times wander with the machine; ratios do not, or little.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

use comptoir_identity::{BirthDate, Candidate, Link, Outcome, PivotClaims, PivotIdentity, PlaceCode, Sex, judge};
use comptoir_register::{Act, ActKind, NewPatient, RecordId, Register, RegisterKey, Search, SuspicionKind};
use comptoir_tests::population::{Person, Population, Recorded, Weights};
use jiff::Timestamp;
use rusqlite::Connection;
use rustix::time::{ClockId, clock_gettime};
use std::collections::HashMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const TIMES: usize = 2_000;
const CHUNK: usize = 20_000;

type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    match arguments().and_then(|asked| run(&asked)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("comptoir-registers: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Asked {
    sizes: Vec<usize>,
    seed: u64,
    folder: Option<PathBuf>,
}

fn arguments() -> Result<Asked, Failure> {
    let mut asked = Asked { sizes: vec![10_000, 100_000, 1_000_000], seed: 1, folder: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name}: what?"))?;
        match name.as_str() {
            "--sizes" => asked.sizes = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--seed" => asked.seed = value.parse()?,
            "--folder" => asked.folder = Some(value.into()),
            _ => return Err(format!("{name} is not known").into()),
        }
    }
    Ok(asked)
}

fn run(asked: &Asked) -> Result<(), Failure> {
    let weights = Weights::from_environment()?;
    let temporary = tempfile::tempdir()?;
    let folder = asked.folder.as_deref().unwrap_or(temporary.path());
    for size in &asked.sizes {
        println!("{size} patients");
        measure(&weights, *size, asked.seed, folder)?;
    }
    Ok(())
}

fn measure(weights: &Weights, size: usize, seed: u64, folder: &Path) -> Result<(), Failure> {
    let file = folder.join(format!("register-{size}-{seed}.db"));
    let key = RegisterKey::from_hexadecimal(KEY)?;
    let population = Population::new(weights, seed, size);
    if !file.exists() {
        let start = Instant::now();
        fill(&Register::open(&file, &key)?, &population)?;
        println!(
            "  filled: {:.0} rows/s, {} MB",
            rate(size, start.elapsed()),
            std::fs::metadata(&file)?.len() / 1_000_000
        );
    }
    let plain = plain(&file)?;
    let before = resident()?;
    let start = Instant::now();
    let register = Register::open(&file, &key)?;
    let opened = start.elapsed();
    let asked = Questions::of(&population, size);
    let mut dates = asked.recorded.iter().cycle().map(|one| one.birth_date);
    let first = Instant::now();
    search(&register, dates.next().ok_or("nobody")?, None)?;
    println!("  open: {opened:.1?}, first answer {:.1?} later", first.elapsed());
    let start = Instant::now();
    register.load()?;
    println!(
        "  in memory: {:.2?}, resident {} MB (+{} MB)",
        start.elapsed(),
        resident()? / 1_000,
        (resident()? - before) / 1_000
    );

    let encrypted = raw(&file, true)?;
    let bare = raw(&plain, false)?;
    let by_date =
        |connection: &Connection, one: &Recorded| rows(connection, BY_DATE, &[&one.birth_date.completed().iso()]);
    let by_name = |connection: &Connection, one: &Recorded| {
        let stem = stem(&one.birth_name, 3);
        rows(connection, BY_BEGINNING, &[&stem, &format!("{stem}["), &one.birth_date.completed().iso()])
    };
    let by_typing = |connection: &Connection, one: &Recorded| {
        let stem = stem(&one.birth_name, 4);
        rows(connection, BY_TYPING, &[&stem, &format!("{stem}[")])
    };
    show("birth-date search", &asked.recorded, |one| search(&register, one.birth_date, None))?;
    show("  floor, encrypted", &asked.recorded, |one| by_date(&encrypted, one))?;
    show("  floor, plain", &asked.recorded, |one| by_date(&bare, one))?;
    show("date and name stem", &asked.recorded, |one| {
        search(&register, one.birth_date, Some(stem(&one.birth_name, 3)))
    })?;
    show("  floor, encrypted", &asked.recorded, |one| by_name(&encrypted, one))?;
    show("  floor, plain", &asked.recorded, |one| by_name(&bare, one))?;
    for letters in 1..=6 {
        show(&format!("typing, {letters} letters"), &asked.recorded, |one| {
            Ok(register.typed(&stem(&one.birth_name, letters), 20)?.patients.len())
        })?;
    }
    show("  floor, encrypted", &asked.recorded, |one| by_typing(&encrypted, one))?;
    show("  floor, plain", &asked.recorded, |one| by_typing(&bare, one))?;
    show("verdict, exact", &asked.exact, |one| Ok(usize::from(verdict(&register, one)?.1 == Link::Safe)))?;
    show("verdict, as people are", &asked.people, |one| Ok(usize::from(verdict(&register, one)?.1 == Link::Safe)))?;
    show("  floor, encrypted", &asked.recorded, |one| by_date(&encrypted, one))?;
    show("  floor, plain", &asked.recorded, |one| by_date(&bare, one))?;
    let (start, mut concordant) = (Instant::now(), 0_usize);
    for identity in asked.exact.iter().cycle().take(TIMES * 10) {
        concordant += usize::from(verdict(&register, identity)?.0 == Outcome::Concordant);
    }
    println!(
        "  {:<26} {:.0} identities/s ({concordant} of {} concordant)",
        "batch, exact",
        rate(TIMES * 10, start.elapsed()),
        TIMES * 10
    );
    duplicates(&register, &population)?;
    println!("  resident at the end: {} MB", resident()? / 1_000);
    Ok(())
}

/// One pass over the register, judged by who each record truly is.
fn duplicates(register: &Register, population: &Population<'_>) -> Result<(), Failure> {
    let act = Act::new(Timestamp::UNIX_EPOCH, "measure", ActKind::DuplicatesSearched);
    let start = Instant::now();
    register.look_for_duplicates(&act, &|_| ControlFlow::Continue(()))?;
    let taken = start.elapsed();
    // Records were inserted in the order in which they are drawn: numbers follow.
    let whose: Vec<u64> = population.records().map(|record| record.person.number()).collect();
    let person = |record: RecordId| whose.get(usize::try_from(record.number() - 1).unwrap_or(usize::MAX));
    let mut records: HashMap<u64, usize> = HashMap::new();
    for person in &whose {
        *records.entry(*person).or_default() += 1;
    }
    let pairs: usize = records.values().map(|count| count * (count - 1) / 2).sum();
    let said: Vec<_> = register.suspicions()?.into_iter().filter(|one| one.kind == SuspicionKind::Duplicate).collect();
    if std::env::var_os("COMPTOIR_SHOW_REASONS").is_some() {
        let mut by: HashMap<String, [usize; 2]> = HashMap::new();
        for one in &said {
            let why = one.reasons.map(|reasons| reasons.codes().map(|(_, how)| how).join(" ")).unwrap_or_default();
            let counted = by.entry(why).or_default();
            let same = usize::from(person(one.one) == person(one.other));
            if let Some(count) = counted.get_mut(same) {
                *count += 1;
            }
        }
        for (why, [wrong, right]) in by {
            println!("    {why}: {right} true, {wrong} not");
        }
    }
    let right = said.iter().filter(|one| person(one.one) == person(one.other)).count();
    println!(
        "  {:<26} {taken:.2?}; {pairs} pairs, {} said, recall {:.3}, true {:.3}",
        "duplicates",
        said.len(),
        share(right, pairs),
        share(right, said.len()),
    );
    Ok(())
}

fn share(part: usize, whole: usize) -> f64 {
    rate(part, Duration::from_secs(whole.max(1) as u64))
}

const COLUMNS: &str = "id, external_id, birth_name, first_given_name, given_names, birth_date, sex, birth_place, \
     usage_name, usage_given_name, ins_retrieved, device_checked, attributes";
const BY_DATE: &str = "completed_date = ?1";
const BY_BEGINNING: &str = "name_key >= ?1 AND name_key < ?2 AND completed_date = ?3";
const BY_TYPING: &str = "name_key >= ?1 AND name_key < ?2 ORDER BY name_key LIMIT 20";

fn rows(connection: &Connection, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<usize, Failure> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM patients WHERE {condition}"))?;
    let mut rows = statement.query(values)?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        for column in 0..13 {
            std::hint::black_box(row.get_ref(column)?);
        }
        count += 1;
    }
    Ok(count)
}

fn raw(file: &Path, encrypted: bool) -> Result<Connection, Failure> {
    let connection = Connection::open(file)?;
    if encrypted {
        connection.execute_batch(&format!("PRAGMA key = \"x'{KEY}'\""))?;
    }
    connection.execute_batch("PRAGMA query_only = true")?;
    Ok(connection)
}

/// A copy of the register without a key, for the floor.
fn plain(file: &Path) -> Result<PathBuf, Failure> {
    let plain = file.with_extension("plain");
    if !plain.exists() {
        let connection = Connection::open(file)?;
        connection.execute_batch(&format!("PRAGMA key = \"x'{KEY}'\""))?;
        connection.execute("ATTACH DATABASE ?1 AS plain KEY ''", [plain.to_string_lossy()])?;
        connection.query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(()))?;
    }
    Ok(plain)
}

fn search(register: &Register, birth_date: BirthDate, name_stem: Option<String>) -> Result<usize, Failure> {
    Ok(register.search(&Search { birth_date, name_stem, given_name_stem: None }, 1_000)?.patients.len())
}

fn verdict(register: &Register, identity: &PivotIdentity) -> Result<(Outcome, Link), Failure> {
    let found = register.candidates(identity)?;
    let records = found.iter().enumerate();
    let judgement = judge(
        identity,
        records.map(|(record, one)| Candidate {
            record,
            traits: &one.traits,
            opened: false,
            told_apart: one.told_apart,
        }),
    );
    Ok((judgement.outcome, judgement.link))
}

fn stem(name: &str, letters: usize) -> String {
    comptoir_identity::search_key(name).chars().take(letters).collect()
}

/// Runs every question and prints median and 99th centile, of processor time and of the clock.
fn show<T>(what: &str, asked: &[T], mut answer: impl FnMut(&T) -> Result<usize, Failure>) -> Result<(), Failure> {
    let (mut cpu, mut wall, mut found) = (Vec::new(), Vec::new(), 0);
    for one in asked.iter().take(50) {
        answer(one)?;
    }
    for one in asked {
        let (start, began) = (Instant::now(), processor());
        found += answer(one)?;
        cpu.push(processor().saturating_sub(began));
        wall.push(start.elapsed());
    }
    let [mut cpu, mut wall] = [cpu, wall];
    cpu.sort_unstable();
    wall.sort_unstable();
    let at = |times: &[Duration], share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!(
        "  {what:<26} CPU p50 {:>9.1?} p99 {:>9.1?}   clock p50 {:>9.1?} p99 {:>9.1?}   {:.1} rows",
        at(&cpu, 50),
        at(&cpu, 99),
        at(&wall, 50),
        at(&wall, 99),
        rate(found, Duration::from_secs(asked.len() as u64)),
    );
    Ok(())
}

fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn rate(count: usize, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate for the eye")]
    let count = count as f64;
    count / time.as_secs_f64()
}

/// Memory that this process holds, in kB.
fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

fn fill(register: &Register, population: &Population<'_>) -> Result<(), Failure> {
    let mut chunk = Vec::with_capacity(CHUNK);
    for recorded in population.records() {
        chunk.push(recorded.new_patient(None));
        if chunk.len() == CHUNK {
            insert(register, &chunk)?;
            chunk.clear();
        }
    }
    insert(register, &chunk)
}

fn insert(register: &Register, chunk: &[NewPatient]) -> Result<(), Failure> {
    Ok(register.insert_all(chunk, &Act::new(Timestamp::UNIX_EPOCH, "measure", ActKind::PatientCreated))?)
}

/// What is asked, spread over the whole register.
struct Questions {
    recorded: Vec<Recorded>,
    exact: Vec<PivotIdentity>,
    people: Vec<PivotIdentity>,
}

impl Questions {
    fn of(population: &Population<'_>, size: usize) -> Self {
        let every = (size / TIMES).max(1);
        let recorded: Vec<Recorded> = population.records().step_by(every).take(TIMES).collect();
        let exact = recorded.iter().map(as_recorded).collect();
        let households = usize::try_from(population.whole_households()).unwrap_or(0);
        let people = (0..TIMES)
            .map(|at| population.household(u64::try_from(at * households / TIMES).unwrap_or(0)))
            .filter_map(|drawn| drawn.persons.first().map(as_is))
            .collect();
        Self { recorded, exact, people }
    }
}

fn as_recorded(recorded: &Recorded) -> PivotIdentity {
    let given =
        if recorded.birth_given_names.is_empty() { &recorded.first_given_name } else { &recorded.birth_given_names };
    identity(
        &recorded.birth_name,
        std::slice::from_ref(given),
        &recorded.used_name,
        recorded.birth_date,
        recorded.sex,
        recorded.birth_place,
    )
}

fn as_is(person: &Person) -> PivotIdentity {
    let used = person.usage_name.as_deref().unwrap_or_default();
    identity(&person.birth_name, &person.given_names, used, person.born, Some(person.sex), person.place)
}

fn identity(
    name: &str,
    given: &[String],
    used: &str,
    date: BirthDate,
    sex: Option<Sex>,
    place: PlaceCode,
) -> PivotIdentity {
    let raw = date.iso();
    let (birthplace, birthcountry) = if place.is_country() { ("", place.as_str()) } else { (place.as_str(), "99100") };
    PivotIdentity::from_claims(&PivotClaims {
        family_name: Some(name),
        given_name: Some(&given.join(" ")),
        given_name_array: if given.len() > 1 { given } else { &[] },
        preferred_username: Some(used),
        birthdate: Some(&raw.replace("-00", "-01")),
        idp_birthdate: Some(&raw),
        gender: sex.map(|sex| if sex == Sex::Female { "female" } else { "male" }),
        birthplace: Some(birthplace),
        birthcountry: Some(birthcountry),
    })
}
