//! What is under way, in the relay's own words. Sealed before it reaches a store, and forgotten when its time is over.

use std::sync::Arc;

use comptoir_franceconnect::{Attempt, Evidence, Packed, Provider, Secret, SecureRandom};
use jiff::{SignedDuration, Timestamp};
use url::Url;
use zeroize::Zeroizing;

use crate::seal::SealingKey;
use crate::store::{Kind, Name, Store, StoreError, Waiting};

/// FranceConnect's own interaction lives as long (franceconnect.md §7.1).
const SIGN_IN: SignedDuration = SignedDuration::from_mins(30);
/// A patient's identity stays no longer (decisions: "at most a minute").
const IDENTITY: SignedDuration = SignedDuration::from_secs(60);
const LOGOUT: SignedDuration = SignedDuration::from_mins(10);

/// What a desk asked for.
#[derive(Debug, Clone)]
pub(crate) struct DeskRequest {
    pub(crate) client_id: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    pub(crate) way: Way,
}

/// Where the person signs in, and so how the desk hears of it.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// In a browser of the desk's own machine, which comes back to it.
    Browser { return_uri: Url, state: String },
    /// On a phone; the desk asks.
    Phone(Phone),
}

/// A phone at work for a desk.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    /// What the desk asks with.
    pub(crate) device_code: Secret,
    /// What both screens show.
    pub(crate) user_code: String,
    /// What only this phone has.
    pub(crate) cookie: Secret,
}

/// Somebody is signing in at FranceConnect.
pub(crate) struct Pending {
    pub(crate) attempt: Attempt,
    pub(crate) desk: DeskRequest,
}

/// Somebody signed in; a desk holds, or will fetch, the way to the identity.
pub(crate) struct Granted {
    pub(crate) desk: DeskRequest,
    pub(crate) evidence: Evidence,
}

/// How far a desk's wait for a phone is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waits {
    /// No phone has come, or somebody signs in on one.
    Open { client_id: String, nonce: String, challenge: String },
    /// Somebody signed in: the device code can be presented.
    Granted { client_id: String },
    /// It came to nothing, with this error.
    Ended { client_id: String, error: String },
}

impl Waits {
    /// The desk that waits.
    pub(crate) fn client_id(&self) -> &str {
        match self {
            Self::Open { client_id, .. } | Self::Granted { client_id } | Self::Ended { client_id, .. } => client_id,
        }
    }

    fn pack(&self) -> Zeroizing<Vec<u8>> {
        let fields = match self {
            Self::Open { client_id, nonce, challenge } => ["open", client_id, nonce, challenge],
            Self::Granted { client_id } => ["granted", client_id, "", ""],
            Self::Ended { client_id, error } => ["ended", client_id, error, ""],
        };
        let mut packed = Packed::default();
        for field in fields {
            packed.push(field);
        }
        packed.into_bytes()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let [word, client_id, one, two] = Packed::read_texts(bytes)?;
        let client_id = client_id.to_owned();
        match word {
            "open" => Some(Self::Open { client_id, nonce: one.to_owned(), challenge: two.to_owned() }),
            "granted" => Some(Self::Granted { client_id }),
            "ended" => Some(Self::Ended { client_id, error: one.to_owned() }),
            _ => None,
        }
    }
}

/// What comes of presenting a code.
pub(crate) enum Presented {
    /// Presented for the first time; the identity is over at this moment.
    Granted(Box<Granted>, Timestamp),
    Unknown,
}

/// Where the browser goes after a logout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Afterwards {
    Desk(Url),
    /// A last page on the phone, with the code that the desk shows.
    Phone {
        user_code: String,
        end: PhoneEnd,
    },
    /// No desk waits: a last page.
    Nowhere,
}

/// What a sign-in on a phone came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhoneEnd {
    /// The desk has the identity.
    Well,
    /// It has not, and will not.
    InVain,
    /// The phone may begin once more.
    Again,
}

impl PhoneEnd {
    const ALL: [Self; 3] = [Self::Well, Self::InVain, Self::Again];

    fn word(self) -> &'static str {
        match self {
            Self::Well => "phone",
            Self::InVain => "phone-in-vain",
            Self::Again => "phone-again",
        }
    }
}

/// The transactions of one house.
pub(crate) struct Book {
    /// Its issuer: two houses in one store do not meet.
    pub(crate) house: String,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) key: SealingKey,
    pub(crate) rng: Arc<dyn SecureRandom + Send + Sync>,
}

impl Book {
    pub(crate) async fn begin(&self, pending: &Pending, now: Timestamp) -> Result<(), StoreError> {
        let mut packed = Packed::default();
        packed.push(&*pack_request(&pending.desk));
        packed.push(&*pending.attempt.park());
        self.put(Kind::Pending, pending.attempt.state().expose(), &packed.into_bytes(), now + SIGN_IN).await
    }

