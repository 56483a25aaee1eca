//! FranceConnect's refusals: the code on the page, and what the client learns if the person returns.

use crate::citizens::Gender;
use crate::identity::Identity;

const ABORTED: &str = "user authentication aborted";
const TECHNICAL: &str = "authentication aborted due to a technical error on the authorization server";

/// One refusal page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    /// What the page says.
    pub(crate) explanation: &'static str,
    /// `error` and `error_description` sent to the client when the person clicks "return".
    pub(crate) returned: Option<(&'static str, &'static str)>,
}

const fn refusal(code: &'static str, status: u16, explanation: &'static str) -> Refusal {
    Refusal { code, status, explanation, returned: None }
}

impl Refusal {
    const fn denied(self) -> Self {
        Self { returned: Some(("access_denied", ABORTED)), ..self }
    }

    const fn technical(self) -> Self {
        Self { returned: Some(("server_error", TECHNICAL)), ..self }
    }

    const fn unavailable(self) -> Self {
        Self { returned: Some(("temporarily_unavailable", TECHNICAL)), ..self }
    }
}

const NOT_FOUND: &str =
    "L'identité transmise n'a pas pu être vérifiée. Une aide est proposée pour corriger vos données d'état civil.";
const NOT_VERIFIED: &str = "L'identité transmise n'a pas pu être vérifiée.";
const SESSION: &str = "Votre session n'existe plus ou ne correspond pas à cette étape.";

pub(crate) const BAD_REQUEST: Refusal = refusal("Y000400", 400, "La demande n'est pas valide.");
pub(crate) const BAD_PARAMETERS: Refusal =
    refusal("Y030007", 400, "Les paramètres de la demande d'authentification ne sont pas valides.");
pub(crate) const ENGINE: Refusal = refusal("Y040001", 400, "La demande d'authentification n'a pas pu être traitée.");
pub(crate) const UNKNOWN_CLIENT: Refusal = refusal("Y04EA6EF", 400, "Le service qui vous envoie n'est pas connu.");
pub(crate) const UNREGISTERED_REDIRECT: Refusal =
    refusal("Y04C013C", 400, "L'adresse de retour du service n'est pas déclarée.");
pub(crate) const UNKNOWN_PROVIDER: Refusal =
    refusal("Y020019", 500, "Ce fournisseur d'identité n'est pas connu.").technical();
pub(crate) const DISABLED_PROVIDER: Refusal =
    refusal("Y020017", 500, "Ce fournisseur d'identité est désactivé.").technical();
pub(crate) const FILTERED_PROVIDER: Refusal = Refusal {
    returned: Some(("access_denied", TECHNICAL)),
    ..refusal("Y020023", 403, "Ce fournisseur d'identité n'est pas ouvert à ce service.")
};
/// Nothing tells the client: this one has no error to return.
pub(crate) const LEVEL_TOO_LOW: Refusal =
    refusal("Y100001", 500, "Le niveau de garantie de ce compte est inférieur à celui que le service demande.");
pub(crate) const SECTOR_UNREACHABLE: Refusal =
    refusal("Y04A8220", 400, "La liste des adresses de retour du service ne répond pas.");
pub(crate) const SECTOR_INCONSISTENT: Refusal =
    refusal("Y046696C", 400, "La liste des adresses de retour du service ne contient pas celle-ci.");
pub(crate) const UNKNOWN: Refusal = refusal("Y000000", 500, "Une erreur inconnue est survenue.");
pub(crate) const REGISTER_SILENT: Refusal =
    refusal("Y010011", 504, "La vérification de l'identité ne répond pas.").unavailable();
pub(crate) const AMR_NOT_GRANTED: Refusal =
    refusal("Y100009", 400, "Le service demande une information à laquelle il n'a pas droit.").technical();
pub(crate) const NO_SESSION: Refusal = refusal("Y190001", 401, SESSION);
pub(crate) const OTHER_STEP: Refusal = refusal("Y190004", 409, SESSION);
pub(crate) const ABNORMAL_NAVIGATION: Refusal =
    refusal("Y420001", 400, "Cette étape est déjà passée\u{a0}: page rechargée, retour arrière ou second onglet.");
pub(crate) const ALREADY_SUBMITTED: Refusal = refusal("Y470004", 400, "Cette page a déjà été envoyée.");
const BLOCKED_ACCOUNT: Refusal = refusal("Y180001", 403, "L'usage de ce compte est bloqué.").denied();
const INCOMPLETE_IDENTITY: Refusal =
    refusal("Y600006", 400, "L'identité transmise par le fournisseur est incomplète ou mal formée.").technical();

