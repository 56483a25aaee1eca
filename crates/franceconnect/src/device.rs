//! A sign-in on the patient's own phone (RFC 8628): the desk shows a code and asks until it has been used.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use ring::rand::SecureRandom;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::assertion::AssertionIds;
use crate::clock::Clock;
use crate::exchange::{ExchangeError, ExchangeFault, Party, of_client, of_http, offset};
use crate::fault::Fault;
use crate::http_client::{Answer, HttpClient};
use crate::identify::Redeemed;
use crate::json;
use crate::loopback::Abandonment;
use crate::pinned::may_carry_for;
use crate::provider::Provider;
use crate::redeem::Asked;
use crate::returned::AuthorizationError;
use crate::secret::{RandomnessUnavailable, Secret};
use crate::token_answer::read_granted;

/// The `grant_type` of a poll (RFC 8628 §3.4).
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Where the answer names no interval (RFC 8628 §3.2).
const USUAL_INTERVAL: u64 = 5;
const LONGEST_INTERVAL: Duration = Duration::from_mins(1);
/// What `slow_down` adds (RFC 8628 §3.5).
const SLOWER_BY: Duration = Duration::from_secs(5);
/// One question takes no longer.
const POLL_WITHIN: Duration = Duration::from_secs(10);
/// A code that lives longer is none for a reception desk.
const LONGEST_LIFE: i64 = 1800;

/// A sign-in that waits for a phone. Consumed by the wait; nothing of it is ever written down.
pub struct DeviceGrant {
    provider: Provider,
    nonce: Secret,
    verifier: Secret,
    device_code: Secret,
    user_code: String,
    verification_uri: Url,
    verification_uri_complete: Url,
    started: Timestamp,
    life: SignedDuration,
    ends: Instant,
    interval: Duration,
    ids: AssertionIds,
}

/// Why a sign-in on a phone could not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The relay does not offer it.
    #[error("the relay offers no sign-in on a phone")]
    NotOffered,
    /// Too many were begun.
    #[error("too many sign-ins were begun")]
    Limited,
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The relay did not give a code.
    #[error(transparent)]
    Exchange(#[from] ExchangeFault),
}

impl Fault for DeviceError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOffered => "phone-not-offered",
            Self::Limited => "relay-limited",
            Self::Randomness(_) => "randomness-unavailable",
            Self::Exchange(fault) => fault.code(),
        }
    }
}

/// How the wait for a phone ended.
#[derive(Debug)]
pub enum DeviceEnd {
    /// Somebody signed in; the ID token is verified whole. The relay ends the session on the phone: nothing is owed.
    Redeemed(Box<Redeemed>),
    /// The person, or FranceConnect, said no.
    Refused(AuthorizationError),
    /// Nobody signed in.
    Abandoned(Abandonment),
}

impl Provider {
    /// Returns whether a patient can sign in on their own phone.
    #[must_use]
    pub fn offers_device_grant(&self) -> bool {
        self.0.device_authorization.is_some()
    }
}

