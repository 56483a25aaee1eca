//! Texts held once each, known by a number.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// The number of a text.
pub(super) type TextId = u32;

/// The number that stands for no text.
pub(super) const NONE: TextId = u32::MAX;

/// Distinct texts, in the order in which they were first met.
#[derive(Default)]
pub(super) struct Texts {
    arena: String,
    ends: Vec<u32>,
    table: HashTable<TextId>,
    hasher: DefaultHashBuilder,
}

impl Texts {
    /// The number of a text, and whether it is new.
    pub(super) fn number(&mut self, text: &str) -> (TextId, bool) {
        let hash = self.hasher.hash_one(text);
        if let Some(id) = self.table.find(hash, |id| slice(&self.arena, &self.ends, *id) == text) {
            return (*id, false);
        }
        let id = TextId::try_from(self.ends.len()).unwrap_or(NONE);
        self.arena.push_str(text);
        self.ends.push(u32::try_from(self.arena.len()).unwrap_or(u32::MAX));
        let (arena, ends, hasher) = (&self.arena, &self.ends, &self.hasher);
        self.table.insert_unique(hash, id, |id| hasher.hash_one(slice(arena, ends, *id)));
        (id, true)
    }

    /// The number of a text that is there.
    pub(super) fn find(&self, text: &str) -> Option<TextId> {
        self.table.find(self.hasher.hash_one(text), |id| self.get(*id) == text).copied()
    }

    /// The text of a number.
    pub(super) fn get(&self, id: TextId) -> &str {
        slice(&self.arena, &self.ends, id)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Gives back room that growing has taken.
    pub(super) fn shrink(&mut self) {
        self.arena.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

fn slice<'a>(arena: &'a str, ends: &[u32], id: TextId) -> &'a str {
    let Ok(at) = usize::try_from(id) else { return "" };
    let end = |at: usize| ends.get(at).and_then(|end| usize::try_from(*end).ok());
    let start = at.checked_sub(1).map_or(Some(0), end);
    start.zip(end(at)).and_then(|(start, end)| arena.get(start..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_held_once() {
        let mut texts = Texts::default();
        for (text, id, new) in
            [("MARTIN", 0, true), ("", 1, true), ("Hélène", 2, true), ("MARTIN", 0, false), ("", 1, false)]
        {
            assert_eq!(texts.number(text), (id, new), "{text}");
            assert_eq!(texts.get(id), text);
            assert_eq!(texts.find(text), Some(id));
        }
        assert_eq!((texts.find("PETIT"), texts.get(NONE), texts.len()), (None, "", 3));
    }
}
