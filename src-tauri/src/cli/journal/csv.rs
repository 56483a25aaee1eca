//! The journal as a table that a spreadsheet in French opens: semicolons, one line a line.

use super::french;
use comptoir_register::{JournalLine, LineTraits};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// The names of the columns; the mark before them tells a spreadsheet that the letters are UTF-8.
pub(super) const HEADER: &str =
    "\u{feff}numéro;date;heure;auteur;acte;dossier;autre dossier;précisions;traits avant;traits après\r\n";

/// A line, its date and hour those of the desk.
pub(super) fn line(line: &JournalLine, zone: &TimeZone) -> String {
    let at = line.at.to_zoned(zone.clone());
    let shown = |of: Option<&comptoir_register::LineRecord>| of.map(|of| of.record.clone()).unwrap_or_default();
    let (before, after) = match &line.traits {
        LineTraits::None => (String::new(), String::new()),
        LineTraits::Erased => ("effacés".to_owned(), "effacés".to_owned()),
        LineTraits::Kept { before, after } => (traits(before), traits(after)),
    };
    let precisions: Vec<String> = line.evidence.iter().map(|(name, value)| french::precision(name, value)).collect();
    let cells = [
        line.sequence.to_string(),
        at.strftime("%d/%m/%Y").to_string(),
        at.strftime("%H:%M:%S").to_string(),
        line.author.clone(),
        line.act_kind().map_or_else(|| line.kind.clone(), |kind| french::act(kind).to_owned()),
        shown(line.record.as_ref()),
        shown(line.other.as_ref()),
        precisions.join(", "),
        before,
        after,
    ];
    cells.map(|cell| quoted(&cell)).join(";") + "\r\n"
}

fn traits(of: &Map<String, Value>) -> String {
    let told = |value: &Value| match value {
        Value::Null => "aucun".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" / "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    of.iter()
        .map(|(name, value)| format!("{} : {}", french::of_trait(name), told(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A cell that no spreadsheet takes for a formula.
fn quoted(cell: &str) -> String {
    let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let guard = if formula || cell.starts_with(char::is_whitespace) { "'" } else { "" };
    if guard.is_empty() && !cell.contains([';', '"', '\n', '\r', ',', '\t']) {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_each_stays_one_cell() {
        for (rule, cell, expected) in [
            ("a word", "anne", "anne"),
            ("nothing", "", ""),
            ("a formula", "=1+1", "\"'=1+1\""),
            ("a call", "@SUM(A1)", "\"'@SUM(A1)\""),
            ("a sign", "-2+3", "\"'-2+3\""),
            ("a plus", "+33 1", "\"'+33 1\""),
            ("behind spaces", "  =1", "\"'  =1\""),
            ("behind a tabulation", "\t=1", "\"'\t=1\""),
            ("of full width", "＝1", "\"'＝1\""),
            ("the separator", "a;b", "\"a;b\""),
            ("a quotation mark", "d'\"œuvre\"", "\"d'\"\"œuvre\"\"\""),
            ("a line break", "a\r\nb", "\"a\r\nb\""),
            ("a hyphen inside a name", "Anne-Laure", "Anne-Laure"),
        ] {
            assert_eq!(quoted(cell), expected, "{rule}");
        }
    }
}