    pub(crate) async fn take_pending(
        &self,
        state: &str,
        upstream: &Provider,
        now: Timestamp,
    ) -> Result<Option<Pending>, StoreError> {
        let Some(bytes) = self.take(Kind::Pending, state, now).await? else { return Ok(None) };
        Ok(read_pending(&bytes, upstream))
    }

    pub(crate) async fn grant(&self, code: &Secret, granted: &Granted, now: Timestamp) -> Result<(), StoreError> {
        let mut packed = Packed::default();
        packed.push(FRESH);
        packed.push(&*pack_request(&granted.desk));
        packed.push(&*granted.evidence.park());
        self.put(Kind::Code, code.expose(), &packed.into_bytes(), now + IDENTITY).await
    }

    /// Presents a code; presented again, it revokes what it gave (RFC 6749 §4.1.2).
    pub(crate) async fn present(
        &self,
        code: &str,
        access_token: &Secret,
        now: Timestamp,
    ) -> Result<Presented, StoreError> {
        let mut used = Packed::default();
        used.push(USED);
        used.push(access_token.expose());
        let sealed = self.seal(&used.into_bytes(), code)?;
        let Some(was) = self.store.swap(Kind::Code, self.name(Kind::Code, code), sealed, now).await? else {
            return Ok(Presented::Unknown);
        };
        let Some(bytes) = self.key.open_transaction(&was.sealed, code) else { return Ok(Presented::Unknown) };
        if let Some([USED, access_token]) = Packed::read_texts(&bytes) {
            self.take(Kind::Identity, access_token, now).await?;
            return Ok(Presented::Unknown);
        }
        Ok(read_granted(&bytes).map_or(Presented::Unknown, |granted| Presented::Granted(Box::new(granted), was.until)))
    }

    /// Keeps an identity until it is fetched; its minute began when FranceConnect gave it.
    pub(crate) async fn keep(
        &self,
        access_token: &Secret,
        client_id: &str,
        evidence: &Evidence,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut packed = Packed::default();
        packed.push(client_id);
        packed.push(&*evidence.park());
        self.put(Kind::Identity, access_token.expose(), &packed.into_bytes(), until).await
    }

    /// Takes an identity, and the client identifier of the desk it is for.
    pub(crate) async fn take_identity(
        &self,
        access_token: &str,
        now: Timestamp,
    ) -> Result<Option<(String, Evidence)>, StoreError> {
        let Some(bytes) = self.take(Kind::Identity, access_token, now).await? else { return Ok(None) };
        let Some([client_id, evidence]) = Packed::read(&bytes) else { return Ok(None) };
        let client_id = str::from_utf8(client_id).ok().map(str::to_owned);
        Ok(client_id.zip(Evidence::resume(evidence)))
    }

    pub(crate) async fn leave(
        &self,
        state: &Secret,
        afterwards: &Afterwards,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut packed = Packed::default();
        let [word, value] = match afterwards {
            Afterwards::Desk(url) => ["desk", url.as_str()],
            Afterwards::Phone { user_code, end } => [end.word(), user_code],
            Afterwards::Nowhere => ["", ""],
        };
        packed.push(word);
        packed.push(value);
        self.put(Kind::Leaving, state.expose(), &packed.into_bytes(), now + LOGOUT).await
    }

    pub(crate) async fn left(&self, state: &str, now: Timestamp) -> Result<Option<Afterwards>, StoreError> {
        let Some(bytes) = self.take(Kind::Leaving, state, now).await? else { return Ok(None) };
        Ok(match Packed::read_texts(&bytes) {
            Some(["desk", url]) => Url::parse(url).ok().map(Afterwards::Desk),
            Some([word, user_code]) => Some(
                PhoneEnd::ALL
                    .into_iter()
                    .find(|end| end.word() == word)
                    .map_or(Afterwards::Nowhere, |end| Afterwards::Phone { user_code: user_code.to_owned(), end }),
            ),
            None => None,
        })
    }

    /// Opens a desk's wait for a phone.
    pub(crate) async fn open(
        &self,
        device_code: &Secret,
        user_code: &str,
        waits: &Waits,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(Kind::Device, device_code.expose(), &waits.pack(), until).await?;
        self.lead(device_code, user_code, until).await
    }

    /// Makes a code lead to a desk's wait.
    pub(crate) async fn lead(&self, device_code: &Secret, user_code: &str, until: Timestamp) -> Result<(), StoreError> {
        let mut packed = Packed::default();
        packed.push(device_code.expose());
        self.put(Kind::UserCode, user_code, &packed.into_bytes(), until).await
    }

