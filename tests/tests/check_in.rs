//! The whole check-in without a window: simulated FranceConnect, relay, desk, register; a scripted
//! visitor stands for the browser.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use comptoir_desk::{
    Browser, CheckInError, CheckInRequest, EnrolDeskError, FindRelayError, Keychain, KeychainError, MemoryKeychain,
    Notice, Outcome, Step, Way, enrol_desk, find_relay,
};
use comptoir_franceconnect::{AuthorizationError, EnrolError, ExchangeFault, Party, Secret};
use comptoir_identity::Link;
use comptoir_relay::{CodeLife, DeskBook, EnrolmentCode};
use comptoir_simulator::Fault;
use comptoir_tests::visitor::{Stop, Visitor};
use comptoir_tests::world::{Told, World};
use ring::rand::SystemRandom;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use url::Url;

const FRESH: CheckInRequest = CheckInRequest { opened: None, browser_closed: false, way: Way::ThisComputer };
const BROWSER_CLOSED: CheckInRequest = CheckInRequest { opened: None, browser_closed: true, way: Way::ThisComputer };

fn names(told: &Told) -> Vec<&'static str> {
    told.steps
        .iter()
        .map(|step| match step {
            Step::OpenBrowser { .. } => "open-browser",
            Step::ShowCode { .. } => "show-code",
            Step::Waiting { .. } => "waiting",
            Step::Noticed(Notice::HttpsWanted) => "https-wanted",
            Step::Noticed(Notice::Slept) => "slept",
            Step::Identity { .. } => "identity",
            Step::Verdict(_) => "verdict",
            Step::SignedOut { confirmed: true, .. } => "signed-out",
            Step::SignedOut { confirmed: false, .. } => "not-signed-out",
        })
        .collect()
}

