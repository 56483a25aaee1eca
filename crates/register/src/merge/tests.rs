use super::*;
use crate::fixtures::{
    ACCEPT, ACCEPT_OTHER, ADRUN, Apply, CHECK, OTHER, at, change, dump, insert, insi, kinds_from, lines, refuse_lines,
};
use crate::journal::ActKind;
use crate::{ArrivalState, ComplementaryKind, DistinctionReason, NewArrival, Search};
use comptoir_identity::{BirthDate, InsIdentity, InsiClaims, InsiNumber};

const MERGE: fn() -> Act<'static> = || Act::new(at(50), "anne", ActKind::RecordsMerged);
const UNDO: fn() -> Act<'static> = || Act::new(at(60), "berthe", ActKind::MergeUndone);

/// The other person's number, which had ADRUN's before it.
const ACCEPT_FOLLOWING: Apply = |one, act| {
    let claims = InsiClaims { active: OTHER, history: &[ADRUN.active], ..ADRUN };
    let answer = InsIdentity::read(&claims, comptoir_identity::Environment::Production).expect("usable");
    one.accept(&answer, act)
};

fn arrival(register: &Register, record: RecordId, time: &str) -> crate::ArrivalId {
    let new = NewArrival {
        day: "2026-11-25".to_owned(),
        time: time.to_owned(),
        display_name: "ADRUN Zoé".to_owned(),
        birth_date: None,
        record: Some(record),
    };
    register.add_arrival(&new).expect("added")
}

#[test]
fn what_was_known_of_an_absorbed_record_leads_to_the_one_kept() {
    let register = Register::in_memory().expect("a register");
    let kept = insert(&register, "ADRUN", "ZOE", Some("P-1"));
    let absorbed = insert(&register, "Adrun", "Zoé", Some("P-2"));
    let local = insert(&register, "ADRUN", "Zoé", None);
    change(&register, absorbed, 1, ACCEPT).expect("written");
    arrival(&register, absorbed, "09:00");
    let before = register.patient(kept).expect("read").expect("there");
    for one in [absorbed, local] {
        register.merge(kept, one, &MERGE()).expect("merged");
    }
    for shown in ["P-1", "P-2", "local:3"] {
        assert_eq!(register.find_record(shown).expect("read"), Some(kept), "{shown}");
    }
    assert_eq!(register.find_ins(&insi(ADRUN.active).active().ins).expect("read"), [kept], "by its number");
    let of: Vec<_> = register.arrivals("2026-11-25").expect("read").into_iter().filter_map(|one| one.patient).collect();
    assert_eq!(of.iter().map(|one| one.id).collect::<Vec<_>>(), [kept], "its arrivals");
    assert_eq!(register.count().expect("read"), 1);
    let birth_date = BirthDate::parse_iso("1975-12-31").expect("a date");
    let search = Search { birth_date, name_stem: None, given_name_stem: None };
    assert_eq!(register.search(&search, 10).expect("read").patients.len(), 1);
    assert_eq!(register.absorbed(kept).expect("read"), [absorbed, local]);
    assert!(register.identity(absorbed).expect("read").is_none(), "nothing changes it meanwhile");
    let city = [(ComplementaryKind::City, "Y")];
    assert!(register.set_complementary(absorbed, &city, &MERGE()).is_err());
    let after = register.patient(kept).expect("read").expect("there");
    assert_eq!((before.traits, before.standing), (after.traits, after.standing), "nothing strict of it changes");
    // The number is free for whoever INSi says it is of.
    change(&register, kept, 60, ACCEPT).expect("its own INS, by INSi");
    let undone = register.undo_merge(absorbed, &UNDO());
    assert!(matches!(undone, Err(UndoMergeError::InsTakenMeanwhile)), "{undone:?}");
    assert_eq!(register.undo_merge(local, &UNDO()).expect("undone"), kept, "the other one can be");
}

#[test]
fn the_journal_of_a_record_is_that_of_the_absorbed_ones_too() {
    let register = Register::in_memory().expect("a register");
    let [kept, absorbed, third] =
        ["P-1", "P-2", "P-3"].map(|identifier| insert(&register, "ADRUN", "ZOE", Some(identifier)));
    register.merge(kept, absorbed, &MERGE()).expect("merged");
    let about = |record| {
        let mut lines = Vec::new();
        let each = |line: crate::JournalLine| {
            let shown = [line.record, line.other].map(|of| of.map(|of| of.record).unwrap_or_default());
            lines.push((line.kind, shown.join("+")));
            Ok::<_, ReadError>(())
        };
        let filter = crate::JournalFilter { record: Some(record), ..crate::JournalFilter::default() };
        register.journal_lines(&filter, each).expect("read");
        lines.into_iter().map(|(kind, shown)| format!("{kind} {shown}")).collect::<Vec<_>>()
    };
    let merged = "records-merged P-1+P-2";
    assert_eq!(about(kept), ["patient-created P-1+", "patient-created P-2+", merged]);
    assert_eq!(about(absorbed), ["patient-created P-2+", merged]);
    assert_eq!(about(third), ["patient-created P-3+"]);
}

