//! The pages as a person sees them: French, plain HTML, usable without scripts.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Fault;
use crate::citizens::{self, Citizen, Origin};
use crate::faults::Faults;
use crate::identity::Identity;
use crate::provider::{IdentityProvider, Kind};
use crate::refusal::{self, Refusal};
use crate::style::SHEET;

pub(crate) fn page(title: &str, content: &Markup) -> Markup {
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
                footer { a href="/simulator" { "Ce qui diffère du vrai FranceConnect" } }
            }
        }
    }
}

/// Shows the choice of an identity provider.
pub(crate) fn providers(
    interaction: &str,
    client: &str,
    shown: impl Iterator<Item = &'static IdentityProvider>,
    cancelled: bool,
) -> Markup {
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
                    @for provider in shown {
                        li {
                            button.card id={ "provider-" (provider.id) } name="provider" value=(provider.id) {
                                strong { (provider.name) }
                                span.soft { "simulé" }
                                @if !provider.remark.is_empty() { span.soft { (provider.remark) } }
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
                @if provider.kind == Kind::European {
                    (cards("Personnes européennes", citizens::all().iter().filter(|citizen| citizen.european)))
                }
                (people("Jeu d'essai public", |citizen| citizen.origin == Origin::Published))
                (people("Cas d'accueil", |citizen| citizen.origin == Origin::Ours))
                ({
                    let refused = citizens::all().iter().filter(|citizen| is_refused(citizen));
                    cards("Refusées par FranceConnect", refused)
                })
            }
            h2 { "Ou bien, une personne fictive de votre invention" }
            (free_entry(&action, provider))
        },
    )
}

fn free_entry(action: &str, provider: &IdentityProvider) -> Markup {
    const FIELDS: [(&str, &str); 7] = [
        ("family_name", "Nom de naissance"),
        ("given_name", "Prénoms, séparés par des espaces"),
        ("preferred_username", "Nom d'usage (facultatif)"),
        ("birthdate", "Date de naissance (AAAA-MM-JJ, 00 pour ce qui est inconnu)"),
        ("birthplace", "Code de la commune de naissance (vide à l'étranger)"),
        ("birthcountry", "Code du pays de naissance (99100 pour la France)"),
        ("email", "Adresse électronique fictive"),
    ];
    html! {
        form #free-entry method="post" action=(action) {
            input type="hidden" name="provider" value=(provider.id);
            @for (name, label) in FIELDS {
                label for={ "free-" (name) } { (label) }
                input id={ "free-" (name) } name=(name) type="text" autocomplete="off" spellcheck="false";
            }
            label for="free-gender" { "Sexe (female, male ou unspecified)" }
            input #free-gender name="gender" type="text" autocomplete="off" spellcheck="false";
            button.main #enter { "Se connecter avec cette personne" }
        }
    }
}

fn is_refused(citizen: &Citizen) -> bool {
    refusal::of_identity(&Identity::of(citizen, Kind::French)).is_some()
}

fn people(title: &str, kept: impl Fn(&Citizen) -> bool) -> Markup {
    let accepted = |citizen: &&Citizen| kept(citizen) && !citizen.european && !is_refused(citizen);
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
/// `consent` is there when a box has to be ticked, true when it was not.
pub(crate) fn information(action: &str, client: &str, person: &str, claims: &[&str], consent: Option<bool>) -> Markup {
    let families = families(claims);
    page(
        "Vous allez être connecté",
        &html! {
            p { "Vous êtes identifié comme " strong #person { (person) } "." }
            @if families.is_empty() {
                p { "Aucune donnée personnelle n'est transmise au service «\u{a0}" strong { (client) } "\u{a0}»\u{a0}: seul un identifiant propre à ce service l'est." }
            } @else {
                p { "Ces données sont transmises au service «\u{a0}" strong { (client) } "\u{a0}»\u{a0}:" }
                ul #families { @for family in &families { li { (family) } } }
            }
            form #information method="post" action=(action) {
                @if let Some(unticked) = consent {
                    @if unticked { p.note #unticked role="alert" { "Cochez la case pour continuer." } }
                    input #consent name="consent" type="checkbox" value="1";
                    label for="consent" { "J'accepte que ces données soient transmises" }
                }
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

/// Shows what misbehaves, and a button for each way to.
pub(crate) fn faults(current: &Faults, clock_error_s: i64) -> Markup {
    page(
        "Pannes et attaques à la demande",
        &html! {
            p #current {
                @match current.everybodys() {
                    Some(fault) => { "En ce moment\u{a0}: " strong { (fault.name()) } " – " (fault.french()) "." },
                    None => "En ce moment, le simulateur se comporte comme le vrai.",
                }
            }
            @for (login, fault) in current.persons() {
                form id={ "behave-" (login) } method="post" action="/simulator/faults" {
                    input type="hidden" name="person" value=(login);
                    p {
                        "Pour " strong { (login) } " seulement\u{a0}: " strong { (fault.name()) } " – " (fault.french()) ". "
                        button name="fault" value="" { "Arrêter pour " (login) }
                    }
                }
            }
            form #faults method="post" action="/simulator/faults" {
                label for="person" { "Pour qui" }
                select #person name="person" {
                    option value="" { "tout le monde" }
                    @for citizen in citizens::all() {
                        option value=(citizen.login) { (citizen.login) " – " (full_name(citizen)) }
                    }
                }
                label for="seconds" { "Secondes d'erreur de l'horloge, pour clock-wrong" }
                input #seconds name="seconds" type="number" value=(clock_error_s);
                ul.grid {
                    li { button.card #fault-none name="fault" value="" { strong { "Aucune panne" } } }
                    @for fault in Fault::ALL {
                        li {
                            button.card id={ "fault-" (fault.name()) } name="fault" value=(fault.name()) {
                                strong { (fault.name()) }
                                span.soft { (fault.french()) }
                                @if fault.is_nobodys() { span.soft { "pour tout le monde seulement" } }
                            }
                        }
                    }
                }
            }
            form #rotate method="post" action="/simulator/keys" {
                button.main #rotate-keys { "Changer les clés de signature" }
            }
        },
    )
}

/// Shows what a hotel's network answers in another's place.
pub(crate) fn captive_portal() -> Markup {
    page("Accès au réseau", &html! { p { "Acceptez les conditions du réseau pour continuer." } })
}

/// Shows that there is nothing here.
pub(crate) fn not_found() -> Markup {
    page("Page introuvable", &html! { p { "Cette adresse n'existe pas sur le simulateur." } })
}

fn full_name(citizen: &Citizen) -> String {
    Identity::of(citizen, Kind::French).full_name()
}

/// Writes a date in French order, unknown parts left as 00.
fn date(iso: &str) -> String {
    let parts: Vec<&str> = iso.rsplit('-').collect();
    parts.join("/")
}
