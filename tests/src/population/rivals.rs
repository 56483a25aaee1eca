//! The records that could be somebody else's: found among all records, in one pass, without any search of the register.
//!
//! The queries are kept, the records pass: memory does not grow with the practice.

use super::query::Query;
use super::recorded::Recorded;
use comptoir_identity::{BirthDate, Ins, PlaceCode, Sex, search_key};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// Hashes the same in every run.
type Hasher = BuildHasherDefault<DefaultHasher>;

/// The traits of one side, folded.
struct Folded {
    /// Birth name and name in use, letters only.
    names: Vec<String>,
    /// The words of the first given name.
    given_name: Vec<String>,
    date: Option<BirthDate>,
    sex: Option<Sex>,
    place: Option<PlaceCode>,
    ins: Option<Ins>,
}

impl Folded {
    fn of_query(query: &Query) -> Self {
        let person = &query.asked.person;
        let usage = person.usage_name.as_deref().unwrap_or_default();
        let sex = query.asked.gender.then_some(person.sex);
        let first = person.first_given_name();
        Self::of([&person.birth_name, usage], first, person.born, sex, person.place, query.asked.ins)
    }

    fn of_record(record: &Recorded) -> Self {
        let names = [record.birth_name.as_str(), record.used_name.as_str()];
        Self::of(names, &record.first_given_name, record.birth_date, record.sex, record.birth_place, record.ins)
    }

    fn of(
        names: [&str; 2],
        given_name: &str,
        date: BirthDate,
        sex: Option<Sex>,
        place: PlaceCode,
        ins: Option<Ins>,
    ) -> Self {
        let folded = |text: &str| Some(search_key(text)).filter(|letters| !letters.is_empty());
        Self {
            names: names.into_iter().filter_map(folded).collect(),
            given_name: given_name.split(['-', ' ', '\'']).filter_map(folded).collect(),
            date: Some(date).filter(|date| date.is_complete()),
            sex,
            place: Some(place).filter(PlaceCode::is_known),
            ins,
        }
    }

    /// Two sides that could be one person have one of these in common.
    fn keys(&self) -> Vec<u64> {
        let hasher = Hasher::default();
        let given_name = self.given_name.first();
        let by_name = self.names.iter().map(|name| hasher.hash_one(("name", given_name, name)));
        let by_date = self.date.iter().map(|date| hasher.hash_one(("date", given_name, date)));
        let by_number = self.ins.iter().map(|ins| hasher.hash_one(("number", ins)));
        by_name.chain(by_date).chain(by_number).collect()
    }

    fn could_be(&self, other: &Self) -> bool {
        let same_ins = self.ins.is_some() && self.ins == other.ins;
        let given_name = self.given_name.iter().zip(&other.given_name).all(|(a, b)| a == b);
        let name = self.names.iter().any(|name| other.names.contains(name));
        let date = self.date.is_some() && self.date == other.date;
        let place = self
            .place
            .zip(other.place)
            .is_some_and(|(ours, theirs)| ours == theirs || ours.same_territory(&theirs).is_some());
        let sex_and_place = place && self.sex.is_some() && self.sex == other.sex;
        let two = [name, date, sex_and_place].into_iter().filter(|ground| *ground).count() >= 2;
        same_ins || (given_name && (two || (date && place)))
    }
}

/// Writes, into each query, the records of others that could be the person's.
pub(super) fn find(queries: &mut [Query], records: impl Iterator<Item = Recorded>) {
    let folded: Vec<Folded> = queries.iter().map(Folded::of_query).collect();
    let mut by_key: HashMap<u64, Vec<usize>, Hasher> = HashMap::default();
    for (place, query) in folded.iter().enumerate() {
        for key in query.keys() {
            by_key.entry(key).or_default().push(place);
        }
    }
    for record in records {
        let of_record = Folded::of_record(&record);
        for key in of_record.keys() {
            for place in by_key.get(&key).into_iter().flatten() {
                let (Some(folded), Some(query)) = (folded.get(*place), queries.get_mut(*place)) else { continue };
                let label = &mut query.label;
                if label.person != Some(record.person)
                    && folded.could_be(&of_record)
                    && label.rivals.last() != Some(&record.external_id)
                {
                    label.rivals.push(record.external_id.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::{Population, Weights, queries};

    #[test]
    fn one_pass_finds_what_comparing_all_with_all_finds() {
        let weights = Weights::builtin().expect("the short list");
        let practice = Population::new(&weights, 3, 2_000);
        let records: Vec<_> = practice.records().collect();
        let folded: Vec<_> = records.iter().map(Folded::of_record).collect();
        let mut met = 0;
        for query in queries(&practice, &weights, 900) {
            let asked = Folded::of_query(&query);
            let all: Vec<&str> = records
                .iter()
                .zip(&folded)
                .filter(|(record, folded)| query.label.person != Some(record.person) && asked.could_be(folded))
                .map(|(record, _)| record.external_id.as_str())
                .collect();
            assert_eq!(query.label.rivals, all, "{}", query.kind);
            met += all.len();
        }
        assert!(met > 100, "{met} rivals prove little");
    }

    #[test]
    fn who_could_be_somebody_is_who_shares_enough() {
        let folded = |name: &str, given: &str, date: &str, sex, place: &str| {
            let date = BirthDate::parse_iso(date).expect("a date");
            Folded::of([name, ""], given, date, sex, PlaceCode::parse(place).expect("a code"), None)
        };
        let (f, m) = (Some(Sex::Female), Some(Sex::Male));
        let anne = folded("LE GOFF", "ANNE-LAURE", "1980-02-03", f, "75107");
        for (rule, other, expected) in [
            ("the same", folded("Le-Goff", "Anne-Laure", "1980-02-03", f, "75107"), true),
            ("another date", folded("LE GOFF", "ANNE-LAURE", "1981-02-03", f, "75107"), true),
            ("another place", folded("LE GOFF", "ANNE-LAURE", "1980-02-03", f, "35238"), true),
            ("another name", folded("MARTIN", "ANNE-LAURE", "1980-02-03", f, "75107"), true),
            ("another name, no sex", folded("MARTIN", "ANNE-LAURE", "1980-02-03", None, "75107"), true),
            ("the city", folded("MARTIN", "ANNE", "1980-02-03", f, "75056"), true),
            ("a twin", folded("LE GOFF", "MARIE", "1980-02-03", f, "75107"), false),
            ("another date and place", folded("LE GOFF", "ANNE-LAURE", "1981-02-03", f, "35238"), false),
            ("another date, no sex", folded("LE GOFF", "ANNE-LAURE", "1981-02-03", None, "75107"), false),
            ("another date and sex", folded("LE GOFF", "ANNE-LAURE", "1981-02-03", m, "75107"), false),
            ("a year alone, elsewhere", folded("LE GOFF", "ANNE-LAURE", "1980-00-00", f, "35238"), false),
        ] {
            assert_eq!((anne.could_be(&other), other.could_be(&anne)), (expected, expected), "{rule}");
        }
    }
}
