//! Values that the site decides, each with who decided it and when (EXI ID 19). Until it does, nothing is purged.

use crate::journal::{Act, append};
use crate::{ReadError, Register, WriteError};
use comptoir_identity::Author;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// What the site decides about keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SiteRule {
    /// Days for which the journal keeps traits before and after a change; its evidence stays.
    JournalTraitsDays,
    /// Days for which it is kept what was shown to prove an identity.
    ProofsDays,
    /// Days for which arrivals are kept.
    ArrivalsDays,
    /// How many backups are kept.
    BackupsKept,
}

/// A rule that the site decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRuleDecided {
    /// The rule.
    pub rule: SiteRule,
    /// Days, or how many.
    pub value: u32,
    /// Who decided it.
    pub author: Author,
    /// When.
    pub at: Timestamp,
}

impl SiteRule {
    /// Every rule.
    pub const ALL: [Self; 4] = [Self::JournalTraitsDays, Self::ProofsDays, Self::ArrivalsDays, Self::BackupsKept];

    /// The name it is kept under.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::JournalTraitsDays => "journal-traits-days",
            Self::ProofsDays => "proofs-days",
            Self::ArrivalsDays => "arrivals-days",
            Self::BackupsKept => "backups-kept",
        }
    }

    /// The rule of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

impl Register {
    /// The rules that the site decided. Performs I/O.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn site_rules(&self) -> Result<Vec<SiteRuleDecided>, ReadError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT name, value, author, at FROM site_rules ORDER BY name")?;
            let mut rows = statement.query([])?;
            let mut rules = Vec::new();
            while let Some(row) = rows.next()? {
                let (name, value): (String, String) = (row.get(0)?, row.get(1)?);
                let (author, at): (String, String) = (row.get(2)?, row.get(3)?);
                // Other rules of the site are other people's.
                let Some(rule) = SiteRule::from_name(&name) else { continue };
                rules.push(SiteRuleDecided {
                    rule,
                    value: value.parse().map_err(|_| ReadError::Damaged)?,
                    author: Author::parse(&author).map_err(|_| ReadError::Damaged)?,
                    at: at.parse().map_err(|_| ReadError::Damaged)?,
                });
            }
            Ok(rules)
        })
    }

    /// Sets what the site decides, or withdraws it, with a journal line that says what it was. Performs I/O.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing is written then.
    pub fn set_site_rule(&self, rule: SiteRule, value: Option<u32>, act: &Act<'_>) -> Result<(), WriteError> {
        let mut connection = self.writer();
        let transaction = connection.transaction()?;
        let before = decided(&transaction, rule)?;
        match value {
            Some(value) => transaction.execute(
                "INSERT INTO site_rules (name, value, author, at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET value = excluded.value, author = excluded.author, at = excluded.at",
                params![rule.name(), value.to_string(), act.author(), act.at().to_string()],
            )?,
            None => transaction.execute("DELETE FROM site_rules WHERE name = ?1", [rule.name()])?,
        };
        let said = |value: Option<u32>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
        let (before, after) = (said(before), said(value));
        let evidence = [("rule", rule.name()), ("before", before.as_str()), ("after", after.as_str())];
        append(&transaction, &act.clone().about(None, &evidence), None)?;
        Ok(transaction.commit()?)
    }
}

/// What the site decided; `None` until it does.
pub(crate) fn decided(connection: &Connection, rule: SiteRule) -> Result<Option<u32>, ReadError> {
    let value: Option<String> = connection
        .query_row("SELECT value FROM site_rules WHERE name = ?1", [rule.name()], |row| row.get(0))
        .optional()?;
    value.map(|value| value.parse().map_err(|_| ReadError::Damaged)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{at, lines};
    use crate::journal::ActKind;

    #[test]
    fn a_rule_is_kept_with_who_decided_it_and_when() {
        let register = Register::in_memory().expect("a register");
        assert!(register.site_rules().expect("read").is_empty(), "nothing until the site decides");
        for (rule, value, by, second) in [
            (SiteRule::ProofsDays, Some(30), "anne", 1),
            (SiteRule::ProofsDays, Some(60), "berthe", 2),
            (SiteRule::BackupsKept, Some(7), "anne", 3),
            (SiteRule::ProofsDays, None, "anne", 4),
        ] {
            let before = lines(&register);
            register.set_site_rule(rule, value, &Act::new(at(second), by, ActKind::SiteRuleSet)).expect("written");
            let rules = register.site_rules().expect("read");
            let kept = rules.iter().find(|of| of.rule == rule);
            let told = kept.map(|of| (of.value, of.author.as_str(), of.at));
            assert_eq!(told, value.map(|value| (value, by, at(second))), "{}", rule.name());
            assert_eq!(lines(&register), before + 1);
        }
        let foreign = "INSERT INTO site_rules VALUES ('something-else', 'x', 'anne', '2026-01-01T00:00:00Z')";
        register.writer().execute(foreign, []).expect("written");
        assert_eq!(register.site_rules().expect("read").len(), 1);
    }
}
