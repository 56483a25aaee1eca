//! How much is answered: by address, by desk, and by establishment.
//!
//! Buckets that fill again with time, each instance's own. Ours rather than a crate's: the time is a parameter here, what
//! they hold is bounded, and a right code is given back.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::House;
use crate::address::ClientAddress;
use crate::client::Desks;
use crate::{page, token};

/// Wrong codes that an address may try in a row; then one a minute (decision 0014).
const CODES: Rate = Rate { every: SignedDuration::from_mins(1), most: SignedDuration::from_mins(5) };
/// Codes of phones that an address may try in a row; then one every five seconds. A waiting room, or a whole network of
/// mobile phones, shares an address; a code among those alive is found by one guess in a hundred million.
const PHONES_CODES: Rate = Rate { every: SignedDuration::from_secs(5), most: SignedDuration::from_mins(5) };
/// What each bucket remembers.
const MOST: usize = 10_000;

/// How much one establishment answers in a minute, on one instance; as much at once when there was nothing before.
///
/// A check-in costs a sign-in and two calls, a sign-in on a phone a call every two seconds: a hospital whose hundreds of
/// desks share one address stays below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Sign-ins that are begun from one address.
    pub sign_ins_by_address: u32,
    /// Sign-ins that one enrolled desk begins.
    pub sign_ins_by_desk: u32,
    /// Sign-ins that are begun altogether: what waits for minutes has a place that others need too.
    pub sign_ins: u32,
    /// Calls for tokens and identities from one address.
    pub calls_by_address: u32,
    /// Calls of one enrolled desk.
    pub calls_by_desk: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_ins_by_address: 1_200,
            sign_ins_by_desk: 60,
            sign_ins: 6_000,
            calls_by_address: 12_000,
            calls_by_desk: 240,
        }
    }
}

impl Limits {
    /// As good as none: for a measurement of everything else.
    pub const NONE: Self = Self {
        sign_ins_by_address: u32::MAX,
        sign_ins_by_desk: u32::MAX,
        sign_ins: u32::MAX,
        calls_by_address: u32::MAX,
        calls_by_desk: u32::MAX,
    };

    /// Names a limit that would let nobody in.
    pub(crate) fn closed(&self) -> Option<&'static str> {
        let named = [
            ("sign_ins_by_address", self.sign_ins_by_address),
            ("sign_ins_by_desk", self.sign_ins_by_desk),
            ("sign_ins", self.sign_ins),
            ("calls_by_address", self.calls_by_address),
            ("calls_by_desk", self.calls_by_desk),
        ];
        named.into_iter().find(|(_, number)| *number == 0).map(|(name, _)| name)
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Beginning a sign-in.
    SignIn,
    /// Asking for tokens or for an identity.
    Call,
    /// Trying a code that somebody typed; a right one is given back.
    Code,
    /// The same, on a patient's phone.
    PhoneCode,
}

impl Act {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Call => "call",
            Self::Code => "code",
            Self::PhoneCode => "phone_code",
        }
    }
}

/// How long to wait before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(SignedDuration);

impl Wait {
    /// In whole seconds, at least one.
    pub(crate) fn seconds(self) -> i64 {
        (self.0.as_secs() + i64::from(self.0.subsec_nanos() > 0)).max(1)
    }

    /// Tells a desk.
    pub(crate) fn answer(self) -> Response {
        let answer = token::error(StatusCode::TOO_MANY_REQUESTS, "slow_down");
        ([(header::RETRY_AFTER, self.seconds().to_string())], answer).into_response()
    }

    /// Tells a person.
    pub(crate) fn page(self) -> Response {
        ([(header::RETRY_AFTER, self.seconds().to_string())], page::too_many(self.seconds())).into_response()
    }
}

impl House {
    /// Counts an act of whoever asks, before anything else is done for them.
    pub(crate) fn admit(&self, act: Act, from: ClientAddress, now: Timestamp) -> Result<(), Wait> {
        let (limiter, address) = (&self.limiter, from.network());
        let admitted = match act {
            Act::SignIn => limiter.sign_ins_by_address.pour(address, now),
            Act::Call => limiter.calls_by_address.pour(address, now),
            Act::Code => limiter.codes_by_address.pour(address, now),
            Act::PhoneCode => limiter.phone_codes_by_address.pour(address, now),
        };
        admitted.inspect_err(|_| self.told_to_wait(act, "address", "", now))
    }

