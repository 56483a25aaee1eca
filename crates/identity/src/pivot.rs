//! The identity that FranceConnect vouches for.

use crate::date::BirthDate;
use crate::given_names::GivenNames;
use crate::ins::{DatedIns, Ins, InsRecord};
use crate::name::{BirthName, UsageName};
use crate::place::PlaceCode;
use crate::sex::Sex;
use crate::traits::{Stated, Traits};

/// The claims of FranceConnect's pivot identity, as texts (franceconnect.md §4.4).
#[derive(Clone, Copy, Default)]
pub struct PivotClaims<'a> {
    /// `family_name`: the birth name.
    pub family_name: Option<&'a str>,
    /// `given_name`: all given names, separated by spaces.
    pub given_name: Option<&'a str>,
    /// `given_name_array`: the same, one by one; empty when not received.
    pub given_name_array: &'a [String],
    /// `preferred_username`: the name in use.
    pub preferred_username: Option<&'a str>,
    /// `birthdate`: on the low platform unknown parts are completed with 01.
    pub birthdate: Option<&'a str>,
    /// `idp_birthdate`: the raw date, unknown parts as 00.
    pub idp_birthdate: Option<&'a str>,
    /// `gender`: female, male or unspecified.
    pub gender: Option<&'a str>,
    /// `birthplace`: a commune code, empty when born abroad.
    pub birthplace: Option<&'a str>,
    /// `birthcountry`: 99100 for France, else 99xxx.
    pub birthcountry: Option<&'a str>,
}

/// An identity received from FranceConnect, parsed (franceconnect.md §4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PivotIdentity {
    traits: Traits,
    date_possibly_partial: bool,
}

impl PivotIdentity {
    /// Parses the claims (franceconnect.md §4.4). Never fails: what cannot be read becomes an absent or unreadable
    /// trait.
    #[must_use]
    pub fn from_claims(claims: &PivotClaims<'_>) -> Self {
        let given_names = if claims.given_name_array.is_empty() {
            Stated::parse(claims.given_name, GivenNames::parse)
        } else {
            let list = claims.given_name_array.iter().map(String::as_str);
            GivenNames::parse_list(list).map_or_else(
                // One unreadable name in the array: the text says what was received.
                |_| Stated::parse(claims.given_name, GivenNames::parse),
                Stated::Known,
            )
        };
        let first_given_name = match &given_names {
            Stated::Known(names) => names.first().cloned().map_or(Stated::Absent, Stated::Known),
            Stated::Unreadable(text) => Stated::Unreadable(text.clone()),
            Stated::Absent => Stated::Absent,
        };
        let delivered = claims.birthdate.and_then(|text| BirthDate::parse_iso(text).ok());
        let raw = claims.idp_birthdate.and_then(|text| BirthDate::parse_iso(text).ok());
        let birth_date = match (delivered, raw) {
            // The raw date wins only where it says less: the delivered one was completed with 01.
            (Some(delivered), Some(raw)) if !raw.is_complete() && raw.compatible(delivered) => Some(raw),
            (Some(delivered), _) => Some(delivered),
            (None, raw) => raw,
        };
        let first_of_january = birth_date.is_some_and(|date| date.month() == Some(1) && date.day() == Some(1));
        Self {
            traits: Traits {
                birth_name: Stated::parse(claims.family_name, BirthName::parse),
                first_given_name,
                given_names,
                birth_date,
                sex: claims.gender.and_then(Sex::from_gender),
                birth_place: PlaceCode::from_franceconnect(
                    claims.birthplace.unwrap_or(""),
                    claims.birthcountry.unwrap_or(""),
                ),
                usage_name: Stated::parse(claims.preferred_username, UsageName::parse),
                usage_given_name: Stated::Absent,
                ins: InsRecord::EMPTY,
            },
            date_possibly_partial: first_of_january && raw.is_none(),
        }
    }

    /// The same identity with an INS known from elsewhere: FranceConnect delivers none (ins.md §3.3).
    #[must_use]
    pub fn with_ins(mut self, ins: Option<Ins>) -> Self {
        self.traits.ins = InsRecord::restored(ins.map(DatedIns::from), false, Vec::new());
        self
    }

    /// The traits (franceconnect.md §4.4).
    #[must_use]
    pub fn traits(&self) -> &Traits {
        &self.traits
    }

    /// Whether the date is a 1st of January that no raw date confirms: the low platform writes a
    /// year known alone that way (franceconnect.md §4.4).
    #[must_use]
    pub fn date_possibly_partial(&self) -> bool {
        self.date_possibly_partial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::GivenName;

    #[test]
    fn partial_dates_keep_what_is_known() {
        for (rule, birthdate, idp, expected, possibly) in [
            ("row 31", "1992-01-01", Some("1992-00-00"), "1992-00-00", false),
            ("month known", "1992-11-01", Some("1992-11-00"), "1992-11-00", false),
            ("row 32, high", "1992-11-00", None, "1992-11-00", false),
            ("born on 1 January", "1955-01-01", Some("1955-01-01"), "1955-01-01", false),
            ("no raw date", "1955-01-01", None, "1955-01-01", true),
            ("raw of another year", "1955-01-01", Some("1956-00-00"), "1955-01-01", false),
        ] {
            let pivot = PivotIdentity::from_claims(&PivotClaims {
                birthdate: Some(birthdate),
                idp_birthdate: idp,
                ..PivotClaims::default()
            });
            let date = pivot.traits().birth_date.map(BirthDate::iso);
            assert_eq!((date.as_deref(), pivot.date_possibly_partial()), (Some(expected), possibly), "{rule}");
        }
    }

    #[test]
    fn boundaries_come_from_the_array() {
        let array = ["Jean Philippe".to_owned(), "Pierre".to_owned(), "Louis".to_owned()];
        let pivot = PivotIdentity::from_claims(&PivotClaims {
            given_name: Some("Jean Philippe Pierre Louis"),
            given_name_array: &array,
            ..PivotClaims::default()
        });
        let first = pivot.traits().first_given_name.known().map(GivenName::raw);
        assert_eq!(first, Some("Jean Philippe"), "row 28");
    }
}
