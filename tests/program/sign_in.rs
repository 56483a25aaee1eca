//! `comptoir sign-in`, as a script would run it: the real program, a visitor for the browser, no desktop session.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at what should not be")]

use comptoir_tests::program::{Account, Running};
use comptoir_tests::visitor::{Stop, Visitor};
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use url::Url;

const SIGN_IN: &[&str] = &["sign-in", "--json", "--no-browser"];

fn account() -> Account {
    Account::without_keychain(env!("CARGO_BIN_EXE_comptoir")).expect("an account")
}

fn address(event: &Value) -> Url {
    event["url"].as_str().and_then(|url| Url::parse(url).ok()).expect("an address")
}

fn file(account: &Account, text: &str) -> PathBuf {
    let path = account.home().join("provider.toml");
    fs::write(&path, text).expect("written");
    path
}

async fn signed_in(mut run: Running) {
    let opened = run.until("open-browser").expect("an address");
    Visitor::new().sign_in(address(&opened), "test", Stop::AtTheEnd).await.expect("signed in");
    let identity = run.until("identity").expect("an event");
    assert_eq!((&identity["acr"], &identity["claims"]["family_name"]), (&"eidas1".into(), &"DUBOIS".into()));
    assert!(identity["sub"].as_str().is_some_and(|sub| !sub.is_empty()));
    assert_eq!(run.until("signed-out").expect("an event")["confirmed"], true);
    assert_eq!(run.until("done").expect("the end")["outcome"], "signed-in");
    let ended = run.end().expect("ended");
    assert_eq!(ended.status.code(), Some(0));
    assert!(!ended.log.contains("DUBOIS"), "a trait in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_alone_in_demonstration() {
    let account = account();
    signed_in(account.run(SIGN_IN.iter().chain(&["--demo"])).expect("started")).await;
    assert!(account.files().expect("files").iter().all(|(path, _)| !path.ends_with("register.db")), "no register");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_alone_at_a_provider_that_a_file_describes() {
    let account = account();
    let mut provider = account.run(["demo-provider", "--json"]).expect("started");
    let relay = provider.until("provider").expect("both issuers")["relay"].as_str().expect("an issuer").to_owned();
    let file = file(&account, &format!("kind = \"relay\"\nissuer = \"{relay}\"\nsign_in_within_s = 60\n"));
    let mut args: Vec<_> = SIGN_IN.iter().map(PathBuf::from).collect();
    args.extend([PathBuf::from("--provider"), file]);
    signed_in(account.run(args).expect("started")).await;
}

#[test]
fn a_file_that_cannot_be_used_says_where_and_nothing_is_opened() {
    let account = account();
    for (command, text, code, said) in [
        ("sign-in", "kind = \"generic\"\nclient_secret = \"s3cret\"\n", "provider-file-invalid", "ligne 1"),
        (
            "sign-in",
            "kind = \"generic\"\nissuer = \"https://x.invalid\"\nclient_id = \"c\"\npkce = \"s3cret\"\n",
            "provider-file-invalid",
            "ligne 4, clé « pkce »",
        ),
        (
            "check-in",
            "kind = \"generic\"\nissuer = \"https://x.invalid\"\nclient_id = \"c\"\ndiscovery = false\n\
            [endpoints]\nauthorization = \"https://x.invalid/a\"\ntoken = \"https://x.invalid/t\"\n\
            jwks = \"https://x.invalid/j\"\nuserinfo = \"https://x.invalid/u\"\n",
            "not-franceconnect",
            "FranceConnect",
        ),
    ] {
        let path = file(&account, text);
        let path = path.to_str().expect("a path");
        let mut run = account.run([command, "--json", "--no-browser", "--provider", path]).expect("started");
        let failed = run.event().expect("an event");
        assert_eq!((&failed["event"], &failed["code"]), (&"failed".into(), &code.into()), "{text}");
        let message = failed["message"].as_str().expect("a message");
        assert!(message.contains(said) && !message.contains("s3cret"), "{message}");
        assert_eq!(run.end().expect("ended").status.code(), Some(2), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_browser_the_address_is_said_and_the_sign_in_goes_on() {
    let account = account();
    let nothing = account.home().to_str().expect("a path").to_owned();
    let mut run = account.run_with(&[("PATH", &nothing)], ["sign-in", "--json", "--demo"]).expect("started");
    let opened = run.until("open-browser").expect("an address");
    assert_eq!(opened["opened"], false, "P05");
    Visitor::new().sign_in(address(&opened), "test", Stop::AtTheEnd).await.expect("signed in");
    assert_eq!(run.until("done").expect("the end")["outcome"], "signed-in");
    assert_eq!(run.end().expect("ended").status.code(), Some(0));
}

#[test]
fn a_taken_port_is_named_with_the_program_that_holds_it() {
    let account = account();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = other.local_addr().expect("an address").port();
    let file = file(
        &account,
        &format!(
            "kind = \"generic\"\nissuer = \"https://x.invalid\"\nclient_id = \"c\"\ndiscovery = false\n\
            return_address = \"http://127.0.0.1:{port}/retour\"\nend_address = \"http://127.0.0.1:{port}/fin\"\n\
            [endpoints]\nauthorization = \"https://x.invalid/a\"\ntoken = \"https://x.invalid/t\"\n\
            jwks = \"https://x.invalid/j\"\nuserinfo = \"https://x.invalid/u\"\n"
        ),
    );
    let mut args: Vec<_> = SIGN_IN.iter().map(PathBuf::from).collect();
    args.extend([PathBuf::from("--provider"), file]);
    let mut run = account.run(args).expect("started");
    let failed = run.event().expect("nothing is opened before");
    assert_eq!((&failed["event"], &failed["code"]), (&"failed".into(), &"port-taken".into()));
    let message = failed["message"].as_str().expect("a message");
    assert!(message.contains(&format!("port {port}")), "P01: {message}");
    #[cfg(target_os = "linux")]
    assert!(message.starts_with("Le programme « sign_in"), "P01: {message}");
    assert_eq!(run.end().expect("ended").status.code(), Some(1));
}
