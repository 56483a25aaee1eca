//! The status of an identity, derived from two axes and an attribute; forbidden states cannot be built.

use std::fmt;

/// The four statuses of the RNIV (EXI SI 07), mutually exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// *Identité provisoire*.
    Provisional,
    /// *Identité récupérée*: the INS comes from INSi.
    Retrieved,
    /// *Identité validée*: checked against a high-confidence device.
    Validated,
    /// *Identité qualifiée*: both. The only one whose INS may be sent or printed (EXI SI 08).
    Qualified,
}

/// The attributes that the RNIV allows together (EXI SI 09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Attributes {
    /// None.
    #[default]
    None,
    /// *Homonyme*: strong resemblance with another record.
    Homonym,
    /// *Douteuse*: doubt on who the person is.
    Doubtful,
    /// *Douteuse* and *homonyme*, the only pair allowed.
    DoubtfulHomonym,
    /// *Fictive*: anonymous, test or training.
    Fictitious,
}

/// One attribute (EXI SI 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// *Homonyme*.
    Homonym,
    /// *Douteuse*.
    Doubtful,
    /// *Fictive*.
    Fictitious,
}

impl Attributes {
    /// Whether the attribute is among them (EXI SI 22).
    #[must_use]
    pub fn include(self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::Homonym => matches!(self, Self::Homonym | Self::DoubtfulHomonym),
            Attribute::Doubtful => matches!(self, Self::Doubtful | Self::DoubtfulHomonym),
            Attribute::Fictitious => matches!(self, Self::Fictitious),
        }
    }

    /// These with one more; `None` when the two exclude each other: *fictive* stands alone (EXI SI 09).
    #[must_use]
    pub fn with(self, attribute: Attribute) -> Option<Self> {
        match (self, attribute) {
            (Self::None | Self::Homonym, Attribute::Homonym) => Some(Self::Homonym),
            (Self::None | Self::Doubtful, Attribute::Doubtful) => Some(Self::Doubtful),
            (Self::Homonym | Self::DoubtfulHomonym, Attribute::Doubtful)
            | (Self::Doubtful | Self::DoubtfulHomonym, Attribute::Homonym) => Some(Self::DoubtfulHomonym),
            (Self::None | Self::Fictitious, Attribute::Fictitious) => Some(Self::Fictitious),
            (Self::Fictitious, Attribute::Homonym | Attribute::Doubtful)
            | (Self::Homonym | Self::Doubtful | Self::DoubtfulHomonym, Attribute::Fictitious) => None,
        }
    }

    /// These with one less (EXI SI 09).
    #[must_use]
    pub fn without(self, attribute: Attribute) -> Self {
        match (self, attribute) {
            (Self::Homonym, Attribute::Homonym)
            | (Self::Doubtful, Attribute::Doubtful)
            | (Self::Fictitious, Attribute::Fictitious) => Self::None,
            (Self::DoubtfulHomonym, Attribute::Homonym) => Self::Doubtful,
            (Self::DoubtfulHomonym, Attribute::Doubtful) => Self::Homonym,
            (Self::None | Self::Homonym | Self::Doubtful | Self::DoubtfulHomonym | Self::Fictitious, _) => self,
        }
    }

    /// Whether they force the status to *provisoire* and close INSi (EXI SI 09).
    #[must_use]
    pub fn provisional_only(self) -> bool {
        match self {
            Self::Doubtful | Self::DoubtfulHomonym | Self::Fictitious => true,
            Self::None | Self::Homonym => false,
        }
    }
}

/// Where an identity stands: the INSi axis, the document axis, the attributes (ins.md §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    ins_retrieved: bool,
    device_checked: bool,
    attributes: Attributes,
}

/// A doubtful or fictitious identity can only be provisional (EXI SI 09).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForbiddenStanding;

impl fmt::Display for ForbiddenStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a doubtful or fictitious identity can only be provisional (EXI SI 09)")
    }
}

impl std::error::Error for ForbiddenStanding {}

impl Standing {
    /// A newly created identity, whatever its source but INSi (DMN INS 22).
    pub const PROVISIONAL: Self = Self { ins_retrieved: false, device_checked: false, attributes: Attributes::None };

    /// Builds a standing from its axes (ins.md §2.1).
    ///
    /// # Errors
    /// [`ForbiddenStanding`] for a doubtful or fictitious identity on either axis.
    pub fn new(ins_retrieved: bool, device_checked: bool, attributes: Attributes) -> Result<Self, ForbiddenStanding> {
        if attributes.provisional_only() && (ins_retrieved || device_checked) {
            return Err(ForbiddenStanding);
        }
        Ok(Self { ins_retrieved, device_checked, attributes })
    }

    /// The status that the two axes give (ins.md §2.1).
    #[must_use]
    pub fn status(self) -> Status {
        match (self.ins_retrieved, self.device_checked) {
            (false, false) => Status::Provisional,
            (true, false) => Status::Retrieved,
            (false, true) => Status::Validated,
            (true, true) => Status::Qualified,
        }
    }

    /// Whether the INS was retrieved from INSi (ins.md §2.1).
    #[must_use]
    pub fn ins_retrieved(self) -> bool {
        self.ins_retrieved
    }

    /// Whether the identity was checked against a high-confidence device (ins.md §2.1).
    #[must_use]
    pub fn device_checked(self) -> bool {
        self.device_checked
    }

    /// The attributes (EXI SI 22).
    #[must_use]
    pub fn attributes(self) -> Attributes {
        self.attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_follows_the_axes_and_forbidden_states_do_not_exist() {
        use Attributes::{Doubtful, DoubtfulHomonym, Fictitious, Homonym};
        for (ins, device, attributes, expected) in [
            (false, false, Attributes::None, Ok(Status::Provisional)),
            (true, false, Attributes::None, Ok(Status::Retrieved)),
            (false, true, Attributes::None, Ok(Status::Validated)),
            (true, true, Homonym, Ok(Status::Qualified)),
            (false, false, Doubtful, Ok(Status::Provisional)),
            (false, false, DoubtfulHomonym, Ok(Status::Provisional)),
            (false, false, Fictitious, Ok(Status::Provisional)),
            (true, false, Doubtful, Err(ForbiddenStanding)),
            (false, true, DoubtfulHomonym, Err(ForbiddenStanding)),
            (true, true, Fictitious, Err(ForbiddenStanding)),
        ] {
            assert_eq!(Standing::new(ins, device, attributes).map(Standing::status), expected);
        }
    }
}
