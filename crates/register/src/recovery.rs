//! The register's key as a text that the practice prints once and can type back.
//!
//! Four lines of three groups of five characters, in Crockford's base32. Each line carries eight bytes and two check
//! characters of a Reed–Solomon code over GF(32): any two wrong characters of a line are noticed, and one alone is
//! located. The number of the line is part of what is checked, so that lines typed in another order are noticed too.

use crate::key::RegisterKey;
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

/// Crockford's base32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LINES: usize = 4;
const BYTES_A_LINE: usize = 8;
const CHARACTERS_A_LINE: usize = 15;
const GROUP: usize = 5;
/// Where the number of the line stands in what is checked; it is not written.
const LINE_NUMBER_AT: usize = 15;

/// A key as a text: zeroised when dropped, printed as `[secret]`.
pub struct RecoveryText(Zeroizing<String>);

impl RecoveryText {
    /// The four lines, for the person who prints them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecoveryText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Why a text is no recovery key. Nothing of the text is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecoveryTextError {
    /// Characters are lacking or too many; the line, when the text has its four lines. Counted from 1.
    #[error("a recovery key has 4 lines of 15 characters")]
    Length {
        /// The line, from 1.
        line: Option<usize>,
    },
    /// A character that a recovery key never has.
    #[error("line {line}, group {group}: a character that a recovery key never has")]
    Character {
        /// The line, from 1.
        line: usize,
        /// The group in its line, from 1.
        group: usize,
    },
    /// What was typed is not what was printed; the group, when a single character is wrong.
    #[error("line {line}: not what was printed")]
    Typing {
        /// The line, from 1.
        line: usize,
        /// The group in its line, from 1.
        group: Option<usize>,
    },
}

impl RegisterKey {
    /// The key as a text to print: four lines of three groups.
    #[must_use]
    pub fn recovery_text(&self) -> RecoveryText {
        // Room for all of it: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(LINES * (CHARACTERS_A_LINE + 3)));
        let (lines, _) = self.expose().as_chunks::<BYTES_A_LINE>();
        for (number, bytes) in lines.iter().enumerate() {
            for (position, symbol) in written(number, *bytes).iter().enumerate() {
                if position > 0 && position % GROUP == 0 {
                    text.push('-');
                }
                text.push(ALPHABET.get(usize::from(*symbol)).copied().map_or('?', char::from));
            }
            text.push('\n');
        }
        RecoveryText(text)
    }

    /// Reads the key back. Case, spaces and hyphens do not matter; O is 0, I and L are 1.
    ///
    /// # Errors
    /// See [`RecoveryTextError`].
    pub fn from_recovery_text(text: &str) -> Result<Self, RecoveryTextError> {
        let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
        for character in text.chars().filter(|character| is_written(*character)) {
            let (line, group) = place(symbols.len());
            symbols.push(symbol(character).ok_or(RecoveryTextError::Character { line, group })?);
        }
        let (lines, rest) = symbols.as_chunks::<CHARACTERS_A_LINE>();
        if lines.len() != LINES || !rest.is_empty() {
            return Err(RecoveryTextError::Length { line: odd_line(text) });
        }
        let mut bytes = Zeroizing::new([0_u8; LINES * BYTES_A_LINE]);
        let (places, _) = bytes.as_chunks_mut::<BYTES_A_LINE>();
        for (number, (line, place)) in lines.iter().zip(places).enumerate() {
            *place = read(number, line)?;
        }
        Self::from_bytes(bytes.as_slice()).map_err(|_| RecoveryTextError::Length { line: None })
    }
}

