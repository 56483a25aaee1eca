//! The examples that the specification itself signs, and documents signed here with fixed keys.

use super::*;
use p256::ecdsa::signature::Signer;
use x509_cert::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::{AlgorithmIdentifier, SubjectPublicKeyInfoRef};

// The examples of ANTS 2D-Doc 3.3.9, sealed by its test certificate FR00/0001, valid from 2012 to 2015.
const IDENTITY: &str = "DC03FR000001092D1636070160NATACHA<GS>62SPECIMEN<GS>65P 6607CD12304<GS>67FR68F6CFR<US>EYLJXYH5R3HYO5YWTMELK7P277KKOK5TTNB26S6UAPDH2KJGT37YXNDEZTGEK2LX3OSRNAXOP4UHFWHNTOU6LTOSBMX2EBCQ36UZ4FA";
const ZONE: &str = "DC03FR000001092D163608016FP FRASPECIMEN  NATACHA                      07CD123044FRA7307122F1603062              04<GS><US>TYXD5GHXKAQ52NCB4IZGXJFYIYTX7UR5SIG7DPDJOS3KOW67ESGECFXFTZFE3MO263SYM7KY2GTNOR4Z5RROT7XDCOCTW3I7OREONIY";
const FOREIGNER: &str = "DC04FR0000011CE91D231301FR6J26K92012020040123591236L010420206PAUTORISE A TRAVAILLER<GS>6Q750312052162SPECIMEN<GS>63BERTHIER SPECIMEN<GS>60NATACHA/CORINNE<GS>68F69120719736ABUENOS AIRES<GS>6CAR67AR6U145 AVENUE DES SPECIMENS<GS>6W750006XPARIS<GS>6MENFANT ENTRE PAR REGROUPEMENT FAMILIAL<GS>6N010520206O300620206YFR<US>PJIX6XX3TPFYJTMI6IEIPDU5C5D2X4VBHZEEIC24WPW4I3XETZOGETCMU2J2DKLEGSJDDKYJXBTVBKKY5MPAKEOL2A4RZNIUFTHW44A";
const ASYLUM: &str = "DC04FR000001FFFF1EBE1601FR62SPECIMEN<GS>60NATACHA/CORRINE<GS>6Q75031205216O300720216912071973G0PNG1BR67XXG20782614686ABFG<GS><US>LUOLNXH5MIZO2ZELD7O7G4JHVTVAG4NMI3YWCVQV2JBLXI5ZVP3RGSVKLRYBOJSU4BPLYQC2TQBEQICKUCBFUJUP7JMQFIGUMDXSBNA";
const CERTIFICATE: &[u8] = include_bytes!("ants-test-certificate.der");

fn day(text: &str) -> Day {
    Day::parse_iso(text).expect("a day")
}

fn today() -> Day {
    day("2026-11-25")
}

fn parse(text: &str) -> Result<TwoDDoc, TwoDDocError> {
    TwoDDoc::parse(text, today())
}

fn issuer(certificate: &str) -> SealIssuer {
    SealIssuer::new("FR00", certificate).expect("four characters each")
}

fn list(certificate: &str, der: &[u8]) -> CertificateList {
    let mut list = CertificateList::new();
    list.trust(issuer(certificate), der).expect("a good certificate");
    list
}

/// The public key of the test certificate, without its period.
fn bare_key() -> Vec<u8> {
    let certificate = x509_cert::Certificate::from_der(CERTIFICATE).expect("a certificate");
    certificate.tbs_certificate().subject_public_key_info().to_der().expect("DER")
}

/// What was read, in the order of the screen.
fn shown(document: &TwoDDoc) -> [String; 9] {
    let traits = document.traits();
    let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let iso = |day: Option<Day>| day.map_or_else(|| "-".to_owned(), Day::iso);
    [
        text(traits.birth_name.known().map(BirthName::spelled)),
        text(traits.usage_name.known().map(UsageName::spelled)),
        text(traits.given_names.known().map(GivenNames::spelled)),
        traits.birth_date.map_or_else(|| "-".to_owned(), BirthDate::iso),
        text(traits.sex.map(Sex::letter)),
        text(document.birth_place()),
        text(document.birth_country()),
        iso(document.issued()),
        iso(document.valid_until()),
    ]
}

