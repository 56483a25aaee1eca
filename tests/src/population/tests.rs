use super::*;
use comptoir_identity::{PlaceCode, Traits};
use comptoir_register::Register;
use std::collections::BTreeMap;

fn practice(weights: &Weights) -> Population<'_> {
    Population::new(weights, 7, 20_000)
}

#[test]
fn a_seed_is_a_practice_and_another_seed_another() {
    let weights = Weights::builtin().expect("the short list");
    let records = |seed| Population::new(&weights, seed, 500).records().collect::<Vec<_>>();
    assert_eq!(records(1), records(1));
    assert_ne!(records(1), records(2));
    assert_eq!(records(1).len(), 500);
}

#[test]
fn every_record_is_one_that_a_register_takes() {
    let weights = Weights::builtin().expect("the short list");
    let mut ids = std::collections::BTreeSet::new();
    for record in practice(&weights).records() {
        let Traits { birth_name, first_given_name, given_names, usage_name, usage_given_name, .. } =
            record.traits(None);
        assert!(birth_name.known().is_some() && first_given_name.known().is_some(), "{record:?}");
        assert_eq!(given_names.known().is_some(), !record.birth_given_names.is_empty(), "{record:?}");
        assert_eq!(usage_name.known().is_some(), !record.used_name.is_empty(), "{record:?}");
        assert_eq!(usage_given_name.known().is_some(), !record.used_given_name.is_empty(), "{record:?}");
        assert!(ids.insert(record.external_id.clone()), "{} twice", record.external_id);
    }
    let register = Register::in_memory().expect("a register");
    let few = Population::new(&weights, 7, 300);
    let patients: Vec<_> = few.records().map(|record| record.new_patient(None)).collect();
    let act = comptoir_register::Act::new(
        jiff::Timestamp::UNIX_EPOCH,
        "generated",
        comptoir_register::ActKind::PatientCreated,
    );
    register.insert_all(&patients, &act).expect("inserted");
    assert_eq!(register.count().expect("read"), 300);
}

/// Shares of a practice in a thousand: the rule, what it counts, at least, at most.
type Share = (&'static str, fn(&Recorded) -> bool, u32, u32);

#[test]
fn shares_are_those_of_a_french_practice() {
    let weights = Weights::builtin().expect("the short list");
    let cases: [Share; 16] = [
        ("born abroad", |r| r.birth_place.is_country(), 80, 130),
        ("a number", |r| r.ins.is_some(), 630, 760),
        ("recorded again", |r| r.done.contains(&Done::SecondRecord), 12, 28),
        ("no list", |r| r.birth_given_names.is_empty(), 200, 290),
        ("compound given name", |r| r.first_given_name.contains('-'), 20, 160),
        ("particle", |r| r.birth_name.to_uppercase().starts_with("DE "), 5, 60),
        ("double name", |r| r.birth_name.contains("--"), 1, 20),
        ("partial date", |r| !r.birth_date.is_complete(), 3, 20),
        ("not in capitals", |r| r.birth_name != r.birth_name.to_uppercase(), 200, 300),
        ("accents", |r| !r.birth_name.is_ascii(), 40, 160),
        ("a name in use", |r| !r.used_name.is_empty(), 60, 200),
        ("child", |r| r.birth_date.year() > 2007, 150, 350),
        ("aged", |r| r.birth_date.year() <= 1950, 60, 200),
        ("no sex", |r| r.sex.is_none(), 3, 20),
        ("mistyped name", |r| r.done.contains(&Done::NameTypo), 10, 40),
        ("a parent's number", |r| r.done.contains(&Done::ParentsNumber), 1, 20),
    ];
    let records: Vec<_> = practice(&weights).records().collect();
    for (rule, counts, least, most) in cases {
        let share = u32::try_from(records.iter().filter(|record| counts(record)).count() * 1_000 / records.len());
        let share = share.expect("a share");
        assert!((least..=most).contains(&share), "{rule}: {share} in a thousand");
    }
}

#[test]
fn households_are_what_they_are_called() {
    let weights = Weights::builtin().expect("the short list");
    let practice = practice(&weights);
    let mut met: BTreeMap<Household, usize> = BTreeMap::new();
    for number in 0..practice.whole_households() {
        let drawn = practice.household(number);
        *met.entry(drawn.household).or_default() += 1;
        let [one, other, ..] = drawn.persons.as_slice() else { continue };
        let same_given = one.first_given_name() == other.first_given_name();
        let (date, place) = (one.born == other.born, one.place == other.place);
        let name = one.birth_name == other.birth_name;
        let holds = match drawn.household {
            Household::Alone => false,
            Household::Couple => one.sex != other.sex,
            Household::Family => drawn.persons.iter().skip(2).all(|child| {
                child.birth_name == one.birth_name && child.born.year() > 2006 && one.born.year() < child.born.year()
            }),
            Household::Twins => name && date && place && !same_given,
            Household::NamesakesElsewhere => name && same_given && date && !place,
            Household::NamesakesNear => name && same_given && place && (!date || !one.born.is_complete()),
            Household::NamesakeMarried => {
                same_given && date && place && drawn.records.iter().any(|r| r.birth_name != one.birth_name)
            }
            Household::OneNameTwice => name && same_given && one.born.year() + 19 < other.born.year(),
        };
        assert!(holds, "{:?} {number}: {one:?} {other:?}", drawn.household);
    }
    assert_eq!(met.len(), 8, "{met:?}");
}

#[test]
fn a_number_is_coherent_and_has_its_key() {
    let weights = Weights::builtin().expect("the short list");
    let practice = practice(&weights);
    let (mut corsican, mut checked) = (0, 0);
    for record in practice.records().filter(|record| !record.done.contains(&Done::ParentsNumber)) {
        let Some(matricule) = record.ins.map(|ins| ins.matricule()) else { continue };
        assert!(comptoir_identity::Matricule::parse(matricule.as_str()).is_ok(), "the key");
        if record.is_faithful() {
            let place = matricule.number().get(5..10).expect("ASCII");
            assert_eq!(PlaceCode::parse(place), Ok(record.birth_place));
            checked += 1;
            corsican += usize::from(place.starts_with("2A") || place.starts_with("2B"));
        }
    }
    assert!(checked > 10_000 && corsican > 10, "{checked} {corsican}");
}

#[test]
fn former_codes_are_those_of_the_tables() {
    let weights = Weights::builtin().expect("the short list");
    for (old, new) in builtin::MOVES {
        let (old, new) = (PlaceCode::parse(old).expect("a code"), PlaceCode::parse(new).expect("a code"));
        assert!(old.same_territory(&new).is_some(), "{} {}", old.as_str(), new.as_str());
        assert!(weights.former_codes(&new).contains(&old));
    }
}
