//! Rows as practice software writes them, and what becomes of them.

use super::super::mapping::Mapping;
use super::super::reading::Source;
use super::super::records::Records;
use super::*;
use comptoir_identity::PlaceCode;

const TITLES: &str = "IPP;NOM DE NAISSANCE;PRENOMS;PREMIER PRENOM;NOM UTILISE;SEXE;DDN;LIEU DE NAISSANCE;PAYS DE NAISSANCE;\
    MATRICULE INS;OID;VILLE";

/// The row under `titles`, by a file of its own.
fn clean_under(titles: &str, row: &str, environment: Environment) -> Result<Cleaned, Vec<Reason>> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("patients.csv");
    std::fs::write(&file, format!("{titles}\n{row}\n")).expect("written");
    let source = Source::open(&file).expect("a source");
    let mapping = Mapping::proposed(source.headers()).expect("titles");
    let placed = mapping.on(source.headers()).expect("a mapping");
    let today = BirthDate::parse_iso("2026-01-15").expect("a date");
    let mut cleaner = Cleaner::new(placed, source.headers(), today, environment);
    let mut records = Records::of(&source, source.rows).expect("read");
    cleaner.clean(records.next().expect("read").expect("a row"))
}

fn clean(row: &str) -> Result<Cleaned, Vec<Reason>> {
    clean_under(TITLES, row, Environment::Production)
}

/// The rule, the row, what is said of it.
type Case = (&'static str, &'static str, Result<&'static [Note], &'static [Reason]>);

