//! What the practice's register says of its patients, and what the desk did to it.

use super::mistakes;
use super::person::{Person, PersonId, THIS_YEAR, happens};
use super::weights::{Weights, city_of_arrondissement};
use comptoir_identity::{
    BirthDate, BirthName, GivenName, GivenNames, Ins, InsRecord, PlaceCode, Sex, Standing, Stated, Traits, UsageName,
};
use comptoir_register::NewPatient;
use fastrand::Rng;

/// What the desk did to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Done {
    /// Names written with accents, or not in capitals.
    Style,
    /// The list of given names left empty.
    ListMissing,
    /// The list of given names cut after a name.
    ListCut,
    /// The person recorded a second time.
    SecondRecord,
    /// One letter of the birth name mistyped.
    NameTypo,
    /// One letter of the first given name mistyped.
    GivenNameTypo,
    /// The name in use stored as the birth name.
    UsageNameAsBirthName,
    /// The sex left empty.
    SexMissing,
    /// The year alone, or the month.
    DatePartial,
    /// Day and month exchanged.
    DaySwapped,
    /// Another code for the place, or another place.
    OtherPlace,
    /// A child's record with the number under which the child is billed, a parent's.
    ParentsNumber,
}

/// A line of the practice's register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The practice software's identifier.
    pub external_id: String,
    /// Whose it is.
    pub person: PersonId,
    /// *Nom de naissance*, as the desk wrote it.
    pub birth_name: String,
    /// *Prénoms de naissance*, or nothing.
    pub birth_given_names: String,
    /// *Premier prénom de naissance*.
    pub first_given_name: String,
    /// *Nom utilisé*, or nothing.
    pub used_name: String,
    /// *Prénom utilisé*, or nothing.
    pub used_given_name: String,
    /// M, F or nothing.
    pub sex: Option<Sex>,
    /// *Date de naissance*, partial or not.
    pub birth_date: BirthDate,
    /// *Lieu de naissance*; 99999 where the desk did not know.
    pub birth_place: PlaceCode,
    /// *Matricule INS* with its authority; a billing number where the desk took it for one.
    pub ins: Option<Ins>,
    /// What was done to it.
    pub done: Vec<Done>,
}

impl Recorded {
    /// What the desk writes without a mistake.
    pub(super) fn of(person: &Person, id: PersonId) -> Self {
        Self {
            external_id: id.to_string(),
            person: id,
            birth_name: person.birth_name.clone(),
            birth_given_names: person.given_names.join(" "),
            first_given_name: person.first_given_name().to_owned(),
            used_name: person.usage_name.clone().unwrap_or_default(),
            used_given_name: String::new(),
            sex: Some(person.sex),
            birth_date: person.born,
            birth_place: person.place,
            ins: None,
            done: Vec::new(),
        }
    }

    /// Whether only habits of writing separate it from what is true: the list of given names may be missing or cut.
    #[must_use]
    pub fn is_faithful(&self) -> bool {
        self.done.iter().all(|done| matches!(done, Done::Style | Done::ListMissing | Done::ListCut))
    }

    /// Whether its list of given names says more than the first one.
    #[must_use]
    pub fn lists_other_names(&self) -> bool {
        self.birth_given_names.contains(' ')
    }

    /// The habits of the desk: a name in use often not asked for, a list often short, letters as they come.
    pub(super) fn write_as_usual(&mut self, person: &Person, rng: &mut Rng) {
        if happens(400, rng) {
            self.used_name.clear();
        }
        if happens(250, rng) {
            self.birth_given_names.clear();
            self.done.push(Done::ListMissing);
        } else if happens(120, rng) && person.given_names.len() > 1 {
            let kept = rng.usize(1..person.given_names.len());
            self.birth_given_names = person.given_names.iter().take(kept).cloned().collect::<Vec<_>>().join(" ");
            self.done.push(Done::ListCut);
        }
        if happens(20, rng) {
            person.given_names.get(1).unwrap_or(&self.first_given_name).clone_into(&mut self.used_given_name);
        }
    }

    /// The register's letters: capitals in most, not in all.
    pub(super) fn style(&mut self, rng: &mut Rng) {
        if !happens(250, rng) {
            return;
        }
        self.done.push(Done::Style);
        let accents = happens(400, rng);
        for name in [
            &mut self.birth_name,
            &mut self.first_given_name,
            &mut self.birth_given_names,
            &mut self.used_name,
            &mut self.used_given_name,
        ] {
            let written = if accents { mistakes::accented(name, rng) } else { None };
            *name = mistakes::titled(written.as_deref().unwrap_or(name));
        }
    }

