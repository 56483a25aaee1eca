//! Published keys: read or refused; only the key that signed verifies (the example of RFC 7515 §A.3).
#![no_main]

use comptoir_franceconnect::fuzzed::verified_by;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
    DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

fuzz_target!(|published: &[u8]| {
    if verified_by(published, TOKEN) {
        let document: Value = serde_json::from_slice(published).expect("JSON");
        let keys = document["keys"].as_array().expect("a list");
        assert!(keys.len() <= 32);
        assert!(keys.iter().any(|key| key["x"] == X && key["y"] == Y), "a key of somebody else");
    }
});
