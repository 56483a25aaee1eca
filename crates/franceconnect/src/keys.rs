//! A provider's signing keys: kept ten minutes, fetched anew once when a token names an unknown one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use openidconnect::JsonWebKeySet;
use openidconnect::core::CoreJsonWebKey;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use crate::http_client::{HttpClient, HttpFault};
use crate::provider::SigningAlg;

/// FranceConnect's own `max-age` (openid.md §2).
const KEPT: SignedDuration = SignedDuration::from_mins(10);

pub(crate) struct KeySource {
    url: Url,
    alg: SigningAlg,
    kept: Mutex<Option<(Timestamp, Arc<KeySet>)>>,
}

/// The keys, in the words of both libraries that verify with them.
#[derive(Default)]
pub(crate) struct KeySet {
    openid: Vec<CoreJsonWebKey>,
    pub(crate) jose: Vec<Jwk>,
}

impl KeySet {
    fn parse(body: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let keys = document.get("keys")?.as_array()?;
        // A key of a kind unknown here must not hide the others.
        Some(Self {
            openid: keys.iter().filter_map(|key| serde_json::from_value(key.clone()).ok()).collect(),
            jose: keys.iter().filter_map(|key| serde_json::from_value(key.clone()).ok()).collect(),
        })
    }

    pub(crate) fn for_openid(&self) -> JsonWebKeySet<CoreJsonWebKey> {
        JsonWebKeySet::new(self.openid.clone())
    }
}

/// Why there are no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeysFault {
    Http(HttpFault),
    NotKeys,
}

impl KeySource {
    pub(crate) fn new(url: Url, alg: SigningAlg) -> Self {
        Self { url, alg, kept: Mutex::new(None) }
    }

    pub(crate) fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// Returns the kept keys, or fetches them. Performs I/O.
    pub(crate) async fn keys(&self, http: &HttpClient, now: Timestamp) -> Result<Arc<KeySet>, KeysFault> {
        {
            let kept = self.kept.lock().await;
            if let Some((at, keys)) = kept.as_ref()
                && now.duration_since(*at).abs() < KEPT
            {
                return Ok(Arc::clone(keys));
            }
        }
        self.fetch(http, now).await
    }

    /// Fetches the keys, whatever is kept. Performs I/O.
    pub(crate) async fn fetch(&self, http: &HttpClient, now: Timestamp) -> Result<Arc<KeySet>, KeysFault> {
        let answer = http.get(&self.url, "application/json").await.map_err(KeysFault::Http)?;
        if answer.status != 200 {
            return Err(KeysFault::Http(HttpFault::Unreachable));
        }
        let keys = Arc::new(KeySet::parse(&answer.body).ok_or(KeysFault::NotKeys)?);
        *self.kept.lock().await = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_of_key_hides_no_other() {
        let body = br#"{"keys":[
            {"kty":"ZZ","kid":"odd"},
            {"kty":"EC","crv":"P-256","kid":"pkcs11:ES256:hsm","use":"sig","alg":"ES256",
             "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
             "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;
        let keys = KeySet::parse(body).unwrap();
        assert_eq!(keys.openid.len(), 1);
        assert!(keys.jose.iter().any(|key| key.common.key_id.as_deref() == Some("pkcs11:ES256:hsm")));
        assert!(KeySet::parse(b"{}").is_none() && KeySet::parse(b"<html>").is_none());
    }
}
