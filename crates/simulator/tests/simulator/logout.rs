//! `/session/end`.

use url::Url;

use crate::bench::{Bench, Browser, Changes, EXIT, Hop, changed};

async fn id_token(bench: &Bench, browser: &Browser) -> String {
    let code = browser.code("test", &[]).await;
    let (_, token) = bench.token(&code, &[]).await;
    token["id_token"].as_str().unwrap().to_owned()
}

async fn end(bench: &Bench, browser: &Browser, hint: &str, changes: &[(&str, &str)]) -> Hop {
    let usual = [("id_token_hint", hint), ("post_logout_redirect_uri", EXIT), ("state", "logout-state")];
    let query = changed(&usual, changes);
    let url = Url::parse_with_params(&bench.at("/session/end"), query).unwrap();
    browser.get(url.as_str()).await
}

async fn confirm(browser: &Browser, hop: &Hop) -> Hop {
    let action = hop.attribute("logout", "action").unwrap();
    let (_, after) = hop.html.split_once("name=\"logout\" value=\"").unwrap();
    let key = after.split_once('"').unwrap().0;
    browser.get(&format!("{action}?logout={key}")).await
}

#[tokio::test]
async fn a_logout_ends_the_session_and_returns_with_its_state() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let hint = id_token(&bench, &browser).await;
    assert_eq!(bench.simulator.live_sessions(), 1);
    let hop = end(&bench, &browser, &hint, &[("client_id", "relais")]).await;
    assert_eq!(hop.status, 200);
    assert!(hop.html.contains("submit()") && hop.attribute("logout-continue", "class").is_some());
    assert_eq!(bench.simulator.live_sessions(), 1, "the hop has to be taken");
    let back = confirm(&browser, &hop).await;
    assert_eq!(back.location(), format!("{EXIT}?state=logout-state"));
    assert_eq!(bench.simulator.live_sessions(), 0);

    // The next person is asked.
    let opened = browser.authorize(&[]).await;
    let choice = browser.get(opened.location()).await;
    assert!(choice.attribute("providers", "action").is_some());
}

#[tokio::test]
async fn a_hint_alone_ends_its_session_even_when_expired() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let hint = id_token(&bench, &browser).await;
    let bystander = Browser::new(&bench);
    id_token(&bench, &bystander).await;
    assert_eq!(bench.simulator.live_sessions(), 2);
    bench.advance(900);
    let cookieless = Browser::new(&bench);
    let hop = end(&bench, &cookieless, &hint, &[]).await;
    confirm(&cookieless, &hop).await;
    assert_eq!(bench.simulator.live_sessions(), 1, "the other person's stays");

    // Again, without any session left: still an answer.
    let hop = end(&bench, &cookieless, &hint, &[]).await;
    assert_eq!(confirm(&cookieless, &hop).await.location(), format!("{EXIT}?state=logout-state"));
}

#[tokio::test]
async fn without_an_address_a_plain_page_closes() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let hint = id_token(&bench, &browser).await;
    let hop = end(&bench, &browser, &hint, &[("post_logout_redirect_uri", "-")]).await;
    let back = confirm(&browser, &hop).await;
    assert_eq!(back.location(), bench.at("/session/end/success"));
    let page = browser.get(back.location()).await;
    assert!(page.html.contains("Vous êtes déconnecté"));
}

#[tokio::test]
async fn a_bad_logout_is_refused_and_ends_nothing() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let hint = id_token(&bench, &browser).await;
    let cases: &[(&str, Changes, Option<&str>)] = &[
        ("no hint", &[("id_token_hint", "-")], Some("Y000400")),
        ("outside the list", &[("force", "1")], Some("Y000400")),
        ("garbage hint", &[("id_token_hint", "garbage")], None),
        ("other client", &[("client_id", "autre")], None),
        ("other address", &[("post_logout_redirect_uri", "http://127.0.0.1:17890/x")], None),
        ("other port", &[("post_logout_redirect_uri", "http://127.0.0.1:1/fin")], None),
    ];
    for (rule, changes, code) in cases {
        let hop = end(&bench, &browser, &hint, changes).await;
        assert_eq!(hop.status, 400, "{rule}");
        assert_eq!(hop.code(), *code, "{rule}");
        assert_eq!(hop.html.starts_with('{'), code.is_none(), "{rule}: raw JSON or a page");
    }
    let forged = browser.get(&bench.at("/session/end/confirm?logout=x")).await;
    assert_eq!(forged.status, 400);
    assert_eq!(bench.simulator.live_sessions(), 1);
}
