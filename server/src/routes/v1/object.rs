//! JSON bodies that are objects, and how their fields are read: a list of values without their names is none.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;

/// What is read from an object alone. A derived `Deserialize` takes a list for a struct as well, so that `[]`
/// would read as a change of nothing.
#[derive(Debug)]
pub(crate) struct FromObject<T>(pub(crate) T);

/// A time in RFC 3339.
#[derive(Debug, Clone, Copy, Deserialize)]
// A type that reads itself, as `given` needs one: `rfc3339::option` could not tell null from what is left out.
pub(crate) struct Time(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

impl Time {
    pub(crate) fn get(self) -> OffsetDateTime {
        self.0
    }
}

/// Tells what is given as null from what is left out.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FromObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

/// Hands the fields of an object on.
struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Change {
        note: Option<String>,
    }

    #[test]
    fn an_object_is_read_and_a_list_is_not() {
        let FromObject(change) = serde_json::from_str::<FromObject<Change>>(r#"{"note": "x"}"#).unwrap();
        assert_eq!(change.note.as_deref(), Some("x"));
        for refused in ["[]", "[null]", "null", r#"{"other": 1}"#] {
            assert!(serde_json::from_str::<FromObject<Change>>(refused).is_err(), "{refused}");
        }
    }
}
