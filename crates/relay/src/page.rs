//! Pages for the person in the browser, when there is no desk to send them back to.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use url::Url;

/// The request is not one of a desk: nobody to send the browser back to.
pub(crate) fn not_a_desk(reference: &'static str) -> Response {
    let text =
        "Cette demande ne vient pas d'un poste d'accueil reconnu. Fermez cet onglet et recommencez depuis l'accueil.";
    (StatusCode::BAD_REQUEST, page("Demande refusée", text, Some(reference))).into_response()
}

/// Nobody waits for this any more.
pub(crate) fn over() -> Response {
    let text = "Cette identification n'est plus attendue. Fermez cet onglet et rendez le poste à l'accueil.";
    (StatusCode::GONE, page("Identification expirée", text, None)).into_response()
}

/// The logout ended, and no desk waits for it.
pub(crate) fn signed_out() -> Response {
    page("C'est terminé", "C'est terminé, vous pouvez rendre le poste à l'accueil.", None).into_response()
}

/// The logout cannot be done.
pub(crate) fn cannot_sign_out() -> Response {
    let text =
        "La déconnexion n'a pas pu être demandée. Fermez toutes les fenêtres du navigateur avant de rendre le poste.";
    (StatusCode::BAD_REQUEST, page("Déconnexion impossible", text, Some("RL-03"))).into_response()
}

/// The relay cannot go on.
pub(crate) fn unavailable() -> Response {
    let text = "Le relais n'est pas disponible pour le moment. Rendez le poste à l'accueil.";
    (StatusCode::SERVICE_UNAVAILABLE, page("Service indisponible", text, Some("RL-04"))).into_response()
}

/// Too much was asked for in a short time.
pub(crate) fn too_many(seconds: i64) -> Response {
    let text = format!(
        "Trop de demandes en peu de temps. Rien n'a été commencé. Fermez cet onglet, patientez {seconds} s, puis \
         recommencez depuis l'accueil."
    );
    (StatusCode::TOO_MANY_REQUESTS, page("Trop de demandes", &text, Some("RL-05"))).into_response()
}

/// There is nothing at this address.
pub(crate) fn nothing_here() -> Response {
    let text = "Il n'y a rien à cette adresse. Vous pouvez fermer cet onglet.";
    (StatusCode::NOT_FOUND, page("Rien à cette adresse", text, None)).into_response()
}

/// Sends the browser on, after a form too (303: it asks there, and sends nothing).
pub(crate) fn send_on(url: &Url) -> Response {
    Redirect::to(url.as_str()).into_response()
}

fn page(title: &str, text: &str, reference: Option<&str>) -> Html<String> {
    let body = html! {
        h1 { (title) }
        p { (text) }
        @if let Some(reference) = reference {
            p class="reference" { "Référence : " (reference) }
        }
    };
    document(title, STYLE, &body)
}

/// Makes a whole page: no script, nothing from elsewhere.
pub(crate) fn document(title: &str, style: &str, main: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="fr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body { main { (main) } }
        }
    };
    Html(page.into_string())
}

const STYLE: &str = "body{font:1.25rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;\
    color:#1b1b1f;background:#fff}h1{font-size:1.75rem}.reference{font-size:1rem;opacity:.75}\
    @media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1f}}";
