//! The program that listens on a port of this machine, where the system tells (openid.md §6.3 P01).

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod system;

pub(crate) use system::find;

/// Who listens.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(all(not(target_os = "linux"), not(test)), expect(dead_code, reason = "no other system tells"))]
pub(crate) enum PortHolder {
    /// A program of this account, by its name.
    Program(String),
    /// A program that this account may not look at: another person's, or the system's.
    AnotherAccount,
}
