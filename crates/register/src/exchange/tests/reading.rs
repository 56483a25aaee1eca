//! Files as they come: encodings, delimiters, quotes, and what is no table.

use super::*;

/// The name of a row whose file is written so.
fn name_read(desk: &Desk, bytes: impl AsRef<[u8]>) -> Option<String> {
    desk.import(bytes);
    let found = desk.register.search(
        &Search {
            birth_date: BirthDate::parse_iso("1980-01-02").expect("a date"),
            name_stem: None,
            given_name_stem: None,
        },
        10,
    );
    let patients = found.expect("read").patients;
    assert_eq!(patients.len(), 1);
    patients.first().and_then(|one| one.traits.birth_name.known().map(|name| name.raw().to_owned()))
}

#[test]
fn a_file_is_read_in_the_encoding_and_with_the_delimiter_it_has() {
    let plain = "NOM;PRENOM;DDN\nLEFÈVRE;ANNE;02/01/1980\n";
    let latin = b"NOM;PRENOM;DDN\r\nLEF\xC8VRE;ANNE;02/01/1980\r\n".to_vec();
    for (rule, bytes) in [
        ("UTF-8", plain.as_bytes().to_vec()),
        ("UTF-8 with its mark", format!("\u{feff}{plain}").into_bytes()),
        ("Windows-1252", latin.clone()),
        ("comma", plain.replace(';', ",").into_bytes()),
        ("tab", plain.replace(';', "\t").into_bytes()),
        ("a semicolon in a quoted title", b"\"Rang; au fichier\",NOM,PRENOM,DDN\n,LEF\xC8VRE,ANNE,02/01/1980".to_vec()),
        ("lines ended by a return", latin.iter().copied().filter(|byte| *byte != b'\n').collect()),
        ("the delimiter on a line of its own", format!("sep=,\n{}", plain.replace(';', ",")).into_bytes()),
        ("blank lines", format!("\n\n{}\n\n", plain.replace('\n', "\n\n")).into_bytes()),
        ("quoted", "\"NOM\";\"PRENOM\";\"DDN\"\n\"LEFÈVRE\";\"ANNE\";\"02/01/1980\"".as_bytes().to_vec()),
    ] {
        assert_eq!(name_read(&Desk::new(), bytes).as_deref(), Some("LEFÈVRE"), "{rule}");
    }
    let desk = Desk::new();
    let told =
        |bytes: &[u8]| desk.source(bytes).map(|source| (source.encoding(), source.delimiter())).expect("a source");
    assert_eq!(told(plain.as_bytes()), (Encoding::Utf8, Delimiter::Semicolon));
    assert_eq!(told(&latin), (Encoding::Windows1252, Delimiter::Semicolon));
    // A character cut by the end of a block is whole all the same.
    let long = format!("NOM;PRENOM;DDN\n{}", "é".repeat(100_000));
    assert_eq!(told(long.as_bytes()).0, Encoding::Utf8);
    assert_eq!(told(format!("x{long}").as_bytes()).0, Encoding::Utf8);
    assert_eq!(told(&[long.as_bytes(), b"\xC3"].concat()).0, Encoding::Windows1252, "cut in a character");
}

