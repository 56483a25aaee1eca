//! What it costs to import: rows a second and memory, beside `sqlite3 .import` of the same values into the same tables
//! and indexes of a plain file. `cargo bench -p comptoir-register --bench import [-- ROWS…]`, 100,000 and 1,000,000 by
//! default; `sqlite3` is a program of the system.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark speaks on its terminal")]

use comptoir_identity::{BirthDate, Environment};
use comptoir_register::{Act, ActKind, ImportOptions, Mapping, Register, RegisterKey, Source};
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const KEY: [u8; 32] = [7; 32];
const SYLLABLES: [&str; 24] = [
    "MAR", "TIN", "BER", "NARD", "DU", "BOIS", "LE", "GOFF", "RO", "BERT", "RI", "CHARD", "PE", "TIT", "MO", "REAU",
    "GAR", "NIER", "FA", "BRE", "LAM", "VIN", "CENT", "ROY",
];
const GIVEN: [&str; 12] =
    ["Anne", "Zoé", "Luc", "Jean-Pierre", "Marie", "Éva", "Paul", "Inès", "Léo", "Chloé", "Hugo", "Jade"];
const TABLES: [&str; 4] = ["patients", "ins", "complementary_traits", "suspicions"];
const PLACES: [&str; 8] = ["75107", "13055", "69123", "2A004", "25056", "99352", "59350", "97411"];

fn main() {
    let asked: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![100_000, 1_000_000] } else { asked };
    println!("seconds on the clock (seconds of processor)");
    println!("{:>9} {:>16} {:>16} {:>16} {:>9}", "rows", "ours", "sqlite, checked", "sqlite, loose", "peak, MB");
    for rows in sizes {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("patients.csv");
        write_patients(&file, rows);
        let ours = timed(|| import(folder.path(), &file, rows));
        let peak = peak_megabytes();
        let [checked, loose] = [true, false].map(|checked| sqlite(folder.path(), checked).unwrap_or_default());
        println!("{rows:>9} {ours:>16} {checked:>16} {loose:>16} {peak:>9}");
    }
}

/// Runs, and says how long it took: on the clock, and of the processor where the system says that.
fn timed(act: impl FnOnce()) -> String {
    let (begun, before) = (Instant::now(), processor_seconds());
    act();
    format!("{:.2} ({:.2})", begun.elapsed().as_secs_f64(), processor_seconds() - before)
}

