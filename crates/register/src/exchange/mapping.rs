//! Which column of a file is which trait: proposed from the titles, corrected by hand, saved.

use super::cleaning::date;
use comptoir_identity::{BirthDate, search_key};
use std::fmt::Write as _;
use thiserror::Error;

/// What a column of a file can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The practice software's identifier.
    ExternalId,
    /// *Nom de naissance*.
    BirthName,
    /// *Prénoms de naissance*, the list.
    BirthGivenNames,
    /// *Premier prénom de naissance*.
    FirstGivenName,
    /// *Nom utilisé*.
    UsedName,
    /// *Prénom utilisé*.
    UsedGivenName,
    /// *Sexe*.
    Sex,
    /// *Date de naissance*.
    BirthDate,
    /// *Lieu de naissance*: a code, or the label of a commune.
    BirthPlace,
    /// *Pays de naissance*: a code 99xxx, or a label.
    BirthCountry,
    /// *Matricule INS*; never the insurance number (DMN INS 1.4).
    Matricule,
    /// The authority of the matricule.
    Oid,
    /// Address.
    Address,
    /// Postal code of the address.
    PostalCode,
    /// City of the address.
    City,
    /// Telephone.
    Phone,
    /// Mobile telephone.
    MobilePhone,
    /// Electronic mail.
    Mail,
}

/// A column's key in a saved mapping, its title in a file that we write, and titles that others give it, folded; those
/// that say most come first.
struct Known {
    column: Column,
    key: &'static str,
    title: &'static str,
    folded: &'static [&'static str],
}

