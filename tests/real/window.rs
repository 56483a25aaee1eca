//! The real window under WebDriver, the real system browser under a second driver, the real keychain.
//!
//! Left out of plain `cargo test`: it needs the session that `./x test` makes.
#![expect(clippy::expect_used, clippy::panic, reason = "a test may stop at what should not be")]

use comptoir_tests::program::Account;
use fantoccini::key::Key;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::Mutex;

const PROGRAM: &str = env!("CARGO_BIN_EXE_comptoir");
const PATIENCE: Duration = Duration::from_mins(1);
/// There is one screen: a browser that another window covers is drawn no more, and does not take a click.
static SCREEN: Mutex<()> = Mutex::const_new(());

/// A program of the test bench; ended when dropped.
struct Bench(Child);

impl Drop for Bench {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

async fn until_listening(port: u16) {
    let listening = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, listening).await.expect("a driver that listens");
}

async fn session(port: u16, capabilities: Value) -> Client {
    until_listening(port).await;
    let capabilities: Capabilities = serde_json::from_value(capabilities).expect("capabilities");
    ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
        .expect("a session")
}

/// Puts a Chromium with a driver's port first on the PATH; the program gives it the throw-away profile.
fn install_browser(account: &Account, port: u16) {
    let folder = account.home().join("bin");
    fs::create_dir_all(&folder).expect("a folder");
    let script = format!(
        "#!/bin/sh\nexec /usr/bin/chromium --remote-debugging-port={port} --disable-gpu --disable-quic \
         --disable-background-networking --disable-component-update --window-size=1280,800 \"$@\" >{log} 2>&1\n",
        log = account.home().join("chromium.log").display(),
    );
    let launcher = folder.join("chromium");
    fs::write(&launcher, script).expect("written");
    fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755)).expect("executable");
}

