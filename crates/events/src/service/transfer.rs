//! An event as an archive: out of the store, and into it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Write;
use std::sync::Arc;

use embedding::{EmbeddingError, SampleSum};
use embedding_store::archive::{self, ArchiveError, ExportOptions, ImportOptions, Summary};
use embedding_store::{
    EmbeddingStore, EncryptionKey, EventName, EventSnapshot, FaceSample, InMemory, StoreError, UserSnapshot,
    Username,
};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::galleries::Turn;
use super::loaded_event::LoadedEvent;
use super::retention::is_over;
use super::{EventService, Inner, to_the_end};
use crate::EventError;

/// Users whose samples are read at the same time.
const AHEAD: usize = 32;

/// Why an archive was not taken in, or not wholly. No variant carries an embedding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is not what was written, not to be read with this key, or of another event.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// There is no event in it.
    #[error("the archive is empty")]
    Empty,
    /// Its event would be erased at once.
    #[error("event '{event}' was to be erased by now")]
    Over {
        /// The event.
        event: EventName,
    },
    /// With these samples a user would have no template, and nobody in the event could be found.
    #[error("the faces of user '{user}' cannot be used with those that are there")]
    UnusableFaces {
        /// The user.
        user: Username,
        /// What is wrong with them.
        source: EmbeddingError,
    },
    /// The archive is good, and was not taken in.
    #[error(transparent)]
    Event(#[from] EventError),
}

impl EventService {
    /// Writes an event with its users and their samples into an archive, encrypted where a key is given. Each
    /// user is in it as they are at one moment. Blocks where `out` does.
    ///
    /// # Errors
    /// Those of [`archive::export`]; nothing was written when there is no such event.
    pub async fn export(
        &self,
        event: &EventName,
        out: impl Write,
        key: Option<EncryptionKey>,
    ) -> Result<Summary, ArchiveError> {
        let mut options = ExportOptions::default();
        options.events = Some([event.clone()].into());
        options.key = key;
        archive::export(&*self.inner.store, out, &options, |_| {}).await
    }

    /// Adds what an archive of this event holds, as [`archive::import`] does; again changes nothing. Durable on
    /// return. Other writes to the event wait for it.
    ///
    /// # Errors
    /// A part may have been written, each sample wholly, on [`EventError::Store`], and on
    /// [`EventError::UnknownEvent`] and [`EventError::UnknownUser`], when another service deleted them in the same
    /// moment; all may have been on [`EventError::Interrupted`]; nothing was on any other.
    /// [`EventError::ModelMismatch`] when the event or this service is of another model, [`EventError::Rule`] when
    /// the event is new and its rule cannot be kept here.
    pub async fn import(
        &self,
        event: &EventName,
        archive: impl AsRef<[u8]> + Send + Sync + 'static,
        key: Option<EncryptionKey>,
    ) -> Result<Summary, ImportError> {
        let mut options = ImportOptions::default();
        options.only = Some(event.clone());
        options.key = key;
        let (inner, event) = (Arc::clone(&self.inner), event.clone());
        to_the_end(async move { inner.import(&event, archive, options).await }).await
    }
}

impl Inner {
    async fn import(
        &self,
        event: &EventName,
        archive: impl AsRef<[u8]> + Send + Sync + 'static,
        options: ImportOptions,
    ) -> Result<Summary, ImportError> {
        // Gone through twice, first to check it and then to write it: shared, as it may be large.
        let archive = Arc::new(archive);
        // Before the turn is taken: this takes seconds a gigabyte, and enrolments must not wait for it.
        let brought = read(event, Arc::clone(&archive), options.clone()).await?;
        let turn = self.galleries.turn(event).await;
        // Under the turn: what the archive is compared with must not change before it is written.
        self.check_import(&turn, brought).await?;

        let change = turn.change();
        let imported = archive::import(&*self.store, (*archive).as_ref(), &options, |_| {}).await;
        // Read again at once, so that no search has to. If that fails, the dropped change has marked the
        // event stale, and the import is done all the same.
        drop(change);
        if let Err(error) = self.read(&turn).await {
            tracing::warn!(%event, %error, "an event cannot be read after an import");
        }
        match imported {
            Ok(summary) => {
                let archive::Progress { users, samples, .. } = summary.total;
                tracing::info!(%event, users, samples, "archive imported");
                Ok(summary)
            }
            // It may have been deleted meanwhile by another service: the turn keeps out this one's deletions only.
            Err(ArchiveError::Store(error)) => Err(EventError::from_absence(error).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses what could not have come to be here otherwise, before anything is written.
    async fn check_import(&self, turn: &Turn<'_>, brought: EventSnapshot) -> Result<(), ImportError> {
        let (event, EventSnapshot { event: record, users }) = (turn.event(), brought);
        let loaded = self.current(turn).await?;
        self.expect_model(event, loaded.as_ref().map(LoadedEvent::model), &record.model)?;
        // Of a new event alone: one that is there keeps its own record.
        if loaded.is_none() {
            self.check_rule(&record)?;
            if is_over(&record, OffsetDateTime::now_utc()) {
                return Err(ImportError::Over { event: event.clone() });
            }
        }
        let users = stream::iter(users).map(|user| self.check_user(event, loaded.as_ref(), user));
        users.buffer_unordered(AHEAD).try_collect().await
    }

    /// Samples that were stored must always make a template, also when the import ends after any of them.
    async fn check_user(
        &self,
        event: &EventName,
        loaded: Option<&LoadedEvent>,
        brought: UserSnapshot,
    ) -> Result<(), ImportError> {
        let UserSnapshot { user, samples } = brought;
        let user = user.name;
        let known = loaded.is_some_and(|loaded| loaded.may_have(&user));
        let stored = if known { self.enrolled(event, &user, None).await?.1 } else { Vec::new() };
        // Added up and found by id, since a user may have thousands: each is checked with all before it.
        let mut sum = SampleSum::default();
        let added = stored.iter().try_for_each(|sample| sum.push(sample.embedding()));
        let mut present: HashMap<Uuid, FaceSample> =
            stored.into_iter().map(|sample| (sample.id(), sample)).collect();
        let usable = |result: Result<(), EmbeddingError>| {
            result.map_err(|source| ImportError::UnusableFaces { user: user.clone(), source })
        };
        usable(added)?;
        for sample in samples {
            match present.entry(sample.id()) {
                Entry::Occupied(same) if *same.get() == sample => continue,
                Entry::Occupied(_) => return Err(EventError::from(StoreError::taken_id(&sample)).into()),
                Entry::Vacant(place) => {
                    usable(sum.push(sample.embedding()).and_then(|()| sum.check()))?;
                    place.insert(sample);
                }
            }
        }
        Ok(())
    }
}

/// What an archive holds, once all of it was checked. On a thread for blocking work: to check it takes some
/// seconds a gigabyte.
async fn read(
    event: &EventName,
    archive: Arc<impl AsRef<[u8]> + Send + Sync + 'static>,
    options: ImportOptions,
) -> Result<EventSnapshot, ImportError> {
    let event = event.clone();
    let reading = spawn_blocking(move || {
        Handle::current().block_on(async {
            // Judged by the importer itself, so that what passes here is what it will write.
            let scratch = InMemory::new();
            archive::import(&scratch, (*archive).as_ref(), &options, |_| {}).await?;
            scratch.load_event(&event).await.map_err(|_absent| ImportError::Empty)
        })
    });
    reading.await.map_err(EventError::Interrupted)?
}
