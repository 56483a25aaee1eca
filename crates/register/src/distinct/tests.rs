use super::*;
use crate::fixtures::{ACCEPT, Apply, CHECK, at, change, dump, insert, kinds_from, lines, read, refuse_lines};
use comptoir_identity::{Attributes, Status};

fn said() -> Act<'static> {
    Act::new(at(50), "anne", ActKind::PeopleDistinguished)
}

const DOUBTFUL: Apply = |one, act| one.mark(Attribute::Doubtful, act);
const FICTITIOUS: Apply = |one, act| one.mark(Attribute::Fictitious, act);
const HOMONYM: Apply = |one, act| one.mark(Attribute::Homonym, act);

type Becomes = (Attributes, Status);

#[test]
fn both_become_homonyms_where_their_attributes_allow_it() {
    use ActKind::{AttributeSet, PeopleDistinguished};
    #[rustfmt::skip]
    let cases: [(&str, &[Apply], Becomes, &[ActKind]); 5] = [
        ("EXI SI 22", &[], (Attributes::Homonym, Status::Provisional), &[PeopleDistinguished, AttributeSet, AttributeSet]),
        ("§2.2, a qualified one", &[ACCEPT, CHECK], (Attributes::Homonym, Status::Qualified), &[PeopleDistinguished, AttributeSet, AttributeSet]),
        ("the only pair", &[DOUBTFUL], (Attributes::DoubtfulHomonym, Status::Provisional), &[PeopleDistinguished, AttributeSet, AttributeSet]),
        ("fictive stands alone", &[FICTITIOUS], (Attributes::Fictitious, Status::Provisional), &[PeopleDistinguished, AttributeSet]),
        ("one already", &[HOMONYM], (Attributes::Homonym, Status::Provisional), &[PeopleDistinguished, AttributeSet]),
    ];
    for (rule, first, (attributes, status), kinds) in cases {
        let register = Register::in_memory().expect("a register");
        let [one, other] = ["ZOE", "LEA"].map(|given| insert(&register, "ADRUN", given, None));
        for act in first {
            change(&register, one, 1, *act).expect("written");
        }
        let next = i64::try_from(lines(&register)).expect("few") + 1;
        register.distinguish(one, other, DistinctionReason::Twins, &said()).expect("said");
        let identity = read(&register, one);
        let identity = identity.identity();
        assert_eq!((identity.standing().attributes(), identity.status()), (attributes, status), "{rule}");
        assert_eq!(read(&register, other).identity().standing().attributes(), Attributes::Homonym, "{rule}");
        assert_eq!(kinds_from(&register, next), kinds, "{rule}");
        let both = [register.distinctions(one).expect("read"), register.distinctions(other).expect("read")];
        assert_eq!(both, [vec![other], vec![one]], "{rule}");
    }
}

#[test]
fn what_was_said_is_not_said_twice_and_can_be_withdrawn() {
    let register = Register::in_memory().expect("a register");
    let [one, other, third] = ["ZOE", "LEA", "ANA"].map(|given| insert(&register, "ADRUN", given, None));
    let say = |a, b| register.distinguish(a, b, DistinctionReason::Homonyms, &said()).map_err(|error| error.code());
    let withdraw = |a, b| {
        let act = Act::new(at(60), "berthe", ActKind::DistinctionWithdrawn);
        register.withdraw_distinction(a, b, &act).map_err(|error| error.code())
    };
    let merge = |kept, absorbed| {
        register.merge(kept, absorbed, &Act::new(at(55), "anne", ActKind::RecordsMerged)).expect("merged");
    };
    let nobody = RecordId::of(99);
    let count = |record| register.distinctions(record).expect("read").len();
    for (rule, done, expected, said_of_one) in [
        ("said", say(one, other), Ok(()), 1),
        ("said the other way round", say(other, one), Err("distinction-already-said"), 1),
        ("of itself", say(one, one), Err("not-two-records"), 1),
        ("of nobody", say(one, nobody), Err("not-two-records"), 1),
        ("never said", withdraw(one, third), Err("distinction-not-said"), 1),
    ] {
        assert_eq!((done, count(one)), (expected, said_of_one), "{rule}");
    }
    merge(third, other);
    assert_eq!(register.distinctions(one).expect("read"), [third], "it holds for the record that absorbed it");
    assert_eq!(register.distinctions(third).expect("read"), [one]);
    assert_eq!(say(one, other), Err("not-two-records"), "an absorbed record is nobody's");
    assert_eq!(withdraw(third, one), Ok(()));
    assert_eq!((count(one), count(third)), (0, 0));
    assert_eq!(read(&register, one).identity().standing().attributes(), Attributes::Homonym, "a person removes it");
}

#[test]
fn it_is_all_written_or_nothing() {
    for kind in [ActKind::PeopleDistinguished, ActKind::AttributeSet] {
        let register = Register::in_memory().expect("a register");
        let [one, other] = ["ZOE", "LEA"].map(|given| insert(&register, "ADRUN", given, None));
        refuse_lines(&register, kind);
        let (before, lines_before) = (dump(&register), lines(&register));
        assert!(register.distinguish(one, other, DistinctionReason::Other, &said()).is_err());
        assert!(dump(&register) == before && lines(&register) == lines_before, "{}", kind.name());
        assert!(register.distinctions(one).expect("read").is_empty());
    }
}
