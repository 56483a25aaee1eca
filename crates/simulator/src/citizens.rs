//! The fictitious people of the simulator.
//!
//! An identity is written as FranceConnect (low) delivers it, corrected by the civil register,
//! beside the birth date as the identity provider gave it.

/// The password of every fictitious account.
pub const PASSWORD: &str = "123";

/// The `gender` claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    /// `female`.
    Female,
    /// `male`.
    Male,
    /// `unspecified`: neither of the two.
    Unspecified,
    /// The provider said nothing, which FranceConnect refuses.
    Missing,
}

/// Where a fictitious person comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The public test identities of FranceConnect's demonstration provider.
    Published,
    /// Our own, for what a reception register needs.
    Ours,
}

/// A fictitious person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Citizen {
    /// The login at the simulated provider.
    pub login: &'static str,
    /// The birth name, claim `family_name`.
    pub family_name: &'static str,
    /// The name in use, claim `preferred_username`.
    pub preferred_username: Option<&'static str>,
    /// The given names in civil order; one may contain a space.
    pub given_names: &'static [&'static str],
    /// The gender.
    pub gender: Gender,
    /// The birth date as the provider gave it, unknown parts as 00.
    pub idp_birthdate: &'static str,
    /// The commune code at birth, empty when born abroad.
    pub birthplace: &'static str,
    /// The country code, 99100 for France.
    pub birthcountry: &'static str,
    /// The birth name as the provider gives it, where the civil register corrects it.
    pub idp_family_name: Option<&'static str>,
    /// The place as the provider gives it, where the civil register corrects it.
    pub idp_birthplace: Option<&'static str>,
    /// Whether the person comes through the European bridge, unknown to the French civil register.
    pub european: bool,
    /// What this person is there for, in French.
    pub purpose: &'static str,
    /// Where this person comes from.
    pub origin: Origin,
    /// Whether FranceConnect has blocked the account.
    pub blocked: bool,
    has_email: bool,
}

impl Citizen {
    /// Returns the claim `given_name`: all given names, separated by spaces.
    #[must_use]
    pub fn given_name(&self) -> String {
        self.given_names.join(" ")
    }

    /// Returns the claim `birthdate`: always complete, unknown parts as 01.
    #[must_use]
    pub fn birthdate(&self) -> String {
        self.idp_birthdate.replace("-00", "-01")
    }

    /// Returns the claim `email`, at a domain that cannot exist.
    #[must_use]
    pub fn email(&self) -> Option<String> {
        let ascii = |letter: char| {
            if letter.is_ascii_alphanumeric() { letter } else { '-' }
        };
        let local: String = self.login.chars().map(ascii).collect();
        self.has_email.then(|| format!("{}@example.invalid", local.to_ascii_lowercase()))
    }

    const fn uses(self, name: &'static str) -> Self {
        Self { preferred_username: Some(name), ..self }
    }

    const fn corrected_from(self, name: &'static str) -> Self {
        Self { idp_family_name: Some(name), ..self }
    }

    const fn placed(self, place: &'static str) -> Self {
        Self { idp_birthplace: Some(place), ..self }
    }

    const fn european(self) -> Self {
        Self { european: true, ..self }
    }

    const fn without_email(self) -> Self {
        Self { has_email: false, ..self }
    }

    const fn blocked(self) -> Self {
        Self { blocked: true, ..self }
    }

    const fn ours(self) -> Self {
        Self { origin: Origin::Ours, ..self }
    }
}

/// Returns every fictitious person, in the order of the sign-in page.
#[must_use]
pub fn all() -> &'static [Citizen] {
    &CITIZENS
}

/// Returns the person with this login.
#[must_use]
pub fn by_login(login: &str) -> Option<&'static Citizen> {
    CITIZENS.iter().find(|citizen| citizen.login == login)
}

const FRANCE: &str = "99100";

/// A place of birth: commune and country.
type Place = (&'static str, &'static str);

const fn france(commune: &'static str) -> Place {
    (commune, FRANCE)
}

const fn abroad(country: &'static str) -> Place {
    ("", country)
}

