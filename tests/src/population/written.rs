//! A practice as files: its records as a practice software exports them, queries and their answers as lines of JSON.

use super::query::Query;
use super::recorded::Recorded;
use comptoir_identity::Sex;
use serde_json::{Value, json};

/// The first line of the export.
pub const CSV_HEADINGS: &str = "external_id;birth_name;birth_given_names;first_given_name;used_name;used_given_name;sex;birth_date;birth_place;matricule";

impl Recorded {
    /// Its line of the export, dates as JJ/MM/AAAA; no name of a practice holds a semicolon or a quotation mark.
    #[must_use]
    pub fn csv(&self) -> String {
        let birth_date = self.birth_date.french();
        let matricule = self.ins.map(|ins| ins.matricule());
        [
            self.external_id.as_str(),
            &self.birth_name,
            &self.birth_given_names,
            &self.first_given_name,
            &self.used_name,
            &self.used_given_name,
            self.sex.map_or("", Sex::letter),
            &birth_date,
            self.birth_place.as_str(),
            matricule.as_ref().map_or("", |matricule| matricule.as_str()),
        ]
        .join(";")
    }
}

impl Query {
    /// The identifier of its lines.
    #[must_use]
    pub fn id(&self) -> String {
        format!("Q{}", self.number)
    }

    /// Its line as `comptoir verify` reads it.
    #[must_use]
    pub fn line(&self) -> Value {
        let mut claims = self.asked.claims();
        claims.insert("id".to_owned(), json!(self.id()));
        Value::Object(claims)
    }

    /// The line of its answer.
    #[must_use]
    pub fn truth(&self) -> Value {
        json!({
            "id": self.id(),
            "kind": self.kind.to_string(),
            "person": self.label.person.map(|person| person.to_string()),
            "records": self.label.records,
            "rivals": self.label.rivals,
            "may_be_safe": self.may_be_safe(),
        })
    }
}
