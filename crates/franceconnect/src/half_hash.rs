//! The hash by which an ID token names the access token or the code it came with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use crate::secret::Secret;

/// Computes `at_hash` or `c_hash` (OpenID Connect Core 1.0 §3.1.3.6): every algorithm taken here hashes
/// with SHA-256.
pub(crate) fn half_hash(whole: &Secret) -> String {
    let whole = digest(&SHA256, whole.expose().as_bytes());
    let half = whole.as_ref().len() / 2;
    URL_SAFE_NO_PAD.encode(whole.as_ref().get(..half).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        // OpenID Connect Core 1.0, appendix A.3.
        let access_token = Secret::new("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y".to_owned());
        assert_eq!(half_hash(&access_token), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
