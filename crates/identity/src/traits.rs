//! The traits of one identity, strict and in use.

use crate::date::BirthDate;
use crate::given_names::GivenNames;
use crate::ins::InsRecord;
use crate::name::{BirthName, GivenName, UsageName};
use crate::place::PlaceCode;
use crate::sex::Sex;
use std::fmt;

/// A trait as a source states it (DMN INS 1).
#[derive(Clone, PartialEq, Eq)]
pub enum Stated<T> {
    /// The source says nothing.
    Absent,
    /// The source says something that the rules cannot read: shown as it is, compared with nothing.
    Unreadable(String),
    /// The source states this value.
    Known(T),
}

impl<T> Stated<T> {
    /// Parses an optional text: empty is absent, unreadable is kept raw (DMN INS 1).
    pub fn parse<E>(text: Option<&str>, parse: impl FnOnce(&str) -> Result<T, E>) -> Self {
        match text.map(str::trim) {
            None | Some("") => Self::Absent,
            Some(text) => parse(text).map_or_else(|_| Self::Unreadable(text.to_owned()), Self::Known),
        }
    }

    /// The value, when known (DMN INS 1).
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }
}

impl<T> fmt::Debug for Stated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Unreadable(_) => "Unreadable([personal])",
            Self::Known(_) => "Known([personal])",
        })
    }
}

/// The traits of an identity: the strict ones (DMN INS 1) and the names in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traits {
    /// *Nom de naissance*.
    pub birth_name: Stated<BirthName>,
    /// *Premier prénom de naissance*.
    pub first_given_name: Stated<GivenName>,
    /// *Prénoms de naissance*, the list.
    pub given_names: Stated<GivenNames>,
    /// *Date de naissance*.
    pub birth_date: Option<BirthDate>,
    /// *Sexe*.
    pub sex: Option<Sex>,
    /// *Lieu de naissance*.
    pub birth_place: Option<PlaceCode>,
    /// *Nom utilisé*.
    pub usage_name: Stated<UsageName>,
    /// *Prénom utilisé*.
    pub usage_given_name: Stated<GivenName>,
    /// *Matricule INS* with its authority, and the former ones; FranceConnect never states any.
    pub ins: InsRecord,
}
