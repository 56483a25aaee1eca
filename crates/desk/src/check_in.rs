//! The check-in, from the key press to the verdict and the closed session.

use crate::credential::credential;
use crate::debt;
use crate::desk::Desk;
use crate::ports::{BrowserError, KeychainError, Opened, Purpose, Secret};
use crate::verdict::{Outcome, Verdict};
use crate::vigil::{LOOK, Notice, Vigil};
use comptoir_franceconnect::{
    Abandonment, AcrValue, Attempt, AuthorizationError, BeginError, BindError, BrowserTurn, DeskCredential,
    DeviceError, DiscoverError, Ended, ExchangeError, IdTokenHint, Loopback, Page, Provider, RandomnessUnavailable,
    Redeemed, Returned, WaitError,
};
use comptoir_identity::{Candidate, PivotIdentity, judge};
use comptoir_register::{ActKind, ReadError, RecordId, WriteError};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use std::pin::pin;
use std::time::Duration;
use thiserror::Error;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use url::Url;

/// What the receptionist asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckInRequest {
    /// The record opened before the check-in, which is then judged first.
    pub opened: Option<RecordId>,
    /// The receptionist has closed the browser, and says so.
    pub browser_closed: bool,
    /// Where the patient signs in.
    pub way: Way,
}

/// Where a patient signs in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Way {
    /// In a browser on this computer.
    #[default]
    ThisComputer,
    /// On their own phone.
    Phone,
}

impl Way {
    /// The word it has in the journal and on the command line.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ThisComputer => "computer",
            Self::Phone => "phone",
        }
    }
}

/// What happens while a check-in runs, as it happens.
#[derive(Debug, Clone)]
pub enum Step {
    /// An address must be opened; `opened` says where it was, `None` when no browser could be started.
    OpenBrowser {
        /// The address, for this machine only: that of a logout carries the ID token as its hint.
        address: Url,
        /// What for.
        purpose: Purpose,
        /// Where it was opened.
        opened: Option<Opened>,
    },
    /// A code must be shown to the patient, who signs in on their phone and finds the same code there.
    ShowCode {
        /// The address to type on a phone that cannot scan.
        verification_uri: Url,
        /// The address to show as a QR code: the code is in it.
        verification_uri_complete: Url,
        /// The code that both screens show.
        user_code: String,
        /// When the code ends.
        expires: Timestamp,
    },
    /// The desk waits for the browser to come back, or for the phone; said again when what is left is not what it
    /// seems.
    Waiting {
        /// For how long.
        deadline: Duration,
    },
    /// Something that may keep the browser from coming back; each is said once.
    Noticed(Notice),
    /// FranceConnect vouched for somebody.
    Identity {
        /// At this level.
        acr: AcrValue,
        /// For this identity.
        identity: Box<PivotIdentity>,
    },
    /// The verdict, in either order with [`Step::SignedOut`].
    Verdict(Box<Verdict>),
    /// The end of the FranceConnect session.
    SignedOut {
        /// Whether the browser came back from the logout.
        confirmed: bool,
        /// Whether a session may remain in a browser: not after a confirmed logout, nor once the
        /// throw-away profile that held it is destroyed.
        remains: bool,
    },
}

/// A check-in that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concluded {
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the logout was confirmed; `None` when no sign-in took place on this computer: the relay ends
    /// the session of a phone.
    pub signed_out: Option<bool>,
}

/// Why a check-in could not be brought to a verdict.
#[derive(Debug, Error)]
pub enum CheckInError {
    /// An earlier sign-in may have left a session in the browser; the receptionist must close it.
    #[error("an earlier FranceConnect session may still be open in the browser")]
    SessionMayRemain,
    /// The keychain did not answer.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The browser port failed before anything was opened.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// The return address could not be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The attempt could not begin.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The relay gave no code for a phone.
    #[error(transparent)]
    Phone(#[from] DeviceError),
    /// The system gave no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The listener stopped.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// FranceConnect answered with a fault of its own, or of the configuration.
    #[error("FranceConnect answered with an error")]
    Provider(AuthorizationError),
    /// The answer of FranceConnect was not accepted.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The register could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What a check-in is done with, from one function to the next.
pub(crate) struct Counter<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) provider: &'a Provider,
    pub(crate) way: Way,
    pub(crate) steps: &'a (dyn Fn(Step) + Send + Sync),
    pub(crate) cancel: &'a CancellationToken,
}

