use std::collections::{BTreeMap, BTreeSet};

use super::key::{Key, Saint};
use super::*;

const COMMUNES: &str = include_str!("../../places/communes.tsv");
const COUNTRIES: &str = include_str!("../../places/countries.tsv");
const RENUMBERED: &str = include_str!("../../places/renumbered.tsv");

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn code(text: &str) -> PlaceCode {
    PlaceCode::parse(text).expect("a code")
}

fn shown(place: &Place) -> String {
    format!("{} {} {:?}", place.code.as_str(), place.name, place.kind)
}

fn found(text: &str, limit: usize) -> Vec<String> {
    Place::search(text, limit).iter().map(shown).collect()
}

#[test]
fn franceconnect_places_are_mapped_by_1_7() {
    #[rustfmt::skip]
    let cases = [
        ("born in France", "75107", "99100", Some("75107")),
        ("row 46, a code of before 1976", "20004", "99100", Some("20004")),
        ("row 47, Corsica", "2A115", "99100", Some("2A115")),
        ("row 47, in small letters", " 2a115 ", "99100", Some("2A115")),
        ("row 47, no code", "AAAAA", "99100", None),
        ("row 48", "", "99352", Some("99352")),
        ("row 49, country wins", "90900", "99352", Some("99352")),
        ("free text place", "Alger", "99352", Some("99352")),
        ("row 50", "", "99100", None),
        ("row 51, Polynesia", "98729", "99100", Some("98729")),
        ("row 52, the whole of Paris", "75056", "99100", Some("75056")),
        ("row 54, merged since", "14697", "99100", Some("14697")),
        ("row 95, malformed country", "", "93100", None),
        ("a code of six", "750056", "99100", None),
        ("a code with a letter that is not ASCII", "2Ａ04", "99100", None),
    ];
    for (rule, place, country, expected) in cases {
        let got = PlaceCode::from_franceconnect(place, country);
        assert_eq!(got.as_ref().map(PlaceCode::as_str), expected, "{rule}");
    }
}

#[test]
fn a_code_has_its_own_name_or_says_what_it_became() {
    #[rustfmt::skip]
    let cases = [
        ("row 46", "2A004", "2A004 Ajaccio Commune"),
        ("row 46", "20004", "20004 Ajaccio Former"),
        ("row 47, Foce", "2A115", "2A115 Foce Commune"),
        ("row 48", "99352", "99352 Algérie Country"),
        ("row 51", "98729", "98729 Moorea-Maiao Commune"),
        ("row 51", "98611", "98611 Alo Commune"),
        ("row 52", "75056", "75056 Paris Commune"),
        ("row 52", "75107", "75107 Paris 7e Arrondissement Arrondissement"),
        ("row 54, still delegated", "14010", "14010 Saint-Pierre-en-Auge Former"),
        ("row 54, the seat of a new commune has its name", "14654", "14654 Saint-Pierre-en-Auge Commune"),
        ("a delegated commune", "01039", "01039 Béon Delegated"),
        ("an associated commune", "01120", "01120 Cordieux Associated"),
        ("the Seine was divided in 1968", "75004", "75004 Asnières-sur-Seine Former"),
        ("Mayotte before 2008", "98511", "98511 Mamoudzou Former"),
        ("an island that left Guadeloupe", "97123", "97123 Saint-Barthélemy Former"),
        ("a country that is two today", "99115", "99115 Tchécoslovaquie FormerCountry"),
        ("a code that serves again", "99123", "99123 Russie Country"),
        ("France", "99100", "99100 France Country"),
        ("row 53", "99999", "99999 Lieu de naissance inconnu Country"),
    ];
    for (rule, text, expected) in cases {
        assert_eq!(code(text).place().as_ref().map(shown).as_deref(), Some(expected), "{rule}");
    }
}

#[test]
fn row_47_a_code_that_no_table_has_is_not_refused() {
    for text in ["2A020", "00000", "98999", "99998", "2B999"] {
        let unknown = code(text);
        assert!(unknown.place().is_none(), "{text}");
        assert_eq!(unknown.successors().count(), 0, "{text}");
        assert_eq!(unknown.as_str(), text);
    }
}

#[test]
fn row_50_and_53_a_code_may_say_nothing_of_where() {
    for (text, known, country) in
        [("99999", false, true), ("99100", false, true), ("99352", true, true), ("75056", true, false)]
    {
        assert_eq!((code(text).is_known(), code(text).is_country()), (known, country), "{text}");
    }
}

