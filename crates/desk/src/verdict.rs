//! What the receptionist is shown.

use comptoir_franceconnect::AcrValue;
use comptoir_identity::{Concordance, Judgement, Link, Outcome as Judged, PivotIdentity, Trait};
use comptoir_register::{Patient, RecordId};
use jiff::Timestamp;

/// How a check-in ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// One record, every trait equal.
    Concordant,
    /// One record, differences of representation only.
    Explained,
    /// A record that could be the one, with a strict trait that differs.
    Discordant,
    /// Two records or more that could be the one.
    Several,
    /// No record that could be the one.
    Unknown,
    /// FranceConnect's answer lacks a strict trait.
    UnusableIdentity,
    /// The person refused, or FranceConnect refused the person.
    Refused,
    /// Nobody came back in time, or the receptionist gave up.
    Abandoned,
}

impl Outcome {
    /// The name it has on the command line, in the journal and for the screens.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Concordant => "concordant",
            Self::Explained => "explained",
            Self::Discordant => "discordant",
            Self::Several => "several",
            Self::Unknown => "unknown",
            Self::UnusableIdentity => "unusable-identity",
            Self::Refused => "refused",
            Self::Abandoned => "abandoned",
        }
    }
}

impl From<Judged> for Outcome {
    fn from(judged: Judged) -> Self {
        match judged {
            Judged::Concordant => Self::Concordant,
            Judged::Explained => Self::Explained,
            Judged::Discordant => Self::Discordant,
            Judged::Several => Self::Several,
            Judged::Unknown => Self::Unknown,
            Judged::UnusableIdentity => Self::UnusableIdentity,
        }
    }
}

/// A record of the register beside FranceConnect's identity.
#[derive(Debug, Clone)]
pub struct VerdictCandidate {
    /// The record.
    pub patient: Patient,
    /// The findings, trait by trait.
    pub concordance: Concordance,
    /// Whether the receptionist had opened it before the check-in.
    pub opened: bool,
    /// Whether enough agrees for it to be the person.
    pub plausible: bool,
}

/// The end of a check-in, on its evidence.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// How sure it is which record.
    pub link: Link,
    /// When.
    pub at: Timestamp,
    /// The level that FranceConnect returned.
    pub acr: Option<AcrValue>,
    /// The identity it vouches for.
    pub identity: Option<PivotIdentity>,
    /// The records compared, best first.
    pub candidates: Vec<VerdictCandidate>,
    /// Whether a record looks like the person's twin.
    pub twin: bool,
    /// The strict traits that FranceConnect's answer lacks.
    pub missing: Vec<Trait>,
}

impl Verdict {
    /// A check-in that ended without an identity.
    pub(crate) fn without_identity(outcome: Outcome, at: Timestamp) -> Self {
        Self {
            outcome,
            link: Link::None,
            at,
            acr: None,
            identity: None,
            candidates: Vec::new(),
            twin: false,
            missing: Vec::new(),
        }
    }

    /// A judgement with the records it is about.
    pub(crate) fn judged(
        judgement: Judgement<RecordId>,
        mut patients: Vec<Patient>,
        identity: PivotIdentity,
        acr: AcrValue,
        at: Timestamp,
    ) -> Self {
        let candidates = judgement
            .candidates
            .into_iter()
            .filter_map(|judged| {
                let position = patients.iter().position(|patient| patient.id == judged.record)?;
                let plausible = judged.is_plausible();
                Some(VerdictCandidate {
                    patient: patients.swap_remove(position),
                    concordance: judged.concordance,
                    opened: judged.opened,
                    plausible,
                })
            })
            .collect();
        Self {
            outcome: judgement.outcome.into(),
            link: judgement.link,
            at,
            acr: Some(acr),
            identity: Some(identity),
            candidates,
            twin: judgement.twin,
            missing: judgement.missing,
        }
    }

    /// The record on top, where there is one.
    #[must_use]
    pub fn best(&self) -> Option<&VerdictCandidate> {
        self.candidates.first()
    }

    /// Whether this record may be confirmed as the person's: it fits, and the outcome offers it.
    #[must_use]
    pub fn may_confirm(&self, record: RecordId) -> bool {
        let offered = matches!(self.outcome, Outcome::Concordant | Outcome::Explained | Outcome::Several);
        offered
            && self
                .candidates
                .iter()
                .any(|one| one.patient.id == record && one.plausible && !one.concordance.conflicts())
    }
}