impl DeviceGrant {
    /// Asks the relay for a code to show (RFC 8628 §3.1), bound to this desk by a nonce and a PKCE challenge as every other
    /// sign-in is. Performs I/O.
    ///
    /// # Errors
    /// When the relay offers no such sign-in, does not answer, or does not take the desk.
    pub async fn begin(
        provider: &Provider,
        http: &HttpClient,
        rng: &(dyn SecureRandom + Sync),
        clock: &dyn Clock,
    ) -> Result<Self, DeviceError> {
        let profile = &provider.0;
        let endpoint = profile.device_authorization.as_ref().ok_or(DeviceError::NotOffered)?;
        let (nonce, verifier) = (Secret::random_hex(rng)?, Secret::random_base64url(rng)?);
        let mut ids = AssertionIds::draw(rng)?;
        let pkce = PkceCodeVerifier::new(verifier.expose().to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&pkce);
        let scope = ["openid"].into_iter().chain(profile.request.scopes.iter().map(String::as_str));
        let scope = scope.collect::<Vec<_>>().join(" ");
        let levels = profile.request.acr_values.join(" ");
        let started = clock.now();
        let presented = profile.present(&mut ids, started);
        let mut form = vec![
            ("scope", scope.as_str()),
            ("acr_values", levels.as_str()),
            ("nonce", nonce.expose()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        form.extend(presented.form());
        let answer = http
            .post_form_as(endpoint, &form, presented.authorization())
            .await
            .map_err(|fault| of_http(fault, provider.party()))?;
        if answer.status == 429 {
            return Err(DeviceError::Limited);
        }
        let given = read_given(&answer, provider).map_err(|fault| of_client(fault, offset(&answer, clock.now())))?;
        Ok(Self {
            provider: provider.clone(),
            nonce,
            verifier,
            ends: Instant::now() + given.life.unsigned_abs(),
            device_code: given.device_code,
            user_code: given.user_code,
            verification_uri: given.verification_uri,
            verification_uri_complete: given.verification_uri_complete,
            started,
            life: given.life,
            interval: given.interval,
            ids,
        })
    }

    /// Returns the code that both screens show.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Returns the address to type on a phone that cannot scan.
    #[must_use]
    pub fn verification_uri(&self) -> &Url {
        &self.verification_uri
    }

    /// Returns the address to show as a QR code: the code is in it.
    #[must_use]
    pub fn verification_uri_complete(&self) -> &Url {
        &self.verification_uri_complete
    }

    /// Returns when the code ends, by this machine's clock.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.started + self.life
    }

    /// Asks the relay, at its pace, until the patient has signed in, refused, or nobody waits any more. Performs I/O.
    ///
    /// An answer that does not come is asked for again, more slowly (RFC 8628 §3.5), until the end of the code.
    ///
    /// # Errors
    /// When the relay does not take the desk or the code, or anything of the tokens is not as it must be.
    pub async fn wait(
        mut self,
        http: &HttpClient,
        clock: &dyn Clock,
        deadline: Instant,
        cancel: &CancellationToken,
    ) -> Result<DeviceEnd, ExchangeError> {
        let deadline = deadline.min(self.ends);
        let mut silent = None;
        loop {
            let next = Instant::now() + self.interval;
            if next >= deadline {
                // Nothing can be asked any more, but somebody may still give up.
                return tokio::select! {
                    () = cancel.cancelled() => Ok(DeviceEnd::Abandoned(Abandonment::Cancelled)),
                    () = tokio::time::sleep_until(deadline) => match silent {
                        Some(fault) => Err(ExchangeError::from(fault)),
                        None => Ok(DeviceEnd::Abandoned(Abandonment::Deadline)),
                    },
                };
            }
            tokio::select! {
                () = cancel.cancelled() => return Ok(DeviceEnd::Abandoned(Abandonment::Cancelled)),
                () = tokio::time::sleep_until(next) => {}
            }
            let answer = tokio::select! {
                () = cancel.cancelled() => return Ok(DeviceEnd::Abandoned(Abandonment::Cancelled)),
                answer = self.ask(http, clock) => answer,
            };
            silent = None;
            match answer {
                Asking::Pending => {}
                Asking::SlowDown => self.interval = (self.interval + SLOWER_BY).min(LONGEST_INTERVAL),
                Asking::Silent(fault) => {
                    self.interval = (self.interval * 2).min(LONGEST_INTERVAL);
                    silent = Some(fault);
                }
                Asking::Over => return Ok(DeviceEnd::Abandoned(Abandonment::Deadline)),
                Asking::Refused(error) => return Ok(DeviceEnd::Refused(error)),
                Asking::Answered(answer) => {
                    let redeemed = self.accept(&answer, http, clock).await?;
                    return Ok(DeviceEnd::Redeemed(Box::new(redeemed)));
                }
            }
        }
    }

    async fn ask(&mut self, http: &HttpClient, clock: &dyn Clock) -> Asking {
        let profile = &self.provider.0;
        let presented = profile.present(&mut self.ids, clock.now());
        let mut form = vec![
            ("grant_type", DEVICE_GRANT),
            ("device_code", self.device_code.expose()),
            ("code_verifier", self.verifier.expose()),
        ];
        form.extend(presented.form());
        let party = self.provider.party();
        let asked = http.post_form_as(&profile.endpoints.token, &form, presented.authorization());
        match timeout_at(Instant::now() + POLL_WITHIN, asked).await {
            Ok(Ok(answer)) => read_poll(answer, party),
            Ok(Err(fault)) => Asking::Silent(of_http(fault, party)),
            Err(_) => Asking::Silent(ExchangeFault::Unreachable(party)),
        }
    }

    async fn accept(self, answer: &Answer, http: &HttpClient, clock: &dyn Clock) -> Result<Redeemed, ExchangeError> {
        let deadline = Instant::now() + self.provider.0.exchange_within;
        let age = self.provider.0.id_token.age;
        let asked =
            Asked { provider: self.provider, nonce: self.nonce, code: None, started: self.started, age, ids: self.ids };
        let accepted = timeout_at(deadline, asked.accept(answer, deadline, http, clock)).await;
        accepted.unwrap_or_else(|_| Err(ExchangeFault::TimedOut.into()))
    }
}

impl fmt::Debug for DeviceGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceGrant").field("provider", &self.provider).finish_non_exhaustive()
    }
}

