//! Everything of one event, read at one moment.

use super::{EventRecord, FaceSample, UserRecord};

/// An event with its users and samples, as they were at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSnapshot {
    /// The event.
    pub event: EventRecord,
    /// Its users in name order.
    pub users: Vec<UserSnapshot>,
}

/// A user with their samples.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSnapshot {
    /// The user.
    pub user: UserRecord,
    /// The samples by id.
    pub samples: Vec<FaceSample>,
}
