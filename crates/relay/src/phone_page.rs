//! Pages for the patient's own phone. No script, nothing from elsewhere, readable at arm's length.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use comptoir_franceconnect::AcrValue;
use maud::{Markup, html};

use crate::House;
use crate::page::document;
use crate::user_code::UserCode;

/// What went wrong, as the phone's owner reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No desk waits for this code.
    UnknownCode,
    /// The code is another phone's, or over.
    Used,
    /// The browser keeps no cookie, or another site's page sent it.
    NoCookie,
    /// FranceConnect came back to another browser.
    AnotherBrowser,
    /// FranceConnect, or the person, said no.
    Refused,
    /// FranceConnect found somebody already signed in.
    SignedInBefore,
}

impl Trouble {
    fn title(self) -> &'static str {
        match self {
            Self::UnknownCode => "Code inconnu",
            Self::Used => "Code déjà utilisé",
            Self::NoCookie => "Identification impossible",
            Self::AnotherBrowser => "Autre navigateur",
            Self::Refused => "Identification interrompue",
            Self::SignedInBefore => "Encore une fois",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::UnknownCode => {
                "Ce code n'est pas, ou n'est plus, celui d'un poste d'accueil. Vérifiez les lettres affichées à l'accueil, ou demandez un nouveau code."
            }
            Self::Used => {
                "Ce code a déjà servi sur un téléphone, ou son délai est passé. Rien n'a été transmis depuis ce téléphone. Demandez un nouveau code à l'accueil."
            }
            Self::NoCookie => {
                "Ce navigateur n'a pas gardé ce qu'il faut pour revenir de FranceConnect. Rien n'a été transmis. Scannez le code de l'accueil avec l'appareil photo du téléphone, hors navigation privée."
            }
            Self::AnotherBrowser => {
                "Le retour de FranceConnect s'est ouvert dans un autre navigateur que celui du départ. Rien n'a été transmis. Demandez un nouveau code à l'accueil et restez dans le même navigateur."
            }
            Self::Refused => {
                "FranceConnect n'a pas transmis votre identité. Rien n'a été transmis à l'accueil. Rangez votre téléphone : l'accueil peut recommencer, ou vérifier votre pièce d'identité."
            }
            Self::SignedInBefore => {
                "Vous étiez déjà connecté à FranceConnect sur ce téléphone\u{a0}: cette connexion a été fermée. L'accueil a besoin que vous vous identifiiez maintenant."
            }
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::UnknownCode => StatusCode::NOT_FOUND,
            Self::Used => StatusCode::GONE,
            Self::NoCookie | Self::AnotherBrowser => StatusCode::BAD_REQUEST,
            Self::Refused | Self::SignedInBefore => StatusCode::OK,
        }
    }
}

/// Asks for the code, which was not scanned, or is no desk's.
pub(crate) fn enter(place: &str, trouble: Option<Trouble>) -> Response {
    page(
        "Votre identité à l'accueil",
        place,
        &html! {
            @if let Some(trouble) = trouble {
                p class="trouble" id="trouble" role="alert" { (trouble.text()) }
            }
            form method="get" {
                label for="user_code" { "Code affiché à l'accueil" }
                input id="user_code" name="user_code" type="text" required autocomplete="off" autocapitalize="characters"
                    spellcheck="false" maxlength="12" placeholder="XXXX-XXXX";
                button id="go-on" class="plain" type="submit" { "Continuer" }
            }
        },
    )
}

