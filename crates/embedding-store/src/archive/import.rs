//! Takes an archive into a store.

use std::io::Read;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use time::OffsetDateTime;

use super::error::ArchiveError;
use super::header::Content;
use super::progress::{Progress, Summary};
use super::reader::Reader;
use crate::{
    EmbeddingStore, EmbeddingStoreExt, EncryptionKey, EventName, EventRecord, FaceSample, Journal,
    JournalEntry, StoreError, StoredRecord, UserRecord,
};

/// Users whose samples are on their way into the store at the same time: as many as the group commit of
/// a file store gains by.
const IN_FLIGHT: usize = 64;

/// A user with more than this is taken in in parts, so that memory stays bounded.
const PART_BYTES: u64 = 1024 * 1024;

/// How to read an archive.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// The key that the archive is encrypted with.
    pub key: Option<EncryptionKey>,
    /// The one event that the archive may hold; `None` takes any.
    pub only: Option<EventName>,
}

/// Adds what an archive holds to a store, and tells `progress` after each user what the store has so far.
///
/// Samples are added to those that are there already. The record of a user becomes the archive's unless it was
/// changed later than that; an event that is there keeps its own, and [`Summary::kept_events`] names it where the
/// two differ. So importing the same archive again changes nothing, and after an error it is simply imported anew.
/// What was deleted since the export is there again.
///
/// `input` is read from the thread that polls.
///
/// # Errors
/// What is wrong with the archive, and where. Everything before that place was imported, and nothing
/// after it. [`ArchiveError::Store`] as the store says; [`StoreError::Conflict`] when an event of the store
/// is of another model, or a user has another sample of the same id.
pub async fn import(
    store: &dyn EmbeddingStore,
    input: impl Read,
    options: &ImportOptions,
    progress: impl FnMut(Progress),
) -> Result<Summary, ArchiveError> {
    let reader = Reader::open(input, options.key.as_ref())?;
    if reader.content() != Content::Faces {
        return Err(ArchiveError::Snapshot);
    }
    take_in(store, None, reader, options.only.as_ref(), progress).await
}

/// Adds what an archive holds to a store, and to the journal where there is one to take it.
pub(super) async fn take_in(
    store: &dyn EmbeddingStore,
    journal: Option<&dyn Journal>,
    mut reader: Reader<impl Read>,
    only: Option<&EventName>,
    progress: impl FnMut(Progress),
) -> Result<Summary, ArchiveError> {
    let mut landing = Landing {
        store,
        journal,
        progress,
        next: None,
        in_flight: FuturesUnordered::new(),
        only,
        landed: Progress { bytes: reader.read().bytes, ..Progress::default() },
        kept_events: vec![],
    };
    let outcome = landing.take_all(&mut reader).await;
    // What came before an error in the archive is good, and is taken in before the error is returned.
    let landed = match &outcome {
        Err(ArchiveError::Store(_)) => landing.land(0).await,
        outcome => landing.land_everything(outcome.is_ok()).await,
    };
    // The store's error first: the archive's says that all
    // before its place was taken in, which is then not so.
    landed?;
    outcome?;
    Ok(Summary { total: reader.read(), kept_events: landing.kept_events })
}

/// What is on its way into a store.
struct Landing<'a, P> {
    store: &'a dyn EmbeddingStore,
    journal: Option<&'a dyn Journal>,
    progress: P,
    only: Option<&'a EventName>,
    /// The user whose samples are being read.
    next: Option<Part>,
    in_flight: FuturesUnordered<BoxFuture<'a, Result<Progress, StoreError>>>,
    landed: Progress,
    kept_events: Vec<EventName>,
}

/// A user with samples of theirs, all of them or some.
struct Part {
    user: UserRecord,
    samples: Vec<FaceSample>,
    /// When the archive's user was last changed, samples of theirs included.
    changed: OffsetDateTime,
    /// Where in the archive the samples start.
    start: u64,
    /// Whether no more samples follow.
    is_last: bool,
}

