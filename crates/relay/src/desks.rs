//! The desks a relay knows: enrolled with a code, known by a key, revoked by the administrator.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comptoir_franceconnect::{PublicJwk, Secret, SecureRandom};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{Context, SHA256};

/// Crockford's base32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of chance in a code; one more checks them.
const LETTERS: usize = 9;
/// A desk's name is no longer.
const LONGEST_NAME: usize = 64;

/// A code that an administrator hands to whoever sets a desk up: nine letters of chance and one that checks
/// them, shown XXXXX-XXXXX.
pub struct EnrolmentCode(Secret);

/// No random bytes could be had for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes for a code")]
pub struct NoCode;

impl EnrolmentCode {
    /// Draws a code.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn draw(rng: &dyn SecureRandom) -> Result<Self, NoCode> {
        let mut bytes = [0_u8; LETTERS];
        rng.fill(&mut bytes).map_err(|_| NoCode)?;
        let values = bytes.map(|byte| byte % 32);
        let mut text: String = values.iter().copied().map(letter).collect();
        text.push(letter(check(&values)));
        Ok(Self(Secret::new(text)))
    }

    /// Reads a code as typed: case, spaces and hyphens do not matter, O is 0, I and L are 1. `None` when a
    /// letter is missing, foreign or mistaken.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut values = Vec::with_capacity(LETTERS + 1);
        for sign in text.chars().filter(|sign| !sign.is_whitespace() && *sign != '-') {
            let sign = match sign.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = ALPHABET.iter().position(|known| char::from(*known) == sign)?;
            values.push(u8::try_from(value).ok()?);
        }
        let (last, letters) = values.split_last()?;
        (letters.len() == LETTERS && check(letters) == *last)
            .then(|| Self(Secret::new(values.iter().copied().map(letter).collect())))
    }

    /// Shows the code to the administrator, once.
    #[must_use]
    pub fn shown(&self) -> String {
        let (first, second) = self.0.expose().split_at_checked(5).unwrap_or((self.0.expose(), ""));
        format!("{first}-{second}")
    }

    /// Hashes the code: what is kept of it.
    #[must_use]
    pub fn hash(&self) -> CodeHash {
        let mut context = Context::new(&SHA256);
        context.update(b"comptoir enrolment code");
        context.update(self.0.expose().as_bytes());
        CodeHash(URL_SAFE_NO_PAD.encode(context.finish()))
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A sum weighted by place: one wrong letter is always found, and so are two neighbours exchanged,
/// unless they stand half the alphabet apart.
fn check(values: &[u8]) -> u8 {
    let sum = values.iter().zip(1_u32..).map(|(value, place)| u32::from(*value) * (2 * place + 1)).sum::<u32>();
    u8::try_from(sum % 32).unwrap_or_default()
}

fn letter(value: u8) -> char {
    ALPHABET.get(usize::from(value)).copied().map_or('0', char::from)
}

/// The hash of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeHash(pub(crate) String);

/// How long a code is good for: from a quarter of an hour to three days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLife(SignedDuration);

impl CodeLife {
    /// One day.
    pub const USUAL: Self = Self(SignedDuration::from_hours(24));

    /// Takes a number of minutes; `None` outside 15 minutes to 72 hours.
    #[must_use]
    pub fn of_minutes(minutes: i64) -> Option<Self> {
        (15..=72 * 60).contains(&minutes).then(|| Self(SignedDuration::from_mins(minutes)))
    }

    /// Returns when a code issued now ends.
    #[must_use]
    pub fn end(self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.0).unwrap_or(Timestamp::MAX)
    }
}

/// What a desk is called, as its administrator reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskName(String);

