//! A store that several services share, each through its own handle, and that tells each what the others did.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use embedding::{DistanceScale, Template};
use embedding_store::{
    AppendedAt, Change, ChangeFeed, ChangedUsers, EmbeddingStore, EventName, EventRecord, EventSnapshot,
    EventVersion, EventVersions, FaceSample, InMemory, Listing, NearestTemplates, Page, StoreError,
    TemplateSearch, UserRecord, Username,
};
use futures_util::stream::poll_fn;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use uuid::Uuid;

use super::TestStore;
use crate::Gallery;

/// What is shared.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) data: InMemory,
    /// Whether it searches, and then whether exactly.
    pub(super) search: Option<bool>,
    pub(super) news: Mutex<News>,
}

#[derive(Default)]
pub(super) struct News {
    handles: usize,
    feeds: Vec<(usize, UnboundedSender<Change>)>,
    interrupted: bool,
    /// What is told later, while news is held back.
    held: Option<Vec<(usize, Change)>>,
}

impl News {
    fn tell(&self, from: usize, change: &Change) {
        for (_, feed) in self.feeds.iter().filter(|(handle, _)| *handle != from) {
            let _ = feed.send(change.clone());
        }
    }

    fn tell_all(&self, change: &Change) {
        self.tell(usize::MAX, change);
    }
}

impl Shared {
    /// A handle for one service, which can be made to fail.
    pub(super) fn handle(self: &Arc<Self>) -> Arc<TestStore> {
        let mut news = self.news.lock().unwrap();
        news.handles += 1;
        Arc::new(TestStore::over(Arc::new(Handle { number: news.handles, shared: Arc::clone(self) })))
    }

    /// From now on nobody is told what is changed.
    pub(super) fn interrupt(&self) {
        let mut news = self.news.lock().unwrap();
        news.interrupted = true;
        news.tell_all(&Change::Interrupted);
    }

    pub(super) fn reconnect(&self) {
        let mut news = self.news.lock().unwrap();
        news.interrupted = false;
        news.tell_all(&Change::Everything);
    }

    /// From now on changes are told when they are released.
    pub(super) fn hold(&self) {
        self.news.lock().unwrap().held.get_or_insert_default();
    }

    pub(super) fn release(&self) {
        let mut news = self.news.lock().unwrap();
        for (from, change) in news.held.take().unwrap_or_default() {
            news.tell(from, &change);
        }
    }

    /// Ends every feed.
    pub(super) fn hang_up(&self) {
        self.news.lock().unwrap().feeds.clear();
    }

    /// How many feeds are listened to.
    pub(super) fn listeners(&self) -> usize {
        self.news.lock().unwrap().feeds.iter().filter(|(_, feed)| !feed.is_closed()).count()
    }
}

struct Handle {
    number: usize,
    shared: Arc<Shared>,
}

