//! Where keys, codes and identifiers are drawn from: the system, or a seed that draws the same again.

use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use rsa::rand_core::{self, CryptoRng, RngCore};

/// The source of all that is drawn.
#[derive(Debug)]
pub(crate) enum Chance {
    System(SystemRandom),
    /// SHA-256 over the seed and a counter.
    Seeded {
        seed: u64,
        drawn: Mutex<u64>,
    },
}

impl Chance {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        match seed {
            None => Self::System(SystemRandom::new()),
            Some(seed) => Self::Seeded { seed, drawn: Mutex::new(0) },
        }
    }

    /// Draws bytes; `None` when the system has none to give.
    pub(crate) fn bytes<const N: usize>(&self) -> Option<[u8; N]> {
        let mut bytes = [0_u8; N];
        self.fill(&mut bytes)?;
        Some(bytes)
    }

    /// Draws an identifier nobody can guess without the seed; 43 characters.
    pub(crate) fn unguessable(&self) -> Option<String> {
        Some(URL_SAFE_NO_PAD.encode(self.bytes::<32>()?))
    }

    fn fill(&self, target: &mut [u8]) -> Option<()> {
        match self {
            Self::System(system) => system.fill(target).ok(),
            Self::Seeded { seed, drawn } => {
                for piece in target.chunks_mut(32) {
                    let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
                    let block = digest(&SHA256, &[seed.to_be_bytes(), drawn.to_be_bytes()].concat());
                    *drawn += 1;
                    piece.iter_mut().zip(block.as_ref()).for_each(|(to, from)| *to = *from);
                }
                Some(())
            }
        }
    }
}

/// The source as the RSA crate wants it.
pub(crate) struct Drawing<'c>(pub(crate) &'c Chance);

impl RngCore for Drawing<'_> {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, target: &mut [u8]) {
        // Without randomness nothing starts: `Keys::generate` draws by `bytes` before it draws here.
        let _ = self.0.fill(target);
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(target);
        Ok(())
    }
}

impl CryptoRng for Drawing<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_again_and_another_does_not() {
        let drawn = |seed| {
            let chance = Chance::new(seed);
            (chance.unguessable(), chance.unguessable(), chance.bytes::<5>())
        };
        assert_eq!(drawn(Some(7)), drawn(Some(7)));
        assert_ne!(drawn(Some(7)), drawn(Some(8)));
        assert_ne!(drawn(Some(7)).0, drawn(Some(7)).1, "each draw is new");
        assert_ne!(drawn(None), drawn(None));
    }
}
