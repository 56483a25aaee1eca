//! What a relay counts: how many, how it ended, how long it took. Never who.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Establishment, and how it ended: both from closed lists, so that nobody outside makes a new series.
type Labels = [(&'static str, String); 2];

/// Establishment, what was asked for too often, and by whose count.
type Limited = [(&'static str, String); 3];

type Durations = Family<[(&'static str, String); 1], Histogram, fn() -> Histogram>;

/// In seconds: a person types a password, or looks for a phone.
fn histogram() -> Histogram {
    Histogram::new([5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0])
}

/// The counters of a relay, for all its establishments; cheap to clone.
#[derive(Clone)]
pub struct Counters(Arc<Inner>);

struct Inner {
    registry: Mutex<Registry>,
    sign_ins: Family<Labels, Counter>,
    duration: Durations,
    limited: Family<Limited, Counter>,
}

impl Default for Counters {
    fn default() -> Self {
        let mut registry = Registry::default();
        let sign_ins = Family::<Labels, Counter>::default();
        registry.register(
            "comptoir_relay_sign_ins",
            "Sign-ins by establishment and by how far they came",
            sign_ins.clone(),
        );
        let duration = Durations::new_with_constructor(histogram as fn() -> Histogram);
        registry.register(
            "comptoir_relay_sign_in_seconds",
            "From the request of a desk to the return from FranceConnect",
            duration.clone(),
        );
        let limited = Family::<Limited, Counter>::default();
        registry.register(
            "comptoir_relay_limited",
            "Requests that were told to wait, by establishment, by act and by whose count",
            limited.clone(),
        );
        Self(Arc::new(Inner { registry: Mutex::new(registry), sign_ins, duration, limited }))
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counters")
    }
}

impl Counters {
    /// Writes everything in the exposition format of Prometheus.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut text = String::new();
        let registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }

    pub(crate) fn of(&self, establishment: &str) -> Counted {
        Counted { counters: self.clone(), establishment: establishment.to_owned() }
    }
}

/// How far a sign-in came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// The browser, or the phone, went to FranceConnect.
    Begun,
    /// A desk asked, and shows a code for a phone.
    Shown,
    /// A desk asked wrongly.
    RefusedRequest,
    /// FranceConnect vouched for somebody.
    Granted,
    /// FranceConnect, or the person, said no.
    Denied,
    /// FranceConnect failed, or what it said was not accepted.
    Failed,
    /// The identity reached the desk.
    Delivered,
    /// The session at FranceConnect was ended.
    SignedOut,
}

impl Came {
    fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Shown => "shown",
            Self::RefusedRequest => "refused_request",
            Self::Granted => "granted",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::SignedOut => "signed_out",
        }
    }
}

/// The counters of one establishment.
pub(crate) struct Counted {
    counters: Counters,
    establishment: String,
}

impl Counted {
    pub(crate) fn one(&self, came: Came) {
        let labels = [("establishment", self.establishment.clone()), ("came", came.as_str().to_owned())];
        self.counters.0.sign_ins.get_or_create(&labels).inc();
        tracing::info!(target: "audit", establishment = self.establishment, act = came.as_str());
    }

    pub(crate) fn limited(&self, act: &str, by: &str) {
        let labels = [("establishment", self.establishment.clone()), ("act", act.to_owned()), ("by", by.to_owned())];
        self.counters.0.limited.get_or_create(&labels).inc();
    }

    pub(crate) fn took(&self, since: Timestamp, now: Timestamp) {
        let labels = [("establishment", self.establishment.clone())];
        self.counters.0.duration.get_or_create(&labels).observe(now.duration_since(since).as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_exposed() {
        let counters = Counters::default();
        let counted = counters.of("https://relais.example/clinique");
        counted.one(Came::Begun);
        counted.one(Came::Begun);
        counted.one(Came::Denied);
        counted.limited("call", "desk");
        counted.took(Timestamp::from_second(0).unwrap(), Timestamp::from_second(20).unwrap());
        let text = counters.expose();
        for line in [
            "comptoir_relay_sign_ins_total{establishment=\"https://relais.example/clinique\",came=\"begun\"} 2",
            "comptoir_relay_sign_ins_total{establishment=\"https://relais.example/clinique\",came=\"denied\"} 1",
            "comptoir_relay_limited_total{establishment=\"https://relais.example/clinique\",act=\"call\",by=\"desk\"} 1",
            "comptoir_relay_sign_in_seconds_bucket{le=\"30.0\",establishment=\"https://relais.example/clinique\"} 1",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}
