//! The real program, the real keychain of a desktop session, a visitor for the browser.
//!
//! Left out of plain `cargo test`: they need the session that `./x test` makes.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at what should not be")]

use comptoir_tests::program::{Account, Running, live_sessions};
use comptoir_tests::visitor::{Stop, Visitor};
use serde_json::Value;
use url::Url;

const CHECK_IN: &[&str] = &["check-in", "--json", "--no-browser"];

const PROGRAM: &str = env!("CARGO_BIN_EXE_comptoir");

fn account() -> Account {
    Account::with_keychain(PROGRAM).expect("an account")
}

fn without_keychain() -> Account {
    Account::without_keychain(PROGRAM).expect("an account")
}

fn address(event: &Value) -> Url {
    event["url"].as_str().and_then(|url| Url::parse(url).ok()).expect("an address")
}

/// Simulator and relay as a process of their own, and their two issuers.
fn provider(account: &Account) -> (Running, String, Url) {
    let mut provider = account.run(["demo-provider", "--json"]).expect("started");
    let event = provider.until("provider").expect("both issuers");
    let franceconnect = event["franceconnect"].as_str().and_then(|url| Url::parse(url).ok()).expect("an issuer");
    (provider, event["relay"].as_str().expect("an issuer").to_owned(), franceconnect)
}

