//! Search of a place by its label, its postal code or its own code (EXI ID 14, EXI ID 15; ins.md §1.7).

use std::ops::Range;

use super::key::{Key, Saint};
use super::table::{self, Rank};
use super::{Place, PlaceCode};

/// The articles that people leave out: `Havre` is Le Havre.
const ARTICLES: [&[u8]; 4] = [b"L", b"LA", b"LE", b"LES"];

/// Finds at most `limit` places; see [`Place::search`].
pub(super) fn search(text: &str, limit: usize) -> Vec<Place> {
    let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let mut found = Found { places: Vec::new(), ranks: Vec::new(), limit };
    if let Some(range) = postal_codes(&compact) {
        let code = PlaceCode::parse(&compact).ok();
        if let Some(code) = code {
            found.all(table::of_code(code));
        }
        found.all(table::of_postal_codes(&range));
        if let Some(former) = code.and_then(PlaceCode::place_of_former) {
            found.push(former);
        }
    } else if let Ok(code) = PlaceCode::parse(&compact) {
        found.all(table::of_code(code));
        if let Some(former) = code.place_of_former() {
            found.push(former);
        }
    } else {
        by_name(text, &mut found);
    }
    found.places
}

/// Every place of exactly this name; see [`Place::named`].
pub(super) fn named(label: &str) -> Vec<Place> {
    let mut found = Found { places: Vec::new(), ranks: Vec::new(), limit: usize::MAX };
    for key in keys(label) {
        exactly(key.letters(), &mut found);
    }
    found.places
}

/// Both readings: `st` is the beginning of Strasbourg as well as Saint. None without a letter.
fn keys(text: &str) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::with_capacity(2);
    for saint in [Saint::WrittenOut, Saint::AsWritten] {
        let mut key = Key::default();
        key.fold(text, saint);
        let known = keys.last().is_some_and(|before| before.letters() == key.letters());
        if !known && key.letters().iter().any(u8::is_ascii_alphabetic) {
            keys.push(key);
        }
    }
    keys
}

fn exactly(key: &[u8], found: &mut Found) {
    table::with_key_prefix(key, |rank, name| name.letters() == key && found.rank(rank));
}

/// Two to five digits, as the range of postal codes that begin with them.
fn postal_codes(digits: &str) -> Option<Range<u32>> {
    let missing = 5_u32.checked_sub(u32::try_from(digits.len()).ok()?).filter(|missing| *missing <= 3)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let start: u32 = digits.parse().ok()?;
    let width = 10_u32.pow(missing);
    Some(start * width..(start + 1) * width)
}

fn by_name(text: &str, found: &mut Found) {
    let keys = keys(text);
    let keys: Vec<&[u8]> = keys.iter().map(Key::letters).collect();
    if keys.is_empty() {
        return;
    }
    for key in &keys {
        exactly(key, found);
    }
    for key in &keys {
        for article in ARTICLES {
            let whole = [article, key].concat();
            table::with_key_prefix(&whole, |rank, name| {
                let exact = name.letters() == whole;
                exact && (name.words().get(1) != Some(&article.len()) || found.rank(rank))
            });
        }
    }
    for key in &keys {
        table::with_key_prefix(key, |rank, _| found.rank(rank));
    }
    if !found.is_full() {
        table::every(|rank, name| {
            let begins = |word: &usize| {
                name.letters().get(*word..).is_some_and(|rest| keys.iter().any(|key| rest.starts_with(key)))
            };
            !name.words().iter().skip(1).any(begins) || found.rank(rank)
        });
    }
}

/// What has been found so far, best first.
struct Found {
    places: Vec<Place>,
    ranks: Vec<Rank>,
    limit: usize,
}

impl Found {
    fn all(&mut self, ranks: impl IntoIterator<Item = Rank>) {
        for rank in ranks {
            if !self.rank(rank) {
                return;
            }
        }
    }

    /// Adds a name once; returns whether there is room for more.
    fn rank(&mut self, rank: Rank) -> bool {
        if !self.is_full()
            && !self.ranks.contains(&rank)
            && let (Some((code, kind)), Some(name)) = (table::entry(rank), table::name(rank))
        {
            self.ranks.push(rank);
            self.push(Place { code, name, kind });
        }
        !self.is_full()
    }

    fn push(&mut self, place: Place) {
        if !self.is_full() {
            self.places.push(place);
        }
    }

    fn is_full(&self) -> bool {
        self.places.len() >= self.limit
    }
}
