//! What one flow has to know of a provider; kinds of providers differ in these values and in nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use crate::acr::AcrValue;
use crate::authentication::ClientAuthentication;
use crate::exchange::{ExchangeFault, Party};
use crate::id_token::{Age, SKEW, VerifiedIdToken};
use crate::jwe::{DecryptionKeys, JweFault, is_encrypted};
use crate::keys::KeySource;
use crate::loopback::ReturnAddress;
use crate::pinned::{Environment, may_carry_for, may_carry_tokens};
use crate::provider::{Endpoints, ProfileError, Provider, SigningAlg};
use crate::secret::Secret;

/// FranceConnect's grant lives as long (franceconnect.md §7.1).
pub(crate) const EXCHANGE_WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Profile {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) party: Party,
    pub(crate) environment: Environment,
    pub(crate) endpoints: Endpoints,
    pub(crate) device_authorization: Option<Url>,
    pub(crate) knows_desks: bool,
    pub(crate) logs_out: bool,
    pub(crate) authentication: ClientAuthentication,
    pub(crate) request: Request,
    pub(crate) back: Back,
    pub(crate) keys: KeySource,
    pub(crate) id_token: IdTokenRules,
    pub(crate) decryption: Option<Arc<DecryptionKeys>>,
    pub(crate) level: Level,
    pub(crate) userinfo: Userinfo,
    pub(crate) exchange_within: Duration,
    /// Our claim to the provider's name for it.
    pub(crate) claim_names: BTreeMap<&'static str, String>,
    pub(crate) kind: Kind,
}

/// What the authorization request carries.
#[derive(Default)]
pub(crate) struct Request {
    /// Beside `openid`.
    pub(crate) scopes: Vec<String>,
    pub(crate) acr_values: Vec<String>,
    pub(crate) pkce: bool,
    /// What this provider wants beside what OpenID Connect asks for.
    pub(crate) more: Vec<(String, String)>,
}

/// How the browser comes back.
pub(crate) struct Back {
    pub(crate) listen: ReturnAddress,
    /// Where the provider sends the browser, when a page there sends it on to where the desk listens
    /// (openid.md §9.4).
    pub(crate) public: Option<Public>,
    /// RFC 9207: it always says who it is.
    pub(crate) issuer_required: bool,
}

impl Back {
    /// The browser comes straight to where the desk listens.
    pub(crate) fn straight(listen: ReturnAddress, issuer_required: bool) -> Self {
        Self { listen, public: None, issuer_required }
    }
}

/// Addresses on the web that send the browser on.
#[derive(Debug, Clone)]
pub(crate) struct Public {
    pub(crate) return_uri: Url,
    pub(crate) end_uri: Url,
}

/// What its ID tokens must be.
pub(crate) struct IdTokenRules {
    pub(crate) alg: SigningAlg,
    pub(crate) age: Age,
    pub(crate) skew: SignedDuration,
    pub(crate) other_audiences: bool,
}

impl IdTokenRules {
    pub(crate) fn of_franceconnect(alg: SigningAlg, age: Age) -> Self {
        Self { alg, age, skew: SKEW, other_audiences: false }
    }
}

/// Which levels are accepted.
pub(crate) enum Level {
    /// This one of FranceConnect's, or a higher one.
    AtLeast(AcrValue),
    /// One of these; whatever it is when there are none.
    OneOf(Vec<String>),
}

impl Level {
    /// Judges what an ID token states.
    pub(crate) fn judge(&self, verified: &VerifiedIdToken) -> Result<(), ExchangeFault> {
        match self {
            Self::AtLeast(required) => {
                let (reached, required) = (verified.level().map_err(ExchangeFault::IdTokenInvalid)?, *required);
                if reached < required { Err(ExchangeFault::LevelTooLow { reached, required }) } else { Ok(()) }
            }
            Self::OneOf(accepted) => {
                let reached = |acr: &str| accepted.iter().any(|one| one == acr);
                let enough = accepted.is_empty() || verified.acr.as_deref().is_some_and(reached);
                if enough { Ok(()) } else { Err(ExchangeFault::LevelNotAccepted) }
            }
        }
    }
}

/// How the identity is had.
pub(crate) struct Userinfo {
    pub(crate) form: UserinfoForm,
    pub(crate) bearer: Bearer,
    /// Whether issuer, audience and expiry must be in it.
    pub(crate) complete: bool,
}

impl Userinfo {
    pub(crate) fn of_franceconnect(alg: SigningAlg, encrypted: bool) -> Self {
        Self { form: UserinfoForm::Signed { alg, encrypted }, bearer: Bearer::Header, complete: true }
    }
}

/// The form of the userinfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserinfoForm {
    /// A JWS, inside a JWE where so agreed.
    Signed { alg: SigningAlg, encrypted: bool },
    /// Plain JSON.
    Json,
    /// Not asked for: the ID token says all there is.
    None,
}

/// Where the access token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer {
    Header,
    Body,
}

/// Whose signature vouches for the person.
pub(crate) enum Kind {
    /// FranceConnect's, forwarded.
    Relay(Box<State>),
    /// FranceConnect's own.
    Direct,
    /// The provider's, whoever it is.
    Generic,
}

/// FranceConnect behind a relay.
pub(crate) struct State {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) alg: SigningAlg,
    pub(crate) keys: KeySource,
}

impl Profile {
    /// Returns the signed ID token inside one that the provider sent: itself where no encryption was agreed.
    pub(crate) fn opened(&self, token: &Secret) -> Result<Secret, JweFault> {
        self.opened_when(self.decryption.is_some(), token)
    }

    /// Returns the signed token inside one that is encrypted or not, as agreed.
    pub(crate) fn opened_when(&self, encrypted: bool, token: &Secret) -> Result<Secret, JweFault> {
        match &self.decryption {
            Some(keys) if encrypted => keys.decrypt(token),
            Some(_) | None if is_encrypted(token.expose()) => Err(JweFault::Unexpected),
            Some(_) | None => Ok(token.clone()),
        }
    }

    pub(crate) fn checked(self) -> Result<Provider, ProfileError> {
        if self.client_id.is_empty() {
            return Err(ProfileError::ClientIdMissing);
        }
        let issuer = Url::parse(&self.issuer).map_err(|_| ProfileError::InsecureAddress)?;
        // Tokens of a relay elsewhere are not sent to whatever listens on this machine.
        let secure = |url: &Url| may_carry_for(&issuer, url);
        let secure = self.endpoints.all().into_iter().chain(&self.device_authorization).all(secure);
        if !may_carry_tokens(&issuer) || !secure {
            return Err(ProfileError::InsecureAddress);
        }
        Ok(Provider(Arc::new(self)))
    }
}
