//! The form of the packed tables of places, shared by the build script that writes them and the code that reads them.
//!
//! Each table is one file, little-endian, without a header, read in place:
//!
//! | table | one item |
//! |---|---|
//! | names | bytes shared with the name before, bytes that follow, these bytes; sorted by search key |
//! | blocks | where in names each [`BLOCK`]th name starts, on three bytes; it shares nothing |
//! | entries | code number and kind of the name of the same rank, on three bytes |
//! | by code | rank of the entry, on two bytes; sorted by code, its own name first |
//! | successors | former code or part, then what followed it or holds it, on three bytes each; sorted |
//! | postal codes | postal code on three bytes, first item in "by postal code" on two; sorted |
//! | by postal code | rank of the entry, on two bytes |

/// How many names follow one another before one is written in full.
pub(crate) const BLOCK: usize = 16;

/// The kinds of an entry.
pub(crate) const COMMUNE: u32 = 0;
pub(crate) const DELEGATED: u32 = 1;
pub(crate) const ASSOCIATED: u32 = 2;
pub(crate) const ARRONDISSEMENT: u32 = 3;
pub(crate) const COUNTRY: u32 = 4;
pub(crate) const FORMER_COUNTRY: u32 = 5;

/// The bits of an entry that hold the code's number; the kind is above them.
pub(crate) const NUMBER_BITS: u32 = 17;

/// Numbers a code: its department, 2A and 2B after all others, then its last three digits.
///
/// `None` when the five characters do not have the form of a code.
pub(crate) fn number(code: [u8; 5]) -> Option<u32> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let (department, rest) = match code {
        [b'2', b'A', rest @ ..] => (100, rest),
        [b'2', b'B', rest @ ..] => (101, rest),
        [tens, units, rest @ ..] => (digit(tens)? * 10 + digit(units)?, rest),
    };
    rest.into_iter().try_fold(department, |number, byte| Some(number * 10 + digit(byte)?))
}
