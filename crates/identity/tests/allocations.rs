//! Comparing allocates nothing, once both sides are parsed.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use comptoir_identity::{
    BirthDate, BirthName, Explanation, Finding, GivenName, GivenNames, Hint, InsRecord, Note, PivotClaims,
    PivotIdentity, PlaceCode, Sex, Stated, Trait, Traits, UsageName, compare,
};

/// `name / list / AAAA-MM-JJ / sex / place / usage` of the register.
fn record(line: &str) -> Traits {
    let mut parts = line.split(" / ").map(|part| Some(part.trim()).filter(|part| !part.is_empty()));
    let mut next = || parts.next().flatten();
    let (name, list, date, sex, place, usage) = (next(), next(), next(), next(), next(), next());
    let first = list.and_then(|list| list.split(' ').next());
    Traits {
        birth_name: Stated::parse(name, BirthName::parse),
        first_given_name: Stated::parse(first, GivenName::parse),
        given_names: Stated::parse(list, GivenNames::parse),
        birth_date: date.map(|date| BirthDate::parse_iso(date).expect("a date")),
        sex: sex.and_then(Sex::from_letter),
        birth_place: place.map(|place| PlaceCode::parse(place).expect("a place")),
        usage_name: Stated::parse(usage, UsageName::parse),
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    }
}

/// The same of FranceConnect.
fn identity(line: &str) -> PivotIdentity {
    let mut parts = line.split(" / ").map(|part| Some(part.trim()).filter(|part| !part.is_empty()));
    let mut next = || parts.next().flatten();
    let (name, list, date, sex, place, usage) = (next(), next(), next(), next(), next(), next());
    PivotIdentity::from_claims(&PivotClaims {
        family_name: name,
        given_name: list,
        birthdate: date,
        idp_birthdate: date,
        gender: sex,
        birthplace: place,
        birthcountry: Some("99100"),
        preferred_username: usage,
        ..PivotClaims::default()
    })
}

#[test]
fn comparing_allocates_nothing() {
    use Explanation::{
        Arrondissement, CompoundCut, FormerCommune, GivenNamesPrefix, Hyphen, PresumedDate, UsageNameAdded,
    };
    use Finding::{Conflict, Equal, Explained};
    let theirs = "DUBOIS / Angela Claire / 1962-08-24 / female / 75107";
    #[rustfmt::skip]
    let cases: &[(&str, &str, Trait, Finding)] = &[
        ("DUBOIS / ANGELA CLAIRE / 1962-08-24 / F / 75107", theirs, Trait::BirthName, Equal(None)),
        ("Dubois / ANGELA CLAIRE / 1962-08-24 / F / 75107", theirs, Trait::BirthName, Equal(Some(Note::Case))),
        ("DUBÔIS / ANGELA CLAIRE / 1962-08-24 / F / 75107", theirs, Trait::BirthName, Equal(Some(Note::Accent))),
        ("D'UBOIS / ANGELA CLAIRE / 1962-08-24 / F / 75107", theirs, Trait::BirthName, Explained(Hyphen)),
        ("DU BOIS / ANGELA CLAIRE / 1962-08-24 / F / 75107", theirs, Trait::BirthName, Conflict(Some(Hint::JoinedWords))),
        ("DUBOIS / ANGELA / 1962-08-24 / F / 75107", theirs, Trait::GivenNames, Explained(GivenNamesPrefix)),
        ("DUBOIS / ANGELA-CLAIRE ANNE / 1962-08-24 / F / 75107", theirs, Trait::FirstGivenName, Explained(GivenNamesPrefix)),
        ("DUBOIS / ANGELA-ROSE ANNE / 1962-08-24 / F / 75107", theirs, Trait::FirstGivenName, Explained(CompoundCut)),
        ("DUBOIS / CLAIRE ANGELA / 1962-08-24 / F / 75107", theirs, Trait::GivenNames, Conflict(Some(Hint::GivenNamesOrder))),
        ("DUBOIS / LUIGI / 1962-08-24 / F / 75107", theirs, Trait::FirstGivenName, Conflict(Some(Hint::Twin))),
        ("DUBOIS / ANGELA / 1962-08-00 / F / 75107", theirs, Trait::BirthDate, Explained(PresumedDate)),
        ("DUBOIS / ANGELA / 1926-08-24 / F / 75107", theirs, Trait::BirthDate, Conflict(Some(Hint::DigitsTransposed))),
        ("DUBOIS / ANGELA / 1962-08-24 / M / 75107", theirs, Trait::Sex, Conflict(None)),
        ("DUBOIS / ANGELA / 1962-08-24 / F / 75056", theirs, Trait::BirthPlace, Explained(Arrondissement)),
        ("DUBOIS / ANGELA / 1962-08-24 / F / 20004", "DUBOIS / Angela / 1962-08-24 / female / 2A004", Trait::BirthPlace, Explained(FormerCommune)),
        ("DUBOIS / ANGELA / 1962-08-24 / F / 75107", "MERCIER / Angela / 1962-08-24 / female / 75107 / DUBOIS", Trait::BirthName, Conflict(Some(Hint::UsageNameAsBirthName))),
        ("DUBOIS / ANGELA / 1962-08-24 / F / 75107", "DUBOIS / Angela / 1962-08-24 / female / 75107 / ROY", Trait::UsageName, Explained(UsageNameAdded)),
    ];
    for (ours, theirs, of, expected) in cases {
        let (record, identity) = (record(ours), identity(theirs));
        let mut found = None;
        let counted = allocation_counter::measure(|| found = Some(compare(&record, &identity).get(*of)));
        assert_eq!(found, Some(*expected), "{ours} | {theirs}");
        assert_eq!((counted.count_total, counted.bytes_total), (0, 0), "{ours} | {theirs}");
    }
    // The counter counts.
    assert!(allocation_counter::measure(|| drop(record(theirs))).count_total > 0);
}
