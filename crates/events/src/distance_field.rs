//! Distances as serde fields: a number that was checked, or nothing.

use embedding::Distance;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(
    distance: &Option<Distance>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    distance.map(Distance::value).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Distance>, D::Error> {
    // Checked again: a damaged entry must not yield a negative distance.
    let value = Option::<f32>::deserialize(deserializer)?;
    value.map(Distance::new).transpose().map_err(serde::de::Error::custom)
}

/// As a cell of a table.
pub(crate) fn cell(distance: Option<Distance>) -> String {
    distance.map(|distance| distance.value().to_string()).unwrap_or_default()
}
