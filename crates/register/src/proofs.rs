//! What was shown to prove an identity (DMN INS 18, EXI SI 10): recorded, listed, read back for the status engine.

use crate::journal::Act;
use crate::patient::RecordId;
use crate::{ReadError, Register};
use comptoir_identity::{
    Assurance, Author, CardIssuer, Case, Day, Degree, Device, Holder, Justification, Piece, Proof,
};
use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};

/// What was shown, once.
#[derive(Debug, Clone)]
pub struct RecordedProof {
    /// When.
    pub at: Timestamp,
    /// Who saw it.
    pub author: Author,
    /// The situation.
    pub case: Case,
    /// The pieces, in the order shown.
    pub pieces: Vec<Piece>,
    /// What it counted for: [`Degree::Recorded`] moved no status.
    pub degree: Degree,
}

impl Register {
    /// What was shown for a record, oldest first, as far as it is still kept. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn proofs(&self, record: RecordId) -> Result<Vec<RecordedProof>, ReadError> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let mut statement = transaction.prepare_cached(
                "SELECT id, at, author, situation, reason, degree FROM proofs WHERE patient = ?1 ORDER BY id",
            )?;
            let mut rows = statement.query([record.number()])?;
            let mut proofs = Vec::new();
            while let Some(row) = rows.next()? {
                proofs.push(recorded(&transaction, row)?);
            }
            Ok(proofs)
        })
    }
}

/// The proof that a checked identity rests on: the last one admitted. One whose pieces retention deleted, or that
/// was admitted elsewhere, has none left, and still holds.
pub(crate) fn current(connection: &Connection, record: RecordId) -> Result<Proof, ReadError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, at, author, situation, reason, degree FROM proofs
         WHERE patient = ?1 AND degree <> 'recorded' ORDER BY id DESC LIMIT 1",
    )?;
    let mut rows = statement.query([record.number()])?;
    match rows.next()? {
        Some(row) => {
            let RecordedProof { case, pieces, .. } = recorded(connection, row)?;
            Ok(Proof::restored(case, pieces))
        }
        None => Ok(Proof::restored(Case::Ordinary, Vec::new())),
    }
}

/// Records a proof that was admitted.
pub(crate) fn insert_admitted(
    transaction: &Transaction<'_>,
    record: RecordId,
    proof: &Proof,
    act: &Act<'_>,
) -> Result<(), rusqlite::Error> {
    let degree = if *proof.case() == Case::Ordinary { Degree::High } else { Degree::Supporting };
    insert(transaction, record, proof.case(), proof.pieces(), degree, act)
}

/// Records what was shown and moves no status.
pub(crate) fn insert_noted(
    transaction: &Transaction<'_>,
    record: RecordId,
    shown: Device,
    act: &Act<'_>,
) -> Result<(), rusqlite::Error> {
    let piece = Piece { device: shown, holder: Holder::Patient, expires: None };
    insert(transaction, record, &Case::Ordinary, &[piece], Degree::Recorded, act)
}

fn insert(
    transaction: &Transaction<'_>,
    record: RecordId,
    case: &Case,
    pieces: &[Piece],
    degree: Degree,
    act: &Act<'_>,
) -> Result<(), rusqlite::Error> {
    let (situation, reason) = case_code(case);
    transaction.execute(
        "INSERT INTO proofs (patient, at, author, situation, reason, degree) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![record.number(), act.at().to_string(), act.author(), situation, reason, degree_code(degree)],
    )?;
    let proof = transaction.last_insert_rowid();
    let mut statement = transaction.prepare_cached(
        "INSERT INTO proof_pieces (proof, number, device, holder, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (number, piece) in (0_i64..).zip(pieces) {
        statement.execute(params![
            proof,
            number,
            device_code(piece.device),
            holder_code(piece.holder),
            piece.expires.map(Day::iso)
        ])?;
    }
    Ok(())
}

