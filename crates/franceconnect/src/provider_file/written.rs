//! A TOML table, read key by key: what is wrong is said with its line and its key, never with its value.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

use super::{ProviderFileError, ProviderFileProblem as Problem};
use crate::pinned::may_carry_tokens;

pub(super) type Read<T> = Result<T, ProviderFileError>;

/// One table of the file, with the keys that somebody has asked for.
pub(super) struct Written<'a> {
    text: &'a str,
    name: &'static str,
    line: usize,
    table: &'a DeTable<'a>,
    asked: RefCell<BTreeSet<&'a str>>,
}

/// A value with its place in the file.
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) line: usize,
    pub(super) key: String,
}

impl<T> At<T> {
    pub(super) fn wrong(&self, problem: Problem) -> ProviderFileError {
        ProviderFileError { line: self.line, key: self.key.clone(), problem }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At { value: change(self.value), line: self.line, key: self.key }
    }
}

impl<'a> Written<'a> {
    pub(super) fn whole(text: &'a str, table: &'a DeTable<'a>) -> Self {
        Self { text, name: "", line: 1, table, asked: RefCell::default() }
    }

    /// Says what is wrong with the table as a whole, under a key that it lacks.
    pub(super) fn missing(&self, key: &str) -> ProviderFileError {
        self.wrong(key, Problem::Missing)
    }

    pub(super) fn wrong(&self, key: &str, problem: Problem) -> ProviderFileError {
        ProviderFileError { line: self.line_of(key).unwrap_or(self.line), key: self.path(key), problem }
    }

    /// Returns the keys that are there, whatever they are: of tables whose keys the file chooses.
    pub(super) fn keys(&self) -> Vec<String> {
        let keys = self.table.keys();
        keys.map(|key| {
            let key: &'a str = key.get_ref().as_ref();
            self.asked.borrow_mut().insert(key);
            key.to_owned()
        })
        .collect()
    }

    pub(super) fn text(&self, key: &str) -> Read<Option<At<String>>> {
        self.read(key, "a text", |value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned))
    }

    pub(super) fn flag(&self, key: &str) -> Read<Option<At<bool>>> {
        self.read(key, "true or false", DeValue::as_bool)
    }

    /// Reads a list of texts; one text is a list of one.
    pub(super) fn texts(&self, key: &str) -> Read<Option<At<Vec<String>>>> {
        // A space would make two of one when it is sent.
        let text = |value: &DeValue<'_>| {
            let text = value.as_str().filter(|text| !text.is_empty() && !text.contains(char::is_whitespace));
            text.map(str::to_owned)
        };
        self.read(key, "texts without spaces", |value| match value.as_array() {
            Some(list) => list.iter().map(|item| text(item.get_ref())).collect(),
            None => text(value).map(|one| vec![one]),
        })
    }

    pub(super) fn number(&self, key: &str, range: RangeInclusive<u32>) -> Read<Option<At<u32>>> {
        let number = self.read(key, "a whole number", |value| value.as_integer()?.as_str().parse::<u32>().ok())?;
        match number {
            Some(number) if !range.contains(&number.value) => {
                Err(number.wrong(Problem::OutOfRange { least: *range.start(), most: *range.end() }))
            }
            other => Ok(other),
        }
    }

    pub(super) fn address(&self, key: &str) -> Read<Option<At<Url>>> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        match Url::parse(&text.value) {
            Ok(url) if may_carry_tokens(&url) => Ok(Some(text.map(|_| url))),
            Ok(_) | Err(_) => Err(text.wrong(Problem::NotAnAddress)),
        }
    }

    /// Reads one of a few words.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &'static [(&'static str, T)]) -> Read<Option<At<T>>> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        match words.iter().find(|(word, _)| *word == text.value) {
            Some((_, meaning)) => Ok(Some(text.map(|_| *meaning))),
            None => Err(text.wrong(Problem::NotOneOf(words.iter().map(|(word, _)| *word).collect()))),
        }
    }

    pub(super) fn table(&self, key: &'static str) -> Read<Option<Written<'a>>> {
        let Some((name, value)) = self.entry(key) else {
            return Ok(None);
        };
        let value = value.get_ref();
        if let Some(table) = value.as_table() {
            let line = line_of(self.text, name.span().start);
            return Ok(Some(Written { text: self.text, name: key, line, table, asked: RefCell::default() }));
        }
        let literal = value.is_str() && matches!(key, "secret" | "encryption" | "client_key");
        Err(self.wrong(key, if literal { Problem::LiteralSecret } else { Problem::WrongType("a table") }))
    }

    /// Refuses the keys that nobody asked for.
    pub(super) fn finish(&self, of_other_kinds: &[&str]) -> Read<()> {
        for key in self.table.keys() {
            let key: &str = key.get_ref().as_ref();
            if self.asked.borrow().contains(key) {
                continue;
            }
            let problem = if of_other_kinds.contains(&key) {
                Problem::NotForThisKind
            } else if is_secret(key) {
                Problem::LiteralSecret
            } else {
                Problem::UnknownKey
            };
            return Err(self.wrong(key, problem));
        }
        Ok(())
    }

    fn read<T>(
        &self,
        key: &str,
        expected: &'static str,
        take: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Read<Option<At<T>>> {
        let Some((name, value)) = self.entry(key) else {
            return Ok(None);
        };
        let line = line_of(self.text, name.span().start);
        match take(value.get_ref()) {
            Some(value) => Ok(Some(At { value, line, key: self.path(key) })),
            None => Err(self.wrong(key, Problem::WrongType(expected))),
        }
    }

    fn entry(&self, key: &str) -> Option<(&'a Spanned<toml::de::DeString<'a>>, &'a Spanned<DeValue<'a>>)> {
        let (name, value) = self.table.get_key_value(key)?;
        self.asked.borrow_mut().insert(name.get_ref().as_ref());
        Some((name, value))
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn line_of(&self, key: &str) -> Option<usize> {
        self.table.get_key_value(key).map(|(name, _)| line_of(self.text, name.span().start))
    }
}

pub(super) fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}

/// A key by which somebody would write a secret into the file.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["secret", "password", "private_key", "value"].iter().any(|word| key.contains(word))
}
