//! Rows 27, 30, 34, 43–45, 47, 55, 61, 62, 64, 65 of ins.md §12, DMN INS 13–16 and INS 28, with the people of §8.1.

use super::*;
use crate::compare::Trait;
use crate::date::BirthDate;
use crate::fixtures::{ADRUN, NIR, traits};
use crate::given_names::GivenNames;
use crate::history::Author;
use crate::identity::{Act, Identity};
use crate::ins::{Environment, InsNature, KeyWarning};
use crate::moment::Moment;
use crate::name::GivenName;
use crate::policy::Policy;
use crate::sex::Sex;
use crate::standing::{Attribute, Attributes, Status};
use crate::traits::{Stated, Traits};

const NIA: &str = "1.2.250.1.213.1.4.9";

const fn number<'a>(number: &'a str, key: &'a str, oid: &'a str) -> InsiNumber<'a> {
    InsiNumber { number, key: Some(key), oid, from: None, until: None }
}

const HERMANN: InsiClaims<'_> = InsiClaims {
    active: number("1810363220456", "60", NIR),
    history: &[number("2810363220456", "10", NIR)],
    birth_name: "HERMANN",
    given_names: "GATIEN",
    sex: "M",
    birth_date: "1981-03-24",
    birth_place: Some("63220"),
};
const ECETINSI: InsiClaims<'_> = InsiClaims {
    active: number("1090763220834", "89", NIR),
    history: &[number("2090763220834", "39", NIR), number("2090663220123", "55", NIR)],
    birth_name: "ECETINSI",
    given_names: "PIERRE-ALAIN MURIEL FLORIANT",
    sex: "M",
    birth_date: "2009-07-14",
    birth_place: Some("63220"),
};

fn record(traits: Traits) -> Identity {
    Identity::restored(traits, None, Attributes::None).expect("allowed")
}

