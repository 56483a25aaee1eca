//! What the system's web view needs before it starts.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod native;

#[cfg(target_os = "linux")]
pub(crate) use linux::prepare;
#[cfg(not(target_os = "linux"))]
pub(crate) use native::prepare;
