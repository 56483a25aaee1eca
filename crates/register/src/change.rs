//! Changes of a record: what the status engine made of it, written with its history and its journal line in one
//! transaction (ins.md §12 row 107).

mod codes;
#[cfg(test)]
mod tests;

use crate::journal::{Act, ActKind, ChangedTraits, append_changed};
use crate::patient::{RecordId, attributes_code, patient};
use crate::{ReadError, Register, WriteError, history, ins, proofs};
use comptoir_identity::{
    BirthDate, BirthName, Cause, Effects, GivenName, GivenNames, Identity, InsEffect, PlaceCode, Proof, ProofEffect,
    Sex, Standing, Stated, Traits, Transition, UsageName, search_key,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

pub use codes::{cause_code, status_code};

/// A record's identity as it stood when it was read: what the status engine turns, and what a change is written over.
#[derive(Debug, Clone)]
pub struct RecordIdentity {
    record: RecordId,
    revision: i64,
    identity: Identity,
}

impl RecordIdentity {
    /// Which record.
    #[must_use]
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The identity, with the proof that it rests on.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl<'a> Act<'a> {
    /// The line of a change: by its author, of the kind that its cause makes it.
    #[must_use]
    pub fn turning(at: Timestamp, transition: &'a Transition) -> Self {
        let change = transition.change();
        Self::new(at, change.author.as_str(), kind_of(change.cause))
    }
}

impl Register {
    /// A record's identity, for the status engine to turn; `None` for a record that does not exist or was absorbed by
    /// another one. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn identity(&self, record: RecordId) -> Result<Option<RecordIdentity>, ReadError> {
        self.read(|connection| identity(&*connection.unchecked_transaction()?, record))
    }

    /// Writes what an act of the status engine made of a record: traits, INS, standing, proof, the history of the
    /// status (DMN INS 26) and the journal line with the strict traits before and after, in one transaction. Gives the
    /// identity as it now stands. Performs I/O.
    ///
    /// # Errors
    /// [`WriteError::ChangedMeanwhile`] when the record is no longer what was read; [`WriteError::Refused`] when the
    /// transition is of another identity or another author, or its INS is in force elsewhere. Nothing is written then.
    pub fn change(
        &self,
        read: &RecordIdentity,
        transition: &Transition,
        act: &Act<'_>,
    ) -> Result<RecordIdentity, WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        if revision(&transaction, read.record)? != Some(read.revision) {
            return Err(WriteError::ChangedMeanwhile);
        }
        apply(&transaction, read, transition, act)?;
        let revision = revision(&transaction, read.record)?.ok_or(WriteError::Refused)?;
        transaction.commit()?;
        Ok(RecordIdentity { record: read.record, revision, identity: transition.identity().clone() })
    }
}

/// A record's identity, inside a transaction.
pub(crate) fn identity(connection: &Connection, record: RecordId) -> Result<Option<RecordIdentity>, ReadError> {
    let (Some(revision), Some(kept)) = (revision(connection, record)?, patient(connection, record)?) else {
        return Ok(None);
    };
    let proof = kept.standing.device_checked().then(|| proofs::current(connection, record)).transpose()?;
    let identity =
        Identity::restored(kept.traits, proof, kept.standing.attributes()).map_err(|_| ReadError::Damaged)?;
    Ok(Some(RecordIdentity { record, revision, identity }))
}

/// Counts a change of what stands beside the record itself: its INS, its complementary traits.
pub(crate) fn touch(transaction: &Transaction<'_>, record: RecordId) -> Result<(), rusqlite::Error> {
    transaction.prepare_cached("UPDATE patients SET revision = revision WHERE id = ?1")?.execute([record.number()])?;
    Ok(())
}

/// Writes a transition over the identity it was made of, inside a transaction that has read that identity.
pub(crate) fn apply(
    transaction: &Transaction<'_>,
    read: &RecordIdentity,
    transition: &Transition,
    act: &Act<'_>,
) -> Result<(), WriteError> {
    let RecordIdentity { record, identity: before, .. } = read;
    let (after, change) = (transition.identity(), transition.change());
    if change.previous != Some(before.standing()) || change.author.as_str() != act.author().trim() {
        return Err(WriteError::Refused);
    }
    // Where a register holds an axis that nothing bears out, the history says what was shown until now.
    let stored = patient(transaction, *record)?.ok_or(WriteError::Refused)?.standing;
    write(transaction, *record, after)?;
    if let Some(proof) = shown(change.cause, transition) {
        proofs::insert_admitted(transaction, *record, proof, act)?;
    }
    if let Cause::EvidenceShown(device) = change.cause {
        proofs::insert_noted(transaction, *record, device, act)?;
    }
    let cause = cause_code(change.cause);
    let statuses = (stored.status(), after.status());
    if statuses.0 != statuses.1 {
        history::insert(transaction, *record, statuses, cause, act)?;
    }
    let devices = devices(change.cause, transition);
    let complementary = complementary(before.traits(), after.traits());
    let mut evidence = vec![
        ("cause", cause),
        ("rule", change.cause.rule()),
        ("status-before", status_code(statuses.0)),
        ("status-after", status_code(statuses.1)),
    ];
    evidence.extend(attributes(stored, after.standing()));
    evidence.extend(effects(transition.effects()));
    evidence.extend((!devices.is_empty()).then_some(("devices", devices.as_str())));
    evidence.extend((!complementary.is_empty()).then_some(("complementary", complementary.as_str())));
    let line = act.clone().about(Some(*record), &evidence);
    append_changed(transaction, &line, Some(*record), ChangedTraits::between(before.traits(), after.traits()))?;
    Ok(())
}

