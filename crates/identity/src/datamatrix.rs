//! The INS datamatrix (ins.md §5.1): read from any scanner, written from a qualified identity only.

mod blocks;

pub use blocks::Block;

use crate::date::{BirthDate, BirthDateError, UnknownParts};
use crate::given_names::GivenNames;
use crate::ins::{Ins, InsOid, InsRecord, Matricule, MatriculeError};
use crate::name::{BirthName, NameError};
use crate::place::{PlaceCode, PlaceCodeError};
use crate::scan::{GROUP, KeyboardFault, digit_row_fault, keyboard_fault, restored};
use crate::sex::Sex;
use crate::standing::{Standing, Status};
use crate::traits::{Stated, Traits};
use blocks::{Cut, cut};
use std::fmt;

/// The mark and the version that open the message (ins.md §5.1).
const HEADER: &str = "IS01";
/// The zeros that complete the header (ins.md §5.1).
const RESERVED: usize = 22;

/// What an INS datamatrix says: traits and an INS that nothing has verified yet (EXI REC 02).
///
/// The code carries no signature: anybody can print one. It is a way of capturing, channel `CB` (ins.md §3.4), and
/// never a proof: it can only be built by reading a code, it has no status, and the INS stays outside the traits, in
/// force nowhere, until INSi has verified it (ins.md §12 row 72).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedIdentity {
    traits: Traits,
    ins: Ins,
}

/// Why a datamatrix is refused (ins.md §5.1); carries nothing of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatamatrixError {
    /// The text does not begin as an INS datamatrix does (ins.md §5.1).
    NotDatamatrix,
    /// An INS datamatrix of another version than 01 (ins.md §5.1).
    Version,
    /// Scanner and computer do not agree on the keyboard (ins.md §12 row 71).
    Keyboard(KeyboardFault),
    /// Something stands where a block should begin (ins.md §5.1).
    NoBlock,
    /// A block ends before its fixed length (ins.md §5.1).
    Short(Block),
    /// A block comes twice: which of the two holds is not for a machine to say (ins.md §5.1).
    Repeated(Block),
    /// The scanner writes its separators with signs that a name may contain: where names end is not certain
    /// (ins.md §5.1).
    SeparatorReadsAsName,
    /// A mandatory block is missing (ins.md §5.1).
    Missing(Block),
    /// The matricule is none, or its key is wrong (DMN INS 8).
    Matricule(MatriculeError),
    /// The authority is none of ins.md §1.2.
    Oid,
    /// The list of given names breaks a rule of ins.md §1.4.
    GivenNames(NameError),
    /// The birth name breaks a rule of ins.md §1.4.
    BirthName(NameError),
    /// A sex other than M and F (ins.md §12 row 70).
    Sex,
    /// A date that is not a whole `JJ-MM-AAAA` (ins.md §12 row 70).
    BirthDate(BirthDateError),
    /// The place is not of the form of a code (ins.md §1.4).
    BirthPlace(PlaceCodeError),
}

/// Why no datamatrix is written (DMN INS 44).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComposeError {
    /// The identity is not qualified: its INS may not leave (DMN INS 34).
    NotQualified,
    /// A value that the code must carry is not known, or cannot be written in it (ins.md §5.1).
    Unknown(Block),
}

impl fmt::Display for DatamatrixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDatamatrix => f.write_str("not an INS datamatrix"),
            Self::Version => f.write_str("an INS datamatrix of another version"),
            Self::Keyboard(_) => f.write_str("the scanner and the computer do not agree on the keyboard"),
            Self::NoBlock => f.write_str("something stands where a block should begin"),
            Self::Short(block) => write!(f, "block {} is too short", block.id()),
            Self::Repeated(block) => write!(f, "block {} comes twice", block.id()),
            Self::SeparatorReadsAsName => f.write_str("the separators cannot be told from the names"),
            Self::Missing(block) => write!(f, "block {} is missing", block.id()),
            Self::Matricule(error) => write!(f, "block S1: {error}"),
            Self::Oid => f.write_str("block S2: not an object identifier of the INS"),
            Self::GivenNames(error) => write!(f, "block S3: {error}"),
            Self::BirthName(error) => write!(f, "block S4: {error}"),
            Self::Sex => f.write_str("block S5: neither M nor F"),
            Self::BirthDate(error) => write!(f, "block S6: {error}"),
            Self::BirthPlace(error) => write!(f, "block S7: {error}"),
        }
    }
}

