//! The names of the register: as written, and what they are found by.

use super::texts::{NONE, TextId, Texts};
use comptoir_identity::{PhoneticKey, search_key};
use std::collections::HashMap;

/// The number of a key: letters A–Z alone.
pub(super) type KeyId = u32;

/// The sound of letters, packed; 0 for none.
pub(super) type Sound = u32;

/// The sound of letters A–Z (Soundex 2).
pub(super) fn sound(letters: &str) -> Sound {
    PhoneticKey::of(letters)
        .map_or(0, |sound| sound.as_str().bytes().fold(0, |packed, sign| packed << 8 | Sound::from(sign)))
}

/// Whether letters could be those of another name mistyped, heard, or longer by a word (ins.md §2.4). Lets through
/// all that the rules call near, and some more.
pub(super) fn could_be(left: (&str, Sound), right: (&str, Sound)) -> bool {
    let (short, long) = if left.0.len() <= right.0.len() { (left.0, right.0) } else { (right.0, left.0) };
    if short.len() < 2 {
        return short == long && !short.is_empty();
    }
    left.1 == right.1
        || long.starts_with(short)
        || long.ends_with(short)
        || (short.len() >= 3 && long.len() - short.len() <= 2 && strsim::osa_distance(short, long) <= 2)
}

/// Texts as written, each with the keys that rules of comparison cannot tell apart.
///
/// Two names that agree have the same letters; two given names that agree, the same first word.
#[derive(Default)]
pub(super) struct Names {
    texts: Texts,
    keys: Texts,
    sounds: Vec<Sound>,
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
            *letters = key(&mut self.keys, &mut self.sounds, &search_key(self.texts.get(id)));
        }
    }

    /// Prepares a text to be found as a given name, or a list of them.
    pub(super) fn find_by_first_word(&mut self, id: TextId) {
        if let Some(first) = slot(&mut self.first_words, id)
            && *first == NONE
        {
            let [word, other] = first_words(self.texts.get(id));
            *first = key(&mut self.keys, &mut self.sounds, &word);
            if word != other {
                self.other_first_words.insert(id, key(&mut self.keys, &mut self.sounds, &other));
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

    pub(super) fn sound(&self, id: KeyId) -> Sound {
        usize::try_from(id).ok().and_then(|id| self.sounds.get(id)).copied().unwrap_or(0)
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

fn key(keys: &mut Texts, sounds: &mut Vec<Sound>, letters: &str) -> KeyId {
    let (id, new) = keys.number(letters);
    if new {
        sounds.push(sound(letters));
    }
    id
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
