//! Identities asked about a practice, each with its answer: right records, rivals, whether a safe link is allowed.

use super::asked::Asked;
use super::household::{Drawn, Household, mixed};
use super::person::{Person, PersonId, birth_place, draw_given_names, draw_sex, happens};
use super::recorded::{Done, Recorded, near_date};
use super::rivals;
use super::slip::Slip;
use super::{Population, Weights};
use comptoir_identity::{BirthDate, Ins, search_key};
use fastrand::Rng;
use std::fmt;

/// What a query is made to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Whoever comes, recorded as the desk did.
    AsRecorded,
    /// Recorded without a mistake.
    Exact,
    /// One difference.
    One(Slip),
    /// Two differences at once.
    Two(Slip, Slip),
    /// Twins, both registered.
    TwinRegistered,
    /// A twin who is not registered.
    TwinUnregistered,
    /// A twin who is not registered, of the same first given name; the lists differ.
    TwinSameFirstName,
    /// The same, where the record carries that one given name only: no rule can decide.
    Undecidable,
    /// Somebody unregistered whose given name is a part of another's, or has it as a part.
    CompoundCut,
    /// An unregistered parent or child of the same name and given name.
    OneNameUnregistered,
    /// A parent and a child of the same name and given name, both registered.
    OneNameRegistered,
    /// An unregistered stranger of the same name, given name and date, born elsewhere.
    HomonymElsewhere,
    /// An unregistered stranger of the same name, given name and place, with a near date.
    HomonymNear,
    /// Two registered strangers of the same name, given name and date.
    NamesakesElsewhere,
    /// Two registered strangers of the same name, given name and place, with near dates.
    NamesakesNear,
    /// Two women of one given name, date and place, one stored under her married name.
    NamesakeMarried,
    /// A parent, with the number that a child's record carries.
    ParentsNumber,
    /// Somebody recorded twice.
    Duplicate,
}

impl Kind {
    const TRAPS: [Self; 14] = [
        Self::TwinRegistered,
        Self::TwinUnregistered,
        Self::TwinSameFirstName,
        Self::Undecidable,
        Self::CompoundCut,
        Self::OneNameUnregistered,
        Self::OneNameRegistered,
        Self::HomonymElsewhere,
        Self::HomonymNear,
        Self::NamesakesElsewhere,
        Self::NamesakesNear,
        Self::NamesakeMarried,
        Self::ParentsNumber,
        Self::Duplicate,
    ];

    /// Every kind, as often as it is asked in a round.
    #[must_use]
    pub fn round() -> Vec<Self> {
        let mut round = Vec::new();
        let mut often = |times: usize, kinds: Vec<Self>| {
            round.extend(kinds.iter().copied().cycle().take(kinds.len() * times));
        };
        often(20, vec![Self::AsRecorded]);
        often(10, vec![Self::Exact]);
        often(5, Slip::ALL.into_iter().map(Self::One).collect());
        often(1, Slip::pairs().into_iter().map(|(one, other)| Self::Two(one, other)).collect());
        often(4, Self::TRAPS.to_vec());
        round
    }

