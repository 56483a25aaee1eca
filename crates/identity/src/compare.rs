//! Comparison of two identities, trait by trait, each finding with its reason.
//!
//! The table is the project's decision on what the words mean; no score decides anything.

use crate::date::BirthDate;
use crate::given_names::GivenNames;
use crate::ins::InsRecord;
use crate::name::{BirthName, GivenName, UsageName};
use crate::pivot::PivotIdentity;
use crate::place::{Kinship, PlaceCode};
use crate::spelling::{Plain, plain, same_but_apostrophe, same_letters, same_words, words};
use crate::traits::{Stated, Traits};

/// A trait that is compared (ins.md §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trait {
    /// *Nom de naissance*.
    BirthName,
    /// *Premier prénom de naissance*.
    FirstGivenName,
    /// *Prénoms de naissance*.
    GivenNames,
    /// *Date de naissance*.
    BirthDate,
    /// *Sexe*.
    Sex,
    /// *Lieu de naissance*.
    BirthPlace,
    /// *Nom utilisé*.
    UsageName,
    /// *Prénom utilisé*.
    UsageGivenName,
    /// *Matricule INS* with its authority.
    Ins,
}

impl Trait {
    /// The traits of an identity that everybody has; the INS apart, only they can conflict (DMN INS 1, INS 29).
    pub const STRICT: [Self; 6] =
        [Self::BirthName, Self::FirstGivenName, Self::GivenNames, Self::BirthDate, Self::Sex, Self::BirthPlace];
}

/// What is equal all the same, worth a note (ins.md §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Note {
    /// Capitals on one side only.
    Case,
    /// Accents or ligatures on one side only.
    Accent,
    /// Typographic apostrophes or dashes.
    Typography,
}

/// A difference of representation, with its name (ins.md §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Explanation {
    /// Hyphen, apostrophe or space.
    Hyphen,
    /// One list of given names is the beginning of the other, whole names.
    GivenNamesPrefix,
    /// A compound name cut inside (ANNE for ANNE-LAURE): for the eye, never enough for a link.
    CompoundCut,
    /// A municipality and one of its arrondissements.
    Arrondissement,
    /// A code that was renumbered.
    FormerCommune,
    /// A date partly unknown.
    PresumedDate,
    /// A name in use known on FranceConnect's side only.
    UsageNameAdded,
    /// Another name in use.
    UsageNameDifferent,
    /// A number that the person had before.
    FormerIns,
}

/// What may lie behind a conflict (ins.md §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hint {
    /// The register's birth name is the other side's name in use.
    UsageNameAsBirthName,
    /// Day and month exchanged.
    DayMonthSwapped,
    /// Two neighbouring digits exchanged.
    DigitsTransposed,
    /// The same letters, joined on one side (CENTUN, CENT UN).
    JoinedWords,
    /// The same given names in another order.
    GivenNamesOrder,
    /// The same name, date and place under another given name: a twin?
    Twin,
    /// One of the two numbers is provisional, and may have given way to the other.
    ProvisionalIns,
}

/// The side on which a trait is missing or cannot be compared (ins.md §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The register.
    Register,
    /// FranceConnect.
    FranceConnect,
    /// Both.
    Both,
}

/// What comparing one trait found (ins.md §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The same, after case, accents, ligatures and typographic signs.
    Equal(Option<Note>),
    /// A difference of representation.
    Explained(Explanation),
    /// Another value.
    Conflict(Option<Hint>),
    /// One side says nothing.
    Absent(Side),
    /// One side holds a text that no rule can read; it is shown and not compared.
    Unreadable(Side),
}

impl Finding {
    /// Equal or explained (ins.md §12).
    #[must_use]
    pub fn agrees(self) -> bool {
        matches!(self, Self::Equal(_) | Self::Explained(_))
    }

    /// Conflict (ins.md §12).
    #[must_use]
    pub fn conflicts(self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}

/// The findings of every trait, in the order they are shown (ins.md §12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concordance {
    findings: [(Trait, Finding); 9],
}

