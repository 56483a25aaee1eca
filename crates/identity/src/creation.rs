//! What a record needs to exist: five strict traits, and nothing else (DMN INS 11, INS 12).

use crate::compare::Trait;
use crate::traits::Traits;

/// The traits without which no record is created (DMN INS 11); no other may be asked for (DMN INS 12).
pub const NEEDED_FOR_CREATION: [Trait; 5] =
    [Trait::BirthName, Trait::FirstGivenName, Trait::BirthDate, Trait::Sex, Trait::BirthPlace];

/// The traits that are missing for a record to be created, none when it can be (DMN INS 11).
///
/// An unknown place is a place: 99999 is allowed at creation (ins.md §1.7).
pub fn missing_for_creation(traits: &Traits) -> impl Iterator<Item = Trait> + '_ {
    NEEDED_FOR_CREATION.into_iter().filter(|of| !is_known(traits, *of))
}

/// Whether a record can be created from these traits (DMN INS 11).
#[must_use]
pub fn creatable(traits: &Traits) -> bool {
    missing_for_creation(traits).next().is_none()
}

pub(crate) fn is_known(traits: &Traits, of: Trait) -> bool {
    match of {
        Trait::BirthName => traits.birth_name.known().is_some(),
        Trait::FirstGivenName => traits.first_given_name.known().is_some(),
        Trait::GivenNames => traits.given_names.known().is_some(),
        Trait::BirthDate => traits.birth_date.is_some(),
        Trait::Sex => traits.sex.is_some(),
        Trait::BirthPlace => traits.birth_place.is_some(),
        Trait::UsageName => traits.usage_name.known().is_some(),
        Trait::UsageGivenName => traits.usage_given_name.known().is_some(),
        Trait::Ins => traits.ins.active().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::traits;

    #[test]
    fn five_traits_make_a_record_and_nothing_else_does() {
        use Trait::{BirthDate, BirthName, BirthPlace, FirstGivenName, Sex};
        #[rustfmt::skip]
        let cases: [(&str, Traits, &[Trait]); 9] = [
            ("INS 12, no list of given names, no name in use", traits("MARTIN", "ANNE", "F", "1972-06-14", "97601"), &[]),
            ("§1.7, place unknown", traits("MARTIN", "ANNE", "F", "1972-06-14", "99999"), &[]),
            ("§1.6, date partly known", traits("MARTIN", "ANNE", "F", "1972-00-00", "97601"), &[]),
            ("sex I is local", traits("MARTIN", "ANNE", "I", "1972-06-14", "97601"), &[]),
            ("row 21", traits("MARTIN", "", "F", "1972-06-14", "97601"), &[FirstGivenName]),
            ("row 43", traits("MARTIN", "ANNE", "", "1972-06-14", "97601"), &[Sex]),
            ("row 50", traits("SAVIGNY", "REMI", "M", "1975-11-16", ""), &[BirthPlace]),
            ("row 12, a name that no rule can read", traits("MARTIN", "JEAN_PAUL", "M", "1962-08-24", "75107"), &[FirstGivenName]),
            ("nothing", traits("", "", "", "", ""), &[BirthName, FirstGivenName, BirthDate, Sex, BirthPlace]),
        ];
        for (rule, traits, missing) in cases {
            assert_eq!(missing_for_creation(&traits).collect::<Vec<_>>(), missing, "{rule}");
            assert_eq!(creatable(&traits), missing.is_empty(), "{rule}");
        }
    }
}
