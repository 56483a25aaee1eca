//! Rows 14 and 39 of ins.md §12 and the vectors of §5.3.

use super::checks::check_digit;
use super::*;
use crate::given_names::GivenNames;
use crate::ins::InsRecord;
use crate::name::{BirthName, UsageName};
use crate::traits::{Stated, Traits};

const TD3: [&str; 2] = ["P<FRASPECIMEN<<NATACHA<<<<<<<<<<<<<<<<<<<<<<", "07CD123044FRA7307122F1603062<<<<<<<<<<<<<<04"];
const TD1: [&str; 3] =
    ["IDFRAX4RTBPFW46<<<<<<<<<<<<<<<", "9007138F3002119FRA<<<<<<<<<<<6", "MARTIN<<MAELYS<GAELLE<MARIE<<<"];
const CARD: [&str; 2] = ["IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6"];

fn today() -> Day {
    Day::parse_iso("2026-11-25").expect("a day")
}

fn parse(text: &str) -> Result<MrzIdentity, MrzError> {
    MrzIdentity::parse(text, today())
}

/// A zone like `TD3`, of another person, with its check digits computed here.
fn passport(name: &str, born: &str, sex: &str) -> String {
    let digit = |text: &str| check_digit(text.bytes()).to_string();
    let number = format!("07CD123044FRA{born}{}{sex}1603062{}0", digit(born), "<".repeat(14));
    let part = |from: usize, to: usize| number.get(from..to).expect("in the line");
    let together = [part(0, 10), part(13, 20), part(21, 43)].concat();
    format!("P<FRA{name:<<39}{number}{}", digit(&together))
}

#[test]
fn the_vectors_are_recomputed() {
    for (rule, cells, digit) in [
        ("TD3, number", "07CD12304", 4),
        ("TD3, birth", "730712", 2),
        ("TD3, expiry", "160306", 2),
        ("TD3, optional", "<<<<<<<<<<<<<<", 0),
        ("TD3, composite", "07CD12304473071221603062<<<<<<<<<<<<<<0", 4),
        ("TD1, number", "X4RTBPFW4", 6),
        ("TD1, birth", "900713", 8),
        ("TD1, expiry", "300211", 9),
        ("TD1, composite", "X4RTBPFW46<<<<<<<<<<<<<<<90071383002119<<<<<<<<<<<", 6),
        ("French card, number", "880692310285", 8),
        ("French card, birth", "651206", 8),
        ("French card, the whole", "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<8806923102858CORINNE<<<<<<<6512068F", 6),
    ] {
        assert_eq!(check_digit(cells.bytes()), digit, "ins.md §5.3, {rule}");
    }
}

