//! Texts of requests, read into the types of the domain; an error says which field it was.

use ::events::{EventName, Note, Username};

use crate::error::ApiError;

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
