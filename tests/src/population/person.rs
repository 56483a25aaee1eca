//! The people of the practice as the civil registry knows them.

use super::weights::Weights;
use comptoir_identity::{BirthDate, Ins, InsOid, Matricule, PlaceCode, Sex};
use fastrand::Rng;
use std::fmt;

/// The year in which everybody's age is counted.
pub(super) const THIS_YEAR: u16 = 2025;

/// Somebody of the practice, registered or not: the household's number, then the place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(u64);

impl PersonId {
    /// Nobody's household has more members.
    const LARGEST_HOUSEHOLD: u64 = 8;

    pub(super) fn of(household: u64, place: usize) -> Self {
        Self(household * Self::LARGEST_HOUSEHOLD + u64::try_from(place).unwrap_or(0))
    }

    /// The household's number, and the place in it.
    pub(super) fn parts(self) -> (u64, usize) {
        (self.0 / Self::LARGEST_HOUSEHOLD, usize::try_from(self.0 % Self::LARGEST_HOUSEHOLD).unwrap_or(usize::MAX))
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}", self.0)
    }
}

/// A fictitious person: what is true of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// *Nom de naissance*, in the INS character set.
    pub birth_name: String,
    /// *Prénoms de naissance*, at least one, each in the INS character set.
    pub given_names: Vec<String>,
    /// *Sexe*.
    pub sex: Sex,
    /// *Date de naissance*.
    pub born: BirthDate,
    /// *Lieu de naissance*.
    pub place: PlaceCode,
    /// *Nom utilisé*, where it is another one.
    pub usage_name: Option<String>,
}

impl Person {
    /// Draws somebody of this sex and age; the family name is the family's where it has one.
    pub(super) fn draw(weights: &Weights, sex: Sex, age: u16, family_name: Option<&str>, rng: &mut Rng) -> Self {
        let year = THIS_YEAR.saturating_sub(age);
        let place = birth_place(weights, rng);
        Self {
            birth_name: family_name.map_or_else(|| draw_family_name(weights, year, rng), str::to_owned),
            given_names: draw_given_names(weights, sex, year, rng),
            sex,
            born: draw_date(year, place.is_country(), rng),
            place,
            usage_name: None,
        }
    }

    /// *Premier prénom de naissance*.
    #[must_use]
    pub fn first_given_name(&self) -> &str {
        self.given_names.first().map_or("", String::as_str)
    }

    /// A number that could be theirs, key included; its order among the births of the month is chance.
    pub(super) fn draw_ins(&self, rng: &mut Rng) -> Option<Ins> {
        let sex = if self.sex == Sex::Female { 2 } else { 1 };
        // A month that is not known is written 20.
        let (year, month) = (self.born.year() % 100, self.born.month().unwrap_or(20));
        let number = format!("{sex}{year:02}{month:02}{}{:03}", self.place.as_str(), rng.u16(1..=999));
        Matricule::received(&number, None).ok().map(|received| Ins::new(received.matricule, InsOid::Nir))
    }
}

/// Thousands of inhabitants by five years of age, from 0 (France, rounded).
#[rustfmt::skip]
const PYRAMID: [u32; 21] = [
    3_450, 3_900, 4_200, 4_200, 3_950, 3_800, 4_050, 4_250, 4_300, 4_150, 4_550, 4_450, 4_250, 3_950, 3_700, 2_800,
    1_850, 1_300, 700, 190, 25,
];

/// Draws an age from the pyramid.
pub(super) fn draw_age(rng: &mut Rng) -> u16 {
    let mut drawn = rng.u32(0..PYRAMID.iter().sum());
    let mut from = 0;
    for inhabitants in PYRAMID {
        if drawn < inhabitants {
            break;
        }
        drawn -= inhabitants;
        from += 5;
    }
    from + rng.u16(0..5)
}

/// Draws an age from the pyramid, of this many years at least.
pub(super) fn draw_age_from(least: u16, rng: &mut Rng) -> u16 {
    loop {
        let age = draw_age(rng);
        if age >= least {
            return age;
        }
    }
}

/// Draws a sex, both as often.
pub(super) fn draw_sex(rng: &mut Rng) -> Sex {
    if rng.bool() { Sex::Female } else { Sex::Male }
}

/// Whether something that happens to so many in a thousand happens.
pub(super) fn happens(in_a_thousand: u32, rng: &mut Rng) -> bool {
    rng.u32(0..1_000) < in_a_thousand
}

/// Draws a family name of somebody born that year: since 2005 a child may have both parents' names.
pub(super) fn draw_family_name(weights: &Weights, year: u16, rng: &mut Rng) -> String {
    let name = weights.surname(rng).to_owned();
    if happens(12, rng) {
        let particle = if rng.u8(0..4) == 0 { "DE LA " } else { "DE " };
        let begins_with_vowel = name.starts_with(['A', 'E', 'I', 'O', 'U', 'Y']);
        return if begins_with_vowel { format!("D'{name}") } else { format!("{particle}{name}") };
    }
    if happens(if year >= 2005 { 80 } else { 4 }, rng) {
        let other = weights.surname(rng);
        let between = if rng.bool() { "--" } else { " " };
        return format!("{name}{between}{other}");
    }
    name
}

/// Draws one to four given names, no two the same.
pub(super) fn draw_given_names(weights: &Weights, sex: Sex, year: u16, rng: &mut Rng) -> Vec<String> {
    let count = match rng.u8(0..100) {
        0..=24 => 1,
        25..=59 => 2,
        60..=94 => 3,
        _ => 4,
    };
    let mut names: Vec<String> = Vec::with_capacity(count);
    // The later ones are often the grandparents'.
    let mut born = year;
    for _ in 0..count {
        let name = weights.given_name(sex, born, rng);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        born = year.saturating_sub(rng.u16(0..60));
    }
    names
}

/// Draws a birth place: one in ten was born abroad.
pub(super) fn birth_place(weights: &Weights, rng: &mut Rng) -> PlaceCode {
    if happens(100, rng) { weights.country(rng) } else { weights.commune(rng) }
}

/// Draws a day of that year; of those born abroad, some know the year alone, or the month.
pub(super) fn draw_date(year: u16, abroad: bool, rng: &mut Rng) -> BirthDate {
    let month = rng.u8(1..=12);
    if abroad && happens(40, rng) {
        let known = happens(300, rng).then_some(month);
        if let Ok(partial) = BirthDate::new(year, known, None) {
            return partial;
        }
    }
    // Where no day was known, an office often wrote the first of the year.
    let first_of_january = abroad && happens(50, rng);
    loop {
        let (month, day) = if first_of_january { (1, 1) } else { (month, rng.u8(1..=31)) };
        if let Ok(date) = BirthDate::new(year, Some(month), Some(day)) {
            return date;
        }
    }
}
