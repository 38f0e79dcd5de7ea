//! The store: opening it, its parts, and the contract.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::calls::PAGE;
use super::client::CloudinaryClient;
use super::document::Document;
use super::feed::Feed;
use super::locks::Locks;
use super::mirror::Mirror;
use super::options::CloudinaryOptions;
use super::path::{Place, Prefix};
use crate::opening::Opening;
use crate::{
    ChangeFeed, EmbeddingStore, EventName, EventRecord, EventSnapshot, FaceSample, Keyring, Listing, Page,
    StoreError, UserRecord, UserSnapshot, Username,
};

/// Keeps everything in a folder of a Cloudinary account, and a copy of it in memory.
///
/// A write that has returned has been acknowledged by Cloudinary, and the acknowledgement verified. Reads
/// are answered from memory. What another process writes to the same folder is seen after the interval of
/// the listings; neither loses anything that the other one appends.
///
/// Its methods run on a tokio runtime of either flavour, with time and I/O enabled. Dropping the store ends its
/// background work; what that leaves undone, the next store does.
pub struct CloudinaryStore {
    inner: Arc<Inner>,
    /// Ended when dropped.
    _background: JoinSet<()>,
}

/// What writes and background work share.
pub(super) struct Inner {
    pub(super) client: CloudinaryClient,
    pub(super) prefix: Prefix,
    pub(super) keyring: Keyring,
    pub(super) parallel: NonZeroUsize,
    pub(super) grace: Duration,
    pub(super) feed: Feed,
    /// Shared by writes to an event's users, held alone by those to the event itself.
    pub(super) events: Locks<Place>,
    /// Taken after the event's.
    pub(super) users: Locks<Place>,
    pub(super) refreshing: Mutex<()>,
    pub(super) garbage: UnboundedSender<(Place, Uuid)>,
    mirror: RwLock<Mirror>,
    /// Documents that the last listing showed.
    size: AtomicUsize,
}

impl CloudinaryStore {
    /// Opens the store: lists its folder and reads every document that counts.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] when Cloudinary refuses the credentials or the clock, or the keyring
    /// is not the store's; [`StoreError::Unavailable`] when not everything can be read, since what is
    /// missing would look as if it had never been; [`StoreError::Corrupt`] when the key record is damaged, or
    /// everything is. Any other damaged document keeps out the user or event that it is of.
    pub async fn open(options: CloudinaryOptions) -> Result<Self, StoreError> {
        Self::open_as(options, Opening::MakeIfAbsent).await
    }

    pub(crate) async fn open_as(options: CloudinaryOptions, opening: Opening) -> Result<Self, StoreError> {
        // Without a runtime the spawns below would panic.
        runtime::Handle::try_current().map_err(|e| StoreError::Misconfigured {
            reason: "the store at Cloudinary needs a tokio runtime: open it on one".to_owned(),
            source: Some(e.into()),
        })?;
        let prefix = Prefix::parse(&options.prefix)
            .ok_or_else(|| StoreError::misconfigured(format!("the prefix is not {}", Prefix::EXPECTED)))?;
        let (garbage, discarded) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            client: CloudinaryClient::for_account(&options)?,
            prefix,
            keyring: options.keyring,
            parallel: options.parallel,
            grace: options.grace,
            feed: Feed::new(),
            events: Locks::new(),
            users: Locks::new(),
            refreshing: Mutex::new(()),
            garbage,
            mirror: RwLock::default(),
            size: AtomicUsize::new(0),
        });
        inner.load(opening).await?;
        let mut background = JoinSet::new();
        if !opening.changes() {
            // No sweep, and nothing is read anew: it stays as it is while it is looked at.
            return Ok(Self { inner, _background: background });
        }
        let (cleaning, listing) = (Arc::clone(&inner), Arc::clone(&inner));
        background.spawn(async move { cleaning.clean_up(discarded).await });
        background.spawn(async move { listing.keep_up_to_date(options.refresh).await });
        Ok(Self { inner, _background: background })
    }

    /// The client, for the calls that have nothing to do with the store.
    #[must_use]
    pub fn client(&self) -> &CloudinaryClient {
        &self.inner.client
    }

    /// Lists the folder now and reads what others changed, as the store does by itself on its timer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when that cannot be done, or would use up the calls of the hour.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        self.write(|inner| async move { inner.refresh().await }).await
    }

    /// Destroys what does not count any more, as the store does by itself; how many documents.
    pub async fn sweep(&self) -> usize {
        self.inner.sweep().await
    }

    /// Runs work to its end, also when its caller goes away: what Cloudinary has acknowledged, the
    /// mirror must have.
    async fn write<T, F>(&self, work: impl FnOnce(Arc<Inner>) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        // A panic, or a runtime that shuts down: the upload may have been carried out.
        tokio::spawn(work(Arc::clone(&self.inner))).await.map_err(|e| StoreError::Unavailable {
            retryable: false,
            reason: "the write was broken off".to_owned(),
            source: Some(e.into()),
        })?
    }
}