/// In the order in which titles are taken: `NOM` is the birth name unless another column says that it is.
#[rustfmt::skip]
const KNOWN: [Known; 18] = [
    Known { column: Column::ExternalId, key: "external_id", title: "IPP", folded: &[
        "EXTERNALID", "IPP", "IDPATIENT", "PATIENTID", "IDENTIFIANTPATIENT", "IDENTIFIANT", "NUMEROPATIENT", "NUMPATIENT",
        "CODEPATIENT", "NUMERODOSSIER", "NUMDOSSIER", "NODOSSIER", "NDOSSIER", "IDDOSSIER", "ID"] },
    Known { column: Column::BirthName, key: "birth_name", title: "NOM DE NAISSANCE", folded: &[
        "BIRTHNAME", "NOMDENAISSANCE", "NOMNAISSANCE", "NOMNAISS", "NOMPATRONYMIQUE", "PATRONYME", "NOMDEJEUNEFILLE",
        "NOMJEUNEFILLE", "NOMJF", "NOMDEFAMILLE", "NOMFAMILLE", "FAMILYNAME", "LASTNAME", "SURNAME", "NOM"] },
    Known { column: Column::BirthGivenNames, key: "birth_given_names", title: "PRÉNOMS DE NAISSANCE", folded: &[
        "BIRTHGIVENNAMES", "PRENOMSDENAISSANCE", "PRENOMSNAISSANCE", "LISTEDESPRENOMSDENAISSANCE", "LISTEDESPRENOMS",
        "LISTEPRENOMS", "PRENOMSETATCIVIL", "PRENOMS", "GIVENNAMES"] },
    Known { column: Column::FirstGivenName, key: "first_given_name", title: "PREMIER PRÉNOM DE NAISSANCE", folded: &[
        "FIRSTGIVENNAME", "PREMIERPRENOMDENAISSANCE", "PREMIERPRENOMNAISSANCE", "PREMIERPRENOM", "ERPRENOMDENAISSANCE",
        "ERPRENOM", "PRENOMDENAISSANCE", "PRENOMNAISSANCE", "PRENOM", "FIRSTNAME", "GIVENNAME"] },
    Known { column: Column::UsedName, key: "used_name", title: "NOM UTILISÉ", folded: &[
        "USEDNAME", "NOMUTILISE", "NOMDUSAGE", "NOMUSAGE", "NOMUSUEL", "NOMMARITAL", "NOMDEPOUSE", "NOMEPOUSE", "NOMDEPOUX",
        "NOMCOURANT", "USAGENAME", "MARRIEDNAME", "NOM"] },
    Known { column: Column::UsedGivenName, key: "used_given_name", title: "PRÉNOM UTILISÉ", folded: &[
        "USEDGIVENNAME", "PRENOMUTILISE", "PRENOMDUSAGE", "PRENOMUSAGE", "PRENOMUSUEL", "PREFERREDNAME"] },
    Known { column: Column::Sex, key: "sex", title: "SEXE", folded: &["SEX", "SEXE", "GENRE", "GENDER"] },
    Known { column: Column::BirthDate, key: "birth_date", title: "DATE DE NAISSANCE", folded: &[
        "BIRTHDATE", "DATEDENAISSANCE", "DATENAISSANCE", "DATENAISS", "DATENAIS", "DTNAISSANCE", "DTNAISS", "DDN", "NELE", "NEELE",
        "DATEOFBIRTH", "DOB", "NAISSANCE"] },
    Known { column: Column::BirthPlace, key: "birth_place", title: "CODE INSEE DU LIEU DE NAISSANCE", folded: &[
        "BIRTHPLACE", "CODEINSEEDULIEUDENAISSANCE", "CODEINSEENAISSANCE", "CODEINSEEDENAISSANCE", "CODELIEUDENAISSANCE",
        "CODELIEUNAISSANCE", "CODECOMMUNENAISSANCE", "CODECOGNAISSANCE", "INSEENAISSANCE", "CODEINSEE", "INSEE",
        "LIEUDENAISSANCE", "LIEUNAISSANCE", "LIEUNAISS", "COMMUNEDENAISSANCE", "COMMUNENAISSANCE", "VILLEDENAISSANCE",
        "VILLENAISSANCE", "PLACEOFBIRTH"] },
    Known { column: Column::BirthCountry, key: "birth_country", title: "PAYS DE NAISSANCE", folded: &[
        "BIRTHCOUNTRY", "PAYSDENAISSANCE", "PAYSNAISSANCE", "CODEPAYSDENAISSANCE", "CODEPAYSNAISSANCE", "COUNTRYOFBIRTH"] },
    Known { column: Column::Matricule, key: "matricule", title: "MATRICULE INS", folded: &[
        "MATRICULEINS", "INSMATRICULE", "NUMEROINS", "NUMINS", "NINS", "INSNIR", "INSC", "INS"] },
    Known { column: Column::Oid, key: "oid", title: "OID INS", folded: &["OIDINS", "INSOID", "OIDMATRICULE", "OID"] },
    Known { column: Column::Address, key: "address", title: "ADRESSE", folded: &[
        "ADDRESS", "ADRESSE", "ADRESSEPOSTALE", "RUE", "VOIE"] },
    Known { column: Column::PostalCode, key: "postal_code", title: "CODE POSTAL", folded: &[
        "POSTALCODE", "CODEPOSTAL", "CP", "ZIPCODE", "ZIP"] },
    Known { column: Column::City, key: "city", title: "VILLE", folded: &["CITY", "VILLE", "COMMUNE", "LOCALITE"] },
    Known { column: Column::Phone, key: "phone", title: "TÉLÉPHONE", folded: &[
        "PHONE", "TELEPHONE", "TELEPHONEFIXE", "TELEPHONEDOMICILE", "TELFIXE", "TELDOMICILE", "TEL", "FIXE"] },
    Known { column: Column::MobilePhone, key: "mobile_phone", title: "TÉLÉPHONE MOBILE", folded: &[
        "MOBILEPHONE", "TELEPHONEMOBILE", "TELEPHONEPORTABLE", "TELMOBILE", "TELPORTABLE", "PORTABLE", "MOBILE", "GSM"] },
    Known { column: Column::Mail, key: "mail", title: "COURRIEL", folded: &[
        "MAIL", "COURRIEL", "EMAIL", "ADRESSEMAIL", "ADRESSEEMAIL", "ADRESSEELECTRONIQUE", "MEL"] },
];

