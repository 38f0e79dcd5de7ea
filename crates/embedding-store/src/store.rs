//! The contract of a store: the few calls that an implementor writes.

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use auto_impl::auto_impl;
use futures_util::{StreamExt, TryStreamExt, future, stream};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    ChangeFeed, EventName, EventRecord, EventSnapshot, EventVersions, FaceSample, Journal, Listing, Page,
    StoreError, StoredRecords, TemplateSearch, UserRecord, Username, moved_user,
};

/// Events that are listed at once for [`EmbeddingStore::stored_records`].
const EVENTS_AT_ONCE: NonZeroUsize = NonZeroUsize::new(100).unwrap();

/// Keeps events, users and face samples.
///
/// This trait is the least an implementor writes; callers find more in
/// [`EmbeddingStoreExt`](crate::EmbeddingStoreExt). An implementation shows that it keeps the
/// contract by passing the suite in `conformance` (feature `conformance`).
///
/// What an implementor needs is public, and `examples/own_store/main.rs` uses all of it:
/// - [`Page::bounds`] and [`Listing::from_records`] make the pages of lists, whose cursors are names.
/// - `to_bytes` and `from_bytes` of each record are what to keep; a store that keeps no bytes refuses the same by
///   `check_storable`. [`Keyring::seal`](crate::Keyring::seal) and [`Keyring::open`](crate::Keyring::open) stand
///   in for those of a sample in a store that encrypts.
/// - The functions of [`StoreError`], such as [`StoreError::other_model`], make the errors that callers expect.
/// - [`ChangeFeed::new`] takes a stream of the changes of others.
/// - [`Journal`] says the same of journals; a store without one is complete.
///
/// For every method:
/// - **Atomic**: a call happens wholly or not at all, and a reader never sees half of it.
/// - **Durable on return**: when a write returns `Ok`, it survives the end of the process, as far as
///   the store outlives a process at all.
/// - **In order**: a call that starts after another one returned sees what that one did.
/// - **Cancelled** (its future dropped): a write may still happen, wholly.
/// - **Failed** with [`StoreError::Unavailable`]: a write may have happened, wholly. With any other
///   error it has not.
/// - What cannot be read is [`StoreError::Corrupt`] or [`StoreError::Unavailable`], never an empty
///   answer.
///
/// Unknown fields of a record survive its rewrite. A record that fails its own `check_storable` is
/// refused with [`StoreError::Unstorable`].
#[async_trait]
// Of an Arc every method is that of the store inside, those with a default too: by the
// default it would hide the journal, the search, the changes or the re-encryption.
#[auto_impl(Arc)]
pub trait EmbeddingStore: Debug + Send + Sync {
    /// Creates an event. Not idempotent.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is already there.
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError>;

    /// Reads an event; `None` when there is none.
    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError>;

    /// Replaces the record of an event. Idempotent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none; [`StoreError::Conflict`] when the record names
    /// another model while the event has samples.
    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError>;

