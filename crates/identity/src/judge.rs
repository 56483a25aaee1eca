//! From candidates of the register to one outcome, and how sure it is which record.

mod resemblance;

pub use resemblance::{date_near, given_name_near, name_near};

use crate::compare::{Concordance, Explanation, Finding, Hint, Trait, compare};
use crate::name::UsageName;
use crate::near::{Closeness, closeness, date_closeness};
use crate::pivot::PivotIdentity;
use crate::traits::{Stated, Traits};
use resemblance::{found_under, is_rival, name_in_use_fits, twice_mistyped};
use std::cmp::Reverse;

/// What a comparison with the register comes to (ins.md §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// One record, every trait equal.
    Concordant,
    /// One record, differences of representation only.
    Explained,
    /// A record that could be the one, with a strict trait that differs.
    Discordant,
    /// Two records or more that could be the one.
    Several,
    /// No record that could be the one.
    Unknown,
    /// FranceConnect's answer lacks a strict trait: the identity document decides.
    UnusableIdentity,
}

/// How sure it is *which* record; a person confirms in every case (ins.md §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// Presentation differs at most, the date is complete, the place known, no rival.
    Safe,
    /// One plausible record; a person must look.
    Confirm,
    /// Two or more that could be.
    Several,
    /// None.
    None,
}

/// A record offered for comparison (ins.md §12).
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a, R> {
    /// The caller's name for the record.
    pub record: R,
    /// Its traits.
    pub traits: &'a Traits,
    /// Whether the receptionist had opened it before the check-in.
    pub opened: bool,
    /// Whether a person has said that it is of somebody else than another candidate: both are shown.
    pub told_apart: bool,
}

/// What a record has in common with the person (ins.md §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resemblance {
    /// Enough for it to be the person.
    Plausible,
    /// Everything but the first given name: a twin.
    Twin,
    /// Given name, date and place under another name: a homonym, or the person once married. Not
    /// enough to be the person, enough to forbid a safe link.
    Homonym,
    /// Two of name, given name, date, sex-and-place, and a third that is near; or a number kept aside. Not
    /// enough to be the person, enough to be looked at: the person, twice mistyped.
    Near,
    /// Not enough.
    Slight,
}

/// A record compared (ins.md §12).
#[derive(Debug, Clone)]
pub struct Judged<R> {
    /// The caller's name for the record.
    pub record: R,
    /// The findings, trait by trait.
    pub concordance: Concordance,
    /// Whether the receptionist had opened it before the check-in.
    pub opened: bool,
    /// How much of it is the person's.
    pub resemblance: Resemblance,
    /// Whether a person has said that it is of somebody else than another candidate.
    pub told_apart: bool,
    /// How far names and date are written from the person's: orders those that rules find alike.
    distance: u8,
    /// Whether nothing is sure beside it: it could be the person all the same, or it is plausible and keeps aside
    /// another number than the one stated.
    forbids_safe: bool,
}

impl<R> Judged<R> {
    /// Whether enough agrees for it to be the person (ins.md §12).
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        self.resemblance == Resemblance::Plausible
    }
}

/// The whole judgement (ins.md §12).
#[derive(Debug, Clone)]
pub struct Judgement<R> {
    /// The outcome.
    pub outcome: Outcome,
    /// How sure it is which record.
    pub link: Link,
    /// The record opened first, then the records that could be the one, best first, then twins.
    pub candidates: Vec<Judged<R>>,
    /// Whether a record looks like the person's twin.
    pub twin: bool,
    /// The strict traits that FranceConnect's answer lacks, when it is unusable.
    pub missing: Vec<Trait>,
}

/// The strict traits without which an answer of FranceConnect identifies nobody (ins.md §12 rows 20, 21).
#[must_use]
pub fn unusable_traits(traits: &Traits) -> Vec<Trait> {
    let mut missing = Vec::new();
    if matches!(traits.birth_name, Stated::Absent) {
        missing.push(Trait::BirthName);
    }
    if matches!(traits.first_given_name, Stated::Absent) {
        missing.push(Trait::FirstGivenName);
    }
    if traits.birth_date.is_none() {
        missing.push(Trait::BirthDate);
    }
    missing
}

/// Records twice mistyped that are shown, at most: past these, a common name only makes noise.
const NEAR_SHOWN: usize = 5;

