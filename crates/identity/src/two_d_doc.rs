//! The 2D-Doc of identity documents (ANTS 2D-Doc 3.3.9): read, and its seal verified.

mod base32;
mod fields;
mod seal;

pub use seal::{CertificateError, CertificateList, Seal, SealIssuer};

use crate::date::{BirthDate, UnknownParts};
use crate::given_names::GivenNames;
use crate::ins::InsRecord;
use crate::moment::Day;
use crate::mrz::{MrzError, MrzIdentity};
use crate::name::{BirthName, GivenName, UsageName};
use crate::scan::{KeyboardFault, UNIT, keyboard_fault, restored};
use crate::sex::Sex;
use crate::traits::{Stated, Traits};
use fields::{Field, Fields};
use std::fmt;

/// What a 2D-Doc of an identity document says, with its seal still to be verified (ANTS 2D-Doc 3.3.9).
///
/// Even a verified seal proves only that the issuer wrote these words. It says nothing of who holds the paper, which
/// may be a copy: it is a way of capturing, not a check of identity (EXI ID 19, ins.md §5.2).
#[derive(Clone, PartialEq, Eq)]
pub struct TwoDDoc {
    kind: TwoDDocKind,
    issuer: SealIssuer,
    issued: Option<Day>,
    signed: Option<Day>,
    traits: Traits,
    birth_place: Option<String>,
    birth_country: Option<String>,
    mrz: Option<MrzIdentity>,
    valid_from: Option<Day>,
    valid_until: Option<Day>,
    /// Header and payload, as they were signed.
    sealed: String,
    signature: String,
}

/// The types that speak of a person's identity (ins.md §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TwoDDocKind {
    /// 07, *titre d'identité*.
    IdentityDocument,
    /// 08, *MRZ*: a machine-readable zone and nothing else.
    Mrz,
    /// 13, *document étranger*.
    ForeignersDocument,
    /// 16, *attestation de demande d'asile*.
    AsylumApplication,
}

/// Why a 2D-Doc is not read (ANTS 2D-Doc 3.3.9); carries nothing of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwoDDocError {
    /// The text does not begin as a 2D-Doc does (ANTS 2D-Doc 3.3.9).
    NotTwoDDoc,
    /// A version other than 02, 03 and 04, the ones in characters (ins.md §5.2).
    Version,
    /// Scanner and computer do not agree on the keyboard (ins.md §12 row 71).
    Keyboard(KeyboardFault),
    /// A header that is cut or not of its form (ins.md §5.2).
    Header,
    /// A 2D-Doc of another type than those of [`TwoDDocKind`], or of another perimeter than the State's.
    NotIdentity,
    /// A separator is missing, before the signature or after a name: the scanner drops them, and without them the seal
    /// of a good document would look forged (ins.md §5.2).
    SeparatorsLost,
    /// Something stands where a field should begin, or a field is cut (ANTS 2D-Doc 3.3.9).
    Fields,
    /// A field comes twice: which of the two holds is not for a machine to say (ANTS 2D-Doc 3.3.9).
    Repeated,
    /// A date that does not exist, or is not written in digits (ANTS 2D-Doc 3.3.9).
    Date,
    /// The machine-readable zone inside is refused, or missing from a type 08.
    Mrz(MrzError),
}

impl fmt::Display for TwoDDocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotTwoDDoc => "not a 2D-Doc",
            Self::Version => "a 2D-Doc of another version",
            Self::Keyboard(_) => "the scanner and the computer do not agree on the keyboard",
            Self::Header => "the header of the 2D-Doc cannot be read",
            Self::NotIdentity => "not the 2D-Doc of an identity document",
            Self::SeparatorsLost => "the separators of the 2D-Doc are missing",
            Self::Fields => "the fields of the 2D-Doc cannot be read",
            Self::Repeated => "a field of the 2D-Doc comes twice",
            Self::Date => "a date of the 2D-Doc does not exist",
            Self::Mrz(error) => return write!(f, "in the 2D-Doc: {error}"),
        })
    }
}

impl std::error::Error for TwoDDocError {}