    /// Makes one mistake of those that a desk makes, and that this record allows.
    pub(super) fn mistake(&mut self, weights: &Weights, person: &Person, rng: &mut Rng) {
        let done = match rng.u8(0..100) {
            0..=24 => self.retype_name(rng),
            25..=44 => self.retype_given_name(rng),
            45..=56 => person.usage_name.as_ref().map(|usage| {
                usage.clone_into(&mut self.birth_name);
                self.used_name.clear();
                Done::UsageNameAsBirthName
            }),
            57..=66 => self.sex.take().map(|_| Done::SexMissing),
            67..=72 => {
                let month = self.birth_date.month().filter(|_| rng.bool());
                let partial = BirthDate::new(self.birth_date.year(), month, None).ok();
                partial.filter(|partial| *partial != self.birth_date).map(|partial| {
                    self.birth_date = partial;
                    Done::DatePartial
                })
            }
            73..=82 => swapped(self.birth_date).map(|date| {
                self.birth_date = date;
                Done::DaySwapped
            }),
            _ => {
                let place = other_place(weights, self.birth_place, rng);
                (place != self.birth_place).then(|| {
                    self.birth_place = place;
                    Done::OtherPlace
                })
            }
        };
        self.done.extend(done);
    }

    fn retype_name(&mut self, rng: &mut Rng) -> Option<Done> {
        self.birth_name = mistakes::typo(&self.birth_name, rng)?;
        Some(Done::NameTypo)
    }

    fn retype_given_name(&mut self, rng: &mut Rng) -> Option<Done> {
        let written = mistakes::typo(&self.first_given_name, rng)?;
        let others = self.birth_given_names.strip_prefix(&self.first_given_name).map(str::to_owned);
        if let Some(others) = others {
            self.birth_given_names = format!("{written}{others}");
        }
        self.first_given_name = written;
        Some(Done::GivenNameTypo)
    }

    /// Its traits, with this INS.
    #[must_use]
    pub fn traits(&self, ins: Option<Ins>) -> Traits {
        Traits {
            birth_name: Stated::parse(Some(&self.birth_name), BirthName::parse),
            first_given_name: Stated::parse(Some(&self.first_given_name), GivenName::parse),
            given_names: Stated::parse(Some(&self.birth_given_names), GivenNames::parse),
            birth_date: Some(self.birth_date),
            sex: self.sex,
            birth_place: Some(self.birth_place),
            usage_name: Stated::parse(Some(&self.used_name), UsageName::parse),
            usage_given_name: Stated::parse(Some(&self.used_given_name), GivenName::parse),
            ins: InsRecord::restored(ins.map(Into::into), false, Vec::new()),
        }
    }

    /// The record to insert, with this INS: in a register, a number is in force once.
    #[must_use]
    pub fn new_patient(&self, ins: Option<Ins>) -> NewPatient {
        NewPatient {
            external_id: Some(self.external_id.clone()),
            traits: self.traits(ins),
            standing: Standing::PROVISIONAL,
        }
    }
}

/// Day and month exchanged, where that is another date that exists.
pub(super) fn swapped(date: BirthDate) -> Option<BirthDate> {
    let other = BirthDate::new(date.year(), date.day(), date.month()).ok()?;
    (date.is_complete() && other != date).then_some(other)
}

/// Another code: of the same territory where there is one, unknown, or of another place.
fn other_place(weights: &Weights, code: PlaceCode, rng: &mut Rng) -> PlaceCode {
    let city = city_of_arrondissement(&code).and_then(|city| PlaceCode::parse(city).ok());
    let former = rng.choice(weights.former_codes(&code).iter().copied());
    match (rng.u8(0..3), city.or(former)) {
        (0 | 1, Some(same_territory)) => same_territory,
        (0, None) => PlaceCode::parse("99999").unwrap_or(code),
        _ => weights.commune(rng),
    }
}

/// One digit of the day or of the year other, or two neighbours exchanged, where that is another date that exists.
pub(super) fn near_date(date: BirthDate, rng: &mut Rng) -> Option<BirthDate> {
    let (year, month, of_month) = (date.year(), date.month()?, date.day()?);
    let near = match rng.u8(0..4) {
        0 => BirthDate::new(year, Some(month), Some(if of_month > 1 { of_month - 1 } else { 2 })).ok()?,
        1 => BirthDate::new(year - 1, Some(month), Some(of_month)).ok()?,
        2 => BirthDate::new(year, Some(month % 12 + 1), Some(of_month)).ok()?,
        _ => BirthDate::new(year / 100 * 100 + year % 10 * 10 + year / 10 % 10, Some(month), Some(of_month)).ok()?,
    };
    (near != date && (1900..=THIS_YEAR).contains(&near.year())).then_some(near)
}
