//! Rows 59, 60 and 66–72 of ins.md §12.

use super::*;
use crate::ins::{DatedIns, Environment};
use crate::name::{GivenName, NameErrorKind};
use crate::standing::Attributes;

const ZEROS: &str = "0000000000000000000000";
const SEPARATED: &str =
    "S1275126322074974S21.2.250.1.213.1.4.8\u{1d}S3PIERRE PAUL JACQUES\u{1d}S4HOUILLES\u{1d}S5MS627-01-1993";

fn message(body: &str) -> String {
    format!("IS01{ZEROS}{body}")
}

/// What was read, in the order of the blocks.
fn shown(scanned: &ScannedIdentity) -> String {
    let traits = scanned.traits();
    [
        scanned.ins().matricule().as_str(),
        scanned.ins().oid().as_str().trim_start_matches("1.2.250.1.213.1.4"),
        traits.given_names.known().map_or("-", GivenNames::spelled),
        traits.birth_name.known().map_or("-", BirthName::spelled),
        traits.sex.map_or("-", Sex::letter),
        &traits.birth_date.map_or_else(String::new, BirthDate::iso),
        traits.birth_place.as_ref().map_or("-", PlaceCode::as_str),
    ]
    .join("|")
}

#[test]
fn blocks_are_read_by_their_ids_whatever_became_of_the_separators() {
    let plain = "275126322074974|.8|PIERRE PAUL JACQUES|HOUILLES|M|1993-01-27|-";
    let placed = "275126322074974|.8|PIERRE PAUL JACQUES|HOUILLES|M|1993-01-27|63220";
    let test = "275126322074974|.10|PIERRE PAUL JACQUES|HOUILLES|M|1993-01-27|-";
    let corsican = "297022A02077878|.8|DOMINIQUE|ADRTROIS|F|1997-02-26|2A020";
    #[rustfmt::skip]
    let cases = [
        ("row 66", SEPARATED.to_owned(), plain),
        ("row 66, with its place", format!("{SEPARATED}S763220"), placed),
        ("row 67, S3 last, nothing after it", "S1275126322074974S21.2.250.1.213.1.4.8\u{1d}S4HOUILLES\u{1d}S5MS627-01-1993S763220S3PIERRE PAUL JACQUES".to_owned(), placed),
        ("row 67, S3 last, a separator after it", "S5MS627-01-1993S4HOUILLES\u{1d}S1275126322074974S21.2.250.1.213.1.4.8\u{1d}S3PIERRE PAUL JACQUES\u{1d}".to_owned(), plain),
        ("row 68, shown", SEPARATED.replace('\u{1d}', "<GS>"), plain),
        ("row 68, shown with a caret", SEPARATED.replace('\u{1d}', "^]"), plain),
        ("row 68, shown escaped", SEPARATED.replace('\u{1d}', "\\x1d"), plain),
        ("row 68, shown in braces", SEPARATED.replace('\u{1d}', "{GS}"), plain),
        ("row 68, dropped: JACQUES ends in S before S4", SEPARATED.replace('\u{1d}', ""), plain),
        ("row 68, one of three dropped", SEPARATED.replacen('\u{1d}', "", 1), plain),
        ("row 68, a space instead", SEPARATED.replace('\u{1d}', " "), plain),
        ("row 68, a bar instead", SEPARATED.replace('\u{1d}', "|"), plain),
        ("row 68, a line of its own each", SEPARATED.replace('\u{1d}', "\r\n"), plain),
        ("a separator after every block", "\u{1d}S1275126322074974\u{1d}S21.2.250.1.213.1.4.8\u{1d}S3PIERRE PAUL JACQUES\u{1d}S4HOUILLES\u{1d}S5M\u{1d}S627-01-1993\u{1d}".to_owned(), plain),
        ("row 69, twenty characters, no separator", SEPARATED.replace("4.8\u{1d}", "4.10"), test),
        ("row 69, twenty characters and a separator all the same", SEPARATED.replace("4.8", "4.10"), test),
        ("row 59, Corsica", "S1297022A02077878S21.2.250.1.213.1.4.8\u{1d}S3DOMINIQUE\u{1d}S4ADRTROIS\u{1d}S5FS626-02-1997S72A020".to_owned(), corsican),
        ("row 60, key 01", SEPARATED.replace("275126322074974", "290017505604501"), "290017505604501|.8|PIERRE PAUL JACQUES|HOUILLES|M|1993-01-27|-"),
        ("row 7, a double hyphen in a birth name", SEPARATED.replace("HOUILLES", "HOUILLES--DUPONT"), "275126322074974|.8|PIERRE PAUL JACQUES|HOUILLES--DUPONT|M|1993-01-27|-"),
    ];
    for (rule, body, expected) in cases {
        for read in [message(&body), format!("]d2{}\r\n", message(&body))] {
            assert_eq!(ScannedIdentity::parse(&read).as_ref().map(shown), Ok(expected.to_owned()), "{rule}");
        }
    }
}