impl DeskName {
    /// Takes 1 to 64 characters, none of which steers a terminal.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let length = text.chars().count();
        ((1..=LONGEST_NAME).contains(&length) && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A desk that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledDesk {
    /// Its client identifier: the thumbprint of its key.
    pub client_id: String,
    /// What it is called.
    pub name: DeskName,
    /// The key it signs with.
    pub key: PublicJwk,
    /// When it was enrolled.
    pub enrolled: Timestamp,
    /// When it was last known by its key.
    pub last_seen: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// The book of desks cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeskBookError {
    /// It cannot be reached, read or written.
    #[error("the book of desks cannot be read or written")]
    Unavailable,
    /// It is not a book of desks.
    #[error("the book of desks is damaged")]
    Damaged,
}

/// What comes of an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolment {
    /// The desk is in the book, and the code is used up.
    Enrolled,
    /// The code is unknown, used or expired, or the key is one that was enrolled before.
    Refused,
}

/// What a call to a book resolves to.
pub type DeskAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DeskBookError>> + Send + 'a>>;

/// Where desks are written down. Each call is atomic; no secret is ever given to a book.
pub trait DeskBook: Send + Sync {
    /// Keeps the hash of a code until its end.
    fn issue(&self, code: CodeHash, until: Timestamp, now: Timestamp) -> DeskAnswer<'_, ()>;

    /// Enrols a desk with a code, which is used up; a key is enrolled once, revoked or not.
    fn enrol(&self, code: CodeHash, desk: EnrolledDesk, now: Timestamp) -> DeskAnswer<'_, Enrolment>;

    /// Finds a desk, revoked or not.
    fn find(&self, client_id: &str) -> DeskAnswer<'_, Option<EnrolledDesk>>;

    /// Revokes a desk for good; `false` when there is none of this identifier.
    fn revoke(&self, client_id: &str, now: Timestamp) -> DeskAnswer<'_, bool>;

    /// Lists all desks, the oldest first.
    fn list(&self) -> DeskAnswer<'_, Vec<EnrolledDesk>>;

    /// Notes that a desk was known by its key.
    fn seen(&self, client_id: &str, now: Timestamp) -> DeskAnswer<'_, ()>;
}

/// What a book holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeskList {
    pub(crate) codes: Vec<(CodeHash, Timestamp)>,
    pub(crate) desks: Vec<EnrolledDesk>,
}

impl DeskList {
    pub(crate) fn issue(&mut self, code: CodeHash, until: Timestamp, now: Timestamp) {
        self.codes.retain(|(_, end)| now < *end);
        self.codes.push((code, until));
    }

    pub(crate) fn enrol(&mut self, code: &CodeHash, desk: EnrolledDesk, now: Timestamp) -> Enrolment {
        let known = self.codes.iter().any(|(hash, until)| hash == code && now < *until);
        // A key that was revoked does not come back under its own name.
        if !known || self.desks.iter().any(|other| other.client_id == desk.client_id) {
            return Enrolment::Refused;
        }
        self.codes.retain(|(hash, until)| hash != code && now < *until);
        self.desks.push(desk);
        Enrolment::Enrolled
    }

    pub(crate) fn find(&self, client_id: &str) -> Option<&EnrolledDesk> {
        self.desks.iter().find(|desk| desk.client_id == client_id)
    }

    pub(crate) fn revoke(&mut self, client_id: &str, now: Timestamp) -> bool {
        let found = self.desks.iter_mut().find(|desk| desk.client_id == client_id);
        found.map(|desk| desk.revoked.get_or_insert(now)).is_some()
    }

    pub(crate) fn seen(&mut self, client_id: &str, now: Timestamp) {
        if let Some(desk) = self.desks.iter_mut().find(|desk| desk.client_id == client_id) {
            desk.last_seen = Some(now);
        }
    }
}

/// A book that ends with the process: for a demonstration, and for tests.
#[derive(Debug, Default)]
pub struct MemoryDesks(Mutex<DeskList>);

