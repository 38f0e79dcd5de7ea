//! The end of an event's data: deletion at its time, and what is kept elsewhere and goes along.

use std::fmt::Debug;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use embedding_store::{EmbeddingStoreExt, EventName, EventRecord, StoreError, Username};
use time::OffsetDateTime;

use super::{EventService, Inner, to_the_end};
use crate::EventError;

/// Records of events and users beside their faces, such as check-ins, which are erased with them.
///
/// Each call is made before and again after the deletion in the store: before, so that none is left behind
/// when the program ends before the deletion; after, for what came meanwhile. So it is to be idempotent, and to find
/// nothing is no error. A call that fails before the deletion keeps it from being made.
#[async_trait]
pub trait AttachedRecords: Debug + Send + Sync {
    /// Erases all records of an event. Durable on return.
    ///
    /// # Errors
    /// [`StoreError`] when some may be left.
    async fn erase_event(&self, event: &EventName) -> Result<(), StoreError>;

    /// Erases all records of a user of an event. Durable on return.
    ///
    /// # Errors
    /// [`StoreError`] when some may be left.
    async fn erase_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError>;
}

/// What came of erasing the events whose time has come.
#[derive(Debug, Default)]
pub struct Erasure {
    /// Those that are gone with all that belonged to them.
    pub erased: Vec<EventName>,
    /// Those that are still there, or may be, and why.
    pub failed: Vec<(EventName, EventError)>,
}

/// All that goes along with events and users.
#[derive(Debug, Default)]
pub(super) struct Attached(RwLock<Vec<Attachment>>);

#[derive(Debug, Clone)]
struct Attachment {
    records: Arc<dyn AttachedRecords>,
    /// No other service on the store erases them.
    is_own: bool,
}

impl Attached {
    fn add(&self, records: Arc<dyn AttachedRecords>, is_own: bool) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(Attachment { records, is_own });
    }

    // Nothing under the lock panics, so a poisoned lock guards a whole list.
    fn all(&self) -> Vec<Arc<dyn AttachedRecords>> {
        // A copy, so that the lock is not held while the records are erased, which awaits.
        let attached = self.0.read().unwrap_or_else(PoisonError::into_inner);
        attached.iter().map(|attachment| Arc::clone(&attachment.records)).collect()
    }

    /// Those that are to go with what other services delete.
    pub(super) fn own(&self) -> Vec<Arc<dyn AttachedRecords>> {
        let attached = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let own = attached.iter().filter(|attachment| attachment.is_own);
        own.map(|attachment| Arc::clone(&attachment.records)).collect()
    }

    pub(super) async fn erase_event(&self, event: &EventName) -> Result<(), StoreError> {
        for records in self.all() {
            records.erase_event(event).await?;
        }
        Ok(())
    }

    pub(super) async fn erase_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        for records in self.all() {
            records.erase_user(event, user).await?;
        }
        Ok(())
    }
}

impl EventService {
    /// From now on these are erased with every event and user that this service deletes.
    pub fn attach(&self, records: Arc<dyn AttachedRecords>) {
        self.inner.attached.add(records, false);
    }

    /// As [`EventService::attach`], of records that this service alone keeps, beside a store that several share: they
    /// are erased with what others delete too, as soon as this service learns of it.
    pub fn attach_own(&self, records: Arc<dyn AttachedRecords>) {
        self.inner.attached.add(records, true);
    }

    /// Erases every event whose `retain_until` is not after `now`, with its users, their samples and what is
    /// attached. To be called at the start and then every minute or so: until then such an event is there as
    /// any other. Several services on one store may all do so. An end that another service puts off in the
    /// same moment may be put off too late.
    ///
    /// # Errors
    /// [`EventError::Store`] when the events cannot be listed. One that cannot be erased keeps no other from
    /// it, and is tried again by the next call.
    pub async fn erase_expired(&self, now: OffsetDateTime) -> Result<Erasure, EventError> {
        let mut erasure = Erasure::default();
        for record in self.inner.store.all_events().await? {
            if !is_over(&record, now) {
                continue;
            }
            // Each in a task of its own: whoever drops this call leaves no event half erased.
            let (inner, event) = (Arc::clone(&self.inner), record.name.clone());
            match to_the_end(async move { inner.erase_if_over(&event, now).await }).await {
                Ok(true) => erasure.erased.push(record.name),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(event = %record.name, %error, "retention: cannot erase an expired event");
                    erasure.failed.push((record.name, error));
                }
            }
        }
        Ok(erasure)
    }
}

impl Inner {
    /// Whether this call erased it: its end may have been put off meanwhile, or another service erased it.
    async fn erase_if_over(&self, event: &EventName, now: OffsetDateTime) -> Result<bool, EventError> {
        let turn = self.galleries.turn(event).await;
        // Asked again under the turn: since the events were listed the end may have been put off.
        if !self.store.event(event).await?.is_some_and(|record| is_over(&record, now)) {
            return Ok(false);
        }
        match self.delete_event_in(&turn).await {
            Ok(()) => Ok(true),
            Err(EventError::UnknownEvent { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn is_over(record: &EventRecord, now: OffsetDateTime) -> bool {
    record.retain_until.is_some_and(|until| until <= now)
}
