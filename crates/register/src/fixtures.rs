//! The fictitious people of the INSi platform (ins.md §8.1) that several tests of the register change and merge.

use crate::change::RecordIdentity;
use crate::journal::{Act, ActKind};
use crate::{NewPatient, RecordId, Register, WriteError};
use comptoir_identity::{
    Act as IdentityAct, Applicant, Author, BirthDate, BirthName, Case, Confirmation, Day, Device, Environment,
    GivenName, Holder, Identity, InsIdentity, InsRecord, InsiClaims, InsiNumber, Moment, Piece, PlaceCode, Policy,
    Proof, Refused, Sex, Standing, Stated, Traits, Transition,
};
use jiff::Timestamp;

/// What INSi answers for ADRUN Zoé.
pub(crate) const ADRUN: InsiClaims<'_> = InsiClaims {
    active: InsiNumber {
        number: "2751263220749",
        key: Some("74"),
        oid: "1.2.250.1.213.1.4.8",
        from: None,
        until: None,
    },
    history: &[],
    birth_name: "ADRUN",
    given_names: "ZOE",
    sex: "F",
    birth_date: "1975-12-31",
    birth_place: Some("63220"),
};

/// Somebody else's number.
pub(crate) const OTHER: InsiNumber<'_> =
    InsiNumber { number: "2790351215189", key: Some("89"), oid: "1.2.250.1.213.1.4.8", from: None, until: None };

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}

pub(crate) fn traits(name: &str, first: &str) -> Traits {
    Traits {
        birth_name: Stated::parse(Some(name), BirthName::parse),
        first_given_name: Stated::parse(Some(first), GivenName::parse),
        given_names: Stated::Absent,
        birth_date: BirthDate::parse_iso("1975-12-31").ok(),
        sex: Some(Sex::Female),
        birth_place: PlaceCode::parse("63220").ok(),
        usage_name: Stated::Absent,
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    }
}

pub(crate) fn insert(register: &Register, name: &str, first: &str, external_id: Option<&str>) -> RecordId {
    let new = NewPatient {
        external_id: external_id.map(str::to_owned),
        traits: traits(name, first),
        standing: Standing::PROVISIONAL,
    };
    register.insert(&new, &Act::new(at(0), "anne", ActKind::PatientCreated)).expect("inserted")
}

/// A register in memory, with one provisional record.
pub(crate) fn inserted() -> (Register, RecordId) {
    let register = Register::in_memory().expect("a register");
    let record = insert(&register, "Adrun", "Zoé", None);
    (register, record)
}

pub(crate) fn insi(active: InsiNumber<'_>) -> InsIdentity {
    InsIdentity::read(&InsiClaims { active, ..ADRUN }, Environment::Production).expect("usable")
}

pub(crate) fn passport() -> Proof {
    let piece = Piece { device: Device::Passport, holder: Holder::Patient, expires: Day::new(2030, 1, 5).ok() };
    let today = Day::new(2026, 1, 5).expect("a day");
    let of = Applicant { birth_date: BirthDate::parse_iso("1975-12-31").ok(), today };
    Proof::admit(Case::Ordinary, &[piece], of, &Policy::undecided()).expect("high confidence")
}

/// One of the acts of the status engine.
pub(crate) type Apply = fn(&Identity, IdentityAct<'_>) -> Result<Transition, Refused>;

pub(crate) const ACCEPT: Apply = |one, act| one.accept(&insi(ADRUN.active), act);
pub(crate) const ACCEPT_OTHER: Apply = |one, act| one.accept(&insi(OTHER), act);
pub(crate) const CHECK: Apply = |one, act| one.check(passport(), Confirmation::ByPerson, act);

pub(crate) fn read(register: &Register, record: RecordId) -> RecordIdentity {
    register.identity(record).expect("read").expect("a record")
}

/// What an act makes of an identity, by Anne.
pub(crate) fn turned(read: &RecordIdentity, second: i64, apply: Apply) -> Transition {
    let (author, policy) = (Author::parse("anne").expect("a name"), Policy::undecided());
    apply(read.identity(), IdentityAct { author: &author, at: Moment(second), policy: &policy }).expect("allowed")
}

/// Does an act on a record as it stands.
pub(crate) fn change(
    register: &Register,
    record: RecordId,
    second: i64,
    apply: Apply,
) -> Result<RecordIdentity, WriteError> {
    let read = read(register, record);
    let transition = turned(&read, second, apply);
    register.change(&read, &transition, &Act::turning(at(second), &transition))
}

/// Everything in these tables, line by line, revisions and journal apart.
pub(crate) fn dump(register: &Register) -> Vec<String> {
    const TABLES: [(&str, &str); 7] = [
        (
            "patients",
            "merged_into, birth_name, first_given_name, given_names, birth_date, sex, birth_place, usage_name,
            usage_given_name, ins_retrieved, device_checked, attributes, name_key, external_id, id",
        ),
        ("ins", "patient, number, state, matricule, oid, since, until"),
        ("arrivals", "id, day, time, display_name, birth_date, patient, state"),
        ("proofs", "id, patient, at, author, situation, reason, degree"),
        ("proof_pieces", "proof, number, device, holder, expires"),
        ("status_changes", "id, patient, at, author, cause, before, after"),
        ("complementary_traits", "patient, kind, value"),
    ];
    let connection = register.writer();
    let mut lines = Vec::new();
    for (table, columns) in TABLES {
        let mut statement =
            connection.prepare(&format!("SELECT json_array({columns}) FROM {table} ORDER BY 1")).expect("sql");
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("read");
        lines.extend(rows.map(|row| format!("{table} {}", row.expect("read"))));
    }
    lines
}

/// Makes the store refuse lines of one kind.
pub(crate) fn refuse_lines(register: &Register, kind: ActKind) {
    let trigger = format!(
        "CREATE TRIGGER no_line BEFORE INSERT ON journal WHEN NEW.kind = '{}' BEGIN SELECT RAISE(ABORT, 'no'); END",
        kind.name()
    );
    register.writer().execute_batch(&trigger).expect("made");
}

/// The kinds of the journal's lines from one on.
pub(crate) fn kinds_from(register: &Register, sequence: i64) -> Vec<ActKind> {
    let mut kinds = Vec::new();
    let each = |line: crate::JournalLine| {
        if line.sequence >= sequence {
            kinds.push(line.act_kind().expect("known"));
        }
        Ok::<_, crate::ReadError>(())
    };
    register.journal_lines(&crate::JournalFilter::default(), each).expect("read");
    assert!(register.verify_journal().expect("read").is_whole());
    kinds
}

/// The journal's lines.
pub(crate) fn lines(register: &Register) -> u64 {
    register.verify_journal().expect("read").lines
}
