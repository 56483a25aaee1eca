//! Windows and macOS: nothing to prepare.

use std::process::ExitCode;

pub(crate) fn prepare() -> Option<ExitCode> {
    None
}
