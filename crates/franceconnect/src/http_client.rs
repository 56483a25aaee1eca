//! HTTP towards relay and FranceConnect: no redirect followed, answers bounded, no cookie kept.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap};
use jiff::Timestamp;
use url::Url;
use zeroize::Zeroizing;

use crate::pinned::{is_loopback, may_carry_tokens};
use crate::secret::Secret;
use crate::tls;

/// No honest answer comes near this.
const LARGEST_ANSWER: usize = 256 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// The HTTP client of the relying party; cheap to clone.
#[derive(Clone)]
pub struct HttpClient {
    outside: reqwest::Client,
    // A hospital's proxy must not be asked for this machine's own addresses.
    loopback: reqwest::Client,
}

/// The HTTP client could not be made: TLS or the system's trust store is not usable.
#[derive(Debug, thiserror::Error)]
#[error("TLS or the system's trust store is not usable")]
pub struct HttpClientError(#[source] reqwest::Error);

impl crate::Fault for HttpClientError {
    fn code(&self) -> &'static str {
        "http-unavailable"
    }
}

impl HttpClient {
    /// Makes a client that trusts what the system trusts and uses the system's proxy.
    ///
    /// # Errors
    /// When TLS or the system's trust store is not usable.
    pub fn new() -> Result<Self, HttpClientError> {
        tls::install();
        let outside = builder().build().map_err(HttpClientError)?;
        let loopback = builder().no_proxy().build().map_err(HttpClientError)?;
        Ok(Self { outside, loopback })
    }

    /// How many seconds the server's clock is ahead of `now`; `None` when it does not say. Performs I/O.
    pub async fn clock_offset(&self, server: &Url, now: Timestamp) -> Option<i64> {
        let answer = self.get(server, "*/*").await.ok()?;
        Some(answer.date?.duration_since(now).as_secs())
    }

    pub(crate) async fn get(&self, url: &Url, accept: &str) -> Result<Answer, HttpFault> {
        let request = self.request(reqwest::Method::GET, url)?;
        read(request.header(ACCEPT, accept)).await
    }

    pub(crate) async fn get_bearer(&self, url: &Url, accept: &str, token: &Secret) -> Result<Answer, HttpFault> {
        let request = self.request(reqwest::Method::GET, url)?;
        read(request.header(ACCEPT, accept).bearer_auth(token.expose())).await
    }

    pub(crate) async fn post_bearer(
        &self,
        url: &Url,
        accept: &str,
        token: &Secret,
        form: &[(&str, &str)],
    ) -> Result<Answer, HttpFault> {
        let request = self.request(reqwest::Method::POST, url)?;
        read(request.header(ACCEPT, accept).bearer_auth(token.expose()).form(form)).await
    }

    pub(crate) async fn post_form(&self, url: &Url, form: &[(&str, &str)]) -> Result<Answer, HttpFault> {
        let request = self.request(reqwest::Method::POST, url)?;
        read(request.header(ACCEPT, "application/json").form(form)).await
    }

    fn request(&self, method: reqwest::Method, url: &Url) -> Result<reqwest::RequestBuilder, HttpFault> {
        if !may_carry_tokens(url) {
            return Err(HttpFault::Insecure);
        }
        let client = if is_loopback(url) { &self.loopback } else { &self.outside };
        Ok(client.request(method, url.clone()))
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_WITHIN)
        .timeout(ANSWER_WITHIN)
        .user_agent(concat!("Comptoir/", env!("CARGO_PKG_VERSION")))
}

async fn read(request: reqwest::RequestBuilder) -> Result<Answer, HttpFault> {
    let mut response = request.send().await.map_err(|error| HttpFault::of(&error))?;
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| HttpFault::of(&error))? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(HttpFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status: response.status().as_u16(),
        media_type: media_type(response.headers()),
        date: date(response.headers()),
        body,
    })
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Lower case, without parameters.
    pub(crate) media_type: Option<String>,
    /// What the server believes the time to be.
    pub(crate) date: Option<Timestamp>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|essence| essence.trim().to_ascii_lowercase())
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let value = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
}

/// Why no answer was had; deliberately without the address and the library's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpFault {
    Unreachable,
    TimedOut,
    TooLarge,
    Insecure,
}

impl HttpFault {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() { Self::TimedOut } else { Self::Unreachable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_leniently() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "Application/JWT; charset=utf-8".parse().unwrap());
        headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        assert_eq!(media_type(&headers).as_deref(), Some("application/jwt"));
        assert_eq!(date(&headers), Some(Timestamp::from_second(784_111_777).unwrap()));
        assert_eq!((media_type(&HeaderMap::new()), date(&HeaderMap::new())), (None, None));
    }
}
