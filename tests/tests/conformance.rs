//! Programs that nobody here wrote, run by node against ours: `tests/conformance/`.
//!
//! Started from here and not as a step of its own: cargo alone builds the program that they talk to before it runs
//! them, and knows where it stands.
#![expect(clippy::expect_used, reason = "a test may stop at what should not be")]

use std::path::Path;
use std::process::Command;

fn judged_by(file: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let output = Command::new("node")
        .args(["--test", "--test-reporter=tap"])
        .arg(Path::new("tests/conformance").join(file))
        .current_dir(root)
        .env("COMPTOIR_PROVIDER", env!("CARGO_BIN_EXE_comptoir-provider"))
        .output()
        .expect("node, which the README asks for");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // A file without tests passes too.
    let passed = said.lines().find_map(|line| line.strip_prefix("# pass ")?.parse::<u32>().ok());
    assert!(passed.is_some_and(|passed| passed > 0), "{said}");
}

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn openid_client_is_a_service_of_the_low_platform() {
    judged_by("low.test.mjs");
}

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn openid_client_is_a_service_of_the_high_platform() {
    judged_by("high.test.mjs");
}

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn openid_client_is_a_desk_of_the_relay() {
    judged_by("relay.test.mjs");
}

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn openid_client_and_oidc_provider_agree() {
    judged_by("provider.test.mjs");
}
