//! The pages between the request and the return: who comes back, who does not.

use comptoir_simulator::citizens;

use crate::bench::{Bench, Browser, START, STATE, changed, part};

#[tokio::test]
async fn a_person_signs_in_and_the_client_gets_a_code() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let signed_in = browser.sign_in("test", &[]).await;
    assert_eq!(signed_in.status, 303);
    let page = browser.get(signed_in.location()).await;
    assert!(page.html.contains("Angela Claire Louise DUBOIS"));
    assert!(page.html.contains("Date de naissance") && !page.html.contains("Adresse"));
    assert_eq!(bench.simulator.live_sessions(), 1);
    let returned = browser.go_on(signed_in.location()).await.returned();
    assert_eq!(returned["state"], STATE);
    assert_eq!(returned["iss"], bench.simulator.issuer().as_str());
    assert_eq!(returned["code"].len(), 43);
    assert_eq!(returned.len(), 3);
}

#[tokio::test]
async fn a_person_may_be_clicked_instead() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let form = browser.sign_in_form(&[]).await;
    let action = form.attribute("people", "action").unwrap();
    let chosen = form.attribute("citizen-genre_indéfini", "value").unwrap();
    let signed_in = browser.post(&action, &[("provider", "impots"), ("citizen", &chosen)]).await;
    let page = browser.get(signed_in.location()).await;
    assert!(page.html.contains("Camille LAFORGE"), "{}", page.html);
}

#[tokio::test]
async fn a_person_may_be_entered_freely() {
    let bench = Bench::start().await;
    let person = [
        ("family_name", "INVENTÉE"),
        ("given_name", "Zoé Alix"),
        ("gender", "female"),
        ("birthdate", "1984-02-29"),
        ("birthplace", "35238"),
        ("birthcountry", "99100"),
        ("email", "zoe@example.invalid"),
    ];
    for (rule, change, code) in [
        ("whole", ("provider", "msa"), None),
        ("no name", ("family_name", ""), Some("Y600006")),
        ("no sex", ("gender", ""), Some("Y600006")),
        ("bad place", ("birthplace", "Rennes"), Some("Y600006")),
        ("month 00 with a day", ("birthdate", "1984-00-29"), Some("Y600006")),
        ("deceased", ("given_name", "Zoé_E010015"), Some("Y010015")),
    ] {
        let browser = Browser::new(&bench);
        let form = browser.sign_in_form(&[]).await;
        let action = form.attribute("free-entry", "action").unwrap();
        let fields = changed(&person, &[("provider", "msa"), change]);
        let hop = browser.post(&action, &fields).await;
        assert_eq!(hop.code(), code, "{rule}");
        if code.is_none() {
            let page = browser.get(hop.location()).await;
            assert!(page.html.contains("Zoé Alix INVENTÉE"), "{rule}");
        }
    }
}

/// §15.26
#[tokio::test]
async fn a_european_comes_without_the_civil_register() {
    let bench = Bench::start().await;
    for (provider, login, place) in [
        ("eidas-bridge", "eidas_berlin", Some("Berlin")),
        ("eidas-bridge", "eidas_sans_lieu", None),
        ("eidas-bridge", "E010015", Some("75101")), // nobody asks whether this one lives
    ] {
        let code = Browser::new(&bench).code_by(provider, login, &[("scope", "openid identite_pivot amr")]).await;
        let (_, token) = bench.token(&code, &[]).await;
        let userinfo = bench.userinfo(&token["access_token"]).await.text().await.unwrap();
        let person = part(&userinfo, 1);
        assert_eq!(person.get("birthplace").and_then(|place| place.as_str()), place, "{login}");
        assert_eq!(person["amr"], serde_json::json!(["fc", "eidas"]), "{login}");
    }
}

#[tokio::test]
async fn a_wrong_password_leaves_the_person_at_the_form() {
    let bench = Bench::start().await;
    for (login, password) in [("test", "124"), ("test", ""), ("nobody", "123")] {
        let browser = Browser::new(&bench);
        let form = browser.sign_in_form(&[]).await;
        let action = form.attribute("sign-in-form", "action").unwrap();
        let fields = [("provider", "msa"), ("login", login), ("password", password)];
        let page = browser.post(&action, &fields).await;
        assert_eq!(page.attribute("failure", "role").as_deref(), Some("alert"), "{login}");
        assert_eq!(page.location, None);
    }
    assert_eq!(bench.simulator.live_sessions(), 0);
}

#[tokio::test]
async fn refusals_come_back_only_by_the_link() {
    const ABORTED: &str = "user authentication aborted";
    const TECHNICAL: &str = "authentication aborted due to a technical error on the authorization server";
    let bench = Bench::start().await;
    for (login, status, code, error, description) in [
        ("E010004", 403, "Y010004", "access_denied", ABORTED),
        ("E010006", 403, "Y010006", "access_denied", ABORTED),
        ("E010007", 403, "Y010007", "access_denied", ABORTED),
        ("E010008", 403, "Y010008", "access_denied", ABORTED),
        ("E010009", 403, "Y010009", "access_denied", ABORTED),
        ("E010011", 504, "Y010011", "temporarily_unavailable", TECHNICAL),
        ("E010012", 504, "Y010012", "temporarily_unavailable", TECHNICAL),
        ("E010013", 400, "Y010013", "server_error", TECHNICAL),
        ("E010015", 403, "Y010015", "access_denied", ABORTED),
        ("Y180001", 403, "Y180001", "access_denied", ABORTED),
        ("Désactivé", 403, "Y180001", "access_denied", ABORTED),
        ("sans_mail", 400, "Y600006", "server_error", TECHNICAL),
        ("mois_00", 400, "Y600006", "server_error", TECHNICAL),
    ] {
        let browser = Browser::new(&bench);
        let page = browser.sign_in(login, &[]).await;
        assert_eq!(page.status, status, "{login}");
        assert_eq!(page.code(), Some(code), "{login}");
        let returned = browser.get(&page.attribute("return", "href").unwrap()).await.returned();
        assert_eq!(returned["error"], error, "{login}");
        assert_eq!(returned["error_description"], description, "{login}");
        assert_eq!(returned["state"], STATE, "{login}");
    }
    assert_eq!(bench.simulator.live_sessions(), 0);
}

