//! The first twenty lines of ins.md §12, and the decisions on outcomes, as tables.

use super::*;
use crate::{
    BirthDate, BirthName, GivenName, GivenNames, Hint, Ins, InsOid, InsRecord, Matricule, Note, PivotClaims, PlaceCode,
    Sex, Side, UsageName, search_key,
};

/// `name / first / list / AAAA-MM-JJ / sex / place / usage`, an empty part is absent.
fn local(line: &str) -> Traits {
    let part: Vec<Option<&str>> = line.split('/').map(|p| Some(p.trim()).filter(|p| !p.is_empty())).collect();
    let at = |i: usize| part.get(i).copied().flatten();
    Traits {
        birth_name: Stated::parse(at(0), BirthName::parse),
        first_given_name: Stated::parse(at(1), GivenName::parse),
        given_names: Stated::parse(at(2).or(at(1)), GivenNames::parse),
        birth_date: at(3).map(|text| BirthDate::parse_iso(text).expect("a date")),
        sex: at(4).and_then(Sex::from_letter),
        birth_place: at(5).map(|text| PlaceCode::parse(text).expect("a place")),
        usage_name: Stated::parse(at(6), UsageName::parse),
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    }
}

/// `family / given / AAAA-MM-JJ / gender / place / preferred`, the date is raw too.
fn pivot(line: &str) -> PivotIdentity {
    let part: Vec<Option<&str>> = line.split('/').map(|p| Some(p.trim()).filter(|p| !p.is_empty())).collect();
    let at = |i: usize| part.get(i).copied().flatten();
    PivotIdentity::from_claims(&PivotClaims {
        family_name: at(0),
        given_name: at(1),
        birthdate: at(2),
        idp_birthdate: at(2),
        gender: at(3),
        birthplace: at(4),
        birthcountry: Some("99100"),
        preferred_username: at(5),
        ..PivotClaims::default()
    })
}

fn alone(register: &str, franceconnect: &str) -> Judgement<u8> {
    let traits = local(register);
    judge(&pivot(franceconnect), [Candidate { record: 1, traits: &traits, opened: false, told_apart: false }])
}

const EQUAL: Finding = Finding::Equal(None);
const HYPHEN: Finding = Finding::Explained(Explanation::Hyphen);

