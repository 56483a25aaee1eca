//! `comptoir purge`: erases what the site decided not to keep longer, and says how much.

use super::register::{self, Absent, Stop, author};
use super::{Exit, PurgeArgs};
use crate::clock::SystemClock;
use comptoir_desk::Clock;
use comptoir_register::{Due, PurgeReport};
use serde_json::{Value, json};

pub(super) async fn run(args: PurgeArgs) -> Exit {
    register::on_a_thread(args.json, move |lines| {
        let register = register::open(&args.register, Absent::Refused)?;
        let now = SystemClock.now();
        let report = if args.dry_run { register.purgeable(now)? } else { register.purge(now, &author())? };
        lines.event(&event(&report, args.dry_run), &french(&report, args.dry_run));
        Ok::<_, Stop>(Exit::Done)
    })
    .await
}

fn event(report: &PurgeReport, dry_run: bool) -> Value {
    let due = |of: Due| json!({"days": of.days, "count": of.count});
    json!({
        "event": if dry_run { "purgeable" } else { "purged" },
        "journal_traits": due(report.journal_traits),
        "proofs": due(report.proofs),
        "arrivals": due(report.arrivals),
        "write_ahead_emptied": report.write_ahead_emptied,
    })
}

fn french(report: &PurgeReport, dry_run: bool) -> String {
    let line = |subject: &str, of: Due| match of.days {
        Some(days) => {
            let done = if dry_run { "à effacer" } else { "effacés" };
            format!("{subject} : gardés {days} jours ; {} {done}.\n", of.count)
        }
        None => format!("{subject} : le site n'a fixé aucune durée ; rien n'est effacé.\n"),
    };
    let rest = match (dry_run, report.write_ahead_emptied) {
        (true, _) => "Rien n'a été effacé. Relancez sans --dry-run pour effacer.",
        (false, true) => "Rien de ce qui a été effacé ne reste dans les fichiers du registre.",
        (false, false) => {
            "Un autre programme lisait le registre : ce qui a été effacé reste, chiffré, dans son fichier de reprise jusqu'à la prochaine purge."
        }
    };
    [
        line("Traits avant et après dans le journal", report.journal_traits),
        line("Justificatifs présentés", report.proofs),
        line("Arrivées", report.arrivals),
        rest.to_owned(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_was_done() {
        let due = |days, count| Due { days, count };
        let report = PurgeReport {
            journal_traits: due(Some(3650), 12),
            proofs: due(None, 0),
            arrivals: due(Some(30), 0),
            write_ahead_emptied: true,
        };
        for (rule, dry_run, expected) in [
            ("done", false, ["3650 jours ; 12 effacés.", "aucune durée", "30 jours ; 0 effacés.", "ne reste"]),
            ("looked at", true, ["3650 jours ; 12 à effacer.", "aucune durée", "0 à effacer.", "Rien n'a été effacé."]),
        ] {
            let said = french(&report, dry_run);
            for text in expected {
                assert!(said.contains(text), "{rule}: {said}");
            }
        }
        let event = event(&report, true);
        assert_eq!((&event["event"], &event["proofs"]["days"]), (&json!("purgeable"), &Value::Null));
    }
}
