//! `comptoir doctor --journal`: whether every line is what was written, and none is missing.

use super::super::lines::Lines;
use super::super::register::{self, Absent, Stop};
use super::super::{DoctorArgs, Exit};
use comptoir_register::{JournalFault, JournalHead, JournalState};
use serde_json::json;

pub(in super::super) fn check(args: &DoctorArgs, lines: &Lines) -> Result<Exit, Stop> {
    let noted = args.head.as_deref().map(JournalHead::parse).transpose().map_err(|_| {
        Stop::Usage("La tête d'un journal a 80 chiffres hexadécimaux. Rien n'a été contrôlé. Recopiez-la en entier.")
    })?;
    let register = register::open(&args.register, Absent::Refused)?;
    let state = match &noted {
        Some(head) => register.verify_journal_from(head)?,
        None => register.verify_journal()?,
    };
    let event = json!({
        "event": "journal",
        "whole": state.is_whole(),
        "lines": state.lines,
        "erased": state.erased,
        "head": state.head.to_string(),
        "broken": state.broken.map(|broken| json!({"sequence": broken.sequence, "fault": broken.fault.code()})),
    });
    lines.event(&event, &french(&state, noted.is_some()));
    Ok(if state.is_whole() { Exit::Done } else { Exit::Fault })
}

fn french(state: &JournalState, noted: bool) -> String {
    let JournalState { lines, erased, head, broken } = state;
    let Some(broken) = broken else {
        let against = if noted { " La tête notée y est." } else { "" };
        return format!(
            "Journal entier : {lines} lignes, dont {erased} dont la durée de conservation a effacé les traits.{against}\n\
             Tête : {head}\nNotez-la hors de ce poste : elle prouvera plus tard que rien n'a été coupé ni réécrit jusqu'ici."
        );
    };
    let what = match broken.fault {
        JournalFault::Missing => "elle manque",
        JournalFault::Order => "elle ne suit pas la précédente : ligne ajoutée, déplacée ou précédente remplacée",
        JournalFault::Hash => "sa date, son auteur, son acte ou son empreinte ont été modifiés",
        JournalFault::Payload => "ce qu'elle dit a été modifié",
        JournalFault::OtherChain => {
            "la suite se tient, mais ce n'est pas celle dont la tête a été notée : journal réécrit"
        }
    };
    format!(
        "Journal rompu à la ligne {} : {what}. {lines} lignes lues, {erased} dont les traits sont effacés ; rien n'a été \
         modifié.\nPrévenez le référent en identitovigilance ; ne supprimez rien et gardez les sauvegardes.",
        broken.sequence
    )
}
