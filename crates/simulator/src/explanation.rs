//! `/simulator`: what a publisher has to know before going on to the real one.

use maud::{Markup, html};

use crate::world::World;
use crate::{Rules, SubForm, pages};

/// What the simulator does as the real one does although the documentation promises otherwise.
const SURPRISES: [&str; 6] = [
    "PKCE et response_mode sont annoncés, puis refusés par une page Y030007.",
    "Un niveau que la plateforme ne sert pas n'est refusé qu'après la connexion (invalid_acr).",
    "Un idp_hint refusé revient avec state=undefined.",
    "Une portée inconnue ou non accordée est ignorée sans un mot.",
    "La plupart des refus restent sur une page\u{a0}: sans clic sur le lien de retour, le service n'apprend rien.",
    "Dans le même navigateur, la personne suivante se voit proposer l'identité de la précédente.",
];

/// What is knowingly otherwise.
const DIFFERENCES: [&str; 9] = [
    "Il n'écoute que sur 127.0.0.1, en HTTP\u{a0}: les cookies n'ont pas l'attribut Secure, les listes de clés du service sont lues en HTTP sur cette machine.",
    "FranceConnect+ exige en vrai des adresses de retour en https\u{a0}; ici, cette règle est une option.",
    "Les fournisseurs d'identité sont une seule et même page\u{a0}: pas de redirection vers eux, pas de second facteur, pas de déconnexion chez eux.",
    "L'application carte Vitale n'est pas un fournisseur de FranceConnect\u{a0}: son bouton sert à essayer cette voie à côté des autres.",
    "Les identités sont fictives\u{a0}; l'état civil est joué d'après le suffixe du prénom.",
    "Les clés sont en mémoire et changent à chaque démarrage, sauf si une graine est donnée.",
    "Ni private_key_jwt, ni jetons anti-rejeu de formulaire (Y470001 à Y470003), ni courriel d'avertissement, ni mandat Aidants Connect.",
    "Les fournisseurs de données ne répondent pas\u{a0}: leurs portées sont acceptées, sans suite.",
    "La durée de vie des grants (30\u{a0}s) ne coupe userinfo que sur option\u{a0}: elle n'a pas été observée.",
];

/// Shows what differs, and how this simulator was started.
pub(crate) fn page(world: &World) -> Markup {
    let quirks = world.quirks();
    let rules = match world.rules() {
        Rules::Sandbox => "bac à sable (http et localhost acceptés)",
        Rules::Strict => "strictes (https et nom de domaine complet)",
    };
    let sub = match quirks.sub {
        SubForm::Observed => "128 chiffres hexadécimaux, comme observé",
        SubForm::Documented => "64 chiffres hexadécimaux et v1, comme documenté",
    };
    pages::page(
        "Ce simulateur et le vrai FranceConnect",
        &html! {
            p { "Plateforme simulée\u{a0}: " strong #platform { (world.platform().title()) }
                ". Adresses de retour\u{a0}: " (rules) ". Identifiant sub\u{a0}: " (sub) ". Graine\u{a0}: "
                @match world.seed() {
                    Some(seed) => strong #seed { (seed) },
                    None => "aucune",
                }
                "." }
            h2 { "Ce qui surprend, et qui est fidèle" }
            ul #surprises { @for line in SURPRISES { li { (line) } } }
            h2 { "Ce qui diffère, et qu'il faut essayer ailleurs" }
            ul #differences { @for line in DIFFERENCES { li { (line) } } }
            h2 { "Pour les essais" }
            ul {
                li { a #to-faults href="/simulator/faults" { "Pannes et attaques à la demande" } }
                li { a #to-trace href="/simulator/trace" { "Journal des échanges (JSON)" } }
            }
        },
    )
}
