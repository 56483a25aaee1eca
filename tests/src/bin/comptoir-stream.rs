//! Streams identities through `comptoir verify` and shows that a million of them take no more memory
//! than a thousand: `comptoir-stream PROGRAM [LINES]`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

use comptoir_identity::{
    BirthDate, BirthName, GivenName, GivenNames, InsRecord, PlaceCode, Sex, Standing, Stated, Traits,
};
use comptoir_register::{Act, ActKind, NewPatient, Register, RegisterKey};
use jiff::Timestamp;
use serde_json::Value;
use std::error::Error;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const PATIENTS: u32 = 20_000;
const FEW: u64 = 1_000;
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// What one run took.
struct Taken {
    kilobytes: u64,
    a_second: f64,
    concordant: u64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(program), lines) = (arguments.next(), arguments.next().map_or(Ok(1_000_000), |lines| lines.parse()))
    else {
        eprintln!("comptoir-stream PROGRAM [LINES]");
        return ExitCode::from(2);
    };
    match lines.map_err(Into::into).and_then(|lines| measure(&program, lines)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("comptoir-stream: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(program: &str, lines: u64) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("register.db");
    let register = Register::open(&file, &RegisterKey::from_hexadecimal(KEY)?)?;
    let patients = (0..PATIENTS).map(patient).collect::<Result<Vec<_>, _>>()?;
    register.insert_all(&patients, &Act::new(Timestamp::UNIX_EPOCH, "measure", ActKind::PatientCreated))?;
    drop(register);
    let few = stream(program, &file, FEW)?;
    let many = stream(program, &file, lines)?;
    println!("verify, {PATIENTS} patients, encrypted");
    for (lines, taken) in [(FEW, &few), (lines, &many)] {
        println!("  {lines:>9} identities: peak {:>7} kB, {:>8.0} a second", taken.kilobytes, taken.a_second);
    }
    // Two runs of one program differ by some pages; what grows with the input differs by far more.
    if many.kilobytes > few.kilobytes + few.kilobytes / 5 {
        return Err("memory grows with the number of identities".into());
    }
    if many.concordant != lines || few.concordant != FEW {
        return Err("every identity is in the register, and not every one was found concordant".into());
    }
    Ok(())
}

fn stream(program: &str, register: &Path, lines: u64) -> Result<Taken, Box<dyn Error>> {
    let mut child = Command::new(program)
        .args(["verify", "--key-env", "COMPTOIR_STREAM_KEY", "--register"])
        .arg(register)
        .env("COMPTOIR_STREAM_KEY", KEY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(asking), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("no pipes".into());
    };
    let start = Instant::now();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let writing = std::thread::spawn(move || -> std::io::Result<()> {
        let mut asking = BufWriter::new(asking);
        for number in 0..lines {
            // Spread over the register, in no order that its pages have.
            let person = u32::try_from(number.wrapping_mul(7_919) % u64::from(PATIENTS)).unwrap_or(0);
            writeln!(asking, "{}", identity(number, person))?;
        }
        asking.flush()?;
        // The pipe stays open until the peak is read: a program that has ended has none.
        wait.recv().ok();
        Ok(())
    });
    let (mut concordant, mut seen) = (0, 0);
    let mut line = String::new();
    let mut reading = BufReader::new(answers);
    while seen < lines && reading.read_line(&mut line)? > 0 {
        let answer: Value = serde_json::from_str(&line)?;
        concordant += u64::from(answer.get("outcome").and_then(Value::as_str) == Some("concordant"));
        seen += 1;
        line.clear();
    }
    let taken = start.elapsed();
    let kilobytes = peak(child.id())?;
    drop(go);
    writing.join().map_err(|_| "the writer stopped")??;
    child.wait()?;
    #[expect(clippy::cast_precision_loss, reason = "a rate for the eye")]
    let a_second = lines as f64 / taken.as_secs_f64();
    Ok(Taken { kilobytes, a_second, concordant })
}

/// The most memory that a process has had, in kB.
fn peak(process: u32) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(peak.trim().trim_end_matches("kB").trim().parse()?)
}

/// A name made of letters that no two numbers share.
fn letters(number: u32) -> String {
    (0..5).map(|place| char::from(b'A' + u8::try_from(number / 26_u32.pow(place) % 26).unwrap_or(0))).collect()
}

fn date(number: u32) -> String {
    format!("{}-{:02}-{:02}", 1930 + number % 90, 1 + number / 90 % 12, 1 + number / 1_080 % 28)
}

fn patient(number: u32) -> Result<NewPatient, Box<dyn Error>> {
    let given = format!("MARIE-{}", letters(number / 3));
    Ok(NewPatient {
        external_id: Some(format!("P{number}")),
        traits: Traits {
            birth_name: Stated::Known(BirthName::parse(&format!("LE {}", letters(number)))?),
            first_given_name: Stated::Known(GivenName::parse(&given)?),
            given_names: Stated::Known(GivenNames::parse(&given)?),
            birth_date: Some(BirthDate::parse_iso(&date(number))?),
            sex: Some(Sex::Female),
            birth_place: Some(PlaceCode::parse("44109")?),
            usage_name: Stated::Absent,
            usage_given_name: Stated::Absent,
            ins: InsRecord::EMPTY,
        },
        standing: Standing::PROVISIONAL,
    })
}

fn identity(line: u64, person: u32) -> Value {
    serde_json::json!({
        "id": line, "family_name": format!("LE {}", letters(person)),
        "given_name": format!("MARIE-{}", letters(person / 3)),
        "birthdate": date(person), "idp_birthdate": date(person), "gender": "female",
        "birthplace": "44109", "birthcountry": "99100",
    })
}
