//! `docs/simulator.md` names proofs that exist.

use std::fs;
use std::path::Path;

#[test]
fn every_proof_exists() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(here.join("../../docs/simulator.md")).unwrap();
    let mut proofs = 0;
    for proof in text.split('`').filter(|piece| piece.contains(".rs::")) {
        let (file, name) = proof.split_once("::").unwrap();
        let found = ["src", "tests/simulator"].iter().any(|folder| {
            let source = fs::read_to_string(here.join(folder).join(file)).unwrap_or_default();
            source.contains(&format!("fn {name}()"))
        });
        assert!(found, "{proof}");
        proofs += 1;
    }
    assert!(proofs > 60, "{proofs}");
    for point in ["| 1 |", "| 4, 5 |", "| 7, 8 |", "| 20–23 |", "| 40 |"] {
        assert!(text.contains(point), "{point}");
    }
}
