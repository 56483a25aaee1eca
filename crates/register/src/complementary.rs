//! Complementary traits: address, telephone and the rest, changed whatever the status (DMN INS 31).

use crate::change::touch;
use crate::journal::{Act, append};
use crate::patient::RecordId;
use crate::{ReadError, Register, WriteError};
use rusqlite::{OptionalExtension, params};
use std::fmt;

/// What a complementary trait is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComplementaryKind {
    /// *Adresse*, its lines but the last.
    Address,
    /// *Code postal*.
    PostalCode,
    /// *Commune*.
    City,
    /// *Pays*.
    Country,
    /// *Téléphone*.
    Phone,
    /// *Téléphone mobile*.
    MobilePhone,
    /// *Adresse de messagerie*.
    Mail,
    /// *Profession*.
    Profession,
    /// *Médecin traitant*.
    FamilyPhysician,
    /// *Personne à prévenir*.
    PersonToContact,
    /// *Commentaire*.
    Comment,
}

impl ComplementaryKind {
    /// Every kind, in the order in which a form shows them.
    pub const ALL: [Self; 11] = [
        Self::Address,
        Self::PostalCode,
        Self::City,
        Self::Country,
        Self::Phone,
        Self::MobilePhone,
        Self::Mail,
        Self::Profession,
        Self::FamilyPhysician,
        Self::PersonToContact,
        Self::Comment,
    ];

    /// How it is written.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::PostalCode => "postal-code",
            Self::City => "city",
            Self::Country => "country",
            Self::Phone => "phone",
            Self::MobilePhone => "mobile-phone",
            Self::Mail => "mail",
            Self::Profession => "profession",
            Self::FamilyPhysician => "family-physician",
            Self::PersonToContact => "person-to-contact",
            Self::Comment => "comment",
        }
    }

    /// The kind of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A complementary trait of a record.
#[derive(Clone, PartialEq, Eq)]
pub struct ComplementaryTrait {
    /// What it is about.
    pub kind: ComplementaryKind,
    /// What it says.
    pub value: String,
}

impl fmt::Debug for ComplementaryTrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComplementaryTrait({:?}, [personal])", self.kind)
    }
}

impl Register {
    /// The complementary traits of a record, in the order in which a form shows them. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn complementary(&self, record: RecordId) -> Result<Vec<ComplementaryTrait>, ReadError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT kind, value FROM complementary_traits WHERE patient = ?1")?;
            let mut rows = statement.query([record.number()])?;
            let mut traits = Vec::new();
            while let Some(row) = rows.next()? {
                let (kind, value): (String, String) = (row.get(0)?, row.get(1)?);
                let kind = ComplementaryKind::from_code(&kind).ok_or(ReadError::Damaged)?;
                traits.push(ComplementaryTrait { kind, value });
            }
            traits.sort_by_key(|of| of.kind);
            Ok(traits)
        })
    }

    /// Sets complementary traits, an empty one being taken away and those not named left as they are, with one journal
    /// line that says which and not what. Performs I/O.
    ///
    /// # Errors
    /// [`WriteError::Refused`] for a record that does not exist or was absorbed; nothing is written then.
    pub fn set_complementary(
        &self,
        record: RecordId,
        traits: &[(ComplementaryKind, &str)],
        act: &Act<'_>,
    ) -> Result<(), WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        transaction
            .query_row("SELECT 1 FROM patients WHERE id = ?1 AND merged_into IS NULL", [record.number()], |_| Ok(()))
            .optional()?
            .ok_or(WriteError::Refused)?;
        let mut changed = Vec::new();
        for (kind, value) in traits {
            let parameters = params![record.number(), kind.code(), value.trim()];
            let rows = if value.trim().is_empty() {
                transaction
                    .prepare_cached("DELETE FROM complementary_traits WHERE patient = ?1 AND kind = ?2 AND ?3 = ''")?
                    .execute(parameters)?
            } else {
                transaction
                    .prepare_cached(
                        "INSERT INTO complementary_traits (patient, kind, value) VALUES (?1, ?2, ?3)
                         ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
                    )?
                    .execute(parameters)?
            };
            if rows > 0 {
                changed.push(kind.code());
            }
        }
        if !changed.is_empty() {
            touch(&transaction, record)?;
            let line = act.clone();
            append(&transaction, &line.about(None, &[("complementary", &changed.join(" "))]), Some(record))?;
        }
        Ok(transaction.commit()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{at, inserted};
    use crate::journal::ActKind;

    type Values<'a> = &'a [(ComplementaryKind, &'a str)];

    #[test]
    fn complementary_traits_change_with_a_line_that_does_not_tell_them() {
        use ComplementaryKind::{Address, City, Phone};
        let (register, record) = inserted();
        let act = Act::new(at(1), "anne", ActKind::RecordChanged);
        #[rustfmt::skip]
        let cases: [(&str, Values<'_>, Values<'_>, u64); 5] = [
            ("set", &[(Phone, "01 02 03 04 05"), (Address, " 1 rue X ")], &[(Address, "1 rue X"), (Phone, "01 02 03 04 05")], 1),
            ("the same again writes nothing", &[(Phone, "01 02 03 04 05")], &[(Address, "1 rue X"), (Phone, "01 02 03 04 05")], 0),
            ("replaced", &[(Phone, "06")], &[(Address, "1 rue X"), (Phone, "06")], 1),
            ("taken away, another set", &[(Address, " "), (City, "Y")], &[(City, "Y"), (Phone, "06")], 1),
            ("nothing to take away", &[(Address, "")], &[(City, "Y"), (Phone, "06")], 0),
        ];
        for (rule, set, expected, new_lines) in cases {
            let lines = register.verify_journal().expect("read").lines;
            register.set_complementary(record, set, &act).expect("written");
            let kept = register.complementary(record).expect("read");
            let kept: Vec<_> = kept.iter().map(|of| (of.kind, of.value.as_str())).collect();
            assert_eq!(kept, expected, "{rule}");
            assert_eq!(register.verify_journal().expect("read").lines, lines + new_lines, "{rule}");
        }
        let told: i64 = register
            .writer()
            .query_row("SELECT count(*) FROM journal WHERE payload LIKE '%rue X%'", [], |row| row.get(0))
            .expect("read");
        assert_eq!(told, 0);
        let nobody = register.set_complementary(RecordId::of(99), &[(Phone, "06")], &act);
        assert!(matches!(nobody, Err(WriteError::Refused)));
    }
}
