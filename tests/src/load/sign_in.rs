//! Many sign-ins at once, each with a desk and a browser of its own.

use super::process::Franceconnect;
use super::{Taken, below};
use crate::visitor::{Stop, Visitor};
use crate::world::WorldClock;
use comptoir_franceconnect::{Attempt, Clock as _, DeskCredential, HttpClient, Loopback, Page, Provider, Returned};
use ring::rand::SystemRandom;
use std::error::Error;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

type Failure = Box<dyn Error + Send + Sync>;

const PATIENCE: Duration = Duration::from_mins(5);

/// How the desks reach FranceConnect.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    /// Through a relay.
    Relay(&'a Url),
    /// By themselves.
    Straight,
}

/// Signs so many people in at once, from the first request to the verified identity; the logout is left out.
pub(super) async fn at_once(way: Way<'_>, sign_ins: usize, at: &mut Franceconnect) -> Result<Taken, Box<dyn Error>> {
    let http = HttpClient::new()?;
    let providers = match way {
        Way::Relay(issuer) => {
            vec![Provider::discover_relay(&http, issuer.clone(), &DeskCredential::public()).await?; sign_ins]
        }
        Way::Straight => straight(sign_ins, at).await?,
    };
    let start = Arc::new(Barrier::new(sign_ins));
    let mut all = JoinSet::new();
    let began = Instant::now();
    for provider in providers {
        let (http, start, visitor) = (http.clone(), Arc::clone(&start), Visitor::new());
        all.spawn(async move {
            start.wait().await;
            let began = Instant::now();
            sign_in(&provider, &http, visitor).await.map(|()| began.elapsed())
        });
    }
    let mut times = Vec::new();
    while let Some(one) = all.join_next().await {
        times.push(one?.map_err(|failure| -> Box<dyn Error> { failure })?);
    }
    times.sort_unstable();
    let at = |hundredth: usize| times.get((times.len() - 1) * hundredth / 100).copied().unwrap_or_default();
    Ok(Taken { p50: at(50), p99: at(99), all: began.elapsed() })
}

/// A client for each desk: FranceConnect wants the very port, which nobody holds until the desk listens.
///
/// A port that the system picks it may lend meanwhile to a connection of another desk: these are free
/// ones below those it lends (on Linux from 32768, `ip_local_port_range`).
async fn straight(sign_ins: usize, at: &mut Franceconnect) -> Result<Vec<Provider>, Box<dyn Error>> {
    const NEVER_LENT: Range<u16> = 20_000..32_768;
    let mut providers = Vec::new();
    for port in NEVER_LENT {
        if providers.len() == sign_ins {
            return Ok(providers);
        }
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            let issuer = Url::parse(&format!("http://127.0.0.1:{port}"))?;
            let id = format!("straight-{port}");
            providers.push(at.client(&id, below(&issuer, "/retour")?, below(&issuer, "/fin")?)?);
        }
    }
    Err("not enough free ports".into())
}

async fn sign_in(provider: &Provider, http: &HttpClient, visitor: Visitor) -> Result<(), Failure> {
    let clock = WorldClock::default();
    let loopback = Loopback::bind(provider.return_address()).await?;
    let mut attempt = Attempt::begin(provider, &loopback, &SystemRandom::new(), clock.now())?;
    let address = attempt.authorize_url().clone();
    let walk = tokio::spawn(async move { visitor.sign_in(address, "test", Stop::AtTheEnd).await });
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let returned = loopback.wait_return(&mut attempt, deadline, &CancellationToken::new()).await?;
    let Returned::Code { code, browser } = returned else {
        return Err("nobody came back with a code".into());
    };
    attempt.exchange(code, http, &clock).await?;
    browser.finish(Page::Done).await;
    walk.await??;
    Ok(())
}

/// Begins so many sign-ins at a relay that nobody goes on with.
pub(super) async fn begin(relay: &Url, waiting: usize) -> Result<(), Box<dyn Error>> {
    const AT_ONCE: usize = 50;
    let visitor = Visitor::new();
    let mut left = waiting;
    while left > 0 {
        let mut some = JoinSet::new();
        for _ in 0..left.min(AT_ONCE) {
            let (visitor, address) = (visitor.clone(), address(relay, left)?);
            some.spawn(async move { visitor.fetch(address).await });
            left -= 1;
        }
        while let Some(page) = some.join_next().await {
            if page??.redirect.is_none() {
                return Err("the relay did not send the browser on".into());
            }
        }
    }
    Ok(())
}

fn address(relay: &Url, number: usize) -> Result<Url, Box<dyn Error>> {
    let number = format!("{number:064}");
    Ok(Url::parse_with_params(
        below(relay, "/authorize")?.as_str(),
        [
            ("response_type", "code"),
            ("client_id", comptoir_franceconnect::DESK_CLIENT_ID),
            ("redirect_uri", "http://127.0.0.1:49152/retour"),
            ("scope", "openid"),
            ("state", &number),
            ("nonce", &number),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ],
    )?)
}
