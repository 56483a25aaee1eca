//! The loopback listener: two exact paths on 127.0.0.1, everything else is noise (RFC 8252 §7.3,
//! openid.md §6.2).

mod page;
mod request;
mod turn;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::rand::SecureRandom;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

pub use page::Page;
pub use turn::BrowserTurn;

use crate::attempt::Attempt;
use crate::fault::Fault;
use crate::returned::{AuthorizationError, Expected, ReturnQuery};
use crate::secret::{AuthorizationCode, RandomnessUnavailable, Secret};
use request::{Gate, Judged, serve};

const RETURN_PATH: &str = "/retour";
const END_PATH: &str = "/fin";
const SELF_TEST_WITHIN: Duration = Duration::from_secs(3);
/// A listener that refuses for a moment (too many open files) is asked again after this.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// A listener of ours that was dropped leaves its port a moment later: a registered port is asked for again.
const BIND_AGAIN_AFTER: Duration = Duration::from_millis(50);
const BIND_AT_MOST: u32 = 20;
const RECOGNISED_WITHIN: Duration = Duration::from_secs(1);

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnAddress {
    /// Any free port, the paths `/retour` and `/fin`.
    Ephemeral,
    /// The registered addresses, exactly.
    Registered {
        /// Where the browser comes back to.
        return_uri: Url,
        /// Where the browser ends after the logout.
        end_uri: Url,
    },
}

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error("port {0} is taken by another program")]
    PortTaken(u16),
    /// Another sign-in listens there: another window, another account, a subcommand (openid.md §6.3 P03).
    #[error("another sign-in listens on port {0}")]
    UnderWay(u16),
    /// The system reserves the port (Windows error 10013).
    #[error("the system does not give port {0} away")]
    PortReserved(u16),
    /// There is no 127.0.0.1 to listen on.
    #[error("127.0.0.1 cannot be listened on")]
    Unavailable(#[source] io::Error),
    /// Listening, but not to be reached: a firewall product stands between.
    #[error("127.0.0.1 is listened on but cannot be reached")]
    Blocked,
    /// The registered addresses are not two paths of one port of this machine.
    #[error("the registered addresses are not two paths of one port of 127.0.0.1")]
    AddressUnusable,
}

impl Fault for BindError {
    fn code(&self) -> &'static str {
        match self {
            Self::PortTaken(_) => "port-taken",
            Self::UnderWay(_) => "sign-in-under-way",
            Self::PortReserved(_) => "port-reserved",
            Self::Unavailable(_) => "loopback-unavailable",
            Self::Blocked => "loopback-blocked",
            Self::AddressUnusable => "profile-invalid",
        }
    }
}

/// The listener; stops when dropped.
pub struct Loopback {
    gate: Arc<Mutex<Gate>>,
    accepting: AbortHandle,
    return_uri: Url,
    end_uri: Url,
}

impl std::fmt::Debug for Loopback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loopback").field("return_uri", &self.return_uri.as_str()).finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Debug)]
pub enum Returned {
    /// A code, and the browser that waits for what comes next.
    Code {
        /// The code; worth one exchange.
        code: AuthorizationCode,
        /// The browser.
        browser: BrowserTurn,
    },
    /// An error of the provider: for `access_denied` the person's no, a fault otherwise.
    Refused {
        /// Which.
        error: AuthorizationError,
        /// The browser.
        browser: BrowserTurn,
    },
    /// Nothing came back.
    Abandoned(Abandonment),
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abandonment {
    /// The deadline passed.
    Deadline,
    /// The desk gave up.
    Cancelled,
}

/// The wait could not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WaitError {
    /// The attempt did not begin with this listener, or another one took its place.
    #[error("the listener no longer waits for this attempt")]
    ListenerStopped,
}

impl Fault for WaitError {
    fn code(&self) -> &'static str {
        match self {
            Self::ListenerStopped => "listener-stopped",
        }
    }
}

/// A logout that the listener waits for.
pub struct EndTurn {
    state: Secret,
    ended: oneshot::Receiver<()>,
}

impl EndTurn {
    /// Returns the state to send along with the logout.
    #[must_use]
    pub fn state(&self) -> &Secret {
        &self.state
    }
}

impl std::fmt::Debug for EndTurn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EndTurn")
    }
}

