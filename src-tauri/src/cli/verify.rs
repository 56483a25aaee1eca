//! `comptoir verify`: identities in, verdicts out, one JSON object a line, in constant memory.
//!
//! Each line in has `id` and claims under FranceConnect's names; each line out has the same `id`,
//! `outcome`, `link` and `candidates`. A line that cannot be read is answered by an `error` of its own
//! and the next one goes on.

use super::lines::{ConcordanceView, Lines, write_json};
use super::register::{self, Absent, Stop};
use super::{Exit, VerifyArgs, interruption};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::window::present;
use comptoir_desk::{Clock, Outcome};
use comptoir_franceconnect::pivot_identity;
use comptoir_identity::{Candidate, Ins, InsOid, Judged, Matricule, PivotIdentity, Resemblance, judge};
use comptoir_register::{Act, ActKind, Register};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

/// The longest line read; a longer one is refused and passed over without being kept.
const LONGEST_LINE: u64 = 64 * 1024;

/// Candidates in an answer, best first.
const SHOWN: usize = 5;

pub(super) async fn run(args: VerifyArgs) -> Exit {
    let (done, result) = tokio::sync::oneshot::channel();
    // A thread of its own, which the end of the program does not wait for: it may be reading a
    // terminal that says nothing more.
    std::thread::spawn(move || done.send(verify(&args)));
    tokio::select! {
        exit = interruption() => exit,
        result = result => match result.unwrap_or(Err(Stop::Failure(Failure::INTERRUPTED))) {
            Ok(Passed { lines, unreadable }) => {
                tracing::info!(lines, unreadable, "verified");
                if unreadable == 0 { Exit::Done } else { Exit::Fault }
            }
            Err(stop) => stop.end(&Lines::new(true)),
        },
    }
}

/// What went by.
struct Passed {
    lines: u64,
    unreadable: u64,
}

fn verify(args: &VerifyArgs) -> Result<Passed, Stop> {
    let register = register::open(&args.register, Absent::Refused)?;
    let author = whoami::username().unwrap_or_else(|_| "?".to_owned());
    register.journal(&Act::new(SystemClock.now(), &author, ActKind::BatchVerified))?;
    let mut answers = BufWriter::new(io::stdout().lock());
    match args.input.as_deref().filter(|file| file.as_os_str() != "-") {
        None => answer_all(&register, BufReader::new(io::stdin().lock()), &mut answers),
        Some(file) => {
            let file = File::open(file).map_err(|_| {
                Stop::Usage("Le fichier d'identités ne peut pas être lu. Vérifiez son chemin et ses droits.")
            })?;
            answer_all(&register, BufReader::new(file), &mut answers)
        }
    }
}

fn answer_all(register: &Register, mut identities: impl Source, answers: &mut impl Write) -> Result<Passed, Stop> {
    let mut passed = Passed { lines: 0, unreadable: 0 };
    let mut line = Vec::new();
    loop {
        match next_line(&mut identities, &mut line).map_err(|_| Failure::INPUT)? {
            NextLine::End => break,
            NextLine::Blank => continue,
            NextLine::Read => {
                passed.lines += 1;
                match read(&line) {
                    Ok(asked) => answer(register, &asked, answers)?,
                    Err(refusal) => {
                        passed.unreadable += 1;
                        send(answers, &refusal.answer(passed.lines))?;
                    }
                }
            }
            NextLine::TooLong => {
                passed.lines += 1;
                passed.unreadable += 1;
                send(answers, &Refusal::new("line-too-long").answer(passed.lines))?;
            }
        }
        // Whoever asks one question at a time waits for its answer.
        if identities.waits() {
            answers.flush().map_err(|_| Stop::NoReader)?;
        }
    }
    answers.flush().map_err(|_| Stop::NoReader)?;
    Ok(passed)
}

fn send(answers: &mut impl Write, answer: &impl Serialize) -> Result<(), Stop> {
    write_json(answers, answer).map_err(|_| Stop::NoReader)?;
    answers.write_all(b"\n").map_err(|_| Stop::NoReader)
}

/// Where the lines come from.
trait Source: BufRead {
    /// Whether the next line may have to be waited for.
    fn waits(&self) -> bool;
}

impl<R: Read> Source for BufReader<R> {
    fn waits(&self) -> bool {
        self.buffer().is_empty()
    }
}

enum NextLine {
    Read,
    Blank,
    TooLong,
    End,
}