#[test]
fn the_examples_of_the_specification_are_read() {
    use TwoDDocKind::{AsylumApplication, ForeignersDocument, IdentityDocument, Mrz};
    #[rustfmt::skip]
    let cases = [
        ("type 07, version 03", IDENTITY, IdentityDocument, "2015-07-27", ["SPECIMEN", "-", "NATACHA", "-", "F", "-", "FR", "2006-06-07", "-"]),
        ("type 08, version 03", ZONE, Mrz, "2015-07-27", ["-", "-", "-", "-", "-", "-", "-", "2006-06-07", "2016-03-06"]),
        ("type 13, version 04", FOREIGNER, ForeignersDocument, "2020-06-03", ["SPECIMEN", "BERTHIER SPECIMEN", "NATACHA CORINNE", "1973-07-12", "F", "BUENOS AIRES", "AR", "2020-04-06", "2020-06-30"]),
        ("type 16, no day of issue", ASYLUM, AsylumApplication, "2021-07-19", ["SPECIMEN", "-", "NATACHA CORRINE", "1973-07-12", "-", "-", "-", "-", "2021-07-30"]),
    ];
    for (rule, text, kind, signed, expected) in cases {
        for text in
            [text.to_owned(), text.replace("<GS>", "\u{1d}").replace("<US>", "\u{1f}"), format!("]d1{text}\r\n")]
        {
            let document = parse(&text).expect(rule);
            assert_eq!((document.kind(), document.signed()), (kind, Some(day(signed))), "ANTS 2D-Doc 3.3.9, {rule}");
            assert_eq!(shown(&document), expected.map(str::to_owned), "ANTS 2D-Doc 3.3.9, {rule}");
            assert_eq!(document.traits().ins, InsRecord::EMPTY, "ins.md §5.2: it names no INS");
        }
    }
    let document = parse(ZONE).expect("type 08");
    let zone = document.mrz().expect("ins.md §5.2: a zone inside");
    assert_eq!((zone.name().words(), zone.given_names().words()), ("SPECIMEN", "NATACHA"));
    let known = parse(FOREIGNER).expect("type 13");
    let known = known.traits().given_names.known().expect("given names");
    assert!(known.boundaries_known(), "a slash between two given names says where one ends");
}

#[test]
fn the_seals_of_the_specification_are_verified() {
    let by = issuer("0001");
    let certified = list("0001", CERTIFICATE);
    let trusted = list("0001", &bare_key());
    #[rustfmt::skip]
    let cases = [
        ("type 07, signed in 2015", IDENTITY, Seal::Verified { by }),
        ("type 08, signed in 2015", ZONE, Seal::Verified { by }),
        ("type 13, signed in 2020 with a certificate of 2015", FOREIGNER, Seal::OutsideValidity { by }),
        ("type 16, signed in 2021 with a certificate of 2015", ASYLUM, Seal::OutsideValidity { by }),
    ];
    for (rule, text, expected) in cases {
        let document = parse(text).expect(rule);
        assert_eq!(document.seal(&certified, today()), expected, "{rule}");
        assert_eq!(document.seal(&trusted, today()), Seal::Verified { by }, "{rule}: a bare key has no period");
        assert_eq!(document.seal(&CertificateList::new(), today()), Seal::UnknownCertificate, "{rule}");
        assert_eq!(
            document.seal(&list("0002", CERTIFICATE), today()),
            Seal::UnknownCertificate,
            "{rule}: another name"
        );
        let yesterday = day("2015-07-26");
        assert_eq!(document.seal(&trusted, yesterday), Seal::OutsideValidity { by }, "{rule}: signed in the future");
    }
    let mut renewed = list("0001", &Curve::P256.key());
    renewed.trust(by, CERTIFICATE).expect("a certificate");
    assert_eq!(parse(IDENTITY).expect("good").seal(&renewed, today()), Seal::Verified { by }, "two under one name");
    assert_eq!((renewed.len(), renewed.is_empty()), (2, false));
}

