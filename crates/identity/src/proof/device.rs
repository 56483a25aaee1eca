//! The identification devices of the RNIV, with their codes.

/// A device or a document that somebody shows (ins.md §3.1, §3.2).
///
/// There is no default and no order of preference: nothing may be pre-selected (EXI SI 23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Device {
    /// *Passeport*, of any country.
    Passport,
    /// *Carte nationale d'identité*; what it is worth depends on who issued it.
    IdentityCard(CardIssuer),
    /// *Titre de séjour*.
    ResidencePermit,
    /// *France Identité*, read at the desk.
    FranceIdentite,
    /// *L'Identité Numérique La Poste*, read at the desk.
    LaPosteIdentity,
    /// *Appli carte Vitale*.
    VitaleApp,
    /// `FranceConnect` at the level that it returned, not at the one asked for.
    FranceConnect(Assurance),
    /// *Tiers de confiance*, by contract.
    TrustedThirdParty,
    /// *Document de circulation pour étranger mineur*, with a photo.
    MinorTravelDocument,
    /// *Extrait d'acte de naissance*.
    BirthCertificate,
    /// *Livret de famille*.
    FamilyRecordBook,
    /// *Carte Vitale* with a photo.
    VitaleCardWithPhoto,
    /// *Carte Vitale* without one.
    VitaleCard,
    /// A court's decision that entrusts a minor to somebody.
    CourtDecision,
    /// *Permis de conduire*.
    DrivingLicence,
    /// *Carte militaire*.
    MilitaryCard,
}

/// Who issued a national identity card, as far as the rule asks (RNIV §3.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardIssuer {
    /// France.
    France,
    /// Another state of the European Union, or Switzerland, Liechtenstein, Norway, Iceland, the Vatican,
    /// Monaco, San Marino, Andorra.
    Recognised,
    /// Any other state, whose card is no high-confidence device.
    Other,
}

/// The assurance level of an electronic identification, from the `acr` that was returned (ins.md §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// eidas1, *faible*.
    Low,
    /// eidas2, *substantiel*.
    Substantial,
    /// eidas3, *élevé*.
    High,
}

/// What a device is worth (RNIV §3.3.2, §3.3.3; EXI ID 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Degree {
    /// Recorded, and moves no status.
    Recorded,
    /// Counts with another piece, in a special case.
    Supporting,
    /// Counts alone.
    High,
}

/// ISO 3166-1 codes, of two and of three letters, of the states whose identity card counts (RNIV §3.3.2).
#[rustfmt::skip]
const RECOGNISED: [(&str, &str); 34] = [
    ("AT", "AUT"), ("BE", "BEL"), ("BG", "BGR"), ("HR", "HRV"), ("CY", "CYP"), ("CZ", "CZE"), ("DK", "DNK"),
    ("EE", "EST"), ("FI", "FIN"), ("DE", "DEU"), ("GR", "GRC"), ("HU", "HUN"), ("IE", "IRL"), ("IT", "ITA"),
    ("LV", "LVA"), ("LT", "LTU"), ("LU", "LUX"), ("MT", "MLT"), ("NL", "NLD"), ("PL", "POL"), ("PT", "PRT"),
    ("RO", "ROU"), ("SK", "SVK"), ("SI", "SVN"), ("ES", "ESP"), ("SE", "SWE"),
    ("CH", "CHE"), ("LI", "LIE"), ("NO", "NOR"), ("IS", "ISL"), ("VA", "VAT"), ("MC", "MCO"), ("SM", "SMR"),
    ("AD", "AND"),
];

impl CardIssuer {
    /// Reads a state's code of two or three letters; Germany's is `D` in a machine-readable zone (ICAO 9303).
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        let code = code.trim().trim_end_matches('<');
        if ["FR", "FRA"].iter().any(|of| of.eq_ignore_ascii_case(code)) {
            return Self::France;
        }
        let german = code.eq_ignore_ascii_case("D");
        let known = RECOGNISED.iter().any(|(two, three)| [two, three].iter().any(|of| of.eq_ignore_ascii_case(code)));
        if german || known { Self::Recognised } else { Self::Other }
    }
}

impl Assurance {
    /// Reads the `acr` of an ID token; an unknown one is worth nothing (ins.md §3.3).
    #[must_use]
    pub fn from_acr(acr: &str) -> Option<Self> {
        match acr {
            "eidas1" => Some(Self::Low),
            "eidas2" => Some(Self::Substantial),
            "eidas3" => Some(Self::High),
            _ => None,
        }
    }
}

