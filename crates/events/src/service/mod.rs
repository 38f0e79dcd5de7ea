//! The service over all events: one method for everything that can be asked of it.

mod backlog;
mod compare;
mod delete;
mod duplicates;
mod enrol;
mod enrolment;
mod events;
mod galleries;
mod identify;
mod lax_threshold;
mod load;
mod loaded_event;
mod models;
mod options;
mod other_person;
mod repeat;
mod retention;
mod samples;
mod search;
mod transfer;
mod users;
mod verify;
mod watch;

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Embedding, ModelId};
use embedding_store::{DuplicatePolicy, EmbeddingStore, EventName, Page, Username};
use tokio::task::JoinSet;
use tracing::Instrument;

use self::backlog::Backlog;
pub use self::compare::Comparison;
pub use self::duplicates::Duplicate;
pub use self::enrolment::{Enrolment, EnrolmentFace, EnrolmentOptions, EnrolmentOutcome};
pub use self::events::{EventChange, EventDetails, EventSettings, PutEvent};
use self::galleries::Galleries;
use self::models::Models;
pub use self::models::ServedModel;
pub use self::options::ServiceOptions;
pub use self::other_person::OtherPerson;
use self::retention::Attached;
pub use self::retention::{AttachedRecords, Erasure};
pub use self::samples::SampleDetails;
pub use self::transfer::ImportError;
pub use self::users::UserDetails;
use crate::{EventError, MatchPolicy, Verdict};

/// Enrols, identifies, lists and deletes, over a store of its own or one that several services share.
///
/// Every event's gallery is in memory, and is what the store holds: a write is durable first and seen by
/// searches of this service before the call returns. Writes to one event follow each other, searches wait
/// for none. When the outcome of a write is unknown, the event is read again before its next use.
///
/// What others write is seen as soon as the store's [`changes`](EmbeddingStore::changes) tell of it and it
/// was read; all is read again when changes were missed. A store that tells no changes is one that nobody
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
/// with a store that tells changes one with timers, which outlives the service.
#[derive(Debug)]
pub struct EventService {
    inner: Arc<Inner>,
    /// Follows the changes of others; ended when this is dropped.
    _watch: JoinSet<()>, // it aborts its tasks on drop, as a `JoinHandle` does not
}

