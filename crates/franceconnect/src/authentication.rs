//! How the client proves to the token endpoint that it is the client.

use std::fmt;

use crate::secret::Secret;

/// The way in which a client authenticates (OpenID Connect Core 1.0 §9).
#[derive(Clone)]
pub enum ClientAuthentication {
    /// A public client: PKCE alone binds the code to it.
    None,
    /// Its secret in the form (`client_secret_post`).
    SecretPost(Secret),
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::SecretPost(_) => "client_secret_post",
        })
    }
}

impl ClientAuthentication {
    /// Makes what one request to the token endpoint carries.
    pub(crate) fn present(&self, client_id: &str) -> Presented {
        let mut form = vec![("client_id", Secret::new(client_id.to_owned()))];
        match self {
            Self::None => {}
            Self::SecretPost(secret) => form.push(("client_secret", secret.clone())),
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