impl Inner {
    // No step under the lock panics half-way, so a poisoned lock guards whole data.
    pub(super) fn mirror(&self) -> RwLockReadGuard<'_, Mirror> {
        self.mirror.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mirror_mut(&self) -> RwLockWriteGuard<'_, Mirror> {
        self.mirror.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a document that was read, and tells listeners of it.
    pub(super) fn adopt(&self, place: &Place, document: Document) {
        let subject = document.subject();
        // Not settled: another process uploaded it and may still be repeating the attempt.
        let superseded = self.mirror_mut().adopt(place, document, Instant::now(), false);
        // After the mirror: a listener that reads at once has to find the change.
        self.feed.changed(subject);
        self.discard(superseded.into_iter().map(|revision| (place.clone(), revision)));
    }

    pub(super) fn note_size(&self, documents: usize) {
        self.size.store(documents, Ordering::Relaxed);
    }

    /// Pages of a listing, that is calls.
    pub(super) fn pages(&self) -> u64 {
        let pages = self.size.load(Ordering::Relaxed).div_ceil(PAGE).max(1);
        u64::try_from(pages).unwrap_or(u64::MAX)
    }
}

/// Shows where the store is, and nothing of it.
impl fmt::Debug for CloudinaryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudinaryStore")
            .field("client", &self.inner.client)
            .field("prefix", &self.inner.prefix.as_str())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl EmbeddingStore for CloudinaryStore {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.write(|inner| async move { inner.create_event(event).await }).await
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        let mirror = self.inner.mirror();
        mirror.check_readable(&Place::event(event))?;
        Ok(mirror.event(event).map(|event| event.state.record.clone()))
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        self.write(|inner| async move { inner.update_event(event, None).await }).await
    }

    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        let seen = Some(seen.clone());
        self.write(|inner| async move { inner.update_event(event, seen).await }).await
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        let event = event.clone();
        self.write(|inner| async move { inner.delete_event(&event).await }).await
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        let mirror = self.inner.mirror();
        let entries = mirror.events().range::<str, _>(page.bounds());
        let records = entries.map(|(_, event)| Ok(event.state.record.clone()));
        Listing::from_records(records, page.limit, |event| event.name.as_str())
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        self.append_samples(vec![sample]).await
    }

    async fn append_samples(&self, samples: Vec<FaceSample>) -> Result<usize, StoreError> {
        self.write(|inner| async move { inner.append_samples(samples).await }).await
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        let (event, user) = (event.clone(), user.clone());
        self.write(|inner| async move { inner.delete_sample(&event, &user, id).await }).await
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        let mirror = self.inner.mirror();
        mirror.check_readable(&Place::user(event, user))?;
        Ok(mirror.user(event, user).map(|user| user.record.clone()))
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        self.write(|inner| async move { inner.update_user(user, None).await }).await
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        let seen = Some(seen.clone());
        self.write(|inner| async move { inner.update_user(user, seen).await }).await
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        let (seen, onto) = (seen.clone(), onto.cloned());
        self.write(|inner| async move { inner.move_user(&seen, &to, onto.as_ref()).await }).await
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        let (event, user) = (event.clone(), user.clone());
        self.write(|inner| async move { inner.delete_user(&event, &user).await }).await
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        let mirror = self.inner.mirror();
        let entries = mirror.existing_event(event)?.users.range::<str, _>(page.bounds());
        let records = entries.map(|(_, user)| Ok(user.record.clone()));
        Listing::from_records(records, page.limit, |user| user.name.as_str())
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        let state = self.inner.mirror().existing_user(event, user)?.clone();
        state.open(&self.inner.keyring)
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        // Copied under the lock and opened outside it: decrypting a whole event would hold up every write.
        let (record, users) = {
            let mirror = self.inner.mirror();
            let event = mirror.existing_event(event)?;
            (event.state.record.clone(), event.users.values().cloned().collect::<Vec<_>>())
        };
        let open = |state: super::merge::UserState| {
            let samples = state.open(&self.inner.keyring)?;
            Ok(UserSnapshot { user: state.record, samples })
        };
        let users = users.into_iter().map(open).collect::<Result<_, StoreError>>()?;
        Ok(EventSnapshot { event: record, users })
    }

    async fn changes(&self) -> Result<Option<ChangeFeed>, StoreError> {
        Ok(Some(self.inner.feed.listen()))
    }

    async fn reseal(&self, event: &EventName, user: &Username) -> Result<usize, StoreError> {
        let (event, user) = (event.clone(), user.clone());
        self.write(|inner| async move { inner.reseal(&event, &user).await }).await
    }

    async fn finish_resealing(&self) -> Result<(), StoreError> {
        let kept_out = self.unreadable_records();
        if kept_out > 0 {
            return Err(StoreError::corrupt(format!(
                "{kept_out} users or events cannot be read, so whether they need a former key is not known"
            )));
        }
        self.write(|inner| async move { inner.put_key(inner.keyring.settled()).await }).await
    }

    fn unreadable_records(&self) -> usize {
        self.inner.mirror().unreadable().places()
    }
}
