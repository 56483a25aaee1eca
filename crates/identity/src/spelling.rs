//! The foldings of names: spelling (INS form), comparison form and search key.
//!
//! Source: ins.md §1.4 (characters, transliteration) and the decision on two foldings.

use std::iter;

/// A separator inside a name, after typographic variants are made plain.
pub(crate) const SEPARATORS: [char; 3] = [' ', '-', '\''];

/// One character of a name, made plain.
pub(crate) enum Plain {
    /// One to two letters A–Z.
    Letters(&'static str),
    /// Space, hyphen or apostrophe.
    Separator(char),
    /// A combining mark: an accent written apart from its letter.
    Mark,
}

/// Transliterates one character, or returns `None` when it has no defined equivalent.
pub(crate) fn plain(character: char) -> Option<Plain> {
    let letters = match character {
        'A' | 'a' | 'À'..='Å' | 'à'..='å' => "A",
        'Æ' | 'æ' => "AE",
        'B' | 'b' => "B",
        'C' | 'c' | 'Ç' | 'ç' => "C",
        'D' | 'd' => "D",
        'E' | 'e' | 'È'..='Ë' | 'è'..='ë' => "E",
        'F' | 'f' => "F",
        'G' | 'g' => "G",
        'H' | 'h' => "H",
        'I' | 'i' | 'Ì'..='Ï' | 'ì'..='ï' => "I",
        'J' | 'j' => "J",
        'K' | 'k' => "K",
        'L' | 'l' => "L",
        'M' | 'm' => "M",
        'N' | 'n' | 'Ñ' | 'ñ' => "N",
        'O' | 'o' | 'Ò'..='Ö' | 'ò'..='ö' | 'Ø' | 'ø' => "O",
        'Œ' | 'œ' => "OE",
        'P' | 'p' => "P",
        'Q' | 'q' => "Q",
        'R' | 'r' => "R",
        'S' | 's' => "S",
        'ß' | 'ẞ' => "SS",
        'T' | 't' => "T",
        'U' | 'u' | 'Ù'..='Ü' | 'ù'..='ü' => "U",
        'V' | 'v' => "V",
        'W' | 'w' => "W",
        'X' | 'x' => "X",
        'Y' | 'y' | 'Ý' | 'ý' | 'ÿ' | 'Ÿ' => "Y",
        'Z' | 'z' => "Z",
        ' ' | '\u{a0}' | '\u{202f}' => return Some(Plain::Separator(' ')),
        '\'' | '’' | '‘' | 'ʼ' | '`' => return Some(Plain::Separator('\'')),
        '-' | '\u{2010}' | '\u{2011}' | '–' | '—' => return Some(Plain::Separator('-')),
        '\u{300}'..='\u{36f}' => return Some(Plain::Mark),
        _ => return None,
    };
    Some(Plain::Letters(letters))
}

/// Folds any text to the letters A–Z alone: case, accents, hyphens, apostrophes and spaces ignored.
///
/// For search only (DMN INS 7–10): `CENTUN` and `CENT UN` have the same key and are still two names.
/// Characters without an equivalent are left out.
#[must_use]
pub fn search_key(text: &str) -> String {
    text.chars()
        .filter_map(|character| match plain(character) {
            Some(Plain::Letters(letters)) => Some(letters),
            Some(Plain::Separator(_) | Plain::Mark) | None => None,
        })
        .collect()
}

/// The words of a spelled name: hyphen, apostrophe and space are the same separation.
pub(crate) fn words(spelled: &str) -> impl Iterator<Item = &str> {
    spelled.split(SEPARATORS).filter(|word| !word.is_empty())
}

/// Whether two spelled names are the same once hyphen ≡ apostrophe ≡ space.
pub(crate) fn same_words(left: &str, right: &str) -> bool {
    words(left).eq(words(right))
}

/// Whether two spelled names are the same once apostrophes are left out (`CHAP'ELLE`, `CHAPELLE`).
///
/// Spaces and hyphens still separate: `CENTUN` and `CENT UN` stay different.
pub(crate) fn same_but_apostrophe(left: &str, right: &str) -> bool {
    fn joined(text: &str) -> impl Iterator<Item = char> + '_ {
        text.chars().filter(|c| *c != '\'').map(|c| if c == '-' { ' ' } else { c })
    }
    joined(left).eq(joined(right))
}