    /// Its name in tables; pairs of differences share one, see [`fmt::Display`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AsRecorded => "as-recorded",
            Self::Exact => "exact",
            Self::One(slip) => slip.name(),
            Self::Two(..) => "two-differences",
            Self::TwinRegistered => "twins-registered",
            Self::TwinUnregistered => "twin-unregistered",
            Self::TwinSameFirstName => "twin-same-first-name",
            Self::Undecidable => "undecidable-twin",
            Self::CompoundCut => "compound-name-cut",
            Self::OneNameUnregistered => "one-name-unregistered",
            Self::OneNameRegistered => "one-name-registered",
            Self::HomonymElsewhere => "homonym-elsewhere",
            Self::HomonymNear => "homonym-near-date",
            Self::NamesakesElsewhere => "namesakes-elsewhere",
            Self::NamesakesNear => "namesakes-near-date",
            Self::NamesakeMarried => "namesake-married",
            Self::ParentsNumber => "parents-number",
            Self::Duplicate => "duplicate",
        }
    }

    /// Whether an answer counts: what no rule can decide is listed apart.
    #[must_use]
    pub fn counts(self) -> bool {
        self != Self::Undecidable
    }

    fn slips(self) -> Vec<Slip> {
        match self {
            Self::One(slip) => vec![slip],
            Self::Two(one, other) => vec![one, other],
            Self::AsRecorded
            | Self::Exact
            | Self::TwinRegistered
            | Self::TwinUnregistered
            | Self::TwinSameFirstName
            | Self::Undecidable
            | Self::CompoundCut
            | Self::OneNameUnregistered
            | Self::OneNameRegistered
            | Self::HomonymElsewhere
            | Self::HomonymNear
            | Self::NamesakesElsewhere
            | Self::NamesakesNear
            | Self::NamesakeMarried
            | Self::ParentsNumber
            | Self::Duplicate => Vec::new(),
        }
    }

    /// The household in which such a query is found; `None` for any.
    fn household(self) -> Option<Household> {
        match self {
            Self::TwinRegistered => Some(Household::Twins),
            Self::OneNameRegistered => Some(Household::OneNameTwice),
            Self::NamesakesElsewhere => Some(Household::NamesakesElsewhere),
            Self::NamesakesNear => Some(Household::NamesakesNear),
            Self::NamesakeMarried => Some(Household::NamesakeMarried),
            Self::ParentsNumber => Some(Household::Family),
            Self::AsRecorded
            | Self::Exact
            | Self::One(_)
            | Self::Two(..)
            | Self::TwinUnregistered
            | Self::TwinSameFirstName
            | Self::Undecidable
            | Self::CompoundCut
            | Self::OneNameUnregistered
            | Self::HomonymElsewhere
            | Self::HomonymNear
            | Self::Duplicate => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.slips().as_slice() {
            [one, other] => write!(f, "{} + {}", one.name(), other.name()),
            _ => f.write_str(self.name()),
        }
    }
}

/// What is known of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Who it is, when the household has them; a person of no household is registered nowhere.
    pub person: Option<PersonId>,
    /// Their records.
    pub records: Vec<String>,
    /// The records that the query was made from.
    pub beside: Vec<String>,
    /// The records of others that could be theirs: at least two of name, date, sex-and-place agree with the given name,
    /// or date and place do, or the number is the same.
    pub rivals: Vec<String>,
    /// Whether the record differs by presentation at most, with a complete date, sex and place known.
    pub presentation: bool,
    /// Whether the right record can be told from the others: not that of a woman stored under her married name.
    pub first_asked: bool,
}

/// An identity asked, with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its number.
    pub number: u64,
    /// What it is made to show.
    pub kind: Kind,
    /// What FranceConnect says.
    pub asked: Asked,
    /// What is known of it.
    pub label: Label,
}

impl Query {
    /// Whether a safe link is allowed: presentation differs at most, one record, nobody else's could be the one.
    #[must_use]
    pub fn may_be_safe(&self) -> bool {
        self.label.presentation && self.label.records.len() == 1 && self.label.rivals.is_empty()
    }

    /// The records of which all must be shown, when there are two or more.
    #[must_use]
    pub fn shown_together(&self) -> Vec<&str> {
        let label = &self.label;
        let rivals = label.beside.iter().filter(|record| label.rivals.contains(record));
        let together: Vec<&str> = label.records.iter().chain(rivals).map(String::as_str).collect();
        let asked = match self.kind {
            Kind::NamesakesElsewhere
            | Kind::NamesakesNear
            | Kind::NamesakeMarried
            | Kind::OneNameRegistered
            | Kind::Duplicate => together.len() > 1,
            Kind::AsRecorded
            | Kind::Exact
            | Kind::One(_)
            | Kind::Two(..)
            | Kind::TwinRegistered
            | Kind::TwinUnregistered
            | Kind::TwinSameFirstName
            | Kind::Undecidable
            | Kind::CompoundCut
            | Kind::OneNameUnregistered
            | Kind::HomonymElsewhere
            | Kind::HomonymNear
            | Kind::ParentsNumber => false,
        };
        if asked { together } else { Vec::new() }
    }
}

/// Households tried for one query before it is given up: the rarest kind is in one of some hundred.
const TRIES: usize = 6_000;

