//! Which strict traits differ between two versions of one record.

use crate::compare::Trait;
use crate::given_names::GivenNames;
use crate::name::{BirthName, GivenName};
use crate::place::PlaceCode;
use crate::traits::{Stated, Traits};

/// Whether a strict trait was changed; its spelling in the INS character set is what counts, not its accents.
pub(super) fn changed(before: &Traits, after: &Traits, of: Trait) -> bool {
    fn name<T>(stated: &Stated<T>, spelled: fn(&T) -> &str) -> Option<&str> {
        match stated {
            Stated::Absent => None,
            Stated::Unreadable(raw) => Some(raw),
            Stated::Known(value) => Some(spelled(value)),
        }
    }
    fn differ<T>(before: &Stated<T>, after: &Stated<T>, spelled: fn(&T) -> &str) -> bool {
        name(before, spelled) != name(after, spelled)
    }
    match of {
        Trait::BirthName => differ(&before.birth_name, &after.birth_name, BirthName::spelled),
        Trait::FirstGivenName => differ(&before.first_given_name, &after.first_given_name, GivenName::spelled),
        Trait::GivenNames => differ(&before.given_names, &after.given_names, GivenNames::spelled),
        Trait::BirthDate => before.birth_date != after.birth_date,
        Trait::Sex => before.sex != after.sex,
        Trait::BirthPlace => {
            before.birth_place.as_ref().map(PlaceCode::as_str) != after.birth_place.as_ref().map(PlaceCode::as_str)
        }
        Trait::Ins => before.ins != after.ins,
        // Complementary: freely editable whatever the status (DMN INS 31).
        Trait::UsageName | Trait::UsageGivenName => false,
    }
}

/// Whether the place says where somebody was born (ins.md §1.7).
pub(super) fn place_known(traits: &Traits) -> bool {
    traits.birth_place.as_ref().is_some_and(PlaceCode::is_known)
}
