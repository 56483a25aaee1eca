//! The person looked for, prepared once.

use super::names::{KeyId, Names, Sound, first_words, sound};
use super::row::{Bits, PackedDate, Pair};
use comptoir_identity::{BirthName, GivenName, GivenNames, PivotIdentity, PlaceCode, Standing, UsageName, search_key};
use std::borrow::Cow;

/// What a row is compared with before it is worth a comparison by the rules.
pub(super) struct Probe<'a> {
    pub(super) names: Vec<KeyId>,
    pub(super) given_names: Vec<KeyId>,
    /// Birth name and name in use, known to the register or not.
    pub(super) heard: Vec<Heard<'a>>,
    pub(super) heard_given: Option<Heard<'a>>,
    pub(super) date: PackedDate,
    /// A 1st of January that may stand for the year alone.
    pub(super) possibly_partial: bool,
    pub(super) place: Option<PlaceCode>,
    pub(super) bits: Bits,
    pub(super) pair: Option<Pair>,
}

/// The letters of a name, and their sound.
pub(super) struct Heard<'a> {
    pub(super) letters: Cow<'a, str>,
    pub(super) sound: Sound,
}

impl Heard<'_> {
    fn of(name: &str) -> Self {
        let letters = search_key(name);
        Self { sound: sound(&letters), letters: letters.into() }
    }
}

/// How a date stands to the one looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    Equal,
    Compatible,
    Near,
    Far,
}

impl Probe<'_> {
    pub(super) fn of(identity: &PivotIdentity, names: &Names) -> Self {
        let traits = identity.traits();
        let name = traits.birth_name.known().map(BirthName::spelled);
        let usage = traits.usage_name.known().map(UsageName::spelled);
        let first = traits.first_given_name.known().map(GivenName::spelled);
        let list = traits.given_names.known().map(GivenNames::spelled);
        let heard: Vec<Heard<'_>> = name.into_iter().chain(usage).map(Heard::of).collect();
        let mut given_names = Vec::with_capacity(4);
        for word in first.into_iter().chain(list).flat_map(first_words) {
            if let Some(key) = names.find_key(&word).filter(|key| !given_names.contains(key)) {
                given_names.push(key);
            }
        }
        let place = traits.birth_place.filter(PlaceCode::is_known);
        Self {
            names: heard.iter().filter_map(|heard| names.find_key(&heard.letters)).collect(),
            given_names,
            heard,
            heard_given: first.map(Heard::of),
            date: PackedDate::of(traits.birth_date),
            possibly_partial: identity.date_possibly_partial(),
            place,
            bits: Bits::of(place.as_ref(), traits.sex, Standing::PROVISIONAL, false),
            pair: traits.ins.active().map(|active| Pair::of(active.ins())),
        }
    }

    /// Whether a date is in the year looked for, or has its day and month: no other can be near it.
    pub(super) fn may_be_near(&self, date: PackedDate) -> bool {
        let differs = self.date.0 ^ date.0;
        differs >> 9 == 0 || differs.trailing_zeros() >= 9
    }

    pub(super) fn dates(&self, date: PackedDate) -> Dates {
        if date == PackedDate::NONE || self.date == PackedDate::NONE {
            return Dates::Far;
        }
        if date == self.date {
            return if date.is_complete() { Dates::Equal } else { Dates::Compatible };
        }
        let incomplete = !date.is_complete() || !self.date.is_complete();
        if incomplete && date.compatible(self.date) {
            return Dates::Compatible;
        }
        if self.possibly_partial && !date.is_complete() && date.year() == self.date.year() {
            return Dates::Compatible;
        }
        if near(self.date, date) { Dates::Near } else { Dates::Far }
    }

    /// The ranges of dates that are near the one looked for, itself among them.
    pub(super) fn near_dates(&self) -> Vec<(PackedDate, PackedDate)> {
        let (year, month, day) = (self.date.year(), self.date.month(), self.date.day());
        if self.date == PackedDate::NONE {
            return Vec::new();
        }
        // A year alone, or what it is completed with, is near every date of the year.
        if !self.date.is_complete() || completed(self.date) {
            return vec![(PackedDate::new(year, 0, 0), PackedDate::new(year, 15, 31))];
        }
        let one = |year, month, day| {
            let date = PackedDate::new(year, month, day);
            (date, date)
        };
        let mut ranges = vec![
            (PackedDate::new(year, month, 0), PackedDate::new(year, month, 31)),
            one(year, 0, 0),
            one(year, 1, 1),
            one(year, 12, 31),
        ];
        ranges.extend((0..=12).filter(|other| *other != month).map(|other| one(year, other, day)));
        ranges.extend(near_years(year).map(|other| one(other, month, day)));
        if day <= 12 && day != month {
            ranges.push(one(year, day, month));
        }
        ranges
    }
}

