//! What is under way. In memory only, bounded, and forgotten when its time is over.

use std::collections::HashMap;

use comptoir_franceconnect::{Attempt, Evidence, Secret};
use jiff::{SignedDuration, Timestamp};
use url::Url;

/// FranceConnect's own interaction lives as long (franceconnect.md §7.1).
const SIGN_IN: SignedDuration = SignedDuration::from_mins(30);
/// A patient's identity stays no longer (decisions: "at most a minute").
const IDENTITY: SignedDuration = SignedDuration::from_secs(60);
const LOGOUT: SignedDuration = SignedDuration::from_mins(10);
/// Of each kind at once; the oldest makes room.
const MOST: usize = 10_000;

/// What a desk asked for.
pub(crate) struct DeskRequest {
    pub(crate) return_uri: Url,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
}

/// Somebody is signing in at FranceConnect.
pub(crate) struct Pending {
    pub(crate) attempt: Attempt,
    pub(crate) desk: DeskRequest,
}

/// Somebody signed in; a desk holds, or will fetch, the way to the identity.
pub(crate) struct Granted {
    pub(crate) desk: DeskRequest,
    pub(crate) evidence: Evidence,
}

/// What a code leads to.
enum Code {
    Fresh(Box<Granted>),
    /// Used: used again, it takes the identity with it (RFC 6749 §4.1.2).
    Used {
        access_token: Secret,
    },
}

/// What comes of presenting a code.
pub(crate) enum Presented {
    Granted(Box<Granted>),
    Unknown,
}

/// Where the browser goes after a logout.
pub(crate) enum Afterwards {
    Desk(Url),
    /// No desk waits: a last page.
    Nowhere,
}

#[derive(Default)]
pub(crate) struct Book {
    pending: Shelf<Pending>,
    codes: Shelf<Code>,
    identities: Shelf<Evidence>,
    leaving: Shelf<Afterwards>,
}

impl Book {
    pub(crate) fn begin(&mut self, pending: Pending, now: Timestamp) {
        let state = pending.attempt.state().expose().to_owned();
        self.pending.put(state, pending, now + SIGN_IN);
    }

    pub(crate) fn take_pending(&mut self, state: &str, now: Timestamp) -> Option<Pending> {
        self.pending.take(state, now)
    }

    pub(crate) fn grant(&mut self, code: &Secret, granted: Granted, now: Timestamp) {
        self.codes.put(code.expose().to_owned(), Code::Fresh(Box::new(granted)), now + IDENTITY);
    }

    /// Takes a code; presented again, it revokes what it gave.
    pub(crate) fn present(&mut self, code: &str, access_token: &Secret, now: Timestamp) -> Presented {
        let until = self.codes.until(code);
        match (self.codes.take(code, now), until) {
            (Some(Code::Fresh(granted)), Some(until)) => {
                self.codes.put(code.to_owned(), Code::Used { access_token: access_token.clone() }, until);
                Presented::Granted(granted)
            }
            (Some(Code::Used { access_token }), _) => {
                self.identities.take(access_token.expose(), now);
                Presented::Unknown
            }
            (Some(Code::Fresh(_)) | None, _) => Presented::Unknown,
        }
    }

    /// Keeps an identity until it is fetched; its minute began when FranceConnect gave it.
    pub(crate) fn keep(&mut self, access_token: &Secret, code: &str, evidence: Evidence) {
        if let Some(until) = self.codes.until(code) {
            self.identities.put(access_token.expose().to_owned(), evidence, until);
        }
    }

    pub(crate) fn take_identity(&mut self, access_token: &str, now: Timestamp) -> Option<Evidence> {
        self.identities.take(access_token, now)
    }

    pub(crate) fn leave(&mut self, state: &Secret, afterwards: Afterwards, now: Timestamp) {
        self.leaving.put(state.expose().to_owned(), afterwards, now + LOGOUT);
    }

    pub(crate) fn left(&mut self, state: &str, now: Timestamp) -> Option<Afterwards> {
        self.leaving.take(state, now)
    }

    pub(crate) fn drop_expired(&mut self, now: Timestamp) {
        self.pending.drop_expired(now);
        self.codes.drop_expired(now);
        self.identities.drop_expired(now);
        self.leaving.drop_expired(now);
    }
}

/// Things with a name of 256 random bits and an end.
struct Shelf<T>(HashMap<String, (Timestamp, T)>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Shelf<T> {
    fn put(&mut self, name: String, thing: T, until: Timestamp) {
        if self.0.len() >= MOST
            && let Some(oldest) = self.0.iter().min_by_key(|(_, (until, _))| *until).map(|(name, _)| name.clone())
        {
            self.0.remove(&oldest);
        }
        self.0.insert(name, (until, thing));
    }

    fn until(&self, name: &str) -> Option<Timestamp> {
        self.0.get(name).map(|(until, _)| *until)
    }

    fn take(&mut self, name: &str, now: Timestamp) -> Option<T> {
        let (until, thing) = self.0.remove(name)?;
        (now < until).then_some(thing)
    }

    fn drop_expired(&mut self, now: Timestamp) {
        self.0.retain(|_, (until, _)| now < *until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_taken_once_and_in_time() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut shelf = Shelf::default();
        for (rule, taken_at, expected) in [("in time", 59, Some(7)), ("too late", 60, None)] {
            shelf.put("name".to_owned(), 7, at(60));
            assert_eq!(shelf.take("name", at(taken_at)), expected, "{rule}");
            assert_eq!(shelf.take("name", at(taken_at)), None, "{rule}, twice");
        }
        shelf.put("name".to_owned(), 7, at(60));
        shelf.drop_expired(at(60));
        assert_eq!(shelf.0.len(), 0);
    }

    #[test]
    fn a_full_shelf_drops_what_ends_first() {
        let mut shelf = Shelf::default();
        for number in 0..=MOST {
            let until = Timestamp::from_second(i64::try_from(number).unwrap()).unwrap();
            shelf.put(number.to_string(), number, until);
        }
        assert_eq!((shelf.0.len(), shelf.0.contains_key("0"), shelf.0.contains_key("1")), (MOST, false, true));
    }
}
