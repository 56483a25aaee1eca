//! How the client proves to the token endpoint that it is the client.

use std::fmt;

use jiff::Timestamp;

use crate::assertion::{self, ASSERTION_TYPE, AssertionIds};
use crate::client_key::ClientKey;
use crate::provider::Profile;
use crate::secret::Secret;

/// The way in which a client authenticates (OpenID Connect Core 1.0 §9).
#[derive(Clone)]
pub enum ClientAuthentication {
    /// A public client: PKCE alone binds the code to it.
    None,
    /// Its secret in the form (`client_secret_post`).
    SecretPost(Secret),
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
        f.write_str(match self {
            Self::None => "none",
            Self::SecretPost(_) => "client_secret_post",
            Self::PrivateKeyJwt(..) => "private_key_jwt",
        })
    }
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
    /// Makes what one request carries as the client's proof; with a key, each request has its own.
    pub(crate) fn present(&self, ids: &mut AssertionIds, now: Timestamp) -> Presented {
        let mut form = vec![("client_id", Secret::new(self.client_id.clone()))];
        match &self.authentication {
            ClientAuthentication::None => {}
            ClientAuthentication::SecretPost(secret) => form.push(("client_secret", secret.clone())),
            ClientAuthentication::PrivateKeyJwt(key, audience) => {
                let audience = match audience {
                    AssertionAudience::Issuer => self.issuer.as_str(),
                    AssertionAudience::TokenEndpoint => self.endpoints.token.as_str(),
                };
                // A key that could not sign would be refused by the provider as no client at all.
                if let Some(jws) = assertion::make(key, &self.client_id, audience, &ids.next(), now) {
                    form.push(("client_assertion_type", Secret::new(ASSERTION_TYPE.to_owned())));
                    form.push(("client_assertion", jws));
                }
            }
        }
        Presented { form }
    }
}

/// What one request carries as the client's proof.
pub(crate) struct Presented {
    form: Vec<(&'static str, Secret)>,
}

impl Presented {
    /// The fields of its form.
    pub(crate) fn form(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.form.iter().map(|(name, value)| (*name, value.expose()))
    }
}
