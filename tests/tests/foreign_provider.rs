//! Our client at a provider that nobody here wrote: oidc-provider, one client of every sort, each described by a file.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at what should not be"
)]

use comptoir_franceconnect::{
    Clock, DecryptionKey, Ended, Fault as _, FileRefused, HttpClient, KeyAgreement, KeychainUnavailable, Loopback,
    OpenIdAttempt, OpenIdProvider, Page, ProviderFile, Returned, Secret, Secrets, Vouched,
};
use comptoir_tests::world::WorldClock;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_mins(1);

/// oidc-provider as a process of its own, and the person's browser in it.
struct Provider {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    told: Value,
}

impl Provider {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        let mut child = Command::new("node")
            .arg("tests/conformance/provider.mjs")
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node, which the README asks for");
        let (orders, answers) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let mut provider = Self { child, orders, answers: BufReader::new(answers), told: Value::Null };
        provider.told = provider.answer();
        provider
    }

    fn order(&mut self, order: &Value) {
        writeln!(self.orders, "{order}").expect("it listens");
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it speaks");
        let answer: Value = serde_json::from_str(&line).expect("a line of JSON");
        assert_eq!(answer["error"], Value::Null, "{line}");
        answer
    }

    fn issuer(&self) -> &str {
        self.told["issuer"].as_str().expect("an address")
    }

    /// What was asked of it since the last time, sign-in pages left out.
    fn asked(&mut self) -> Vec<String> {
        self.order(&json!({"asked": true}));
        let asked = self.answer();
        let asked = asked["asked"].as_array().expect("a list").iter().filter_map(Value::as_str);
        asked.filter(|one| !one.contains("/interaction") && !one.contains("/auth")).map(str::to_owned).collect()
    }

    /// The file of one of its clients, with what is written for it alone.
    fn file(&self, client: &str, more: &str) -> String {
        let known = &self.told["clients"][client];
        let method = known["token_endpoint_auth_method"].as_str().expect("a method");
        let secret = if known["client_secret"].is_string() { "secret.keychain = \"secret\"" } else { "" };
        format!(
            "kind = \"generic\"\nissuer = \"{}\"\nclient_id = \"{client}\"\nauthentication = \"{method}\"\n\
             scopes = [\"profile\", \"email\"]\nreturn_address = \"ephemeral\"\n{secret}\n{more}",
            self.issuer()
        )
    }

    async fn connect(&self, client: &str, more: &str) -> (OpenIdProvider, HttpClient) {
        let safe = Safe { told: &self.told, client };
        let file = ProviderFile::parse(&self.file(client, more), &safe).expect("a file");
        let http = file.http_client().expect("a client");
        let provider = file.connect(&http).await.unwrap_or_else(|error| panic!("{client}: {error}"));
        (provider, http)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Has the secrets from the provider itself.
struct Safe<'a> {
    told: &'a Value,
    client: &'a str,
}

impl Safe<'_> {
    fn secret(&self, entry: &str) -> Option<Secret> {
        let secret = match entry {
            "another" => return DecryptionKey::generate(KeyAgreement::EcdhEs).ok().map(|key| key.to_pem().clone()),
            "key" => &self.told["pems"][self.client],
            _ => &self.told["clients"][self.client]["client_secret"],
        };
        secret.as_str().map(|secret| Secret::new(secret.to_owned()))
    }
}

impl Secrets for Safe<'_> {
    fn keychain(&self, entry: &str) -> Result<Option<Secret>, KeychainUnavailable> {
        Ok(self.secret(entry))
    }

    fn environment(&self, _: &str) -> Option<Secret> {
        None
    }

    fn private_file(&self, _: &str) -> Result<Secret, FileRefused> {
        Err(FileRefused::Unreadable)
    }

    fn file(&self, _: &str) -> Result<Vec<u8>, FileRefused> {
        Err(FileRefused::Unreadable)
    }
}

async fn sign_in(from: &mut Provider, provider: &OpenIdProvider, http: &HttpClient) -> (Vouched, Loopback) {
    let (rng, clock) = (SystemRandom::new(), WorldClock::default());
    let loopback = Loopback::bind(provider.return_address()).await.expect("a port");
    let mut attempt = OpenIdAttempt::begin(provider, &loopback, &rng, clock.now()).expect("begun");
    from.order(&json!({"walk": attempt.authorize_url(), "login": "camille"}));
    let returned = attempt.wait_return(&loopback, Instant::now() + PATIENCE, &CancellationToken::new()).await;
    let Returned::Code { code, browser } = returned.expect("a return") else { panic!("no code") };
    let vouched = attempt.exchange(code, http, &clock).await;
    browser.finish(Page::Done).await;
    assert_eq!(from.answer()["path"], "/retour");
    (vouched.unwrap_or_else(|error| panic!("{}: {error}", error.code())), loopback)
}