impl MemoryDesks {
    fn book(&self) -> MutexGuard<'_, DeskList> {
        // Nothing under this lock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DeskBook for MemoryDesks {
    fn issue(&self, code: CodeHash, until: Timestamp, now: Timestamp) -> DeskAnswer<'_, ()> {
        self.book().issue(code, until, now);
        Box::pin(std::future::ready(Ok(())))
    }

    fn enrol(&self, code: CodeHash, desk: EnrolledDesk, now: Timestamp) -> DeskAnswer<'_, Enrolment> {
        let enrolment = self.book().enrol(&code, desk, now);
        Box::pin(std::future::ready(Ok(enrolment)))
    }

    fn find(&self, client_id: &str) -> DeskAnswer<'_, Option<EnrolledDesk>> {
        let found = self.book().find(client_id).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn revoke(&self, client_id: &str, now: Timestamp) -> DeskAnswer<'_, bool> {
        let revoked = self.book().revoke(client_id, now);
        Box::pin(std::future::ready(Ok(revoked)))
    }

    fn list(&self) -> DeskAnswer<'_, Vec<EnrolledDesk>> {
        let desks = self.book().desks.clone();
        Box::pin(std::future::ready(Ok(desks)))
    }

    fn seen(&self, client_id: &str, now: Timestamp) -> DeskAnswer<'_, ()> {
        self.book().seen(client_id, now);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use comptoir_franceconnect::ClientKey;
    use ring::rand::SystemRandom;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn desk() -> EnrolledDesk {
        let key = ClientKey::generate(&SystemRandom::new()).unwrap();
        EnrolledDesk {
            client_id: key.thumbprint(),
            name: DeskName::parse("Accueil 1").unwrap(),
            key: key.public_jwk().clone(),
            enrolled: at(0),
            last_seen: None,
            revoked: None,
        }
    }

    #[test]
    fn a_code_is_read_as_typed_and_a_mistake_is_found() {
        let code = EnrolmentCode::draw(&SystemRandom::new()).unwrap();
        let shown = code.shown();
        assert_eq!((shown.len(), format!("{code:?}").as_str()), (11, "[secret]"));
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('0', "o")] {
            assert_eq!(EnrolmentCode::parse(&typed).unwrap().hash(), code.hash(), "{typed}");
        }
        // One wrong letter, whichever and wherever.
        for place in (0..11).filter(|place| *place != 5) {
            for other in ALPHABET.iter().map(|byte| char::from(*byte)) {
                let right = shown.chars().nth(place) == Some(other);
                let typed: String =
                    shown.chars().enumerate().map(|(at, sign)| if at == place { other } else { sign }).collect();
                assert_eq!(EnrolmentCode::parse(&typed).is_some(), right, "{typed}");
            }
        }
        for typed in
            ["", "0", shown.strip_prefix(|_: char| true).unwrap(), &format!("{shown}0"), "UUUUU-UUUUU", "éééééééééé"]
        {
            assert!(EnrolmentCode::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_code_enrols_one_desk_in_time() {
        let hash = |text: &str| CodeHash(text.to_owned());
        for (rule, code, now, expected) in [
            ("right", "one", 59, Enrolment::Enrolled),
            ("unknown", "two", 59, Enrolment::Refused),
            ("expired", "one", 60, Enrolment::Refused),
        ] {
            let mut book = DeskList::default();
            book.issue(hash("one"), at(60), at(0));
            assert_eq!(book.enrol(&hash(code), desk(), at(now)), expected, "{rule}");
            if expected == Enrolment::Enrolled {
                assert_eq!(book.enrol(&hash(code), desk(), at(now)), Enrolment::Refused, "{rule}, twice");
            }
        }
    }

    #[test]
    fn a_revoked_key_does_not_come_back() {
        let mut book = DeskList::default();
        let (code, desk) = (CodeHash("one".to_owned()), desk());
        book.issue(code.clone(), at(60), at(0));
        assert_eq!(book.enrol(&code, desk.clone(), at(1)), Enrolment::Enrolled);
        assert!(book.revoke(&desk.client_id, at(2)) && book.revoke(&desk.client_id, at(3)));
        assert_eq!(book.find(&desk.client_id).unwrap().revoked, Some(at(2)));
        assert!(!book.revoke("another", at(3)));
        book.issue(code.clone(), at(60), at(4));
        assert_eq!(book.enrol(&code, desk, at(5)), Enrolment::Refused);
    }

    #[test]
    fn lives_and_names_have_bounds() {
        for (minutes, expected) in [(14, false), (15, true), (72 * 60, true), (72 * 60 + 1, false), (-1, false)] {
            assert_eq!(CodeLife::of_minutes(minutes).is_some(), expected, "{minutes}");
        }
        let long = "é".repeat(65);
        for (name, expected) in [
            ("Accueil", true),
            (long.strip_prefix('é').unwrap(), true),
            (long.as_str(), false),
            (" ", false),
            ("a\u{1b}[31m", false),
        ] {
            assert_eq!(DeskName::parse(name).is_some(), expected, "{name:?}");
        }
    }
}