impl std::error::Error for DatamatrixError {}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotQualified => f.write_str("only a qualified identity is printed with a datamatrix"),
            Self::Unknown(block) => write!(f, "the value of block {} is not known", block.id()),
        }
    }
}

impl std::error::Error for ComposeError {}

impl ScannedIdentity {
    /// Parses what a scanner sent: separators present, shown as text or lost, blocks in any order (ins.md §5.1).
    ///
    /// # Errors
    /// See [`DatamatrixError`]; whatever can be read in two ways is refused.
    pub fn parse(text: &str) -> Result<Self, DatamatrixError> {
        let read = restored(text);
        if let Some(fault) = keyboard_fault(&read, "IS") {
            return Err(DatamatrixError::Keyboard(fault));
        }
        let blocks = cut(body(&read)?)?;
        let (oid, tail) = authority(blocks.get(Block::Oid)?)?;
        let given_names = GivenNames::parse(without_tail(blocks.get(Block::GivenNames)?, tail))
            .map_err(DatamatrixError::GivenNames)?;
        let birth_name =
            BirthName::parse(without_tail(blocks.get(Block::BirthName)?, tail)).map_err(DatamatrixError::BirthName)?;
        let birth_place = blocks.find(Block::BirthPlace).map(PlaceCode::parse).transpose();
        let traits = Traits {
            birth_name: Stated::Known(birth_name),
            first_given_name: given_names.first().cloned().map_or(Stated::Absent, Stated::Known),
            given_names: Stated::Known(given_names),
            birth_date: Some(date(blocks.get(Block::BirthDate)?)?),
            sex: Some(sex(blocks.get(Block::Sex)?)?),
            birth_place: birth_place.map_err(DatamatrixError::BirthPlace)?,
            usage_name: Stated::Absent,
            usage_given_name: Stated::Absent,
            ins: InsRecord::EMPTY,
        };
        Ok(Self { traits, ins: Ins::new(matricule(&blocks)?, oid) })
    }

    /// The traits, without an INS: what the code says of it is [`ins`](Self::ins) (EXI REC 02).
    #[must_use]
    pub fn traits(&self) -> &Traits {
        &self.traits
    }

    /// The INS that the code names, to be verified with INSi before it is of any use (EXI REC 02).
    ///
    /// The authority may be one that the desk's [`Environment`](crate::Environment) refuses (ins.md §12 row 64).
    #[must_use]
    pub fn ins(&self) -> Ins {
        self.ins
    }
}

fn body(read: &str) -> Result<&str, DatamatrixError> {
    let Some(rest) = read.strip_prefix(HEADER) else {
        let other = read.strip_prefix("IS").and_then(|rest| rest.get(..2));
        let digits = other.is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit()));
        return Err(if digits { DatamatrixError::Version } else { DatamatrixError::NotDatamatrix });
    };
    let reserved = rest.get(..RESERVED).is_some_and(|zeros| zeros.bytes().all(|b| b == b'0'));
    rest.get(RESERVED..).filter(|_| reserved).ok_or(DatamatrixError::NotDatamatrix)
}

