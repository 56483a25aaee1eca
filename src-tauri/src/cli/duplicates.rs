//! `comptoir duplicates`: pairs of records that a person should look at, and what that person decides of them.

use super::lines::Lines;
use super::register::{self, Absent, Stop, author};
use super::work::{Ended, Going, until_interrupted};
use super::{DuplicatesArgs, Exit};
use crate::clock::SystemClock;
use comptoir_desk::Clock;
use comptoir_register::{Act, ActKind, DistinctionReason, Reasons, RecordId, Register, Suspicion, SuspicionKind};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::sync::Arc;

pub(super) async fn run(args: DuplicatesArgs) -> Exit {
    let lines = Arc::new(Lines::new(args.json));
    let told = Arc::clone(&lines);
    match until_interrupted(move |going| duplicates(&args, &told, going)).await {
        Ended::Done(Ok(())) => Exit::Done,
        Ended::Done(Err(stop)) => stop.end(&lines),
        Ended::Interrupted(exit) => exit,
    }
}

fn duplicates(args: &DuplicatesArgs, lines: &Lines, going: &Going) -> Result<(), Stop> {
    let register = register::open(&args.register, Absent::Refused)?;
    let decisions = &args.decision;
    if let [kept, absorbed] = decisions.merge.as_slice() {
        return merge(&register, lines, kept, absorbed);
    }
    if let Some(absorbed) = &decisions.undo_merge {
        return undo_merge(&register, lines, absorbed);
    }
    if let [one, other] = decisions.tell_apart.as_slice() {
        return tell_apart(&register, lines, one, other);
    }
    look(&register, lines, going)
}

fn look(register: &Register, lines: &Lines, going: &Going) -> Result<(), Stop> {
    let author = author();
    let act = Act::new(SystemClock.now(), &author, ActKind::DuplicatesSearched);
    let report = register.look_for_duplicates(&act, &|progress| {
        lines.event(
            &json!({"event": "progress", "done": progress.done, "total": progress.total}),
            &format!("{} dossiers examinés sur {}.", progress.done, progress.total),
        );
        if going.on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let pairs = register.suspicions()?;
    let mut count: Map<String, Value> = Map::new();
    for pair in &pairs {
        let (one, other) = (shown(register, pair.one)?, shown(register, pair.other)?);
        lines.event(&event(pair, &one, &other), &french(pair, &one, &other));
        let counted = count.entry(pair.kind.code()).or_insert_with(|| json!(0_u64));
        *counted = json!(counted.as_u64().unwrap_or(0) + 1);
    }
    let next = if report.cut {
        "Interrompu : relancez la même commande, elle reprend où elle s'est arrêtée."
    } else {
        "Rien n'a été fusionné : c'est à une personne de regarder chaque paire et de décider (--merge, --tell-apart)."
    };
    lines.event(
        &json!({
            "event": "done", "looked_at": report.looked_at, "pairs": pairs.len(), "kinds": count,
            "resumed": report.resumed, "cut": report.cut,
        }),
        &format!("{} dossiers examinés, {} paires à regarder. {next}", report.looked_at, pairs.len()),
    );
    Ok(())
}

/// How a record is named: by the practice's identifier, else `local:N`.
fn shown(register: &Register, record: RecordId) -> Result<String, Stop> {
    Ok(register.patient(record)?.map_or_else(|| format!("local:{}", record.number()), |patient| patient.record))
}

fn event(pair: &Suspicion, one: &str, other: &str) -> Value {
    let reasons: Map<String, Value> = pair
        .reasons
        .map(Reasons::codes)
        .into_iter()
        .flatten()
        .map(|(of, how)| (of.replace('-', "_"), Value::from(how)))
        .collect();
    json!({"event": "pair", "one": one, "other": other, "kind": pair.kind.code(), "reasons": reasons})
}

fn french(pair: &Suspicion, one: &str, other: &str) -> String {
    let kind = match pair.kind {
        SuspicionKind::Duplicate => "doublon possible",
        SuspicionKind::Twins => "jumeaux possibles",
        SuspicionKind::Homonyms => "homonymes",
        SuspicionKind::SharedIns => "même matricule INS dans deux dossiers",
    };
    let reasons = pair.reasons.map(Reasons::codes).into_iter().flatten().map(|(of, how)| {
        let of = match of {
            "name" => "nom",
            "given-name" => "premier prénom",
            "birth-date" => "date de naissance",
            _ => "sexe et lieu de naissance",
        };
        let how = match how {
            "same" => "identique",
            "near" => "proche",
            _ => "différent",
        };
        format!("{of} {how}")
    });
    let reasons: Vec<String> = reasons.collect();
    format!("{one}  {other}  {kind} ({})", reasons.join(", "))
}

fn merge(register: &Register, lines: &Lines, kept: &str, absorbed: &str) -> Result<(), Stop> {
    let author = author();
    let act = Act::new(SystemClock.now(), &author, ActKind::RecordsMerged);
    register.merge(record(register, kept)?, record(register, absorbed)?, &act)?;
    lines.event(
        &json!({"event": "merged", "kept": kept, "absorbed": absorbed}),
        &format!("Le dossier {absorbed} est fusionné dans {kept}, qui n'a pas changé. Pour revenir en arrière : --undo-merge {absorbed}."),
    );
    Ok(())
}

fn undo_merge(register: &Register, lines: &Lines, absorbed: &str) -> Result<(), Stop> {
    // The identifier of an absorbed record leads to the one that was kept: here the absorbed one is meant.
    let kept = record(register, absorbed)?;
    let found = register
        .absorbed(kept)?
        .into_iter()
        .find(|one| register.patient(*one).ok().flatten().is_some_and(|patient| patient.record == absorbed));
    let author = author();
    let act = Act::new(SystemClock.now(), &author, ActKind::MergeUndone);
    register.undo_merge(found.unwrap_or(kept), &act)?;
    lines.event(
        &json!({"event": "merge-undone", "record": absorbed}),
        &format!("Le dossier {absorbed} est de nouveau à part, tel qu'il était."),
    );
    Ok(())
}

fn tell_apart(register: &Register, lines: &Lines, one: &str, other: &str) -> Result<(), Stop> {
    let author = author();
    let act = Act::new(SystemClock.now(), &author, ActKind::PeopleDistinguished);
    register.distinguish(record(register, one)?, record(register, other)?, DistinctionReason::Homonyms, &act)?;
    lines.event(
        &json!({"event": "told-apart", "one": one, "other": other}),
        &format!("Les dossiers {one} et {other} sont de deux personnes : ils ne seront plus proposés comme doublon, et seront montrés ensemble."),
    );
    Ok(())
}

fn record(register: &Register, name: &str) -> Result<RecordId, Stop> {
    register.find_record(name)?.ok_or(Stop::Usage(
        "Ce dossier n'est pas dans le registre. Rien n'a été modifié. Donnez l'identifiant du logiciel du cabinet, ou local:N.",
    ))
}
