//! Parameters of a request, each at most once, and the two addresses a desk may name.

use std::collections::HashMap;

use url::{Url, form_urlencoded};

/// Parameters by name.
pub(crate) struct Query(HashMap<String, String>);

impl Query {
    /// Parses a query or a form. `None` when a parameter comes twice (RFC 6749 §3.1).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self(parameters))
    }

    /// Returns a parameter; an empty one counts as absent (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Reads the return address of a desk: `http://127.0.0.1:{any port}/retour`, to the letter.
pub(crate) fn desk_return(text: &str) -> Option<Url> {
    desk_address(text, "/retour")
}

/// Reads the end address of a desk: `http://127.0.0.1:{any port}/fin`, to the letter.
pub(crate) fn desk_end(text: &str) -> Option<Url> {
    desk_address(text, "/fin")
}

fn desk_address(text: &str, path: &str) -> Option<Url> {
    let port = text.strip_prefix("http://127.0.0.1:")?.strip_suffix(path)?;
    let number: u16 = port.parse().ok()?;
    // To the letter: no sign, no leading zero, not the port that stands for "any"; 80 is written
    // differently once it is parsed.
    if number == 0 || number == 80 || number.to_string() != port {
        return None;
    }
    Url::parse(text).ok()
}

/// Whether a text is printable ASCII of an acceptable length: what a state or a nonce is made of.
pub(crate) fn is_token(text: &str, shortest: usize, longest: usize) -> bool {
    (shortest..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_returns_to_its_own_machine_only() {
        for (address, expected) in [
            ("http://127.0.0.1:49152/retour", true),
            ("http://127.0.0.1:1/retour", true),
            ("http://127.0.0.1:65535/retour", true),
            ("http://127.0.0.1:65536/retour", false),
            ("http://127.0.0.1:0/retour", false),
            ("http://127.0.0.1:+80/retour", false),
            ("http://127.0.0.1:080/retour", false),
            ("http://127.0.0.1/retour", false),
            ("http://127.0.0.1:49152/retour/", false),
            ("http://127.0.0.1:49152/retour?x=1", false),
            ("http://127.0.0.1:49152/retour#x", false),
            ("http://127.0.0.1:49152/fin", false),
            ("http://127.0.0.1:49152@pirate.example/retour", false),
            ("http://127.0.0.1:49152.pirate.example/retour", false),
            ("http://localhost:49152/retour", false),
            ("http://[::1]:49152/retour", false),
            ("https://127.0.0.1:49152/retour", false),
            ("http://127.0.0.2:49152/retour", false),
            ("HTTP://127.0.0.1:49152/retour", false),
            ("comptoir://retour", false),
            ("", false),
        ] {
            assert_eq!(desk_return(address).is_some(), expected, "{address}");
        }
        assert!(desk_end("http://127.0.0.1:49152/fin").is_some());
    }

    #[test]
    fn a_parameter_comes_once() {
        assert!(Query::parse("a=1&a=2").is_none());
        assert!(Query::parse("a=1&b=2&a=1").is_none());
        let query = Query::parse("a=1&b=").unwrap();
        assert_eq!((query.get("a"), query.get("b"), query.get("c")), (Some("1"), None, None));
    }
}