struct Given {
    device_code: Secret,
    user_code: String,
    verification_uri: Url,
    verification_uri_complete: Url,
    life: SignedDuration,
    interval: Duration,
}

/// Reads the device authorization response (RFC 8628 §3.2).
fn read_given(answer: &Answer, provider: &Provider) -> Result<Given, ExchangeFault> {
    #[derive(Deserialize)]
    struct Written {
        device_code: String,
        user_code: String,
        verification_uri: Url,
        verification_uri_complete: Option<Url>,
        expires_in: i64,
        interval: Option<u64>,
    }

    let party = provider.party();
    let malformed = || ExchangeFault::Malformed(party);
    let written: Written = read_granted(answer, party)?;
    let complete = written.verification_uri_complete.unwrap_or_else(|| written.verification_uri.clone());
    let issuer = Url::parse(provider.issuer()).map_err(|_| malformed())?;
    // A patient's phone is sent there: nowhere but where the relay itself is.
    let at_home = |url: &Url| may_carry_for(&issuer, url) && url.origin() == issuer.origin();
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    let usable = at_home(&written.verification_uri)
        && at_home(&complete)
        && (4..=16).contains(&written.user_code.len())
        && written.user_code.bytes().all(letter)
        && !written.device_code.is_empty()
        && (1..=LONGEST_LIFE).contains(&written.expires_in);
    if !usable {
        return Err(malformed());
    }
    let interval = Duration::from_secs(written.interval.unwrap_or(USUAL_INTERVAL).max(1));
    Ok(Given {
        device_code: Secret::new(written.device_code),
        user_code: written.user_code,
        verification_uri: written.verification_uri,
        verification_uri_complete: complete,
        life: SignedDuration::from_secs(written.expires_in),
        interval: interval.min(LONGEST_INTERVAL),
    })
}

/// What one question came to.
enum Asking {
    Pending,
    SlowDown,
    /// No answer, or one of the network between.
    Silent(ExchangeFault),
    /// The code is over.
    Over,
    Refused(AuthorizationError),
    /// Tokens, or a fault that is read as one of a token answer.
    Answered(Answer),
}