#[test]
fn one_changed_character_is_a_forgery() {
    let trusted = list("0001", CERTIFICATE);
    let text = IDENTITY.replace("<GS>", "\u{1d}").replace("<US>", "\u{1f}");
    for (place, was) in text.char_indices() {
        let other = if was == 'A' { 'B' } else { 'A' };
        let mut changed = text.clone();
        changed.replace_range(place..=place, &other.to_string());
        let seal = parse(&changed).map(|document| document.seal(&trusted, today()));
        assert!(
            !matches!(seal, Ok(Seal::Verified { .. } | Seal::OutsideValidity { .. })),
            "character {place}: {seal:?}"
        );
    }
    for (rule, from, to, expected) in [
        ("a name", "SPECIMEN", "SPECIMEM", Seal::Forged),
        ("a sex", "68F", "68M", Seal::Forged),
        ("a day of signature", "1636", "1637", Seal::Forged),
        ("another certificate", "FR000001", "FR000002", Seal::UnknownCertificate),
        ("not Base32", "EYLJXYH5", "EYLJXYH1", Seal::Unreadable),
        ("cut", "EYLJXYH5", "", Seal::Unreadable),
        ("of the length of another curve", "EYLJXYH5", &format!("{}EYLJXYH5", "A".repeat(51)), Seal::Forged),
        ("bits that no byte holds", "UZ4FA", "UZ4FB", Seal::Unreadable),
    ] {
        assert_eq!(parse(&IDENTITY.replace(from, to)).expect(rule).seal(&trusted, today()), expected, "{rule}");
    }
}

/// The keys of the tests: fixed, so that every run signs the same.
#[derive(Debug, Clone, Copy)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn sign(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256 => {
                let signature: p256::ecdsa::Signature =
                    p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a scalar").sign(message);
                signature.to_bytes().to_vec()
            }
            Self::P384 => {
                let signature: p384::ecdsa::Signature =
                    p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a scalar").sign(message);
                signature.to_bytes().to_vec()
            }
            Self::P521 => {
                let signature: p521::ecdsa::Signature = Self::scalar_521().sign(message);
                signature.to_bytes().to_vec()
            }
        }
    }

    fn scalar_521() -> p521::ecdsa::SigningKey {
        let mut scalar = [7; 66];
        scalar[0] = 0;
        p521::ecdsa::SigningKey::from_slice(&scalar).expect("a scalar")
    }

    /// The public key in DER.
    fn key(self) -> Vec<u8> {
        let (curve, point) = match self {
            Self::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a scalar");
                ("1.2.840.10045.3.1.7", key.verifying_key().to_sec1_point(false).as_bytes().to_vec())
            }
            Self::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a scalar");
                ("1.3.132.0.34", key.verifying_key().to_sec1_point(false).as_bytes().to_vec())
            }
            Self::P521 => ("1.3.132.0.35", Self::scalar_521().verifying_key().to_sec1_point(false).as_bytes().to_vec()),
        };
        public_key("1.2.840.10045.2.1", curve, &point)
    }
}

fn public_key(algorithm: &str, curve: &str, point: &[u8]) -> Vec<u8> {
    let curve = ObjectIdentifier::new(curve).expect("an identifier");
    let algorithm = AlgorithmIdentifier {
        oid: ObjectIdentifier::new(algorithm).expect("an identifier"),
        parameters: Some(AnyRef::from(&curve)),
    };
    let subject_public_key = BitStringRef::from_bytes(point).expect("bits");
    SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().expect("DER")
}

