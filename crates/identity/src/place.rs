//! The birth place as an INSEE geographic code (COG).

mod key;
mod packed;
mod search;
mod table;

use std::fmt;

/// A commune code, or a country code 99xxx, five characters (ins.md §1.7).
///
/// The form is checked, not the existence: a code missing from today's table may come from INSi (row 47).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlaceCode([u8; 5]);

/// The code is not of the form `2A`, `2B` or two digits, then three digits (ins.md §1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceCodeError;

impl fmt::Display for PlaceCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a place code has five characters: two digits, 2A or 2B, then three digits")
    }
}

impl std::error::Error for PlaceCodeError {}

/// What a place's code stands for (ins.md §1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    /// A commune in force.
    Commune,
    /// A commune déléguée: part of a new commune; the seat has the new commune's code.
    Delegated,
    /// A commune associée: part of a commune, by the law of 1971.
    Associated,
    /// An arrondissement of Paris, Lyon or Marseille.
    Arrondissement,
    /// A code no longer in force, of which no name is kept: the name is that of the commune that it became.
    Former,
    /// A country or territory, 99xxx.
    Country,
    /// A country that has another code today, or a name that a country no longer bears.
    FormerCountry,
}

/// A place with its name, as the tables of INSEE have it (EXI ID 14, EXI ID 15).
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// Its code.
    pub code: PlaceCode,
    /// Its name in French, as INSEE writes it.
    pub name: String,
    /// What it is.
    pub kind: PlaceKind,
}

/// How two different codes stand for one territory, in either order (ins.md §12.4, rows 46, 52 and 54).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kinship {
    /// One is a municipality, the other one of its arrondissements.
    Arrondissement,
    /// One is a former code of the other: a merger, another department, a country that changed.
    Former,
    /// One is a commune déléguée or associée, the other the commune that it is part of.
    DelegatedOrAssociated,
}

impl Place {
    /// Finds at most `limit` places by label, postal code or code, best first (EXI ID 14, EXI ID 15).
    ///
    /// Two to five digits are a postal code or its beginning, five also a place code: the place that has the code, then
    /// those that have the postal code, then what a former code became. Any other text is a label: exact, exact but for
    /// its article, prefix, then prefix of a word inside, each in the order of names. Case, accents, hyphens and
    /// apostrophes are ignored, and `St` is also read as Saint.
    #[must_use]
    pub fn search(text: &str, limit: usize) -> Vec<Self> {
        search::search(text, limit)
    }

    /// Every place of exactly this name, none when it is a code: what a label stands for beyond doubt when it is one
    /// place (EXI ID 15). Letters are read as in [`search`](Self::search).
    #[must_use]
    pub fn named(label: &str) -> Vec<Self> {
        search::named(label)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place([personal])")
    }
}

impl PlaceCode {
    /// Parses a code, letters in either case (ins.md §1.7).
    ///
    /// # Errors
    /// [`PlaceCodeError`] when the form is not that of a code.
    pub fn parse(text: &str) -> Result<Self, PlaceCodeError> {
        let mut code = <[u8; 5]>::try_from(text.trim().as_bytes()).map_err(|_| PlaceCodeError)?;
        code.make_ascii_uppercase();
        if packed::number(code).is_some() { Ok(Self(code)) } else { Err(PlaceCodeError) }
    }

    /// Reads FranceConnect's pair: the commune when born in France (99100), else the country;
    /// `None` when neither is a code (ins.md §1.7).
    #[must_use]
    pub fn from_franceconnect(birth_place: &str, birth_country: &str) -> Option<Self> {
        match birth_country.trim() {
            "99100" | "" => Self::parse(birth_place).ok(),
            country => Self::parse(country).ok().filter(Self::is_country),
        }
    }

    /// The five characters (ins.md §1.7).
    #[must_use]
    pub fn as_str(&self) -> &str {
        // A parsed code is ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether the code is a country's (ins.md §1.7).
    #[must_use]
    pub fn is_country(&self) -> bool {
        self.0.starts_with(b"99")
    }

    /// Whether the code says where: 99999 stands for an unknown place, 99100 for somewhere in France (ins.md §1.7).
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.0 != *b"99999" && self.0 != *b"99100"
    }

    /// Names the place, or returns `None` for a code that is not in the tables: such a code is shown with a warning and
    /// never refused (ins.md §12 row 47).
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match table::of_code(*self).next() {
            Some(rank) => Some(Place { code: *self, name: table::name(rank)?, kind: table::entry(rank)?.1 }),
            None => self.place_of_former(),
        }
    }

    /// The codes in force that this one has become or is part of: the municipality of an arrondissement, the commune
    /// that another was merged into, the countries that a country became (ins.md §12 rows 46, 52 and 54).
    pub fn successors(&self) -> impl Iterator<Item = Self> + use<> {
        table::successors(*self)
    }

    /// Says how two different codes stand for one territory, or returns `None` (ins.md §12 rows 46, 52 and 54).
    ///
    /// Two arrondissements of one city, and two former communes of one new commune, are different places.
    #[must_use]
    pub fn same_territory(&self, other: &Self) -> Option<Kinship> {
        self.within(*other).or_else(|| other.within(*self))
    }

    fn within(self, whole: Self) -> Option<Kinship> {
        if self.successors().any(|successor| successor == whole) {
            return Some(match table::of_code(self).next().and_then(table::entry) {
                Some((_, PlaceKind::Arrondissement)) => Kinship::Arrondissement,
                Some((_, PlaceKind::Delegated | PlaceKind::Associated)) => Kinship::DelegatedOrAssociated,
                Some((_, PlaceKind::Commune | PlaceKind::Former | PlaceKind::Country | PlaceKind::FormerCountry))
                | None => Kinship::Former,
            });
        }
        self.is_corsican_before_1976(whole).then_some(Kinship::Former)
    }

    /// Corsica was divided in 1976: 20004 became 2A004. By number and not by the table, because INSi has answered 20020
    /// and then 2A020, which no commune has (row 47).
    fn is_corsican_before_1976(self, today: Self) -> bool {
        match (self.0, today.0) {
            ([b'2', b'0', old @ ..], [b'2', b'A' | b'B', new @ ..]) => old == new,
            _ => false,
        }
    }

    fn place_of_former(self) -> Option<Place> {
        let named = self.successors().find_map(|successor| table::of_code(successor).next())?;
        let unnamed = table::of_code(self).next().is_none();
        Some(Place { code: self, name: table::name(named)?, kind: PlaceKind::Former }).filter(|_| unnamed)
    }
}

impl fmt::Debug for PlaceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlaceCode([personal])")
    }
}

#[cfg(test)]
mod tests;
