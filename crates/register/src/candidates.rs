//! The records that could be the person FranceConnect vouches for.
//!
//! A record is plausible when three of name, first given name, date, sex-and-place agree (or is a twin:
//! name, date and place agree; or a homonym: given name, date and place). So every one of them is found under
//! its date, or under its name with its given name. Wider rings bring the records that are twice mistyped: the
//! date with day and month exchanged, a near date under the name or the given name, the sound and the letters of
//! a name within the date.

use crate::patient::Patient;
use crate::{ReadError, Register};
use comptoir_identity::PivotIdentity;

impl Register {
    /// The records to compare with an identity, each once. Performs I/O when the register changed.
    ///
    /// Order means nothing: the judgement orders what it keeps.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn candidates(&self, identity: &PivotIdentity) -> Result<Vec<Patient>, ReadError> {
        let (memory, source) = self.memory();
        memory.candidates(&source, identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordId;
    use comptoir_identity::{
        BirthDate, BirthName, Candidate, GivenNames, Judgement, PivotClaims, PlaceCode, Sex, Traits, UsageName, judge,
    };
    use jiff::Timestamp;
    use std::collections::{BTreeMap, BTreeSet};

    /// What FranceConnect would say of a person.
    #[derive(Clone)]
    struct Person {
        family_name: String,
        given_names: Vec<String>,
        usage_name: String,
        date: String,
        raw_date: Option<String>,
        gender: &'static str,
        place: String,
    }

    impl Person {
        fn recorded_as(traits: &Traits) -> Self {
            let date = traits.birth_date.map(BirthDate::iso).unwrap_or_default();
            Self {
                family_name: traits.birth_name.known().map(BirthName::raw).unwrap_or_default().to_owned(),
                given_names: traits
                    .given_names
                    .known()
                    .map(GivenNames::raw)
                    .unwrap_or_default()
                    .split(' ')
                    .map(str::to_owned)
                    .collect(),
                usage_name: traits.usage_name.known().map(UsageName::raw).unwrap_or_default().to_owned(),
                date: date.replace("-00", "-01"),
                raw_date: Some(date),
                gender: if traits.sex == Some(Sex::Male) { "male" } else { "female" },
                place: traits.birth_place.as_ref().map(PlaceCode::as_str).unwrap_or_default().to_owned(),
            }
        }

        fn identity(&self) -> PivotIdentity {
            let abroad = self.place.starts_with("99");
            PivotIdentity::from_claims(&PivotClaims {
                family_name: Some(&self.family_name),
                given_name: Some(&self.given_names.join(" ")),
                given_name_array: &self.given_names,
                preferred_username: Some(&self.usage_name),
                birthdate: Some(&self.date),
                idp_birthdate: self.raw_date.as_deref(),
                gender: Some(self.gender),
                birthplace: Some(if abroad { "" } else { &self.place }),
                birthcountry: Some(if abroad { &self.place } else { "99100" }),
            })
        }

        fn born(&mut self, raw: impl Fn(&str, &str, &str) -> String) {
            let mut parts = self.date.split('-').map(str::to_owned);
            let mut part = || parts.next().unwrap_or_default();
            let raw = raw(&part(), &part(), &part());
            self.date = raw.replace("-00", "-01");
            self.raw_date = Some(raw);
        }

        fn first_given_name(&mut self) -> &mut String {
            self.given_names.first_mut().expect("a given name")
        }
    }

    type Change = (&'static str, fn(&mut Person));

    /// How names come back otherwise than they were recorded.
    #[rustfmt::skip]
    const NAMES: &[Change] = &[
        ("as recorded", |_| {}),
        ("hyphens as spaces", |p| p.family_name = p.family_name.replace('-', " ")),
        ("an apostrophe left out", |p| p.family_name = p.family_name.replace('\'', "")),
        ("a name in use beside", |p| p.usage_name = "AJOUTÉ".to_owned()),
        ("the birth name as name in use", |p| p.usage_name = std::mem::replace(&mut p.family_name, "NOUVEAU".to_owned())),
        ("the name in use as birth name", |p| std::mem::swap(&mut p.usage_name, &mut p.family_name)),
        ("another name", |p| p.family_name = "AUTRE".to_owned()),
        ("an unreadable name", |p| p.family_name = "M4RTIN".to_owned()),
        ("a compound given name cut", |p| *p.first_given_name() = p.first_given_name().split('-').next().unwrap_or_default().to_owned()),
        ("a given name that goes on", |p| p.first_given_name().push_str("-ZOÉ")),
        ("one given name for all", |p| p.given_names = vec![p.given_names.join(" ")]),
        ("another given name", |p| *p.first_given_name() = "AUTRE".to_owned()),
    ];

    /// How the rest does.
    #[rustfmt::skip]
    const REST: &[Change] = &[
        ("as recorded", |_| {}),
        ("day unknown", |p| p.born(|year, month, _| format!("{year}-{month}-00"))),
        ("month unknown", |p| p.born(|year, _, day| format!("{year}-00-{day}"))),
        ("year alone", |p| p.born(|year, _, _| format!("{year}-00-00"))),
        ("year alone, completed by FranceConnect", |p| { p.born(|year, _, _| format!("{year}-01-01")); p.raw_date = None; }),
        ("year alone, completed by the RNIV", |p| p.born(|year, _, _| format!("{year}-12-31"))),
        ("day and month exchanged", |p| p.born(|year, month, day| format!("{year}-{day}-{month}"))),
        ("another year", |p| p.born(|_, month, day| format!("1961-{month}-{day}"))),
        ("another place", |p| p.place = "29019".to_owned()),
        ("no sex", |p| p.gender = "unspecified"),
    ];

    fn demonstration() -> Register {
        let register = Register::in_memory().expect("a register");
        crate::demo::fill(&register, "2026-11-24", Timestamp::UNIX_EPOCH).expect("filled");
        register
    }

    #[test]
    fn judging_the_candidates_is_judging_the_whole_register() {
        let register = demonstration();
        let all: Vec<Patient> =
            (1..).map_while(|number| register.patient(RecordId::of(number)).expect("read")).collect();
        assert_eq!(Some(register.count().expect("read")), u64::try_from(all.len()).ok());
        let judged = |identity: &PivotIdentity, patients: &[Patient]| {
            let candidate = |one: &'_ Patient| (one.id, one.traits.clone());
            let patients: Vec<_> = patients.iter().map(candidate).collect();
            let Judgement { outcome, link, candidates, twin, .. } = judge(
                identity,
                patients.iter().map(|(record, traits)| Candidate {
                    record: *record,
                    traits,
                    opened: false,
                    told_apart: false,
                }),
            );
            let records: BTreeSet<_> = candidates.iter().map(|one| one.record).collect();
            (outcome, link, records, twin)
        };
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        for patient in &all {
            for (names, change_names) in NAMES {
                for (rest, change_rest) in REST {
                    let mut person = Person::recorded_as(&patient.traits);
                    change_names(&mut person);
                    change_rest(&mut person);
                    let identity = person.identity();
                    let whole = judged(&identity, &all);
                    let candidates = register.candidates(&identity).expect("read");
                    assert_eq!(judged(&identity, &candidates), whole, "{} with {names}, {rest}", patient.record);
                    for change in [names, rest] {
                        *met.entry(change).or_default() += whole.2.len();
                    }
                }
            }
        }
        assert!(met.values().all(|records| *records > 0), "a change that finds nobody proves nothing: {met:?}");
    }
}