async fn sign_out(from: &mut Provider, provider: &OpenIdProvider, vouched: &Vouched, loopback: &Loopback) -> Ended {
    let end = loopback.expect_end(&SystemRandom::new()).expect("chance");
    let leave = provider.end_session_url(&vouched.id_token, &loopback.end_uri(), end.state()).expect("a logout");
    from.order(&json!({"walk": leave}));
    let ended = loopback.wait_end(end, Instant::now() + PATIENCE, &CancellationToken::new()).await;
    assert_eq!(from.answer()["path"], "/fin");
    ended
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the npm packages: ./x test"]
async fn a_client_of_every_sort_signs_in_and_out_at_oidc_provider() {
    let mut from = Provider::start();
    let key = "encryption.keychain = \"key\"";
    for (client, more) in [
        ("public", String::new()),
        ("basic", String::new()),
        ("post", String::new()),
        ("post", "bearer = \"body\"".to_owned()),
        ("signed-rs256", "userinfo = \"signed\"".to_owned()),
        ("signed-es256", "id_token_alg = \"ES256\"\nuserinfo = \"signed\"".to_owned()),
        ("ps256", "id_token_alg = \"PS256\"".to_owned()),
        ("hs256", "id_token_alg = \"HS256\"".to_owned()),
        ("encrypted-rsa", format!("userinfo = \"encrypted\"\n{key}")),
        ("encrypted-ec", format!("userinfo = \"encrypted\"\n{key}")),
        // It says when somebody signed in only where it is asked for (OIDC Core §2).
        ("public", "auth_time = true\nissuer_in_return = true".to_owned()),
        ("public", "max_age_s = 3600".to_owned()),
        ("key", "client_key.keychain = \"key\"".to_owned()),
        ("key", "client_key.keychain = \"key\"\nassertion_audience = \"issuer\"".to_owned()),
        ("public", "[authorize]\nprompt = \"login\"".to_owned()),
    ] {
        let (provider, http) = from.connect(client, &more).await;
        let (vouched, loopback) = sign_in(&mut from, &provider, &http).await;
        for (claim, value) in from.told["people"]["camille"].as_object().expect("a person") {
            assert_eq!(vouched.claims.get(claim), Some(value), "{client} {more}: {claim}");
        }
        let name = vouched.shown_identity();
        let name = name.traits().birth_name.known().map(|name| name.raw().to_owned());
        assert_eq!(name.as_deref(), Some("D'ÉTÉ-LŒUVRE"), "{client} {more}");
        let ended = sign_out(&mut from, &provider, &vouched, &loopback).await;
        assert_eq!(ended, Ended::Confirmed, "{client} {more}");
        assert_eq!(from.asked().iter().filter(|one| one.ends_with("/token")).count(), 1, "{client} {more}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the npm packages: ./x test"]
async fn a_change_of_keys_is_followed() {
    let mut from = Provider::start();
    let (provider, http) = from.connect("public", "").await;
    let (vouched, loopback) = sign_in(&mut from, &provider, &http).await;
    sign_out(&mut from, &provider, &vouched, &loopback).await;
    assert_eq!(from.asked().iter().filter(|one| one.ends_with("/jwks")).count(), 1);
    from.order(&json!({"rotate": true}));
    from.answer();
    sign_in(&mut from, &provider, &http).await;
    assert_eq!(from.asked().iter().filter(|one| one.ends_with("/jwks")).count(), 1, "asked once more, and once only");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the npm packages: ./x test"]
async fn what_the_file_and_the_provider_do_not_agree_on_is_refused() {
    let mut from = Provider::start();
    for (rule, client, more, expected) in [
        ("another algorithm than the client's", "public", "id_token_alg = \"ES256\"", "id-token-invalid"),
        ("plain where signed was agreed", "public", "userinfo = \"signed\"", "userinfo-invalid"),
        ("signed where plain was agreed", "signed-rs256", "", "userinfo-invalid"),
        ("encrypted where none was agreed", "encrypted-ec", "userinfo = \"signed\"", "token-undecryptable"),
        ("another key than the client's", "key", "client_key.keychain = \"another\"", "client-refused"),
        ("a level that was not reached", "public", "acr_required = [\"eidas1\"]", "level-too-low"),
    ] {
        let (provider, http) = from.connect(client, more).await;
        let (rng, clock) = (SystemRandom::new(), WorldClock::default());
        let loopback = Loopback::bind(provider.return_address()).await.expect("a port");
        let mut attempt = OpenIdAttempt::begin(&provider, &loopback, &rng, clock.now()).expect("begun");
        from.order(&json!({"walk": attempt.authorize_url(), "login": "ana"}));
        let returned = attempt.wait_return(&loopback, Instant::now() + PATIENCE, &CancellationToken::new()).await;
        let Returned::Code { code, browser } = returned.expect("a return") else { panic!("{rule}: no code") };
        let refused = attempt.exchange(code, &http, &clock).await.expect_err(rule);
        browser.finish(Page::Failed).await;
        from.answer();
        assert_eq!(refused.code(), expected, "{rule}");
        let asked = from.asked().iter().any(|one| one.ends_with("/me"));
        assert_eq!(
            asked,
            expected == "userinfo-invalid",
            "{rule}: the identity is asked for after a good ID token only"
        );
    }
}
