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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeskRequest {
    pub(crate) client_id: String,
    pub(crate) return_uri: Url,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
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
    /// No desk waits: a last page.
    Nowhere,
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
        push_request(&mut packed, &pending.desk);
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
        push_request(&mut packed, &granted.desk);
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
        packed.push(match afterwards {
            Afterwards::Desk(url) => url.as_str(),
            Afterwards::Nowhere => "",
        });
        self.put(Kind::Leaving, state.expose(), &packed.into_bytes(), now + LOGOUT).await
    }

    pub(crate) async fn left(&self, state: &str, now: Timestamp) -> Result<Option<Afterwards>, StoreError> {
        let Some(bytes) = self.take(Kind::Leaving, state, now).await? else { return Ok(None) };
        Ok(match Packed::read_texts(&bytes) {
            Some([""]) => Some(Afterwards::Nowhere),
            Some([url]) => Url::parse(url).ok().map(Afterwards::Desk),
            None => None,
        })
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

fn push_request(packed: &mut Packed, desk: &DeskRequest) {
    for text in [desk.client_id.as_str(), desk.return_uri.as_str(), &desk.state, &desk.nonce, &desk.challenge] {
        packed.push(text);
    }
}

fn read_request(fields: [&[u8]; 5]) -> Option<DeskRequest> {
    let [client_id, return_uri, state, nonce, challenge] = fields.map(|field| str::from_utf8(field).ok());
    Some(DeskRequest {
        client_id: client_id?.to_owned(),
        return_uri: Url::parse(return_uri?).ok()?,
        state: state?.to_owned(),
        nonce: nonce?.to_owned(),
        challenge: challenge?.to_owned(),
    })
}

fn read_pending(bytes: &[u8], upstream: &Provider) -> Option<Pending> {
    let [client_id, return_uri, state, nonce, challenge, attempt] = Packed::read(bytes)?;
    let desk = read_request([client_id, return_uri, state, nonce, challenge])?;
    Some(Pending { attempt: Attempt::resume(upstream, attempt)?, desk })
}

fn read_granted(bytes: &[u8]) -> Option<Granted> {
    let [word, client_id, return_uri, state, nonce, challenge, evidence] = Packed::read(bytes)?;
    let desk = read_request([client_id, return_uri, state, nonce, challenge])?;
    (word == FRESH.as_bytes()).then_some(Granted { desk, evidence: Evidence::resume(evidence)? })
}
