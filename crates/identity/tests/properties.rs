//! What holds for every input, not only for the cases of the tables.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

mod people;

use comptoir_identity::{
    BirthDate, BirthName, Candidate, Closeness, Finding, GivenName, GivenNames, Judgement, Link, Matricule, Outcome,
    PhoneticKey, Place, PlaceCode, Stated, Trait, UnknownParts, UsageName, VitaleDate, closeness, compare,
    compare_records, date_closeness, differing_letters, judge, search_key,
};
use people::{Person, person, register};
use proptest::prelude::*;

/// Texts that look like names, and texts that look like nothing.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-zÀ-ÖØ-öø-ÿŒœŸ' ’\\-]{0,24}",
        "[A-Z]{1,8}([ '\\-][A-Z]{1,8}){0,3}",
        "[0-9/.\\- ]{0,12}",
        "[0-9AB ]{13,18}",
        any::<String>(),
    ]
}

fn complete_date() -> impl Strategy<Value = BirthDate> {
    (1850..=2200_u16, 1..=12_u8, 1..=28_u8)
        .prop_map(|(year, month, day)| BirthDate::new(year, Some(month), Some(day)).expect("a date"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_parser_fail_and_normalising_twice_is_normalising_once(text in text()) {
        for spelled in [
            BirthName::parse(&text).ok().map(|name| name.spelled().to_owned()),
            UsageName::parse(&text).ok().map(|name| name.spelled().to_owned()),
        ].into_iter().flatten() {
            let again = BirthName::parse(&spelled).expect("spelled");
            prop_assert_eq!(again.spelled(), &spelled);
            prop_assert!(spelled.bytes().all(|b| b.is_ascii_uppercase() || b" -'".contains(&b)));
        }
        if let Ok(name) = GivenName::parse(&text) {
            let again = GivenName::parse(name.spelled()).expect("spelled");
            prop_assert_eq!(again.spelled(), name.spelled());
        }
        if let Ok(list) = GivenNames::parse(&text) {
            let again = GivenNames::parse(list.spelled()).expect("spelled");
            prop_assert_eq!(again.spelled(), list.spelled());
        }
        let key = search_key(&text);
        prop_assert_eq!(search_key(&key), key.as_str());
        let _ = (BirthDate::parse_iso(&text), BirthDate::parse_french(&text, UnknownParts::Announced));
        let _ = (PlaceCode::parse(&text), Place::search(&text, 3), Matricule::parse(&text), VitaleDate::parse(&text));
    }

    #[test]
    fn a_name_keeps_every_letter_of_what_was_typed(text in text()) {
        if let Ok(name) = BirthName::parse(&text) {
            prop_assert_eq!(search_key(name.spelled()), search_key(&text));
            prop_assert_eq!(name.raw(), text.trim());
            prop_assert_eq!(search_key(&text.to_uppercase()), search_key(&text.to_lowercase()));
        }
    }

    #[test]
    fn a_date_is_read_back_from_either_way_of_writing_it(year in 1850..=2200_u16, month in 0..=12_u8, day in 0..=31_u8) {
        let part = |part: u8| Some(part).filter(|part| *part != 0);
        if let Ok(date) = BirthDate::new(year, part(month), part(day)) {
            prop_assert_eq!(BirthDate::parse_iso(&date.iso()), Ok(date));
            prop_assert_eq!(BirthDate::parse_french(&date.french(), UnknownParts::Announced), Ok(date));
            prop_assert!(date.completed().is_complete());
            // What was completed says no more than what was known.
            let presumed = date.completed().presumed();
            prop_assert!(presumed.year() == year && date.is_complete() || presumed.month().is_none_or(|m| m == month));
            prop_assert!(date.is_complete() || presumed.day().is_none_or(|d| d == day));
        }
    }

    #[test]
    fn nearness_is_the_same_from_either_side(left in text(), right in text()) {
        let near = closeness(&left, &right);
        prop_assert_eq!(near, closeness(&right, &left));
        prop_assert_eq!(near == Closeness::Same, !search_key(&left).is_empty() && search_key(&left) == search_key(&right));
        prop_assert_eq!(PhoneticKey::of(&left), PhoneticKey::of(&search_key(&left)));
    }

    #[test]
    fn nearness_of_dates_is_the_same_from_either_side(left in complete_date(), right in complete_date()) {
        prop_assert_eq!(date_closeness(left, right), date_closeness(right, left));
        prop_assert_eq!(date_closeness(left, left), Closeness::Same);
    }

    #[test]
    fn differing_letters_give_both_texts_back(left in text(), right in text()) {
        let (ours, theirs) = differing_letters(&left, &right);
        let whole = |spans: &[comptoir_identity::Span]| spans.iter().map(|span| span.text.as_str()).collect::<String>();
        prop_assert_eq!((whole(&ours), whole(&theirs)), (left, right));
    }

    #[test]
    fn comparing_is_the_same_from_either_side(one in person(), other in person()) {
        let (a, b) = (one.traits(), other.traits());
        let (there, back) = (compare_records(&a, &b), compare_records(&b, &a));
        for of in Trait::STRICT.iter().chain(&[Trait::Ins]) {
            let kinds = (kind(there.get(*of)), kind(back.get(*of)));
            prop_assert_eq!(kinds.0, kinds.1, "{:?}", of);
        }
    }

    #[test]
    fn what_is_compared_with_itself_is_equal(one in person()) {
        let traits = one.traits();
        let concordance = compare_records(&traits, &traits);
        prop_assert!(!concordance.conflicts());
        for (of, finding) in concordance.findings() {
            // A date partly unknown may be another one of the same year.
            let partial = *of == Trait::BirthDate && traits.birth_date.is_some_and(|date| !date.is_complete());
            prop_assert!(partial || !matches!(finding, Finding::Explained(_) | Finding::Conflict(_)), "{:?}", of);
        }
    }

    #[test]
    fn another_complete_date_is_never_concordant(one in person(), date in complete_date()) {
        let mut traits = one.traits();
        prop_assume!(traits.birth_date.is_some_and(|known| known.is_complete() && known != date));
        let identity = one.identity();
        traits.birth_date = Some(date);
        prop_assert!(compare(&traits, &identity).get(Trait::BirthDate).conflicts());
        let judgement = judge(&identity, [Candidate { record: 1, traits: &traits, opened: true, told_apart: false }]);
        prop_assert!(!matches!(judgement.outcome, Outcome::Concordant | Outcome::Explained));
        prop_assert_ne!(judgement.link, Link::Safe);
    }

    #[test]
    fn a_safe_link_is_to_the_only_record_that_could_be_the_one(one in person(), others in register()) {
        let judgement = judged(&one, &others, None);
        let plausible: Vec<_> = judgement.candidates.iter().filter(|one| one.is_plausible()).collect();
        if judgement.link == Link::Safe {
            prop_assert_eq!(plausible.len(), 1);
            for only in plausible {
                prop_assert!(!only.concordance.conflicts());
                for of in [Trait::BirthDate, Trait::Sex, Trait::BirthPlace] {
                    prop_assert!(matches!(only.concordance.get(of), Finding::Equal(_)), "{:?}", of);
                }
            }
        }
        prop_assert_eq!(judgement.link == Link::Several, judgement.candidates.iter().filter(|one| one.is_plausible()).count() > 1);
    }

    #[test]
    fn one_more_record_never_makes_a_link_safe(one in person(), others in register(), more in person()) {
        let before = judged(&one, &others, None).link;
        let mut together = others.clone();
        together.push(more);
        let after = judged(&one, &together, None).link;
        prop_assert!(before == Link::None || after != Link::Safe || before == Link::Safe);
    }

    #[test]
    fn the_order_of_the_records_means_nothing(one in person(), others in register(), opened in 0..8_usize) {
        let opened = Some(opened).filter(|opened| *opened < others.len());
        let there = judged(&one, &others, opened);
        let backwards: Vec<Person> = others.iter().rev().cloned().collect();
        let back = judged(&one, &backwards, opened.map(|opened| others.len() - 1 - opened));
        prop_assert_eq!((there.outcome, there.link, there.twin), (back.outcome, back.link, back.twin));
        prop_assert_eq!(there.candidates.len(), back.candidates.len());
    }
}

fn judged(one: &Person, others: &[Person], opened: Option<usize>) -> Judgement<usize> {
    let traits: Vec<_> = others.iter().map(Person::traits).collect();
    judge(
        &one.identity(),
        traits.iter().enumerate().map(|(record, traits)| Candidate {
            record,
            traits,
            opened: opened == Some(record),
            told_apart: false,
        }),
    )
}

fn kind(finding: Finding) -> &'static str {
    match finding {
        Finding::Equal(_) => "equal",
        Finding::Explained(_) => "explained",
        Finding::Conflict(_) => "conflict",
        Finding::Absent(_) => "absent",
        Finding::Unreadable(_) => "unreadable",
    }
}

/// The generator does what the properties need: it meets every outcome and every link.
#[test]
fn the_people_drawn_meet_every_outcome() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4_000 {
        let (one, others) = (person(), register()).new_tree(&mut runner).expect("drawn").current();
        let judgement = judged(&one, &others, None);
        seen.insert(format!("{:?}", judgement.outcome));
        seen.insert(format!("link {:?}", judgement.link));
    }
    let every = ["Concordant", "Discordant", "Explained", "Several", "Unknown", "UnusableIdentity"];
    let links = ["link Confirm", "link None", "link Safe", "link Several"];
    assert!(every.iter().chain(&links).all(|one| seen.contains(*one)), "{seen:?}");
    assert!(matches!(Stated::<BirthName>::parse(Some(" "), BirthName::parse), Stated::Absent));
}
