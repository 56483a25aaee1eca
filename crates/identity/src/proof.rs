//! What proves who somebody is: identification devices, and the combinations that the RNIV admits.
//!
//! Three things that are never mixed (ins.md §3.4): the *channel* by which traits came, the *proof* that was
//! shown, and the *status* that results.

mod admission;
mod device;

pub use admission::{Applicant, Case, Holder, Insufficient, Justification, Piece, Proof};
pub use device::{Assurance, CardIssuer, Degree, Device};

/// How traits came into a record (ZFD-5); never a proof (EXI REC 02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Typed.
    Typed,
    /// Read on a Vitale card.
    VitaleCard,
    /// Answered by INSi.
    Insi,
    /// Scanned from a datamatrix INS.
    Datamatrix,
    /// Read from a chip.
    Rfid,
    /// Read from the *Appli carte Vitale*.
    VitaleApp,
}

impl Channel {
    /// The code of ZFD-5 and of FR Core's collection method (ins.md §3.4).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Typed => "SM",
            Self::VitaleCard => "CV",
            Self::Insi => "INSI",
            Self::Datamatrix => "CB",
            Self::Rfid => "RFID",
            Self::VitaleApp => "AV",
        }
    }
}

/// Who says that the traits agree with the device (DMN INS 20, INS 21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Confirmation {
    /// A person looked and says so; always possible.
    ByPerson,
    /// The choice of a device says so; only where an administrator switched it on.
    Automatic,
}

#[cfg(test)]
mod tests;
