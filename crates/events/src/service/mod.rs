//! The service over all events: what it holds, how it is opened, and the events there are. The methods for faces, users
//! and records are in the files beside.

mod backlog;
mod compare;
mod delete;
mod deleted_elsewhere;
mod duplicates;
mod enrol;
mod enrolment;
mod events;
mod former_names;
mod galleries;
mod identify;
mod lax_threshold;
mod load;
mod loaded_event;
mod merge;
mod models;
mod move_user;
mod options;
mod other_person;
mod rename;
mod repeat;
mod retention;
mod samples;
mod search;
mod similar_names;
mod status;
mod store_samples;
mod transfer;
mod users;
mod verify;
mod watch;

use std::sync::Arc;

use embedding::ModelId;
use embedding_store::{EmbeddingStore, EventName, StoreError};
use tokio::task::JoinSet;
use tracing::Instrument;

use self::backlog::Backlog;
pub use self::compare::Comparison;
pub use self::duplicates::Duplicate;
pub use self::enrolment::{EnrolmentFace, EnrolmentOptions, EnrolmentOutcome};
pub use self::events::{EventChange, EventDetails, EventSettings, PutEvent};
pub(crate) use self::former_names::Former;
use self::galleries::Galleries;
use self::models::Models;
pub use self::models::ServedModel;
pub use self::move_user::MovedUser;
pub use self::options::ServiceOptions;
pub use self::other_person::OtherPerson;
use self::retention::Attached;
pub use self::retention::{AttachedRecords, Erasure};
pub use self::samples::SampleDetails;
use self::status::Observed;
pub use self::status::{MatchObserver, ServiceStatus};
pub use self::transfer::ImportError;
pub use self::users::UserDetails;
use crate::{EventError, MatchPolicy};

/// Enrols, identifies, lists and deletes, over a store of its own or one that several services share.
///
/// Every event's gallery is in memory, and is what the store holds: a write is durable first and seen by
/// searches of this service before the call returns. Writes to one event follow each other, searches wait
/// for none. When the outcome of a write is unknown, the event is read again before its next use.
///
/// What others write is seen as soon as the store's [`changes`](EmbeddingStore::changes) report it and it
/// was read; all is read again when changes were missed. A store without a change feed is one that nobody
/// else writes to.
///
/// While the store is out of reach, searches and lists go on from memory, as the event was when the store was
/// last seen, for at most [`ServiceOptions::max_staleness`], and then answer
/// [`StoreError::Unavailable`](embedding_store::StoreError::Unavailable). Writes go to the store at all times,
/// and fail with it.
///
/// An event with more users than [`ServiceOptions::gallery_limit`] is not held in memory when the store has a
/// [`search`](EmbeddingStore::search): the store is asked each time.
///
/// A write that was begun is carried through when its future is dropped. Methods need a tokio runtime, and
/// with a store that has a change feed one with timers, which outlives the service.
#[derive(Debug)]
pub struct EventService {
    inner: Arc<Inner>,
    /// Follows the changes of others; stopped when this is dropped.
    _watch: JoinSet<()>, // it aborts its tasks on drop, as a `JoinHandle` does not
}

/// What writes share with the service, as they may outlive the call that asked for them.
#[derive(Debug)]
struct Inner {
    store: Arc<dyn EmbeddingStore>,
    models: Models,
    galleries: Galleries,
    backlog: Backlog,
    /// How long an event is kept that an enrolment brings into being.
    retain: Option<time::Duration>,
    gallery_limit: usize,
    attached: Attached,
    observed: Observed,
}

/// An event in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSummary {
    /// Its name.
    pub name: EventName,
    /// How many users it has; it may have none.
    pub user_count: usize,
}

impl EventService {
    /// As [`EventService::open_with`], with one model of which nothing was measured, and the default options.
    ///
    /// # Errors
    /// As there.
    pub async fn open(
        store: Arc<dyn EmbeddingStore>,
        model: ModelId,
        policy: MatchPolicy,
    ) -> Result<Self, EventError> {
        Self::open_with(store, ServedModel::new(model, policy), ServiceOptions::default()).await
    }

