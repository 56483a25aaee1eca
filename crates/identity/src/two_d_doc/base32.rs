//! Base32 without padding (RFC 4648 §6), as signatures are written.

/// The bytes, or `None` when a character or the length is impossible, or a bit that no byte holds is set.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let (mut held, mut bits) = (0_u16, 0);
    for character in text.trim_end_matches('=').bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'2'..=b'7' => character - b'2' + 26,
            _ => return None,
        };
        held = held << 5 | u16::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    // Five bits left over would be a character that brings nothing; bits set there make two writings of one signature.
    (bits < 5 && held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        for (text, bytes) in [
            ("", Some("")),
            ("MY", Some("f")),
            ("MY======", Some("f")),
            ("MZXQ", Some("fo")),
            ("MZXW6", Some("foo")),
            ("MZXW6YQ", Some("foob")),
            ("MZXW6YTB", Some("fooba")),
            ("MZXW6YTBOI", Some("foobar")),
            ("MZXW6 YTB\r\nOI", Some("foobar")),
            ("MZ", None),
            ("M", None),
            ("A", None),
            ("MZXW6YTBA", None),
            ("MZXW6Y", None),
            ("M1", None),
            ("my", None),
        ] {
            assert_eq!(decoded(text).as_deref(), bytes.map(str::as_bytes), "RFC 4648 §10: {text}");
        }
    }
}
