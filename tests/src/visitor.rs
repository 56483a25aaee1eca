//! A patient at the browser, without a browser: follows redirects, keeps cookies, fills forms.

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use scraper::{ElementRef, Html, Selector};
use std::fmt;
use std::time::Duration;
use url::Url;

/// The desk holds the browser while it exchanges the code, for 30 s at most; nothing takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// The identity provider it goes to: one of FranceConnect, or else one of FranceConnect+.
const PROVIDERS: [&str; 2] = ["provider-impots", "provider-la-poste"];

/// A browser without a window. One visitor is one browser profile: its cookies are its own.
#[derive(Debug, Clone)]
pub struct Visitor {
    client: reqwest::Client,
}

/// Why a visitor is stuck.
#[derive(Debug)]
pub struct Stuck(String);

impl Stuck {
    /// Stuck for this reason.
    #[must_use]
    pub fn because(reason: &dyn std::error::Error) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stuck {}

/// A page in front of the visitor.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it is.
    pub url: Url,
    /// Its HTTP status.
    pub status: u16,
    /// Where it wants to go on, not followed yet.
    pub redirect: Option<Url>,
    /// Its content.
    pub html: String,
}

/// Where a visitor stops on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// At the last page.
    AtTheEnd,
    /// When the desk has its code and sends the browser on to the logout.
    BeforeTheLogout,
    /// When FranceConnect is about to send the browser back: signed in, no code used.
    BeforeTheReturn,
}

impl Default for Visitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Visitor {
    /// Opens a browser without any cookie.
    ///
    /// # Panics
    /// When the machine has no usable TLS.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a tool of the tests: without a client there is nothing to test")]
    pub fn new() -> Self {
        // Already installed by whoever came first: the same one.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .expect("an HTTP client");
        Self { client }
    }

    /// Fetches one page, following nothing.
    ///
    /// # Errors
    /// When nothing answers within a minute.
    pub async fn fetch(&self, url: Url) -> Result<Page, Stuck> {
        self.read(self.client.get(url)).await
    }

    async fn read(&self, request: reqwest::RequestBuilder) -> Result<Page, Stuck> {
        let response = request.send().await.map_err(|error| Stuck(error.without_url().to_string()))?;
        let (url, status) = (response.url().clone(), response.status().as_u16());
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let redirect = location.and_then(|location| url.join(location).ok());
        let html = response.text().await.map_err(|error| Stuck(error.without_url().to_string()))?;
        Ok(Page { url, status, redirect, html })
    }

    /// Follows redirects from a page until one stays, or until `until` says to stop before the next.
    ///
    /// # Errors
    /// After twenty redirects, or when nothing answers.
    pub async fn follow(&self, mut page: Page, until: impl Fn(&Url) -> bool) -> Result<Page, Stuck> {
        for _ in 0..20 {
            match page.redirect.clone() {
                Some(next) if !until(&next) => page = self.fetch(next).await?,
                _ => return Ok(page),
            }
        }
        Err(Stuck("too many redirects".to_owned()))
    }

    /// Presses the button of this id, with `fields` typed into its form.
    ///
    /// # Errors
    /// When the page has no such button, its form none of these fields, or nothing answers.
    pub async fn press(&self, page: &Page, button: &str, fields: &[(&str, &str)]) -> Result<Page, Stuck> {
        let submission = page.submission(button, fields)?;
        let request = if submission.post {
            self.client.post(submission.action).form(&submission.fields)
        } else {
            let mut action = submission.action;
            action.query_pairs_mut().clear().extend_pairs(&submission.fields);
            self.client.get(action)
        };
        self.read(request).await
    }

    /// Signs in as `login` at the simulated FranceConnect, from the address that the desk opened, or showed for a phone.
    ///
    /// # Errors
    /// When a page is not what it should be, or nothing answers.
    pub async fn sign_in(&self, address: Url, login: &str, stop: Stop) -> Result<Page, Stuck> {
        let page = self.fetch(address).await?;
        let mut page = self.follow(page, |_| false).await?;
        if page.has("franceconnect") {
            // The relay's page on a phone, which shows the code first.
            page = self.press(&page, "franceconnect", &[]).await?;
            page = self.follow(page, |_| false).await?;
        }
        if let Some(provider) = PROVIDERS.into_iter().find(|provider| page.has(provider)) {
            page = self.press(&page, provider, &[]).await?;
            page = self.press(&page, "sign-in", &[("login", login), ("password", "123")]).await?;
            page = self.follow(page, |_| false).await?;
        }
        let answer = self.press(&page, "continue", &[]).await?;
        self.carry_on(answer, stop).await
    }

    /// Goes on from FranceConnect's answer, through the desk and the logout, as far as `stop`.
    ///
    /// # Errors
    /// When nothing answers.
    pub async fn carry_on(&self, answer: Page, stop: Stop) -> Result<Page, Stuck> {
        let until = |next: &Url| match stop {
            Stop::AtTheEnd => false,
            Stop::BeforeTheReturn => next.path() == "/retour",
            // The relay's, and FranceConnect's own for a desk that has no relay.
            Stop::BeforeTheLogout => next.path().ends_with("/end_session") || next.path().ends_with("/session/end"),
        };
        let mut page = self.follow(answer, until).await?;
        while page.redirect.is_none() && page.has("logout-continue") {
            page = self.press(&page, "logout-continue", &[]).await?;
            page = self.follow(page, until).await?;
        }
        Ok(page)
    }
}

