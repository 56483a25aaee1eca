//! FranceConnect's claims, and a register beside them: nothing panics, no claim makes a link safe by accident.
#![no_main]

use comptoir_identity::{Candidate, Finding, Link, PivotClaims, PivotIdentity, Trait, judge};
use libfuzzer_sys::fuzz_target;

/// The claims of one line, a part each.
fn identity(line: &str) -> PivotIdentity {
    let mut parts = line.split('|').map(Some);
    let mut next = || parts.next().flatten();
    PivotIdentity::from_claims(&PivotClaims {
        family_name: next(),
        given_name: next(),
        birthdate: next(),
        gender: next(),
        birthplace: next(),
        birthcountry: next(),
        preferred_username: next(),
        idp_birthdate: next(),
        given_name_array: &next()
            .map(|list| list.split(';').map(str::to_owned).collect::<Vec<_>>())
            .unwrap_or_default(),
    })
}

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let person = identity(lines.next().unwrap_or_default());
    let records: Vec<_> = lines.take(4).map(identity).collect();
    let candidates = records.iter().enumerate();
    let judgement =
        judge(&person, candidates.map(|(record, one)| Candidate { record, traits: one.traits(), opened: record == 1, told_apart: false }));
    if judgement.link == Link::Safe {
        let mut plausible = judgement.candidates.iter().filter(|one| one.is_plausible());
        let only = plausible.next().expect("safe is to somebody");
        assert!(plausible.next().is_none() && !only.concordance.conflicts());
        for of in [Trait::BirthDate, Trait::Sex, Trait::BirthPlace] {
            assert!(matches!(only.concordance.get(of), Finding::Equal(_)));
        }
        assert!(
            only.concordance.get(Trait::BirthName).agrees() && only.concordance.get(Trait::FirstGivenName).agrees()
        );
    }
});
