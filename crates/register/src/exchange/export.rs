//! Export: every record that stands on its own, as a file that an import reads back.

use super::mapping::Column;
use super::private;
use super::writing::{UTF8_MARK, write_row};
use crate::journal::{Act, ActKind, append};
use crate::patient::{COLUMNS, Patient, read};
use crate::{ReadError, Register, WriteError};
use comptoir_identity::{BirthDate, BirthName, GivenName, GivenNames, Matricule, PlaceCode, Sex, Status, UsageName};
use rusqlite::Connection;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Records written.
    pub records: u64,
    /// Records written with their matricule.
    pub with_ins: u64,
}

/// Why the register was not exported. No file was changed.
#[derive(Debug, Error)]
pub enum ExportError {
    /// There is a file of that name already.
    #[error("there is a file of that name already")]
    Exists,
    /// It was cancelled.
    #[error("the export was cancelled")]
    Cancelled,
    /// The file could not be written.
    #[error("the file could not be written")]
    File(#[from] io::Error),
    /// The register could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The line of the journal could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<rusqlite::Error> for ExportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Read(error.into())
    }
}

/// Records between two moments at which an export can be cancelled.
const STEP: u64 = 1_000;

/// Every record that was not absorbed by another, in the order of their making.
const EVERY: &str = "WHERE p.merged_into IS NULL ORDER BY p.id";

impl Register {
    /// Writes the records as CSV: `;`, UTF-8 with its mark, dates as on paper. Performs I/O.
    ///
    /// A matricule is written only where the identity is *qualifiée* (DMN INS 34). The journal has its line before the
    /// first record is written. `on_progress` is told how many records are, and may cancel.
    ///
    /// # Errors
    /// See [`ExportError`]; what was written until then is not the whole register.
    pub fn export(
        &self,
        out: &mut dyn Write,
        act: &Act<'_>,
        on_progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Exported, ExportError> {
        {
            let mut connection = self.writer();
            let transaction = connection.transaction().map_err(WriteError::from)?;
            append(&transaction, &act.of_kind(ActKind::RegisterExported), None).map_err(WriteError::from)?;
            transaction.commit().map_err(WriteError::from)?;
        }
        self.read(|connection| write_all(connection, &mut BufWriter::new(out), on_progress))
    }

    /// Exports to a file that only its owner may read, which is whole or not there. Performs I/O.
    ///
    /// # Errors
    /// [`ExportError::Exists`] unless `replace`; see [`ExportError`].
    pub fn export_to(
        &self,
        path: &Path,
        replace: bool,
        act: &Act<'_>,
        on_progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Exported, ExportError> {
        if !replace && path.symlink_metadata().is_ok() {
            return Err(ExportError::Exists);
        }
        let part = Part::beside(path)?;
        let mut file = private::create_new(&part.path)?;
        let exported = self.export(&mut file, act, on_progress)?;
        file.sync_all()?;
        drop(file);
        if replace {
            std::fs::rename(&part.path, path)?;
        } else {
            // A link never takes the place of what was made meanwhile, as a renaming would.
            match std::fs::hard_link(&part.path, path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(ExportError::Exists),
                // Not every file system has links.
                Err(_) if path.symlink_metadata().is_err() => std::fs::rename(&part.path, path)?,
                Err(_) => return Err(ExportError::Exists),
            }
        }
        Ok(exported)
    }
}

/// A file that is not whole yet; what is left of it goes.
struct Part {
    path: PathBuf,
}

impl Part {
    fn beside(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        name.push(format!(".part-{}", std::process::id()));
        Ok(Self { path: path.with_file_name(name) })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed, it is not there any more.
        std::fs::remove_file(&self.path).ok();
    }
}

/// Where the complementary traits stand among the columns, under the register's names for them.
fn complementary(connection: &Connection, patient: &Patient) -> Result<Vec<(String, String)>, ReadError> {
    let mut statement = connection.prepare_cached("SELECT kind, value FROM complementary_traits WHERE patient = ?1")?;
    let kept = statement.query_map([patient.id.number()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(kept.collect::<Result<_, _>>()?)
}

fn write_all(
    connection: &Connection,
    out: &mut impl Write,
    on_progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Exported, ExportError> {
    out.write_all(UTF8_MARK)?;
    write_row(out, b';', Column::ALL.into_iter().map(Column::title))?;
    let mut exported = Exported { records: 0, with_ins: 0 };
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM patients p {EVERY}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let external_id: Option<String> = row.get(1)?;
        let patient = read(connection, row)?;
        let cells = cells(&patient, external_id.as_deref(), &complementary(connection, &patient)?);
        exported.with_ins += u64::from(cells.get(Column::Matricule as usize).is_some_and(|cell| !cell.is_empty()));
        exported.records += 1;
        if exported.records.is_multiple_of(STEP) && on_progress(exported.records).is_break() {
            return Err(ExportError::Cancelled);
        }
        write_row(out, b';', cells.iter().map(String::as_str))?;
    }
    out.flush()?;
    Ok(exported)
}

/// One record, a cell for each column.
fn cells(patient: &Patient, external_id: Option<&str>, complementary: &[(String, String)]) -> Vec<String> {
    let traits = &patient.traits;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    // EXI SI 08: only an identity that is qualifiée gives its INS away.
    let qualified = patient.standing.status() == Status::Qualified;
    let ins = traits.ins.active().filter(|_| qualified);
    let matricule = ins.map(|active| active.ins().matricule());
    let (place, country) = match traits.birth_place {
        Some(code) if code.is_country() => (None, Some(code)),
        place => (place, None),
    };
    Column::ALL
        .into_iter()
        .map(|column| match column {
            Column::ExternalId => text(external_id),
            Column::BirthName => text(traits.birth_name.known().map(BirthName::raw)),
            Column::BirthGivenNames => text(traits.given_names.known().map(GivenNames::raw)),
            Column::FirstGivenName => text(traits.first_given_name.known().map(GivenName::raw)),
            Column::UsedName => text(traits.usage_name.known().map(UsageName::raw)),
            Column::UsedGivenName => text(traits.usage_given_name.known().map(GivenName::raw)),
            Column::Sex => text(traits.sex.map(Sex::letter)),
            Column::BirthDate => traits.birth_date.map(BirthDate::french).unwrap_or_default(),
            Column::BirthPlace => text(place.as_ref().map(PlaceCode::as_str)),
            Column::BirthCountry => text(country.as_ref().map(PlaceCode::as_str)),
            Column::Matricule => text(matricule.as_ref().map(Matricule::as_str)),
            Column::Oid => text(ins.map(|active| active.ins().oid().as_str())),
            Column::Address
            | Column::PostalCode
            | Column::City
            | Column::Phone
            | Column::MobilePhone
            | Column::Mail => {
                let kind = super::cleaning::COMPLEMENTARY.iter().find(|(of, _)| *of == column).map(|(_, kind)| *kind);
                let kept = complementary.iter().find(|(of, _)| Some(of.as_str()) == kind);
                text(kept.map(|(_, value)| value.as_str()))
            }
        })
        .collect()
}
