//! What is noticed while the desk waits for the browser.

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// What may keep the browser from coming back: a hint to people, never a reason to stop waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A browser has asked for https where the desk listens: it wants nothing else (openid.md §6.3 P20).
    HttpsWanted,
    /// The computer slept, or its clock was set (P16): the page of FranceConnect may have expired meanwhile.
    Slept,
}

/// How often the clock is looked at.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// A busy machine looks late by a few seconds, not by more.
const LATEST_LOOK: SignedDuration = SignedDuration::from_secs(30);

/// Tells a machine that slept from one that waited: the deadline's clock may stand still in a sleep, the
/// wall's goes on.
pub(crate) struct Vigil {
    last: Timestamp,
}

impl Vigil {
    pub(crate) fn begin(now: Timestamp) -> Self {
        Self { last: now }
    }

    /// Looks at the clock; returns whether more has passed since the last look than a look may take.
    pub(crate) fn has_slept(&mut self, now: Timestamp) -> bool {
        let passed = now.duration_since(self.last);
        self.last = now;
        passed > LATEST_LOOK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_a_look_that_comes_far_too_late() {
        for (rule, looks, expected) in [
            ("awake", &[1, 2, 3][..], &[false, false, false][..]),
            ("a busy machine", &[1, 12, 13], &[false, false, false]),
            ("asleep for an hour", &[1, 3_601, 3_602], &[false, true, false]),
            ("the clock is set back", &[1, -3_600, -3_599], &[false, false, false]),
        ] {
            let mut vigil = Vigil::begin(Timestamp::UNIX_EPOCH);
            let seen = looks.iter().map(|at| vigil.has_slept(Timestamp::from_second(*at).unwrap()));
            assert_eq!(seen.collect::<Vec<_>>(), expected, "{rule}");
        }
    }
}
