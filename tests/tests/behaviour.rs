//! Every test that docs/behaviour.md names exists.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !["target", "node_modules", "dist", ".git"].contains(&name) {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "mjs") {
            found.push(path);
        }
    }
}

#[test]
fn every_test_named_in_the_behaviour_page_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/behaviour.md")).expect("docs/behaviour.md");
    let mut files = Vec::new();
    for folder in ["crates", "src-tauri", "tests", "ui"] {
        sources(&root.join(folder), &mut files);
    }
    let named: Vec<(&str, &str)> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
        .filter(|(file, _)| *file != "file")
        .collect();
    assert!(named.len() > 25, "{} tests named", named.len());
    for (file, test) in named {
        let holds = files.iter().filter(|path| path.ends_with(file)).any(|path| {
            fs::read_to_string(path).is_ok_and(|text| {
                text.contains(&format!("fn {test}(")) || (file.ends_with("mjs") && text.contains(test))
            })
        });
        assert!(holds, "{file}::{test}");
    }
}
