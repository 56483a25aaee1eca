//! Where transactions wait: in this process's memory, or where several instances find them.
//!
//! A store holds sealed bytes under names it cannot turn back into the secret ones. It gives each away once.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use ring::digest::{Context, SHA256};

/// Of each kind at once, in memory; the oldest makes room.
const MOST: usize = 10_000;
/// Names that were shown, in memory; none makes room for another.
const MOST_SHOWN: usize = 100_000;

/// What a store's call resolves to.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The store does not do what it is there for. Nothing is known of the transaction then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It does not answer.
    #[error("the store does not answer")]
    Unreachable,
    /// It answers, and refuses.
    #[error("the store refuses")]
    Refused,
}

/// The kinds of things that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody is signing in at FranceConnect.
    Pending,
    /// A code that a desk may present, or has presented.
    Code,
    /// An identity that a desk may fetch.
    Identity,
    /// A browser on its way through FranceConnect's logout.
    Leaving,
    /// A desk that waits for somebody's phone.
    Device,
    /// The code that leads a phone to that desk.
    UserCode,
    /// An assertion that a desk has shown.
    Assertion,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Code, Self::Identity, Self::Leaving, Self::Device, Self::UserCode, Self::Assertion];

    /// Returns its word, for a database and for the name's hash.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Code => "code",
            Self::Identity => "identity",
            Self::Leaving => "leaving",
            Self::Device => "device",
            Self::UserCode => "user-code",
            Self::Assertion => "assertion",
        }
    }
}

/// A name as a store knows it: the SHA-256 of house, kind and secret name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name([u8; 32]);

impl Name {
    /// Hashes a secret name.
    #[must_use]
    pub fn of(house: &str, kind: Kind, secret: &str) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [house, kind.as_str(), secret] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut name = [0; 32];
        name.copy_from_slice(context.finish().as_ref());
        Self(name)
    }

    /// Returns the hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name")
    }
}

/// Something that waits: sealed, and with an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What it is, sealed.
    pub sealed: Vec<u8>,
    /// When it is over.
    pub until: Timestamp,
}

/// A place where transactions wait.
///
/// Each call is atomic: of two that take the same thing, one has it. A thing whose end has passed is not there.
pub trait Store: Send + Sync {
    /// Puts a thing; one of the same name gives way.
    fn put(&self, kind: Kind, name: Name, thing: Waiting) -> Answer<'_, ()>;

    /// Takes a thing away.
    fn take(&self, kind: Kind, name: Name, now: Timestamp) -> Answer<'_, Option<Waiting>>;

    /// Looks at a thing and leaves it.
    fn look(&self, kind: Kind, name: Name, now: Timestamp) -> Answer<'_, Option<Waiting>>;

    /// Puts other bytes in the place of a thing that is there, and returns what it was; its end stays.
    fn swap(&self, kind: Kind, name: Name, sealed: Vec<u8>, now: Timestamp) -> Answer<'_, Option<Waiting>>;

    /// Notes a name until its end; `false` when it stands there already. A store that can note no more refuses: none
    /// is forgotten before its end.
    fn first(&self, kind: Kind, name: Name, until: Timestamp, now: Timestamp) -> Answer<'_, bool>;

    /// Counts what waits.
    fn count(&self, kind: Kind, now: Timestamp) -> Answer<'_, u64>;

    /// Forgets what is over.
    fn sweep(&self, now: Timestamp) -> Answer<'_, ()>;
}

/// The store of a single instance: its own memory, bounded. One for each establishment: the bound is then its own.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<HashMap<Kind, HashMap<Name, Waiting>>>);

