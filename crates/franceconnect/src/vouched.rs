//! Somebody whom a provider of any kind vouches for.

use std::collections::BTreeMap;
use std::fmt;

use comptoir_identity::PivotIdentity;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::pivot::pivot_identity;
use crate::secret::{IdTokenHint, Secret};

/// A person a provider vouches for: its word, for the screen. It is no [`SignedIn`](crate::SignedIn) and
/// becomes none: only FranceConnect's signature is evidence for a check-in.
pub struct Vouched {
    /// The claims, as received and verified.
    pub claims: Map<String, Value>,
    /// The level, in the provider's words.
    pub acr: Option<String>,
    /// When the person signed in, by the provider's clock.
    pub auth_time: Option<Timestamp>,
    /// The ID token to log out with.
    pub id_token: IdTokenHint,
    /// The provider's identifier of the person at this client; opaque.
    pub sub: Secret,
    pub(crate) claim_names: BTreeMap<&'static str, String>,
}

impl Vouched {
    /// Reads the claims as an identity, through the provider's names for ours; to be shown, not compared.
    #[must_use]
    pub fn shown_identity(&self) -> PivotIdentity {
        let mut claims = self.claims.clone();
        for (ours, theirs) in &self.claim_names {
            match self.claims.get(theirs) {
                Some(value) => claims.insert((*ours).to_owned(), value.clone()),
                None => claims.remove(*ours),
            };
        }
        pivot_identity(&claims)
    }
}

impl fmt::Debug for Vouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vouched").finish_non_exhaustive()
    }
}
