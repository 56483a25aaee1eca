//! The desk's side of a sign-in, and the browser in between.

use std::time::Duration;

use comptoir_franceconnect::{
    Clock as _, ExchangeError, HttpClient, Loopback, OpenIdAttempt, OpenIdProvider, Page, Returned, Vouched,
};
use ring::rand::SystemRandom;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Noon;

/// Longer than any exchange of these tests takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Signs in once. `told` hears the authorization request, sets the scene, and says what the browser brings back.
pub(crate) async fn walk(
    provider: &OpenIdProvider,
    http: &HttpClient,
    told: impl FnOnce(&Url) -> Vec<(&'static str, String)>,
) -> (Url, Result<Vouched, ExchangeError>) {
    let (loopback, mut attempt) = begin(provider).await;
    let authorize = attempt.authorize_url().clone();
    bring_back(&loopback.return_uri(), &told(&authorize));
    let deadline = Instant::now() + PATIENCE;
    let returned = attempt.wait_return(&loopback, deadline, &CancellationToken::new()).await.unwrap();
    let Returned::Code { code, browser } = returned else { panic!("no code") };
    let result = attempt.exchange(code, http, &Noon).await;
    browser.finish(Page::Done).await;
    (authorize, result)
}

/// Listens, and begins an attempt.
pub(crate) async fn begin(provider: &OpenIdProvider) -> (Loopback, OpenIdAttempt) {
    let loopback = Loopback::bind(provider.return_address()).await.unwrap();
    let attempt = OpenIdAttempt::begin(provider, &loopback, &SystemRandom::new(), Noon.now()).unwrap();
    (loopback, attempt)
}

pub(crate) fn parameter(url: &Url, wanted: &str) -> String {
    url.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned()
}

/// The browser comes back to the listener, in the background.
pub(crate) fn bring_back(to: &Url, brought: &[(&'static str, String)]) -> JoinHandle<String> {
    let mut url = to.clone();
    url.query_pairs_mut().extend_pairs(brought);
    let host = format!("127.0.0.1:{}", url.port().unwrap());
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    tokio::spawn(async move {
        let mut stream = TcpStream::connect(&host).await.unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    })
}