#[test]
fn one_territory_may_have_two_codes() {
    use Kinship::{Arrondissement, DelegatedOrAssociated, Former};
    #[rustfmt::skip]
    let cases = [
        ("row 46", "20004", "2A004", Some(Former)),
        ("row 46, Haute-Corse", "20020", "2B020", Some(Former)),
        ("row 46, another number", "20004", "2A006", None),
        ("row 47, INSi's own renumbering", "20020", "2A020", Some(Former)),
        ("row 47, not both of today", "2A020", "2B020", None),
        ("row 52", "75056", "75107", Some(Arrondissement)),
        ("row 52, Lyon", "69123", "69383", Some(Arrondissement)),
        ("row 52, Marseille", "13055", "13212", Some(Arrondissement)),
        ("row 52, two arrondissements", "75107", "75108", None),
        ("row 52, two cities", "75056", "69383", None),
        ("row 54, merged in 2016", "14697", "14654", Some(Former)),
        ("row 54, merged in 2016, still delegated", "14061", "14115", Some(DelegatedOrAssociated)),
        ("row 54, two that were merged", "14697", "14010", None),
        ("a delegated commune and its seat", "01039", "01138", Some(DelegatedOrAssociated)),
        ("an associated commune and its seat", "01120", "01262", Some(DelegatedOrAssociated)),
        ("the Seine was divided in 1968", "75004", "92004", Some(Former)),
        ("Seine-et-Oise was divided in 1968", "78018", "95018", Some(Former)),
        ("the Isère lost communes to the Rhône", "38143", "69275", Some(Former)),
        ("the same number in another department", "38275", "69275", None),
        ("Mayotte", "98511", "97611", Some(Former)),
        ("Saint-Martin", "97127", "97801", Some(Former)),
        ("associated today, was part of another before", "55273", "55245", Some(DelegatedOrAssociated)),
        ("a country that is two today", "99115", "99116", Some(Former)),
        ("two that were one", "99116", "99117", None),
        ("the Soviet Union is not Ukraine", "99123", "99155", None),
        ("the same code", "75056", "75056", None),
        ("unknown", "99999", "75056", None),
    ];
    for (rule, a, b, expected) in cases {
        assert_eq!(code(a).same_territory(&code(b)), expected, "{rule}");
        assert_eq!(code(b).same_territory(&code(a)), expected, "{rule}, the other way");
    }
}

#[test]
fn the_packed_tables_hold_every_line_of_the_text_tables() {
    let mut names: BTreeMap<&str, Vec<(&str, PlaceKind)>> = BTreeMap::new();
    for columns in rows(COMMUNES).chain(rows(COUNTRIES)) {
        let kind = match columns[2] {
            "commune" => PlaceKind::Commune,
            "delegated" => PlaceKind::Delegated,
            "associated" => PlaceKind::Associated,
            "arrondissement" => PlaceKind::Arrondissement,
            "country" => PlaceKind::Country,
            "former" => PlaceKind::FormerCountry,
            other => panic!("{other}"),
        };
        names.entry(columns[0]).or_default().push((columns[1], kind));
    }
    assert!(names.len() > 37_000);
    for (text, expected) in &names {
        let got: Vec<_> = table::of_code(code(text))
            .map(|rank| (table::name(rank).expect("a name"), table::entry(rank).expect("an entry")))
            .collect();
        assert_eq!(got.len(), expected.len(), "{text}");
        for ((name, (entry, kind)), expected) in got.iter().zip(expected) {
            assert_eq!(((name.as_str(), *kind), entry.as_str()), (*expected, *text));
        }
    }
}

#[test]
fn every_former_code_leads_to_a_place_of_today() {
    let mut pairs: BTreeSet<(&str, &str)> = rows(RENUMBERED).map(|columns| (columns[0], columns[1])).collect();
    for columns in rows(COMMUNES) {
        pairs.extend(columns.get(5).iter().flat_map(|codes| codes.split(' ')).map(|old| (old, columns[0])));
        pairs.extend(
            columns.get(3).filter(|whole| !["", columns[0]].contains(*whole)).map(|whole| (columns[0], *whole)),
        );
    }
    for columns in rows(COUNTRIES) {
        pairs.extend(columns.get(3).iter().flat_map(|codes| codes.split(' ')).map(|new| (columns[0], new)));
    }
    assert!(pairs.len() > 4_000);
    for (old, new) in pairs {
        assert!(code(old).successors().any(|successor| successor == code(new)), "{old} {new}");
        assert!(code(old).same_territory(&code(new)).is_some(), "{old} {new}");
        assert!(code(old).place().is_some(), "{old}");
        let today = code(new).place().expect("a place of today");
        assert!(matches!(today.kind, PlaceKind::Commune | PlaceKind::Country), "{old} {}", shown(&today));
    }
}