impl TwoDDoc {
    /// Parses what a scanner sent, separators as they are or shown as text (ins.md §5.2); `today` decides the century
    /// of the two-digit years of a zone (ins.md §12 row 39).
    ///
    /// # Errors
    /// See [`TwoDDocError`].
    pub fn parse(text: &str, today: Day) -> Result<Self, TwoDDocError> {
        let read = restored(text);
        if let Some(fault) = keyboard_fault(&read, "DC") {
            return Err(TwoDDocError::Keyboard(fault));
        }
        let header = Header::parse(&read)?;
        let (sealed, signature) = read.split_once(UNIT).ok_or(TwoDDocError::SeparatorsLost)?;
        let fields = Fields::parse(sealed.get(header.length..).ok_or(TwoDDocError::Header)?)?;
        let zone = fields.get(Field::Mrz).map(|zone| MrzIdentity::parse(zone, today));
        let mrz = match (header.kind, zone) {
            (_, Some(zone)) => Some(zone.map_err(TwoDDocError::Mrz)?),
            (TwoDDocKind::Mrz, None) => return Err(TwoDDocError::Mrz(MrzError::Length)),
            (
                TwoDDocKind::IdentityDocument | TwoDDocKind::ForeignersDocument | TwoDDocKind::AsylumApplication,
                None,
            ) => None,
        };
        Ok(Self {
            kind: header.kind,
            issuer: header.issuer,
            issued: header.issued,
            signed: header.signed,
            traits: traits(&fields)?,
            birth_place: fields.text(Field::BirthPlace).map(str::to_owned),
            birth_country: fields.text(Field::BirthCountry).map(str::to_owned),
            mrz,
            valid_from: fields.day(Field::ValidFrom)?,
            valid_until: fields.day(Field::ValidUntil)?,
            sealed: sealed.to_owned(),
            signature: signature.to_owned(),
        })
    }

    /// The type of the document (ins.md §5.2).
    #[must_use]
    pub fn kind(&self) -> TwoDDocKind {
        self.kind
    }

    /// The traits that its fields state, all absent in a type 08; never a place, which is written in words, nor an
    /// INS (ins.md §5.2).
    #[must_use]
    pub fn traits(&self) -> &Traits {
        &self.traits
    }

    /// The birth place as it is written (field 6A) (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn birth_place(&self) -> Option<&str> {
        self.birth_place.as_deref()
    }

    /// The two letters of the country of birth, ISO 3166 (field 6C).
    #[must_use]
    pub fn birth_country(&self) -> Option<&str> {
        self.birth_country.as_deref()
    }

    /// The machine-readable zone inside, its check digits verified (field 6F) (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn mrz(&self) -> Option<&MrzIdentity> {
        self.mrz.as_ref()
    }

    /// The day of issue of the document, when the header says it (ins.md §5.2).
    #[must_use]
    pub fn issued(&self) -> Option<Day> {
        self.issued
    }

    /// The day of the signature, when the header says it (ins.md §5.2).
    #[must_use]
    pub fn signed(&self) -> Option<Day> {
        self.signed
    }

    /// The first day of validity (field 6N) (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn valid_from(&self) -> Option<Day> {
        self.valid_from
    }

    /// The last day of validity (field 6O, else that of the zone inside) (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn valid_until(&self) -> Option<Day> {
        self.valid_until.or_else(|| self.mrz.as_ref().and_then(MrzIdentity::expiry))
    }

    /// Verifies the signature against the certificates given, on the day given (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn seal(&self, certificates: &CertificateList, today: Day) -> Seal {
        certificates.verify(self.issuer, self.sealed.as_bytes(), &self.signature, self.signed, today)
    }
}

impl fmt::Debug for TwoDDoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TwoDDoc({:?}, {:?}, [personal])", self.kind, self.issuer)
    }
}

