//! The answer of INSi, parsed: an answer that may not be imported is never an identity.

use crate::compare::Trait;
use crate::date::BirthDate;
use crate::given_names::{GivenNames, coherent_first_given_name};
use crate::ins::{DatedIns, Environment, Ins, InsNature, InsOid, KeyWarning, Matricule, MatriculeError};
use crate::moment::Day;
use crate::name::BirthName;
use crate::place::PlaceCode;
use crate::sex::Sex;
use crate::traits::{Stated, Traits};
use std::fmt;

/// One number of an answer, as received (`INSACTIF`, `INSHISTO`; ins.md §4.2).
#[derive(Clone, Copy, Default)]
pub struct InsiNumber<'a> {
    /// `NumIdentifiant`, thirteen characters.
    pub number: &'a str,
    /// `Cle`, which may be absent.
    pub key: Option<&'a str>,
    /// `OID`.
    pub oid: &'a str,
    /// `DateDeb`, `AAAA-MM-JJ`.
    pub from: Option<&'a str>,
    /// `DateFin`, `AAAA-MM-JJ`.
    pub until: Option<&'a str>,
}

/// One individual of an answer, as received (`INDIVIDU`; ins.md §4.2).
#[derive(Clone, Copy, Default)]
pub struct InsiClaims<'a> {
    /// `INSACTIF`.
    pub active: InsiNumber<'a>,
    /// `INSHISTO`.
    pub history: &'a [InsiNumber<'a>],
    /// `NomNaissance`.
    pub birth_name: &'a str,
    /// `ListePrenom`; `Prenom` is not read, it is absent or echoes the request (DMN INS 13.1).
    pub given_names: &'a str,
    /// `Sexe`.
    pub sex: &'a str,
    /// `DateNaissance`, `AAAA-MM-JJ`.
    pub birth_date: &'a str,
    /// `LieuNaissance`, which may be absent.
    pub birth_place: Option<&'a str>,
}

/// Why an answer imports nothing; the status stays as it was (DMN INS 15, INS 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsiUnusable {
    /// The code is none of 00, 01, 02 (ins.md §4.3).
    UnknownCode,
    /// The code is 00 and there is no individual.
    NobodyInside,
    /// The birth date has a day or a month 00 (DMN INS 15).
    IncompleteDate,
    /// A trait without which nothing is imported is empty (DMN INS 16).
    Empty(Trait),
    /// A trait that no rule can read (ins.md §1.4).
    Unreadable(Trait),
    /// The number has not the form of one (ins.md §1.3).
    Matricule(MatriculeError),
    /// The authority is unknown (ins.md §1.2).
    UnknownAuthority,
    /// The authority is not one of this environment (ins.md §12 row 64).
    WrongEnvironment,
}

impl fmt::Display for InsiUnusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCode => f.write_str("an unknown code"),
            Self::NobodyInside => f.write_str("the code 00 without an individual"),
            Self::IncompleteDate => f.write_str("the birth date is incomplete (DMN INS 15)"),
            Self::Empty(of) => write!(f, "a trait is empty: {of:?} (DMN INS 16)"),
            Self::Unreadable(of) => write!(f, "a trait cannot be read: {of:?}"),
            Self::Matricule(why) => why.fmt(f),
            Self::UnknownAuthority => f.write_str("the authority of the number is unknown"),
            Self::WrongEnvironment => f.write_str("the authority is not one of this environment"),
        }
    }
}

impl std::error::Error for InsiUnusable {}

/// What is odd about an answer that is usable (DMN INS 13–16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsiWarning {
    /// The key of the number (ins.md §12 row 61).
    Key(KeyWarning),
    /// A former number that cannot be read; the answer as a whole is stored elsewhere (EXI REC 08).
    FormerNumberUnreadable,
    /// No birth place: to be completed from a document (ins.md §12 row 55).
    PlaceMissing,
    /// The first given name is not the beginning of the list and was replaced: a name in use? (EXI ID 10)
    FirstGivenNameReplaced,
    /// The record held another number, of which the answer's history knows nothing (ins.md §2.4).
    OtherNumber,
    /// A strict trait changed by more than its spelling: what was checked before is to be checked again.
    DeviceCheckVoid,
}

/// What INSi answered (ins.md §4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsiAnswer {
    /// 00: one identity, to be accepted or refused by the user.
    Found(Box<InsIdentity>),
    /// 01: none.
    NotFound,
    /// 02: several; none is returned.
    Several,
}

impl InsiAnswer {
    /// Reads an answer (DMN INS 13–16).
    ///
    /// # Errors
    /// [`InsiUnusable`]: nothing is imported.
    pub fn read(
        code: &str,
        individual: Option<&InsiClaims<'_>>,
        environment: Environment,
    ) -> Result<Self, InsiUnusable> {
        match code {
            "00" => {
                let claims = individual.ok_or(InsiUnusable::NobodyInside)?;
                Ok(Self::Found(Box::new(InsIdentity::read(claims, environment)?)))
            }
            "01" => Ok(Self::NotFound),
            "02" => Ok(Self::Several),
            _ => Err(InsiUnusable::UnknownCode),
        }
    }
}

