//! Sex as the register and the INS carry it.

/// The sex of a person. The INS knows female and male only; indeterminate is local (`EF_INS25_04`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// F.
    Female,
    /// M.
    Male,
    /// I, never received from INSi.
    Indeterminate,
}

impl Sex {
    /// Parses the letter F, M or I (ins.md §1.4).
    #[must_use]
    pub fn from_letter(letter: &str) -> Option<Self> {
        match letter {
            "F" => Some(Self::Female),
            "M" => Some(Self::Male),
            "I" => Some(Self::Indeterminate),
            _ => None,
        }
    }

    /// Reads FranceConnect's `gender`; `unspecified` fills nothing (ins.md §12 row 42).
    #[must_use]
    pub fn from_gender(gender: &str) -> Option<Self> {
        match gender {
            "female" => Some(Self::Female),
            "male" => Some(Self::Male),
            _ => None,
        }
    }

    /// The letter F, M or I (ins.md §1.4).
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
            Self::Indeterminate => "I",
        }
    }
}
