//! What a line of the journal is about.

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActKind {
    /// A search was made; one line an intent, not a key press.
    SearchMade,
    /// A record was shown.
    RecordViewed,
    /// A check-in came to a verdict.
    CheckInConcluded,
    /// The receptionist confirmed that a record is the person's.
    IdentityConfirmed,
    /// A patient was created.
    PatientCreated,
    /// The identity document decides.
    PaperPath,
    /// The FranceConnect session was closed.
    SessionClosed,
    /// The FranceConnect session could not be seen to close.
    SessionNotClosed,
    /// An owed logout was written off: its issuer no longer exists.
    LogoutWrittenOff,
    /// A sign-in was held: a session may remain in the browser.
    BrowserHeld,
    /// The receptionist closed the browser, and said so.
    BrowserReleased,
    /// Identities were compared with the register one after another, by a program; one line a batch.
    BatchVerified,
    /// The demonstration was filled.
    DemonstrationFilled,
    /// Traits of a record were changed (DMN INS 31, INS 32).
    RecordChanged,
    /// A status was lowered by somebody (DMN INS 33).
    StatusChanged,
    /// The traits of an INS were taken over (DMN INS 13).
    TraitsAdopted,
    /// An attribute was set (DMN INS 27).
    AttributeSet,
    /// An attribute was removed (EXI SI 09).
    AttributeRemoved,
    /// What was shown to prove an identity was recorded (DMN INS 18).
    ProofRecorded,
    /// Records were imported; one line a batch.
    PatientsImported,
    /// Records were exported; one line an export.
    RegisterExported,
    /// A record was absorbed by another one.
    RecordsMerged,
    /// A merge was undone.
    MergeUndone,
    /// Two records were said to be of two people.
    PeopleDistinguished,
    /// Two records are no longer said to be of two people.
    DistinctionWithdrawn,
    /// Traits in old lines of the journal were erased; one line a batch.
    PayloadsErased,
    /// Old proofs were deleted; one line a batch.
    ProofsPurged,
    /// Old arrivals were deleted; one line a batch.
    ArrivalsPurged,
    /// A value that the site decides was set or withdrawn (EXI ID 19).
    SiteRuleSet,
    /// A backup was made.
    BackupMade,
    /// The register was restored from a backup.
    RegisterRestored,
    /// The journal was exported.
    JournalExported,
    /// The register was given another key.
    RegisterRekeyed,
    /// The recovery key was shown.
    RecoveryKeyShown,
    /// Duplicates were looked for over the whole register.
    DuplicatesSearched,
}

impl ActKind {
    /// Every kind.
    pub const ALL: [Self; 35] = [
        Self::SearchMade,
        Self::RecordViewed,
        Self::CheckInConcluded,
        Self::IdentityConfirmed,
        Self::PatientCreated,
        Self::PaperPath,
        Self::SessionClosed,
        Self::SessionNotClosed,
        Self::LogoutWrittenOff,
        Self::BrowserHeld,
        Self::BrowserReleased,
        Self::BatchVerified,
        Self::DemonstrationFilled,
        Self::RecordChanged,
        Self::StatusChanged,
        Self::TraitsAdopted,
        Self::AttributeSet,
        Self::AttributeRemoved,
        Self::ProofRecorded,
        Self::PatientsImported,
        Self::RegisterExported,
        Self::RecordsMerged,
        Self::MergeUndone,
        Self::PeopleDistinguished,
        Self::DistinctionWithdrawn,
        Self::PayloadsErased,
        Self::ProofsPurged,
        Self::ArrivalsPurged,
        Self::SiteRuleSet,
        Self::BackupMade,
        Self::RegisterRestored,
        Self::JournalExported,
        Self::RegisterRekeyed,
        Self::RecoveryKeyShown,
        Self::DuplicatesSearched,
    ];

    /// The name it has in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SearchMade => "search-made",
            Self::RecordViewed => "record-viewed",
            Self::CheckInConcluded => "check-in-concluded",
            Self::IdentityConfirmed => "identity-confirmed",
            Self::PatientCreated => "patient-created",
            Self::PaperPath => "paper-path",
            Self::SessionClosed => "session-closed",
            Self::SessionNotClosed => "session-not-closed",
            Self::LogoutWrittenOff => "logout-written-off",
            Self::BrowserHeld => "browser-held",
            Self::BrowserReleased => "browser-released",
            Self::BatchVerified => "batch-verified",
            Self::DemonstrationFilled => "demonstration-filled",
            Self::RecordChanged => "record-changed",
            Self::StatusChanged => "status-changed",
            Self::TraitsAdopted => "traits-adopted",
            Self::AttributeSet => "attribute-set",
            Self::AttributeRemoved => "attribute-removed",
            Self::ProofRecorded => "proof-recorded",
            Self::PatientsImported => "patients-imported",
            Self::RegisterExported => "register-exported",
            Self::RecordsMerged => "records-merged",
            Self::MergeUndone => "merge-undone",
            Self::PeopleDistinguished => "people-distinguished",
            Self::DistinctionWithdrawn => "distinction-withdrawn",
            Self::PayloadsErased => "payloads-erased",
            Self::ProofsPurged => "proofs-purged",
            Self::ArrivalsPurged => "arrivals-purged",
            Self::SiteRuleSet => "site-rule-set",
            Self::BackupMade => "backup-made",
            Self::RegisterRestored => "register-restored",
            Self::JournalExported => "journal-exported",
            Self::RegisterRekeyed => "register-rekeyed",
            Self::RecoveryKeyShown => "recovery-key-shown",
            Self::DuplicatesSearched => "duplicates-searched",
        }
    }

    /// The kind of this name; `None` for one that a newer program wrote.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_own_name() {
        for kind in ActKind::ALL {
            assert_eq!(ActKind::from_name(kind.name()), Some(kind), "{}", kind.name());
            let of_the_variant: String = format!("{kind:?}")
                .char_indices()
                .flat_map(|(at, c)| [Some('-').filter(|_| at > 0 && c.is_uppercase()), Some(c.to_ascii_lowercase())])
                .flatten()
                .collect();
            assert_eq!(kind.name(), of_the_variant);
        }
        assert_eq!(ActKind::from_name("x"), None);
    }
}
