//! Pairs of records that a person should look at: duplicates, twins, homonyms, one number in two records.
//!
//! Each record is looked for among those that stand after it in the order of birth dates, so that each pair is met
//! once. Letters, dates and places are weighed, and nothing follows from it: a human merges (ins.md §2.4).

use super::block::{Block, index, number};
use super::names::could_be;
use super::probe::{Dates, Heard, Probe};
use super::row::Row;
use super::texts::NONE;
use comptoir_identity::{Closeness, PlaceCode, date_closeness};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// What two records may be to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuspicionKind {
    /// *Doublon*: one person, two records.
    Duplicate,
    /// *Jumeaux*: everything but the given name.
    Twins,
    /// *Homonymes*: the names and the date, or the names and the place, and not the rest.
    Homonyms,
    /// One *matricule INS* in two records: a collision, or a duplicate.
    SharedIns,
}

/// How far one trait of two records agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Agreement {
    /// Another value.
    Differs,
    /// An error of typing apart, or one side says nothing.
    Near,
    /// The same.
    Same,
}

/// Two records, what they may be to each other, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suspected {
    pub(crate) one: u32,
    pub(crate) other: u32,
    pub(crate) kind: SuspicionKind,
    pub(crate) reasons: Reasons,
}

/// How name, first given name, birth date and sex-and-place agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reasons {
    /// Birth name, or name in use.
    pub name: Agreement,
    /// First given name.
    pub given_name: Agreement,
    /// Birth date.
    pub date: Agreement,
    /// Sex and place.
    pub sex_and_place: Agreement,
}

/// Rows that one thread takes at a time.
const STEP: u32 = 2_048;

impl Block {
    /// The pairs whose first record stands in this range of rows, in the order of their records.
    pub(super) fn pairs(&self, range: &Range<u32>, threads: usize, apart: &HashSet<(u32, u32)>) -> Vec<Suspected> {
        let next = AtomicU32::new(range.start);
        let work = || {
            let mut found = Vec::new();
            loop {
                let start = next.fetch_add(STEP, Ordering::Relaxed);
                if start >= range.end {
                    return found;
                }
                for at in start..range.end.min(start + STEP) {
                    self.pairs_of(at, apart, &mut found);
                }
            }
        };
        let mut found: Vec<Suspected> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        found.sort_unstable_by_key(|pair| (pair.one, pair.other, pair.kind));
        found.dedup_by_key(|pair| (pair.one, pair.other));
        found
    }

    /// How many rows there are to look at.
    pub(super) fn extent(&self) -> u32 {
        number(self.rows.len())
    }

    fn pairs_of(&self, at: u32, apart: &HashSet<(u32, u32)>, found: &mut Vec<Suspected>) {
        let Some(row) = self.rows.get(index(at)).filter(|row| !row.bits.is_gone()) else { return };
        let probe = self.probe_of(row);
        for other_at in self.found(&probe, at + 1) {
            let Some(other) = self.rows.get(index(other_at)) else { continue };
            let (one, second) = (row.id.min(other.id), row.id.max(other.id));
            if apart.contains(&(one, second)) {
                continue;
            }
            let reasons = self.reasons(&probe, row, other);
            let shared = row.ins.pair().is_some() && row.ins.pair() == other.ins.pair();
            let kind = match self.kind(reasons, row, other) {
                Some(SuspicionKind::Duplicate) => Some(SuspicionKind::Duplicate),
                _ if shared => Some(SuspicionKind::SharedIns),
                kind => kind,
            };
            if let Some(kind) = kind {
                found.push(Suspected { one, other: second, kind, reasons });
            }
        }
    }

