//! Who comes to the practice together: the people of one household, and their records.
//!
//! Each household is drawn from the seed and its own number, so that any of them can be drawn again alone.

use super::person::{Person, PersonId, birth_place, draw_age, draw_age_from, draw_given_names, draw_sex, happens};
use super::recorded::{Done, Recorded, near_date};
use super::weights::Weights;
use comptoir_identity::Sex;
use fastrand::Rng;

/// What the members of a household are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Household {
    /// One person.
    Alone,
    /// Two persons of one age.
    Couple,
    /// Two parents and their children.
    Family,
    /// The same name, date and place.
    Twins,
    /// Strangers: the same name, given name and date, born elsewhere.
    NamesakesElsewhere,
    /// Strangers: the same name, given name and place, a near date.
    NamesakesNear,
    /// Strangers: the same given name, date and place; the second one is stored under her married name.
    NamesakeMarried,
    /// A parent and a child of one name and given name.
    OneNameTwice,
}

/// A household drawn.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// What its members are to each other.
    pub household: Household,
    /// Its number.
    pub number: u64,
    /// Its members, registered or not.
    pub persons: Vec<Person>,
    /// Their records.
    pub records: Vec<Recorded>,
    /// The place of the parent whose number a child's record carries.
    pub billed_under: Option<usize>,
}

impl Drawn {
    /// Draws the household of that number.
    #[must_use]
    pub fn of(weights: &Weights, seed: u64, number: u64) -> Self {
        let (household, mut rng) = Household::at(seed, number);
        let rng = &mut rng;
        let persons = household.people(weights, rng);
        let mut drawn = Self { household, number, persons, records: Vec::new(), billed_under: None };
        drawn.record(weights, rng);
        drawn
    }

    /// The identifier of the member at that place.
    #[must_use]
    pub fn id(&self, place: usize) -> PersonId {
        PersonId::of(self.number, place)
    }

    /// The records of the member at that place.
    pub fn records_of(&self, place: usize) -> impl Iterator<Item = &Recorded> {
        let id = self.id(place);
        self.records.iter().filter(move |record| record.person == id)
    }

    fn record(&mut self, weights: &Weights, rng: &mut Rng) {
        let usual = matches!(self.household, Household::Alone | Household::Couple | Household::Family);
        // A child billed under a parent's number, which is then on no other record.
        let billed = self.household == Household::Family && happens(60, rng);
        let parent = usize::from(rng.bool());
        let parents_number = self.persons.get(parent).filter(|_| billed).and_then(|one| one.draw_ins(rng));
        let parent_registered = rng.bool();
        for (place, person) in self.persons.iter().enumerate() {
            let id = PersonId::of(self.number, place);
            let mut record = Recorded::of(person, id);
            if usual {
                record.write_as_usual(person, rng);
                for _ in 0..mistakes(rng) {
                    record.mistake(weights, person, rng);
                }
            }
            record.style(rng);
            let own = person.draw_ins(rng).filter(|_| happens(700, rng));
            match (parents_number, place) {
                (Some(_), place) if place == parent => {
                    if !parent_registered {
                        continue;
                    }
                }
                (Some(number), 2) => {
                    self.billed_under = Some(parent);
                    record.ins = Some(number);
                    record.done.push(Done::ParentsNumber);
                }
                _ => record.ins = own,
            }
            if self.household == Household::NamesakeMarried
                && place == 1
                && let Some(usage) = &person.usage_name
            {
                usage.clone_into(&mut record.birth_name);
                record.used_name.clear();
                record.done.push(Done::UsageNameAsBirthName);
                if happens(400, rng) {
                    record.sex = None;
                    record.done.push(Done::SexMissing);
                }
            }
            let second = (usual && happens(20, rng)).then(|| second_record(weights, person, &record, rng));
            self.records.push(record);
            self.records.extend(second);
        }
    }
}

/// The same person recorded again, with no, one or two mistakes.
fn second_record(weights: &Weights, person: &Person, first: &Recorded, rng: &mut Rng) -> Recorded {
    let mut second = Recorded::of(person, first.person);
    second.external_id = format!("{}-2", first.external_id);
    second.done.push(Done::SecondRecord);
    second.write_as_usual(person, rng);
    for _ in 0..rng.u8(0..3) {
        second.mistake(weights, person, rng);
    }
    second.style(rng);
    second.ins = first.ins.filter(|_| happens(300, rng));
    second
}

/// How many mistakes a record has.
fn mistakes(rng: &mut Rng) -> u8 {
    match rng.u8(0..100) {
        0..=91 => 0,
        92..=98 => 1,
        _ => 2,
    }
}

