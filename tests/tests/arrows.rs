//! The arrows between our crates, read from `cargo metadata`: exactly these, and what must never be reached.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at what should not be")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Each crate of ours, then every other crate of ours that it may depend on to run.
const ARROWS: &[(&str, &[&str])] = &[
    ("comptoir-identity", &[]),
    ("comptoir-franceconnect", &["comptoir-identity"]),
    ("comptoir-register", &["comptoir-identity"]),
    ("comptoir-relay", &["comptoir-franceconnect"]),
    ("comptoir-simulator", &[]),
    ("comptoir-desk", &["comptoir-franceconnect", "comptoir-identity", "comptoir-register"]),
    (
        "comptoir",
        &[
            "comptoir-desk",
            "comptoir-franceconnect",
            "comptoir-identity",
            "comptoir-register",
            "comptoir-relay",
            "comptoir-simulator",
        ],
    ),
    (
        "comptoir-tests",
        &[
            "comptoir-desk",
            "comptoir-franceconnect",
            "comptoir-identity",
            "comptoir-register",
            "comptoir-relay",
            "comptoir-simulator",
        ],
    ),
    ("xtask", &[]),
];

/// What a crate must not reach, by any path.
const NEVER: &[(&str, &[&str])] = &[
    ("comptoir-identity", &["tokio", "serde", "rusqlite", "jiff", "reqwest", "tauri"]),
    ("comptoir-franceconnect", &["tauri", "rusqlite", "keyring"]),
    ("comptoir-register", &["tauri", "tokio", "reqwest", "keyring"]),
    ("comptoir-relay", &["tauri", "rusqlite", "keyring"]),
    ("comptoir-simulator", &["tauri", "rusqlite", "keyring"]),
    ("comptoir-desk", &["tauri", "keyring", "axum"]),
    ("comptoir-tests", &["tauri"]),
];

struct Graph {
    /// Package identifier to name.
    names: BTreeMap<String, String>,
    /// Package identifier to those it depends on to run or to build.
    edges: BTreeMap<String, BTreeSet<String>>,
    members: BTreeSet<String>,
}

fn graph() -> Graph {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        // One platform: the other systems' crates may never have been fetched on this machine.
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let names: BTreeMap<String, String> = list(&metadata["packages"])
        .iter()
        .map(|package| {
            (package["id"].as_str().expect("id").to_owned(), package["name"].as_str().expect("name").to_owned())
        })
        .collect();
    let id = |value: &Value| value.as_str().expect("id").to_owned();
    let members = list(&metadata["workspace_members"]).iter().map(|member| names[&id(member)].clone()).collect();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let targets = list(&node["deps"])
            .iter()
            .filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev"))
            .map(|dep| id(&dep["pkg"]))
            .collect();
        edges.insert(id(&node["id"]), targets);
    }
    Graph { names, edges, members }
}

impl Graph {
    fn ids_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.names.iter().filter(move |(_, of)| *of == name).map(|(id, _)| id.as_str())
    }
}

/// What a crate of ours brings along to run and to build, with the features that it alone asks for: in the
/// whole workspace a dependency may have more of them.
fn reached_from(name: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", name, "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn every_arrow_is_drawn_and_no_other() {
    let graph = graph();
    let declared: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(graph.members, declared, "a crate without its arrows in this table");
    for (name, allowed) in ARROWS {
        let ours: BTreeSet<&str> = graph
            .ids_of(name)
            .flat_map(|id| &graph.edges[id])
            .map(|target| graph.names[target].as_str())
            .filter(|target| graph.members.contains(*target))
            .collect();
        assert_eq!(ours, allowed.iter().copied().collect(), "{name}");
    }
}

#[test]
fn what_must_never_be_reached_is_not() {
    for (name, forbidden) in NEVER {
        let reached = reached_from(name);
        for target in *forbidden {
            assert!(!reached.contains(*target), "{name} reaches {target}");
        }
    }
    assert!(reached_from("comptoir").contains("tauri"), "the tree is read at all");
}
