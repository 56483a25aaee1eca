//! Persons drawn from few names, dates and places, so that they resemble one another.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use comptoir_identity::{
    BirthDate, BirthName, GivenName, GivenNames, Ins, InsOid, InsRecord, Matricule, PivotClaims, PivotIdentity,
    PlaceCode, Sex, Stated, Traits, UsageName,
};
use proptest::prelude::*;

const NAMES: [&str; 8] = ["MARTIN", "Martin", "LE GOFF", "LE-GOFF", "LEGOFF", "DUBOIS", "D'ARGENT", "MARTIN 2"];
const GIVEN: [&str; 8] =
    ["ANNE", "ANNE-LAURE", "Anne Laure", "LAURE ANNE", "JEAN", "JEANNE", "Jean Christophe Pierre", "CHRISTOPHE JEAN"];
const DATES: [&str; 7] =
    ["1980-03-12", "1980-12-03", "1980-01-01", "1980-00-00", "1980-03-00", "1908-03-12", "1980-00-12"];
const SEXES: [&str; 4] = ["F", "M", "I", ""];
const PLACES: [&str; 7] = ["75056", "75107", "20004", "2A004", "99352", "99999", ""];
const NUMBERS: [&str; 3] = ["275126322074974", "236066322083656", "109076322088835"];

/// What a record or FranceConnect says of somebody.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    name: &'static str,
    given: &'static str,
    date: &'static str,
    sex: &'static str,
    place: &'static str,
    usage: Option<&'static str>,
    number: Option<&'static str>,
}

/// Mostly whole persons of two families: few enough to meet, different enough to be told apart.
pub(crate) fn person() -> impl Strategy<Value = Person> {
    let rarely = |values: &'static [&'static str]| prop_oneof![3 => Just(None), 1 => prop::sample::select(values).prop_map(Some)];
    let often = |values: &'static [&'static str]| prop_oneof![3 => Just(values.first().copied().unwrap_or("")), 2 => prop::sample::select(values)];
    (
        often(&NAMES),
        often(&GIVEN),
        often(&DATES),
        often(&SEXES),
        often(&PLACES),
        rarely(&NAMES),
        rarely(&NUMBERS),
        0..20_u8,
    )
        .prop_map(|(name, given, date, sex, place, usage, number, without)| {
            let name = if without == 0 { "" } else { name };
            Person { name, given, date, sex, place, usage, number }
        })
}

/// A few records.
pub(crate) fn register() -> impl Strategy<Value = Vec<Person>> {
    prop::collection::vec(person(), 0..5)
}

impl Person {
    /// As a register keeps it.
    pub(crate) fn traits(&self) -> Traits {
        let first = GivenName::parse(self.given.split(' ').next().unwrap_or_default());
        Traits {
            birth_name: Stated::parse(Some(self.name), BirthName::parse),
            first_given_name: first.map_or(Stated::Absent, Stated::Known),
            given_names: Stated::parse(Some(self.given), GivenNames::parse),
            birth_date: BirthDate::parse_iso(self.date).ok(),
            sex: Sex::from_letter(self.sex),
            birth_place: PlaceCode::parse(self.place).ok(),
            usage_name: Stated::parse(self.usage, UsageName::parse),
            usage_given_name: Stated::Absent,
            ins: InsRecord::restored(self.ins().map(Into::into), false, Vec::new()),
        }
    }

    /// As FranceConnect delivers it, with an INS known from elsewhere.
    pub(crate) fn identity(&self) -> PivotIdentity {
        let abroad = self.place.starts_with("99");
        PivotIdentity::from_claims(&PivotClaims {
            family_name: Some(self.name),
            given_name: Some(self.given),
            birthdate: Some(self.date),
            idp_birthdate: Some(self.date),
            gender: match self.sex {
                "F" => Some("female"),
                "M" => Some("male"),
                _ => Some("unspecified"),
            },
            birthplace: Some(if abroad { "" } else { self.place }),
            birthcountry: Some(if abroad { self.place } else { "99100" }),
            preferred_username: self.usage,
            ..PivotClaims::default()
        })
        .with_ins(self.ins())
    }

    fn ins(&self) -> Option<Ins> {
        let number = self.number?;
        Some(Ins::new(Matricule::parse(number).expect("a matricule"), InsOid::Nir))
    }
}
