//! A certified client that nobody here wrote, at our simulator and our relay: `tests/conformance/`.
//!
//! Started from here and not as a step of its own: cargo alone builds the program that they talk to before it runs
//! them, and knows where it stands.

use comptoir_tests::node::judge;
use std::io;

const PROVIDER: &str = env!("CARGO_BIN_EXE_comptoir-provider");

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn openid_client_is_a_service_of_the_low_platform() -> io::Result<()> {
    judge("low.test.mjs", "COMPTOIR_PROVIDER", PROVIDER)
}

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn openid_client_is_a_service_of_the_high_platform() -> io::Result<()> {
    judge("high.test.mjs", "COMPTOIR_PROVIDER", PROVIDER)
}

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn openid_client_is_a_desk_of_the_relay() -> io::Result<()> {
    judge("relay.test.mjs", "COMPTOIR_PROVIDER", PROVIDER)
}

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn openid_client_and_oidc_provider_agree() -> io::Result<()> {
    judge("provider.test.mjs", "COMPTOIR_PROVIDER", PROVIDER)
}
