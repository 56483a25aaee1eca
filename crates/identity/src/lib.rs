//! French patient identity by the RNIV and the INS: traits, places, INS, status, proofs, scanned documents, comparison.
//!
//! Pure: no input or output, no clock, no randomness, no serialisation. Everything that can be wrong
//! is refused while parsing; what has been parsed compares without failing, and without allocating.
//!
//! ```
//! use comptoir_identity::{
//!     BirthDate, BirthName, Candidate, GivenName, GivenNames, InsRecord, Link, Outcome, PivotClaims, PivotIdentity,
//!     PlaceCode, Sex, Stated, Trait, Traits, judge,
//! };
//!
//! let record = Traits {
//!     birth_name: Stated::parse(Some("TROIS DUPRE"), BirthName::parse),
//!     first_given_name: Stated::parse(Some("MELISSANDRE"), GivenName::parse),
//!     given_names: Stated::parse(Some("MELISSANDRE"), GivenNames::parse),
//!     birth_date: BirthDate::parse_iso("1981-07-27").ok(),
//!     sex: Some(Sex::Female),
//!     birth_place: PlaceCode::parse("13012").ok(),
//!     usage_name: Stated::Absent,
//!     usage_given_name: Stated::Absent,
//!     ins: InsRecord::EMPTY,
//! };
//! let person = PivotIdentity::from_claims(&PivotClaims {
//!     family_name: Some("TROIS-DUPRE"),
//!     given_name: Some("Melissandre Juliette"),
//!     birthdate: Some("1981-07-27"),
//!     gender: Some("female"),
//!     birthplace: Some("13012"),
//!     birthcountry: Some("99100"),
//!     ..PivotClaims::default()
//! });
//! let judgement = judge(&person, [Candidate { record: "P-1042", traits: &record, opened: false, told_apart: false }]);
//! assert_eq!(judgement.outcome, Outcome::Explained);
//! assert_eq!(judgement.link, Link::Safe);
//! for one in &judgement.candidates {
//!     println!("{}: {:?}", one.record, one.concordance.get(Trait::BirthName));
//! }
//! ```
//!
//! Where to begin: [`judge`] and [`compare`] for verdicts, [`Identity`] for statuses, [`Place`] for places, [`Ins`],
//! [`ScannedIdentity`], [`MrzIdentity`] and [`TwoDDoc`] for what is scanned.

mod compare;
mod creation;
mod datamatrix;
mod date;
#[cfg(test)]
mod fixtures;
mod given_names;
mod history;
mod identity;
mod ins;
mod insi;
mod judge;
mod lock;
mod lunar;
mod moment;
mod mrz;
mod name;
mod near;
mod phonetic;
mod pivot;
mod place;
mod policy;
mod proof;
mod scan;
mod sex;
mod spelling;
mod standing;
mod traits;
#[cfg(feature = "two-d-doc")]
mod two_d_doc;

pub use compare::{Concordance, Explanation, Finding, Hint, Note, Side, Trait, compare, compare_records};
pub use creation::{NEEDED_FOR_CREATION, creatable, missing_for_creation};
pub use datamatrix::{Block, ComposeError, DatamatrixError, ScannedIdentity, compose as compose_datamatrix};
pub use date::{BirthDate, BirthDateError, DateDoubt, UnknownParts};
pub use given_names::{GivenNames, coherent_first_given_name};
pub use history::{Author, Cause, Change, NoAuthor};
pub use identity::{Act, Effects, ForbiddenIdentity, Identity, InsEffect, LowerTo, ProofEffect, Refused, Transition};
pub use ins::{
    ActiveIns, DatedIns, Environment, Ins, InsNature, InsOid, InsRecord, KeyWarning, Matricule, MatriculeError,
    ReceivedMatricule, UnknownInsOid,
};
pub use insi::{InsIdentity, InsiAnswer, InsiClaims, InsiNumber, InsiQuery, InsiUnusable, InsiWarning, NotCallable};
pub use judge::{
    Candidate, Judged, Judgement, Link, Outcome, Resemblance, date_near, given_name_near, judge, name_near,
    unusable_traits,
};
pub use lock::{Editability, Entitlement, Field, Lock, editable, locks};
pub use lunar::{LunarDate, VitaleDate, VitaleDateError};
pub use moment::{Day, Moment};
pub use mrz::{Compatibility, FailedChecks, MrzCheck, MrzCompatibility, MrzError, MrzFormat, MrzIdentity, MrzName};
pub use name::{BirthName, GivenName, NameError, NameErrorKind, UsageName};
pub use near::{Closeness, NearName, closeness, date_closeness};
pub use phonetic::PhoneticKey;
pub use pivot::{PivotClaims, PivotIdentity};
pub use place::{Kinship, Place, PlaceCode, PlaceCodeError, PlaceKind};
pub use policy::{Decided, DeviceList, Policy, SpecialCases};
pub use proof::{
    Applicant, Assurance, CardIssuer, Case, Channel, Confirmation, Degree, Device, Holder, Insufficient, Justification,
    Piece, Proof,
};
pub use scan::{CodeKind, KeyboardFault};
pub use sex::Sex;
pub use spelling::{Span, differing_letters, search_key};
pub use standing::{Attribute, Attributes, ForbiddenStanding, Standing, Status};
pub use traits::{Stated, Traits};
#[cfg(feature = "two-d-doc")]
pub use two_d_doc::{CertificateError, CertificateList, Seal, SealIssuer, TwoDDoc, TwoDDocError, TwoDDocKind};
