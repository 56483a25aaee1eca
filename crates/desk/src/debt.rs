//! The logout that a crash must not lose: kept in the keychain from the moment a token exists until
//! the session is known to be closed.

use crate::ports::{Keychain, KeychainError, Secret};
use zeroize::Zeroizing;

const ENTRY: &str = "owed-logout";

/// Bytes an entry may hold on the strictest store (Windows: 2,560; a margin for its own account).
const PART: usize = 2_000;

/// A logout owed to an issuer.
#[derive(Debug)]
pub(crate) struct Debt {
    pub(crate) issuer: String,
    pub(crate) hint: Secret,
}

/// The debt on record, if any. A record that cannot be read is removed: it can never be paid.
pub(crate) fn read(keychain: &dyn Keychain) -> Result<Option<Debt>, KeychainError> {
    let Some(head) = keychain.read(ENTRY)? else { return Ok(None) };
    let Some((issuer, parts)) = parse_head(head.expose()) else {
        forget(keychain)?;
        return Ok(None);
    };
    let mut hint = Zeroizing::new(Vec::new());
    for part in 1..=parts {
        let Some(bytes) = keychain.read(&name_of(part))? else {
            forget(keychain)?;
            return Ok(None);
        };
        hint.extend_from_slice(bytes.expose());
    }
    Ok(Some(Debt { issuer, hint: Secret::new(hint.to_vec()) }))
}

/// Records a debt: the parts first, so that a head always has its parts.
pub(crate) fn record(keychain: &dyn Keychain, issuer: &str, hint: &[u8]) -> Result<(), KeychainError> {
    let mut parts = 0;
    for chunk in hint.chunks(PART) {
        parts += 1;
        keychain.write(&name_of(parts), &Secret::new(chunk.to_vec()))?;
    }
    keychain.write(ENTRY, &Secret::new(format!("{issuer}\n{parts}").into_bytes()))
}

/// Removes a debt whole: the head first, so that no head is left without its parts.
pub(crate) fn forget(keychain: &dyn Keychain) -> Result<(), KeychainError> {
    let parts = keychain.read(ENTRY)?.and_then(|head| parse_head(head.expose()).map(|(_, parts)| parts));
    keychain.remove(ENTRY)?;
    // A head that could not be written, or was removed alone, leaves parts that only looking finds.
    let mut part = 0;
    loop {
        part += 1;
        let name = name_of(part);
        if part > parts.unwrap_or(1) && keychain.read(&name)?.is_none() {
            return Ok(());
        }
        keychain.remove(&name)?;
    }
}

fn name_of(part: usize) -> String {
    format!("{ENTRY}/{part}")
}

fn parse_head(head: &[u8]) -> Option<(String, usize)> {
    let (issuer, parts) = std::str::from_utf8(head).ok()?.split_once('\n')?;
    Some((issuer.to_owned(), parts.parse().ok().filter(|parts| (1..=64).contains(parts))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryKeychain;

    #[test]
    fn a_debt_is_kept_whole_and_removed_whole() {
        let issuer = "https://relais.example.invalid";
        for (rule, length) in [("one entry", 1_200), ("split", 4_500), ("exactly two", 4_000)] {
            let keychain = MemoryKeychain::default();
            let hint: Vec<u8> = (0..length).map(|i| b'a' + u8::try_from(i % 26).expect("a letter")).collect();
            record(&keychain, issuer, &hint).expect("recorded");
            assert!(keychain.longest() <= PART, "{rule}");
            let debt = read(&keychain).expect("read").expect("a debt");
            assert_eq!((debt.issuer.as_str(), debt.hint.expose()), (issuer, hint.as_slice()), "{rule}");
            forget(&keychain).expect("forgotten");
            record(&keychain, issuer, &hint).expect("recorded");
            keychain.remove(ENTRY).expect("the head alone");
            forget(&keychain).expect("the parts too");
            assert_eq!((keychain.entries(), read(&keychain).expect("read").is_none()), (0, true), "{rule}");
        }
    }

    #[test]
    fn a_damaged_record_is_removed_not_obeyed() {
        for head in ["", "no newline", "https://a.example/\n0", "https://a.example/\n999", "https://a.example/\n2"] {
            let keychain = MemoryKeychain::default();
            keychain.write(ENTRY, &Secret::new(head.as_bytes().to_vec())).expect("written");
            assert!(read(&keychain).expect("read").is_none(), "{head:?}");
            assert_eq!(keychain.entries(), 0, "{head:?}");
        }
    }
}
