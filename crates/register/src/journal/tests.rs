use super::*;
use comptoir_identity::{BirthDate, BirthName, InsRecord, Stated, Traits};

fn traits(name: &str, date: &str) -> Traits {
    Traits {
        birth_name: Stated::parse(Some(name), BirthName::parse),
        first_given_name: Stated::Absent,
        given_names: Stated::Absent,
        birth_date: BirthDate::parse_iso(date).ok(),
        sex: None,
        birth_place: None,
        usage_name: Stated::Absent,
        usage_given_name: Stated::Absent,
        ins: InsRecord::EMPTY,
    }
}

/// Five lines, the third with traits.
fn register() -> Register {
    let register = Register::in_memory().expect("a register");
    let kinds = [ActKind::SearchMade, ActKind::RecordViewed, ActKind::RecordChanged, ActKind::BrowserHeld];
    for kind in kinds.into_iter().chain([ActKind::SessionClosed]) {
        let act = Act::new(Timestamp::UNIX_EPOCH, "anne", kind).about(None, &[("acr", "eidas1")]);
        let changed = (kind == ActKind::RecordChanged)
            .then(|| ChangedTraits::between(&traits("DUPONT", "1980-01-02"), &traits("DUPOND", "1980-01-02")));
        let mut connection = register.writer();
        let transaction = connection.transaction().expect("begun");
        append_changed(&transaction, &act, Some(RecordId::of(7)), changed.flatten()).expect("written");
        transaction.commit().expect("committed");
    }
    register
}

/// Whoever alters the file by hand has no triggers in the way.
fn alter(register: &Register, alteration: &str) {
    let triggers = "DROP TRIGGER journal_is_never_changed; DROP TRIGGER journal_is_never_deleted;
        DROP TRIGGER journal_only_grows;";
    register.writer().execute_batch(triggers).expect("dropped");
    register.writer().execute_batch(alteration).expect("altered");
}

#[test]
fn the_chain_shows_where_it_was_altered() {
    use JournalFault::{Hash, Missing, Order, Payload};
    const SWAPPED: &str = "UPDATE journal SET sequence = -1 WHERE sequence = 2;
        UPDATE journal SET sequence = 2 WHERE sequence = 3; UPDATE journal SET sequence = 3 WHERE sequence = -1";
    const PUT_IN: &str = "UPDATE journal SET sequence = -sequence - 1 WHERE sequence > 2;
        UPDATE journal SET sequence = -sequence WHERE sequence < 0;
        INSERT INTO journal SELECT 3, at, author, kind, payload, payload_hash, previous, hash, traits, traits_hash
        FROM journal WHERE sequence = 2";
    for (rule, alteration, lines, erased, broken) in [
        ("untouched", "SELECT 1", 5, 0, None),
        ("evidence erased by retention", "UPDATE journal SET payload = NULL WHERE sequence = 2", 5, 1, None),
        ("traits erased by retention", "UPDATE journal SET traits = NULL WHERE sequence = 3", 5, 1, None),
        ("time altered", "UPDATE journal SET at = '2026-01-01T00:00:00Z' WHERE sequence = 4", 5, 0, Some((4, Hash))),
        ("author altered", "UPDATE journal SET author = 'x' WHERE sequence = 1", 5, 0, Some((1, Hash))),
        ("kind altered", "UPDATE journal SET kind = 'record-viewed' WHERE sequence = 5", 5, 0, Some((5, Hash))),
        ("evidence altered", "UPDATE journal SET payload = '{}' WHERE sequence = 2", 5, 0, Some((2, Payload))),
        (
            "its hash altered",
            "UPDATE journal SET payload_hash = zeroblob(32) WHERE sequence = 2",
            5,
            0,
            Some((2, Hash)),
        ),
        ("traits altered", "UPDATE journal SET traits = '{}' WHERE sequence = 3", 5, 0, Some((3, Payload))),
        (
            "their hash altered",
            "UPDATE journal SET traits_hash = zeroblob(32) WHERE sequence = 3",
            5,
            0,
            Some((3, Hash)),
        ),
        (
            "traits taken out as if there had been none",
            "UPDATE journal SET traits = NULL, traits_hash = NULL WHERE sequence = 3",
            5,
            0,
            Some((3, Hash)),
        ),
        (
            "traits put in",
            "UPDATE journal SET traits = '{}', traits_hash = zeroblob(32) WHERE sequence = 4",
            5,
            0,
            Some((4, Hash)),
        ),
        ("previous altered", "UPDATE journal SET previous = zeroblob(32) WHERE sequence = 3", 5, 0, Some((3, Order))),
        ("hash altered", "UPDATE journal SET hash = zeroblob(32) WHERE sequence = 2", 5, 0, Some((2, Hash))),
        ("number altered", "UPDATE journal SET sequence = 9 WHERE sequence = 5", 5, 0, Some((5, Missing))),
        ("line removed in the middle", "DELETE FROM journal WHERE sequence = 2", 4, 0, Some((2, Missing))),
        ("line removed at the beginning", "DELETE FROM journal WHERE sequence = 1", 4, 0, Some((1, Missing))),
        ("line put before the first", "UPDATE journal SET sequence = 0 WHERE sequence = 1", 5, 0, Some((0, Order))),
        ("two lines swapped", SWAPPED, 5, 0, Some((2, Order))),
        ("line put in", PUT_IN, 6, 0, Some((3, Order))),
        ("line removed at the end, which only a head shows", "DELETE FROM journal WHERE sequence = 5", 4, 0, None),
    ] {
        let register = register();
        alter(&register, alteration);
        let state = register.verify_journal().expect("read");
        let found = state.broken.map(|broken| (broken.sequence, broken.fault));
        assert_eq!((state.lines, state.erased, found), (lines, erased, broken), "{rule}");
    }
}