fn now<T>(apply: impl FnOnce(Act<'_>) -> T) -> T {
    let (author, policy) = (Author::parse("accueil").expect("a name"), Policy::undecided());
    apply(Act { author: &author, at: Moment(1), policy: &policy })
}

fn read(claims: &InsiClaims<'_>) -> Result<InsIdentity, InsiUnusable> {
    InsIdentity::read(claims, Environment::Production)
}

#[test]
fn an_answer_that_may_not_be_imported_is_no_identity() {
    use InsiUnusable::{Empty, IncompleteDate, Unreadable};
    #[rustfmt::skip]
    let cases = [
        ("row 34", InsiClaims { birth_date: "1950-00-00", ..ADRUN }, Err(IncompleteDate)),
        ("INS 15, day", InsiClaims { birth_date: "1950-05-00", ..ADRUN }, Err(IncompleteDate)),
        ("INS 15, month", InsiClaims { birth_date: "1950-00-12", ..ADRUN }, Err(IncompleteDate)),
        ("INS 16.1", InsiClaims { birth_name: "", ..ADRUN }, Err(Empty(Trait::BirthName))),
        ("INS 16.2", InsiClaims { given_names: " ", ..ADRUN }, Err(Empty(Trait::GivenNames))),
        ("INS 16.3", InsiClaims { sex: "", ..ADRUN }, Err(Empty(Trait::Sex))),
        ("no date", InsiClaims { birth_date: "", ..ADRUN }, Err(Empty(Trait::BirthDate))),
        ("§1.4, I never comes from INSi", InsiClaims { sex: "I", ..ADRUN }, Err(Unreadable(Trait::Sex))),
        ("an impossible day", InsiClaims { birth_date: "1975-02-31", ..ADRUN }, Err(Unreadable(Trait::BirthDate))),
        ("§1.4, form", InsiClaims { birth_place: Some("AAAAA"), ..ADRUN }, Err(Unreadable(Trait::BirthPlace))),
        ("row 64", InsiClaims { active: number("2751263220749", "74", "1.2.250.1.213.1.4.10"), ..ADRUN }, Err(InsiUnusable::WrongEnvironment)),
        ("§1.2", InsiClaims { active: number("2751263220749", "74", "1.2.250.1.71.4.2.7"), ..ADRUN }, Err(InsiUnusable::UnknownAuthority)),
        ("as it should be", ADRUN, Ok(())),
        ("row 55", InsiClaims { birth_place: None, ..ADRUN }, Ok(())),
        ("row 47, no such commune", InsiClaims { birth_place: Some("2A020"), ..ADRUN }, Ok(())),
        ("row 45, row 61", HERMANN, Ok(())),
    ];
    for (rule, claims, expected) in cases {
        assert_eq!(read(&claims).map(|_| ()), expected, "{rule}");
    }
}

#[test]
fn the_code_says_one_none_or_several() {
    let answer = |code, one| InsiAnswer::read(code, one, Environment::Test);
    assert!(matches!(answer("00", Some(&ADRUN)), Ok(InsiAnswer::Found(_))));
    assert_eq!(answer("00", None), Err(InsiUnusable::NobodyInside));
    assert_eq!(answer("01", None), Ok(InsiAnswer::NotFound), "row 98");
    assert_eq!(answer("02", Some(&ADRUN)), Ok(InsiAnswer::Several), "row 99: never a list");
    assert_eq!(answer("03", Some(&ADRUN)), Err(InsiUnusable::UnknownCode));
}

#[test]
fn what_is_odd_is_said_and_refuses_nothing() {
    let cut = InsiClaims {
        history: &[InsiNumber { number: "209076322", key: None, oid: NIR, from: None, until: None }],
        ..ECETINSI
    };
    #[rustfmt::skip]
    let cases: [(&str, InsiClaims<'_>, &[InsiWarning]); 5] = [
        ("plain", ADRUN, &[]),
        ("row 61", HERMANN, &[InsiWarning::Key(KeyWarning::NotOfThisNumber)]),
        ("row 55", InsiClaims { birth_place: None, ..ADRUN }, &[InsiWarning::PlaceMissing]),
        ("§1.3, no key", InsiClaims { active: InsiNumber { key: None, ..ADRUN.active }, ..ADRUN }, &[InsiWarning::Key(KeyWarning::Computed)]),
        ("EXI REC 08", cut, &[InsiWarning::FormerNumberUnreadable]),
    ];
    for (rule, claims, warnings) in cases {
        assert_eq!(read(&claims).expect(rule).warnings(), warnings, "{rule}");
    }
    let hermann = read(&HERMANN).expect("row 45");
    assert_eq!(hermann.active().ins.matricule().as_str(), "181036322045660", "row 61: as received");
    assert_eq!(hermann.history().len(), 1, "row 45: a number that begins with 2 for a man is no alarm");
}

#[test]
fn the_strict_traits_become_those_of_the_answer() {
    let spelled = |t: &Traits| {
        (
            t.birth_name.known().map(|n| n.spelled().to_owned()),
            t.first_given_name.known().map(|n| n.spelled().to_owned()),
            t.given_names.known().map(|n| n.spelled().to_owned()),
            t.sex.map(Sex::letter),
            t.birth_date.map(BirthDate::iso),
            t.birth_place.map(|place| place.as_str().to_owned()),
        )
    };
    let five = |name: &str, first: &str, list: &str, sex: &'static str, date: &str, place: &str| {
        let text = |text: &str| Some(text.to_owned());
        (text(name), text(first), text(list), Some(sex), text(date), text(place))
    };
    let place_missing = InsiClaims { birth_place: None, ..ADRUN };
    #[rustfmt::skip]
    let cases = [
        ("INS 13", traits("Adrun", "Zoé", "F", "1975-12-31", "99999"), ADRUN, five("ADRUN", "ZOE", "ZOE", "F", "1975-12-31", "63220")),
        ("row 44", traits("Adrun", "Zoé", "I", "1975-12-31", "63220"), ADRUN, five("ADRUN", "ZOE", "ZOE", "F", "1975-12-31", "63220")),
        ("row 55", traits("Adrun", "Zoé", "F", "1975-12-31", "63113"), place_missing, five("ADRUN", "ZOE", "ZOE", "F", "1975-12-31", "63113")),
        ("row 27", traits("Ecetinsi", "Pierre-Alain", "M", "2009-07-14", "63220"), ECETINSI, five("ECETINSI", "PIERRE-ALAIN", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14", "63220")),
        ("row 24", traits("Ecetinsi", "Pierre", "M", "2009-07-14", "63220"), ECETINSI, five("ECETINSI", "PIERRE", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14", "63220")),
    ];
    for (rule, before, claims, expected) in cases {
        let identity = record(before);
        let taken = now(|act| identity.accept(&read(&claims).expect(rule), act)).expect(rule);
        assert_eq!(spelled(taken.identity().traits()), expected, "{rule}");
        assert_eq!(taken.identity().status(), Status::Retrieved, "{rule}");
        assert!(!taken.warnings().contains(&InsiWarning::FirstGivenNameReplaced), "INS 14, {rule}");
    }
}

#[test]
fn a_given_name_outside_the_list_is_alerted() {
    let catarina = InsiClaims {
        active: number("2360663220836", "56", NIR),
        birth_name: "TCHITCHI",
        given_names: "CATARINA BELLA",
        sex: "F",
        birth_date: "1936-06-21",
        ..ADRUN
    };
    let ola = record(traits("Tchitchi", "Ola", "F", "1936-06-21", "63220"));
    let taken = now(|act| ola.accept(&read(&catarina).expect("usable"), act)).expect("row 30");
    assert_eq!(taken.warnings(), [InsiWarning::FirstGivenNameReplaced], "row 30, INS 14, EXI ID 10");
    let after = taken.identity().traits();
    assert_eq!(after.first_given_name.known().map(GivenName::spelled), Some("CATARINA"), "row 30");
    assert_eq!(after.usage_given_name, Stated::Absent, "EXI ID 08: a name in use is never filled by copying");
    assert!(ola.traits().first_given_name.known().is_some(), "row 107: the record before is untouched");
}

#[test]
fn a_number_that_changes_is_the_same_person_when_history_says_so() {
    let provisional = InsiClaims { active: number("1090763220888", "35", NIA), history: &[], ..ECETINSI };
    let historical = InsiClaims { active: number("2090763220834", "39", NIR), history: &[], ..ECETINSI };
    #[rustfmt::skip]
    let cases: [(&str, InsiClaims<'_>, InsNature, &[InsiWarning]); 3] = [
        ("row 62", provisional, InsNature::Nia, &[]),
        ("row 65", historical, InsNature::Nir, &[]),
        ("§2.4", ADRUN, InsNature::Nir, &[InsiWarning::FirstGivenNameReplaced, InsiWarning::OtherNumber]),
    ];
    for (rule, first, nature, warnings) in cases {
        let blank = record(traits("Ecetinsi", "Pierre-Alain", "M", "2009-07-14", "63220"));
        let held = now(|act| blank.accept(&read(&first).expect(rule), act)).expect(rule).into_parts().0;
        let old = *held.traits().ins.active().expect("in force").ins();
        assert_eq!(old.oid().nature(), nature, "{rule}");
        let updated = now(|act| held.accept(&read(&ECETINSI).expect(rule), act)).expect(rule);
        assert_eq!(updated.warnings(), warnings, "{rule}");
        let record = &updated.identity().traits().ins;
        assert_eq!(
            record.active().map(|a| a.ins().matricule().as_str().to_owned()).as_deref(),
            Some("109076322083489"),
            "{rule}"
        );
        assert!(record.former().iter().any(|former| former.ins == old), "{rule}: the old one to history");
    }
}

#[test]
fn insi_is_asked_only_with_what_it_needs() {
    let whole = || traits("Adrun", "Zoé", "F", "1975-12-31", "63220");
    let marked = |attribute| now(|act| record(whole()).mark(attribute, act)).expect("allowed").into_parts().0;
    let listed = Traits {
        first_given_name: Stated::Absent,
        given_names: Stated::parse(Some("Zoé Anne"), GivenNames::parse),
        ..whole()
    };
    #[rustfmt::skip]
    let cases = [
        ("as it should be", record(whole()), Ok(())),
        ("a list is enough", record(listed), Ok(())),
        ("row 43", record(traits("Adrun", "Zoé", "", "1975-12-31", "63220")), Err(NotCallable::SexNotKnown)),
        ("row 44", record(traits("Adrun", "Zoé", "I", "1975-12-31", "63220")), Err(NotCallable::SexNotKnown)),
        ("insi_19", record(traits("", "Zoé", "F", "1975-12-31", "63220")), Err(NotCallable::BirthNameMissing)),
        ("no given name", record(traits("Adrun", "", "F", "1975-12-31", "63220")), Err(NotCallable::GivenNameMissing)),
        ("row 31, EXI ID 12", record(traits("Adrun", "Zoé", "F", "1975-00-00", "63220")), Err(NotCallable::BirthDateNotWhole)),
        ("row 82, INS 28.1", marked(Attribute::Doubtful), Err(NotCallable::DoubtfulOrFictitious)),
        ("row 84, INS 28.2", marked(Attribute::Fictitious), Err(NotCallable::DoubtfulOrFictitious)),
        ("§2.2, a homonym is asked about", marked(Attribute::Homonym), Ok(())),
    ];
    for (rule, identity, expected) in cases {
        assert_eq!(InsiQuery::of(&identity).map(|_| ()), expected, "{rule}");
    }
    let nowhere = record(traits("Adrun", "Zoé", "F", "1975-12-31", "99999"));
    assert_eq!(InsiQuery::of(&nowhere).expect("callable").birth_place(), None, "§1.7: 99999 is not sent");
}