/// How the logout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The browser came back with the state of this logout.
    Confirmed,
    /// It did not.
    NotConfirmed,
}

/// A return that carries the right state, with the browser that brought it.
pub(crate) struct Arrival {
    brought: ReturnQuery,
    browser: BrowserTurn,
}

impl Loopback {
    /// Listens on 127.0.0.1, and makes sure that it can be reached. Performs I/O.
    ///
    /// # Errors
    /// When the port cannot be had, or the listener not be reached.
    pub async fn bind(address: ReturnAddress) -> Result<Self, BindError> {
        let (port, registered) = match address {
            ReturnAddress::Ephemeral => (0, None),
            ReturnAddress::Registered { return_uri, end_uri } => {
                (registered_port(&return_uri, &end_uri)?, Some((return_uri, end_uri)))
            }
        };
        let listener = listen(port).await?;
        let bound = listener.local_addr().map_err(BindError::Unavailable)?;
        let (return_uri, end_uri) = match registered {
            Some(addresses) => addresses,
            None => (at(bound, RETURN_PATH)?, at(bound, END_PATH)?),
        };
        let gate = Arc::new(Mutex::new(Gate::new(&return_uri, &end_uri)));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&gate))).abort_handle();
        let loopback = Self { gate, accepting, return_uri, end_uri };
        self_test(bound).await?;
        Ok(loopback)
    }

    /// Returns the address the browser comes back to.
    #[must_use]
    pub fn return_uri(&self) -> Url {
        self.return_uri.clone()
    }

    /// Returns the address the browser ends at after the logout.
    #[must_use]
    pub fn end_uri(&self) -> Url {
        self.end_uri.clone()
    }

    pub(crate) fn expect_return(&self, expected: Expected) -> oneshot::Receiver<Arrival> {
        let (deliver, arrival) = oneshot::channel();
        lock(&self.gate).expect_return(expected, deliver);
        arrival
    }

    /// Resolves once a browser has tried https here, where there is only http: it then never comes back by
    /// itself (openid.md §6.3 P20). Anybody on this machine can bring it about: a hint, nothing more.
    pub async fn https_wanted(&self) {
        let mut wanted = lock(&self.gate).https_wanted();
        if wanted.wait_for(|wanted| *wanted).await.is_err() {
            // The gate is gone, and with it whoever could want anything.
            std::future::pending::<()>().await;
        }
    }

    /// Waits for the browser to come back; noise is answered and does not end the wait.
    ///
    /// # Errors
    /// When the attempt did not begin with this listener.
    pub async fn wait_return(
        &self,
        attempt: &mut Attempt,
        deadline: Instant,
        cancel: &CancellationToken,
    ) -> Result<Returned, WaitError> {
        let arrival = attempt.arrival.as_mut().ok_or(WaitError::ListenerStopped)?;
        let arrived = tokio::select! {
            // Whoever gave up must not be overtaken by a code that comes at the same moment.
            biased;
            () = cancel.cancelled() => Err(Abandonment::Cancelled),
            arrived = timeout_at(deadline, arrival) => arrived.map_err(|_| Abandonment::Deadline),
        };
        attempt.arrival = None;
        match arrived {
            Ok(Ok(Arrival { brought: ReturnQuery::Code(code), browser })) => Ok(Returned::Code { code, browser }),
            Ok(Ok(Arrival { brought: ReturnQuery::Error(error), browser })) => Ok(Returned::Refused { error, browser }),
            Ok(Err(_)) => Err(WaitError::ListenerStopped),
            Err(abandonment) => {
                lock(&self.gate).give_up();
                Ok(Returned::Abandoned(abandonment))
            }
        }
    }

    /// Prepares for the end of a logout; called before the browser is sent there, which may be faster
    /// than we are.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn expect_end(&self, rng: &dyn SecureRandom) -> Result<EndTurn, RandomnessUnavailable> {
        let state = Secret::random_hex(rng)?;
        let (deliver, ended) = oneshot::channel();
        lock(&self.gate).expect_end(state.clone(), deliver);
        Ok(EndTurn { state, ended })
    }

    /// Waits for the browser to come back from the logout; giving up is not an error.
    pub async fn wait_end(&self, turn: EndTurn, deadline: Instant, cancel: &CancellationToken) -> Ended {
        tokio::select! {
            ended = timeout_at(deadline, turn.ended) => match ended {
                Ok(Ok(())) => Ended::Confirmed,
                Ok(Err(_)) | Err(_) => Ended::NotConfirmed,
            },
            () = cancel.cancelled() => Ended::NotConfirmed,
        }
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn registered_port(return_uri: &Url, end_uri: &Url) -> Result<u16, BindError> {
    let ours = |url: &Url| {
        let host = match url.host() {
            Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv6(_)) | None => false,
        };
        host && url.scheme() == "http" && url.query().is_none()
    };
    let one = return_uri.host() == end_uri.host() && return_uri.port() == end_uri.port();
    let two = return_uri.path() != end_uri.path();
    return_uri.port().filter(|_| ours(return_uri) && ours(end_uri) && one && two).ok_or(BindError::AddressUnusable)
}

