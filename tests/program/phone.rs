//! `comptoir check-in --phone`: the real program shows a code, a visitor is the phone.

use comptoir_tests::program::Account;
use comptoir_tests::visitor::{Stop, Visitor};
use serde_json::Value;
use url::Url;

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_shown_and_no_browser_is_opened() {
    let account = Account::without_keychain(env!("CARGO_BIN_EXE_comptoir")).expect("an account");
    let args = ["check-in", "--demo", "--session-only", "--phone", "--json"];
    let mut run = account.run(args).expect("started");
    let shown = run.event().expect("an event");
    assert_eq!(shown["event"], "show-code", "and no browser");
    let (address, code) = (shown["url"].as_str().expect("an address"), shown["user_code"].as_str().expect("a code"));
    assert!(address.contains(code) && shown["verification_uri"].as_str().is_some_and(|uri| !uri.contains(code)));
    assert_eq!(run.event().expect("an event")["event"], "waiting");
    let address = Url::parse(address).expect("an address");
    Visitor::new().sign_in(address, "test", Stop::AtTheEnd).await.expect("signed in");
    assert_eq!(run.event().expect("an event")["event"], "identity");
    assert_eq!(run.event().expect("an event")["event"], "verdict");
    assert_eq!(run.event().expect("an event")["outcome"], Value::from("concordant"));
    let ended = run.end().expect("ended");
    assert_eq!(ended.status.code(), Some(0));
    assert!(!ended.log.contains("DUBOIS"), "a trait in the log");
}

/// The whole check-in where FranceConnect encrypts, in a browser of the desk's and on a phone.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_at_franceconnect_plus_comes_to_its_verdict_by_either_way() {
    let account = Account::without_keychain(env!("CARGO_BIN_EXE_comptoir")).expect("an account");
    let mut provider = account.run(["demo-provider", "--json", "--platform", "high"]).expect("started");
    let event = provider.event().expect("an event");
    let relay = event["relay"].as_str().expect("an address");
    for (way, first) in [("--no-browser", "open-browser"), ("--phone", "show-code")] {
        let args = ["check-in", "--relay", relay, "--session-only", "--json", way];
        let mut run = account.run(args).expect("started");
        let shown = run.event().expect("an event");
        assert_eq!(shown["event"], first);
        let address = Url::parse(shown["url"].as_str().expect("an address")).expect("an address");
        let last = tokio::spawn(async move { Visitor::new().sign_in(address, "test", Stop::AtTheEnd).await });
        assert_eq!(run.until("identity").expect("an identity")["acr"], "eidas2", "{way}");
        assert_eq!(run.until("done").expect("the end")["outcome"], "concordant", "{way}");
        assert_eq!(run.end().expect("ended").status.code(), Some(0), "{way}");
        last.await.expect("a visitor").expect("signed in");
    }
    provider.terminate().expect("ended");
}

#[test]
fn a_phone_and_a_browser_are_not_asked_for_together() {
    let account = Account::without_keychain(env!("CARGO_BIN_EXE_comptoir")).expect("an account");
    for other in ["--no-browser", "--shared-browser", "--browser-closed"] {
        let mut run = account.run(["check-in", "--demo", "--phone", other]).expect("started");
        assert_eq!(run.end().expect("ended").status.code(), Some(2), "{other}");
    }
}
