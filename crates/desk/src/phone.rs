//! A check-in on the patient's own phone: nothing of it happens on this computer, so nothing is opened, listened
//! for, owed or held here.

use crate::check_in::{CheckInError, CheckInRequest, Concluded, Counter, Step};
use crate::verdict::Outcome;
use comptoir_franceconnect::{DeviceEnd, DeviceGrant};
use ring::rand::SystemRandom;
use std::time::Duration;
use tokio::time::Instant;

impl Counter<'_> {
    /// Shows a code, waits until the patient has used it, compares. The relay ends the session on the phone.
    pub(crate) async fn on_a_phone(&self, request: CheckInRequest) -> Result<Concluded, CheckInError> {
        let Self { desk, provider, cancel, steps, .. } = *self;
        let random = SystemRandom::new();
        let grant = tokio::select! {
            biased;
            () = cancel.cancelled() => return self.without_identity(Outcome::Abandoned),
            grant = DeviceGrant::begin(provider, &desk.http, &random, &desk.clock) => grant?,
        };
        let life = grant.expires().duration_since(desk.clock.now());
        let patience = desk.patience.sign_in.min(Duration::try_from(life).unwrap_or(Duration::ZERO));
        steps(Step::ShowCode {
            verification_uri: grant.verification_uri().clone(),
            verification_uri_complete: grant.verification_uri_complete().clone(),
            user_code: grant.user_code().to_owned(),
            expires: grant.expires(),
        });
        steps(Step::Waiting { deadline: patience });
        match grant.wait(&desk.http, &desk.clock, Instant::now() + patience, cancel).await? {
            DeviceEnd::Redeemed(redeemed) => {
                let signed_in = redeemed.identify(&desk.http, &desk.clock).await?;
                let (identity, acr) = (signed_in.identity, signed_in.acr);
                steps(Step::Identity { acr, identity: Box::new(identity.clone()) });
                let outcome = self.compare(request.opened, identity, acr)?;
                Ok(Concluded { outcome, signed_out: None })
            }
            DeviceEnd::Refused(error) if error.is_refusal() => self.without_identity(Outcome::Refused),
            DeviceEnd::Refused(error) => Err(CheckInError::Provider(error)),
            DeviceEnd::Abandoned(_) => self.without_identity(Outcome::Abandoned),
        }
    }
}
