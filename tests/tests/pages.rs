//! What the pages in docs/ say of the tests is true: the tests exist, and hold the rules named.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The sources that hold tests, read once.
struct Sources(Vec<(PathBuf, String)>);

impl Sources {
    fn read() -> Self {
        let mut files = Vec::new();
        for folder in ["crates", "src-tauri", "tests", "ui"] {
            collect(&root().join(folder), &mut files);
        }
        Self(files)
    }

    /// The texts of the files that end with `file` and hold a test of this name.
    fn holding<'a>(&'a self, file: &'a str, test: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(path, text)| {
                path.ends_with(file)
                    && (text.contains(&format!("fn {test}(")) || (file.ends_with("mjs") && text.contains(test)))
            })
            .map(|(_, text)| text.as_str())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !["target", "node_modules", "dist", ".git"].contains(&name) {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "mjs") {
            let text = fs::read_to_string(&path).expect("a source");
            found.push((path, text));
        }
    }
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).expect("a page")
}

/// The `file::test` pairs between backquotes.
fn tests_named(text: &str) -> Vec<(&str, &str)> {
    let codes = text.split('`').skip(1).step_by(2);
    codes.filter_map(|code| code.split_once("::")).filter(|(file, _)| *file != "file").collect()
}

#[test]
fn every_test_named_in_a_page_exists() {
    let sources = Sources::read();
    for (name, least) in
        [("behaviour.md", 25), ("conformity.md", 60), ("franceconnect-checklist.md", 20), ("failures.md", 60)]
    {
        let page = page(name);
        let named = tests_named(&page);
        assert!(named.len() > least, "{name}: {} tests named", named.len());
        for (file, test) in named {
            assert!(sources.holding(file, test).next().is_some(), "{name}: {file}::{test}");
        }
    }
}

/// The lines of the conformity page under their first cell.
fn conformity(page: &str) -> BTreeMap<&str, &str> {
    page.lines()
        .filter_map(|line| {
            let (id, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
            Some((id.trim(), rest))
        })
        .collect()
}

#[test]
fn every_case_of_the_table_is_a_named_case_of_a_test_or_says_why_not() {
    let (sources, page) = (Sources::read(), page("conformity.md"));
    let lines = conformity(&page);
    let mut wrong = Vec::new();
    for row in 1..=107 {
        let Some(line) = lines.get(format!("row {row}").as_str()) else {
            wrong.push(format!("row {row} is not in the page"));
            continue;
        };
        let named = tests_named(line);
        let open = line.contains("not yet") || line.contains("by hand");
        if named.is_empty() && !open {
            wrong.push(format!("row {row} has no test and does not say why"));
        }
        for (file, test) in named {
            if !open && !sources.holding(file, test).any(|text| names_row(text, row)) {
                wrong.push(format!("row {row}: no case of {file} has its name"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a table of cases has a line of this name: `"row 7"`, `"row 7, space"`, `("7", …`.
fn names_row(text: &str, row: u32) -> bool {
    ["row {}\"", "row {},", "row {}:", "(\"{}\"", "(\"{},", "\"{}\",\n"]
        .iter()
        .any(|form| text.contains(&form.replace("{}", &row.to_string())))
}

#[test]
fn every_testable_requirement_is_in_the_page() {
    let page = page("conformity.md");
    let lines = conformity(&page);
    // DMN v1.2.2 as ins.md §2.6 lists it: there is no INS 36.
    for number in (1..=46).filter(|number| *number != 36) {
        let line = lines.get(format!("INS {number}").as_str()).unwrap_or_else(|| panic!("INS {number}"));
        let proved = !tests_named(line).is_empty();
        assert!(
            proved || line.contains("not yet") || line.contains("by hand"),
            "INS {number} is neither proved nor open"
        );
    }
}

#[test]
fn every_attack_on_the_listener_is_a_named_case_of_a_test() {
    let (sources, page) = (Sources::read(), page("behaviour.md"));
    let lines = conformity(&page);
    for number in 1..=51 {
        let name = format!("K{number:02}");
        let line = lines.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not in the page"));
        let named = tests_named(line);
        assert!(!named.is_empty(), "{name} has no test");
        for (file, test) in named {
            let case = |text: &str| text.contains(&format!("\"{name} ")) || text.contains(&format!("\"{name}\""));
            assert!(sources.holding(file, test).any(case), "{name}: no case of {file} has its name");
        }
    }
}

#[test]
fn every_failure_is_provoked_by_a_test_that_names_it() {
    let (sources, page) = (Sources::read(), page("failures.md"));
    let mut seen = 0;
    for line in page.lines() {
        let cells: Vec<_> = line.split(" | ").collect();
        let [_, code, reference, _, proof] = cells.as_slice() else { continue };
        let Some(code) = code.strip_prefix('`').and_then(|code| code.strip_suffix('`')) else { continue };
        // The four of the browser are variants of an enum, which their tests match.
        if !reference.starts_with("FC-") {
            continue;
        }
        seen += 1;
        let named = tests_named(proof);
        assert!(!named.is_empty() || proof.contains("by hand"), "{code} has no test and does not say why");
        let mentions =
            |(file, test): &(&str, &str)| sources.holding(file, test).any(|text| text.contains(&format!("\"{code}\"")));
        assert!(named.is_empty() || named.iter().any(mentions), "{code}: no test named names it");
    }
    assert!(seen > 45, "{seen} codes read");
}

#[test]
fn every_situation_of_the_flow_is_in_the_page() {
    let page = page("failures.md");
    let lines = conformity(&page);
    for number in 1..=28 {
        let name = format!("P{number:02}");
        let line = lines.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not in the page"));
        assert!(!tests_named(line).is_empty() || line.contains("by hand"), "{name} is neither proved nor open");
    }
}

/// How a rule or a specification is named in a comment.
const SOURCES: [&str; 17] = [
    "EXI ",
    "EF_",
    "DMN INS",
    "RNIV",
    "ins.md §",
    "franceconnect.md §",
    "RFC ",
    "ISO ",
    "ICAO",
    "ANTS",
    "2D-Doc",
    "DMX",
    "Soundex",
    "ZFD-",
    "PAM",
    "FR Core",
    "insi_",
];

#[test]
fn every_public_item_of_the_identity_crate_names_its_source() {
    let mut sources = Vec::new();
    collect(&root().join("crates/identity/src"), &mut sources);
    let (mut seen, mut without) = (0, Vec::new());
    for (path, text) in sources.iter().filter(|(path, _)| !path.ends_with("tests.rs")) {
        let mut comment = String::new();
        for line in text.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]") {
            if let Some(doc) = line.strip_prefix("///") {
                comment.push_str(doc);
                comment.push(' ');
            } else if let Some(item) = public_item(line) {
                seen += 1;
                if !SOURCES.iter().any(|source| comment.contains(source)) {
                    without.push(format!("{}: {item}", path.display()));
                }
                comment.clear();
            } else if !line.starts_with("#[") && !line.starts_with(')') {
                comment.clear();
            }
        }
    }
    assert!(seen > 250, "{seen} public items read");
    assert!(without.is_empty(), "{without:#?}");
}

fn public_item(line: &str) -> Option<&str> {
    let item = line.strip_prefix("pub ")?;
    ["fn ", "const fn ", "struct ", "enum ", "const ", "type ", "trait "]
        .iter()
        .find_map(|kind| item.strip_prefix(kind))?
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        // The name that a macro puts in: its comment stands where the macro is used.
        .filter(|name| !name.is_empty())
}