impl Handle {
    /// Tells the others of a write that was done.
    fn told<T>(&self, outcome: Result<T, StoreError>, change: Change) -> Result<T, StoreError> {
        let mut news = self.shared.news.lock().unwrap();
        if outcome.is_ok() && !news.interrupted {
            match &mut news.held {
                Some(held) => held.push((self.number, change)),
                None => news.tell(self.number, &change),
            }
        }
        outcome
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

#[async_trait]
impl EmbeddingStore for Handle {
    async fn create_event(&self, event: EventRecord) -> Result<(), StoreError> {
        let change = Change::Event(event.name.clone());
        self.told(self.shared.data.create_event(event).await, change)
    }

    async fn event(&self, event: &EventName) -> Result<Option<EventRecord>, StoreError> {
        self.shared.data.event(event).await
    }

    async fn update_event(&self, event: EventRecord) -> Result<(), StoreError> {
        let change = Change::Event(event.name.clone());
        self.told(self.shared.data.update_event(event).await, change)
    }

    async fn replace_event(&self, seen: &EventRecord, event: EventRecord) -> Result<(), StoreError> {
        let change = Change::Event(event.name.clone());
        self.told(self.shared.data.replace_event(seen, event).await, change)
    }

    async fn delete_event(&self, event: &EventName) -> Result<(), StoreError> {
        self.told(self.shared.data.delete_event(event).await, Change::Event(event.clone()))
    }

    async fn list_events(&self, page: Page) -> Result<Listing<EventRecord>, StoreError> {
        self.shared.data.list_events(page).await
    }

    async fn append_sample(&self, sample: FaceSample) -> Result<usize, StoreError> {
        let change = Change::User(sample.event().clone(), sample.user().clone());
        self.told(self.shared.data.append_sample(sample).await, change)
    }

    async fn delete_sample(&self, event: &EventName, user: &Username, id: Uuid) -> Result<usize, StoreError> {
        let change = Change::User(event.clone(), user.clone());
        self.told(self.shared.data.delete_sample(event, user, id).await, change)
    }

    async fn user(&self, event: &EventName, user: &Username) -> Result<Option<UserRecord>, StoreError> {
        self.shared.data.user(event, user).await
    }

    async fn update_user(&self, user: UserRecord) -> Result<(), StoreError> {
        let change = Change::User(user.event.clone(), user.name.clone());
        self.told(self.shared.data.update_user(user).await, change)
    }

    async fn replace_user(&self, seen: &UserRecord, user: UserRecord) -> Result<(), StoreError> {
        let change = Change::User(user.event.clone(), user.name.clone());
        self.told(self.shared.data.replace_user(seen, user).await, change)
    }

    async fn move_user(
        &self,
        seen: &UserRecord,
        to: UserRecord,
        onto: Option<&UserRecord>,
    ) -> Result<usize, StoreError> {
        let change = |user: &UserRecord| Change::User(user.event.clone(), user.name.clone());
        let changes = [change(seen), change(&to)];
        let moved = self.shared.data.move_user(seen, to, onto).await;
        changes.into_iter().fold(moved, |moved, change| self.told(moved, change))
    }

    async fn delete_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        let change = Change::User(event.clone(), user.clone());
        self.told(self.shared.data.delete_user(event, user).await, change)
    }

    async fn list_users(&self, event: &EventName, page: Page) -> Result<Listing<UserRecord>, StoreError> {
        self.shared.data.list_users(event, page).await
    }

    async fn samples(&self, event: &EventName, user: &Username) -> Result<Vec<FaceSample>, StoreError> {
        self.shared.data.samples(event, user).await
    }

    async fn load_event(&self, event: &EventName) -> Result<EventSnapshot, StoreError> {
        self.shared.data.load_event(event).await
    }

    async fn changes(&self) -> Result<Option<ChangeFeed>, StoreError> {
        let (sender, mut receiver) = unbounded_channel();
        self.shared.news.lock().unwrap().feeds.push((self.number, sender));
        Ok(Some(ChangeFeed::new(poll_fn(move |context| receiver.poll_recv(context)))))
    }

    fn versions(&self) -> Option<&dyn EventVersions> {
        Some(self)
    }

    fn search(&self) -> Option<&dyn TemplateSearch> {
        self.shared.search.map(|_| self as &dyn TemplateSearch)
    }
}

#[async_trait]
impl EventVersions for Handle {
    async fn version(&self, event: &EventName) -> Result<Option<EventVersion>, StoreError> {
        self.shared.data.version(event).await
    }

    async fn changed_users(
        &self,
        event: &EventName,
        since: EventVersion,
    ) -> Result<ChangedUsers, StoreError> {
        self.shared.data.changed_users(event, since).await
    }

    async fn append_sample_at(
        &self,
        sample: FaceSample,
        seen: Option<EventVersion>,
    ) -> Result<AppendedAt, StoreError> {
        let change = Change::User(sample.event().clone(), sample.user().clone());
        self.told(self.shared.data.append_sample_at(sample, seen).await, change)
    }
}

/// Finds what a gallery finds.
#[async_trait]
impl TemplateSearch for Handle {
    async fn nearest(
        &self,
        event: &EventName,
        probe: &Template,
        limit: NonZeroUsize,
    ) -> Result<NearestTemplates, StoreError> {
        let gallery =
            Gallery::from_snapshot(self.shared.data.load_event(event).await?, DistanceScale::UNIT).unwrap();
        let nearest = gallery.nearest_k(probe, limit).unwrap();
        let users = nearest.into_iter().map(|nearest| (nearest.user, nearest.distance)).collect();
        let (model, exact) = (gallery.model().clone(), self.shared.search.unwrap());
        Ok(NearestTemplates::new(model, users, gallery.len() as u64, exact))
    }
}
