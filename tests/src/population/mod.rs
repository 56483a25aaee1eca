//! A French practice, generated: its people, its records, and identities asked about it whose answer is known.
//!
//! Everything follows from a seed; nobody in it exists. A practice streams: what is kept in memory does not grow with it.

mod asked;
mod builtin;
mod household;
mod mistakes;
mod person;
mod query;
mod recorded;
mod rivals;
mod slip;
mod weights;
mod written;

pub use asked::Asked;
pub use household::{Drawn, Household};
pub use person::{Person, PersonId};
pub use query::{Kind, Label, Query, queries};
pub use recorded::{Done, Recorded};
pub use slip::Slip;
pub use weights::{WEIGHTS_FOLDER, Weights, WeightsError, city_of_arrondissement};
pub use written::CSV_HEADINGS;

/// A practice of so many records, drawn from a seed.
#[derive(Debug, Clone)]
pub struct Population<'a> {
    weights: &'a Weights,
    seed: u64,
    size: usize,
}

impl<'a> Population<'a> {
    /// A practice of exactly `size` records.
    #[must_use]
    pub fn new(weights: &'a Weights, seed: u64, size: usize) -> Self {
        Self { weights, seed, size }
    }

    /// Its records, one at a time; the last household may be cut.
    pub fn records(&self) -> impl Iterator<Item = Recorded> {
        self.households().flat_map(|drawn| drawn.records).take(self.size)
    }

    /// How many records it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many of its households have all their records in it; draws them all to know.
    #[must_use]
    pub fn whole_households(&self) -> u64 {
        let mut records = 0;
        let whole = self.households().take_while(|drawn| {
            records += drawn.records.len();
            records <= self.size
        });
        u64::try_from(whole.count()).unwrap_or(u64::MAX)
    }

    /// Draws one household.
    #[must_use]
    pub fn household(&self, number: u64) -> Drawn {
        Drawn::of(self.weights, self.seed, number)
    }

    /// Somebody of it, registered or not.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<Person> {
        let (household, place) = id.parts();
        self.household(household).persons.into_iter().nth(place)
    }

    fn households(&self) -> impl Iterator<Item = Drawn> {
        (0..).map(|number| self.household(number))
    }
}

#[cfg(test)]
mod tests;