/// What writes share with the service, as they may outlive the call that asked for them.
#[derive(Debug)]
struct Inner {
    store: Arc<dyn EmbeddingStore>,
    models: Models,
    galleries: Galleries,
    backlog: Backlog,
    gallery_limit: usize,
    attached: Attached,
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
        let ServiceOptions { max_staleness, gallery_limit, other_models } = options;
        let models = Models::new(first, other_models).map_err(EventError::Policy)?;
        // Before anything is read: what changes after its reading is then told.
        let changes = store.changes().await?;
        let (galleries, backlog) = (Galleries::new(), Backlog::new(max_staleness));
        let attached = Attached::default();
        let inner = Arc::new(Inner { store, models, galleries, backlog, gallery_limit, attached });
        let mut watch = JoinSet::new();
        if let Some(feed) = changes {
            watch.spawn(Arc::clone(&inner).watch(feed)); // first: a feed that nobody reads is cut off
        }
        inner.load_all().await?;
        inner.warn_of_lax_thresholds().await;
        Ok(Self { inner, _watch: watch })
    }

    /// Adds a face to a user; the user and the event are made when they are not there. Durable on return.
    /// That another user has it, or that it is unlike the user's others, is told in the log, unless the event has
    /// a rule for that.
    ///
    /// # Errors
    /// As for [`EventService::enrol_all`].
    pub async fn enrol(
        &self,
        event: &EventName,
        user: &Username,
        face: EnrolmentFace,
    ) -> Result<Enrolment, EventError> {
        let options = EnrolmentOptions {
            on_duplicate_default: DuplicatePolicy::Warn,
            on_other_person_default: DuplicatePolicy::Warn,
            ..EnrolmentOptions::default()
        };
        let outcome = self.enrol_all(event, user, vec![face], options).await?;
        Ok(Enrolment { embedding_count: outcome.embedding_count })
    }

    /// Adds faces to a user; the user and the event are made when they are not there. Durable on return.
    ///
    /// Whether another user has one of them, within the distance that is a match in the event, is found by
    /// what this service knows: one whom another service enrolled in the same moment can be missed.
    ///
    /// A request with the mark of one that was made before answers as that did and writes nothing; one that
    /// had been ended before it was done is carried on. Two that are made to two services in the same moment
    /// may both be done.
    ///
    /// # Errors
    /// Nothing was written on [`EventError::ModelMismatch`], when the event is of another model than a face or its
    /// model is not served, on [`EventError::Embedding`], when there is no face or no template can be made of
    /// them, on [`EventError::NoTemplate`], when none can be made of them with those that are there, on
    /// [`EventError::Score`], [`EventError::DuplicatePerson`], [`EventError::OtherPerson`] and
    /// [`EventError::RequestReused`]. On
    /// [`EventError::Store`] see the store's error: the first faces may have been stored, each wholly, and on
    /// [`EventError::Interrupted`] all.
    pub async fn enrol_all(
        &self,
        event: &EventName,
        user: &Username,
        faces: Vec<EnrolmentFace>,
        options: EnrolmentOptions,
    ) -> Result<EnrolmentOutcome, EventError> {
        let (inner, event, user) = (Arc::clone(&self.inner), event.clone(), user.clone());
        to_the_end(async move { inner.enrol(&event, &user, &faces, &options).await }).await
    }

    /// Says whose face it is among all users of the event (1:N): the nearest user's, when near enough and not as
    /// near as another. The only candidate in the answer is the nearest user.
    ///
    /// # Errors
    /// [`EventError::NotSearchable`] when the event does not exist or has no users,
    /// [`EventError::ModelMismatch`] when the event is of another model than the face, or of one that is not served,
    /// [`EventError::Embedding`] when the face has no direction, [`EventError::Rule`] when the event's own rule
    /// cannot be kept, [`EventError::Store`] when the event had to be read again and could not, or changes have
    /// not been seen for too long.
    pub async fn identify(&self, event: &EventName, probe: &Embedding) -> Result<Verdict, EventError> {
        self.identify_top(event, probe, NonZeroUsize::MIN).await
    }

    /// As [`EventService::identify`], with the `top` nearest users as candidates.
    ///
    /// # Errors
    /// As there.
    pub async fn identify_top(
        &self,
        event: &EventName,
        probe: &Embedding,
        top: NonZeroUsize,
    ) -> Result<Verdict, EventError> {
        self.inner.identify(event, probe, top).await
    }

    /// Says whether it is the face of one user (1:1), by the event's rule for a single comparison. It is a match
    /// or none: others are not looked at.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]; otherwise as [`EventService::identify`], and
    /// [`EventError::UnusableSamples`] of an event that is searched in the store.
    pub async fn verify(
        &self,
        event: &EventName,
        user: &Username,
        probe: &Embedding,
    ) -> Result<Verdict, EventError> {
        self.inner.verify(event, user, probe).await
    }

    /// All events in name order, those without users too.
    ///
    /// # Errors
    /// [`EventError::Store`] when an event had to be read again and could not, or changes have not been seen
    /// for too long.
    pub async fn events(&self) -> Result<Vec<EventSummary>, EventError> {
        self.inner.backlog.check()?;
        let mut events = Vec::new();
        for name in self.inner.galleries.events() {
            if let Some(user_count) = self.inner.user_count(&name).await? {
                events.push(EventSummary { name, user_count });
            }
        }
        Ok(events)
    }

    /// The users of an event in name order.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`]; [`EventError::Store`] when the event had to be read again and could not,
    /// or changes have not been seen for too long.
    pub async fn users(&self, event: &EventName) -> Result<Vec<Username>, EventError> {
        let unknown = || EventError::UnknownEvent { event: event.clone() };
        self.inner.users(event).await?.ok_or_else(unknown)
    }

    /// Deletes an event with its users, their samples and what is attached. Durable on return.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`]; on [`EventError::Store`] see the store's error, on
    /// [`EventError::Interrupted`] it may have been deleted.
    pub async fn delete_event(&self, event: &EventName) -> Result<(), EventError> {
        let (inner, event) = (Arc::clone(&self.inner), event.clone());
        to_the_end(async move { inner.delete_event(&event).await }).await
    }

    /// Deletes a user with all samples and what is attached; the event stays, also without users. Durable on return.
    ///
    /// # Errors
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`]; on [`EventError::Store`] see the store's
    /// error, on [`EventError::Interrupted`] the user may have been deleted.
    pub async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), EventError> {
        let (inner, event, user) = (Arc::clone(&self.inner), event.clone(), user.clone());
        to_the_end(async move { inner.delete_user(&event, &user).await }).await
    }

    /// Asks the store for a sign of life.
    ///
    /// # Errors
    /// [`EventError::Store`] when it does not answer a small read, or changes have not been seen for too long.
    pub async fn check(&self) -> Result<(), EventError> {
        self.inner.backlog.check()?;
        self.inner.store.list_events(Page::first(NonZeroUsize::MIN)).await?;
        Ok(())
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
