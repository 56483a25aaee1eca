//! Linux and macOS: what is typed is not shown as long as this stands.

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;

/// Shows again what is typed when it is dropped.
pub(super) struct Hidden(Termios);

/// Hides what is typed, where the terminal can.
pub(super) fn hide() -> Option<Hidden> {
    let shown = tcgetattr(io::stdin()).ok()?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // The line breaks stay: who presses Enter sees it.
    hidden.local_modes.insert(LocalModes::ECHONL);
    // What was typed before the question is thrown away: it was shown.
    tcsetattr(io::stdin(), OptionalActions::Flush, &hidden).ok()?;
    Some(Hidden(shown))
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that has gone away needs nothing any more.
        tcsetattr(io::stdin(), OptionalActions::Now, &self.0).ok();
    }
}
