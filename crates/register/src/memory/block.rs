//! The register in memory: forty-eight bytes a patient in the order of birth dates, with two orders beside it.

use super::names::{KeyId, Names, could_be};
use super::places::Places;
use super::probe::{Dates, Probe};
use super::row::{PackedDate, Pair, Row};
use super::texts::{NONE, TextId};
use crate::patient::{Patient, RecordId};
use comptoir_identity::{BirthName, GivenName, GivenNames, InsRecord, PlaceCode, Stated, Traits, UsageName};
use std::collections::HashMap;
use std::ops::Range;

/// Where a name is found: under its letters, in the order of dates.
#[derive(Clone, Copy)]
struct ByName {
    date: PackedDate,
    /// The first word of the given name; none where it can be taken in several ways.
    given_name: KeyId,
    row: u32,
}

/// Where a given name is found: under its first word, in the order of dates.
#[derive(Clone, Copy)]
struct ByGivenName {
    date: PackedDate,
    row: u32,
}

/// Entries in the order of their keys, and where each key begins.
struct Runs<T> {
    starts: Vec<u32>,
    entries: Vec<T>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { starts: Vec::new(), entries: Vec::new() }
    }
}

impl<T: Copy> Runs<T> {
    /// Sorts by key, keeping the order within a key.
    fn of(keys: usize, empty: T, each: impl Fn(&mut dyn FnMut(KeyId, T))) -> Self {
        let mut starts = vec![0_u32; keys + 1];
        each(&mut |key, _| {
            if let Some(count) = starts.get_mut(index(key)) {
                *count += 1;
            }
        });
        let mut total = 0;
        for start in &mut starts {
            total += std::mem::replace(start, total);
        }
        let mut entries = vec![empty; index(total)];
        each(&mut |key, entry| {
            if let Some(next) = starts.get_mut(index(key)) {
                if let Some(place) = entries.get_mut(index(*next)) {
                    *place = entry;
                }
                *next += 1;
            }
        });
        // Each start has moved to where the next key begins.
        starts.rotate_right(1);
        if let Some(first) = starts.first_mut() {
            *first = 0;
        }
        Self { starts, entries }
    }

    fn run(&self, key: KeyId) -> &[T] {
        let at = index(key);
        let range = self.starts.get(at).zip(self.starts.get(at + 1)).map(|(start, end)| index(*start)..index(*end));
        range.and_then(|range| self.entries.get(range)).unwrap_or_default()
    }
}

/// A `usize` has 32 bits at least wherever this runs.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// What of a patient has no room in a row.
#[derive(Clone)]
pub(super) struct More {
    pub(super) ins: InsRecord,
    pub(super) usage_given_name: TextId,
}

/// Every record of the register that was not absorbed by another.
#[derive(Default)]
pub(super) struct Block {
    pub(super) names: Names,
    pub(super) places: Places,
    /// Sorted by date up to `sorted`; then those that came since.
    pub(super) rows: Vec<Row>,
    sorted: usize,
    /// For each date, where its rows begin.
    days: Vec<(PackedDate, u32)>,
    by_name: Runs<ByName>,
    by_given_name: Runs<ByGivenName>,
    /// Rows that hold an INS, in the order of their pairs.
    by_pair: Vec<u32>,
    /// By record: what has no room in its row.
    pub(super) more: HashMap<u32, More>,
    /// Former numbers, and the records that had them.
    pub(super) former: HashMap<Pair, Vec<u32>>,
    /// By record: the rows of those of whom a person has said that they are somebody else.
    apart: HashMap<u32, Vec<u32>>,
    external_ids: String,
    external_ends: Vec<u32>,
    /// Keys from each of their words on, in the order of letters: what typing looks up.
    pub(super) beginnings: Vec<(KeyId, u8)>,
}

impl Block {
    /// Keeps an external identifier, which no other record has.
    pub(super) fn external_id(&mut self, text: Option<&str>) -> TextId {
        let Some(text) = text else { return NONE };
        self.external_ids.push_str(text);
        self.external_ends.push(number(self.external_ids.len()));
        number(self.external_ends.len() - 1)
    }

    fn external(&self, id: TextId) -> Option<&str> {
        let at = index(id);
        let end = index(*self.external_ends.get(at)?);
        let start = at.checked_sub(1).and_then(|before| self.external_ends.get(before)).map_or(0, |end| index(*end));
        self.external_ids.get(start..end)
    }

