//! `comptoir enrol`, as an administrator's script would run it: the real program, at a relay that knows its desks.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at what should not be")]

use comptoir_tests::program::{Account, Running};
use comptoir_tests::visitor::{Stop, Visitor};
use serde_json::Value;
use url::Url;

const PROGRAM: &str = env!("CARGO_BIN_EXE_comptoir");

/// A relay as a process of its own, its issuer, and a code where it enrols desks.
fn relay(account: &Account, more: &[&str]) -> (Running, String, Option<String>) {
    let mut provider = account.run(["demo-provider", "--json"].iter().chain(more)).expect("started");
    let event = provider.until("provider").expect("an issuer");
    let text = |key: &str| event[key].as_str().map(str::to_owned);
    (provider, text("relay").expect("an issuer"), text("enrolment_code"))
}

fn failed(account: &Account, args: &[&str], code: &str, status: i32) {
    let mut run = account.run(args).expect("started");
    let event = run.until("failed").expect("a failure");
    assert_eq!(event["code"], code, "{args:?}");
    assert!(event["message"].as_str().is_some_and(|message| message.matches(". ").count() >= 2), "{event}");
    assert_eq!(run.end().expect("ended").status.code(), Some(status), "{args:?}");
}

#[test]
fn what_stops_an_enrolment_is_said_and_nothing_is_written() {
    let account = Account::without_keychain(PROGRAM).expect("an account");
    let (_open, open, none) = relay(&account, &[]);
    assert_eq!(none, None, "a relay that answers any desk has no code to give");
    let (_closed, closed, code) = relay(&account, &["--enrolled"]);
    let code = code.expect("a code");
    for (at, how, expected, status) in [
        (&open, &["--code", code.as_str()][..], "enrolment-not-offered", 1),
        (&closed, &["--code", code.as_str()], "desk-key-unkeepable", 1),
        (&closed, &["--code-stdin"], "usage", 2),
        (&closed, &[], "usage", 2),
    ] {
        let args: Vec<&str> = ["enrol", "--json", "--relay", at].iter().chain(how).copied().collect();
        failed(&account, &args, expected, status);
    }
    assert!(account.files().expect("files").iter().all(|(path, _)| !path.ends_with("comptoir.toml")));
    // The desk that has no key: nothing is opened.
    failed(&account, &["sign-in", "--json", "--no-browser", "--relay", &closed], "keychain-absent", 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a session bus and a keyring: ./x test"]
async fn a_desk_is_enrolled_once_and_known_at_every_check_in() {
    let account = Account::with_keychain(PROGRAM).expect("an account");
    let (_relay, issuer, code) = relay(&account, &["--enrolled"]);
    let code = code.expect("a code");
    let check_in = ["check-in", "--json", "--no-browser", "--relay", &issuer];
    failed(&account, &check_in, "desk-not-enrolled", 1);
    let enrol = ["enrol", "--json", "--relay", &issuer, "--name", "Accueil 1", "--code"];
    failed(&account, &[&enrol[..], &["00000-00000"]].concat(), "enrolment-refused", 1);

    let mut run = account.run([&enrol[..], &[code.as_str()]].concat()).expect("started");
    assert_eq!(run.event().expect("an event")["configured"], false, "a relay of fictitious persons is not configured");
    assert_eq!(run.event().expect("an event")["event"], "done");
    let ended = run.end().expect("ended");
    assert_eq!((ended.status.code(), ended.log.contains(&code)), (Some(0), false), "{}", ended.log);
    failed(&account, &[&enrol[..], &[code.as_str()]].concat(), "enrolment-refused", 1);

    let mut run = account.run(check_in).expect("started");
    let opened = run.until("open-browser").expect("an address");
    let address = opened["url"].as_str().and_then(|url| Url::parse(url).ok()).expect("an address");
    Visitor::new().sign_in(address, "test", Stop::AtTheEnd).await.expect("signed in");
    assert_eq!(run.until("done").expect("the end")["outcome"], Value::from("concordant"));
    assert_eq!(run.end().expect("ended").status.code(), Some(0));
}