/// The fifteen symbols of a line.
fn written(number: usize, bytes: [u8; BYTES_A_LINE]) -> Zeroizing<[u8; CHARACTERS_A_LINE]> {
    let mut line = Zeroizing::new([0_u8; CHARACTERS_A_LINE]);
    let mut bits = u128::from(u64::from_be_bytes(bytes)) << 1;
    // The two check symbols stand first, at the powers 0 and 1 of the code.
    for symbol in line.iter_mut().skip(2).rev() {
        *symbol = u8::try_from(bits & 31).unwrap_or(0);
        bits >>= 5;
    }
    bits.zeroize();
    // c0 + c1 = s0 and c0 + a·c1 = s1: c1 = (s0 + s1) / (1 + a).
    let (s0, s1) = syndromes(number, &line);
    let c1 = divided(s0 ^ s1, 1 ^ power(1));
    let [first, second, ..] = &mut *line;
    (*first, *second) = (s0 ^ c1, c1);
    line
}

/// The eight bytes of a line, when it is what was printed.
fn read(number: usize, line: &[u8; CHARACTERS_A_LINE]) -> Result<[u8; BYTES_A_LINE], RecoveryTextError> {
    let (s0, s1) = syndromes(number, line);
    let mut bits = line.iter().skip(2).fold(0_u128, |bits, symbol| bits << 5 | u128::from(*symbol));
    let value = u64::try_from(bits >> 1).unwrap_or(0);
    let spare = bits & 1;
    bits.zeroize();
    if (s0, s1) == (0, 0) && spare == 0 {
        return Ok(value.to_be_bytes());
    }
    // One wrong symbol e at place i leaves s0 = e and s1 = e·a^i.
    let at = if s0 == 0 || s1 == 0 { None } else { (0..31).find(|place| power(*place) == divided(s1, s0)) };
    let group = at.filter(|place| *place < CHARACTERS_A_LINE).map(|place| place / GROUP + 1);
    Err(RecoveryTextError::Typing { line: number + 1, group })
}

/// What a line leaves over: both 0 when it holds.
fn syndromes(number: usize, line: &[u8; CHARACTERS_A_LINE]) -> (u8, u8) {
    let number = u8::try_from(number + 1).unwrap_or(0);
    line.iter()
        .enumerate()
        .chain([(LINE_NUMBER_AT, &number)])
        .fold((0, 0), |(s0, s1), (place, symbol)| (s0 ^ symbol, s1 ^ multiplied(*symbol, power(place))))
}

/// In GF(32), whose polynomial is x⁵ + x² + 1.
fn multiplied(one: u8, other: u8) -> u8 {
    (0..5).rev().fold(0, |product: u8, bit| {
        let doubled = if product & 16 == 0 { product << 1 } else { (product << 1) ^ 0b10_0101 };
        if other >> bit & 1 == 1 { doubled ^ one } else { doubled }
    })
}

/// a^exponent, where a = x generates the field.
fn power(exponent: usize) -> u8 {
    (0..exponent).fold(1, |value, _| multiplied(value, 2))
}

/// One over the other, which is not 0: its inverse is its 30th power.
fn divided(one: u8, other: u8) -> u8 {
    (0..30).fold(one, |value, _| multiplied(value, other))
}

fn is_written(character: char) -> bool {
    !character.is_whitespace() && !matches!(character, '-' | '‐' | '‑' | '–' | '—' | '_' | '.')
}

fn symbol(character: char) -> Option<u8> {
    let character = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = ALPHABET.iter().position(|letter| char::from(*letter) == character)?;
    u8::try_from(at).ok()
}

fn place(position: usize) -> (usize, usize) {
    (position / CHARACTERS_A_LINE + 1, position % CHARACTERS_A_LINE / GROUP + 1)
}

