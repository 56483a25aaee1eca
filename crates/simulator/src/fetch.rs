//! What a client publishes, fetched: its encryption keys, its list of return addresses.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::{Host, Url};

const PATIENCE: Duration = Duration::from_secs(5);
const LIMIT: u64 = 64 * 1024;

/// Fetches a JSON document over plain HTTP from this machine and nowhere else. Performs I/O.
pub(crate) async fn json(url: &Url) -> Option<Value> {
    let body = tokio::time::timeout(PATIENCE, get(url)).await.ok()??;
    serde_json::from_slice(&body).ok()
}

/// Calls an address on this machine as a browser would, and forgets the answer. Performs I/O.
pub(crate) async fn visit(url: &Url) {
    // What comes back is of no interest: that the address was called twice is the point.
    let _ = tokio::time::timeout(PATIENCE, get(url)).await;
}

async fn get(url: &Url) -> Option<Vec<u8>> {
    let here = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(_) => false,
    };
    if !here || url.scheme() != "http" {
        return None;
    }
    let address = url.socket_addrs(|| None).ok()?.into_iter().next()?;
    let mut stream = TcpStream::connect(address).await.ok()?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    // HTTP/1.0: the answer ends with the connection, in one piece.
    let request = format!("GET {target} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", url.authority());
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.take(LIMIT).read_to_end(&mut answer).await.ok()?;
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let status = answer.split(|byte| *byte == b' ').nth(1)?;
    (status == b"200").then(|| answer.split_off(head + 4))
}
