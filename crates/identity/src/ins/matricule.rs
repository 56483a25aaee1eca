//! The fifteen characters of the INS: a number of thirteen and its key.

use std::fmt;

/// The matricule of an INS, key included (ins.md §1.3).
///
/// No trait is ever derived from it: sex, date and place may have been rectified since.
#[derive(Clone, Copy)]
pub struct Matricule([u8; 15]);

/// Why a matricule is refused. Carries no part of it (ins.md §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatriculeError {
    /// Thirteen characters: the key is missing (DMN INS 8).
    KeyMissing,
    /// Neither fifteen characters nor thirteen.
    Length,
    /// A character that cannot stand where it stands.
    Form,
    /// The key is not that of the number (DMN INS 8).
    Key,
}

/// What is odd about the key of a matricule that was received (ins.md §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyWarning {
    /// The key is not that of the number; it is kept as received.
    NotOfThisNumber,
    /// No readable key was received; the computed one is kept.
    Computed,
}

/// A matricule as INSi answered it, with what is odd about its key (ins.md §12 row 61).
#[derive(Debug, Clone, Copy)]
pub struct ReceivedMatricule {
    /// The matricule.
    pub matricule: Matricule,
    /// What to tell a technician; never a ground for refusal.
    pub warning: Option<KeyWarning>,
}

impl fmt::Display for MatriculeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyMissing => "the key is missing: a matricule has fifteen characters",
            Self::Length => "a matricule has fifteen characters",
            Self::Form => "a character cannot stand where it stands",
            Self::Key => "the key is not that of the number",
        })
    }
}

impl std::error::Error for MatriculeError {}

impl Matricule {
    /// Parses what was typed or scanned: fifteen characters, spaces between them ignored, the key checked
    /// before anything is searched (DMN INS 8).
    ///
    /// # Errors
    /// See [`MatriculeError`].
    pub fn parse(text: &str) -> Result<Self, MatriculeError> {
        let written = || text.chars().filter(|c| !c.is_whitespace());
        let mut characters = [0; 15];
        match written().count() {
            15 => {}
            13 => return Err(MatriculeError::KeyMissing),
            _ => return Err(MatriculeError::Length),
        }
        for (place, character) in characters.iter_mut().zip(written()) {
            let upper = character.to_ascii_uppercase();
            *place = u8::try_from(upper).map_err(|_| MatriculeError::Form)?;
        }
        let (number, key) = split(&characters);
        let computed = key_of(number).ok_or(MatriculeError::Form)?;
        if !key.iter().all(u8::is_ascii_digit) {
            return Err(MatriculeError::Form);
        }
        if key == computed { Ok(Self(characters)) } else { Err(MatriculeError::Key) }
    }

    /// Takes what INSi answered: never refused on the key, stored as received (EXI REC 08, ins.md §12 row 61).
    ///
    /// # Errors
    /// [`MatriculeError::Length`] or [`MatriculeError::Form`] when the number is none.
    pub fn received(number: &str, key: Option<&str>) -> Result<ReceivedMatricule, MatriculeError> {
        let number: [u8; 13] = number.trim().as_bytes().try_into().map_err(|_| MatriculeError::Length)?;
        let computed = key_of(number).ok_or(MatriculeError::Form)?;
        let received = key
            .and_then(|key| <[u8; 2]>::try_from(key.trim().as_bytes()).ok())
            .filter(|key| key.iter().all(u8::is_ascii_digit));
        let (key, warning) = match received {
            Some(key) if key == computed => (key, None),
            Some(key) => (key, Some(KeyWarning::NotOfThisNumber)),
            None => (computed, Some(KeyWarning::Computed)),
        };
        Ok(ReceivedMatricule { matricule: Self(joined(number, key)), warning })
    }

    /// The fifteen characters (ins.md §1.3).
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The thirteen characters before the key (ins.md §1.3).
    #[must_use]
    pub fn number(&self) -> &str {
        self.as_str().get(..13).unwrap_or_default()
    }

    /// The two digits of the key (ins.md §1.3).
    #[must_use]
    pub fn key(&self) -> &str {
        self.as_str().get(13..).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> &[u8; 15] {
        &self.0
    }
}

impl fmt::Debug for Matricule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Matricule([personal])")
    }
}

fn split(characters: &[u8; 15]) -> ([u8; 13], [u8; 2]) {
    let [number @ .., tens, units] = *characters;
    (number, [tens, units])
}

fn joined(number: [u8; 13], key: [u8; 2]) -> [u8; 15] {
    let mut characters = [0; 15];
    for (place, character) in characters.iter_mut().zip(number.into_iter().chain(key)) {
        *place = character;
    }
    characters
}

/// The key of a number, `None` when it has not the form of one: thirteen digits, or an A or B for the
/// seventh after a 2, which counts as 19 or 18 with it (ins.md §1.3).
fn key_of(number: [u8; 13]) -> Option<[u8; 2]> {
    let mut value: u64 = 0;
    let mut previous = 0;
    for (index, character) in number.into_iter().enumerate() {
        value = match character {
            b'0'..=b'9' => value * 10 + u64::from(character - b'0'),
            b'A' if index == 6 && previous == b'2' => value / 10 * 100 + 19,
            b'B' if index == 6 && previous == b'2' => value / 10 * 100 + 18,
            _ => return None,
        };
        previous = character;
    }
    let key = u8::try_from(97 - value % 97).ok()?;
    Some([b'0' + key / 10, b'0' + key % 10])
}