impl Column {
    /// Every column, in the order of an exported file.
    pub const ALL: [Self; 18] = [
        Self::ExternalId,
        Self::BirthName,
        Self::BirthGivenNames,
        Self::FirstGivenName,
        Self::UsedName,
        Self::UsedGivenName,
        Self::Sex,
        Self::BirthDate,
        Self::BirthPlace,
        Self::BirthCountry,
        Self::Matricule,
        Self::Oid,
        Self::Address,
        Self::PostalCode,
        Self::City,
        Self::Phone,
        Self::MobilePhone,
        Self::Mail,
    ];

    /// Its key in a saved mapping.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.known().map_or("", |known| known.key)
    }

    /// Its title in a file that we write, which a proposal recognises.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.known().map_or("", |known| known.title)
    }

    fn known(self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.column == self)
    }
}

/// Which column of a file is which trait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    columns: Vec<(Column, String)>,
}

/// Why there is no mapping to import with. Carries keys and titles, never a row.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MappingError {
    /// What was saved is not TOML with a table `[columns]` of texts.
    #[error("a mapping is TOML with a table [columns] of texts")]
    Form,
    /// A key that is no column of ours.
    #[error("this key is no column")]
    UnknownKey(String),
    /// The first line of the file has no title that is known: it may be a patient.
    #[error("the first line has no title that is known")]
    NoTitles,
    /// A title that the file has not.
    #[error("the file has no such title")]
    TitleAbsent(String),
    /// A title that the file has twice.
    #[error("the file has this title twice")]
    TitleTwice(String),
    /// No column for what every record needs (DMN INS 11).
    #[error("what every record needs has no column")]
    Required(Vec<Column>),
}

impl Mapping {
    /// Proposes a mapping from the titles of a file.
    ///
    /// # Errors
    /// [`MappingError::NoTitles`]; a proposal may still lack what an import requires.
    pub fn proposed(titles: &[String]) -> Result<Self, MappingError> {
        let folded: Vec<String> = titles.iter().map(|title| search_key(title)).collect();
        let mut columns: Vec<(Column, String)> = Vec::new();
        let mut taken = vec![false; titles.len()];
        for known in &KNOWN {
            let found = known.folded.iter().find_map(|synonym| {
                let mut free = folded.iter().zip(&taken).map(|(title, taken)| !taken && title == synonym);
                free.position(|is| is)
            });
            if let Some((title, taken)) = found.and_then(|index| Some((titles.get(index)?, taken.get_mut(index)?))) {
                *taken = true;
                columns.push((known.column, title.clone()));
            }
        }
        // A row of data is never shown as if it were titles.
        if columns.is_empty() || titles.iter().any(|title| date(title).is_ok_and(BirthDate::is_complete)) {
            return Err(MappingError::NoTitles);
        }
        Ok(Self { columns })
    }