    /// Reads the gallery of every event in `store`, and follows the changes that others make from then on.
    /// `first` is the model of events that come into being; those of [`ServiceOptions::other_models`] are served
    /// beside them. An event keeps its model for life.
    ///
    /// # Errors
    /// [`EventError::Policy`] when a policy cannot be kept: its rule is a target and there is no calibration for
    /// it, or one of other distances. [`EventError::Store`] when something cannot be read or the store cannot be watched, and
    /// [`EventError::UnusableSamples`] when it makes no template: what is not understood is never taken for
    /// absent.
    pub async fn open_with(
        store: Arc<dyn EmbeddingStore>,
        first: ServedModel,
        options: ServiceOptions,
    ) -> Result<Self, EventError> {
        let ServiceOptions { max_staleness, gallery_limit, retain, other_models } = options;
        let models = Models::new(first, other_models).map_err(EventError::Policy)?;
        // Before anything is read: what changes after it was read is then in the feed.
        let changes = store.changes().await?;
        let (galleries, backlog) = (Galleries::new(), Backlog::new(max_staleness));
        let (attached, observed) = (Attached::default(), Observed::default());
        let inner =
            Arc::new(Inner { store, models, galleries, backlog, retain, gallery_limit, attached, observed });
        let mut watch = JoinSet::new();
        if let Some(feed) = changes {
            watch.spawn(Arc::clone(&inner).watch(feed)); // first: a feed that nobody reads is cut off
        }
        inner.load_all().await?;
        inner.warn_of_lax_thresholds().await;
        Ok(Self { inner, _watch: watch })
    }

    /// All events in name order, those without users too.
    ///
    /// # Errors
    /// [`EventError::Store`] when an event had to be read again and could not, or changes have not been seen
    /// for too long.
    pub async fn events(&self) -> Result<Vec<EventSummary>, EventError> {
        self.inner.check_fresh()?;
        let mut events = Vec::new();
        for name in self.inner.galleries.events() {
            match self.inner.user_count(&name).await {
                Ok(Some(user_count)) => events.push(EventSummary { name, user_count }),
                Ok(None) => {}
                // A list is without it, as the store's own is.
                Err(EventError::Store(error)) if self.inner.is_kept_out(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(events)
    }

    /// How many users and events the store cannot read and keeps out; see
    /// [`EmbeddingStore::unreadable_records`].
    #[must_use]
    pub fn unreadable_records(&self) -> usize {
        self.inner.store.unreadable_records()
    }

    /// Asks the store whether it can be read and written.
    ///
    /// # Errors
    /// [`EventError::Store`] when it cannot, as far as it can tell, or changes have not been seen for too long.
    pub async fn check(&self) -> Result<(), EventError> {
        self.inner.check_fresh()?;
        Ok(self.inner.store.check().await?)
    }
}

/// Carries a write through, whether or not the caller stays to hear of it: a store may do a write after
/// its future was dropped, and nobody would then publish it.
pub(crate) async fn to_the_end<T: Send + 'static, E: From<EventError> + Send + 'static>(
    write: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    tokio::spawn(write.in_current_span()).await.map_err(EventError::Interrupted)?
}

impl Inner {
    /// Whether what is published may be shown.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store has been out of reach, or changes may have been missed, for longer
    /// than is allowed.
    fn check_fresh(&self) -> Result<(), StoreError> {
        self.backlog.check()?;
        match self.store.away_since() {
            Some(since) if !self.backlog.allows(since.into()) => {
                Err(StoreError::unavailable(true, "it has been out of reach for too long"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses faces of a model that cannot join or meet those of the event, or that is not served. An event
    /// that is not there takes the model of its first faces.
    fn expect_model(
        &self,
        event: &EventName,
        event_model: Option<&ModelId>,
        given: &ModelId,
    ) -> Result<(), EventError> {
        let expected = event_model.unwrap_or(given);
        if expected != given {
            return Err(models::mismatch(event, expected, given));
        }
        self.models.of_event(event, expected).map(drop)
    }
}

#[cfg(test)]
mod tests;
