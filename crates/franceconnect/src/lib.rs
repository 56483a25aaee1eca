//! The relying party: provider profiles, attempt, loopback return, exchange, verified claims, logout.
//!
//! The only crate that parses tokens. One sign-in reads, from the outside:
//!
//! 1. [`Provider::discover_relay`] (or [`Provider::direct`]) says whom to talk to;
//! 2. [`Loopback::bind`] listens, before any browser opens;
//! 3. [`Attempt::begin`] draws state, nonce and PKCE verifier, and makes the address to open;
//! 4. [`Loopback::wait_return`] holds the browser that came back;
//! 5. [`Attempt::redeem`] exchanges the code and verifies the ID token, [`Redeemed::identify`] asks
//!    for the identity and verifies FranceConnect's own signatures;
//! 6. [`Loopback::expect_end`], [`Provider::end_session_url`], [`BrowserTurn::send_on`] and
//!    [`Loopback::wait_end`] end the patient's session in the same tab.
//!
//! No value of a token, a claim or a trait is ever part of an error text or a log line.

mod acr;
mod assertion;
mod attempt;
mod authentication;
mod client_key;
mod clock;
mod device;
mod discover;
mod enrol;
mod exchange;
mod fault;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzed;
mod half_hash;
mod http_client;
mod id_token;
mod identify;
mod json;
mod jwe;
mod jws;
mod keys;
mod loopback;
mod open_id_provider;
mod parked;
mod pinned;
mod pivot;
mod profile;
mod provider;
mod provider_file;
mod redeem;
mod returned;
mod secret;
mod signed_in;
mod tls;
mod token_answer;
mod userinfo;
mod vouched;

pub use acr::{AcrValue, UnknownAcr};
pub use assertion::{ASSERTION_TYPE, AssertionFault, ClientAssertion, VerifiedAssertion};
pub use attempt::{Attempt, BeginError, franceconnect_nonce};
pub use authentication::{AssertionAudience, ClientAuthentication, DeskCredential};
pub use client_key::{ClientKey, NotAClientKey, PublicJwk};
pub use clock::Clock;
pub use device::{DEVICE_GRANT, DeviceEnd, DeviceError, DeviceGrant};
pub use discover::{DESK_CLIENT_ID, DiscoverError};
pub use enrol::{EnrolError, enrol};
pub use exchange::{ExchangeError, ExchangeFault, Party};
pub use fault::{Fault, codes, describe};
pub use http_client::{HttpClient, HttpClientError, Network, Proxy};
pub use id_token::IdTokenFault;
pub use identify::Redeemed;
pub use jwe::{DecryptionKey, DecryptionKeyError, DecryptionKeys, JweFault, KeyAgreement};
pub use loopback::{
    Abandonment, BindError, BrowserTurn, EndTurn, Ended, Loopback, Page, ReturnAddress, Returned, WaitError,
};
pub use open_id_provider::{NotFranceConnect, OpenIdAttempt, OpenIdProvider};
pub use parked::Packed;
pub use pinned::Environment;
pub use pivot::pivot_identity;
pub use provider::{DirectProfile, Endpoints, ProfileError, Provider, RelayProfile, SigningAlg, StateProfile};
pub use provider_file::{
    FileRefused, KeychainUnavailable, ProviderFile, ProviderFileError, ProviderFileProblem, Secrets,
};
pub use returned::{AuthorizationError, ReturnQuery, UnverifiedReturn, read_return};
pub use ring::rand::SecureRandom;
pub use secret::{AuthorizationCode, IdTokenHint, RandomnessUnavailable, Secret};
pub use signed_in::{Evidence, SignedIn};
pub use userinfo::UserinfoFault;
pub use vouched::Vouched;
