//! What a receptionist finds while typing, who has only a name.

use super::block::{Block, index};
use super::names::{KeyId, word_starts};
use super::row::Row;
use comptoir_identity::search_key;
use std::cmp::Ordering;

/// Rows looked at for one text, at most: past this many, the text says too little.
const LOOKED_AT: usize = 20_000;

impl Block {
    /// Puts in order the keys of names, from each of their words on.
    pub(super) fn sort_beginnings(&mut self) {
        let mut beginnings: Vec<(KeyId, u8)> = Vec::with_capacity(self.names.keys());
        for (text, key) in self.names.found_by_letters() {
            beginnings.extend(word_starts(text).filter_map(|start| Some((key, u8::try_from(start).ok()?))));
        }
        let names = &self.names;
        let from = |(key, start): (KeyId, u8)| names.key(key).get(usize::from(start)..).unwrap_or_default();
        beginnings.sort_unstable_by(|left, right| {
            from(*left).cmp(from(*right)).then(left.1.cmp(&right.1)).then(left.0.cmp(&right.0))
        });
        beginnings.dedup();
        beginnings.shrink_to_fit();
        self.beginnings = beginnings;
    }

    /// The rows whose name, or name and given name, begin as the text does, best first, at most `limit`; and
    /// whether there are more.
    pub(super) fn typed(&self, text: &str, limit: usize) -> (Vec<u32>, bool) {
        let words: Vec<String> = text.split_whitespace().map(search_key).filter(|word| !word.is_empty()).collect();
        let joined = |words: &[String]| words.concat();
        let mut found = Found { rows: Vec::new(), limit, looked_at: 0, more: false };
        if words.is_empty() {
            return (found.rows, false);
        }
        self.beginning(&joined(&words), "", &mut found);
        // A name then a given name, or the other way round.
        for cut in (1..words.len()).rev() {
            let (first, last) = words.split_at(cut);
            self.beginning(&joined(first), &joined(last), &mut found);
            self.beginning(&joined(last), &joined(first), &mut found);
        }
        (found.rows, found.more)
    }

    fn beginning(&self, name: &str, given_name: &str, found: &mut Found) {
        let from = |(key, start): (KeyId, u8)| self.names.key(key).get(usize::from(start)..).unwrap_or_default();
        let first = self.beginnings.partition_point(|at| from(*at).cmp(name) == Ordering::Less);
        for at in self.beginnings.iter().skip(first).take_while(|at| from(**at).starts_with(name)) {
            for row in self.named(at.0) {
                if !found.wants() {
                    return;
                }
                self.take(row, given_name, found);
            }
        }
        for row in self.newest() {
            let begins = self.rows.get(index(row)).is_some_and(|row| self.name_begins(row, name));
            if begins && found.wants() {
                self.take(row, given_name, found);
            }
        }
    }

    fn take(&self, at: u32, given_name: &str, found: &mut Found) {
        found.looked_at += 1;
        let fits = self.rows.get(index(at)).is_some_and(|row| {
            !row.bits.is_gone() && (given_name.is_empty() || self.given_name_begins(row, given_name))
        });
        if fits && !found.rows.contains(&at) {
            if found.rows.len() == found.limit {
                found.more = true;
            } else {
                found.rows.push(at);
            }
        }
    }

    fn name_begins(&self, row: &Row, stem: &str) -> bool {
        [row.birth_name, row.usage_name]
            .into_iter()
            .filter_map(|id| self.names.text(id))
            .any(|name| crate::search::begins_at_a_word(name, stem))
    }

    fn given_name_begins(&self, row: &Row, stem: &str) -> bool {
        let more = if row.bits.has_more() { self.more.get(&row.id) } else { None };
        [Some(row.first_given_name), Some(row.given_names), more.map(|more| more.usage_given_name)]
            .into_iter()
            .flatten()
            .filter_map(|id| self.names.text(id))
            .any(|names| crate::search::begins_at_a_word(names, stem))
    }
}

struct Found {
    rows: Vec<u32>,
    limit: usize,
    looked_at: usize,
    more: bool,
}

impl Found {
    /// Whether to go on: one more than the limit is enough to say that there are more.
    fn wants(&mut self) -> bool {
        if self.looked_at >= LOOKED_AT {
            self.more = true;
        }
        !self.more
    }
}