/// Judges an identity against the records that a search brought (ins.md §12).
///
/// The order of `candidates` does not matter. Rules decide; likeness only orders what is shown.
pub fn judge<'a, R>(identity: &PivotIdentity, candidates: impl IntoIterator<Item = Candidate<'a, R>>) -> Judgement<R> {
    let missing = unusable_traits(identity.traits());
    let (traits, mut judged): (Vec<&Traits>, Vec<Judged<R>>) =
        candidates.into_iter().map(|candidate| (candidate.traits, weigh(identity, candidate))).unzip();
    find_under_known_names(identity.traits(), &traits, &mut judged);
    let twin = judged.iter().any(|one| one.resemblance == Resemblance::Twin);
    if !missing.is_empty() {
        judged.retain(|one| one.opened);
        return Judgement {
            outcome: Outcome::UnusableIdentity,
            link: Link::None,
            candidates: judged,
            twin: false,
            missing,
        };
    }
    judged.retain(|one| one.opened || one.told_apart || one.resemblance != Resemblance::Slight);
    judged.sort_by_key(|one| {
        // Of records that rules find plausible the likest comes first; of others, the nearest written.
        let written = if one.is_plausible() { 0 } else { one.distance };
        let first = Reverse((one.opened, one.is_plausible(), one.forbids_safe));
        (first, written, Reverse(likeness(&one.concordance)), one.distance)
    });
    let mut near = 0;
    judged.retain(|one| {
        near += usize::from(one.resemblance == Resemblance::Near);
        one.opened || one.told_apart || one.resemblance != Resemblance::Near || near <= NEAR_SHOWN
    });
    let outcome = outcome(&judged);
    let link = link(&judged, outcome, identity);
    Judgement { outcome, link, candidates: judged, twin, missing }
}

fn weigh<R>(identity: &PivotIdentity, candidate: Candidate<'_, R>) -> Judged<R> {
    let concordance = compare(candidate.traits, identity);
    let agrees = |of: Trait| concordance.get(of).agrees();
    let sex_and_place = agrees(Trait::Sex) && agrees(Trait::BirthPlace);
    let twin = concordance.get(Trait::FirstGivenName).conflicts()
        && agrees(Trait::BirthName)
        && agrees(Trait::BirthDate)
        && agrees(Trait::BirthPlace);
    let name = agrees(Trait::BirthName) || name_in_use_fits(candidate.traits, identity.traits());
    // A year alone, or a month, is shared with thousands: only a complete date is a ground.
    let date = matches!(concordance.get(Trait::BirthDate), Finding::Equal(_));
    let grounds = [name, agrees(Trait::FirstGivenName), date, sex_and_place];
    let resemblance = if twin {
        Resemblance::Twin
    } else if agrees(Trait::Ins) || grounds.iter().filter(|ground| **ground).count() >= 3 {
        Resemblance::Plausible
    } else if agrees(Trait::FirstGivenName) && agrees(Trait::BirthDate) && agrees(Trait::BirthPlace) {
        Resemblance::Homonym
    } else if twice_mistyped(candidate.traits, identity.traits(), &concordance, grounds) {
        Resemblance::Near
    } else {
        Resemblance::Slight
    };
    let distance = match resemblance {
        Resemblance::Slight => u8::MAX,
        Resemblance::Plausible | Resemblance::Twin | Resemblance::Homonym | Resemblance::Near => {
            distance(candidate.traits, identity.traits())
        }
    };
    let stated = identity.traits().ins.active();
    let another_ins = candidate.traits.ins.hidden().zip(stated).is_some_and(|(hidden, stated)| hidden != stated.ins());
    let rival = is_rival(candidate.traits, identity.traits(), &concordance, resemblance);
    Judged {
        record: candidate.record,
        concordance,
        opened: candidate.opened,
        told_apart: candidate.told_apart,
        resemblance,
        distance,
        forbids_safe: rival || (resemblance == Resemblance::Plausible && another_ins),
    }
}

/// Finds the records under a name in use that the register alone knows of the person: it stands in a record that
/// fits, and is the birth name of another one, where it is no birth name.
fn find_under_known_names<R>(identity: &Traits, traits: &[&Traits], judged: &mut [Judged<R>]) {
    let known: Vec<&UsageName> = (traits.iter().zip(&*judged))
        .filter(|(_, one)| one.is_plausible() && !one.concordance.conflicts())
        .filter_map(|(traits, _)| traits.usage_name.known())
        .collect();
    for (traits, one) in traits.iter().zip(judged) {
        let slight = matches!(one.resemblance, Resemblance::Slight | Resemblance::Near);
        if slight && found_under(&known, traits, identity, &one.concordance) {
            one.resemblance = Resemblance::Near;
            one.forbids_safe = true;
            one.distance = distance(traits, identity);
        }
    }
}

