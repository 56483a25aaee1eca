//! A small generated practice: the labels of its queries are true, and no answer links somebody else's record.

use comptoir_identity::{BirthDate, Link, search_key};
use comptoir_register::Register;
use comptoir_tests::evaluation::{Fault, Tally, answer, fill};
use comptoir_tests::population::{Kind, Person, Population, Query, Recorded, Slip, Weights, queries};
use std::collections::{BTreeMap, BTreeSet};

const RECORDS: usize = 3_000;
const QUERIES: u64 = 3_000;

#[test]
fn nobody_is_linked_to_a_record_that_is_or_may_be_somebody_else_s() {
    let weights = Weights::builtin().expect("the short list");
    let practice = Population::new(&weights, 1, RECORDS);
    let register = Register::in_memory().expect("a register");
    assert_eq!(fill(&register, practice.records()).expect("filled"), RECORDS);
    let mut tally = Tally::default();
    for query in queries(&practice, &weights, QUERIES) {
        let answer = answer(&register, &query.asked.identity()).expect("read");
        let faults = tally.add(&query, &answer);
        for wrong in [Fault::WrongPerson, Fault::RivalPassedOver, Fault::SecondRecordPassedOver] {
            assert!(!faults.contains(&wrong), "{wrong:?}, {}: {:?} {:?}", query.kind, query.asked, query.label);
        }
        assert!(answer.link != Link::Safe || answer.plausible.is_some(), "a link to nothing");
    }
    let all = tally.all();
    assert!(all.may_be_safe > 500, "{} safe links say little", all.may_be_safe);
    assert!(all.of(Fault::NotSafe) * 1_000 <= all.may_be_safe * 30, "{tally}");
}

#[test]
fn every_kind_is_asked_and_has_in_it_what_it_is_called_after() {
    let weights = Weights::builtin().expect("the short list");
    let practice = Population::new(&weights, 1, RECORDS);
    let records: BTreeMap<String, Recorded> =
        practice.records().map(|record| (record.external_id.clone(), record)).collect();
    let mut met = BTreeSet::new();
    for query in queries(&practice, &weights, QUERIES) {
        met.insert(query.kind);
        let person = query.label.person.map(|id| practice.person(id).expect("somebody of the practice"));
        let holds = holds(&query, person.as_ref(), &records);
        assert!(holds, "{}: {:?} {:?} {person:?}", query.kind, query.asked, query.label);
        let of = |id: &String| records.get(id).expect("a record of the practice");
        let theirs = query.label.records.iter().map(of).all(|record| Some(record.person) == query.label.person);
        let others = query.label.rivals.iter().map(of).all(|record| Some(record.person) != query.label.person);
        assert!(theirs && others, "{}: {:?}", query.kind, query.label);
    }
    let all: BTreeSet<Kind> = Kind::round().into_iter().collect();
    let missing: Vec<String> = all.difference(&met).map(ToString::to_string).collect();
    assert!(missing.is_empty(), "never asked: {missing:?}");
}

/// What is true of the traits of two persons.
struct Pair<'a> {
    asked: &'a Person,
    other: &'a Person,
}

impl Pair<'_> {
    fn name(&self) -> bool {
        self.asked.birth_name == self.other.birth_name
    }

    fn given_name(&self) -> bool {
        self.asked.first_given_name() == self.other.first_given_name()
    }

    fn date(&self) -> bool {
        self.asked.born == self.other.born
    }

    fn place(&self) -> bool {
        self.asked.place == self.other.place
    }

    fn sex(&self) -> bool {
        self.asked.sex == self.other.sex
    }

    /// Whether the name or the first given name is the one written otherwise, by this rule.
    fn written(&self, otherwise: impl Fn(&str, &str) -> bool) -> bool {
        let name = otherwise(&self.asked.birth_name, &self.other.birth_name) && self.given_name();
        let given_name = otherwise(self.asked.first_given_name(), self.other.first_given_name()) && self.name();
        name || given_name
    }
}

