//! What the receptionist does with a verdict, recorded with its evidence.

use crate::desk::Desk;
use crate::verdict::{Outcome, Verdict};
use comptoir_identity::{Standing, Stated};
use comptoir_register::{ActKind, ArrivalId, ArrivalState, NewPatient, ReadError, RecordId, WriteError};
use thiserror::Error;

/// A decision on a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// This record is the person's. Nothing strict is changed in it.
    Confirm(RecordId),
    /// Nobody in the register: a record is made from FranceConnect's traits, *identité provisoire*.
    Create,
    /// The identity document decides, at the desk.
    Paper,
}

/// Why a decision is not recorded.
#[derive(Debug, Error)]
pub enum DecideError {
    /// The verdict does not offer this decision.
    #[error("the verdict does not offer this decision")]
    NotOffered,
    /// The register could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The register could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The decisions that a verdict offers, the first the primary one.
impl Verdict {
    /// Whether a record may be created from this verdict: an identity that nobody in the register
    /// could be, and that no twin shadows.
    #[must_use]
    pub fn may_create(&self) -> bool {
        self.outcome == Outcome::Unknown && self.identity.is_some()
    }
}

/// Records a decision: the arrival, the record it is about, the journal line. Performs I/O.
///
/// # Errors
/// [`DecideError::NotOffered`] when the verdict does not allow it: a discordant record can never be
/// confirmed from here.
pub fn decide(
    desk: &Desk,
    verdict: &Verdict,
    decision: Decision,
    arrival: Option<ArrivalId>,
) -> Result<Option<RecordId>, DecideError> {
    let evidence = [
        ("outcome", verdict.outcome.code()),
        ("acr", verdict.acr.map_or("", comptoir_franceconnect::AcrValue::as_str)),
    ];
    match decision {
        Decision::Confirm(record) if verdict.may_confirm(record) => {
            let act = desk.act(ActKind::IdentityConfirmed).about(None, &evidence);
            desk.register.conclude(arrival, ArrivalState::Confirmed, Some(record), &act)?;
            Ok(Some(record))
        }
        Decision::Create if verdict.may_create() => {
            let identity = verdict.identity.as_ref().ok_or(DecideError::NotOffered)?;
            let mut traits = identity.traits().clone();
            // The name in use is a proposal of FranceConnect, never filled without the person (EXI ID 08).
            traits.usage_name = Stated::Absent;
            let new = NewPatient { traits, standing: Standing::PROVISIONAL, external_id: None };
            let record = desk.register.insert(&new, &desk.act(ActKind::PatientCreated).about(None, &evidence))?;
            let act = desk.act(ActKind::IdentityConfirmed).about(None, &evidence);
            desk.register.conclude(arrival, ArrivalState::Created, Some(record), &act)?;
            Ok(Some(record))
        }
        Decision::Paper => {
            let record = verdict.best().filter(|best| best.opened).map(|best| best.patient.id);
            let act = desk.act(ActKind::PaperPath).about(None, &evidence);
            desk.register.conclude(arrival, ArrivalState::Paper, record, &act)?;
            Ok(record)
        }
        Decision::Confirm(_) | Decision::Create => Err(DecideError::NotOffered),
    }
}

/// Records that the identity document decides, before any sign-in. Performs I/O.
///
/// # Errors
/// When the register cannot be written.
pub fn paper_path(desk: &Desk, record: Option<RecordId>, arrival: Option<ArrivalId>) -> Result<(), WriteError> {
    let act = desk.act(ActKind::PaperPath);
    desk.register.conclude(arrival, ArrivalState::Paper, record, &act)
}
