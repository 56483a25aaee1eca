//! The arrivals of the day.

use crate::journal::{Act, append};
use crate::patient::{COLUMNS, Patient, RecordId, read};
use crate::{ReadError, Register, WriteError};
use comptoir_identity::BirthDate;
use rusqlite::{Connection, Transaction, params};

/// An arrival's number in this register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArrivalId(i64);

impl ArrivalId {
    /// The number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }

    /// The arrival of this number; it may not exist.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }
}

/// How far an arrival has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrivalState {
    /// Not seen yet.
    Expected,
    /// The identity was confirmed.
    Confirmed,
    /// A record was created.
    Created,
    /// The identity document decides.
    Paper,
}

impl ArrivalState {
    fn text(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Confirmed => "confirmed",
            Self::Created => "created",
            Self::Paper => "paper",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::Expected, Self::Confirmed, Self::Created, Self::Paper].into_iter().find(|state| state.text() == text)
    }
}

/// Somebody expected today.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its number.
    pub id: ArrivalId,
    /// HH:MM, local.
    pub time: String,
    /// The name as it was booked.
    pub display_name: String,
    /// The birth date as it was booked.
    pub birth_date: Option<BirthDate>,
    /// The record, when it is known which.
    pub patient: Option<Patient>,
    /// How far it has come.
    pub state: ArrivalState,
}

/// An arrival to add.
#[derive(Debug, Clone)]
pub struct NewArrival {
    /// AAAA-MM-JJ, local.
    pub day: String,
    /// HH:MM, local.
    pub time: String,
    /// The name as it was booked.
    pub display_name: String,
    /// The birth date as it was booked.
    pub birth_date: Option<BirthDate>,
    /// The record, when it is known which.
    pub record: Option<RecordId>,
}

impl Register {
    /// The arrivals of a day (AAAA-MM-JJ), in order of time, each with the record it is known to be of, or the one that
    /// record was merged into. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn arrivals(&self, day: &str) -> Result<Vec<Arrival>, ReadError> {
        self.read(|connection| arrivals(connection, day))
    }

    /// Adds an arrival. Performs I/O.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn add_arrival(&self, new: &NewArrival) -> Result<ArrivalId, WriteError> {
        let connection = self.writer();
        connection.execute(
            "INSERT INTO arrivals (day, time, display_name, birth_date, patient) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                new.day,
                new.time,
                new.display_name,
                new.birth_date.map(BirthDate::iso),
                new.record.map(RecordId::number)
            ],
        )?;
        Ok(ArrivalId(connection.last_insert_rowid()))
    }

    /// Settles what became of an arrival, or of a patient who walked in, with its journal line, in
    /// one transaction. Performs I/O.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing is written then.
    pub fn conclude(
        &self,
        arrival: Option<ArrivalId>,
        state: ArrivalState,
        record: Option<RecordId>,
        act: &Act<'_>,
    ) -> Result<(), WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        if let Some(arrival) = arrival {
            settle(&transaction, arrival, state, record)?;
        }
        append(&transaction, act, record)?;
        Ok(transaction.commit()?)
    }
}

fn arrivals(connection: &Connection, day: &str) -> Result<Vec<Arrival>, ReadError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS}, a.id, a.time, a.display_name, a.birth_date, a.state
         FROM arrivals a LEFT JOIN patients booked ON booked.id = a.patient
             LEFT JOIN patients p ON p.id = coalesce(booked.merged_into, booked.id)
         WHERE a.day = ?1 ORDER BY a.time, a.id"
    ))?;
    let mut rows = statement.query([day])?;
    let mut arrivals = Vec::new();
    while let Some(row) = rows.next()? {
        let known: Option<i64> = row.get(0)?;
        let (birth_date, state): (Option<String>, String) = (row.get(16)?, row.get(17)?);
        arrivals.push(Arrival {
            id: ArrivalId(row.get(13)?),
            time: row.get(14)?,
            display_name: row.get(15)?,
            birth_date: birth_date.and_then(|date| BirthDate::parse_iso(&date).ok()),
            patient: known.map(|_| read(connection, row)).transpose()?,
            state: ArrivalState::from_text(&state).ok_or(ReadError::Damaged)?,
        });
    }
    Ok(arrivals)
}

/// Settles an arrival inside the transaction of the change it belongs to.
pub(crate) fn settle(
    transaction: &Transaction<'_>,
    arrival: ArrivalId,
    state: ArrivalState,
    record: Option<RecordId>,
) -> Result<(), WriteError> {
    let settled = transaction.execute(
        "UPDATE arrivals SET state = ?2, patient = coalesce(?3, patient) WHERE id = ?1",
        params![arrival.0, state.text(), record.map(RecordId::number)],
    )?;
    if settled == 0 { Err(WriteError::Refused) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ActKind;
    use jiff::Timestamp;

    #[test]
    fn an_arrival_is_settled_with_its_journal_line_or_neither_is_written() {
        let register = Register::in_memory().expect("a register");
        let add = |time: &str| {
            let (day, display_name) = ("2026-11-24".to_owned(), "MARTIN Anne".to_owned());
            let new = NewArrival { day, time: time.to_owned(), display_name, birth_date: None, record: None };
            register.add_arrival(&new).expect("added")
        };
        let (late, early) = (add("10:30"), add("09:00"));
        let act = Act::new(Timestamp::UNIX_EPOCH, "anne", ActKind::PaperPath);
        for (rule, arrival, record, good, lines) in [
            ("an arrival of the day", Some(late), None, true, 1),
            ("a patient who walked in", None, None, true, 2),
            ("an arrival that is none", Some(ArrivalId(99)), None, false, 2),
            ("a record that is none", Some(early), Some(RecordId::of(99)), false, 2),
        ] {
            let done = register.conclude(arrival, ArrivalState::Paper, record, &act);
            assert_eq!(done.map_err(|error| error.code()), good.then_some(()).ok_or("register-refused"), "{rule}");
            assert_eq!(register.verify_journal().expect("read").lines, lines, "{rule}");
        }
        let states: Vec<_> =
            register.arrivals("2026-11-24").expect("read").iter().map(|one| (one.id, one.state)).collect();
        assert_eq!(states, [(early, ArrivalState::Expected), (late, ArrivalState::Paper)], "in order of time");
        assert!(register.arrivals("2026-11-25").expect("read").is_empty(), "another day");
    }
}
