//! How often each name and each birth place occurs: published counts where a folder has them, else a short list of
//! our own.

use super::builtin;
use comptoir_identity::{BirthName, GivenName, PlaceCode, Sex, Stated};
use fastrand::Rng;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The folder of the published counts; without it, the short list serves.
pub const WEIGHTS_FOLDER: &str = "COMPTOIR_WEIGHTS";

/// Why the published counts could not be read.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// The file cannot be opened or unpacked.
    #[error("{file} cannot be read")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No line of the file can be used.
    #[error("{0} has no line that can be used")]
    Empty(PathBuf),
}

/// Items, each with how often it is drawn.
#[derive(Debug, Clone)]
struct Weighted<T> {
    last: T,
    items: Vec<T>,
    sums: Vec<u64>,
}

impl<T: Clone> Weighted<T> {
    /// Takes the items with their weights; `None` when no weight is above zero.
    fn of(items: impl IntoIterator<Item = (T, u64)>) -> Option<Self> {
        let (mut kept, mut sums, mut sum) = (Vec::new(), Vec::new(), 0_u64);
        for (item, weight) in items.into_iter().filter(|(_, weight)| *weight > 0) {
            sum += weight;
            kept.push(item);
            sums.push(sum);
        }
        let last = kept.last()?.clone();
        Some(Self { last, items: kept, sums })
    }

    /// Draws one.
    fn draw(&self, rng: &mut Rng) -> &T {
        let total = self.sums.last().copied().unwrap_or(1);
        let drawn = rng.u64(0..total);
        self.items.get(self.sums.partition_point(|sum| *sum <= drawn)).unwrap_or(&self.last)
    }
}

/// What a practice's patients are drawn from.
#[derive(Debug, Clone)]
pub struct Weights {
    surnames: Weighted<Box<str>>,
    /// By letter of the sex and by decade.
    given: BTreeMap<(&'static str, u16), Weighted<Box<str>>>,
    communes: Weighted<PlaceCode>,
    countries: Weighted<PlaceCode>,
    /// The former codes of a commune of today.
    former: BTreeMap<String, Vec<PlaceCode>>,
}

impl Weights {
    /// Reads the published counts of the folder that [`WEIGHTS_FOLDER`] names, or takes the short list.
    ///
    /// # Errors
    /// See [`WeightsError`]. Performs I/O.
    pub fn from_environment() -> Result<Self, WeightsError> {
        match std::env::var_os(WEIGHTS_FOLDER) {
            Some(folder) => Self::read(Path::new(&folder)),
            None => Self::builtin(),
        }
    }

