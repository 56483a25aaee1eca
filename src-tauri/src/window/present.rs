//! From the desk's types to the wire types: formatting and naming, no decision.

use super::views::{
    Action, ArrivalNote, ArrivalState, ArrivalView, AttributeView, CandidateView, FindingView, IdentityView, LinkView,
    OutcomeView, PageCodeView, PatientView, PlaceView, Segment, SexView, StatusView, TraitName, TraitView, VerdictView,
};
use crate::page_codes::PageCode;
use comptoir_desk::{Outcome, Verdict, VerdictCandidate};
use comptoir_identity::{
    Attributes, BirthDate, BirthName, Explanation, Finding, GivenName, GivenNames, Hint, Ins, InsNature, Link, Note,
    PlaceCode, Sex, Side, Span, Stated, Status, Trait, Traits, UsageName, differing_letters,
};
use comptoir_register as register;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The local time of day, HH:MM.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%H:%M").to_string()
}

/// The local day, AAAA-MM-JJ.
pub(crate) fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d").to_string()
}

pub(crate) fn arrival(arrival: &register::Arrival) -> ArrivalView {
    let patient = arrival.patient.as_ref();
    ArrivalView {
        arrival: u32::try_from(arrival.id.number()).unwrap_or(u32::MAX),
        time: arrival.time.clone(),
        display_name: arrival.display_name.clone(),
        birth_date: arrival.birth_date.map_or_else(String::new, BirthDate::french),
        record: patient.map(|patient| patient.record.clone()),
        state: match arrival.state {
            register::ArrivalState::Expected => ArrivalState::Expected,
            register::ArrivalState::Confirmed => ArrivalState::Confirmed,
            register::ArrivalState::Created => ArrivalState::Created,
            register::ArrivalState::Paper => ArrivalState::Paper,
        },
        note: patient
            .is_some_and(|patient| {
                matches!(patient.standing.attributes(), Attributes::Homonym | Attributes::DoubtfulHomonym)
            })
            .then_some(ArrivalNote::Homonym),
    }
}

pub(crate) fn patient(patient: &register::Patient, today: Option<BirthDate>) -> PatientView {
    let traits = &patient.traits;
    PatientView {
        record: patient.record.clone(),
        birth_name: birth_name(&traits.birth_name),
        first_given_name: given_name(&traits.first_given_name),
        given_names: given_names(&traits.given_names),
        birth_date: traits.birth_date.map_or_else(String::new, BirthDate::french),
        age: traits.birth_date.zip(today).and_then(|(born, today)| born.age(today)),
        sex: traits.sex.map(sex),
        birth_place: traits.birth_place.map(place),
        usage_name: some(usage_name(&traits.usage_name)),
        usage_given_name: some(given_name(&traits.usage_given_name)),
        status: match patient.standing.status() {
            Status::Provisional => StatusView::Provisional,
            Status::Retrieved => StatusView::Retrieved,
            Status::Validated => StatusView::Validated,
            Status::Qualified => StatusView::Qualified,
        },
        attributes: match patient.standing.attributes() {
            Attributes::None => Vec::new(),
            Attributes::Homonym => vec![AttributeView::Homonym],
            Attributes::Doubtful => vec![AttributeView::Doubtful],
            Attributes::DoubtfulHomonym => vec![AttributeView::Doubtful, AttributeView::Homonym],
            Attributes::Fictitious => vec![AttributeView::Fictitious],
        },
    }
}

pub(crate) fn verdict(verdict: &Verdict, number: u32, of: Option<u32>, today: Option<BirthDate>) -> VerdictView {
    VerdictView {
        verdict: number,
        arrival: of,
        outcome: outcome(verdict.outcome),
        acr: verdict.acr.map(|acr| acr.as_str().to_owned()),
        checked_at: time_of_day(verdict.at),
        identity: verdict.identity.as_ref().map(|identity| {
            let traits = identity.traits();
            IdentityView {
                birth_name: birth_name(&traits.birth_name),
                first_given_name: given_name(&traits.first_given_name),
                given_names: given_names(&traits.given_names),
                birth_date: traits.birth_date.map_or_else(String::new, BirthDate::french),
                sex: traits.sex.map(sex),
                birth_place: traits.birth_place.map(place),
                usage_name: some(usage_name(&traits.usage_name)),
            }
        }),
        candidates: verdict.candidates.iter().map(|one| candidate(one, verdict, today)).collect(),
        twin: verdict.twin,
        link: match verdict.link {
            Link::Safe => LinkView::Safe,
            Link::Confirm => LinkView::Confirm,
            Link::Several => LinkView::Several,
            Link::None => LinkView::None,
        },
        missing: verdict.missing.iter().map(|of| trait_name(*of)).collect(),
        actions: actions(verdict),
    }
}

