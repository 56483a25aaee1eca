//! JSON as strangers send it: bounded in depth and in members, nothing said twice.
//!
//! Two readers that resolve a doubled member differently would see two persons in one token
//! (RFC 8725 §2.4, RFC 8259 §4): here the whole is refused.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Metadata, keys and tokens known in the field need five.
const DEEPEST: usize = 16;
/// Members and items of all levels together.
const MOST: usize = 4096;

/// The text is not JSON, or not within the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotJson;

/// Reads one JSON document.
pub(crate) fn parse(text: &[u8]) -> Result<Value, NotJson> {
    let mut left = MOST;
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Bounded { depth: DEEPEST, left: &mut left }.deserialize(&mut reader).map_err(|_| NotJson)?;
    reader.end().map_err(|_| NotJson)?;
    Ok(value)
}

/// Reads one JSON document that must be an object.
pub(crate) fn parse_object(text: &[u8]) -> Result<Map<String, Value>, NotJson> {
    match parse(text)? {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Err(NotJson),
    }
}

struct Bounded<'a> {
    depth: usize,
    left: &'a mut usize,
}

impl Bounded<'_> {
    fn within<E: Error>(&mut self) -> Result<Bounded<'_>, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Bounded { depth, left: self.left })
    }

    fn count<E: Error>(&mut self) -> Result<(), E> {
        *self.left = self.left.checked_sub(1).ok_or_else(|| E::custom("too many"))?;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.within()?)? {
            self.count()?;
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.count()?;
            let value = members.next_value_seed(self.within()?)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("said twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let wide = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        for (rule, text, expected) in [
            ("an object", r#"{"a":1,"b":[true,null,"x",1.5,-2]}"#.to_owned(), true),
            ("as deep as allowed", deep(DEEPEST), true),
            ("deeper", deep(DEEPEST + 1), false),
            ("much deeper", deep(100_000), false),
            ("deeper in objects", format!("{}1{}", r#"{"a":"#.repeat(DEEPEST + 1), "}".repeat(DEEPEST + 1)), false),
            ("as wide as allowed", wide(MOST), true),
            ("wider", wide(MOST + 1), false),
            ("a member twice", r#"{"sub":"a","sub":"b"}"#.to_owned(), false),
            ("a member twice, once escaped", r#"{"sub":"a","s\u0075b":"b"}"#.to_owned(), false),
            ("a member twice, deeper", r#"{"a":[{"b":1,"b":1}]}"#.to_owned(), false),
            ("the same name at two levels", r#"{"a":{"a":1}}"#.to_owned(), true),
            ("something behind", "{} {}".to_owned(), false),
            ("half", r#"{"a":"#.to_owned(), false),
            ("nothing", String::new(), false),
            ("not a number", r#"{"exp":NaN}"#.to_owned(), false),
        ] {
            assert_eq!(parse(text.as_bytes()).is_ok(), expected, "{rule}");
        }
        assert!(parse(b"\"\xff\"").is_err() && parse_object(b"[]").is_err());
    }
}
