//! The records that could be the person FranceConnect vouches for.
//!
//! A record is plausible when three of name, first given name, date, sex-and-place agree (or is a twin:
//! name, date and place agree). So every one of them shares a name or a given name *and* the date, or
//! else the name and the given name: two searches find them all, and each is bounded.

use crate::patient::{COLUMNS, Patient, read};
use crate::{ReadError, Register};
use comptoir_identity::{BirthDate, BirthName, PivotIdentity, UsageName, search_key};
use rusqlite::{Connection, Params};
use std::collections::BTreeSet;

/// Records that one search brings; past it, those that share more come first.
const BOUND: i64 = 200;

/// The INS, today's or a former one.
pub(crate) const BY_INS: &str =
    "WHERE p.id IN (SELECT i.patient FROM ins i WHERE i.matricule = ?1 AND i.oid = ?2) AND p.merged_into IS NULL
    ORDER BY p.id LIMIT ?3";

const BY_DATE: &str = "WHERE p.birth_date BETWEEN ?1 AND ?2 AND p.merged_into IS NULL";
const BY_NAMES: &str = "WHERE p.merged_into IS NULL
    AND (p.name_key IN (?1, ?2) OR search_key(p.usage_name) IN (?1, ?2))";

impl Register {
    /// The records to compare with an identity, bounded, each once. Performs I/O.
    ///
    /// Order means nothing: the judgement orders what it keeps.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn candidates(&self, identity: &PivotIdentity) -> Result<Vec<Patient>, ReadError> {
        let connection = self.writer();
        let [name, usage] = names(identity);
        let mut found = Vec::new();
        if let Some(active) = identity.traits().ins.active() {
            let (matricule, oid) = (active.ins().matricule(), active.ins().oid());
            collect(&connection, &mut found, BY_INS, (matricule.as_str(), oid.as_str(), BOUND))?;
        }
        for dates in dates(identity) {
            collect(&connection, &mut found, BY_DATE, dates)?;
        }
        collect(&connection, &mut found, BY_NAMES, (&name, &usage))?;
        Ok(found)
    }
}

/// The dates, first to last, that agree with the identity's, equal or because a part is unknown.
fn dates(identity: &PivotIdentity) -> BTreeSet<(String, String)> {
    let Some(date) = identity.traits().birth_date else { return BTreeSet::new() };
    let year = date.year();
    if !date.is_complete() || identity.date_possibly_partial() {
        return BTreeSet::from([(format!("{year:04}-00-00"), format!("{year:04}-12-31"))]);
    }
    [(date.month(), date.day()), (date.month(), None), (None, date.day()), (None, None)]
        .into_iter()
        .filter_map(|(month, day)| BirthDate::new(year, month, day).ok().map(BirthDate::iso))
        .map(|date| (date.clone(), date))
        .collect()
}

/// The keys of the birth name and of the name in use; the empty key finds nobody.
fn names(identity: &PivotIdentity) -> [String; 2] {
    let traits = identity.traits();
    let key = |name: Option<&str>| name.map(search_key).unwrap_or_default();
    [key(traits.birth_name.known().map(BirthName::spelled)), key(traits.usage_name.known().map(UsageName::spelled))]
}

fn collect(
    connection: &Connection,
    found: &mut Vec<Patient>,
    filter: &str,
    parameters: impl Params,
) -> Result<(), ReadError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM patients p {filter}"))?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        let patient = read(connection, row)?;
        if !found.iter().any(|known: &Patient| known.id == patient.id) {
            found.push(patient);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordId;
    use comptoir_identity::{Candidate, GivenNames, Judgement, PivotClaims, PlaceCode, Sex, Traits, judge};
    use jiff::Timestamp;
    use std::collections::BTreeMap;

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
                patients.iter().map(|(record, traits)| Candidate { record: *record, traits, opened: false }),
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