/// Reads the answer to a poll (RFC 8628 §3.5).
fn read_poll(answer: Answer, party: Party) -> Asking {
    #[derive(Deserialize)]
    struct Word {
        error: String,
    }

    if answer.is_page() {
        return Asking::Silent(ExchangeFault::Page(party));
    }
    match answer.status {
        200 => return Asking::Answered(answer),
        429 => return Asking::SlowDown,
        500.. => return Asking::Silent(ExchangeFault::Unreachable(party)),
        _ => {}
    }
    let word = json::parse(&answer.body).ok().and_then(|word| serde_json::from_value::<Word>(word).ok());
    match word.as_ref().map(|word| word.error.as_str()) {
        Some("authorization_pending") => Asking::Pending,
        Some("slow_down") => Asking::SlowDown,
        Some("expired_token") => Asking::Over,
        Some(
            word @ ("access_denied" | "login_required" | "invalid_acr" | "temporarily_unavailable" | "server_error"),
        ) => Asking::Refused(AuthorizationError::parse(word)),
        Some(_) | None => Asking::Answered(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    use crate::acr::AcrValue;
    use crate::authentication::DeskCredential;
    use crate::provider::{Endpoints, RelayProfile, SigningAlg, StateProfile};

    fn answer(status: u16, media_type: &str, body: &str) -> Answer {
        let body = Zeroizing::new(body.as_bytes().to_vec());
        Answer { status, media_type: Some(media_type.to_owned()), date: None, lifetime: None, body }
    }

    fn provider() -> Provider {
        let issuer = Url::parse("https://relais.example/clinique").unwrap();
        Provider::relay(RelayProfile {
            endpoints: Endpoints::of_franceconnect(&issuer).unwrap(),
            device_authorization: Some(issuer.join("/clinique/device_authorization").unwrap()),
            knows_desks: false,
            issuer,
            credential: DeskCredential::public(),
            state: StateProfile {
                issuer: Url::parse("https://auth.franceconnect.gouv.fr/api/v2").unwrap(),
                client_id: "fc-client".to_owned(),
                signing_alg: SigningAlg::Es256,
            },
            required_acr: AcrValue::Eidas2,
        })
        .unwrap()
    }

    #[test]
    fn a_code_is_shown_or_refused() {
        const RIGHT: &str = r#"{"device_code":"d","user_code":"WDJB-MJHT","verification_uri":"https://relais.example/clinique/device","verification_uri_complete":"https://relais.example/clinique/device?user_code=WDJB-MJHT","expires_in":300,"interval":2}"#;
        for (rule, from, to, expected) in [
            ("right", "", "", None),
            ("no complete address", "verification_uri_complete", "autre", None),
            ("no interval", "interval", "autre", None),
            (
                "an address elsewhere",
                "https://relais.example/clinique/device?",
                "https://faux.example/device?",
                Some(()),
            ),
            ("no TLS", "\"verification_uri\":\"https", "\"verification_uri\":\"http", Some(())),
            ("a code with a blank", "WDJB-MJHT", "WDJB MJHT", Some(())),
            ("a code that turns the line", "\"user_code\":\"WDJB-MJHT", "\"user_code\":\"\u{202e}WDJB", Some(())),
            ("no code", "\"user_code\":\"WDJB-MJHT", "\"user_code\":\"", Some(())),
            ("no device code", "\"device_code\":\"d\"", "\"device_code\":\"\"", Some(())),
            ("a day", "300", "86400", Some(())),
            ("over already", "300", "0", Some(())),
            ("a code twice", "\"expires_in\"", "\"device_code\":\"e\",\"expires_in\"", Some(())),
        ] {
            let read = read_given(&answer(200, "application/json", &RIGHT.replace(from, to)), &provider());
            assert_eq!(
                read.err().map(|fault| assert_eq!(fault.code(), "answer-malformed", "{rule}")),
                expected,
                "{rule}"
            );
        }
    }

    #[test]
    fn each_answer_to_a_poll_has_its_meaning() {
        for (status, media_type, body, expected) in [
            (400, "application/json", r#"{"error":"authorization_pending"}"#, "pending"),
            (400, "application/json", r#"{"error":"slow_down"}"#, "slower"),
            (429, "application/json", r#"{"error":"slow_down"}"#, "slower"),
            (400, "application/json", r#"{"error":"expired_token"}"#, "over"),
            (400, "application/json", r#"{"error":"access_denied"}"#, "access-denied"),
            (400, "application/json", r#"{"error":"login_required"}"#, "session-replayed"),
            (400, "application/json", r#"{"error":"invalid_acr"}"#, "level-refused"),
            (400, "application/json", r#"{"error":"invalid_grant"}"#, "answered"),
            (401, "application/json", r#"{"error":"invalid_client"}"#, "answered"),
            (400, "application/json", r#"{"error":"authorization_pending","error":"x"}"#, "answered"),
            (200, "application/json", "{}", "answered"),
            (503, "application/json", "", "silent"),
            (200, "text/html", "<!doctype html>", "silent"),
        ] {
            let said = match read_poll(answer(status, media_type, body), Party::Relay) {
                Asking::Pending => "pending",
                Asking::SlowDown => "slower",
                Asking::Silent(_) => "silent",
                Asking::Over => "over",
                Asking::Refused(error) => error.code(),
                Asking::Answered(_) => "answered",
            };
            assert_eq!(said, expected, "{status} {body}");
        }
    }
}