/// How far birth name, first given name and date are written from each other: letters, sound, digits.
fn distance(register: &Traits, other: &Traits) -> u8 {
    let names = register.birth_name.known().zip(other.birth_name.known());
    let given = register.first_given_name.known().zip(other.first_given_name.known());
    let dates = register.birth_date.zip(other.birth_date);
    [
        names.map(|(a, b)| closeness(a.spelled(), b.spelled())),
        given.map(|(a, b)| closeness(a.spelled(), b.spelled())),
        dates.map(|(a, b)| date_closeness(a, b)),
    ]
    .into_iter()
    .map(|closeness| closeness.unwrap_or(Closeness::Far) as u8)
    .sum()
}

fn likeness(concordance: &Concordance) -> u32 {
    concordance
        .findings()
        .iter()
        .map(|(_, finding)| match finding {
            Finding::Equal(_) => 4,
            Finding::Explained(Explanation::CompoundCut | Explanation::UsageNameDifferent) => 2,
            Finding::Explained(_) => 3,
            Finding::Absent(_) | Finding::Unreadable(_) => 1,
            Finding::Conflict(_) => 0,
        })
        .sum()
}

fn of_one(concordance: &Concordance) -> Outcome {
    if concordance.conflicts() {
        Outcome::Discordant
    } else if concordance.is_concordant() {
        Outcome::Concordant
    } else {
        Outcome::Explained
    }
}

fn outcome<R>(judged: &[Judged<R>]) -> Outcome {
    let plausible = || judged.iter().filter(|one| one.is_plausible());
    let fitting = || plausible().filter(|one| !one.concordance.conflicts());
    let opened = judged.iter().find(|one| one.opened);
    // Two records that fit as well are never one verdict, whichever was opened; nor one that fits beside one
    // whose name differs by a joined word only (ins.md §12 row 5).
    let joined = plausible().filter(|one| only_joined_words(&one.concordance)).count();
    if fitting().count() > 1 || (fitting().count() == 1 && joined > 0) {
        return Outcome::Several;
    }
    match opened {
        // The same person but for the given name: a twin, not a discordance to be argued away; unless
        // the person's own record is there too, and the wrong twin was opened.
        Some(opened) if opened.resemblance == Resemblance::Twin && plausible().next().is_none() => Outcome::Unknown,
        Some(opened) => {
            // Nothing conflicts because nothing can be compared: that is no reason to link.
            let hollow = !opened.is_plausible() && !opened.concordance.conflicts();
            if hollow { Outcome::Discordant } else { of_one(&opened.concordance) }
        }
        None => match (fitting().next(), plausible().count()) {
            (Some(fits), _) => of_one(&fits.concordance),
            (None, 0) => Outcome::Unknown,
            (None, 1) => Outcome::Discordant,
            (None, _) => Outcome::Several,
        },
    }
}

/// Whether names differ, and by the space between their words alone.
fn only_joined_words(concordance: &Concordance) -> bool {
    let mut conflicts = concordance.findings().iter().map(|(_, finding)| *finding).filter(|one| one.conflicts());
    conflicts.next() == Some(Finding::Conflict(Some(Hint::JoinedWords)))
        && conflicts.all(|finding| finding == Finding::Conflict(Some(Hint::JoinedWords)))
}

fn link<R>(judged: &[Judged<R>], outcome: Outcome, identity: &PivotIdentity) -> Link {
    let plausible: Vec<&Judged<R>> = judged.iter().filter(|one| one.is_plausible()).collect();
    match plausible.as_slice() {
        [] => Link::None,
        [only]
            if matches!(outcome, Outcome::Concordant | Outcome::Explained)
                && is_safe(&only.concordance, identity)
                && !judged.iter().any(|one| one.forbids_safe) =>
        {
            Link::Safe
        }
        [_] => Link::Confirm,
        _ => Link::Several,
    }
}

/// Whether a record differs by presentation at most: see the decision on `link`.
fn is_safe(concordance: &Concordance, identity: &PivotIdentity) -> bool {
    let presentation =
        |of: Trait| matches!(concordance.get(of), Finding::Equal(_) | Finding::Explained(Explanation::Hyphen));
    let list = match concordance.get(Trait::GivenNames) {
        Finding::Equal(_)
        | Finding::Explained(Explanation::Hyphen | Explanation::GivenNamesPrefix)
        | Finding::Absent(_) => true,
        Finding::Explained(_) | Finding::Conflict(_) | Finding::Unreadable(_) => false,
    };
    presentation(Trait::BirthName)
        && presentation(Trait::FirstGivenName)
        && list
        && [Trait::BirthDate, Trait::Sex, Trait::BirthPlace]
            .iter()
            .all(|of| matches!(concordance.get(*of), Finding::Equal(_)))
        && !identity.date_possibly_partial()
}

#[cfg(test)]
mod tests;