    /// Reads a saved mapping.
    ///
    /// # Errors
    /// [`MappingError::Form`] or [`MappingError::UnknownKey`].
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let saved: toml::Table = text.parse().map_err(|_| MappingError::Form)?;
        let table = saved.get("columns").and_then(toml::Value::as_table).ok_or(MappingError::Form)?;
        let mut columns = Vec::new();
        for (key, title) in table {
            let known = KNOWN.iter().find(|known| known.key == key);
            let column = known.ok_or_else(|| MappingError::UnknownKey(key.clone()))?.column;
            let title = title.as_str().ok_or(MappingError::Form)?.trim();
            if !title.is_empty() {
                columns.push((column, title.to_owned()));
            }
        }
        columns.sort_unstable();
        Ok(Self { columns })
    }

    /// The mapping as it is saved.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::from("[columns]\n");
        for (column, title) in &self.columns {
            // Writing to a String cannot fail.
            writeln!(text, "{} = {}", column.key(), toml::Value::from(title.as_str())).ok();
        }
        text
    }

    /// The columns, each with its title in the file.
    pub fn columns(&self) -> impl Iterator<Item = (Column, &str)> {
        self.columns.iter().map(|(column, title)| (*column, title.as_str()))
    }

    /// Whether a column is mapped.
    #[must_use]
    pub fn has(&self, column: Column) -> bool {
        self.columns.iter().any(|(mapped, _)| *mapped == column)
    }

    /// The titles of a file that the mapping leaves out.
    #[must_use]
    pub fn left_out<'t>(&self, titles: &'t [String]) -> Vec<&'t str> {
        let used = |title: &str| self.columns.iter().any(|(_, mapped)| mapped == title);
        titles.iter().map(String::as_str).filter(|title| !title.is_empty() && !used(title)).collect()
    }

    /// Finds the columns in a file.
    ///
    /// # Errors
    /// [`MappingError::NoTitles`], [`MappingError::TitleAbsent`], [`MappingError::TitleTwice`] or
    /// [`MappingError::Required`].
    pub(super) fn on(&self, titles: &[String]) -> Result<Placed, MappingError> {
        let mut placed = Placed { at: [None; Column::ALL.len()] };
        let mut absent = None;
        for (column, title) in &self.columns {
            let mut found = titles.iter().enumerate().filter(|(_, written)| *written == title);
            match (found.next(), found.next(), placed.at.get_mut(*column as usize)) {
                (Some(_), Some(_), _) => return Err(MappingError::TitleTwice(title.clone())),
                (Some((index, _)), None, Some(at)) => *at = Some(index),
                (None, ..) | (Some(_), None, None) => absent = absent.or(Some(title)),
            }
        }
        if placed.at.iter().all(Option::is_none) {
            return Err(MappingError::NoTitles);
        }
        if let Some(title) = absent {
            return Err(MappingError::TitleAbsent(title.clone()));
        }
        let given_name = placed.of(Column::FirstGivenName).or(placed.of(Column::BirthGivenNames));
        let needed = [
            (Column::BirthName, placed.of(Column::BirthName)),
            (Column::FirstGivenName, given_name),
            (Column::BirthDate, placed.of(Column::BirthDate)),
        ];
        let missing: Vec<Column> =
            needed.into_iter().filter(|(_, at)| at.is_none()).map(|(column, _)| column).collect();
        if missing.is_empty() { Ok(placed) } else { Err(MappingError::Required(missing)) }
    }

    /// Whether an import can be made from a file with these titles.
    ///
    /// # Errors
    /// See [`MappingError`].
    pub fn fits(&self, titles: &[String]) -> Result<(), MappingError> {
        self.on(titles).map(|_| ())
    }
}

/// Where the columns stand in one file.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    at: [Option<usize>; Column::ALL.len()],
}

