//! The names of the register: as written, and what they are found by.

use super::texts::{NONE, TextId, Texts};
use comptoir_identity::search_key;
use std::collections::HashMap;

/// The number of a key: letters A–Z alone.
pub(super) type KeyId = u32;

/// Texts as written, each with the keys that rules of comparison cannot tell apart.
///
/// Two names that agree have the same letters; two given names that agree, the same first word.
#[derive(Default)]
pub(super) struct Names {
    texts: Texts,
    keys: Texts,
    /// For each text, the key of all its letters, once it has been asked for.
    letters: Vec<KeyId>,
    /// For each text, the key of its first word, once it has been asked for.
    first_words: Vec<KeyId>,
    /// The few texts whose first word can be taken in two ways, by their apostrophe.
    other_first_words: HashMap<TextId, KeyId>,
}

impl Names {
    pub(super) fn number(&mut self, text: Option<&str>) -> TextId {
        let Some(text) = text else { return NONE };
        let (id, new) = self.texts.number(text);
        if new {
            self.letters.push(NONE);
            self.first_words.push(NONE);
        }
        id
    }

    pub(super) fn text(&self, id: TextId) -> Option<&str> {
        (id != NONE).then(|| self.texts.get(id))
    }

    /// Prepares a text to be found as a name.
    pub(super) fn find_by_letters(&mut self, id: TextId) {
        if let Some(letters) = slot(&mut self.letters, id)
            && *letters == NONE
        {
            *letters = self.keys.number(&search_key(self.texts.get(id))).0;
        }
    }

    /// Prepares a text to be found as a given name, or a list of them.
    pub(super) fn find_by_first_word(&mut self, id: TextId) {
        if let Some(first) = slot(&mut self.first_words, id)
            && *first == NONE
        {
            let [word, other] = first_words(self.texts.get(id));
            *first = self.keys.number(&word).0;
            if word != other {
                self.other_first_words.insert(id, self.keys.number(&other).0);
            }
        }
    }

    /// The key of all the letters of a text.
    pub(super) fn letters(&self, id: TextId) -> KeyId {
        at(&self.letters, id)
    }

    /// The keys of the first word of a text; the second one is there for few.
    pub(super) fn first_word(&self, id: TextId) -> [KeyId; 2] {
        let first = at(&self.first_words, id);
        let other = if self.other_first_words.is_empty() { None } else { self.other_first_words.get(&id) };
        [first, other.copied().unwrap_or(NONE)]
    }

    pub(super) fn key(&self, id: KeyId) -> &str {
        self.keys.get(id)
    }

    pub(super) fn find_key(&self, key: &str) -> Option<KeyId> {
        self.keys.find(key)
    }

    pub(super) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The texts that are found as names, with the key of their letters.
    pub(super) fn found_by_letters(&self) -> impl Iterator<Item = (&str, KeyId)> {
        (0..).zip(&self.letters).filter(|(_, key)| **key != NONE).map(|(id, key)| (self.texts.get(id), *key))
    }

    pub(super) fn shrink(&mut self) {
        self.texts.shrink();
        self.keys.shrink();
    }
}

fn slot(of: &mut [KeyId], id: TextId) -> Option<&mut KeyId> {
    of.get_mut(usize::try_from(id).ok()?)
}

fn at(of: &[KeyId], id: TextId) -> KeyId {
    usize::try_from(id).ok().and_then(|id| of.get(id)).copied().unwrap_or(NONE)
}

/// The letters of the first word, an apostrophe ending it or not: `N'GUESSAN` agrees with `N GUESSAN` and with
/// `NGUESSAN`.
pub(super) fn first_words(text: &str) -> [String; 2] {
    let upto = |ends: fn(char) -> bool| text.split(ends).map(search_key).find(|word| !word.is_empty());
    let word = upto(|sign| is_space_or_hyphen(sign) || is_apostrophe(sign)).unwrap_or_default();
    let other = upto(is_space_or_hyphen).unwrap_or_default();
    [word, other]
}

fn is_space_or_hyphen(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '-' | '\u{2010}' | '\u{2011}' | '–' | '—')
}

fn is_apostrophe(sign: char) -> bool {
    matches!(sign, '\'' | '’' | '‘' | 'ʼ' | '`')
}

/// The places in the letters of a text where a word begins (DMN INS 9): the first is 0.
pub(super) fn word_starts(text: &str) -> impl Iterator<Item = usize> {
    let mut letters = 0;
    text.split(|sign| is_space_or_hyphen(sign) || is_apostrophe(sign)).filter_map(move |word| {
        let start = letters;
        letters += search_key(word).len();
        (letters > start).then_some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_taken_both_ways() {
        for (text, expected) in [
            ("Anne-Laure", ["ANNE", "ANNE"]),
            ("JEAN PIERRE", ["JEAN", "JEAN"]),
            ("N'GUESSAN MARIE", ["N", "NGUESSAN"]),
            ("D’ANIEL", ["D", "DANIEL"]),
            ("'T", ["T", "T"]),
            ("", ["", ""]),
        ] {
            assert_eq!(first_words(text), expected, "{text}");
        }
    }

    #[test]
    fn words_begin_where_letters_do() {
        for (text, starts) in
            [("LE GOFFIC", vec![0, 2]), ("D'Œuvre--Béart", vec![0, 1, 7]), ("MARTIN", vec![0]), ("", vec![])]
        {
            assert_eq!(word_starts(text).collect::<Vec<_>>(), starts, "{text}");
        }
    }
}
