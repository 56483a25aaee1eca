//! A service provider as FranceConnect's partner portal records it.

use std::fmt;

use url::Url;

/// The signature algorithm a client registered, for ID token and userinfo alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256, what the documentation recommends and the high platform's only one.
    Es256,
    /// RSA PKCS #1 v1.5 with 2048 bits.
    Rs256,
    /// HMAC with the client's secret, no `kid`.
    Hs256,
}

/// How the key of an encrypted token is agreed; the content is A256GCM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAgreement {
    /// ECDH-ES on P-256.
    EcdhEs,
    /// RSA-OAEP with SHA-1; advertised, not offered to services.
    RsaOaep,
    /// RSA-OAEP with SHA-256.
    RsaOaep256,
}

impl KeyAgreement {
    pub(crate) const fn alg(self) -> &'static str {
        match self {
            Self::EcdhEs => "ECDH-ES",
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
        }
    }
}

/// How a client wants its tokens encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// The agreement.
    pub agreement: KeyAgreement,
    /// Where the client publishes its public keys, fetched for each token; http on the loopback.
    pub jwks_uri: Url,
}

/// Which identity providers a client's visitors may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProviderFilter {
    /// All.
    #[default]
    All,
    /// These only.
    Only(Vec<String>),
    /// All but these.
    Except(Vec<String>),
}

impl ProviderFilter {
    pub(crate) fn lets(&self, provider: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.iter().any(|id| id == provider),
            Self::Except(list) => !list.iter().any(|id| id == provider),
        }
    }
}

/// A confidential client, authenticated by `client_secret_post`.
#[derive(Clone)]
pub struct Client {
    /// Its identifier.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Its name as the person reads it.
    pub name: String,
    /// How its tokens are signed; the high platform signs by ES256 whatever stands here.
    pub algorithm: Algorithm,
    /// How its tokens are encrypted, on the high platform.
    pub encryption: Option<Encryption>,
    /// The return addresses, compared exactly, port included.
    pub redirect_uris: Vec<String>,
    /// The addresses after logout, compared exactly.
    pub post_logout_redirect_uris: Vec<String>,
    /// What `sub` is made for; clients that share it see the same one. The identifier without it.
    pub entity_id: Option<String>,
    /// The scopes granted; all that the platform has without it.
    pub scopes: Option<Vec<String>>,
    /// The claims granted for the `claims` parameter: `amr`.
    pub claims: Vec<String>,
    /// The prompts granted: `login` skips the information page.
    pub prompts: Vec<String>,
    /// The provider hints granted.
    pub idp_hints: Vec<String>,
    /// The providers its visitors may use.
    pub providers: ProviderFilter,
    /// Where it lists its return addresses; checked at each request when given, and needed where they have
    /// several hosts.
    pub sector_identifier_uri: Option<Url>,
    /// Whether it is private: the person has to tick a box before going on.
    pub asks_consent: bool,
}

impl Client {
    /// A client with FranceConnect's usual settings: ES256, every scope, nothing special granted.
    #[must_use]
    pub fn new(
        client_id: &str,
        client_secret: &str,
        name: &str,
        redirect_uris: Vec<String>,
        post_logout_redirect_uris: Vec<String>,
    ) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            name: name.to_owned(),
            algorithm: Algorithm::Es256,
            encryption: None,
            redirect_uris,
            post_logout_redirect_uris,
            entity_id: None,
            scopes: None,
            claims: Vec::new(),
            prompts: Vec::new(),
            idp_hints: Vec::new(),
            providers: ProviderFilter::All,
            sector_identifier_uri: None,
            asks_consent: false,
        }
    }

    pub(crate) fn entity(&self) -> &str {
        self.entity_id.as_deref().unwrap_or(&self.client_id)
    }

    pub(crate) fn is_granted(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_none_or(|granted| granted.iter().any(|known| known == scope))
    }

    pub(crate) fn may_return_to(&self, uri: &Url) -> bool {
        registered(&self.redirect_uris, uri)
    }

    /// Tells whether its return addresses have more than one host, a port being part of a host here.
    pub(crate) fn returns_to_several_hosts(&self) -> bool {
        let mut hosts = self.redirect_uris.iter().filter_map(|uri| Url::parse(uri).ok());
        let first = hosts.next();
        hosts.any(|uri| first.as_ref().is_some_and(|first| first.authority() != uri.authority()))
    }

    pub(crate) fn may_log_out_to(&self, uri: &Url) -> bool {
        registered(&self.post_logout_redirect_uris, uri)
    }
}

/// Compares normalised URLs: `http://host` and `http://host/` are one address, another port is not.
fn registered(list: &[String], uri: &Url) -> bool {
    list.iter().any(|known| Url::parse(known).is_ok_and(|known| known == *uri))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("client_id", &self.client_id)
            .field("client_secret", &"[secret]")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .field("encryption", &self.encryption)
            .field("redirect_uris", &self.redirect_uris)
            .field("post_logout_redirect_uris", &self.post_logout_redirect_uris)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let client = Client::new("id", "hunter2", "Relais", Vec::new(), Vec::new());
        let printed = format!("{client:?}");
        assert!(printed.contains("[secret]") && !printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn a_filter_lets_some_pass() {
        let list = || vec!["msa".to_owned()];
        for (filter, msa, ameli) in [
            (ProviderFilter::All, true, true),
            (ProviderFilter::Only(list()), true, false),
            (ProviderFilter::Except(list()), false, true),
        ] {
            assert_eq!((filter.lets("msa"), filter.lets("ameli")), (msa, ameli), "{filter:?}");
        }
    }
}