#[test]
fn every_name_is_found_first_by_its_label() {
    let mut by_key: BTreeMap<Vec<u8>, Vec<(&str, &str)>> = BTreeMap::new();
    let mut key = Key::default();
    for columns in rows(COMMUNES).chain(rows(COUNTRIES)) {
        key.fold(columns[1], Saint::AsWritten);
        by_key.entry(key.letters().to_vec()).or_default().push((columns[1], columns[0]));
    }
    for mut namesakes in by_key.into_values() {
        namesakes.sort_unstable();
        let places = Place::search(namesakes[0].0, namesakes.len());
        let mut found: Vec<_> = places.iter().map(|place| (place.name.as_str(), place.code.as_str())).collect();
        found.sort_unstable();
        assert_eq!(found, namesakes);
    }
}

#[test]
fn every_commune_is_found_by_its_postal_codes() {
    let mut by_postal_code: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for columns in rows(COMMUNES) {
        for postal_code in columns.get(4).iter().flat_map(|codes| codes.split(' ')).filter(|code| !code.is_empty()) {
            by_postal_code.entry(postal_code).or_default().insert(columns[0]);
        }
    }
    assert!(by_postal_code.len() > 6_000);
    for (postal_code, codes) in by_postal_code {
        let places = Place::search(postal_code, usize::MAX);
        let found: BTreeSet<&str> = places.iter().map(|place| place.code.as_str()).collect();
        assert!(codes.is_subset(&found), "{postal_code}");
        assert!(found.iter().all(|code| codes.contains(code) || *code == postal_code), "{postal_code}");
    }
}

#[test]
fn places_are_found_as_people_write_them() {
    #[rustfmt::skip]
    let cases = [
        ("an apostrophe and a diaeresis", "L'Haÿ-les-Roses", "94038 L'Haÿ-les-Roses Commune"),
        ("without them", "hay les roses", "94038 L'Haÿ-les-Roses Commune"),
        ("a word inside", "mesnil-esnard", "76429 Le Mesnil-Esnard Commune"),
        ("a ligature", "OEUF-EN-TERNOIS", "62633 Œuf-en-Ternois Commune"),
        ("a ligature, typed", "œuf en", "62633 Œuf-en-Ternois Commune"),
        ("a typographic apostrophe", "l’abergement clem", "01001 L'Abergement-Clémenciat Commune"),
        ("an accent written apart", "Be\u{301}on", "01039 Béon Delegated"),
        ("without its article", "havre", "76351 Le Havre Commune"),
        ("without its article, before what begins so", "Mans", "72181 Le Mans Commune"),
        ("St", "St-Étienne", "42218 Saint-Étienne Commune"),
        ("Ste", "ste marie aux mines", "68298 Sainte-Marie-aux-Mines Commune"),
        ("Stes", "Stes Maries de la Mer", "13096 Saintes-Maries-de-la-Mer Commune"),
        ("St is also a beginning", "strasb", "67482 Strasbourg Commune"),
        ("an arrondissement", "paris 7", "75107 Paris 7e Arrondissement Arrondissement"),
        ("an arrondissement, another way", "LYON 03EME", "69383 Lyon 3e Arrondissement Arrondissement"),
        ("a country", "algerie", "99352 Algérie Country"),
        ("a country of before", "yougoslavie", "99121 Yougoslavie FormerCountry"),
        ("a country by its other name", "cote d ivoire", "99326 Côte d'Ivoire Country"),
        ("a code", "2a115", "2A115 Foce Commune"),
        ("a former code", "20004", "20004 Ajaccio Former"),
        ("a place code, before the same postal code", "97419", "97419 Sainte-Rose Commune"),
        ("a postal code with a space", "94 240", "94038 L'Haÿ-les-Roses Commune"),
        ("a postal code before the former place code", "75004", "75056 Paris Commune"),
    ];
    for (rule, text, expected) in cases {
        assert_eq!(found(text, 1), [expected], "{rule}");
    }
}

