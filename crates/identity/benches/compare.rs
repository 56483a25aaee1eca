//! What it costs to parse, to normalise and to compare, in nanoseconds a pair, beside the plain comparison
//! of the same traits' bytes in the same run.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark speaks on its terminal")]

use comptoir_identity::{
    BirthDate, BirthName, Candidate, GivenName, GivenNames, InsRecord, NearName, PhoneticKey, PivotClaims,
    PivotIdentity, PlaceCode, Sex, Stated, Traits, UsageName, compare, judge, search_key,
};
use criterion::Criterion;
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// `name / list / AAAA-MM-JJ / sex / place / usage` of the register, then of FranceConnect.
const EQUAL: [&str; 2] = [
    "LE GOFF / MARIE ANNE LOUISE / 1962-08-24 / F / 75107 / ",
    "LE GOFF / MARIE ANNE LOUISE / 1962-08-24 / F / 75107 / ",
];
const EXPLAINED: [&str; 2] = [
    "TROIS DUPRE / MELISSANDRE / 1981-07-27 / F / 75056 / ",
    "Trois-Dupré / Mélissandre Juliette / 1981-07-27 / F / 75112 / ROY",
];
const CONFLICT: [&str; 2] = [
    "DUBOIS / VALENTIN EMMANUEL / 1962-08-24 / M / 95277 / ",
    "MERCIER / Emmanuel Valentin / 1926-08-24 / M / 44109 / DUBOIS",
];

fn parts(line: &str) -> [&str; 6] {
    let mut parts = line.split(" / ").map(str::trim);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn record(line: &str) -> Traits {
    let [name, list, date, sex, place, usage] = parts(line);
    Traits {
        birth_name: Stated::parse(Some(name), BirthName::parse),
        first_given_name: Stated::parse(list.split(' ').next(), GivenName::parse),
        given_names: Stated::parse(Some(list), GivenNames::parse),
        birth_date: BirthDate::parse_iso(date).ok(),
        sex: Sex::from_letter(sex),
        birth_place: PlaceCode::parse(place).ok(),
        usage_name: Stated::parse(Some(usage), UsageName::parse),
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    }
}

fn identity(line: &str) -> PivotIdentity {
    let [name, list, date, sex, place, usage] = parts(line);
    PivotIdentity::from_claims(&PivotClaims {
        family_name: Some(name),
        given_name: Some(list),
        birthdate: Some(date),
        idp_birthdate: Some(date),
        gender: Some(if sex == "F" { "female" } else { "male" }),
        birthplace: Some(place),
        birthcountry: Some("99100"),
        preferred_username: Some(usage),
        ..PivotClaims::default()
    })
}

fn main() {
    let mut criterion = Criterion::default().output_directory(&home()).without_plots().configure_from_args();
    criterion.bench_function("parse a record", |b| b.iter(|| record(black_box(EXPLAINED[0]))));
    criterion.bench_function("parse an answer", |b| b.iter(|| identity(black_box(EXPLAINED[1]))));
    criterion.bench_function("normalise a name", |b| b.iter(|| search_key(black_box("Trois-Dupré"))));
    criterion.bench_function("sound of a name", |b| b.iter(|| PhoneticKey::of(black_box("Trois-Dupré"))));
    let (near, other) = (NearName::of("VERMEREN"), NearName::of("VERNEDEN"));
    criterion.bench_function("closeness of two names", |b| b.iter(|| black_box(&near).closeness(black_box(&other))));
    for (name, [ours, theirs]) in [("equal", EQUAL), ("explained", EXPLAINED), ("conflict", CONFLICT)] {
        let (left, right) = (parts(ours), parts(theirs));
        criterion.bench_function(&format!("bytes, {name}"), |b| {
            b.iter(|| black_box(&left).iter().zip(black_box(&right)).filter(|(a, b)| a == b).count());
        });
        let (traits, person) = (record(ours), identity(theirs));
        criterion.bench_function(&format!("compare, {name}"), |b| {
            b.iter(|| compare(black_box(&traits), black_box(&person)));
        });
    }
    let records: Vec<Traits> = [EQUAL, EXPLAINED, CONFLICT].iter().map(|[ours, _]| record(ours)).collect();
    let person = identity(EXPLAINED[1]);
    criterion.bench_function("judge among three", |b| {
        b.iter(|| {
            let records = records.iter().enumerate();
            judge(
                black_box(&person),
                records.map(|(record, traits)| Candidate { record, traits, opened: false, told_apart: false }),
            )
        });
    });
    criterion.final_summary();
    table();
}

/// The medians as a table that docs/measurements.md can carry.
fn table() {
    println!("\n| identity | ns | bytes of the same traits, ns | ratio |\n|---|---|---|---|");
    for name in [
        "parse a record",
        "parse an answer",
        "normalise a name",
        "sound of a name",
        "closeness of two names",
        "judge among three",
    ] {
        if let Some(taken) = median(name) {
            println!("| {name} | {taken:.0} | | |");
        }
    }
    for name in ["equal", "explained", "conflict"] {
        if let (Some(taken), Some(floor)) = (median(&format!("compare, {name}")), median(&format!("bytes, {name}"))) {
            println!("| compare, {name} | {taken:.0} | {floor:.1} | {:.0} |", taken / floor);
        }
    }
}

fn median(of: &str) -> Option<f64> {
    let text = std::fs::read_to_string(home().join(of).join("new/estimates.json")).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).expect("criterion writes JSON");
    estimates.pointer("/median/point_estimate")?.as_f64()
}

/// Where criterion keeps its figures: in cargo's folder, of which this program lies three levels deep.
fn home() -> PathBuf {
    let program = std::env::current_exe().expect("a program has a path");
    program.ancestors().nth(3).unwrap_or(Path::new("target")).join("criterion")
}
