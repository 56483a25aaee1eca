//! The codes that FranceConnect shows on its own pages. The desk never receives them: the person reads
//! one aloud, and the receptionist finds what it means and what to do next.

/// One code, or several that mean the same at a desk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageCode {
    pub(crate) codes: &'static [&'static str],
    /// What happened, in plain French.
    pub(crate) cause: &'static str,
    /// What to do next.
    pub(crate) next: &'static str,
}

const PAPER: &str = "Utilisez la pièce d'identité.";
const STAFF: &str = "Utilisez la pièce d'identité et donnez ce code à votre informaticien.";
const AGAIN: &str = "Relancez la vérification.";
const LATER: &str = "Réessayez dans quelques minutes, ou utilisez la pièce d'identité.";
const OTHER_ACCOUNT: &str = "La personne peut choisir un autre compte, ou présenter sa pièce d'identité.";

/// The codes that a person at a desk may meet.
#[rustfmt::skip]
pub(crate) const PAGE_CODES: &[PageCode] = &[
    PageCode { codes: &["Y030007"], cause: "FranceConnect n'accepte pas la demande du poste ou du relais.", next: STAFF },
    PageCode { codes: &["Y04EA6EF"], cause: "FranceConnect ne connaît pas ce service, ou l'a désactivé.", next: STAFF },
    PageCode { codes: &["Y04C013C"], cause: "L'adresse de retour du service n'est pas déclarée à FranceConnect.", next: STAFF },
    PageCode { codes: &["Y010004"], cause: "L'état civil national ne connaît la personne qu'à peu près.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010006"], cause: "L'état civil national connaît plusieurs personnes qui correspondent.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010007"], cause: "La personne n'a été trouvée que sous son nom d'usage.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010008"], cause: "La personne n'a pas été trouvée à l'état civil national.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010009"], cause: "L'état civil national a rejeté la demande.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010011", "Y010012"], cause: "L'état civil national ne répond pas.", next: LATER },
    PageCode { codes: &["Y010013"], cause: "La réponse de l'état civil national n'est pas lisible.", next: LATER },
    PageCode { codes: &["Y010015"], cause: "L'état civil national ne permet pas cette identification. Ne commentez pas la raison devant la personne.", next: PAPER },
    PageCode { codes: &["Y020017"], cause: "Ce moyen de connexion est désactivé.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y100001"], cause: "Ce moyen de connexion n'atteint pas le niveau de garantie demandé.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y180001"], cause: "La personne a désactivé son accès à FranceConnect, ou il est bloqué.", next: PAPER },
    PageCode { codes: &["Y190001"], cause: "La page est restée ouverte trop longtemps : la session a expiré.", next: AGAIN },
    PageCode { codes: &["Y420001"], cause: "Retour en arrière, page rechargée ou second onglet.", next: AGAIN },
    PageCode { codes: &["Y470004"], cause: "Un bouton a été pressé deux fois.", next: AGAIN },
    PageCode { codes: &["Y600006"], cause: "Le compte choisi transmet une identité incomplète (souvent l'adresse électronique).", next: OTHER_ACCOUNT },
];

/// The list as it is read on a terminal, after nobody came back.
pub(crate) fn as_text() -> String {
    let lines = PAGE_CODES.iter().map(|one| format!("  {:<17}  {} {}", one.codes.join(", "), one.cause, one.next));
    let lines: Vec<String> = lines.collect();
    format!("Si la page de FranceConnect montrait un code :\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_once_with_its_cause_and_what_to_do_next() {
        let text = as_text();
        for code in [
            "Y030007", "Y04EA6EF", "Y04C013C", "Y010004", "Y010006", "Y010007", "Y010008", "Y010009", "Y010011",
            "Y010012", "Y010013", "Y010015", "Y020017", "Y100001", "Y180001", "Y190001", "Y420001", "Y470004",
            "Y600006",
        ] {
            assert_eq!(text.matches(code).count(), 1, "{code}");
        }
        for PageCode { codes, cause, next } in PAGE_CODES {
            assert!(cause.ends_with('.') && next.ends_with('.') && !codes.is_empty(), "{codes:?}");
        }
    }
}
