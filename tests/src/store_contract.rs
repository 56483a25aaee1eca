//! What every store of the relay must do.
#![expect(clippy::unwrap_used, reason = "a tool of the tests: what is not there is a failure of its test")]

use comptoir_relay::{Kind, Name, Store, Waiting};
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn thing(text: &str, until: i64) -> Waiting {
    Waiting { sealed: text.as_bytes().to_vec(), until: at(until) }
}

/// Asks a store for everything it promises. The store holds no code before and none after.
///
/// # Panics
/// When a promise is not kept.
pub async fn keeps_its_word(store: &dyn Store) {
    let (one, other) = (Name::of("h", Kind::Code, "one"), Name::of("h", Kind::Code, "other"));
    let seen = |found: Option<Waiting>| found.map(|thing| String::from_utf8(thing.sealed).unwrap());
    let put = |text: &str| store.put(Kind::Code, one, thing(text, 60));

    put("a").await.unwrap();
    assert_eq!(seen(store.look(Kind::Code, one, at(59)).await.unwrap()).as_deref(), Some("a"));
    assert_eq!(seen(store.take(Kind::Code, other, at(0)).await.unwrap()), None, "another name");
    assert_eq!(seen(store.take(Kind::Identity, one, at(0)).await.unwrap()), None, "another kind");
    assert_eq!(seen(store.take(Kind::Code, one, at(59)).await.unwrap()).as_deref(), Some("a"));
    assert_eq!(seen(store.take(Kind::Code, one, at(59)).await.unwrap()), None, "taken twice");

    put("a").await.unwrap();
    put("b").await.unwrap();
    assert_eq!(seen(store.take(Kind::Code, one, at(0)).await.unwrap()).as_deref(), Some("b"), "put again");

    put("a").await.unwrap();
    assert_eq!(seen(store.look(Kind::Code, one, at(60)).await.unwrap()), None, "looked at too late");
    assert_eq!(seen(store.swap(Kind::Code, one, b"x".to_vec(), at(60)).await.unwrap()), None, "swapped too late");
    assert_eq!(seen(store.take(Kind::Code, one, at(60)).await.unwrap()), None, "taken too late");

    assert_eq!(seen(store.swap(Kind::Code, other, b"x".to_vec(), at(0)).await.unwrap()), None, "nothing to swap");
    put("a").await.unwrap();
    let swapped = store.swap(Kind::Code, one, b"b".to_vec(), at(59)).await.unwrap().unwrap();
    assert_eq!((swapped.sealed.as_slice(), swapped.until), (&b"a"[..], at(60)));
    let after = store.take(Kind::Code, one, at(59)).await.unwrap().unwrap();
    assert_eq!((after.sealed.as_slice(), after.until), (&b"b"[..], at(60)), "its end stays");

    for (rule, name, until, now, expected) in [
        ("a new name", one, 60, 0, true),
        ("again", one, 90, 59, false),
        ("another name", other, 60, 59, true),
        ("at its end it is new", one, 90, 60, true),
        ("and its end another", one, 120, 89, false),
    ] {
        let first = store.first(Kind::Code, name, at(until), at(now)).await.unwrap();
        assert_eq!(first, expected, "{rule}");
    }
    store.sweep(at(90)).await.unwrap();
    assert_eq!(store.count(Kind::Code, at(0)).await.unwrap(), 0);

    put("a").await.unwrap();
    store.put(Kind::Code, other, thing("b", 90)).await.unwrap();
    assert_eq!(store.count(Kind::Code, at(0)).await.unwrap(), 2);
    store.sweep(at(60)).await.unwrap();
    assert_eq!(store.count(Kind::Code, at(0)).await.unwrap(), 1);
    store.sweep(at(90)).await.unwrap();
    assert_eq!(store.count(Kind::Code, at(0)).await.unwrap(), 0);
}
