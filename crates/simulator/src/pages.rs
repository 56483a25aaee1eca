//! The pages as a person sees them: French, plain HTML, usable without scripts.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::citizens::{self, Citizen, Origin};
use crate::interaction::{IdentityProvider, PROVIDERS};
use crate::refusal::{self, Refusal};
use crate::style::SHEET;

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="fr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – FranceConnect simulé" }
                style { (PreEscaped(SHEET)) }
            }
            body {
                header.band {
                    strong { "SIMULATEUR — identités fictives" }
                    span { "N'entrez aucune donnée personnelle réelle." }
                }
                main {
                    h1 { (title) }
                    (content)
                }
            }
        }
    }
}

/// Shows the choice of an identity provider.
pub(crate) fn providers(interaction: &str, client: &str, cancelled: bool) -> Markup {
    page(
        "Choisissez un compte pour vous connecter",
        &html! {
            p { "Le service «\u{a0}" strong { (client) } "\u{a0}» vous demande de vous identifier." }
            @if cancelled {
                p.note role="alert" {
                    "La connexion a été annulée. Vous pouvez choisir un autre compte."
                }
            }
            form #providers method="get" action={ (interaction) "/sign-in" } {
                ul.grid {
                    @for provider in &PROVIDERS {
                        li {
                            button.card id={ "provider-" (provider.id) } name="provider" value=(provider.id) {
                                strong { (provider.name) }
                                span.soft { "simulé" }
                            }
                        }
                    }
                }
            }
            p { a #abort href={ (interaction) "/abort" } { "Revenir au service «\u{a0}" (client) "\u{a0}»" } }
        },
    )
}

/// Shows the form of a provider, and the fictitious people to click instead.
pub(crate) fn sign_in(interaction: &str, provider: &IdentityProvider, failed: bool) -> Markup {
    let action = format!("{interaction}/sign-in");
    page(
        &format!("{} (simulé)", provider.name),
        &html! {
            @if failed {
                p.note #failure role="alert" { "Identifiant ou mot de passe incorrect." }
            }
            form #sign-in-form method="post" action=(action) {
                input type="hidden" name="provider" value=(provider.id);
                label for="login" { "Identifiant fictif" }
                input #login name="login" type="text" required autocomplete="off"
                    autocapitalize="none" spellcheck="false";
                label for="password" { "Mot de passe (toujours 123)" }
                input #password name="password" type="password" required autocomplete="off";
                button.main #sign-in { "Se connecter" }
            }
            p { a #cancel href={ (interaction) "?cancelled=1" } { "Annuler et choisir un autre compte" } }
            h2 { "Ou bien, une personne fictive en un clic" }
            form #people method="post" action=(action) {
                input type="hidden" name="provider" value=(provider.id);
                (people("Jeu d'essai public", |citizen| citizen.origin == Origin::Published))
                (people("Cas d'accueil", |citizen| citizen.origin == Origin::Ours))
                ({
                    let refused = citizens::all().iter().filter(|citizen| refusal::of_citizen(citizen).is_some());
                    cards("Refusées par FranceConnect", refused)
                })
            }
        },
    )
}

fn people(title: &str, kept: impl Fn(&Citizen) -> bool) -> Markup {
    let accepted = |citizen: &&Citizen| kept(citizen) && refusal::of_citizen(citizen).is_none();
    cards(title, citizens::all().iter().filter(accepted))
}

fn cards<'c>(title: &str, people: impl Iterator<Item = &'c Citizen>) -> Markup {
    html! {
        h3 { (title) }
        ul.grid {
            @for citizen in people {
                li {
                    button.card id={ "citizen-" (citizen.login) } name="citizen" value=(citizen.login) {
                        strong { (full_name(citizen)) }
                        span.soft { (date(citizen.idp_birthdate)) " · " (citizen.purpose) }
                        span.soft { "identifiant " (citizen.login) }
                    }
                }
            }
        }
    }
}

/// Shows what will be passed to the service, and of whom.
pub(crate) fn information(action: &str, client: &str, citizen: &Citizen, claims: &[&str]) -> Markup {
    let families = families(claims);
    page(
        "Vous allez être connecté",
        &html! {
            p { "Vous êtes identifié comme " strong #person { (full_name(citizen)) } "." }
            @if families.is_empty() {
                p { "Aucune donnée personnelle n'est transmise au service «\u{a0}" strong { (client) } "\u{a0}»\u{a0}: seul un identifiant propre à ce service l'est." }
            } @else {
                p { "Ces données sont transmises au service «\u{a0}" strong { (client) } "\u{a0}»\u{a0}:" }
                ul #families { @for family in &families { li { (family) } } }
            }
            form #information method="post" action=(action) {
                button.main #continue { "Continuer vers " (client) }
            }
        },
    )
}

/// Names the families of claims as a person understands them.
fn families(claims: &[&str]) -> Vec<&'static str> {
    const FAMILIES: [(&str, &[&str]); 7] = [
        ("Nom de naissance", &["family_name"]),
        ("Prénoms", &["given_name"]),
        ("Nom d'usage", &["preferred_username"]),
        ("Date de naissance", &["birthdate", "idp_birthdate"]),
        ("Sexe", &["gender"]),
        ("Lieu de naissance", &["birthplace", "birthcountry"]),
        ("Adresse électronique", &["email"]),
    ];
    FAMILIES
        .into_iter()
        .filter(|(_, members)| members.iter().any(|member| claims.contains(member)))
        .map(|(family, _)| family)
        .collect()
}

/// Shows a refusal with its code, and the way back where there is one.
pub(crate) fn refusal(refusal: &Refusal, back: Option<&str>) -> Markup {
    page(
        "Connexion impossible",
        &html! {
            p.note role="alert" { (refusal.explanation) }
            p { "Code de l'erreur\u{a0}: " code #code { (refusal.code) } }
            @if let Some(back) = back {
                p { a #return href=(back) { "Revenir au service" } }
            } @else {
                p.soft { "Vous pouvez fermer cette page et prévenir l'accueil." }
            }
        },
    )
}

/// Shows the page between two steps of a logout, which submits itself where scripts run.
pub(crate) fn logout(action: &str, key: &str) -> Markup {
    page(
        "Déconnexion",
        &html! {
            p { "Votre session FranceConnect simulée se termine." }
            form #logout method="get" action=(action) {
                input type="hidden" name="logout" value=(key);
                button.main #logout-continue { "Continuer" }
            }
            script { (PreEscaped("document.getElementById('logout').submit();")) }
        },
    )
}

/// Shows a logout that leads nowhere, a fault on demand.
pub(crate) fn logout_stuck() -> Markup {
    page("Déconnexion", &html! { p { "Déconnexion en cours…" } })
}

/// Shows the end of a logout without a return address.
pub(crate) fn logged_out() -> Markup {
    page("Vous êtes déconnecté", &html! { p #logged-out { "Vous pouvez fermer cette page." } })
}

/// Shows that there is nothing here.
pub(crate) fn not_found() -> Markup {
    page("Page introuvable", &html! { p { "Cette adresse n'existe pas sur le simulateur." } })
}

fn full_name(citizen: &Citizen) -> String {
    let name = format!("{} {}", citizen.given_name(), citizen.family_name);
    match citizen.preferred_username {
        Some(usage) => format!("{name} ({usage})"),
        None => name,
    }
}

/// Writes a date in French order, unknown parts left as 00.
fn date(iso: &str) -> String {
    let parts: Vec<&str> = iso.rsplit('-').collect();
    parts.join("/")
}
