//! The register in and out by CSV, row by row, in memory that does not grow with the file.

mod cleaning;
mod export;
mod import;
mod known;
mod mapping;
mod notes;
mod private;
mod progress;
mod reading;
mod records;
mod rejects;
mod run;
mod writing;

pub use export::{ExportError, Exported};
pub use import::{Counts, ImportError, ImportEvent, ImportOptions, ImportReport, Progress, RowReport};
pub use mapping::{Column, Mapping, MappingError};
pub use notes::{Note, Reason};
pub use reading::{Delimiter, Encoding, Source, SourceError};

#[cfg(test)]
mod tests;
