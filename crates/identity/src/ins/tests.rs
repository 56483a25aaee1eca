//! Rows 56–65 of ins.md §12 and the matricules of §1.3 and §8.1.

use super::*;
use crate::moment::Day;
use std::collections::HashMap;

fn ins(text: &str, oid: InsOid) -> Ins {
    Ins::new(Matricule::parse(text).expect("a good matricule"), oid)
}

fn received(number: &str, key: &str) -> ReceivedMatricule {
    Matricule::received(number, Some(key)).expect("the form of a number")
}

#[test]
fn what_is_typed_or_scanned_is_checked_before_any_search() {
    use MatriculeError::{Form, Key, KeyMissing, Length};
    #[rustfmt::skip]
    let cases = [
        ("row 56", "275126322074974", Ok("275126322074974")),
        ("row 56, printed in groups", "2 75 12 63 220 749 74", Ok("275126322074974")),
        ("row 56, thin spaces", " 2\u{202f}75\u{202f}12\u{a0}63 220 749\u{a0}74 ", Ok("275126322074974")),
        ("row 57, key", "275126322074973", Err(Key)),
        ("row 57, 13 digits", "2751263220749", Err(KeyMissing)),
        ("row 58, transposed", "275126322047974", Err(Key)),
        ("row 59, 2A", "297022A02077878", Ok("297022A02077878")),
        ("row 59, 2A typed small", "297022a02077878", Ok("297022A02077878")),
        ("row 59, 2B with the key of 2A", "297022B02077878", Err(Key)),
        ("row 59, 2B", "297022B02077808", Ok("297022B02077808")),
        ("row 60, key 01", "290017505604501", Ok("290017505604501")),
        ("row 60, key 97", "290017505604697", Ok("290017505604697")),
        ("row 60, leading zero lost", "29001750560451", Err(Length)),
        ("row 61, HERMANN typed", "181036322045660", Err(Key)),
        ("§1.3", "236066322083656", Ok("236066322083656")),
        ("§1.3", "109076322083489", Ok("109076322083489")),
        ("§1.3, NIA", "109076322088835", Ok("109076322088835")),
        ("§1.3, 2B", "160012B02077713", Ok("160012B02077713")),
        ("§1.3, 2B", "180032B02040123", Ok("180032B02040123")),
        ("§1.3", "279035121518989", Ok("279035121518989")),
        ("§1.3", "260058815400233", Ok("260058815400233")),
        ("§1.3, wrong in public examples", "276037510669380", Err(Key)),
        ("§1.3, wrong in public examples", "194052203228988", Err(Key)),
        ("a letter after another digit than 2", "297021A02077878", Err(Form)),
        ("a letter elsewhere", "29702A202077878", Err(Form)),
        ("another letter", "297022C02077878", Err(Form)),
        ("row 71, a keyboard garbles it", "é751263220749'(", Err(Form)),
        ("digits of another script", "٢75126322074974", Err(Form)),
        ("a letter in the key", "27512632207497A", Err(Form)),
        ("empty", "", Err(Length)),
    ];
    for (rule, text, expected) in cases {
        let got = Matricule::parse(text);
        assert_eq!(got.as_ref().map(Matricule::as_str).map_err(|e| *e), expected, "{rule}: {text}");
    }
}

#[test]
fn what_is_received_is_never_refused_on_its_key() {
    #[rustfmt::skip]
    let cases = [
        ("row 56", "2751263220749", Some("74"), Ok(("275126322074974", None))),
        ("row 61, HERMANN", "1810363220456", Some("60"), Ok(("181036322045660", Some(KeyWarning::NotOfThisNumber)))),
        ("row 61, its history", "2810363220456", Some("10"), Ok(("281036322045610", Some(KeyWarning::NotOfThisNumber)))),
        ("§1.3, the key is optional", "297022A020778", None, Ok(("297022A02077878", Some(KeyWarning::Computed)))),
        ("an empty key", "2900175056045", Some(""), Ok(("290017505604501", Some(KeyWarning::Computed)))),
        ("a key of one digit", "2900175056045", Some("1"), Ok(("290017505604501", Some(KeyWarning::Computed)))),
        ("twelve characters", "290017505604", Some("01"), Err(MatriculeError::Length)),
        ("no number", "29001750560é", Some("01"), Err(MatriculeError::Form)),
    ];
    for (rule, number, key, expected) in cases {
        let got = Matricule::received(number, key);
        let seen = got.as_ref().map(|r| (r.matricule.as_str(), r.warning)).map_err(|e| *e);
        assert_eq!(seen, expected, "{rule}");
    }
    let parts = received("2900175056045", "01").matricule;
    assert_eq!((parts.number(), parts.key()), ("2900175056045", "01"));
}

