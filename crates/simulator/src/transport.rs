//! Answers that go wrong on the line: cut, endless, giant, not there at all.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

use crate::{Fault, answer, pages};

const GIANT: u64 = 64 * 1024 * 1024;
const DRIP: Duration = Duration::from_millis(100);

/// Makes an answer as bad as the fault says; the other faults leave it alone.
pub(crate) fn bend(fault: Fault, response: Response, shears: &Shears, stopping: &CancellationToken) -> Response {
    let is = |other| fault == other;
    if is(Fault::TokenRedirect) {
        let mut redirect = answer::redirect("/api/v2/elsewhere");
        *redirect.status_mut() = StatusCode::FOUND;
        redirect
    } else if is(Fault::CaptivePortal) {
        answer::page(200, pages::captive_portal())
    } else if is(Fault::TokenGiant) {
        with_body(Body::from_stream(ReaderStream::new(tokio::io::repeat(b' ').take(GIANT))))
    } else if is(Fault::TokenEndless) {
        let (mut drips, reader) = tokio::io::duplex(64);
        let stopping = stopping.clone();
        tokio::spawn(async move {
            while !stopping.is_cancelled() && drips.write_all(b" ").await.is_ok() {
                tokio::time::sleep(DRIP).await;
            }
        });
        with_body(Body::from_stream(ReaderStream::new(reader)))
    } else if is(Fault::TokenCut) {
        let (mut half, reader) = tokio::io::duplex(64);
        tokio::spawn(async move {
            // The first half has to leave before the line breaks.
            if half.write_all(b"{\"access_token\":\"").await.is_ok() {
                tokio::time::sleep(DRIP).await;
            }
        });
        let mut response = with_body(Body::from_stream(ReaderStream::new(reader)));
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("1000"));
        response
    } else {
        if is(Fault::TokenClosed) {
            shears.cut();
        }
        response
    }
}

fn with_body(body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// Cuts every connection there is; later ones are whole.
#[derive(Debug, Default)]
pub(crate) struct Shears(Mutex<CancellationToken>);

impl Shears {
    fn cut(&self) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *current).cancel();
    }

    fn current(&self) -> CancellationToken {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A listener whose connections can be cut.
#[derive(Debug)]
pub(crate) struct Line {
    listener: TcpListener,
    shears: Arc<Shears>,
}

impl Line {
    pub(crate) fn new(listener: TcpListener, shears: Arc<Shears>) -> Self {
        Self { listener, shears }
    }
}

impl Listener for Line {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Wire { stream, cut: self.shears.current() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Listener::local_addr(&self.listener)
    }
}

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
    cut: CancellationToken,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.cut.is_cancelled() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
