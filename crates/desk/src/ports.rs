//! What the desk needs from the outside: a browser, a keychain, a clock.

pub use comptoir_franceconnect::Clock;
use std::fmt;
use thiserror::Error;
use url::Url;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The system browser, and what a sign-in may have left open in it.
///
/// Called from worker threads: implementations may block for some seconds, never for ever.
pub trait Browser: Send + Sync {
    /// Opens an address: for a sign-in where no session stays if it can, for a logout in the browser that
    /// the desk also works with, as the session is there. A browser that was started does not mean that
    /// the page is shown.
    ///
    /// # Errors
    /// When no browser could be started. The address can still be copied.
    fn open(&self, address: &Url, purpose: Purpose) -> Result<Opened, BrowserError>;

    /// Ends every browser that was started in a throw-away profile, also by a program that crashed, and
    /// destroys the profiles with whatever session they hold. Nothing happens when there is none.
    ///
    /// # Errors
    /// When a profile remains; it is tried again at the next call.
    fn destroy_profiles(&self) -> Result<(), BrowserError>;

    /// Whether an earlier sign-in may have left a FranceConnect session open: in the browser of the desk,
    /// or in a throw-away profile that could not be destroyed. Survives a crash.
    fn may_hold_a_session(&self) -> bool;

    /// Whether [`Browser::remember_session`] was called since the last [`Browser::forget_session`].
    fn is_remembered(&self) -> bool;

    /// Remembers, before the browser opens, that a session may be left in it.
    ///
    /// # Errors
    /// When it cannot be remembered: the sign-in must not begin.
    fn remember_session(&self) -> Result<(), BrowserError>;

    /// Forgets it: the session is closed, or the browser is.
    ///
    /// # Errors
    /// When it cannot be forgotten; the next sign-in is then held once more.
    fn forget_session(&self) -> Result<(), BrowserError>;
}

/// Why the browser is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// For the patient to sign in.
    SignIn,
    /// For a logout owed from an earlier check-in.
    SignOut,
}

/// Where an address was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// In a browser of its own with a fresh profile: no session outlives the profile.
    ThrowAway,
    /// In the browser that the desk also works with: a session may stay in it.
    Shared,
    /// Nowhere: this host only hands the address out, and a person opens it where they like.
    ByHand,
}

/// Why the browser port could not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BrowserError {
    /// No browser could be started.
    #[error("no browser could be started")]
    NotStarted,
    /// The mark of an unfinished sign-in could not be written or removed.
    #[error("the mark of an unfinished sign-in could not be changed")]
    Mark,
    /// A throw-away profile, or the browser in it, is still there.
    #[error("a throw-away profile could not be destroyed")]
    ProfileRemains,
}

/// The keychain of the operating system, one namespace per kind of installation.
pub trait Keychain: Send + Sync {
    /// Reads an entry; `None` when there is none.
    ///
    /// # Errors
    /// See [`KeychainError`].
    fn read(&self, entry: &str) -> Result<Option<Secret>, KeychainError>;

    /// Writes an entry, replacing what it held.
    ///
    /// # Errors
    /// See [`KeychainError`].
    fn write(&self, entry: &str, secret: &Secret) -> Result<(), KeychainError>;

    /// Removes an entry; nothing happens when there is none.
    ///
    /// # Errors
    /// See [`KeychainError`].
    fn remove(&self, entry: &str) -> Result<(), KeychainError>;
}

/// Why the keychain did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeychainError {
    /// No keychain runs in this session.
    #[error("no keychain runs in this session")]
    Absent,
    /// The keychain is locked, or its unlock window waits for an answer.
    #[error("the keychain is locked, or did not answer in time")]
    Locked,
    /// The keychain refused.
    #[error("the keychain refused")]
    Refused,
}

/// Bytes that must not be seen: zeroised when dropped, printed as `[secret]`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the one who stores or uses them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