#[test]
fn what_is_wrong_or_ambiguous_is_refused_with_its_reason() {
    use DatamatrixError as E;
    let replaced = |from: &str, to: &str| message(&SEPARATED.replace(from, to));
    let garbled = "ISà&àààààààààààààààààààààà S&éè(&éçàéàè'èè";
    #[rustfmt::skip]
    let cases = [
        ("row 70, sex I", replaced("S5M", "S5I"), E::Sex),
        ("row 70, sex X", replaced("S5M", "S5X"), E::Sex),
        ("row 70, ISO date", replaced("27-01-1993", "1993-01-27"), E::BirthDate(BirthDateError::Form)),
        ("row 70, slashes", replaced("27-01-1993", "27/01/1993"), E::BirthDate(BirthDateError::Form)),
        ("row 35, no such day", replaced("27-01-1993", "32-01-1993"), E::BirthDate(BirthDateError::Impossible)),
        ("§1.6, a partial date is no sanitary identity", replaced("27-01-1993", "00-01-1993"), E::BirthDate(BirthDateError::Incomplete)),
        ("row 71, the whole", garbled.to_owned(), E::Keyboard(KeyboardFault::AzertyComputer)),
        ("row 71, the other way round", "IS)!))))))))))))))))))))))S!@&%".to_owned(), E::Keyboard(KeyboardFault::QwertyComputer)),
        ("row 71, capitals locked", message(SEPARATED).to_lowercase(), E::Keyboard(KeyboardFault::CapitalsReversed)),
        ("row 71, the matricule alone", replaced("275126322074974", "éè(&é-\"ééàè'çè'"), E::Keyboard(KeyboardFault::AzertyComputer)),
        ("row 58, transposed", replaced("275126322074974", "275126322047974"), E::Matricule(MatriculeError::Key)),
        ("row 61, scanned, a wrong key is refused", replaced("275126322074974", "181036322045660"), E::Matricule(MatriculeError::Key)),
        ("row 59, 2B with the key of 2A", replaced("275126322074974", "297022B02077878"), E::Matricule(MatriculeError::Key)),
        ("row 15, 101 letters", replaced("HOUILLES", &"A".repeat(101)), E::BirthName(name_error(&"A".repeat(101)))),
        ("row 7, a double hyphen in a given name", replaced("PIERRE PAUL", "PIERRE--PAUL"), E::GivenNames(GivenName::parse("PIERRE--PAUL").expect_err("refused"))),
        ("§1.2, another authority", replaced("213.1.4.8", "213.1.4.7"), E::Oid),
        ("§1.2, a digit too many", replaced("213.1.4.8", "213.1.4.88"), E::Oid),
        ("§5.1, a separator written in letters", message(&SEPARATED.replace('\u{1d}', "GS")), E::SeparatorReadsAsName),
        ("§5.1, a separator written as a hyphen", message(&SEPARATED.replace('\u{1d}', "-")), E::SeparatorReadsAsName),
        ("§5.1, a name twice", message(&format!("{SEPARATED}S4DUPONT")), E::Repeated(Block::BirthName)),
        ("§5.1, the same name twice", message(&format!("{SEPARATED}S4HOUILLES")), E::Repeated(Block::BirthName)),
        ("§5.1, a name inside a name", replaced("PIERRE PAUL", "PIERRE S4PAUL"), E::Repeated(Block::BirthName)),
        ("§5.1, no name", message(&SEPARATED.replace("S4HOUILLES\u{1d}", "")), E::Missing(Block::BirthName)),
        ("§5.1, an empty name", replaced("HOUILLES", ""), E::BirthName(name_error(""))),
        ("§5.1, cut short", message(SEPARATED.trim_end_matches("993")), E::Short(Block::BirthDate)),
        ("§5.1, an unknown block", message(&format!("{SEPARATED}S812")), E::NoBlock),
        ("§5.1, place of four", message(&format!("{SEPARATED}S76322")), E::Short(Block::BirthPlace)),
        ("row 47, AAAAA", message(&format!("{SEPARATED}S7AAAAA")), E::BirthPlace(PlaceCodeError)),
        ("§5.1, version 02", message(SEPARATED).replacen("IS01", "IS02", 1), E::Version),
        ("§5.1, a zero short", message(SEPARATED).replacen("IS010", "IS01", 1), E::NotDatamatrix),
        ("§5.1, header alone", message(""), E::Missing(Block::Oid)),
        ("another code", "DC04FR000001".to_owned(), E::NotDatamatrix),
        ("nothing", String::new(), E::NotDatamatrix),
    ];
    for (rule, read, expected) in cases {
        assert_eq!(ScannedIdentity::parse(&read), Err(expected), "{rule}");
    }
}

