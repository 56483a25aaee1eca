//! The differences between what FranceConnect says and what the register holds of one person.

use super::asked::Asked;
use super::mistakes;
use super::recorded::{Recorded, swapped};
use super::weights::{Weights, city_of_arrondissement};
use comptoir_identity::{BirthDate, PlaceCode};
use fastrand::Rng;

/// One difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slip {
    /// Accents, capitals.
    Accents,
    /// Hyphen, space, apostrophe.
    Hyphen,
    /// A particle lost or added.
    Particle,
    /// One letter.
    Typo,
    /// The same sound in other letters.
    Sound,
    /// The given names in another order.
    GivenNamesSwapped,
    /// The register's birth name is the name in use.
    UsageNameAsBirthName,
    /// Married since: a name in use that the register does not know.
    MarriedSince,
    /// The year alone, or the month.
    DatePartial,
    /// Day and month exchanged.
    DaySwapped,
    /// An arrondissement for its city, or the city for it.
    Arrondissement,
    /// The former code of the commune.
    FormerCommune,
    /// Another commune.
    OtherPlace,
}

/// The trait in which a difference lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    AnyName,
    GivenName,
    Name,
    Date,
    Place,
}

impl Slip {
    /// Every difference.
    pub const ALL: [Self; 13] = [
        Self::Accents,
        Self::Hyphen,
        Self::Particle,
        Self::Typo,
        Self::Sound,
        Self::GivenNamesSwapped,
        Self::UsageNameAsBirthName,
        Self::MarriedSince,
        Self::DatePartial,
        Self::DaySwapped,
        Self::Arrondissement,
        Self::FormerCommune,
        Self::OtherPlace,
    ];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accents => "accents",
            Self::Hyphen => "hyphen",
            Self::Particle => "particle",
            Self::Typo => "typo",
            Self::Sound => "sound",
            Self::GivenNamesSwapped => "given-names-swapped",
            Self::UsageNameAsBirthName => "usage-name-as-birth-name",
            Self::MarriedSince => "married-since",
            Self::DatePartial => "date-partial",
            Self::DaySwapped => "day-swapped",
            Self::Arrondissement => "arrondissement",
            Self::FormerCommune => "former-commune",
            Self::OtherPlace => "other-place",
        }
    }

    /// Whether it is a matter of presentation, which forbids no safe link (the decision on `link`): a name in use that
    /// comes in addition is no strict trait.
    #[must_use]
    pub fn is_presentation(self) -> bool {
        match self {
            Self::Accents | Self::Hyphen | Self::MarriedSince => true,
            Self::Particle
            | Self::Typo
            | Self::Sound
            | Self::GivenNamesSwapped
            | Self::UsageNameAsBirthName
            | Self::DatePartial
            | Self::DaySwapped
            | Self::Arrondissement
            | Self::FormerCommune
            | Self::OtherPlace => false,
        }
    }

    /// The pairs that can be met together: two differences of one trait are met where one lies in the name and one in
    /// the given name.
    #[must_use]
    pub fn pairs() -> Vec<(Self, Self)> {
        let mut pairs = Vec::new();
        for (place, one) in Self::ALL.into_iter().enumerate() {
            for other in Self::ALL.into_iter().skip(place + 1) {
                if one.lies_in() != other.lies_in() || one.lies_in() == Where::AnyName {
                    pairs.push((one, other));
                }
            }
        }
        pairs
    }

    fn lies_in(self) -> Where {
        match self {
            Self::Accents | Self::Hyphen | Self::Typo | Self::Sound => Where::AnyName,
            Self::Particle | Self::UsageNameAsBirthName | Self::MarriedSince => Where::Name,
            Self::GivenNamesSwapped => Where::GivenName,
            Self::DatePartial | Self::DaySwapped => Where::Date,
            Self::Arrondissement | Self::FormerCommune | Self::OtherPlace => Where::Place,
        }
    }

    /// Makes the difference, or leaves everything as it was and returns `None` where this person allows none.
    pub(super) fn apply(self, asked: &mut Asked, record: &Recorded, weights: &Weights, rng: &mut Rng) -> Option<()> {
        let person = &mut asked.person;
        match self {
            Self::Accents => rewrite(asked, rng, mistakes::accented),
            Self::Hyphen => rewrite(asked, rng, mistakes::separated),
            Self::Typo => rewrite(asked, rng, mistakes::typo),
            Self::Sound => rewrite(asked, rng, mistakes::same_sound),
            Self::Particle => {
                person.birth_name = mistakes::particle(&person.birth_name, rng)?;
                Some(())
            }
            Self::GivenNamesSwapped => {
                let last = person.given_names.len().checked_sub(1).filter(|last| *last > 0)?;
                let other = rng.usize(1..=last);
                // A compound name and its first part would be a name cut, not another name.
                let words = |name: &str| name.split(['-', ' ', '\'']).next().map(str::to_owned);
                let first = words(person.first_given_name());
                if person.given_names.get(other).is_none_or(|other| words(other) == first) {
                    return None;
                }
                person.given_names.swap(0, other);
                Some(())
            }
            Self::UsageNameAsBirthName => {
                let other = (0..20).map(|_| weights.surname(rng)).find(|name| *name != person.birth_name)?;
                let usage = std::mem::replace(&mut person.birth_name, other.to_owned());
                // FranceConnect states a name in use where the person gave one to the identity provider.
                person.usage_name = (rng.u8(0..10) < 7).then_some(usage);
                Some(())
            }
            Self::MarriedSince => {
                if !record.used_name.is_empty() {
                    return None;
                }
                let usage = (0..20).map(|_| weights.surname(rng)).find(|name| *name != person.birth_name)?;
                person.usage_name = Some(usage.to_owned());
                Some(())
            }
            Self::DatePartial => {
                let month = person.born.month().filter(|_| rng.bool());
                let partial = BirthDate::new(person.born.year(), month, None).ok();
                person.born = partial.filter(|partial| person.born.is_complete() && *partial != person.born)?;
                asked.raw_date = true;
                Some(())
            }
            Self::DaySwapped => {
                person.born = swapped(person.born)?;
                Some(())
            }
            Self::Arrondissement => {
                let code = match city_of_arrondissement(&person.place) {
                    Some(city) => city.to_owned(),
                    None => match person.place.as_str() {
                        "75056" => format!("751{:02}", rng.u8(1..=20)),
                        "69123" => format!("6938{}", rng.u8(1..=9)),
                        "13055" => format!("132{:02}", rng.u8(1..=16)),
                        _ => return None,
                    },
                };
                person.place = PlaceCode::parse(&code).ok()?;
                Some(())
            }
            Self::FormerCommune => {
                person.place = rng.choice(weights.former_codes(&person.place).iter().copied())?;
                Some(())
            }
            Self::OtherPlace => {
                let place = weights.commune(rng);
                person.place =
                    Some(place).filter(|p| *p != person.place && p.same_territory(&person.place).is_none())?;
                Some(())
            }
        }
    }
}

/// Writes the birth name or the first given name otherwise, the one that allows it.
fn rewrite(asked: &mut Asked, rng: &mut Rng, otherwise: fn(&str, &mut Rng) -> Option<String>) -> Option<()> {
    let person = &mut asked.person;
    let name_first = rng.bool();
    for name in [name_first, !name_first] {
        if name {
            if let Some(written) = otherwise(&person.birth_name, rng) {
                person.birth_name = written;
                return Some(());
            }
        } else if let Some(first) = person.given_names.first_mut()
            && let Some(written) = otherwise(first, rng)
        {
            *first = written;
            return Some(());
        }
    }
    None
}