/// Draws so many queries about a practice, and finds their rivals among all its records.
#[must_use]
pub fn queries(population: &Population<'_>, weights: &Weights, count: u64) -> Vec<Query> {
    let whole = population.whole_households();
    let round = Kind::round();
    let mut queries: Vec<Query> = (0..count)
        .zip(round.iter().cycle())
        .filter_map(|(number, kind)| {
            let mut rng = Rng::with_seed(mixed(!population.seed, number));
            (0..TRIES).find_map(|_| {
                let household = rng.u64(0..whole.max(1));
                // Most are of another kind than the rare ones that are looked for.
                let (found, _) = Household::at(population.seed, household);
                if kind.household().is_some_and(|asked| asked != found) {
                    return None;
                }
                let drawn = population.household(household);
                let (asked, label) = ask(*kind, &drawn, weights, &mut rng)?;
                Some(Query { number, kind: *kind, asked, label })
            })
        })
        .collect();
    rivals::find(&mut queries, population.records());
    queries
}

fn ask(kind: Kind, drawn: &Drawn, weights: &Weights, rng: &mut Rng) -> Option<(Asked, Label)> {
    let place = match (kind, drawn.billed_under) {
        (Kind::ParentsNumber, billed_under) => billed_under?,
        (Kind::NamesakeMarried, _) => usize::from(happens(250, rng)),
        _ => rng.usize(0..drawn.persons.len().max(1)),
    };
    let person = drawn.persons.get(place)?;
    let records: Vec<&Recorded> = drawn.records_of(place).collect();
    let base = match records.as_slice() {
        [] if kind == Kind::ParentsNumber => None,
        [only] if kind != Kind::Duplicate => Some(*only),
        [first, _, ..] if matches!(kind, Kind::Duplicate | Kind::AsRecorded) => Some(*first),
        _ => return None,
    };
    // Two differences leave two traits to recognise somebody by, where the date is one.
    if matches!(kind, Kind::Two(..)) && !person.born.is_complete() {
        return None;
    }
    let as_it_came = matches!(kind, Kind::AsRecorded | Kind::Duplicate | Kind::NamesakeMarried);
    if !as_it_came && base.is_some_and(|base| !base.is_faithful()) {
        return None;
    }
    let mut asked = stated(person.clone(), rng);
    let Some(base) = base else {
        asked.ins = parents_number(drawn);
        let label = label(drawn, place, false);
        return Some((asked, label));
    };
    match kind {
        Kind::TwinUnregistered
        | Kind::TwinSameFirstName
        | Kind::Undecidable
        | Kind::CompoundCut
        | Kind::OneNameUnregistered
        | Kind::HomonymElsewhere
        | Kind::HomonymNear => {
            // Two of one household might be the very twin, parent or child that is made up here.
            if !matches!(drawn.household, Household::Alone | Household::Couple) {
                return None;
            }
            let other = unregistered(kind, person, base, weights, rng)?;
            let beside = vec![base.external_id.clone()];
            let label = Label {
                person: None,
                records: Vec::new(),
                beside,
                rivals: Vec::new(),
                presentation: false,
                first_asked: false,
            };
            return Some((Asked { person: other, ..asked }, label));
        }
        Kind::ParentsNumber => asked.ins = parents_number(drawn),
        Kind::NamesakeMarried => {
            if rng.bool() {
                asked.person.usage_name = None;
            }
        }
        Kind::AsRecorded
        | Kind::Exact
        | Kind::One(_)
        | Kind::Two(..)
        | Kind::TwinRegistered
        | Kind::OneNameRegistered
        | Kind::NamesakesElsewhere
        | Kind::NamesakesNear
        | Kind::Duplicate => {}
    }
    for slip in kind.slips() {
        slip.apply(&mut asked, base, weights, rng)?;
    }
    // A second slip may undo the first.
    let names = |one: &Person| [search_key(&one.birth_name), search_key(one.first_given_name())];
    if kind == Kind::Two(Slip::Typo, Slip::Sound) && names(&asked.person) == names(person) {
        return None;
    }
    // Without an array, nothing says that two words are one given name.
    let boundaries = asked.one_by_one || !asked.person.first_given_name().contains(' ');
    let first_of_january = asked.person.born.month() == Some(1) && asked.person.born.day() == Some(1);
    let presentation = base.is_faithful()
        && kind.slips().iter().all(|slip| slip.is_presentation())
        && boundaries
        && asked.gender
        && asked.person.born.is_complete()
        && (asked.raw_date || !first_of_january)
        && asked.person.place.is_known();
    let mut label = label(drawn, place, presentation);
    label.first_asked = !(kind == Kind::NamesakeMarried && place == 1);
    Some((asked, label))
}