/// One seed for each household of each practice (the finaliser of `SplitMix64`).
pub(super) fn mixed(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Household {
    /// What the members of the household of that number are to each other, and the chance that goes on from there.
    pub(super) fn at(seed: u64, number: u64) -> (Self, Rng) {
        let mut rng = Rng::with_seed(mixed(seed, number));
        let household = match rng.u32(0..1_000) {
            0..=559 => Self::Alone,
            560..=729 => Self::Couple,
            730..=969 => Self::Family,
            970..=977 => Self::Twins,
            978..=983 => Self::NamesakesElsewhere,
            984..=989 => Self::NamesakesNear,
            990..=993 => Self::NamesakeMarried,
            _ => Self::OneNameTwice,
        };
        (household, rng)
    }

    fn people(self, weights: &Weights, rng: &mut Rng) -> Vec<Person> {
        match self {
            Self::Alone => vec![Person::draw(weights, draw_sex(rng), draw_age_from(18, rng), None, rng)],
            Self::Couple => couple(weights, draw_age_from(20, rng), rng),
            Self::Family => family(weights, rng),
            Self::Twins => twins(weights, rng),
            Self::NamesakesElsewhere => {
                let one = Person::draw(weights, draw_sex(rng), draw_age(rng), None, rng);
                let mut other = stranger(weights, &one, rng);
                other.place =
                    (0..50).map(|_| birth_place(weights, rng)).find(|place| *place != one.place).unwrap_or(one.place);
                vec![one, other]
            }
            Self::NamesakesNear => {
                let one = Person::draw(weights, draw_sex(rng), draw_age_from(1, rng), None, rng);
                let mut other = stranger(weights, &one, rng);
                other.born = (0..50).find_map(|_| near_date(one.born, rng)).unwrap_or(one.born);
                vec![one, other]
            }
            Self::NamesakeMarried => {
                let one = Person::draw(weights, Sex::Female, draw_age_from(22, rng), None, rng);
                let mut other = stranger(weights, &one, rng);
                if rng.bool() {
                    weights.surname(rng).clone_into(&mut other.birth_name);
                }
                let taken = |name: &&str| *name != one.birth_name && *name != other.birth_name;
                let usage = (0..50).map(|_| weights.surname(rng)).find(taken).map(str::to_owned);
                other.usage_name = usage;
                vec![one, other]
            }
            Self::OneNameTwice => {
                let sex = draw_sex(rng);
                let age = rng.u16(24..80);
                let parent = Person::draw(weights, sex, age, None, rng);
                let mut child =
                    Person::draw(weights, sex, age.saturating_sub(rng.u16(20..38)), Some(&parent.birth_name), rng);
                let others = child.given_names.split_off(1);
                child.given_names = vec![parent.first_given_name().to_owned()];
                child.given_names.extend(others.into_iter().filter(|name| *name != parent.first_given_name()));
                if happens(600, rng) {
                    child.place = parent.place;
                }
                vec![parent, child]
            }
        }
    }
}

/// Somebody else of the same name, first given name, sex, date and place.
fn stranger(weights: &Weights, one: &Person, rng: &mut Rng) -> Person {
    let first = one.first_given_name().to_owned();
    let others = draw_given_names(weights, one.sex, one.born.year(), rng);
    let others = others.into_iter().skip(1).filter(|name| *name != first).collect::<Vec<_>>();
    Person { given_names: std::iter::once(first).chain(others).collect(), usage_name: None, ..one.clone() }
}

fn couple(weights: &Weights, age: u16, rng: &mut Rng) -> Vec<Person> {
    let man = Person::draw(weights, Sex::Male, age, None, rng);
    let younger = age.saturating_sub(rng.u16(0..6)).max(18);
    let mut woman = Person::draw(weights, Sex::Female, younger, None, rng);
    if happens(650, rng) && woman.birth_name != man.birth_name {
        woman.usage_name = Some(man.birth_name.clone());
    }
    vec![man, woman]
}

fn family(weights: &Weights, rng: &mut Rng) -> Vec<Person> {
    let eldest = rng.u16(0..18);
    let mut family = couple(weights, eldest + rng.u16(24..40), rng);
    let name = family.first().map(|father| father.birth_name.clone());
    let home = weights.commune(rng);
    let mut age = Some(eldest);
    let children = rng.u8(1..=3);
    for _ in 0..children {
        let Some(years) = age else { break };
        let mut child = Person::draw(weights, draw_sex(rng), years, name.as_deref(), rng);
        if happens(800, rng) {
            child.place = home;
        }
        let taken = family.iter().any(|one| one.first_given_name() == child.first_given_name());
        if !taken {
            family.push(child);
        }
        age = years.checked_sub(rng.u16(1..6));
    }
    family
}

fn twins(weights: &Weights, rng: &mut Rng) -> Vec<Person> {
    let one = Person::draw(weights, draw_sex(rng), draw_age(rng), None, rng);
    let sex = if happens(660, rng) { one.sex } else { draw_sex(rng) };
    let names = (0..50)
        .map(|_| draw_given_names(weights, sex, one.born.year(), rng))
        .find(|names| !one.given_names.iter().any(|name| names.first() == Some(name)))
        .unwrap_or_else(|| vec!["CAMILLE".to_owned()]);
    let other = Person { given_names: names, sex, ..one.clone() };
    vec![one, other]
}
