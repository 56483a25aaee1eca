//! French patient identity: traits, standing, comparison.
//!
//! Pure: no input or output, no clock, no randomness, no serialisation. Everything that can be wrong
//! is refused while parsing; what has been parsed compares without failing.

mod compare;
mod date;
mod given_names;
mod ins;
mod judge;
mod lunar;
mod moment;
mod name;
mod near;
mod phonetic;
mod pivot;
mod place;
mod sex;
mod spelling;
mod standing;
mod traits;

pub use compare::{Concordance, Explanation, Finding, Hint, Note, Side, Trait, compare, compare_records};
pub use date::{BirthDate, BirthDateError, DateDoubt, UnknownParts};
pub use given_names::GivenNames;
pub use ins::{
    ActiveIns, DatedIns, Environment, Ins, InsNature, InsOid, InsRecord, KeyWarning, Matricule, MatriculeError,
    ReceivedMatricule, UnknownInsOid,
};
pub use judge::{Candidate, Judged, Judgement, Link, Outcome, Resemblance, judge, unusable_traits};
pub use lunar::{LunarDate, VitaleDate, VitaleDateError};
pub use moment::{Day, Moment};
pub use name::{BirthName, GivenName, NameError, NameErrorKind, UsageName};
pub use near::{Closeness, NearName, closeness, date_closeness};
pub use phonetic::PhoneticKey;
pub use pivot::{PivotClaims, PivotIdentity};
pub use place::{Kinship, Place, PlaceCode, PlaceCodeError, PlaceKind};
pub use sex::Sex;
pub use spelling::{Span, differing_letters, search_key};
pub use standing::{Attributes, ForbiddenStanding, Standing, Status};
pub use traits::{Stated, Traits};
