//! An identity with what makes it trusted, and the acts that change it (ins.md §2.3).
//!
//! The status is never written: it follows from the INS in force and the proof admitted. Every act takes the
//! identity as it is and gives a whole new one with its line of history, or a refusal; nothing lies between
//! (ins.md §12 row 107).

mod acts;
mod strict;

use crate::date::BirthDate;
use crate::history::{Author, Change};
use crate::ins::Ins;
use crate::insi::InsiWarning;
use crate::moment::Moment;
use crate::policy::Policy;
use crate::proof::{Insufficient, Proof};
use crate::standing::{Attributes, ForbiddenStanding, Standing, Status};
use crate::traits::Traits;
use std::fmt;

/// The traits, the INS, the proof and the attributes of one record (EXI SI 07, EXI SI 09).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    traits: Traits,
    proof: Option<Proof>,
    standing: Standing,
}

/// Who acts, when, and under which decisions of the site (DMN INS 26).
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// Who.
    pub author: &'a Author,
    /// When.
    pub at: Moment,
    /// What the site decided.
    pub policy: &'a Policy,
}

/// What *provisoire* and *validée* have in common: one can be lowered to them (DMN INS 33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LowerTo {
    /// *Provisoire*.
    Provisional,
    /// *Validée*.
    Validated,
}

/// Why an act is refused; the identity stays as it was (ins.md §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A trait that creation needs is missing, or would be (DMN INS 11).
    TraitMissing,
    /// The identity is doubtful or fictitious (EXI SI 09).
    DoubtfulOrFictitious,
    /// The two attributes exclude each other (EXI SI 09).
    AttributesExclude,
    /// The attribute is not set.
    AttributeNotSet,
    /// Automatic validation is off (DMN INS 21).
    AutomaticValidationOff,
    /// The birth place is unknown, and the site does not validate without one (ins.md §1.7).
    PlaceUnknown,
    /// The birth date is partly unknown: no sanitary identity has such a one (EXI ID 12).
    DateNotWhole,
    /// The traits come from INSi, and this person may not change them (DMN INS 29).
    NotEntitled,
    /// The first given name does not begin the list (EXI ID 10).
    FirstGivenNameIncoherent,
    /// An INS is not typed (DMN INS 13).
    InsNotTyped,
    /// The record has another INS in force (ins.md §12 row 63).
    AnotherIns,
    /// The authority is not one of this environment (ins.md §12 row 64).
    WrongEnvironment,
    /// The status is not higher than the one asked for (DMN INS 33).
    NotLower,
    /// The pieces prove nothing (RNIV §3.3).
    Insufficient(Insufficient),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TraitMissing => "a trait that a record needs is missing (DMN INS 11)",
            Self::DoubtfulOrFictitious => "the identity is doubtful or fictitious (EXI SI 09)",
            Self::AttributesExclude => "the attributes exclude each other (EXI SI 09)",
            Self::AttributeNotSet => "the attribute is not set",
            Self::AutomaticValidationOff => "automatic validation is off (DMN INS 21)",
            Self::PlaceUnknown => "the birth place is unknown",
            Self::DateNotWhole => "the birth date is partly unknown (EXI ID 12)",
            Self::NotEntitled => "the traits are locked (DMN INS 29)",
            Self::FirstGivenNameIncoherent => "the first given name does not begin the list (EXI ID 10)",
            Self::InsNotTyped => "an INS is not typed (DMN INS 13)",
            Self::AnotherIns => "the record has another INS",
            Self::WrongEnvironment => "the authority of the INS is not one of this environment",
            Self::NotLower => "the status is not higher than the one asked for (DMN INS 33)",
            Self::Insufficient(why) => return why.fmt(f),
        })
    }
}

impl std::error::Error for Refused {}

impl From<Insufficient> for Refused {
    fn from(why: Insufficient) -> Self {
        Self::Insufficient(why)
    }
}

/// Why what was kept is no identity: a register that mirrors these rules never holds one (ins.md §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForbiddenIdentity {
    /// Doubtful or fictitious, with an INS in force or a proof (EXI SI 09).
    Standing(ForbiddenStanding),
    /// An INS in force with a birth date that is partly unknown (EXI ID 12; PAM FR, PID-7).
    DateNotWhole,
}