#[test]
fn a_row_is_noted_or_rejected_by_what_it_lacks() {
    use Note::*;
    use Reason::*;
    #[rustfmt::skip]
    let cases: &[Case] = &[
        ("nothing to say", "1;MARTIN;ANNE LISE;ANNE;;F;02/01/1980;75107;;;;", Ok(&[])),
        ("sex missing", "1;MARTIN;ANNE;ANNE;;;02/01/1980;75107;;;;", Ok(&[SexMissing])),
        ("sex unreadable", "1;MARTIN;ANNE;ANNE;;X;02/01/1980;75107;;;;", Ok(&[SexUnreadable])),
        ("place missing", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;;;;;", Ok(&[PlaceMissing])),
        ("§1.7, 99999", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;99999;;;;", Ok(&[PlaceMissing])),
        ("EXI ID 11", "1;MARTIN;ANNE;ANNE;;F;00/11/1992;75107;;;;", Ok(&[DatePartial])),
        ("row 41", "1;MARTIN;ANNE;ANNE;;F;02/01/1899;75107;;;;", Ok(&[DateBefore1900])),
        ("row 41, after today", "1;MARTIN;ANNE;ANNE;;F;16/01/2026;75107;;;;", Err(&[BirthDateInFuture])),
        ("today", "1;MARTIN;ANNE;ANNE;;F;15/01/2026;75107;;;;", Ok(&[])),
        ("no such day", "1;MARTIN;ANNE;ANNE;;F;31/02/1980;75107;;;;", Err(&[BirthDateImpossible])),
        ("two digits", "1;MARTIN;ANNE;ANNE;;F;02/01/80;75107;;;;", Err(&[BirthDateUnreadable])),
        ("DMN INS 11, every reason", "1;;;;;F;;75107;;;;", Err(&[BirthDateMissing, BirthNameMissing, FirstGivenNameMissing])),
        ("row 13", "1;MARTIN 2;ANNE;ANNE;;F;02/01/1980;75107;;;;", Err(&[BirthNameUnreadable])),
        ("row 12", "1;MARTIN;ANNE;JEAN_PAUL;;F;02/01/1980;75107;;;;", Err(&[FirstGivenNameUnreadable])),
        ("a list unreadable", "1;MARTIN;ANNE 2;ANNE;;F;02/01/1980;75107;;;;", Ok(&[GivenNamesUnreadable])),
        ("a list missing", "1;MARTIN;;ANNE;;F;02/01/1980;75107;;;;", Ok(&[GivenNamesMissing])),
        ("EXI ID 10", "1;MARTIN;ANNE LISE;LISE;;F;02/01/1980;75107;;;;", Ok(&[FirstGivenNameNotFirst])),
        ("the first of the list", "1;MARTIN;ANNE LISE;;;F;02/01/1980;75107;;;;", Ok(&[FirstGivenNameDerived])),
        ("a list in the other column", "1;MARTIN;;ANNE, LISE;;F;02/01/1980;75107;;;;", Ok(&[FirstGivenNameDerived])),
        ("two names in a cell", "1;MARTIN épouse DURAND;ANNE;ANNE;;F;02/01/1980;75107;;;;", Ok(&[NamesSetApart])),
        ("a married woman's name twice", "1;DURAND;ANNE;ANNE;Durand;F;02/01/1980;75107;;;;", Ok(&[UsedNameSuspected])),
        ("a girl's", "1;DURAND;ANNE;ANNE;DURAND;F;02/01/2015;75107;;;;", Ok(&[])),
        ("a name in use unreadable", "1;DURAND;ANNE;ANNE;M4RTIN;F;02/01/1980;75107;;;;", Ok(&[UsedNameUnreadable])),
        ("DMN INS 8, no key", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;75107;;2751263220749;;", Ok(&[MatriculeKeyMissing])),
        ("DMN INS 8, a wrong key", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;75107;;275126322074975;;", Ok(&[MatriculeWrongKey])),
        ("as a spreadsheet spoils it", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;75107;;2,75126E+14;;", Ok(&[MatriculeMalformed])),
        ("no authority", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;75107;;275126322074974;1.2.3;", Ok(&[OidUnknown])),
        ("row 64", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;75107;;275126322074974;1.2.250.1.213.1.4.10;", Ok(&[OidOfTests])),
        ("reserved", "local:4;MARTIN;ANNE;ANNE;;F;02/01/1980;75107;;;;", Err(&[IdentifierReserved])),
        ("fewer cells", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;75107", Ok(&[])),
        ("more cells", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;75107;;;;LYON;x", Err(&[TooManyCells])),
        ("more cells, empty", "1;MARTIN;ANNE;ANNE;;F;02/01/1980;75107;;;;LYON;;;", Ok(&[])),
    ];
    for (rule, row, expected) in cases {
        let got = clean(row).map(|cleaned| cleaned.notes);
        assert_eq!(got.as_deref().map_err(Vec::as_slice), *expected, "{rule}");
    }
}

#[test]
fn what_a_file_has_no_column_for_is_not_said_of_each_row() {
    let cleaned = clean_under("NOM;PRENOM;DDN", "MARTIN;ANNE;02/01/1980", Environment::Production).expect("a row");
    assert_eq!(cleaned.notes, []);
}

#[test]
fn places_are_taken_only_when_they_are_certain() {
    use Note::*;
    let insee = TITLES.replace("LIEU DE NAISSANCE", "CODE INSEE NAISSANCE");
    for (rule, titles, place, country, expected, note) in [
        ("a code", TITLES, "75107", "", Some("75107"), None),
        ("of Corsica, in small letters", TITLES, "2a004", "", Some("2A004"), None),
        ("row 47, not in the tables", TITLES, "2A020", "", Some("2A020"), Some(PlaceUnlisted)),
        ("Aix, or a postal code of Marseille", TITLES, "13001", "", Some("13001"), Some(PlaceMaybePostalCode)),
        ("Aix, as the title says", &insee, "13001", "", Some("13001"), None),
        ("a postal code of one commune", TITLES, "35400", "", Some("35288"), None),
        ("a code before 1968, or a postal code of Paris", TITLES, "75007", "", None, Some(PlaceUnresolved)),
        ("a label", TITLES, "Besançon", "", Some("25056"), None),
        ("with Saint cut short", TITLES, "St Malo", "", Some("35288"), None),
        ("several of that name", TITLES, "SAINT-DENIS", "", None, Some(PlaceUnresolved)),
        ("its département", TITLES, "BESANCON (25)", "", Some("25056"), None),
        ("of another département", TITLES, "BESANCON (26)", "", None, Some(PlaceUnresolved)),
        ("the beginning of a label", TITLES, "BESANC", "", None, Some(PlaceUnresolved)),
        ("no place", TITLES, "?", "", None, Some(PlaceUnresolved)),
        ("a country's code as the place", TITLES, "99352", "", Some("99352"), None),
        ("a country's code", TITLES, "", "99352", Some("99352"), None),
        ("a country's label", TITLES, "ORAN", "Algérie", Some("99352"), None),
        ("France", TITLES, "75107", "FRANCE", Some("75107"), None),
        ("France alone", TITLES, "", "99100", None, Some(PlaceMissing)),
        ("no country", TITLES, "75107", "XYZ", Some("75107"), Some(CountryUnknown)),
        ("they contradict each other", TITLES, "75107", "99352", None, Some(PlaceContradictsCountry)),
        ("a country twice", TITLES, "99352", "ALGERIE", Some("99352"), None),
    ] {
        let row = format!("1;MARTIN;ANNE;ANNE;;F;02/01/1980;{place};{country};;;");
        let cleaned = clean_under(titles, &row, Environment::Production).expect(rule);
        assert_eq!(
            cleaned.patient.traits.birth_place,
            expected.map(|code| PlaceCode::parse(code).expect("a code")),
            "{rule}"
        );
        assert_eq!(cleaned.notes, note.into_iter().collect::<Vec<_>>(), "{rule}");
    }
}

#[test]
fn a_matricule_of_a_file_is_kept_out_of_sight() {
    let test = "1;ADRUN;ZOE;ZOE;;F;31/12/1975;63220;;2 75 12 63 220 749 74;1.2.250.1.213.1.4.10;";
    for (rule, row, environment, oid) in [
        ("no authority is that of the NIR", test.replace(".1.4.10", ".1.4.8"), Environment::Production, InsOid::Nir),
        ("the column may be empty", test.replace("1.2.250.1.213.1.4.10", ""), Environment::Production, InsOid::Nir),
        ("a demonstration keeps test numbers", test.to_owned(), Environment::Demonstration, InsOid::NirTest),
    ] {
        let ins = clean_under(TITLES, &row, environment).expect(rule).patient.traits.ins;
        assert!(ins.active().is_none(), "{rule}: DMN INS 35");
        assert_eq!(ins.hidden().map(Ins::oid), Some(oid), "{rule}");
    }
}

#[test]
fn sexes_are_read_as_they_are_written() {
    use Sex::{Female, Indeterminate, Male};
    for (cells, expected) in [
        (["M", "m", "H", "1", "Homme", "MASCULIN"].as_slice(), Some(Male)),
        (&["F", "f", "2", "Femme", "Féminin", "FEMININ"], Some(Female)),
        (&["I", "indéterminé"], Some(Indeterminate)),
        (&["0", "3", "12", "X", "Mme", "?"], None),
    ] {
        for cell in cells {
            assert_eq!(sex(cell), expected, "{cell}");
        }
    }
}