fn base32(bytes: &[u8]) -> String {
    let bit = |byte: u8, place: u8| if byte >> place & 1 == 1 { b'1' } else { b'0' };
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| bit(*byte, place))).collect();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let value = |five: &[u8]| five.iter().fold(0, |sum, bit| sum * 2 + usize::from(bit - b'0')) << (5 - five.len());
    bits.chunks(5).map(|five| char::from(alphabet[value(five)])).collect()
}

/// A document signed here: header fields after the marker and version, then payload.
fn signed(curve: Curve, message: &str) -> String {
    let message = message.replace("<GS>", "\u{1d}").replace("<RS>", "\u{1e}");
    format!("{message}\u{1f}{}", base32(&curve.sign(message.as_bytes())))
}

const PAYLOAD: &str = "62DUPONT<GS>60ANNE-LAURE/MARIE<GS>68F6927071981";

#[test]
fn each_curve_seals_and_each_flipped_bit_breaks() {
    for (curve, certificate) in [(Curve::P256, "P256"), (Curve::P384, "P384"), (Curve::P521, "P521")] {
        let by = issuer(certificate);
        let trusted = list(certificate, &curve.key());
        let text = signed(curve, &format!("DC04FR00{certificate}FFFF26000701FR{PAYLOAD}"));
        let document = parse(&text).expect("good");
        assert_eq!(document.seal(&trusted, today()), Seal::Verified { by }, "{curve:?}");
        let (message, signature) = text.split_once('\u{1f}').expect("two parts");
        let signature = base32::decoded(signature).expect("Base32");
        // Both halves, first and last bytes included.
        for place in (0..signature.len()).step_by(11).chain([signature.len() / 2, signature.len() - 1]) {
            let mut flipped = signature.clone();
            flipped[place] ^= 1;
            let document = parse(&format!("{message}\u{1f}{}", base32(&flipped))).expect("good");
            assert_eq!(document.seal(&trusted, today()), Seal::Forged, "{curve:?}, byte {place}");
        }
        for wrong in [vec![0; signature.len()], vec![0xff; signature.len()]] {
            let document = parse(&format!("{message}\u{1f}{}", base32(&wrong))).expect("good");
            assert_eq!(document.seal(&trusted, today()), Seal::Forged, "{curve:?}, no number of the curve");
        }
    }
    // A signature of one curve, presented under the name of a certificate on another.
    let text = signed(Curve::P384, &format!("DC04FR00P256FFFF26000701FR{PAYLOAD}"));
    assert_eq!(parse(&text).expect("good").seal(&list("P256", &Curve::P256.key()), today()), Seal::Forged);
}

#[test]
fn only_keys_of_the_three_curves_are_taken() {
    let point = Curve::P256.key().split_off(26);
    #[rustfmt::skip]
    let cases = [
        ("nothing", Vec::new(), CertificateError::Form),
        ("no DER", b"certificate".to_vec(), CertificateError::Form),
        ("a certificate cut short", CERTIFICATE[..CERTIFICATE.len() - 1].to_vec(), CertificateError::Form),
        ("an RSA key", public_key("1.2.840.113549.1.1.1", "1.2.840.10045.3.1.7", &point), CertificateError::Key),
        ("another curve", public_key("1.2.840.10045.2.1", "1.3.132.0.10", &point), CertificateError::Key),
        ("a point of another curve", public_key("1.2.840.10045.2.1", "1.3.132.0.34", &point), CertificateError::Key),
        ("no point", public_key("1.2.840.10045.2.1", "1.2.840.10045.3.1.7", &[4; 65]), CertificateError::Key),
    ];
    for (rule, der, expected) in cases {
        let mut list = CertificateList::new();
        assert_eq!(list.trust(issuer("0001"), &der), Err(expected), "ANTS 2D-Doc 3.3.9: {rule}");
        assert!(list.is_empty(), "{rule}");
    }
    assert_eq!(SealIssuer::new("FR0", "0001"), None);
    assert_eq!(SealIssuer::new("fr00", "0001"), None);
}

