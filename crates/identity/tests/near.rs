//! How many misspelled names are near the right one, and how many other names are near them too.
//!
//! The figures are committed: a change of the rules that finds less, or more of the wrong names, fails here.

use comptoir_identity::{Closeness, NearName, search_key};

const MISSPELLINGS: &str = include_str!("near/misspellings.txt");
const FREQUENT_NAMES: &str = include_str!("near/names.txt");

/// Of a thousand misspellings, those whose right name is at least this near.
const FOUND: [(Closeness, usize); 4] =
    [(Closeness::Same, 33), (Closeness::Alike, 744), (Closeness::OneEdit, 943), (Closeness::TwoEdits, 957)];

/// Of a thousand frequent names, those at least this near to a misspelling that are not the right one.
const FALSE_FRIENDS: [(Closeness, f64); 4] =
    [(Closeness::Same, 0.0), (Closeness::Alike, 1.78), (Closeness::OneEdit, 1.94), (Closeness::TwoEdits, 2.37)];

/// `as written > as it is`, one pair a line.
fn misspellings() -> Vec<(&'static str, &'static str)> {
    MISSPELLINGS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" > ")).collect()
}

fn frequent_names() -> Vec<&'static str> {
    FREQUENT_NAMES.split_whitespace().collect()
}

#[test]
fn the_lists_are_what_the_figures_are_about() {
    let (pairs, names) = (misspellings(), frequent_names());
    assert_eq!((pairs.len(), names.len()), (211, 300));
    let mut distinct = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), names.len(), "a name twice");
    for (written, right) in pairs {
        assert_ne!(written, right, "no misspelling");
    }
}

#[test]
fn misspelled_names_are_found() {
    let pairs = misspellings();
    let near: Vec<Closeness> =
        pairs.iter().map(|(written, right)| NearName::of(written).closeness(&NearName::of(right))).collect();
    for (closeness, least) in FOUND {
        let found = near.iter().filter(|near| **near <= closeness).count() * 1000 / pairs.len();
        println!("{closeness:?} or nearer: {found} of 1000 misspellings");
        assert!(found >= least, "{closeness:?}: {found} of 1000 found, {least} before");
    }
}

#[test]
fn few_other_names_come_with_them() {
    let (pairs, names) = (misspellings(), frequent_names());
    let prepared: Vec<(String, NearName)> = names.iter().map(|name| (search_key(name), NearName::of(name))).collect();
    let mut near = Vec::new();
    let mut compared = 0_u32;
    for (written, right) in &pairs {
        let (written, others) = (NearName::of(written), [search_key(written), search_key(right)]);
        for (_, name) in prepared.iter().filter(|(letters, _)| !others.contains(letters)) {
            near.push(written.closeness(name));
            compared += 1;
        }
    }
    for (closeness, most) in FALSE_FRIENDS {
        let friends = u32::try_from(near.iter().filter(|near| **near <= closeness).count()).unwrap_or(u32::MAX);
        let friends = f64::from(friends) * 1000.0 / f64::from(compared);
        println!("{closeness:?} or nearer: {friends:.2} of 1000 other names");
        assert!(friends <= most, "{closeness:?}: {friends:.2} of 1000 are near, {most} before");
    }
}
