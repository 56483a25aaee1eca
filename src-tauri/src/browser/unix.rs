//! What Linux and macOS do alike: signals, and a group of its own for the browser.

use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Whether this program is root's: Chromium refuses its sandbox to root.
pub(super) fn runs_as_root() -> bool {
    geteuid().is_root()
}

/// Puts the browser in a process group of its own: an interrupt typed at the terminal is ours alone.
pub(super) fn apart(command: &mut Command) {
    command.process_group(0);
}

/// Asks processes to close, or ends them.
pub(super) fn end(processes: &[u32], forced: bool) {
    let signal = if forced { Signal::KILL } else { Signal::TERM };
    for process in processes.iter().filter_map(|&id| Pid::from_raw(i32::try_from(id).ok()?)) {
        // Gone meanwhile, or another person's: whether it still runs is looked at afterwards.
        kill_process(process, signal).ok();
    }
}