impl fmt::Display for ForbiddenIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standing(why) => why.fmt(f),
            Self::DateNotWhole => Refused::DateNotWhole.fmt(f),
        }
    }
}

impl std::error::Error for ForbiddenIdentity {}

impl From<ForbiddenIdentity> for Refused {
    fn from(why: ForbiddenIdentity) -> Self {
        match why {
            ForbiddenIdentity::Standing(ForbiddenStanding) => Self::DoubtfulOrFictitious,
            ForbiddenIdentity::DateNotWhole => Self::DateNotWhole,
        }
    }
}

/// What an act does to the INS (DMN INS 32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsEffect {
    /// Nothing.
    Unchanged,
    /// One is in force from now on.
    PutInForce,
    /// It is hidden from screen and flows, and kept.
    Invalidated,
    /// One that nobody has verified is kept out of sight.
    PutAside,
}

/// What an act does to the proof (DMN INS 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProofEffect {
    /// Nothing.
    Unchanged,
    /// One is recorded.
    Recorded,
    /// It proves nothing any more.
    Void,
}

/// What follows from an act besides the status (ins.md §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Effects {
    /// To the INS.
    pub ins: InsEffect,
    /// To the proof.
    pub proof: ProofEffect,
    /// Whether INSi is closed from now on (DMN INS 28).
    pub insi_blocked: bool,
    /// Whether partners that receive identities are to be told (A31, A47; ins.md §7.1).
    pub announced: bool,
}

/// The whole result of an act: what the identity becomes, the line of history, what follows (ins.md §2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Transition {
    identity: Identity,
    change: Change,
    effects: Effects,
    warnings: Vec<InsiWarning>,
}

impl Transition {
    /// The identity after the act (ins.md §2.3).
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The line of history (DMN INS 26).
    #[must_use]
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// What follows besides the status (ins.md §2.3).
    #[must_use]
    pub fn effects(&self) -> Effects {
        self.effects
    }

    /// What to tell the user about an answer that was accepted (ins.md §2.3).
    #[must_use]
    pub fn warnings(&self) -> &[InsiWarning] {
        &self.warnings
    }

    /// The identity and its line of history, which are written in one transaction (ins.md §12 row 107).
    #[must_use]
    pub fn into_parts(self) -> (Identity, Change) {
        (self.identity, self.change)
    }
}

impl Identity {
    /// Reads back what a register kept (ins.md §2.3).
    ///
    /// # Errors
    /// See [`ForbiddenIdentity`].
    pub fn restored(traits: Traits, proof: Option<Proof>, attributes: Attributes) -> Result<Self, ForbiddenIdentity> {
        let retrieved = traits.ins.active().is_some();
        if retrieved && !traits.birth_date.is_some_and(BirthDate::is_complete) {
            return Err(ForbiddenIdentity::DateNotWhole);
        }
        let standing = Standing::new(retrieved, proof.is_some(), attributes).map_err(ForbiddenIdentity::Standing)?;
        Ok(Self { traits, proof, standing })
    }

    /// The traits and the INS (DMN INS 1).
    #[must_use]
    pub fn traits(&self) -> &Traits {
        &self.traits
    }

    /// The proof that was admitted (EXI SI 10).
    #[must_use]
    pub fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref()
    }

    /// The two axes and the attributes (ins.md §2.1).
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// The status (EXI SI 07).
    #[must_use]
    pub fn status(&self) -> Status {
        self.standing.status()
    }

    /// The INS that may leave, on paper or in a flow: that of a qualified identity (EXI SI 08, DMN INS 34).
    #[must_use]
    pub fn transmissible(&self) -> Option<Ins> {
        match self.status() {
            Status::Qualified => self.traits.ins.active().map(|active| *active.ins()),
            Status::Provisional | Status::Retrieved | Status::Validated => None,
        }
    }

    /// Whether an INS from elsewhere waits to be verified, or one that was invalidated to be earned again
    /// (DMN INS 35).
    #[must_use]
    pub fn to_verify(&self) -> bool {
        self.traits.ins.hidden().is_some()
    }
}

#[cfg(test)]
mod tests;
