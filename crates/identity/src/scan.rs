//! What a scanner does to a code on its way: separators shown as text, prefixes added, keyboards mixed up.

use std::borrow::Cow;

/// The separator that ends a field of variable length (ins.md §5.1, §5.2).
pub(crate) const GROUP: char = '\u{1d}';
/// The separator that ends a truncated field of a 2D-Doc (ANTS 2D-Doc 3.3.9).
pub(crate) const RECORD: char = '\u{1e}';
/// The separator between what a 2D-Doc says and its signature (ANTS 2D-Doc 3.3.9).
pub(crate) const UNIT: char = '\u{1f}';

/// The texts that scanners and logs write for a separator.
const SHOWN: [(&str, char); 24] = [
    ("<GS>", GROUP),
    ("{GS}", GROUP),
    ("[GS]", GROUP),
    ("^]", GROUP),
    ("\\x1d", GROUP),
    ("\\u001d", GROUP),
    ("<0x1d>", GROUP),
    ("␝", GROUP),
    ("<RS>", RECORD),
    ("{RS}", RECORD),
    ("[RS]", RECORD),
    ("^^", RECORD),
    ("\\x1e", RECORD),
    ("\\u001e", RECORD),
    ("<0x1e>", RECORD),
    ("␞", RECORD),
    ("<US>", UNIT),
    ("{US}", UNIT),
    ("[US]", UNIT),
    ("^_", UNIT),
    ("\\x1f", UNIT),
    ("\\u001f", UNIT),
    ("<0x1f>", UNIT),
    ("␟", UNIT),
];

/// The characters by which these texts begin.
const OPENS: [char; 8] = ['<', '{', '[', '^', '\\', '␝', '␞', '␟'];

/// The kind of code that was read, known from how it begins (ins.md §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeKind {
    /// The INS datamatrix: [`ScannedIdentity`](crate::ScannedIdentity).
    Datamatrix,
    /// A 2D-Doc of any type.
    TwoDDoc,
    /// A machine-readable zone: [`MrzIdentity`](crate::MrzIdentity).
    Mrz,
}

impl CodeKind {
    /// Tells the kinds apart, a garbled code included, so that each parser gives its own diagnosis (ins.md §5).
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let read = restored(text);
        if read.starts_with("IS0") || keyboard_fault(&read, "IS").is_some() {
            Some(Self::Datamatrix)
        } else if read.starts_with("DC0") || keyboard_fault(&read, "DC").is_some() {
            Some(Self::TwoDDoc)
        } else {
            read.contains('<').then_some(Self::Mrz)
        }
    }
}

/// A scanner and a computer that do not agree on the keyboard (ins.md §12 row 71).
///
/// Only named, never repaired: letters are exchanged too, and a name put back by guessing is another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyboardFault {
    /// The scanner types as an American keyboard and the computer has a French one: `ISà&` for `IS01`.
    AzertyComputer,
    /// The scanner types as a French keyboard and the computer has an American one: `IS)!` for `IS01`.
    QwertyComputer,
    /// Capitals are reversed, by the key that locks them: `is01`.
    CapitalsReversed,
}

/// The fault that the beginning of a code shows: `marker` is two capitals that a zero follows.
pub(crate) fn keyboard_fault(text: &str, marker: &str) -> Option<KeyboardFault> {
    let letters = text.get(..2)?;
    let next = text.get(2..)?.chars().next()?;
    if !letters.eq_ignore_ascii_case(marker) {
        return None;
    }
    match next {
        'à' | 'À' => Some(KeyboardFault::AzertyComputer),
        ')' => Some(KeyboardFault::QwertyComputer),
        '0' if letters != marker => Some(KeyboardFault::CapitalsReversed),
        _ => None,
    }
}

/// The fault that the signs of a French digit row show, where only capitals and digits are expected.
pub(crate) fn digit_row_fault(text: &str) -> Option<KeyboardFault> {
    text.contains(['&', 'é', '"', '(', 'è', '_', 'ç', 'à']).then_some(KeyboardFault::AzertyComputer)
}

/// The text as it was in the code: separators put back, the scanner's own prefix and the end of line left out.
///
/// Spaces at the end stay: in a zone without `<` they are filling.
pub(crate) fn restored(text: &str) -> Cow<'_, str> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).trim_end_matches(['\t', '\r', '\n']);
    let text = without_symbology(text);
    if !text.contains(OPENS) {
        return Cow::Borrowed(text.trim_start_matches(GROUP));
    }
    let mut restored = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let shown = SHOWN.iter().filter(|_| OPENS.contains(&character)).find(|(shown, _)| begins_with(rest, shown));
        let length = if let Some((shown, separator)) = shown {
            restored.push(*separator);
            shown.len()
        } else {
            restored.push(character);
            character.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(restored.trim_start_matches(GROUP).to_owned())
}

/// Leaves out the three characters by which a scanner may say what it read: `]d2` (ISO/IEC 15424).
fn without_symbology(text: &str) -> &str {
    let mut characters = text.chars();
    match (characters.next(), characters.next(), characters.next()) {
        (Some(']'), Some(kind), Some(modifier)) if kind.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() => {
            characters.as_str()
        }
        _ => text,
    }
}

fn begins_with(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_put_back_whatever_stands_for_them() {
        for (rule, read, expected) in [
            ("row 68, as in the code", "A\u{1d}B", "A\u{1d}B"),
            ("row 68, <GS>", "A<GS>B<gs>C", "A\u{1d}B\u{1d}C"),
            ("row 68, caret", "A^]B^^C^_D", "A\u{1d}B\u{1e}C\u{1f}D"),
            ("row 68, escaped", "A\\x1DB\\u001dC", "A\u{1d}B\u{1d}C"),
            ("row 68, braces", "A{GS}B[US]C", "A\u{1d}B\u{1f}C"),
            ("row 68, pictures", "A␝B␞C␟D", "A\u{1d}B\u{1e}C\u{1f}D"),
            ("§5.1, prefix", "]d2A<GS>B", "A\u{1d}B"),
            ("§5.1, prefix and first separator", "]d2\u{1d}AB\r\n", "AB"),
            ("a token first", "<GS>AB", "AB"),
            ("nothing to do", "\u{feff}ABÉ ", "ABÉ "),
            ("empty", "", ""),
        ] {
            assert_eq!(restored(read), expected, "{rule}");
        }
    }

    #[test]
    fn a_code_is_known_by_its_beginning() {
        for (read, kind) in [
            ("IS010000", Some(CodeKind::Datamatrix)),
            ("]d2IS010000", Some(CodeKind::Datamatrix)),
            ("ISà&àààà", Some(CodeKind::Datamatrix)),
            ("IS)!))))", Some(CodeKind::Datamatrix)),
            ("is010000", Some(CodeKind::Datamatrix)),
            ("DC04FR000001", Some(CodeKind::TwoDDoc)),
            ("DCà'", Some(CodeKind::TwoDDoc)),
            ("P<FRASPECIMEN<<NATACHA<<<", Some(CodeKind::Mrz)),
            ("IDFRABERTHIER<<<", Some(CodeKind::Mrz)),
            ("ISRAEL<<<", Some(CodeKind::Mrz)),
            ("275126322074974", None),
            ("", None),
        ] {
            assert_eq!(CodeKind::of(read), kind, "{read}");
        }
    }
}
