//! Birth places as practice software writes them: a code of INSEE, a postal code, a label, a country.

use super::super::notes::Note;
use comptoir_identity::{Place, PlaceCode, PlaceKind, search_key};
use std::collections::HashMap;

/// Places remembered: a file names the same ones again and again.
const REMEMBERED: usize = 1 << 16;

/// Places looked at for one postal code: of more than one, none is certain.
const LOOKED_AT: usize = 4;

/// What the title says that the codes of the column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codes {
    Insee,
    Postal,
    Unsaid,
}

/// Reads the places of one file.
pub(super) struct Places {
    codes: Codes,
    stated: bool,
    communes: HashMap<String, Read>,
    countries: HashMap<String, Option<PlaceCode>>,
}

/// What a cell stands for, and what is to be said of it.
type Read = (Option<PlaceCode>, Option<Note>);

impl Places {
    /// Reads by what the title of the places' column says; `stated` is whether the file says where people were born.
    pub(super) fn titled(title: &str, stated: bool) -> Self {
        let folded = search_key(title);
        let codes = if folded.contains("POSTAL") || folded.starts_with("CP") {
            Codes::Postal
        } else if folded.contains("INSEE") || folded.contains("COG") || folded.contains("CODE") {
            Codes::Insee
        } else {
            Codes::Unsaid
        };
        Self { codes, stated, communes: HashMap::new(), countries: HashMap::new() }
    }

    /// The place of birth: the country when it is not France, else the commune (ins.md §1.7).
    pub(super) fn read(
        &mut self,
        place: Option<&str>,
        country: Option<&str>,
        notes: &mut Vec<Note>,
    ) -> Option<PlaceCode> {
        let abroad = country.and_then(|country| {
            let code = self.country(country);
            if code.is_none() {
                notes.push(Note::CountryUnknown);
            }
            code.filter(|code| code.as_str() != FRANCE)
        });
        let (code, note) = match (place, abroad) {
            (Some(place), Some(country)) => match PlaceCode::parse(place) {
                Ok(code) if code != country && code.is_known() && code.place().is_some() => {
                    (None, Some(Note::PlaceContradictsCountry))
                }
                _ => (Some(country), None),
            },
            (None, Some(country)) => (Some(country), None),
            (Some(place), None) => self.commune(place),
            (None, None) => (None, self.stated.then_some(Note::PlaceMissing)),
        };
        let unknown = code.is_some_and(|code| !code.is_known());
        notes.extend(note.or(unknown.then_some(Note::PlaceMissing)));
        code
    }

    fn country(&mut self, cell: &str) -> Option<PlaceCode> {
        remembered(&mut self.countries, cell, || match PlaceCode::parse(cell) {
            Ok(code) => Some(code).filter(PlaceCode::is_country),
            Err(_) if matches!(search_key(cell).as_str(), "FR" | "FRA" | "FRANCE") => PlaceCode::parse(FRANCE).ok(),
            Err(_) => labelled(cell, |kind| matches!(kind, PlaceKind::Country | PlaceKind::FormerCountry)),
        })
    }

    fn commune(&mut self, cell: &str) -> Read {
        let codes = self.codes;
        remembered(&mut self.communes, cell, || commune(cell, codes))
    }
}

/// *France*, which says nothing of where in it.
const FRANCE: &str = "99100";

fn remembered<T: Copy>(known: &mut HashMap<String, T>, cell: &str, read: impl FnOnce() -> T) -> T {
    if let Some(found) = known.get(cell) {
        return *found;
    }
    let found = read();
    if known.len() < REMEMBERED {
        known.insert(cell.to_owned(), found);
    }
    found
}

fn commune(cell: &str, codes: Codes) -> Read {
    let five_digits = cell.len() == 5 && cell.bytes().all(|byte| byte.is_ascii_digit());
    let Ok(code) = PlaceCode::parse(cell) else {
        let found = labelled(cell, |kind| kind != PlaceKind::Former);
        return (found, found.is_none().then_some(Note::PlaceUnresolved));
    };
    let place = code.place();
    let (listed, former) = (place.is_some(), place.is_some_and(|place| place.kind == PlaceKind::Former));
    if five_digits && codes != Codes::Insee {
        let mut delivered = Place::search(cell, LOOKED_AT);
        delivered.retain(|place| place.code != code);
        match (listed, delivered.as_slice()) {
            (true, []) => return (Some(code), None),
            (_, [only]) if codes == Codes::Postal => return (Some(only.code), None),
            // Of a code that is out of force, a postal code is as likely.
            (true, [_, ..]) if codes == Codes::Unsaid && !former => {
                return (Some(code), Some(Note::PlaceMaybePostalCode));
            }
            (false, [only]) => return (Some(only.code), None),
            (_, [_, ..]) => return (None, Some(Note::PlaceUnresolved)),
            (false, []) => {}
        }
    }
    (Some(code), (!listed && code.is_known()).then_some(Note::PlaceUnlisted))
}

/// The one place of exactly this name; a département between brackets chooses among namesakes.
fn labelled(cell: &str, kind: impl Fn(PlaceKind) -> bool) -> Option<PlaceCode> {
    let (label, department) = match cell.strip_suffix(')').and_then(|cell| cell.split_once('(')) {
        Some((label, department)) => (label.trim(), department.trim()),
        None => (cell, ""),
    };
    if !department.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    // A postal code between the brackets says its département.
    let department = if department.len() == 5 { department.get(..2).unwrap_or_default() } else { department };
    let mut named = Place::named(label)
        .into_iter()
        .filter(|place| kind(place.kind) && place.code.as_str().starts_with(department))
        .map(|place| place.code);
    let first = named.next()?;
    named.all(|other| other == first).then_some(first)
}