fn recorded(connection: &Connection, row: &Row<'_>) -> Result<RecordedProof, ReadError> {
    let (id, at, author): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (situation, reason, degree): (String, Option<String>, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
    let mut statement = connection
        .prepare_cached("SELECT device, holder, expires FROM proof_pieces WHERE proof = ?1 ORDER BY number")?;
    let mut rows = statement.query([id])?;
    let mut pieces = Vec::new();
    while let Some(row) = rows.next()? {
        let (device, holder, expires): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        pieces.push(Piece {
            device: coded(Device::ALL, device_code, &device)?,
            holder: coded([Holder::Patient, Holder::Parent, Holder::Guardian], holder_code, &holder)?,
            expires: expires.map(|day| Day::parse_iso(&day).map_err(|_| ReadError::Damaged)).transpose()?,
        });
    }
    Ok(RecordedProof {
        at: at.parse().map_err(|_| ReadError::Damaged)?,
        author: Author::parse(&author).map_err(|_| ReadError::Damaged)?,
        case: case_from(&situation, reason.as_deref())?,
        pieces,
        degree: coded([Degree::Recorded, Degree::Supporting, Degree::High], degree_code, &degree)?,
    })
}

/// The value of this code.
fn coded<T: Copy>(all: impl IntoIterator<Item = T>, code: fn(T) -> &'static str, text: &str) -> Result<T, ReadError> {
    all.into_iter().find(|one| code(*one) == text).ok_or(ReadError::Damaged)
}

/// The code of a device, in the register and in the journal's evidence.
#[must_use]
pub fn device_code(device: Device) -> &'static str {
    match device {
        Device::Passport => "passport",
        Device::IdentityCard(CardIssuer::France) => "identity-card-french",
        Device::IdentityCard(CardIssuer::Recognised) => "identity-card-recognised",
        Device::IdentityCard(CardIssuer::Other) => "identity-card-other",
        Device::ResidencePermit => "residence-permit",
        Device::FranceIdentite => "france-identite",
        Device::LaPosteIdentity => "la-poste-identity",
        Device::VitaleApp => "vitale-app",
        Device::FranceConnect(Assurance::Low) => "franceconnect-low",
        Device::FranceConnect(Assurance::Substantial) => "franceconnect-substantial",
        Device::FranceConnect(Assurance::High) => "franceconnect-high",
        Device::TrustedThirdParty => "trusted-third-party",
        Device::MinorTravelDocument => "minor-travel-document",
        Device::BirthCertificate => "birth-certificate",
        Device::FamilyRecordBook => "family-record-book",
        Device::VitaleCardWithPhoto => "vitale-card-with-photo",
        Device::VitaleCard => "vitale-card",
        Device::CourtDecision => "court-decision",
        Device::DrivingLicence => "driving-licence",
        Device::MilitaryCard => "military-card",
    }
}

fn holder_code(holder: Holder) -> &'static str {
    match holder {
        Holder::Patient => "patient",
        Holder::Parent => "parent",
        Holder::Guardian => "guardian",
    }
}

fn degree_code(degree: Degree) -> &'static str {
    match degree {
        Degree::Recorded => "recorded",
        Degree::Supporting => "supporting",
        Degree::High => "high",
    }
}

/// The situation, and the written reason of the one that has one.
fn case_code(case: &Case) -> (&'static str, Option<&str>) {
    match case {
        Case::Ordinary => ("ordinary", None),
        Case::MinorWithParent => ("minor-with-parent", None),
        Case::MinorWithGuardian => ("minor-with-guardian", None),
        Case::ForeignMinor => ("foreign-minor", None),
        Case::MinorInCare => ("minor-in-care", None),
        Case::CareHomeAdmission => ("care-home-admission", None),
        Case::UnableToObtain(reason) => ("unable-to-obtain", Some(reason.as_str())),
    }
}

fn case_from(situation: &str, reason: Option<&str>) -> Result<Case, ReadError> {
    let stated = reason.and_then(Justification::parse).map(Case::UnableToObtain);
    [
        Case::Ordinary,
        Case::MinorWithParent,
        Case::MinorWithGuardian,
        Case::ForeignMinor,
        Case::MinorInCare,
        Case::CareHomeAdmission,
    ]
    .into_iter()
    .chain(stated)
    .find(|case| case_code(case).0 == situation)
    .ok_or(ReadError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_device_has_a_code_of_its_own() {
        let codes: BTreeSet<_> = Device::ALL.into_iter().map(device_code).collect();
        assert_eq!(codes.len(), Device::ALL.len());
    }
}
