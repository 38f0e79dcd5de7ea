//! The end of an event's data: deletion at its time, and what is kept elsewhere and goes along.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use async_trait::async_trait;
use embedding::ModelId;
use embedding_store::{EmbeddingStoreExt, EventName, EventRecord, StoreError, Username};
use time::OffsetDateTime;

use super::galleries::Turn;
use super::{EventService, Inner, to_the_end};
use crate::{EventError, EventRules, RetentionGuard};

/// So many events are erased at once without an operator, however large a share of all they are.
const FEW_EVENTS: u64 = 10;

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

    /// Gives all records of a user under the name `from` to the name `to`, which the user has in the store by now: those
    /// before `until`, where somebody else has the first name since. Durable on return, and idempotent.
    ///
    /// # Errors
    /// [`StoreError`] when some may be left.
    async fn rename_user(
        &self,
        event: &EventName,
        from: &Username,
        to: &Username,
        until: Option<OffsetDateTime>,
    ) -> Result<(), StoreError>;
}

/// What came of erasing the events whose time has come.
#[derive(Debug, Default)]
pub struct Erasure {
    /// Those that are gone with all that belonged to them.
    pub erased: Vec<EventName>,
    /// Those that are still there, or may be, and why.
    pub failed: Vec<(EventName, EventError)>,
    /// How many are over and were left, as so many at once wait for an operator.
    pub held: usize,
}

/// All that goes along with events and users.
#[derive(Debug, Default)]
pub(super) struct Attached {
    records: RwLock<Vec<Attachment>>,
    /// Events, and users, that are gone from the store while something attached may be left.
    // In memory alone: what a crash leaves behind, the look after each check-in finds.
    left: Mutex<BTreeSet<(EventName, Option<Username>)>>,
}

#[derive(Debug, Clone)]
struct Attachment {
    records: Arc<dyn AttachedRecords>,
    /// No other service on the store erases them.
    is_own: bool,
}

impl Attached {
    fn add(&self, records: Arc<dyn AttachedRecords>, is_own: bool) {
        let attachment = Attachment { records, is_own };
        self.records.write().unwrap_or_else(PoisonError::into_inner).push(attachment);
    }

    // Nothing under the lock panics, so a poisoned lock guards a whole list.
    fn all(&self) -> Vec<Arc<dyn AttachedRecords>> {
        // A copy, so that the lock is not held while the records are erased, which awaits.
        let attached = self.records.read().unwrap_or_else(PoisonError::into_inner);
        attached.iter().map(|attachment| Arc::clone(&attachment.records)).collect()
    }

    /// Those that are to go with what other services delete.
    pub(super) fn own(&self) -> Vec<Arc<dyn AttachedRecords>> {
        let attached = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let own = attached.iter().filter(|attachment| attachment.is_own);
        own.map(|attachment| Arc::clone(&attachment.records)).collect()
    }

    /// The second erasure of an event, or of a user, who is gone from the store: one that fails is noted, for retention
    /// to do again.
    pub(super) async fn erase_rest(
        &self,
        event: &EventName,
        user: Option<&Username>,
    ) -> Result<(), StoreError> {
        let erased = match user {
            Some(user) => self.erase_user(event, user).await,
            None => self.erase_event(event).await,
        };
        self.note(event, user, &erased);
        erased
    }

    /// Gives what is attached to a name that nobody has any more to the user who had it; noted as an erasure is.
    pub(super) async fn rename_rest(
        &self,
        event: &EventName,
        from: &Username,
        to: &Username,
    ) -> Result<(), StoreError> {
        let renamed = self.rename_user(event, from, to, None).await;
        self.note(event, Some(from), &renamed);
        renamed
    }

    fn note(&self, event: &EventName, user: Option<&Username>, outcome: &Result<(), StoreError>) {
        let subject = (event.clone(), user.cloned());
        let mut left = self.left();
        if outcome.is_ok() {
            left.remove(&subject)
        } else {
            left.insert(subject)
        };
    }

