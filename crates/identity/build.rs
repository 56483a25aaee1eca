//! Packs the text tables of places, so that they are searched where they lie, without parsing.

#[path = "src/place/key.rs"]
#[expect(dead_code, reason = "what was typed is not read here")]
mod key;
#[path = "src/place/packed.rs"]
mod packed;
#[path = "src/spelling.rs"]
#[expect(dead_code, unreachable_pub, reason = "the key needs one function of it")]
mod spelling;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use key::{Key, Saint};

const COMMUNES: &str = "places/communes.tsv";
const COUNTRIES: &str = "places/countries.tsv";
const RENUMBERED: &str = "places/renumbered.tsv";

/// One name of one code.
#[derive(Default)]
struct Entry {
    key: Vec<u8>,
    name: String,
    number: u32,
    kind: u32,
    /// Rank in the text tables: the first line of a code bears its own name.
    line: usize,
    postal_codes: Vec<u32>,
}

#[derive(Default)]
struct Tables {
    entries: Vec<Entry>,
    successors: BTreeSet<(u32, u32)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    for input in [COMMUNES, COUNTRIES, RENUMBERED, "src/place/key.rs", "src/place/packed.rs", "src/spelling.rs"] {
        println!("cargo:rerun-if-changed={input}");
    }
    let mut tables = Tables::default();
    for columns in lines(&fs::read_to_string(COMMUNES)?) {
        tables.read_commune(&columns)?;
    }
    for columns in lines(&fs::read_to_string(COUNTRIES)?) {
        tables.read_country(&columns)?;
    }
    for columns in lines(&fs::read_to_string(RENUMBERED)?) {
        let [old, new] = columns.as_slice() else { return Err(format!("{RENUMBERED}: {columns:?}").into()) };
        tables.successors.insert((number(old)?, number(new)?));
    }
    tables.check()?;
    tables.entries.sort_by(|a, b| (&a.key, &a.name, a.line).cmp(&(&b.key, &b.name, b.line)));
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    tables.pack(&out)
}

