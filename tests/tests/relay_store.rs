//! The relay's stores: memory, and a real PostgreSQL shared by two instances.
#![expect(clippy::unwrap_used, reason = "a test may stop at what should not be")]

use comptoir_relay::{Kind, MemoryStore, Name, PostgresStore, Store as _, StoreError, Waiting};
use comptoir_tests::postgres::Server;
use comptoir_tests::store_contract::keeps_its_word;
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[tokio::test]
async fn memory_keeps_its_word() {
    keeps_its_word(&MemoryStore::default()).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn a_database_keeps_its_word_and_gives_each_thing_once() {
    let server = Server::start().unwrap();
    let one = PostgresStore::connect(&server.address()).await.unwrap();
    let two = PostgresStore::connect(&server.address()).await.unwrap();
    keeps_its_word(&one).await;

    for number in 0..50 {
        let name = Name::of("h", Kind::Code, &number.to_string());
        let thing = |text: &str| Waiting { sealed: text.as_bytes().to_vec(), until: at(60) };
        one.put(Kind::Code, name, thing("a")).await.unwrap();
        let swap = |store: &'static str| store.as_bytes().to_vec();
        let (first, second) = tokio::join!(
            one.swap(Kind::Code, name, swap("one"), at(0)),
            two.swap(Kind::Code, name, swap("two"), at(0)),
        );
        let (first, second) = (first.unwrap().unwrap().sealed, second.unwrap().unwrap().sealed);
        let fresh = [&first, &second].into_iter().filter(|found| found.as_slice() == b"a").count();
        assert_eq!(fresh, 1, "of two that swap at once, one finds what was there: {number}");
        let (first, second) = tokio::join!(one.take(Kind::Code, name, at(0)), two.take(Kind::Code, name, at(0)));
        let taken = [first.unwrap(), second.unwrap()].into_iter().flatten().count();
        assert_eq!(taken, 1, "of two that take at once, one has it: {number}");
        // Twice: a new name, then one whose end has passed.
        for now in [0, 60] {
            let (until, now) = (at(now + 60), at(now));
            let shown = Name::of("h", Kind::Assertion, &number.to_string());
            let (first, second) = tokio::join!(
                one.first(Kind::Assertion, shown, until, now),
                two.first(Kind::Assertion, shown, until, now),
            );
            assert!(first.unwrap() != second.unwrap(), "of two that note at once, one is the first: {number}, {now}");
        }
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: ./x test"]
async fn a_database_that_stops_is_said_and_found_again() {
    let mut server = Server::start().unwrap();
    let store = PostgresStore::connect(&server.address()).await.unwrap();
    let name = Name::of("h", Kind::Code, "x");
    let thing = || Waiting { sealed: b"x".to_vec(), until: at(60) };
    store.put(Kind::Code, name, thing()).await.unwrap();

    server.stop().unwrap();
    assert_eq!(store.put(Kind::Code, name, thing()).await, Err(StoreError::Unreachable));
    assert_eq!(store.first(Kind::Assertion, name, at(60), at(0)).await, Err(StoreError::Unreachable));
    server.resume().unwrap();
    // Unlogged: after a crash the table is there, and empty.
    assert_eq!(store.take(Kind::Code, name, at(0)).await, Ok(None));
    store.put(Kind::Code, name, thing()).await.unwrap();
    assert_eq!(store.take(Kind::Code, name, at(0)).await, Ok(Some(thing())));

    server.run("ALTER TABLE comptoir_waiting RENAME TO another").unwrap();
    assert_eq!(store.put(Kind::Code, name, thing()).await, Err(StoreError::Refused));
}