impl Concordance {
    /// The findings, in the order they are shown (ins.md §12).
    #[must_use]
    pub fn findings(&self) -> &[(Trait, Finding)] {
        &self.findings
    }

    /// The finding of one trait (ins.md §12).
    #[must_use]
    pub fn get(&self, of: Trait) -> Finding {
        self.findings.iter().find(|(name, _)| *name == of).map_or(Finding::Absent(Side::Both), |(_, finding)| *finding)
    }

    /// Whether a strict trait or the INS conflicts (ins.md §12).
    #[must_use]
    pub fn conflicts(&self) -> bool {
        self.findings.iter().any(|(_, finding)| finding.conflicts())
    }

    /// Whether every strict trait is equal and the names in use and the INS add nothing (ins.md §12).
    #[must_use]
    pub fn is_concordant(&self) -> bool {
        Trait::STRICT.iter().all(|of| matches!(self.get(*of), Finding::Equal(_)))
            && [Trait::UsageName, Trait::UsageGivenName, Trait::Ins]
                .iter()
                .all(|of| !matches!(self.get(*of), Finding::Explained(_)))
    }
}

/// Compares the register's traits with the identity that FranceConnect vouches for (ins.md §12).
///
/// Allocates nothing: both sides were normalised when they were parsed.
#[must_use]
pub fn compare(register: &Traits, identity: &PivotIdentity) -> Concordance {
    compare_traits(register, identity.traits(), identity.date_possibly_partial())
}

/// Compares two records, or a record with what a document or INSi says; `other` stands where
/// FranceConnect's identity does (ins.md §12).
#[must_use]
pub fn compare_records(register: &Traits, other: &Traits) -> Concordance {
    compare_traits(register, other, false)
}

fn compare_traits(register: &Traits, other: &Traits, possibly_partial: bool) -> Concordance {
    let birth_name = stated(&register.birth_name, &other.birth_name, |a, b| birth_names(a, b, register, other));
    let birth_date = optional(register.birth_date, other.birth_date, |a, b| dates(a, b, possibly_partial));
    let sex =
        optional(register.sex, other.sex, |a, b| if a == b { Finding::Equal(None) } else { Finding::Conflict(None) });
    let birth_place = places(register.birth_place.as_ref(), other.birth_place.as_ref());
    let twin = birth_name.agrees() && birth_date.agrees() && birth_place.agrees();
    let first_given_name = match first_given_names(register, other) {
        Finding::Conflict(None) => Finding::Conflict(twin.then_some(Hint::Twin)),
        found @ (Finding::Equal(_)
        | Finding::Explained(_)
        | Finding::Conflict(Some(_))
        | Finding::Absent(_)
        | Finding::Unreadable(_)) => found,
    };
    Concordance {
        findings: [
            (Trait::BirthName, birth_name),
            (Trait::FirstGivenName, first_given_name),
            (Trait::GivenNames, stated(&register.given_names, &other.given_names, given_names)),
            (Trait::BirthDate, birth_date),
            (Trait::Sex, sex),
            (Trait::BirthPlace, birth_place),
            (Trait::UsageName, usage_names(register, other)),
            (Trait::UsageGivenName, usage_given_names(register, other)),
            (Trait::Ins, ins(&register.ins, &other.ins)),
        ],
    }
}

fn stated<T>(register: &Stated<T>, other: &Stated<T>, compare: impl FnOnce(&T, &T) -> Finding) -> Finding {
    use Stated::{Absent, Known, Unreadable};
    match (register, other) {
        (Known(a), Known(b)) => compare(a, b),
        (Absent, Absent) => Finding::Absent(Side::Both),
        (Unreadable(_), Unreadable(_)) => Finding::Unreadable(Side::Both),
        (Unreadable(_), _) => Finding::Unreadable(Side::Register),
        (_, Unreadable(_)) => Finding::Unreadable(Side::FranceConnect),
        (Absent, Known(_)) => Finding::Absent(Side::Register),
        (Known(_), Absent) => Finding::Absent(Side::FranceConnect),
    }
}

