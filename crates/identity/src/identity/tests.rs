//! The transition table of ins.md §2.3 and rows 31, 62, 65, 72–92 and 107 of §12.

use super::*;
use crate::fixtures::{self, ADRUN};
use crate::history::Cause;
use crate::ins::{DatedIns, Environment, InsOid, InsRecord, Matricule};
use crate::insi::{InsIdentity, InsiClaims, InsiNumber, InsiQuery, NotCallable};
use crate::lock::Entitlement;
use crate::moment::Day;
use crate::name::{GivenName, UsageName};
use crate::place::PlaceCode;
use crate::policy::{Decided, DeviceList};
use crate::proof::{Applicant, Assurance, CardIssuer, Case, Channel, Confirmation, Degree, Device, Holder, Piece};
use crate::standing::Attribute;
use crate::traits::Stated;
use crate::{compare_records, given_names::GivenNames};
use Status::{Provisional, Qualified, Retrieved, Validated};

fn author() -> Author {
    Author::parse("accueil.martin").expect("a name")
}

fn traits() -> Traits {
    fixtures::traits("Adrun", "Zoé", "F", "1975-12-31", "63220")
}

/// An act of the author, at a given moment.
fn at<'a>(at: i64, author: &'a Author, policy: &'a Policy) -> Act<'a> {
    Act { author, at: Moment(at), policy }
}