/// Nothing is left: no session, no debt, no mark.
fn assert_clean(world: &World, rule: &str) {
    assert_eq!(world.simulator.live_sessions(), 0, "{rule}: a session lives");
    let owed = world.desk.keychain.read("owed-logout").expect("read");
    assert!(owed.is_none(), "{rule}: a logout is owed");
    assert!(!comptoir_desk::Browser::may_hold_a_session(world.browser.as_ref()), "{rule}: the mark stands");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_key_press_to_verdict_and_closed_session() {
    let world = World::start().await.expect("a world");
    let told = world.check_in(&Visitor::new(), "test", FRESH).await.expect("signed in");
    let concluded = told.result.as_ref().expect("a verdict");
    assert_eq!((concluded.outcome, concluded.signed_out), (Outcome::Concordant, Some(true)));
    let mut steps = names(&told);
    assert_eq!(steps.drain(..3).collect::<Vec<_>>(), ["open-browser", "waiting", "identity"]);
    steps.sort_unstable();
    assert_eq!(steps, ["signed-out", "verdict"]);
    assert_clean(&world, "after a check-in");
    assert!(world.desk.register.verify_journal().expect("read").is_whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_is_met_by_a_person_of_the_demonstration() {
    let world = World::start().await.expect("a world");
    let visitor = Visitor::new();
    for (login, outcome, link, twin) in [
        ("test", Outcome::Concordant, Link::Safe, false),
        ("nom_composé", Outcome::Explained, Link::Safe, false),
        ("étranger_présumé_né_jour_et_mois", Outcome::Explained, Link::Confirm, false),
        ("avec_nom_dusage", Outcome::Discordant, Link::Confirm, false),
        ("test_doublon", Outcome::Several, Link::Several, false),
        ("inconnue", Outcome::Unknown, Link::None, false),
        ("jumelle_lucie", Outcome::Unknown, Link::None, true),
        ("genre_indéfini", Outcome::Explained, Link::Confirm, false),
        ("sans_prenom_97601", Outcome::UnusableIdentity, Link::None, false),
    ] {
        let told = world.check_in(&visitor, login, FRESH).await.expect(login);
        let verdict = told.verdict().unwrap_or_else(|| panic!("{login}: {:?}", told.result));
        assert_eq!((verdict.outcome, verdict.link, verdict.twin), (outcome, link, twin), "{login}");
        assert_clean(&world, login);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_an_outcome() {
    let world = World::start().await.expect("a world");
    // Given up at the choice of a provider; refused by the civil register, then back by the link.
    for (rule, login, link) in [("given up", None, "abort"), ("refused", Some("E010008"), "return")] {
        let visitor = Visitor::new();
        let mut underway = world.begin(BROWSER_CLOSED).await.expect("begun");
        let address = underway.address().await.expect("an address");
        let page = visitor.fetch(address).await.expect("a page");
        let mut page = visitor.follow(page, |_| false).await.expect("the choice");
        if let Some(login) = login {
            page = visitor.press(&page, "provider-impots", &[]).await.expect("the form");
            page = visitor.press(&page, "sign-in", &[("login", login), ("password", "123")]).await.expect("an answer");
            page = visitor.follow(page, |_| false).await.expect("the refusal");
        }
        let back = visitor.fetch(page.link(link).expect("a way back")).await.expect("back");
        let last = visitor.follow(back, |_| false).await.expect("the last page");
        assert_eq!(last.url.path(), "/retour", "{rule}");
        let told = underway.finish().await;
        assert_eq!(told.result.expect("an outcome").outcome, Outcome::Refused, "{rule}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_up_holds_the_next_sign_in_until_the_browser_is_closed() {
    let world = World::start().await.expect("a world");
    let mut underway = world.begin(FRESH).await.expect("begun");
    underway.address().await.expect("an address");
    underway.cancel.cancel();
    assert_eq!(underway.finish().await.result.expect("an outcome").outcome, Outcome::Abandoned);

    let held = world.begin(FRESH).await.expect("begun").finish().await;
    assert!(matches!(held.result, Err(CheckInError::SessionMayRemain)), "{:?}", held.result);
    assert!(held.steps.is_empty(), "no browser is opened while the sign-in is held");

    let told = world.check_in(&Visitor::new(), "test", BROWSER_CLOSED).await.expect("signed in");
    assert_eq!(told.result.expect("a verdict").outcome, Outcome::Concordant);
    assert_clean(&world, "after the hold");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_the_browser_away_is_noticed_and_the_person_may_still_come_back() {
    let world = World::start().await.expect("a world");
    let mut underway = world.begin(FRESH).await.expect("begun");
    let address = underway.address().await.expect("an address");
    let back = address.query_pairs().find(|(name, _)| name == "redirect_uri").expect("a return address").1;
    let back = Url::parse(&back).expect("an address");
    // P20: a browser that wants https, twice.
    for _ in 0..2 {
        let mut browser = TcpStream::connect(("127.0.0.1", back.port().expect("a port"))).expect("the listener");
        browser.write_all(b"\x16\x03\x01\x02\x00\x01").expect("said");
    }
    assert_eq!(underway.notice().await, Some(Notice::HttpsWanted));
    // P16: the computer sleeps, for less than a FranceConnect session lives.
    world.clock.pass(120);
    assert_eq!(underway.notice().await, Some(Notice::Slept));
    Visitor::new().sign_in(address, "test", Stop::AtTheEnd).await.expect("signed in");
    let told = underway.finish().await;
    assert_eq!(told.result.as_ref().expect("a verdict").outcome, Outcome::Concordant);
    let noticed: Vec<_> = names(&told).into_iter().filter(|name| matches!(*name, "https-wanted" | "slept")).collect();
    assert_eq!(noticed, ["https-wanted", "slept"], "each is said once");
    assert_clean(&world, "after a sleep");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_before_the_logout_is_repaired_before_the_next_patient() {
    let world = World::start().await.expect("a world");
    let browser = Visitor::new();
    let mut underway = world.begin(FRESH).await.expect("begun");
    let address = underway.address().await.expect("an address");
    let stopped = browser.sign_in(address, "nom_composé", Stop::BeforeTheLogout).await.expect("signed in");
    assert!(stopped.redirect.is_some(), "the desk sends the browser to the logout");
    underway.cut().await;
    assert_eq!(world.simulator.live_sessions(), 1, "the cut left a session");

    let mut next = world.begin(FRESH).await.expect("begun");
    let owed = next.address().await.expect("the owed logout first");
    assert!(owed.path().ends_with("/end_session"), "{}", owed.path());
    let page = browser.fetch(owed).await.expect("a page");
    browser.carry_on(page, Stop::AtTheEnd).await.expect("logged out");
    let address = next.address().await.expect("then the sign-in");
    assert_eq!(world.simulator.live_sessions(), 0, "closed before the next patient");
    browser.sign_in(address, "test", Stop::AtTheEnd).await.expect("signed in");
    let told = next.finish().await;
    assert_eq!(names(&told).first(), Some(&"open-browser"));
    assert_eq!(told.result.expect("a verdict").outcome, Outcome::Concordant);
    assert_clean(&world, "after the repair");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_previous_patients_session_is_never_taken_for_this_ones() {
    let world = World::start().await.expect("a world");
    let browser = Visitor::new();
    let mut first = world.begin(FRESH).await.expect("begun");
    let address = first.address().await.expect("an address");
    browser.sign_in(address, "nom_composé", Stop::BeforeTheReturn).await.expect("signed in");
    first.cut().await;
    // Well within the tolerance between two clocks: only comparing one clock with itself finds it.
    world.clock.pass(20);

    // The receptionist says that the browser was closed; it was not.
    let told = world.check_in(&browser, "test", BROWSER_CLOSED).await.expect("the replayed session");
    assert!(matches!(told.result, Err(CheckInError::Provider(AuthorizationError::LoginRequired))), "{:?}", told.result);
    assert!(told.verdict().is_none(), "row 104: nobody's identity was shown");
    assert_eq!(world.simulator.live_sessions(), 0, "the replayed session was ended on the way");
    let held = world.begin(FRESH).await.expect("begun").finish().await;
    assert!(matches!(held.result, Err(CheckInError::SessionMayRemain)), "and the next sign-in is held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_opened_first_is_judged_first() {
    let world = World::start().await.expect("a world");
    let of = |record: &str| world.desk.register.find_record(record).expect("read");
    for (rule, opened, login, outcome) in [
        ("the right one", of("local:15"), "nom_composé", Outcome::Explained),
        ("somebody else's", of("local:1"), "nom_composé", Outcome::Discordant),
        ("the twin's", of("local:40"), "jumelle_lucie", Outcome::Unknown),
    ] {
        let request = CheckInRequest { opened, ..FRESH };
        assert!(opened.is_some(), "{rule}");
        let told = world.check_in(&Visitor::new(), login, request).await.expect(rule);
        let verdict = told.verdict().expect("a verdict");
        let first = verdict.best().expect("a record");
        assert_eq!((verdict.outcome, Some(first.patient.id), first.opened), (outcome, opened, true), "{rule}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_provider_gets_nobody_signed_in() {
    let world = World::start().await.expect("a world");
    for (fault, code) in [
        (Fault::WrongNonce, "server-error"),
        (Fault::WrongAudience, "server-error"),
        (Fault::WrongIssuer, "server-error"),
        (Fault::ExpiredIdToken, "server-error"),
        (Fault::IssuedInFuture, "server-error"),
        (Fault::OtherKey, "server-error"),
        (Fault::AlgNone, "server-error"),
        (Fault::Hs256WithPublicKey, "server-error"),
        (Fault::SubMismatch, "server-error"),
        (Fault::LowerAcr, "server-error"),
        (Fault::MissingAcr, "server-error"),
        (Fault::MissingSub, "server-error"),
        (Fault::UserinfoPlainJson, "server-error"),
        (Fault::UserinfoOtherKey, "server-error"),
        (Fault::TokenError500, "temporarily-unavailable"),
    ] {
        world.simulator.set_fault(Some(fault));
        let told = world.check_in(&Visitor::new(), "test", BROWSER_CLOSED).await.expect("walked");
        let got = match &told.result {
            Err(CheckInError::Provider(error)) => comptoir_franceconnect::Fault::code(error),
            Err(CheckInError::Exchange(error)) => comptoir_franceconnect::Fault::code(error),
            other => panic!("{fault:?}: {other:?}"),
        };
        assert_eq!(got, code, "{fault:?}");
        assert!(told.verdict().is_none() && !names(&told).contains(&"identity"), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throw_away_profile_leaves_no_hold_however_the_check_in_ends() {
    let world = World::start().await.expect("a world");
    world.browser.throw_away();

    let told = world.check_in(&Visitor::new(), "test", FRESH).await.expect("signed in");
    assert_eq!(told.result.expect("a verdict").signed_out, Some(true), "the logout is done all the same");
    assert!(!world.browser.has_a_profile() && !world.browser.may_hold_a_session(), "after a verdict");

    let mut abandoned = world.begin(FRESH).await.expect("begun");
    let address = abandoned.address().await.expect("an address");
    assert!(world.browser.has_a_profile() && !world.browser.is_remembered(), "the profile is its own mark");
    Visitor::new().sign_in(address, "nom_composé", Stop::BeforeTheReturn).await.expect("signed in");
    abandoned.cancel.cancel();
    let told = abandoned.finish().await;
    assert_eq!(told.result.expect("an end").outcome, Outcome::Abandoned);
    assert!(!world.browser.has_a_profile(), "destroyed with the session of who had signed in");

    // Another person, at once, in another profile: not held, and nobody else's identity.
    let told = world.check_in(&Visitor::new(), "test", FRESH).await.expect("signed in");
    let verdict = told.verdict().expect("a verdict");
    assert_eq!(verdict.best().map(|best| best.patient.record.as_str()), Some("local:1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_owes_nothing_once_the_profile_is_destroyed_and_holds_while_it_remains() {
    let world = World::start().await.expect("a world");
    world.browser.throw_away();
    let mut crashed = world.begin(FRESH).await.expect("begun");
    let address = crashed.address().await.expect("an address");
    Visitor::new().sign_in(address, "nom_composé", Stop::BeforeTheLogout).await.expect("signed in");
    crashed.cut().await;

    world.browser.stick(true);
    let held = world.begin(FRESH).await.expect("begun").finish().await;
    assert!(held.steps.iter().any(|step| matches!(step, Step::OpenBrowser { .. })), "the owed logout is tried");
    assert!(matches!(held.result, Err(CheckInError::SessionMayRemain)), "{:?}", held.result);

    world.browser.stick(false);
    let told = world.check_in(&Visitor::new(), "test", FRESH).await.expect("signed in");
    assert_eq!(names(&told).first(), Some(&"open-browser"));
    assert_eq!(told.result.expect("a verdict").outcome, Outcome::Concordant);
    let opened = told.steps.iter().filter(|step| matches!(step, Step::OpenBrowser { .. })).count();
    assert_eq!(opened, 1, "no logout is owed to a session that nobody can reach");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_is_not_confirmed_leaves_nothing_in_a_throw_away_profile() {
    let mut world = World::start().await.expect("a world");
    world.desk.patience.sign_out = std::time::Duration::from_millis(300);
    for (rule, throw_away) in [("the desk's own browser", false), ("a throw-away profile", true)] {
        if throw_away {
            world.browser.throw_away();
        }
        let mut underway = world.begin(if throw_away { BROWSER_CLOSED } else { FRESH }).await.expect(rule);
        let mut address = underway.address().await.expect(rule);
        if address.path().ends_with("/end_session") {
            address = underway.address().await.expect(rule);
        }
        Visitor::new().sign_in(address, "test", Stop::BeforeTheLogout).await.expect(rule);
        let told = underway.finish().await;
        let end = told.steps.iter().rev().find_map(|step| match step {
            Step::SignedOut { confirmed, remains } => Some((*confirmed, *remains)),
            Step::OpenBrowser { .. }
            | Step::ShowCode { .. }
            | Step::Waiting { .. }
            | Step::Noticed(_)
            | Step::Identity { .. }
            | Step::Verdict(_) => None,
        });
        assert_eq!(end, Some((false, !throw_away)), "{rule}");
        assert_eq!(world.browser.may_hold_a_session(), !throw_away, "{rule}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_was_never_enrolled_is_told_before_anything_is_opened() {
    let mut world = World::start().await.expect("a world");
    world.desk.credentials = Arc::new(MemoryKeychain::default());
    assert_eq!(world.begin(FRESH).await.err(), Some(FindRelayError::NotEnrolled));
    world.enrol().await.expect("enrolled");
    let told = world.check_in(&Visitor::new(), "test", FRESH).await.expect("signed in");
    assert_eq!(told.result.expect("a verdict").outcome, Outcome::Concordant);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_is_revoked_gets_nobody_until_it_is_enrolled_again() {
    let world = World::start().await.expect("a world");
    let mut underway = world.begin(FRESH).await.expect("begun");
    let address = underway.address().await.expect("an address");
    let visitor = Visitor::new();
    let page = visitor.sign_in(address, "test", Stop::BeforeTheReturn).await.expect("signed in");
    let desk = world.book.list().await.expect("read").first().expect("a desk").client_id.clone();
    assert!(world.book.revoke(&desk, world.desk.clock.now()).await.expect("written"));
    visitor.carry_on(page, Stop::AtTheEnd).await.expect("walked");
    let told = underway.finish().await;
    let Err(CheckInError::Exchange(refused)) = &told.result else { panic!("{:?}", told.result) };
    assert_eq!(refused.fault, ExchangeFault::ClientRefused { party: Party::Relay, support: None });
    assert!(told.verdict().is_none(), "nobody's identity was shown");

    world.enrol().await.expect("with a new code and a new key");
    let told = world.check_in(&Visitor::new(), "test", BROWSER_CLOSED).await.expect("signed in");
    assert_eq!(told.result.expect("a verdict").outcome, Outcome::Concordant);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_used_up_only_when_the_keychain_can_keep_the_key() {
    let world = World::start().await.expect("a world");
    let (rng, now) = (SystemRandom::new(), world.desk.clock.now());
    let (code, issuer) = (EnrolmentCode::draw(&rng).expect("a code"), world.relay.issuer());
    world.book.issue(code.hash(), CodeLife::USUAL.end(now), now).await.expect("issued");
    let code = Secret::new(code.shown());
    let enrol = async |keychain: &Arc<dyn Keychain>| {
        enrol_desk(&world.desk.http, keychain, issuer, &code, "Accueil 2", &rng, &world.clock).await.map(drop)
    };
    let locked: Arc<dyn Keychain> = Arc::new(Locked);
    assert_eq!(enrol(&locked).await, Err(EnrolDeskError::Keychain(KeychainError::Locked)));
    let open: Arc<dyn Keychain> = Arc::new(MemoryKeychain::default());
    assert_eq!(enrol(&open).await, Ok(()), "the code was not shown to the relay");
    assert_eq!(enrol(&world.desk.credentials).await, Err(EnrolDeskError::Enrol(EnrolError::Refused)), "now it was");
    assert!(world.provider().await.is_ok_and(|provider| provider.knows_desks()), "the key it had is kept");
    assert_eq!(
        find_relay(&world.desk.http, &locked, issuer).await.err(),
        Some(FindRelayError::Keychain(KeychainError::Locked)),
        "a keychain that is locked is not a desk that was never enrolled"
    );
}

/// A keychain whose unlock window nobody answers.
struct Locked;

impl Keychain for Locked {
    fn read(&self, _: &str) -> Result<Option<comptoir_desk::Secret>, KeychainError> {
        Err(KeychainError::Locked)
    }
    fn write(&self, _: &str, _: &comptoir_desk::Secret) -> Result<(), KeychainError> {
        Err(KeychainError::Locked)
    }
    fn remove(&self, _: &str) -> Result<(), KeychainError> {
        Err(KeychainError::Locked)
    }
}