fn optional<T>(register: Option<T>, other: Option<T>, compare: impl FnOnce(T, T) -> Finding) -> Finding {
    match (register, other) {
        (Some(a), Some(b)) => compare(a, b),
        (None, None) => Finding::Absent(Side::Both),
        (None, Some(_)) => Finding::Absent(Side::Register),
        (Some(_), None) => Finding::Absent(Side::FranceConnect),
    }
}

/// The part of the comparison that every name shares: equal, or hyphen ≡ apostrophe ≡ space, or the
/// apostrophe left out.
fn same_name(spelled: (&str, &str), raw: (&str, &str)) -> Option<Finding> {
    if spelled.0 == spelled.1 {
        return Some(Finding::Equal(note(raw.0, raw.1)));
    }
    (same_words(spelled.0, spelled.1) || same_but_apostrophe(spelled.0, spelled.1))
        .then_some(Finding::Explained(Explanation::Hyphen))
}

fn note(a: &str, b: &str) -> Option<Note> {
    fn separators(text: &str) -> impl Iterator<Item = char> + '_ {
        text.chars().filter(|c| matches!(plain(*c), Some(Plain::Separator(_))))
    }
    if a == b {
        None
    } else if a.chars().flat_map(char::to_uppercase).eq(b.chars().flat_map(char::to_uppercase)) {
        Some(Note::Case)
    } else if separators(a).eq(separators(b)) {
        Some(Note::Accent)
    } else {
        Some(Note::Typography)
    }
}

fn joined(a: &str, b: &str) -> Option<Hint> {
    same_letters(a, b).then_some(Hint::JoinedWords)
}

fn birth_names(a: &BirthName, b: &BirthName, register: &Traits, other: &Traits) -> Finding {
    if let Some(finding) = same_name((a.spelled(), b.spelled()), (a.raw(), b.raw())) {
        return finding;
    }
    let stored_as_birth_name = |usage: &Stated<UsageName>, birth: &BirthName| {
        usage.known().is_some_and(|usage| same_words(usage.spelled(), birth.spelled()))
    };
    let hint = if stored_as_birth_name(&other.usage_name, a) || stored_as_birth_name(&register.usage_name, b) {
        Some(Hint::UsageNameAsBirthName)
    } else {
        joined(a.spelled(), b.spelled())
    };
    Finding::Conflict(hint)
}

fn first_given_names(register: &Traits, other: &Traits) -> Finding {
    stated(&register.first_given_name, &other.first_given_name, |a, b| {
        if let Some(finding) = same_name((a.spelled(), b.spelled()), (a.raw(), b.raw())) {
            return finding;
        }
        let lists = (register.given_names.known(), other.given_names.known());
        if heads(a, lists.1) || heads(b, lists.0) {
            return Finding::Explained(Explanation::GivenNamesPrefix);
        }
        if begins(words(a.spelled()), words(b.spelled())) || begins(words(b.spelled()), words(a.spelled())) {
            return Finding::Explained(Explanation::CompoundCut);
        }
        let hint = if appears(a, lists.1) || appears(b, lists.0) {
            Some(Hint::GivenNamesOrder)
        } else {
            joined(a.spelled(), b.spelled())
        };
        Finding::Conflict(hint)
    })
}

/// Whether a first given name is what the list begins with (EXI ID 10), where the list does not say
/// itself where its first name ends.
fn heads(name: &GivenName, list: Option<&GivenNames>) -> bool {
    let count = words(name.spelled()).count();
    list.is_some_and(|list| {
        !list.boundaries_known() && list.words().take(count).eq(words(name.spelled())) && list.ends_a_name(count)
    })
}

/// Whether a first given name, or the first word of it, stands anywhere in the list.
fn appears(name: &GivenName, list: Option<&GivenNames>) -> bool {
    list.zip(words(name.spelled()).next()).is_some_and(|(list, first)| list.words().any(|word| word == first))
}

/// Whether the longer text begins with all the words of the shorter one, and goes on.
fn begins<'a>(mut short: impl Iterator<Item = &'a str>, mut long: impl Iterator<Item = &'a str>) -> bool {
    short.all(|word| long.next() == Some(word)) && long.next().is_some()
}

