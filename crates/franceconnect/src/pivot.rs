//! FranceConnect's claims as an identity.

use comptoir_identity::{PivotClaims, PivotIdentity};
use serde_json::{Map, Value};

/// Reads the pivot identity. Never fails: a claim that is missing or of an unexpected form is an
/// absent trait.
///
/// Where the State's corrected claims were granted (`rnipp_*`, the high platform) they are the
/// reference, and the plain date is the raw one (franceconnect.md §4.3).
pub fn pivot_identity(claims: &Map<String, Value>) -> PivotIdentity {
    let corrected = claims.contains_key("rnipp_family_name");
    let text = |name: &str| {
        let prefixed = if corrected { claims.get(&format!("rnipp_{name}")) } else { None };
        prefixed.or_else(|| claims.get(name)).and_then(Value::as_str)
    };
    let plain = |name: &str| claims.get(name).and_then(Value::as_str);
    let array = if corrected { claims.get("rnipp_given_name_array") } else { claims.get("given_name_array") };
    let given_names: Vec<String> = array
        .and_then(Value::as_array)
        // An array with anything but names in it says nothing reliable about where names end.
        .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    PivotIdentity::from_claims(&PivotClaims {
        family_name: text("family_name"),
        given_name: text("given_name"),
        given_name_array: &given_names,
        preferred_username: plain("preferred_username"),
        birthdate: text("birthdate"),
        idp_birthdate: if corrected { plain("birthdate") } else { plain("idp_birthdate") },
        gender: text("gender"),
        birthplace: text("birthplace"),
        birthcountry: text("birthcountry"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(claims: Value) -> (Option<String>, Option<String>, Option<String>) {
        let Value::Object(claims) = claims else { panic!("an object") };
        let pivot = pivot_identity(&claims);
        let traits = pivot.traits();
        (
            traits.birth_name.known().map(|name| name.raw().to_owned()),
            traits.first_given_name.known().map(|name| name.raw().to_owned()),
            traits.birth_date.map(comptoir_identity::BirthDate::iso),
        )
    }

    #[test]
    fn claims_become_traits() {
        let some = |text: &str| Some(text.to_owned());
        for (rule, claims, expected) in [
            (
                "low",
                json!({"family_name": "DUBOIS", "given_name": "Angela Claire", "birthdate": "1962-08-24"}),
                (some("DUBOIS"), some("Angela"), some("1962-08-24")),
            ),
            (
                "the array says where names end",
                json!({"given_name": "Jean Philippe Pierre", "given_name_array": ["Jean Philippe", "Pierre"]}),
                (None, some("Jean Philippe"), None),
            ),
            (
                "an odd array is not believed",
                json!({"given_name": "Jean Pierre", "given_name_array": ["Jean", 7]}),
                (None, some("Jean"), None),
            ),
            (
                "high: the State's correction wins, its completed date does not",
                json!({"family_name": "dubois", "rnipp_family_name": "DUBOIS", "given_name": "A",
                       "rnipp_given_name": "Angela", "birthdate": "1962-08-00", "rnipp_birthdate": "1962-08-01"}),
                (some("DUBOIS"), some("Angela"), some("1962-08-00")),
            ),
            (
                "claims of another form are absent",
                json!({"family_name": 7, "given_name": ["x"], "birthdate": {"y": 1}}),
                (None, None, None),
            ),
            ("nothing", json!({}), (None, None, None)),
        ] {
            assert_eq!(read(claims), expected, "{rule}");
        }
    }
}
