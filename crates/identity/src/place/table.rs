//! The packed tables of places, read where they lie. Their form is in [`packed`](super::packed).

use std::ops::Range;

use super::key::{Key, Saint};
use super::packed::{self, BLOCK, NUMBER_BITS};
use super::{PlaceCode, PlaceKind};

static NAMES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/places.names"));
static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/places.blocks"));
static ENTRIES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/places.entries"));
static BY_CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/places.by_code"));
static SUCCESSORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/places.successors"));
static POSTAL_CODES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/places.postal_codes"));
static BY_POSTAL_CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/places.by_postal_code"));

/// The rank of a name in the order of search keys.
pub(super) type Rank = usize;

/// The code and the kind of a name.
pub(super) fn entry(rank: Rank) -> Option<(PlaceCode, PlaceKind)> {
    let entry = three(ENTRIES, rank * 3)?;
    let kind = match entry >> NUMBER_BITS {
        packed::COMMUNE => PlaceKind::Commune,
        packed::DELEGATED => PlaceKind::Delegated,
        packed::ASSOCIATED => PlaceKind::Associated,
        packed::ARRONDISSEMENT => PlaceKind::Arrondissement,
        packed::COUNTRY => PlaceKind::Country,
        packed::FORMER_COUNTRY => PlaceKind::FormerCountry,
        _ => return None,
    };
    Some((coded(entry & ((1 << NUMBER_BITS) - 1)), kind))
}

/// The name of a rank.
pub(super) fn name(rank: Rank) -> Option<String> {
    let mut names = Names::from_block(rank / BLOCK)?;
    for _ in 0..rank % BLOCK {
        names.advance()?;
    }
    names.advance().map(str::to_owned)
}

/// The ranks of the names of a code, its own name first.
pub(super) fn of_code(code: PlaceCode) -> impl Iterator<Item = Rank> {
    let number = packed::number(code.0);
    let at = |item: usize| two(BY_CODE, item * 2).map(usize::from);
    let number_at = move |item: usize| number_of(at(item)?);
    let start = first(BY_CODE.len() / 2, |item| number_at(item) >= number);
    (start..).take_while(move |item| number.is_some() && number_at(*item) == number).filter_map(at)
}

/// The codes that a former code has become, or that hold a part.
pub(super) fn successors(code: PlaceCode) -> impl Iterator<Item = PlaceCode> {
    let number = packed::number(code.0);
    let old = |item: usize| three(SUCCESSORS, item * 6);
    let start = first(SUCCESSORS.len() / 6, |item| old(item) >= number);
    (start..)
        .take_while(move |item| number.is_some() && old(*item) == number)
        .filter_map(|item| three(SUCCESSORS, item * 6 + 3).map(coded))
}

/// The ranks of the communes whose postal code lies in a range, each once, in the order of names.
pub(super) fn of_postal_codes(range: &Range<u32>) -> Vec<Rank> {
    let count = POSTAL_CODES.len() / 5;
    let from = |bound: u32| first(count, |item| three(POSTAL_CODES, item * 5) >= Some(bound));
    let start = |item: usize| two(POSTAL_CODES, item * 5 + 3).map_or(BY_POSTAL_CODE.len() / 2, usize::from);
    let items = start(from(range.start))..start(from(range.end));
    let mut ranks: Vec<Rank> = items.filter_map(|item| two(BY_POSTAL_CODE, item * 2).map(usize::from)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    ranks
}

/// Calls `each` with the rank and the key of the names whose key begins with these letters, until it returns `false`.
pub(super) fn with_key_prefix(letters: &[u8], mut each: impl FnMut(Rank, &Key) -> bool) {
    let mut key = Key::default();
    let block = first(BLOCKS.len() / 3, |block| {
        Names::from_block(block).is_none_or(|mut names| {
            key.fold(names.advance().unwrap_or_default(), Saint::AsWritten);
            key.letters() >= letters
        })
    });
    // The first of them may be inside the block before.
    from_block(block.saturating_sub(1), |rank, key| {
        if key.letters() < letters {
            return true;
        }
        key.letters().starts_with(letters) && each(rank, key)
    });
}

/// Calls `each` with the rank and the key of every name, until it returns `false`.
pub(super) fn every(each: impl FnMut(Rank, &Key) -> bool) {
    from_block(0, each);
}

fn from_block(block: usize, mut each: impl FnMut(Rank, &Key) -> bool) {
    let Some(mut names) = Names::from_block(block) else { return };
    let mut key = Key::default();
    for rank in block * BLOCK.. {
        let Some(name) = names.advance() else { return };
        key.fold(name, Saint::AsWritten);
        if !each(rank, &key) {
            return;
        }
    }
}

/// Names that follow one another, each built on the one before.
struct Names {
    rest: &'static [u8],
    name: Vec<u8>,
}

impl Names {
    fn from_block(block: usize) -> Option<Self> {
        let start = usize::try_from(three(BLOCKS, block * 3)?).ok()?;
        Some(Self { rest: NAMES.get(start..)?, name: Vec::new() })
    }

    fn advance(&mut self) -> Option<&str> {
        let [shared, length, rest @ ..] = self.rest else { return None };
        let (own, rest) = rest.split_at_checked(usize::from(*length))?;
        self.name.truncate(usize::from(*shared));
        self.name.extend(own);
        self.rest = rest;
        std::str::from_utf8(&self.name).ok()
    }
}

fn number_of(rank: Rank) -> Option<u32> {
    Some(three(ENTRIES, rank * 3)? & ((1 << NUMBER_BITS) - 1))
}

fn coded(number: u32) -> PlaceCode {
    let digit = |value: u32| b"0123456789".get(value as usize % 10).copied().unwrap_or(b'0');
    let (a, b) = match number / 1000 {
        100 => (b'2', b'A'),
        101 => (b'2', b'B'),
        department => (digit(department / 10), digit(department)),
    };
    PlaceCode([a, b, digit(number / 100), digit(number / 10), digit(number)])
}

/// The first of `count` items from which on `reached` holds.
fn first(count: usize, mut reached: impl FnMut(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if reached(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

fn three(table: &[u8], at: usize) -> Option<u32> {
    match table.get(at..at + 3)? {
        [a, b, c] => Some(u32::from_le_bytes([*a, *b, *c, 0])),
        [..] => None,
    }
}

fn two(table: &[u8], at: usize) -> Option<u16> {
    match table.get(at..at + 2)? {
        [a, b] => Some(u16::from_le_bytes([*a, *b])),
        [..] => None,
    }
}

/// The bytes that the tables add to a program.
#[cfg(test)]
pub(super) fn size() -> usize {
    [NAMES, BLOCKS, ENTRIES, BY_CODE, SUCCESSORS, POSTAL_CODES, BY_POSTAL_CODE].iter().map(|table| table.len()).sum()
}
