//! `comptoir purge`: erases what the site decided not to keep longer, and says how much.

use super::lines::Lines;
use super::register::{self, Absent, Stop, author};
use super::{Exit, PurgeArgs};
use crate::clock::SystemClock;
use comptoir_desk::Clock;
use comptoir_register::{Act, ActKind, Due, PurgeReport, Register, SiteRule};
use serde_json::{Value, json};

pub(super) async fn run(args: PurgeArgs) -> Exit {
    register::on_a_thread(args.json, move |lines| {
        let register = register::open(&args.register, Absent::Refused)?;
        let now = SystemClock.now();
        if !args.set.is_empty() {
            return decide(&register, &args.set, lines);
        }
        let report = if args.dry_run { register.purgeable(now)? } else { register.purge(now, &author())? };
        lines.event(&event(&report, args.dry_run), &french(&report, args.dry_run));
        Ok::<_, Stop>(Exit::Done)
    })
    .await
}

/// Writes what the site decided; nothing is erased.
fn decide(register: &Register, decisions: &[String], lines: &Lines) -> Result<Exit, Stop> {
    let decided = decisions.iter().map(|decision| read(decision)).collect::<Option<Vec<_>>>().ok_or(Stop::Usage(
        "Une durée s'écrit REGLE=JOURS : journal-traits-days, proofs-days, arrivals-days ou backups-kept, puis un nombre, ou rien pour la retirer. Rien n'a été modifié.",
    ))?;
    let author = author();
    for (rule, value) in decided {
        let act = Act::new(SystemClock.now(), &author, ActKind::SiteRuleSet);
        register.set_site_rule(rule, value, &act)?;
        let said = value.map_or_else(|| "retirée".to_owned(), |value| value.to_string());
        lines.event(
            &json!({"event": "rule", "rule": rule.name(), "value": value}),
            &format!("{} : {said}. Rien n'a été effacé ; relancez sans --set pour effacer.", rule.name()),
        );
    }
    Ok(Exit::Done)
}

/// `rule=value`; without a value the rule is withdrawn.
fn read(decision: &str) -> Option<(SiteRule, Option<u32>)> {
    let (rule, value) = decision.split_once('=')?;
    let value = if value.is_empty() { None } else { Some(value.parse().ok()?) };
    Some((SiteRule::from_name(rule)?, value))
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
    fn a_decision_is_a_rule_and_days() {
        for (text, expected) in [
            ("proofs-days=1826", Some((SiteRule::ProofsDays, Some(1826)))),
            ("arrivals-days=", Some((SiteRule::ArrivalsDays, None))),
            ("proofs-days", None),
            ("proofs-days=-1", None),
            ("x=1", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

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