    /// Puts everything in order.
    pub(super) fn sort(&mut self) {
        self.rows.retain(|row| !row.bits.is_gone());
        self.rows.sort_unstable_by_key(|row| (row.date, row.id));
        self.sorted = self.rows.len();
        self.days.clear();
        for (at, row) in self.rows.iter().enumerate() {
            if self.days.last().is_none_or(|(date, _)| *date != row.date) {
                self.days.push((row.date, number(at)));
            }
        }
        let keys = self.names.keys();
        let empty = ByName { date: PackedDate::NONE, given_name: NONE, row: 0 };
        self.by_name = Runs::of(keys, empty, |add| {
            for (row, at) in self.rows.iter().zip(0..) {
                let entry = ByName { date: row.date, given_name: row.given_key, row: at };
                let [birth, usage] = self.name_keys(row);
                add(birth, entry);
                if usage != birth {
                    add(usage, entry);
                }
            }
        });
        self.by_given_name = Runs::of(keys, ByGivenName { date: PackedDate::NONE, row: 0 }, |add| {
            for (row, at) in self.rows.iter().zip(0..) {
                for key in self.given_keys(row).into_iter().filter(|key| *key != NONE) {
                    add(key, ByGivenName { date: row.date, row: at });
                }
            }
        });
        let rows = &self.rows;
        let pair = |at: u32| rows.get(index(at)).and_then(|row| row.ins.pair());
        self.by_pair = (0..number(rows.len())).filter(|at| pair(*at).is_some()).collect();
        self.by_pair.sort_unstable_by_key(|at| pair(*at));
        self.names.shrink();
    }

