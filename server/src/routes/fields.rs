//! Texts of requests, read into the types of the domain; an error says which field it was.

use ::events::{EventName, Metadata, Note, Username};

use crate::error::ApiError;

/// Most bytes of the metadata that a request brings, as JSON without spaces between its parts.
const MOST_METADATA: usize = 16 << 10;

/// A client's own data, to be stored. What is stored already may be longer: archives and earlier versions brought it.
pub(super) fn metadata(metadata: Metadata) -> Result<Metadata, ApiError> {
    // It cannot fail: it was read from JSON.
    let length = serde_json::to_string(&metadata).map_or(0, |text| text.len());
    if length > MOST_METADATA { Err(ApiError::MetadataTooLarge) } else { Ok(metadata) }
}

/// The name of an event.
pub(super) fn event_name(field: &'static str, text: &str) -> Result<EventName, ApiError> {
    EventName::new(text).map_err(|source| ApiError::Name { field, source })
}

/// The name of a user.
pub(super) fn username(field: &'static str, text: &str) -> Result<Username, ApiError> {
    Username::new(text).map_err(|source| ApiError::Name { field, source })
}

/// A remark.
pub(super) fn note(field: &str, text: &str) -> Result<Note, ApiError> {
    Note::new(text).map_err(|error| ApiError::Field(format!("field '{field}': {error}")))
}
