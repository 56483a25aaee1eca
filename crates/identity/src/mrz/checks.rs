//! Check digits: weights 7-3-1, modulo 10 (ICAO 9303-3 §4.9).

use std::fmt;

/// What a check digit protects (ICAO 9303).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MrzCheck {
    /// The number of the document.
    Number,
    /// The birth date.
    BirthDate,
    /// The date of expiry.
    Expiry,
    /// The optional characters of a passport.
    Optional,
    /// Several fields together.
    Composite,
}

impl MrzCheck {
    /// Every check, in the order of the zone (ICAO 9303).
    pub const ALL: [Self; 5] = [Self::Number, Self::BirthDate, Self::Expiry, Self::Optional, Self::Composite];
}

/// The check digits that are wrong, at least one when in an error (ins.md §5.3).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct FailedChecks([bool; 5]);

impl FailedChecks {
    /// The checks that failed, in the order of the zone (ins.md §5.3).
    pub fn iter(self) -> impl Iterator<Item = MrzCheck> {
        MrzCheck::ALL.into_iter().zip(self.0).filter_map(|(check, failed)| failed.then_some(check))
    }

    pub(super) fn any(self) -> bool {
        self.0.contains(&true)
    }

    /// Verifies `digit` over the fields; a filled digit is right over a filled field where `may_be_empty`.
    pub(super) fn verify<const N: usize>(
        &mut self,
        check: MrzCheck,
        fields: [&str; N],
        digit: &str,
        may_be_empty: bool,
    ) {
        let cells = || fields.iter().flat_map(|field| field.bytes());
        let empty = may_be_empty && digit == "<" && cells().all(|cell| cell == b'<');
        let computed = check_digit(cells());
        let right = empty || digit.bytes().eq([b'0' + computed]);
        for (of, failed) in MrzCheck::ALL.into_iter().zip(&mut self.0) {
            *failed |= of == check && !right;
        }
    }
}

impl fmt::Debug for FailedChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The check digit of cells that are `0`–`9`, `A`–`Z` or the filling, which counts as nothing.
pub(super) fn check_digit(cells: impl Iterator<Item = u8>) -> u8 {
    let value = |cell: u8| match cell {
        b'0'..=b'9' => cell - b'0',
        b'A'..=b'Z' => cell - b'A' + 10,
        _ => 0,
    };
    // Kept below 10 at each step: a product is 35 × 7 at most.
    [7, 3, 1].into_iter().cycle().zip(cells).fold(0, |sum, (weight, cell)| (sum + weight * value(cell) % 10) % 10)
}
