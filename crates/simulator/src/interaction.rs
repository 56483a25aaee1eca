//! The pages a person walks: choice of provider, sign-in, information, and the ways out.

use axum::response::Response;

use crate::books::{Books, Grant, Interaction, SESSION_S, SignedIn, Step, over};
use crate::citizens::{self, Citizen, PASSWORD};
use crate::refusal::{self, Refusal};
use crate::request::Call;
use crate::world::World;
use crate::{answer, claims, pages};

/// A simulated identity provider.
#[derive(Debug)]
pub(crate) struct IdentityProvider {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

/// The providers offered, in order. The real list changes and depends on the client.
pub(crate) const PROVIDERS: [IdentityProvider; 8] = [
    IdentityProvider { id: "impots", name: "impots.gouv.fr" },
    IdentityProvider { id: "ameli", name: "Ameli" },
    IdentityProvider { id: "la-poste", name: "L'Identité Numérique La Poste" },
    IdentityProvider { id: "msa", name: "MSA" },
    IdentityProvider { id: "france-identite", name: "France Identité" },
    IdentityProvider { id: "carte-vitale", name: "Application carte Vitale" },
    IdentityProvider { id: "yris", name: "YRIS" },
    IdentityProvider { id: "trustme", name: "TrustMe" },
];

/// An interaction the browser may go on with.
struct Going {
    interaction: Interaction,
    signed_in: Option<SignedIn>,
}

impl World {
    /// Shows the choice of provider, or the information page at once under SSO.
    pub(crate) fn choice(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        match self.going(books, call, uid) {
            Err(refusal) => self.refusal_page(uid, refusal),
            Ok(Going { signed_in: Some(_), .. }) => self.to(uid, "/information"),
            Ok(Going { interaction, .. }) => {
                let cancelled = call.query.get("cancelled").is_some();
                let page = pages::providers(&self.step(uid, ""), &interaction.client_name, cancelled);
                answer::with_session(answer::page(200, page), &interaction.session)
            }
        }
    }

    pub(crate) fn sign_in_page(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        match self.going(books, call, uid) {
            Err(refusal) => self.refusal_page(uid, refusal),
            Ok(Going { signed_in: Some(_), .. }) => self.to(uid, "/information"),
            Ok(Going { .. }) => self.show_sign_in(books, call, uid, false),
        }
    }

    fn show_sign_in(&self, books: &mut Books, call: &Call, uid: &str, failed: bool) -> Response {
        let id = call.parameters().get("provider").unwrap_or_default();
        let Some(provider) = PROVIDERS.iter().find(|provider| provider.id == id) else {
            return self.refuse(books, uid, refusal::UNKNOWN_PROVIDER);
        };
        answer::page(200, pages::sign_in(&self.step(uid, ""), provider, failed))
    }

    /// Takes a login and its password, or a person clicked in the list.
    pub(crate) fn sign_in(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        let interaction = match self.going(books, call, uid) {
            Err(refusal) => return self.refusal_page(uid, refusal),
            Ok(Going { signed_in: Some(_), .. }) => return self.to(uid, "/information"),
            Ok(Going { interaction, .. }) => interaction,
        };
        let Some(citizen) = authenticated(call) else {
            return self.show_sign_in(books, call, uid, true);
        };
        if let Some(refusal) = refusal::of_citizen(citizen) {
            return self.refuse(books, uid, refusal);
        }
        if let Some(session) = books.sessions.get_mut(&interaction.session) {
            session.signed_in = Some(SignedIn { citizen, auth_time: self.now() });
        }
        self.to(uid, "/information")
    }

    /// Shows what will be passed on, and of whom: under SSO the previous person, without a question.
    pub(crate) fn information(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        match self.going(books, call, uid) {
            Err(refusal) => self.refusal_page(uid, refusal),
            Ok(Going { signed_in: None, .. }) => self.to(uid, ""),
            Ok(Going { interaction, signed_in: Some(SignedIn { citizen, .. }) }) => {
                if let Some(level) = &interaction.unserved_acr {
                    // Observed: a level this platform does not serve is refused after sign-in only.
                    let description = format!(
                        "acr_value is not valid, should be equal one of these values, expected eidas1, got {level}"
                    );
                    return self.close(books, uid, &interaction, ("invalid_acr", &description));
                }
                let claims = claims::opened(&interaction.scopes);
                let step = self.step(uid, "/continue");
                let page = pages::information(&step, &interaction.client_name, citizen, &claims);
                answer::with_session(answer::page(200, page), &interaction.session)
            }
        }
    }