#[test]
fn the_first_twenty_lines_of_the_case_table() {
    use Outcome::{Concordant, Discordant, Explained, UnusableIdentity};
    let rest = "/JEAN/JEAN/1980-05-04/M/75056";
    let theirs = "/Jean/1980-05-04/male/75056";
    let long = "AZERTYUIOPMLKJHGFDSQWXCVBNAZERTYUIOPMLKJHGFDSQWXCVBN";
    let hundred = "B".repeat(100);
    let one_more = "B".repeat(101);
    let unreadable = Finding::Unreadable(Side::FranceConnect);
    // Row, register's name, FranceConnect's name (and usage name), finding on the birth name, outcome.
    let cases: &[(&str, &str, &str, &str, Finding, Outcome)] = &[
        ("1", "DUBINORE", "DUBINÔRE", "", Finding::Equal(Some(Note::Accent)), Concordant),
        ("2", "DURANTEAEUOOEAEOEAE", "DURANTéàèùòœæŒÆ", "", Finding::Equal(Some(Note::Accent)), Concordant),
        ("3", "CHAPELLE", "CHAP'ELLE", "", HYPHEN, Explained),
        ("4", "CHAP’ELLE", "CHAP'ELLE", "", Finding::Equal(Some(Note::Typography)), Concordant),
        ("5", "CENTUN", "CENT UN", "", Finding::Conflict(Some(Hint::JoinedWords)), Discordant),
        ("6", "TROIS DUPRE", "TROIS-DUPRE", "", HYPHEN, Explained),
        ("7", "MARTIN--DUPONT", "MARTIN-DUPONT", "", HYPHEN, Explained),
        ("8", " MARTIN", "MARTIN", "", EQUAL, Concordant),
        ("9", "'T HART", "'T HART", "", EQUAL, Concordant),
        ("10", "O BRIEN", "O' BRIEN", "", unreadable, Explained),
        ("12", "JEAN", "Jean_Compose", "", unreadable, Explained),
        ("13", "MARTIN", "MARTIN 2", "", unreadable, Explained),
        ("14", long, long, "", EQUAL, Concordant),
        ("15", &hundred, &hundred, "", EQUAL, Concordant),
        ("15, 101", &hundred, &one_more, "", unreadable, Explained),
        ("16", "DUBOIS", "MERCIER", "DUBOIS", Finding::Conflict(Some(Hint::UsageNameAsBirthName)), Discordant),
        ("18", "SEGUIN", "SÉGUIN", "", Finding::Equal(Some(Note::Accent)), Concordant),
        ("19", "BAVERANS", "baverans", "", Finding::Equal(Some(Note::Case)), Concordant),
        ("20", "MARTIN", "", "", Finding::Absent(Side::FranceConnect), UnusableIdentity),
    ];
    for (row, ours, name, usage, finding, outcome) in cases {
        let traits = local(&format!("{ours}{rest}"));
        let judgement = judge(
            &pivot(&format!("{name}{theirs}/{usage}")),
            [Candidate { record: 1, traits: &traits, opened: true, told_apart: false }],
        );
        let got = judgement.candidates.first().map(|one| one.concordance.get(Trait::BirthName));
        assert_eq!((got, judgement.outcome), (Some(*finding), *outcome), "row {row}");
    }
    // Row 5: the search finds both. Row 11: refused while parsing (see `name`). Row 17: a proposal.
    assert_eq!(search_key("CENTUN"), search_key("CENT UN"), "row 5");
    let proposal = alone(&format!("CHEVAL{rest}"), &format!("CHEVAL{theirs}/POULAIN"));
    let usage = proposal.candidates.first().map(|one| one.concordance.get(Trait::UsageName));
    assert_eq!(usage, Some(Finding::Explained(Explanation::UsageNameAdded)), "row 17");
    let missing = alone("MARTIN/JEAN//1980-05-04/M/97601", "MARTIN//1980-05-04/male/97601");
    assert_eq!((missing.outcome, missing.missing), (UnusableIdentity, vec![Trait::FirstGivenName]), "row 21");
}

