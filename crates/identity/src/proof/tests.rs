//! Rows 85–88 of ins.md §12, RNIV §3.3.2 and §3.3.3, and the codes of §3.4.

use super::*;
use crate::date::BirthDate;
use crate::history::Author;
use crate::moment::{Day, Moment};
use crate::policy::{Decided, DeviceList, Policy, SpecialCases};
use Degree::{High, Recorded, Supporting};
use Holder::{Guardian, Parent, Patient};

const CARD: Device = Device::IdentityCard(CardIssuer::France);
const GERMAN: Device = Device::IdentityCard(CardIssuer::Recognised);
const AMERICAN: Device = Device::IdentityCard(CardIssuer::Other);
const SIGN_IN: Device = Device::FranceConnect(Assurance::High);
const PHOTO: Device = Device::VitaleCardWithPhoto;
const CHILD: &str = "2015-06-20";
const ADULT: &str = "1940-05-01";

/// Rule, situation, pieces with whose they are, birth date, policy, what is to come of it.
type Line<'a> = (&'a str, Case, &'a [(Device, Holder)], &'a str, &'a Policy, Result<(), Insufficient>);

fn piece(device: Device, holder: Holder) -> Piece {
    Piece { device, holder, expires: None }
}

fn decided<T>(value: T) -> Decided<T> {
    Decided::by(value, Author::parse("referent").expect("a name"), Moment(0))
}

fn applicant(birth: &str) -> Applicant {
    Applicant { birth_date: BirthDate::parse_iso(birth).ok(), today: Day::new(2026, 1, 5).expect("a day") }
}

fn unable() -> Case {
    Case::UnableToObtain(Justification::parse("apatride, sans titre depuis 2011").expect("a reason"))
}

