//! Files as they go out, and come back.

use super::*;

#[test]
fn an_export_is_imported_back_and_gives_an_ins_only_where_qualified() {
    let desk = Desk::new();
    let pair = Ins::new(Matricule::parse("275126322074974").expect("a matricule"), InsOid::Nir);
    let other = Ins::new(Matricule::parse("236066322083656").expect("a matricule"), InsOid::Nia);
    let held = |ins: Ins| InsRecord::restored(Some(ins.into()), false, Vec::new());
    let standing = |ins, device| Standing::new(ins, device, Attributes::None).expect("allowed");
    for patient in [
        person("A;1", "'T HART", "Anne", "1980-01-02", held(pair), standing(true, true)),
        person("=2", "Martin", "Anne", "1992-00-00", held(other), standing(true, false)),
        person("local", "Roux", "Anne", "1992-11-00", InsRecord::EMPTY, Standing::PROVISIONAL),
    ] {
        desk.register.insert(&patient, &act()).expect("inserted");
    }
    desk.register
        .writer()
        .execute("INSERT INTO complementary_traits VALUES (1, 'phone', '+33 1 02')", [])
        .expect("inserted");
    let file = desk.path("out.csv");
    let exported = desk.register.export_to(&file, false, &act(), &mut |_| ControlFlow::Continue(())).expect("exported");
    assert_eq!((exported.records, exported.with_ins), (3, 1));
    let text = std::fs::read_to_string(&file).expect("read");
    assert!(text.contains("275126322074974;1.2.250.1.213.1.4.8"), "DMN INS 34");
    assert!(!text.contains("236066322083656"), "EXI SI 08: récupérée gives nothing away");
    assert!(
        text.contains("02/01/1980")
            && text.contains("00/00/1992")
            && text.contains("'+33 1 02")
            && text.contains("'=2")
    );
    assert!(matches!(
        desk.register.export_to(&file, false, &act(), &mut |_| ControlFlow::Continue(())),
        Err(ExportError::Exists)
    ));
    assert!(desk.register.export_to(&file, true, &act(), &mut |_| ControlFlow::Continue(())).is_ok());
    assert_eq!(desk.count("SELECT count(*) FROM journal WHERE kind = 'register-exported'"), 2);
    only_its_owner_reads(&file);
    let left: Vec<_> =
        std::fs::read_dir(desk.folder.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".part")), "{left:?}");

    let (again, _) = desk.import(&text);
    assert_eq!((again.counts.unchanged, again.counts.rejected), (3, 0), "read back into the register it is from");
    let empty = Desk::new();
    let (report, _) = empty.import(&text);
    assert_eq!((report.counts.inserted, report.counts.rejected), (3, 0));
    let second = empty.path("again.csv");
    empty.register.export_to(&second, false, &act(), &mut |_| ControlFlow::Continue(())).expect("exported");
    let without_ins = text.replace("275126322074974;1.2.250.1.213.1.4.8", ";");
    assert_eq!(
        std::fs::read_to_string(&second).expect("read"),
        without_ins,
        "DMN INS 35: what came in is not given out"
    );
}

#[cfg(unix)]
fn only_its_owner_reads(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(not(unix))]
fn only_its_owner_reads(_: &Path) {}
