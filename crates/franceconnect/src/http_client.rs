//! HTTP towards a provider: no redirect followed, heads and bodies bounded in size and time, no cookie kept.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, DATE, HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use url::Url;
use zeroize::Zeroizing;

use crate::pinned::{is_loopback, may_carry_tokens};
use crate::secret::Secret;
use crate::tls;

/// No honest answer comes near this.
const LARGEST_ANSWER: usize = 256 * 1024;
/// A head of sixty-four lines and 32 KiB is three times what a talkative proxy adds.
const MOST_HEADERS: usize = 64;
const LARGEST_HEAD: u32 = 32 * 1024;
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

/// How the network before a provider is passed.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Authorities believed beside the system's, in PEM.
    pub extra_authorities: Option<Vec<u8>>,
    /// The proxy.
    pub proxy: Proxy,
}

/// Which proxy is used; never for this machine's own addresses.
#[derive(Debug, Clone, Default)]
pub enum Proxy {
    /// The system's.
    #[default]
    System,
    /// None.
    None,
    /// This one.
    At(Url),
}

impl HttpClient {
    /// Makes a client that trusts what the system trusts and uses the system's proxy.
    ///
    /// # Errors
    /// When TLS or the system's trust store is not usable.
    pub fn new() -> Result<Self, HttpClientError> {
        Self::through(&Network::default())
    }

    /// Makes a client for a network of its own.
    ///
    /// # Errors
    /// When TLS, the system's trust store, an authority or the proxy's address is not usable.
    pub fn through(network: &Network) -> Result<Self, HttpClientError> {
        tls::install();
        let authorities = match &network.extra_authorities {
            Some(pem) => reqwest::Certificate::from_pem_bundle(pem).map_err(HttpClientError)?,
            None => Vec::new(),
        };
        let builder = || builder().tls_certs_merge(authorities.clone());
        let outside = builder();
        let outside = match &network.proxy {
            Proxy::System => outside,
            Proxy::None => outside.no_proxy(),
            Proxy::At(url) => outside.proxy(reqwest::Proxy::all(url.clone()).map_err(HttpClientError)?),
        };
        let outside = outside.build().map_err(HttpClientError)?;
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

    /// Asks past every cache on the way.
    pub(crate) async fn get_fresh(&self, url: &Url, accept: &str) -> Result<Answer, HttpFault> {
        let request = self.request(reqwest::Method::GET, url)?;
        read(request.header(ACCEPT, accept).header(CACHE_CONTROL, "no-cache")).await
    }

    pub(crate) async fn get_bearer(&self, url: &Url, accept: &str, token: &Secret) -> Result<Answer, HttpFault> {
        let request = self.request(reqwest::Method::GET, url)?;
        read(request.header(ACCEPT, accept).bearer_auth(token.expose())).await
    }

    pub(crate) async fn post_with_bearer(
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

    /// Posts a form with an `Authorization` header, where there is one.
    pub(crate) async fn post_form_as(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        authorization: Option<&Secret>,
    ) -> Result<Answer, HttpFault> {
        let Some(authorization) = authorization else {
            return self.post_form(url, form).await;
        };
        let mut value = HeaderValue::from_str(authorization.expose()).map_err(|_| HttpFault::Insecure)?;
        value.set_sensitive(true);
        let request = self.request(reqwest::Method::POST, url)?;
        read(request.header(ACCEPT, "application/json").header(AUTHORIZATION, value).form(form)).await
    }

    /// Asks with the token in the body (RFC 6750 §2.2).
    pub(crate) async fn post_bearer(&self, url: &Url, accept: &str, token: &Secret) -> Result<Answer, HttpFault> {
        let request = self.request(reqwest::Method::POST, url)?;
        read(request.header(ACCEPT, accept).form(&[("access_token", token.expose())])).await
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
        .referer(false)
        .http1_max_headers(MOST_HEADERS)
        .http2_max_header_list_size(LARGEST_HEAD)
        .connect_timeout(CONNECT_WITHIN)
        .timeout(ANSWER_WITHIN)
        .user_agent(concat!("Comptoir/", env!("CARGO_PKG_VERSION")))
}

async fn read(request: reqwest::RequestBuilder) -> Result<Answer, HttpFault> {
    let mut response = request.send().await.map_err(|error| HttpFault::of(&error))?;
    let head: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if u32::try_from(head).map_or(true, |head| head > LARGEST_HEAD) {
        return Err(HttpFault::TooLarge);
    }
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
        lifetime: lifetime(response.headers()),
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
    /// How long it may be kept, where the server says so.
    pub(crate) lifetime: Option<SignedDuration>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// Whether a page for people came: a captive portal's, a filter's, or that of another address than
    /// the right one (RFC 6585 §6).
    pub(crate) fn is_page(&self) -> bool {
        self.status == 511
            || (self.status < 500
                && self.media_type.as_deref().is_some_and(|kind| matches!(kind, "text/html" | "application/xhtml+xml")))
    }
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|essence| essence.trim().to_ascii_lowercase())
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let value = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
}

/// RFC 9111 §5.2.2; what cannot be understood is not kept.
fn lifetime(headers: &HeaderMap) -> Option<SignedDuration> {
    let mut shortest: Option<SignedDuration> = None;
    for value in headers.get_all(CACHE_CONTROL) {
        for directive in value.to_str().unwrap_or("no-store").split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            let said = match directive.split_once('=') {
                None if matches!(directive.as_str(), "no-store" | "no-cache") => SignedDuration::ZERO,
                Some(("max-age", seconds)) => {
                    let seconds = seconds.trim_matches('"').parse::<u32>().unwrap_or(0);
                    SignedDuration::from_secs(seconds.into())
                }
                Some(_) | None => continue,
            };
            shortest = Some(shortest.map_or(said, |before| before.min(said)));
        }
    }
    shortest
}

/// Why no answer was had; deliberately without the address and the library's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpFault {
    Unreachable,
    /// This machine is on no network, or the network knows no such name.
    Offline,
    TimedOut,
    TooLarge,
    Insecure,
    /// The server's certificate is not believed.
    Untrusted,
    /// A page for people came instead.
    Page,
}

