//! What a browser shows at the end of the road. Nothing of a request is ever repeated in it.

/// A page for the person at the desk's browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// All is done: signed in or not, and signed out.
    Done,
    /// The person, or FranceConnect, said no.
    Refused,
    /// Something failed; the reception knows what.
    Failed,
    /// The address was used before.
    AlreadyUsed,
    /// Nobody waits any more.
    Over,
    /// There is nothing here.
    Nothing,
}

impl Page {
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("C'est terminé", "C'est terminé, vous pouvez rendre le poste à l'accueil."),
            Self::Refused => (
                "Identification interrompue",
                "L'identification n'a pas eu lieu. Vous pouvez rendre le poste à l'accueil, qui vous proposera une autre solution.",
            ),
            Self::Failed => (
                "Identification interrompue",
                "L'identification n'a pas abouti. Vous pouvez rendre le poste à l'accueil, qui en connaît la raison.",
            ),
            Self::AlreadyUsed => (
                "Adresse déjà utilisée",
                "Cette adresse a déjà été utilisée. Vous pouvez fermer cet onglet et rendre le poste à l'accueil.",
            ),
            Self::Over => (
                "Identification expirée",
                "L'accueil n'attend plus cette identification. Vous pouvez fermer cet onglet.",
            ),
            Self::Nothing => ("Rien à cette adresse", "Il n'y a rien à cette adresse. Vous pouvez fermer cet onglet."),
        }
    }

    /// Writes the whole response, head included.
    pub(crate) fn response(self, status: u16) -> String {
        let (title, text) = self.texts();
        let body = format!(
            "<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title}</title><style>\
             body{{font:1.25rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;\
             color:#1b1b1f;background:#fff}}\
             h1{{font-size:1.75rem}}@media(prefers-color-scheme:dark){{body{{color:#eee;background:#1b1b1f}}}}\
             </style></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
        );
        format!(
            "HTTP/1.1 {status} {reason}\r\n{HEADERS}Content-Type: text/html; charset=utf-8\r\n\
             Content-Length: {length}\r\n\r\n{body}",
            reason = reason(status),
            length = body.len(),
        )
    }
}

/// Writes the response that sends the browser on.
pub(crate) fn see_other(url: &url::Url) -> String {
    // A parsed address holds no control character: it cannot end the header.
    format!("HTTP/1.1 303 See Other\r\n{HEADERS}Location: {url}\r\nContent-Length: 0\r\n\r\n")
}

/// openid.md §6.2.
const HEADERS: &str = "Cache-Control: no-store\r\n\
    Referrer-Policy: no-referrer\r\n\
    Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n\
    Connection: close\r\n";

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        _ => "Error",
    }
}
