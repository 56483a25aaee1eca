//! The arguments of the test programs: `--name value` pairs and flags, nothing more.

use std::collections::BTreeMap;
use std::str::FromStr;

/// What was asked on the command line.
#[derive(Debug, Default)]
pub struct Arguments {
    values: BTreeMap<String, String>,
}

impl Arguments {
    /// Reads the arguments: each of `pairs` takes the next one as its value, each of `flags` takes none.
    ///
    /// # Errors
    /// The argument that is none of these, or that lacks its value.
    pub fn read(arguments: impl IntoIterator<Item = String>, pairs: &[&str], flags: &[&str]) -> Result<Self, String> {
        let mut arguments = arguments.into_iter();
        let mut values = BTreeMap::new();
        while let Some(name) = arguments.next() {
            let value = if pairs.contains(&name.as_str()) {
                arguments.next().ok_or_else(|| format!("{name} lacks its value"))?
            } else if flags.contains(&name.as_str()) {
                String::new()
            } else {
                return Err(format!("{name} is not known"));
            };
            values.insert(name, value);
        }
        Ok(Self { values })
    }

    /// The value given, or nothing.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether the flag was given.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value given, read; else the usual one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn value<T: FromStr>(&self, name: &str, usual: T) -> Result<T, String> {
        self.text(name).map_or(Ok(usual), |text| text.parse().map_err(|_| format!("{name} cannot be read")))
    }

    /// The values given, separated by commas; else the usual one.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn list<T: FromStr>(&self, name: &str, usual: T) -> Result<Vec<T>, String> {
        let Some(text) = self.text(name) else { return Ok(vec![usual]) };
        text.split(',').map(|one| one.parse().map_err(|_| format!("{name} cannot be read"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_or_named() {
        let read = |arguments: &[&str]| {
            let arguments = arguments.iter().map(|one| (*one).to_owned());
            Arguments::read(arguments, &["--size", "--seeds"], &["--disk"])
        };
        let given = read(&["--size", "12", "--disk", "--seeds", "1,2"]).expect("known");
        assert_eq!((given.value("--size", 1), given.value("--other", 7)), (Ok(12), Ok(7)));
        assert_eq!((given.flag("--disk"), given.list("--seeds", 3_u64)), (true, Ok(vec![1, 2])));
        assert_eq!(given.list("--sizes", 3_u64), Ok(vec![3]));
        for (arguments, expected) in
            [(&["--sized", "12"][..], "--sized is not known"), (&["--size"], "--size lacks its value")]
        {
            assert_eq!(read(arguments).expect_err("refused"), expected);
        }
        assert!(read(&["--size", "x"]).expect("known").value("--size", 1).is_err());
    }
}
