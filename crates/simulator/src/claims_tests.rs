use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::citizens::by_login;
use crate::provider::{self, Kind};

fn identity(login: &str) -> Identity {
    Identity::of(by_login(login).unwrap(), Kind::French)
}

fn signed_in(platform: Platform, login: &str) -> SignedIn {
    SignedIn {
        identity: Arc::new(identity(login)),
        provider: provider::find(platform, "la-poste").unwrap(),
        uid: String::new(),
        auth_time: Timestamp::UNIX_EPOCH,
    }
}

fn kept(platform: Platform, scope: &str) -> Vec<String> {
    let client = Client::new("a", "", "", Vec::new(), Vec::new());
    kept_scopes(platform, &client, scope)
}

#[test]
fn each_scope_opens_its_claims() {
    const PIVOT: &str = "birthcountry birthdate birthplace family_name gender given_name given_name_array";
    const RAW: &str = "birthcountry birthdate birthplace family_name gender given_name";
    for (platform, scope, claims) in [
        (Platform::Low, "openid", ""),
        (Platform::Low, "openid identite_pivot", PIVOT),
        (
            Platform::Low,
            "openid profile",
            "birthdate family_name gender given_name given_name_array preferred_username",
        ),
        (Platform::Low, "openid birth", "birthcountry birthplace"),
        (Platform::Low, "openid given_name", "given_name given_name_array"),
        (Platform::Low, "openid family_name", "family_name"),
        (Platform::Low, "openid birthdate", "birthdate"),
        (Platform::Low, "openid gender", "gender"),
        (Platform::Low, "openid birthplace", "birthplace"),
        (Platform::Low, "openid birthcountry", "birthcountry"),
        (Platform::Low, "openid email", "email"),
        (Platform::Low, "openid preferred_username", "preferred_username"),
        (Platform::Low, "openid idp_birthdate", "idp_birthdate"),
        (Platform::Low, "openid idp_id amr", "amr idp_id"),
        (Platform::Low, "openid dgfip_rfr cnam_paiements_ij", ""), // for a later call
        (Platform::Low, "openid identite_pivot birth gender", PIVOT), // each once
        (Platform::Low, "openid address phone offline_access rnipp_identite_pivot", ""), // not on the low platform
        (Platform::High, "openid identite_pivot", RAW),
        (Platform::High, "openid profile", "birthdate family_name gender given_name preferred_username"),
        (Platform::High, "openid given_name", "given_name"),
        (Platform::High, "openid idp_birthdate idp_id given_name_array", ""), // not on the high platform
        (Platform::High, "openid rnipp_given_name", "given_name rnipp_given_name rnipp_given_name_array"),
        (Platform::High, "openid rnipp_birthdate", "birthdate rnipp_birthdate"),
        (Platform::High, "openid rnipp_birth", "birthcountry birthplace rnipp_birthcountry rnipp_birthplace"),
        (
            Platform::High,
            "openid rnipp_identite_pivot",
            "birthcountry birthdate birthplace family_name gender given_name rnipp_birthcountry rnipp_birthdate \
             rnipp_birthplace rnipp_family_name rnipp_gender rnipp_given_name rnipp_given_name_array",
        ),
    ] {
        let delivered = delivered(platform, &signed_in(platform, "avec_nom_dusage"), &kept(platform, scope));
        let mut names: Vec<&str> = delivered.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names.join(" "), claims, "{platform:?} {scope}");
    }
}

#[test]
fn low_delivers_the_corrected_identity_and_high_both() {
    for (login, claim, low, raw, corrected) in [
        ("prénom_composé_avec_espace", "family_name", "DUBOIS", "Martin", "DUBOIS"),
        ("naissance_etranger_birthplace_texte", "birthplace", "", "Alger", ""),
        ("naissance_etranger_birthplace_cog", "birthplace", "90900", "90900", "90900"),
        ("naissance_etranger_birthplace_cog", "birthcountry", "99100", "99100", "99100"),
        ("naissance_polynesie_française", "birthplace", "98729", "98729", "98729"),
        ("étranger_présumé_né_jour", "birthdate", "1992-11-01", "1992-11-00", "1992-11-01"),
        ("étranger_présumé_né_jour_et_mois", "birthdate", "1992-01-01", "1992-00-00", "1992-01-01"),
        ("genre_indéfini", "gender", "unspecified", "unspecified", "unspecified"),
    ] {
        let of = |platform, scope| delivered(platform, &signed_in(platform, login), &kept(platform, scope));
        assert_eq!(of(Platform::Low, "identite_pivot").get(claim).unwrap(), low, "low {login}");
        let high = of(Platform::High, "rnipp_identite_pivot");
        assert_eq!(high.get(claim).unwrap(), raw, "raw {login}");
        assert_eq!(high.get(&format!("rnipp_{claim}")).unwrap(), corrected, "corrected {login}");
    }
}

#[test]
fn a_missing_usage_name_is_left_out_and_a_foreign_place_is_empty() {
    let scopes = kept(Platform::Low, "openid identite_pivot preferred_username");
    let delivered = delivered(Platform::Low, &signed_in(Platform::Low, "naissance_Portugal"), &scopes);
    assert!(!delivered.contains_key("preferred_username"));
    assert_eq!(delivered.get("birthplace").unwrap(), "");
    assert_eq!(delivered.get("birthcountry").unwrap(), "99139");
}

#[test]
fn a_european_has_no_corrected_identity() {
    let scopes = kept(Platform::High, "openid rnipp_identite_pivot");
    let of = |login| delivered(Platform::High, &signed_in(Platform::High, login), &scopes);
    let (placed, without) = (of("eidas_berlin"), of("eidas_sans_lieu"));
    assert_eq!(placed.get("birthplace").unwrap(), "Berlin");
    assert!(!without.contains_key("birthplace"));
    assert!(placed.keys().chain(without.keys()).all(|name| !name.starts_with("rnipp_")));
}

#[test]
fn a_sub_is_the_persons_and_the_entitys() {
    let (test, other) = (identity("test"), identity("mmatin"));
    for (form, length) in [(SubForm::Observed, 128), (SubForm::Documented, 66)] {
        assert_eq!(sub(form, &test, "a").len(), length, "{form:?}");
        assert_eq!(sub(form, &test, "a"), sub(form, &test, "a"), "{form:?}");
        assert_ne!(sub(form, &test, "a"), sub(form, &test, "b"), "{form:?}");
        assert_ne!(sub(form, &test, "a"), sub(form, &other, "a"), "{form:?}");
    }
    assert!(sub(SubForm::Documented, &test, "a").ends_with("v1"));
}