/// Applies an act under the policy of a site that decided nothing.
fn now<T>(apply: impl FnOnce(Act<'_>) -> T) -> T {
    apply(at(1, &author(), &Policy::undecided()))
}

fn insi(claims: &InsiClaims<'_>) -> InsIdentity {
    InsIdentity::read(claims, Environment::Production).expect("usable")
}

fn passport() -> Proof {
    let piece = Piece { device: Device::Passport, holder: Holder::Patient, expires: None };
    let of = Applicant { birth_date: traits().birth_date, today: Day::new(2026, 1, 5).expect("a day") };
    Proof::admit(Case::Ordinary, &[piece], of, &Policy::undecided()).expect("high confidence")
}

fn provisional() -> Identity {
    now(|act| Identity::created(traits(), act)).expect("creatable").into_parts().0
}

fn identity(status: Status) -> Identity {
    let checked =
        |one: &Identity| now(|act| one.check(passport(), Confirmation::ByPerson, act)).expect("checked").into_parts().0;
    let retrieved = || now(|act| provisional().accept(&insi(&ADRUN), act)).expect("accepted").into_parts().0;
    match status {
        Provisional => provisional(),
        Retrieved => retrieved(),
        Validated => checked(&provisional()),
        Qualified => checked(&retrieved()),
    }
}

fn changing(status: Status, change: impl FnOnce(&mut Traits)) -> (Identity, Traits) {
    let identity = identity(status);
    let mut traits = identity.traits().clone();
    change(&mut traits);
    (identity, traits)
}

type Apply = fn(&Identity, Act<'_>) -> Result<Transition, Refused>;

const ACCEPT: Apply = |one, act| one.accept(&insi(&ADRUN), act);
const CHECK: Apply = |one, act| one.check(passport(), Confirmation::ByPerson, act);
const AUTOMATIC: Apply = |one, act| one.check(passport(), Confirmation::Automatic, act);
const APP: Apply = |one, act| one.read_vitale_app(&insi(&ADRUN), Holder::Patient, act);
const LOWER: Apply = |one, act| one.lower(LowerTo::Provisional, act);
const LOWER_TO_VALIDATED: Apply = |one, act| one.lower(LowerTo::Validated, act);
const DOUBTFUL: Apply = |one, act| one.mark(Attribute::Doubtful, act);
const FICTITIOUS: Apply = |one, act| one.mark(Attribute::Fictitious, act);
const HOMONYM: Apply = |one, act| one.mark(Attribute::Homonym, act);
const LICENCE: Apply = |one, act| one.note(Device::DrivingLicence, act);
const LOW_SIGN_IN: Apply = |one, act| one.note(Device::FranceConnect(Assurance::Low), act);
const SCAN: Apply = |one, act| one.scanned(insi(&ADRUN).active().to_owned(), Environment::Production, act);

fn edit(
    one: &Identity,
    entitlement: Entitlement,
    act: Act<'_>,
    change: impl FnOnce(&mut Traits),
) -> Result<Transition, Refused> {
    let mut traits = one.traits().clone();
    change(&mut traits);
    one.revise(traits, entitlement, act)
}
const PLACE: Apply =
    |one, act| edit(one, Entitlement::LockedTraits, act, |t| t.birth_place = PlaceCode::parse("63113").ok());
const DATE: Apply =
    |one, act| edit(one, Entitlement::LockedTraits, act, |t| t.birth_date = BirthDate::parse_iso("1975-12-30").ok());
const PLACE_BY_ANYBODY: Apply =
    |one, act| edit(one, Entitlement::Ordinary, act, |t| t.birth_place = PlaceCode::parse("63113").ok());
const USAGE_NAME: Apply = |one, act| {
    edit(one, Entitlement::Ordinary, act, |t| t.usage_name = Stated::parse(Some("Poulain"), UsageName::parse))
};

#[test]
fn every_line_of_the_transition_table() {
    use InsEffect::{Invalidated, PutAside, PutInForce, Unchanged};
    #[rustfmt::skip]
    let cases: &[(&str, Status, Apply, Status, InsEffect, &str)] = &[
        ("INS 23", Provisional, ACCEPT, Retrieved, PutInForce, "DMN INS 23, INS 25"),
        ("INS 24", Provisional, CHECK, Validated, Unchanged, "DMN INS 24, INS 25"),
        ("INS 25, RECUP", Retrieved, CHECK, Qualified, Unchanged, "DMN INS 24, INS 25"),
        ("INS 25, row 78", Validated, ACCEPT, Qualified, PutInForce, "DMN INS 23, INS 25"),
        ("§4.3.4, PROV", Provisional, APP, Qualified, PutInForce, "RNIV §4.3.4"),
        ("§4.3.4, VALI", Validated, APP, Qualified, PutInForce, "RNIV §4.3.4"),
        ("§4.3.4, RECUP", Retrieved, APP, Qualified, Unchanged, "RNIV §4.3.4"),
        ("INS 32, row 80", Retrieved, DATE, Provisional, Invalidated, "DMN INS 32"),
        ("INS 32, row 79", Qualified, PLACE, Validated, Invalidated, "DMN INS 32"),
        ("§2.3, VALI", Validated, PLACE, Provisional, Unchanged, "DMN INS 32"),
        ("§2.3, PROV", Provisional, PLACE_BY_ANYBODY, Provisional, Unchanged, "DMN INS 32"),
        ("INS 33", Retrieved, LOWER, Provisional, Invalidated, "DMN INS 33"),
        ("INS 33", Qualified, LOWER, Provisional, Invalidated, "DMN INS 33"),
        ("INS 33", Qualified, LOWER_TO_VALIDATED, Validated, Invalidated, "DMN INS 33"),
        ("INS 33, VALI", Validated, LOWER, Provisional, Unchanged, "DMN INS 33"),
        ("INS 27, row 82", Qualified, DOUBTFUL, Provisional, Invalidated, "DMN INS 27"),
        ("INS 27", Retrieved, FICTITIOUS, Provisional, Invalidated, "DMN INS 27"),
        ("INS 27", Validated, DOUBTFUL, Provisional, Unchanged, "DMN INS 27"),
        ("INS 31, row 81", Qualified, USAGE_NAME, Qualified, Unchanged, "DMN INS 31"),
        ("§2.2, homonym", Qualified, HOMONYM, Qualified, Unchanged, "DMN INS 27"),
        ("row 72", Provisional, SCAN, Provisional, PutAside, "EXI REC 02"),
        ("row 72, VALI", Validated, SCAN, Validated, PutAside, "EXI REC 02"),
        ("row 74", Provisional, LOW_SIGN_IN, Provisional, Unchanged, "DMN INS 18"),
        ("row 74, RECUP", Retrieved, LOW_SIGN_IN, Retrieved, Unchanged, "DMN INS 18"),
        ("row 85", Provisional, LICENCE, Provisional, Unchanged, "DMN INS 18"),
        ("row 85, RECUP", Retrieved, LICENCE, Retrieved, Unchanged, "DMN INS 18"),
    ];
    for (rule, from, apply, to, ins, cause) in cases {
        let before = identity(*from);
        let transition = now(|act| apply(&before, act)).expect(rule);
        assert_eq!(transition.identity().status(), *to, "{rule}");
        assert_eq!(transition.effects().ins, *ins, "{rule}");
        let change = transition.change();
        assert_eq!(change.cause.rule(), *cause, "{rule}");
        assert_eq!(change.previous.map(Standing::status), Some(*from), "INS 26, {rule}");
        assert_eq!(change.standing, transition.identity().standing(), "INS 26, {rule}");
        let leaves = transition.identity().transmissible().is_some();
        assert_eq!(leaves, *to == Qualified, "INS 34, EXI SI 08, {rule}");
        let known = before.traits().ins.held().is_none_or(|held| transition.identity().traits().ins.knows(&held.ins));
        assert!(known, "INS 32: hidden, not forgotten, {rule}");
    }
}

#[test]
fn the_channel_is_neither_the_status_nor_the_proof() {
    #[rustfmt::skip]
    let cases: [(&str, Apply, Option<Channel>, bool); 5] = [
        ("row 72", SCAN, Some(Channel::Datamatrix), false),
        ("row 92", APP, Some(Channel::VitaleApp), true),
        ("INS 23", ACCEPT, Some(Channel::Insi), false),
        ("INS 24", CHECK, None, true),
        ("row 85", LICENCE, None, false),
    ];
    for (rule, apply, channel, proven) in cases {
        let done = now(|act| apply(&provisional(), act)).expect(rule);
        assert_eq!((done.change().cause.channel(), done.identity().proof().is_some()), (channel, proven), "{rule}");
    }
}

#[test]
fn what_the_table_does_not_name_is_refused() {
    let doubtful = || now(|act| DOUBTFUL(&provisional(), act)).expect("marked").into_parts().0;
    let fictitious = || now(|act| FICTITIOUS(&provisional(), act)).expect("marked").into_parts().0;
    let homonym = || now(|act| HOMONYM(&provisional(), act)).expect("marked").into_parts().0;
    #[rustfmt::skip]
    let cases: Vec<(&str, Identity, Apply, Refused)> = vec![
        ("row 82, no INSi answer either", doubtful(), ACCEPT, Refused::DoubtfulOrFictitious),
        ("row 84", fictitious(), ACCEPT, Refused::DoubtfulOrFictitious),
        ("EXI SI 09", doubtful(), CHECK, Refused::DoubtfulOrFictitious),
        ("EXI SI 09", fictitious(), CHECK, Refused::DoubtfulOrFictitious),
        ("EXI SI 09", fictitious(), APP, Refused::DoubtfulOrFictitious),
        ("row 83", fictitious(), HOMONYM, Refused::AttributesExclude),
        ("row 83", homonym(), FICTITIOUS, Refused::AttributesExclude),
        ("row 83", fictitious(), DOUBTFUL, Refused::AttributesExclude),
        ("row 83", doubtful(), FICTITIOUS, Refused::AttributesExclude),
        ("row 90", provisional(), AUTOMATIC, Refused::AutomaticValidationOff),
        ("row 91", identity(Qualified), PLACE_BY_ANYBODY, Refused::NotEntitled),
        ("row 91", identity(Retrieved), PLACE_BY_ANYBODY, Refused::NotEntitled),
        ("INS 33, never checked", identity(Retrieved), LOWER_TO_VALIDATED, Refused::NotLower),
        ("INS 33", identity(Validated), LOWER_TO_VALIDATED, Refused::NotLower),
        ("INS 33", provisional(), LOWER, Refused::NotLower),
        ("not set", provisional(), |one, act| one.unmark(Attribute::Doubtful, act), Refused::AttributeNotSet),
    ];
    for (rule, before, apply, why) in cases {
        let same = before.clone();
        assert_eq!(now(|act| apply(&before, act)).expect_err(rule), why, "{rule}");
        assert_eq!(before, same, "row 107, {rule}");
    }
}

#[test]
fn doubtful_and_homonym_go_together_and_what_doubt_took_is_earned_again() {
    let homonym = now(|act| HOMONYM(&identity(Qualified), act)).expect("allowed").into_parts().0;
    assert_eq!(homonym.status(), Qualified);
    let both = now(|act| DOUBTFUL(&homonym, act)).expect("row 83").into_parts().0;
    assert_eq!((both.status(), both.standing().attributes()), (Provisional, Attributes::DoubtfulHomonym), "row 83");
    assert_eq!(InsiQuery::of(&both).err(), Some(NotCallable::DoubtfulOrFictitious), "INS 28");
    let lifted = now(|act| both.unmark(Attribute::Doubtful, act)).expect("set");
    assert_eq!(lifted.identity().status(), Provisional, "§2.3: to be earned again");
    assert_eq!(lifted.identity().standing().attributes(), Attributes::Homonym);
    assert!(!lifted.effects().insi_blocked && InsiQuery::of(lifted.identity()).is_ok(), "INSi is open again");
    assert!(lifted.identity().to_verify() && lifted.identity().proof().is_none());
}

#[test]
fn doubt_blocks_insi_and_tells_the_partners() {
    for (rule, apply) in [("row 82, INS 28.1", DOUBTFUL), ("row 84, INS 28.2", FICTITIOUS)] {
        let effects = now(|act| apply(&identity(Qualified), act)).expect(rule).effects();
        assert!(effects.insi_blocked && effects.announced, "{rule}");
        assert_eq!((effects.ins, effects.proof), (InsEffect::Invalidated, ProofEffect::Void), "{rule}");
    }
    let quiet = now(|act| LICENCE(&identity(Qualified), act)).expect("noted").effects();
    assert!(!quiet.announced, "evidence alone is nobody else's business");
}

#[test]
fn a_forbidden_identity_is_not_read_back_either() {
    let with_ins = identity(Retrieved).traits().clone();
    let mut partial = with_ins.clone();
    partial.birth_date = BirthDate::parse_iso("1975-00-00").ok();
    let forbidden = Err(ForbiddenIdentity::Standing(ForbiddenStanding));
    #[rustfmt::skip]
    let cases = [
        ("EXI SI 09, INS in force", with_ins.clone(), None, Attributes::Doubtful, forbidden),
        ("EXI SI 09, proof", traits(), Some(passport()), Attributes::Fictitious, forbidden),
        ("row 31, EXI ID 12", partial, None, Attributes::None, Err(ForbiddenIdentity::DateNotWhole)),
        ("as it was", with_ins, Some(passport()), Attributes::Homonym, Ok(Qualified)),
    ];
    for (rule, traits, proof, attributes, expected) in cases {
        assert_eq!(Identity::restored(traits, proof, attributes).map(|one| one.status()), expected, "{rule}");
    }
}

#[test]
fn the_history_says_what_was_what_is_when_who_and_why() {
    let (author, policy) = (author(), Policy::undecided());
    let created = Identity::created(traits(), at(10, &author, &policy)).expect("creatable");
    assert_eq!(created.change().previous, None, "INS 22");
    assert_eq!(created.change().standing, Standing::PROVISIONAL, "INS 22");
    let checked =
        created.identity().check(passport(), Confirmation::ByPerson, at(20, &author, &policy)).expect("checked");
    let expected = Change {
        previous: Some(Standing::PROVISIONAL),
        standing: checked.identity().standing(),
        at: Moment(20),
        author: author.clone(),
        cause: Cause::DeviceChecked(Confirmation::ByPerson),
    };
    assert_eq!(*checked.change(), expected, "INS 26");
    assert_eq!(checked.effects().proof, ProofEffect::Recorded, "INS 18");
    assert_eq!(checked.identity().proof(), Some(&passport()), "INS 18, EXI SI 10");
    assert!(!format!("{:?}", checked.change()).contains("martin"), "an author is a person too");
}

#[test]
fn a_record_is_created_with_five_traits_and_no_number() {
    let mut no_place = traits();
    no_place.birth_place = None;
    assert_eq!(now(|act| Identity::created(no_place, act)).expect_err("row 50"), Refused::TraitMissing, "INS 11");
    let with_ins = identity(Qualified).traits().clone();
    let refused = now(|act| Identity::created(with_ins, act)).expect_err("a number is not typed");
    assert_eq!(refused, Refused::InsNotTyped, "row 73, INS 22");
}

#[test]
fn what_another_domain_qualified_is_verified_here() {
    let theirs = identity(Qualified).traits().clone();
    let import = now(|act| Identity::imported(theirs.clone(), Environment::Production, act)).expect("row 89");
    let one = import.identity().clone();
    assert_eq!((one.status(), one.to_verify(), one.transmissible()), (Provisional, true, None), "row 89, INS 35");
    assert_eq!(import.change().cause, Cause::Imported);
    let retrieved = now(|act| ACCEPT(&one, act)).expect("INSi").into_parts().0;
    assert_eq!((retrieved.status(), retrieved.to_verify()), (Retrieved, false), "row 89, INSi first");
    assert_eq!(now(|act| CHECK(&retrieved, act)).expect("then a document").identity().status(), Qualified, "row 89");

    let mut of_a_test = theirs;
    let number = Matricule::parse("275126322074974").expect("a number");
    of_a_test.ins = InsRecord::restored(Some(Ins::new(number, InsOid::NirTest).into()), false, Vec::new());
    let refused = now(|act| Identity::imported(of_a_test, Environment::Production, act)).expect_err("row 64");
    assert_eq!(refused, Refused::WrongEnvironment, "row 64");
}

#[test]
fn a_scan_never_replaces_a_number_in_force() {
    let other: DatedIns = Ins::new(Matricule::parse("109076322083489").expect("a number"), InsOid::Nir).into();
    let scan =
        |one: &Identity| now(|act| one.scanned(other, Environment::Production, act)).map(|t| t.identity().status());
    assert_eq!(scan(&identity(Qualified)), Err(Refused::AnotherIns));
    assert_eq!(now(|act| SCAN(&identity(Qualified), act)).expect("its own").identity(), &identity(Qualified), "row 72");
    let test = DatedIns::from(Ins::new(other.ins.matricule(), InsOid::NirTest));
    let refused = now(|act| provisional().scanned(test, Environment::Production, act)).expect_err("row 64");
    assert_eq!(refused, Refused::WrongEnvironment);
}

#[test]
fn a_first_given_name_is_edited_within_its_list() {
    let claims = InsiClaims { given_names: "ZOE-MARIE ANNE", ..ADRUN };
    let retrieved = now(|act| provisional().accept(&insi(&claims), act)).expect("accepted").into_parts().0;
    let checked = now(|act| CHECK(&retrieved, act)).expect("checked").into_parts().0;
    #[rustfmt::skip]
    let cases = [
        ("EXI ID 10, row 22", "ZOE MARIE", Ok(Qualified)),
        ("EXI ID 10, row 24", "ZOE", Ok(Qualified)),
        ("EXI ID 10, row 23", "ANNE", Err(Refused::FirstGivenNameIncoherent)),
        ("EXI ID 10, row 25", "ZO", Err(Refused::FirstGivenNameIncoherent)),
    ];
    for (rule, first, expected) in cases {
        let got = now(|act| {
            edit(&checked, Entitlement::Ordinary, act, |t| {
                t.first_given_name = Stated::parse(Some(first), GivenName::parse);
            })
        });
        assert_eq!(got.map(|t| t.identity().status()), expected, "{rule}");
    }
}

#[test]
fn an_edit_neither_types_a_number_nor_empties_what_a_record_needs() {
    let (one, mut other) = changing(Qualified, |_| ());
    other.ins = InsRecord::EMPTY;
    let revised = now(|act| one.revise(other, Entitlement::LockedTraits, act));
    assert_eq!(revised.expect_err("the number"), Refused::InsNotTyped, "INS 29");
    let (one, other) = changing(Provisional, |t| t.sex = None);
    assert_eq!(now(|act| one.revise(other, Entitlement::Ordinary, act)).expect_err("INS 11"), Refused::TraitMissing);
    let (one, other) = changing(Retrieved, |t| t.given_names = Stated::parse(Some("Zoé"), GivenNames::parse));
    let same = now(|act| one.revise(other, Entitlement::Ordinary, act)).expect("an accent is no other trait");
    assert_eq!(same.identity().status(), Retrieved);
}

#[test]
fn an_unknown_place_is_not_validated_unless_the_site_says_so() {
    let mut unknown = traits();
    unknown.birth_place = PlaceCode::parse("99999").ok();
    let one = now(|act| Identity::created(unknown, act)).expect("99999 is allowed at creation").into_parts().0;
    assert_eq!(now(|act| CHECK(&one, act)).expect_err("row 53"), Refused::PlaceUnknown);
    let author = author();
    let policy = Policy { unknown_place: Decided::by(true, author.clone(), Moment(0)), ..Policy::undecided() };
    assert_eq!(CHECK(&one, at(1, &author, &policy)).expect("decided").identity().status(), Validated);
    let (one, other) = changing(Validated, |t| t.birth_place = PlaceCode::parse("99999").ok());
    assert_eq!(
        now(|act| one.revise(other, Entitlement::Ordinary, act)).expect("row 53").identity().status(),
        Provisional
    );
    let (one, other) = changing(Qualified, |t| t.birth_place = PlaceCode::parse("99999").ok());
    let refused = now(|act| one.revise(other, Entitlement::LockedTraits, act)).expect_err("row 53");
    assert_eq!(refused, Refused::PlaceUnknown, "it would stay validated");
}

#[test]
fn a_record_that_came_with_an_unknown_place_is_still_marked_and_lowered() {
    let mut unknown = traits();
    unknown.birth_place = PlaceCode::parse("99999").ok();
    let one = Identity::restored(unknown, Some(passport()), Attributes::None).expect("no forbidden standing");
    let status = |apply: Apply| now(|act| apply(&one, act)).map(|t| t.identity().status());
    assert_eq!(status(HOMONYM), Ok(Validated), "an alert is never held up");
    assert_eq!(status(LOWER), Ok(Provisional), "nor is what makes it safer");
}

#[test]
fn partners_are_told_of_a_new_number_though_the_status_stays() {
    let nia = InsiNumber { number: "1090763220888", key: Some("35"), oid: "1.2.250.1.213.1.4.9", ..ADRUN.active };
    let provisional_number = insi(&InsiClaims { active: nia, ..ADRUN });
    let held = now(|act| identity(Validated).accept(&provisional_number, act)).expect("row 62").into_parts().0;
    let updated = now(|act| ACCEPT(&held, act)).expect("row 62");
    assert_eq!((held.status(), updated.identity().status()), (Qualified, Qualified), "row 62");
    assert!(updated.effects().announced, "§7.1: the number that they hold is not the right one any more");
    assert_eq!(updated.effects().ins, InsEffect::PutInForce, "row 62");
    let again = now(|act| ACCEPT(updated.identity(), act)).expect("the same answer");
    assert!(!again.effects().announced, "the same answer again is no news");
}

#[test]
fn automatic_validation_and_devices_are_the_sites_decisions() {
    let author = author();
    let policy = Policy { automatic_validation: Decided::by(true, author.clone(), Moment(0)), ..Policy::undecided() };
    let act = at(1, &author, &policy);
    assert_eq!(AUTOMATIC(&provisional(), act).expect("INS 21").identity().status(), Validated, "INS 21");
    assert_eq!(CHECK(&provisional(), act).expect("INS 20").identity().status(), Validated, "INS 20: always possible");
    let without = DeviceList::default().with(Device::VitaleApp, Degree::Recorded);
    let policy = Policy { devices: Decided::by(without, author.clone(), Moment(0)), ..Policy::undecided() };
    let refused = APP(&provisional(), at(1, &author, &policy)).expect_err("INS 19");
    assert_eq!(refused, Refused::Insufficient(Insufficient::NoHighConfidence), "INS 19");
    assert_eq!(policy.devices.decision(), Some(&(author, Moment(0))), "who decided, and when");
}

#[test]
fn sign_ins_count_by_the_level_returned_the_site_and_the_person_seen() {
    use Assurance::{High, Low, Substantial};
    let author = author();
    let yes = || Decided::by(true, author.clone(), Moment(0));
    let off = Policy::undecided();
    let desk = Policy { franceconnect_plus: yes(), ..Policy::undecided() };
    let remote = Policy { franceconnect_plus: yes(), franceconnect_plus_remote: yes(), ..Policy::undecided() };
    let same = compare_records(&traits(), &traits());
    let mut spouse = traits();
    spouse.first_given_name = Stated::parse(Some("Paul"), GivenName::parse);
    let other = compare_records(&traits(), &spouse);
    let no = |why| Err(Refused::Insufficient(why));
    #[rustfmt::skip]
    let cases = [
        ("row 75", Provisional, "eidas2", true, &same, &desk, Ok(Validated)),
        ("row 77", Retrieved, "eidas3", true, &same, &desk, Ok(Qualified)),
        ("row 76, eidas2 was asked", Provisional, "eidas1", true, &same, &remote, no(Insufficient::LowAssurance)),
        ("row 74", Retrieved, "eidas1", true, &same, &desk, no(Insufficient::LowAssurance)),
        ("the site has not decided", Provisional, "eidas2", true, &same, &off, no(Insufficient::FranceConnectNotAccepted)),
        ("at home", Provisional, "eidas3", false, &same, &desk, no(Insufficient::NotSeen)),
        ("at home, decided", Provisional, "eidas3", false, &same, &remote, Ok(Validated)),
        ("row 103, the spouse's telephone", Provisional, "eidas3", true, &other, &desk, no(Insufficient::Contradiction)),
    ];
    for (rule, from, acr, seen, concordance, policy, expected) in cases {
        let returned = Assurance::from_acr(acr).expect(rule);
        let act = at(1, &author, policy);
        let got = Proof::from_franceconnect(returned, seen, concordance, policy)
            .map_err(Refused::from)
            .and_then(|proof| identity(from).check(proof, Confirmation::ByPerson, act));
        assert_eq!(got.as_ref().map(|t| t.identity().status()).map_err(|e| *e), expected, "{rule}");
        let code = got.ok().and_then(|t| t.identity().proof().and_then(Proof::pam_code));
        assert_eq!(code, expected.is_ok().then_some("IE"), "{rule}");
    }
    assert_eq!(Assurance::from_acr("eidas4"), None);
    assert!(Low < Substantial && Substantial < High);
}

#[test]
fn a_childs_vitale_app_is_read_on_the_parents_telephone() {
    let read = now(|act| provisional().read_vitale_app(&insi(&ADRUN), Holder::Parent, act)).expect("row 92");
    assert_eq!(read.identity().status(), Qualified, "row 92, no call to INSi");
    let proof = read.identity().proof().expect("a proof");
    assert_eq!((proof.pam_code(), proof.fr_core_code()), (Some("AV"), Some("AV")), "row 92");
}

#[test]
fn an_answer_is_taken_whole_and_voids_the_check_of_other_traits() {
    let paul = InsiClaims { given_names: "ANNE", ..ADRUN };
    let checked = identity(Validated);
    let taken = now(|act| checked.accept(&insi(&paul), act)).expect("accepted");
    assert_eq!(taken.identity().status(), Retrieved, "what was checked was another given name");
    assert_eq!(taken.effects().proof, ProofEffect::Void);
    assert!(taken.warnings().contains(&InsiWarning::DeviceCheckVoid));
    let (after, change) = taken.into_parts();
    assert_eq!(after.traits().first_given_name.known().map(GivenName::spelled), Some("ANNE"), "row 107: traits");
    assert!(after.traits().ins.active().is_some(), "row 107: with their number");
    assert_eq!(change.standing, after.standing(), "row 107: and their line of history");
}

#[test]
fn only_the_rnivs_cards_qualify_a_record() {
    for (rule, device, expected) in [
        ("row 88, German card", Device::IdentityCard(CardIssuer::from_code("DEU")), Ok(Qualified)),
        (
            "row 88, American card",
            Device::IdentityCard(CardIssuer::from_code("USA")),
            Err(Insufficient::NoHighConfidence),
        ),
        ("row 88, American passport", Device::Passport, Ok(Qualified)),
        ("row 85", Device::DrivingLicence, Err(Insufficient::NoHighConfidence)),
    ] {
        let piece = Piece { device, holder: Holder::Patient, expires: None };
        let of = Applicant { birth_date: traits().birth_date, today: Day::new(2026, 1, 5).expect("a day") };
        let status = Proof::admit(Case::Ordinary, &[piece], of, &Policy::undecided()).map(|proof| {
            let checked = now(|act| identity(Retrieved).check(proof, Confirmation::ByPerson, act));
            checked.expect(rule).identity().status()
        });
        assert_eq!(status, expected, "{rule}");
    }
}
