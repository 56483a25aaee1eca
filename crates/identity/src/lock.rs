//! The lock: what may be edited on a record, by whom, and what it costs (DMN INS 29–31, EXI ID 27).

use crate::compare::Trait;
use crate::standing::Status;

/// What somebody may want to edit (DMN INS 29, INS 31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// A trait, or the INS.
    Trait(Trait),
    /// Anything else: address, telephone, profession.
    Complementary,
}

/// What the person at the desk is entitled to (DMN INS 29).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entitlement {
    /// What everybody may who creates and modifies identities.
    Ordinary,
    /// Strict traits that INSi answered, too.
    LockedTraits,
}

/// Whether a field may be edited, and what follows (DMN INS 29–31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Editability {
    /// Freely; the status stays.
    Free,
    /// Within the list of given names, by whole words; the status stays (EXI ID 10).
    WithinList,
    /// At the price of the status, which is announced before confirming (DMN INS 32).
    LowersTo(Status),
    /// Not at all.
    Locked(Lock),
}

/// Why a field is locked; shown beside it (DMN INS 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lock {
    /// It comes from INSi, and only a specially entitled person may change it (DMN INS 29).
    FromInsi,
    /// An INS is never typed: it comes from INSi or the *Appli carte Vitale* (DMN INS 13, INS 29).
    NeverTyped,
}

/// Whether a field may be edited on a record of this status by somebody with this entitlement (DMN INS 29–31).
#[must_use]
pub fn editable(field: Field, status: Status, entitlement: Entitlement) -> Editability {
    match field {
        Field::Complementary | Field::Trait(Trait::UsageName | Trait::UsageGivenName) => Editability::Free,
        Field::Trait(Trait::Ins) => Editability::Locked(Lock::NeverTyped),
        Field::Trait(of) => match (lowered(status), locks(status), entitlement) {
            (None, _, _) => Editability::Free,
            (Some(_), true, _) if of == Trait::FirstGivenName => Editability::WithinList,
            (Some(_), true, Entitlement::Ordinary) => Editability::Locked(Lock::FromInsi),
            (Some(to), true, Entitlement::LockedTraits) | (Some(to), false, _) => Editability::LowersTo(to),
        },
    }
}

/// Whether strict traits are read-only at this status (EXI ID 27).
#[must_use]
pub fn locks(status: Status) -> bool {
    match status {
        Status::Retrieved | Status::Qualified => true,
        Status::Provisional | Status::Validated => false,
    }
}

/// The status after a strict trait is changed, `None` when it cannot be lower (DMN INS 32).
///
/// The rule names *récupérée* and *qualifiée*; a *validée* whose trait changes has nothing left that was
/// checked, so it falls too.
pub(crate) fn lowered(status: Status) -> Option<Status> {
    match status {
        Status::Provisional => None,
        Status::Retrieved | Status::Validated => Some(Status::Provisional),
        Status::Qualified => Some(Status::Validated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_insi_is_locked_and_its_price_is_known_beforehand() {
        use Editability::{Free, Locked, LowersTo, WithinList};
        use Entitlement::{LockedTraits, Ordinary};
        use Status::{Provisional, Qualified, Retrieved, Validated};
        let strict = |of| Field::Trait(of);
        #[rustfmt::skip]
        let cases = [
            ("row 79", strict(Trait::BirthPlace), Qualified, LockedTraits, LowersTo(Validated)),
            ("row 80", strict(Trait::BirthDate), Retrieved, LockedTraits, LowersTo(Provisional)),
            ("row 81", Field::Complementary, Qualified, Ordinary, Free),
            ("row 91", strict(Trait::BirthName), Qualified, Ordinary, Locked(Lock::FromInsi)),
            ("row 91, list", strict(Trait::GivenNames), Qualified, Ordinary, Locked(Lock::FromInsi)),
            ("row 91, date", strict(Trait::BirthDate), Retrieved, Ordinary, Locked(Lock::FromInsi)),
            ("row 91, sex", strict(Trait::Sex), Qualified, Ordinary, Locked(Lock::FromInsi)),
            ("row 91, place", strict(Trait::BirthPlace), Qualified, Ordinary, Locked(Lock::FromInsi)),
            ("INS 29, the number", strict(Trait::Ins), Qualified, LockedTraits, Locked(Lock::NeverTyped)),
            ("INS 29, the number", strict(Trait::Ins), Provisional, Ordinary, Locked(Lock::NeverTyped)),
            ("EXI ID 10", strict(Trait::FirstGivenName), Qualified, Ordinary, WithinList),
            ("EXI ID 10, nobody may more", strict(Trait::FirstGivenName), Retrieved, LockedTraits, WithinList),
            ("INS 31", strict(Trait::UsageName), Qualified, Ordinary, Free),
            ("INS 31", strict(Trait::UsageGivenName), Retrieved, Ordinary, Free),
            ("§2.3, validated", strict(Trait::BirthName), Validated, Ordinary, LowersTo(Provisional)),
            ("§2.3, provisional", strict(Trait::BirthName), Provisional, Ordinary, Free),
        ];
        for (rule, field, status, entitlement, expected) in cases {
            assert_eq!(editable(field, status, entitlement), expected, "{rule}");
        }
    }
}
