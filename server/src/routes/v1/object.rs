//! JSON bodies that are objects: a list of the fields' values without their names is none.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What is read from an object alone. A derived `Deserialize` takes a list for a struct as well, so that `[]`
/// would read as a change of nothing.
#[derive(Debug)]
pub(crate) struct FromObject<T>(pub(crate) T);

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