#[test]
fn only_admissible_combinations_are_proofs() {
    use Device::{
        BirthCertificate, CourtDecision, DrivingLicence, FamilyRecordBook, FranceIdentite, MinorTravelDocument,
        Passport, ResidencePermit, TrustedThirdParty, VitaleCard,
    };
    use Insufficient::{
        CaseNotUsed, CompanionDeviceMissing, CourtDecisionMissing, NoHighConfidence, NotAMinor, NotAnAdult,
        SecondPieceMissing,
    };
    let office = Policy::undecided();
    let care_home = Policy {
        special_cases: decided(SpecialCases { minors: true, care_home: true, unable_to_obtain: false }),
        ..Policy::undecided()
    };
    #[rustfmt::skip]
    let cases: Vec<Line<'_>> = vec![
        ("§3.3.2, passport", Case::Ordinary, &[(Passport, Patient)], ADULT, &office, Ok(())),
        ("§3.3.2, French card", Case::Ordinary, &[(CARD, Patient)], ADULT, &office, Ok(())),
        ("§3.3.2, residence permit", Case::Ordinary, &[(ResidencePermit, Patient)], ADULT, &office, Ok(())),
        ("§3.3.2, France Identité", Case::Ordinary, &[(FranceIdentite, Patient)], ADULT, &office, Ok(())),
        ("§3.3.2, by contract only", Case::Ordinary, &[(TrustedThirdParty, Patient)], ADULT, &office, Err(NoHighConfidence)),
        ("row 85", Case::Ordinary, &[(DrivingLicence, Patient)], ADULT, &office, Err(NoHighConfidence)),
        ("§3.1, Vitale card alone", Case::Ordinary, &[(VitaleCard, Patient)], ADULT, &office, Err(NoHighConfidence)),
        ("row 88, German card", Case::Ordinary, &[(GERMAN, Patient)], ADULT, &office, Ok(())),
        ("row 88, American card", Case::Ordinary, &[(AMERICAN, Patient)], ADULT, &office, Err(NoHighConfidence)),
        ("somebody else's passport", Case::Ordinary, &[(Passport, Parent)], ADULT, &office, Err(NoHighConfidence)),
        ("a sign-in is admitted by its own rule", Case::Ordinary, &[(SIGN_IN, Patient)], ADULT, &office, Err(NoHighConfidence)),
        ("nothing", Case::Ordinary, &[], ADULT, &office, Err(NoHighConfidence)),
        ("row 86, family record book only", Case::MinorWithParent, &[(FamilyRecordBook, Patient)], CHILD, &office, Err(CompanionDeviceMissing)),
        ("row 86, as an ordinary case", Case::Ordinary, &[(FamilyRecordBook, Patient)], CHILD, &office, Err(NoHighConfidence)),
        ("row 86, with the parent's card", Case::MinorWithParent, &[(FamilyRecordBook, Patient), (CARD, Parent)], CHILD, &office, Ok(())),
        ("§3.3.3, birth certificate", Case::MinorWithParent, &[(BirthCertificate, Patient), (Passport, Parent)], CHILD, &office, Ok(())),
        ("§3.3.3, parent's card alone", Case::MinorWithParent, &[(CARD, Parent)], CHILD, &office, Err(SecondPieceMissing)),
        ("§3.3.3, parent's licence", Case::MinorWithParent, &[(FamilyRecordBook, Patient), (DrivingLicence, Parent)], CHILD, &office, Err(CompanionDeviceMissing)),
        ("§3.3.3, not for adults", Case::MinorWithParent, &[(FamilyRecordBook, Patient), (CARD, Parent)], ADULT, &office, Err(NotAMinor)),
        ("§3.3.3, not without a date", Case::MinorWithParent, &[(FamilyRecordBook, Patient), (CARD, Parent)], "", &office, Err(NotAMinor)),
        ("§3.3.3, guardian", Case::MinorWithGuardian, &[(BirthCertificate, Patient), (CARD, Guardian), (CourtDecision, Patient)], CHILD, &office, Ok(())),
        ("§3.3.3, guardian without a decision", Case::MinorWithGuardian, &[(BirthCertificate, Patient), (CARD, Guardian)], CHILD, &office, Err(CourtDecisionMissing)),
        ("§3.3.3, a parent is no guardian", Case::MinorWithGuardian, &[(BirthCertificate, Patient), (CARD, Parent), (CourtDecision, Patient)], CHILD, &office, Err(CompanionDeviceMissing)),
        ("§3.3.3, foreign minor", Case::ForeignMinor, &[(MinorTravelDocument, Patient)], CHILD, &office, Ok(())),
        ("§3.3.3, the same for an adult", Case::ForeignMinor, &[(MinorTravelDocument, Patient)], ADULT, &office, Err(NotAMinor)),
        ("§3.3.3, in care", Case::MinorInCare, &[(BirthCertificate, Patient), (PHOTO, Patient)], CHILD, &office, Ok(())),
        ("§3.3.3, in care, another child's card", Case::MinorInCare, &[(BirthCertificate, Patient), (PHOTO, Guardian)], CHILD, &office, Err(SecondPieceMissing)),
        ("§3.3.3, in care, no family record book", Case::MinorInCare, &[(FamilyRecordBook, Patient), (PHOTO, Patient)], CHILD, &office, Err(SecondPieceMissing)),
        ("row 87, EHPAD", Case::CareHomeAdmission, &[(BirthCertificate, Patient), (PHOTO, Patient)], ADULT, &care_home, Ok(())),
        ("row 87, EHPAD, family record book", Case::CareHomeAdmission, &[(FamilyRecordBook, Patient), (PHOTO, Patient)], ADULT, &care_home, Ok(())),
        ("row 87, EHPAD, Vitale card without photo", Case::CareHomeAdmission, &[(BirthCertificate, Patient), (VitaleCard, Patient)], ADULT, &care_home, Err(SecondPieceMissing)),
        ("row 87, city practice", Case::CareHomeAdmission, &[(BirthCertificate, Patient), (PHOTO, Patient)], ADULT, &office, Err(CaseNotUsed)),
        ("row 87, city practice, ordinary", Case::Ordinary, &[(BirthCertificate, Patient), (PHOTO, Patient)], ADULT, &office, Err(NoHighConfidence)),
        ("row 87, city practice, justified", unable(), &[(BirthCertificate, Patient), (PHOTO, Patient)], ADULT, &office, Ok(())),
        ("row 87, not used here", unable(), &[(BirthCertificate, Patient), (PHOTO, Patient)], ADULT, &care_home, Err(CaseNotUsed)),
        ("row 87, not for minors", unable(), &[(BirthCertificate, Patient), (PHOTO, Patient)], CHILD, &office, Err(NotAnAdult)),
    ];
    for (rule, case, pieces, birth, policy, expected) in cases {
        let pieces: Vec<Piece> = pieces.iter().map(|(device, holder)| piece(*device, *holder)).collect();
        assert_eq!(Proof::admit(case, &pieces, applicant(birth), policy).map(|_| ()), expected, "{rule}");
    }
    assert_eq!(Justification::parse("  "), None, "row 87: a reason is written");
}

#[test]
fn an_expired_title_proves_where_the_site_says_so() {
    let policy = |expired| Policy { expired_titles: decided(expired), ..Policy::undecided() };
    let card = |day| Piece { expires: Day::parse_iso(day).ok(), ..piece(CARD, Patient) };
    #[rustfmt::skip]
    let cases = [
        ("its last day", card("2026-01-05"), Policy::undecided(), Ok(())),
        ("the day after", card("2026-01-04"), Policy::undecided(), Err(Insufficient::Expired)),
        ("the day after, decided", card("2026-01-04"), policy(true), Ok(())),
        ("the day after, decided otherwise", card("2026-01-04"), policy(false), Err(Insufficient::Expired)),
    ];
    for (rule, shown, policy, expected) in cases {
        assert_eq!(Proof::admit(Case::Ordinary, &[shown], applicant(ADULT), &policy).map(|_| ()), expected, "{rule}");
    }
    let both = [card("2020-01-01"), piece(Device::Passport, Patient)];
    assert!(Proof::admit(Case::Ordinary, &both, applicant(ADULT), &Policy::undecided()).is_ok(), "another one counts");
}

