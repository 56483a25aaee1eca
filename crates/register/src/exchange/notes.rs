//! What is said of a row: notes on what was imported, reasons for what was not. Codes, never a trait.

/// What is said of a row that was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// The sex is missing.
    SexMissing,
    /// The sex could not be read; the record is without.
    SexUnreadable,
    /// The birth place is missing, or is 99999.
    PlaceMissing,
    /// The birth place stands for no place, or for several; the record is without.
    PlaceUnresolved,
    /// The birth place's code is not in the tables of INSEE; it is kept (ins.md §12 row 47).
    PlaceUnlisted,
    /// The birth place was taken for a code of INSEE; it is also the postal code of another place.
    PlaceMaybePostalCode,
    /// The birth country is none that is known; it was left out.
    CountryUnknown,
    /// The birth place and the birth country contradict each other; the record is without.
    PlaceContradictsCountry,
    /// A part of the birth date is unknown (EXI ID 11).
    DatePartial,
    /// The birth date is before 1900 (ins.md §12 row 41).
    DateBefore1900,
    /// The matricule has no key; the record is without (DMN INS 8).
    MatriculeKeyMissing,
    /// The matricule has not the form of one; the record is without.
    MatriculeMalformed,
    /// The key is not that of the matricule; the record is without (DMN INS 8).
    MatriculeWrongKey,
    /// The matricule's authority is none; the record is without.
    OidUnknown,
    /// The matricule's authority is one of tests; the record is without (ins.md §12 row 64).
    OidOfTests,
    /// The birth name's cell held the name in use too; they were set apart.
    NamesSetApart,
    /// The birth name may be the name in use.
    UsedNameSuspected,
    /// The name in use could not be read; the record is without.
    UsedNameUnreadable,
    /// The given name in use could not be read; the record is without.
    UsedGivenNameUnreadable,
    /// The list of given names is missing.
    GivenNamesMissing,
    /// The list of given names could not be read; the record is without.
    GivenNamesUnreadable,
    /// The first given name was taken from the list: a compound one may be cut (EXI ID 10).
    FirstGivenNameDerived,
    /// The first given name does not begin the list (EXI ID 10).
    FirstGivenNameNotFirst,
    /// Another record has the same name, first given name, date and sex.
    Duplicate,
    /// Another record has the same matricule.
    SharedIns,
}

impl Note {
    /// What programs branch on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SexMissing => "sex-missing",
            Self::SexUnreadable => "sex-unreadable",
            Self::PlaceMissing => "birth-place-missing",
            Self::PlaceUnresolved => "birth-place-unresolved",
            Self::PlaceUnlisted => "birth-place-unlisted",
            Self::PlaceMaybePostalCode => "birth-place-maybe-postal-code",
            Self::CountryUnknown => "birth-country-unknown",
            Self::PlaceContradictsCountry => "birth-place-contradicts-country",
            Self::DatePartial => "birth-date-partial",
            Self::DateBefore1900 => "birth-date-before-1900",
            Self::MatriculeKeyMissing => "matricule-key-missing",
            Self::MatriculeMalformed => "matricule-malformed",
            Self::MatriculeWrongKey => "matricule-wrong-key",
            Self::OidUnknown => "oid-unknown",
            Self::OidOfTests => "oid-of-tests",
            Self::NamesSetApart => "names-set-apart",
            Self::UsedNameSuspected => "used-name-suspected",
            Self::UsedNameUnreadable => "used-name-unreadable",
            Self::UsedGivenNameUnreadable => "used-given-name-unreadable",
            Self::GivenNamesMissing => "given-names-missing",
            Self::GivenNamesUnreadable => "given-names-unreadable",
            Self::FirstGivenNameDerived => "first-given-name-derived",
            Self::FirstGivenNameNotFirst => "first-given-name-not-first",
            Self::Duplicate => "duplicate",
            Self::SharedIns => "shared-ins",
        }
    }

    /// What a person reads.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::SexMissing => "sexe absent",
            Self::SexUnreadable => "sexe illisible, laissé vide",
            Self::PlaceMissing => "lieu de naissance absent",
            Self::PlaceUnresolved => "lieu de naissance inconnu ou ambigu, laissé vide",
            Self::PlaceUnlisted => "code de lieu absent des tables de l'INSEE, gardé",
            Self::PlaceMaybePostalCode => "lieu lu comme code INSEE, qui est aussi un code postal",
            Self::CountryUnknown => "pays de naissance inconnu, laissé de côté",
            Self::PlaceContradictsCountry => "lieu et pays de naissance contradictoires, laissés vides",
            Self::DatePartial => "date de naissance incomplète",
            Self::DateBefore1900 => "date de naissance avant 1900",
            Self::MatriculeKeyMissing => "matricule sans clé, non gardé",
            Self::MatriculeMalformed => "matricule mal formé, non gardé",
            Self::MatriculeWrongKey => "clé du matricule fausse, non gardé",
            Self::OidUnknown => "autorité du matricule (OID) inconnue, non gardé",
            Self::OidOfTests => "matricule de test, non gardé",
            Self::NamesSetApart => "nom de naissance et nom utilisé séparés",
            Self::UsedNameSuspected => "le nom de naissance est peut-être le nom utilisé",
            Self::UsedNameUnreadable => "nom utilisé illisible, laissé vide",
            Self::UsedGivenNameUnreadable => "prénom utilisé illisible, laissé vide",
            Self::GivenNamesMissing => "liste des prénoms absente",
            Self::GivenNamesUnreadable => "liste des prénoms illisible, laissée vide",
            Self::FirstGivenNameDerived => "premier prénom pris dans la liste",
            Self::FirstGivenNameNotFirst => "le premier prénom ne commence pas la liste",
            Self::Duplicate => "doublon possible d'un autre dossier",
            Self::SharedIns => "matricule déjà dans un autre dossier",
        }
    }
}

