//! Returns that do not answer this attempt: noise, whatever else is right. Nothing is exchanged, the wait goes on.

use std::time::Duration;

use comptoir_franceconnect::{Fault as _, Page, Returned};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::provider::{Bench, CODE, ES256, Lie, Noon, OK, Signer, begin, bring_back};

type Brought = fn(&mut Vec<(&'static str, String)>, &Bench);

fn set(brought: &mut [(&'static str, String)], name: &str, value: &str) {
    value.clone_into(&mut brought.iter_mut().find(|(known, _)| *known == name).unwrap().1);
}

#[rustfmt::skip] // one lie per line
const NOISE: &[(&str, Brought)] = &[
    ("another state", |b, _| set(b, "state", "autre")),
    ("no state", |b, _| b.retain(|(name, _)| *name != "state")),
    ("empty state", |b, _| set(b, "state", "")),
    ("state twice", |b, _| { let again = b[1].clone(); b.push(again); }),
    ("state and a space", |b, _| { let state = format!("{} ", b[1].1); set(b, "state", &state); }),
    ("state in capitals", |b, _| { let state = b[1].1.to_uppercase(); set(b, "state", &state); }),
    ("state cut", |b, _| { let state = b[1].1[1..].to_owned(); set(b, "state", &state); }),
    ("an error with another state", |b, _| { b[0] = ("error", "access_denied".to_owned()); set(b, "state", "autre"); }),
    ("an error without a state", |b, _| { b[0] = ("error", "access_denied".to_owned()); b.retain(|(name, _)| *name != "state"); }),
    ("the state that FranceConnect loses", |b, _| { b[0] = ("error", "invalid_idp_hint".to_owned()); set(b, "state", "undefined"); }),
    ("another issuer: the code of one for the other", |b, other| set(b, "iss", &other.issuer)),
    ("no issuer where one is promised", |b, _| b.retain(|(name, _)| *name != "iss")),
    ("empty issuer", |b, _| set(b, "iss", "")),
    ("issuer with a slash more", |b, _| { let iss = format!("{}/", b[2].1); set(b, "iss", &iss); }),
    ("issuer twice", |b, other| b.push(("iss", other.issuer.clone()))),
    ("code twice", |b, _| b.push(("code", "autre".to_owned()))),
    ("code and error", |b, _| b.push(("error", "access_denied".to_owned()))),
    ("neither code nor error", |b, _| b.retain(|(name, _)| *name != "code")),
    ("empty code", |b, _| set(b, "code", "")),
    ("a code that ends a line", |b, _| set(b, "code", "a\r\nb")),
    ("a code with accents", |b, _| set(b, "code", "é")),
    ("a code longer than any", |b, _| set(b, "code", &"c".repeat(2049))),
    ("tokens of the front channel", |b, _| b[0] = ("id_token", "a.b.c".to_owned())),
];

#[tokio::test]
async fn a_return_that_is_not_this_attempts_is_noise() {
    let (bench, other) = (Bench::start().await, Bench::start().await);
    let truth: Lie = |_| {};
    let desk = bench.desk(ES256, truth).await.unwrap_or_else(|code| panic!("{code}"));
    let (loopback, mut attempt) = begin(&desk.provider).await;
    let authorize = attempt.authorize_url().clone();
    let story = bench.tell(Signer::Ec, &authorize, truth);
    for (rule, change) in NOISE {
        let mut brought = story.back.clone();
        change(&mut brought, &other);
        let answer = bring_back(&loopback.return_uri(), &brought).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{rule}: {}", answer.lines().next().unwrap_or_default());
        assert!(!answer.contains(CODE) && !answer.contains("autre"), "{rule}: repeats what it was sent");
    }
    let now = Instant::now();
    let waited = attempt.wait_return(&loopback, now, &CancellationToken::new()).await.unwrap();
    assert!(matches!(waited, Returned::Abandoned(_)), "nothing came");
    let nothing = bench.outcome(Err(String::new()), false, None);
    assert_eq!((nothing.tokens, other.outcome(Err(String::new()), false, None).tokens), (0, 0));

    // And after all of it the right one is taken, once.
    let (loopback, mut attempt) = begin(&desk.provider).await;
    let authorize = attempt.authorize_url().clone();
    let story = bench.tell(Signer::Ec, &authorize, truth);
    for (_, change) in NOISE {
        let mut brought = story.back.clone();
        change(&mut brought, &other);
        bring_back(&loopback.return_uri(), &brought).await.unwrap();
    }
    let good = bring_back(&loopback.return_uri(), &story.back);
    let soon = Instant::now() + Duration::from_secs(10);
    let returned = attempt.wait_return(&loopback, soon, &CancellationToken::new()).await.unwrap();
    let Returned::Code { code, browser } = returned else { panic!("no code") };
    let again = bring_back(&loopback.return_uri(), &story.back).await.unwrap();
    assert!(again.starts_with("HTTP/1.1 410"), "a second time: {again}");
    let result = attempt.exchange(code, &desk.http, &Noon).await.map_err(|error| error.code().to_owned());
    browser.finish(Page::Done).await;
    assert!(good.await.unwrap().starts_with("HTTP/1.1 200"));
    let outcome = bench.outcome(result, false, Some(authorize));
    assert_eq!((outcome.code(), outcome.tokens), (OK, 1));
}

#[tokio::test]
async fn a_code_of_another_attempt_is_found_by_its_nonce() {
    // The right state with somebody else's code (openid.md P18): the provider answers for that other attempt.
    let bench = Bench::start().await;
    let desk = bench.desk(ES256, |_| {}).await.unwrap_or_else(|code| panic!("{code}"));
    let (_other_loopback, other) = begin(&desk.provider).await;
    let theirs: String = crate::provider::parameter(other.authorize_url(), "nonce");
    let (loopback, mut attempt) = begin(&desk.provider).await;
    let authorize = attempt.authorize_url().clone();
    let mine = bench.tell(Signer::Ec, &authorize, |_| {});
    bench.tell(Signer::Ec, other.authorize_url(), |_| {});
    assert_ne!(crate::provider::parameter(&authorize, "nonce"), theirs);
    bring_back(&loopback.return_uri(), &mine.back);
    let soon = Instant::now() + Duration::from_secs(10);
    let returned = attempt.wait_return(&loopback, soon, &CancellationToken::new()).await.unwrap();
    let Returned::Code { code, browser } = returned else { panic!("no code") };
    let refused = attempt.exchange(code, &desk.http, &Noon).await.unwrap_err();
    browser.finish(Page::Failed).await;
    assert_eq!((refused.code(), refused.owed_logout.is_some()), ("id-token-invalid", true));
    assert_eq!(bench.outcome(Err(String::new()), true, None).identities, 0);
}
