//! Somebody signed in: what was verified.

use std::fmt;

use comptoir_identity::PivotIdentity;
use jiff::Timestamp;

use crate::acr::AcrValue;
use crate::secret::{IdTokenHint, Secret};

/// A person FranceConnect vouches for.
pub struct SignedIn {
    /// The identity, as FranceConnect signed it.
    pub identity: PivotIdentity,
    /// The level reached.
    pub acr: AcrValue,
    /// When the person signed in, by FranceConnect's clock.
    pub auth_time: Timestamp,
    /// The ID token to log out with; kept by the caller until the logout is confirmed.
    pub id_token: IdTokenHint,
    /// FranceConnect's identifier of the person at this client; opaque.
    pub sub: Secret,
    pub(crate) state_id_token: Secret,
    pub(crate) state_userinfo: Secret,
}

/// FranceConnect's own signed tokens, as a relay forwards them.
pub struct Evidence {
    /// The ID token, a compact JWS.
    pub id_token: Secret,
    /// The userinfo, a compact JWS.
    pub userinfo: Secret,
    /// The level reached.
    pub acr: AcrValue,
    /// When the person signed in.
    pub auth_time: Timestamp,
    /// The person's identifier.
    pub sub: Secret,
}

impl SignedIn {
    /// Keeps the signed tokens and drops the identity.
    #[must_use]
    pub fn into_evidence(self) -> Evidence {
        Evidence {
            id_token: self.state_id_token,
            userinfo: self.state_userinfo,
            acr: self.acr,
            auth_time: self.auth_time,
            sub: self.sub,
        }
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("acr", &self.acr).finish_non_exhaustive()
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence").field("acr", &self.acr).finish_non_exhaustive()
    }
}