fn traits(fields: &Fields<'_>) -> Result<Traits, TwoDDocError> {
    // A slash between two names: their boundaries are known.
    let list = |text: &str| GivenNames::parse_list(text.split('/').map(str::trim));
    let given_names = stated(fields, Field::GivenNames, list)?;
    let first_given_name = match &given_names {
        Stated::Known(names) => names.first().cloned().map_or(Stated::Absent, Stated::Known),
        Stated::Unreadable(_) | Stated::Absent => stated(fields, Field::GivenName, GivenName::parse)?,
    };
    let usage_name = match stated(fields, Field::UsageName, UsageName::parse)? {
        Stated::Absent => stated(fields, Field::SpouseName, UsageName::parse)?,
        name @ (Stated::Known(_) | Stated::Unreadable(_)) => name,
    };
    let birth_date = fields.text(Field::BirthDate).map(|text| {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TwoDDocError::Date);
        }
        // A foreigner's document may know the year alone.
        BirthDate::parse_french(text, UnknownParts::Announced).map_err(|_| TwoDDocError::Date)
    });
    Ok(Traits {
        birth_name: stated(fields, Field::BirthName, BirthName::parse)?,
        first_given_name,
        given_names,
        birth_date: birth_date.transpose()?,
        sex: fields.text(Field::Sex).and_then(Sex::from_letter).filter(|sex| *sex != Sex::Indeterminate),
        birth_place: None,
        usage_name,
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    })
}

/// A name that the issuer had to cut is shown and compared with nothing: its beginning is another name.
///
/// A digit in a name is the id of the next field: no name of a 2D-Doc has one.
fn stated<T, E>(
    fields: &Fields<'_>,
    field: Field,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Stated<T>, TwoDDocError> {
    match fields.text(field) {
        Some(text) if text.contains(|c: char| c.is_ascii_digit()) => Err(TwoDDocError::SeparatorsLost),
        Some(text) if fields.is_cut(field) => Ok(Stated::Unreadable(text.to_owned())),
        text => Ok(Stated::parse(text, parse)),
    }
}

struct Header {
    kind: TwoDDocKind,
    issuer: SealIssuer,
    issued: Option<Day>,
    signed: Option<Day>,
    length: usize,
}

impl Header {
    fn parse(read: &str) -> Result<Self, TwoDDocError> {
        let after = read.strip_prefix("DC").ok_or(TwoDDocError::NotTwoDDoc)?;
        let length = match after.get(..2) {
            Some("02") => 22,
            Some("03") => 24,
            Some("04") => 26,
            Some(version) if version.bytes().all(|b| b.is_ascii_digit()) => return Err(TwoDDocError::Version),
            Some(_) | None => return Err(TwoDDocError::NotTwoDDoc),
        };
        let part = |from: usize, to: usize| read.get(from..to).ok_or(TwoDDocError::Header);
        let whole = part(0, length)?;
        if !whole.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Err(TwoDDocError::Header);
        }
        // Version 02 knows one perimeter; the later ones name it.
        if length > 22 && part(22, 24)? != "01" {
            return Err(TwoDDocError::NotIdentity);
        }
        let kind = match part(20, 22)? {
            "07" => TwoDDocKind::IdentityDocument,
            "08" => TwoDDocKind::Mrz,
            "13" => TwoDDocKind::ForeignersDocument,
            "16" => TwoDDocKind::AsylumApplication,
            _ => return Err(TwoDDocError::NotIdentity),
        };
        let issuer = SealIssuer::new(part(4, 8)?, part(8, 12)?).ok_or(TwoDDocError::Header)?;
        Ok(Self { kind, issuer, issued: day(part(12, 16)?)?, signed: day(part(16, 20)?)?, length })
    }
}

/// A day written as the number of days since 2000-01-01, in four hexadecimal digits; `FFFF` is none.
fn day(digits: &str) -> Result<Option<Day>, TwoDDocError> {
    let days = u16::from_str_radix(digits, 16).map_err(|_| TwoDDocError::Header)?;
    if days == u16::MAX {
        return Ok(None);
    }
    let (mut left, mut year, mut month) = (days, 2000, 1);
    let length_of = |year| if Day::new(year, 2, 29).is_ok() { 366 } else { 365 };
    while left >= length_of(year) {
        left -= length_of(year);
        year += 1;
    }
    loop {
        let last = (28..=31_u8).rev().find(|day| Day::new(year, month, *day).is_ok()).ok_or(TwoDDocError::Header)?;
        if left < u16::from(last) {
            break;
        }
        left -= u16::from(last);
        month += 1;
    }
    let day = u8::try_from(left + 1).ok().and_then(|day| Day::new(year, month, day).ok());
    day.map(Some).ok_or(TwoDDocError::Header)
}

#[cfg(test)]
mod tests;
