//! The real program at a certified provider that nobody here wrote: `tests/conformance/sign_in.test.mjs`.

use comptoir_tests::node::judge;
use std::io;

#[test]
#[ignore = "needs the npm packages: ./x test"]
fn the_program_signs_in_at_oidc_provider() -> io::Result<()> {
    judge("sign_in.test.mjs", "COMPTOIR_PROGRAM", env!("CARGO_BIN_EXE_comptoir"))
}
