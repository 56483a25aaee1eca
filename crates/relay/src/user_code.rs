//! The short code that both screens show (RFC 8628 §6.1).

use std::fmt;

use comptoir_franceconnect::{RandomnessUnavailable, SecureRandom};

/// Twenty consonants: they make no word, and nobody takes one for another or for a figure.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// The largest multiple of twenty in a byte: what is above would favour the first letters.
const FAIR: u8 = 240;

/// Eight letters: 34 bits of chance, for five minutes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UserCode(String);

impl UserCode {
    /// Draws one.
    pub(crate) fn draw(rng: &dyn SecureRandom) -> Result<Self, RandomnessUnavailable> {
        let mut text = String::with_capacity(LENGTH);
        let mut bytes = [0; 16];
        while text.len() < LENGTH {
            rng.fill(&mut bytes).map_err(|_| RandomnessUnavailable)?;
            let fair = bytes.iter().filter(|byte| **byte < FAIR);
            let letters = fair.filter_map(|byte| LETTERS.get(usize::from(byte % 20)));
            text.extend(letters.take(LENGTH - text.len()).map(|letter| char::from(*letter)));
        }
        Ok(Self(text))
    }

    /// Reads what a person typed: in any case, with or without the hyphen.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let letters = text.chars().filter(|letter| !matches!(letter, '-' | ' ' | '\u{a0}'));
        let text: String = letters.take(LENGTH + 1).map(|letter| letter.to_ascii_uppercase()).collect();
        let right = text.len() == LENGTH && text.bytes().all(|byte| LETTERS.contains(&byte));
        right.then_some(Self(text))
    }

    /// Returns the letters.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns it as both screens show it.
    pub(crate) fn shown(&self) -> String {
        self.0.split_at_checked(LENGTH / 2).map_or_else(|| self.0.clone(), |(one, two)| format!("{one}-{two}"))
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;

    #[test]
    fn a_code_is_read_as_it_is_typed() {
        for (typed, expected) in [
            ("WDJB-MJHT", Some("WDJB-MJHT")),
            ("wdjbmjht", Some("WDJB-MJHT")),
            (" wdjb mjht ", Some("WDJB-MJHT")),
            ("WDJB-MJH", None),
            ("WDJB-MJHTX", None),
            ("WDJB-MJHA", None),
            ("WDJB-MJH1", None),
            ("WDJB-MJHÉ", None),
            ("", None),
        ] {
            assert_eq!(UserCode::parse(typed).map(|code| code.shown()).as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn every_letter_is_drawn_alike() {
        let mut drawn = std::collections::BTreeMap::<u8, u32>::new();
        for _ in 0..2_000 {
            let code = UserCode::draw(&SystemRandom::new()).unwrap();
            assert_eq!(UserCode::parse(&code.shown()), Some(code.clone()));
            for byte in code.as_str().bytes() {
                *drawn.entry(byte).or_default() += 1;
            }
        }
        assert_eq!(drawn.len(), LETTERS.len());
        // 800 of each are expected, with a deviation of 28; eight of those happen to nobody.
        assert!(drawn.values().all(|count| (576..1_024).contains(count)), "{drawn:?}");
    }
}