/// The line that lacks a character or has one too many, when the text has its four lines.
fn odd_line(text: &str) -> Option<usize> {
    let count = |line: &str| line.chars().filter(|character| is_written(*character)).count();
    let lines: Vec<usize> = text.lines().map(count).filter(|count| *count > 0).collect();
    if lines.len() == LINES {
        lines.iter().position(|count| *count != CHARACTERS_A_LINE).map(|at| at + 1)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> RegisterKey {
        let bytes: Vec<u8> = (0..32_u8).map(|place| place.wrapping_mul(37).wrapping_add(11)).collect();
        RegisterKey::from_bytes(&bytes).expect("a key")
    }

    fn read_back(text: &str) -> Result<Vec<u8>, RecoveryTextError> {
        RegisterKey::from_recovery_text(text).map(|key| key.expose().to_vec())
    }

    #[test]
    fn what_is_printed_is_read_back_however_it_is_typed() {
        let text = key().recovery_text();
        let text = text.expose();
        assert_eq!(text.lines().count(), 4);
        assert!(text.lines().all(|line| line.len() == 17 && line.matches('-').count() == 2), "groups of five");
        for (rule, typed) in [
            ("as printed", text.to_owned()),
            ("small letters", text.to_lowercase()),
            ("no hyphens", text.replace('-', "")),
            ("spaces", text.replace('-', "  ")),
            ("on one line", text.replace('\n', " ")),
            ("line ends of Windows, empty lines", text.replace('\n', "\r\n\r\n")),
            ("O for 0, I for 1", text.replace('0', "O").replace('1', "I")),
            ("o for 0, l for 1", text.replace('0', "o").replace('1', "l")),
            ("long hyphens", text.replace('-', "–")),
        ] {
            assert_eq!(read_back(&typed).as_deref(), Ok(key().expose()), "{rule}");
        }
        for byte in [0x00, 0xff, 0x5a] {
            let key = RegisterKey::from_bytes(&[byte; 32]).expect("a key");
            assert_eq!(read_back(key.recovery_text().expose()).as_deref(), Ok(key.expose()), "{byte}");
        }
    }

    #[test]
    fn every_single_typing_error_is_located_and_every_exchange_noticed() {
        let text: Vec<char> = key().recovery_text().expose().chars().filter(|c| is_written(*c)).collect();
        for at in 0..text.len() {
            for letter in ALPHABET.iter().map(|letter| char::from(*letter)).filter(|letter| *letter != text[at]) {
                let mut typed = text.clone();
                typed[at] = letter;
                let (line, group) = place(at);
                let typed: String = typed.into_iter().collect();
                assert_eq!(
                    read_back(&typed),
                    Err(RecoveryTextError::Typing { line, group: Some(group) }),
                    "{at} as {letter}"
                );
            }
        }
        for at in 1..text.len() {
            let mut typed = text.clone();
            typed.swap(at - 1, at);
            if typed != text {
                let typed: String = typed.into_iter().collect();
                assert!(matches!(read_back(&typed), Err(RecoveryTextError::Typing { .. })), "exchanged at {at}");
            }
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_named() {
        let text = key().recovery_text();
        let lines: Vec<&str> = text.expose().lines().collect();
        let second: Vec<char> = lines[1].chars().collect();
        let with_u: String =
            second.iter().enumerate().map(|(at, letter)| if at == 7 { 'U' } else { *letter }).collect();
        for (rule, typed, expected) in [
            ("nothing", String::new(), RecoveryTextError::Length { line: None }),
            (
                "three lines",
                lines.iter().take(3).copied().collect::<String>(),
                RecoveryTextError::Length { line: None },
            ),
            (
                "a character lacking",
                [lines[0], &second[1..].iter().collect::<String>(), lines[2], lines[3]].join("\n"),
                RecoveryTextError::Length { line: Some(2) },
            ),
            (
                "lines in another order",
                [lines[1], lines[0], lines[2], lines[3]].join("\n"),
                RecoveryTextError::Typing { line: 1, group: None },
            ),
            (
                "a letter it never has",
                [lines[0], &with_u].join("\n"),
                RecoveryTextError::Character { line: 2, group: 2 },
            ),
        ] {
            assert_eq!(read_back(&typed), Err(expected), "{rule}");
        }
    }

    #[test]
    fn nothing_printed_says_what_the_key_is() {
        let error = read_back("SECRET-U").expect_err("no key");
        assert!(!format!("{error} {error:?}").contains("SECRET"));
        assert_eq!(format!("{:?}", key().recovery_text()), "[secret]");
    }
}
