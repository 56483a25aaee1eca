//! Work that blocks, beside the person who may end it.

use super::lines::Lines;
use super::register::Stop;
use super::{Exit, interruption};
use crate::failure::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long what is told to stop has to put its things away.
const PATIENCE: Duration = Duration::from_secs(10);

/// Told to whoever works: whether to go on.
#[derive(Debug, Clone, Default)]
pub(super) struct Going(Arc<AtomicBool>);

impl Going {
    /// Whether nobody has ended it.
    pub(super) fn on(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// How work ended.
pub(super) enum Ended<T> {
    /// By itself.
    Done(Result<T, Stop>),
    /// By the person or the system.
    Interrupted(Exit),
}

/// Runs work that stops at a good moment when it is told to, and waits for that: what it makes is never half-made.
pub(super) async fn to_its_end(
    json: bool,
    work: impl FnOnce(&Lines, &Going) -> Result<Exit, Stop> + Send + 'static,
) -> Exit {
    let going = Going::default();
    let told = going.clone();
    let lines = Lines::new(json);
    let work = tokio::task::spawn_blocking(move || work(&lines, &told).unwrap_or_else(|stop| stop.end(&lines)));
    tokio::pin!(work);
    tokio::select! {
        ended = &mut work => ended.unwrap_or(Exit::Fault),
        exit = interruption() => {
            going.0.store(true, Ordering::Relaxed);
            let ended = work.await.unwrap_or(Exit::Fault);
            if ended == Exit::Interrupted { exit } else { ended }
        }
    }
}

/// Runs work on a thread of its own, which the end of the program does not wait for: it may be reading a terminal that
/// says nothing more.
pub(super) async fn until_interrupted<T: Send + 'static>(
    work: impl FnOnce(&Going) -> Result<T, Stop> + Send + 'static,
) -> Ended<T> {
    let (done, mut result) = tokio::sync::oneshot::channel();
    let going = Going::default();
    let told = going.clone();
    std::thread::spawn(move || done.send(work(&told)));
    let stopped = Err(Stop::Failure(Failure::INTERRUPTED));
    tokio::select! {
        exit = interruption() => {
            going.0.store(true, Ordering::Relaxed);
            match tokio::time::timeout(PATIENCE, result).await {
                Ok(Ok(Ok(done))) => Ended::Done(Ok(done)),
                _ => Ended::Interrupted(exit),
            }
        }
        result = &mut result => Ended::Done(result.unwrap_or(stopped)),
    }
}
