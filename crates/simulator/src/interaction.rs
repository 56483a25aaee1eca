//! The pages a person walks: choice of provider, sign-in, information, and the ways out.

use std::sync::Arc;

use axum::response::Response;

use crate::authorize::rank;
use crate::books::{Books, Grant, Interaction, SignedIn, Step, over};
use crate::citizens::{self, PASSWORD};
use crate::identity::Identity;
use crate::provider::{self, IdentityProvider, Kind};
use crate::refusal::{self, Refusal};
use crate::request::Call;
use crate::world::World;
use crate::{Client, Fault, Platform, answer, claims, pages};

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
                let Some(client) = books.clients.get(&interaction.client_id) else {
                    return answer::refused(&refusal::UNKNOWN_CLIENT, None);
                };
                let shown = provider::shown(self.platform(), client);
                let page = pages::providers(&self.step(uid, ""), &interaction.client_name, shown, cancelled);
                answer::with_session(answer::page(200, page), &interaction.session, self.platform())
            }
        }
    }

    pub(crate) fn sign_in_page(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        match self.going(books, call, uid) {
            Err(refusal) => self.refusal_page(uid, refusal),
            Ok(Going { signed_in: Some(_), .. }) => self.to(uid, "/information"),
            Ok(Going { interaction, .. }) => match self.chosen(books, call, &interaction) {
                Ok(provider) => answer::page(200, pages::sign_in(&self.step(uid, ""), provider, false)),
                Err(refusal) => self.refuse(books, uid, refusal),
            },
        }
    }

    /// Finds the provider that was chosen, if this client's visitors may choose it.
    fn chosen(
        &self,
        books: &Books,
        call: &Call,
        interaction: &Interaction,
    ) -> Result<&'static IdentityProvider, Refusal> {
        let id = call.parameters().get("provider").unwrap_or_default();
        let provider = provider::find(self.platform(), id).ok_or(refusal::UNKNOWN_PROVIDER)?;
        let lets = |client: &Client| client.providers.lets(provider.id);
        if provider.kind == Kind::Disabled {
            Err(refusal::DISABLED_PROVIDER)
        } else if books.clients.get(&interaction.client_id).is_some_and(lets) {
            Ok(provider)
        } else {
            Err(refusal::FILTERED_PROVIDER)
        }
    }

    /// Takes a login and its password, a person clicked in the list, or one entered freely.
    pub(crate) fn sign_in(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        let interaction = match self.going(books, call, uid) {
            Err(refusal) => return self.refusal_page(uid, refusal),
            Ok(Going { signed_in: Some(_), .. }) => return self.to(uid, "/information"),
            Ok(Going { interaction, .. }) => interaction,
        };
        let provider = match self.chosen(books, call, &interaction) {
            Ok(provider) => provider,
            Err(refusal) => return self.refuse(books, uid, refusal),
        };
        let Some(identity) = authenticated(call, provider.kind) else {
            return answer::page(200, pages::sign_in(&self.step(uid, ""), provider, true));
        };
        // The low platform takes any provider for eidas1; a level it does not serve is refused later.
        if interaction.level_served && rank(provider.level) < rank(interaction.level) {
            return self.refuse(books, uid, refusal::LEVEL_TOO_LOW);
        }
        if let Some(refusal) = refusal::of_identity(&identity) {
            return self.refuse(books, uid, refusal);
        }
        if let Some(session) = books.sessions.get_mut(&interaction.session) {
            let identity = Arc::new(identity);
            session.signed_in = Some(SignedIn { identity, provider, uid: uid.to_owned(), auth_time: self.now() });
        }
        self.to(uid, "/information")
    }

    /// Shows what will be passed on, and of whom: under SSO the previous person, without a question.
    pub(crate) fn information(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        match self.going(books, call, uid) {
            Err(refusal) => self.refusal_page(uid, refusal),
            Ok(Going { signed_in: None, .. }) => self.to(uid, ""),
            Ok(Going { interaction, signed_in: Some(signed_in) }) => {
                if !interaction.level_served {
                    // Observed: a level this platform does not serve is refused after sign-in only.
                    let description = self.unserved(interaction.level);
                    return self.close(books, call, uid, &interaction, ("invalid_acr", &description));
                }
                if call.fault == Some(Fault::DeadEnd) {
                    return self.refuse(books, uid, refusal::UNKNOWN);
                }
                if call.fault == Some(Fault::DeadEndWithReturn) {
                    return self.refuse(books, uid, refusal::REGISTER_SILENT);
                }
                if interaction.spared {
                    return self.grant(books, call, uid, interaction, signed_in);
                }
                self.show_information(books, uid, &interaction, &signed_in, false)
            }
        }
    }

    fn show_information(
        &self,
        books: &Books,
        uid: &str,
        interaction: &Interaction,
        signed_in: &SignedIn,
        unticked: bool,
    ) -> Response {
        let claims = claims::opened(self.platform(), &interaction.scopes);
        let asks_consent = books.clients.get(&interaction.client_id).is_some_and(|client| client.asks_consent);
        let name = signed_in.identity.full_name();
        let page = pages::information(
            &self.step(uid, "/continue"),
            &interaction.client_name,
            &name,
            &claims,
            asks_consent.then_some(unticked),
        );
        answer::with_session(answer::page(200, page), &interaction.session, self.platform())
    }

    /// Gives the client its code.
    pub(crate) fn go_on(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        let (interaction, signed_in) = match self.going(books, call, uid) {
            Err(refusal) => return self.refusal_page(uid, refusal),
            Ok(Going { signed_in: None, .. }) => return self.to(uid, ""),
            // The information page is where the level is refused.
            Ok(Going { interaction, .. }) if !interaction.level_served => return self.to(uid, "/information"),
            Ok(Going { interaction, signed_in: Some(signed_in) }) => (interaction, signed_in),
        };
        let asks_consent = books.clients.get(&interaction.client_id).is_some_and(|client| client.asks_consent);
        if asks_consent && call.form.get("consent").is_none() {
            return self.show_information(books, uid, &interaction, &signed_in, true);
        }
        self.grant(books, call, uid, interaction, signed_in)
    }

    fn grant(
        &self,
        books: &mut Books,
        call: &Call,
        uid: &str,
        interaction: Interaction,
        signed_in: SignedIn,
    ) -> Response {
        let Some(code) = self.unguessable() else {
            return self.refuse(books, uid, refusal::ENGINE);
        };
        set_step(books, uid, Step::Closed);
        let acr = match self.platform() {
            Platform::Low => "eidas1",
            // Under SSO the level sinks, whatever the provider vouched for.
            Platform::High if signed_in.uid != uid => "eidas2",
            Platform::High => signed_in.provider.level,
        };
        let grant = Grant {
            session: interaction.session,
            client_id: interaction.client_id,
            redirect_uri_sent: interaction.redirect_uri_sent,
            nonce: interaction.nonce,
            scopes: interaction.scopes,
            signed_in,
            acr,
            amr: interaction.amr,
            recipient: None,
            issued: self.now(),
            used: false,
            access: None,
        };
        books.grants.insert(code.clone(), grant);
        let (uri, state) = (&interaction.redirect_uri, &interaction.state);
        self.redirect_to_client(books, call, uri, state, &[("code", &code)], false)
    }

    /// The link on the choice of provider by which a person gives up.
    pub(crate) fn abort(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        match self.going(books, call, uid) {
            Err(refusal) => self.refusal_page(uid, refusal),
            Ok(Going { interaction, .. }) => {
                self.close(books, call, uid, &interaction, ("access_denied", "User auth aborted"))
            }
        }
    }

    /// The link on a refusal page by which a person returns to the service.
    pub(crate) fn go_back(&self, books: &mut Books, call: &Call, uid: &str) -> Response {
        let interaction = books.interactions.get(uid).cloned();
        match interaction {
            Some(interaction) if call.session.as_ref() == Some(&interaction.session) => match interaction.step {
                Step::Refused(Refusal { returned: Some(error), .. }) => {
                    self.close(books, call, uid, &interaction, error)
                }
                Step::Refused(_) | Step::Open | Step::Closed => answer::refused(&refusal::ABNORMAL_NAVIGATION, None),
            },
            Some(_) | None => answer::refused(&refusal::NO_SESSION, None),
        }
    }

    fn close(
        &self,
        books: &mut Books,
        call: &Call,
        uid: &str,
        interaction: &Interaction,
        (error, description): (&str, &str),
    ) -> Response {
        set_step(books, uid, Step::Closed);
        let parameters = [("error", error), ("error_description", description)];
        let (uri, state) = (&interaction.redirect_uri, &interaction.state);
        self.redirect_to_client(books, call, uri, state, &parameters, false)
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
        let lives_s = self.platform().session_s();
        if over(session.seen, now, lives_s) || over(interaction.opened, now, lives_s) {
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
        Ok(Going { interaction: interaction.clone(), signed_in: session.signed_in.clone() })
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

fn authenticated(call: &Call, kind: Kind) -> Option<Identity> {
    let citizen = if let Some(clicked) = call.form.get("citizen") {
        citizens::by_login(clicked)?
    } else if let Some(login) = call.form.get("login") {
        (call.form.get("password")? == PASSWORD).then(|| citizens::by_login(login.trim()))??
    } else {
        return Identity::entered(&call.form, kind);
    };
    Some(Identity::of(citizen, kind))
}