/// Years with one digit that differs, or two neighbours exchanged, of the centuries somebody living was born in.
fn near_years(year: u32) -> impl Iterator<Item = u32> {
    let [a, b, c, d] = [year / 1000 * 1000, year / 100 % 10 * 100, year / 10 % 10 * 10, year % 10];
    let digits = (0..10).flat_map(move |digit| [a + b + c + digit, a + b + digit * 10 + d, a + digit * 100 + c + d]);
    let exchanged = [a + b + d * 10 + c / 10, a + c * 10 + b / 10 + d];
    digits.chain(exchanged).filter(move |other| *other != year && (1880..=2060).contains(other))
}

fn near_year(left: u32, right: u32) -> bool {
    let digits = |year: u32| [year / 1000, year / 100 % 10, year / 10 % 10, year % 10];
    let (ours, theirs) = (digits(left), digits(right));
    let differing = ours.iter().zip(&theirs).filter(|(our, their)| our != their).count();
    let [a, b, c, d] = ours;
    differing == 1 || theirs == [a, b, d, c] || theirs == [a, c, b, d]
}

/// Whether a date may be a year alone, completed by the RNIV or by FranceConnect.
fn completed(date: PackedDate) -> bool {
    matches!((date.month(), date.day()), (12, 31) | (1, 1))
}

/// Whether two complete dates are an error of typing apart; the rules look again at what this lets through.
fn near(ours: PackedDate, theirs: PackedDate) -> bool {
    if ours.year() == theirs.year() {
        return ours.month() == theirs.month()
            || ours.day() == theirs.day()
            || completed(ours)
            || completed(theirs)
            || (ours.month() == theirs.day() && ours.day() == theirs.month());
    }
    ours.0 & 511 == theirs.0 & 511 && near_year(ours.year(), theirs.year())
}

#[cfg(test)]
mod tests {
    use super::*;
    use comptoir_identity::{BirthDate, date_near};

    #[test]
    fn what_the_rules_call_a_near_date_is_let_through() {
        let parse = |iso| BirthDate::parse_iso(iso).expect("a date");
        let packed = |iso| PackedDate::of(Some(parse(iso)));
        for (rule, left, right, expected) in [
            ("row 37", "1980-03-12", "1980-12-03", true),
            ("row 38", "1962-08-24", "1926-08-24", true),
            ("one digit of the year", "1962-08-24", "1963-08-24", true),
            ("the century", "1916-08-24", "2016-08-24", false),
            ("the day alone", "1962-08-24", "1962-08-13", true),
            ("the month alone", "1962-08-24", "1962-11-24", true),
            ("the year completed", "1962-08-24", "1962-12-31", true),
            ("all but the year", "1962-08-24", "1962-03-02", false),
        ] {
            assert_eq!(date_near(parse(left), parse(right)), expected, "{rule}: the rules");
            assert!(near(packed(left), packed(right)) || !expected, "{rule}");
        }
    }
}
