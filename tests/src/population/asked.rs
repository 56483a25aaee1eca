//! An identity as FranceConnect states it.

use super::person::Person;
use comptoir_franceconnect::pivot_identity;
use comptoir_identity::{BirthDate, Ins, PivotIdentity, Sex};
use serde_json::{Map, Value, json};

/// What FranceConnect says of somebody, right or wrong, and what it leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The traits that it states.
    pub person: Person,
    /// Whether the given names come one by one too (`given_name_array`).
    pub one_by_one: bool,
    /// Whether the raw date comes too (`idp_birthdate`).
    pub raw_date: bool,
    /// Whether the sex is stated.
    pub gender: bool,
    /// An INS known from elsewhere.
    pub ins: Option<Ins>,
}

impl Asked {
    /// The claims by FranceConnect's names, as `comptoir verify` reads them, without `id`.
    #[must_use]
    pub fn claims(&self) -> Map<String, Value> {
        let person = &self.person;
        let abroad = person.place.is_country();
        let mut claims = Map::new();
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        claim("family_name", json!(person.birth_name));
        claim("given_name", json!(person.given_names.join(" ")));
        if self.one_by_one {
            claim("given_name_array", json!(person.given_names));
        }
        if let Some(usage) = &person.usage_name {
            claim("preferred_username", json!(usage));
        }
        claim("birthdate", json!(completed_with_01(person.born)));
        if self.raw_date {
            claim("idp_birthdate", json!(person.born.iso()));
        }
        let gender = if person.sex == Sex::Female { "female" } else { "male" };
        claim("gender", json!(if self.gender { gender } else { "unspecified" }));
        claim("birthplace", json!(if abroad { "" } else { person.place.as_str() }));
        claim("birthcountry", json!(if abroad { person.place.as_str() } else { "99100" }));
        if let Some(ins) = self.ins {
            claim("matricule", json!(ins.matricule().as_str()));
            claim("oid", json!(ins.oid().as_str()));
        }
        claims
    }

    /// The identity that the claims come to.
    #[must_use]
    pub fn identity(&self) -> PivotIdentity {
        pivot_identity(&self.claims()).with_ins(self.ins)
    }
}

/// The low platform completes unknown parts with 01 (franceconnect.md §4.4).
fn completed_with_01(date: BirthDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month().unwrap_or(1), date.day().unwrap_or(1))
}
