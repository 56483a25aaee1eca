//! The exchange: code → tokens → identity, thirty seconds in all. Here, why it may fail.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::acr::AcrValue;
use crate::fault::Fault;
use crate::http_client::{Answer, HttpFault};
use crate::id_token::{IdTokenFault, SKEW};
use crate::jwe::JweFault;
use crate::keys::KeysFault;
use crate::provider::Provider;
use crate::secret::IdTokenHint;
use crate::userinfo::UserinfoFault;

/// Whom a failure concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The relay.
    Relay,
    /// FranceConnect.
    FranceConnect,
    /// Another OpenID Provider.
    Provider,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Relay => "the relay",
            Self::FranceConnect => "FranceConnect",
            Self::Provider => "the provider",
        })
    }
}

/// Why nobody was signed in. No variant carries a value of a token, a claim or a trait.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeFault {
    /// No answer.
    #[error("{0} does not answer")]
    Unreachable(Party),
    /// This machine is on no network, or the network knows no such name.
    #[error("this machine is on no network that knows {0}")]
    Offline(Party),
    /// A page for people came instead of an answer: a captive portal's, a filter's.
    #[error("a page came instead of the answer of {0}")]
    Page(Party),
    /// The server's certificate is not believed.
    #[error("the certificate of {0} is not believed")]
    Untrusted(Party),
    /// The whole took longer than it may.
    #[error("the exchange took too long")]
    TimedOut,
    /// An address is neither https nor on this machine.
    #[error("an address is neither https nor on this machine")]
    InsecureAddress,
    /// The code was refused; `support` is FranceConnect's own code and identifier, where given.
    #[error("{party} refused the code{}", .support.as_ref().map(|s| format!(" ({s})")).unwrap_or_default())]
    TokenRefused {
        /// Who refused.
        party: Party,
        /// What to quote to support.
        support: Option<String>,
    },
    /// The client itself was refused.
    #[error("{party} refused the client{}", .support.as_ref().map(|s| format!(" ({s})")).unwrap_or_default())]
    ClientRefused {
        /// Who refused.
        party: Party,
        /// What to quote to support.
        support: Option<String>,
    },
    /// An answer of an unexpected form, or too large.
    #[error("the answer of {0} cannot be read")]
    Malformed(Party),
    /// A token cannot be decrypted.
    #[error("a token of {0} cannot be decrypted: {1}")]
    Undecryptable(Party, JweFault),
    /// The signing keys cannot be had.
    #[error("the signing keys of {0} cannot be had")]
    KeysUnavailable(Party),
    /// The ID token is refused.
    #[error("the ID token is refused: {0}")]
    IdTokenInvalid(IdTokenFault),
    /// The identity was not given.
    #[error("{0} did not give the identity")]
    UserinfoRefused(Party),
    /// The identity's signature or claims are refused.
    #[error("the identity is refused: {0}")]
    UserinfoInvalid(UserinfoFault),
    /// The relay's identity speaks of another person than its ID token.
    #[error("the identity speaks of another person than the ID token")]
    SubjectDiffers,
    /// The relay did not forward FranceConnect's signed tokens.
    #[error("FranceConnect's own signature is missing")]
    StateSignatureMissing,
    /// FranceConnect's ID token, as forwarded, is refused.
    #[error("FranceConnect's own ID token is refused: {0}")]
    StateIdTokenInvalid(IdTokenFault),
    /// FranceConnect's userinfo, as forwarded, is refused.
    #[error("FranceConnect's own identity is refused: {0}")]
    StateUserinfoInvalid(UserinfoFault),
    /// FranceConnect's tokens do not belong to this attempt, or not to the relay's.
    #[error("FranceConnect's signed identity does not belong to this attempt")]
    StateUnbound,
    /// This machine's clock is wrong by so many seconds (positive: it is slow).
    #[error("this machine's clock is wrong by {0} seconds")]
    ClockWrong(i64),
    /// The level is too low.
    #[error("the level reached is {reached}, {required} is required")]
    LevelTooLow {
        /// What was reached.
        reached: AcrValue,
        /// What is required.
        required: AcrValue,
    },
    /// The level is none of those accepted.
    #[error("the level reached is none of those accepted")]
    LevelNotAccepted,
    /// The person signed in before the attempt: somebody else's session may have been used.
    #[error("the sign-in is older than this attempt")]
    SessionReused,
}

