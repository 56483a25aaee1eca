//! The count: wrong links, safe ones, right records first, records shown together.

use super::Answer;
use crate::population::Query;
use comptoir_identity::Link;
use std::collections::BTreeMap;
use std::fmt;

/// Records on one screen.
const SCREEN: usize = 5;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A safe link to somebody else's record.
    WrongPerson,
    /// A safe link, where a record of somebody else could be the one.
    RivalPassedOver,
    /// A safe link, where the person has a second record.
    SecondRecordPassedOver,
    /// No safe link, where one is allowed.
    NotSafe,
    /// The right record is shown, not first.
    NotFirst,
    /// The right record is not among the first five.
    NotShown,
    /// Two records that must be shown together are not.
    NotTogether,
}

impl Fault {
    /// Whether it links the wrong record, or passes over one that could be right.
    #[must_use]
    pub fn is_wrong_link(self) -> bool {
        match self {
            Self::WrongPerson | Self::RivalPassedOver | Self::SecondRecordPassedOver => true,
            Self::NotSafe | Self::NotFirst | Self::NotShown | Self::NotTogether => false,
        }
    }

    /// What is wrong with this answer.
    #[must_use]
    pub fn of(query: &Query, answer: &Answer) -> Vec<Self> {
        let label = &query.label;
        let right = |record: &String| label.records.contains(record);
        let mut faults = Vec::new();
        if answer.link == Link::Safe {
            if !answer.plausible.as_ref().is_some_and(right) {
                faults.push(Self::WrongPerson);
            } else if !label.rivals.is_empty() {
                faults.push(Self::RivalPassedOver);
            } else if label.records.len() > 1 {
                faults.push(Self::SecondRecordPassedOver);
            }
        } else if query.may_be_safe() {
            faults.push(Self::NotSafe);
        }
        if !label.records.is_empty() {
            let place = answer.shown.iter().position(right);
            if place.is_none_or(|place| place >= SCREEN) {
                faults.push(Self::NotShown);
            }
            if place != Some(0) && label.first_asked {
                faults.push(Self::NotFirst);
            }
        }
        let on_screen = |record: &str| answer.shown.iter().take(SCREEN).any(|shown| shown == record);
        if !query.shown_together().into_iter().all(on_screen) {
            faults.push(Self::NotTogether);
        }
        faults
    }
}

/// The counts of some queries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Queries.
    pub queries: usize,
    /// Queries for which a safe link is allowed.
    pub may_be_safe: usize,
    /// Safe links where the label allows none, and which are right all the same: the desk's slips that a rule explains.
    pub safe_beyond: usize,
    /// Queries whose person is registered.
    pub registered: usize,
    /// Of these, those whose record can be told from the others.
    pub first_asked: usize,
    /// Queries whose records must be shown together.
    pub together: usize,
    /// Faults, each by what it is.
    pub faults: BTreeMap<Fault, usize>,
}

impl Counts {
    fn add(&mut self, query: &Query, answer: &Answer, faults: &[Fault]) {
        let registered = !query.label.records.is_empty();
        let wrong = faults.iter().any(|fault| fault.is_wrong_link());
        self.queries += 1;
        self.may_be_safe += usize::from(query.may_be_safe());
        self.safe_beyond += usize::from(answer.link == Link::Safe && !query.may_be_safe() && !wrong);
        self.registered += usize::from(registered);
        self.first_asked += usize::from(registered && query.label.first_asked);
        self.together += usize::from(!query.shown_together().is_empty());
        for fault in faults {
            *self.faults.entry(*fault).or_default() += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.queries += other.queries;
        self.may_be_safe += other.may_be_safe;
        self.safe_beyond += other.safe_beyond;
        self.registered += other.registered;
        self.first_asked += other.first_asked;
        self.together += other.together;
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }

    /// How many answers have this fault.
    #[must_use]
    pub fn of(&self, fault: Fault) -> usize {
        self.faults.get(&fault).copied().unwrap_or(0)
    }

    /// How many links are wrong.
    #[must_use]
    pub fn wrong_links(&self) -> usize {
        self.faults.iter().filter(|(fault, _)| fault.is_wrong_link()).map(|(_, count)| count).sum()
    }

    /// Those without the fault, of so many.
    fn without(&self, fault: Fault, of: usize) -> Share {
        Share { of, reached: of - self.of(fault).min(of) }
    }
}

/// So many of so many.
#[derive(Debug, Clone, Copy)]
struct Share {
    reached: usize,
    of: usize,
}

impl Share {
    /// Whether it is so many in a thousand at least; nothing of nothing is.
    fn reaches(self, in_a_thousand: usize) -> bool {
        self.reached * 1_000 >= self.of * in_a_thousand
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of == 0 {
            return f.pad("-");
        }
        let thousandths = self.reached * 10_000 / self.of;
        f.pad(&format!("{}.{:02}", thousandths / 100, thousandths % 100))
    }
}

/// What an evaluation must reach, in thousandths.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Safe, of those that may be.
    pub safe: usize,
    /// The right record first.
    pub first: usize,
    /// The right record among the first five.
    pub shown: usize,
    /// Records shown together.
    pub together: usize,
}

