//! The INS: a matricule, the authority that gave it, and the numbers that a person had before.

mod matricule;
mod record;

pub use matricule::{KeyWarning, Matricule, MatriculeError, ReceivedMatricule};
pub use record::{ActiveIns, DatedIns, InsRecord};

use std::fmt;
use std::hash::{Hash, Hasher};

/// The authority and the use of a matricule, by its object identifier (ins.md §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InsOid {
    /// NIR, production.
    Nir,
    /// NIA, production: a provisional number.
    Nia,
    /// NIR, test.
    NirTest,
    /// NIR, demonstration.
    NirDemonstration,
}

/// Whether a matricule is definitive; shown after it on every screen (DMN INS 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsNature {
    /// *NIR*, the registered number.
    Nir,
    /// *NIA*, the number given while registration is pending.
    Nia,
}

/// The object identifier is none of the four of ins.md §1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownInsOid;

impl fmt::Display for UnknownInsOid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an object identifier of the INS (ins.md §1.2)")
    }
}

impl std::error::Error for UnknownInsOid {}

impl InsOid {
    /// Every object identifier of the INS (ins.md §1.2).
    pub const ALL: [Self; 4] = [Self::Nir, Self::Nia, Self::NirTest, Self::NirDemonstration];

    /// Parses the dotted form, with or without `urn:oid:` before it (ins.md §1.2, §7.2).
    ///
    /// # Errors
    /// [`UnknownInsOid`].
    pub fn parse(text: &str) -> Result<Self, UnknownInsOid> {
        let text = text.trim();
        let dotted = text.strip_prefix("urn:oid:").unwrap_or(text);
        Self::ALL.into_iter().find(|oid| oid.as_str() == dotted).ok_or(UnknownInsOid)
    }

    /// The dotted form (ins.md §1.2).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nir => "1.2.250.1.213.1.4.8",
            Self::Nia => "1.2.250.1.213.1.4.9",
            Self::NirTest => "1.2.250.1.213.1.4.10",
            Self::NirDemonstration => "1.2.250.1.213.1.4.11",
        }
    }

    /// The nature of the matricules of this authority (DMN INS 2).
    #[must_use]
    pub fn nature(self) -> InsNature {
        match self {
            Self::Nir | Self::NirTest | Self::NirDemonstration => InsNature::Nir,
            Self::Nia => InsNature::Nia,
        }
    }
}

/// What the desk is connected to: known from the endpoint, never deduced from an answer (ins.md §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Real people.
    Production,
    /// A qualification platform, which answers production identifiers for fictive people.
    Test,
    /// Nobody is real.
    Demonstration,
}

impl Environment {
    /// Whether an INS of this authority may be kept here; test numbers never in production (ins.md §12 row 64).
    #[must_use]
    pub fn accepts(self, oid: InsOid) -> bool {
        match (self, oid) {
            (Self::Production | Self::Test, InsOid::Nir | InsOid::Nia)
            | (Self::Test, InsOid::NirTest)
            | (Self::Demonstration, InsOid::Nir | InsOid::Nia | InsOid::NirTest | InsOid::NirDemonstration) => true,
            (Self::Production, InsOid::NirTest | InsOid::NirDemonstration) | (Self::Test, InsOid::NirDemonstration) => {
                false
            }
        }
    }
}

/// An INS: the matricule and its authority, which only together identify somebody (ins.md §1.2).
///
/// A matricule has no equality of its own: two of them are the same number when the pairs are equal.
///
/// ```compile_fail,E0369
/// # use comptoir_identity::Matricule;
/// # fn same(left: Matricule, right: Matricule) -> bool {
/// left == right
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Ins {
    matricule: Matricule,
    oid: InsOid,
}

impl Ins {
    /// Pairs a matricule with its authority (ins.md §1.1).
    #[must_use]
    pub fn new(matricule: Matricule, oid: InsOid) -> Self {
        Self { matricule, oid }
    }

    /// The matricule (ins.md §1.1).
    #[must_use]
    pub fn matricule(&self) -> Matricule {
        self.matricule
    }

    /// The authority (ins.md §1.2).
    #[must_use]
    pub fn oid(&self) -> InsOid {
        self.oid
    }
}

impl PartialEq for Ins {
    fn eq(&self, other: &Self) -> bool {
        self.oid == other.oid && self.matricule.bytes() == other.matricule.bytes()
    }
}

impl Eq for Ins {}

impl Hash for Ins {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.oid.hash(state);
        self.matricule.bytes().hash(state);
    }
}

impl fmt::Debug for Ins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ins([personal], {:?})", self.oid)
    }
}

#[cfg(test)]
mod tests;
