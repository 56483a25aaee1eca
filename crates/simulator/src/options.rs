//! How a simulator is started: platform, rules, seed, and which of two known behaviours it shows.

use std::fmt;
use std::sync::Arc;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// Which of the two platforms is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// FranceConnect: level eidas1, signed tokens.
    Low,
    /// FranceConnect+: levels eidas2 and eidas3, signed tokens inside encrypted ones.
    High,
}

impl Platform {
    /// Returns its name in the trace and on the command line: `low`, `high`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
        }
    }

    /// Returns its name as a person knows it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Low => "FranceConnect",
            Self::High => "FranceConnect+",
        }
    }

    /// The levels it serves, lowest first.
    pub(crate) const fn levels(self) -> &'static [&'static str] {
        match self {
            Self::Low => &["eidas1"],
            Self::High => &["eidas2", "eidas3"],
        }
    }

    /// The level meant by one that nobody knows.
    pub(crate) const fn usual_level(self) -> &'static str {
        match self {
            Self::Low => "eidas1",
            Self::High => "eidas3",
        }
    }

    /// How long a session and an interaction live; a session's seconds count from its last use.
    pub(crate) const fn session_s(self) -> i64 {
        match self {
            Self::Low => 1800,
            Self::High => 600,
        }
    }
}

/// Which addresses a service may return to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// http and names without a top level are accepted, as in FranceConnect's sandbox.
    Sandbox,
    /// https and a top level are required, as in production and everywhere on FranceConnect+.
    Strict,
}

/// What `sub` looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubForm {
    /// 128 hexadecimal digits, as observed.
    Observed,
    /// 64 hexadecimal digits and `v1`, as documented and in published fixtures.
    Documented,
}

/// Choices between two behaviours that both exist in the field; the default is what was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Quirks {
    /// The form of `sub`.
    pub sub: SubForm,
    /// Whether `client_secret_basic` works at the token endpoint although it is not announced.
    pub basic_authentication: bool,
    /// The shortest nonce; 32 was asked for by an older deployment.
    pub nonce_min: usize,
    /// Whether a scope that exists and was not granted returns `invalid_scope` instead of being dropped.
    pub ungranted_scope_refused: bool,
    /// Whether a level that is not served is refused before the sign-in instead of after it.
    pub acr_refused_at_once: bool,
    /// Whether the refusal of a provider hint carries the state instead of `undefined`.
    pub hint_refusal_keeps_state: bool,
    /// Whether userinfo dies with the grant after 30 seconds instead of with its token after 60.
    pub grant_ends_userinfo: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            sub: SubForm::Observed,
            basic_authentication: true,
            nonce_min: 22,
            ungranted_scope_refused: false,
            acr_refused_at_once: false,
            hint_refusal_keeps_state: false,
            grant_ends_userinfo: false,
        }
    }
}

/// How a simulator is started.
#[derive(Clone)]
pub struct Options {
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// Tells the time; every lifetime and every token date comes from it.
    pub clock: Clock,
    /// The platform.
    pub platform: Platform,
    /// The rules for return addresses.
    pub rules: Rules,
    /// Where keys, codes and identifiers are drawn from; the system's randomness without one.
    pub seed: Option<u64>,
    /// Choices between two known behaviours.
    pub quirks: Quirks,
}

impl Options {
    /// FranceConnect in its sandbox.
    #[must_use]
    pub fn low(port: u16, clock: Clock) -> Self {
        let quirks = Quirks::default();
        Self { port, clock, platform: Platform::Low, rules: Rules::Sandbox, seed: None, quirks }
    }

    /// FranceConnect+, with the sandbox's addresses: the real one is strict, and no relay on the
    /// loopback could then be tried.
    #[must_use]
    pub fn high(port: u16, clock: Clock) -> Self {
        Self { platform: Platform::High, ..Self::low(port, clock) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("port", &self.port)
            .field("platform", &self.platform)
            .field("rules", &self.rules)
            .field("seed", &self.seed)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}