    /// The short list that is part of the program.
    ///
    /// # Errors
    /// See [`WeightsError`].
    pub fn builtin() -> Result<Self, WeightsError> {
        let surnames = builtin::SURNAMES.iter().map(|(name, weight)| ((*name).to_owned(), *weight));
        let given = builtin::GIVEN.iter().flat_map(|(sex, decades, names)| {
            names.split(' ').flat_map(move |name| {
                decades.iter().map(move |decade| ((*sex).to_owned(), name.to_owned(), *decade, 1))
            })
        });
        let communes = builtin::COMMUNES.iter().map(|(code, weight)| ((*code).to_owned(), *weight));
        let moves = builtin::MOVES.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned()));
        Self::of(surnames, given, communes, moves).map_err(|what| WeightsError::Empty(what.into()))
    }

    /// Reads `w_surnames`, `w_given`, `w_places` and `w_moves` (`.tsv.gz`) of a folder.
    ///
    /// # Errors
    /// See [`WeightsError`]. Performs I/O.
    pub fn read(folder: &Path) -> Result<Self, WeightsError> {
        let surnames = lines(folder, "w_surnames")?;
        let given = lines(folder, "w_given")?;
        let places = lines(folder, "w_places")?;
        let moves = lines(folder, "w_moves")?;
        Self::of(
            surnames.iter().filter_map(|line| Some((line.first()?.clone(), weight(line.get(1)?)?))),
            given.iter().filter_map(|line| {
                let [sex, name, decade, count] = line.as_slice() else { return None };
                Some((sex.clone(), name.clone(), decade.parse().ok()?, weight(count)?))
            }),
            // The third column counts births where the fourth counts inhabitants: people are born where maternity
            // wards are.
            places.iter().filter_map(|line| Some((line.first()?.clone(), weight(line.get(2)?)?))),
            moves.iter().filter_map(|line| Some((line.first()?.clone(), line.get(1)?.clone()))),
        )
        .map_err(|what| WeightsError::Empty(folder.join(what)))
    }

    fn of(
        surnames: impl Iterator<Item = (String, u64)>,
        given: impl Iterator<Item = (String, String, u16, u64)>,
        communes: impl Iterator<Item = (String, u64)>,
        moves: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, &'static str> {
        let surnames = surnames.filter(|(name, _)| is_spelled(name) && BirthName::parse(name).is_ok());
        let mut by_decade: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (sex, name, decade, weight) in given.filter(|(_, name, ..)| is_spelled(name)) {
            let Some(sex) = Sex::from_letter(&sex) else { continue };
            // A single letter, or initials, is no name that anybody is called by.
            if name.len() > 1 && GivenName::parse(&name).is_ok() && !name.contains(' ') {
                by_decade.entry((sex.letter(), decade)).or_default().push((name.into_boxed_str(), weight));
            }
        }
        let given: BTreeMap<_, _> =
            by_decade.into_iter().filter_map(|(key, names)| Some((key, Weighted::of(names)?))).collect();
        if [Sex::Female, Sex::Male].iter().any(|sex| !given.keys().any(|(letter, _)| *letter == sex.letter())) {
            return Err("w_given.tsv.gz");
        }
        let communes = communes.filter_map(|(code, weight)| {
            let code = PlaceCode::parse(&code).ok()?;
            Some((code, births_in_arrondissement(code).unwrap_or(weight)))
        });
        let countries =
            builtin::COUNTRIES.iter().filter_map(|(code, weight)| Some((PlaceCode::parse(code).ok()?, *weight)));
        let mut former: BTreeMap<String, Vec<PlaceCode>> = BTreeMap::new();
        for (old, new) in moves {
            if let Ok(old) = PlaceCode::parse(&old) {
                former.entry(new).or_default().push(old);
            }
        }
        Ok(Self {
            surnames: Weighted::of(surnames.map(|(name, weight)| (name.into_boxed_str(), weight)))
                .ok_or("w_surnames.tsv.gz")?,
            given,
            communes: Weighted::of(communes).ok_or("w_places.tsv.gz")?,
            countries: Weighted::of(countries).ok_or("countries")?,
            former,
        })
    }

    /// Draws a family name.
    pub fn surname(&self, rng: &mut Rng) -> &str {
        self.surnames.draw(rng)
    }

    /// Draws a given name of somebody of this sex born that year.
    pub fn given_name(&self, sex: Sex, year: u16, rng: &mut Rng) -> &str {
        let decade = year / 10 * 10;
        let of_sex = || self.given.iter().filter(|((letter, _), _)| *letter == sex.letter());
        of_sex().min_by_key(|((_, known), _)| known.abs_diff(decade)).map_or("CAMILLE", |(_, names)| names.draw(rng))
    }

    /// Draws a commune.
    pub fn commune(&self, rng: &mut Rng) -> PlaceCode {
        *self.communes.draw(rng)
    }

    /// Draws a country other than France.
    pub fn country(&self, rng: &mut Rng) -> PlaceCode {
        *self.countries.draw(rng)
    }

    /// The codes that a commune of today had, or that were merged into it.
    #[must_use]
    pub fn former_codes(&self, code: &PlaceCode) -> &[PlaceCode] {
        self.former.get(code.as_str()).map_or(&[], Vec::as_slice)
    }
}

/// Births in one arrondissement, of which the published table has none.
fn births_in_arrondissement(code: PlaceCode) -> Option<u64> {
    match city_of_arrondissement(&code)? {
        "75056" => Some(450_000),
        "13055" => Some(230_000),
        _ => Some(245_000),
    }
}

/// The municipality that an arrondissement of Paris, Lyon or Marseille is part of.
#[must_use]
pub fn city_of_arrondissement(code: &PlaceCode) -> Option<&'static str> {
    match code.as_str().parse().unwrap_or(0) {
        75_101..=75_120 => Some("75056"),
        69_381..=69_389 => Some("69123"),
        13_201..=13_216 => Some("13055"),
        _ => None,
    }
}

/// Whether a name is written in the INS character set.
fn is_spelled(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || matches!(c, ' ' | '-' | '\''))
        && matches!(Stated::parse(Some(name), BirthName::parse), Stated::Known(_))
}

/// A weight of the tables, in tenths: some are below one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, finite and above zero")]
fn weight(text: &str) -> Option<u64> {
    let weight: f64 = text.trim().parse().ok()?;
    (weight.is_finite() && weight > 0.0).then(|| (weight * 10.0).round() as u64)
}

fn lines(folder: &Path, name: &str) -> Result<Vec<Vec<String>>, WeightsError> {
    let file = folder.join(format!("{name}.tsv.gz"));
    let unreadable = |source| WeightsError::Unreadable { file: file.clone(), source };
    let reader = BufReader::new(GzDecoder::new(File::open(&file).map_err(unreadable)?));
    let mut lines = Vec::new();
    for line in reader.lines() {
        lines.push(line.map_err(unreadable)?.split('\t').map(str::to_owned).collect());
    }
    Ok(lines)
}
