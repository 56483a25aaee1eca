//! Reading one request, and judging it.

use std::sync::Mutex;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use url::{Url, form_urlencoded};

use super::{Arrival, Page, lock};
use crate::returned::{Expected, ReturnQuery};
use crate::secret::Secret;

/// A head longer than this is nobody's honest request.
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 100;
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How a TLS connection begins (RFC 8446 §5.1).
const TLS_HANDSHAKE: &[u8] = &[0x16, 0x03];

/// What the listener waits for.
pub(crate) struct Gate {
    host: String,
    return_path: String,
    end_path: String,
    awaited: Option<(Expected, oneshot::Sender<Arrival>)>,
    used: Option<Expected>,
    end: Option<(Secret, oneshot::Sender<()>)>,
    ended: Option<Secret>,
    https_wanted: watch::Sender<bool>,
}

/// What is to be done with a connection.
pub(super) enum Judged {
    /// Close without a word.
    Silent,
    /// Show a page with this status; go on waiting.
    Page(u16, Page),
    /// The awaited return.
    Return(ReturnQuery, oneshot::Sender<Arrival>),
    /// The awaited end.
    End,
}

const NOISE: Judged = Judged::Page(400, Page::Nothing);

impl Gate {
    pub(super) fn new(return_uri: &Url, end_uri: &Url) -> Self {
        Self {
            host: authority(return_uri),
            return_path: return_uri.path().to_owned(),
            end_path: end_uri.path().to_owned(),
            awaited: None,
            used: None,
            end: None,
            ended: None,
            https_wanted: watch::Sender::new(false),
        }
    }

    pub(super) fn https_wanted(&self) -> watch::Receiver<bool> {
        self.https_wanted.subscribe()
    }

    pub(super) fn expect_return(&mut self, expected: Expected, deliver: oneshot::Sender<Arrival>) {
        self.awaited = Some((expected, deliver));
        self.used = None;
    }

    pub(super) fn give_up(&mut self) {
        self.used = self.awaited.take().map(|(expected, _)| expected);
    }

    pub(super) fn expect_end(&mut self, state: Secret, deliver: oneshot::Sender<()>) {
        self.end = Some((state, deliver));
    }

    fn judge(&mut self, head: &[u8]) -> Judged {
        if head.starts_with(TLS_HANDSHAKE) {
            self.https_wanted.send_replace(true);
            return NOISE;
        }
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(head) {
            Ok(httparse::Status::Complete(_)) => {}
            Err(httparse::Error::TooManyHeaders) => return Judged::Page(431, Page::Nothing),
            Ok(httparse::Status::Partial) | Err(_) => return NOISE,
        }
        if request.method != Some("GET") {
            return Judged::Page(405, Page::Nothing);
        }
        if let Some(noise) = self.judge_headers(request.headers) {
            return noise;
        }
        let target = request.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == self.return_path {
            self.judge_return(query)
        } else if path == self.end_path {
            self.judge_end(query)
        } else {
            Judged::Page(404, Page::Nothing)
        }
    }

    fn judge_headers(&self, headers: &[httparse::Header<'_>]) -> Option<Judged> {
        let mut hosts = 0;
        for header in headers {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            if is("host") {
                hosts += 1;
                // DNS rebinding: a page of another name that resolves to this address.
                if header.value != self.host.as_bytes() {
                    return Some(Judged::Page(421, Page::Nothing));
                }
            }
            let body = is("transfer-encoding") || is("expect") || (is("content-length") && header.value != b"0");
            // Only a person's navigation counts: no fetch, no image, no speculation of the browser.
            let speculation = is("sec-purpose") || is("purpose") || is("x-moz");
            let fetched = (is("sec-fetch-mode") && header.value != b"navigate")
                || (is("sec-fetch-dest") && header.value != b"document");
            if body || speculation || fetched || is("upgrade") {
                return Some(NOISE);
            }
        }
        (hosts != 1).then_some(NOISE)
    }

    fn judge_return(&mut self, query: &str) -> Judged {
        if let Some(used) = &self.used
            && used.read(query).is_some()
        {
            return Judged::Page(410, Page::AlreadyUsed);
        }
        let Some((expected, deliver)) = self.awaited.take() else {
            return NOISE;
        };
        if let Some(brought) = expected.read(query) {
            self.used = Some(expected);
            Judged::Return(brought, deliver)
        } else {
            self.awaited = Some((expected, deliver));
            NOISE
        }
    }

    fn judge_end(&mut self, query: &str) -> Judged {
        let mut states = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "state");
        let (Some((_, state)), None) = (states.next(), states.next()) else {
            return NOISE;
        };
        if self.ended.as_ref().is_some_and(|ended| ended.matches(&state)) {
            return Judged::Page(200, Page::Done);
        }
        match self.end.take() {
            Some((expected, deliver)) if expected.matches(&state) => {
                self.ended = Some(expected);
                // Whoever waited may have given up: the page is true all the same.
                let _ = deliver.send(());
                Judged::End
            }
            other => {
                self.end = other;
                NOISE
            }
        }
    }
}

/// Reads one request head and judges it.
pub(super) async fn serve(stream: &mut TcpStream, gate: &Mutex<Gate>) -> Judged {
    match timeout(HEAD_WITHIN, read_head(stream)).await {
        Ok(Head::Whole(head)) => lock(gate).judge(&head),
        Ok(Head::TooLarge) => Judged::Page(431, Page::Nothing),
        Ok(Head::Gone) => Judged::Silent,
        Err(_) => Judged::Page(408, Page::Nothing),
    }
}

enum Head {
    Whole(zeroize::Zeroizing<Vec<u8>>),
    TooLarge,
    Gone,
}

async fn read_head(stream: &mut TcpStream) -> Head {
    let mut head = zeroize::Zeroizing::new(Vec::with_capacity(LARGEST_HEAD));
    let mut chunk = zeroize::Zeroizing::new([0_u8; 2048]);
    loop {
        let read = match stream.read(chunk.as_mut()).await {
            Ok(0) | Err(_) => return Head::Gone,
            Ok(read) => read,
        };
        head.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if is_whole(&head) {
            return Head::Whole(head);
        }
        if head.len() >= LARGEST_HEAD {
            return Head::TooLarge;
        }
    }
}

/// Whether reading on cannot change the judgement: the head is complete, or beyond repair.
fn is_whole(head: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    !matches!(httparse::Request::new(&mut headers).parse(head), Ok(httparse::Status::Partial))
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
