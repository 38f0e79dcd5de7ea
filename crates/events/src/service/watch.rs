//! The changes that others make to the store, seen and read again.
//!
//! A change says only what to read: what is published is always what the store then held, read by the
//! holder of the event's turn. So changes may come late, twice or in another order than they were made,
//! and meet writes of this service, without an old state staying published.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use embedding::EmbeddingError;
use embedding_store::{Change, ChangeFeed, EmbeddingStoreExt, EventName, StoreError, Subject, Username};
use futures_util::StreamExt;

use super::Inner;
use super::backlog::{Changed, FIRST_PAUSE, Task, longer};
use super::galleries::{Published, Turn};
use super::loaded_event::LoadedEvent;
use crate::EventError;
use crate::gallery::template_of;

/// A user read alone costs a call. From this many on, reading an event whole may cost less.
const MANY_USERS: usize = 16;

/// A call takes about as long as it takes to read this many more users in one that is made anyway.
const USERS_A_CALL: usize = 64;

impl Inner {
    /// Follows the changes of others for ever.
    pub(super) async fn watch(self: Arc<Self>, feed: ChangeFeed) {
        // Side by side, since a reading can take long and a store may cut off a feed that nobody takes from.
        tokio::join!(self.note_changes(feed), self.read_changes());
    }

    /// Keeps note of what is to be read again, never waiting for a reading.
    async fn note_changes(&self, mut feed: ChangeFeed) {
        loop {
            while let Some(change) = feed.next().await {
                match change {
                    Change::Event(event) => self.backlog.changed(event, Changed::Whole),
                    Change::User(event, user) => {
                        self.backlog.changed(event, Changed::Users(BTreeSet::from([user])));
                    }
                    Change::Interrupted => {
                        tracing::warn!(
                            "change feed: interrupted, changes of other servers are not seen until it is back"
                        );
                        self.backlog.interrupted();
                    }
                    // A change of a kind that is not known here can be anything.
                    Change::Everything | _ => self.backlog.seen_again(),
                }
            }
            tracing::warn!("change feed: the store ended it, asking for a new one");
            self.backlog.interrupted();
            feed = self.feed().await;
            // Only now: what is read from here on covers all that happened before the new feed began.
            self.backlog.seen_again();
        }
    }

    /// A new feed, as soon as the store gives one.
    async fn feed(&self) -> ChangeFeed {
        let mut pause = FIRST_PAUSE;
        loop {
            // Before the first attempt too, or a store whose feeds end at once would be asked without a pause.
            tokio::time::sleep(pause).await;
            pause = longer(pause);
            match self.store.changes().await {
                Ok(Some(feed)) => return feed,
                // It had a feed before, so this is not taken to mean that nobody else writes.
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "change feed: the store gives no new one yet"),
            }
        }
    }

    /// Reads again what is noted.
    async fn read_changes(&self) {
        loop {
            match self.backlog.next().await {
                Task::Everything => {
                    self.read_everything().await;
                    if self.backlog.caught_up() {
                        tracing::info!("change feed: caught up, no change of another server is missing");
                    }
                }
                Task::Event(event, changed, pause) => {
                    if let Err(error) = self.read_changed(&event, changed).await {
                        self.try_later(event, &error, pause).await;
                    }
                }
            }
        }
    }

    /// Reads every event that the store or this service knows. What is published stays so until it was
    /// read anew, for as long as the store cannot be reached.
    async fn read_everything(&self) {
        let mut pause = FIRST_PAUSE;
        let mut wait = async |error: &StoreError| {
            tracing::warn!(%error, pause_ms = pause.as_millis(), "change feed: cannot read the store again yet");
            tokio::time::sleep(pause).await;
            pause = longer(pause);
        };
        let mut events: BTreeSet<_> = loop {
            match self.store.all_events().await {
                Ok(events) => break events.into_iter().map(|event| event.name).collect(),
                Err(error) => wait(&error).await,
            }
        };
        // Also those that the store lists no more: reading them finds that they are gone.
        events.extend(self.galleries.events());
        for event in events {
            loop {
                match self.read_changed(&event, Changed::Whole).await {
                    Ok(()) => break,
                    // Waited for, not postponed: changes count as seen again only once every event could be read.
                    Err(EventError::Store(
                        error @ (StoreError::Unavailable { .. } | StoreError::Misconfigured { .. }),
                    )) => wait(&error).await,
                    // One event that makes no sense must not keep the others from being current.
                    Err(error) => break self.try_later(event.clone(), &error, FIRST_PAUSE).await,
                }
            }
        }
    }

    /// Until it was read, the event is known to be another than what is published of it.
    async fn try_later(&self, event: EventName, error: &EventError, pause: Duration) {
        if matches!(error, EventError::Store(error) if self.is_kept_out(error)) {
            // The store has said so in the log, and tells of a change when it can read the event again.
            return;
        }
        tracing::warn!(%event, %error, pause_ms = pause.as_millis(), "change feed: cannot read a changed event yet");
        self.galleries.turn(&event).await.stale();
        self.backlog.postpone(event, pause);
    }

    async fn read_changed(&self, event: &EventName, changed: Changed) -> Result<(), EventError> {
        let before = self.users_before(event, &changed);
        self.read_again(event, changed).await?;
        self.erase_deleted_elsewhere(event, before).await;
        Ok(())
    }

    async fn read_again(&self, event: &EventName, changed: Changed) -> Result<(), EventError> {
        match changed {
            Changed::Users(users) if !self.many(event, users.len()) => {
                // The turn is given back after each user, so that writes to the event get in between.
                for user in users {
                    self.read_user(&self.galleries.turn(event).await, &user).await?;
                }
            }
            Changed::Users(_) | Changed::Whole => {
                self.read(&self.galleries.turn(event).await).await?;
            }
        }
        Ok(())
    }

    /// Whether so many users are read faster with the whole event.
    pub(super) fn many(&self, event: &EventName, users: usize) -> bool {
        match self.galleries.get(event) {
            Published::Current(LoadedEvent::InMemory(gallery)) => {
                users >= MANY_USERS && users * USERS_A_CALL >= gallery.len()
            }
            Published::Current(LoadedEvent::InStore(..)) => false,
            // Reading the first user would read the whole event anyway.
            Published::Absent | Published::Stale(_) => true,
        }
    }

    /// Reads one user of an event again, and publishes what came of it.
    pub(super) async fn read_user(&self, turn: &Turn<'_>, user: &Username) -> Result<(), EventError> {
        let event = turn.event();
        let gallery = match turn.published() {
            Published::Current(LoadedEvent::InMemory(gallery)) => gallery,
            // Nothing of its users is held here.
            Published::Current(LoadedEvent::InStore(..)) => return Ok(()),
            Published::Absent | Published::Stale(_) => return self.read(turn).await.map(drop),
        };
        match self.store.samples(event, user).await {
            Ok(samples) => match gallery.with(user, &template_of(gallery.scale(), event, user, &samples)?) {
                Ok(gallery) => turn.publish(Some(self.keep(gallery))),
                // The event is of another model than it was.
                Err(EmbeddingError::ModelMismatch { .. }) => drop(self.read(turn).await?),
                Err(error) => return Err(error.into()),
            },
            Err(StoreError::NotFound { subject: Subject::Event(_) }) => turn.publish(None),
            Err(StoreError::NotFound { .. }) => turn.publish(Some(self.keep(gallery.without(user)))),
            // Whole, since it may be the event that cannot be read and not the user alone.
            Err(error) if self.is_kept_out(&error) => drop(self.read(turn).await?),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