type Happens<'a> = &'a dyn Fn(&Register);
type Broken = Option<(i64, JournalFault)>;

#[test]
fn a_head_noted_before_shows_what_the_chain_alone_does_not() {
    use JournalFault::{Missing, OtherChain};
    let forged = |register: &Register| {
        alter(register, "DELETE FROM journal WHERE sequence > 3");
        for _ in 0..4 {
            let act = Act::new(Timestamp::UNIX_EPOCH, "x", ActKind::SearchMade);
            register.journal(&act).expect("written");
        }
    };
    let cut = |register: &Register| alter(register, "DELETE FROM journal WHERE sequence = 5");
    let emptied = |register: &Register| alter(register, "DELETE FROM journal");
    let grown = |register: &Register| {
        register.journal(&Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::SearchMade)).expect("written");
    };
    let same = |_: &Register| ();
    let cases: [(&str, Happens<'_>, Broken); 5] = [
        ("untouched", &same, None),
        ("grown since", &grown, None),
        ("cut off at the end", &cut, Some((5, Missing))),
        ("emptied", &emptied, Some((1, Missing))),
        ("written anew from its third line", &forged, Some((5, OtherChain))),
    ];
    for (rule, happens, broken) in cases {
        let register = register();
        let head = register.journal_head().expect("read");
        assert_eq!(head, register.verify_journal().expect("read").head, "{rule}");
        happens(&register);
        assert!(register.verify_journal().expect("read").is_whole(), "{rule}: the chain alone shows nothing");
        let state = register.verify_journal_from(&head).expect("read");
        assert_eq!(state.broken.map(|broken| (broken.sequence, broken.fault)), broken, "{rule}");
    }
}

#[test]
fn a_head_is_read_as_it_is_written_or_refused() {
    let empty = Register::in_memory().expect("a register").journal_head().expect("read");
    assert_eq!((empty.sequence, empty.to_string()), (0, "0".repeat(80)));
    let head = register().journal_head().expect("read");
    let text = head.to_string();
    assert!(text.starts_with("0000000000000005"), "{text}");
    for (rule, text, expected) in [
        ("as written", text.clone(), Ok(head)),
        ("in capitals, with spaces around", format!(" {} ", text.to_uppercase()), Ok(head)),
        ("too short", text.chars().skip(1).collect(), Err(JournalHeadError)),
        ("too long", format!("{text}0"), Err(JournalHeadError)),
        ("no digit", text.replace('0', "g"), Err(JournalHeadError)),
        ("a sign", text.replacen('0', "+", 1), Err(JournalHeadError)),
        ("letters of two bytes", "é".repeat(40), Err(JournalHeadError)),
        ("a number too great", "f".repeat(80), Err(JournalHeadError)),
    ] {
        assert_eq!(JournalHead::parse(&text), expected, "{rule}");
    }
}

