use super::*;
use crate::fixtures::{ACCEPT, Apply, CHECK, change, insert, inserted, kinds_from, lines, read, refuse_lines};
use crate::journal::{JournalFilter, LineTraits};
use crate::{ArrivalState, NewArrival, RegisterKey};
use comptoir_identity::{BirthName, Entitlement, Stated, Status, Traits};

const RENAMED: Apply = |one, act| {
    let birth_name = Stated::parse(Some("ZWICKENPFLUG"), BirthName::parse);
    one.revise(Traits { birth_name, ..one.traits().clone() }, Entitlement::LockedTraits, act)
};

fn day(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().expect("a moment")
}

fn decide(register: &Register, rule: SiteRule, days: u32) {
    let act = Act::new(day("2026-01-01"), "anne", ActKind::SiteRuleSet);
    register.set_site_rule(rule, Some(days), &act).expect("written");
}

fn add_arrival(register: &Register, day: &str) {
    let display_name = "ADRUN Zoé".to_owned();
    let new =
        NewArrival { day: day.to_owned(), time: "09:00".to_owned(), display_name, birth_date: None, record: None };
    register.add_arrival(&new).expect("added");
}

/// A register with a change, two proofs and three arrivals on the days named.
fn kept(register: &Register) {
    let record = insert(register, "ADRUN", "ZOE", None);
    change(register, record, day("2026-03-01").as_second(), RENAMED).expect("written");
    for checked in ["2026-03-01", "2026-03-31"] {
        change(register, record, day(checked).as_second(), CHECK).expect("written");
    }
    for booked in ["2026-03-01", "2026-03-30", "2026-03-31"] {
        add_arrival(register, booked);
    }
}

type Rules<'a> = &'a [(SiteRule, u32)];

/// Of the journal's traits, of proofs, of arrivals.
type Counts = (u64, u64, u64);

