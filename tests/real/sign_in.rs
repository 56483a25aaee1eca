//! The real program at a certified provider that nobody here wrote (`tests/conformance/sign_in.test.mjs`), and with a
//! secret out of the real keychain.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use comptoir_simulator::{Client, Options, Simulator};
use comptoir_tests::node::judge;
use comptoir_tests::program::{Account, Running};
use comptoir_tests::visitor::{Stop, Visitor};
use serde_json::Value;
use std::fs;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use url::Url;

const PROGRAM: &str = env!("CARGO_BIN_EXE_comptoir");
const SECRET: &str = "s3cret-of-the-reception-desk";

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn the_program_signs_in_at_oidc_provider() -> io::Result<()> {
    judge("sign_in.test.mjs", "COMPTOIR_PROGRAM", PROGRAM)
}

/// Runs `comptoir secret` on one entry; returns its only event.
fn secret(account: &Account, act: &str, typed: &str) -> Value {
    let mut command = Command::new(PROGRAM);
    command.args(["secret", "--json", act, "reception"]).env("COMPTOIR_LOG", "trace");
    account.inhabit(&mut command);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    // One that asks for nothing may have gone already.
    child.stdin.take().expect("a pipe").write_all(typed.as_bytes()).ok();
    let output = child.wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{act}: {said}");
    let event = String::from_utf8(output.stdout).expect("text");
    assert!(!said.contains("s3cret") && !event.contains("s3cret"), "{act}: a secret is shown");
    serde_json::from_str(&event).expect("one event")
}

#[expect(clippy::disallowed_methods, reason = "the program has the machine's clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a session bus and a keyring: ./x test"]
async fn a_secret_put_into_the_keychain_is_the_one_that_signs_in() {
    let account = Account::with_keychain(PROGRAM).expect("an account");
    let simulator = Simulator::start(Options::low(0, Arc::new(now))).await.expect("a simulator");
    // FranceConnect wants a registered port: one that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    simulator.register(Client::new("desk", SECRET, "Accueil", vec![at("/retour")], vec![at("/fin")]));
    let file = account.home().join("provider.toml");
    let text = format!(
        "kind = \"franceconnect\"\nissuer = \"{}\"\nclient_id = \"desk\"\nreturn_address = \"{}\"\n\
         end_address = \"{}\"\nsecret.keychain = \"reception\"\n",
        simulator.issuer(),
        at("/retour"),
        at("/fin")
    );
    fs::write(&file, text).expect("written");
    let file = file.to_str().expect("a path");
    let sign_in = || account.run(["sign-in", "--json", "--no-browser", "--provider", file]).expect("started");
    let walk = async |run: &mut Running| {
        let address =
            run.until("open-browser").expect("an address")["url"].as_str().and_then(|url| Url::parse(url).ok());
        Visitor::new().sign_in(address.expect("an address"), "test", Stop::AtTheEnd).await.expect("signed in");
    };

    assert_eq!(sign_in().until("failed").expect("no secret yet")["code"], "provider-file-invalid");
    assert_eq!(secret(&account, "--set", "s3cret-of-another\n")["replaced"], false);
    let mut wrong = sign_in();
    walk(&mut wrong).await;
    assert_eq!(wrong.until("failed").expect("a wrong secret")["code"], "client-refused");
    assert_eq!(secret(&account, "--set", &format!("{SECRET}\n"))["replaced"], true);
    let mut right = sign_in();
    walk(&mut right).await;
    assert_eq!(right.until("done").expect("the end")["outcome"], "signed-in");
    let log = right.end().expect("ended").log;
    assert!(!log.contains(SECRET), "a secret in the log");
    assert_eq!(secret(&account, "--remove", "")["removed"], true);
    assert_eq!(secret(&account, "--remove", "")["removed"], false);
    assert_eq!(sign_in().until("failed").expect("no secret any more")["code"], "provider-file-invalid");
}
