//! What a relay bears: sign-ins at once, beside the same ones without it, and what one that waits takes in memory.
//!
//! FranceConnect (simulated) and the relay are programs of their own; browsers and desks are tasks of this one.

mod process;
mod sign_in;

use process::{Franceconnect, RelayProcess};
use serde_json::{Value, json};
use sign_in::{Way, at_once};
use std::error::Error;
use std::time::Duration;
use url::Url;

pub use process::serve_relay;

/// The argument that makes this program the relay.
pub const AS_RELAY: &str = "--as-relay";

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Sign-ins at once.
    pub at_once: usize,
    /// How often each way is measured, in turns; the median run counts.
    pub rounds: usize,
    /// Transactions that wait.
    pub waiting: usize,
}

/// Measures, and tells each figure as a line of JSON.
///
/// # Errors
/// When a sign-in fails, or something does not start.
pub async fn measure(load: Load, tell: &dyn Fn(&Value)) -> Result<(), Box<dyn Error>> {
    let mut franceconnect = Franceconnect::start()?;
    let relay = RelayProcess::start(&mut franceconnect)?;
    let (mut by_relay, mut straight) = (Vec::new(), Vec::new());
    // One of each first: what is made once is made before anything is measured.
    for way in [Way::Relay(&relay.issuer), Way::Straight] {
        at_once(way, 1, &mut franceconnect).await?;
    }
    for _ in 0..load.rounds {
        by_relay.push(at_once(Way::Relay(&relay.issuer), load.at_once, &mut franceconnect).await?);
        straight.push(at_once(Way::Straight, load.at_once, &mut franceconnect).await?);
    }
    let by_relay = median(by_relay);
    let straight = median(straight);
    for (way, taken) in [("relay", &by_relay), ("straight", &straight)] {
        tell(&json!({
            "measure": "sign-ins at once", "way": way, "sign_ins": load.at_once, "p50_ms": milliseconds(taken.p50),
            "p99_ms": milliseconds(taken.p99), "all_ms": milliseconds(taken.all),
        }));
    }
    tell(&json!({
        "measure": "ratio of the relay's way to the straight one",
        "p50": ratio(by_relay.p50, straight.p50), "p99": ratio(by_relay.p99, straight.p99),
        "all": ratio(by_relay.all, straight.all),
    }));
    tell(&json!({"measure": "the relay after these sign-ins", "resident_kb": relay.resident_kb()?}));

    let fresh = RelayProcess::start(&mut franceconnect)?;
    at_once(Way::Relay(&fresh.issuer), 1, &mut franceconnect).await?;
    let before = fresh.resident_kb()?;
    sign_in::begin(&fresh.issuer, load.waiting).await?;
    let after = fresh.resident_kb()?;
    let each = after.saturating_sub(before).saturating_mul(1024).checked_div(load.waiting as u64);
    tell(&json!({
        "measure": "waiting transactions", "transactions": load.waiting, "resident_before_kb": before,
        "resident_after_kb": after, "bytes_each": each,
    }));
    Ok(())
}

/// How long so many sign-ins took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    p50: Duration,
    p99: Duration,
    all: Duration,
}

fn median(mut runs: Vec<Taken>) -> Taken {
    runs.sort_by_key(|run| run.p50);
    let nothing = Taken { p50: Duration::ZERO, p99: Duration::ZERO, all: Duration::ZERO };
    runs.get(runs.len() / 2).copied().unwrap_or(nothing)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    let ratio = one.as_secs_f64() / other.as_secs_f64().max(f64::MIN_POSITIVE);
    (ratio * 100.0).round() / 100.0
}

/// The address below an issuer.
fn below(issuer: &Url, path: &str) -> Result<Url, url::ParseError> {
    issuer.join(path)
}