    /// A record as what is looked for.
    fn probe_of(&self, row: &Row) -> Probe<'_> {
        let [birth, usage] = self.name_keys(row);
        let names = if usage == birth { vec![birth] } else { vec![birth, usage] };
        let heard = |key| Heard { letters: self.names.key(key).into(), sound: self.names.sound(key) };
        let place = row.bits.place().filter(PlaceCode::is_known);
        Probe {
            heard: names.iter().map(|key| heard(*key)).collect(),
            names,
            given_names: self.given_keys(row).into_iter().filter(|key| *key != NONE).collect(),
            heard_given: Some(heard(self.names.letters(row.first_given_name))),
            date: row.date,
            possibly_partial: false,
            place,
            bits: row.bits,
            pair: row.ins.pair(),
        }
    }

    fn reasons(&self, probe: &Probe<'_>, row: &Row, other: &Row) -> Reasons {
        use Agreement::{Differs, Near, Same};
        let theirs = self.name_keys(other);
        let name = if theirs.iter().any(|key| probe.names.contains(key)) {
            Same
        } else if self.name_near(probe, other) {
            Near
        } else {
            Differs
        };
        let (ours, their) = (self.names.letters(row.first_given_name), self.names.letters(other.first_given_name));
        let given_name = if ours == their {
            Same
        } else if self.given_keys(other).iter().any(|key| *key != NONE && probe.given_names.contains(key))
            || could_be(
                (self.names.key(ours), self.names.sound(ours)),
                (self.names.key(their), self.names.sound(their)),
            )
        {
            Near
        } else {
            Differs
        };
        let date = match probe.dates(other.date) {
            Dates::Equal => Same,
            Dates::Compatible | Dates::Near => Near,
            Dates::Far => Differs,
        };
        let place = self.same_place(probe, other);
        let sex_and_place = match (row.bits.sex(), other.bits.sex()) {
            (Some(one), Some(two)) if one == two && place => Same,
            (Some(one), Some(two)) if one != two => Differs,
            (Some(_), Some(_)) if probe.place.is_some() && other.bits.place().is_some_and(|place| place.is_known()) => {
                Differs
            }
            (_, _) if place => Near,
            (Some(_), Some(_)) => Near,
            (_, _) => Differs,
        };
        Reasons { name, given_name, date, sex_and_place }
    }

    fn kind(&self, reasons: Reasons, row: &Row, other: &Row) -> Option<SuspicionKind> {
        use Agreement::{Differs, Near, Same};
        let Reasons { name, given_name, date, sex_and_place } = reasons;
        let weight = [name, given_name, date, sex_and_place].into_iter().map(|one| one as u8).sum::<u8>();
        match (name, given_name, date) {
            (Same, Differs, Same) if sex_and_place != Differs => {
                // One given name badly written, or two people: the other given names tell.
                Some(if self.share_a_given_name(row, other) { SuspicionKind::Duplicate } else { SuspicionKind::Twins })
            }
            (_, Differs, _) | (_, _, Differs) => None,
            // Cut inside, it may be the other twin's: JEAN-PIERRE, JEAN-PAUL.
            (Same, Near, Same) if sex_and_place == Same && self.both_compound(row, other) => Some(SuspicionKind::Twins),
            (Same, Same, Near) if sex_and_place == Differs => None,
            (Differs, _, _) if weight < 6 => None,
            // Names and all but one agree: an error, or somebody else. Another given name in common tells, or a place
            // that is not known, or a date that is an error of typing away.
            (Same, Same, Same) if sex_and_place == Differs && !self.share_a_given_name(row, other) => {
                Some(SuspicionKind::Homonyms)
            }
            (Same, Same, Near) if !one_slip(row, other) && !self.share_a_given_name(row, other) => {
                Some(SuspicionKind::Homonyms)
            }
            (Differs, _, _) if !self.share_a_given_name(row, other) => Some(SuspicionKind::Homonyms),
            (Same | Near | Differs, Same | Near, Same | Near) => (weight >= 6).then_some(SuspicionKind::Duplicate),
        }
    }

    fn both_compound(&self, row: &Row, other: &Row) -> bool {
        let compound = |row: &Row| self.names.text(row.first_given_name).is_some_and(|name| name.contains(['-', ' ']));
        compound(row) && compound(other)
    }

    /// Whether the lists have another given name in common than their first.
    fn share_a_given_name(&self, row: &Row, other: &Row) -> bool {
        let rest = |row: &Row| {
            let list = self.names.text(row.given_names).unwrap_or_default();
            list.split_whitespace().skip(1).map(comptoir_identity::search_key).collect::<Vec<_>>()
        };
        let theirs = rest(other);
        !theirs.is_empty() && rest(row).iter().any(|name| theirs.contains(name))
    }
}

/// Whether two dates agree as far as they are known, or are a digit, or day and month exchanged, apart.
fn one_slip(row: &Row, other: &Row) -> bool {
    row.date
        .date()
        .zip(other.date.date())
        .is_some_and(|(ours, theirs)| date_closeness(ours, theirs) <= Closeness::OneEdit)
}
