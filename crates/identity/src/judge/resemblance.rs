//! What a record has in common with a person when rules of equality do not find it: errors of a desk, one or two.
//!
//! Nothing here allows a link. It shows a record, and forbids that another one be sure.

use super::Resemblance;
use crate::compare::{Concordance, Finding, Hint, Trait};
use crate::date::BirthDate;
use crate::name::{BirthName, UsageName};
use crate::near::{Closeness, closeness, date_closeness};
use crate::spelling::{same_words, search_key, words};
use crate::traits::Traits;
use strsim::osa_distance;

/// Whether a birth name on one side is the name in use on the other.
pub(super) fn name_in_use_fits(register: &Traits, other: &Traits) -> bool {
    fn birth(traits: &Traits) -> Option<&str> {
        traits.birth_name.known().map(BirthName::spelled)
    }
    fn usage(traits: &Traits) -> Option<&str> {
        traits.usage_name.known().map(UsageName::spelled)
    }
    let fits = |a: Option<&str>, b: Option<&str>| a.zip(b).is_some_and(|(a, b)| same_words(a, b));
    fits(usage(other), birth(register)) || fits(usage(register), birth(other)) || fits(usage(register), usage(other))
}

/// Whether a record stands under one of these names in use, with the person's given name, and their date or place.
pub(super) fn found_under(known: &[&UsageName], register: &Traits, other: &Traits, concordance: &Concordance) -> bool {
    let agrees = |of: Trait| concordance.get(of).agrees();
    let stored = register.birth_name.known();
    stored.is_some_and(|stored| known.iter().any(|known| same_words(known.spelled(), stored.spelled())))
        && (agrees(Trait::FirstGivenName) || given_names_near(register, other, concordance))
        && (dates_near(register, other, concordance) || agrees(Trait::BirthPlace))
}

/// Whether a record that is not plausible could be the person all the same, so that no other one is sure.
pub(super) fn is_rival(register: &Traits, other: &Traits, concordance: &Concordance, resemblance: Resemblance) -> bool {
    let agrees = |of: Trait| concordance.get(of).agrees();
    let given = || agrees(Trait::FirstGivenName) || given_names_near(register, other, concordance);
    match resemblance {
        Resemblance::Homonym => true,
        // A given name mistyped, or a twin of nearly the same: nothing tells them apart.
        Resemblance::Twin => {
            !concordance.get(Trait::Sex).conflicts()
                && (given() || badly_typed(register, other) || share_another_given_name(register, other))
        }
        // One person twice mistyped, names recognisable; a namesake born some other day elsewhere is none.
        Resemblance::Near => {
            let name = agrees(Trait::BirthName) || name_in_use_fits(register, other) || names_near(register, other);
            let dates = register.birth_date.zip(other.birth_date);
            let one_slip = || dates.is_some_and(|(a, b)| date_closeness(a, b) <= Closeness::OneEdit);
            let names = name || names_but_a_letter(register, other);
            let same_place = agrees(Trait::BirthPlace);
            // Born together, one given name badly written; or the same given name and the date exchanged.
            let together = same_place
                && dates.is_some_and(|(a, b)| {
                    (a == b && (given() || badly_typed(register, other)))
                        || (agrees(Trait::FirstGivenName) && (a.swapped(b) || a.transposed(b)))
                });
            together || (given() && names && (same_place || one_slip()))
        }
        Resemblance::Plausible | Resemblance::Slight => false,
    }
}

/// Whether two grounds hold and a third nearly does, or the number is one that was kept aside.
pub(super) fn twice_mistyped(register: &Traits, other: &Traits, concordance: &Concordance, grounds: [bool; 4]) -> bool {
    let aside = |held: &Traits, active: &Traits| {
        held.ins.hidden().zip(active.ins.active()).is_some_and(|(hidden, active)| hidden == active.ins())
    };
    if aside(register, other) || aside(other, register) {
        return true;
    }
    let [name, given, date, sex_and_place] = grounds;
    // The same date partly unknown holds too, to be shown.
    let date = date || (register.birth_date.is_some() && register.birth_date == other.birth_date);
    // A sex that nobody wrote down takes nothing from a place that agrees.
    let place = sex_and_place || place_alone(concordance);
    match [name, given, date, place].iter().filter(|holds| **holds).count() {
        0 | 1 => false,
        2 => {
            (!name && names_near(register, other))
                || (!given && given_names_near(register, other, concordance))
                || (!date && dates_near(register, other, concordance))
        }
        _ => true,
    }
}

