//! The signature of a 2D-Doc: ECDSA on three curves, by certificates that the caller trusts.

use super::base32;
use crate::moment::Day;
use p256::ecdsa::signature::Verifier;
use std::fmt;
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_cert::time::Time;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// Who sealed a 2D-Doc: a certification authority and one of its certificates, four characters each (ins.md §5.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SealIssuer {
    authority: [u8; 4],
    certificate: [u8; 4],
}

impl SealIssuer {
    /// Builds the pair, `None` unless each has four capitals or digits (ins.md §5.2).
    #[must_use]
    pub fn new(authority: &str, certificate: &str) -> Option<Self> {
        let four = |text: &str| {
            let characters: [u8; 4] = text.as_bytes().try_into().ok()?;
            characters.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).then_some(characters)
        };
        Some(Self { authority: four(authority)?, certificate: four(certificate)? })
    }

    /// The certification authority, such as `FR03` (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn authority(&self) -> &str {
        std::str::from_utf8(&self.authority).unwrap_or_default()
    }

    /// The certificate, among those of the authority (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn certificate(&self) -> &str {
        std::str::from_utf8(&self.certificate).unwrap_or_default()
    }
}

impl fmt::Debug for SealIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.authority(), self.certificate())
    }
}

/// What the signature of a 2D-Doc is worth (ins.md §5.2).
///
/// Even [`Verified`](Self::Verified), it is the integrity of what was printed: a copy is sealed as well as the
/// document, and nothing says that the person who shows it is its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seal {
    /// The words are those that the issuer signed, while its certificate was valid.
    Verified {
        /// The issuer.
        by: SealIssuer,
    },
    /// The words are those that the key signed, on a day when its certificate was not valid, or still to come.
    OutsideValidity {
        /// The issuer.
        by: SealIssuer,
    },
    /// The certificate is not among those given: nothing is known.
    UnknownCertificate,
    /// The signature is not of these words: they were changed, or the scanner changed them. Worth a second scan.
    Forged,
    /// The signature is no signature: not Base32, or of no known length.
    Unreadable,
}

/// Why a certificate is not taken into the list (ANTS 2D-Doc 3.3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateError {
    /// Neither a certificate nor a public key in DER (RFC 5280).
    Form,
    /// A key on none of the curves P-256, P-384 and P-521 (ANTS 2D-Doc 3.3.9).
    Key,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "neither a certificate nor a public key in DER",
            Self::Key => "not a key on P-256, P-384 or P-521",
        })
    }
}

impl std::error::Error for CertificateError {}

/// The certificates that the caller trusts, from the State's list of trusted services (ANTS 2D-Doc 3.3.9).
///
/// The list is taken at its word: where it comes from, and whether a certificate was revoked, is for the caller. The
/// authority `FR00` signs the examples of the specification, with keys that are public: it has no place in a real list.
#[derive(Clone, Default)]
pub struct CertificateList {
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    issuer: SealIssuer,
    key: Key,
    from: Option<Day>,
    until: Option<Day>,
}

#[derive(Clone)]
enum Key {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl CertificateList {
    /// An empty list, by which every seal is of an unknown certificate (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a certificate in DER, or a public key in DER, which is then valid at any time (RFC 5280).
    ///
    /// # Errors
    /// [`CertificateError`]; the list is unchanged.
    pub fn trust(&mut self, issuer: SealIssuer, der: &[u8]) -> Result<(), CertificateError> {
        let entry = if let Ok(certificate) = Certificate::from_der(der) {
            let certificate = certificate.tbs_certificate();
            let key = certificate.subject_public_key_info().to_der().map_err(|_| CertificateError::Form)?;
            let key = SubjectPublicKeyInfoRef::from_der(&key).map_err(|_| CertificateError::Form)?;
            let validity = certificate.validity();
            Entry { issuer, key: Key::of(&key)?, from: day(validity.not_before), until: day(validity.not_after) }
        } else {
            let key = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| CertificateError::Form)?;
            Entry { issuer, key: Key::of(&key)?, from: None, until: None }
        };
        self.entries.push(entry);
        Ok(())
    }

    /// How many certificates the list holds (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the list holds none, as before it was first obtained (ANTS 2D-Doc 3.3.9).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn verify(
        &self,
        issuer: SealIssuer,
        message: &[u8],
        signature: &str,
        signed: Option<Day>,
        today: Day,
    ) -> Seal {
        let Some(signature) = base32::decoded(signature).filter(|bytes| matches!(bytes.len(), 64 | 96 | 132)) else {
            return Seal::Unreadable;
        };
        // A certificate that was renewed under its name is in the list twice.
        let mut known = self.entries.iter().filter(|entry| entry.issuer == issuer).peekable();
        if known.peek().is_none() {
            return Seal::UnknownCertificate;
        }
        let mut seal = Seal::Forged;
        for entry in known.filter(|entry| entry.key.signed(message, &signature)) {
            if entry.was_valid(signed, today) {
                return Seal::Verified { by: issuer };
            }
            seal = Seal::OutsideValidity { by: issuer };
        }
        seal
    }
}

impl fmt::Debug for CertificateList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|entry| entry.issuer)).finish()
    }
}

impl Entry {
    /// Whether the certificate was valid on the day of the signature, which documents outlive by years, or is today
    /// when the header states no such day.
    fn was_valid(&self, signed: Option<Day>, today: Day) -> bool {
        let on = signed.unwrap_or(today);
        on <= today && self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }
}

impl Key {
    fn of(info: &SubjectPublicKeyInfoRef<'_>) -> Result<Self, CertificateError> {
        let curve = info.algorithm.parameters_oid().map_err(|_| CertificateError::Key)?;
        let point = info.subject_public_key.as_bytes().ok_or(CertificateError::Key)?;
        if info.algorithm.oid != EC_PUBLIC_KEY {
            return Err(CertificateError::Key);
        }
        let key = match curve {
            P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self::P256),
            P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self::P384),
            P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Self::P521),
            _ => return Err(CertificateError::Key),
        };
        key.map_err(|_| CertificateError::Key)
    }

    /// Whether the key made this signature, `r` then `s`, each of the length of the curve; the curve names the hash.
    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P521(key) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }
}

/// The day of a bound; one too far away for [`Day`] bounds nothing.
fn day(time: Time) -> Option<Day> {
    let time = time.to_date_time();
    Day::new(time.year(), time.month(), time.day()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_counts_on_its_days_and_no_other() {
        let day = |text| Day::parse_iso(text).expect("a day");
        let mut list = CertificateList::new();
        let issuer = SealIssuer::new("FR00", "0001").expect("four characters each");
        list.trust(issuer, include_bytes!("ants-test-certificate.der")).expect("a certificate");
        let entry = list.entries.first().expect("one");
        #[rustfmt::skip]
        let cases = [
            ("the first day", Some("2012-11-01"), "2026-11-25", true),
            ("the last day", Some("2015-11-01"), "2026-11-25", true),
            ("the day before", Some("2012-10-31"), "2026-11-25", false),
            ("the day after", Some("2015-11-02"), "2026-11-25", false),
            ("signed today", Some("2015-07-27"), "2015-07-27", true),
            ("signed tomorrow", Some("2015-07-28"), "2015-07-27", false),
            ("no day of signature, valid today", None, "2015-07-27", true),
            ("no day of signature, valid no more", None, "2026-11-25", false),
        ];
        for (rule, signed, today, expected) in cases {
            assert_eq!(entry.was_valid(signed.map(day), day(today)), expected, "ins.md §5.2: {rule}");
        }
    }
}