    /// Replaces the record of an event that is still equal to `seen`: of two who change what both have read, one is
    /// refused and loses nothing of the other's.
    ///
    /// The one that is provided reads, compares and replaces, one after another: it keeps that promise among callers who
    /// wait for each other, and is for stores that cannot compare and set. A store that can does it as one step, as the
    /// conformance suite asks.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is another record now; those of [`EmbeddingStore::update_event`].
    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        match self.event(&seen.name).await? {
            None => Err(StoreError::event_not_found(&seen.name)),
            Some(present) if present == *seen => self.update_event(event).await,
            Some(_) => Err(StoreError::event_changed(&seen.name)),
        }
    }

    /// Deletes an event with its users and samples, all at once. Not idempotent: the second call
    /// finds nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError>;

    /// Lists events in name order.
    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError>;

    /// Adds a sample to its user, and returns how many samples the user then has.
    ///
    /// Ids are the caller's: that of a sample which came by a request with a mark is made of the mark
    /// ([`FaceSample::with_numbered_request`]), so of two servers that do one request at one moment the second is
    /// refused here, or, where a store cannot refuse it (Cloudinary), leaves one sample of that id.
    ///
    /// An absent event is created with the sample's model and time, an absent user with its time; a
    /// present user's `updated` moves up to the sample's time (never back). Idempotent: the same sample again
    /// changes nothing and returns the count.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the event is of another model, or when the user has another
    /// sample with this id.
    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError>;

    /// Adds samples of one user, each as [`EmbeddingStore::append_sample`] does, and returns how many the user then
    /// has; 0 for none at all. Faster than one by one where a store can; after an error the first ones may be there.
    ///
    /// # Errors
    /// As for [`EmbeddingStore::append_sample`].
    async fn append_samples(&self, samples: Vec<FaceSample>) -> Result<usize, StoreError> {
        let mut count = 0;
        for sample in samples {
            count = self.append_sample(sample).await?;
        }
        Ok(count)
    }

    /// Deletes one sample of a user who has others, and returns how many are left. The user's record stays as it
    /// is. Not idempotent: the second call finds nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event, user or sample; [`StoreError::Conflict`] when it
    /// is the user's only sample, since a user has at least one.
    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError>;

    /// Reads a user; `None` when there is no such user or no such event.
    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError>;

    /// Replaces the record of a user. Idempotent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such user.
    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError>;

    /// Replaces the record of a user that is still equal to `seen`. What is said at
    /// [`EmbeddingStore::replace_event`] is true of it too.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is another record now; those of [`EmbeddingStore::update_user`].
    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        match self.user(&seen.event, &seen.name).await? {
            // Says whether the event is missing or only the user.
            None => self.update_user(user).await,
            Some(present) if present == *seen => self.update_user(user).await,
            Some(_) => Err(StoreError::user_changed(&seen.event, &seen.name)),
        }
    }

    /// Gives the samples of a user to another name of the same event: a rename where nobody has that name, a merge where
    /// somebody has. Returns how many samples the user of that name then has.
    ///
    /// `seen` is the record that was read of the user, `onto` that of who has the other name, `None` where nobody has;
    /// `to` is the record that the result has, with the other name. Samples keep their ids. All at once: either every
    /// sample has moved and the first name is gone, or nothing has changed.
    ///
    /// The one that is provided adds before it deletes, one after another: cut off, it leaves the user under both names,
    /// and a merge of the two finishes it. A store that can does it as one step, as the conformance suite asks.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event, or no user of `seen`'s name; [`StoreError::Changed`] when
    /// either record is another now; [`StoreError::Conflict`] when both have a sample of one id that are not the same;
    /// [`StoreError::Unstorable`] when `to` is of another event, or has the same name.
    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        let (event, from) = (&seen.event, &seen.name);
        // Says whether the event is missing or only the user.
        let samples = self.samples(event, from).await?;
        let (present, there) = (self.user(event, from).await?, self.user(event, &to.name).await?);
        moved_user::check(seen, &to, onto, present.as_ref(), there.as_ref())?;
        let samples = samples.into_iter().map(|sample| sample.of_user(to.name.clone())).collect();
        let count = self.append_samples(samples).await?;
        self.update_user(to).await?;
        self.delete_user(event, from).await?;
        Ok(count)
    }

    /// Deletes a user with all samples; the event stays, also after its last user. Not idempotent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event or user.
    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError>;

    /// Lists the users of an event in name order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event.
    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError>;

    /// Reads the samples of a user by id: oldest first, but for those whose id is made of a request's mark.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event or user.
    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError>;

    /// Reads an event with all users and samples as they are at one moment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event.
    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError>;

    /// Everything that is stored, the journal of the store included, as it is at one moment. Reads and writes go on
    /// meanwhile, and memory stays bounded however much it is: what is not taken yet is not read.
    ///
    /// The one that is provided reads event by event, each as it is at one moment, and is for stores without a journal
    /// that have no moment of the whole.
    fn stored_records(&self) -> StoredRecords<'_> {
        if self.journal().is_some() {
            let error = StoreError::misconfigured("this store does not say how it is read with its journal");
            return stream::once(future::ready(Err(error))).boxed();
        }
        let first = Some(Page::first(EVENTS_AT_ONCE));
        let events = stream::try_unfold(first, move |page| async move {
            let Some(page) = page else { return Ok::<_, StoreError>(None) };
            let Listing { items, next } = self.list_events(page).await?;
            let next = next.map(|place| Page { after: Some(place), limit: EVENTS_AT_ONCE });
            Ok(Some((stream::iter(items.into_iter().map(Ok)), next)))
        });
        let of_event = move |event: EventRecord| async move {
            match self.load_event(&event.name).await {
                // Deleted since it was listed.
                Err(StoreError::NotFound { .. }) => Ok(None),
                loaded => loaded.map(|event| Some(stream::iter(event.into_records().map(Ok)))),
            }
        };
        events.try_flatten().try_filter_map(of_event).try_flatten().boxed()
    }

    /// Whether it can be read and written now; a small read, unless it can tell better.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot, with an [`Outage`](crate::Outage) as its source where that says why.
    async fn check(&self) -> Result<(), StoreError> {
        self.list_events(Page::first(NonZeroUsize::MIN)).await.map(drop)
    }

    /// Since when it cannot be reached, where it keeps an eye on that by itself; `None` while it can.
    fn away_since(&self) -> Option<Instant> {
        None
    }

    /// What time it is by the clock that all who open the store have in common; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be asked now.
    async fn clock(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        Ok(None)
    }

    /// Whether a server serves it now, where others than this process can. A snapshot is not restored into such a store.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when that cannot be told now.
    async fn is_served(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// What others change from now on; `None` where nobody else can change the store. Every change that
    /// happens after this returned is in the feed; the store's own are not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be watched now.
    async fn changes(&self) -> Result<Option<ChangeFeed>, StoreError> {
        Ok(None)
    }

    /// The search for the nearest template inside the store, where it has one.
    fn search(&self) -> Option<&dyn TemplateSearch> {
        None
    }

    /// Appends under a version, where several servers share the store and it can decide between them; `None` where one
    /// owner has it, and where it cannot.
    fn versions(&self) -> Option<&dyn EventVersions> {
        None
    }

    /// The journal beside the faces, where the store has one. It is one and the same for all who open the store,
    /// and goes on working when this value has been dropped.
    fn journal(&self) -> Option<Arc<dyn Journal>> {
        None
    }

    /// Seals those samples of a user anew that are not sealed as the store seals now, and returns how many
    /// they were. Idempotent; a store that does not encrypt has nothing to do.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such event or user.
    async fn reseal(&self, event: &EventName, user: &Username) -> Result<usize, StoreError> {
        let _ = (event, user);
        Ok(0)
    }

    /// Notes that every sample is sealed as the store seals now: former keys are not needed any more. To
    /// be called once [`EmbeddingStore::reseal`] has been through all users. Idempotent.
    async fn finish_resealing(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// How many users and events cannot be read and are therefore kept out, where a store keeps out single ones:
    /// lists and snapshots are without them, and every other call about one is [`StoreError::Corrupt`]. From memory.
    fn unreadable_records(&self) -> usize {
        0
    }
}