/// Seconds of processor of this program and of those it has run.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// Patients of a practice: one in three with a matricule, one in two with a name in use.
fn write_patients(file: &Path, rows: u64) {
    let mut out = BufWriter::new(File::create(file).expect("made"));
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    writeln!(
        out,
        "IPP;NOM DE NAISSANCE;PRENOMS;PREMIER PRENOM;NOM UTILISE;SEXE;DATE DE NAISSANCE;LIEU DE NAISSANCE;MATRICULE INS;\
         ADRESSE;CODE POSTAL;VILLE;TELEPHONE MOBILE"
    )
    .expect("written");
    let pick =
        |list: &[&'static str], at: u64| list.get(usize::try_from(at).expect("small")).copied().unwrap_or_default();
    for row in 0..rows {
        let mut name = String::new();
        for _ in 0..2 + draw(3) {
            name.push_str(pick(&SYLLABLES, draw(24)));
        }
        let (first, second) = (pick(&GIVEN, draw(12)), pick(&GIVEN, draw(12)));
        let used = if draw(2) == 0 {
            String::new()
        } else {
            pick(&SYLLABLES, draw(24)).to_owned() + pick(&SYLLABLES, draw(24))
        };
        let (year, month, day) = (1930 + draw(95), 1 + draw(12), 1 + draw(28));
        let matricule = if draw(3) == 0 {
            let number = (1 + draw(2)) * 1_000_000_000_000 + draw(1_000_000_000_000);
            format!("{number}{:02}", 97 - number % 97)
        } else {
            String::new()
        };
        writeln!(
            out,
            "P{row:07};{name};{first} {second};{first};{used};{};{day:02}/{month:02}/{year};{};{matricule};{} rue des Lilas;\
             {:05};VILLE {};06{:08}",
            if draw(2) == 0 { "F" } else { "M" },
            pick(&PLACES, draw(8)),
            draw(200),
            draw(96_000),
            draw(5_000),
            draw(100_000_000),
        )
        .expect("written");
    }
    out.flush().expect("written");
}

fn import(folder: &Path, file: &Path, rows: u64) {
    let key = RegisterKey::from_bytes(&KEY).expect("a key");
    let register = Register::open(&folder.join("register.db"), &key).expect("made");
    let act = Act::new(Timestamp::UNIX_EPOCH, "bench", ActKind::PatientsImported);
    let options = ImportOptions {
        rejects: folder.join("rejects.csv"),
        environment: Environment::Production,
        today: BirthDate::parse_iso("2026-01-15").expect("a date"),
        batch: ImportOptions::BATCH,
    };
    let source = Source::open(file).expect("a source");
    let mapping = Mapping::proposed(source.headers()).expect("titles");
    let report =
        register.import(&source, &mapping, &options, &act, &mut |_| ControlFlow::Continue(())).expect("imported");
    assert_eq!(report.counts.inserted, rows);
}

/// What `sqlite3 .import` takes for the same values and indexes; none without the program.
///
/// An empty cell is no NULL to it. `checked`, it fills the same tables by views that make it one, as its manual advises;
/// else tables of the same columns and indexes that take any text.
fn sqlite(folder: &Path, checked: bool) -> Option<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let register = Connection::open_with_flags(folder.join("register.db"), flags).expect("opened");
    let mut key = String::new();
    for byte in KEY {
        write!(key, "{byte:02x}").expect("written");
    }
    register.execute_batch(&format!("PRAGMA key = \"x'{key}'\"")).expect("keyed");
    let mut schema = String::new();
    let mut script = String::from(".mode csv\n");
    for table in TABLES {
        let file = folder.join(format!("{table}.csv"));
        dump(&register, table, &file);
        let names = columns_of(&register, table);
        let list = names.join(", ");
        if checked {
            let values: Vec<String> = names.iter().map(|name| format!("nullif(NEW.{name}, '')")).collect();
            writeln!(
                schema,
                "CREATE VIEW {table}_in AS SELECT {list} FROM {table};
                 CREATE TRIGGER {table}_comes INSTEAD OF INSERT ON {table}_in
                 BEGIN INSERT INTO {table} ({list}) VALUES ({}); END;",
                values.join(", ")
            )
            .expect("written");
            writeln!(script, ".import {} {table}_in", file.display()).expect("written");
        } else {
            let key = match table {
                "patients" => list.replacen("id", "id INTEGER PRIMARY KEY", 1),
                "ins" => list + ", PRIMARY KEY (patient, number)",
                "complementary_traits" => list + ", PRIMARY KEY (patient, kind)",
                _ => list + ", PRIMARY KEY (one, other)",
            };
            let end = if table == "patients" { "" } else { " WITHOUT ROWID" };
            let unique =
                if table == "patients" { "CREATE UNIQUE INDEX by_identifier ON patients (external_id);" } else { "" };
            writeln!(schema, "CREATE TABLE {table} ({key}){end};{unique}").expect("written");
            writeln!(script, ".import {} {table}", file.display()).expect("written");
        }
    }
    let wanted = if checked { "'table', 'index', 'trigger'" } else { "'index'" };
    let mut statement = register
        .prepare(&format!(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND type IN ({wanted})
             AND tbl_name IN ('patients', 'ins', 'complementary_traits', 'suspicions', 'state')
             ORDER BY type = 'trigger', type = 'index'"
        ))
        .expect("prepared");
    let parts: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("read").collect::<Result<_, _>>().expect("read");
    let parts = parts.join(";\n").replace("WHERE merged_into IS NOT NULL", "WHERE merged_into <> ''") + ";\n";
    // `.import` fills no table with a column that is computed.
    let schema = if checked { parts + &schema } else { schema + &parts.replace("completed_date", "birth_date") };
    let plain = folder.join(format!("plain-{checked}.db"));
    run(&plain, &schema)?;
    Some(timed(|| {
        run(&plain, &script);
    }))
}

fn columns_of(register: &Connection, table: &str) -> Vec<String> {
    let statement = register.prepare(&format!("SELECT * FROM {table}")).expect("prepared");
    statement.column_names().into_iter().filter(|name| *name != "completed_date").map(str::to_owned).collect()
}

fn dump(register: &Connection, table: &str, file: &Path) {
    let columns = columns_of(register, table).join(", ");
    let mut out = BufWriter::new(File::create(file).expect("made"));
    let mut statement = register.prepare(&format!("SELECT {columns} FROM {table}")).expect("prepared");
    let width = statement.column_count();
    let mut rows = statement.query([]).expect("read");
    while let Some(row) = rows.next().expect("read") {
        for column in 0..width {
            let end = if column + 1 == width { "\n" } else { "," };
            match row.get_ref(column).expect("a value") {
                ValueRef::Integer(number) => write!(out, "{number}{end}"),
                ValueRef::Text(text) => write!(out, "\"{}\"{end}", String::from_utf8_lossy(text)),
                ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => write!(out, "{end}"),
            }
            .expect("written");
        }
    }
    out.flush().expect("written");
}

fn run(file: &Path, script: &str) -> Option<()> {
    let mut child = Command::new("sqlite3").arg(file).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().ok()?;
    child.stdin.take()?.write_all(script.as_bytes()).expect("written");
    assert!(child.wait().expect("ended").success(), "sqlite3 refused the script");
    Some(())
}

/// The most memory that this process has had; 0 where the system does not say.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}