impl Limits {
    /// What is asked of a release.
    pub const RELEASE: Self = Self { safe: 970, first: 980, shown: 990, together: 1_000 };

    /// What is asked where names come from the short list: it has more namesakes than any town, so what is safe and
    /// what comes first says nothing about a release. Wrong links and what is shown are judged all the same.
    pub const SHORT_LIST: Self = Self { safe: 0, first: 0, ..Self::RELEASE };
}

/// The counts by kind of query.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    kinds: BTreeMap<String, Counts>,
    pairs: BTreeMap<String, Counts>,
    undecidable: Counts,
}

impl Tally {
    /// Counts an answer, and says what is wrong with it.
    pub fn add(&mut self, query: &Query, answer: &Answer) -> Vec<Fault> {
        let faults = Fault::of(query, answer);
        if !query.kind.counts() {
            self.undecidable.add(query, answer, &faults);
            return Vec::new();
        }
        self.kinds.entry(query.kind.name().to_owned()).or_default().add(query, answer, &faults);
        let full = query.kind.to_string();
        if full != query.kind.name() {
            self.pairs.entry(full).or_default().add(query, answer, &faults);
        }
        faults
    }

    /// The counts of all queries that count.
    #[must_use]
    pub fn all(&self) -> Counts {
        let mut all = Counts::default();
        for counts in self.kinds.values() {
            all.merge(counts);
        }
        all
    }

    /// The counts of the queries that no rule can decide.
    #[must_use]
    pub fn undecidable(&self) -> &Counts {
        &self.undecidable
    }

    /// What stays below the limits, one sentence each.
    #[must_use]
    pub fn misses(&self, limits: &Limits) -> Vec<String> {
        let all = self.all();
        let mut misses = Vec::new();
        for fault in [Fault::WrongPerson, Fault::RivalPassedOver, Fault::SecondRecordPassedOver] {
            if all.of(fault) > 0 {
                misses.push(format!("{} wrong links ({fault:?})", all.of(fault)));
            }
        }
        for (what, fault, of, limit) in [
            ("safe, of those that may be", Fault::NotSafe, all.may_be_safe, limits.safe),
            ("right record first", Fault::NotFirst, all.first_asked, limits.first),
            ("right record in the first five", Fault::NotShown, all.registered, limits.shown),
            ("shown together", Fault::NotTogether, all.together, limits.together),
        ] {
            let share = all.without(fault, of);
            if !share.reaches(limit) {
                misses.push(format!("{what}: {share} %, {}.{} asked", limit / 10, limit % 10));
            }
        }
        misses
    }

    /// The pairs of differences, the worst first.
    #[must_use]
    pub fn worst_pairs(&self) -> Vec<String> {
        let mut pairs: Vec<_> = self.pairs.iter().filter(|(_, counts)| !counts.faults.is_empty()).collect();
        pairs.sort_by_key(|(_, counts)| {
            let share = counts.without(Fault::NotShown, counts.registered);
            share.reached * 1_000 / share.of.max(1)
        });
        pairs.into_iter().map(|(name, counts)| line(name, counts)).collect()
    }
}

const HEADINGS: [&str; 10] =
    ["", "queries", "wrong", "may", "safe %", "beyond", "known", "first %", "five %", "pairs %"];

fn line(name: &str, counts: &Counts) -> String {
    columns([
        name.to_owned(),
        counts.queries.to_string(),
        counts.wrong_links().to_string(),
        counts.may_be_safe.to_string(),
        counts.without(Fault::NotSafe, counts.may_be_safe).to_string(),
        counts.safe_beyond.to_string(),
        counts.registered.to_string(),
        counts.without(Fault::NotFirst, counts.first_asked).to_string(),
        counts.without(Fault::NotShown, counts.registered).to_string(),
        counts.without(Fault::NotTogether, counts.together).to_string(),
    ])
}