#[tokio::test]
async fn every_other_person_gets_through() {
    let bench = Bench::start().await;
    let mut through = 0;
    for citizen in citizens::all() {
        let browser = Browser::new(&bench);
        let hop = browser.sign_in(citizen.login, &[]).await;
        if hop.status == 303 {
            let code = browser.go_on(hop.location()).await.returned().remove("code").unwrap();
            let (status, _) = bench.token(&code, &[]).await;
            assert_eq!(status, 200, "{}", citizen.login);
            through += 1;
        }
    }
    assert_eq!(through, citizens::all().len() - 20);
}

#[tokio::test]
async fn giving_up_at_the_choice_reaches_the_client() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let opened = browser.authorize(&[]).await;
    let choice = browser.get(opened.location()).await;
    let returned = browser.get(&choice.attribute("abort", "href").unwrap()).await.returned();
    assert_eq!(returned["error"], "access_denied");
    assert_eq!(returned["error_description"], "User auth aborted");
    assert_eq!(returned["state"], STATE);
    assert_eq!(returned["iss"], bench.simulator.issuer().as_str());
}

#[tokio::test]
async fn giving_up_at_the_provider_leads_to_the_choice() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let form = browser.sign_in_form(&[]).await;
    let choice = browser.get(&form.attribute("cancel", "href").unwrap()).await;
    assert_eq!(choice.status, 200);
    assert!(choice.html.contains("a été annulée"));
    assert!(choice.attribute("abort", "href").is_some());
}

#[tokio::test]
async fn the_next_person_in_the_same_browser_is_shown_the_previous_one() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let first = browser.code("test", &[]).await;
    let (_, first) = bench.token(&first, &[]).await;
    bench.advance(600);

    // `prompt=login` changes nothing.
    let opened = browser.authorize(&[("client_id", "autre"), ("prompt", "login")]).await;
    let skipped = browser.get(opened.location()).await;
    assert!(skipped.location().ends_with("/information"), "{}", skipped.location());
    let page = browser.get(skipped.location()).await;
    assert!(page.html.contains("Angela Claire Louise DUBOIS"));
    let code = browser.go_on(skipped.location()).await.returned().remove("code").unwrap();
    let (_, second) = bench.token_of("autre", &code, &[]).await;

    let (first, second) = (part(first["id_token"].as_str().unwrap(), 1), part(second["id_token"].as_str().unwrap(), 1));
    assert_eq!(first["auth_time"], START);
    assert_eq!(second["auth_time"], START, "of the real sign-in");
    assert_eq!(second["iat"], START + 600);
    assert_ne!(first["sub"], second["sub"], "each client has its own");
    assert_eq!(bench.simulator.live_sessions(), 1);
}

#[tokio::test]
async fn a_session_slides_thirty_minutes_and_ends() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    browser.code("test", &[]).await;
    for (wait, alive) in [(1799, true), (1799, true), (1801, false)] {
        bench.advance(wait);
        assert_eq!(bench.simulator.live_sessions(), usize::from(alive));
        let opened = browser.authorize(&[]).await;
        let hop = browser.get(opened.location()).await;
        assert_eq!(hop.status, if alive { 303 } else { 200 }, "after {wait} s");
    }
}

#[tokio::test]
async fn another_browser_does_not_share_the_session() {
    let bench = Bench::start().await;
    Browser::new(&bench).code("test", &[]).await;
    let other = Browser::new(&bench);
    let opened = other.authorize(&[]).await;
    assert_eq!(other.get(opened.location()).await.status, 200);
    // Nor the interaction.
    let stranger = Browser::new(&bench);
    assert_eq!(stranger.get(opened.location()).await.code(), Some("Y190001"));
}

#[tokio::test]
async fn abnormal_navigation_is_refused() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let first_tab = browser.authorize(&[]).await;
    let second_tab = browser.authorize(&[]).await;
    let page = browser.get(first_tab.location()).await;
    assert_eq!((page.status.as_u16(), page.code()), (409, Some("Y190004")), "first of two tabs");
    assert_eq!(browser.get(second_tab.location()).await.status, 200, "second of two tabs");

    let signed_in = browser.sign_in("test", &[]).await;
    let information = browser.get(signed_in.location()).await;
    let action = information.attribute("information", "action").unwrap();
    assert_eq!(browser.post(&action, &[]).await.status, 303);
    assert_eq!(browser.post(&action, &[]).await.code(), Some("Y470004"), "double click");
    assert_eq!(browser.get(signed_in.location()).await.code(), Some("Y420001"), "back arrow");

    let opened = Browser::new(&bench);
    let late = opened.authorize(&[]).await;
    bench.advance(1801);
    assert_eq!(opened.get(late.location()).await.code(), Some("Y190001"), "too late");
}
