//! What a site decides, each value with who decided it and when: its charter has to justify it.

use crate::history::Author;
use crate::moment::Moment;
use crate::proof::{Case, Degree, Device};

/// A value that a site decides, or the safe one that stands until it does (EXI ID 19, DMN INS 19).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<T> {
    value: T,
    by: Option<(Author, Moment)>,
}

impl<T> Decided<T> {
    /// A value that nobody has decided: the safe one (EXI ID 19).
    #[must_use]
    pub const fn undecided(value: T) -> Self {
        Self { value, by: None }
    }

    /// A value that somebody decided (EXI ID 19).
    #[must_use]
    pub fn by(value: T, author: Author, at: Moment) -> Self {
        Self { value, by: Some((author, at)) }
    }

    /// The value (EXI ID 19).
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Who decided it and when; `None` for the safe value (EXI ID 19).
    #[must_use]
    pub fn decision(&self) -> Option<&(Author, Moment)> {
        self.by.as_ref()
    }
}

/// The devices of a site: those of the RNIV, less what the site withdraws (EXI ID 19, DMN INS 19).
///
/// A site cannot make a device worth more than the RNIV does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceList {
    decided: Vec<(Device, Degree)>,
}

impl DeviceList {
    /// Decides what a device is worth here, up to what the RNIV allows (DMN INS 19).
    #[must_use]
    pub fn with(mut self, device: Device, degree: Degree) -> Self {
        self.decided.retain(|(of, _)| *of != device);
        self.decided.push((device, degree));
        self
    }

    /// What a device is worth here (DMN INS 19).
    #[must_use]
    pub fn degree(&self, device: Device) -> Degree {
        let highest = device.highest_degree();
        match self.decided.iter().find(|(of, _)| *of == device) {
            Some((_, degree)) => highest.min(*degree),
            // A third party is trusted by a contract: none until the site says so.
            None if device == Device::TrustedThirdParty => Degree::Recorded,
            None => highest,
        }
    }
}

/// The situations with two documents that a site uses (RNIV §3.3.3, EXI ID 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialCases {
    /// Minors, with a parent, a guardian, a travel document or in care.
    pub minors: bool,
    /// Direct admissions, where the site is an EHPAD.
    pub care_home: bool,
    /// Adults durably unable to obtain a title, with a written reason.
    pub unable_to_obtain: bool,
}

impl SpecialCases {
    /// Whether a situation may be chosen here (EXI ID 19).
    #[must_use]
    pub fn uses(&self, case: &Case) -> bool {
        match case {
            Case::Ordinary => true,
            Case::MinorWithParent | Case::MinorWithGuardian | Case::ForeignMinor | Case::MinorInCare => self.minors,
            Case::CareHomeAdmission => self.care_home,
            Case::UnableToObtain(_) => self.unable_to_obtain,
        }
    }
}

/// What a site decides about identities; whatever the sources leave open is off until it does (EXI ID 19).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Whether a sign-in with `FranceConnect+` counts as a device, the person being seen (ins.md §3.3).
    pub franceconnect_plus: Decided<bool>,
    /// Whether it counts without the person being seen; no text found says so (ins.md §13).
    pub franceconnect_plus_remote: Decided<bool>,
    /// Whether choosing a device validates without a further act (DMN INS 21).
    pub automatic_validation: Decided<bool>,
    /// What each device is worth (DMN INS 19).
    pub devices: Decided<DeviceList>,
    /// The situations with two documents (RNIV §3.3.3).
    pub special_cases: Decided<SpecialCases>,
    /// Whether an expired title proves; no text found says so (ins.md §13).
    pub expired_titles: Decided<bool>,
    /// Whether a record may be validated or qualified with an unknown birth place (ins.md §1.7).
    pub unknown_place: Decided<bool>,
}

impl Policy {
    /// The policy of a site that has decided nothing (EXI ID 19).
    #[must_use]
    pub const fn undecided() -> Self {
        Self {
            franceconnect_plus: Decided::undecided(false),
            franceconnect_plus_remote: Decided::undecided(false),
            automatic_validation: Decided::undecided(false),
            devices: Decided::undecided(DeviceList { decided: Vec::new() }),
            special_cases: Decided::undecided(SpecialCases { minors: true, care_home: false, unable_to_obtain: true }),
            expired_titles: Decided::undecided(false),
            unknown_place: Decided::undecided(false),
        }
    }

    /// What a device is worth here (DMN INS 19).
    #[must_use]
    pub fn degree(&self, device: Device) -> Degree {
        self.devices.value().degree(device)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::undecided()
    }
}