fn columns(cells: [String; 10]) -> String {
    let [name, others @ ..] = cells;
    others.iter().fold(format!("{name:<42}"), |line, cell| format!("{line}{cell:>8}"))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", columns(HEADINGS.map(str::to_owned)))?;
        for (name, counts) in &self.kinds {
            writeln!(f, "{}", line(name, counts))?;
        }
        writeln!(f, "{}", line("all", &self.all()))?;
        let Counts { queries, .. } = self.undecidable;
        let safe = self.undecidable.wrong_links();
        write!(f, "not counted, no rule can decide: {queries} twins of one first name ({safe} linked as safe)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::{Kind, Population, Weights, queries};

    fn answer(link: Link, shown: &[&str]) -> Answer {
        let shown: Vec<String> = shown.iter().map(|record| (*record).to_owned()).collect();
        Answer { link, plausible: shown.first().cloned(), shown }
    }

    fn query(kind: Kind, records: &[&str], rivals: &[&str]) -> Query {
        let weights = Weights::builtin().expect("the short list");
        let practice = Population::new(&weights, 1, 500);
        let mut query = queries(&practice, &weights, 40).pop().expect("a query");
        let texts = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        query.kind = kind;
        query.label.records = texts(records);
        query.label.rivals = texts(rivals);
        query.label.beside = texts(rivals);
        query.label.presentation = true;
        query.label.first_asked = true;
        query
    }

    #[test]
    fn each_fault_is_found_and_no_other() {
        use Fault::{NotFirst, NotSafe, NotShown, NotTogether, RivalPassedOver, SecondRecordPassedOver, WrongPerson};
        use Kind::{Duplicate, Exact, NamesakesNear};
        use Link::{Confirm, None, Safe, Several};
        #[rustfmt::skip]
        let cases: [(&str, Query, Answer, &[Fault]); 12] = [
            ("right", query(Exact, &["A"], &[]), answer(Safe, &["A"]), &[]),
            ("wrong person", query(Exact, &["A"], &[]), answer(Safe, &["B", "A"]), &[WrongPerson, NotFirst]),
            ("unregistered", query(Exact, &[], &["B"]), answer(Safe, &["B"]), &[WrongPerson]),
            ("unregistered, to confirm", query(Exact, &[], &["B"]), answer(Confirm, &["B"]), &[]),
            ("a rival", query(Exact, &["A"], &["B"]), answer(Safe, &["A", "B"]), &[RivalPassedOver]),
            ("a second record", query(Exact, &["A", "A2"], &[]), answer(Safe, &["A", "A2"]), &[SecondRecordPassedOver]),
            ("not safe", query(Exact, &["A"], &[]), answer(Confirm, &["A"]), &[NotSafe]),
            ("a rival, to confirm", query(Exact, &["A"], &["B"]), answer(Several, &["A", "B"]), &[]),
            ("sixth", query(Exact, &["A"], &["B"]), answer(Several, &["B", "C", "D", "E", "F", "A"]), &[NotShown, NotFirst]),
            ("nobody", query(Exact, &["A"], &[]), answer(None, &[]), &[NotSafe, NotShown, NotFirst]),
            ("not together", query(Duplicate, &["A", "A2"], &[]), answer(Confirm, &["A"]), &[NotTogether]),
            ("together", query(NamesakesNear, &["A"], &["B"]), answer(Several, &["A", "B"]), &[]),
        ];
        for (rule, query, answer, expected) in cases {
            assert_eq!(Fault::of(&query, &answer), expected, "{rule}");
        }
    }

    #[test]
    fn limits_are_held_to_the_thousandth() {
        let mut tally = Tally::default();
        let right = answer(Link::Safe, &["A"]);
        for _ in 0..98 {
            tally.add(&query(Kind::Exact, &["A"], &[]), &right);
        }
        assert_eq!(tally.misses(&Limits::RELEASE), Vec::<String>::new());
        let second = answer(Link::Confirm, &["B", "A"]);
        tally.add(&query(Kind::Exact, &["A"], &[]), &second);
        tally.add(&query(Kind::Exact, &["A"], &[]), &second);
        assert_eq!(tally.misses(&Limits::RELEASE), Vec::<String>::new(), "98 of 100 first, 98 of 100 safe");
        tally.add(&query(Kind::Exact, &["A"], &[]), &second);
        assert_eq!(tally.misses(&Limits::RELEASE), ["right record first: 97.02 %, 98.0 asked"]);
        tally.add(&query(Kind::Undecidable, &[], &["B"]), &right);
        assert_eq!((tally.all().queries, tally.undecidable().wrong_links()), (101, 1), "listed apart");
    }
}