#[test]
fn each_format_says_who_holds_it() {
    use MrzFormat::{FrenchCard, Td1, Td3};
    #[rustfmt::skip]
    let cases = [
        ("§5.3, TD3", TD3.concat(), (Td3, "FRA", "SPECIMEN", "NATACHA", "1973-07-12", Some(Sex::Female), Some("2016-03-06"))),
        ("§5.3, TD1", TD1.concat(), (Td1, "FRA", "MARTIN", "MAELYS GAELLE MARIE", "1990-07-13", Some(Sex::Female), Some("2030-02-11"))),
        ("§5.3, French card, no expiry", CARD.concat(), (FrenchCard, "FRA", "BERTHIER", "CORINNE", "1965-12-06", Some(Sex::Female), None)),
        ("lines", TD1.join("\r\n"), (Td1, "FRA", "MARTIN", "MAELYS GAELLE MARIE", "1990-07-13", Some(Sex::Female), Some("2030-02-11"))),
        ("small letters, spaces between", format!("{} \n {}  ", TD3[0].to_lowercase(), TD3[1]), (Td3, "FRA", "SPECIMEN", "NATACHA", "1973-07-12", Some(Sex::Female), Some("2016-03-06"))),
        ("spaces for the filling, as in a 2D-Doc", TD3.concat().replace('<', " "), (Td3, "FRA", "SPECIMEN", "NATACHA", "1973-07-12", Some(Sex::Female), Some("2016-03-06"))),
        ("spaces to the end of the last line", TD1.concat().replace('<', " "), (Td1, "FRA", "MARTIN", "MAELYS GAELLE MARIE", "1990-07-13", Some(Sex::Female), Some("2030-02-11"))),
        ("sex not stated", passport("SPECIMEN<<NATACHA", "730712", "<"), (Td3, "FRA", "SPECIMEN", "NATACHA", "1973-07-12", None, Some("2016-03-06"))),
        ("no given name", passport("SPECIMEN", "730712", "M"), (Td3, "FRA", "SPECIMEN", "", "1973-07-12", Some(Sex::Male), Some("2016-03-06"))),
        ("month and day unknown", passport("SPECIMEN<<NATACHA", "73<<<<", "M"), (Td3, "FRA", "SPECIMEN", "NATACHA", "1973-00-00", Some(Sex::Male), Some("2016-03-06"))),
        ("date unknown", passport("SPECIMEN<<NATACHA", "<<<<<<", "M"), (Td3, "FRA", "SPECIMEN", "NATACHA", "", Some(Sex::Male), Some("2016-03-06"))),
    ];
    for (rule, text, expected) in cases {
        let zone = parse(&text).expect(rule);
        let birth = zone.birth_date().map_or_else(String::new, BirthDate::iso);
        let expiry = zone.expiry().map(Day::iso);
        let (name, given) = (zone.name().words(), zone.given_names().words());
        let got = (zone.format(), zone.issuer(), name, given, birth.as_str(), zone.sex(), expiry.as_deref());
        assert_eq!(got, expected, "{rule}");
        assert!(!format!("{zone:?} {:?}", zone.name()).contains(name), "{rule}: Debug");
    }
}

#[test]
fn a_number_of_more_than_nine_characters_goes_on_in_the_optional_ones() {
    // A number of twelve characters: the last three and the check digit after the filled place.
    let digit = |text: &str| check_digit(text.bytes()).to_string();
    let first = format!("I<BEL592123456<789{}<<<<<<<<<<<", digit("592123456789"));
    let second = "9007138F3002119BEL<<<<<<<<<<<";
    let together = [first.get(5..), second.get(..7), second.get(8..15), second.get(18..29)]
        .map(|part| part.expect("ASCII"))
        .concat();
    let zone = format!("{first}{second}{}{}", digit(&together), TD1[2]);
    assert_eq!(parse(&zone).map(|zone| zone.issuer().to_owned()), Ok("BEL".to_owned()), "ICAO 9303-5 §4.2.2.1");
    let wrong = zone.replacen("789", "788", 1);
    let failed = MrzError::CheckDigits(failed_in(&wrong));
    assert_eq!(parse(&wrong).expect_err("refused"), failed);
    assert_eq!(failed_in(&wrong).iter().collect::<Vec<_>>(), [MrzCheck::Number, MrzCheck::Composite]);
}

fn failed_in(text: &str) -> FailedChecks {
    match parse(text) {
        Err(MrzError::CheckDigits(failed)) => failed,
        other => panic!("not a check digit: {other:?}"),
    }
}

#[test]
fn every_wrong_digit_is_found_and_named() {
    use MrzCheck::{BirthDate, Composite, Expiry, Number, Optional};
    for (vector, fields) in [
        (
            TD3.concat(),
            vec![(44..54, Number), (57..64, BirthDate), (65..72, Expiry), (72..87, Optional), (87..88, Composite)],
        ),
        (TD1.concat(), vec![(5..15, Number), (30..37, BirthDate), (38..45, Expiry), (59..60, Composite)]),
        (CARD.concat(), vec![(36..49, Number), (63..70, BirthDate), (71..72, Composite)]),
    ] {
        for (place, was) in vector.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
            for digit in ('0'..='9').filter(|digit| *digit != was) {
                let mut wrong = vector.clone();
                wrong.replace_range(place..=place, &digit.to_string());
                let failed: Vec<_> = failed_in(&wrong).iter().collect();
                let (_, check) = fields.iter().find(|(range, _)| range.contains(&place)).expect("a checked field");
                assert!(failed.contains(check), "ins.md §5.3: digit {place} is protected by {check:?}, not {failed:?}");
            }
        }
    }
}