/// Whether two spelled names have the same letters once nothing separates them (`CENTUN`, `CENT UN`).
pub(crate) fn same_letters(left: &str, right: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
        text.chars().filter(|c| !SEPARATORS.contains(c))
    }
    letters(left).eq(letters(right))
}

/// A run of text that is the same on both sides, or is not (ins.md §1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text as written on its side.
    pub text: String,
    /// Whether these characters differ from the other side.
    pub differs: bool,
}

/// Marks, in two texts, the characters that differ from the other one (ins.md §1.4).
///
/// Case and accents are the same letter here: only what a reader must look at is marked.
#[must_use]
pub fn differing_letters(left: &str, right: &str) -> (Vec<Span>, Vec<Span>) {
    let a: Vec<char> = left.chars().collect();
    let b: Vec<char> = right.chars().collect();
    // Longest common subsequence, rows from the end; names are at most some hundred characters.
    let width = b.len() + 1;
    let mut lengths: Vec<Vec<usize>> = vec![vec![0; width]];
    for x in a.iter().rev() {
        let below = lengths.last().map_or(&[][..], Vec::as_slice);
        let mut row = Vec::with_capacity(width);
        row.push(0);
        for (y, (down, diagonal)) in b.iter().rev().zip(below.iter().skip(1).zip(below)) {
            let right = row.last().copied().unwrap_or(0);
            row.push(if same_letter(*x, *y) { diagonal + 1 } else { (*down).max(right) });
        }
        lengths.push(row);
    }
    let length =
        |i: usize, j: usize| lengths.get(a.len() - i).and_then(|row| row.get(b.len() - j)).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    let (mut on_left, mut on_right) = (Vec::new(), Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if same_letter(*x, *y) {
            on_left.push((*x, false));
            on_right.push((*y, false));
            i += 1;
            j += 1;
        } else if length(i + 1, j) >= length(i, j + 1) {
            on_left.push((*x, true));
            i += 1;
        } else {
            on_right.push((*y, true));
            j += 1;
        }
    }
    on_left.extend(a.iter().skip(i).map(|c| (*c, true)));
    on_right.extend(b.iter().skip(j).map(|c| (*c, true)));
    (spans(on_left), spans(on_right))
}

fn same_letter(x: char, y: char) -> bool {
    if x == y {
        return true;
    }
    match (plain(x), plain(y)) {
        (Some(Plain::Letters(x)), Some(Plain::Letters(y))) => x == y,
        (Some(Plain::Separator(x)), Some(Plain::Separator(y))) => x == y,
        _ => false,
    }
}

fn spans(marked: Vec<(char, bool)>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (character, differs) in marked {
        match spans.last_mut() {
            Some(last) if last.differs == differs => last.text.push(character),
            _ => spans.push(Span { text: iter::once(character).collect(), differs }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spans: &[Span]) -> String {
        spans.iter().map(|s| if s.differs { format!("[{}]", s.text) } else { s.text.clone() }).collect()
    }

    #[test]
    fn the_search_key_ignores_everything_but_letters() {
        for (text, key) in [
            ("CENT UN", "CENTUN"),
            ("Chap’elle", "CHAPELLE"),
            ("D'Œuvre--Béart", "DOEUVREBEART"),
            ("DURANTéàèùòœæŒÆ", "DURANTEAEUOOEAEOEAE"),
            ("Se\u{301}guin", "SEGUIN"),
            ("Martin 2", "MARTIN"),
        ] {
            assert_eq!(search_key(text), key, "{text}");
        }
    }

    #[test]
    fn only_what_differs_is_marked() {
        for (left, right, marked_left, marked_right) in [
            ("TROIS DUPRE", "TROIS-DUPRE", "TROIS[ ]DUPRE", "TROIS[-]DUPRE"),
            ("SEGUIN", "Séguin", "SEGUIN", "Séguin"),
            ("MELISSANDRE", "MELISSANDRE JULIETTE", "MELISSANDRE", "MELISSANDRE[ JULIETTE]"),
            ("", "X", "", "[X]"),
        ] {
            let (l, r) = differing_letters(left, right);
            assert_eq!((shown(&l).as_str(), shown(&r).as_str()), (marked_left, marked_right), "{left} | {right}");
        }
    }
}