fn name_error(name: &str) -> NameError {
    BirthName::parse(name).expect_err("refused")
}

#[test]
fn a_test_number_is_read_and_left_to_the_environment() {
    let scanned = ScannedIdentity::parse(&message(&SEPARATED.replace("4.8\u{1d}", "4.10"))).expect("row 69");
    assert!(!Environment::Production.accepts(scanned.ins().oid()), "row 64: refused in production");
    assert!(Environment::Test.accepts(scanned.ins().oid()), "row 64");
}

#[test]
fn a_hundred_letters_need_no_separator() {
    let hundred = "A".repeat(100);
    let body = SEPARATED.replace("HOUILLES\u{1d}", &hundred);
    let scanned = ScannedIdentity::parse(&message(&body)).expect("row 15: 100 letters are accepted");
    assert_eq!(scanned.traits().birth_name.known().map(BirthName::spelled), Some(hundred.as_str()), "row 15");
    assert_eq!(name_error(&"A".repeat(101)).kind(), NameErrorKind::TooLong, "row 15");
}

#[test]
fn a_scanned_ins_is_in_force_nowhere() {
    let scanned = ScannedIdentity::parse(&message(SEPARATED)).expect("row 72");
    assert_eq!(scanned.traits().ins, InsRecord::EMPTY, "row 72: nothing to show or send before INSi has answered");
    assert_eq!(compose(scanned.traits(), Standing::PROVISIONAL), Err(ComposeError::NotQualified), "row 72");
    let qualified = Standing::new(true, true, Attributes::None).expect("qualified");
    assert_eq!(compose(scanned.traits(), qualified), Err(ComposeError::Unknown(Block::Matricule)), "EXI REC 02");
}

#[test]
fn what_is_written_is_read_back() {
    let qualified = Standing::new(true, true, Attributes::None).expect("qualified");
    let hundred = "A".repeat(100);
    for body in [
        SEPARATED.to_owned(),
        format!("{SEPARATED}S763220"),
        SEPARATED.replace("4.8\u{1d}", "4.10"),
        SEPARATED.replace("HOUILLES\u{1d}", &hundred),
    ] {
        let scanned = ScannedIdentity::parse(&message(&body)).expect("a good message");
        let mut traits = scanned.traits().clone();
        traits.ins = InsRecord::restored(Some(DatedIns::from(scanned.ins())), false, Vec::new());
        assert_eq!(compose(&traits, qualified), Ok(message(&body)), "DMN INS 44");
        for (ins, device) in [(false, false), (true, false), (false, true)] {
            let standing = Standing::new(ins, device, Attributes::None).expect("allowed");
            assert_eq!(compose(&traits, standing), Err(ComposeError::NotQualified), "DMN INS 34");
        }
        traits.sex = Some(Sex::Indeterminate);
        assert_eq!(compose(&traits, qualified), Err(ComposeError::Unknown(Block::Sex)), "ins.md §1.4");
    }
}

#[test]
fn no_byte_out_of_place_makes_it_panic_or_changes_the_number() {
    let good = message(&format!("{SEPARATED}S763220"));
    let number = ScannedIdentity::parse(&good).expect("good").ins();
    for place in 0..good.len() {
        for byte in (0..=255_u8).step_by(11).chain(*b"\x1d 0123456789ABS") {
            let mut bytes = good.clone().into_bytes();
            bytes[place] = byte;
            let read = String::from_utf8_lossy(&bytes).into_owned();
            if let Ok(scanned) = ScannedIdentity::parse(&read)
                && scanned.ins().oid() == number.oid()
            {
                assert_eq!(scanned.ins(), number, "DMN INS 8: the key finds one wrong digit");
            }
        }
        let cut = ScannedIdentity::parse(good.get(..place).expect("ASCII"));
        assert!(cut.is_err() || place == good.len() - 7, "cut short, but for the whole of S7");
    }
}

#[test]
fn neither_an_error_nor_a_debug_line_shows_what_was_read() {
    let scanned = ScannedIdentity::parse(&message(SEPARATED)).expect("good");
    let refused = ScannedIdentity::parse(&message(&SEPARATED.replace("HOUILLES", "HOUILLES2"))).expect_err("refused");
    let lines = format!("{scanned:?} {refused:?} {refused}");
    for part in ["2751", "HOUILLES", "PAUL", "1993"] {
        assert!(!lines.contains(part), "{lines}");
    }
}