/// Whether a birth name or a name in use on one side is nearly one of the other side's.
fn names_near(register: &Traits, other: &Traits) -> bool {
    let names = |traits: &Traits| {
        [
            traits.birth_name.known().map(|name| name.spelled().to_owned()),
            traits.usage_name.known().map(|name| name.spelled().to_owned()),
        ]
    };
    let (ours, theirs) = (names(register), names(other));
    ours.iter().flatten().any(|our| theirs.iter().flatten().any(|their| name_near(our, their)))
}

/// Whether two names are an error of typing apart, or one is the other with something before or after it:
/// a particle, a second name (ins.md §2.4).
#[must_use]
pub fn name_near(left: &str, right: &str) -> bool {
    closeness(left, right) <= Closeness::TwoEdits || within(left, right) || within(right, left)
}

/// Whether two given names are an error of typing apart, or one is the beginning of the other (ins.md §2.4): shorter
/// ones than family names, whose error may leave three letters.
#[must_use]
pub fn given_name_near(left: &str, right: &str) -> bool {
    let (ours, theirs) = (search_key(left), search_key(right));
    let (short, long) = if ours.len() <= theirs.len() { (&ours, &theirs) } else { (&theirs, &ours) };
    name_near(left, right)
        || (short.len() >= 2 && long.starts_with(short.as_str()))
        || (short.len() >= 3 && osa_distance(short, long) <= 1)
}

/// Whether birth names are one letter apart, however short: another name mostly, and enough to doubt.
fn names_but_a_letter(register: &Traits, other: &Traits) -> bool {
    register.birth_name.known().zip(other.birth_name.known()).is_some_and(|(ours, theirs)| {
        let (ours, theirs) = (search_key(ours.spelled()), search_key(theirs.spelled()));
        ours.len().min(theirs.len()) >= 2 && osa_distance(&ours, &theirs) <= 1
    })
}

/// Whether half the letters of a first given name, or fewer, were mistyped.
fn badly_typed(register: &Traits, other: &Traits) -> bool {
    register.first_given_name.known().zip(other.first_given_name.known()).is_some_and(|(ours, theirs)| {
        let (ours, theirs) = (search_key(ours.spelled()), search_key(theirs.spelled()));
        osa_distance(&ours, &theirs) * 2 <= ours.len().max(theirs.len())
    })
}

/// Whether the lists have another given name in common than the first.
fn share_another_given_name(register: &Traits, other: &Traits) -> bool {
    let lists = register.given_names.known().zip(other.given_names.known());
    lists.is_some_and(|(ours, theirs)| {
        ours.words().skip(1).any(|word| theirs.words().skip(1).any(|their| their == word))
    })
}

fn within(short: &str, long: &str) -> bool {
    let (count, whole) = (words(short).count(), words(long).count());
    count > 0
        && count < whole
        && (words(short).eq(words(long).take(count)) || words(short).eq(words(long).skip(whole - count)))
}

fn given_names_near(register: &Traits, other: &Traits, concordance: &Concordance) -> bool {
    if concordance.get(Trait::FirstGivenName) == Finding::Conflict(Some(Hint::GivenNamesOrder)) {
        return true;
    }
    let names = register.first_given_name.known().zip(other.first_given_name.known());
    let used = |one: &Traits, first: &Traits| {
        one.usage_given_name
            .known()
            .zip(first.first_given_name.known())
            .is_some_and(|(used, first)| same_words(used.spelled(), first.spelled()))
    };
    names.is_some_and(|(a, b)| given_name_near(a.spelled(), b.spelled()))
        || used(register, other)
        || used(other, register)
}

fn dates_near(register: &Traits, other: &Traits, concordance: &Concordance) -> bool {
    concordance.get(Trait::BirthDate).agrees()
        || register.birth_date.zip(other.birth_date).is_some_and(|(a, b)| date_near(a, b))
}

/// Whether two birth dates are an error of typing apart: digits, day and month exchanged, the day or the month
/// alone, or the year alone kept and completed (ins.md §1.6, §12 rows 37 and 38).
#[must_use]
pub fn date_near(left: BirthDate, right: BirthDate) -> bool {
    if date_closeness(left, right) <= Closeness::OneEdit {
        return true;
    }
    let completed = |date: BirthDate| matches!((date.month(), date.day()), (Some(12), Some(31)) | (Some(1), Some(1)));
    left.year() == right.year()
        && (left.month() == right.month() || left.day() == right.day() || completed(left) || completed(right))
}

/// Whether the place agrees where a sex is missing.
fn place_alone(concordance: &Concordance) -> bool {
    concordance.get(Trait::BirthPlace).agrees() && !concordance.get(Trait::Sex).conflicts()
}