impl<P: FnMut(Progress)> Landing<'_, P> {
    async fn take_all(&mut self, reader: &mut Reader<impl Read>) -> Result<(), ArchiveError> {
        loop {
            let start = reader.read().bytes;
            let Some(record) = reader.next()? else { return Ok(()) };
            self.landed.bytes = reader.read().bytes;
            match record {
                StoredRecord::Event(event) => {
                    self.send(true).await?;
                    if self.only.is_some_and(|only| *only != event.name) {
                        return Err(ArchiveError::OtherEvent { event: event.name });
                    }
                    // Before its users: an append to an event that is not
                    // there makes one without the archive's settings.
                    self.create(event).await?;
                    self.landed.events += 1;
                    (self.progress)(self.landed);
                }
                StoredRecord::User(user) => {
                    self.send(true).await?;
                    let changed = user.updated;
                    self.next = Some(Part { user, samples: vec![], changed, start, is_last: true });
                }
                StoredRecord::Sample(sample) => {
                    // There always is one: the reader refuses a sample that does not follow its user.
                    let Some(part) = &mut self.next else { continue };
                    // An export reads the record before the samples,
                    // so a sample can be later than the record says.
                    part.changed = part.changed.max(sample.created());
                    part.samples.push(sample);
                    if reader.read().bytes - part.start > PART_BYTES {
                        self.send(false).await?;
                    }
                }
                StoredRecord::Entry(entry) => {
                    self.send(true).await?;
                    // A snapshot alone has entries, and comes with a journal to take them.
                    let Some(journal) = self.journal else { return Err(ArchiveError::Snapshot) };
                    self.in_flight.push(append(journal, entry).boxed());
                    self.land(IN_FLIGHT - 1).await?;
                }
            }
        }
    }

    async fn create(&mut self, event: EventRecord) -> Result<(), StoreError> {
        let present = self.store.create_or_keep_event(event.clone()).await?;
        if present.is_some_and(|present| present != event) {
            self.kept_events.push(event.name);
        }
        Ok(())
    }

    /// Sends the user that was being read on its way. When samples of theirs follow, it waits until these
    /// have landed: one user's samples stay in order.
    async fn send(&mut self, is_last: bool) -> Result<(), StoreError> {
        let Some(part) = self.next.take() else { return Ok(()) };
        if !is_last {
            let (user, changed) = (part.user.clone(), part.changed);
            let rest = Part { user, samples: vec![], changed, start: self.landed.bytes, is_last };
            self.next = Some(rest);
        }
        self.in_flight.push(take(self.store, Part { is_last, ..part }).boxed());
        self.land(if is_last { IN_FLIGHT - 1 } else { 0 }).await
    }

    /// Waits until at most so many are on their way. After an error all others still land.
    async fn land(&mut self, most: usize) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        // None is dropped midway, since then nobody would know whether its write was made.
        while self.in_flight.len() > most || (outcome.is_err() && !self.in_flight.is_empty()) {
            match self.in_flight.next().await {
                Some(Ok(more)) => {
                    self.landed.users += more.users;
                    self.landed.samples += more.samples;
                    self.landed.entries += more.entries;
                    (self.progress)(self.landed);
                }
                Some(Err(error)) => outcome = outcome.and(Err(error)),
                None => break,
            }
        }
        outcome
    }

    /// Of a user who was not read whole, the samples alone are taken in.
    async fn land_everything(&mut self, is_whole: bool) -> Result<(), StoreError> {
        self.send(is_whole).await?;
        self.land(0).await
    }
}

/// Takes an entry of the journal in; one that is there stays as it is.
async fn append(journal: &dyn Journal, entry: JournalEntry) -> Result<Progress, StoreError> {
    journal.append(entry, None).await?;
    Ok(Progress { entries: 1, ..Progress::default() })
}

/// Takes samples in, and after a user's last one the user's record.
async fn take(store: &dyn EmbeddingStore, part: Part) -> Result<Progress, StoreError> {
    let samples = u64::try_from(part.samples.len()).unwrap_or(u64::MAX);
    store.append_samples(part.samples).await?;
    let mut taken = Progress { samples, ..Progress::default() };
    // The record comes last: the first append makes the user, and appends move `updated` up.
    if part.is_last {
        // Not one step: what another server changes in the record between the two calls is overwritten.
        let present = store.user(&part.user.event, &part.user.name).await?;
        if present.is_none_or(|present| present != part.user && present.updated <= part.changed) {
            store.update_user(part.user).await?;
        }
        taken.users += 1;
    }
    Ok(taken)
}