    /// Counts an act of a desk that is known.
    ///
    /// At its address: whoever else learns a desk's identifier does not hold that desk up.
    pub(crate) fn admit_desk(
        &self,
        act: Act,
        client_id: &str,
        from: ClientAddress,
        now: Timestamp,
    ) -> Result<(), Wait> {
        let limiter = &self.limiter;
        // Public desks all have the same identifier.
        let desk = match &self.desks {
            Desks::Public { .. } => None,
            Desks::Enrolled(_) => Some((client_id.to_owned(), from.network())),
        };
        let by_desk = match (act, desk) {
            (Act::SignIn, Some(desk)) => limiter.sign_ins_by_desk.pour(desk, now),
            (Act::Call, Some(desk)) => limiter.calls_by_desk.pour(desk, now),
            (Act::Code | Act::PhoneCode, _) | (_, None) => Ok(()),
        };
        by_desk.inspect_err(|_| self.told_to_wait(act, "desk", client_id, now))?;
        match act {
            Act::SignIn => limiter.sign_ins.pour((), now),
            Act::Call | Act::Code | Act::PhoneCode => Ok(()),
        }
        .inspect_err(|_| self.told_to_wait(act, "establishment", client_id, now))
    }

    /// Takes back what a right code was counted as.
    pub(crate) fn was_right(&self, act: Act, from: ClientAddress, now: Timestamp) {
        match act {
            Act::Code => self.limiter.codes_by_address.give_back(&from.network(), now),
            Act::PhoneCode => self.limiter.phone_codes_by_address.give_back(&from.network(), now),
            Act::SignIn | Act::Call => {}
        }
    }

    fn told_to_wait(&self, act: Act, by: &'static str, desk: &str, now: Timestamp) {
        self.counted.limited(act.as_str(), by);
        // One line a second: whoever asks too much does not fill the log.
        if self.limiter.told.swap(now.as_second(), Ordering::Relaxed) != now.as_second() {
            tracing::info!(target: "audit", desk, act = act.as_str(), outcome = "limited", by);
        }
    }
}

/// What one establishment has counted.
#[derive(Debug)]
pub(crate) struct Limiter {
    sign_ins_by_address: Bucket<IpAddr>,
    sign_ins_by_desk: Bucket<(String, IpAddr)>,
    sign_ins: Bucket<()>,
    calls_by_address: Bucket<IpAddr>,
    calls_by_desk: Bucket<(String, IpAddr)>,
    codes_by_address: Bucket<IpAddr>,
    phone_codes_by_address: Bucket<IpAddr>,
    /// The second of the last line that was written.
    told: AtomicI64,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            sign_ins_by_address: Bucket::new(Rate::of(limits.sign_ins_by_address)),
            sign_ins_by_desk: Bucket::new(Rate::of(limits.sign_ins_by_desk)),
            sign_ins: Bucket::new(Rate::of(limits.sign_ins)),
            calls_by_address: Bucket::new(Rate::of(limits.calls_by_address)),
            calls_by_desk: Bucket::new(Rate::of(limits.calls_by_desk)),
            codes_by_address: Bucket::new(CODES),
            phone_codes_by_address: Bucket::new(PHONES_CODES),
            told: AtomicI64::new(i64::MIN),
        }
    }

    /// Forgets whose buckets are full again.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.sign_ins_by_address.sweep(now);
        self.sign_ins_by_desk.sweep(now);
        self.sign_ins.sweep(now);
        self.calls_by_address.sweep(now);
        self.calls_by_desk.sweep(now);
        self.codes_by_address.sweep(now);
        self.phone_codes_by_address.sweep(now);
    }
}

/// How fast a bucket fills again.
#[derive(Debug, Clone, Copy)]
struct Rate {
    /// The time that one act costs.
    every: SignedDuration,
    /// The time that a whole bucket holds.
    most: SignedDuration,
}

impl Rate {
    fn of(a_minute: u32) -> Self {
        let most = SignedDuration::from_mins(1);
        Self { every: SignedDuration::from_nanos(60_000_000_000 / i64::from(a_minute.max(1))), most }
    }
}

/// A bucket for each of whom something is counted, kept as the moment at which it is full again.
#[derive(Debug)]
struct Bucket<K> {
    rate: Rate,
    full_at: Mutex<HashMap<K, Timestamp>>,
}

impl<K: Eq + Hash> Bucket<K> {
    fn new(rate: Rate) -> Self {
        Self { rate, full_at: Mutex::default() }
    }

    /// Takes one act out; the error is how long to wait for the next.
    fn pour(&self, whose: K, now: Timestamp) -> Result<(), Wait> {
        let Rate { every, most } = self.rate;
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= MOST {
            full_at.retain(|_, at| now < *at);
        }
        let known = full_at.get(&whose);
        // With no room left strangers wait: those that are counted stay counted.
        if full_at.len() >= MOST && known.is_none() {
            return Err(Wait(every));
        }
        // A clock that was set back leaves nobody waiting for longer than an empty bucket would.
        let empty = now.saturating_add(most).unwrap_or(Timestamp::MAX);
        let was = known.copied().unwrap_or(now).clamp(now, empty);
        let next = was.saturating_add(every).unwrap_or(Timestamp::MAX);
        if next > empty {
            full_at.insert(whose, was);
            return Err(Wait(next.duration_since(empty)));
        }
        full_at.insert(whose, next);
        Ok(())
    }