/// What the desk allows on this verdict, the primary act first.
fn actions(verdict: &Verdict) -> Vec<Action> {
    let mut actions = Vec::new();
    if verdict.candidates.iter().any(|one| verdict.may_confirm(one.patient.id)) {
        actions.push(Action::Confirm);
    }
    if verdict.may_create() {
        // Beside a twin, or a record that resembles the person, the document decides first.
        actions.push(Action::Create);
    }
    let beside = verdict.twin || !verdict.candidates.is_empty();
    let at = if beside && verdict.outcome == Outcome::Unknown { 0 } else { actions.len() };
    actions.insert(at, Action::Paper);
    actions
}

pub(crate) fn outcome(outcome: Outcome) -> OutcomeView {
    match outcome {
        Outcome::Concordant => OutcomeView::Concordant,
        Outcome::Explained => OutcomeView::Explained,
        Outcome::Discordant => OutcomeView::Discordant,
        Outcome::Several => OutcomeView::Several,
        Outcome::Unknown => OutcomeView::Unknown,
        Outcome::UnusableIdentity => OutcomeView::UnusableIdentity,
        Outcome::Refused => OutcomeView::Refused,
        Outcome::Abandoned => OutcomeView::Abandoned,
    }
}

fn candidate(one: &VerdictCandidate, verdict: &Verdict, today: Option<BirthDate>) -> CandidateView {
    let theirs = verdict.identity.as_ref().map(comptoir_identity::PivotIdentity::traits);
    CandidateView {
        patient: patient(&one.patient, today),
        opened: one.opened,
        concordance: one
            .concordance
            .findings()
            .iter()
            // FranceConnect states no INS: there is a line for it only where there is something to compare.
            .filter(|(of, finding)| *of != Trait::Ins || !matches!(finding, Finding::Absent(_)))
            .map(|(of, finding)| trait_view(*of, *finding, &one.patient.traits, theirs))
            .collect(),
    }
}

pub(crate) fn page_code(one: &PageCode) -> PageCodeView {
    PageCodeView {
        codes: one.codes.iter().map(|&code| code.to_owned()).collect(),
        cause: unbroken(one.cause),
        next: unbroken(one.next),
    }
}

/// A French sentence for the window: no line begins with the sign that ends the one before.
pub(crate) fn unbroken(sentence: &str) -> String {
    let signs = [
        (" :", "\u{a0}:"),
        (" ;", "\u{a0};"),
        (" ?", "\u{a0}?"),
        (" !", "\u{a0}!"),
        ("« ", "«\u{a0}"),
        (" »", "\u{a0}»"),
    ];
    signs.iter().fold(sentence.to_owned(), |sentence, (broken, unbroken)| sentence.replace(broken, unbroken))
}

/// One line of the comparison: both values, what differs in them, and why.
pub(crate) fn trait_view(of: Trait, finding: Finding, ours: &Traits, theirs: Option<&Traits>) -> TraitView {
    let left = shown(of, ours);
    let right = theirs.map_or_else(String::new, |traits| shown(of, traits));
    let (register, franceconnect) = match (left.is_empty() || right.is_empty(), of) {
        (true, _) => (whole(left, false), whole(right, false)),
        (false, Trait::BirthDate) => parts_of_dates(&left, &right),
        (false, Trait::Sex | Trait::BirthPlace | Trait::Ins) => {
            let differs = left != right;
            (whole(left, differs), whole(right, differs))
        }
        (
            false,
            Trait::BirthName | Trait::FirstGivenName | Trait::GivenNames | Trait::UsageName | Trait::UsageGivenName,
        ) => {
            let (left, right) = differing_letters(&left, &right);
            (segments(left), segments(right))
        }
    };
    let (view, reason, hint) = named(finding);
    TraitView {
        name: trait_name(of),
        register,
        franceconnect,
        finding: view,
        reasons: reason.map(str::to_owned).into_iter().collect(),
        hint: hint.map(str::to_owned),
    }
}

