//! How a name gets written otherwise: by another keyboard, another ear, another habit.

use comptoir_identity::GivenName;
use fastrand::Rng;

/// Letters with a neighbour on an AZERTY keyboard, the ones beside each other.
const KEYBOARD: [&str; 3] = ["AZERTYUIOP", "QSDFGHJKLM", "WXCVBN"];

/// Letters that sound alike in French, either way.
const SOUNDS: [(&str, &str); 18] = [
    ("PH", "F"),
    ("EAU", "AU"),
    ("EAU", "O"),
    ("AU", "O"),
    ("AI", "EI"),
    ("TH", "T"),
    ("CK", "K"),
    ("QU", "K"),
    ("CA", "KA"),
    ("CO", "KO"),
    ("LL", "L"),
    ("NN", "N"),
    ("TT", "T"),
    ("RR", "R"),
    ("MM", "M"),
    ("AN", "EN"),
    ("AM", "EM"),
    ("Y", "I"),
];

/// Last letters that are not heard.
const SILENT: [char; 5] = ['T', 'D', 'S', 'X', 'H'];

/// Words before a name that get lost or added, longest first.
const PARTICLES: [&str; 9] = ["DE LA ", "DOS ", "DE ", "DU ", "DA ", "LE ", "LA ", "DI ", "D'"];

/// The letters that may bear a sign, with what they bear.
const ACCENTS: [(char, &str); 6] = [('E', "ÉÈÊË"), ('A', "ÀÂ"), ('O', "ÔÖ"), ('U', "ÛÜ"), ('I', "ÎÏ"), ('C', "Ç")];

fn letters(name: &str) -> Vec<char> {
    name.chars().collect()
}

fn text(letters: &[char]) -> String {
    letters.iter().collect()
}

/// The result where it is a name, and another one.
fn another(name: &str, written: String) -> Option<String> {
    (written != name && written.len() > 1 && GivenName::parse(&written).is_ok()).then_some(written)
}

/// One letter other, missing, doubled, or exchanged with the next.
pub(super) fn typo(name: &str, rng: &mut Rng) -> Option<String> {
    // Most slips are not in the first letter.
    (0..12).find_map(|_| {
        let mut letters = letters(name);
        let place = rng.usize(0..letters.len().max(1));
        let letter = *letters.get(place).filter(|letter| letter.is_ascii_uppercase())?;
        if place == 0 && rng.u8(0..3) > 0 {
            return None;
        }
        match rng.u8(0..4) {
            0 => *letters.get_mut(place)? = neighbour(letter, rng)?,
            1 => {
                letters.remove(place);
            }
            2 => letters.insert(place, letter),
            _ => {
                let next = *letters.get(place + 1).filter(|next| next.is_ascii_uppercase())?;
                *letters.get_mut(place)? = next;
                *letters.get_mut(place + 1)? = letter;
            }
        }
        another(name, text(&letters))
    })
}

fn neighbour(letter: char, rng: &mut Rng) -> Option<char> {
    let row = KEYBOARD.iter().find(|row| row.contains(letter))?;
    let place = row.find(letter)?;
    let beside = if rng.bool() { place.checked_sub(1)? } else { place + 1 };
    row.chars().nth(beside)
}

/// The same sound in other letters.
pub(super) fn same_sound(name: &str, rng: &mut Rng) -> Option<String> {
    let mut ways: Vec<String> = Vec::new();
    for (left, right) in SOUNDS {
        for (from, to) in [(left, right), (right, left)] {
            // A letter is doubled where one stood alone, not where two stood.
            if name.contains(from) && !(to.contains(from) && name.contains(to)) {
                ways.push(name.replacen(from, to, 1));
            }
        }
    }
    if let Some(heard) = name.strip_suffix(SILENT) {
        ways.push(heard.to_owned());
    }
    let ways: Vec<String> = ways.into_iter().filter_map(|way| another(name, way)).collect();
    rng.choice(ways)
}

/// Accents on one letter at least, in capitals or not.
pub(super) fn accented(name: &str, rng: &mut Rng) -> Option<String> {
    let bearing: Vec<usize> = name
        .chars()
        .enumerate()
        .filter(|(_, letter)| ACCENTS.iter().any(|(bears, _)| bears == letter))
        .map(|(place, _)| place)
        .collect();
    let chosen = rng.choice(bearing)?;
    let accented: String = name
        .chars()
        .enumerate()
        .map(|(place, letter)| {
            let signs = ACCENTS.iter().find(|(bears, _)| *bears == letter && place == chosen);
            signs.and_then(|(_, signs)| rng.choice(signs.chars().collect::<Vec<_>>())).unwrap_or(letter)
        })
        .collect();
    Some(if rng.bool() { titled(&accented) } else { accented })
}

/// Capitals at the beginning of words only.
pub(super) fn titled(name: &str) -> String {
    let mut begins = true;
    name.chars()
        .flat_map(|letter| {
            let capital = begins;
            begins = !letter.is_alphabetic();
            let written: Vec<char> = if capital { vec![letter] } else { letter.to_lowercase().collect() };
            written
        })
        .collect()
}

/// Hyphen, space and apostrophe written one for the other, or an apostrophe left out.
pub(super) fn separated(name: &str, rng: &mut Rng) -> Option<String> {
    let written = if name.contains("--") {
        name.replacen("--", "-", 1)
    } else if name.contains('\'') {
        name.replacen('\'', if rng.bool() { " " } else { "" }, 1)
    } else if name.contains('-') {
        name.replacen('-', " ", 1)
    } else {
        name.replacen(' ', "-", 1)
    };
    another(name, written)
}

/// A particle lost, or added where there was none.
pub(super) fn particle(name: &str, rng: &mut Rng) -> Option<String> {
    let lost = PARTICLES.iter().find_map(|particle| name.strip_prefix(particle));
    let added = if rng.bool() { "DE" } else { "LE" };
    another(name, lost.map_or_else(|| format!("{added} {name}"), str::to_owned))
}