    /// Says whether a code leads to a desk that waits.
    pub(crate) async fn leads_to_a_desk(&self, user_code: &str, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.store.look(Kind::UserCode, self.name(Kind::UserCode, user_code), now).await?.is_some())
    }

    /// Takes a code: it leads one phone, once, to the desk's device code.
    pub(crate) async fn take_user_code(&self, user_code: &str, now: Timestamp) -> Result<Option<Secret>, StoreError> {
        let Some(bytes) = self.take(Kind::UserCode, user_code, now).await? else { return Ok(None) };
        Ok(Packed::read_texts(&bytes).map(|[device_code]| Secret::new(device_code.to_owned())))
    }

    /// Looks how far a desk's wait is; `None` when it is over.
    pub(crate) async fn wait_of(&self, device_code: &str, now: Timestamp) -> Result<Option<Waits>, StoreError> {
        let name = self.name(Kind::Device, device_code);
        let Some(thing) = self.store.look(Kind::Device, name, now).await? else { return Ok(None) };
        Ok(self.key.open_transaction(&thing.sealed, device_code).and_then(|bytes| Waits::read(&bytes)))
    }

    /// Goes on in a desk's wait; `false` when nobody waits any more.
    pub(crate) async fn go_on(&self, device_code: &Secret, waits: &Waits, now: Timestamp) -> Result<bool, StoreError> {
        let sealed = self.seal(&waits.pack(), device_code.expose())?;
        let name = self.name(Kind::Device, device_code.expose());
        Ok(self.store.swap(Kind::Device, name, sealed, now).await?.is_some())
    }

    /// Ends a desk's wait.
    pub(crate) async fn close(&self, device_code: &str, now: Timestamp) -> Result<(), StoreError> {
        self.take(Kind::Device, device_code, now).await.map(drop)
    }

    /// Takes back what was granted and not yet presented.
    pub(crate) async fn take_back(&self, code: &Secret, now: Timestamp) -> Result<(), StoreError> {
        self.take(Kind::Code, code.expose(), now).await.map(drop)
    }

    /// Takes an assertion, once in all instances; `false` when it was shown before.
    pub(crate) async fn shown_first(
        &self,
        client_id: &str,
        jti: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // A client identifier is a thumbprint: no line ends in it.
        let name = self.name(Kind::Assertion, &format!("{client_id}\n{jti}"));
        self.store.first(Kind::Assertion, name, until, now).await
    }

    fn name(&self, kind: Kind, secret: &str) -> Name {
        Name::of(&self.house, kind, secret)
    }

    fn seal(&self, bytes: &[u8], name: &str) -> Result<Vec<u8>, StoreError> {
        self.key.seal_transaction(bytes, name, self.rng.as_ref()).ok_or(StoreError::Refused)
    }

    async fn put(&self, kind: Kind, name: &str, thing: &[u8], until: Timestamp) -> Result<(), StoreError> {
        let sealed = self.seal(thing, name)?;
        self.store.put(kind, self.name(kind, name), Waiting { sealed, until }).await
    }

    async fn take(&self, kind: Kind, name: &str, now: Timestamp) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let taken = self.store.take(kind, self.name(kind, name), now).await?;
        Ok(taken.and_then(|thing| self.key.open_transaction(&thing.sealed, name)))
    }
}

const FRESH: &str = "fresh";
const USED: &str = "used";

fn pack_request(desk: &DeskRequest) -> Zeroizing<Vec<u8>> {
    let [word, one, two, three] = match &desk.way {
        Way::Browser { return_uri, state } => ["browser", return_uri.as_str(), state, ""],
        Way::Phone(phone) => ["phone", phone.device_code.expose(), &phone.user_code, phone.cookie.expose()],
    };
    let mut packed = Packed::default();
    for text in [desk.client_id.as_str(), &desk.nonce, &desk.challenge, word, one, two, three] {
        packed.push(text);
    }
    packed.into_bytes()
}

fn read_request(bytes: &[u8]) -> Option<DeskRequest> {
    let [client_id, nonce, challenge, word, one, two, three] = Packed::read_texts(bytes)?;
    let way = match word {
        "browser" => Way::Browser { return_uri: Url::parse(one).ok()?, state: two.to_owned() },
        "phone" => Way::Phone(Phone {
            device_code: Secret::new(one.to_owned()),
            user_code: two.to_owned(),
            cookie: Secret::new(three.to_owned()),
        }),
        _ => return None,
    };
    let text = |text: &str| text.to_owned();
    Some(DeskRequest { client_id: text(client_id), nonce: text(nonce), challenge: text(challenge), way })
}

fn read_pending(bytes: &[u8], upstream: &Provider) -> Option<Pending> {
    let [desk, attempt] = Packed::read(bytes)?;
    Some(Pending { attempt: Attempt::resume(upstream, attempt)?, desk: read_request(desk)? })
}

fn read_granted(bytes: &[u8]) -> Option<Granted> {
    let [word, desk, evidence] = Packed::read(bytes)?;
    let granted = Granted { desk: read_request(desk)?, evidence: Evidence::resume(evidence)? };
    (word == FRESH.as_bytes()).then_some(granted)
}