fn check_in_at(account: &Account, relay: &str, more: &[&str]) -> Running {
    account.run(CHECK_IN.iter().chain(&["--relay", relay]).chain(more)).expect("started")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a session bus and a keyring: ./x test"]
async fn a_check_in_in_demonstration_tells_its_events_in_order() {
    let account = account();
    let mut run = account
        .run(CHECK_IN.iter().chain(&["--demo", "--birth-date", "1962-08-24", "--name", "dub"]))
        .expect("started");
    let opened = run.event().expect("an event");
    assert_eq!((&opened["event"], &opened["purpose"]), (&Value::from("open-browser"), &Value::from("sign-in")));
    let waiting = run.event().expect("an event");
    assert_eq!((&waiting["event"], &waiting["deadline_s"]), (&Value::from("waiting"), &Value::from(300)));
    let last = Visitor::new().sign_in(address(&opened), "test", Stop::AtTheEnd).await.expect("signed in");
    assert!(last.html.contains("vous pouvez rendre le poste à l'accueil"), "{}", last.html);
    let identity = run.until("identity").expect("an event");
    assert_eq!((&identity["acr"], &identity["traits"]["birth_name"]), (&"eidas1".into(), &"DUBOIS".into()));
    // In either order.
    let (mut verdict, mut signed_out) = (Value::Null, Value::Null);
    for _ in 0..2 {
        let event = run.event().expect("an event");
        match event["event"].as_str() {
            Some("verdict") => verdict = event,
            Some("signed-out") => signed_out = event,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((&verdict["outcome"], &verdict["link"]), (&"concordant".into(), &"safe".into()));
    assert_eq!(verdict["candidates"][0]["opened"], true, "the record found by --birth-date and --name");
    assert_eq!(verdict["concordance"]["birth_name"]["finding"], "equal");
    assert_eq!(signed_out["confirmed"], true);
    assert_eq!(run.event().expect("an event")["event"], "done");
    assert_eq!(run.end().expect("ended").status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a session bus and a keyring: ./x test"]
async fn killed_between_token_and_logout_the_next_start_logs_out_first() {
    let account = account();
    let (_provider, relay, franceconnect) = provider(&account);
    let browser = Visitor::new();

    let mut killed = check_in_at(&account, &relay, &[]);
    let opened = killed.until("open-browser").expect("an address");
    browser.sign_in(address(&opened), "nom_composé", Stop::BeforeTheLogout).await.expect("signed in");
    killed.until("identity").expect("a token exists");
    killed.kill().expect("killed");
    assert_eq!(live_sessions(&franceconnect).await.expect("a count"), 1, "the session that must not stay");

    let mut next = check_in_at(&account, &relay, &[]);
    let owed = next.until("open-browser").expect("an address");
    assert_eq!(owed["purpose"], "sign-out", "the owed logout comes before the next patient");
    let page = browser.fetch(address(&owed)).await.expect("a page");
    browser.carry_on(page, Stop::AtTheEnd).await.expect("logged out");
    assert_eq!(next.until("signed-out").expect("an event")["confirmed"], true);
    assert_eq!(live_sessions(&franceconnect).await.expect("a count"), 0);
    let opened = next.until("open-browser").expect("an address");
    assert_eq!(opened["purpose"], "sign-in");
    browser.sign_in(address(&opened), "test", Stop::AtTheEnd).await.expect("signed in");
    assert_eq!(next.until("verdict").expect("a verdict")["outcome"], "concordant");
    next.until("done").expect("the end");
    assert_eq!(next.end().expect("ended").status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a session bus and a keyring: ./x test"]
async fn killed_before_a_token_exists_the_next_sign_in_is_held() {
    let account = account();
    let (_provider, relay, franceconnect) = provider(&account);
    let browser = Visitor::new();

    let mut killed = check_in_at(&account, &relay, &[]);
    let opened = killed.until("open-browser").expect("an address");
    browser.sign_in(address(&opened), "nom_composé", Stop::BeforeTheReturn).await.expect("signed in");
    killed.kill().expect("killed");
    assert_eq!(live_sessions(&franceconnect).await.expect("a count"), 1);

    let mut held = check_in_at(&account, &relay, &[]);
    let event = held.event().expect("an event");
    assert_eq!((&event["event"], &event["code"]), (&"failed".into(), &"browser-session-may-remain".into()));
    assert_eq!(held.end().expect("ended").status.code(), Some(1));

    // Closed, and another browser for the next patient.
    let mut next = check_in_at(&account, &relay, &["--browser-closed"]);
    let opened = next.until("open-browser").expect("an address");
    Visitor::new().sign_in(address(&opened), "test", Stop::AtTheEnd).await.expect("signed in");
    next.until("done").expect("the end");
    assert_eq!(next.end().expect("ended").status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a session bus and a keyring: ./x test"]
async fn a_debt_to_a_demonstration_that_has_ended_is_written_off() {
    let account = account();
    let (ended, relay, _) = provider(&account);
    let mut killed = check_in_at(&account, &relay, &[]);
    let opened = killed.until("open-browser").expect("an address");
    Visitor::new().sign_in(address(&opened), "test", Stop::BeforeTheLogout).await.expect("signed in");
    killed.until("identity").expect("a token exists");
    killed.kill().expect("killed");
    ended.terminate().expect("ended");

    // The mark of the unfinished sign-in still holds: the browser may remember what the issuer forgot.
    let mut next = account.run(CHECK_IN.iter().chain(&["--demo", "--browser-closed"])).expect("started");
    let opened = next.until("open-browser").expect("an address");
    assert_eq!(opened["purpose"], "sign-in", "nothing is owed any more");
    Visitor::new().sign_in(address(&opened), "test", Stop::AtTheEnd).await.expect("signed in");
    next.until("done").expect("the end");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a session bus and a keyring: ./x test"]
async fn a_refusal_ends_with_3() {
    let account = account();
    let mut run = account.run(CHECK_IN.iter().chain(&["--demo"])).expect("started");
    let opened = run.until("open-browser").expect("an address");
    let visitor = Visitor::new();
    let page = visitor.fetch(address(&opened)).await.expect("a page");
    let page = visitor.follow(page, |_| false).await.expect("the choice");
    let back = visitor.fetch(page.link("abort").expect("a way back")).await.expect("back");
    visitor.follow(back, |_| false).await.expect("the last page");
    assert_eq!(run.until("verdict").expect("an event")["outcome"], "refused");
    assert_eq!(run.event().expect("an event")["event"], "done");
    assert_eq!(run.end().expect("ended").status.code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a session bus and a keyring: ./x test"]
async fn an_interrupted_check_in_says_so() {
    let account = account();
    let mut run = account.run(CHECK_IN.iter().chain(&["--demo"])).expect("started");
    run.until("waiting").expect("an event");
    let ended = run.terminate().expect("ended");
    assert_eq!(ended.status.code(), Some(143));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_the_program_explains_itself_and_writes_no_key() {
    let account = without_keychain();
    let mut refused = account.run(CHECK_IN.iter().chain(&["--demo"])).expect("started");
    let event = refused.until("failed").expect("an explanation");
    assert_eq!(event["code"], "keychain-absent");
    let message = event["message"].as_str().expect("a message");
    assert!(message.contains("pour cette session seulement"), "{message}");
    assert_eq!(refused.end().expect("ended").status.code(), Some(1));
    let files = account.files().expect("read");
    assert!(files.iter().all(|(_, bytes)| bytes.is_empty()), "nothing is written in place of a keychain: {files:?}");

    let mut run = account.run(CHECK_IN.iter().chain(&["--demo", "--session-only"])).expect("started");
    let opened = run.until("open-browser").expect("an address");
    Visitor::new().sign_in(address(&opened), "test", Stop::AtTheEnd).await.expect("signed in");
    assert_eq!(run.until("verdict").expect("a verdict")["outcome"], "concordant");
    run.until("done").expect("the end");
    assert_eq!(run.end().expect("ended").status.code(), Some(0));
    let files = account.files().expect("read");
    assert!(files.iter().all(|(_, bytes)| bytes.is_empty()), "the session leaves nothing: {files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trait_and_no_token_appears_in_a_log_at_any_level() {
    let account = without_keychain();
    let mut run = account.run(CHECK_IN.iter().chain(&["--demo", "--session-only"])).expect("started");
    let opened = address(&run.until("open-browser").expect("an address"));
    let stopped =
        Visitor::new().sign_in(opened.clone(), "nom_composé", Stop::BeforeTheLogout).await.expect("signed in");
    let logout = stopped.redirect.clone().expect("the way to the logout");
    Visitor::new().carry_on(stopped, Stop::AtTheEnd).await.expect("logged out");
    let identity = run.until("identity").expect("an identity");
    run.until("done").expect("the end");
    let log = run.end().expect("ended").log;
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log was asked for everything: {log}");

    let mut secrets: Vec<String> =
        ["TROIS-DUPRE", "Melissandre", "Juliette", "1981-07-27", "27/07/1981", "13012"].map(str::to_owned).into();
    let traits = identity["traits"].as_object().expect("traits");
    secrets.extend(traits.values().filter_map(Value::as_str).filter(|text| text.len() > 3).map(str::to_owned));
    for url in [&opened, &logout] {
        let values = url
            .query_pairs()
            .filter(|(name, _)| ["state", "nonce", "code_challenge", "id_token_hint"].contains(&name.as_ref()));
        secrets.extend(values.map(|(_, value)| value.into_owned()));
    }
    assert!(secrets.len() > 12, "{}", secrets.len());
    for secret in secrets {
        assert!(!log.contains(&secret), "a secret of {} characters stands in the log", secret.len());
    }
}

#[test]
fn usage_errors_end_with_2() {
    let account = without_keychain();
    for args in [
        &["check-in"][..],
        &["check-in", "--demo", "--relay", "https://relais.example.invalid"],
        &["check-in", "--demo", "--birth-date", "1962-08-24"],
        &["check-in", "--demo", "--session-only", "--birth-date", "24/08/1962", "--name", "dub"],
        &["no-such-command"],
    ] {
        let ended = account.run(args).expect("started").end().expect("ended");
        assert_eq!(ended.status.code(), Some(2), "{args:?}");
    }
}
