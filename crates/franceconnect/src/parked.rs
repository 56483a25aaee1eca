//! What a relay parks while the browser is away: attempts and evidence as bytes, and back.
//!
//! Bytes that came back are believed no more than what a browser brings back: whatever they become is verified as
//! before. They hold secrets, so whoever keeps them seals them.

use std::fmt;

use jiff::Timestamp;
use url::Url;
use zeroize::Zeroizing;

use crate::acr::AcrValue;
use crate::attempt::Attempt;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::signed_in::Evidence;

/// Changes whenever the fields do: what another version parked is forgotten, not misread.
const VERSION: &str = "1";

/// Fields one after another, each behind its length: what a relay's store holds before it is sealed.
#[derive(Default)]
pub struct Packed(Zeroizing<Vec<u8>>);

impl Packed {
    /// Adds a field; none of ours comes near four gigabytes.
    pub fn push(&mut self, field: impl AsRef<[u8]>) {
        let field = field.as_ref();
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
    }

    /// Returns the bytes.
    #[must_use]
    pub fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    /// Reads exactly so many fields; `None` for anything else.
    #[must_use]
    pub fn read<const N: usize>(mut bytes: &[u8]) -> Option<[&[u8]; N]> {
        let mut fields: [&[u8]; N] = [&[]; N];
        for field in &mut fields {
            let (length, after) = bytes.split_first_chunk::<4>()?;
            (*field, bytes) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        }
        bytes.is_empty().then_some(fields)
    }

    /// Reads exactly so many fields, all of them texts.
    #[must_use]
    pub fn read_texts<const N: usize>(bytes: &[u8]) -> Option<[&str; N]> {
        let mut texts = [""; N];
        for (text, field) in texts.iter_mut().zip(Self::read::<N>(bytes)?) {
            *text = str::from_utf8(field).ok()?;
        }
        Some(texts)
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Attempt {
    /// Writes the attempt down for a store; the listener of a desk is not part of it.
    #[must_use]
    pub fn park(&self) -> Zeroizing<Vec<u8>> {
        let mut packed = Packed::default();
        for text in [
            VERSION,
            self.provider.issuer(),
            self.state.expose(),
            self.nonce.expose(),
            self.verifier.as_ref().map_or("", Secret::expose),
            self.return_uri.as_str(),
            &self.started.as_nanosecond().to_string(),
        ] {
            packed.push(text);
        }
        packed.into_bytes()
    }

    /// Takes an attempt up again. `None` when it was parked by another version, or for another provider.
    #[must_use]
    pub fn resume(provider: &Provider, bytes: &[u8]) -> Option<Self> {
        let [version, issuer, state, nonce, verifier, return_uri, started] = Packed::read_texts(bytes)?;
        if version != VERSION || issuer != provider.issuer() {
            return None;
        }
        let secret = |text: &str| Secret::new(text.to_owned());
        Self::again(
            provider,
            Url::parse(return_uri).ok()?,
            secret(state),
            secret(nonce),
            (!verifier.is_empty()).then(|| secret(verifier)),
            Timestamp::from_nanosecond(started.parse().ok()?).ok()?,
        )
    }
}

impl Evidence {
    /// Writes the evidence down for a store.
    #[must_use]
    pub fn park(&self) -> Zeroizing<Vec<u8>> {
        let mut packed = Packed::default();
        for text in [
            VERSION,
            self.id_token.expose(),
            self.userinfo.expose(),
            self.acr.as_str(),
            &self.auth_time.as_nanosecond().to_string(),
            self.sub.expose(),
        ] {
            packed.push(text);
        }
        packed.into_bytes()
    }

    /// Reads evidence again. `None` when it was written by another version.
    #[must_use]
    pub fn resume(bytes: &[u8]) -> Option<Self> {
        let [version, id_token, userinfo, acr, auth_time, sub] = Packed::read_texts(bytes)?;
        let secret = |text: &str| Secret::new(text.to_owned());
        Some(Self {
            id_token: secret(id_token),
            userinfo: secret(userinfo),
            acr: acr.parse::<AcrValue>().ok().filter(|_| version == VERSION)?,
            auth_time: Timestamp::from_nanosecond(auth_time.parse().ok()?).ok()?,
            sub: secret(sub),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{DirectProfile, SigningAlg};
    use ring::rand::SystemRandom;

    fn provider(port: u16) -> Provider {
        let here = |path: &str| Url::parse(&format!("http://127.0.0.1:{port}/{path}")).unwrap();
        Provider::direct(DirectProfile {
            issuer: here("api/v2"),
            client_id: "c".to_owned(),
            client_secret: Secret::new("s".to_owned()),
            return_uri: here("callback"),
            end_uri: here("end"),
            required_acr: AcrValue::Eidas1,
            signing_alg: SigningAlg::Es256,
            decryption: None,
            scopes: Vec::new(),
        })
        .unwrap()
    }

    #[test]
    fn an_attempt_comes_back_as_it_was() {
        let (rng, at) = (SystemRandom::new(), Timestamp::from_second(1_800_000_000).unwrap());
        let attempt = Attempt::begin_for_desk(&provider(9), Secret::new("nonce".to_owned()), &rng, at).unwrap();
        let parked = attempt.park();
        let resumed = Attempt::resume(&provider(9), &parked).unwrap();
        assert_eq!(*resumed.park(), *parked);
        assert_eq!(resumed.authorize_url(), attempt.authorize_url());
        assert!(Attempt::resume(&provider(8), &parked).is_none(), "another provider's");
        for cut in 0..parked.len() {
            assert!(Attempt::resume(&provider(9), &parked[..cut]).is_none(), "{cut}");
        }
        let mut longer = parked.to_vec();
        longer.push(0);
        assert!(Attempt::resume(&provider(9), &longer).is_none());
    }

    #[test]
    fn evidence_comes_back_as_it_was() {
        let evidence = Evidence {
            id_token: Secret::new("a.b.c".to_owned()),
            userinfo: Secret::new("d.e.f".to_owned()),
            acr: AcrValue::Eidas2,
            auth_time: Timestamp::from_second(1_800_000_000).unwrap(),
            sub: Secret::new("sub".to_owned()),
        };
        let parked = evidence.park();
        assert_eq!(*Evidence::resume(&parked).unwrap().park(), *parked);
        assert!(Evidence::resume(&parked[1..]).is_none() && Evidence::resume(b"").is_none());
    }
}