/// Whether the query is what its kind says, seen from the person or from the record that it was made from.
fn holds(query: &Query, person: Option<&Person>, records: &BTreeMap<String, Recorded>) -> bool {
    let label = &query.label;
    let beside = label.beside.first().and_then(|id| records.get(id));
    let registered = person.is_some() && !label.records.is_empty();
    let Some(person) = person else { return beside.is_some_and(|base| unregistered(query, base)) };
    let pair = Pair { asked: &query.asked.person, other: person };
    let same = pair.name() && pair.given_name() && pair.date() && pair.place() && pair.sex();
    let others = || label.beside.iter().filter_map(|id| records.get(id));
    match query.kind {
        Kind::One(slip) => registered && has(slip, &pair, label.records.first().and_then(|id| records.get(id))),
        Kind::Two(one, other) => registered && !same_traits(&pair) && two(one, other, &pair),
        Kind::Duplicate => same && label.records.len() == 2,
        Kind::AsRecorded | Kind::Exact => same && registered,
        Kind::TwinRegistered => {
            registered && others().any(|o| o.birth_date == person.born && key(&o.birth_name) == key(&person.birth_name))
        }
        Kind::OneNameRegistered => {
            registered
                && others().any(|o| {
                    key(&o.first_given_name) == key(person.first_given_name())
                        && o.birth_date.year().abs_diff(person.born.year()) > 18
                })
        }
        Kind::NamesakesElsewhere => {
            registered && others().any(|o| o.birth_date == person.born && o.birth_place != person.place)
        }
        Kind::NamesakesNear => {
            registered
                && others().any(|o| key(&o.birth_name) == key(&person.birth_name) && o.birth_place == person.place)
        }
        Kind::NamesakeMarried => registered && others().count() == 1 && label.first_asked == same_name(query, records),
        Kind::ParentsNumber => {
            same && query.asked.ins.is_some()
                && others().any(|o| o.ins == query.asked.ins && o.birth_date.year() > person.born.year() + 15)
        }
        Kind::TwinUnregistered
        | Kind::TwinSameFirstName
        | Kind::Undecidable
        | Kind::CompoundCut
        | Kind::OneNameUnregistered
        | Kind::HomonymElsewhere
        | Kind::HomonymNear => false,
    }
}

/// Whether the right record bears the name that is asked: that of a woman stored under her married name does not.
fn same_name(query: &Query, records: &BTreeMap<String, Recorded>) -> bool {
    query
        .label
        .records
        .iter()
        .filter_map(|id| records.get(id))
        .any(|record| key(&record.birth_name) == key(&query.asked.person.birth_name))
}

fn same_traits(pair: &Pair<'_>) -> bool {
    pair.asked == pair.other
}

/// Whether a query about somebody unregistered is what its kind says, beside the record it was made from.
fn unregistered(query: &Query, base: &Recorded) -> bool {
    let asked = &query.asked.person;
    let name = key(&asked.birth_name) == key(&base.birth_name);
    let given_name = key(asked.first_given_name()) == key(&base.first_given_name);
    let (date, place) = (asked.born == base.birth_date, asked.place == base.birth_place);
    let sex = Some(asked.sex) == base.sex;
    let cut = key(asked.first_given_name()).starts_with(&key(&base.first_given_name))
        || key(&base.first_given_name).starts_with(&key(asked.first_given_name()));
    let list = key(&asked.given_names.join(" "));
    let nobody = query.label.records.is_empty() && !query.may_be_safe();
    nobody
        && match query.kind {
            Kind::TwinUnregistered => name && date && place && !given_name,
            Kind::TwinSameFirstName => {
                name && date
                    && place
                    && given_name
                    && sex
                    && !key(&base.birth_given_names).starts_with(&list)
                    && !list.starts_with(&key(&base.birth_given_names))
            }
            Kind::Undecidable => name && date && place && given_name && sex && !base.birth_given_names.contains(' '),
            Kind::CompoundCut => name && date && place && sex && !given_name && cut,
            Kind::OneNameUnregistered => {
                name && given_name && sex && asked.born.year().abs_diff(base.birth_date.year()) >= 20
            }
            Kind::HomonymElsewhere => name && given_name && date && sex && !place,
            Kind::HomonymNear => name && given_name && place && sex && !date && near(asked.born, base.birth_date),
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
            | Kind::Duplicate => false,
        }
}

