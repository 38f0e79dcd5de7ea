//! The journal as check-ins and the audit use it: topics, and details as the body of an entry.

use embedding_store::{Metadata, StoreError, Topic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A topic of this program's own text. Fails for no valid name: the longest fits behind the word.
pub(crate) fn topic(text: &str) -> Result<Topic, StoreError> {
    Topic::new(text).map_err(|error| StoreError::Unstorable {
        reason: "its topic is not a valid name".to_owned(),
        source: Some(error.into()),
    })
}

/// Details as a body.
pub(crate) fn body(details: &impl Serialize) -> Result<Metadata, StoreError> {
    // Through a `Value`, since `Metadata` is a JSON object and nothing else.
    serde_json::to_value(details).and_then(serde_json::from_value).map_err(|error| StoreError::Unstorable {
        reason: "its details cannot be written as JSON".to_owned(),
        source: Some(error.into()),
    })
}

/// Reads what [`body`] wrote, and passes over what a newer version added.
pub(crate) fn details<T: DeserializeOwned>(body: Metadata) -> Result<T, serde_json::Error> {
    serde_json::from_value(Value::Object(body))
}