impl Device {
    /// Every device, in no order of preference (EXI SI 23).
    pub const ALL: [Self; 20] = [
        Self::Passport,
        Self::IdentityCard(CardIssuer::France),
        Self::IdentityCard(CardIssuer::Recognised),
        Self::IdentityCard(CardIssuer::Other),
        Self::ResidencePermit,
        Self::FranceIdentite,
        Self::LaPosteIdentity,
        Self::VitaleApp,
        Self::FranceConnect(Assurance::Low),
        Self::FranceConnect(Assurance::Substantial),
        Self::FranceConnect(Assurance::High),
        Self::TrustedThirdParty,
        Self::MinorTravelDocument,
        Self::BirthCertificate,
        Self::FamilyRecordBook,
        Self::VitaleCardWithPhoto,
        Self::VitaleCard,
        Self::CourtDecision,
        Self::DrivingLicence,
        Self::MilitaryCard,
    ];

    /// The most that the RNIV lets a device be worth; a site may only make it less (RNIV §3.3.2, EXI ID 19).
    #[must_use]
    pub fn highest_degree(self) -> Degree {
        match self {
            Self::Passport
            | Self::IdentityCard(CardIssuer::France | CardIssuer::Recognised)
            | Self::ResidencePermit
            | Self::FranceIdentite
            | Self::LaPosteIdentity
            | Self::VitaleApp
            | Self::FranceConnect(Assurance::Substantial | Assurance::High)
            | Self::TrustedThirdParty => Degree::High,
            Self::MinorTravelDocument
            | Self::BirthCertificate
            | Self::FamilyRecordBook
            | Self::VitaleCardWithPhoto
            | Self::CourtDecision => Degree::Supporting,
            Self::IdentityCard(CardIssuer::Other)
            | Self::FranceConnect(Assurance::Low)
            | Self::VitaleCard
            | Self::DrivingLicence
            | Self::MilitaryCard => Degree::Recorded,
        }
    }

    /// The code of ZFD-7 (PAM FR), `None` where the table has none (ins.md §3.4).
    #[must_use]
    pub fn pam_code(self) -> Option<&'static str> {
        match self {
            Self::Passport => Some("PA"),
            Self::IdentityCard(CardIssuer::France) => Some("CN"),
            Self::IdentityCard(CardIssuer::Recognised) => Some("CE"),
            Self::ResidencePermit => Some("CS"),
            Self::VitaleApp => Some("AV"),
            Self::FranceIdentite
            | Self::LaPosteIdentity
            | Self::FranceConnect(Assurance::Substantial | Assurance::High) => Some("IE"),
            Self::TrustedThirdParty => Some("TC"),
            Self::MinorTravelDocument => Some("DC"),
            Self::BirthCertificate => Some("AN"),
            Self::FamilyRecordBook => Some("LE"),
            Self::DrivingLicence => Some("PC"),
            Self::MilitaryCard => Some("CM"),
            Self::IdentityCard(CardIssuer::Other)
            | Self::FranceConnect(Assurance::Low)
            | Self::VitaleCardWithPhoto
            | Self::VitaleCard
            | Self::CourtDecision => None,
        }
    }

    /// The code of FR Core's validation mode, `None` where the list has none (ins.md §3.4).
    #[must_use]
    pub fn fr_core_code(self) -> Option<&'static str> {
        match self {
            Self::Passport => Some("PA"),
            Self::IdentityCard(CardIssuer::France | CardIssuer::Recognised) => Some("CN"),
            Self::ResidencePermit => Some("CS"),
            Self::FranceIdentite => Some("eCN"),
            Self::LaPosteIdentity => Some("IN"),
            Self::VitaleApp => Some("AV"),
            Self::MinorTravelDocument => Some("CC"),
            Self::BirthCertificate => Some("AN"),
            Self::FamilyRecordBook => Some("LEP"),
            Self::IdentityCard(CardIssuer::Other)
            | Self::FranceConnect(_)
            | Self::TrustedThirdParty
            | Self::VitaleCardWithPhoto
            | Self::VitaleCard
            | Self::CourtDecision
            | Self::DrivingLicence
            | Self::MilitaryCard => None,
        }
    }
}