    fn give_back(&self, whose: &K, now: Timestamp) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = full_at.get_mut(whose) {
            *at = at.saturating_sub(self.rate.every).unwrap_or(now);
        }
    }

    fn sweep(&self, now: Timestamp) {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, at| now < *at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seconds<T>(outcome: Result<T, Wait>) -> Result<T, i64> {
        outcome.map_err(Wait::seconds)
    }

    #[test]
    fn codes_are_tried_slowly() {
        let tries = Bucket::new(CODES);
        for _ in 0..5 {
            assert_eq!(tries.pour("one", at(0)), Ok(()));
        }
        for (rule, from, now, expected) in [
            ("too many", "one", 0, Err(60)),
            ("still", "one", 59, Err(1)),
            ("another address", "two", 59, Ok(())),
            ("after a minute", "one", 60, Ok(())),
            ("one only", "one", 60, Err(60)),
            ("after five, all five again", "one", 400, Ok(())),
            ("the clock was set back", "one", -5000, Err(60)),
            ("and goes on", "one", -4940, Ok(())),
        ] {
            assert_eq!(seconds(tries.pour(from, at(now))), expected, "{rule}");
        }
    }

    #[test]
    fn a_right_code_costs_nothing() {
        let tries = Bucket::new(CODES);
        for _ in 0..50 {
            assert_eq!(tries.pour("one", at(0)), Ok(()));
            tries.give_back(&"one", at(0));
        }
        for _ in 0..5 {
            assert_eq!(tries.pour("one", at(0)), Ok(()));
        }
        assert_eq!(seconds(tries.pour("one", at(0))), Err(60));
        tries.give_back(&"nobody", at(0));
        assert_eq!(tries.full_at.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_minute_holds_what_it_says() {
        for a_minute in [1, 7, 60, 1_200, 12_000] {
            let bucket = Bucket::new(Rate::of(a_minute));
            let poured = |now| (0..20_000).take_while(|_| bucket.pour((), at(now)).is_ok()).count();
            assert_eq!(poured(0), usize::try_from(a_minute).unwrap(), "{a_minute} at once");
            assert_eq!(poured(0), 0, "{a_minute}, and no more");
            assert_eq!(poured(60), usize::try_from(a_minute).unwrap(), "{a_minute} a minute later");
        }
    }

    #[test]
    fn a_hospital_behind_one_address_stays_below() {
        let (limiter, address) = (Limiter::new(&Limits::default()), IpAddr::from([192, 0, 2, 1]));
        let call = |desk: &(String, IpAddr), now| {
            assert_eq!(limiter.calls_by_address.pour(address, now), Ok(()));
            assert_eq!(limiter.calls_by_desk.pour(desk.clone(), now), Ok(()));
        };
        // In one minute, 500 desks check somebody in at the screen, and 300 others wait for somebody's phone.
        for second in 0..60 {
            let now = at(second);
            for number in 0..800 {
                let desk = (format!("desk {number}"), address);
                if number % 60 == second {
                    assert_eq!(limiter.sign_ins_by_address.pour(address, now), Ok(()));
                    assert_eq!(limiter.sign_ins_by_desk.pour(desk.clone(), now), Ok(()));
                    assert_eq!(limiter.sign_ins.pour((), now), Ok(()));
                    call(&desk, now);
                    call(&desk, now);
                }
                if number >= 500 && number % 2 == second % 2 {
                    call(&desk, now);
                }
            }
        }
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let bucket = Bucket::new(Rate::of(1));
        for number in 0..MOST {
            assert_eq!(bucket.pour(number, at(0)), Ok(()), "{number}");
        }
        for (rule, whose, now, expected) in [
            ("a stranger waits", MOST, 59, Err(60)),
            ("whoever is counted stays counted", 7, 59, Err(1)),
            ("room again", MOST, 60, Ok(())),
        ] {
            assert_eq!(seconds(bucket.pour(whose, at(now))), expected, "{rule}");
            assert!(bucket.full_at.lock().unwrap().len() <= MOST, "{rule}");
        }
        bucket.sweep(at(120));
        assert_eq!(bucket.full_at.lock().unwrap().len(), 0);
    }

    #[test]
    fn no_limit_lets_nobody_in() {
        assert_eq!(Limits::default().closed(), None);
        assert_eq!(Limits { sign_ins: 0, ..Limits::default() }.closed(), Some("sign_ins"));
        let bucket = Bucket::new(Rate::of(Limits::NONE.sign_ins));
        assert!((0..100_000).all(|_| bucket.pour((), at(0)).is_ok()));
    }
}
