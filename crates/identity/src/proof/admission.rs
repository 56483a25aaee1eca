//! The combinations of pieces that the RNIV admits, and nothing else as a proof.

use crate::compare::Concordance;
use crate::date::BirthDate;
use crate::moment::Day;
use crate::policy::Policy;
use crate::proof::{Assurance, Degree, Device};
use std::fmt;

/// Whose device it is (RNIV §3.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The patient's.
    Patient,
    /// A parent's.
    Parent,
    /// A guardian's, or of whoever a court entrusted the minor to.
    Guardian,
}

/// One piece that was shown: what it is, whose it is, when it ends (EXI SI 10, ZFD-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub device: Device,
    /// Whose it is.
    pub holder: Holder,
    /// Its last day, when it is written on it.
    pub expires: Option<Day>,
}

/// The situation in which pieces are shown (RNIV §3.3.2, §3.3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Case {
    /// The patient has a high-confidence device.
    Ordinary,
    /// A minor without one comes with a parent.
    MinorWithParent,
    /// A minor without one comes with a guardian.
    MinorWithGuardian,
    /// A foreign minor has a *document de circulation*.
    ForeignMinor,
    /// A minor is in the care of the *aide sociale à l'enfance*.
    MinorInCare,
    /// An EHPAD admits somebody directly.
    CareHomeAdmission,
    /// An adult is durably unable to obtain a title; the reason is written down.
    UnableToObtain(Justification),
}

/// The written reason of an exception (ins.md §12 row 87).
#[derive(Clone, PartialEq, Eq)]
pub struct Justification(String);

impl Justification {
    /// Takes a reason; `None` when nothing is written (ins.md §12 row 87).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The reason as it was written (ins.md §12 row 87).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Justification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Justification([personal])")
    }
}

/// Whose identity is to be proved, and on which day (RNIV §3.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applicant {
    /// The birth date of the record, if it has one.
    pub birth_date: Option<BirthDate>,
    /// The day of the check.
    pub today: Day,
}

/// Why pieces prove nothing; they are recorded all the same (ins.md §12 row 85).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insufficient {
    /// No high-confidence device among them (RNIV §3.3.2).
    NoHighConfidence,
    /// The civil-status piece, the second document, is missing (RNIV §3.3.3).
    SecondPieceMissing,
    /// The device of the parent or the guardian is missing (RNIV §3.3.3).
    CompanionDeviceMissing,
    /// The court's decision is missing (RNIV §3.3.3).
    CourtDecisionMissing,
    /// The case is for minors, and the record is not of one (RNIV §3.3.3).
    NotAMinor,
    /// The case is for adults, and the record is of a minor or has no date (RNIV §3.3.3).
    NotAnAdult,
    /// The site does not use this case (EXI ID 19).
    CaseNotUsed,
    /// A title that counts is expired, and the site does not accept such a one.
    Expired,
    /// The level returned is low (ins.md §12 rows 74 and 76).
    LowAssurance,
    /// The site does not accept `FranceConnect+` as a device (EXI ID 19).
    FranceConnectNotAccepted,
    /// The sign-in was done elsewhere and the person was not seen (ins.md §3.3).
    NotSeen,
    /// A strict trait of the device contradicts the record (ins.md §12 rows 103 and 105).
    Contradiction,
}

impl fmt::Display for Insufficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHighConfidence => "no high-confidence device (RNIV §3.3.2)",
            Self::SecondPieceMissing => "the second piece is missing (RNIV §3.3.3)",
            Self::CompanionDeviceMissing => "the device of the parent or guardian is missing (RNIV §3.3.3)",
            Self::CourtDecisionMissing => "the court's decision is missing (RNIV §3.3.3)",
            Self::NotAMinor => "this case is for minors (RNIV §3.3.3)",
            Self::NotAnAdult => "this case is for adults (RNIV §3.3.3)",
            Self::CaseNotUsed => "this case is not used here (EXI ID 19)",
            Self::Expired => "the title is expired",
            Self::LowAssurance => "the level returned is low",
            Self::FranceConnectNotAccepted => "FranceConnect+ is not accepted as a device here (EXI ID 19)",
            Self::NotSeen => "the person was not seen",
            Self::Contradiction => "a strict trait contradicts the record",
        })
    }
}