/// Reads a line into `line`, and passes over what is longer than it may be.
fn next_line(identities: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<NextLine> {
    line.clear();
    if identities.by_ref().take(LONGEST_LINE).read_until(b'\n', line)? == 0 {
        return Ok(NextLine::End);
    }
    if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
        identities.skip_until(b'\n')?;
        return Ok(NextLine::TooLong);
    }
    Ok(if line.trim_ascii().is_empty() { NextLine::Blank } else { NextLine::Read })
}

/// A line read.
struct Asked {
    id: Value,
    identity: PivotIdentity,
    /// What of the line could not be used.
    notes: Vec<&'static str>,
}

/// A line refused.
struct Refusal {
    id: Value,
    code: &'static str,
}

impl Refusal {
    fn new(code: &'static str) -> Self {
        Self { id: Value::Null, code }
    }

    fn answer(self, line: u64) -> Value {
        let message = match self.code {
            "line-too-long" => {
                "La ligne dépasse 64 Kio et n'a pas été lue ; les autres le sont. Raccourcissez-la et renvoyez-la."
            }
            "id-missing" => {
                "La ligne n'a pas d'identifiant « id » et n'a pas été comparée ; les autres le sont. Ajoutez un texte ou un nombre et renvoyez-la."
            }
            _ => {
                "La ligne n'est pas un objet JSON en UTF-8 et n'a pas été comparée ; les autres le sont. Corrigez-la et renvoyez-la."
            }
        };
        json!({"id": self.id, "line": line, "error": {"code": self.code, "message": message, "retry": false}})
    }
}

fn read(line: &[u8]) -> Result<Asked, Refusal> {
    let mut claims: Map<String, Value> = serde_json::from_slice(line).map_err(|_| Refusal::new("line-unreadable"))?;
    let Some(id @ (Value::String(_) | Value::Number(_))) = claims.remove("id") else {
        return Err(Refusal::new("id-missing"));
    };
    let mut notes = Vec::new();
    let identity = pivot_identity(&claims).with_ins(ins(&claims, &mut notes));
    Ok(Asked { id, identity, notes })
}

/// The matricule with its authority; either alone identifies nobody.
fn ins(claims: &Map<String, Value>, notes: &mut Vec<&'static str>) -> Option<Ins> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let (matricule, oid) = match (text("matricule"), text("oid")) {
        (None, _) => return None,
        (Some(_), None) => {
            notes.push("oid-missing");
            return None;
        }
        (Some(matricule), Some(oid)) => (Matricule::parse(matricule), InsOid::parse(oid)),
    };
    match (matricule, oid) {
        (Ok(matricule), Ok(oid)) => Some(Ins::new(matricule, oid)),
        (Err(_), _) => {
            notes.push("matricule-invalid");
            None
        }
        (_, Err(_)) => {
            notes.push("oid-unknown");
            None
        }
    }
}

fn answer(register: &Register, asked: &Asked, answers: &mut impl Write) -> Result<(), Stop> {
    let found = register.candidates(&asked.identity)?;
    let records = found.iter().enumerate();
    let judgement = judge(
        &asked.identity,
        records.map(|(record, patient)| Candidate {
            record,
            traits: &patient.traits,
            opened: false,
            told_apart: patient.told_apart,
        }),
    );
    let name = |record: usize| found.get(record).map(|patient| patient.record.as_str());
    let shown = judgement.candidates.iter().take(SHOWN);
    send(
        answers,
        &AnswerView {
            id: &asked.id,
            outcome: Outcome::from(judgement.outcome).code(),
            link: present::link_code(judgement.link),
            twin: judgement.twin,
            candidates: shown
                .map(|one| CandidateView {
                    record: name(one.record),
                    resemblance: resemblance(one),
                    concordance: ConcordanceView(&one.concordance),
                })
                .collect(),
            missing: judgement.missing.iter().map(|of| present::trait_key(*of)).collect(),
            notes: &asked.notes,
        },
    )
}

/// What is said of an identity.
#[derive(Serialize)]
struct AnswerView<'a> {
    id: &'a Value,
    outcome: &'static str,
    link: &'static str,
    twin: bool,
    candidates: Vec<CandidateView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [&'static str],
}

#[derive(Serialize)]
struct CandidateView<'a> {
    record: Option<&'a str>,
    resemblance: &'static str,
    concordance: ConcordanceView<'a>,
}

fn resemblance(one: &Judged<usize>) -> &'static str {
    match one.resemblance {
        Resemblance::Plausible => "plausible",
        Resemblance::Twin => "twin",
        Resemblance::Homonym => "homonym",
        Resemblance::Near => "near",
        Resemblance::Slight if one.told_apart => "told-apart",
        Resemblance::Slight => "slight",
    }
}
