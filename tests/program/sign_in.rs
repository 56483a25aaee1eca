//! `comptoir sign-in`, as a script would run it: the real program, a visitor for the browser, no desktop session.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at what should not be")]

use comptoir_tests::program::{Account, Running};
use comptoir_tests::visitor::{Stop, Visitor};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use url::Url;

const PROGRAM: &str = env!("CARGO_BIN_EXE_comptoir");
const SIGN_IN: &[&str] = &["sign-in", "--json", "--no-browser"];

fn account() -> Account {
    Account::without_keychain(PROGRAM).expect("an account")
}

fn address(event: &Value) -> Url {
    event["url"].as_str().and_then(|url| Url::parse(url).ok()).expect("an address")
}

fn file(account: &Account, text: &str) -> PathBuf {
    let path = account.home().join("provider.toml");
    fs::write(&path, text).expect("written");
    path
}

async fn signed_in(run: Running) {
    signed_in_at(run, "eidas1").await;
}

async fn signed_in_at(mut run: Running, level: &str) {
    let opened = run.until("open-browser").expect("an address");
    Visitor::new().sign_in(address(&opened), "test", Stop::AtTheEnd).await.expect("signed in");
    let identity = run.until("identity").expect("an event");
    assert_eq!((&identity["acr"], &identity["claims"]["family_name"]), (&level.into(), &"DUBOIS".into()));
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

/// The keys that a demonstration with these options publishes.
async fn published(account: &Account, options: &[&str]) -> String {
    let mut provider = account.run(["demo-provider", "--json"].iter().chain(options)).expect("started");
    let issuer = provider.until("provider").expect("an issuer")["franceconnect"].as_str().expect("one").to_owned();
    let page = Visitor::new().fetch(Url::parse(&format!("{issuer}/jwks")).expect("an address")).await.expect("keys");
    page.html
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_of_franceconnect_plus_signs_in_at_its_level() {
    let account = account();
    let mut provider = account.run(["demo-provider", "--json", "--platform", "high"]).expect("started");
    let event = provider.until("provider").expect("both issuers");
    assert_eq!(event["platform"], "high");
    let relay = event["relay"].as_str().expect("an issuer");
    signed_in_at(account.run(SIGN_IN.iter().chain(&["--relay", relay])).expect("started"), "eidas2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_repeats_the_keys_of_a_demonstration() {
    let account = account();
    let (one, same) = (published(&account, &["--seed", "7"]).await, published(&account, &["--seed", "7"]).await);
    assert!(one.contains("\"kty\""), "{one}");
    assert_eq!(one, same);
    assert_ne!(one, published(&account, &["--seed", "8"]).await);
}

#[test]
fn a_demonstration_listens_where_it_is_told_or_says_why_not() {
    let account = account();
    let run = |port: u16| {
        let mut run = account.run(["demo-provider", "--json", "--port", &port.to_string()]).expect("started");
        let event = run.event().expect("an event");
        (event, run)
    };
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (refused, mut ended) = run(taken.local_addr().expect("bound").port());
    assert_eq!((&refused["code"], &refused["reference"]), (&"demonstration-port-taken".into(), &"DK-09".into()));
    assert_eq!(ended.end().expect("ended").status.code(), Some(1));

    // Another program may take a port between the moment it is found free and the moment it is asked for.
    let told = (0..20).find_map(|_| {
        let free = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let (event, _provider) = run(free);
        let at = |port: u16| format!("http://127.0.0.1:{port}/");
        let expected = (Value::from(at(free)), Value::from(format!("{}api/v2", at(free.checked_add(1)?))));
        (event["event"] == "provider").then(|| ((event["relay"].clone(), event["franceconnect"].clone()), expected))
    });
    let (got, expected) = told.expect("two free ports");
    assert_eq!(got, expected);
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

#[test]
fn a_secret_is_asked_for_and_never_an_argument() {
    let account = account();
    for (rule, args, typed, status, said) in [
        ("as an argument", &["secret", "--set", "idp", "s3cret"][..], "", 2, "unexpected argument"),
        ("neither set nor removed", &["secret", "idp"], "", 2, "--set"),
        ("no name", &["secret", "--set", " "], "s3cret\n", 2, "Le nom de l'entrée"),
        ("nothing given", &["secret", "--set", "idp"], "\n", 2, "Aucun secret"),
        ("no keychain", &["secret", "--set", "idp"], "s3cret\n", 1, "Aucun trousseau"),
        ("nothing to remove it from", &["secret", "--remove", "idp"], "", 1, "Aucun trousseau"),
    ] {
        let mut command = Command::new(PROGRAM);
        command.args(args).env("COMPTOIR_LOG", "trace");
        account.inhabit(&mut command);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        child.stdin.take().expect("a pipe").write_all(typed.as_bytes()).ok();
        let output = child.wait_with_output().expect("ended");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{rule}: {text}");
        assert!(text.contains(said), "{rule}: {text}");
        assert!(typed.is_empty() || !text.contains("s3cret"), "{rule}: a secret is shown");
    }
}

/// On a terminal of its own (`script`), which echoes what is typed unless it is told not to.
#[test]
fn a_secret_that_is_typed_is_not_shown_and_the_terminal_is_given_back() {
    let account = account();
    let mut command = Command::new("script");
    command.args(["-qc", &format!("{PROGRAM} secret --set idp; stty -a"), "/dev/null"]).env("SHELL", "/bin/sh");
    account.inhabit(&mut command);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script, of util-linux");
    let (mut typed, mut shown) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    let (send, pieces) = channel();
    let reader = std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = shown.read(&mut piece) {
            send.send(piece.get(..read).unwrap_or_default().to_vec()).ok();
        }
    });
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("Tapez") {
        seen.extend(pieces.recv_timeout(Duration::from_mins(1)).expect("the question"));
    }
    typed.write_all(b"s3cret-of-the-client\n").expect("typed");
    while let Ok(piece) = pieces.recv_timeout(Duration::from_mins(1)) {
        seen.extend(piece);
    }
    drop(typed);
    child.wait().expect("ended");
    reader.join().expect("read");
    let text = String::from_utf8_lossy(&seen);
    assert!(text.contains("Aucun trousseau"), "it was read: {text}");
    assert!(!text.contains("s3cret"), "shown: {text}");
    let modes: Vec<&str> = text.split_whitespace().collect();
    assert!(modes.contains(&"echo") && !modes.contains(&"-echo"), "{text}");
}