#[test]
fn the_last_optional_character_is_protected_too() {
    use MrzCheck::{Composite, Optional};
    let digit = |text: &str| check_digit(text.bytes()).to_string();
    let optional = "12345678901237";
    let line = format!("07CD123044FRA7307122F1603062{optional}{}", digit(optional));
    let together = ["07CD123044", "7307122", "1603062", optional, &digit(optional)].concat();
    let passport = format!("{}{line}{}", TD3[0], digit(&together));
    let together = [TD1[0].get(5..).expect("ASCII"), "9007138", "3002119", "<<<<<<<<<<7"].concat();
    let card = format!("{}9007138F3002119FRA<<<<<<<<<<7{}{}", TD1[0], digit(&together), TD1[2]);
    for (rule, zone, from, to, expected) in [
        ("ICAO 9303-4 §4.2.2", &passport, "01237", "01238", vec![Optional, Composite]),
        ("ICAO 9303-5 §4.2.2", &card, "<7", "<8", vec![Composite]),
    ] {
        assert!(parse(zone).is_ok(), "{rule}");
        let failed: Vec<_> = failed_in(&zone.replacen(from, to, 1)).iter().collect();
        assert_eq!(failed, expected, "{rule}");
    }
}

#[test]
fn centuries_are_the_latest_that_are_not_to_come() {
    for (rule, born, expected) in [
        ("row 39", "900713", "1990-07-13"),
        ("born today", "261125", "2026-11-25"),
        ("born tomorrow", "261126", "1926-11-26"),
        ("born this month", "2611<<", "2026-11-00"),
        ("born next month", "2612<<", "1926-12-00"),
        ("29 February of a century that has it", "000229", "2000-02-29"),
        ("29 February of one that has it not", "280229", "1928-02-29"),
    ] {
        let zone = parse(&passport("SPECIMEN<<NATACHA", born, "F")).expect(rule);
        assert_eq!(zone.birth_date().map(BirthDate::iso).as_deref(), Some(expected), "{rule}");
    }
}

#[test]
fn a_document_expires_less_than_fifty_years_away() {
    let digit = |text: &str| check_digit(text.bytes()).to_string();
    for (rule, today, written, expected) in [
        ("ten years ago", "2026-11-25", "160306", Some("2016-03-06")),
        ("in the last century", "2026-11-25", "991231", Some("1999-12-31")),
        ("in fifty years", "2026-11-25", "761231", Some("2076-12-31")),
        ("in the next century", "2095-11-25", "050101", Some("2105-01-01")),
        ("not stated", "2026-11-25", "<<<<<<", None),
        ("written as zeros", "2026-11-25", "000000", None),
    ] {
        let line = format!("07CD123044FRA7307122F{written}{}<<<<<<<<<<<<<<0", digit(written));
        let part = |from: usize, to: usize| line.get(from..to).expect("in the line");
        let composite = digit(&[part(0, 10), part(13, 20), part(21, 43)].concat());
        let zone = MrzIdentity::parse(&format!("{}{line}{composite}", TD3[0]), Day::parse_iso(today).expect("a day"));
        assert_eq!(zone.expect(rule).expiry().map(Day::iso).as_deref(), expected, "ZFD-8: {rule}");
    }
}

#[test]
fn a_full_field_of_the_old_card_may_be_cut() {
    let digit = |text: &str| check_digit(text.bytes()).to_string();
    for (rule, name, given_names, cut) in [
        ("§5.3, 25 letters", "AZERTYUIOPMLKJHGFDSQWXCVB", "CORINNE", [true, false]),
        ("§5.3, 24 letters", "AZERTYUIOPMLKJHGFDSQWXCV", "CORINNE", [false, false]),
        ("§5.3, 14 letters", "BERTHIER", "CORINNE<<NATAC", [false, true]),
    ] {
        let zone = format!("IDFRA{name:<<25}<<<<<<8806923102858{given_names:<<14}6512068F");
        let zone = parse(&format!("{zone}{}", digit(&zone))).expect(rule);
        assert_eq!([zone.name(), zone.given_names()].map(MrzName::possibly_truncated), cut, "{rule}");
        assert_eq!(zone.name().words(), name, "{rule}");
        assert_eq!(zone.given_names().words(), given_names.replace("<<", " "), "{rule}");
    }
}

