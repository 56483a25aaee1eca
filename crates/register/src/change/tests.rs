use super::*;
use crate::JournalLine;
use crate::fixtures::{
    ACCEPT, ACCEPT_OTHER, Apply, CHECK, at, change, dump, insert, inserted, lines, read, refuse_lines, traits, turned,
};
use crate::journal::{JournalFilter, LineTraits};
use crate::{NewPatient, ReadError};
use comptoir_identity::{
    Attribute, Attributes, Case, Day, Degree, Device, Entitlement, Environment, Holder, InsRecord, Justification,
    LowerTo, Piece, Status,
};

const LOWER: Apply = |one, act| one.lower(LowerTo::Provisional, act);
const DOUBTFUL: Apply = |one, act| one.mark(Attribute::Doubtful, act);
const NO_DOUBT: Apply = |one, act| one.unmark(Attribute::Doubtful, act);
const LICENCE: Apply = |one, act| one.note(Device::DrivingLicence, act);
const USAGE: Apply = |one, act| {
    let usage_name = Stated::parse(Some("Renaud"), UsageName::parse);
    one.revise(Traits { usage_name, ..one.traits().clone() }, Entitlement::Ordinary, act)
};
const RENAMED: Apply = |one, act| {
    let birth_name = Stated::parse(Some("Adron"), BirthName::parse);
    one.revise(Traits { birth_name, ..one.traits().clone() }, Entitlement::LockedTraits, act)
};
const SCANNED: Apply = |one, act| {
    let ins = *crate::fixtures::insi(crate::fixtures::OTHER).active();
    one.scanned(ins, Environment::Production, act)
};

fn last_line(register: &Register) -> JournalLine {
    let mut last = None;
    let each = |line| {
        last = Some(line);
        Ok::<_, ReadError>(())
    };
    register.journal_lines(&JournalFilter::default(), each).expect("read");
    last.expect("a line")
}