#[test]
fn what_is_due_is_what_the_site_decided_and_nothing_else() {
    use SiteRule::{ArrivalsDays, BackupsKept, JournalTraitsDays, ProofsDays};
    let none = (0, 0, 0);
    #[rustfmt::skip]
    let cases: [(&str, Rules<'_>, &str, Counts); 9] = [
        ("nothing decided", &[], "2126-01-01", none),
        ("how many backups erases nothing here", &[(BackupsKept, 1)], "2126-01-01", none),
        ("the journal's traits", &[(JournalTraitsDays, 30)], "2026-04-01", (1, 0, 0)),
        ("not before their time", &[(JournalTraitsDays, 31)], "2026-04-01", none),
        ("proofs", &[(ProofsDays, 30)], "2026-04-01", (0, 1, 0)),
        ("arrivals", &[(ArrivalsDays, 1)], "2026-04-01", (0, 0, 2)),
        ("arrivals of the day before are kept for a day", &[(ArrivalsDays, 0)], "2026-04-01", (0, 0, 3)),
        ("all", &[(JournalTraitsDays, 0), (ProofsDays, 0), (ArrivalsDays, 0)], "2026-04-01", (1, 2, 3)),
        ("for longer than there are days", &[(ProofsDays, u32::MAX)], "2026-04-01", none),
    ];
    for (rule, rules, now, expected) in cases {
        let register = Register::in_memory().expect("a register");
        kept(&register);
        for (of, days) in rules {
            decide(&register, *of, *days);
        }
        let before = lines(&register);
        let counts = |report: PurgeReport| (report.journal_traits.count, report.proofs.count, report.arrivals.count);
        assert_eq!(counts(register.purgeable(day(now)).expect("read")), expected, "{rule}");
        assert_eq!(lines(&register), before, "{rule}: looking writes nothing");
        assert_eq!(counts(register.purge(day(now), "anne").expect("done")), expected, "{rule}");
        let batches = [expected.0, expected.1, expected.2].into_iter().filter(|count| *count > 0).count();
        assert_eq!(lines(&register), before + u64::try_from(batches).expect("few"), "{rule}");
        assert_eq!(counts(register.purge(day(now), "anne").expect("done")), none, "{rule}: again");
        let state = register.verify_journal().expect("read");
        assert_eq!((state.is_whole(), state.erased), (true, expected.0), "{rule}");
    }
}

#[test]
fn a_status_goes_on_resting_on_a_proof_that_is_no_longer_kept() {
    let (register, record) = inserted();
    change(&register, record, 1, CHECK).expect("written");
    decide(&register, SiteRule::ProofsDays, 30);
    register.purge(day("2026-04-01"), "anne").expect("done");
    assert!(register.proofs(record).expect("read").is_empty());
    let pieces: i64 =
        register.writer().query_row("SELECT count(*) FROM proof_pieces", [], |row| row.get(0)).expect("read");
    assert_eq!(pieces, 0);
    assert_eq!(read(&register, record).identity().status(), Status::Validated);
    change(&register, record, 2, ACCEPT).expect("written");
    assert_eq!(read(&register, record).identity().status(), Status::Qualified);
    // Which device it was is evidence, and stays (EXI SI 10).
    let mut devices = Vec::new();
    let each = |line: crate::JournalLine| {
        devices.extend(line.evidence.into_iter().filter(|(name, _)| name == "devices").map(|(_, value)| value));
        Ok::<_, ReadError>(())
    };
    register.journal_lines(&JournalFilter::default(), each).expect("read");
    assert_eq!(devices, ["passport"]);
}

#[test]
fn a_batch_and_its_line_are_both_written_or_neither() {
    let register = Register::in_memory().expect("a register");
    let many = BATCH * 2 + 1;
    {
        let mut connection = register.writer();
        let transaction = connection.transaction().expect("begun");
        for _ in 0..many {
            let arrival = "INSERT INTO arrivals (day, time, display_name) VALUES ('2026-03-01', '09:00', 'X')";
            transaction.execute(arrival, []).expect("added");
        }
        transaction.commit().expect("committed");
    }
    add_arrival(&register, "2026-04-01");
    decide(&register, SiteRule::ArrivalsDays, 7);
    let left =
        || -> u32 { register.writer().query_row("SELECT count(*) FROM arrivals", [], |row| row.get(0)).expect("read") };
    refuse_lines(&register, ActKind::ArrivalsPurged);
    assert!(register.purge(day("2026-04-01"), "anne").is_err());
    assert_eq!(left(), many + 1);
    register.writer().execute_batch("DROP TRIGGER no_line").expect("dropped");
    let next = i64::try_from(lines(&register)).expect("few") + 1;
    let report = register.purge(day("2026-04-01"), "anne").expect("done");
    assert_eq!((report.arrivals.count, left()), (u64::from(many), 1));
    assert_eq!(kinds_from(&register, next), [ActKind::ArrivalsPurged; 3], "a line a batch");
    let state = register.arrivals("2026-04-01").expect("read").first().map(|one| one.state);
    assert_eq!(state, Some(ArrivalState::Expected));
}

/// Copies a register in memory, page by page, into a file in clear, and says whether a text is in it.
fn in_its_pages(register: &Register, text: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pages.db");
    register.writer().backup("main", &file, None::<fn(rusqlite::backup::Progress)>).expect("copied");
    let bytes = std::fs::read(&file).expect("read");
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn what_is_erased_is_in_no_page_any_more() {
    let register = Register::in_memory().expect("a register");
    let record = insert(&register, "ADRUN", "ZOE", None);
    change(&register, record, 1, RENAMED).expect("written");
    // The name leaves the record; the journal alone still has it.
    change(&register, record, 2, |one, act| {
        let birth_name = Stated::parse(Some("ADRUN"), BirthName::parse);
        one.revise(Traits { birth_name, ..one.traits().clone() }, Entitlement::LockedTraits, act)
    })
    .expect("written");
    decide(&register, SiteRule::JournalTraitsDays, 30);
    assert!(in_its_pages(&register, "ZWICKENPFLUG"), "nothing to look for");
    register.purge(day("2026-04-01"), "anne").expect("done");
    assert!(!in_its_pages(&register, "ZWICKENPFLUG"));
    let mut traits = Vec::new();
    let each = |line: crate::JournalLine| {
        traits.push(line.traits);
        Ok::<_, ReadError>(())
    };
    register.journal_lines(&JournalFilter { record: Some(record), ..JournalFilter::default() }, each).expect("read");
    assert_eq!(traits, [LineTraits::None, LineTraits::Erased, LineTraits::Erased]);
}

#[test]
fn nothing_of_what_is_erased_stays_in_the_write_ahead_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("register.db");
    let key = RegisterKey::from_bytes(&[7; 32]).expect("a key");
    let register = Register::open(&file, &key).expect("made");
    kept(&register);
    decide(&register, SiteRule::JournalTraitsDays, 0);
    register.count().expect("a reader is open");
    let written = || std::fs::metadata(folder.path().join("register.db-wal")).expect("beside the register").len();
    assert!(written() > 0, "nothing to empty");
    let report = register.purge(day("2026-04-01"), "anne").expect("done");
    assert!(report.write_ahead_emptied);
    assert_eq!(written(), 0);
    assert!(register.verify_journal().expect("read").is_whole());
}