impl Fault for ExchangeFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(Party::Relay) => "relay-unreachable",
            Self::Unreachable(Party::FranceConnect) => "franceconnect-unreachable",
            Self::Unreachable(Party::Provider) => "provider-unreachable",
            Self::Offline(_) => "network-down",
            Self::Page(_) => "page-instead",
            Self::Untrusted(_) => "certificate-refused",
            Self::TimedOut => "exchange-timed-out",
            Self::InsecureAddress => "address-insecure",
            Self::TokenRefused { .. } => "token-refused",
            Self::ClientRefused { .. } => "client-refused",
            Self::Malformed(_) => "answer-malformed",
            Self::Undecryptable(..) => "token-undecryptable",
            Self::KeysUnavailable(_) => "keys-unavailable",
            Self::IdTokenInvalid(_) => "id-token-invalid",
            Self::UserinfoRefused(_) => "userinfo-refused",
            Self::UserinfoInvalid(_) => "userinfo-invalid",
            Self::SubjectDiffers => "subject-differs",
            Self::StateSignatureMissing => "state-signature-missing",
            Self::StateIdTokenInvalid(_) | Self::StateUserinfoInvalid(_) => "state-signature-invalid",
            Self::StateUnbound => "state-evidence-unbound",
            Self::ClockWrong(_) => "clock-wrong",
            Self::LevelTooLow { .. } | Self::LevelNotAccepted => "level-too-low",
            Self::SessionReused => "session-reused",
        }
    }
}

/// Nobody was signed in; a session may nevertheless be open in the browser.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct ExchangeError {
    /// Why.
    pub fault: ExchangeFault,
    /// The ID token to log out with, where one was had and its signature holds.
    pub owed_logout: Option<IdTokenHint>,
}

impl Fault for ExchangeError {
    fn code(&self) -> &'static str {
        self.fault.code()
    }
}

impl From<ExchangeFault> for ExchangeError {
    fn from(fault: ExchangeFault) -> Self {
        Self { fault, owed_logout: None }
    }
}

impl Provider {
    pub(crate) fn party(&self) -> Party {
        self.0.party
    }
}

pub(crate) fn of_http(fault: HttpFault, party: Party) -> ExchangeFault {
    match fault {
        HttpFault::Unreachable | HttpFault::TimedOut => ExchangeFault::Unreachable(party),
        HttpFault::Offline => ExchangeFault::Offline(party),
        HttpFault::TooLarge => ExchangeFault::Malformed(party),
        HttpFault::Insecure => ExchangeFault::InsecureAddress,
        HttpFault::Untrusted => ExchangeFault::Untrusted(party),
        HttpFault::Page => ExchangeFault::Page(party),
    }
}

pub(crate) fn of_keys(fault: KeysFault, party: Party) -> ExchangeFault {
    match fault {
        KeysFault::Http(HttpFault::Insecure) => ExchangeFault::InsecureAddress,
        KeysFault::Http(HttpFault::Untrusted) => ExchangeFault::Untrusted(party),
        KeysFault::Http(HttpFault::Page) => ExchangeFault::Page(party),
        KeysFault::Http(HttpFault::Offline) => ExchangeFault::Offline(party),
        KeysFault::Http(HttpFault::Unreachable | HttpFault::TimedOut | HttpFault::TooLarge)
        | KeysFault::NotKeys
        | KeysFault::TooSoon => ExchangeFault::KeysUnavailable(party),
    }
}

/// How far the other side's clock is ahead of this machine's.
pub(crate) fn offset(answer: &Answer, now: Timestamp) -> Option<SignedDuration> {
    answer.date.map(|date| date.duration_since(now))
}

/// A wrong clock on this machine explains a fault of time better than the fault itself.
pub(crate) fn of_id_token(
    fault: IdTokenFault,
    offset: Option<SignedDuration>,
    otherwise: fn(IdTokenFault) -> ExchangeFault,
) -> ExchangeFault {
    let clock = if fault.is_about_time() { clock_wrong(offset) } else { None };
    match clock {
        Some(clock) => clock,
        None if matches!(fault, IdTokenFault::AuthTimeEarly | IdTokenFault::SessionOlder) => {
            ExchangeFault::SessionReused
        }
        None => otherwise(fault),
    }
}

/// A wrong clock makes assertions that no relay can take: it explains the refusal of a client.
pub(crate) fn of_client(fault: ExchangeFault, offset: Option<SignedDuration>) -> ExchangeFault {
    let refused = matches!(fault, ExchangeFault::ClientRefused { .. });
    refused.then(|| clock_wrong(offset)).flatten().unwrap_or(fault)
}

pub(crate) fn of_expiry(fault: UserinfoFault, offset: Option<SignedDuration>) -> Option<ExchangeFault> {
    (fault == UserinfoFault::Expired).then(|| clock_wrong(offset)).flatten()
}

fn clock_wrong(offset: Option<SignedDuration>) -> Option<ExchangeFault> {
    offset.filter(|offset| offset.abs() > SKEW).map(|offset| ExchangeFault::ClockWrong(offset.as_secs()))
}