/// The rule, what went before, the act, its line, the statuses, the strict traits that change.
type Turn<'a> = (&'a str, &'a [Apply], Apply, ActKind, (Status, Status), &'a [&'a str]);

#[test]
fn what_the_status_engine_made_is_what_is_read_back() {
    use ActKind::{AttributeRemoved, AttributeSet, ProofRecorded, RecordChanged, StatusChanged, TraitsAdopted};
    use Status::{Provisional, Qualified, Retrieved, Validated};
    #[rustfmt::skip]
    let cases: [Turn<'_>; 14] = [
        ("INS 23", &[], ACCEPT, TraitsAdopted, (Provisional, Retrieved), &["birth_name", "given_names", "ins"]),
        ("INS 24", &[], CHECK, ProofRecorded, (Provisional, Validated), &[]),
        ("INS 25", &[ACCEPT], CHECK, ProofRecorded, (Retrieved, Qualified), &[]),
        ("INS 25, the other way", &[CHECK], ACCEPT, TraitsAdopted, (Validated, Qualified), &["birth_name", "given_names", "ins"]),
        ("INS 32", &[ACCEPT, CHECK], RENAMED, RecordChanged, (Qualified, Validated), &["birth_name", "ins"]),
        ("INS 32, retrieved", &[ACCEPT], RENAMED, RecordChanged, (Retrieved, Provisional), &["birth_name", "ins"]),
        ("§2.3, validated", &[CHECK], RENAMED, RecordChanged, (Validated, Provisional), &["birth_name"]),
        ("INS 33", &[ACCEPT, CHECK], LOWER, StatusChanged, (Qualified, Provisional), &["ins"]),
        ("INS 27", &[ACCEPT, CHECK], DOUBTFUL, AttributeSet, (Qualified, Provisional), &["ins"]),
        ("EXI SI 09", &[ACCEPT, DOUBTFUL], NO_DOUBT, AttributeRemoved, (Provisional, Provisional), &[]),
        ("INS 31", &[ACCEPT, CHECK], USAGE, RecordChanged, (Qualified, Qualified), &[]),
        ("row 85", &[], LICENCE, ProofRecorded, (Provisional, Provisional), &[]),
        ("EXI REC 02", &[], SCANNED, RecordChanged, (Provisional, Provisional), &["ins"]),
        ("row 62, the one before is kept", &[ACCEPT], ACCEPT_OTHER, TraitsAdopted, (Retrieved, Retrieved), &["former_ins", "ins"]),
    ];
    for (rule, first, act, kind, (before, after), changed) in cases {
        let (register, record) = inserted();
        for (second, act) in (1..).zip(first) {
            change(&register, record, second, *act).expect("written");
        }
        let (lines_before, history) = (lines(&register), register.status_history(record).expect("read").len());
        let given = change(&register, record, 100, act).expect("written");
        let kept = read(&register, record);
        assert_eq!((kept.identity(), kept.revision), (given.identity(), given.revision), "{rule}");
        assert_eq!((register.patient(record).expect("read").expect("there").standing), kept.identity().standing());
        assert_eq!(kept.identity().status(), after, "{rule}");

        let since: Vec<_> = register.status_history(record).expect("read").into_iter().skip(history).collect();
        let expected = if before == after { vec![] } else { vec![(at(100), "anne", Some(before), after)] };
        let told: Vec<_> = since.iter().map(|of| (of.at, of.author.as_str(), of.before, of.after)).collect();
        assert_eq!(told, expected, "{rule}: DMN INS 26");

        let line = last_line(&register);
        assert_eq!((lines(&register), line.act_kind()), (lines_before + 1, Some(kind)), "{rule}");
        assert_eq!(
            (line.author.as_str(), line.record.map(|of| of.id), line.at),
            ("anne", Some(record), at(100)),
            "{rule}"
        );
        let names = match &line.traits {
            LineTraits::Kept { before, after } => {
                assert!(
                    before.keys().eq(after.keys()) && before.iter().all(|(of, value)| after[of] != *value),
                    "{rule}"
                );
                before.keys().map(String::as_str).collect()
            }
            LineTraits::None => vec![],
            LineTraits::Erased => panic!("{rule}"),
        };
        assert_eq!(names, changed, "{rule}");
        assert!(register.verify_journal().expect("read").is_whole(), "{rule}");
    }
}

#[test]
fn a_name_that_changes_is_found_by_the_new_one() {
    let (register, record) = inserted();
    change(&register, record, 1, RENAMED).expect("written");
    let birth_date = BirthDate::parse_iso("1975-12-31").expect("a date");
    for (stem, found) in [("adro", 1), ("adru", 0)] {
        let search = crate::Search { birth_date, name_stem: Some(stem.to_owned()), given_name_stem: None };
        assert_eq!(register.search(&search, 10).expect("read").patients.len(), found, "{stem}");
    }
}

/// Something that happens to a register meanwhile.
type Meanwhile<'a> = &'a dyn Fn(&Register, RecordId);

#[test]
fn a_record_that_changed_meanwhile_is_not_written_over() {
    let touched: [(&str, Meanwhile<'_>); 4] = [
        ("its traits", &|register, record| drop(change(register, record, 1, RENAMED).expect("written"))),
        ("its INS", &|register, record| drop(change(register, record, 1, ACCEPT).expect("written"))),
        ("its complementary traits", &|register, record| {
            let act = Act::new(at(1), "berthe", ActKind::RecordChanged);
            register.set_complementary(record, &[(crate::ComplementaryKind::City, "Y")], &act).expect("written");
        }),
        ("another record, which does not matter", &|register, _| {
            let other = insert(register, "AUTRE", "ANNE", None);
            change(register, other, 1, RENAMED).expect("written");
        }),
    ];
    for (rule, touch) in touched {
        let (register, record) = inserted();
        let read = read(&register, record);
        touch(&register, record);
        let (before, lines_before) = (dump(&register), lines(&register));
        let transition = turned(&read, 2, CHECK);
        let done = register.change(&read, &transition, &Act::turning(at(2), &transition));
        if rule.starts_with("another") {
            done.expect("written");
        } else {
            assert!(matches!(done, Err(WriteError::ChangedMeanwhile)), "{rule}");
            assert!(dump(&register) == before && lines(&register) == lines_before, "{rule}: something was written");
        }
    }
}

#[test]
fn a_change_and_its_line_are_both_written_or_neither() {
    let other = |register: &Register| insert(register, "ADRUN", "ZOE", None);
    let taken: &dyn Fn(&Register) = &|register| drop(change(register, other(register), 1, ACCEPT).expect("written"));
    let no_line: &dyn Fn(&Register) = &|register| refuse_lines(register, ActKind::TraitsAdopted);
    let no_history: &dyn Fn(&Register) = &|register| {
        let trigger = "CREATE TRIGGER no_history BEFORE INSERT ON status_changes BEGIN SELECT RAISE(ABORT, 'no'); END";
        register.writer().execute_batch(trigger).expect("made");
    };
    for (rule, prepare) in [("row 63: in force elsewhere", taken), ("no line", no_line), ("no history", no_history)] {
        let (register, record) = inserted();
        prepare(&register);
        let (before, lines_before) = (dump(&register), lines(&register));
        assert!(matches!(change(&register, record, 2, ACCEPT), Err(WriteError::Refused)), "{rule}");
        assert!(dump(&register) == before && lines(&register) == lines_before, "{rule}: something was written");
    }
}

#[test]
fn a_transition_is_written_by_whoever_made_it_over_what_it_was_made_of() {
    let (register, record) = inserted();
    let first = read(&register, record);
    let transition = turned(&first, 1, ACCEPT);
    let by_another = Act::new(at(1), "berthe", ActKind::TraitsAdopted);
    assert!(matches!(register.change(&first, &transition, &by_another), Err(WriteError::Refused)), "another author");
    register.change(&first, &transition, &Act::turning(at(1), &transition)).expect("written");
    let now = read(&register, record);
    let again = register.change(&now, &transition, &Act::turning(at(1), &transition));
    assert!(matches!(again, Err(WriteError::Refused)), "made of what it was before");
}

#[test]
fn proofs_are_kept_as_they_were_shown() {
    let day = |year| Day::new(year, 6, 1).ok();
    let piece = |device, holder, expires| Piece { device, holder, expires };
    let reason = Justification::parse("sans papiers depuis l'incendie").expect("written");
    let cases = [
        (Case::Ordinary, vec![piece(Device::Passport, Holder::Patient, day(2030))], Degree::High),
        (
            Case::MinorWithGuardian,
            vec![
                piece(Device::BirthCertificate, Holder::Patient, None),
                piece(Device::ResidencePermit, Holder::Guardian, day(2031)),
                piece(Device::CourtDecision, Holder::Patient, None),
            ],
            Degree::Supporting,
        ),
        (
            Case::UnableToObtain(reason),
            vec![
                piece(Device::BirthCertificate, Holder::Patient, None),
                piece(Device::VitaleCardWithPhoto, Holder::Patient, None),
            ],
            Degree::Supporting,
        ),
    ];
    for (case, pieces, degree) in cases {
        let (register, record) = inserted();
        let mut connection = register.writer();
        let transaction = connection.transaction().expect("begun");
        let act = Act::new(at(1), "anne", ActKind::ProofRecorded);
        let proof = Proof::restored(case.clone(), pieces.clone());
        proofs::insert_noted(&transaction, record, Device::DrivingLicence, &act).expect("written");
        proofs::insert_admitted(&transaction, record, &proof, &act).expect("written");
        proofs::insert_noted(&transaction, record, Device::MilitaryCard, &act).expect("written");
        assert_eq!(proofs::current(&transaction, record).expect("read"), proof, "{case:?}");
        transaction.commit().expect("committed");
        drop(connection);
        let kept = register.proofs(record).expect("read");
        let kept: Vec<_> = kept.into_iter().map(|of| (of.case, of.pieces, of.degree, of.at)).collect();
        assert_eq!(kept.get(1), Some(&(case, pieces, degree, at(1))));
        assert_eq!((kept.len(), kept.first().map(|of| of.2)), (3, Some(Degree::Recorded)), "row 85");
    }
}

#[test]
fn the_same_device_shown_again_is_recorded_again() {
    let (register, record) = inserted();
    for second in 1..=3 {
        change(&register, record, second, CHECK).expect("written");
    }
    let shown: Vec<_> = register.proofs(record).expect("read").iter().map(|of| of.at).collect();
    assert_eq!(shown, [at(1), at(2), at(3)], "EXI SI 10");
}

#[test]
fn a_check_of_which_nothing_is_kept_still_holds() {
    let register = Register::in_memory().expect("a register");
    let standing = Standing::new(false, true, Attributes::None).expect("allowed");
    let new = NewPatient { external_id: None, traits: traits("ADRUN", "ZOE"), standing };
    let record = register.insert(&new, &Act::new(at(0), "anne", ActKind::PatientCreated)).expect("inserted");
    assert_eq!(read(&register, record).identity().status(), Status::Validated);
    change(&register, record, 1, ACCEPT).expect("written");
    assert_eq!(read(&register, record).identity().status(), Status::Qualified, "INS 25");
}

#[test]
fn an_axis_that_nothing_bears_out_falls_with_its_history() {
    let register = Register::in_memory().expect("a register");
    let standing = Standing::new(true, false, Attributes::None).expect("allowed");
    let new =
        NewPatient { external_id: None, traits: Traits { ins: InsRecord::EMPTY, ..traits("ADRUN", "ZOE") }, standing };
    let record = register.insert(&new, &Act::new(at(0), "anne", ActKind::PatientCreated)).expect("inserted");
    change(&register, record, 1, USAGE).expect("written");
    let history = register.status_history(record).expect("read");
    let told: Vec<_> = history.iter().map(|of| (of.before, of.after)).collect();
    assert_eq!(told, [(Some(Status::Retrieved), Status::Provisional)], "retrieved, and no INS in force");
}
