//! `/authorize`: parameters and what they become.

use url::Url;

use crate::bench::{BACK, Bench, Browser, Changes, STATE};

/// What a request leads to.
enum Leads {
    /// A refusal page with this status and code, and no way back.
    Page(u16, &'static str),
    /// A return to the client with this error in the query.
    Query(&'static str),
    /// A return to the client with this error in the fragment.
    Fragment(&'static str),
    /// The pages.
    Pages,
}

use Leads::{Fragment, Page, Pages, Query};

const NONCE_21: &str = "012345678901234567890";
const NONCE_22: &str = "0123456789012345678901";
const LONG: &str = "login consent login consent login consent login consent login consent";

#[tokio::test]
async fn parameters_lead_where_they_should() {
    let bench = Bench::start().await;
    let cases: &[(&str, Changes, Leads)] = &[
        ("the usual request", &[], Pages),
        ("interface languages are ignored", &[("ui_locales", "fr")], Pages),
        ("empty claims", &[("claims", "{}")], Pages),
        // Outside the closed list.
        ("PKCE challenge", &[("code_challenge", "x")], Page(400, "Y030007")),
        ("PKCE method", &[("code_challenge_method", "S256")], Page(400, "Y030007")),
        ("response mode", &[("response_mode", "query")], Page(400, "Y030007")),
        ("max age", &[("max_age", "0")], Page(400, "Y030007")),
        ("login hint", &[("login_hint", "x")], Page(400, "Y030007")),
        ("request object", &[("request", "x")], Page(400, "Y030007")),
        ("hint of an ID token", &[("id_token_hint", "x")], Page(400, "Y030007")),
        ("display", &[("display", "page")], Page(400, "Y030007")),
        ("anything else", &[("sorcery", "x")], Page(400, "Y030007")),
        ("twice the same", &[("scope", "openid"), ("scope", "openid")], Page(400, "Y030007")),
        // Required.
        ("no client", &[("client_id", "-")], Page(400, "Y030007")),
        ("empty client", &[("client_id", "")], Page(400, "Y030007")),
        ("no return address", &[("redirect_uri", "-")], Page(400, "Y030007")),
        ("custom scheme", &[("redirect_uri", "comptoir://retour")], Page(400, "Y030007")),
        ("no response type", &[("response_type", "-")], Page(400, "Y030007")),
        ("no scope", &[("scope", "-")], Page(400, "Y030007")),
        ("no level", &[("acr_values", "-")], Page(400, "Y030007")),
        ("no state", &[("state", "-")], Page(400, "Y030007")),
        ("no nonce", &[("nonce", "-")], Page(400, "Y030007")),
        ("nonce of 21", &[("nonce", NONCE_21)], Page(400, "Y030007")),
        ("nonce of 22", &[("nonce", NONCE_22)], Pages),
        // Prompt.
        ("prompt login", &[("prompt", "login")], Pages),
        ("prompt consent", &[("prompt", "consent")], Pages),
        ("both prompts", &[("prompt", "login consent")], Pages),
        ("empty prompt", &[("prompt", "")], Page(400, "Y030007")),
        ("prompt none", &[("prompt", "none")], Page(400, "Y030007")),
        ("prompt select_account", &[("prompt", "select_account")], Page(400, "Y030007")),
        ("long prompt", &[("prompt", LONG)], Page(400, "Y030007")),
        // Client.
        ("unknown client", &[("client_id", "nobody")], Page(400, "Y04EA6EF")),
        ("other port", &[("redirect_uri", "http://127.0.0.1:17891/retour")], Page(400, "Y04C013C")),
        ("other path", &[("redirect_uri", "http://127.0.0.1:17890/retour/")], Page(400, "Y04C013C")),
        ("other name", &[("redirect_uri", "http://localhost:17890/retour")], Page(400, "Y04C013C")),
        ("several wrongs", &[("redirect_uri", "http://127.0.0.1:17890/x"), ("scope", "profile")], Page(400, "Y040001")),
        // By redirect.
        ("empty response type", &[("response_type", "")], Query("invalid_request")),
        ("other response type", &[("response_type", "sorcery")], Query("unsupported_response_type")),
        ("front-channel token", &[("response_type", "token")], Fragment("unsupported_response_type")),
        ("implicit", &[("response_type", "id_token")], Fragment("unsupported_response_type")),
        ("hybrid", &[("response_type", "code id_token")], Fragment("unsupported_response_type")),
        ("scope without openid", &[("scope", "identite_pivot")], Query("invalid_request")),
        ("unreadable claims", &[("claims", "{")], Query("invalid_request")),
        // Levels: known and served, unknown, several.
        ("unknown level", &[("acr_values", "eidas9")], Pages),
        ("several levels", &[("acr_values", "eidas2 eidas1")], Pages),
        ("served elsewhere: refused after sign-in only", &[("acr_values", "eidas2")], Pages),
    ];
    for (rule, changes, leads) in cases {
        for by_post in [false, true] {
            let browser = Browser::new(&bench);
            let hop = if by_post { browser.authorize_by_post(changes).await } else { browser.authorize(changes).await };
            let rule = format!("{rule}, by post: {by_post}: {:?}", hop.location);
            match leads {
                Page(status, code) => {
                    assert_eq!(hop.status, *status, "{rule}");
                    assert_eq!(hop.code(), Some(*code), "{rule}");
                    assert_eq!(hop.location, None, "{rule}");
                    assert_eq!(hop.attribute("return", "href"), None, "{rule}");
                }
                Query(error) => {
                    let returned = hop.returned();
                    assert_eq!(returned["error"], *error, "{rule}");
                    assert_eq!(returned["state"], STATE, "{rule}");
                    assert_eq!(returned["iss"], bench.simulator.issuer().as_str(), "{rule}");
                }
                Fragment(error) => {
                    let url = Url::parse(hop.location()).unwrap();
                    assert_eq!(url.query(), None, "{rule}");
                    let fragment = url.fragment().unwrap();
                    assert!(fragment.contains(&format!("error={error}")), "{rule}");
                    assert!(fragment.contains(&format!("state={STATE}")), "{rule}");
                }
                Pages => {
                    assert_eq!(hop.status, 303, "{rule}");
                    assert!(hop.location().starts_with(&bench.at("/interaction/")), "{rule}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_refused_provider_hint_loses_the_state() {
    let bench = Bench::start().await;
    let returned = Browser::new(&bench).authorize(&[("idp_hint", "x")]).await.returned();
    assert_eq!(returned["error"], "invalid_idp_hint");
    assert_eq!(returned["state"], "undefined");
}

#[tokio::test]
async fn a_provider_hint_is_ignored_under_sso() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    browser.code("test", &[]).await;
    let hop = browser.authorize(&[("idp_hint", "x")]).await;
    assert!(!hop.location().starts_with(BACK), "{}", hop.location());
}

#[tokio::test]
async fn a_level_not_served_is_refused_after_sign_in() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let signed_in = browser.sign_in("test", &[("acr_values", "eidas2")]).await;
    let returned = browser.get(signed_in.location()).await.returned();
    assert_eq!(returned["error"], "invalid_acr");
    assert!(returned["error_description"].contains("expected eidas1, got eidas2"));
    assert_eq!(returned["state"], STATE);
}

#[tokio::test]
async fn amr_without_the_right_to_it_is_refused_with_a_way_back() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let claims = r#"{"id_token":{"amr":{"essential":true}}}"#;
    let opened = browser.authorize(&[("claims", claims)]).await;
    let refused = browser.get(opened.location()).await;
    assert_eq!(refused.code(), Some("Y100009"));
    let back = browser.get(&refused.attribute("return", "href").unwrap()).await;
    assert_eq!(back.returned()["error"], "server_error");
}