    fn left(&self) -> MutexGuard<'_, BTreeSet<(EventName, Option<Username>)>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
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

    pub(super) async fn rename_user(
        &self,
        event: &EventName,
        from: &Username,
        to: &Username,
        until: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        for records in self.all() {
            records.rename_user(event, from, to, until).await?;
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
    /// attached, and what a deletion could not erase. To be called every minute or so: until then such an event is
    /// there as any other. `now` is that of a [`RetentionClock`](crate::RetentionClock). Of more than 10 events and
    /// more than a quarter of all none is erased unless the guard allows it. Several services on one store may all do so. An end that another service puts off in the
    /// same moment may be put off too late.
    ///
    /// # Errors
    /// [`EventError::Store`] when the events cannot be listed. One that cannot be erased keeps no other from
    /// it, and is tried again by the next call.
    pub async fn erase_expired(
        &self,
        now: OffsetDateTime,
        guard: RetentionGuard,
    ) -> Result<Erasure, EventError> {
        self.inner.erase_what_is_left().await;
        let mut erasure = Erasure::default();
        let mut records = self.inner.store.all_events().await?;
        let all = records.len();
        records.retain(|record| is_over(record, now));
        if !guard.allows(count(records.len()), count(all), FEW_EVENTS) {
            return Ok(Erasure { held: records.len(), ..erasure });
        }
        for record in records {
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
    /// The record of an event that comes into being, where it has an end; without, the store makes it with the first
    /// sample.
    pub(super) fn with_end(&self, event: &EventName, model: &ModelId) -> Option<EventRecord> {
        let now = OffsetDateTime::now_utc();
        let mut record = EventRecord::new(event.clone(), model.clone(), now);
        record.retain_until = Some(now.checked_add(self.retain?)?);
        Some(record)
    }

    /// Makes an event with an end for the first who is enrolled in it.
    pub(super) async fn make_with_end(&self, turn: &Turn<'_>, record: EventRecord) -> Result<(), EventError> {
        let change = turn.change();
        match self.store.create_event(record.clone()).await {
            Ok(()) => {
                let made = self.empty(&record.model).with_rules(EventRules::from(&record));
                change.done(Some(self.keep(made)));
                Ok(())
            }
            // Another made it meanwhile and said how long it is kept: dropping the change has it read.
            Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Erases what is attached to events and users who are gone, where a deletion could not.
    async fn erase_what_is_left(&self) {
        let left = self.attached.left().clone();
        for (event, user) in left {
            // Under the turn: nobody enrols them again meanwhile, and loses what is attached then.
            let turn = self.galleries.turn(&event).await;
            let is_back = match &user {
                Some(user) => self.store.user(turn.event(), user).await.map(|found| found.is_some()),
                None => self.store.event(turn.event()).await.map(|found| found.is_some()),
            };
            let outcome = match is_back {
                // What is left cannot be told from what came since, and belongs to the same name.
                Ok(true) => {
                    self.attached.left().remove(&(event.clone(), user));
                    continue;
                }
                Ok(false) => self.erase_or_rename_rest(&event, user.as_ref()).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(()) => tracing::info!(%event, "retention: erased what a deletion had left behind"),
                Err(error) => {
                    tracing::warn!(%event, %error, "retention: cannot erase what a deletion left behind")
                }
            }
        }
    }

    /// Erases what is attached to who is gone, or gives it to the name that they have.
    pub(super) async fn erase_or_rename_rest(
        &self,
        event: &EventName,
        user: Option<&Username>,
    ) -> Result<(), StoreError> {
        if let Some(user) = user
            && let Some(bearer) = self.bearers(event, &BTreeSet::from([user.clone()])).await?.remove(user)
        {
            return self.attached.rename_rest(event, user, &bearer).await;
        }
        self.attached.erase_rest(event, user).await
    }

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

fn count(events: usize) -> u64 {
    u64::try_from(events).unwrap_or(u64::MAX)
}

pub(super) fn is_over(record: &EventRecord, now: OffsetDateTime) -> bool {
    record.retain_until.is_some_and(|until| until <= now)
}
