//! A provider's signing keys: kept ten minutes at most, fetched anew once when a token names an
//! unknown one, and not again before a minute has passed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use crate::http_client::{HttpClient, HttpFault};
use crate::json;
use crate::provider::SigningAlg;
use crate::secret::Secret;

/// FranceConnect's own `max-age` (openid.md §2); a provider may ask for less, not for more.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// A provider whose tokens name ever other keys must not make every desk ask for them.
const REFETCHED_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// FranceConnect publishes two; large organisations a dozen.
const MOST_KEYS: usize = 32;
/// A token has to name its key where there are several (OpenID Connect Core 1.0 §10.1).
const ONE: usize = 1;
/// The key of today, of before and of tomorrow, and one to spare.
const A_FEW: usize = 4;

pub(crate) struct KeySource {
    url: Url,
    /// What HS256 signs with, where it was agreed.
    secret: Option<Secret>,
    unnamed: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: Option<(Timestamp, SignedDuration, Arc<KeySet>)>,
    refetched: Option<Timestamp>,
}

/// The keys.
#[derive(Default)]
pub(crate) struct KeySet {
    pub(crate) jose: Vec<Jwk>,
    pub(crate) secret: Option<Secret>,
    /// How many keys may fit a token that names none.
    pub(crate) unnamed: usize,
}

impl KeySet {
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let document = json::parse_object(body).ok()?;
        let keys = document.get("keys")?.as_array()?;
        if keys.len() > MOST_KEYS {
            return None;
        }
        // A key of a kind unknown here must not hide the others.
        let jose = keys.iter().filter_map(|key| serde_json::from_value(Value::clone(key)).ok()).collect();
        Some(Self { jose, secret: None, unnamed: ONE })
    }

    pub(crate) fn of_secret(secret: Secret) -> Self {
        Self { jose: Vec::new(), secret: Some(secret), unnamed: ONE }
    }
}

/// Why there are no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeysFault {
    Http(HttpFault),
    NotKeys,
    /// They were asked for a moment ago.
    TooSoon,
}

impl KeySource {
    pub(crate) fn new(url: Url, secret: Option<Secret>) -> Self {
        Self { url, secret, unnamed: ONE, kept: Mutex::default() }
    }

    /// Lets a token name no key where a few fit it: each is the provider's own, and is tried.
    pub(crate) fn lenient(self) -> Self {
        Self { unnamed: A_FEW, ..self }
    }

    /// Returns the kept keys, or fetches them. Performs I/O.
    pub(crate) async fn keys(
        &self,
        alg: SigningAlg,
        http: &HttpClient,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, KeysFault> {
        if alg == SigningAlg::Hs256 {
            return Ok(Arc::new(self.secret.clone().map(KeySet::of_secret).unwrap_or_default()));
        }
        {
            let kept = self.kept.lock().await;
            if let Some((at, lifetime, keys)) = &kept.keys
                && now.duration_since(*at).abs() < *lifetime
            {
                return Ok(Arc::clone(keys));
            }
        }
        self.fetch(http, now).await
    }

    /// Fetches the keys because a token names one that is not among those kept. Performs I/O.
    pub(crate) async fn refetch(&self, http: &HttpClient, now: Timestamp) -> Result<Arc<KeySet>, KeysFault> {
        {
            let mut kept = self.kept.lock().await;
            if kept.refetched.is_some_and(|at| now.duration_since(at).abs() < REFETCHED_AFTER) {
                return Err(KeysFault::TooSoon);
            }
            kept.refetched = Some(now);
        }
        self.fetch(http, now).await
    }

    async fn fetch(&self, http: &HttpClient, now: Timestamp) -> Result<Arc<KeySet>, KeysFault> {
        let answer = http.get_fresh(&self.url, "application/json").await.map_err(KeysFault::Http)?;
        if answer.is_page() {
            return Err(KeysFault::Http(HttpFault::Page));
        }
        if answer.status != 200 {
            return Err(KeysFault::Http(HttpFault::Unreachable));
        }
        let keys = KeySet::parse(&answer.body).ok_or(KeysFault::NotKeys)?;
        let keys = Arc::new(KeySet { unnamed: self.unnamed, ..keys });
        let lifetime = answer.lifetime.map_or(KEPT, |said| said.min(KEPT));
        self.kept.lock().await.keys = Some((now, lifetime, Arc::clone(&keys)));
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
        assert!(keys.jose.iter().any(|key| key.common.key_id.as_deref() == Some("pkcs11:ES256:hsm")));
    }

    #[test]
    fn what_is_not_a_bounded_set_of_keys_is_none() {
        let many = |keys: usize| format!(r#"{{"keys":[{}{{}}]}}"#, "{},".repeat(keys - 1));
        for (rule, body, expected) in [
            ("as many as allowed", many(MOST_KEYS), true),
            ("more", many(MOST_KEYS + 1), false),
            ("no keys", "{}".to_owned(), false),
            ("keys twice", r#"{"keys":[],"keys":[]}"#.to_owned(), false),
            ("a page", "<html>".to_owned(), false),
        ] {
            assert_eq!(KeySet::parse(body.as_bytes()).is_some(), expected, "{rule}");
        }
    }
}