#[test]
fn the_environment_decides_which_authorities_are_kept() {
    use Environment::{Demonstration, Production, Test};
    #[rustfmt::skip]
    let cases = [
        ("row 62, NIR", "1.2.250.1.213.1.4.8", InsOid::Nir, InsNature::Nir, [true, true, true]),
        ("row 62, NIA", "1.2.250.1.213.1.4.9", InsOid::Nia, InsNature::Nia, [true, true, true]),
        ("row 64, test", "1.2.250.1.213.1.4.10", InsOid::NirTest, InsNature::Nir, [false, true, true]),
        ("row 64, demonstration", "1.2.250.1.213.1.4.11", InsOid::NirDemonstration, InsNature::Nir, [false, false, true]),
    ];
    for (rule, text, oid, nature, accepted) in cases {
        assert_eq!(InsOid::parse(text), Ok(oid), "{rule}");
        assert_eq!(InsOid::parse(&format!("urn:oid:{text}")), Ok(oid), "{rule}");
        assert_eq!((oid.as_str(), oid.nature()), (text, nature), "{rule}");
        assert_eq!([Production, Test, Demonstration].map(|e| e.accepts(oid)), accepted, "{rule}");
    }
    assert_eq!(InsOid::parse("1.2.250.1.213.1.4.12"), Err(UnknownInsOid));
}

#[test]
fn the_key_of_an_identity_is_the_pair() {
    let real = ins("275126322074974", InsOid::Nir);
    assert_eq!(real, ins("2 75 12 63220 749 74", InsOid::Nir));
    assert_ne!(real, ins("275126322074974", InsOid::NirTest), "row 64");
    assert_ne!(real, ins("109076322083489", InsOid::Nir), "two people of one authority");
    let wrong_key = Ins::new(received("2751263220749", "73").matricule, InsOid::Nir);
    assert_ne!(real, wrong_key, "EXI REC 08: what was received is not corrected");
}

#[test]
fn a_register_can_hold_one_record_per_active_pair() {
    let record = InsRecord::EMPTY.put_in_force(ins("275126322074974", InsOid::Nir).into(), &[]);
    let test = InsRecord::EMPTY.put_in_force(ins("275126322074974", InsOid::NirTest).into(), &[]);
    let mut index = HashMap::new();
    assert_eq!(index.insert(record.active().expect("in force"), 1), None);
    assert_eq!(index.insert(record.active().expect("in force"), 2), Some(1), "row 63: the place is taken");
    assert_eq!(index.insert(test.active().expect("in force"), 3), None, "row 64: another key");
    assert_eq!(record.invalidated().active(), None, "an invalidated INS holds no place");
}

#[test]
fn a_provisional_number_gives_way_to_the_definitive_one() {
    let nia = ins("109076322088835", InsOid::Nia);
    let nir = ins("109076322083489", InsOid::Nir);
    let before = InsRecord::EMPTY.put_in_force(nia.into(), &[]);
    let after = before.put_in_force(nir.into(), &[]);
    assert_eq!(after.active().map(|active| *active.ins()), Some(nir), "row 62");
    assert_eq!(after.former(), [DatedIns::from(nia)], "row 62: to history");
    assert!(after.knows(&nia) && after.knows(&nir), "row 62: no second record");
    assert!(!after.knows(&ins("109076322088835", InsOid::Nir)), "never the matricule alone");
}

#[test]
fn a_historical_number_finds_its_owner() {
    let day = |text| Day::parse_iso(text).ok();
    let historical = ins("209076322083439", InsOid::Nir);
    // As the platform answers it: the end before the beginning.
    let odd = DatedIns { ins: historical, from: day("2019-03-01"), until: day("2019-02-28") };
    let record = InsRecord::EMPTY.put_in_force(historical.into(), &[]);
    let updated = record.put_in_force(ins("109076322083489", InsOid::Nir).into(), &[odd]);
    assert!(updated.knows(&historical), "row 65");
    assert_eq!(updated.former(), [historical.into(), odd], "row 65: history as received beside what we held");
    let again = updated.put_in_force(ins("109076322083489", InsOid::Nir).into(), &[odd]);
    assert_eq!(again, updated, "asking INSi twice adds nothing");
}

#[test]
fn a_history_may_repeat_the_active_number() {
    let active = ins("180032B02040123", InsOid::Nir);
    let record = InsRecord::EMPTY.put_in_force(active.into(), &[active.into()]);
    assert_eq!(record.active().map(|a| *a.ins()), Some(active), "§8.1 CORSE");
    assert_eq!(record.former().len(), 1, "EXI REC 08: the answer is kept unchanged");
}

#[test]
fn invalidation_hides_and_keeps() {
    let number = ins("275126322074974", InsOid::Nir);
    let hidden = InsRecord::EMPTY.put_in_force(number.into(), &[]).invalidated();
    assert_eq!((hidden.active(), hidden.hidden()), (None, Some(&number)), "DMN INS 32");
    assert!(hidden.knows(&number));
    assert_eq!(InsRecord::restored(hidden.held().copied(), true, Vec::new()), hidden, "kept and read back");
    let again = hidden.put_in_force(number.into(), &[]);
    assert!(again.active().is_some() && again.former().is_empty(), "earned again, it is the same number");
}

#[test]
fn neither_an_error_nor_a_debug_line_shows_the_number() {
    let number = ins("275126322074974", InsOid::Nir);
    let record = InsRecord::EMPTY.put_in_force(number.into(), &[number.into()]);
    let lines = format!("{number:?} {:?} {record:?} {:?}", number.matricule(), record.active());
    assert!(!lines.contains("2751"), "{lines}");
}
