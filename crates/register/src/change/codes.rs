//! How causes and statuses are written.

use comptoir_identity::{Attribute, Cause, Confirmation, Status};

/// How a status is written.
#[must_use]
pub fn status_code(status: Status) -> &'static str {
    match status {
        Status::Provisional => "provisional",
        Status::Retrieved => "retrieved",
        Status::Validated => "validated",
        Status::Qualified => "qualified",
    }
}

/// How the cause of a change is written.
#[must_use]
pub fn cause_code(cause: Cause) -> &'static str {
    match cause {
        Cause::Created => "created",
        Cause::Imported => "imported",
        Cause::InsiAccepted => "insi-accepted",
        Cause::VitaleAppRead => "vitale-app-read",
        Cause::DeviceChecked(Confirmation::ByPerson) => "device-checked",
        Cause::DeviceChecked(Confirmation::Automatic) => "device-checked-automatically",
        Cause::EvidenceShown(_) => "evidence-shown",
        Cause::DatamatrixScanned => "datamatrix-scanned",
        Cause::StrictTraitChanged => "strict-trait-changed",
        Cause::FirstGivenNameChanged => "first-given-name-changed",
        Cause::ComplementaryTraitChanged => "complementary-trait-changed",
        Cause::Lowered => "lowered",
        Cause::AttributeSet(Attribute::Homonym) => "homonym-set",
        Cause::AttributeSet(Attribute::Doubtful) => "doubtful-set",
        Cause::AttributeSet(Attribute::Fictitious) => "fictitious-set",
        Cause::AttributeRemoved(Attribute::Homonym) => "homonym-removed",
        Cause::AttributeRemoved(Attribute::Doubtful) => "doubtful-removed",
        Cause::AttributeRemoved(Attribute::Fictitious) => "fictitious-removed",
    }
}
