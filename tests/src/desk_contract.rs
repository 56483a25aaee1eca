//! What every book of desks must do.
#![expect(clippy::unwrap_used, reason = "a tool of the tests: what is not there is a failure of its test")]

use comptoir_franceconnect::ClientKey;
use comptoir_relay::{CodeHash, DeskBook, DeskName, EnrolledDesk, Enrolment, EnrolmentCode};
use jiff::Timestamp;
use ring::rand::SystemRandom;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A desk with a key of its own, not enrolled yet.
///
/// # Panics
/// When the system gives no random bytes.
#[must_use]
pub fn desk(name: &str, enrolled: Timestamp) -> EnrolledDesk {
    let key = ClientKey::generate(&SystemRandom::new()).unwrap();
    EnrolledDesk {
        client_id: key.thumbprint(),
        name: DeskName::parse(name).unwrap(),
        key: key.public_jwk().clone(),
        enrolled,
        last_seen: None,
        revoked: None,
    }
}

/// The hash of a new code.
///
/// # Panics
/// When the system gives no random bytes.
#[must_use]
pub fn code() -> CodeHash {
    EnrolmentCode::draw(&SystemRandom::new()).unwrap().hash()
}

/// Asks a book for everything it promises. It holds no desk before, and two after.
///
/// # Panics
/// When a promise is not kept.
pub async fn keeps_its_word(book: &dyn DeskBook) {
    let (one, two) = (desk("Accueil é \"1\" '", at(1)), desk("Accueil 2", at(20)));
    let (first, second) = (code(), code());
    assert_eq!(book.list().await, Ok(Vec::new()));
    assert_eq!(book.find(&one.client_id).await, Ok(None));

    book.issue(first.clone(), at(60), at(0)).await.unwrap();
    for (rule, code, desk, now, expected) in [
        ("an unknown code", &second, &one, 1, Enrolment::Refused),
        ("too late", &first, &one, 60, Enrolment::Refused),
        ("in time", &first, &one, 59, Enrolment::Enrolled),
        ("used", &first, &two, 59, Enrolment::Refused),
    ] {
        assert_eq!(book.enrol(code.clone(), desk.clone(), at(now)).await, Ok(expected), "{rule}");
    }
    assert_eq!(book.find(&one.client_id).await, Ok(Some(one.clone())));

    // A key that is known is refused, and the code stays good for another.
    book.issue(second.clone(), at(60), at(0)).await.unwrap();
    assert_eq!(book.enrol(second.clone(), one.clone(), at(1)).await, Ok(Enrolment::Refused));
    assert_eq!(book.enrol(second.clone(), two.clone(), at(1)).await, Ok(Enrolment::Enrolled));
    assert_eq!(book.list().await, Ok(vec![one.clone(), two.clone()]), "the oldest first");

    book.seen(&one.client_id, at(30)).await.unwrap();
    book.seen("nobody", at(30)).await.unwrap();
    for (rule, client_id, now, expected) in [
        ("revoked", one.client_id.as_str(), 40, true),
        ("again, which changes nothing", &one.client_id, 50, true),
        ("nobody", "nobody", 40, false),
    ] {
        assert_eq!(book.revoke(client_id, at(now)).await, Ok(expected), "{rule}");
    }
    let revoked = EnrolledDesk { last_seen: Some(at(30)), revoked: Some(at(40)), ..one };
    assert_eq!(book.list().await, Ok(vec![revoked.clone(), two]));

    // A revoked key does not come back.
    book.issue(first.clone(), at(120), at(70)).await.unwrap();
    let again = EnrolledDesk { last_seen: None, revoked: None, ..revoked.clone() };
    assert_eq!(book.enrol(first.clone(), again, at(71)).await, Ok(Enrolment::Refused));
    assert_eq!(book.find(&revoked.client_id).await, Ok(Some(revoked)));

    // A code that is over goes with the next that is issued; issued anew, it is good anew.
    book.issue(first.clone(), at(200), at(130)).await.unwrap();
    book.issue(second, at(200), at(201)).await.unwrap();
    assert_eq!(book.enrol(first, desk("Accueil 3", at(201)), at(201)).await, Ok(Enrolment::Refused));
}