#[test]
fn the_journal_is_append_only() {
    const COLUMNS: &str = "at, author, kind, payload, payload_hash, previous, hash, traits, traits_hash";
    let replace =
        format!("INSERT OR REPLACE INTO journal (sequence, {COLUMNS}) SELECT 2, {COLUMNS} FROM journal LIMIT 1");
    let later = format!("INSERT INTO journal (sequence, {COLUMNS}) SELECT 9, {COLUMNS} FROM journal LIMIT 1");
    for (alteration, allowed) in [
        ("DELETE FROM journal", false),
        ("UPDATE journal SET author = 'x'", false),
        ("UPDATE journal SET payload = '{}'", false),
        ("UPDATE journal SET traits = '{}' WHERE sequence = 3", false),
        ("UPDATE journal SET traits_hash = NULL, traits = NULL WHERE sequence = 3", false),
        ("UPDATE journal SET traits = NULL, author = 'x' WHERE sequence = 3", false),
        (&replace, false),
        (&later, false),
        ("UPDATE journal SET payload = NULL", true),
        ("UPDATE journal SET traits = NULL", true),
    ] {
        let register = register();
        let done = register.writer().execute(alteration, []).is_ok();
        assert_eq!(done, allowed, "{alteration}");
    }
}

#[test]
fn lines_are_read_back_within_what_was_asked() {
    let register = register();
    let read = |filter: JournalFilter| {
        let mut lines = Vec::new();
        let each = |line| {
            lines.push(line);
            Ok::<_, ReadError>(())
        };
        register.journal_lines(&filter, each).expect("read");
        lines
    };
    let whole = read(JournalFilter::default());
    assert_eq!(whole.iter().map(|line| line.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let changed = whole.get(2).expect("the third");
    let LineTraits::Kept { before, after } = &changed.traits else { panic!("{:?}", changed.traits) };
    assert_eq!((before.len(), before["birth_name"].as_str()), (1, Some("DUPONT")), "only what changed");
    assert_eq!((after.len(), after["birth_name"].as_str()), (1, Some("DUPOND")));
    assert_eq!(changed.evidence, [("acr".to_owned(), "eidas1".to_owned())]);
    let of = LineRecord { id: RecordId::of(7), record: "local:7".to_owned() };
    assert_eq!((&changed.record, changed.act_kind()), (&Some(of), Some(ActKind::RecordChanged)));
    assert!(!format!("{whole:?} {:?}", changed.traits).contains("DUPON"), "no trait in what is printed");
    register.writer().execute("UPDATE journal SET traits = NULL WHERE sequence = 3", []).expect("erased");
    let (start, next) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(1).expect("a moment"));
    let within = |since, until, record: Option<i64>| {
        read(JournalFilter { since, until, record: record.map(RecordId::of) }).len()
    };
    for (rule, found, expected) in [
        ("since that moment", within(Some(start), None, None), 5),
        ("since the next", within(Some(next), None, None), 0),
        ("before that moment", within(None, Some(start), None), 0),
        ("before the next", within(None, Some(next), None), 5),
        ("about nobody", within(None, None, Some(8)), 0),
    ] {
        assert_eq!(found, expected, "{rule}");
    }
    let erased = read(JournalFilter::default()).into_iter().nth(2).expect("the third");
    assert_eq!((erased.traits, erased.evidence.len()), (LineTraits::Erased, 1), "the evidence stays");
}

#[test]
fn what_is_erased_cannot_be_guessed_from_its_hash() {
    let hashes = |register: &Register| -> Vec<Vec<u8>> {
        let connection = register.writer();
        let mut statement =
            connection.prepare("SELECT traits_hash FROM journal WHERE traits IS NOT NULL").expect("sql");
        statement.query_map([], |row| row.get(0)).expect("read").collect::<Result<_, _>>().expect("read")
    };
    assert_ne!(hashes(&register()), hashes(&register()), "the same traits, twice");
}

#[test]
fn programs_that_write_at_once_make_one_chain() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("register.db");
    let key = crate::RegisterKey::from_bytes(&[7; 32]).expect("a key");
    let registers = [0; 3].map(|_| Register::open(&file, &key).expect("opened"));
    let start = std::sync::Barrier::new(registers.len());
    std::thread::scope(|scope| {
        for register in &registers {
            scope.spawn(|| {
                start.wait();
                for _ in 0..100 {
                    let act = Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::SearchMade);
                    register.journal(&act).expect("written");
                }
            });
        }
    });
    let [register, ..] = &registers;
    let state = register.verify_journal().expect("read");
    assert_eq!((state.lines, state.broken), (300, None));
}
