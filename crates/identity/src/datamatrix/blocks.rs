//! Cutting the message into its blocks, by their ids.

use super::DatamatrixError;
use crate::scan::GROUP;

/// A block of the datamatrix (ins.md §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Block {
    /// S1, the matricule with its key.
    Matricule,
    /// S2, the object identifier of the authority.
    Oid,
    /// S3, the list of birth given names.
    GivenNames,
    /// S4, the birth name.
    BirthName,
    /// S5, the sex.
    Sex,
    /// S6, the birth date.
    BirthDate,
    /// S7, the code of the birth place, the only block that may be missing.
    BirthPlace,
}

impl Block {
    /// Every block, in the order of their ids (ins.md §5.1).
    pub const ALL: [Self; 7] =
        [Self::Matricule, Self::Oid, Self::GivenNames, Self::BirthName, Self::Sex, Self::BirthDate, Self::BirthPlace];

    /// The two characters that begin it (ins.md §5.1).
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Matricule => "S1",
            Self::Oid => "S2",
            Self::GivenNames => "S3",
            Self::BirthName => "S4",
            Self::Sex => "S5",
            Self::BirthDate => "S6",
            Self::BirthPlace => "S7",
        }
    }

    /// The greatest length of its value (ins.md §5.1).
    #[must_use]
    pub fn longest(self) -> usize {
        match self {
            Self::Matricule => 15,
            Self::Oid => 20,
            Self::GivenNames | Self::BirthName => 100,
            Self::Sex => 1,
            Self::BirthDate => 10,
            Self::BirthPlace => 5,
        }
    }

    fn is_fixed(self) -> bool {
        match self {
            Self::Matricule | Self::Sex | Self::BirthDate | Self::BirthPlace => true,
            Self::Oid | Self::GivenNames | Self::BirthName => false,
        }
    }

    /// The block whose id begins the text.
    fn beginning(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|block| text.starts_with(block.id()))
    }
}

/// The values of the blocks, each met once.
pub(super) struct Cut<'a>([Option<&'a str>; 7]);

impl<'a> Cut<'a> {
    pub(super) fn find(&self, block: Block) -> Option<&'a str> {
        Block::ALL.into_iter().zip(self.0).find(|(of, _)| *of == block).and_then(|(_, value)| value)
    }

    pub(super) fn get(&self, block: Block) -> Result<&'a str, DatamatrixError> {
        self.find(block).ok_or(DatamatrixError::Missing(block))
    }

    fn put(&mut self, block: Block, value: &'a str) -> Result<(), DatamatrixError> {
        for (of, place) in Block::ALL.into_iter().zip(&mut self.0) {
            if of == block && place.replace(value).is_some() {
                return Err(DatamatrixError::Repeated(block));
            }
        }
        Ok(())
    }
}

pub(super) fn cut(body: &str) -> Result<Cut<'_>, DatamatrixError> {
    let mut blocks = Cut([None; 7]);
    let mut rest = after_separator(body);
    while !rest.is_empty() {
        let block = Block::beginning(rest).ok_or(DatamatrixError::NoBlock)?;
        let content = rest.strip_prefix(block.id()).unwrap_or_default();
        let (value, next) = if block.is_fixed() {
            fixed(content, block.longest()).ok_or(DatamatrixError::Short(block))?
        } else {
            variable(content)
        };
        blocks.put(block, value)?;
        rest = after_separator(next);
    }
    Ok(blocks)
}

/// Separators are skipped wherever a block could begin: some printers put one after blocks of fixed length.
fn after_separator(text: &str) -> &str {
    text.trim_start_matches([GROUP, ' ', '\t', '\r', '\n'])
}

fn fixed(content: &str, length: usize) -> Option<(&str, &str)> {
    let end = content.char_indices().map(|(place, _)| place).chain([content.len()]).nth(length)?;
    content.split_at_checked(end)
}

/// Ends the value at a separator, or where the id of a block begins.
///
/// An id always ends a value: neither names nor object identifiers contain a letter before a digit, so the scanner
/// that lost the separators loses nothing, and a block at its greatest length, which no separator ends, is no trap.
fn variable(content: &str) -> (&str, &str) {
    let ends = |(place, character): (usize, char)| {
        let rest = content.get(place..).unwrap_or_default();
        (character == GROUP || Block::beginning(rest).is_some()).then_some(place)
    };
    let end = content.char_indices().find_map(ends).unwrap_or(content.len());
    content.split_at_checked(end).unwrap_or((content, ""))
}
