use super::*;

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

/// Code, reference and the beginning of the message, line by line.
fn page() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("../../../docs/failures.md").lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ").skip(1);
        let code = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        let (reference, begins) = (cells.next()?, cells.next()?);
        Some((code, reference, begins.trim_end_matches('…')))
    })
}

#[test]
fn the_page_of_failures_says_what_the_program_says() {
    let browser = [BrowserError::NotStarted, BrowserError::Mark, BrowserError::ProfileRemains].map(Failure::from);
    let held = Failure::from(CheckInError::SessionMayRemain);
    let known: Vec<Failure> = comptoir_franceconnect::codes()
        .map(|code| {
            let (reference, retry) = comptoir_franceconnect::describe(code);
            Failure::new(code, reference, retry)
        })
        .chain(browser)
        .chain([held, Failure::NOT_ENROLLED, Failure::DESK_REFUSED])
        .chain([EnrolDeskError::Keychain, EnrolDeskError::NotKept].map(|of| of(KeychainError::Refused).into()))
        .collect();
    for failure in &known {
        let lines = page().filter(|(code, ..)| *code == failure.code).count();
        assert_eq!(lines, 1, "{} has {lines} lines in the page", failure.code);
    }
    for (code, reference, begins) in page() {
        let failure = known.iter().find(|failure| failure.code == code).unwrap_or_else(|| panic!("{code} is no code"));
        assert_eq!(failure.reference, reference, "{code}");
        assert!(begins.len() > 10 && failure.message().starts_with(begins), "{code}: {begins}");
    }
}

#[test]
fn a_desk_that_the_relay_does_not_know_is_told_from_a_relay_that_franceconnect_does_not_know() {
    for (rule, party, code) in
        [("the desk", Party::Relay, "desk-refused"), ("the relay", Party::FranceConnect, "client-refused")]
    {
        let fault = || ExchangeFault::ClientRefused { party, support: None };
        let refused = comptoir_franceconnect::ExchangeError { fault: fault(), owed_logout: None };
        assert_eq!(Failure::from(&refused).code, code, "{rule}");
        assert_eq!(Failure::from(DeviceError::Exchange(fault())).code, code, "{rule}, on a phone");
    }
}