/// The authority, and what a scanner wrote after it in the place of a separator.
///
/// The object identifiers are known, so what follows one shows how the scanner writes a separator; a sign that
/// names cannot contain is then left out of them too, a letter is not.
fn authority(block: &str) -> Result<(InsOid, &str), DatamatrixError> {
    let found = InsOid::ALL.into_iter().find_map(|oid| Some((oid, block.strip_prefix(oid.as_str())?)));
    let (oid, tail) = found.ok_or(DatamatrixError::Oid)?;
    let tail = tail.trim();
    if tail.contains(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(DatamatrixError::Oid);
    }
    if tail.contains(|c: char| c.is_alphabetic() || c == '\'' || c == '-') {
        return Err(DatamatrixError::SeparatorReadsAsName);
    }
    Ok((oid, tail))
}

fn without_tail<'a>(name: &'a str, tail: &str) -> &'a str {
    let name = name.trim();
    if tail.is_empty() { name } else { name.strip_suffix(tail).unwrap_or(name) }
}

fn matricule(blocks: &Cut<'_>) -> Result<Matricule, DatamatrixError> {
    let text = blocks.get(Block::Matricule)?;
    Matricule::parse(text).map_err(|error| match (error, digit_row_fault(text)) {
        (MatriculeError::Form, Some(fault)) => DatamatrixError::Keyboard(fault),
        (error, _) => DatamatrixError::Matricule(error),
    })
}

fn sex(text: &str) -> Result<Sex, DatamatrixError> {
    match Sex::from_letter(text) {
        Some(sex @ (Sex::Female | Sex::Male)) => Ok(sex),
        Some(Sex::Indeterminate) | None => Err(DatamatrixError::Sex),
    }
}

fn date(text: &str) -> Result<BirthDate, DatamatrixError> {
    let written = text.bytes().enumerate().all(|(place, byte)| match place {
        2 | 5 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !written {
        return Err(DatamatrixError::BirthDate(BirthDateError::Form));
    }
    BirthDate::parse_french(text, UnknownParts::Refused).map_err(DatamatrixError::BirthDate)
}

/// Writes the message of the datamatrix that is printed beside *INS à scanner* (DMN INS 44).
///
/// # Errors
/// [`ComposeError::NotQualified`] unless the identity is qualified, [`ComposeError::Unknown`] when it lacks a value.
pub fn compose(traits: &Traits, standing: Standing) -> Result<String, ComposeError> {
    match standing.status() {
        Status::Qualified => {}
        Status::Provisional | Status::Retrieved | Status::Validated => return Err(ComposeError::NotQualified),
    }
    let unknown = ComposeError::Unknown;
    let active = traits.ins.active().ok_or(unknown(Block::Matricule))?;
    let ins = active.ins();
    let given_names = traits.given_names.known().map(GivenNames::spelled).ok_or(unknown(Block::GivenNames))?;
    let birth_name = traits.birth_name.known().map(BirthName::spelled).ok_or(unknown(Block::BirthName))?;
    let sex = match traits.sex {
        Some(sex @ (Sex::Female | Sex::Male)) => sex.letter(),
        Some(Sex::Indeterminate) | None => return Err(unknown(Block::Sex)),
    };
    let date = traits.birth_date.filter(|date| date.is_complete()).ok_or(unknown(Block::BirthDate))?;
    let date = date.french().replace('/', "-");
    let mut message = format!("{HEADER}{:0<RESERVED$}", "");
    let matricule = ins.matricule();
    let place = traits.birth_place.as_ref().map(PlaceCode::as_str);
    for (block, value) in [
        (Block::Matricule, Some(matricule.as_str())),
        (Block::Oid, Some(ins.oid().as_str())),
        (Block::GivenNames, Some(given_names)),
        (Block::BirthName, Some(birth_name)),
        (Block::Sex, Some(sex)),
        (Block::BirthDate, Some(&date)),
        (Block::BirthPlace, place),
    ] {
        let Some(value) = value else { continue };
        message.push_str(block.id());
        message.push_str(value);
        // A block at its greatest length ends by itself; the last one of all has a fixed length.
        if value.len() < block.longest() {
            message.push(GROUP);
        }
    }
    Ok(message)
}

#[cfg(test)]
mod tests;
