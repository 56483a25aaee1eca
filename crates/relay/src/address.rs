//! Whose request it is, also behind a proxy: only one that is trusted may say so.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::rejection::ExtensionRejection;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word is taken for where a request came from: addresses and networks. None unless they are named.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// Reads addresses and networks; the error is the first text that is neither. A network of everybody is none.
    ///
    /// # Errors
    /// When a text is neither an address nor a network.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let network = |text: &String| {
            let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.ok().filter(|network| network.prefix_len() > 0).ok_or_else(|| text.clone())
        };
        Ok(Self(texts.iter().map(network).collect::<Result<_, _>>()?))
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Whose request it is, as far as the network tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(IpAddr);

impl ClientAddress {
    /// What is counted as one: an address, or the /64 network that a single IPv6 client has to itself.
    pub(crate) fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        }
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It leads to a person: a patient's phone.
        f.write_str("ClientAddress")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, state).await?;
        let none = TrustedProxies::default();
        let proxies = parts.extensions.get::<TrustedProxies>().unwrap_or(&none);
        Ok(Self(client_address(peer.ip(), &parts.headers, proxies)))
    }
}

/// Tells whose request it is: the peer's, or, when that is a trusted proxy, the rightmost address of its
/// `X-Forwarded-For` or `Forwarded` (RFC 7239) that is none.
///
/// What stands further left was written by whoever asks. When there are both headers and they disagree, one of them is
/// not the proxy's: neither is believed.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> IpAddr {
    let peer = peer.to_canonical();
    if !proxies.trust(peer) {
        return peer;
    }
    let (plain, standard) = (hops(headers, &FORWARDED_FOR, node), hops(headers, &header::FORWARDED, element));
    let by_plain = walk(peer, &plain, proxies);
    let by_standard = walk(peer, &standard, proxies);
    if standard.is_empty() || by_plain == by_standard {
        by_plain
    } else if plain.is_empty() {
        by_standard
    } else {
        peer
    }
}

/// Goes from the peer towards the client as long as trusted proxies say how.
fn walk(peer: IpAddr, hops: &[Option<IpAddr>], proxies: &TrustedProxies) -> IpAddr {
    let mut at = peer;
    for hop in hops.iter().rev() {
        match hop {
            Some(address) if proxies.trust(at) => at = *address,
            Some(_) | None => break,
        }
    }
    at
}

/// Reads a header's list; what is no address is there as nothing, and a list that cannot be read is one nothing.
fn hops(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    let lines: Result<Vec<&str>, _> = headers.get_all(name).iter().map(|line| line.to_str()).collect();
    match lines {
        Ok(lines) if lines.is_empty() => Vec::new(),
        Ok(lines) => {
            let text = lines.join(",");
            outside_quotes(&text, ',').map_or(vec![None], |hops| hops.into_iter().map(read).collect())
        }
        Err(_) => vec![None],
    }
}

/// Splits outside quoted strings. `None` when one is left open: what a proxy appended would be within.
fn outside_quotes(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut quoted = false;
    let parts = text.split(|sign| {
        quoted ^= sign == '"';
        sign == separator && !quoted
    });
    let parts = parts.collect();
    (!quoted).then_some(parts)
}