#[test]
fn what_is_no_such_zone_is_refused_with_its_reason() {
    #[rustfmt::skip]
    let cases = [
        ("empty", String::new(), MrzError::Length),
        ("one line of two", TD3[0].to_owned(), MrzError::Length),
        ("a character short", TD3.concat().replacen('P', "", 1), MrzError::Length),
        ("an accent", TD3.concat().replacen("NATACHA", "NATÄCHA", 1), MrzError::Character),
        ("a point", TD3.concat().replacen('<', ".", 1), MrzError::Character),
        ("row 71, a French keyboard", TD3.concat().replace('0', "à").replace('1', "&"), MrzError::Keyboard(KeyboardFault::AzertyComputer)),
        ("a visa", TD3.concat().replacen('P', "V", 1), MrzError::Kind),
        ("a card of two lines from elsewhere", CARD.concat().replacen("FRA", "D<<", 1), MrzError::Kind),
        ("a digit in the name", passport("SPECIM3N<<NATACHA", "730712", "F"), MrzError::Name),
        ("no name", passport("<<NATACHA", "730712", "F"), MrzError::Name),
        ("a sex of another letter", passport("SPECIMEN<<NATACHA", "730712", "H"), MrzError::Sex),
        ("row 35, month 13", passport("SPECIMEN<<NATACHA", "731312", "F"), MrzError::BirthDate),
        ("row 36, no such day", passport("SPECIMEN<<NATACHA", "730230", "F"), MrzError::BirthDate),
        ("half a year", passport("SPECIMEN<<NATACHA", "7<0712", "F"), MrzError::BirthDate),
    ];
    for (rule, text, expected) in cases {
        assert_eq!(parse(&text).map(|_| ()), Err(expected), "{rule}");
    }
}

fn traits(birth_name: &str, usage_name: &str, given_names: &str, born: &str, sex: Option<Sex>) -> Traits {
    let given_names = Stated::parse(Some(given_names), GivenNames::parse);
    Traits {
        birth_name: Stated::parse(Some(birth_name), BirthName::parse),
        first_given_name: given_names
            .known()
            .and_then(GivenNames::first)
            .cloned()
            .map_or(Stated::Absent, Stated::Known),
        given_names,
        birth_date: BirthDate::parse_iso(born).ok(),
        sex,
        birth_place: None,
        usage_name: Stated::parse(Some(usage_name), UsageName::parse),
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    }
}

