//! The FranceConnect issuers that are believed, and what is known of each (franceconnect.md §1.1).

use url::{Host, Url};

use crate::acr::AcrValue;

/// What stands behind an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// The State's production platforms: real identities.
    Production,
    /// The State's sandbox and integration platforms: fictitious identities.
    Sandbox,
    /// A simulator on this machine: fictitious identities.
    Simulator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pinned {
    pub(crate) environment: Environment,
    /// The least level the platform serves.
    pub(crate) level: AcrValue,
}

const ISSUERS: &[(&str, Environment, AcrValue)] = &[
    ("https://oidc.franceconnect.gouv.fr/api/v2", Environment::Production, AcrValue::Eidas1),
    ("https://auth.franceconnect.gouv.fr/api/v2", Environment::Production, AcrValue::Eidas2),
    ("https://fcp-low.sbx.dev-franceconnect.fr/api/v2", Environment::Sandbox, AcrValue::Eidas1),
    ("https://fcp-low.integ01.dev-franceconnect.fr/api/v2", Environment::Sandbox, AcrValue::Eidas1),
    ("https://auth.integ01.dev-franceconnect.fr/api/v2", Environment::Sandbox, AcrValue::Eidas2),
];

/// Finds a FranceConnect issuer among the believed ones; one on this machine is a simulator.
pub(crate) fn find(issuer: &Url) -> Option<Pinned> {
    let text = issuer_text(issuer);
    if let Some(&(_, environment, level)) = ISSUERS.iter().find(|(known, ..)| *known == text) {
        return Some(Pinned { environment, level });
    }
    is_loopback(issuer).then_some(Pinned { environment: Environment::Simulator, level: AcrValue::Eidas1 })
}

/// Writes an issuer as it stands in tokens: an issuer without a path has no final slash there.
pub(crate) fn issuer_text(issuer: &Url) -> String {
    let text = issuer.as_str();
    text.strip_suffix('/').unwrap_or(text).to_owned()
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether an address may carry tokens: TLS, or never leaving this machine; no fragment, nobody's
/// credentials in it.
pub(crate) fn may_carry_tokens(url: &Url) -> bool {
    let clean = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    clean
        && match url.scheme() {
            "https" => url.has_host(),
            "http" => is_loopback(url),
            _ => false,
        }
}

/// Whether an address may carry what is meant for this issuer: tokens of a relay elsewhere are not sent
/// to whatever listens on this machine.
pub(crate) fn may_carry_for(issuer: &Url, url: &Url) -> bool {
    may_carry_tokens(url) && (is_loopback(issuer) || !is_loopback(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_or_this_machine() {
        for (address, expected) in [
            ("https://relais.example/x", true),
            ("http://127.0.0.1:8000/x", true),
            ("http://[::1]:8000/x", true),
            ("http://localhost:8000/x", true),
            ("http://relais.example/x", false),
            ("http://127.0.0.1.example/x", false),
            ("http://localhost.example/x", false),
            ("ftp://127.0.0.1/x", false),
            ("https://a:b@relais.example/x", false),
            ("https://relais.example/x#y", false),
        ] {
            assert_eq!(may_carry_tokens(&Url::parse(address).unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn only_known_issuers_are_believed() {
        for (address, expected) in [
            ("https://oidc.franceconnect.gouv.fr/api/v2", Some((Environment::Production, AcrValue::Eidas1))),
            ("https://auth.franceconnect.gouv.fr/api/v2", Some((Environment::Production, AcrValue::Eidas2))),
            ("https://auth.franceconnect.gouv.fr/api/v2/", Some((Environment::Production, AcrValue::Eidas2))),
            ("https://fcp-low.sbx.dev-franceconnect.fr/api/v2", Some((Environment::Sandbox, AcrValue::Eidas1))),
            ("http://127.0.0.1:4000/api/v2", Some((Environment::Simulator, AcrValue::Eidas1))),
            ("https://oidc.franceconnect.gouv.fr.example/api/v2", None),
            ("http://oidc.franceconnect.gouv.fr/api/v2", None),
            ("https://oidc.franceconnect.gouv.fr/api/v1", None),
        ] {
            let found = find(&Url::parse(address).unwrap()).map(|pinned| (pinned.environment, pinned.level));
            assert_eq!(found, expected, "{address}");
        }
    }
}