#[test]
fn given_names_dates_and_places_by_their_rows() {
    use Outcome::{Concordant, Discordant, Explained, Unknown};
    for (row, ours, theirs, of, finding, outcome) in [
        (
            "26",
            "HUCHE/ANNE/ANNE/1945-09-30/F/31555",
            "HUCHE/Anne-Laure/1945-09-30/female/31555",
            Trait::FirstGivenName,
            Finding::Explained(Explanation::CompoundCut),
            Explained,
        ),
        (
            "25",
            "HUCHE/JEAN/JEAN/1945-09-30/F/31555",
            "HUCHE/Jeanne/1945-09-30/female/31555",
            Trait::FirstGivenName,
            Finding::Conflict(Some(Hint::Twin)),
            Unknown,
        ),
        (
            "24",
            "HUCHE/JEAN/JEAN CHRISTOPHE/1945-09-30/M/31555",
            "HUCHE/Jean-Christophe/1945-09-30/male/31555",
            Trait::GivenNames,
            HYPHEN,
            Explained,
        ),
        (
            "22",
            "HUCHE/JEAN-CHRISTOPHE/JEAN CHRISTOPHE PIERRE/1945-09-30/M/31555",
            "HUCHE/Jean Christophe Pierre/1945-09-30/male/31555",
            Trait::FirstGivenName,
            Finding::Explained(Explanation::GivenNamesPrefix),
            Explained,
        ),
        (
            "29",
            "HOCHON/EMMANUEL/EMMANUEL VALENTIN/1955-01-01/M/69674",
            "HOCHON/Valentin Emmanuel/1955-01-01/male/69674",
            Trait::FirstGivenName,
            Finding::Conflict(Some(Hint::GivenNamesOrder)),
            Unknown,
        ),
        (
            "prefix",
            "DUPRE/LISE/LISE/1981-07-27/F/13012",
            "DUPRE/Lise Juliette/1981-07-27/female/13012",
            Trait::GivenNames,
            Finding::Explained(Explanation::GivenNamesPrefix),
            Explained,
        ),
        (
            "31",
            "TARGE/JEAN/JEAN/1992-00-00/M/75056",
            "TARGE/Jean/1992-00-00/male/75056",
            Trait::BirthDate,
            Finding::Explained(Explanation::PresumedDate),
            Explained,
        ),
        (
            "37",
            "TARGE/JEAN/JEAN/1980-03-12/M/75056",
            "TARGE/Jean/1980-12-03/male/75056",
            Trait::BirthDate,
            Finding::Conflict(Some(Hint::DayMonthSwapped)),
            Discordant,
        ),
        (
            "38",
            "TARGE/JEAN/JEAN/1962-08-24/M/75056",
            "TARGE/Jean/1926-08-24/male/75056",
            Trait::BirthDate,
            Finding::Conflict(Some(Hint::DigitsTransposed)),
            Discordant,
        ),
        (
            "42",
            "LAFORGE/CAMILLE/CAMILLE/1954-08-07/F/75119",
            "LAFORGE/Camille/1954-08-07/unspecified/75119",
            Trait::Sex,
            Finding::Absent(Side::FranceConnect),
            Explained,
        ),
        (
            "44",
            "LAFORGE/CAMILLE/CAMILLE/1954-08-07/I/75119",
            "LAFORGE/Camille/1954-08-07/female/75119",
            Trait::Sex,
            Finding::Conflict(None),
            Discordant,
        ),
        (
            "46",
            "BROSSE/MARIO/MARIO/1981-02-03/M/20004",
            "Brosse/Mario/1981-02-03/male/2A004",
            Trait::BirthPlace,
            Finding::Explained(Explanation::FormerCommune),
            Explained,
        ),
        (
            "52",
            "DUBOIS/ANGELA/ANGELA/1962-08-24/F/75056",
            "DUBOIS/Angela/1962-08-24/female/75107",
            Trait::BirthPlace,
            Finding::Explained(Explanation::Arrondissement),
            Explained,
        ),
        (
            "53",
            "DUBOIS/ANGELA/ANGELA/1962-08-24/F/99999",
            "DUBOIS/Angela/1962-08-24/female/75107",
            Trait::BirthPlace,
            Finding::Absent(Side::Register),
            Explained,
        ),
        (
            "94",
            "BROSSE/MARIO/MARIO/1981-02-03/M/2A004",
            "Brosse/Mario/1981-02-03/male/2A004",
            Trait::BirthName,
            Finding::Equal(Some(Note::Case)),
            Concordant,
        ),
    ] {
        let judgement = alone(ours, theirs);
        let got = judgement.candidates.first().map(|one| one.concordance.get(of));
        assert_eq!((got, judgement.outcome), (Some(finding), outcome), "row {row}");
    }
}

