//! The search key of a place's name, used alike to sort the packed names and to read what was typed.

use crate::spelling::{Plain, plain};

/// How the abbreviations of Saint are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saint {
    /// As they are written.
    AsWritten,
    /// `St` and `Ste` are Saint and Sainte.
    WrittenOut,
}

/// Capital letters and digits of a name, joined, and where its words begin (EXI ID 14: search by label).
///
/// Case, accents, hyphens, apostrophes and spaces are ignored. A number has two digits, and the letters of its ordinal
/// are dropped, so that `Paris 7e`, `paris 07` and `PARIS 7EME` have the same key and sort by number.
#[derive(Default)]
pub(crate) struct Key {
    letters: Vec<u8>,
    words: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    Letters,
    Number,
}

impl Key {
    /// Folds a text into this key, which forgets what it held.
    pub(crate) fn fold(&mut self, text: &str, saint: Saint) {
        self.letters.clear();
        self.words.clear();
        let mut word = Word::None;
        for character in text.chars() {
            let mut own = [0; 4];
            let (kind, letters) = match plain(character) {
                Some(Plain::Mark) => continue,
                Some(Plain::Letters(_)) if word == Word::Number => continue,
                Some(Plain::Letters(letters)) => (Word::Letters, letters),
                None if character.is_ascii_digit() => (Word::Number, &*character.encode_utf8(&mut own)),
                Some(Plain::Separator(_)) | None => (Word::None, ""),
            };
            if kind != word {
                self.end(word, saint);
                if kind != Word::None {
                    self.words.push(self.letters.len());
                }
                word = kind;
            }
            self.letters.extend(letters.as_bytes());
        }
        self.end(word, saint);
    }

    /// The letters and digits, joined.
    pub(crate) fn letters(&self) -> &[u8] {
        &self.letters
    }

    /// Where in the letters the words begin.
    pub(crate) fn words(&self) -> &[usize] {
        &self.words
    }

    fn end(&mut self, word: Word, saint: Saint) {
        let start = self.words.last().copied().unwrap_or_default();
        let last = self.letters.get(start..).unwrap_or_default();
        let padded;
        let written_out: &[u8] = match (word, last, saint) {
            (Word::Number, [digit], _) => {
                padded = [b'0', *digit];
                &padded
            }
            (Word::Letters, b"ST", Saint::WrittenOut) => b"SAINT",
            (Word::Letters, b"STE", Saint::WrittenOut) => b"SAINTE",
            (Word::Letters, b"STS", Saint::WrittenOut) => b"SAINTS",
            (Word::Letters, b"STES", Saint::WrittenOut) => b"SAINTES",
            (Word::None | Word::Letters | Word::Number, _, _) => return,
        };
        self.letters.truncate(start);
        self.letters.extend(written_out);
    }
}