impl std::error::Error for Insufficient {}

/// An admissible proof: only an admissible combination becomes one (RNIV §3.3.2, §3.3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    case: Case,
    pieces: Vec<Piece>,
}

impl Proof {
    /// Admits pieces shown at the desk, in the situation that the receptionist states (RNIV §3.3).
    ///
    /// # Errors
    /// [`Insufficient`], with the first thing that is missing.
    pub fn admit(case: Case, pieces: &[Piece], of: Applicant, policy: &Policy) -> Result<Self, Insufficient> {
        let shown = Shown { pieces, today: of.today, policy };
        let age = of.birth_date.and_then(|date| date.age(of.today.date()));
        if !policy.special_cases.value().uses(&case) {
            return Err(Insufficient::CaseNotUsed);
        }
        let minors_only = || if age.is_some_and(|age| age < 18) { Ok(()) } else { Err(Insufficient::NotAMinor) };
        match &case {
            Case::Ordinary => shown.high(Holder::Patient, Insufficient::NoHighConfidence)?,
            Case::MinorWithParent => {
                minors_only()?;
                shown.any(&[Device::BirthCertificate, Device::FamilyRecordBook], Insufficient::SecondPieceMissing)?;
                shown.high(Holder::Parent, Insufficient::CompanionDeviceMissing)?;
            }
            Case::MinorWithGuardian => {
                minors_only()?;
                shown.any(&[Device::BirthCertificate, Device::FamilyRecordBook], Insufficient::SecondPieceMissing)?;
                shown.high(Holder::Guardian, Insufficient::CompanionDeviceMissing)?;
                shown.any(&[Device::CourtDecision], Insufficient::CourtDecisionMissing)?;
            }
            Case::ForeignMinor => {
                minors_only()?;
                shown.any(&[Device::MinorTravelDocument], Insufficient::NoHighConfidence)?;
            }
            Case::MinorInCare => {
                minors_only()?;
                shown.any(&[Device::BirthCertificate], Insufficient::SecondPieceMissing)?;
                shown.any(&[Device::VitaleCardWithPhoto], Insufficient::SecondPieceMissing)?;
            }
            Case::CareHomeAdmission => {
                shown.any(&[Device::BirthCertificate, Device::FamilyRecordBook], Insufficient::SecondPieceMissing)?;
                shown.any(&[Device::VitaleCardWithPhoto], Insufficient::SecondPieceMissing)?;
            }
            Case::UnableToObtain(_) => {
                if age.is_none_or(|age| age < 18) {
                    return Err(Insufficient::NotAnAdult);
                }
                shown.any(&[Device::BirthCertificate], Insufficient::SecondPieceMissing)?;
                shown.any(&[Device::VitaleCardWithPhoto], Insufficient::SecondPieceMissing)?;
            }
        }
        Ok(Self { case, pieces: pieces.to_vec() })
    }

    /// Admits a sign-in by the level that was returned, once its traits do not contradict the record and,
    /// unless the site decided otherwise, the receptionist has seen the person (ins.md §3.3).
    ///
    /// # Errors
    /// [`Insufficient`].
    pub fn from_franceconnect(
        returned: Assurance,
        seen: bool,
        concordance: &Concordance,
        policy: &Policy,
    ) -> Result<Self, Insufficient> {
        let device = Device::FranceConnect(returned);
        match returned {
            Assurance::Low => return Err(Insufficient::LowAssurance),
            Assurance::Substantial | Assurance::High => {}
        }
        if !*policy.franceconnect_plus.value() || policy.degree(device) != Degree::High {
            return Err(Insufficient::FranceConnectNotAccepted);
        }
        if !seen && !*policy.franceconnect_plus_remote.value() {
            return Err(Insufficient::NotSeen);
        }
        if concordance.conflicts() {
            return Err(Insufficient::Contradiction);
        }
        Ok(Self { case: Case::Ordinary, pieces: vec![Piece { device, holder: Holder::Patient, expires: None }] })
    }