/// The traits as text, under the names they have on the command line; absent is empty.
pub(crate) fn texts(traits: &Traits) -> Vec<(&'static str, String)> {
    const ORDER: [Trait; 8] = [
        Trait::BirthName,
        Trait::FirstGivenName,
        Trait::GivenNames,
        Trait::BirthDate,
        Trait::Sex,
        Trait::BirthPlace,
        Trait::UsageName,
        Trait::UsageGivenName,
    ];
    ORDER.iter().map(|of| (trait_key(*of), text_of(*of, traits))).collect()
}

/// A trait's name on the command line.
pub(crate) fn trait_key(of: Trait) -> &'static str {
    match of {
        Trait::BirthName => "birth_name",
        Trait::FirstGivenName => "first_given_name",
        Trait::GivenNames => "given_names",
        Trait::BirthDate => "birth_date",
        Trait::Sex => "sex",
        Trait::BirthPlace => "birth_place",
        Trait::UsageName => "usage_name",
        Trait::UsageGivenName => "usage_given_name",
        Trait::Ins => "ins",
    }
}

/// How sure it is which record, by its name on the command line.
pub(crate) fn link_code(link: Link) -> &'static str {
    match link {
        Link::Safe => "safe",
        Link::Confirm => "confirm",
        Link::Several => "several",
        Link::None => "none",
    }
}

/// The codes of a finding: its class, its reason, its hint.
pub(crate) fn codes(finding: Finding) -> (&'static str, Option<&'static str>, Option<&'static str>) {
    let (class, reason, hint) = named(finding);
    let class = match class {
        FindingView::Equal => "equal",
        FindingView::Explained => "explained",
        FindingView::Conflict => "conflict",
        FindingView::Absent => "absent",
    };
    (class, reason, hint)
}

fn named(finding: Finding) -> (FindingView, Option<&'static str>, Option<&'static str>) {
    match finding {
        Finding::Equal(note) => (FindingView::Equal, note.map(note_code), None),
        Finding::Explained(explanation) => (FindingView::Explained, Some(explanation_code(explanation)), None),
        Finding::Conflict(hint) => (FindingView::Conflict, Some("different"), hint.map(hint_code)),
        Finding::Absent(Side::Register) => (FindingView::Absent, Some("missing-in-register"), None),
        Finding::Absent(Side::FranceConnect) => (FindingView::Absent, Some("missing-in-franceconnect"), None),
        Finding::Absent(Side::Both) => (FindingView::Absent, None, None),
        Finding::Unreadable(_) => (FindingView::Absent, Some("unrepresentable"), None),
    }
}

fn note_code(note: Note) -> &'static str {
    match note {
        Note::Case => "case",
        Note::Accent => "accent",
        Note::Typography => "typography",
    }
}

fn explanation_code(explanation: Explanation) -> &'static str {
    match explanation {
        Explanation::Hyphen => "hyphen",
        Explanation::GivenNamesPrefix => "given-names-prefix",
        Explanation::CompoundCut => "compound-cut",
        Explanation::Arrondissement => "arrondissement",
        Explanation::FormerCommune => "former-commune",
        Explanation::PresumedDate => "presumed-date",
        Explanation::UsageNameAdded => "usage-name-added",
        Explanation::UsageNameDifferent => "usage-name-different",
        Explanation::FormerIns => "former-ins",
    }
}

fn hint_code(hint: Hint) -> &'static str {
    match hint {
        Hint::UsageNameAsBirthName => "usage-name-as-birth-name",
        Hint::DayMonthSwapped => "day-month-swapped",
        Hint::DigitsTransposed => "digits-transposed",
        Hint::JoinedWords => "joined-words",
        Hint::GivenNamesOrder => "given-names-order",
        Hint::Twin => "twin",
        Hint::ProvisionalIns => "provisional-ins",
    }
}

