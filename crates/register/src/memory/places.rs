//! Which place codes could be one territory: the few that have become others, or that others have become.

use comptoir_identity::PlaceCode;
use std::collections::{HashMap, HashSet};

/// The places met, in groups that a rule may call one territory (ins.md §12 rows 46, 52 and 54).
///
/// Most codes stand alone, and are told apart here without asking the tables.
#[derive(Default)]
pub(super) struct Places {
    met: HashSet<PlaceCode>,
    /// Towards the code that stands for the group.
    towards: HashMap<PlaceCode, PlaceCode>,
}

impl Places {
    /// Takes a place that the register holds.
    pub(super) fn meet(&mut self, place: PlaceCode) {
        if self.met.insert(place) {
            for successor in place.successors() {
                let (one, other) = (self.group(place), self.group(successor));
                self.towards.insert(one, other);
                self.towards.entry(other).or_insert(other);
            }
        }
    }

    /// Whether a place looked for and one that was met are one, or one territory.
    pub(super) fn one_territory(&self, looked_for: PlaceCode, met: PlaceCode) -> bool {
        // Of a place where no record was born, nothing was learnt.
        let may_be =
            || is_corsican(looked_for) || !self.met.contains(&looked_for) || self.group(looked_for) == self.group(met);
        looked_for == met || (may_be() && looked_for.same_territory(&met).is_some())
    }

    fn group(&self, place: PlaceCode) -> PlaceCode {
        let mut place = place;
        while let Some(next) = self.towards.get(&place).filter(|next| **next != place) {
            place = *next;
        }
        place
    }
}

/// Corsican codes changed by their number, which no table holds.
fn is_corsican(place: PlaceCode) -> bool {
    place.as_str().starts_with('2') && place.as_str().get(1..2).is_some_and(|sign| matches!(sign, "0" | "A" | "B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_never_part_what_the_rules_call_one_territory() {
        let codes = [
            "75056", "75107", "75115", "69123", "69387", "69674", "20004", "2A004", "2B033", "99352", "92352", "29019",
            "01165", "01003", "01018", "01033", "99405", "99350", "49001", "49092", "20020", "2A020",
        ];
        let codes: Vec<PlaceCode> = codes.iter().map(|code| PlaceCode::parse(code).expect("a code")).collect();
        let mut places = Places::default();
        // Every other one is only asked for: whoever is looked for may be born where no record is.
        codes.iter().step_by(2).for_each(|code| places.meet(*code));
        for left in codes.iter().step_by(2) {
            for right in &codes {
                let expected = left == right || left.same_territory(right).is_some();
                assert_eq!(places.one_territory(*right, *left), expected, "{} {}", right.as_str(), left.as_str());
            }
        }
    }
}
