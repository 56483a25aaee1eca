//! Connections: the one that is held for the person, and the crowd of others.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use url::Url;

use super::page::{Page, see_other};

const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// How long, and how much, is still read after the answer: closing on unread bytes resets the
/// connection and may take the answer with it.
const DRAIN_WITHIN: Duration = Duration::from_secs(1);
const DRAIN_AT_MOST: usize = 4 * 1024 * 1024;
/// Connections served at once; the oldest makes room, so that silent ones cannot keep the browser out.
const CROWD: usize = 128;

/// The browser that came back, waiting for its answer. Dropped unanswered, it is told that nobody
/// waits any more.
pub struct BrowserTurn(Option<TcpStream>);

impl BrowserTurn {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Some(stream))
    }

    /// Sends the browser on, to the logout. Performs I/O.
    pub async fn send_on(mut self, url: &Url) {
        if let Some(stream) = self.0.take() {
            answer(stream, &see_other(url)).await;
        }
    }

    /// Shows a last page. Performs I/O.
    pub async fn finish(mut self, page: Page) {
        if let Some(stream) = self.0.take() {
            answer(stream, &page.response(200)).await;
        }
    }
}

impl fmt::Debug for BrowserTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserTurn")
    }
}

impl Drop for BrowserTurn {
    fn drop(&mut self) {
        if let Some(stream) = self.0.take() {
            // A page is smaller than any send buffer; if it is refused all the same, nobody is worse off.
            let _ = stream.try_write(Page::Over.response(410).as_bytes());
        }
    }
}

/// Writes an answer and closes politely. A browser that went away is no fault of ours.
pub(super) async fn answer(mut stream: TcpStream, response: &str) {
    let write = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await
    };
    if !matches!(timeout(WRITE_WITHIN, write).await, Ok(Ok(()))) {
        return;
    }
    let drain = async {
        let mut scrap = [0_u8; 4096];
        let mut total = 0;
        while let Ok(read) = stream.read(&mut scrap).await {
            total += read;
            if read == 0 || total > DRAIN_AT_MOST {
                break;
            }
        }
    };
    // Either the other side closes, or it has had its time.
    let _ = timeout(DRAIN_WITHIN, drain).await;
}

/// The connections being served.
#[derive(Default)]
pub(super) struct Crowd(VecDeque<JoinHandle<()>>);

impl Crowd {
    pub(super) fn admit(&mut self, connection: JoinHandle<()>) {
        self.0.retain(|one| !one.is_finished());
        if self.0.len() >= CROWD
            && let Some(oldest) = self.0.pop_front()
        {
            oldest.abort();
        }
        self.0.push_back(connection);
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for connection in &self.0 {
            connection.abort();
        }
    }
}
