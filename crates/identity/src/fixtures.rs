//! The fictitious people of the INSi platform (ins.md §8.1) that several tables of cases meet.

use crate::date::BirthDate;
use crate::ins::InsRecord;
use crate::insi::{InsiClaims, InsiNumber};
use crate::name::{BirthName, GivenName};
use crate::place::PlaceCode;
use crate::sex::Sex;
use crate::traits::{Stated, Traits};

pub(crate) const NIR: &str = "1.2.250.1.213.1.4.8";

/// What INSi answers for ADRUN Zoé.
pub(crate) const ADRUN: InsiClaims<'_> = InsiClaims {
    active: InsiNumber { number: "2751263220749", key: Some("74"), oid: NIR, from: None, until: None },
    history: &[],
    birth_name: "ADRUN",
    given_names: "ZOE",
    sex: "F",
    birth_date: "1975-12-31",
    birth_place: Some("63220"),
};

/// A record of five traits; an empty text is none.
pub(crate) fn traits(name: &str, first: &str, sex: &str, date: &str, place: &str) -> Traits {
    Traits {
        birth_name: Stated::parse(Some(name), BirthName::parse),
        first_given_name: Stated::parse(Some(first), GivenName::parse),
        given_names: Stated::Absent,
        birth_date: BirthDate::parse_iso(date).ok(),
        sex: Sex::from_letter(sex),
        birth_place: PlaceCode::parse(place).ok(),
        usage_name: Stated::Absent,
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    }
}