/// Reads an element of `Forwarded`: its `for`.
fn element(text: &str) -> Option<IpAddr> {
    let mut named = outside_quotes(text, ';')?.into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    });
    let value = named.next().filter(|_| named.next().is_none())?;
    node(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

/// Reads an address, with or without a port.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let address = text.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip())).or_else(bare)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lines = &'static [(&'static str, &'static str)];

    const PROXIES: [&str; 3] = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"];

    fn trusted() -> TrustedProxies {
        TrustedProxies::parse(&PROXIES.map(str::to_owned)).unwrap()
    }

    #[test]
    fn only_a_trusted_proxy_says_whose_request_it_is() {
        const PLAIN: &str = "x-forwarded-for";
        const STANDARD: &str = "forwarded";
        #[rustfmt::skip]
        let cases: &[(&str, &str, Lines, &str)] = &[
            ("nobody says", "192.0.2.1", &[], "192.0.2.1"),
            ("a proxy says nothing", "127.0.0.1", &[], "127.0.0.1"),
            ("a stranger says", "192.0.2.1", &[(PLAIN, "198.51.100.1")], "192.0.2.1"),
            ("a stranger says otherwise", "192.0.2.1", &[(STANDARD, "for=198.51.100.1")], "192.0.2.1"),
            ("a proxy says", "127.0.0.1", &[(PLAIN, "198.51.100.1")], "198.51.100.1"),
            ("a proxy of the network", "10.1.2.3", &[(PLAIN, "198.51.100.1")], "198.51.100.1"),
            ("a proxy by IPv6", "2001:db8:1::5", &[(PLAIN, "198.51.100.1")], "198.51.100.1"),
            ("IPv4 in IPv6", "::ffff:127.0.0.1", &[(PLAIN, "::ffff:198.51.100.1")], "198.51.100.1"),
            ("the client wrote before", "127.0.0.1", &[(PLAIN, "203.0.113.9, 198.51.100.1")], "198.51.100.1"),
            ("the client wrote a proxy's", "127.0.0.1", &[(PLAIN, "10.0.0.1, 198.51.100.1")], "198.51.100.1"),
            ("two proxies", "127.0.0.1", &[(PLAIN, "203.0.113.9, 198.51.100.1, 10.0.0.2")], "198.51.100.1"),
            ("on several lines", "127.0.0.1", &[(PLAIN, "203.0.113.9"), (PLAIN, "198.51.100.1"), (PLAIN, "10.0.0.2")], "198.51.100.1"),
            ("proxies only", "127.0.0.1", &[(PLAIN, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            ("with a port", "127.0.0.1", &[(PLAIN, "198.51.100.1:4711")], "198.51.100.1"),
            ("IPv6", "127.0.0.1", &[(PLAIN, "2001:db8:2::1")], "2001:db8:2::1"),
            ("IPv6 in brackets", "127.0.0.1", &[(PLAIN, "[2001:db8:2::1]")], "2001:db8:2::1"),
            ("IPv6 with a port", "127.0.0.1", &[(PLAIN, "[2001:db8:2::1]:4711")], "2001:db8:2::1"),
            ("garbage", "127.0.0.1", &[(PLAIN, "unknown")], "127.0.0.1"),
            ("empty", "127.0.0.1", &[(PLAIN, "")], "127.0.0.1"),
            ("garbage on the right", "127.0.0.1", &[(PLAIN, "198.51.100.1, x")], "127.0.0.1"),
            ("garbage in the middle", "127.0.0.1", &[(PLAIN, "198.51.100.1, x, 10.0.0.2")], "10.0.0.2"),
            ("garbage on the left", "127.0.0.1", &[(PLAIN, "x, 198.51.100.1")], "198.51.100.1"),
            ("not ASCII", "127.0.0.1", &[(PLAIN, "é, 198.51.100.1")], "127.0.0.1"),
            ("the standard", "127.0.0.1", &[(STANDARD, "for=198.51.100.1;proto=https;by=10.0.0.1")], "198.51.100.1"),
            ("its names in capitals", "127.0.0.1", &[(STANDARD, "Proto=https; For=198.51.100.1")], "198.51.100.1"),
            ("its IPv6", "127.0.0.1", &[(STANDARD, "for=\"[2001:db8:2::1]:4711\"")], "2001:db8:2::1"),
            ("its several hops", "127.0.0.1", &[(STANDARD, "for=203.0.113.9, for=198.51.100.1, for=10.0.0.2")], "198.51.100.1"),
            ("its hidden", "127.0.0.1", &[(STANDARD, "for=198.51.100.1, for=_hidden")], "127.0.0.1"),
            ("a comma within quotes", "127.0.0.1", &[(STANDARD, "for=203.0.113.9;x=\", for=10.0.0.2\", for=198.51.100.1")], "198.51.100.1"),
            ("quotes left open swallow nothing", "127.0.0.1", &[(STANDARD, "for=203.0.113.9;x=\", for=198.51.100.1")], "127.0.0.1"),
            ("nor before quotes", "127.0.0.1", &[(STANDARD, "for=203.0.113.9;x=\", for=\"[2001:db8:2::1]\"")], "127.0.0.1"),
            ("two for one hop", "127.0.0.1", &[(STANDARD, "for=203.0.113.9;for=198.51.100.1")], "127.0.0.1"),
            ("both agree", "127.0.0.1", &[(STANDARD, "for=198.51.100.1"), (PLAIN, "198.51.100.1")], "198.51.100.1"),
            ("both disagree", "127.0.0.1", &[(STANDARD, "for=203.0.113.9"), (PLAIN, "198.51.100.1")], "127.0.0.1"),
        ];
        for (rule, peer, lines, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in *lines {
                let value = axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
                headers.append(HeaderName::from_static(name), value);
            }
            let found = client_address(peer.parse().unwrap(), &headers, &trusted());
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{rule}");
            let untrusting = client_address(peer.parse().unwrap(), &headers, &TrustedProxies::default());
            assert_eq!(untrusting, peer.parse::<IpAddr>().unwrap().to_canonical(), "{rule}, trusting nobody");
        }
    }

    #[test]
    fn a_network_of_everybody_is_none() {
        for (text, expected) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("10.0.0.0/8", true),
            ("10.1.2.3/8", true),
            ("fd00::/8", true),
            ("0.0.0.0/0", false),
            ("::/0", false),
            ("10.0.0.0/33", false),
            ("proxy.example", false),
            ("", false),
        ] {
            let read = TrustedProxies::parse(&["127.0.0.1".to_owned(), text.to_owned()]);
            assert_eq!(read.err(), (!expected).then(|| text.to_owned()), "{text}");
        }
    }

    #[test]
    fn one_client_of_ipv6_is_a_network() {
        for (one, other, expected) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let [one, other] = [one, other].map(|text| ClientAddress(text.parse().unwrap()));
            assert_eq!(one.network() == other.network(), expected, "{one:?} {other:?}");
        }
    }
}
