//! The same seed, clock, port and requests give the same answers, byte for byte.

use comptoir_simulator::{Options, Simulator};
use jiff::Timestamp;

use crate::bench::{Bench, Browser, START};

async fn walk(bench: &Bench) -> Vec<String> {
    let opened = Browser::new(bench).authorize(&[]).await;
    let mut told = vec![opened.location().to_owned()];
    // ES256 by deterministic nonces, RS256 by PKCS #1 v1.5: both signatures are repeatable.
    for client_id in ["relais", "autre"] {
        let code = Browser::new(bench).code("test", &[("client_id", client_id)]).await;
        let (_, token) = bench.token_of(client_id, &code, &[]).await;
        told.push(bench.userinfo(&token["access_token"]).await.text().await.unwrap());
        told.extend([code, token.to_string()]);
    }
    told.push(bench.http.get(bench.at("/jwks")).send().await.unwrap().text().await.unwrap());
    told
}

#[tokio::test]
async fn a_seed_repeats_every_answer() {
    let bench = Bench::with(|options| options.seed = Some(7)).await;
    let port = bench.simulator.issuer().port().unwrap();
    let first = walk(&bench).await;
    drop(bench);
    // The port is part of what is signed; the old listener is closed by its task, soon.
    for _ in 0..1000 {
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let again = Bench::with(|options| (options.seed, options.port) = (Some(7), port)).await;
    let second = walk(&again).await;
    for (one, other) in first.iter().zip(&second) {
        assert_eq!(one, other);
    }
    assert_eq!(first.len(), second.len());
}

#[tokio::test]
async fn another_seed_or_none_gives_other_keys() {
    let mut seen = std::collections::HashSet::new();
    for seed in [Some(7), Some(8), None, None] {
        let clock = std::sync::Arc::new(|| Timestamp::from_second(START).unwrap());
        let simulator = Simulator::start(Options { seed, ..Options::high(0, clock) }).await.unwrap();
        let jwks = reqwest_of(&simulator).await;
        assert!(seen.insert(jwks), "{seed:?}");
    }
}

async fn reqwest_of(simulator: &Simulator) -> String {
    let url = format!("{}/jwks", simulator.issuer());
    crate::bench::http(false).get(url).send().await.unwrap().text().await.unwrap()
}
