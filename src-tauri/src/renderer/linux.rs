//! Linux: WebKitGTK.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// WebKitGTK's DMABUF renderer shows an empty window on many drivers and without a GPU.
const VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Starts the program over with what the web view reads before `main`: setting a variable of a
/// running process is unsafe. Returns only when there is nothing to do, or the system refused.
pub(crate) fn prepare() -> Option<ExitCode> {
    if std::env::var_os(VARIABLE).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        let error = Command::new(program).args(std::env::args_os().skip(1)).env(VARIABLE, "1").exec();
        tracing::warn!(%error, "the program could not be started over");
    }
    None
}
