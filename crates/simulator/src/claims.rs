//! Scopes, the claims they open, and the values a person gives them.

use ring::digest::{SHA256, SHA512, digest};
use serde_json::{Map, Value};

use crate::books::SignedIn;
use crate::citizens::Gender;
use crate::identity::{Identity, Traits};
use crate::{Client, Platform, SubForm};

type Table = &'static [(&'static str, &'static [&'static str])];

const LOW: Table = &[
    ("openid", &["sub"]),
    ("profile", &["given_name", "given_name_array", "family_name", "birthdate", "gender", "preferred_username"]),
    ("birth", &["birthplace", "birthcountry"]),
    (
        "identite_pivot",
        &["given_name", "given_name_array", "family_name", "birthdate", "gender", "birthplace", "birthcountry"],
    ),
    ("gender", &["gender"]),
    ("birthdate", &["birthdate"]),
    ("birthcountry", &["birthcountry"]),
    ("birthplace", &["birthplace"]),
    ("given_name", &["given_name", "given_name_array"]),
    ("family_name", &["family_name"]),
    ("email", &["email"]),
    ("preferred_username", &["preferred_username"]),
    ("idp_birthdate", &["idp_birthdate"]),
    ("amr", &["amr"]),
    ("idp_id", &["idp_id"]),
];

#[rustfmt::skip] // one scope a line
const HIGH: Table = &[
    ("openid", &["sub"]),
    ("profile", &["given_name", "family_name", "birthdate", "gender", "preferred_username"]),
    ("birth", &["birthplace", "birthcountry"]),
    ("identite_pivot", &["given_name", "family_name", "birthdate", "gender", "birthplace", "birthcountry"]),
    ("gender", &["gender"]),
    ("birthdate", &["birthdate"]),
    ("birthcountry", &["birthcountry"]),
    ("birthplace", &["birthplace"]),
    ("given_name", &["given_name"]),
    ("family_name", &["family_name"]),
    ("email", &["email"]),
    ("preferred_username", &["preferred_username"]),
    ("amr", &["amr"]),
    ("rnipp_identite_pivot", &["given_name", "family_name", "birthdate", "gender", "birthplace", "birthcountry", "rnipp_given_name", "rnipp_given_name_array", "rnipp_family_name", "rnipp_birthdate", "rnipp_gender", "rnipp_birthplace", "rnipp_birthcountry"]),
    ("rnipp_profile", &["given_name", "family_name", "birthdate", "gender", "rnipp_given_name", "rnipp_given_name_array", "rnipp_family_name", "rnipp_birthdate", "rnipp_gender"]),
    ("rnipp_birth", &["birthplace", "birthcountry", "rnipp_birthplace", "rnipp_birthcountry"]),
    ("rnipp_given_name", &["given_name", "rnipp_given_name", "rnipp_given_name_array"]),
    ("rnipp_family_name", &["family_name", "rnipp_family_name"]),
    ("rnipp_birthdate", &["birthdate", "rnipp_birthdate"]),
    ("rnipp_gender", &["gender", "rnipp_gender"]),
    ("rnipp_birthplace", &["birthplace", "rnipp_birthplace"]),
    ("rnipp_birthcountry", &["birthcountry", "rnipp_birthcountry"]),
];

/// Returns the scopes of a platform beside the claims they open.
pub(crate) const fn table(platform: Platform) -> Table {
    match platform {
        Platform::Low => LOW,
        Platform::High => HIGH,
    }
}

/// Scopes that authorise a later call to a data provider and put nothing into userinfo.
const OF_DATA: [&str; 9] = ["dgfip_", "cnam_", "cnous_", "mesri_", "mi_", "api_fc-", "cnaf_", "droits_", "allocation_"];

fn exists(platform: Platform, scope: &str) -> bool {
    table(platform).iter().any(|(known, _)| *known == scope) || OF_DATA.iter().any(|start| scope.starts_with(start))
}

/// Keeps the scopes that exist and were granted, in the order they were asked; the rest is dropped
/// without a word.
pub(crate) fn kept_scopes(platform: Platform, client: &Client, scope: &str) -> Vec<String> {
    let kept = |scope: &&str| exists(platform, scope) && client.is_granted(scope);
    scope.split(' ').filter(kept).map(str::to_owned).collect()
}

/// Tells whether a scope is asked that exists and was not granted.
pub(crate) fn asks_ungranted(platform: Platform, client: &Client, scope: &str) -> bool {
    scope.split(' ').any(|scope| exists(platform, scope) && !client.is_granted(scope))
}

/// Returns the names of the claims these scopes open, each once.
pub(crate) fn opened(platform: Platform, scopes: &[String]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    let opened = scopes.iter().filter_map(|scope| table(platform).iter().find(|(known, _)| known == scope));
    for name in opened.flat_map(|(_, claims)| claims.iter()) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    names
}

/// Returns the claims these scopes deliver of a person; `sub` is the caller's to add.
pub(crate) fn delivered(platform: Platform, signed_in: &SignedIn, scopes: &[String]) -> Map<String, Value> {
    let names = opened(platform, scopes).into_iter();
    names.filter_map(|name| Some((name.to_owned(), value(platform, signed_in, name)?))).collect()
}

fn value(platform: Platform, signed_in: &SignedIn, claim: &str) -> Option<Value> {
    let identity = &*signed_in.identity;
    if let Some(corrected) = claim.strip_prefix("rnipp_") {
        let traits = identity.corrected.as_ref()?;
        return trait_of(traits, traits.completed_birthdate(), corrected);
    }
    match (claim, platform) {
        ("preferred_username", _) => Some(identity.usage.as_deref()?.into()),
        ("email", _) => Some(identity.email.as_deref()?.into()),
        ("idp_birthdate", _) => Some(identity.raw.birthdate.as_str().into()),
        ("idp_id", _) => Some(signed_in.provider.uid.into()),
        ("amr", _) => Some(signed_in.provider.amr(platform).into()),
        ("birthplace", _) if identity.corrected.is_none() && identity.raw.birthplace.is_empty() => None,
        (_, Platform::Low) => trait_of(identity.settled(), identity.settled().completed_birthdate(), claim),
        (_, Platform::High) => trait_of(&identity.raw, identity.raw.birthdate.clone(), claim),
    }
}

fn trait_of(traits: &Traits, birthdate: String, claim: &str) -> Option<Value> {
    Some(match claim {
        "given_name" => traits.given_name().into(),
        "given_name_array" => traits.given_names.as_slice().into(),
        "family_name" => traits.family_name.as_str().into(),
        "birthdate" => birthdate.into(),
        "gender" => gender(traits.gender)?.into(),
        "birthplace" => traits.birthplace.as_str().into(),
        "birthcountry" => traits.birthcountry.as_str().into(),
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

/// Returns the person's identifier for an entity: different for each, the same at every sign-in
/// and by whichever provider.
pub(crate) fn sub(form: SubForm, identity: &Identity, entity: &str) -> String {
    let traits = identity.settled();
    let in_france = traits.birthcountry == "99100";
    let pivot = [
        traits.given_name().as_str(),
        &traits.family_name,
        &traits.birthdate,
        gender(traits.gender).unwrap_or_default(),
        if in_france { &traits.birthplace } else { "" },
        &traits.birthcountry,
        entity,
    ]
    .join("\u{1f}");
    match form {
        SubForm::Observed => hexadecimal(digest(&SHA512, pivot.as_bytes()).as_ref()),
        SubForm::Documented => format!("{}v1", hexadecimal(digest(&SHA256, pivot.as_bytes()).as_ref())),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
