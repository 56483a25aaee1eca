//! Two behaviours that both exist in the field: the default is what was observed.

use comptoir_simulator::{Algorithm, Client, Quirks, Rules, SubForm};
use serde_json::Value;

use crate::bench::{BACK, Bench, Browser, Changes, SECRET, STATE, client, part};

type Change = fn(&mut Quirks);

/// What a request leads to.
enum Leads {
    /// A refusal page with this code.
    Page(&'static str),
    /// A return to the client with this error and the state.
    Error(&'static str),
    /// The pages.
    Pages,
}

use Leads::{Error, Page, Pages};

const NONCE_22: &str = "0123456789012345678901";

async fn bench(change: impl FnOnce(&mut Quirks)) -> Bench {
    Bench::with(|options| change(&mut options.quirks)).await
}

#[tokio::test]
async fn a_sub_has_the_observed_form_or_the_documented_one() {
    for (sub, length, end) in [(SubForm::Observed, 128, ""), (SubForm::Documented, 66, "v1")] {
        let bench = bench(|quirks| quirks.sub = sub).await;
        let code = Browser::new(&bench).code("test", &[]).await;
        let (_, token) = bench.token(&code, &[]).await;
        let claims = part(token["id_token"].as_str().unwrap(), 1);
        let shown = claims["sub"].as_str().unwrap();
        assert!(shown.len() == length && shown.ends_with(end), "{sub:?}");
    }
}

/// §15.28
#[tokio::test]
async fn basic_authentication_works_as_observed_or_is_refused() {
    for (accepted, status) in [(true, 200), (false, 401)] {
        let bench = bench(|quirks| quirks.basic_authentication = accepted).await;
        let code = Browser::new(&bench).code("test", &[]).await;
        let form = [("grant_type", "authorization_code"), ("redirect_uri", BACK), ("code", &code)];
        let request = bench.http.post(bench.at("/token")).form(&form);
        let wrong = request.try_clone().unwrap().basic_auth("relais", Some("x")).send().await.unwrap();
        assert_eq!(wrong.status(), 401);
        let answer = request.basic_auth("relais", Some(SECRET)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{accepted}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"].as_str(), (!accepted).then_some("invalid_client"));
    }
}

#[tokio::test]
async fn the_authorization_request_meets_the_other_behaviour() {
    let cases: &[(&str, Change, Changes, Leads)] = &[
        ("nonce of 22, observed", |_| (), &[("nonce", NONCE_22)], Pages),
        ("nonce of 22, older", |quirks| quirks.nonce_min = 32, &[("nonce", NONCE_22)], Page("Y030007")),
        ("ungranted scope, observed", |_| (), &[("scope", "openid email")], Pages),
        ("ungranted", |q| q.ungranted_scope_refused = true, &[("scope", "openid email")], Error("invalid_scope")),
        ("unknown scope", |q| q.ungranted_scope_refused = true, &[("scope", "openid sorcery")], Pages),
        ("level, observed", |_| (), &[("acr_values", "eidas3")], Pages),
        ("level", |q| q.acr_refused_at_once = true, &[("acr_values", "eidas3")], Error("invalid_acr")),
        ("hint", |q| q.hint_refusal_keeps_state = true, &[("idp_hint", "x")], Error("invalid_idp_hint")),
    ];
    for (rule, change, changes, leads) in cases {
        let bench = bench(change).await;
        let scopes = Some(vec!["openid".to_owned(), "identite_pivot".to_owned()]);
        bench.simulator.register(Client { scopes, ..client("relais", Algorithm::Es256) });
        let hop = Browser::new(&bench).authorize(changes).await;
        match leads {
            Page(code) => assert_eq!(hop.code(), Some(*code), "{rule}"),
            Error(error) => {
                let returned = hop.returned();
                assert_eq!((returned["error"].as_str(), returned["state"].as_str()), (*error, STATE), "{rule}");
            }
            Pages => assert!(hop.location().contains("/interaction/"), "{rule}"),
        }
    }
}

/// §15.29
#[tokio::test]
async fn userinfo_may_die_with_the_grant() {
    for (with_grant, status) in [(false, 200), (true, 401)] {
        let bench = bench(|quirks| quirks.grant_ends_userinfo = with_grant).await;
        let code = Browser::new(&bench).code("test", &[]).await;
        let (_, token) = bench.token(&code, &[]).await;
        bench.advance(31);
        assert_eq!(bench.userinfo(&token["access_token"]).await.status(), status, "{with_grant}");
    }
}

/// §15.2
#[tokio::test]
async fn strict_rules_want_https_and_a_top_level() {
    let bench = Bench::with(|options| options.rules = Rules::Strict).await;
    for (uri, code) in [
        (BACK, Some("Y030007")),
        ("https://localhost/retour", Some("Y030007")),
        ("http://service.example.invalid/retour", Some("Y030007")),
        ("https://service.example.invalid/retour", None),
    ] {
        let usual = Client::new("relais", SECRET, "Relais", vec![uri.to_owned()], Vec::new());
        bench.simulator.register(usual);
        let hop = Browser::new(&bench).authorize(&[("redirect_uri", uri)]).await;
        assert_eq!(hop.code(), code, "{uri}");
    }
}
