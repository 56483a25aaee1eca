//! The acts: one method for each line of the transition table (ins.md §2.3).

use super::strict::{changed, place_known};
use super::{Act, Effects, Identity, InsEffect, LowerTo, ProofEffect, Refused, Transition};
use crate::compare::{Trait, compare_records};
use crate::creation::{NEEDED_FOR_CREATION, creatable, is_known};
use crate::given_names::coherent_first_given_name;
use crate::history::{Cause, Change};
use crate::ins::{DatedIns, Environment, InsRecord};
use crate::insi::{InsIdentity, InsiWarning};
use crate::lock::{Entitlement, locks};
use crate::proof::{Confirmation, Degree, Device, Holder, Insufficient, Proof};
use crate::standing::{Attribute, Attributes, Standing, Status};
use crate::traits::Traits;

impl Identity {
    /// Creates a record by any means but INSi: *provisoire* (DMN INS 22).
    ///
    /// # Errors
    /// [`Refused::TraitMissing`], or [`Refused::InsNotTyped`] when the traits bring an INS in force.
    pub fn created(traits: Traits, act: Act<'_>) -> Result<Transition, Refused> {
        if !creatable(&traits) {
            return Err(Refused::TraitMissing);
        }
        if traits.ins.held().is_some() {
            return Err(Refused::InsNotTyped);
        }
        begin(traits, Cause::Created, act)
    }

    /// Creates a record from another domain, whose trust is not transitive: *provisoire*, its INS kept out of
    /// sight until INSi confirms it (DMN INS 35).
    ///
    /// # Errors
    /// [`Refused::TraitMissing`] or [`Refused::WrongEnvironment`].
    pub fn imported(mut traits: Traits, environment: Environment, act: Act<'_>) -> Result<Transition, Refused> {
        if !creatable(&traits) {
            return Err(Refused::TraitMissing);
        }
        if let Some(held) = traits.ins.held().copied() {
            accepted(environment, held)?;
            traits.ins = traits.ins.put_aside(held);
        }
        begin(traits, Cause::Imported, act)
    }

    /// Takes the answer of INSi that the user accepted: *récupérée*, or *qualifiée* where a device was checked
    /// (DMN INS 13, INS 23, INS 25).
    ///
    /// A check of other traits is worth nothing: when the answer changes one by more than its spelling, the
    /// proof is void and the identity *récupérée*, to be checked again.
    ///
    /// # Errors
    /// [`Refused::DoubtfulOrFictitious`] or [`Refused::PlaceUnknown`].
    pub fn accept(&self, answer: &InsIdentity, act: Act<'_>) -> Result<Transition, Refused> {
        self.not_excluded()?;
        let (traits, void, mut warnings) = self.adopting(answer);
        let proof = self.proof.clone().filter(|_| !void);
        if self.proof.is_some() && void {
            warnings.push(InsiWarning::DeviceCheckVoid);
        }
        self.turned(traits, proof, self.attributes(), Cause::InsiAccepted, act).map(|t| Transition { warnings, ..t })
    }

    /// Takes what the *Appli carte Vitale* of the patient, or of the parent for a child, carries: *qualifiée*
    /// without a call to INSi (RNIV §4.3.4, ins.md §12 row 92).
    ///
    /// # Errors
    /// [`Refused::DoubtfulOrFictitious`], [`Refused::PlaceUnknown`], or [`Insufficient::NoHighConfidence`] where
    /// the site withdrew the device.
    pub fn read_vitale_app(&self, carried: &InsIdentity, holder: Holder, act: Act<'_>) -> Result<Transition, Refused> {
        self.not_excluded()?;
        if act.policy.degree(Device::VitaleApp) != Degree::High {
            return Err(Insufficient::NoHighConfidence.into());
        }
        let (traits, _, warnings) = self.adopting(carried);
        let proof = Some(Proof::from_vitale_app(holder));
        self.turned(traits, proof, self.attributes(), Cause::VitaleAppRead, act).map(|t| Transition { warnings, ..t })
    }

    /// Records that the traits are those of a device: *validée*, or *qualifiée* with an INS (DMN INS 24, INS 25).
    ///
    /// # Errors
    /// [`Refused::AutomaticValidationOff`], [`Refused::DoubtfulOrFictitious`] or [`Refused::PlaceUnknown`].
    pub fn check(&self, proof: Proof, confirmation: Confirmation, act: Act<'_>) -> Result<Transition, Refused> {
        self.not_excluded()?;
        match confirmation {
            Confirmation::Automatic if !*act.policy.automatic_validation.value() => {
                return Err(Refused::AutomaticValidationOff);
            }
            Confirmation::Automatic | Confirmation::ByPerson => {}
        }
        let cause = Cause::DeviceChecked(confirmation);
        self.turned(self.traits.clone(), Some(proof), self.attributes(), cause, act)
    }