    /// Reads back a proof that was admitted when it was recorded (RNIV §3.3).
    #[must_use]
    pub fn restored(case: Case, pieces: Vec<Piece>) -> Self {
        Self { case, pieces }
    }

    /// The *Appli carte Vitale* of the patient, or of the parent who shows the child's (RNIV §4.3.4).
    pub(crate) fn from_vitale_app(holder: Holder) -> Self {
        Self { case: Case::Ordinary, pieces: vec![Piece { device: Device::VitaleApp, holder, expires: None }] }
    }

    /// The situation (RNIV §3.3.3).
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// What was shown, kept with the record (EXI SI 10).
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The code of ZFD-7; a birth certificate with the Vitale card has one of its own (ins.md §3.4).
    #[must_use]
    pub fn pam_code(&self) -> Option<&'static str> {
        if self.shows(Device::VitaleCardWithPhoto) && self.shows(Device::BirthCertificate) {
            return Some("AC");
        }
        self.coded(Device::pam_code)
    }

    /// The code of FR Core's validation mode; pairs with the Vitale card have their own (ins.md §3.4).
    #[must_use]
    pub fn fr_core_code(&self) -> Option<&'static str> {
        if self.shows(Device::VitaleCardWithPhoto) {
            if self.shows(Device::BirthCertificate) {
                return Some("ANCV");
            }
            if self.shows(Device::FamilyRecordBook) {
                return Some("LECV");
            }
        }
        self.coded(Device::fr_core_code)
    }

    fn shows(&self, device: Device) -> bool {
        self.pieces.iter().any(|piece| piece.device == device)
    }

    /// The code of the patient's own piece that is worth most: a parent's card says nothing of the child, but a
    /// child has no telephone for the *Appli carte Vitale*.
    fn coded(&self, code: fn(Device) -> Option<&'static str>) -> Option<&'static str> {
        let best = |own: bool| {
            let pieces = self.pieces.iter().filter(|piece| !own || piece.holder == Holder::Patient);
            let coded = pieces.filter_map(|piece| Some((piece.device.highest_degree(), code(piece.device)?)));
            coded.max_by_key(|(degree, _)| *degree).map(|(_, code)| code)
        };
        best(true).or_else(|| best(false))
    }
}

struct Shown<'a> {
    pieces: &'a [Piece],
    today: Day,
    policy: &'a Policy,
}

impl Shown<'_> {
    fn high(&self, holder: Holder, missing: Insufficient) -> Result<(), Insufficient> {
        self.find(missing, |piece| {
            // A sign-in is admitted by its own rule, with what it returned.
            piece.holder == holder
                && !matches!(piece.device, Device::FranceConnect(_))
                && self.policy.degree(piece.device) == Degree::High
        })
    }

    fn any(&self, devices: &[Device], missing: Insufficient) -> Result<(), Insufficient> {
        self.find(missing, |piece| {
            piece.holder == Holder::Patient
                && devices.contains(&piece.device)
                && self.policy.degree(piece.device) != Degree::Recorded
        })
    }

    fn find(&self, missing: Insufficient, counts: impl Fn(&Piece) -> bool) -> Result<(), Insufficient> {
        let mut why = missing;
        for piece in self.pieces.iter().filter(|piece| counts(piece)) {
            let expired = piece.expires.is_some_and(|last| last < self.today);
            if !expired || *self.policy.expired_titles.value() {
                return Ok(());
            }
            why = Insufficient::Expired;
        }
        Err(why)
    }
}
