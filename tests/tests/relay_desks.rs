//! The relay's books of desks: memory, a file, and a real PostgreSQL shared by two instances.
#![expect(clippy::unwrap_used, reason = "a test may stop at what should not be")]

use comptoir_relay::{DeskBook as _, DeskBookError, Enrolment, FileDesks, MemoryDesks, PostgresDesks, PostgresStore};
use comptoir_tests::desk_contract::{code, desk, keeps_its_word};
use comptoir_tests::postgres::Server;
use jiff::Timestamp;

const ISSUER: &str = "https://relais.example/clinique";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

async fn book(server: &Server, issuer: &str) -> PostgresDesks {
    let store = PostgresStore::connect(&server.address()).await.unwrap();
    PostgresDesks::beside(&store, issuer).await.unwrap()
}

#[tokio::test]
async fn memory_and_a_file_keep_their_word() {
    keeps_its_word(&MemoryDesks::default()).await;
    let folder = tempfile::tempdir().unwrap();
    keeps_its_word(&FileDesks::at(folder.path().join("desks.json"))).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn a_database_keeps_its_word_and_each_establishment_apart() {
    let server = Server::start().unwrap();
    let (one, other) = (book(&server, ISSUER).await, book(&server, "https://relais.example/cabinet").await);
    keeps_its_word(&one).await;
    keeps_its_word(&other).await;

    // The one's desk and code are nothing to the other.
    let (known, issued) = (one.list().await.unwrap().pop().unwrap(), code());
    one.issue(issued.clone(), at(500), at(300)).await.unwrap();
    assert_eq!(other.find(&known.client_id).await, Ok(None));
    assert_eq!(other.revoke(&known.client_id, at(300)).await, Ok(false));
    assert_eq!(other.enrol(issued.clone(), known.clone(), at(300)).await, Ok(Enrolment::Refused));
    assert_eq!(one.enrol(issued, desk("Accueil 4", at(300)), at(300)).await, Ok(Enrolment::Enrolled));
    // A slash at the end of an address is no other establishment.
    assert_eq!(book(&server, &format!("{ISSUER}/")).await.find(&known.client_id).await, Ok(Some(known)));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn of_two_instances_one_uses_a_code() {
    let server = Server::start().unwrap();
    let (one, two) = (book(&server, ISSUER).await, book(&server, ISSUER).await);
    for number in 0..30 {
        let issued = code();
        one.issue(issued.clone(), at(60), at(0)).await.unwrap();
        let (first, second) = tokio::join!(
            one.enrol(issued.clone(), desk("Accueil 1", at(1)), at(1)),
            two.enrol(issued.clone(), desk("Accueil 2", at(1)), at(1)),
        );
        let enrolled = [first, second].into_iter().filter(|end| *end == Ok(Enrolment::Enrolled)).count();
        assert_eq!(enrolled, 1, "{number}");
    }
    assert_eq!(two.list().await.unwrap().len(), 30);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn desks_survive_a_crash_and_hold_no_code() {
    let mut server = Server::start().unwrap();
    let (book, enrolled, issued) = (book(&server, ISSUER).await, desk("Accueil 1", at(1)), code());
    book.issue(issued.clone(), at(60), at(0)).await.unwrap();
    let kept =
        server.run("SELECT persistence.relpersistence FROM pg_class persistence WHERE relname LIKE 'comptoir_desk%'");
    assert!(kept.unwrap().lines().all(|kind| kind == "p"), "logged");
    assert_eq!(book.enrol(issued, enrolled.clone(), at(1)).await, Ok(Enrolment::Enrolled));

    server.stop().unwrap();
    assert_eq!(book.find(&enrolled.client_id).await, Err(DeskBookError::Unavailable));
    server.resume().unwrap();
    assert_eq!(book.find(&enrolled.client_id).await, Ok(Some(enrolled.clone())));

    // What is not wholly understood is no desk, and no empty book.
    server.run("UPDATE comptoir_desk SET key = '{}'").unwrap();
    assert_eq!(book.find(&enrolled.client_id).await, Err(DeskBookError::Damaged));
    assert_eq!(book.list().await, Err(DeskBookError::Damaged));
}