impl MemoryStore {
    fn things(&self) -> MutexGuard<'_, HashMap<Kind, HashMap<Name, Waiting>>> {
        // Nothing under this lock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at_once<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Store for MemoryStore {
    fn put(&self, kind: Kind, name: Name, thing: Waiting) -> Answer<'_, ()> {
        let mut things = self.things();
        let of_kind = things.entry(kind).or_default();
        if of_kind.len() >= MOST && !of_kind.contains_key(&name) {
            make_room(of_kind);
        }
        of_kind.insert(name, thing);
        at_once(())
    }

    fn take(&self, kind: Kind, name: Name, now: Timestamp) -> Answer<'_, Option<Waiting>> {
        let taken = self.things().get_mut(&kind).and_then(|of_kind| of_kind.remove(&name));
        at_once(taken.filter(|thing| now < thing.until))
    }

    fn look(&self, kind: Kind, name: Name, now: Timestamp) -> Answer<'_, Option<Waiting>> {
        let things = self.things();
        let there = things.get(&kind).and_then(|of_kind| of_kind.get(&name));
        at_once(there.filter(|thing| now < thing.until).cloned())
    }

    fn swap(&self, kind: Kind, name: Name, sealed: Vec<u8>, now: Timestamp) -> Answer<'_, Option<Waiting>> {
        let mut things = self.things();
        let there = things.get_mut(&kind).and_then(|of_kind| of_kind.get_mut(&name));
        let there = there.filter(|thing| now < thing.until);
        at_once(there.map(|thing| Waiting { sealed: std::mem::replace(&mut thing.sealed, sealed), until: thing.until }))
    }

    fn first(&self, kind: Kind, name: Name, until: Timestamp, now: Timestamp) -> Answer<'_, bool> {
        let mut things = self.things();
        let of_kind = things.entry(kind).or_default();
        if of_kind.get(&name).is_some_and(|thing| now < thing.until) {
            return at_once(false);
        }
        if of_kind.len() >= MOST_SHOWN {
            of_kind.retain(|_, thing| now < thing.until);
        }
        // Forgetting one that still lives would let it be shown again.
        if of_kind.len() >= MOST_SHOWN {
            return Box::pin(std::future::ready(Err(StoreError::Refused)));
        }
        of_kind.insert(name, Waiting { sealed: Vec::new(), until });
        at_once(true)
    }

    fn count(&self, kind: Kind, now: Timestamp) -> Answer<'_, u64> {
        let things = self.things();
        let count = things.get(&kind).map_or(0, |of_kind| of_kind.values().filter(|thing| now < thing.until).count());
        at_once(count as u64)
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, ()> {
        for of_kind in self.things().values_mut() {
            of_kind.retain(|_, thing| now < thing.until);
        }
        at_once(())
    }
}

/// Drops what ends first: what is over, if anything is.
fn make_room(things: &mut HashMap<Name, Waiting>) {
    if let Some(oldest) = things.iter().min_by_key(|(_, thing)| thing.until).map(|(name, _)| *name) {
        things.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn thing(text: &str, until: i64) -> Waiting {
        Waiting { sealed: text.as_bytes().to_vec(), until: at(until) }
    }

    #[tokio::test]
    async fn too_much_of_a_kind_drops_what_ends_first_and_no_other_kind() {
        let store = MemoryStore::default();
        let other = Name::of("h", Kind::Leaving, "x");
        store.put(Kind::Leaving, other, thing("x", 1)).await.unwrap();
        let name = |number: usize| Name::of("h", Kind::Code, &number.to_string());
        for number in 0..=MOST {
            let until = i64::try_from(number).unwrap() + 10;
            store.put(Kind::Code, name(number), thing("a", until)).await.unwrap();
        }
        assert_eq!(store.count(Kind::Code, at(0)).await.unwrap(), MOST as u64);
        assert!(store.look(Kind::Code, name(0), at(0)).await.unwrap().is_none());
        assert!(store.look(Kind::Code, name(1), at(0)).await.unwrap().is_some());
        assert!(store.look(Kind::Leaving, other, at(0)).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn too_many_names_let_nobody_in_until_one_is_over() {
        let store = MemoryStore::default();
        let name = |number: usize| Name::of("h", Kind::Assertion, &number.to_string());
        let first = |number, until, now| store.first(Kind::Assertion, name(number), at(until), at(now));
        for number in 0..MOST_SHOWN {
            assert_eq!(first(number, if number == 7 { 30 } else { 60 }, 0).await, Ok(true));
        }
        for (rule, number, now, expected) in [
            ("one more", MOST_SHOWN, 29, Err(StoreError::Refused)),
            ("shown before", 0, 29, Ok(false)),
            ("one is over", MOST_SHOWN, 30, Ok(true)),
            ("full again", MOST_SHOWN + 1, 30, Err(StoreError::Refused)),
        ] {
            assert_eq!(first(number, 60, now).await, expected, "{rule}");
        }
    }

    #[test]
    fn a_name_depends_on_each_of_its_parts() {
        let names = [
            Name::of("h", Kind::Code, "x"),
            Name::of("i", Kind::Code, "x"),
            Name::of("h", Kind::Identity, "x"),
            Name::of("h", Kind::Code, "y"),
            Name::of("hcode", Kind::Code, "x"),
        ];
        for (at, name) in names.iter().enumerate() {
            assert!(names.iter().skip(at + 1).all(|other| other != name), "{at}");
        }
    }
}