/// Shows the code to compare, and FranceConnect's button: official words, order and link, in our own drawing.
pub(crate) fn compare(house: &House, code: &UserCode, trouble: Option<Trouble>) -> Response {
    let plus = house.upstream.required_acr() > AcrValue::Eidas1;
    let (brand, about) = if plus {
        ("FranceConnect+", "https://franceconnect.gouv.fr/france-connect-plus")
    } else {
        ("FranceConnect", "https://franceconnect.gouv.fr/")
    };
    let question = format!("Qu'est-ce que {brand}\u{a0}?");
    let body = html! {
        @if let Some(trouble) = trouble {
            p class="trouble" id="trouble" role="alert" { (trouble.text()) }
        }
        p { "Vérifiez que ce code est celui affiché à l'accueil\u{a0}:" }
        p class="code" id="code" { (code.shown()) }
        p class="trouble" { "S'il est différent, ou si vous n'êtes pas devant l'accueil, fermez cette page." }
        p {
            @if plus { "FranceConnect+ est la solution proposée par l'État pour sécuriser les services les plus sensibles." }
            @else { "FranceConnect est la solution proposée par l'État pour simplifier votre connexion aux services en ligne." }
        }
        form method="post" action=(format!("{}/device", house.issuer)) {
            input type="hidden" name="user_code" value=(code.shown());
            div class="fr-connect-group" {
                button id="franceconnect" type="submit" class=(if plus { "fr-connect fr-connect--plus" } else { "fr-connect" }) {
                    span class="fr-connect__login" { "S'identifier avec" }
                    " "
                    span class="fr-connect__brand" { (brand) }
                }
                p {
                    a href=(about) target="_blank" rel="noopener" title=(format!("{question} - nouvelle fenêtre")) { (question) }
                }
            }
        }
        p class="small" {
            "Votre identité (nom de naissance, prénoms, sexe, date et lieu de naissance) sera transmise à l'accueil ("
            strong { (house.name) } "), et à lui seul. Vous serez ensuite déconnecté de FranceConnect."
        }
    };
    let mut response = page("Votre identité à l'accueil", &house.name, &body);
    // A browser that watches where a form leads watches every redirect after it too: FranceConnect's, and beyond.
    let leads = if house.issuer.starts_with("https:") { "https:" } else { "http: https:" };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' {leads}"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // Under `no-referrer` a browser hides the origin of the form from us as well.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Something went wrong; there is nothing more to do on the phone.
pub(crate) fn trouble(place: &str, trouble: Trouble) -> Response {
    let body = html! { p id="trouble" { (trouble.text()) } };
    (trouble.status(), page(trouble.title(), place, &body)).into_response()
}

/// The last page: the session is closed.
pub(crate) fn over(place: &str, user_code: &str, well: bool) -> Response {
    let body = html! {
        @if well {
            p id="over" { "C'est terminé, vous pouvez ranger votre téléphone. Vous êtes déconnecté de FranceConnect." }
        } @else {
            p id="in-vain" { "L'accueil n'a pas reçu votre identité. Vous pouvez ranger votre téléphone et vous adresser à l'accueil." }
        }
        p class="code" id="code" { (user_code) }
    };
    page(if well { "Identité transmise" } else { "Identification non aboutie" }, place, &body)
}

fn page(title: &str, place: &str, body: &Markup) -> Response {
    let main = html! {
        p class="place" { (place) }
        h1 { (title) }
        (body)
    };
    document(&format!("{title} - {place}"), STYLE, &main).into_response()
}

const STYLE: &str = "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:30rem;margin:0 auto;padding:1.5rem;\
    color:#1b1b1f;background:#fff}h1{font-size:1.5rem;margin:.25rem 0 1rem}.place{margin:0;font-weight:600}\
    .code{font:700 2.5rem/1.2 ui-monospace,monospace;letter-spacing:.08em;text-align:center;margin:1rem 0;padding:.75rem;\
    border:2px solid currentColor;border-radius:.5rem;white-space:nowrap}\
    .trouble{border-left:.25rem solid #b34000;padding-left:.75rem}.small{font-size:1rem}\
    label{display:block;font-weight:600}input[type=text]{font:1.5rem/1.5 ui-monospace,monospace;width:100%;\
    box-sizing:border-box;padding:.5rem;margin:.25rem 0 1rem;text-transform:uppercase;border:2px solid #5c5c66;border-radius:.25rem;\
    color:inherit;background:transparent}\
    button{font:inherit;min-height:3.5rem;width:100%;padding:.5rem 1rem;border:0;border-radius:.25rem;color:#fff;background:#1a4fb4}\
    .fr-connect{max-width:20rem}.fr-connect span{display:block}.fr-connect__login{font-size:1rem}.fr-connect__brand{font-size:1.25rem;font-weight:700}\
    button:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid #e07b00;outline-offset:2px}\
    a{color:#1a4fb4}@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1f}a{color:#9dc1ff}.trouble{border-color:#ff9d5c}}\
    @media(max-width:22rem){.code{font-size:1.75rem}}";
