//! The code exchanged, once, for verified tokens.

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::assertion::AssertionIds;
use crate::attempt::Attempt;
use crate::clock::Clock;
use crate::exchange::{ExchangeError, ExchangeFault, of_client, of_http, of_id_token, of_keys, offset};
use crate::http_client::{Answer, HttpClient};
use crate::id_token::{self, Age};
use crate::identify::{Failure, Redeemed, Signer};
use crate::provider::Provider;
use crate::secret::{AuthorizationCode, IdTokenHint, Secret};
use crate::signed_in::SignedIn;
use crate::token_answer::read_tokens;

impl Attempt {
    /// Exchanges the code and asks for the identity: [`Attempt::redeem`], then [`Redeemed::identify`].
    /// Performs I/O.
    ///
    /// # Errors
    /// When anything at all is not as it must be.
    pub async fn exchange(
        self,
        code: AuthorizationCode,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<SignedIn, ExchangeError> {
        self.redeem(code, http, clock).await?.identify(http, clock).await
    }

    /// Exchanges the code, once, and verifies the ID token whole. Performs I/O.
    ///
    /// # Errors
    /// When anything at all is not as it must be.
    pub async fn redeem(
        self,
        code: AuthorizationCode,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Redeemed, ExchangeError> {
        let deadline = Instant::now() + self.provider.0.exchange_within;
        let redeemed = timeout_at(deadline, self.redeem_before(deadline, code, http, clock)).await;
        redeemed.unwrap_or_else(|_| Err(ExchangeFault::TimedOut.into()))
    }

    async fn redeem_before(
        mut self,
        deadline: Instant,
        code: AuthorizationCode,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Redeemed, ExchangeError> {
        let profile = &self.provider.0;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", self.return_uri.as_str()),
        ];
        if let Some(verifier) = &self.verifier {
            form.push(("code_verifier", verifier.expose()));
        }
        let presented = profile.present(&mut self.ids, clock.now());
        form.extend(presented.form());
        let answer = http
            .post_form_as(&profile.endpoints.token, &form, presented.authorization())
            .await
            .map_err(|fault| of_http(fault, self.provider.party()))?;
        let asked = Asked {
            provider: self.provider,
            nonce: self.nonce,
            code: Some(code.into_secret()),
            started: self.started,
            age: self.age,
            ids: self.ids,
        };
        asked.accept(&answer, deadline, http, clock).await
    }
}

/// What the tokens must answer to, whichever grant brought them.
pub(crate) struct Asked {
    pub(crate) provider: Provider,
    pub(crate) nonce: Secret,
    /// The code, of the grants that have one.
    pub(crate) code: Option<Secret>,
    pub(crate) started: Timestamp,
    pub(crate) age: Age,
    pub(crate) ids: AssertionIds,
}

impl Asked {
    /// Reads the token endpoint's answer and verifies the ID token whole. Performs I/O.
    pub(crate) async fn accept(
        self,
        answer: &Answer,
        deadline: Instant,
        http: &HttpClient,
        clock: &dyn Clock,
    ) -> Result<Redeemed, ExchangeError> {
        let profile = &self.provider.0;
        let party = self.provider.party();
        let offset = offset(answer, clock.now());
        let mut tokens = read_tokens(answer, party).map_err(|fault| of_client(fault, offset))?;
        // What is inside is also what a logout is asked for with (franceconnect.md §7.5).
        tokens.id_token =
            profile.opened(&tokens.id_token).map_err(|fault| ExchangeFault::Undecryptable(party, fault))?;

        let expected = id_token::Expectation {
            issuer: &profile.issuer,
            client_id: &profile.client_id,
            other_audiences: profile.id_token.other_audiences,
            nonce: &self.nonce,
            started: self.started,
            age: self.age,
            skew: profile.id_token.skew,
            access_token: Some(&tokens.access_token),
            code: self.code.as_ref(),
        };
        let signer = Signer { keys: &profile.keys, alg: profile.id_token.alg };
        let verified = match signer.verify_id_token(&tokens.id_token, &expected, http, clock).await {
            Ok(verified) => verified,
            Err(Failure::Keys(fault)) => return Err(of_keys(fault, party).into()),
            Err(Failure::Fault(fault)) => {
                return Err(ExchangeError {
                    // A session was opened, whatever else is wrong: its own token ends it.
                    owed_logout: fault.was_signed().then(|| IdTokenHint::new(tokens.id_token)),
                    fault: of_id_token(fault, offset, ExchangeFault::IdTokenInvalid),
                });
            }
        };
        let redeemed = Redeemed {
            provider: self.provider,
            nonce: self.nonce,
            started: self.started,
            ids: self.ids,
            deadline,
            tokens,
            verified,
        };
        match redeemed.provider.0.level.judge(&redeemed.verified) {
            Ok(()) => Ok(redeemed),
            Err(fault) => Err(redeemed.owing(fault)),
        }
    }
}