/// FranceConnect's answer about a person: some platforms say less.
fn stated(mut person: Person, rng: &mut Rng) -> Asked {
    if happens(400, rng) {
        person.usage_name = None;
    }
    let partial = !person.born.is_complete();
    Asked {
        person,
        one_by_one: happens(700, rng),
        raw_date: partial || rng.bool(),
        gender: !happens(10, rng),
        ins: None,
    }
}

fn label(drawn: &Drawn, place: usize, presentation: bool) -> Label {
    let person = drawn.id(place);
    let (theirs, others): (Vec<_>, Vec<_>) = drawn.records.iter().partition(|record| record.person == person);
    let ids = |records: Vec<&Recorded>| records.into_iter().map(|record| record.external_id.clone()).collect();
    Label {
        person: Some(person),
        records: ids(theirs),
        beside: ids(others),
        rivals: Vec::new(),
        presentation,
        first_asked: true,
    }
}

fn parents_number(drawn: &Drawn) -> Option<Ins> {
    drawn.records.iter().find(|record| record.done.contains(&Done::ParentsNumber)).and_then(|record| record.ins)
}

/// Somebody like a registered person, and not that person.
fn unregistered(kind: Kind, person: &Person, base: &Recorded, weights: &Weights, rng: &mut Rng) -> Option<Person> {
    let mut other = person.clone();
    let first = person.first_given_name();
    let names = draw_given_names(weights, person.sex, person.born.year(), rng);
    // Another name, not one cut from theirs.
    let word = |name: &str| name.split(['-', ' ', '\'']).next().map(str::to_owned);
    let another = names.iter().find(|name| !person.given_names.iter().any(|known| word(known) == word(name)))?;
    match kind {
        Kind::TwinUnregistered => {
            other.usage_name = None;
            if happens(340, rng) {
                other.sex = draw_sex(rng);
            }
            other.given_names =
                std::iter::once(another).chain(names.iter().filter(|n| *n != another)).cloned().collect();
        }
        Kind::TwinSameFirstName | Kind::Undecidable => {
            if base.lists_other_names() != (kind == Kind::TwinSameFirstName) {
                return None;
            }
            other.given_names = vec![first.to_owned(), another.clone()];
        }
        Kind::CompoundCut => {
            let cut = match first.split_once('-') {
                Some((part, _)) => part.to_owned(),
                None if another.contains('-') => return None,
                None => format!("{first}-{another}"),
            };
            *other.given_names.first_mut()? = cut;
        }
        Kind::OneNameUnregistered => {
            let years = rng.u16(20..38);
            let year = if rng.bool() { person.born.year() + years } else { person.born.year() - years };
            other.born = BirthDate::new(year, Some(rng.u8(1..=12)), Some(rng.u8(1..=28))).ok()?;
            if !(1920..=2025).contains(&year) {
                return None;
            }
            other.given_names = vec![first.to_owned(), another.clone()];
            if happens(400, rng) {
                other.place = birth_place(weights, rng);
            }
        }
        Kind::HomonymElsewhere => {
            let place = birth_place(weights, rng);
            other.place = Some(place).filter(|p| *p != person.place && p.same_territory(&person.place).is_none())?;
        }
        Kind::HomonymNear => other.born = near_date(person.born, rng)?,
        Kind::AsRecorded
        | Kind::Exact
        | Kind::One(_)
        | Kind::Two(..)
        | Kind::TwinRegistered
        | Kind::OneNameRegistered
        | Kind::NamesakesElsewhere
        | Kind::NamesakesNear
        | Kind::NamesakeMarried
        | Kind::ParentsNumber
        | Kind::Duplicate => return None,
    }
    Some(other)
}