    /// Records that something was shown which moves no status: a low sign-in, a driving licence
    /// (DMN INS 18, ins.md §12 rows 74 and 85).
    ///
    /// # Errors
    /// None for an identity that could be built.
    pub fn note(&self, shown: Device, act: Act<'_>) -> Result<Transition, Refused> {
        self.turned(self.traits.clone(), self.proof.clone(), self.attributes(), Cause::EvidenceShown(shown), act)
    }

    /// Records a scanned datamatrix INS: the status stays, and the INS waits out of sight for INSi
    /// (EXI REC 02, ins.md §12 row 72).
    ///
    /// # Errors
    /// [`Refused::WrongEnvironment`], or [`Refused::AnotherIns`] when the record is known by another pair.
    pub fn scanned(&self, ins: DatedIns, environment: Environment, act: Act<'_>) -> Result<Transition, Refused> {
        accepted(environment, ins)?;
        let mut traits = self.traits.clone();
        if !traits.ins.knows(&ins.ins) {
            if traits.ins.active().is_some() {
                return Err(Refused::AnotherIns);
            }
            traits.ins = traits.ins.put_aside(ins);
        }
        self.turned(traits, self.proof.clone(), self.attributes(), Cause::DatamatrixScanned, act)
    }

    /// Changes traits: whatever the status for complementary ones, at the price of it for strict ones
    /// (DMN INS 29, INS 31, INS 32; EXI ID 10, EXI ID 28).
    ///
    /// # Errors
    /// [`Refused::NotEntitled`], [`Refused::FirstGivenNameIncoherent`], [`Refused::InsNotTyped`],
    /// [`Refused::TraitMissing`], or [`Refused::PlaceUnknown`].
    pub fn revise(&self, after: Traits, entitlement: Entitlement, act: Act<'_>) -> Result<Transition, Refused> {
        if changed(&self.traits, &after, Trait::Ins) {
            return Err(Refused::InsNotTyped);
        }
        if NEEDED_FOR_CREATION.iter().any(|of| is_known(&self.traits, *of) && !is_known(&after, *of)) {
            return Err(Refused::TraitMissing);
        }
        let strict = || Trait::STRICT.into_iter().filter(|of| changed(&self.traits, &after, *of));
        if strict().next().is_none() {
            let cause = Cause::ComplementaryTraitChanged;
            return self.turned(after, self.proof.clone(), self.attributes(), cause, act);
        }
        let locked = locks(self.status());
        if locked && strict().all(|of| of == Trait::FirstGivenName) {
            if !begins_the_list(&after) {
                return Err(Refused::FirstGivenNameIncoherent);
            }
            let cause = Cause::FirstGivenNameChanged;
            return self.turned(after, self.proof.clone(), self.attributes(), cause, act);
        }
        if locked && entitlement == Entitlement::Ordinary {
            return Err(Refused::NotEntitled);
        }
        let proof = match self.status() {
            Status::Qualified => self.proof.clone(),
            Status::Provisional | Status::Retrieved | Status::Validated => None,
        };
        let traits = Traits { ins: after.ins.invalidated(), ..after };
        self.turned(traits, proof, self.attributes(), Cause::StrictTraitChanged, act)
    }

    /// Lowers the status as asked, hiding the INS (DMN INS 33).
    ///
    /// # Errors
    /// [`Refused::NotLower`]: *récupérée* was never checked, so *validée* is not below it.
    pub fn lower(&self, to: LowerTo, act: Act<'_>) -> Result<Transition, Refused> {
        let proof = match (self.status(), to) {
            (Status::Qualified, LowerTo::Validated) => self.proof.clone(),
            (Status::Qualified | Status::Retrieved | Status::Validated, LowerTo::Provisional) => None,
            (Status::Provisional, _) | (Status::Retrieved | Status::Validated, LowerTo::Validated) => {
                return Err(Refused::NotLower);
            }
        };
        self.turned(self.without_ins(), proof, self.attributes(), Cause::Lowered, act)
    }

    /// Sets an attribute; *douteuse* and *fictive* bring the status down to *provisoire*, hide the INS and close
    /// INSi (DMN INS 27, INS 28).
    ///
    /// # Errors
    /// [`Refused::AttributesExclude`]: only *douteuse* and *homonyme* go together.
    pub fn mark(&self, attribute: Attribute, act: Act<'_>) -> Result<Transition, Refused> {
        let attributes = self.attributes().with(attribute).ok_or(Refused::AttributesExclude)?;
        let (traits, proof) = if attributes.provisional_only() {
            (self.without_ins(), None)
        } else {
            (self.traits.clone(), self.proof.clone())
        };
        self.turned(traits, proof, attributes, Cause::AttributeSet(attribute), act)
    }