/// The record's revision; `None` when it does not exist or was absorbed.
fn revision(connection: &Connection, record: RecordId) -> Result<Option<i64>, rusqlite::Error> {
    connection
        .prepare_cached("SELECT revision FROM patients WHERE id = ?1 AND merged_into IS NULL")?
        .query_row([record.number()], |row| row.get(0))
        .optional()
}

fn write(transaction: &Transaction<'_>, record: RecordId, after: &Identity) -> Result<(), rusqlite::Error> {
    fn text<T>(stated: &Stated<T>, raw: fn(&T) -> &str) -> Option<&str> {
        match stated {
            Stated::Absent => None,
            Stated::Unreadable(text) => Some(text),
            Stated::Known(value) => Some(raw(value)),
        }
    }
    let (traits, standing) = (after.traits(), after.standing());
    // No INS stands in force while the attributes change (EXI SI 09).
    transaction.prepare_cached("DELETE FROM ins WHERE patient = ?1")?.execute([record.number()])?;
    transaction
        .prepare_cached(
            "UPDATE patients SET birth_name = ?2, first_given_name = ?3, given_names = ?4, birth_date = ?5, sex = ?6,
                 birth_place = ?7, usage_name = ?8, usage_given_name = ?9, ins_retrieved = ?10, device_checked = ?11,
                 attributes = ?12, name_key = ?13
             WHERE id = ?1",
        )?
        .execute(params![
            record.number(),
            text(&traits.birth_name, BirthName::raw),
            text(&traits.first_given_name, GivenName::raw),
            text(&traits.given_names, GivenNames::raw),
            traits.birth_date.map(BirthDate::iso),
            traits.sex.map(Sex::letter),
            traits.birth_place.as_ref().map(PlaceCode::as_str),
            text(&traits.usage_name, UsageName::raw),
            text(&traits.usage_given_name, GivenName::raw),
            standing.ins_retrieved(),
            standing.device_checked(),
            attributes_code(standing.attributes()),
            search_key(text(&traits.birth_name, BirthName::raw).unwrap_or_default()),
        ])?;
    ins::insert(transaction, record, &traits.ins)
}

/// The proof that an act brought: shown again, the same one is recorded again (EXI SI 10).
fn shown(cause: Cause, transition: &Transition) -> Option<&Proof> {
    let brought = matches!(cause, Cause::DeviceChecked(_) | Cause::VitaleAppRead);
    transition.identity().proof().filter(|_| brought || transition.effects().proof == ProofEffect::Recorded)
}

fn devices(cause: Cause, transition: &Transition) -> String {
    match cause {
        Cause::EvidenceShown(device) => proofs::device_code(device).to_owned(),
        Cause::Created
        | Cause::Imported
        | Cause::InsiAccepted
        | Cause::VitaleAppRead
        | Cause::DeviceChecked(_)
        | Cause::DatamatrixScanned
        | Cause::StrictTraitChanged
        | Cause::FirstGivenNameChanged
        | Cause::ComplementaryTraitChanged
        | Cause::Lowered
        | Cause::AttributeSet(_)
        | Cause::AttributeRemoved(_) => {
            let pieces = shown(cause, transition).map(Proof::pieces).unwrap_or_default();
            pieces.iter().map(|piece| proofs::device_code(piece.device)).collect::<Vec<_>>().join(" ")
        }
    }
}

/// The names in use that changed: which, never what.
fn complementary(before: &Traits, after: &Traits) -> String {
    let name = (before.usage_name != after.usage_name).then_some("usage_name");
    let given = (before.usage_given_name != after.usage_given_name).then_some("usage_given_name");
    name.into_iter().chain(given).collect::<Vec<_>>().join(" ")
}

fn attributes(before: Standing, after: Standing) -> Vec<(&'static str, &'static str)> {
    let (before, after) = (before.attributes(), after.attributes());
    if before == after {
        return Vec::new();
    }
    vec![("attributes-before", attributes_code(before)), ("attributes-after", attributes_code(after))]
}

fn effects(effects: Effects) -> Vec<(&'static str, &'static str)> {
    let ins = match effects.ins {
        InsEffect::Unchanged => None,
        InsEffect::PutInForce => Some("put-in-force"),
        InsEffect::Invalidated => Some("hidden"),
        InsEffect::PutAside => Some("put-aside"),
    };
    let proof = match effects.proof {
        ProofEffect::Unchanged => None,
        ProofEffect::Recorded => Some("recorded"),
        ProofEffect::Void => Some("void"),
    };
    ins.map(|effect| ("ins", effect)).into_iter().chain(proof.map(|effect| ("proof", effect))).collect()
}

fn kind_of(cause: Cause) -> ActKind {
    match cause {
        Cause::Created => ActKind::PatientCreated,
        Cause::Imported => ActKind::PatientsImported,
        Cause::InsiAccepted | Cause::VitaleAppRead => ActKind::TraitsAdopted,
        Cause::DeviceChecked(_) | Cause::EvidenceShown(_) => ActKind::ProofRecorded,
        Cause::DatamatrixScanned
        | Cause::StrictTraitChanged
        | Cause::FirstGivenNameChanged
        | Cause::ComplementaryTraitChanged => ActKind::RecordChanged,
        Cause::Lowered => ActKind::StatusChanged,
        Cause::AttributeSet(_) => ActKind::AttributeSet,
        Cause::AttributeRemoved(_) => ActKind::AttributeRemoved,
    }
}