#[test]
fn outcome_and_link_follow_the_decisions() {
    use Link::{Confirm, Safe, Several};
    let person = "BROSSE/Mario/1981-02-03/male/2A004";
    let twin = "BROSSE/LUIGI/LUIGI/1981-02-03/M/2A004";
    let mario = "BROSSE/MARIO/MARIO/1981-02-03/M/2A004";
    let father = "BROSSE/MARIO/MARIO/1951-06-11/M/2A004";
    let married = "ROSSI/MARIO/MARIO/1981-02-03/M/2A004";
    let stranger = "DURAND/PAUL/PAUL/1970-01-02/M/59350";
    let nameless = "ROSSI/MARIO/MARIO/1981-02-03//2A004";
    let year = "BROSSE/MARIO/MARIO/1981-00-00//99999";
    let cut = "BROSSE/MARIO/MARIO/1981-02-00/M/2A004";
    for (rule, records, opened, outcome, link, first, shown_twin) in [
        ("exact", vec![mario], None, Outcome::Concordant, Safe, Some(0), false),
        ("nobody", vec![], None, Outcome::Unknown, Link::None, None, false),
        ("a stranger is not shown", vec![stranger], None, Outcome::Unknown, Link::None, None, false),
        ("a twin is Unknown with the banner", vec![twin], None, Outcome::Unknown, Link::None, Some(0), true),
        ("a twin opened first too", vec![twin], Some(0), Outcome::Unknown, Link::None, Some(0), true),
        (
            "the wrong twin opened, the right one there",
            vec![twin, mario],
            Some(0),
            Outcome::Discordant,
            Confirm,
            Some(0),
            true,
        ),
        (
            "a homonym without a sex, under another name, forbids safe",
            vec![mario, nameless],
            None,
            Outcome::Concordant,
            Confirm,
            Some(0),
            false,
        ),
        ("a year alone is no ground, and is shown", vec![year], None, Outcome::Unknown, Link::None, Some(0), false),
        ("the right twin of two", vec![twin, mario], None, Outcome::Concordant, Safe, Some(1), true),
        ("two that fit", vec![mario, mario], None, Outcome::Several, Several, Some(0), false),
        ("two that fit, one opened", vec![mario, mario], Some(1), Outcome::Several, Several, Some(1), false),
        ("parent and child", vec![father], None, Outcome::Discordant, Confirm, Some(0), false),
        (
            "parent beside the right one forbids safe",
            vec![father, mario],
            None,
            Outcome::Concordant,
            Several,
            Some(1),
            false,
        ),
        (
            "a homonym under another name forbids safe",
            vec![mario, married],
            None,
            Outcome::Concordant,
            Several,
            Some(0),
            false,
        ),
        (
            "a stranger opened first is judged",
            vec![stranger, mario],
            Some(0),
            Outcome::Discordant,
            Confirm,
            Some(0),
            false,
        ),
        ("a partial date is never safe", vec![cut], None, Outcome::Explained, Confirm, Some(0), false),
    ] {
        let traits: Vec<Traits> = records.iter().map(|line| local(line)).collect();
        let candidates = traits.iter().enumerate().map(|(record, traits)| Candidate {
            record,
            traits,
            opened: opened == Some(record),
            told_apart: false,
        });
        let judgement = judge(&pivot(person), candidates);
        let got =
            (judgement.outcome, judgement.link, judgement.candidates.first().map(|one| one.record), judgement.twin);
        assert_eq!(got, (outcome, link, first, shown_twin), "{rule}");
    }
}

#[test]
fn a_first_of_january_without_a_raw_date_is_confirmed_by_a_person() {
    let identity = PivotIdentity::from_claims(&PivotClaims {
        family_name: Some("HOCHON"),
        given_name: Some("Valentin"),
        birthdate: Some("1955-01-01"),
        gender: Some("male"),
        birthplace: Some("69674"),
        birthcountry: Some("99100"),
        ..PivotClaims::default()
    });
    let traits = local("HOCHON/VALENTIN/VALENTIN/1955-01-01/M/69674");
    let judgement = judge(&identity, [Candidate { record: 1, traits: &traits, opened: false, told_apart: false }]);
    assert_eq!((judgement.outcome, judgement.link), (Outcome::Concordant, Link::Confirm));
}

