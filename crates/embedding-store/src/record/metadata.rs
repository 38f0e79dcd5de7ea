//! Data of the caller's own, and what a newer version has added.

use serde_json::{Map, Value};

/// Data of the caller's own, kept with a record.
pub type Metadata = Map<String, Value>;

/// Fields of a record that this version does not know.
pub(crate) type UnknownFields = Map<String, Value>;