#[test]
fn versions_fields_and_dates_are_read_or_refused() {
    use TwoDDocError as E;
    let v2 = |payload: &str| format!("DC02FR0000010000163607{payload}\u{1f}AAAA");
    let v4 = |payload: &str| v2(payload).replacen("DC02", "DC04", 1).replacen("163607", "16360701FR", 1);
    #[rustfmt::skip]
    let cases = [
        ("version 02, 22 characters", v2(PAYLOAD), Ok(["DUPONT", "-", "ANNE-LAURE MARIE", "1981-07-27", "F"])),
        ("version 04, 26 characters", v4(PAYLOAD), Ok(["DUPONT", "-", "ANNE-LAURE MARIE", "1981-07-27", "F"])),
        ("a name at its 38 letters, no separator", v4(&format!("62{}68M", "A".repeat(38))), Ok(["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "-", "-", "-", "M"])),
        ("a name that was cut is compared with nothing", v4("62DUPON<RS>68M"), Ok(["-", "-", "-", "-", "M"])),
        ("a given name alone", v4("61ANNE<GS>68F"), Ok(["-", "-", "-", "-", "F"])),
        ("a husband's name", v4("64DURAND<GS>68F"), Ok(["-", "DURAND", "-", "-", "F"])),
        ("an empty field", v4("62<GS>60<GS>68F"), Ok(["-", "-", "-", "-", "F"])),
        ("§1.6, a year alone", v4("6900001981"), Ok(["-", "-", "-", "1981-00-00", "-"])),
        ("a field unknown to us", v4("ZZ123<GS>62DUPONT"), Ok(["DUPONT", "-", "-", "-", "-"])),
        ("a sex of neither letter", v4("68X"), Ok(["-", "-", "-", "-", "-"])),
        ("row 35, no such day", v4("6932011980"), Err(E::Date)),
        ("letters in a date", v4("69AB011980"), Err(E::Date)),
        ("slashes in a date", v4("6901/01/80"), Err(E::Date)),
        ("no such day of validity", v4("6O31022020"), Err(E::Date)),
        ("a fixed field cut", v4("69270719"), Err(E::Fields)),
        ("a separator inside a fixed field", v4("692707<GS>81"), Err(E::Fields)),
        ("no field", v4("é"), Err(E::Fields)),
        ("a name twice", v4("62DUPONT<GS>62DURAND"), Err(E::Repeated)),
        ("a zone that is none", v4("6FXXXX"), Err(E::Mrz(MrzError::Length))),
        ("type 08 without its zone", v2("62DUPONT").replacen("163607", "163608", 1), Err(E::Mrz(MrzError::Length))),
        ("an invoice", v2("62DUPONT").replacen("163607", "163601", 1), Err(E::NotIdentity)),
        ("another perimeter", v4("62DUPONT").replacen("0701FR", "0702FR", 1), Err(E::NotIdentity)),
        ("no signature", v4("62DUPONT").replace('\u{1f}', ""), Err(E::SeparatorsLost)),
        ("row 68, separators dropped, the last one apart", v4(&PAYLOAD.replace("<GS>", "")), Err(E::SeparatorsLost)),
        ("version 01", v2("62DUPONT").replacen("DC02", "DC01", 1), Err(E::Version)),
        ("hexadecimal days", v2("62DUPONT").replacen("00001636", "00GZ1636", 1), Err(E::Header)),
        ("cut in the header", "DC04FR0000010000".to_owned(), Err(E::Header)),
        ("row 71, a French keyboard", "DCà'FRàààà&".to_owned(), Err(E::Keyboard(KeyboardFault::AzertyComputer))),
        ("row 71, capitals locked", v4(PAYLOAD).to_lowercase(), Err(E::Keyboard(KeyboardFault::CapitalsReversed))),
        ("another code", "IS01".to_owned(), Err(E::NotTwoDDoc)),
        ("nothing", String::new(), Err(E::NotTwoDDoc)),
    ];
    for (rule, text, expected) in cases {
        let got = parse(&text).map(|document| shown(&document));
        let got = got.as_ref().map(|shown| [0, 1, 2, 3, 4].map(|field| shown[field].as_str())).map_err(|e| *e);
        assert_eq!(got, expected, "{rule}");
    }
    let first = parse(&v4("61ANNE<GS>68F")).expect("good");
    assert_eq!(first.traits().first_given_name.known().map(GivenName::spelled), Some("ANNE"), "field 61");
    let cut = parse(&v4("62DUPON<RS>68M")).expect("good");
    assert!(matches!(cut.traits().birth_name, Stated::Unreadable(_)), "a name that was cut is still shown");
}

#[test]
fn every_length_of_the_specification_leads_to_the_next_field() {
    let fixed = [("68", 1), ("6J", 1), ("65", 2), ("67", 2), ("6C", 2), ("6I", 2), ("6Y", 2), ("G0", 2), ("G1", 2)];
    let longer = [("6B", 3), ("08", 4), ("6W", 5), ("06", 6), ("6L", 8), ("G3", 8), ("0A", 9), ("6R", 12), ("6K", 19)];
    let greatest = [("6H", 10), ("6Q", 10), ("6Z", 11), ("61", 20), ("66", 20), ("6A", 32), ("6X", 32), ("63", 38)];
    let addresses = [("6S", 38), ("6T", 38), ("6U", 38), ("6V", 38), ("6M", 40), ("6P", 40), ("60", 60), ("6D", 60)];
    for (id, length) in fixed.into_iter().chain(longer).chain(greatest).chain(addresses) {
        let text = format!("DC04FR000001FFFFFFFF0701FR{id}{}62DUPONT\u{1f}AAAA", "A".repeat(length));
        let document = parse(&text).expect(id);
        assert_eq!(document.traits().birth_name.known().map(BirthName::spelled), Some("DUPONT"), "field {id}");
    }
}

#[test]
fn header_days_are_counted_from_2000() {
    for (digits, expected) in [
        ("0000", "2000-01-01"),
        ("003B", "2000-02-29"),
        ("003C", "2000-03-01"),
        ("092D", "2006-06-07"),
        ("1636", "2015-07-27"),
        ("1CE9", "2020-04-06"),
        ("8EE7", "2100-02-28"),
        ("8EE8", "2100-03-01"),
        ("FFFE", "2179-06-05"),
    ] {
        assert_eq!(super::day(digits).map(|day| day.map(Day::iso)), Ok(Some(expected.to_owned())), "{digits}");
    }
    assert_eq!(super::day("FFFF"), Ok(None), "ins.md §5.2: none");
}

#[test]
fn no_byte_out_of_place_makes_it_panic() {
    for text in [ZONE, FOREIGNER] {
        let text = text.replace("<GS>", "\u{1d}").replace("<US>", "\u{1f}");
        assert!(parse(&text).is_ok(), "the vector itself");
        for place in 0..text.len() {
            for byte in (0..=255_u8).step_by(11).chain(*b"\x1d\x1e\x1f <09AZ") {
                let mut bytes = text.clone().into_bytes();
                bytes[place] = byte;
                let read = String::from_utf8_lossy(&bytes).into_owned();
                if let Ok(document) = parse(&read) {
                    let verified = [document.sealed.as_str(), &document.signature].join("\u{1f}");
                    assert_eq!(verified, restored(&read), "what is verified is what was read");
                }
            }
            let _ = parse(text.get(..place).expect("ASCII"));
        }
    }
}

#[test]
fn neither_an_error_nor_a_debug_line_shows_what_was_read() {
    let document = parse(FOREIGNER).expect("good");
    let refused = parse(&FOREIGNER.replace("12071973", "32071973")).expect_err("refused");
    let lines = format!("{document:?} {:?} {refused:?} {refused}", list("0001", CERTIFICATE));
    for part in ["SPECIMEN", "NATACHA", "1973", "BUENOS", "9201202004"] {
        assert!(!lines.contains(part), "{lines}");
    }
    assert!(lines.contains("FR00/0001"), "an issuer is not personal");
}