#[test]
fn records_that_are_not_one_persons_are_not_merged() {
    type Prepare<'a> = &'a dyn Fn(&Register, RecordId, RecordId, RecordId);
    let merge = |register: &Register, kept, absorbed| register.merge(kept, absorbed, &MERGE()).expect("merged");
    let say = |register: &Register, one, other| {
        let act = Act::new(at(40), "anne", ActKind::PeopleDistinguished);
        register.distinguish(one, other, DistinctionReason::Twins, &act).expect("said");
    };
    let turn = |register: &Register, record, apply| drop(change(register, record, 1, apply).expect("written"));
    #[rustfmt::skip]
    let cases: [(&str, Prepare<'_>, Result<(), &str>); 13] = [
        ("two records", &|_, _, _, _| (), Ok(())),
        ("each with another INS", &|r, a, b, _| { turn(r, a, ACCEPT); turn(r, b, ACCEPT_OTHER); }, Err("merge-different-ins")),
        ("row 65: the number of the one is a former one of the other", &|r, a, b, _| { turn(r, a, ACCEPT); turn(r, b, ACCEPT_FOLLOWING); }, Ok(())),
        ("the other way round", &|r, a, b, _| { turn(r, a, ACCEPT_FOLLOWING); turn(r, b, ACCEPT); }, Ok(())),
        ("one INS hidden", &|r, a, b, _| {
            turn(r, a, ACCEPT);
            turn(r, b, ACCEPT_OTHER);
            turn(r, b, |one, act| one.lower(comptoir_identity::LowerTo::Provisional, act));
        }, Ok(())),
        ("two people", &|r, a, b, _| say(r, a, b), Err("merge-two-people")),
        ("two people, said the other way round", &|r, a, b, _| say(r, b, a), Err("merge-two-people")),
        ("two people, said and withdrawn", &|r, a, b, _| {
            say(r, a, b);
            let act = Act::new(at(41), "anne", ActKind::DistinctionWithdrawn);
            r.withdraw_distinction(b, a, &act).expect("withdrawn");
        }, Ok(())),
        ("not the person of a record that the kept one absorbed", &|r, a, b, c| { say(r, b, c); merge(r, a, c); }, Err("merge-two-people")),
        ("not the person of another record", &|r, a, _, c| say(r, a, c), Ok(())),
        ("the absorbed one is absorbed already", &|r, _, b, c| merge(r, c, b), Err("merge-already-absorbed")),
        ("the kept one is absorbed already", &|r, a, _, c| merge(r, c, a), Err("merge-already-absorbed")),
        ("the absorbed one has absorbed others", &|r, _, b, c| merge(r, b, c), Err("merge-has-absorbed")),
    ];
    for (rule, prepare, expected) in cases {
        let register = Register::in_memory().expect("a register");
        let [kept, absorbed, third] = ["ZOE", "ZOÉ", "AUTRE"].map(|first| insert(&register, "ADRUN", first, None));
        prepare(&register, kept, absorbed, third);
        let (before, lines_before) = (dump(&register), lines(&register));
        let done = register.merge(kept, absorbed, &MERGE()).map_err(|error| error.code());
        assert_eq!(done, expected, "{rule}");
        if expected.is_err() {
            assert!(dump(&register) == before && lines(&register) == lines_before, "{rule}: something was written");
        } else {
            assert_eq!(lines(&register), lines_before + 1, "{rule}");
        }
    }
    let register = Register::in_memory().expect("a register");
    let one = insert(&register, "ADRUN", "ZOE", None);
    for (rule, kept, absorbed) in
        [("itself", one, one), ("nobody", one, RecordId::of(9)), ("into nobody", RecordId::of(9), one)]
    {
        assert!(matches!(register.merge(kept, absorbed, &MERGE()), Err(MergeError::NotTwoRecords)), "{rule}");
    }
    assert!(matches!(register.undo_merge(one, &UNDO()), Err(UndoMergeError::NotAbsorbed)));
}

#[test]
fn a_merge_and_its_line_are_both_written_or_neither() {
    let register = Register::in_memory().expect("a register");
    let [kept, absorbed] = ["ZOE", "ZOÉ"].map(|first| insert(&register, "ADRUN", first, None));
    change(&register, absorbed, 1, ACCEPT).expect("written");
    refuse_lines(&register, ActKind::RecordsMerged);
    let before = dump(&register);
    assert!(register.merge(kept, absorbed, &MERGE()).is_err());
    assert_eq!(dump(&register), before);
    register.writer().execute_batch("DROP TRIGGER no_line").expect("dropped");
    register.merge(kept, absorbed, &MERGE()).expect("merged");
    refuse_lines(&register, ActKind::MergeUndone);
    let merged = dump(&register);
    assert!(register.undo_merge(absorbed, &UNDO()).is_err());
    assert_eq!(dump(&register), merged);
    assert_eq!(kinds_from(&register, 4), [ActKind::RecordsMerged]);
}

#[test]
fn forbidden_merges_are_refused_by_the_store_too() {
    let register = Register::in_memory().expect("a register");
    let [kept, absorbed, third] = ["ZOE", "ZOÉ", "LEA"].map(|first| insert(&register, "ADRUN", first, None).number());
    register.merge(RecordId::of(kept), RecordId::of(absorbed), &MERGE()).expect("merged");
    for (rule, record, into) in [
        ("into itself", third, third),
        ("into nobody", third, 99),
        ("into an absorbed one", third, absorbed),
        ("one that has absorbed others", kept, third),
    ] {
        let done = register.writer().execute("UPDATE patients SET merged_into = ?2 WHERE id = ?1", [record, into]);
        assert!(done.is_err(), "{rule}");
    }
}

/// A generator of its own for the property below: the same draws at each run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

#[test]
fn merges_undone_in_any_order_leave_what_was_there() {
    const NUMBERS: [&str; 6] =
        ["2751263220749", "2360663220836", "1090763220834", "2790351215189", "2600588154002", "2900175056045"];
    const KEYS: [&str; 6] = ["74", "56", "89", "89", "33", "01"];
    let (mut merges, mut hidden) = (0, 0);
    for seed in 0..60 {
        let mut draws = Draws(seed);
        let register = Register::in_memory().expect("a register");
        let records: Vec<_> = (0..6)
            .map(|n| insert(&register, "ADRUN", "ZOE", Some(format!("P-{n}")).as_deref().filter(|_| n % 2 == 0)))
            .collect();
        for (n, record) in records.iter().enumerate() {
            if draws.below(3) == 0 {
                let oid = ADRUN.active.oid;
                let active = InsiNumber { number: NUMBERS[n], key: Some(KEYS[n]), oid, from: None, until: None };
                let read = crate::fixtures::read(&register, *record);
                let author = comptoir_identity::Author::parse("anne").expect("a name");
                let policy = comptoir_identity::Policy::undecided();
                let act = comptoir_identity::Act { author: &author, at: comptoir_identity::Moment(1), policy: &policy };
                let transition = read.identity().accept(&insi(active), act).expect("allowed");
                register.change(&read, &transition, &Act::turning(at(1), &transition)).expect("written");
            }
            if draws.below(2) == 0 {
                change(&register, *record, 2, CHECK).expect("written");
            }
            if draws.below(2) == 0 {
                let city = [(ComplementaryKind::City, "Y")];
                let act = Act::new(at(3), "anne", ActKind::RecordChanged);
                register.set_complementary(*record, &city, &act).expect("written");
            }
            for time in ["09:00", "10:30"].into_iter().take(draws.below(3)) {
                let arrival = arrival(&register, *record, time);
                let act = Act::new(at(4), "anne", ActKind::IdentityConfirmed);
                if draws.below(2) == 0 {
                    register.conclude(Some(arrival), ArrivalState::Confirmed, None, &act).expect("settled");
                }
            }
        }
        let before = dump(&register);
        let mut absorbed = Vec::new();
        for _ in 0..8 {
            let (kept, one) = (records[draws.below(6)], records[draws.below(6)]);
            let in_force = register.patient(one).expect("read").expect("there").traits.ins.active().is_some();
            if register.merge(kept, one, &MERGE()).is_ok() {
                hidden += usize::from(in_force);
                absorbed.push(one);
            }
        }
        merges += absorbed.len();
        while !absorbed.is_empty() {
            let one = absorbed.swap_remove(draws.below(absorbed.len()));
            register.undo_merge(one, &UNDO()).expect("undone");
        }
        assert_eq!(dump(&register), before, "seed {seed}");
        assert!(register.verify_journal().expect("read").is_whole());
    }
    assert!(merges > 100 && hidden > 20, "{merges} merges, {hidden} with an INS in force: nothing was tried");
}