/// What the civil register's answers become (`facts` table of refusals, module 01).
const CIVIL_REGISTER: [Refusal; 9] = [
    refusal("Y010004", 403, NOT_VERIFIED).denied(),
    refusal("Y010006", 403, NOT_VERIFIED).denied(),
    refusal("Y010007", 403, NOT_VERIFIED).denied(),
    refusal("Y010008", 403, NOT_FOUND).denied(),
    refusal("Y010009", 403, NOT_VERIFIED).denied(),
    REGISTER_SILENT,
    refusal("Y010012", 504, "La vérification de l'identité ne répond pas.").unavailable(),
    refusal("Y010013", 400, "La vérification de l'identité a mal répondu.").technical(),
    // A deceased person's page says no more than any other.
    refusal("Y010015", 403, NOT_VERIFIED).denied(),
];

/// Says why FranceConnect would refuse this person: the provider's identity is checked first,
/// then the civil register, then the account.
pub(crate) fn of_identity(identity: &Identity) -> Option<Refusal> {
    if !well_formed(identity) {
        return Some(INCOMPLETE_IDENTITY);
    }
    if identity.corrected.is_some() {
        let given_name = identity.raw.given_name();
        let answers = |refusal: &Refusal| given_name.ends_with(&refusal.code.replace('Y', "_E"));
        if let Some(refusal) = CIVIL_REGISTER.into_iter().find(answers) {
            return Some(refusal);
        }
    }
    identity.blocked.then_some(BLOCKED_ACCOUNT)
}

fn well_formed(identity: &Identity) -> bool {
    let raw = &identity.raw;
    if raw.family_name.is_empty() || raw.given_names.is_empty() {
        return false;
    }
    if identity.corrected.is_none() {
        // A European's gender and place are optional, the date is whole.
        return is_partial_date(&raw.birthdate) && !raw.birthdate.contains("-00");
    }
    let in_france = raw.birthcountry == "99100";
    identity.email.is_some()
        && raw.gender != Gender::Missing
        && is_partial_date(&raw.birthdate)
        && raw.birthcountry.len() == 5
        && raw.birthcountry.bytes().all(|byte| byte.is_ascii_digit())
        && (!in_france || is_commune_code(&raw.birthplace))
}

/// `YYYY-MM-DD`, `YYYY-MM-00` or `YYYY-00-00`; an unknown month with a known day is refused.
fn is_partial_date(date: &str) -> bool {
    let parts: Vec<&str> = date.split('-').collect();
    let &[year, month, day] = parts.as_slice() else {
        return false;
    };
    year.len() == 4
        && [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        && (month != "00" || day == "00")
}

/// `^(2[AB]|\d{2})\d{3}$`.
fn is_commune_code(code: &str) -> bool {
    code.len() == 5
        && code.bytes().enumerate().all(|(position, byte)| {
            byte.is_ascii_digit() || (position == 1 && code.starts_with('2') && matches!(byte, b'A' | b'B'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizens::{self, Citizen};
    use crate::provider::Kind;

    fn of_citizen(citizen: &Citizen) -> Option<Refusal> {
        of_identity(&Identity::of(citizen, Kind::French))
    }

    #[test]
    fn each_trigger_has_its_code() {
        for (login, code) in [
            ("test", None),
            ("genre_indéfini", None),
            ("naissance_Algérie", None),
            ("étranger_présumé_né_jour_et_mois", None),
            ("test_CORSE_2A", None),
            ("naissance_etranger_birthplace_cog", None),
            ("eidas_berlin", None),
            ("eidas_sans_lieu", None),
            ("mois_00", Some("Y600006")),
            ("sans_mail", Some("Y600006")),
            ("sans_mail_sans_tel", Some("Y600006")),
            ("sans_genre", Some("Y600006")),
            ("sans_prenom", Some("Y600006")),
            ("sans_birthplace", Some("Y600006")),
            ("sans_nom_naissance", Some("Y600006")),
            ("test_INVALID_COG", Some("Y600006")),
            ("test_CORSE_INVALID", Some("Y600006")),
            ("E010004", Some("Y010004")),
            ("E010006", Some("Y010006")),
            ("E010007", Some("Y010007")),
            ("E010008", Some("Y010008")),
            ("E010009", Some("Y010009")),
            ("E010011", Some("Y010011")),
            ("E010012", Some("Y010012")),
            ("E010013", Some("Y010013")),
            ("E010015", Some("Y010015")),
            ("Y180001", Some("Y180001")),
            ("Désactivé", Some("Y180001")),
        ] {
            let citizen = citizens::by_login(login).unwrap_or_else(|| panic!("{login}"));
            assert_eq!(of_citizen(citizen).map(|refusal| refusal.code), code, "{login}");
        }
    }

    #[test]
    fn only_the_triggers_are_refused() {
        let refused = citizens::all().iter().filter(|citizen| of_citizen(citizen).is_some());
        assert_eq!(refused.count(), 20);
    }
}
