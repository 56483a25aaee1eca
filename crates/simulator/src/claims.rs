//! Scopes, the claims they open, and the values a person gives them (low platform).

use ring::digest::{SHA512, digest};
use serde_json::{Map, Value};

use crate::citizens::{Citizen, Gender};

/// Returns the claims a scope opens, `None` for one that is dropped without a word.
fn of_scope(scope: &str) -> Option<&'static [&'static str]> {
    Some(match scope {
        "openid" => &["sub"],
        "identite_pivot" => {
            &["given_name", "given_name_array", "family_name", "birthdate", "gender", "birthplace", "birthcountry"]
        }
        "profile" => &["given_name", "given_name_array", "family_name", "birthdate", "gender", "preferred_username"],
        "birth" => &["birthplace", "birthcountry"],
        "given_name" => &["given_name", "given_name_array"],
        "family_name" => &["family_name"],
        "birthdate" => &["birthdate"],
        "gender" => &["gender"],
        "birthplace" => &["birthplace"],
        "birthcountry" => &["birthcountry"],
        "email" => &["email"],
        "preferred_username" => &["preferred_username"],
        "idp_birthdate" => &["idp_birthdate"],
        _ => return None,
    })
}

/// Keeps the scopes that exist, in the order they were asked.
pub(crate) fn known_scopes(scope: &str) -> Vec<String> {
    scope.split(' ').filter(|scope| of_scope(scope).is_some()).map(str::to_owned).collect()
}

/// Returns the names of the claims these scopes open, each once.
pub(crate) fn opened(scopes: &[String]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for name in scopes.iter().filter_map(|scope| of_scope(scope)).flatten() {
        if !names.contains(name) {
            names.push(name);
        }
    }
    names
}

/// Returns the claims these scopes deliver of a person; `sub` is the caller's to add.
pub(crate) fn delivered(citizen: &Citizen, scopes: &[String]) -> Map<String, Value> {
    opened(scopes).into_iter().filter_map(|name| Some((name.to_owned(), value(citizen, name)?))).collect()
}

fn value(citizen: &Citizen, claim: &str) -> Option<Value> {
    Some(match claim {
        "given_name" => citizen.given_name().into(),
        "given_name_array" => citizen.given_names.into(),
        "family_name" => citizen.family_name.into(),
        "preferred_username" => citizen.preferred_username?.into(),
        "birthdate" => citizen.birthdate().into(),
        "idp_birthdate" => citizen.idp_birthdate.into(),
        "gender" => gender(citizen.gender)?.into(),
        "birthplace" => citizen.birthplace.into(),
        "birthcountry" => citizen.birthcountry.into(),
        "email" => citizen.email()?.into(),
        _ => return None,
    })
}

const fn gender(gender: Gender) -> Option<&'static str> {
    match gender {
        Gender::Female => Some("female"),
        Gender::Male => Some("male"),
        Gender::Unspecified => Some("unspecified"),
        Gender::Missing => None,
    }
}

/// Returns the person's identifier at a client: 128 hexadecimal digits as observed, different per
/// client, the same at every sign-in.
pub(crate) fn sub(citizen: &Citizen, client_id: &str) -> String {
    use std::fmt::Write;
    let pivot = [
        &citizen.given_name(),
        citizen.family_name,
        citizen.idp_birthdate,
        gender(citizen.gender).unwrap_or_default(),
        citizen.birthplace,
        citizen.birthcountry,
        client_id,
    ]
    .join("\u{1f}");
    let mut hexadecimal = String::with_capacity(128);
    for byte in digest(&SHA512, pivot.as_bytes()).as_ref() {
        // Writing to a string does not fail.
        let _ = write!(hexadecimal, "{byte:02x}");
    }
    hexadecimal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizens::by_login;

    #[test]
    fn each_scope_opens_its_claims() {
        const PIVOT: &str = "birthcountry birthdate birthplace family_name gender given_name given_name_array";
        let citizen = by_login("avec_nom_dusage").unwrap();
        for (scope, claims) in [
            ("openid", ""),
            ("openid identite_pivot", PIVOT),
            ("openid profile", "birthdate family_name gender given_name given_name_array preferred_username"),
            ("openid birth", "birthcountry birthplace"),
            ("openid given_name", "given_name given_name_array"),
            ("openid family_name", "family_name"),
            ("openid birthdate", "birthdate"),
            ("openid gender", "gender"),
            ("openid birthplace", "birthplace"),
            ("openid birthcountry", "birthcountry"),
            ("openid email", "email"),
            ("openid preferred_username", "preferred_username"),
            ("openid idp_birthdate", "idp_birthdate"),
            ("openid identite_pivot birth gender", PIVOT), // each once
            ("openid address phone offline_access rnipp_identite_pivot", ""), // not on the low platform
        ] {
            let delivered = delivered(citizen, &known_scopes(scope));
            let names: Vec<&str> = delivered.keys().map(String::as_str).collect();
            assert_eq!(names.join(" "), claims, "{scope}");
        }
    }

    #[test]
    fn a_missing_usage_name_is_left_out_and_a_foreign_place_is_empty() {
        let scopes = known_scopes("openid identite_pivot preferred_username");
        let delivered = delivered(by_login("naissance_Portugal").unwrap(), &scopes);
        assert!(!delivered.contains_key("preferred_username"));
        assert_eq!(delivered.get("birthplace").unwrap(), "");
        assert_eq!(delivered.get("birthcountry").unwrap(), "99139");
    }

    #[test]
    fn a_sub_is_the_persons_and_the_clients() {
        let (test, other) = (by_login("test").unwrap(), by_login("mmatin").unwrap());
        assert_eq!(sub(test, "a").len(), 128);
        assert_eq!(sub(test, "a"), sub(test, "a"));
        assert_ne!(sub(test, "a"), sub(test, "b"));
        assert_ne!(sub(test, "a"), sub(other, "a"));
    }
}
