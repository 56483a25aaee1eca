//! What every page owes the person who reads it.

use std::collections::HashSet;

use comptoir_simulator::Fault;

use crate::bench::{Bench, Browser, Hop};

async fn every_page(bench: &Bench) -> Vec<(&'static str, Hop)> {
    let browser = Browser::new(bench);
    let opened = browser.authorize(&[]).await;
    let mut pages = vec![("choice", browser.get(opened.location()).await)];
    let cancelled = format!("{}?cancelled=1", opened.location());
    pages.push(("choice after a cancel", browser.get(&cancelled).await));
    pages.push(("sign-in", browser.sign_in_form(&[]).await));
    pages.push(("refusal with a way back", browser.sign_in("E010008", &[]).await));
    pages.push(("refusal without", browser.authorize(&[("nonce", "-")]).await));
    let signed_in = browser.sign_in("test", &[]).await;
    pages.push(("information", browser.get(signed_in.location()).await));
    let code = browser.go_on(signed_in.location()).await.returned().remove("code").unwrap();
    let (_, token) = bench.token(&code, &[]).await;
    let hint = token["id_token"].as_str().unwrap();
    let end = bench.at(&format!("/session/end?id_token_hint={hint}"));
    pages.push(("logout", browser.get(&end).await));
    pages.push(("logged out", browser.get(&bench.at("/session/end/success")).await));
    let faults = bench.at("/").replace("/api/v2/", "/simulator/faults");
    bench.simulator.set_fault_of("ordinaire", Some(Fault::WrongNonce)).unwrap();
    pages.push(("faults", browser.get(&faults).await));
    pages.push(("explanation", browser.get(faults.trim_end_matches("/faults")).await));
    pages.push(("not found", browser.get(&bench.at("/nothing")).await));
    pages
}

#[tokio::test]
async fn every_page_says_that_it_is_a_simulator() {
    let bench = Bench::start().await;
    for (name, page) in every_page(&bench).await {
        assert!(page.html.contains("SIMULATEUR — identités fictives"), "{name}");
        assert!(page.html.contains("aucune donnée personnelle réelle"), "{name}");
        assert!(page.html.contains("<html lang=\"fr\">"), "{name}");
        assert!(page.html.contains("simulé</title>"), "{name}");
        assert!(page.html.contains("<a href=\"/simulator\">"), "{name}");
        assert_eq!(page.html.matches("<h1>").count(), 1, "{name}");
        for foreign in ["http://www", "https://", "src=", "@import", "url("] {
            assert!(!page.html.contains(foreign), "{name} loads {foreign}");
        }
    }
}

#[tokio::test]
async fn ids_are_unique_and_inputs_have_labels() {
    let bench = Bench::start().await;
    for (name, page) in every_page(&bench).await {
        let mut seen = HashSet::new();
        for id in page.html.split(" id=\"").skip(1) {
            let id = id.split_once('"').unwrap().0;
            assert!(seen.insert(id.to_owned()), "{name}: {id} twice");
            assert!(!id.contains(' '), "{name}: {id}");
        }
        for input in page.html.split("<input").skip(1).chain(page.html.split("<select").skip(1)) {
            let input = input.split_once('>').unwrap().0;
            let id = input.split_once("id=\"").map(|(_, after)| after.split_once('"').unwrap().0);
            let labelled = id.is_some_and(|id| page.html.contains(&format!("for=\"{id}\"")));
            assert!(labelled || input.contains("type=\"hidden\""), "{name}: {input}");
        }
    }
}

#[tokio::test]
async fn every_provider_is_marked_as_simulated() {
    let bench = Bench::start().await;
    let browser = Browser::new(&bench);
    let opened = browser.authorize(&[]).await;
    let choice = browser.get(opened.location()).await;
    for id in
        ["impots", "ameli", "la-poste", "msa", "france-identite", "carte-vitale", "aidants-connect", "eidas-bridge"]
    {
        assert_eq!(choice.attribute(&format!("provider-{id}"), "value").as_deref(), Some(id));
        let page = browser.get(&format!("{}/sign-in?provider={id}", opened.location())).await;
        assert!(page.html.contains("(simulé)</h1>"), "{id}");
    }
    let buttons = choice.html.matches("id=\"provider-").count();
    assert_eq!(choice.html.matches(">simulé</span>").count(), buttons);
    let unknown = browser.get(&format!("{}/sign-in?provider=x", opened.location())).await;
    assert_eq!(unknown.code(), Some("Y020019"));
}