fn lines(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn number(code: &str) -> Result<u32, Box<dyn Error>> {
    let bytes = <[u8; 5]>::try_from(code.as_bytes()).map_err(|_| format!("{code:?} has not five characters"))?;
    packed::number(bytes).ok_or_else(|| format!("{code:?} is not a code").into())
}

impl Tables {
    fn read_commune(&mut self, columns: &[&str]) -> Result<(), Box<dyn Error>> {
        let mut columns = columns.iter().copied().chain(std::iter::repeat(""));
        let mut column = || columns.next().unwrap_or_default();
        let (code, name, kind, whole, postal_codes, former) =
            (number(column())?, column(), column(), column(), column(), column());
        self.add(code, name, kind)?;
        for postal_code in postal_codes.split_whitespace() {
            let postal_code = postal_code.parse()?;
            self.entries.last_mut().ok_or("just added")?.postal_codes.push(postal_code);
        }
        for former in former.split_whitespace() {
            self.successors.insert((number(former)?, code));
        }
        if !whole.is_empty() && number(whole)? != code {
            self.successors.insert((code, number(whole)?));
        }
        Ok(())
    }

    fn read_country(&mut self, columns: &[&str]) -> Result<(), Box<dyn Error>> {
        let [code, name, kind, successors @ ..] = columns else {
            return Err(format!("{COUNTRIES}: {columns:?}").into());
        };
        let code = number(code)?;
        self.add(code, name, kind)?;
        for successor in successors.iter().flat_map(|codes| codes.split_whitespace()) {
            self.successors.insert((code, number(successor)?));
        }
        Ok(())
    }

    fn add(&mut self, number: u32, name: &str, kind: &str) -> Result<(), Box<dyn Error>> {
        let kind = match kind {
            "commune" => packed::COMMUNE,
            "delegated" => packed::DELEGATED,
            "associated" => packed::ASSOCIATED,
            "arrondissement" => packed::ARRONDISSEMENT,
            "country" => packed::COUNTRY,
            "former" => packed::FORMER_COUNTRY,
            _ => return Err(format!("{name}: the kind {kind:?} is unknown").into()),
        };
        let mut key = Key::default();
        key.fold(name, Saint::AsWritten);
        self.entries.push(Entry {
            key: key.letters().to_vec(),
            name: name.to_owned(),
            number,
            kind,
            line: self.entries.len(),
            postal_codes: Vec::new(),
        });
        Ok(())
    }

    /// Refuses tables in which a code that has been replaced is still in force, or leads to nothing.
    fn check(&self) -> Result<(), Box<dyn Error>> {
        let mut own = BTreeMap::new();
        for entry in &self.entries {
            own.entry(entry.number).or_insert(entry);
        }
        for (old, new) in &self.successors {
            let new = own.get(new).ok_or_else(|| format!("{old} leads to {new}, which has no line"))?;
            let in_force = |entry: &&&Entry| matches!(entry.kind, packed::COMMUNE | packed::COUNTRY);
            if let Some(old) = own.get(old).filter(in_force) {
                return Err(format!("{} is in force and has become {}", old.name, new.name).into());
            }
        }
        Ok(())
    }

    fn pack(&self, out: &OsString) -> Result<(), Box<dyn Error>> {
        let mut files = Files::default();
        let mut before: &[u8] = &[];
        let mut postal_codes: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
        for (rank, entry) in self.entries.iter().enumerate() {
            let name = entry.name.as_bytes();
            let first = rank % packed::BLOCK == 0;
            if first {
                push(&mut files.blocks, u32::try_from(files.names.len())?)?;
            }
            let shared = if first { 0 } else { before.iter().zip(name).take_while(|(a, b)| a == b).count() };
            let rest = name.get(shared..).unwrap_or_default();
            files.names.extend([u8::try_from(shared)?, u8::try_from(rest.len())?]);
            files.names.extend(rest);
            before = name;
            push(&mut files.entries, entry.number | entry.kind << packed::NUMBER_BITS)?;
            for postal_code in &entry.postal_codes {
                postal_codes.entry(*postal_code).or_default().push(u16::try_from(rank)?);
            }
        }
        let mut by_code: Vec<_> = self.entries.iter().zip(0_u16..).collect();
        by_code.sort_by_key(|(entry, _)| (entry.number, entry.line));
        files.by_code.extend(by_code.iter().flat_map(|(_, rank)| rank.to_le_bytes()));
        for (old, new) in &self.successors {
            push(&mut files.successors, *old)?;
            push(&mut files.successors, *new)?;
        }
        for (postal_code, ranks) in &postal_codes {
            push(&mut files.postal_codes, *postal_code)?;
            files.postal_codes.extend(u16::try_from(files.by_postal_code.len() / 2)?.to_le_bytes());
            files.by_postal_code.extend(ranks.iter().flat_map(|rank| rank.to_le_bytes()));
        }
        files.write(Path::new(out))
    }
}

#[derive(Default)]
struct Files {
    names: Vec<u8>,
    blocks: Vec<u8>,
    entries: Vec<u8>,
    by_code: Vec<u8>,
    successors: Vec<u8>,
    postal_codes: Vec<u8>,
    by_postal_code: Vec<u8>,
}

impl Files {
    fn write(&self, out: &Path) -> Result<(), Box<dyn Error>> {
        for (name, content) in [
            ("names", &self.names),
            ("blocks", &self.blocks),
            ("entries", &self.entries),
            ("by_code", &self.by_code),
            ("successors", &self.successors),
            ("postal_codes", &self.postal_codes),
            ("by_postal_code", &self.by_postal_code),
        ] {
            fs::write(out.join(format!("places.{name}")), content)?;
        }
        Ok(())
    }
}

/// Writes a number on three bytes.
fn push(file: &mut Vec<u8>, number: u32) -> Result<(), Box<dyn Error>> {
    match number.to_le_bytes() {
        [a, b, c, 0] => file.extend([a, b, c]),
        [..] => return Err(format!("{number} does not fit in three bytes").into()),
    }
    Ok(())
}