fn given_names(a: &GivenNames, b: &GivenNames) -> Finding {
    if let Some(finding) = same_name((a.spelled(), b.spelled()), (a.raw(), b.raw())) {
        return finding;
    }
    for (short, long) in [(a, b), (b, a)] {
        if begins(short.words(), long.words()) {
            let whole = long.ends_a_name(short.words().count());
            return Finding::Explained(if whole { Explanation::GivenNamesPrefix } else { Explanation::CompoundCut });
        }
    }
    let hint = if reordered(a, b) { Some(Hint::GivenNamesOrder) } else { joined(a.spelled(), b.spelled()) };
    Finding::Conflict(hint)
}

/// Whether two lists have the same words, each as often.
fn reordered(a: &GivenNames, b: &GivenNames) -> bool {
    let times = |list: &GivenNames, word: &str| list.words().filter(|other| *other == word).count();
    a.words().count() == b.words().count() && a.words().all(|word| times(a, word) == times(b, word))
}

fn dates(a: BirthDate, b: BirthDate, possibly_partial: bool) -> Finding {
    if a == b {
        return if a.is_complete() { Finding::Equal(None) } else { Finding::Explained(Explanation::PresumedDate) };
    }
    let incomplete = !a.is_complete() || !b.is_complete();
    // A 1st of January of which nothing says that it is real may stand for the year alone.
    let year_alone = possibly_partial && !a.is_complete() && a.year() == b.year();
    if incomplete && (a.compatible(b) || year_alone) {
        return Finding::Explained(Explanation::PresumedDate);
    }
    let hint = if a.swapped(b) {
        Some(Hint::DayMonthSwapped)
    } else if a.transposed(b) {
        Some(Hint::DigitsTransposed)
    } else {
        None
    };
    Finding::Conflict(hint)
}

fn places(a: Option<&PlaceCode>, b: Option<&PlaceCode>) -> Finding {
    optional(a.filter(|place| place.is_known()), b.filter(|place| place.is_known()), |a, b| {
        if a == b {
            return Finding::Equal(None);
        }
        match a.same_territory(b) {
            None => Finding::Conflict(None),
            Some(Kinship::Arrondissement) => Finding::Explained(Explanation::Arrondissement),
            Some(Kinship::Former | Kinship::DelegatedOrAssociated) => Finding::Explained(Explanation::FormerCommune),
        }
    })
}

fn usage_names(register: &Traits, other: &Traits) -> Finding {
    if let (Stated::Absent, Stated::Known(usage)) = (&register.usage_name, &other.usage_name) {
        // A name in use equal to the birth name says nothing new.
        let same = other.birth_name.known().is_some_and(|birth| same_words(birth.spelled(), usage.spelled()));
        return if same { Finding::Absent(Side::Register) } else { Finding::Explained(Explanation::UsageNameAdded) };
    }
    stated(&register.usage_name, &other.usage_name, |a, b| {
        same_name((a.spelled(), b.spelled()), (a.raw(), b.raw()))
            .unwrap_or(Finding::Explained(Explanation::UsageNameDifferent))
    })
}

fn usage_given_names(register: &Traits, other: &Traits) -> Finding {
    stated(&register.usage_given_name, &other.usage_given_name, |a: &GivenName, b: &GivenName| {
        same_name((a.spelled(), b.spelled()), (a.raw(), b.raw()))
            .unwrap_or(Finding::Explained(Explanation::UsageNameDifferent))
    })
}

/// Pairs only: a matricule alone identifies nobody (ins.md §1.2). A number that was invalidated says nothing.
fn ins(register: &InsRecord, other: &InsRecord) -> Finding {
    let (ours, theirs) = (register.active(), other.active());
    optional(ours.as_ref(), theirs.as_ref(), |a, b| {
        let (a, b) = (a.ins(), b.ins());
        if a == b {
            Finding::Equal(None)
        } else if register.vouches_for(b) || other.vouches_for(a) {
            Finding::Explained(Explanation::FormerIns)
        } else {
            Finding::Conflict((a.oid().nature() != b.oid().nature()).then_some(Hint::ProvisionalIns))
        }
    })
}