/// The throw-away profiles that are there.
fn profiles(account: &Account) -> Vec<PathBuf> {
    let entries = fs::read_dir(account.home().join("data/comptoir-demonstration/sign-in-profiles"));
    entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

async fn appears(client: &Client, selector: &str) -> fantoccini::elements::Element {
    client
        .wait()
        .at_most(PATIENCE)
        .for_element(Locator::Css(selector))
        .await
        .unwrap_or_else(|error| panic!("{selector}: {error}"))
}

async fn type_keys(client: &Client, keys: &str) {
    client.active_element().await.expect("a focus").send_keys(keys).await.expect("typed");
}

/// Keeps a picture where `COMPTOIR_PICTURES` says, an absolute path; the committed one is made anew by
/// naming `docs/images`. A test must not dirty the checkout by itself.
///
/// Without its DMABUF renderer `WebKitGTK` answers with the next frame that it draws, and draws none while
/// nothing changes: a page at rest is made to draw, by an outline that nobody sees.
async fn picture(client: &Client, name: &str) {
    const DRAW: &str = "const root = document.documentElement;
        window.drawing = setInterval(() => {
            root.style.outline = root.style.outline ? '' : '1px solid transparent';
        }, 40);";
    const REST: &str = "clearInterval(window.drawing);
        document.documentElement.removeAttribute('style');";
    if let Some(folder) = std::env::var_os("COMPTOIR_PICTURES") {
        client.execute(DRAW, Vec::new()).await.expect("a page that draws");
        let picture = tokio::time::timeout(PATIENCE, client.screenshot()).await.expect("a frame").expect("a picture");
        client.execute(REST, Vec::new()).await.expect("a page at rest");
        fs::write(Path::new(&folder).join(name), picture).expect("written");
    }
}

/// Opens the program's window under WebKit's own driver; no proxy driver is needed on Linux.
async fn open_window(account: &Account) -> (Bench, Client) {
    let port = free_port();
    let mut driver = Command::new("WebKitWebDriver");
    driver.arg(format!("--port={port}")).env("TAURI_WEBVIEW_AUTOMATION", "true").stdout(Stdio::null());
    account.inhabit(&mut driver);
    let bin = account.home().join("bin");
    driver.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH")));
    let driver = Bench(driver.spawn().expect("WebKitWebDriver"));
    let window = session(port, json!({"webkitgtk:browserOptions": {"binary": PROGRAM, "args": []}})).await;
    (driver, window)
}

/// Finds the record of DUBOIS Angela and opens it, by keyboard alone: F3, birth date, stem, Enter, Enter.
async fn open_record(window: &Client) {
    type_keys(window, &char::from(Key::F3).to_string()).await;
    appears(window, "#search-birth-date").await.send_keys("24081962").await.expect("typed");
    appears(window, "#search-name").await.send_keys("dub").await.expect("typed");
    type_keys(window, &char::from(Key::Enter).to_string()).await;
    appears(window, "[data-record='local:1']").await;
    type_keys(window, &char::from(Key::Enter).to_string()).await;
    appears(window, "#start-check-in").await;
}

/// Takes the wheel of the browser that the program opened.
async fn patients_browser(driver: u16, port: u16) -> (Bench, Client) {
    until_listening(port).await;
    let bench = Bench(
        Command::new("chromedriver")
            .arg(format!("--port={driver}"))
            .stdout(Stdio::null())
            .spawn()
            .expect("chromedriver"),
    );
    let options = json!({"debuggerAddress": format!("127.0.0.1:{port}")});
    let browser = session(driver, json!({"browserName": "chrome", "goog:chromeOptions": options})).await;
    (bench, browser)
}

/// Signs in as `test` at the simulated FranceConnect.
async fn sign_in(browser: &Client) {
    appears(browser, "#provider-impots").await.click().await.expect("chosen");
    let login = appears(browser, "#login").await;
    login.clear().await.expect("cleared");
    login.send_keys("test").await.expect("typed");
    appears(browser, "#password").await.send_keys("123").await.expect("typed");
    appears(browser, "#sign-in").await.click().await.expect("signed in");
    // The browser may be gone before its driver has answered: the desk has what it came for.
    appears(browser, "#continue").await.click().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a display: ./x test"]
async fn without_a_keychain_the_window_explains_itself_and_offers_this_session_only() {
    let _screen = SCREEN.lock().await;
    let account = Account::without_keychain(PROGRAM).expect("an account");
    let (_driver, window) = open_window(&account).await;
    let offer = appears(&window, "#session-only").await;
    picture(&window, "opening-keychain.png").await;
    offer.click().await.expect("chosen");
    appears(&window, "[data-arrival]").await;
    let files = account.files().expect("read");
    assert!(!files.iter().any(|(path, _)| path.ends_with("register.db")), "no register is written: {files:?}");
    window.close().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a display, a keychain and a browser: ./x test"]
async fn a_receptionist_searches_the_patient_signs_in_the_verdict_is_on_screen() {
    let _screen = SCREEN.lock().await;
    let account = Account::with_keychain(PROGRAM).expect("an account");
    let (browser_driver, browser_port) = (free_port(), free_port());
    install_browser(&account, browser_port);
    let (_driver, window) = open_window(&account).await;

    // By keyboard alone; Enter signs in.
    appears(&window, ".strict[aria-busy='false']").await;
    picture(&window, "reception.png").await;
    open_record(&window).await;
    picture(&window, "patient.png").await;
    type_keys(&window, &char::from(Key::Enter).to_string()).await;
    appears(&window, "#countdown").await;
    picture(&window, "check-in.png").await;

    // A browser of the patient's own has opened on the simulated FranceConnect.
    let (_browser_driver, browser) = patients_browser(browser_driver, browser_port).await;
    sign_in(&browser).await;

    // Back at the desk: the verdict, and the session closed.
    appears(&window, "#verdict[data-outcome='concordant']").await;
    appears(&window, "#session-state[data-confirmed='true']").await;
    appears(&window, "[data-trait='birth-name'][data-finding='equal']").await;
    picture(&window, "verdict.png").await;
    // The patient's browser is gone, and with it the profile and its lock.
    let gone = async {
        while !profiles(&account).is_empty()
            || tokio::net::TcpStream::connect(("127.0.0.1", browser_port)).await.is_ok()
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("no profile and no browser");

    // One key confirms; for half a second a stray one cannot.
    appears(&window, "#verdict[data-armed='true']").await;
    type_keys(&window, &char::from(Key::Enter).to_string()).await;
    appears(&window, "[data-arrival='7'][data-state='confirmed']").await;

    window.close().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a display, a keychain and a browser: ./x test"]
async fn a_patient_signs_in_on_a_phone_that_a_browser_stands_for() {
    let _screen = SCREEN.lock().await;
    let account = Account::with_keychain(PROGRAM).expect("an account");
    let (browser_driver, browser_port) = (free_port(), free_port());
    install_browser(&account, browser_port);
    let (_driver, window) = open_window(&account).await;
    appears(&window, ".strict[aria-busy='false']").await;
    open_record(&window).await;
    type_keys(&window, "t").await;
    let shown = appears(&window, "#user-code").await.text().await.expect("a code");
    appears(&window, "#phone-picture").await;
    picture(&window, "phone.png").await;

    // The browser that stands for the phone shows the same code, and brings it to FranceConnect.
    type_keys(&window, "j").await;
    let (_browser_driver, browser) = patients_browser(browser_driver, browser_port).await;
    assert_eq!(appears(&browser, "#code").await.text().await.expect("a code"), shown, "both screens");
    appears(&browser, "#franceconnect").await.click().await.expect("pressed");
    sign_in(&browser).await;

    appears(&window, "#verdict[data-outcome='concordant']").await;
    window.close().await.ok();
}