#[test]
fn a_zone_is_compatible_or_not_never_equal() {
    use Compatibility::{Compatible, Differs, NotStated, Truncated};
    let fifty_two = "AZERTYUIOPMLKJHGFDSQWXCVBNAZERTYUIOPMLKJHGFDSQWXCVBN";
    let long = passport(fifty_two.get(..39).expect("ASCII"), "730712", "F");
    let plain = passport("TROIS<DUPRE<<MELISSANDRE<JULIETTE", "730712", "F");
    let cut_given = passport("TROIS<DUPRE<<MELISSANDRE<JULIETTE<MARIE", "730712", "F");
    let umlaut = passport("MUELLER<<JOERG", "730712", "M");
    let unknown = passport("SPECIMEN<<NATACHA", "<<<<<<", "<");
    let card = CARD.concat();
    let (f, m) = (Some(Sex::Female), Some(Sex::Male));
    #[rustfmt::skip]
    let cases = [
        ("row 14", &long, traits(fifty_two, "", "BERTRAND CYRIL", "1973-07-12", f), [Truncated, NotStated, NotStated, Compatible, Compatible]),
        ("row 14, another beginning", &long, traits(&fifty_two.replacen('A', "B", 1), "", "BERTRAND", "1973-07-12", f), [Differs, NotStated, NotStated, Compatible, Compatible]),
        ("row 6, hyphen", &plain, traits("TROIS-DUPRE", "", "Melissandre Juliette", "1973-07-12", f), [Compatible, NotStated, Compatible, Compatible, Compatible]),
        ("row 3, apostrophe", &plain, traits("TROIS D'UPRE", "", "MELISSANDRE", "1973-07-12", f), [Compatible, NotStated, Compatible, Compatible, Compatible]),
        ("fewer names in the zone", &plain, traits("TROIS DUPRE", "", "MELISSANDRE JULIETTE ANNE", "1973-07-12", f), [Compatible, NotStated, Compatible, Compatible, Compatible]),
        ("row 25, a prefix that is no whole name", &plain, traits("TROIS DUPRE", "", "MELI", "1973-07-12", f), [Compatible, NotStated, Differs, Compatible, Compatible]),
        ("no prefix where the zone had room", &plain, traits("TROIS DUPREZ", "", "MELISSANDRE", "1973-07-12", f), [Differs, NotStated, Compatible, Compatible, Compatible]),
        ("given names cut", &cut_given, traits("TROIS DUPRE", "", "MELISSANDRE JULIETTE MARIETTE", "1973-07-12", f), [Compatible, NotStated, Truncated, Compatible, Compatible]),
        ("given names cut, the name is whole", &cut_given, traits("TROIS DUPREZ", "", "MELISSANDRE", "1973-07-12", f), [Differs, NotStated, Compatible, Compatible, Compatible]),
        ("§5.3, the name in use", &plain, traits("MARTIN", "TROIS-DUPRÉ", "MELISSANDRE", "1973-07-12", f), [Differs, Compatible, Compatible, Compatible, Compatible]),
        ("ICAO 9303-3 §6, written otherwise than the INS", &umlaut, traits("Müller", "", "Jörg", "1973-07-12", m), [Compatible, NotStated, Compatible, Compatible, Compatible]),
        ("row 37, another date", &plain, traits("TROIS DUPRE", "", "MELISSANDRE", "1973-12-07", f), [Compatible, NotStated, Compatible, Differs, Compatible]),
        ("row 39, a hundred years older", &plain, traits("TROIS DUPRE", "", "MELISSANDRE", "1873-07-12", f), [Compatible, NotStated, Compatible, Compatible, Compatible]),
        ("row 31, the register knows the year", &plain, traits("TROIS DUPRE", "", "MELISSANDRE", "1973-00-00", f), [Compatible, NotStated, Compatible, Compatible, Compatible]),
        ("row 44, sex", &plain, traits("TROIS DUPRE", "", "MELISSANDRE", "1973-07-12", m), [Compatible, NotStated, Compatible, Compatible, Differs]),
        ("nothing stated", &unknown, traits("SPECIMEN", "", "NATACHA", "1973-07-12", f), [Compatible, NotStated, Compatible, NotStated, NotStated]),
        ("nothing held", &plain, traits("", "", "", "", None), [NotStated; 5]),
        ("old card", &card, traits("BERTHIER", "", "CORINNE MARIE", "1965-12-06", f), [Compatible, NotStated, Compatible, Compatible, Compatible]),
    ];
    for (rule, zone, record, expected) in cases {
        let found = parse(zone).expect(rule).compatible(&record);
        let got = [found.birth_name, found.usage_name, found.given_names, found.birth_date, found.sex];
        assert_eq!(got, expected, "{rule}");
        let [birth, usage, rest @ ..] = expected;
        let named = [birth, usage].iter().any(|found| matches!(found, Compatible | Truncated));
        assert_eq!(found.is_compatible(), named && !rest.contains(&Differs), "{rule}");
    }
}

#[test]
fn no_byte_out_of_place_makes_it_panic() {
    for vector in [TD3.join("\n"), TD1.join("\n"), CARD.join("\n")] {
        for place in 0..vector.len() {
            for byte in (0..=255_u8).step_by(11).chain(*b"\x1d\x1e\x1f <09AZ") {
                let mut bytes = vector.clone().into_bytes();
                bytes[place] = byte;
                let read = String::from_utf8_lossy(&bytes).into_owned();
                if let Ok(zone) = parse(&read) {
                    // Where no check digit stands, what is read is still of the form of a zone.
                    assert!(zone.issuer().len() <= 3 && !zone.name().words().is_empty(), "ICAO 9303");
                }
            }
            let _ = parse(vector.get(..place).expect("ASCII"));
        }
    }
}
