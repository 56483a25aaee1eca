//! The relay's own program: run, checked, told to stop.
#![expect(clippy::unwrap_used, reason = "a test may stop at what should not be")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, StatusCode};

const PATIENCE: Duration = Duration::from_secs(30);

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

struct Site {
    folder: tempfile::TempDir,
    port: u16,
    metrics: u16,
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap(), port: free_port(), metrics: free_port() };
        site.write("seal", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
        site.write("secret", "0123456789abcdef0123456789abcdef");
        let made = program().args(["decryption-key", "--algorithm", "ecdh-es"]).output().unwrap();
        site.write("key", str::from_utf8(&made.stdout).unwrap());
        site
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A relay with its own certificate or none, and two establishments.
    fn config(&self, tls: bool) -> PathBuf {
        let (folder, port, metrics) = (self.folder.path().display(), self.port, self.metrics);
        let scheme = if tls { "https" } else { "http" };
        let own = if tls {
            format!("[tls]\ncertificate = \"{folder}/certificate\"\nkey = \"{folder}/certificate-key\"\n")
        } else {
            String::new()
        };
        let text = format!(
            r#"
listen = "127.0.0.1:{port}"
metrics = "127.0.0.1:{metrics}"
address = "{scheme}://127.0.0.1:{port}"
sealing_key = {{ file = "{folder}/seal" }}
log = "json"
{own}
[[establishment]]
path = "/clinique"
name = "Clinique"
issuer = "https://auth.integ01.dev-franceconnect.fr/api/v2"
client_id = "c"
client_secret = {{ file = "{folder}/secret" }}
desks = {{ enrolled = "{folder}/desks.json" }}
decryption_keys = [{{ file = "{folder}/key" }}]

[[establishment]]
path = "/cabinet"
name = "Cabinet"
platform = "franceconnect"
issuer = "https://fcp-low.sbx.dev-franceconnect.fr/api/v2"
client_id = "d"
client_secret = {{ file = "{folder}/secret" }}
desks = {{ public = "comptoir" }}
"#
        );
        self.write("relay.toml", &text)
    }

    /// Makes a new certificate for 127.0.0.1, in place of the one before.
    fn certify(&self) -> Certificate {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        self.write("certificate-key", &made.signing_key.serialize_pem());
        self.write("certificate", &made.cert.pem());
        Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
    }

    fn start(&self, config: &Path) -> Running {
        let child = program().arg("run").arg("--config").arg(config).stderr(Stdio::piped()).spawn().unwrap();
        let running = Running(Some(child));
        let until = Instant::now() + PATIENCE;
        while [self.port, self.metrics].iter().any(|port| std::net::TcpStream::connect(("127.0.0.1", *port)).is_err()) {
            assert!(Instant::now() < until, "the relay does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_comptoir-relay"))
}

struct Running(Option<Child>);

impl Running {
    fn signal(&self, name: &str) {
        let id = self.0.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    fn end(mut self) -> Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn client(root: Option<Certificate>) -> Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = Client::builder().no_proxy().pool_max_idle_per_host(0);
    match root {
        Some(root) => builder.tls_certs_only([root]).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

async fn get(client: &Client, address: &str) -> (StatusCode, String) {
    let answer = client.get(address).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_relay_runs_is_watched_and_stops() {
    let site = Site::new();
    let running = site.start(&site.config(false));
    let (http, origin) = (client(None), format!("http://127.0.0.1:{}", site.port));
    for path in ["clinique", "cabinet"] {
        let issuer = format!("{origin}/{path}");
        let (status, metadata) = get(&http, &format!("{issuer}/.well-known/openid-configuration")).await;
        assert!(status == StatusCode::OK && metadata.contains(&format!("\"issuer\":\"{issuer}\"")), "{metadata}");
    }
    // Each establishment has its own keys; only the one behind FranceConnect+ publishes some to encrypt for.
    let (_, clinique) = get(&http, &format!("{origin}/clinique/jwks")).await;
    let (_, cabinet) = get(&http, &format!("{origin}/cabinet/jwks")).await;
    assert_ne!(clinique, cabinet);
    let (_, encryption) = get(&http, &format!("{origin}/clinique/franceconnect/jwks")).await;
    assert!(encryption.contains("\"use\":\"enc\"") && !encryption.contains("\"d\":"), "{encryption}");
    let (_, encryption) = get(&http, &format!("{origin}/cabinet/franceconnect/jwks")).await;
    assert_eq!(encryption, r#"{"keys":[]}"#);
    assert_eq!(get(&http, &format!("{origin}/nobody/jwks")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&http, &format!("{origin}/metrics")).await.0, StatusCode::NOT_FOUND, "not for everybody");

    let watched = format!("http://127.0.0.1:{}", site.metrics);
    for (path, expected) in [("health", "ok"), ("ready", "ready"), ("metrics", "# EOF")] {
        let (status, text) = get(&http, &format!("{watched}/{path}")).await;
        assert!(status == StatusCode::OK && text.contains(expected), "{path}: {text}");
    }

    running.signal("TERM");
    let output = running.end();
    assert!(output.status.success(), "{output:?}");
    for line in str::from_utf8(&output.stderr).unwrap().lines() {
        assert!(line.starts_with('{') && !line.contains("0123456789abcdef"), "{line}");
    }
}

#[tokio::test]
async fn wrong_codes_count_for_whoever_a_trusted_proxy_names() {
    for (rule, proxies, expected) in [
        ("a proxy on this machine", "[\"127.0.0.1\"]", StatusCode::BAD_REQUEST),
        (
            "a proxy elsewhere, so whoever asks writes what it likes",
            "[\"192.0.2.0/24\"]",
            StatusCode::TOO_MANY_REQUESTS,
        ),
    ] {
        let site = Site::new();
        let good = fs::read_to_string(site.config(false)).unwrap();
        let config = site.write("relay.toml", &format!("trusted_proxies = {proxies}\n{good}"));
        let _running = site.start(&config);
        let (http, address) = (client(None), format!("http://127.0.0.1:{}/clinique/enrol", site.port));
        let attempt = |from: &'static str| {
            let asked = http.post(&address).header("x-forwarded-for", from).form(&[("enrolment_code", "wrong")]);
            async move { asked.send().await.unwrap() }
        };
        for _ in 0..5 {
            assert_eq!(attempt("198.51.100.1").await.status(), StatusCode::BAD_REQUEST, "{rule}");
        }
        let sixth = attempt("203.0.113.9, 198.51.100.1").await;
        let wait: u64 = sixth.headers().get("retry-after").unwrap().to_str().unwrap().parse().unwrap();
        assert!(sixth.status() == StatusCode::TOO_MANY_REQUESTS && (1..=60).contains(&wait), "{rule}: {wait}");
        assert_eq!(attempt("198.51.100.2").await.status(), expected, "{rule}: another address");
    }
}

#[tokio::test]
async fn one_establishment_that_is_flooded_leaves_the_other_alone() {
    let site = Site::new();
    let good = fs::read_to_string(site.config(false)).unwrap();
    let config = site.write("relay.toml", &good.replacen("\n[[", "\n[limits]\nsign_ins_by_address = 2\n[[", 1));
    let running = site.start(&config);
    let origin = format!("http://127.0.0.1:{}", site.port);
    let ask = async |path: &str| client(None).get(format!("{origin}/{path}/authorize")).send().await.unwrap();
    for (rule, path, expected) in [
        ("first", "cabinet", StatusCode::BAD_REQUEST),
        ("second", "cabinet", StatusCode::BAD_REQUEST),
        ("too many", "cabinet", StatusCode::TOO_MANY_REQUESTS),
        ("the other establishment", "clinique", StatusCode::BAD_REQUEST),
    ] {
        let answer = ask(path).await;
        assert_eq!(answer.status(), expected, "{rule}");
        let limited = expected == StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(answer.headers().contains_key("retry-after"), limited, "{rule}");
        let page = answer.text().await.unwrap();
        assert_eq!(page.contains("Trop de demandes"), limited, "{rule}: {page}");
    }
    let (_, metrics) = get(&client(None), &format!("http://127.0.0.1:{}/metrics", site.metrics)).await;
    let counted =
        format!("comptoir_relay_limited_total{{establishment=\"{origin}/cabinet\",act=\"sign_in\",by=\"address\"}} 1");
    assert!(metrics.contains(&counted), "{metrics}");
    running.signal("TERM");
    let log = String::from_utf8(running.end().stderr).unwrap();
    let line = log.lines().find(|line| line.contains("\"limited\"")).unwrap();
    assert!(line.contains("\"target\":\"audit\"") && !line.contains("127.0.0.1"), "{line}");
}

#[tokio::test]
async fn a_new_certificate_is_taken_without_a_restart() {
    let site = Site::new();
    let first = client(Some(site.certify()));
    let running = site.start(&site.config(true));
    let address = format!("https://127.0.0.1:{}/clinique/jwks", site.port);
    assert_eq!(get(&first, &address).await.0, StatusCode::OK);
    assert!(client(None).get(&address).send().await.is_err(), "a certificate that nobody vouches for");

    let second = client(Some(site.certify()));
    running.signal("HUP");
    let until = Instant::now() + PATIENCE;
    while second.get(&address).send().await.is_err() {
        assert!(Instant::now() < until, "the new certificate is not taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(first.get(&address).send().await.is_err(), "the old one is still shown");

    // One that cannot be read changes nothing.
    site.write("certificate", "nonsense");
    running.signal("HUP");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(get(&second, &address).await.0, StatusCode::OK);
}

#[test]
fn what_is_wrong_is_said_and_nothing_starts() {
    let site = Site::new();
    let good = fs::read_to_string(site.config(false)).unwrap();
    let checked = |text: &str| {
        let config = site.write("relay.toml", text);
        program().args(["check", "--json", "--config"]).arg(config).output().unwrap()
    };
    let states = |output: &Output| -> Vec<(String, String)> {
        let line = |line: &str| -> serde_json::Value { serde_json::from_str(line).unwrap() };
        let text = |value: &serde_json::Value, name: &str| value.get(name).unwrap().as_str().unwrap().to_owned();
        let output = str::from_utf8(&output.stdout).unwrap();
        output.lines().map(line).map(|line| (text(&line, "check"), text(&line, "state"))).collect()
    };
    let find = |states: &[(String, String)], check: &str| -> String {
        let found = states.iter().find(|(name, _)| name == check);
        found.unwrap_or_else(|| panic!("{check} not in {states:?}")).1.clone()
    };

    // FranceConnect is out of reach of a test; the rest of a good file is judged.
    let output = checked(&good);
    let told = states(&output);
    for (check, expected) in [
        ("configuration", "ok"),
        ("address", "attention"),
        ("store", "ok"),
        ("environment", "attention"),
        ("Clinique, from outside", "attention"),
    ] {
        assert_eq!(find(&told, check), expected, "{check}");
    }

    let database = site.write("db", "host=/nowhere user=x");
    let everybody = good.replace("listen = \"127.0.0.1", "listen = \"0.0.0.0");
    for (rule, text, check) in [
        ("unknown word", good.replace("listen", "lisen"), "configuration"),
        ("no such secret", good.replace("/secret", "/nothing"), "configuration"),
        ("everybody, without TLS", everybody.replace("address = \"http:", "address = \"https:"), "address"),
        (
            "database out of reach",
            format!("store = {{ postgresql = {{ file = \"{}\" }} }}\n{good}", database.display()),
            "store",
        ),
        (
            "production beside tests",
            good.replace("auth.integ01.dev-franceconnect.fr", "auth.franceconnect.gouv.fr"),
            "environment",
        ),
    ] {
        let output = checked(&text);
        assert!(!output.status.success(), "{rule}");
        assert_eq!(find(&states(&output), check), "fault", "{rule}");
    }

    let config = site.write("relay.toml", "listen = 1");
    let run = program().arg("run").arg("--config").arg(config).output().unwrap();
    assert_eq!(run.status.code(), Some(2));
}
