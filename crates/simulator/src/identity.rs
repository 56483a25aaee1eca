//! An identity on its way: as the provider gave it, and as the civil register corrected it.

use crate::citizens::{Citizen, Gender};
use crate::provider::Kind;
use crate::request::Parameters;

/// The traits of the pivot identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Traits {
    pub(crate) family_name: String,
    pub(crate) given_names: Vec<String>,
    pub(crate) gender: Gender,
    /// Unknown parts as 00.
    pub(crate) birthdate: String,
    pub(crate) birthplace: String,
    pub(crate) birthcountry: String,
}

impl Traits {
    pub(crate) fn given_name(&self) -> String {
        self.given_names.join(" ")
    }

    /// Returns the date as the civil register completes it: unknown parts as 01.
    pub(crate) fn completed_birthdate(&self) -> String {
        self.birthdate.replace("-00", "-01")
    }
}

/// A person who came back from a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// `None` for a person entered freely.
    pub(crate) login: Option<&'static str>,
    pub(crate) raw: Traits,
    /// `None` for a European: the civil register is not asked.
    pub(crate) corrected: Option<Traits>,
    pub(crate) usage: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) blocked: bool,
}

impl Identity {
    /// Takes a fictitious person through a provider of this kind.
    pub(crate) fn of(citizen: &Citizen, kind: Kind) -> Self {
        let corrected = Traits {
            family_name: citizen.family_name.to_owned(),
            given_names: citizen.given_names.iter().map(|&name| name.to_owned()).collect(),
            gender: citizen.gender,
            birthdate: citizen.idp_birthdate.to_owned(),
            birthplace: citizen.birthplace.to_owned(),
            birthcountry: citizen.birthcountry.to_owned(),
        };
        let raw = Traits {
            family_name: citizen.idp_family_name.unwrap_or(citizen.family_name).to_owned(),
            birthplace: citizen.idp_birthplace.unwrap_or(citizen.birthplace).to_owned(),
            ..corrected.clone()
        };
        Self {
            login: Some(citizen.login),
            raw,
            corrected: (kind != Kind::European && !citizen.european).then_some(corrected),
            usage: citizen.preferred_username.map(str::to_owned),
            email: citizen.email(),
            blocked: citizen.blocked,
        }
    }

    /// Reads the person entered freely into a provider's form; names are separated by spaces.
    pub(crate) fn entered(form: &Parameters, kind: Kind) -> Option<Self> {
        let field = |name: &str| form.get(name).map(str::trim).unwrap_or_default().to_owned();
        form.get("family_name")?;
        let raw = Traits {
            family_name: field("family_name"),
            given_names: field("given_name").split_whitespace().map(str::to_owned).collect(),
            gender: match form.get("gender") {
                Some("female") => Gender::Female,
                Some("male") => Gender::Male,
                Some("unspecified") => Gender::Unspecified,
                Some(_) | None => Gender::Missing,
            },
            birthdate: field("birthdate"),
            birthplace: field("birthplace"),
            birthcountry: field("birthcountry"),
        };
        Some(Self {
            login: None,
            corrected: (kind != Kind::European).then(|| raw.clone()),
            raw,
            usage: Some(field("preferred_username")).filter(|name| !name.is_empty()),
            email: Some(field("email")).filter(|email| !email.is_empty()),
            blocked: false,
        })
    }

    /// Returns the traits that name the person: the civil register's where it was asked.
    pub(crate) fn settled(&self) -> &Traits {
        self.corrected.as_ref().unwrap_or(&self.raw)
    }

    /// Returns the name as the pages show it.
    pub(crate) fn full_name(&self) -> String {
        let settled = self.settled();
        let name = format!("{} {}", settled.given_name(), settled.family_name);
        match &self.usage {
            Some(usage) => format!("{name} ({usage})"),
            None => name,
        }
    }
}