impl Placed {
    pub(super) fn of(&self, column: Column) -> Option<usize> {
        self.at.get(column as usize).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<String> {
        text.split(';').map(str::to_owned).collect()
    }

    /// The rule, the titles, the keys and what they are mapped to.
    type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

    #[test]
    fn a_mapping_is_proposed_from_titles_in_french_and_english() {
        #[rustfmt::skip]
        let cases: &[Case] = &[
            ("plain", "IPP;NOM DE NAISSANCE;PRENOM;DATE DE NAISSANCE;SEXE;LIEU DE NAISSANCE", &[
                ("external_id", "IPP"), ("birth_name", "NOM DE NAISSANCE"), ("first_given_name", "PRENOM"), ("sex", "SEXE"),
                ("birth_date", "DATE DE NAISSANCE"), ("birth_place", "LIEU DE NAISSANCE")]),
            ("underscores, case, accents", "nom_naissance;Prénom(s);ddn", &[
                ("birth_name", "nom_naissance"), ("birth_given_names", "Prénom(s)"), ("birth_date", "ddn")]),
            ("NOM alone is the birth name", "NOM;PRENOM;NE(E) LE", &[
                ("birth_name", "NOM"), ("first_given_name", "PRENOM"), ("birth_date", "NE(E) LE")]),
            ("NOM beside a birth name is the name in use", "NOM;NOM PATRONYMIQUE;PRENOM;DDN", &[
                ("birth_name", "NOM PATRONYMIQUE"), ("first_given_name", "PRENOM"), ("used_name", "NOM"), ("birth_date", "DDN")]),
            ("DMN INS 1.4, the insurance number is not the INS", "NOM;PRENOM;DDN;N° SS;NIR;N° INS;OID", &[
                ("birth_name", "NOM"), ("first_given_name", "PRENOM"), ("birth_date", "DDN"), ("matricule", "N° INS"), ("oid", "OID")]),
            ("the city of the address is not that of birth", "NOM;PRENOM;DDN;VILLE;CP;VILLE DE NAISSANCE", &[
                ("birth_name", "NOM"), ("first_given_name", "PRENOM"), ("birth_date", "DDN"), ("birth_place", "VILLE DE NAISSANCE"),
                ("postal_code", "CP"), ("city", "VILLE")]),
            ("English", "patient_id;last_name;first_name;date_of_birth;gender", &[
                ("external_id", "patient_id"), ("birth_name", "last_name"), ("first_given_name", "first_name"), ("sex", "gender"),
                ("birth_date", "date_of_birth")]),
        ];
        for (rule, line, expected) in cases {
            let mapping = Mapping::proposed(&titles(line)).expect(rule);
            let got: Vec<(&str, &str)> = mapping.columns().map(|(column, title)| (column.key(), title)).collect();
            assert_eq!(got, *expected, "{rule}");
            let mut sorted = mapping.clone();
            sorted.columns.sort_unstable();
            assert_eq!(Mapping::parse(&mapping.to_toml()), Ok(sorted), "{rule}: saved and read back");
        }
    }

    #[test]
    fn every_title_that_we_write_is_proposed_back() {
        let written: Vec<String> = Column::ALL.into_iter().map(|column| column.title().to_owned()).collect();
        let mapping = Mapping::proposed(&written).expect("titles");
        for (position, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, position, "the order of the columns is that of the list");
            assert!(mapping.columns().any(|pair| pair == (column, column.title())), "{}", column.key());
            let key = vec![column.key().to_owned()];
            let own = Mapping::proposed(&key).ok().and_then(|own| own.columns().next().map(|(of, _)| of));
            assert!(own == Some(column) || column == Column::Matricule, "{}: its key is a title too", column.key());
        }
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        use MappingError::{Form, NoTitles, Required, TitleAbsent, TitleTwice, UnknownKey};
        let full = "[columns]\nbirth_name = \"N\"\nfirst_given_name = \"P\"\nbirth_date = \"D\"\n";
        for (rule, toml, line, expected) in [
            ("not TOML", "columns", "N;P;D", Err(Form)),
            ("no table", "birth_name = \"N\"", "N;P;D", Err(Form)),
            ("not a text", "[columns]\nbirth_name = 1", "N;P;D", Err(Form)),
            ("no such key", "[columns]\nnss = \"N\"", "N;P;D", Err(UnknownKey("nss".to_owned()))),
            ("all of it", full, "N;P;D", Ok(())),
            ("one title absent", full, "N;P;DATE", Err(TitleAbsent("D".to_owned()))),
            ("no title at all", full, "MARTIN;ANNE;01/02/1980", Err(NoTitles)),
            ("twice", full, "N;P;D;N", Err(TitleTwice("N".to_owned()))),
            (
                "no date",
                "[columns]\nbirth_name = \"N\"\nbirth_given_names = \"P\"",
                "N;P",
                Err(Required(vec![Column::BirthDate])),
            ),
        ] {
            let fits = Mapping::parse(toml).and_then(|mapping| mapping.fits(&titles(line)));
            assert_eq!(fits, expected, "{rule}");
        }
        for line in ["MARTIN;ANNE;12345", "NOM;ANNE;01/02/1980", ""] {
            assert_eq!(Mapping::proposed(&titles(line)), Err(NoTitles), "{line}: may be a patient");
        }
    }
}