/// An INS with the traits that go with it, from INSi or the *Appli carte Vitale* (ins.md §1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsIdentity {
    active: DatedIns,
    history: Vec<DatedIns>,
    birth_name: BirthName,
    given_names: GivenNames,
    sex: Sex,
    birth_date: BirthDate,
    birth_place: Option<PlaceCode>,
    warnings: Vec<InsiWarning>,
}

impl InsIdentity {
    /// Reads an individual; the birth place alone may be missing (ins.md §1.7).
    ///
    /// # Errors
    /// [`InsiUnusable`]: nothing is imported.
    pub fn read(claims: &InsiClaims<'_>, environment: Environment) -> Result<Self, InsiUnusable> {
        let mut warnings = Vec::new();
        let (active, key) = number(&claims.active, environment)?;
        warnings.extend(key.map(InsiWarning::Key));
        let mut history = Vec::with_capacity(claims.history.len());
        for former in claims.history {
            match number(former, environment) {
                Ok((dated, _)) => history.push(dated),
                Err(_) => warnings.push(InsiWarning::FormerNumberUnreadable),
            }
        }
        let birth_name = filled(claims.birth_name, Trait::BirthName, BirthName::parse)?;
        let given_names = filled(claims.given_names, Trait::GivenNames, GivenNames::parse)?;
        let sex = filled(claims.sex, Trait::Sex, |text| {
            Sex::from_letter(text.trim()).filter(|sex| *sex != Sex::Indeterminate).ok_or(())
        })?;
        let birth_date = filled(claims.birth_date, Trait::BirthDate, BirthDate::parse_iso)?;
        if !birth_date.is_complete() {
            return Err(InsiUnusable::IncompleteDate);
        }
        let birth_place = match claims.birth_place.map(str::trim) {
            None | Some("") => {
                warnings.push(InsiWarning::PlaceMissing);
                None
            }
            Some(code) => Some(filled(code, Trait::BirthPlace, PlaceCode::parse)?),
        };
        Ok(Self { active, history, birth_name, given_names, sex, birth_date, birth_place, warnings })
    }

    /// The number in force (ins.md §4.2).
    #[must_use]
    pub fn active(&self) -> &DatedIns {
        &self.active
    }

    /// The former numbers, as received (EXI REC 08).
    #[must_use]
    pub fn history(&self) -> &[DatedIns] {
        &self.history
    }

    /// What is odd about it, and no ground for refusal (ins.md §12 rows 55 and 61).
    #[must_use]
    pub fn warnings(&self) -> &[InsiWarning] {
        &self.warnings
    }

    /// What to tell about taking it for this record's (EXI ID 10, ins.md §2.4).
    pub(crate) fn warnings_for(&self, record: &Traits) -> Vec<InsiWarning> {
        let mut warnings = self.warnings.clone();
        if record.first_given_name.known().is_some_and(|first| !coherent_first_given_name(first, &self.given_names)) {
            warnings.push(InsiWarning::FirstGivenNameReplaced);
        }
        // A provisional number gives way without a history (ins.md §12 row 62).
        let other = record.ins.held().map(|held| held.ins).filter(|ins| ins.oid().nature() == InsNature::Nir);
        if other.is_some_and(|ins| !self.knows(&ins)) {
            warnings.push(InsiWarning::OtherNumber);
        }
        warnings
    }

    fn knows(&self, ins: &Ins) -> bool {
        self.active.ins == *ins || self.history.iter().any(|dated| dated.ins == *ins)
    }

    /// The record's traits once these are copied to its strict ones (DMN INS 13), to be shown beside the old.
    ///
    /// The first given name stays while it begins the list (EXI ID 10), and the place where none is given.
    #[must_use]
    pub fn adopted(&self, record: &Traits) -> Traits {
        let first = record.first_given_name.known().filter(|first| coherent_first_given_name(first, &self.given_names));
        Traits {
            birth_name: Stated::Known(self.birth_name.clone()),
            first_given_name: first
                .or(self.given_names.first())
                .map_or(Stated::Absent, |name| Stated::Known(name.clone())),
            given_names: Stated::Known(self.given_names.clone()),
            birth_date: Some(self.birth_date),
            sex: Some(self.sex),
            birth_place: self.birth_place.or(record.birth_place),
            usage_name: record.usage_name.clone(),
            usage_given_name: record.usage_given_name.clone(),
            ins: record.ins.put_in_force(self.active, &self.history),
        }
    }
}

fn number(received: &InsiNumber<'_>, environment: Environment) -> Result<(DatedIns, Option<KeyWarning>), InsiUnusable> {
    let oid = InsOid::parse(received.oid).map_err(|_| InsiUnusable::UnknownAuthority)?;
    if !environment.accepts(oid) {
        return Err(InsiUnusable::WrongEnvironment);
    }
    let number = Matricule::received(received.number, received.key).map_err(InsiUnusable::Matricule)?;
    let day = |text: Option<&str>| text.and_then(|text| Day::parse_iso(text).ok());
    let dated = DatedIns { ins: Ins::new(number.matricule, oid), from: day(received.from), until: day(received.until) };
    Ok((dated, number.warning))
}

fn filled<T, E>(text: &str, of: Trait, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, InsiUnusable> {
    if text.trim().is_empty() {
        return Err(InsiUnusable::Empty(of));
    }
    parse(text).map_err(|_| InsiUnusable::Unreadable(of))
}
