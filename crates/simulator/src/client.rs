//! A service provider as FranceConnect's partner portal records it.

use std::fmt;

use url::Url;

/// The signature algorithm a client registered, for ID token and userinfo alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256, what the documentation recommends.
    Es256,
    /// RSA PKCS #1 v1.5 with 2048 bits.
    Rs256,
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
    /// How its tokens are signed.
    pub algorithm: Algorithm,
    /// The return addresses, compared exactly, port included.
    pub redirect_uris: Vec<String>,
    /// The addresses after logout, compared exactly.
    pub post_logout_redirect_uris: Vec<String>,
}

impl Client {
    pub(crate) fn may_return_to(&self, uri: &Url) -> bool {
        registered(&self.redirect_uris, uri)
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
            .field("redirect_uris", &self.redirect_uris)
            .field("post_logout_redirect_uris", &self.post_logout_redirect_uris)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let client = Client {
            client_id: "id".to_owned(),
            client_secret: "hunter2".to_owned(),
            name: "Relais".to_owned(),
            algorithm: Algorithm::Es256,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
        };
        let printed = format!("{client:?}");
        assert!(printed.contains("[secret]") && !printed.contains("hunter2"), "{printed}");
    }
}