/// Checks a patient in: signs them in at FranceConnect, compares with the register, closes the session.
///
/// `steps` is told everything as it happens; the verdict is one of the steps, so that it can be on
/// screen while the browser is still on its way out. Performs I/O.
///
/// # Errors
/// See [`CheckInError`]. Nobody coming back and a refusal are outcomes, not errors.
pub async fn check_in(
    desk: &Desk,
    provider: &Provider,
    request: CheckInRequest,
    steps: &(dyn Fn(Step) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Concluded, CheckInError> {
    let counter = Counter { desk, provider, way: request.way, steps, cancel };
    let concluded = match request.way {
        Way::ThisComputer => counter.on_this_computer(request).await,
        Way::Phone => counter.on_a_phone(request).await,
    };
    // However it ended: the patient's browser goes, and with its profile whatever session it held.
    counter.destroy_profiles().await;
    if concluded.is_err() {
        // An end without a verdict is an end all the same: the code of what stopped it is for people.
        let end = [("outcome", "failed"), ("way", request.way.code())];
        desk.register.journal(&desk.act(ActKind::CheckInConcluded).about(None, &end))?;
    }
    concluded
}

impl Counter<'_> {
    async fn on_this_computer(&self, request: CheckInRequest) -> Result<Concluded, CheckInError> {
        let Self { desk, provider, steps, .. } = *self;
        if !self.settle_the_past(request).await? {
            return self.without_identity(Outcome::Abandoned);
        }

        // Bound before the browser opens: a warm session comes back faster than a program binds.
        let loopback = Loopback::bind(provider.return_address()).await?;
        let mut attempt = Attempt::begin(provider, &loopback, &SystemRandom::new(), desk.clock.now())?;
        desk.browser(|browser| browser.remember_session()).await?;
        self.open_browser(attempt.authorize_url(), Purpose::SignIn).await;
        steps(Step::Waiting { deadline: desk.patience.sign_in });

        match self.wait(&loopback, &mut attempt).await? {
            Returned::Code { code, browser } => match attempt.redeem(code, &desk.http, &desk.clock).await {
                Ok(redeemed) => self.conclude(request, redeemed, browser, &loopback).await,
                Err(refused) => self.send_away(refused, browser, &loopback).await,
            },
            Returned::Refused { error, browser } => {
                browser.finish(Page::Refused).await;
                if error.is_refusal() {
                    self.without_identity(Outcome::Refused)
                } else {
                    Err(CheckInError::Provider(error))
                }
            }
            Returned::Abandoned(_) => self.without_identity(Outcome::Abandoned),
        }
    }

    /// Waits for the browser to come back, and says what may keep it from coming.
    async fn wait(&self, loopback: &Loopback, attempt: &mut Attempt) -> Result<Returned, WaitError> {
        let Self { desk, steps, cancel, .. } = *self;
        let deadline = Instant::now() + desk.patience.sign_in;
        let mut returned = pin!(loopback.wait_return(attempt, deadline, cancel));
        let mut https_wanted = pin!(loopback.https_wanted());
        let (mut https, mut slept) = (false, false);
        let mut vigil = Vigil::begin(desk.clock.now());
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                returned = &mut returned => {
                    // Where a deadline runs on through the sleep, it is over before anybody has looked.
                    let over = matches!(returned, Ok(Returned::Abandoned(Abandonment::Deadline)));
                    if over && !slept && vigil.has_slept(desk.clock.now()) {
                        steps(Step::Noticed(Notice::Slept));
                    }
                    return returned;
                }
                () = &mut https_wanted, if !https => {
                    https = true;
                    steps(Step::Noticed(Notice::HttpsWanted));
                }
                _ = looks.tick() => {
                    if vigil.has_slept(desk.clock.now()) && !slept {
                        slept = true;
                        steps(Step::Waiting { deadline: deadline.saturating_duration_since(Instant::now()) });
                        steps(Step::Noticed(Notice::Slept));
                    }
                }
            }
        }
    }

    /// Pays the logout that an earlier check-in left owed, then holds the sign-in as long as a
    /// session may remain in the browser. Returns false when the receptionist gave up meanwhile:
    /// nothing is opened then, and nothing owed is forgotten.
    async fn settle_the_past(&self, request: CheckInRequest) -> Result<bool, CheckInError> {
        let desk = self.desk;
        if self.cancel.is_cancelled() {
            return Ok(false);
        }
        // What a crash left is destroyed before the mark is asked: it is the rest that holds the desk.
        self.destroy_profiles().await;
        let mut remains = self.may_hold_a_session().await;
        if let Some(owed) = desk.keychain(debt::read).await? {
            // Without a mark, the profile that held this session is destroyed: no browser could close it any more.
            let creditor = if remains { self.creditor(&owed.issuer).await } else { Creditor::Gone };
            match creditor {
                Creditor::Found(provider) => {
                    if let Some(hint) = IdTokenHint::from_bytes(owed.hint.expose().to_vec()) {
                        let loopback = Loopback::bind(provider.return_address()).await?;
                        remains = !self.log_out(&provider, &hint, &loopback, None).await?;
                    } else {
                        desk.keychain(debt::forget).await?;
                    }
                }
                Creditor::Gone => {
                    desk.keychain(debt::forget).await?;
                    desk.register.journal(&desk.act(ActKind::LogoutWrittenOff))?;
                }
                Creditor::Unreachable => remains = true,
            }
        }
        if self.cancel.is_cancelled() {
            return Ok(false);
        }
        if remains && !request.browser_closed {
            desk.register.journal(&desk.act(ActKind::BrowserHeld))?;
            return Err(CheckInError::SessionMayRemain);
        }
        if remains {
            desk.keychain(debt::forget).await?;
            desk.browser(|browser| browser.forget_session()).await?;
            desk.register.journal(&desk.act(ActKind::BrowserReleased))?;
        }
        Ok(true)
    }

    async fn creditor(&self, issuer: &str) -> Creditor {
        if self.provider.issuer() == issuer {
            return Creditor::Found(Box::new(self.provider.clone()));
        }
        let Ok(address) = Url::parse(issuer) else { return Creditor::Gone };
        let of_this_machine = address.host_str().is_some_and(|host| host == "127.0.0.1");
        // Without one, as a stranger: a relay that knows its desks then keeps the logout owed.
        let known = credential(&self.desk.credentials, &address).await.ok().flatten();
        let known = known.unwrap_or_else(DeskCredential::public);
        match Provider::discover_relay(&self.desk.http, address, &known).await {
            Ok(provider) => Creditor::Found(Box::new(provider)),
            // A demonstration that has ended does not answer any more; neither do its sessions live.
            Err(DiscoverError::Unreachable) if of_this_machine => Creditor::Gone,
            Err(DiscoverError::Gone) => Creditor::Gone,
            Err(_) => Creditor::Unreachable,
        }
    }

    async fn destroy_profiles(&self) {
        if let Err(error) = self.desk.browser(|browser| browser.destroy_profiles()).await {
            // It holds the next sign-in, and is tried again before that.
            tracing::warn!(%error, "the patient's browser could not be put away");
        }
    }

    async fn may_hold_a_session(&self) -> bool {
        self.desk.browser(|browser| Ok(browser.may_hold_a_session())).await.unwrap_or(true)
    }

    async fn open_browser(&self, address: &Url, purpose: Purpose) {
        let to_open = address.clone();
        let opened = self
            .desk
            .browser(move |browser| {
                let opened = browser.open(&to_open, purpose)?;
                if opened == Opened::ThrowAway && purpose == Purpose::SignIn {
                    // The profile's folder is its own mark, and goes with the session.
                    browser.forget_session().ok();
                }
                Ok(opened)
            })
            .await;
        // A browser that does not start is not the end: the address is on screen and can be copied.
        let opened = opened.ok();
        (self.steps)(Step::OpenBrowser { address: address.clone(), purpose, opened });
    }

    /// From a verified sign-in to the verdict, while the browser is on its way out.
    async fn conclude(
        &self,
        request: CheckInRequest,
        redeemed: Redeemed,
        browser: BrowserTurn,
        loopback: &Loopback,
    ) -> Result<Concluded, CheckInError> {
        let desk = self.desk;
        let id_token = redeemed.id_token();
        // Recorded as soon as a token exists: from here on a crash owes this logout.
        self.owe(&id_token).await;
        let signed_in = match redeemed.identify(&desk.http, &desk.clock).await {
            Ok(signed_in) => signed_in,
            Err(refused) => return self.send_away(refused, browser, loopback).await,
        };
        let (identity, acr) = (signed_in.identity, signed_in.acr);
        (self.steps)(Step::Identity { acr, identity: Box::new(identity.clone()) });
        let (outcome, signed_out) = tokio::join!(
            async { self.compare(request.opened, identity, acr) },
            self.log_out(self.provider, &id_token, loopback, Some(browser)),
        );
        Ok(Concluded { outcome: outcome?, signed_out: Some(signed_out?) })
    }

    async fn owe(&self, id_token: &IdTokenHint) {
        let issuer = self.provider.issuer().to_owned();
        let hint = Secret::new(id_token.as_bytes().to_vec());
        let kept = self.desk.keychain(move |keychain| debt::record(keychain, &issuer, hint.expose())).await;
        if let Err(error) = kept {
            // The check-in goes on: the mark on disk holds the next sign-in should we crash here.
            tracing::warn!(%error, "the owed logout could not be kept in the keychain");
        }
    }

    /// Ends the FranceConnect session in the browser; returns whether the browser came back from it.
    ///
    /// Escape abandons a sign-in, never the logout of the browser in hand.
    async fn log_out(
        &self,
        provider: &Provider,
        hint: &IdTokenHint,
        loopback: &Loopback,
        browser: Option<BrowserTurn>,
    ) -> Result<bool, CheckInError> {
        let desk = self.desk;
        let turn = loopback.expect_end(&SystemRandom::new())?;
        let address = provider.end_session_url(hint, &loopback.end_uri(), turn.state());
        let cancel = if browser.is_some() { CancellationToken::new() } else { self.cancel.clone() };
        if let Some(browser) = browser {
            browser.send_on(&address).await;
        } else {
            self.open_browser(&address, Purpose::SignOut).await;
            (self.steps)(Step::Waiting { deadline: desk.patience.sign_out });
        }
        let confirmed =
            loopback.wait_end(turn, Instant::now() + desk.patience.sign_out, &cancel).await == Ended::Confirmed;
        if confirmed {
            // The session is closed whatever becomes of these two: at worst it is closed once more.
            desk.keychain(debt::forget).await.ok();
            desk.browser(|browser| browser.forget_session()).await.ok();
        }
        desk.register.journal(&desk.act(if confirmed { ActKind::SessionClosed } else { ActKind::SessionNotClosed }))?;
        self.destroy_profiles().await;
        let remains = !confirmed && self.may_hold_a_session().await;
        if !confirmed && !remains {
            // The only cookie of that session is gone: there is nothing left to log out.
            desk.keychain(debt::forget).await.ok();
        }
        (self.steps)(Step::SignedOut { confirmed, remains });
        Ok(confirmed)
    }

    /// An answer that was not accepted: the browser is sent to the logout where a token allows it.
    async fn send_away(
        &self,
        refused: ExchangeError,
        browser: BrowserTurn,
        loopback: &Loopback,
    ) -> Result<Concluded, CheckInError> {
        match &refused.owed_logout {
            Some(hint) => {
                self.owe(hint).await;
                self.log_out(self.provider, hint, loopback, Some(browser)).await?;
            }
            None => browser.finish(Page::Failed).await,
        }
        Err(refused.into())
    }

    pub(crate) fn without_identity(&self, outcome: Outcome) -> Result<Concluded, CheckInError> {
        let desk = self.desk;
        let end = [("outcome", outcome.code()), ("way", self.way.code())];
        desk.register.journal(&desk.act(ActKind::CheckInConcluded).about(None, &end))?;
        (self.steps)(Step::Verdict(Box::new(Verdict::without_identity(outcome, desk.clock.now()))));
        Ok(Concluded { outcome, signed_out: None })
    }

    /// From a verified identity to the verdict, in the journal and told.
    pub(crate) fn compare(
        &self,
        opened: Option<RecordId>,
        identity: PivotIdentity,
        acr: AcrValue,
    ) -> Result<Outcome, CheckInError> {
        let desk = self.desk;
        let mut patients = desk.register.candidates(&identity)?;
        if let Some(opened) = opened
            && !patients.iter().any(|patient| patient.id == opened)
        {
            patients.extend(desk.register.patient(opened)?);
        }
        let judgement = judge(
            &identity,
            patients.iter().map(|patient| Candidate {
                record: patient.id,
                traits: &patient.traits,
                opened: opened == Some(patient.id),
                told_apart: patient.told_apart,
            }),
        );
        let verdict = Verdict::judged(judgement, patients, identity, acr, desk.clock.now());
        desk.register.journal(&desk.act(ActKind::CheckInConcluded).about(
            verdict.best().map(|best| best.patient.id),
            &[("outcome", verdict.outcome.code()), ("acr", acr.as_str()), ("way", self.way.code())],
        ))?;
        let outcome = verdict.outcome;
        (self.steps)(Step::Verdict(Box::new(verdict)));
        Ok(outcome)
    }
}

/// The issuer that a logout is owed to.
enum Creditor {
    Found(Box<Provider>),
    /// It no longer exists: a demonstration that ended, an address that answers 404. Or the session does not.
    Gone,
    /// It exists, and cannot be reached now.
    Unreachable,
}
