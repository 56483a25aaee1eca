//! A desk makes itself known to its relay, once.

use ring::rand::SecureRandom;
use serde::Deserialize;
use url::Url;

use crate::assertion::{self, ASSERTION_TYPE, AssertionIds};
use crate::client_key::ClientKey;
use crate::clock::Clock;
use crate::discover::{DiscoverError, enrolment_endpoint};
use crate::fault::Fault;
use crate::http_client::{Answer, HttpClient, HttpFault};
use crate::pinned::issuer_text;
use crate::secret::{RandomnessUnavailable, Secret};

/// Why a desk was not enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// The relay's metadata cannot be had.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// The relay enrols no desks.
    #[error("the relay enrols no desks")]
    NotOffered,
    /// The code is wrong, expired or used; which of them is not told.
    #[error("the relay refused the enrolment code")]
    Refused,
    /// Too many codes were tried.
    #[error("too many codes were tried")]
    Limited,
    /// No answer.
    #[error("the relay does not answer")]
    Unreachable,
    /// The answer cannot be read.
    #[error("the answer of the relay cannot be read")]
    Malformed,
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
}

impl Fault for EnrolError {
    fn code(&self) -> &'static str {
        match self {
            Self::Discover(error) => error.code(),
            Self::NotOffered => "enrolment-not-offered",
            Self::Refused => "enrolment-refused",
            Self::Limited => "enrolment-limited",
            Self::Unreachable => "relay-unreachable",
            Self::Malformed => "answer-malformed",
            Self::Randomness(_) => "randomness-unavailable",
        }
    }
}

/// Shows the administrator's code and the desk's public key to a relay, with the proof that the desk has
/// the private half; returns the client identifier by which the relay knows the desk from now on.
/// Performs I/O.
///
/// # Errors
/// When the relay enrols no desks, does not take the code, or does not answer.
pub async fn enrol(
    http: &HttpClient,
    issuer: &Url,
    code: &Secret,
    name: &str,
    key: &ClientKey,
    rng: &(dyn SecureRandom + Sync),
    clock: &dyn Clock,
) -> Result<String, EnrolError> {
    let endpoint = enrolment_endpoint(http, issuer).await?.ok_or(EnrolError::NotOffered)?;
    let thumbprint = key.thumbprint();
    let id = AssertionIds::draw(rng)?.next();
    // The desk has no identifier yet: its key stands for it.
    let proof =
        assertion::make(key, &thumbprint, &issuer_text(issuer), &id, clock.now()).ok_or(RandomnessUnavailable)?;
    let jwk = key.public_jwk().to_json().to_string();
    let form = [
        ("enrolment_code", code.expose()),
        ("desk_name", name),
        ("jwk", jwk.as_str()),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", proof.expose()),
    ];
    let answer = http.post_form(&endpoint, &form).await.map_err(|fault| match fault {
        HttpFault::Unreachable | HttpFault::Offline | HttpFault::TimedOut | HttpFault::Untrusted => {
            EnrolError::Unreachable
        }
        HttpFault::TooLarge | HttpFault::Insecure | HttpFault::Page => EnrolError::Malformed,
    })?;
    read(&answer)
}

fn read(answer: &Answer) -> Result<String, EnrolError> {
    #[derive(Deserialize)]
    struct Enrolled {
        client_id: String,
    }

    match answer.status {
        200 | 201 => {}
        400 | 401 | 403 => return Err(EnrolError::Refused),
        429 => return Err(EnrolError::Limited),
        500.. => return Err(EnrolError::Unreachable),
        _ => return Err(EnrolError::Malformed),
    }
    let enrolled: Enrolled = serde_json::from_slice(&answer.body).map_err(|_| EnrolError::Malformed)?;
    let usable =
        (1..=256).contains(&enrolled.client_id.len()) && enrolled.client_id.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then_some(enrolled.client_id).ok_or(EnrolError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[test]
    fn answers_are_taken_or_named() {
        for (rule, status, body, expected) in [
            ("enrolled", 201, r#"{"client_id":"poste"}"#, None),
            ("no identifier", 201, "{}", Some("answer-malformed")),
            ("an empty identifier", 201, r#"{"client_id":""}"#, Some("answer-malformed")),
            ("an identifier with a line's end", 201, r#"{"client_id":"a\nb"}"#, Some("answer-malformed")),
            ("code refused", 400, r#"{"error":"invalid_grant"}"#, Some("enrolment-refused")),
            ("too many", 429, "", Some("enrolment-limited")),
            ("down", 503, "", Some("relay-unreachable")),
            ("redirect", 302, "", Some("answer-malformed")),
        ] {
            let answer = Answer {
                status,
                media_type: None,
                date: None,
                lifetime: None,
                body: Zeroizing::new(body.as_bytes().to_vec()),
            };
            assert_eq!(read(&answer).err().map(|error| error.code()), expected, "{rule}");
        }
    }
}