/// Whether the one difference is there, and no other.
fn has(slip: Slip, pair: &Pair<'_>, record: Option<&Recorded>) -> bool {
    let (asked, person) = (pair.asked, pair.other);
    let names = pair.name() && pair.given_name();
    let rest = pair.date() && pair.place() && pair.sex();
    match slip {
        Slip::Accents => rest && pair.written(|a, b| a != b && !a.is_ascii() && key(a) == key(b)),
        Slip::Hyphen => rest && pair.written(|a, b| a != b && a.is_ascii() && key(a) == key(b)),
        Slip::Particle => {
            let (a, b) = (key(&asked.birth_name), key(&person.birth_name));
            rest && pair.given_name() && a != b && (a.ends_with(&b) || b.ends_with(&a))
        }
        Slip::Typo => rest && pair.written(one_edit),
        Slip::Sound => rest && pair.written(|a, b| a != b && differing(a, b) <= (3, 3)),
        Slip::GivenNamesSwapped => {
            let sorted = |one: &Person| one.given_names.iter().cloned().collect::<BTreeSet<_>>();
            rest && pair.name() && !pair.given_name() && sorted(asked) == sorted(person)
        }
        Slip::UsageNameAsBirthName => {
            let stored = record.is_some_and(|record| key(&record.birth_name) == key(&person.birth_name));
            let stated = asked.usage_name.as_ref().is_none_or(|usage| *usage == person.birth_name);
            rest && pair.given_name() && !pair.name() && stored && stated
        }
        Slip::MarriedSince => {
            rest && names && asked.usage_name.is_some() && record.is_some_and(|record| record.used_name.is_empty())
        }
        Slip::DatePartial => {
            names
                && pair.place()
                && !pair.date()
                && !asked.born.is_complete()
                && asked.born.year() == person.born.year()
        }
        Slip::DaySwapped => {
            names && pair.place() && (asked.born.month(), asked.born.day()) == (person.born.day(), person.born.month())
        }
        Slip::Arrondissement | Slip::FormerCommune => {
            names && pair.date() && !pair.place() && asked.place.same_territory(&person.place).is_some()
        }
        Slip::OtherPlace => {
            names && pair.date() && !pair.place() && asked.place.same_territory(&person.place).is_none()
        }
    }
}

/// Whether two differences left their marks on the traits in which they lie.
fn two(one: Slip, other: Slip, pair: &Pair<'_>) -> bool {
    [one, other].into_iter().all(|slip| match slip {
        Slip::DatePartial | Slip::DaySwapped => !pair.date(),
        Slip::Arrondissement | Slip::FormerCommune | Slip::OtherPlace => !pair.place(),
        Slip::GivenNamesSwapped => pair.asked.given_names != pair.other.given_names,
        Slip::MarriedSince => pair.asked.usage_name.is_some(),
        Slip::Accents | Slip::Hyphen | Slip::Particle | Slip::Typo | Slip::Sound | Slip::UsageNameAsBirthName => {
            !pair.name() || !pair.given_name()
        }
    })
}

fn key(text: &str) -> String {
    search_key(text)
}

/// What is left of both once the same beginning and the same end are taken off, in letters.
fn differing(a: &str, b: &str) -> (usize, usize) {
    let begins = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let ends = a.chars().skip(begins).collect::<Vec<_>>();
    let others = b.chars().skip(begins).collect::<Vec<_>>();
    let same = ends.iter().rev().zip(others.iter().rev()).take_while(|(a, b)| a == b).count();
    (ends.len() - same, others.len() - same)
}

fn one_edit(a: &str, b: &str) -> bool {
    matches!(differing(a, b), (1, 0 | 1) | (0, 1) | (2, 2))
}

/// Whether two of year, month and day are the same.
fn near(left: BirthDate, right: BirthDate) -> bool {
    let same = [left.year() == right.year(), left.month() == right.month(), left.day() == right.day()];
    same.into_iter().filter(|same| *same).count() == 2
}