/// Why a row was not imported. It stands in the file of rejects, to be corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No birth name (DMN INS 11).
    BirthNameMissing,
    /// A birth name that the rules of ins.md §1.4 refuse.
    BirthNameUnreadable,
    /// No first given name (DMN INS 11).
    FirstGivenNameMissing,
    /// A first given name that the rules of ins.md §1.4 refuse.
    FirstGivenNameUnreadable,
    /// No birth date (DMN INS 11).
    BirthDateMissing,
    /// A birth date of no form that is known, or whose year has two digits.
    BirthDateUnreadable,
    /// A day that does not exist.
    BirthDateImpossible,
    /// A birth date after today.
    BirthDateInFuture,
    /// More cells than the file has titles.
    TooManyCells,
    /// A quote that is never closed.
    QuoteOpen,
    /// An identifier that begins as those of this register.
    IdentifierReserved,
    /// An identifier that an earlier row of this file has, with other strict traits.
    IdentifierTwice,
    /// The register's record of this identifier has other strict traits: a person decides.
    StrictTraitDiffers,
}

impl Reason {
    /// What programs branch on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BirthNameMissing => "birth-name-missing",
            Self::BirthNameUnreadable => "birth-name-unreadable",
            Self::FirstGivenNameMissing => "first-given-name-missing",
            Self::FirstGivenNameUnreadable => "first-given-name-unreadable",
            Self::BirthDateMissing => "birth-date-missing",
            Self::BirthDateUnreadable => "birth-date-unreadable",
            Self::BirthDateImpossible => "birth-date-impossible",
            Self::BirthDateInFuture => "birth-date-in-future",
            Self::TooManyCells => "too-many-cells",
            Self::QuoteOpen => "quote-open",
            Self::IdentifierReserved => "identifier-reserved",
            Self::IdentifierTwice => "identifier-twice",
            Self::StrictTraitDiffers => "strict-trait-differs",
        }
    }

    /// What the person who corrects the row reads beside it.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::BirthNameMissing => "nom de naissance absent",
            Self::BirthNameUnreadable => "nom de naissance illisible : chiffre ou signe qui n'est pas d'un nom",
            Self::FirstGivenNameMissing => "premier prénom absent",
            Self::FirstGivenNameUnreadable => "premier prénom illisible : chiffre ou signe qui n'est pas d'un prénom",
            Self::BirthDateMissing => "date de naissance absente",
            Self::BirthDateUnreadable => "date de naissance illisible : écrivez JJ/MM/AAAA",
            Self::BirthDateImpossible => "date de naissance impossible : ce jour n'existe pas",
            Self::BirthDateInFuture => "date de naissance dans le futur",
            Self::TooManyCells => "plus de cellules que de titres",
            Self::QuoteOpen => "guillemet ouvert et jamais fermé",
            Self::IdentifierReserved => "identifiant réservé à Comptoir (local:)",
            Self::IdentifierTwice => "identifiant déjà porté par une autre personne dans ce fichier",
            Self::StrictTraitDiffers => "un trait strict diffère de celui du dossier de même identifiant : à décider",
        }
    }
}