impl HttpFault {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(one) = cause {
            if one.downcast_ref::<rustls::Error>().is_some_and(is_about_certificate) {
                return Self::Untrusted;
            }
            if one.downcast_ref::<std::io::Error>().is_some_and(is_about_network) || is_about_name(one) {
                return Self::Offline;
            }
            // An I/O error does not name what it wraps as its source.
            let wrapped = one.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            cause = wrapped.map(|inner| inner as &(dyn std::error::Error + 'static)).or_else(|| one.source());
        }
        Self::Unreachable
    }
}

fn is_about_network(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{HostUnreachable, NetworkDown, NetworkUnreachable};
    matches!(error.kind(), NetworkUnreachable | HostUnreachable | NetworkDown)
}

/// The connector's own error has no public type, and no other way to say so.
fn is_about_name(error: &(dyn std::error::Error + 'static)) -> bool {
    error.to_string() == "dns error"
}

fn is_about_certificate(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_no_longer_than_it_may_be() {
        for (said, expected) in [
            (&["public, max-age=600"][..], Some(600)),
            (&["max-age=30, no-transform"], Some(30)),
            (&["max-age=600", "no-store"], Some(0)),
            (&["No-Cache"], Some(0)),
            (&["max-age=soon"], Some(0)),
            (&["private"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in said {
                headers.append(CACHE_CONTROL, value.parse().unwrap());
            }
            assert_eq!(lifetime(&headers).map(|lifetime| lifetime.as_secs()), expected, "{said:?}");
        }
    }

    #[tokio::test]
    async fn a_machine_without_network_is_told_from_a_server_that_is_down() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let http = HttpClient::through(&Network { proxy: Proxy::None, ..Network::default() }).unwrap();
        for (rule, address, expected) in [
            // RFC 6761 §6.4: no network knows this name. A resolver that does not answer at all takes its time.
            ("no such name", "https://relais.invalid/".to_owned(), &[HttpFault::Offline, HttpFault::TimedOut][..]),
            ("nobody listens", format!("http://{free}/"), &[HttpFault::Unreachable]),
        ] {
            let fault = http.get(&Url::parse(&address).unwrap(), "*/*").await.err();
            assert!(fault.is_some_and(|fault| expected.contains(&fault)), "{rule}: {fault:?}");
        }
        for (kind, expected) in
            [(std::io::ErrorKind::NetworkUnreachable, true), (std::io::ErrorKind::ConnectionRefused, false)]
        {
            assert_eq!(is_about_network(&kind.into()), expected, "{kind}");
        }
    }

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
