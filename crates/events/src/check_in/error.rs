//! Why something about a check-in was not done.

use embedding_store::{EventName, StoreError};
use uuid::Uuid;

use crate::EventError;

/// What [`CheckIns`](crate::CheckIns) answers when it does not do as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckInError {
    /// The idempotency key belongs to another request: one for another person.
    #[error("the idempotency key was used before, for another person: use a new key for each request")]
    KeyReused,
    /// There is no such check-in.
    #[error("check-in {id} does not exist in event '{event}'")]
    NotFound {
        /// The event.
        event: EventName,
        /// What was looked for.
        id: Uuid,
    },
    /// There is no such event or user, or their part was not done.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The journal did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}
