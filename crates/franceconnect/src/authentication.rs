//! How the client proves to the token endpoint that it is the client.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

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
        }
    }

    /// Makes what one request to the token endpoint carries.
    pub(crate) fn present(&self, client_id: &str) -> Presented {
        let id = ("client_id", Secret::new(client_id.to_owned()));
        match self {
            Self::None => Presented { form: vec![id], authorization: None },
            Self::SecretPost(secret) => {
                Presented { form: vec![id, ("client_secret", secret.clone())], authorization: None }
            }
            // RFC 6749 §2.3: one way at a time, so the form names nobody.
            Self::SecretBasic(secret) => Presented { form: Vec::new(), authorization: Some(basic(client_id, secret)) },
        }
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
            let presented = way.present("c");
            assert_eq!(presented.form().collect::<Vec<_>>(), form, "{way:?}");
            assert_eq!(presented.authorization().map(Secret::expose), header, "{way:?}");
        }
    }
}
