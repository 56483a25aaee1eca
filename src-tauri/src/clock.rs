//! The clock of the machine: the one place that reads it.

use comptoir_desk::Clock;
use jiff::Timestamp;

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one implementation of the Clock port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