struct Submission {
    action: Url,
    post: bool,
    fields: Vec<(String, String)>,
}

impl Page {
    /// Whether an element of this id stands on the page.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        find(&Html::parse_document(&self.html), id).is_some()
    }

    /// The text of the element of this id.
    #[must_use]
    pub fn text(&self, id: &str) -> Option<String> {
        find(&Html::parse_document(&self.html), id).map(|element| element.text().collect())
    }

    /// The address behind the link of this id.
    #[must_use]
    pub fn link(&self, id: &str) -> Option<Url> {
        let document = Html::parse_document(&self.html);
        let target = find(&document, id)?.value().attr("href")?;
        self.url.join(target).ok()
    }

    fn submission(&self, button: &str, typed: &[(&str, &str)]) -> Result<Submission, Stuck> {
        let document = Html::parse_document(&self.html);
        let missing = || Stuck(format!("no button `{button}` at {}", self.url.path()));
        let pressed = find(&document, button).ok_or_else(missing)?;
        let form = pressed
            .ancestors()
            .filter_map(ElementRef::wrap)
            .find(|element| element.value().name() == "form")
            .ok_or_else(missing)?;
        let action = form.value().attr("action").unwrap_or("");
        let action = self.url.join(action).map_err(|_| missing())?;
        let post = form.value().attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let inputs =
            form.descendants().filter_map(ElementRef::wrap).filter(|element| element.value().name() == "input");
        let mut fields: Vec<(String, String)> = inputs
            .filter_map(|input| {
                let name = input.value().attr("name")?;
                let typed = typed.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
                let value = typed.or(input.value().attr("value")).unwrap_or("");
                Some((name.to_owned(), value.to_owned()))
            })
            .collect();
        // A field that is not there is a page that is not the one meant: typing into it must not go unseen.
        if let Some((absent, _)) = typed.iter().find(|(field, _)| !fields.iter().any(|(name, _)| name == field)) {
            return Err(Stuck(format!("no field `{absent}` at {}", self.url.path())));
        }
        if let Some(name) = pressed.value().attr("name") {
            fields.push((name.to_owned(), pressed.value().attr("value").unwrap_or("").to_owned()));
        }
        Ok(Submission { action, post, fields })
    }
}

fn find<'a>(document: &'a Html, id: &str) -> Option<ElementRef<'a>> {
    // By attribute: an id may hold accents and signs that a selector would have to escape.
    let any = Selector::parse("[id]").ok()?;
    document.select(&any).find(|element| element.value().id() == Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fields = &'static [(&'static str, &'static str)];

    const PERSON: (&str, &str) = ("provider", "impots");
    const HTML: &str = r#"
        <form id="sign-in-form" method="post" action="/step?x=1">
          <input type="hidden" name="provider" value="impots">
          <label>Identifiant <input name="login" value="test"></label> <input name="password" type="password">
          <button id="sign-in">Se connecter</button>
          <ul><li><button id="citizen-nom_composé" name="citizen" value="nom_composé">Quelqu'un</button></li></ul>
        </form>
        <form id="logout" action=""><input type="hidden" name="logout" value="a&amp;b"><button id="logout-continue">Continuer</button></form>
        <a id="abort" href="abort">Revenir</a> <button id="alone">Rien</button>"#;

    fn page() -> Page {
        let url = Url::parse("http://127.0.0.1:1/api/v2/interaction/7?old=1").expect("an address");
        Page { url, status: 200, redirect: None, html: HTML.to_owned() }
    }

    #[test]
    fn a_pressed_button_sends_its_own_form() {
        #[rustfmt::skip]
        let cases: &[(&str, Fields, &str, bool, Fields)] = &[
            ("sign-in", &[("password", "123")], "/step?x=1", true, &[PERSON, ("login", "test"), ("password", "123")]),
            ("sign-in", &[("login", "é"), ("password", "")], "/step?x=1", true, &[PERSON, ("login", "é"), ("password", "")]),
            ("citizen-nom_composé", &[], "/step?x=1", true, &[PERSON, ("login", "test"), ("password", ""), ("citizen", "nom_composé")]),
            ("logout-continue", &[], "/api/v2/interaction/7?old=1", false, &[("logout", "a&b")]),
        ];
        for (button, typed, action, post, fields) in cases {
            let sent = page().submission(button, typed).expect("a form");
            let fields: Vec<(String, String)> =
                fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(
                (sent.action.as_str(), sent.post),
                (format!("http://127.0.0.1:1{action}").as_str(), *post),
                "{button}"
            );
            assert_eq!(sent.fields, fields, "{button} {typed:?}");
        }
    }

    #[test]
    fn what_is_not_on_the_page_cannot_be_used() {
        #[rustfmt::skip]
        let cases: &[(&str, Fields, &str)] = &[
            ("continue", &[], "no button `continue`"),
            ("alone", &[], "no button `alone`"), // it stands in no form
            ("sign-in", &[("otp", "000000")], "no field `otp`"),
            ("logout-continue", &[("login", "test")], "no field `login`"), // another form's
        ];
        for (button, typed, reason) in cases {
            let stuck = page().submission(button, typed).err().expect("nothing to send");
            assert!(stuck.to_string().starts_with(reason), "{stuck}");
            assert!(!stuck.to_string().contains("old=1"), "an address is named without its values");
        }
        assert_eq!(page().link("abort").expect("a link").path(), "/api/v2/interaction/abort");
        assert_eq!((page().link("sign-in"), page().has("nothing")), (None, false));
    }
}
