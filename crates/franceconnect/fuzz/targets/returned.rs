//! Returns: what is taken has a code of printable letters, and nothing of it prints.
#![no_main]

use comptoir_franceconnect::read_return;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    if let Some(returned) = read_return(query) {
        assert!(query.contains("state"));
        if let Some(brought) = returned.from_issuer("https://r.example") {
            assert!(!format!("{brought:?}").contains("code="));
        }
    }
});
