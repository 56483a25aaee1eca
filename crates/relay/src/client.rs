//! Which desk asks: by its name alone where the house is open, by its key where desks are enrolled.

use std::fmt;
use std::sync::Arc;

use comptoir_franceconnect::{ASSERTION_TYPE, ClientAssertion};
use jiff::SignedDuration;

use crate::House;
use crate::desks::{DeskBook, EnrolledDesk};
use crate::query::Query;

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
    /// The book of desks or the store does not answer.
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
        match self.book.shown_first(&client_id, &verified.jti, verified.expires, now).await {
            Ok(true) => {}
            Ok(false) => return Err(Stranger::Unknown),
            Err(_) => return Err(Stranger::Unavailable),
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