    /// Gives the client its code.
    pub(crate) fn go_on(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        let (interaction, signed_in) = match self.going(books, call, uid) {
            Err(refusal) => return self.refusal_page(uid, refusal),
            Ok(Going { signed_in: None, .. }) => return self.to(uid, ""),
            // The information page is where the level is refused.
            Ok(Going { interaction, .. }) if interaction.unserved_acr.is_some() => {
                return self.to(uid, "/information");
            }
            Ok(Going { interaction, signed_in: Some(signed_in) }) => (interaction, signed_in),
        };
        let Some(code) = self.unguessable() else {
            return self.refuse(books, uid, refusal::ENGINE);
        };
        set_step(books, uid, Step::Closed);
        let grant = Grant {
            session: interaction.session,
            client_id: interaction.client_id,
            redirect_uri_sent: interaction.redirect_uri_sent,
            nonce: interaction.nonce,
            scopes: interaction.scopes,
            signed_in,
            issued: self.now(),
            used: false,
            access: None,
        };
        books.grants.insert(code.clone(), grant);
        let (uri, state) = (&interaction.redirect_uri, &interaction.state);
        self.redirect_to_client(books.fault, uri, state, &[("code", &code)], false)
    }

    /// The link on the choice of provider by which a person gives up.
    pub(crate) fn abort(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        match self.going(books, call, uid) {
            Err(refusal) => self.refusal_page(uid, refusal),
            Ok(Going { interaction, .. }) => {
                self.close(books, uid, &interaction, ("access_denied", "User auth aborted"))
            }
        }
    }

    /// The link on a refusal page by which a person returns to the service.
    pub(crate) fn go_back(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        let interaction = books.interactions.get(uid).cloned();
        match interaction {
            Some(interaction) if call.session.as_ref() == Some(&interaction.session) => match interaction.step {
                Step::Refused(Refusal { returned: Some(error), .. }) => self.close(books, uid, &interaction, error),
                Step::Refused(_) | Step::Open | Step::Closed => answer::refused(&refusal::ABNORMAL_NAVIGATION, None),
            },
            Some(_) | None => answer::refused(&refusal::NO_SESSION, None),
        }
    }

    fn close(
        &self,
        books: &mut Books,
        uid: &str,
        interaction: &Interaction,
        (error, description): (&str, &str),
    ) -> Response {
        set_step(books, uid, Step::Closed);
        let parameters = [("error", error), ("error_description", description)];
        let (uri, state) = (&interaction.redirect_uri, &interaction.state);
        self.redirect_to_client(books.fault, uri, state, &parameters, false)
    }

    fn refuse(&self, books: &mut Books, uid: &str, refusal: Refusal) -> Response {
        set_step(books, uid, Step::Refused(refusal));
        self.refusal_page(uid, refusal)
    }

    fn refusal_page(&self, uid: &str, refusal: Refusal) -> Response {
        let back = refusal.returned.map(|_| self.step(uid, "/return"));
        answer::refused(&refusal, back.as_deref())
    }

    /// Finds the interaction and checks that this browser may go on with it.
    fn going(&self, books: &mut Books, call: &Call, uid: &str) -> Result<Going, Refusal> {
        let now = self.now();
        let key = call.session.as_ref().ok_or(refusal::NO_SESSION)?;
        let interaction = books.interactions.get(uid).ok_or(refusal::NO_SESSION)?;
        let session = books.sessions.get_mut(key).ok_or(refusal::NO_SESSION)?;
        if over(session.seen, now, SESSION_S) || over(interaction.opened, now, SESSION_S) {
            return Err(refusal::NO_SESSION);
        }
        if interaction.session != *key || session.current != uid {
            return Err(refusal::OTHER_STEP);
        }
        match interaction.step {
            Step::Refused(refusal) => return Err(refusal),
            Step::Closed if call.method == "POST" => return Err(refusal::ALREADY_SUBMITTED),
            Step::Closed => return Err(refusal::ABNORMAL_NAVIGATION),
            Step::Open => {}
        }
        session.seen = now;
        Ok(Going { interaction: interaction.clone(), signed_in: session.signed_in })
    }

    fn step(&self, uid: &str, step: &str) -> String {
        self.at(&format!("/interaction/{uid}{step}"))
    }

    fn to(&self, uid: &str, step: &str) -> Response {
        answer::redirect(&self.step(uid, step))
    }
}

fn set_step(books: &mut Books, uid: &str, step: Step) {
    if let Some(interaction) = books.interactions.get_mut(uid) {
        interaction.step = step;
    }
}

fn authenticated(call: &Call) -> Option<&'static Citizen> {
    if let Some(clicked) = call.form.get("citizen") {
        return citizens::by_login(clicked);
    }
    let citizen = citizens::by_login(call.form.get("login")?.trim())?;
    (call.form.get("password")? == PASSWORD).then_some(citizen)
}