    /// Removes an attribute; a status that *douteuse* or *fictive* took has to be earned again (EXI SI 09).
    ///
    /// # Errors
    /// [`Refused::AttributeNotSet`].
    pub fn unmark(&self, attribute: Attribute, act: Act<'_>) -> Result<Transition, Refused> {
        if !self.attributes().include(attribute) {
            return Err(Refused::AttributeNotSet);
        }
        let attributes = self.attributes().without(attribute);
        self.turned(self.traits.clone(), self.proof.clone(), attributes, Cause::AttributeRemoved(attribute), act)
    }

    fn attributes(&self) -> Attributes {
        self.standing.attributes()
    }

    fn not_excluded(&self) -> Result<(), Refused> {
        if self.attributes().provisional_only() { Err(Refused::DoubtfulOrFictitious) } else { Ok(()) }
    }

    fn without_ins(&self) -> Traits {
        Traits { ins: self.traits.ins.invalidated(), ..self.traits.clone() }
    }

    /// The traits with those of an INS, whether they contradict what they replace, and what to tell.
    fn adopting(&self, ins: &InsIdentity) -> (Traits, bool, Vec<InsiWarning>) {
        let traits = ins.adopted(&self.traits);
        let concordance = compare_records(&self.traits, &traits);
        let void = Trait::STRICT.iter().any(|of| concordance.get(*of).conflicts());
        (traits, void, ins.warnings_for(&self.traits))
    }

    /// The only way from one identity to the next.
    fn turned(
        &self,
        traits: Traits,
        proof: Option<Proof>,
        attributes: Attributes,
        cause: Cause,
        act: Act<'_>,
    ) -> Result<Transition, Refused> {
        let identity = Self::restored(traits, proof, attributes)?;
        // Only an act that checks or changes something is stopped: a record that came so is still lowered and marked.
        let earns =
            identity.proof != self.proof || Trait::STRICT.iter().any(|of| changed(&self.traits, &identity.traits, *of));
        if earns && identity.proof.is_some() && !place_known(&identity.traits) && !*act.policy.unknown_place.value() {
            return Err(Refused::PlaceUnknown);
        }
        let (before, after) = (self.standing, identity.standing);
        let effects = Effects {
            ins: ins_effect(&self.traits.ins, &identity.traits.ins),
            proof: match (&self.proof, &identity.proof) {
                (before, after) if before == after => ProofEffect::Unchanged,
                (_, Some(_)) => ProofEffect::Recorded,
                (_, None) => ProofEffect::Void,
            },
            insi_blocked: after.attributes().provisional_only(),
            announced: before != after
                || self.transmissible() != identity.transmissible()
                || Trait::STRICT.iter().any(|of| changed(&self.traits, &identity.traits, *of)),
        };
        Ok(Transition { effects, change: line(Some(before), &identity, cause, act), identity, warnings: Vec::new() })
    }
}

fn begin(traits: Traits, cause: Cause, act: Act<'_>) -> Result<Transition, Refused> {
    let identity = Identity::restored(traits, None, Attributes::None)?;
    let effects = Effects {
        ins: ins_effect(&InsRecord::EMPTY, &identity.traits.ins),
        proof: ProofEffect::Unchanged,
        insi_blocked: false,
        announced: true,
    };
    Ok(Transition { effects, change: line(None, &identity, cause, act), identity, warnings: Vec::new() })
}

fn line(previous: Option<Standing>, after: &Identity, cause: Cause, act: Act<'_>) -> Change {
    Change { previous, standing: after.standing, at: act.at, author: act.author.clone(), cause }
}

fn accepted(environment: Environment, dated: DatedIns) -> Result<(), Refused> {
    if environment.accepts(dated.ins.oid()) { Ok(()) } else { Err(Refused::WrongEnvironment) }
}

fn ins_effect(before: &InsRecord, after: &InsRecord) -> InsEffect {
    match (before.active(), after.active()) {
        (same, other) if same == other && before.hidden() == after.hidden() => InsEffect::Unchanged,
        (same, other) if same == other => InsEffect::PutAside,
        (_, Some(_)) => InsEffect::PutInForce,
        (_, None) => InsEffect::Invalidated,
    }
}

fn begins_the_list(traits: &Traits) -> bool {
    match (traits.first_given_name.known(), traits.given_names.known()) {
        (Some(first), Some(list)) => coherent_first_given_name(first, list),
        _ => false,
    }
}
