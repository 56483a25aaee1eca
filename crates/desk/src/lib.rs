//! The job: from a key press to a verdict, over three ports.
//!
//! [`check_in`] reads as the check-in happens at the desk. [`decide`] records what the receptionist
//! did with the verdict. Everything outside (browser, keychain, clock) is a port.

mod check_in;
mod credential;
mod debt;
mod decide;
mod desk;
mod memory;
mod open;
mod phone;
mod ports;
mod rekey;
mod verdict;
mod vigil;

pub use check_in::{CheckInError, CheckInRequest, Concluded, Step, Way, check_in};
pub use credential::{EnrolDeskError, FindRelayError, enrol_desk, find_relay};
pub use decide::{DecideError, Decision, decide, paper_path};
pub use desk::{Desk, Patience};
pub use memory::MemoryKeychain;
pub use open::{OpenRegisterError, adopt_key, open_register, register_key};
pub use ports::{Browser, BrowserError, Clock, Keychain, KeychainError, Opened, Purpose, Secret};
pub use rekey::{RekeyRegisterError, rekey_register};
pub use verdict::{Outcome, Verdict, VerdictCandidate};
pub use vigil::Notice;
