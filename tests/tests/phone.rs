//! A check-in on the patient's own phone: the desk shows a code, and nothing happens on its computer.
#![expect(clippy::expect_used, clippy::panic, reason = "a test may stop at what should not be")]

use comptoir_desk::{Browser, BrowserError, CheckInError, CheckInRequest, Opened, Outcome, Purpose, Step, Way};
use comptoir_franceconnect::{DeviceError, ExchangeFault, Party};
use comptoir_register::{ActKind, JournalFilter, JournalLine, ReadError};
use comptoir_relay::DeskBook;
use comptoir_simulator::Fault;
use comptoir_tests::visitor::{Stop, Visitor};
use comptoir_tests::world::World;
use std::sync::Arc;
use url::Url;

const ON_A_PHONE: CheckInRequest = CheckInRequest { opened: None, browser_closed: false, way: Way::Phone };

/// A browser that holds an earlier session, which a check-in on a phone has nothing to do with.
struct Untouched;

impl Browser for Untouched {
    fn open(&self, _: &Url, _: Purpose) -> Result<Opened, BrowserError> {
        panic!("nothing is opened on this computer")
    }
    fn destroy_profiles(&self) -> Result<(), BrowserError> {
        Ok(())
    }
    fn may_hold_a_session(&self) -> bool {
        true
    }
    fn is_remembered(&self) -> bool {
        true
    }
    fn remember_session(&self) -> Result<(), BrowserError> {
        panic!("no mark is made")
    }
    fn forget_session(&self) -> Result<(), BrowserError> {
        panic!("no mark is taken away")
    }
}

async fn world() -> World {
    let mut world = World::start().await.expect("a world");
    world.desk.browser = Arc::new(Untouched);
    world
}

/// How the last check-in ended, and in which way it was made, as the journal has it.
fn last_end(world: &World) -> Vec<(String, String)> {
    let mut last = Vec::new();
    let each = |line: JournalLine| {
        if line.act_kind() == Some(ActKind::CheckInConcluded) {
            last = line.evidence;
        }
        Ok::<_, ReadError>(())
    };
    world.desk.register.journal_lines(&JournalFilter::default(), each).expect("read");
    last
}

fn end(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_code_on_screen_to_the_verdict_and_nothing_is_left_on_this_computer() {
    let world = world().await;
    let mut underway = world.begin(ON_A_PHONE).await.expect("begun");
    let address = underway.address().await.expect("a code");
    let phone = Visitor::new();
    let shown = phone.fetch(address.clone()).await.expect("a page");
    let last = phone.sign_in(address, "test", Stop::AtTheEnd).await.expect("signed in");
    assert!(last.has("over"), "{}", last.html);
    let told = underway.finish().await;
    let concluded = told.result.expect("a verdict");
    assert_eq!((concluded.outcome, concluded.signed_out), (Outcome::Concordant, None));
    let [Step::ShowCode { user_code, .. }, Step::Waiting { deadline }, Step::Identity { .. }, Step::Verdict(_)] =
        told.steps.as_slice()
    else {
        panic!("{:?}", told.steps.len())
    };
    assert_eq!(shown.text("code").as_deref(), Some(user_code.as_str()), "both screens show the same code");
    assert!(deadline.as_secs() > 0 && *deadline <= world.desk.patience.sign_in);
    assert_eq!(world.simulator.live_sessions(), 0, "the relay ended the session");
    assert!(world.desk.keychain.read("owed-logout").expect("read").is_none(), "nothing is owed");
    assert_eq!(last_end(&world), end(&[("acr", "eidas1"), ("outcome", "concordant"), ("way", "phone")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_as_it_does_on_the_computer() {
    let world = world().await;
    // Given up at the choice of a provider.
    let mut underway = world.begin(ON_A_PHONE).await.expect("begun");
    let (address, phone) = (underway.address().await.expect("a code"), Visitor::new());
    let page = phone.fetch(address).await.expect("a page");
    let page = phone.press(&page, "franceconnect", &[]).await.expect("pressed");
    let page = phone.follow(page, |_| false).await.expect("the choice");
    let back = phone.fetch(page.link("abort").expect("a way back")).await.expect("back");
    phone.follow(back, |_| false).await.expect("the last page");
    assert_eq!(underway.finish().await.result.expect("an outcome").outcome, Outcome::Refused);
    assert_eq!(last_end(&world), end(&[("outcome", "refused"), ("way", "phone")]));

    // Given up by the receptionist; at once, and the next is not held.
    let mut underway = world.begin(ON_A_PHONE).await.expect("begun");
    underway.address().await.expect("a code");
    underway.cancel.cancel();
    assert_eq!(underway.finish().await.result.expect("an outcome").outcome, Outcome::Abandoned);

    // Nobody scanned.
    let mut impatient = World::start().await.expect("a world");
    impatient.desk.patience.sign_in = std::time::Duration::from_millis(100);
    let told = impatient.begin(ON_A_PHONE).await.expect("begun").finish().await;
    assert_eq!(told.result.expect("an outcome").outcome, Outcome::Abandoned);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_desk_gets_no_code() {
    let world = world().await;
    let provider = world.provider().await.expect("found");
    let desk = world.book.list().await.expect("read").first().expect("a desk").client_id.clone();
    assert!(world.book.revoke(&desk, world.desk.clock.now()).await.expect("written"));
    let cancel = tokio_util::sync::CancellationToken::new();
    let told = comptoir_desk::check_in(&world.desk, &provider, ON_A_PHONE, &|_| {}, &cancel).await;
    let Err(CheckInError::Phone(DeviceError::Exchange(ExchangeFault::ClientRefused { party, .. }))) = told else {
        panic!("{told:?}")
    };
    assert_eq!(party, Party::Relay);
    assert_eq!(last_end(&world), end(&[("outcome", "failed"), ("way", "phone")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_provider_gets_nobody_signed_in_on_a_phone_either() {
    let world = world().await;
    for fault in [Fault::LowerAcr, Fault::OtherKey, Fault::UserinfoOtherKey] {
        world.simulator.set_fault(Some(fault));
        let mut underway = world.begin(ON_A_PHONE).await.expect("begun");
        let address = underway.address().await.expect("a code");
        let last = Visitor::new().sign_in(address, "test", Stop::AtTheEnd).await.expect("walked");
        assert!(last.has("in-vain"), "{fault:?}: the phone says that nothing came of it: {}", last.html);
        let told = underway.finish().await;
        let Err(CheckInError::Provider(error)) = &told.result else { panic!("{fault:?}: {:?}", told.result) };
        assert_eq!(comptoir_franceconnect::Fault::code(error), "server-error", "{fault:?}");
        assert!(told.verdict().is_none(), "{fault:?}");
    }
}
