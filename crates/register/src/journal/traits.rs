//! The strict traits before and after a change, as a line of the journal keeps them.

use comptoir_identity::{
    BirthDate, BirthName, DatedIns, GivenName, GivenNames, InsRecord, PlaceCode, Sex, Stated, Traits,
};
use rusqlite::Transaction;
use serde_json::{Map, Value, json};

/// The strict traits that a change changed, on both sides; those that stayed are in neither.
pub(crate) struct ChangedTraits {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl ChangedTraits {
    /// What differs between two versions of one record, to the letter; `None` when nothing strict does.
    pub(crate) fn between(before: &Traits, after: &Traits) -> Option<Self> {
        let (mut changed_before, mut changed_after) = (Map::new(), Map::new());
        for ((name, before), (_, after)) in strict(before).into_iter().zip(strict(after)) {
            if before != after {
                changed_before.insert(name.to_owned(), before);
                changed_after.insert(name.to_owned(), after);
            }
        }
        (!changed_before.is_empty()).then_some(Self { before: changed_before, after: changed_after })
    }

    /// The text that is kept. There are few birth dates: without the salt, which is erased with them, the hash
    /// that stays would still tell which one it was.
    pub(super) fn text(self, transaction: &Transaction<'_>) -> Result<String, rusqlite::Error> {
        let salt: String = transaction.query_row("SELECT hex(randomblob(16))", [], |row| row.get(0))?;
        let mut text = json!({"before": self.before, "after": self.after, "salt": salt});
        text.sort_all_objects();
        Ok(text.to_string())
    }
}

/// The strict traits (DMN INS 1), under their names.
fn strict(traits: &Traits) -> [(&'static str, Value); 8] {
    fn text<T>(stated: &Stated<T>, raw: fn(&T) -> &str) -> Value {
        match stated {
            Stated::Absent => Value::Null,
            Stated::Unreadable(text) => Value::from(text.as_str()),
            Stated::Known(value) => Value::from(raw(value)),
        }
    }
    [
        ("birth_name", text(&traits.birth_name, BirthName::raw)),
        ("first_given_name", text(&traits.first_given_name, GivenName::raw)),
        ("given_names", text(&traits.given_names, GivenNames::raw)),
        ("birth_date", Value::from(traits.birth_date.map(BirthDate::iso))),
        ("sex", Value::from(traits.sex.map(Sex::letter))),
        ("birth_place", Value::from(traits.birth_place.as_ref().map(PlaceCode::as_str))),
        ("ins", held(&traits.ins)),
        ("former_ins", traits.ins.former().iter().map(pair).collect()),
    ]
}

fn held(record: &InsRecord) -> Value {
    let state = if record.hidden().is_some() { "hidden" } else { "in-force" };
    record.held().map_or(Value::Null, |dated| Value::from(format!("{} {state}", pair(dated))))
}

/// The matricule and its authority.
fn pair(dated: &DatedIns) -> String {
    format!("{} {}", dated.ins.matricule().as_str(), dated.ins.oid().as_str())
}
