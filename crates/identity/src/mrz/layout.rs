//! Where each format keeps its fields (ICAO 9303-4 and -5; ins.md §5.3 for the old French card).

use super::checks::{FailedChecks, MrzCheck};
use super::{MrzError, MrzName};

/// A format of machine-readable zone (ins.md §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MrzFormat {
    /// TD1, 3 × 30: identity cards and residence permits.
    Td1,
    /// TD3, 2 × 44: passports.
    Td3,
    /// The French identity card from before TD1, 2 × 36: an office code, fourteen cells of given names, no expiry.
    FrenchCard,
}

/// The fields of a zone, as they stand.
pub(super) struct Zone<'a> {
    pub(super) format: MrzFormat,
    pub(super) issuer: &'a str,
    pub(super) birth_date: &'a str,
    pub(super) sex: &'a str,
    pub(super) expiry: Option<&'a str>,
    cells: &'a str,
}

impl<'a> Zone<'a> {
    pub(super) fn of(cells: &'a str) -> Result<Self, MrzError> {
        let format = match cells.len() {
            90 if cells.starts_with(['I', 'A', 'C']) => MrzFormat::Td1,
            88 if cells.starts_with('P') => MrzFormat::Td3,
            72 if cells.starts_with("IDFRA") => MrzFormat::FrenchCard,
            90 | 88 | 72 => return Err(MrzError::Kind),
            _ => return Err(MrzError::Length),
        };
        let (birth_date, sex, expiry) = match format {
            MrzFormat::Td1 => (part(cells, 30, 36), part(cells, 37, 38), Some(part(cells, 38, 44))),
            MrzFormat::Td3 => (part(cells, 57, 63), part(cells, 64, 65), Some(part(cells, 65, 71))),
            MrzFormat::FrenchCard => (part(cells, 63, 69), part(cells, 70, 71), None),
        };
        Ok(Self { format, issuer: part(cells, 2, 5), birth_date, sex, expiry, cells })
    }

    pub(super) fn failed_checks(&self) -> FailedChecks {
        let mut failed = FailedChecks::default();
        let part = |from, to| part(self.cells, from, to);
        match self.format {
            MrzFormat::Td1 => {
                self.number_of_td1(&mut failed);
                failed.verify(MrzCheck::BirthDate, [part(30, 36)], part(36, 37), false);
                failed.verify(MrzCheck::Expiry, [part(38, 44)], part(44, 45), true);
                let together = [part(5, 30), part(30, 37), part(38, 45), part(48, 59)];
                failed.verify(MrzCheck::Composite, together, part(59, 60), false);
            }
            MrzFormat::Td3 => {
                failed.verify(MrzCheck::Number, [part(44, 53)], part(53, 54), false);
                failed.verify(MrzCheck::BirthDate, [part(57, 63)], part(63, 64), false);
                failed.verify(MrzCheck::Expiry, [part(65, 71)], part(71, 72), true);
                failed.verify(MrzCheck::Optional, [part(72, 86)], part(86, 87), true);
                let together = [part(44, 54), part(57, 64), part(65, 87)];
                failed.verify(MrzCheck::Composite, together, part(87, 88), false);
            }
            MrzFormat::FrenchCard => {
                failed.verify(MrzCheck::Number, [part(36, 48)], part(48, 49), false);
                failed.verify(MrzCheck::BirthDate, [part(63, 69)], part(69, 70), false);
                failed.verify(MrzCheck::Composite, [part(0, 71)], part(71, 72), false);
            }
        }
        failed
    }

    /// A number longer than nine characters goes on in the optional ones, its check digit last
    /// (ICAO 9303-5 §4.2.2.1, note j).
    fn number_of_td1(&self, failed: &mut FailedChecks) {
        let part = |from, to| part(self.cells, from, to);
        let more = part(15, 30).split('<').next().unwrap_or_default();
        match more.char_indices().next_back() {
            Some((last, _)) if part(14, 15) == "<" => {
                let (rest, digit) = more.split_at_checked(last).unwrap_or_default();
                failed.verify(MrzCheck::Number, [part(5, 14), rest], digit, false);
            }
            Some(_) | None => failed.verify(MrzCheck::Number, [part(5, 14)], part(14, 15), false),
        }
    }

    /// The name and the given names.
    pub(super) fn names(&self) -> Result<(MrzName, MrzName), MrzError> {
        let (name, given_names) = match self.format {
            MrzFormat::Td1 => together(part(self.cells, 60, 90)),
            MrzFormat::Td3 => together(part(self.cells, 5, 44)),
            MrzFormat::FrenchCard => (alone(part(self.cells, 5, 30)), alone(part(self.cells, 49, 63))),
        };
        let letters = |name: &MrzName| name.words.bytes().all(|b| b.is_ascii_uppercase() || b == b' ');
        if name.words.is_empty() || !letters(&name) || !letters(&given_names) {
            return Err(MrzError::Name);
        }
        Ok((name, given_names))
    }
}

/// Name and given names in one field, two fillings between them.
///
/// A field that is full to the end may lack anything at its end. The name itself is shortened only to make room for
/// the given names, so when there are some, it is suspected only when it takes more than half of the field.
fn together(field: &str) -> (MrzName, MrzName) {
    let full = !field.ends_with('<');
    let (name, given_names) = field.split_once("<<").unwrap_or((field, ""));
    let alone = given_names.trim_matches('<').is_empty();
    let name = MrzName { words: words(name), possibly_truncated: full && (alone || name.len() * 2 > field.len()) };
    (name, MrzName { words: words(given_names), possibly_truncated: full })
}

/// One name in a field of its own.
fn alone(field: &str) -> MrzName {
    MrzName { words: words(field), possibly_truncated: !field.ends_with('<') }
}

fn words(cells: &str) -> String {
    cells.split('<').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn part(cells: &str, from: usize, to: usize) -> &str {
    cells.get(from..to).unwrap_or_default()
}
