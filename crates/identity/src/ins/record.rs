//! The INS that a record holds, and those it held.

use crate::ins::Ins;
use crate::moment::Day;

/// An INS with the days between which it is or was in force, as INSi gives them (ins.md §4.2).
///
/// The end may precede the beginning, and a former number may repeat the active one: both are kept as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedIns {
    /// The pair.
    pub ins: Ins,
    /// The first day, when received.
    pub from: Option<Day>,
    /// The last day, when received.
    pub until: Option<Day>,
}

impl From<Ins> for DatedIns {
    fn from(ins: Ins) -> Self {
        Self { ins, from: None, until: None }
    }
}

/// The INS in force of one record: in a register, at most one record has it (ins.md §12 row 63).
///
/// The key of a register's unique index; only an INS in force becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActiveIns(Ins);

impl ActiveIns {
    /// The pair (DMN INS 32).
    #[must_use]
    pub fn ins(&self) -> &Ins {
        &self.0
    }
}

/// What a record holds of the INS: one in force or one hidden, and the former ones (DMN INS 32, EXI REC 08).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InsRecord {
    held: Held,
    former: Vec<DatedIns>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Held {
    #[default]
    Nothing,
    InForce(DatedIns),
    Hidden(DatedIns),
}

impl InsRecord {
    /// A record that holds no INS (DMN INS 22).
    pub const EMPTY: Self = Self { held: Held::Nothing, former: Vec::new() };

    /// Reads back what was kept: the pair in force, or the one invalidated, and the former ones (DMN INS 32).
    #[must_use]
    pub fn restored(held: Option<DatedIns>, hidden: bool, former: Vec<DatedIns>) -> Self {
        let held = match held {
            None => Held::Nothing,
            Some(ins) if hidden => Held::Hidden(ins),
            Some(ins) => Held::InForce(ins),
        };
        Self { held, former }
    }

    /// The INS in force; `None` when there is none or when it was invalidated (DMN INS 32).
    #[must_use]
    pub fn active(&self) -> Option<ActiveIns> {
        match self.held {
            Held::InForce(dated) => Some(ActiveIns(dated.ins)),
            Held::Nothing | Held::Hidden(_) => None,
        }
    }

    /// The INS that is kept but neither shown nor sent (DMN INS 32).
    #[must_use]
    pub fn hidden(&self) -> Option<&Ins> {
        match &self.held {
            Held::Hidden(dated) => Some(&dated.ins),
            Held::Nothing | Held::InForce(_) => None,
        }
    }

    /// The INS held, in force or hidden, with its days: what a register keeps (DMN INS 32).
    #[must_use]
    pub fn held(&self) -> Option<&DatedIns> {
        match &self.held {
            Held::InForce(dated) | Held::Hidden(dated) => Some(dated),
            Held::Nothing => None,
        }
    }

    /// The former ones, oldest knowledge first (EXI REC 08).
    #[must_use]
    pub fn former(&self) -> &[DatedIns] {
        &self.former
    }

    /// Whether the person is or was known by this pair (ins.md §12 row 65).
    #[must_use]
    pub fn knows(&self, ins: &Ins) -> bool {
        self.held().into_iter().chain(&self.former).any(|dated| dated.ins == *ins)
    }

    /// Whether the person is or was known by this pair, one that was invalidated apart (DMN INS 32).
    pub(crate) fn vouches_for(&self, ins: &Ins) -> bool {
        self.active().is_some_and(|active| active.ins() == ins) || self.former.iter().any(|dated| dated.ins == *ins)
    }

    /// Puts an INS in force; another one that was held joins the former ones, which is how a NIA
    /// becomes a NIR without a second record (ins.md §12 rows 62 and 65).
    #[must_use]
    pub(crate) fn put_in_force(&self, active: DatedIns, history: &[DatedIns]) -> Self {
        Self { held: Held::InForce(active), former: self.with_former(&active, history) }
    }

    /// Keeps an INS that nothing here has verified, out of sight (DMN INS 35).
    #[must_use]
    pub(crate) fn put_aside(&self, unverified: DatedIns) -> Self {
        Self { held: Held::Hidden(unverified), former: self.with_former(&unverified, &[]) }
    }

    /// Hides the INS in force and keeps it (DMN INS 32).
    #[must_use]
    pub(crate) fn invalidated(&self) -> Self {
        let held = match self.held {
            Held::InForce(dated) => Held::Hidden(dated),
            Held::Nothing | Held::Hidden(_) => self.held,
        };
        Self { held, former: self.former.clone() }
    }

    fn with_former(&self, held: &DatedIns, history: &[DatedIns]) -> Vec<DatedIns> {
        let mut former = self.former.clone();
        let replaced = self.held().filter(|before| before.ins != held.ins);
        for dated in replaced.into_iter().chain(history) {
            // One pair twice in the answer is kept twice; received again at the next call, it is not.
            if !self.former.contains(dated) {
                former.push(*dated);
            }
        }
        former
    }
}