#[test]
fn what_is_no_table_is_named() {
    let desk = Desk::new();
    let long = format!("NOM\n{}", "x".repeat(2 << 20));
    for (rule, bytes, expected) in [
        ("nothing", b"".as_slice(), "the file is empty"),
        ("a mark alone", b"\xEF\xBB\xBF", "the file is empty"),
        ("blank", b"\r\n \r\n", "the file is empty"),
        ("a workbook", b"PK\x03\x04abc", "the file is a workbook"),
        ("an old workbook", b"\xD0\xCF\x11\xE0abc", "the file is a workbook"),
        ("Unicode text", b"\xFF\xFEN\0O\0M\0", "the file is UTF-16"),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0", "the file is not text"),
        ("no lines", long.as_bytes(), "line 2 is longer than any row"),
    ] {
        assert_eq!(
            desk.source(bytes).map(|_| ()).map_err(|error| error.to_string()),
            Err(expected.to_owned()),
            "{rule}"
        );
    }
    assert!(matches!(Source::open(&desk.path("absent.csv")), Err(SourceError::Unreadable(_))));
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_line() {
    let desk = Desk::new();
    let rows = "1;MARTIN;ANNE;;F;02/01/1980;75107;\"LYON\nCEDEX\"\n\
        2;\"MARTIN;BERTHE;;F;03/01/1980;75107;LYON\n\
        3;MARTIN;CLAIRE;;F;04/01/1980;75107;\"LYON\"\n\
        4;MARTIN;DORA;;F;05/01/1980;75107;5\" LYON\n\
        5;MARTIN;EVE;;F;06/01/1980;75107;\"LYON\n\
        6;MARTIN;FANNY;;F;07/01/1980;75107;LYON\n";
    let (report, said) = desk.import(format!("{TITLES}{rows}"));
    assert_eq!(report.counts, counts(6, 4, 0, 0, 2, 0));
    let lines: Vec<u64> = said.iter().map(|row| row.line).collect();
    assert_eq!(lines, [4, 7], "a cell over two lines counts for two");
    for record in ["1", "3", "4", "6"] {
        desk.patient(record);
    }
    assert!(
        desk.rejects().contains("\r\n4;guillemet ouvert et jamais fermé;2;\"\"\"MARTIN\";BERTHE;"),
        "{}",
        desk.rejects()
    );
}

#[test]
fn no_bytes_stop_the_reader() {
    // A generator of its own: every run tries the same files.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let pieces: [&[u8]; 22] = [
        b"\"",
        b";",
        b",",
        b"\t",
        b"\n",
        b"\r",
        b"\r\n",
        b"'",
        b"=",
        b"\xE9",
        b"\xC3\xA9",
        b"\xC3",
        b"\xEF\xBB\xBF",
        b"MARTIN",
        b"ANNE",
        b"02/01/1980",
        b"F",
        b"75107",
        b" ",
        b"sep=,",
        b"NOM;PRENOM;DDN\n",
        b"\xF0\x9F\x98\x80",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("in.csv");
    let register = Register::in_memory().expect("a register");
    let (mut read, mut rejected) = (0, 0);
    for round in 0..2_000_u32 {
        let mut bytes =
            if round % 2 == 0 { b"NOM;PRENOM;DDN;SEXE;LIEU DE NAISSANCE;INS\n".to_vec() } else { Vec::new() };
        for _ in 0..next() % 60 {
            let piece = usize::try_from(next() % pieces.len() as u64).expect("small");
            bytes.extend_from_slice(pieces[piece]);
        }
        std::fs::write(&file, &bytes).expect("written");
        let Ok(source) = Source::open(&file) else { continue };
        let Ok(mapping) = Mapping::proposed(source.headers()) else { continue };
        let options = ImportOptions {
            rejects: folder.path().join(format!("{round}.csv")),
            environment: Environment::Demonstration,
            today: BirthDate::parse_iso("2026-01-15").expect("a date"),
            batch: ImportOptions::BATCH,
        };
        match register.import(&source, &mapping, &options, &act(), &mut |_| ControlFlow::Continue(())) {
            Ok(report) => {
                let counts = report.counts;
                assert_eq!(counts.read, counts.inserted + counts.unchanged + counts.updated + counts.rejected);
                (read, rejected) = (read + counts.read, rejected + counts.rejected);
                if let Some(rejects) = report.rejects {
                    let again = Source::open(&rejects).expect("our own file is a source");
                    assert!(mapping.fits(again.headers()).is_ok(), "round {round}");
                }
            }
            Err(ImportError::Mapping(_)) => {}
            Err(error) => panic!("round {round}: {error}"),
        }
    }
    assert!(read > 1_000 && rejected > 500, "{read} rows, {rejected} rejected");
}