async fn listen(port: u16) -> Result<TcpListener, BindError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    for _ in 1..BIND_AT_MOST {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => tokio::time::sleep(BIND_AGAIN_AFTER).await,
            bound => return bound.map_err(|error| of_bind(error, port)),
        }
    }
    match TcpListener::bind(address).await.map_err(|error| of_bind(error, port)) {
        Err(BindError::PortTaken(port)) if is_ours(address).await => Err(BindError::UnderWay(port)),
        bound => bound,
    }
}

/// Whether whoever listens there answers as we do. Believed for the wording of a failure, for nothing else.
async fn is_ours(address: SocketAddr) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        io::Result::Ok(answer == Page::Nothing.response(404).as_bytes())
    };
    matches!(timeout(RECOGNISED_WITHIN, asked).await, Ok(Ok(true)))
}

fn of_bind(error: io::Error, port: u16) -> BindError {
    let is = |kind| error.kind() == kind;
    if is(io::ErrorKind::AddrInUse) {
        BindError::PortTaken(port)
    } else if is(io::ErrorKind::PermissionDenied) {
        BindError::PortReserved(port)
    } else {
        BindError::Unavailable(error)
    }
}

fn at(bound: SocketAddr, path: &str) -> Result<Url, BindError> {
    Url::parse(&format!("http://{bound}{path}")).map_err(|_| BindError::AddressUnusable)
}

/// Connects to the own listener as a browser would: some security products let a program listen but
/// nobody in (openid.md §6.3 P04).
async fn self_test(bound: SocketAddr) -> Result<(), BindError> {
    let probe = async {
        let mut stream = TcpStream::connect(bound).await?;
        stream.write_all(format!("GET / HTTP/1.1\r\nHost: {bound}\r\n\r\n").as_bytes()).await?;
        let mut first = [0_u8; 4];
        stream.read_exact(&mut first).await?;
        io::Result::Ok(&first == b"HTTP")
    };
    match timeout(SELF_TEST_WITHIN, probe).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false) | Err(_)) | Err(_) => Err(BindError::Blocked),
    }
}

async fn accept(listener: TcpListener, gate: Arc<Mutex<Gate>>) {
    let mut crowd = turn::Crowd::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let gate = Arc::clone(&gate);
                crowd.admit(tokio::spawn(async move { converse(stream, &gate).await }));
            }
            Err(_) => tokio::time::sleep(ACCEPT_AGAIN_AFTER).await,
        }
    }
}

/// One connection, one request, one answer.
async fn converse(mut stream: TcpStream, gate: &Mutex<Gate>) {
    match serve(&mut stream, gate).await {
        Judged::Silent => {}
        Judged::Page(status, page) => {
            // The reason only: what a stranger sent is not worth a line of the log, nor safe in it.
            tracing::debug!(status, "the loopback listener answered a request that is not the awaited one");
            turn::answer(stream, &page.response(status)).await;
        }
        Judged::End => turn::answer(stream, &Page::Done.response(200)).await,
        Judged::Return(brought, deliver) => {
            let browser = BrowserTurn::new(stream);
            // The attempt may have been dropped meanwhile: the turn then says so by itself.
            let _ = deliver.send(Arrival { brought, browser });
        }
    }
}

pub(crate) fn lock(gate: &Mutex<Gate>) -> MutexGuard<'_, Gate> {
    // Nothing under this lock can panic half-way through a change.
    gate.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