#[test]
fn a_site_makes_devices_worth_less_and_never_more() {
    let list = DeviceList::default();
    assert_eq!(list.degree(CARD), High);
    assert_eq!(list.clone().with(CARD, Recorded).degree(CARD), Recorded, "INS 19");
    assert_eq!(list.clone().with(CARD, Recorded).with(CARD, High).degree(CARD), High, "INS 19, decided again");
    assert_eq!(list.clone().with(Device::DrivingLicence, High).degree(Device::DrivingLicence), Recorded, "row 85");
    assert_eq!(
        list.clone().with(Device::BirthCertificate, High).degree(Device::BirthCertificate),
        Supporting,
        "§3.3.3"
    );
    assert_eq!(list.degree(Device::TrustedThirdParty), Recorded, "§3.3.2: by contract");
    assert_eq!(list.with(Device::TrustedThirdParty, High).degree(Device::TrustedThirdParty), High, "§3.3.2");
}

#[test]
fn the_states_whose_card_counts() {
    #[rustfmt::skip]
    let recognised = [
        "DEU", "d", "BE", "ITA", "ES", "che", "LI", "NOR", "IS", "VAT", "MC", "SMR", "AD", "GRC", "HRV",
    ];
    for code in recognised {
        assert_eq!(CardIssuer::from_code(code), CardIssuer::Recognised, "row 88, {code}");
    }
    assert_eq!(CardIssuer::from_code("FRA"), CardIssuer::France);
    for code in ["USA", "GBR", "MAR", "DZ", "", "<<<", "EUE"] {
        assert_eq!(CardIssuer::from_code(code), CardIssuer::Other, "row 88, {code}");
    }
}

#[test]
fn every_axis_has_its_own_codes() {
    #[rustfmt::skip]
    let cases = [
        (CARD, Some("CN"), Some("CN")),
        (Device::IdentityCard(CardIssuer::Recognised), Some("CE"), Some("CN")),
        (Device::IdentityCard(CardIssuer::Other), None, None),
        (Device::Passport, Some("PA"), Some("PA")),
        (Device::ResidencePermit, Some("CS"), Some("CS")),
        (Device::FranceIdentite, Some("IE"), Some("eCN")),
        (Device::LaPosteIdentity, Some("IE"), Some("IN")),
        (Device::VitaleApp, Some("AV"), Some("AV")),
        (Device::FranceConnect(Assurance::Substantial), Some("IE"), None),
        (Device::FranceConnect(Assurance::Low), None, None),
        (Device::TrustedThirdParty, Some("TC"), None),
        (Device::MinorTravelDocument, Some("DC"), Some("CC")),
        (Device::BirthCertificate, Some("AN"), Some("AN")),
        (Device::FamilyRecordBook, Some("LE"), Some("LEP")),
        (Device::DrivingLicence, Some("PC"), None),
        (Device::MilitaryCard, Some("CM"), None),
    ];
    for (device, pam, fr_core) in cases {
        assert_eq!((device.pam_code(), device.fr_core_code()), (pam, fr_core), "§3.4, {device:?}");
    }
    let pair = |civil, photo, case| Proof::restored(case, vec![piece(civil, Patient), piece(photo, Patient)]);
    let birth = pair(Device::BirthCertificate, Device::VitaleCardWithPhoto, Case::MinorInCare);
    assert_eq!((birth.pam_code(), birth.fr_core_code()), (Some("AC"), Some("ANCV")), "§3.4");
    let book = pair(Device::FamilyRecordBook, Device::VitaleCardWithPhoto, Case::CareHomeAdmission);
    assert_eq!((book.pam_code(), book.fr_core_code()), (Some("LE"), Some("LECV")), "§3.4");
    let child =
        Proof::restored(Case::MinorWithParent, vec![piece(CARD, Parent), piece(Device::FamilyRecordBook, Patient)]);
    assert_eq!(child.pam_code(), Some("LE"), "§3.4: a parent's card is not the child's");
    #[rustfmt::skip]
    let channels = [
        (Channel::Typed, "SM"), (Channel::VitaleCard, "CV"), (Channel::Insi, "INSI"), (Channel::Datamatrix, "CB"),
        (Channel::Rfid, "RFID"), (Channel::VitaleApp, "AV"),
    ];
    for (channel, code) in channels {
        assert_eq!(channel.code(), code, "ZFD-5");
    }
}

#[test]
fn the_list_of_devices_is_whole_and_names_each_once() {
    for (index, device) in Device::ALL.iter().enumerate() {
        assert_eq!(Device::ALL.iter().position(|other| other == device), Some(index), "EXI SI 23, {device:?}");
    }
    let high = Device::ALL.iter().filter(|device| device.highest_degree() == High).count();
    assert_eq!(high, 10, "§3.1");
}
