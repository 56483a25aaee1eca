use super::*;
use std::collections::BTreeMap;

#[test]
fn every_message_says_what_happened_what_was_kept_and_what_to_do() {
    for (position, (code, message)) in MESSAGES.iter().enumerate() {
        let Account { happened, kept, next } = Failure::new(code, "", false).account();
        for (part, text) in [("happened", happened.as_str()), ("kept", kept), ("next", next)] {
            assert!(text.ends_with('.') && text.len() > 10, "{code}, {part}: {text}");
        }
        assert_eq!(format!("{happened} {kept} {next}"), *message, "{code}: nothing is lost");
        assert!(MESSAGES.iter().skip(position + 1).all(|(other, _)| other != code), "{code} twice");
    }
}

#[test]
fn every_failure_of_a_sign_in_has_a_message_of_its_own() {
    let codes: Vec<_> = comptoir_franceconnect::codes().collect();
    assert!(codes.len() > 40, "{} codes", codes.len());
    for code in codes {
        assert!(MESSAGES.iter().any(|(known, _)| *known == code), "{code} has no message");
    }
}
