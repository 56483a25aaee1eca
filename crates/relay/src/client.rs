//! Which desk asks: by its name alone where the house is open, by its key where desks are enrolled.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use comptoir_franceconnect::{ASSERTION_TYPE, ClientAssertion};
use jiff::{SignedDuration, Timestamp};

use crate::House;
use crate::desks::{DeskBook, EnrolledDesk};
use crate::query::Query;

/// Assertions that are remembered; each lives two minutes at most.
const MOST: usize = 100_000;
/// A desk's last sign of life is written down this often, not at every request.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// Which desks a relay answers.
#[derive(Clone)]
pub enum Desks {
    /// Whoever uses this client identifier: for a demonstration, a test, a broker behind other walls.
    Public {
        /// The identifier.
        client_id: String,
    },
    /// Those that were enrolled with a code, each by its own key.
    Enrolled(Arc<dyn DeskBook>),
}

impl fmt::Debug for Desks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public { .. } => "public",
            Self::Enrolled(_) => "enrolled",
        })
    }
}

/// Why a client is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// Unknown, revoked, or without a valid proof: nothing more is told (RFC 6749 §5.2).
    Unknown,
    /// The book of desks does not answer.
    Unavailable,
}

impl House {
    /// Whether a desk of this identifier may send somebody to sign in.
    pub(crate) async fn may_ask(&self, client_id: &str) -> Result<(), Stranger> {
        match &self.desks {
            Desks::Public { client_id: known } => (known == client_id).then_some(()).ok_or(Stranger::Unknown),
            Desks::Enrolled(book) => find(book.as_ref(), client_id).await.map(|_| ()),
        }
    }

    /// Authenticates the desk that sends a form, and returns its client identifier.
    pub(crate) async fn authenticate(&self, form: &Query, endpoint: &str) -> Result<String, Stranger> {
        let claimed = form.get("client_id");
        let book = match &self.desks {
            Desks::Public { client_id } => {
                return (claimed == Some(client_id)).then(|| client_id.clone()).ok_or(Stranger::Unknown);
            }
            Desks::Enrolled(book) => book,
        };
        if form.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(Stranger::Unknown);
        }
        let assertion = form.get("client_assertion").ok_or(Stranger::Unknown)?;
        let client_id = ClientAssertion::claimed_client(assertion).ok_or(Stranger::Unknown)?;
        if claimed.is_some_and(|claimed| claimed != client_id) {
            return Err(Stranger::Unknown);
        }
        let desk = find(book.as_ref(), &client_id).await?;
        let (now, endpoint) = (self.clock.now(), format!("{}/{endpoint}", self.issuer));
        let audiences = [self.issuer.as_str(), endpoint.as_str()];
        let verified = ClientAssertion::verify(assertion, &desk.key, &client_id, &audiences, now)
            .map_err(|_| Stranger::Unknown)?;
        if !self.assertions.take(&client_id, &verified.jti, verified.expires, now) {
            return Err(Stranger::Unknown);
        }
        if desk.last_seen.is_none_or(|seen| now.duration_since(seen) >= SEEN_EVERY) {
            // A sign of life that could not be written down refuses nobody.
            book.seen(&client_id, now).await.ok();
        }
        Ok(client_id)
    }
}

async fn find(book: &dyn DeskBook, client_id: &str) -> Result<EnrolledDesk, Stranger> {
    let found = book.find(client_id).await.map_err(|_| Stranger::Unavailable)?;
    found.filter(|desk| desk.revoked.is_none()).ok_or(Stranger::Unknown)
}

/// Assertions that were shown: none is taken twice.
#[derive(Debug, Default)]
pub(crate) struct Assertions(Mutex<HashMap<(String, String), Timestamp>>);

impl Assertions {
    /// Takes an assertion's identifier; `false` when it was taken before, or when no more can be remembered.
    pub(crate) fn take(&self, client_id: &str, jti: &str, until: Timestamp, now: Timestamp) -> bool {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= MOST {
            taken.retain(|_, until| now < *until);
        }
        let name = (client_id.to_owned(), jti.to_owned());
        // Forgetting one that still lives would let it be shown again: nobody is let in instead.
        if taken.len() >= MOST || taken.contains_key(&name) {
            return false;
        }
        taken.insert(name, until);
        true
    }

    pub(crate) fn sweep(&self, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, until| now < *until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_taken_once() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let assertions = Assertions::default();
        for (rule, client_id, jti, now, expected) in [
            ("first", "one", "a", 0, true),
            ("again", "one", "a", 59, false),
            ("another's of the same name", "two", "a", 59, true),
            ("another", "one", "b", 59, true),
        ] {
            assert_eq!(assertions.take(client_id, jti, at(60), at(now)), expected, "{rule}");
            assertions.sweep(at(now));
        }
        assertions.sweep(at(60));
        assert_eq!(assertions.0.lock().unwrap().len(), 0);
    }
}