#[test]
fn the_better_answer_comes_first() {
    // Exact, exact but for its article, prefix, word inside; each in the order of names.
    let mut ranks = BTreeSet::new();
    for text in ["roche", "rennes", "st denis", "havre", "Croix", "paris", "corée", "guinée", "mont", "st"] {
        let mut key = Key::default();
        let mut fold = |name: &str| {
            key.fold(name, Saint::WrittenOut);
            (key.letters().to_vec(), key.words().to_vec())
        };
        let (typed, _) = fold(text);
        let places = Place::search(text, 2_000);
        let order: Vec<_> = places
            .iter()
            .map(|place| {
                let (letters, words) = fold(&place.name);
                let article = words.get(1).is_some_and(|start| {
                    ["L", "LA", "LE", "LES"].contains(&std::str::from_utf8(&letters[..*start]).expect("ASCII"))
                        && letters[*start..] == typed
                });
                let rank = match (letters == typed, article, letters.starts_with(&typed)) {
                    (true, _, _) => 0,
                    (_, true, _) => 1,
                    (_, _, true) => 2,
                    (_, _, false) => 3,
                };
                (rank, letters)
            })
            .filter(|(_, letters)| text != "st" || letters.starts_with(b"SAINT"))
            .collect();
        assert!(order.is_sorted(), "{text}: {order:?}");
        ranks.extend(order.iter().map(|(rank, _)| *rank));
    }
    assert_eq!(ranks, BTreeSet::from([0, 1, 2, 3]));
    assert_eq!(found("congo", 4)[..2], ["99324 Congo Country", "99312 Congo belge FormerCountry"]);
}

#[test]
fn an_abbreviation_is_read_both_ways() {
    let names: Vec<String> = Place::search("st", usize::MAX).into_iter().map(|place| place.name).collect();
    assert!(names.iter().any(|name| name == "Saint-Denis") && names.iter().any(|name| name == "Strasbourg"));
}

#[test]
fn the_beginning_of_a_postal_code_lists_its_communes_by_name() {
    let names: Vec<String> = Place::search("974", usize::MAX).into_iter().map(|place| place.name).collect();
    assert_eq!(names.len(), 24);
    assert_eq!(
        (names.first().map(String::as_str), names.last().map(String::as_str)),
        (Some("Bras-Panon"), Some("Salazie"))
    );
    assert!(["9", "974190"].iter().all(|digits| Place::search(digits, 5).is_empty()));
}

#[test]
fn no_text_makes_the_search_fail() {
    let long = "é".repeat(10_000);
    #[rustfmt::skip]
    let odd = [
        "", " ", "-", "'", "\0", "\u{301}", "1", "99", "000", "99999", "999999", "2A", "2A00é", "é", "日本", "St", "STE ",
        "st st st", "0", "٣٤", "75\u{a0}007", "\u{1f469}\u{200d}\u{2695}", "%_*\\", "L'", "7e", "1er", "-1", "+7500", &long,
    ];
    for text in odd {
        for limit in [0, 1, 7] {
            assert!(Place::search(text, limit).len() <= limit, "{text:.20}");
        }
    }
    assert!(["", "日本", "\u{301}"].iter().all(|text| Place::search(text, 5).is_empty()));
}

#[test]
fn the_tables_stay_small_in_the_program() {
    assert!(table::size() < 700_000, "{}", table::size());
}

#[test]
fn a_place_does_not_print_itself() {
    let place = code("75107").place();
    assert_eq!(format!("{place:?} {:?}", code("75107")), "Some(Place([personal])) PlaceCode([personal])");
}

#[test]
fn a_label_names_every_place_that_bears_it_and_no_other() {
    for (rule, label, expected) in [
        ("one place", "besancon", vec!["25056"]),
        ("Saint cut short", "St Malo", vec!["35288"]),
        ("an arrondissement", "PARIS 07 ARRONDISSEMENT", vec!["75107"]),
        ("a country", "ALGÉRIE", vec!["99352"]),
        ("no beginning", "BESANC", vec![]),
        ("no article left out", "HAVRE", vec![]),
        ("a code is no label", "75107", vec![]),
        ("nothing", " ", vec![]),
    ] {
        let named: Vec<String> = Place::named(label).iter().map(|place| place.code.as_str().to_owned()).collect();
        assert_eq!(named, expected, "{rule}");
    }
    let named = Place::named("Saint-Denis");
    assert!(named.len() > 3 && named.iter().all(|place| place.name == "Saint-Denis"));
}
