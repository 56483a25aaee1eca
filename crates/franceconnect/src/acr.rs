//! Levels of assurance.

use std::fmt;
use std::str::FromStr;

/// A level of assurance in FranceConnect's words, ordered (franceconnect.md §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AcrValue {
    /// Low: login and password.
    Eidas1,
    /// Substantial: two factors, verified identity.
    Eidas2,
    /// High: certified, the chip of a document.
    Eidas3,
}

impl AcrValue {
    /// Returns the value as it travels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eidas1 => "eidas1",
            Self::Eidas2 => "eidas2",
            Self::Eidas3 => "eidas3",
        }
    }
}

impl fmt::Display for AcrValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value names no level known here; an unknown level is never taken for a known one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown level of assurance")]
pub struct UnknownAcr;

impl FromStr for AcrValue {
    type Err = UnknownAcr;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "eidas1" => Ok(Self::Eidas1),
            "eidas2" => Ok(Self::Eidas2),
            "eidas3" => Ok(Self::Eidas3),
            _ => Err(UnknownAcr),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_parsed_exactly() {
        assert!(AcrValue::Eidas1 < AcrValue::Eidas2 && AcrValue::Eidas2 < AcrValue::Eidas3);
        for (text, expected) in [
            ("eidas1", Ok(AcrValue::Eidas1)),
            ("eidas2", Ok(AcrValue::Eidas2)),
            ("eidas3", Ok(AcrValue::Eidas3)),
            ("eidas4", Err(UnknownAcr)),
            ("EIDAS1", Err(UnknownAcr)),
            ("eidas1 eidas2", Err(UnknownAcr)),
            ("", Err(UnknownAcr)),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }
}
