//! The history of a status: what it was, what it became, when, by whom and why (DMN INS 26).

use crate::moment::Moment;
use crate::proof::{Channel, Confirmation, Device};
use crate::standing::{Attribute, Standing};
use std::fmt;

/// Who acts: the nominative account of a professional (DMN INS 17, INS 26).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Author(String);

/// An author without a name: a history that names nobody proves nothing (DMN INS 26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAuthor;

impl fmt::Display for NoAuthor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an act has an author (DMN INS 26)")
    }
}

impl std::error::Error for NoAuthor {}

impl Author {
    /// Names an account (DMN INS 26).
    ///
    /// # Errors
    /// [`NoAuthor`] when there is nothing but spaces.
    pub fn parse(account: &str) -> Result<Self, NoAuthor> {
        let account = account.trim();
        if account.is_empty() { Err(NoAuthor) } else { Ok(Self(account.to_owned())) }
    }

    /// The account, as it was given (DMN INS 26).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Author([personal])")
    }
}

/// What made a standing what it is; each one is the only way to its line of ins.md §2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Created by any means but INSi (DMN INS 22).
    Created,
    /// Received from another domain, to be verified (DMN INS 35).
    Imported,
    /// The answer of INSi was accepted (DMN INS 23, INS 25).
    InsiAccepted,
    /// The *Appli carte Vitale* was read (RNIV §4.3.4).
    VitaleAppRead,
    /// The traits were found coherent with a high-confidence device (DMN INS 24, INS 25).
    DeviceChecked(Confirmation),
    /// Something was shown that moves no status (DMN INS 18, ins.md §12 rows 74 and 85).
    EvidenceShown(Device),
    /// A datamatrix INS was scanned, which is a channel and no proof (EXI REC 02).
    DatamatrixScanned,
    /// A strict trait was changed (DMN INS 32).
    StrictTraitChanged,
    /// The first given name was changed within its rule (EXI ID 10).
    FirstGivenNameChanged,
    /// Only complementary traits were changed (DMN INS 31).
    ComplementaryTraitChanged,
    /// Somebody lowered the status (DMN INS 33).
    Lowered,
    /// An attribute was set (DMN INS 27).
    AttributeSet(Attribute),
    /// An attribute was removed (EXI SI 09).
    AttributeRemoved(Attribute),
}

impl Cause {
    /// The channel by which traits or a number came, where the act brought any (ZFD-5).
    #[must_use]
    pub fn channel(self) -> Option<Channel> {
        match self {
            Self::InsiAccepted => Some(Channel::Insi),
            Self::VitaleAppRead => Some(Channel::VitaleApp),
            Self::DatamatrixScanned => Some(Channel::Datamatrix),
            Self::StrictTraitChanged | Self::FirstGivenNameChanged | Self::ComplementaryTraitChanged => {
                Some(Channel::Typed)
            }
            // How a record came to be is not known from the fact that it did.
            Self::Created
            | Self::Imported
            | Self::DeviceChecked(_)
            | Self::EvidenceShown(_)
            | Self::Lowered
            | Self::AttributeSet(_)
            | Self::AttributeRemoved(_) => None,
        }
    }

    /// The rule that makes it a cause (DMN INS 26).
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Created => "DMN INS 22",
            Self::Imported => "DMN INS 35",
            Self::InsiAccepted => "DMN INS 23, INS 25",
            Self::VitaleAppRead => "RNIV §4.3.4",
            Self::DeviceChecked(_) => "DMN INS 24, INS 25",
            Self::EvidenceShown(_) => "DMN INS 18",
            Self::DatamatrixScanned => "EXI REC 02",
            Self::StrictTraitChanged => "DMN INS 32",
            Self::FirstGivenNameChanged => "EXI ID 10",
            Self::ComplementaryTraitChanged => "DMN INS 31",
            Self::Lowered => "DMN INS 33",
            Self::AttributeSet(_) => "DMN INS 27",
            Self::AttributeRemoved(_) => "EXI SI 09",
        }
    }
}

/// One line of the history (DMN INS 26).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The standing before; `None` when the record was created.
    pub previous: Option<Standing>,
    /// The standing after.
    pub standing: Standing,
    /// When.
    pub at: Moment,
    /// By whom.
    pub author: Author,
    /// Why.
    pub cause: Cause,
}
