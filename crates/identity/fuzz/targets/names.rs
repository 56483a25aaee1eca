//! Names and lists of given names: what is accepted is in the INS alphabet, and spelling it again changes nothing.
#![no_main]

use comptoir_identity::{BirthName, GivenName, GivenNames, UsageName, differing_letters, search_key};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(name) = BirthName::parse(text) {
        let spelled = name.spelled();
        assert!(spelled.len() <= 100 && spelled.bytes().all(|b| b.is_ascii_uppercase() || b" -'".contains(&b)));
        assert_eq!(BirthName::parse(spelled).map(|again| again.spelled().to_owned()).as_deref(), Ok(spelled));
        assert_eq!(search_key(text), search_key(spelled));
    }
    assert_eq!(BirthName::parse(text).is_ok(), UsageName::parse(text).is_ok());
    if let Ok(name) = GivenName::parse(text) {
        assert!(BirthName::parse(name.spelled()).is_ok(), "a given name is stricter than a family name");
    }
    if let Ok(list) = GivenNames::parse(text) {
        assert_eq!(
            GivenNames::parse(list.spelled()).map(|again| again.spelled().to_owned()).as_deref(),
            Ok(list.spelled())
        );
        assert!(list.first().is_some());
    }
    // One name a line, as an array of claims.
    let array: Vec<&str> = text.lines().collect();
    match GivenNames::parse_list(array.iter().copied()) {
        Ok(list) => {
            let names = array.iter().map(|name| GivenName::parse(name).expect("a name of the list"));
            let joined = names.map(|name| name.spelled().to_owned()).collect::<Vec<_>>().join(" ");
            assert!(list.boundaries_known() && list.spelled() == joined);
        }
        Err(_) => assert!(array.is_empty() || array.iter().any(|name| GivenName::parse(name).is_err())),
    }
    // Quadratic on purpose: names are short, and so are the texts that stand beside them.
    if text.len() <= 300 {
        let middle = text.chars().count() / 2;
        let (left, right): (String, String) =
            (text.chars().take(middle).collect(), text.chars().skip(middle).collect());
        let (ours, theirs) = differing_letters(&left, &right);
        assert_eq!(ours.iter().map(|span| span.text.as_str()).collect::<String>(), left);
        assert_eq!(theirs.iter().map(|span| span.text.as_str()).collect::<String>(), right);
    }
});