#[test]
fn the_lines_of_12_7_that_a_comparison_decides() {
    use Outcome::{Discordant, Several, Unknown};
    let mercier = "MERCIER/Pierre/1969-03-17/male/95277";
    for (row, records, opened, theirs, outcome, link) in [
        (
            "row 5",
            vec!["CENTUN/CVONZE/CVONZE/1983-06-01/M/39068", "CENT UN/CVONZE/CVONZE/1983-06-01/M/39068"],
            None,
            "CENT UN/Cvonze/1983-06-01/male/39068",
            Several,
            Link::Several,
        ),
        (
            "row 94",
            vec!["BROSSE/LUIGI/LUIGI/1981-02-03/M/2B050/LUIGI"],
            None,
            "Brosse/Mario/1981-02-03/male/2A004/Mario",
            Unknown,
            Link::None,
        ),
        (
            "row 95",
            vec!["CASA MILA/ANA/ANA/1986-01-01/F/75115", "CASA MILA/ANA/ANA/1986-01-01/F/75115"],
            None,
            "CASA MILA/Ana/1986-01-01/female/75115",
            Several,
            Link::Several,
        ),
        (
            "row 97",
            vec!["ADRTROIS/TOUSSAINT/TOUSSAINT/1960-01-01/M/2B020"],
            None,
            "ADRTROIS/Dominique/1997-02-26/female/2A020",
            Unknown,
            Link::None,
        ),
        (
            "row 103",
            vec!["DUBOIS/ANGELA/ANGELA/1962-08-24/F/75107"],
            Some(0),
            "DUBOIS/Marc/1960-02-11/male/75107",
            Discordant,
            Link::None,
        ),
        ("row 105", vec!["MERCIER/PIERRE/PIERRE/1969-07-13/M/95277"], Some(0), mercier, Discordant, Link::Confirm),
    ] {
        let traits: Vec<Traits> = records.iter().map(|line| local(line)).collect();
        let candidates = traits.iter().enumerate();
        let judgement = judge(
            &pivot(theirs),
            candidates.map(|(record, traits)| Candidate {
                record,
                traits,
                opened: opened == Some(record),
                told_apart: false,
            }),
        );
        assert_eq!((judgement.outcome, judgement.link), (outcome, link), "{row}");
    }
}

#[test]
fn of_two_that_rules_find_alike_the_nearer_written_comes_first() {
    let far = local("BENSALEM/LUCILE/LUCILE/1979-10-09/F/30189");
    let near = local("VOLLANGES/LUCILE/LUCILE/1979-10-09/F/30189");
    let person = pivot("VOLANGES/Lucile/1979-10-09/female/30189");
    for order in [[1, 2], [2, 1]] {
        let records = order.map(|record| (record, if record == 1 { &far } else { &near }));
        let candidates = records.map(|(record, traits)| Candidate { record, traits, opened: false, told_apart: false });
        let shown: Vec<u8> = judge(&person, candidates).candidates.iter().map(|one| one.record).collect();
        assert_eq!(shown, [2, 1]);
    }
}

#[test]
fn a_record_twice_mistyped_is_shown_and_never_linked() {
    let person = "BROSSARD/Mario/1981-02-03/male/2A004/LEGRAND";
    for (rule, record, shown) in [
        ("name and date mistyped", "BROSARD/MARIO/MARIO/1981-03-02/M/2A004", true),
        ("name and place", "BROSARD/MARIO/MARIO/1981-02-03/M/59350", true),
        ("a particle and the place", "DE BROSSARD/MARIO/MARIO/1981-02-03/M/59350", true),
        ("a second name and the place", "BROSSARD--LEROY/MARIO/MARIO/1981-02-03/M/59350", true),
        ("given name and date", "BROSSARD/MARO/MARO/1981-02-08/M/2A004", true),
        ("given names exchanged, and the place", "BROSSARD/LUC/LUC MARIO/1981-02-03/M/59350", true),
        ("the name in use mistyped, and the place", "LEGRANT/MARIO/MARIO/1981-02-03/M/59350", true),
        ("the year kept and completed, another name", "AUTRE/MARIO/MARIO/1981-12-31/M/2A004", true),
        ("no sex, date mistyped", "BROSSARD/MARIO/MARIO/1981-03-02//2A004", true),
        ("another name and another place", "DURAND/MARIO/MARIO/1981-02-03/M/59350", false),
        ("another date and another place", "BROSSARD/MARIO/MARIO/1964-07-21/M/59350", false),
        ("another name and another date", "DURAND/MARIO/MARIO/1964-07-21/M/2A004", false),
    ] {
        let judgement = alone(record, person);
        let resemblance = judgement.candidates.first().map(|one| one.resemblance);
        assert_eq!(resemblance, shown.then_some(Resemblance::Near), "{rule}");
        assert_eq!((judgement.outcome, judgement.link), (Outcome::Unknown, Link::None), "{rule}");
    }
}

