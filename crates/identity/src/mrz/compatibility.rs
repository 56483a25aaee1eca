//! Whether a machine-readable zone and the traits of a record may be of the same person.

use super::{MrzIdentity, MrzName};
use crate::date::BirthDate;
use crate::given_names::GivenNames;
use crate::name::{BirthName, GivenName, UsageName};
use crate::spelling::{Plain, plain, words};
use crate::traits::{Stated, Traits};

/// How a trait of a record stands to what a zone says: never *equal*, which a zone cannot say (ins.md §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compatibility {
    /// The zone writes this trait so, or could (ins.md §5.3).
    Compatible,
    /// The zone was full, and writes the beginning of this trait (ins.md §12 row 14).
    Truncated,
    /// The zone says something else (ins.md §5.3).
    Differs,
    /// One of the two says nothing (ins.md §5.3).
    NotStated,
}

/// The findings for each trait that a zone states; it states no place (ins.md §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MrzCompatibility {
    /// The zone's name and the *nom de naissance*.
    pub birth_name: Compatibility,
    /// The zone's name and the *nom utilisé*, which some foreign documents write (ins.md §5.3).
    pub usage_name: Compatibility,
    /// The given names and the *prénoms de naissance*, or the first of them.
    pub given_names: Compatibility,
    /// The *date de naissance*, whatever its century.
    pub birth_date: Compatibility,
    /// The *sexe*.
    pub sex: Compatibility,
}

impl MrzCompatibility {
    /// Whether nothing stated differs, one of the two names aside when the other agrees (ins.md §5.3).
    #[must_use]
    pub fn is_compatible(&self) -> bool {
        let agrees = |found| matches!(found, Compatibility::Compatible | Compatibility::Truncated);
        let name = agrees(self.birth_name) || agrees(self.usage_name);
        let rest = [self.given_names, self.birth_date, self.sex];
        name && rest.into_iter().all(|found| found != Compatibility::Differs)
    }
}

impl MrzIdentity {
    /// Compares with the traits of a record after folding: spaces, hyphens and apostrophes left out, a name that the
    /// zone cut compared by its beginning (ins.md §5.3, §12 row 14).
    #[must_use]
    pub fn compatible(&self, traits: &Traits) -> MrzCompatibility {
        let birth_name = traits.birth_name.known().map(|name: &BirthName| (name.spelled(), name.raw()));
        let usage_name = traits.usage_name.known().map(|name: &UsageName| (name.spelled(), name.raw()));
        MrzCompatibility {
            birth_name: name(&self.name, birth_name),
            usage_name: name(&self.name, usage_name),
            given_names: given_names(&self.given_names, &traits.given_names, &traits.first_given_name),
            birth_date: self.date(traits.birth_date),
            sex: match (self.sex, traits.sex) {
                (Some(ours), Some(theirs)) if ours == theirs => Compatibility::Compatible,
                (Some(_), Some(_)) => Compatibility::Differs,
                (None, _) | (_, None) => Compatibility::NotStated,
            },
        }
    }

    fn date(&self, record: Option<BirthDate>) -> Compatibility {
        let (Some(record), Some(year)) = (record, self.birth.year) else { return Compatibility::NotStated };
        let agree = |ours: Option<u8>, theirs: Option<u8>| ours.is_none() || theirs.is_none() || ours == theirs;
        // A patient of a hundred years has the two digits of a newborn.
        let same = record.year() % 100 == u16::from(year)
            && agree(self.birth.month, record.month())
            && agree(self.birth.day, record.day());
        if same { Compatibility::Compatible } else { Compatibility::Differs }
    }
}

fn name(zone: &MrzName, record: Option<(&str, &str)>) -> Compatibility {
    let Some((spelled, raw)) = record else { return Compatibility::NotStated };
    if zone.words.is_empty() {
        return Compatibility::NotStated;
    }
    let ours = || letters(&zone.words);
    if ours().eq(letters(spelled)) || ours().eq(international(raw)) {
        Compatibility::Compatible
    } else if zone.possibly_truncated && (begins(letters(spelled), ours()) || begins(international(raw), ours())) {
        Compatibility::Truncated
    } else {
        Compatibility::Differs
    }
}

fn given_names(zone: &MrzName, list: &Stated<GivenNames>, first: &Stated<GivenName>) -> Compatibility {
    let list = list.known().map(|names| (names.spelled(), names.raw()));
    let first = first.known().map(|name| (name.spelled(), name.raw()));
    let Some((spelled, raw)) = list.or(first) else { return Compatibility::NotStated };
    // A document may write fewer names than the register, and a register holds fewer than a passport (EXI ID 10).
    let whole_names = || words(&zone.words).zip(words(spelled)).all(|(ours, theirs)| ours == theirs);
    match name(zone, Some((spelled, raw))) {
        Compatibility::Differs if whole_names() => Compatibility::Compatible,
        found @ (Compatibility::Compatible
        | Compatibility::Truncated
        | Compatibility::Differs
        | Compatibility::NotStated) => found,
    }
}

fn begins(whole: impl Iterator<Item = u8>, beginning: impl Iterator<Item = u8>) -> bool {
    let mut whole = whole;
    beginning.into_iter().all(|letter| whole.next() == Some(letter))
}

fn letters(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.bytes().filter(u8::is_ascii_uppercase)
}

/// The letters as ICAO 9303-3 §6 writes them, which differ from the INS for a few: MÜLLER is MUELLER.
fn international(raw: &str) -> impl Iterator<Item = u8> + '_ {
    raw.chars()
        .map(|character| match character {
            'Ä' | 'ä' => "AE",
            'Å' | 'å' => "AA",
            'Ö' | 'ö' | 'Ø' | 'ø' => "OE",
            'Ü' | 'ü' => "UE",
            other => match plain(other) {
                Some(Plain::Letters(letters)) => letters,
                Some(Plain::Separator(_) | Plain::Mark) | None => "",
            },
        })
        .flat_map(str::bytes)
}
