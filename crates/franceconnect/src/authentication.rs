//! How the client proves to the token endpoint that it is the client.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use url::form_urlencoded;

use crate::assertion::{self, ASSERTION_TYPE, AssertionIds};
use crate::client_key::ClientKey;
use crate::profile::Profile;
use crate::secret::Secret;

/// The way in which a client authenticates (OpenID Connect Core 1.0 §9).
#[derive(Clone)]
pub enum ClientAuthentication {
    /// A public client: PKCE alone binds the code to it.
    None,
    /// Its secret in the form (`client_secret_post`).
    SecretPost(Secret),
    /// Its identifier and secret in a header (`client_secret_basic`).
    SecretBasic(Secret),
    /// An assertion signed with its own key (`private_key_jwt`).
    PrivateKeyJwt(ClientKey, AssertionAudience),
}

/// To whom a client addresses its assertions; providers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The provider, by its issuer.
    Issuer,
    /// Its token endpoint.
    TokenEndpoint,
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ClientAuthentication {
    /// Returns the method's name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SecretPost(_) => "client_secret_post",
            Self::SecretBasic(_) => "client_secret_basic",
            Self::PrivateKeyJwt(..) => "private_key_jwt",
        }
    }

    /// Makes what one request carries as the client's proof; with a key, each request has its own.
    pub(crate) fn present(&self, client: &Client<'_>, ids: &mut AssertionIds, now: Timestamp) -> Presented {
        let id = ("client_id", Secret::new(client.id.to_owned()));
        match self {
            Self::None => Presented { form: vec![id], authorization: None },
            Self::SecretPost(secret) => {
                Presented { form: vec![id, ("client_secret", secret.clone())], authorization: None }
            }
            // RFC 6749 §2.3: one way at a time, so the form names nobody.
            Self::SecretBasic(secret) => Presented { form: Vec::new(), authorization: Some(basic(client.id, secret)) },
            Self::PrivateKeyJwt(key, audience) => {
                let audience = match audience {
                    AssertionAudience::Issuer => client.issuer,
                    AssertionAudience::TokenEndpoint => client.token_endpoint,
                };
                let mut form = vec![id];
                // A key that could not sign would be refused by the provider as no client at all.
                if let Some(jws) = assertion::make(key, client.id, audience, &ids.next(), now) {
                    form.push(("client_assertion_type", Secret::new(ASSERTION_TYPE.to_owned())));
                    form.push(("client_assertion", jws));
                }
                Presented { form, authorization: None }
            }
        }
    }
}

/// Who authenticates, and to whom.
pub(crate) struct Client<'a> {
    pub(crate) id: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) token_endpoint: &'a str,
}

/// Who a desk is at its relay.
#[derive(Debug, Clone)]
pub struct DeskCredential {
    /// Its client identifier.
    pub client_id: String,
    /// The key it was enrolled with; none at a relay that asks for none.
    pub key: Option<ClientKey>,
}

impl DeskCredential {
    /// The credential of every desk at a relay that asks for none.
    #[must_use]
    pub fn public() -> Self {
        Self { client_id: crate::DESK_CLIENT_ID.to_owned(), key: None }
    }
}

impl Profile {
    /// Makes what one request carries as the client's proof.
    pub(crate) fn present(&self, ids: &mut AssertionIds, now: Timestamp) -> Presented {
        let client =
            Client { id: &self.client_id, issuer: &self.issuer, token_endpoint: self.endpoints.token.as_str() };
        self.authentication.present(&client, ids, now)
    }
}

/// What one request carries as the client's proof.
pub(crate) struct Presented {
    form: Vec<(&'static str, Secret)>,
    authorization: Option<Secret>,
}

impl Presented {
    /// The fields of its form.
    pub(crate) fn form(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.form.iter().map(|(name, value)| (*name, value.expose()))
    }

    /// Its `Authorization` header.
    pub(crate) fn authorization(&self) -> Option<&Secret> {
        self.authorization.as_ref()
    }
}

/// RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
fn basic(client_id: &str, secret: &Secret) -> Secret {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = Secret::new(format!("{}:{}", encoded(client_id), encoded(secret.expose())));
    Secret::new(format!("Basic {}", STANDARD.encode(joined.expose())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_proves_itself_in_one_way() {
        let secret = || Secret::new("s:1 é".to_owned());
        for (way, form, header) in [
            (ClientAuthentication::None, vec![("client_id", "c")], None),
            (ClientAuthentication::SecretPost(secret()), vec![("client_id", "c"), ("client_secret", "s:1 é")], None),
            // "c:s%3A1+%C3%A9"
            (ClientAuthentication::SecretBasic(secret()), vec![], Some("Basic YzpzJTNBMSslQzMlQTk=")),
        ] {
            let client = Client { id: "c", issuer: "https://i", token_endpoint: "https://i/token" };
            let mut ids = AssertionIds::of(&Secret::new("s".to_owned()));
            let presented = way.present(&client, &mut ids, Timestamp::UNIX_EPOCH);
            assert_eq!(presented.form().collect::<Vec<_>>(), form, "{way:?}");
            assert_eq!(presented.authorization().map(Secret::expose), header, "{way:?}");
        }
    }
}
