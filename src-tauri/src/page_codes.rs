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

/// Every code that FranceConnect shows on a page (franceconnect.md §8.2). Y030030 and Y030032 are shown on none:
/// the browser comes back at once.
#[rustfmt::skip]
pub(crate) const PAGE_CODES: &[PageCode] = &[
    PageCode { codes: &["Y000000", "Y040001"], cause: "FranceConnect a rencontré une erreur.", next: LATER },
    PageCode { codes: &["Y000400", "Y030007", "Y030028", "Y100009"], cause: "FranceConnect n'accepte pas la demande du poste ou du relais.", next: STAFF },
    PageCode { codes: &["Y010004"], cause: "L'état civil national ne connaît la personne qu'à peu près.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010006"], cause: "L'état civil national connaît plusieurs personnes qui correspondent.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010007"], cause: "La personne n'a été trouvée que sous son nom d'usage.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010008"], cause: "La personne n'a pas été trouvée à l'état civil national.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010009"], cause: "L'état civil national a rejeté la demande.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y010011", "Y010012"], cause: "L'état civil national ne répond pas.", next: LATER },
    PageCode { codes: &["Y010013"], cause: "La réponse de l'état civil national n'est pas lisible.", next: LATER },
    PageCode { codes: &["Y010015"], cause: "L'état civil national ne permet pas cette identification. Ne commentez pas la raison devant la personne.", next: PAPER },
    PageCode { codes: &["Y020017", "Y020019"], cause: "Ce moyen de connexion est désactivé.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y020021", "Y020022", "Y190004", "Y190011", "Y420001", "Y420002"], cause: "Retour en arrière, page rechargée ou second onglet.", next: AGAIN },
    PageCode { codes: &["Y020023"], cause: "Ce moyen de connexion n'est pas permis pour ce service.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y020025", "Y020026", "Y020027", "Y020028", "Y020029", "Y020030", "Y100019"], cause: "Le moyen de connexion choisi a répondu par une erreur.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y030025", "Y030026", "Y030027", "Y520001"], cause: "FranceConnect a perdu le fil de la connexion.", next: AGAIN },
    PageCode { codes: &["Y046696C", "Y04A8220"], cause: "FranceConnect n'arrive pas à lire les adresses déclarées par le service.", next: STAFF },
    PageCode { codes: &["Y04C013C"], cause: "L'adresse de retour du service n'est pas déclarée à FranceConnect.", next: STAFF },
    PageCode { codes: &["Y04EA6EF"], cause: "FranceConnect ne connaît pas ce service, ou l'a désactivé.", next: STAFF },
    PageCode { codes: &["Y100001", "Y100018"], cause: "Ce moyen de connexion n'atteint pas le niveau de garantie demandé.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y100002"], cause: "FranceConnect ne sert pas le niveau de garantie demandé.", next: STAFF },
    PageCode { codes: &["Y100004", "Y100010", "Y190001", "Y190009", "Y190012"], cause: "La page est restée ouverte trop longtemps, ou le navigateur refuse les cookies : la session a expiré.", next: AGAIN },
    PageCode { codes: &["Y100011"], cause: "La personne a bloqué ce moyen de connexion dans ses préférences FranceConnect.", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y180001"], cause: "La personne a désactivé son accès à FranceConnect, ou il est bloqué.", next: PAPER },
    PageCode { codes: &["Y270001", "Y600006"], cause: "Le compte choisi transmet une identité incomplète (souvent l'adresse électronique).", next: OTHER_ACCOUNT },
    PageCode { codes: &["Y470001", "Y470002", "Y470003", "Y470004"], cause: "Un bouton a été pressé deux fois, ou la page est trop ancienne.", next: AGAIN },
    PageCode { codes: &["Y600020"], cause: "La connexion passe par un mandat Aidants Connect, que ce service n'accepte pas.", next: PAPER },
];

/// The list as it is read on a terminal, after nobody came back.
pub(crate) fn as_text() -> String {
    let lines = PAGE_CODES.iter().map(|one| format!("  {} : {} {}", one.codes.join(", "), one.cause, one.next));
    let lines: Vec<String> = lines.collect();
    format!("Si la page de FranceConnect montrait un code :\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::present::unbroken;

    #[test]
    fn each_code_stands_once_with_its_cause_and_what_to_do_next() {
        let text = as_text();
        // franceconnect.md §8.2, but for the two that send the browser back at once.
        for code in [
            "Y000000", "Y030007", "Y04EA6EF", "Y04C013C", "Y04A8220", "Y046696C", "Y040001", "Y000400", "Y010004",
            "Y010006", "Y010007", "Y010008", "Y010009", "Y010011", "Y010012", "Y010013", "Y010015", "Y020017",
            "Y020019", "Y020021", "Y020022", "Y020023", "Y020025", "Y020026", "Y020027", "Y020028", "Y020029",
            "Y020030", "Y030025", "Y030026", "Y030027", "Y030028", "Y100001", "Y100002", "Y100004", "Y100009",
            "Y100010", "Y100011", "Y100018", "Y100019", "Y180001", "Y190001", "Y190004", "Y190009", "Y190011",
            "Y190012", "Y270001", "Y420001", "Y420002", "Y470001", "Y470002", "Y470003", "Y470004", "Y520001",
            "Y600006", "Y600020",
        ] {
            assert_eq!(text.matches(code).count(), 1, "{code}");
        }
        for PageCode { codes, cause, next } in PAGE_CODES {
            assert!(cause.ends_with('.') && next.ends_with('.') && !codes.is_empty(), "{codes:?}");
        }
    }

    #[test]
    fn the_screens_are_tested_with_the_same_list() {
        let list = include_str!("../../ui/src/host/demo-codes.ts");
        assert_eq!(list.matches("  { codes: [").count(), PAGE_CODES.len());
        for PageCode { codes, cause, .. } in PAGE_CODES {
            let line = format!("{codes:?}, cause: \"{}\"", unbroken(cause));
            assert!(list.contains(&line), "{line}");
        }
    }
}