    /// Takes the pairs of records that a person has told apart.
    pub(super) fn tell_apart(&mut self, pairs: &[(u32, u32)]) {
        let mut rows: HashMap<u32, u32> =
            pairs.iter().flat_map(|(one, other)| [*one, *other]).map(|id| (id, NONE)).collect();
        if !rows.is_empty() {
            for (row, at) in self.rows.iter().zip(0..).filter(|(row, _)| !row.bits.is_gone()) {
                rows.entry(row.id).and_modify(|place| *place = at);
            }
        }
        self.apart.clear();
        for (one, other) in pairs.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]) {
            if let Some(at) = rows.get(&other).filter(|at| **at != NONE) {
                self.apart.entry(one).or_default().push(*at);
            }
        }
    }

    /// The same rows, with those of whom a person has said that they are somebody else.
    fn with_those_told_apart(&self, mut found: Vec<u32>) -> Vec<u32> {
        if !self.apart.is_empty() {
            let of = |at: &u32| self.rows.get(index(*at)).and_then(|row| self.apart.get(&row.id));
            let more: Vec<u32> = found.iter().filter_map(of).flatten().copied().collect();
            found.extend(more);
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    /// How many rows came since everything was put in order.
    pub(super) fn unsorted(&self) -> usize {
        self.rows.len() - self.sorted
    }

    /// Forgets a record, before it is read anew.
    pub(super) fn forget(&mut self, id: u32) {
        for row in self.rows.iter_mut().filter(|row| row.id == id) {
            row.bits = row.bits.gone();
        }
        self.more.remove(&id);
        self.former.values_mut().for_each(|records| records.retain(|record| *record != id));
    }

    pub(super) fn name_keys(&self, row: &Row) -> [KeyId; 2] {
        let birth = row.name_key;
        [birth, if row.usage_name == NONE { birth } else { self.names.letters(row.usage_name) }]
    }

    /// The keys of the first words of the first given name and of the list, each once, `NONE` last.
    pub(super) fn given_keys(&self, row: &Row) -> [KeyId; 4] {
        let [first, other] = self.names.first_word(row.first_given_name);
        let [listed, listed_other] =
            if row.given_names == NONE { [first, other] } else { self.names.first_word(row.given_names) };
        let mut keys = [first, NONE, NONE, NONE];
        for key in [other, listed, listed_other] {
            if key != NONE
                && !keys.contains(&key)
                && let Some(free) = keys.iter_mut().find(|free| **free == NONE)
            {
                *free = key;
            }
        }
        keys
    }

    /// Keeps with a row the keys that it is looked at by.
    pub(super) fn keyed(&self, mut row: Row) -> Row {
        row.name_key = self.names.letters(row.birth_name);
        row.given_key = match self.given_keys(&row) {
            [only, NONE, NONE, NONE] => only,
            _ => NONE,
        };
        row
    }

    fn has_name(&self, row: &Row, keys: &[KeyId]) -> bool {
        keys.contains(&row.name_key) || (row.usage_name != NONE && keys.contains(&self.names.letters(row.usage_name)))
    }

    fn has_given_name(&self, row: &Row, keys: &[KeyId]) -> bool {
        match row.given_key {
            NONE => self.given_keys(row).iter().any(|key| *key != NONE && keys.contains(key)),
            only => keys.contains(&only),
        }
    }

    /// The rows that the rules have to look at, each once.
    ///
    /// A name in use that the register alone knows of the person is looked under too.
    pub(super) fn candidates(&self, probe: &mut Probe<'_>) -> Vec<u32> {
        let found = self.found(probe, 0);
        let known = found.iter().filter_map(|at| self.rows.get(index(*at))).filter(|row| {
            row.usage_name != NONE
                && probe.dates(row.date) != Dates::Far
                && probe.names.contains(&row.name_key)
                && self.has_given_name(row, &probe.given_names)
        });
        let mut more: Vec<KeyId> = known.map(|row| self.names.letters(row.usage_name)).collect();
        more.retain(|key| !probe.names.contains(key));
        if more.is_empty() {
            return self.with_those_told_apart(found);
        }
        probe.names.extend(more);
        self.with_those_told_apart(self.found(probe, 0))
    }

    /// The rows from `first` on that the rules have to look at.
    pub(super) fn found(&self, probe: &Probe<'_>, first: u32) -> Vec<u32> {
        let mut found = Vec::with_capacity(16);
        self.with_the_number(probe, &mut found);
        found.retain(|at| *at >= first);
        let born = self.born(probe.date);
        found.extend((born.start.max(first)..born.end).filter(|at| self.consider(probe, *at)));
        for key in &probe.names {
            let run = self.by_name.run(*key);
            let start = if first == 0 { 0 } else { run.partition_point(|entry| entry.row < first) };
            for entry in run.iter().skip(start) {
                let given = entry.given_name == NONE || probe.given_names.contains(&entry.given_name);
                let reached = given || (probe.may_be_near(entry.date) && probe.dates(entry.date) != Dates::Far);
                if reached && self.consider(probe, entry.row) {
                    found.push(entry.row);
                }
            }
        }
        let least = if first == 0 { PackedDate::NONE } else { probe.date };
        for (from, to) in probe.near_dates().into_iter().filter(|(_, to)| *to >= least) {
            for key in &probe.given_names {
                let run = self.by_given_name.run(*key);
                let start = run.partition_point(|entry| entry.date < from);
                let reached = run.iter().skip(start).take_while(|entry| entry.date <= to);
                found.extend(reached.map(|entry| entry.row).filter(|row| *row >= first && self.consider(probe, *row)));
            }
        }
        let unsorted = number(self.sorted).max(first)..number(self.rows.len());
        found.extend(unsorted.filter(|at| self.consider(probe, *at)));
        found.sort_unstable();
        found.dedup();
        found
    }

    fn with_the_number(&self, probe: &Probe<'_>, found: &mut Vec<u32>) {
        let Some(pair) = probe.pair else { return };
        let held = |at: &u32| self.rows.get(index(*at)).and_then(|row| row.ins.pair());
        let start = self.by_pair.partition_point(|at| held(at) < Some(pair));
        let holders = self.by_pair.iter().skip(start).take_while(|at| held(at) == Some(pair)).copied();
        found.extend(holders.filter(|at| self.rows.get(index(*at)).is_some_and(|row| !row.bits.is_gone())));
        let former = self.former.get(&pair).map(Vec::as_slice).unwrap_or_default();
        if !former.is_empty() {
            let had =
                |at: &u32| self.rows.get(index(*at)).is_some_and(|row| !row.bits.is_gone() && former.contains(&row.id));
            found.extend((0..number(self.rows.len())).filter(had));
        }
    }

    /// The rows of the date looked for. A date that is not whole is shared with thousands: there a name or a given
    /// name has to fit, and is looked under.
    fn born(&self, date: PackedDate) -> Range<u32> {
        if !date.is_complete() {
            return 0..0;
        }
        let at = self.days.partition_point(|(day, _)| *day < date);
        let start = |at: usize| self.days.get(at).map_or(number(self.sorted), |(_, start)| *start);
        match self.days.get(at) {
            Some((day, first)) if *day == date => *first..start(at + 1),
            _ => 0..0,
        }
    }

    /// Whether the rules have to look at a row: enough of it is the person's, or nearly is.
    fn consider(&self, probe: &Probe<'_>, at: u32) -> bool {
        let Some(row) = self.rows.get(index(at)) else { return false };
        if row.bits.is_gone() {
            return false;
        }
        let name = self.has_name(row, &probe.names);
        let given = self.has_given_name(row, &probe.given_names);
        let dates = probe.dates(row.date);
        match (name, given) {
            (true, true) => dates != Dates::Far || self.same_place(probe, row),
            (true, false) => match dates {
                Dates::Equal | Dates::Compatible => true,
                Dates::Near => self.same_place(probe, row),
                Dates::Far => false,
            },
            (false, true) => match dates {
                Dates::Equal | Dates::Compatible => self.same_place(probe, row) || self.name_near(probe, row),
                Dates::Near => self.same_place(probe, row),
                Dates::Far => false,
            },
            (false, false) => {
                dates == Dates::Equal
                    && row.bits.same_place(probe.bits)
                    && (self.name_near(probe, row) || self.given_name_near(probe, row))
            }
        }
    }

    /// Whether the places are known and the same, or one territory (ins.md §12 rows 46, 52 and 54).
    pub(super) fn same_place(&self, probe: &Probe<'_>, row: &Row) -> bool {
        if row.bits.same_place(probe.bits) {
            return true;
        }
        let theirs = row.bits.place().filter(PlaceCode::is_known);
        probe.place.zip(theirs).is_some_and(|(ours, theirs)| self.places.one_territory(ours, theirs))
    }

    pub(super) fn name_near(&self, probe: &Probe<'_>, row: &Row) -> bool {
        self.name_keys(row).into_iter().any(|key| {
            let theirs = (self.names.key(key), self.names.sound(key));
            probe.heard.iter().any(|ours| could_be((&ours.letters, ours.sound), theirs))
        })
    }

    fn given_name_near(&self, probe: &Probe<'_>, row: &Row) -> bool {
        let key = self.names.letters(row.first_given_name);
        let theirs = (self.names.key(key), self.names.sound(key));
        probe.heard_given.as_ref().is_some_and(|ours| could_be((&ours.letters, ours.sound), theirs))
    }

    /// A row as the rules read it.
    pub(super) fn traits(&self, row: &Row) -> Traits {
        let text = |id| self.names.text(id);
        let more = if row.bits.has_more() { self.more.get(&row.id) } else { None };
        Traits {
            birth_name: Stated::parse(text(row.birth_name), BirthName::parse),
            first_given_name: Stated::parse(text(row.first_given_name), GivenName::parse),
            given_names: Stated::parse(text(row.given_names), GivenNames::parse),
            birth_date: row.date.date(),
            sex: row.bits.sex(),
            birth_place: row.bits.place(),
            usage_name: Stated::parse(text(row.usage_name), UsageName::parse),
            usage_given_name: Stated::parse(more.and_then(|more| text(more.usage_given_name)), GivenName::parse),
            ins: more.map_or_else(|| row.ins.record(), |more| more.ins.clone()),
        }
    }

    /// A row as a record; `None` for what the rules cannot have written.
    pub(super) fn patient(&self, at: u32) -> Option<Patient> {
        let row = self.rows.get(index(at))?;
        Some(Patient {
            id: RecordId::of(row.id.into()),
            record: self.external(row.external_id).map_or_else(|| format!("local:{}", row.id), str::to_owned),
            traits: self.traits(row),
            standing: row.bits.standing(row.ins.attributes())?,
            told_apart: self.apart.contains_key(&row.id),
        })
    }

    /// The rows under a key of letters, birth names and names in use.
    pub(super) fn named(&self, key: KeyId) -> impl Iterator<Item = u32> {
        self.by_name.run(key).iter().map(|entry| entry.row)
    }

    /// The rows that came since everything was put in order.
    pub(super) fn newest(&self) -> Range<u32> {
        number(self.sorted)..number(self.rows.len())
    }
}
