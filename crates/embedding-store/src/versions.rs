//! The version of an event, by which a write is refused that was decided on an event that has changed since.

use async_trait::async_trait;

use crate::{EventName, FaceSample, StoreError, Username};

/// The state that the samples of an event are in. To be compared for equality; it means something at one store only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventVersion {
    life: i64,
    writes: i64,
}

impl EventVersion {
    /// `life` tells events of one name apart that came one after another; `writes` grows with each append and each
    /// deletion of a sample in it, and never goes back.
    #[must_use]
    pub fn new(life: i64, writes: i64) -> Self {
        Self { life, writes }
    }

    /// Which of the events of this name it is.
    #[must_use]
    pub fn life(&self) -> i64 {
        self.life
    }

    /// How far that one has come.
    #[must_use]
    pub fn writes(&self) -> i64 {
        self.writes
    }
}

/// What has changed in an event since a version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedUsers {
    /// The version now.
    pub version: EventVersion,
    /// The users who got or lost a sample and are still there; `None` when the version is none of this event, so that
    /// all of it is to be read.
    pub users: Option<Vec<Username>>,
}

impl ChangedUsers {
    /// What a store found.
    #[must_use]
    pub fn new(version: EventVersion, users: Option<Vec<Username>>) -> Self {
        Self { version, users }
    }
}

/// What came of an append under a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppendedAt {
    /// How many samples the user then has.
    pub count: usize,
    /// The version that the append made; `None` when the very sample was there already.
    pub version: Option<EventVersion>,
}

impl AppendedAt {
    /// What a store did.
    #[must_use]
    pub fn new(count: usize, version: Option<EventVersion>) -> Self {
        Self { count, version }
    }
}

/// Appends that hold only while nobody else has changed the event, where several servers share a store.
///
/// Who is to refuse a face that is in the event already asks for the version, searches, and appends under that version:
/// of two who enrol one face at one moment the second then hears [`StoreError::Changed`], and searches again.
#[async_trait]
pub trait EventVersions: Send + Sync {
    /// The version of an event now; `None` when there is no such event. What is read afterwards is at least as new.
    async fn version(&self, event: &EventName) -> Result<Option<EventVersion>, StoreError>;

    /// The users whose samples were changed after `since`, and the version that this is true of.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event.
    async fn changed_users(&self, event: &EventName, since: EventVersion)
    -> Result<ChangedUsers, StoreError>;

    /// As [`append_sample`](crate::EmbeddingStore::append_sample), while the event is at version `seen`, or, for `None`, not
    /// there. The very same sample again changes nothing, at any version.
    ///
    /// # Errors
    /// [`StoreError::Changed`] with the event when it is at another version; those of the other.
    async fn append_sample_at(
        &self,
        sample: FaceSample,
        seen: Option<EventVersion>,
    ) -> Result<AppendedAt, StoreError>;
}