#[test]
fn a_number_kept_aside_shows_a_record_and_forbids_safe_where_it_is_another() {
    let pair = |number, key| Ins::new(Matricule::received(number, Some(key)).expect("a number").matricule, InsOid::Nir);
    let (stated, another) = (pair("1810363220456", "60"), pair("2751263220749", "74"));
    let mario = "BROSSE/MARIO/MARIO/1981-02-03/M/2A004";
    let stranger = "DURAND/PAUL/PAUL/1970-01-02/M/59350";
    for (rule, record, aside, resemblance, link) in [
        ("the same number", mario, stated, Some(Resemblance::Plausible), Link::Safe),
        ("another number", mario, another, Some(Resemblance::Plausible), Link::Confirm),
        ("a stranger with the same number", stranger, stated, Some(Resemblance::Near), Link::None),
        ("a stranger with another number", stranger, another, None, Link::None),
    ] {
        let mut traits = local(record);
        traits.ins = InsRecord::restored(Some(aside.into()), true, Vec::new());
        let person = pivot("BROSSE/Mario/1981-02-03/male/2A004").with_ins(Some(stated));
        let judgement = judge(&person, [Candidate { record: 1, traits: &traits, opened: false, told_apart: false }]);
        let shown = judgement.candidates.first().map(|one| one.resemblance);
        assert_eq!((shown, judgement.link), (resemblance, link), "{rule}");
    }
}

#[test]
fn a_name_in_use_that_the_register_alone_knows_is_looked_under() {
    let own = local("RAMON/SUMEYYE/SUMEYYE JULIE/2002-12-04/F/62637/LIANDIER");
    let under_it = local("LIANDIER/SUMEYYE/SUMEYYE/2002-12-04/F/45004");
    let stranger = local("LIANDIER/JULIE/JULIE/1975-12-04/F/45004");
    let person = pivot("RAMON/SUMEYYE JULIE/2002-12-04/female/62637");
    for (rule, other, shown, link) in
        [("hers", &under_it, 2, Link::Confirm), ("somebody else's", &stranger, 1, Link::Safe)]
    {
        let records = [(1, &own), (2, other)];
        let candidates = records.map(|(record, traits)| Candidate { record, traits, opened: false, told_apart: false });
        let judgement = judge(&person, candidates);
        assert_eq!((judgement.candidates.len(), judgement.link), (shown, link), "{rule}");
    }
}

#[test]
fn a_record_that_a_person_told_apart_is_shown_beside() {
    let (own, namesake) = (local("ROUX/ANNE/ANNE/1980-01-02/F/75107"), local("ROUX/ANNE/ANNE/1961-08-24/F/29019"));
    let person = pivot("ROUX/Anne/1980-01-02/female/75107");
    for (rule, told_apart, shown) in [("said so", true, 2), ("nothing said", false, 1)] {
        let records = [(1, &own), (2, &namesake)];
        let candidates = records.map(|(record, traits)| Candidate { record, traits, opened: false, told_apart });
        let judgement = judge(&person, candidates);
        assert_eq!((judgement.candidates.len(), judgement.link), (shown, Link::Safe), "{rule}");
        assert_eq!(judgement.candidates.first().map(|one| one.record), Some(1), "{rule}");
    }
}
