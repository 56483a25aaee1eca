//! The traits that INSi is asked with: what may not be asked cannot be built.

use crate::date::BirthDate;
use crate::given_names::GivenNames;
use crate::identity::Identity;
use crate::name::{BirthName, GivenName};
use crate::place::PlaceCode;
use crate::sex::Sex;
use std::fmt;

/// Why INSi is not called (ins.md §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotCallable {
    /// The identity is doubtful or fictitious (DMN INS 28).
    DoubtfulOrFictitious,
    /// There is no birth name (`insi_19`).
    BirthNameMissing,
    /// There is no given name.
    GivenNameMissing,
    /// The sex is neither M nor F (`insi_24`, ins.md §12 row 43).
    SexNotKnown,
    /// The birth date is missing or partly unknown (EXI ID 12).
    BirthDateNotWhole,
}

impl fmt::Display for NotCallable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DoubtfulOrFictitious => "INSi is closed to a doubtful or fictitious identity (DMN INS 28)",
            Self::BirthNameMissing => "INSi needs a birth name",
            Self::GivenNameMissing => "INSi needs a given name",
            Self::SexNotKnown => "INSi needs the sex M or F",
            Self::BirthDateNotWhole => "INSi needs a whole birth date (EXI ID 12)",
        })
    }
}

impl std::error::Error for NotCallable {}

/// The traits of one call (`WS_INS2`); there is none for a doubtful or fictitious identity (DMN INS 28).
#[derive(Debug, Clone, Copy)]
pub struct InsiQuery<'a> {
    birth_name: &'a BirthName,
    first_given_name: Option<&'a GivenName>,
    given_names: Option<&'a GivenNames>,
    sex: Sex,
    birth_date: BirthDate,
    birth_place: Option<&'a PlaceCode>,
}

impl<'a> InsiQuery<'a> {
    /// Takes from a record what INSi is asked with (ins.md §4.2).
    ///
    /// # Errors
    /// [`NotCallable`], with the first reason.
    pub fn of(identity: &'a Identity) -> Result<Self, NotCallable> {
        let traits = identity.traits();
        if identity.standing().attributes().provisional_only() {
            return Err(NotCallable::DoubtfulOrFictitious);
        }
        let birth_name = traits.birth_name.known().ok_or(NotCallable::BirthNameMissing)?;
        let (first_given_name, given_names) = (traits.first_given_name.known(), traits.given_names.known());
        if first_given_name.is_none() && given_names.is_none() {
            return Err(NotCallable::GivenNameMissing);
        }
        let sex = traits.sex.filter(|sex| *sex != Sex::Indeterminate).ok_or(NotCallable::SexNotKnown)?;
        let birth_date = traits.birth_date.filter(|date| date.is_complete()).ok_or(NotCallable::BirthDateNotWhole)?;
        // An unknown place would only spoil the search: it is optional in the query (ins.md §1.7).
        let birth_place = traits.birth_place.as_ref().filter(|place| place.is_known());
        Ok(Self { birth_name, first_given_name, given_names, sex, birth_date, birth_place })
    }

    /// The birth name (`insi_19`).
    #[must_use]
    pub fn birth_name(&self) -> &'a BirthName {
        self.birth_name
    }

    /// The first given name, tried first (ins.md §4.3).
    #[must_use]
    pub fn first_given_name(&self) -> Option<&'a GivenName> {
        self.first_given_name
    }

    /// The list, whose names are tried one by one, then whole (ins.md §4.3).
    #[must_use]
    pub fn given_names(&self) -> Option<&'a GivenNames> {
        self.given_names
    }

    /// F or M (`insi_24`).
    #[must_use]
    pub fn sex(&self) -> Sex {
        self.sex
    }

    /// The whole date (ins.md §1.4).
    #[must_use]
    pub fn birth_date(&self) -> BirthDate {
        self.birth_date
    }

    /// The place, where it is known (ins.md §1.7).
    #[must_use]
    pub fn birth_place(&self) -> Option<&'a PlaceCode> {
        self.birth_place
    }
}