const fn person(
    login: &'static str,
    (family_name, given_names): (&'static str, &'static [&'static str]),
    gender: Gender,
    idp_birthdate: &'static str,
    (birthplace, birthcountry): Place,
    purpose: &'static str,
) -> Citizen {
    Citizen {
        login,
        family_name,
        preferred_username: None,
        given_names,
        gender,
        idp_birthdate,
        birthplace,
        birthcountry,
        idp_family_name: None,
        idp_birthplace: None,
        european: false,
        purpose,
        origin: Origin::Published,
        blocked: false,
        has_email: true,
    }
}

use Gender::{Female as F, Male as M, Missing, Unspecified as U};

#[rustfmt::skip] // a table reads better one person a line
static CITIZENS: [Citizen; 72] = [
    person("test", ("DUBOIS", &["Angela", "Claire", "Louise"]), F, "1962-08-24", france("75107"), "cas courant, trois prénoms"),
    person("avec_nom_dusage", ("MERCIER", &["Pierre"]), M, "1969-03-17", france("95277"), "nom d'usage différent du nom de naissance").uses("DUBOIS"),
    person("nom_composé", ("TROIS-DUPRE", &["Melissandre", "Juliette"]), F, "1981-07-27", france("13012"), "trait d'union dans le nom"),
    person("nom_50+_caractères", ("AZERTYUIOPMLKJHGFDSQWXCVBNAZERTYUIOPMLKJHGFDSQWXCVBN", &["Bertrand", "Cyril"]), M, "2000-03-01", france("75119"), "nom de 52 lettres"),
    person("carac_speciaux", ("DURANTéàèùòœæŒÆ", &["JulieéàèùòœæŒÆ"]), F, "1972-06-14", france("2B002"), "ligatures et accents, Corse"),
    person("caractères_spéciaux", ("DUBINÔRE", &["Joëlle", "Françoise"]), F, "1992-08-15", france("75117"), "accents"),
    person("plusieurs_prénoms_2", ("HOCHON", &["Valentin", "Emmanuel"]), M, "1955-01-01", france("69674"), "vraiment né un 1er janvier"),
    person("plusieurs_prénoms_3", ("DUBIGNOT", &["Jean", "Philippe", "Arnaud"]), M, "1943-06-15", france("75109"), "trois prénoms"),
    person("prénom_composé", ("HUCHE", &["Anne-Laure"]), F, "1945-09-30", france("31555"), "prénom à trait d'union"),
    // The provider says Martin, the civil register corrects it.
    person("prénom_composé_avec_espace", ("DUBOIS", &["Jean Philippe", "Pierre", "Louis"]), M, "1962-08-24", france("75107"), "prénom composé avec une espace\u{a0}; nom corrigé par l'état civil").corrected_from("Martin"),
    person("moins_16_ans", ("POSTEUR", &["Alain"]), M, "2015-06-20", france("75113"), "mineur"),
    person("moins_18_ans", ("CHAMPION", &["Alice", "Juliette"]), F, "2009-05-02", france("44109"), "mineure"),
    person("genre_indéfini", ("LAFORGE", &["Camille"]), U, "1954-08-07", france("75119"), "sexe non précisé"),
    person("test_CORSE_2A", ("Brosse", &["Mario"]), M, "1981-02-03", france("2A004"), "né à Ajaccio, casse mêlée").uses("Mario"),
    person("test_CORSE_2B", ("Brosse", &["Luigi"]), M, "1981-02-03", france("2B050"), "né en Haute-Corse").uses("Luigi"),
    person("test_CLEMENT", ("CORSE", &["CLEMENT"]), M, "1991-02-12", france("2A115"), "né en Corse-du-Sud, prénom en capitales"),
    person("naissance_Algérie", ("MARTIN", &["Vincent", "Guillaume"]), M, "1963-12-05", abroad("99352"), "né en Algérie"),
    person("naissance_Maroc", ("GODIN", &["Ermengardi"]), F, "1985-09-05", abroad("99350"), "née au Maroc"),
    person("naissance_Portugal", ("SÉGUIN", &["Henry"]), M, "1955-06-19", abroad("99139"), "né au Portugal, accent"),
    person("naissance_Belgique", ("LAPRISE", &["Saber"]), M, "1946-08-17", abroad("99131"), "né en Belgique, nom d'usage").uses("DULIN"),
    person("naissance_Espagne", ("CHEVAL", &["Marphisa"]), F, "1982-02-24", abroad("99134"), "née en Espagne, nom d'usage").uses("POULAIN"),
    person("naissance_Italie", ("LIVRE", &["Julien", "Bernard", "Pierre"]), M, "1984-01-23", abroad("99127"), "né en Italie"),
    person("naissance_polynesie_française", ("REVEIL", &["Titouan"]), M, "1998-06-18", france("98729"), "né en Polynésie française"),
    person("naissance_wallis_futuna", ("Fleury", &["Fabien"]), M, "1972-06-14", france("98611"), "né à Wallis-et-Futuna"),
    // A known oddity: the low platform hands France back beside a foreign place code.
    person("naissance_etranger_birthplace_cog", ("ALGER", &["Vincent"]), M, "1963-12-05", france("90900"), "lieu étranger codé comme une commune"),
    // The provider says "Alger", the low platform hands an empty place back.
    person("naissance_etranger_birthplace_texte", ("ALGERIE", &["Alia"]), F, "1963-12-05", abroad("99352"), "lieu étranger écrit en toutes lettres").placed("Alger"),
    person("étranger_présumé_né_jour", ("FLEURET", &["Jean"]), M, "1992-11-00", abroad("99217"), "jour de naissance inconnu"),
    person("étranger_présumé_né_jour_et_mois", ("TARGE", &["Jean"]), M, "1992-00-00", abroad("99217"), "jour et mois de naissance inconnus"),
    person("prodhomme", ("PROD'HOMME", &["CORALIE"]), F, "1987-07-05", france("30189"), "apostrophe, capitales"),
    person("TestMESFC05", ("CHAP'ELLE", &["DAMIEN"]), M, "2002-02-01", france("39068"), "apostrophe"),
    person("mmatin", ("MATIN", &["Maëllis-Gaëlle", "Marie"]), F, "1990-07-13", france("75056"), "apostrophe dans le nom d'usage, Paris sans arrondissement").uses("NOM D'USAGE"),
    // No birth date is known of the published row: this one is ours.
    person("insee_ancien", ("ACNUSER", &["SARAH", "SOPHIE"]), F, "1968-05-21", france("75012"), "ancien code de commune").uses("ACNTEST"),
    person("test_doublon", ("CASA", &["MILA"]), F, "1986-01-01", abroad("93100"), "homonyme, code postal à la place du pays"),
    person("doublon1", ("CASA", &["MILA"]), F, "1986-01-01", abroad("75015"), "homonyme, code postal à la place du pays"),

    // Ours: what a reception register has to tell apart.
    person("jumelle_louise", ("MARCHANDIN", &["Louise", "Jeanne"]), F, "1988-04-12", france("35238"), "jumelle\u{a0}: seul le premier prénom diffère").ours(),
    person("jumelle_lucie", ("MARCHANDIN", &["Lucie", "Jeanne"]), F, "1988-04-12", france("35238"), "jumelle\u{a0}: seul le premier prénom diffère").ours(),
    person("inconnue", ("VOLANGES", &["Philomène", "Ysaline"]), F, "1979-10-09", france("29019"), "inconnue de tout registre").ours(),
    person("mariée", ("BESNARDEAU", &["Hélène", "Marie"]), F, "1971-02-18", france("49007"), "mariée, connue sous son nom d'usage").uses("LEMOINIER").ours(),
    person("homonyme_1975", ("GARNAUDIN", &["Sophie"]), F, "1975-06-03", france("44109"), "homonyme, née en 1975").ours(),
    person("homonyme_1976", ("GARNAUDIN", &["Sophie"]), F, "1976-06-03", france("44109"), "homonyme, née en 1976").ours(),
    person("arrondissement", ("TESSANDIER", &["Marius"]), M, "1958-09-27", france("69383"), "arrondissement de Lyon").ours(),
    person("commune_fusionnée", ("DUCRETTAZ", &["Émilien", "Joseph"]), M, "1949-03-30", france("74011"), "commune aujourd'hui fusionnée").ours(),
    person("apostrophe_et_trait", ("D'ARGENT-ROCHER", &["Noémie"]), F, "1996-12-02", france("34172"), "apostrophe et trait d'union").ours(),
    person("liste_longue", ("QUEMENEUR", &["Yann", "Erwan", "Marie", "Corentin"]), M, "1964-07-21", france("29232"), "quatre prénoms, le registre n'en a qu'un").ours(),
    person("présumée_1er_janvier", ("BENSALINE", &["Aïcha"]), F, "1948-00-00", abroad("99352"), "date présumée, enregistrée au 1er janvier").ours(),
    person("particule", ("DE LA ROSERAIE", &["Élisabeth", "Anne"]), F, "1937-11-11", france("37261"), "particule et espaces").ours(),
    person("réunionnaise", ("PAYETTANE", &["Marie-Reine"]), F, "1983-05-14", france("97411"), "née à La Réunion").ours(),
    person("nom_double", ("FERREOL SOUCHET", &["Gabin"]), M, "2004-08-08", france("59350"), "double nom sans trait d'union").ours(),
    // The platform lets an empty given name through (seen in its own test data); a desk cannot use it.
    person("sans_prenom_97601", ("MARTIN", &[""]), F, "1990-05-12", france("97601"), "prénom vide\u{a0}: identité inexploitable").ours(),
    person("ordinaire", ("ORDINAIRE", &["Paul"]), M, "1990-02-28", france("21231"), "un seul prénom, rien d'autre").ours(),

    // Through the European bridge: free text or nothing for a place, no civil register.
    person("eidas_berlin", ("MUSTERFRAU", &["Erika"]), F, "1964-08-12", ("Berlin", "99109"), "européenne, lieu écrit en toutes lettres").european().ours(),
    person("eidas_sans_lieu", ("BJÖRKLUND", &["Nils", "Olof"]), U, "1977-12-30", ("", "99104"), "européen, sans lieu ni sexe précisé").european().ours(),

    // Refused: incomplete or malformed identities.
    person("mois_00", ("MENSUEL", &["Octave"]), M, "1977-00-03", france("75110"), "mois inconnu mais jour connu"),
    person("sans_mail", ("SANSMEL", &["Aurore"]), F, "1980-04-04", france("75111"), "sans adresse électronique").without_email(),
    person("sans_mail_sans_tel", ("SANSTOUT", &["Aurèle"]), M, "1980-05-05", france("75112"), "sans adresse électronique ni téléphone").without_email(),
    person("sans_genre", ("SANSGENRE", &["Claude"]), Missing, "1980-06-06", france("75113"), "sans sexe"),
    person("sans_prenom", ("SANSPRENOM", &[]), F, "1980-07-07", france("75114"), "sans prénom"),
    person("sans_birthplace", ("SANSLIEU", &["Dominique"]), M, "1980-08-08", france(""), "né en France sans commune"),
    person("sans_nom_naissance", ("", &["Pascale"]), F, "1980-09-09", france("75116"), "sans nom de naissance").uses("SEULUSAGE"),
    person("test_INVALID_COG", ("MALCODE", &["Fernand"]), M, "1980-10-10", france("AAAAA"), "commune mal codée"),
    person("test_CORSE_INVALID", ("MALPAYS", &["Antoine"]), M, "1980-11-11", ("2A004", "AZERTY"), "pays mal codé"),

    // Refused: what the civil register answers, driven by the suffix of the given name.
    person("E010004", ("REFUS", &["Ange_E010004"]), M, "1970-01-04", france("75101"), "état civil\u{a0}: un écho proche"),
    person("E010006", ("REFUS", &["Ange_E010006"]), M, "1970-01-06", france("75101"), "état civil\u{a0}: plusieurs échos"),
    person("E010007", ("REFUS", &["Ange_E010007"]), M, "1970-01-07", france("75101"), "état civil\u{a0}: trouvé par le nom d'usage seul"),
    person("E010008", ("REFUS", &["Ange_E010008"]), M, "1970-01-08", france("75101"), "état civil\u{a0}: aucun écho"),
    person("E010009", ("REFUS", &["Ange_E010009"]), M, "1970-01-09", france("75101"), "état civil\u{a0}: demande rejetée"),
    person("E010011", ("REFUS", &["Ange_E010011"]), M, "1970-01-11", france("75101"), "état civil\u{a0}: délai dépassé"),
    person("E010012", ("REFUS", &["Ange_E010012"]), M, "1970-01-12", france("75101"), "état civil\u{a0}: en panne"),
    person("E010013", ("REFUS", &["Ange_E010013"]), M, "1970-01-13", france("75101"), "état civil\u{a0}: réponse illisible"),
    person("E010015", ("REFUS", &["Ange_E010015"]), M, "1970-01-15", france("75101"), "état civil\u{a0}: personne décédée"),

    // Refused: the account.
    person("Y180001", ("BLOQUE", &["Sidonie"]), F, "1985-01-18", france("75102"), "compte bloqué").blocked(),
    person("Désactivé", ("DESACTIVE", &["Sylvain"]), M, "1985-02-18", france("75102"), "compte désactivé").blocked(),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_login_names_one_person() {
        let logins: HashSet<&str> = all().iter().map(|citizen| citizen.login).collect();
        assert_eq!(logins.len(), all().len());
    }

    #[test]
    fn a_partial_date_is_completed_with_01() {
        for (login, delivered) in [
            ("test", "1962-08-24"),
            ("étranger_présumé_né_jour", "1992-11-01"),
            ("étranger_présumé_né_jour_et_mois", "1992-01-01"),
        ] {
            assert_eq!(by_login(login).unwrap().birthdate(), delivered, "{login}");
        }
    }

    #[test]
    fn twins_differ_by_the_first_given_name_alone() {
        let louise = by_login("jumelle_louise").unwrap();
        let lucie = by_login("jumelle_lucie").unwrap();
        let rest = |citizen: &Citizen| {
            let others = citizen.given_names.get(1..).unwrap();
            (citizen.family_name, citizen.idp_birthdate, citizen.birthplace, citizen.gender, others.to_vec())
        };
        assert_eq!(rest(louise), rest(lucie));
        assert_ne!(louise.given_names.first(), lucie.given_names.first());
    }

    #[test]
    fn the_long_name_has_52_letters() {
        assert_eq!(by_login("nom_50+_caractères").unwrap().family_name.len(), 52);
    }

    #[test]
    fn no_address_can_exist() {
        for citizen in all() {
            assert!(citizen.email().is_none_or(|email| email.is_ascii() && email.ends_with("@example.invalid")));
        }
    }
}
