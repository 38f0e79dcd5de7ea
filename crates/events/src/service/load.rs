//! From the store to the galleries: at the start, and again when one is stale.

use embedding_store::{EmbeddingStoreExt, EventName, EventSnapshot, StoreError, Username};

use super::Inner;
use super::galleries::{Published, Turn};
use super::loaded_event::LoadedEvent;
use crate::{EventError, Gallery};

/// Larger galleries are made on a thread for blocking work: up to here it takes a millisecond or two.
const MOST_USERS_INLINE: usize = 512;

impl Inner {
    /// Reads every event of the store.
    pub(super) async fn load_all(&self) -> Result<(), EventError> {
        let events = self.store.all_events().await?;
        let mut users = 0;
        for event in &events {
            // With the turn: the watch is at work already and may be reading the same event.
            let turn = self.galleries.turn(&event.name).await;
            if let Some(LoadedEvent::InMemory(gallery)) = self.read(&turn).await? {
                users += gallery.len();
            }
        }
        tracing::info!(events = events.len(), users, "galleries loaded");
        Ok(())
    }

    /// The event as the store holds it, or held it at most `max_staleness` ago; `None` when there is no such
    /// event.
    pub(super) async fn known(&self, event: &EventName) -> Result<Option<LoadedEvent>, EventError> {
        self.check_fresh()?;
        match self.galleries.get(event) {
            Published::Current(loaded) => Ok(Some(loaded)),
            Published::Absent => {
                self.expect_readable(event, None).await?;
                Ok(None)
            }
            Published::Stale(Some(former)) if self.backlog.allows(former.since) => {
                self.current_or_former(event, former.loaded).await
            }
            // Too old to be shown: all wait here for the first, who reads it; the others then find it current.
            Published::Stale(_) => self.current(&self.galleries.turn(event).await).await,
        }
    }

    /// Refuses an event, or a user of it, that is in the store and not here since the store cannot read it.
    pub(super) async fn expect_readable(
        &self,
        event: &EventName,
        user: Option<&Username>,
    ) -> Result<(), EventError> {
        // Otherwise what is not here is not there: the store need not be asked.
        if self.store.unreadable_records() > 0 {
            match user {
                Some(user) => drop(self.store.user(event, user).await?),
                None => drop(self.store.event(event).await?),
            }
        }
        Ok(())
    }

    /// Whether the store says this of something that it keeps out, while it serves everything else.
    pub(super) fn is_kept_out(&self, error: &StoreError) -> bool {
        matches!(error, StoreError::Corrupt { .. }) && self.store.unreadable_records() > 0
    }

    /// Reads a stale event again, or makes do with what it was: while the store is out of reach, and rather
    /// than wait for one who is asking the store already.
    async fn current_or_former(
        &self,
        event: &EventName,
        former: LoadedEvent,
    ) -> Result<Option<LoadedEvent>, EventError> {
        // The store is known to be out of reach: to ask it would cost every search a time-out.
        if self.backlog.is_behind() {
            return Ok(Some(former));
        }
        let Some(turn) = self.galleries.turn_if_free(event) else { return Ok(Some(former)) };
        match self.current(&turn).await {
            // Only an absent store is bridged: the old gallery must not hide that the store's data is damaged.
            Err(EventError::Store(
                error @ (StoreError::Unavailable { .. } | StoreError::Misconfigured { .. }),
            )) => {
                tracing::warn!(%event, %error, "cannot read a changed event: searched as it was before");
                Ok(Some(former))
            }
            outcome => outcome,
        }
    }

    /// The same for one who has the turn: it stays current until they change it.
    pub(super) async fn current(&self, turn: &Turn<'_>) -> Result<Option<LoadedEvent>, EventError> {
        // Looked up again under the turn: whoever had it before may have read the event meanwhile.
        match turn.published() {
            Published::Current(loaded) => Ok(Some(loaded)),
            Published::Absent => Ok(None),
            Published::Stale(_) => {
                tracing::warn!(event = %turn.event(), "gallery read again: the outcome of a write was unknown");
                self.read(turn).await
            }
        }
    }

    /// Reads the event from the store and publishes what came of it.
    pub(super) async fn read(&self, turn: &Turn<'_>) -> Result<Option<LoadedEvent>, EventError> {
        // Before the event: what is read then is at least of this version.
        let version = match self.store.versions() {
            Some(versions) => versions.version(turn.event()).await?,
            None => None,
        };
        // Asked first, so that an event too large for memory is never loaded whole.
        let loaded = match self.left_in_store(turn.event()).await? {
            Some(loaded) => Some(loaded),
            None => match self.store.load_event(turn.event()).await {
                Ok(snapshot) => Some(self.keep(self.gallery_of(snapshot).await?)),
                Err(StoreError::NotFound { .. }) => None,
                Err(error) => {
                    // To mark it stale would have it read over and over; `known` asks the store about it.
                    if self.is_kept_out(&error) {
                        turn.publish(None);
                    }
                    return Err(error.into());
                }
            },
        };
        turn.publish(loaded.clone());
        turn.is_at(version.filter(|_| loaded.is_some()));
        Ok(loaded)
    }

    async fn gallery_of(&self, snapshot: EventSnapshot) -> Result<Gallery, EventError> {
        let scale = self.models.scale(&snapshot.event.model);
        if snapshot.users.len() <= MOST_USERS_INLINE {
            return Gallery::from_snapshot(snapshot, scale);
        }
        let building = tokio::task::spawn_blocking(move || Gallery::from_snapshot(snapshot, scale));
        building.await.map_err(EventError::Interrupted)?
    }
}