fn trait_name(of: Trait) -> TraitName {
    match of {
        Trait::BirthName => TraitName::BirthName,
        Trait::FirstGivenName => TraitName::FirstGivenName,
        Trait::GivenNames => TraitName::GivenNames,
        Trait::BirthDate => TraitName::BirthDate,
        Trait::Sex => TraitName::Sex,
        Trait::BirthPlace => TraitName::BirthPlace,
        Trait::UsageName => TraitName::UsageName,
        Trait::UsageGivenName => TraitName::UsageGivenName,
        Trait::Ins => TraitName::Ins,
    }
}

/// A trait as a person reads it: a place has its name beside its code.
fn shown(of: Trait, traits: &Traits) -> String {
    match (of, traits.birth_place.and_then(|code| Some((code, code.place()?)))) {
        (Trait::BirthPlace, Some((code, place))) => format!("{} {}", code.as_str(), place.name),
        _ => text_of(of, traits),
    }
}

fn text_of(of: Trait, traits: &Traits) -> String {
    match of {
        Trait::BirthName => birth_name(&traits.birth_name),
        Trait::FirstGivenName => given_name(&traits.first_given_name),
        Trait::GivenNames => given_names(&traits.given_names),
        Trait::BirthDate => traits.birth_date.map_or_else(String::new, BirthDate::french),
        Trait::Sex => traits.sex.map_or_else(String::new, |sex| sex.letter().to_owned()),
        Trait::BirthPlace => traits.birth_place.as_ref().map_or_else(String::new, |place| place.as_str().to_owned()),
        Trait::UsageName => usage_name(&traits.usage_name),
        Trait::UsageGivenName => given_name(&traits.usage_given_name),
        Trait::Ins => traits.ins.active().map_or_else(String::new, |active| ins(active.ins())),
    }
}

/// The matricule and its nature, which are never shown one without the other (DMN INS 2).
fn ins(ins: &Ins) -> String {
    let nature = match ins.oid().nature() {
        InsNature::Nir => "NIR",
        InsNature::Nia => "NIA",
    };
    format!("{} ({nature})", ins.matricule().as_str())
}

/// Dates differ by day, month or year, not by letters.
fn parts_of_dates(left: &str, right: &str) -> (Vec<Segment>, Vec<Segment>) {
    let marked = |one: &str, other: &str| {
        let mut segments = Vec::new();
        for (position, (part, against)) in one.split('/').zip(other.split('/')).enumerate() {
            if position > 0 {
                segments.push(Segment { text: "/".to_owned(), differs: false });
            }
            segments.push(Segment { text: part.to_owned(), differs: part != against });
        }
        segments
    };
    (marked(left, right), marked(right, left))
}

fn whole(text: String, differs: bool) -> Vec<Segment> {
    if text.is_empty() { Vec::new() } else { vec![Segment { text, differs }] }
}

fn segments(spans: Vec<Span>) -> Vec<Segment> {
    spans.into_iter().map(|span| Segment { text: span.text, differs: span.differs }).collect()
}

fn stated<T>(value: &Stated<T>, raw: impl FnOnce(&T) -> String) -> String {
    match value {
        Stated::Known(value) => raw(value),
        Stated::Unreadable(text) => text.clone(),
        Stated::Absent => String::new(),
    }
}

pub(crate) fn birth_name(name: &Stated<BirthName>) -> String {
    stated(name, |name| name.raw().to_owned())
}

fn usage_name(name: &Stated<UsageName>) -> String {
    stated(name, |name| name.raw().to_owned())
}

pub(crate) fn given_name(name: &Stated<GivenName>) -> String {
    stated(name, |name| name.raw().to_owned())
}

fn given_names(names: &Stated<GivenNames>) -> String {
    stated(names, |names| names.raw().to_owned())
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn sex(sex: Sex) -> SexView {
    match sex {
        Sex::Female => SexView::F,
        Sex::Male => SexView::M,
        Sex::Indeterminate => SexView::I,
    }
}

fn place(code: PlaceCode) -> PlaceView {
    PlaceView { code: code.as_str().to_owned(), label: code.place().map(|place| place.name) }
}
