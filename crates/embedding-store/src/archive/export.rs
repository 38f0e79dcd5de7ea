//! Writes a store, or some of its events, into an archive.

use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;

use futures_util::{StreamExt, stream};

use super::error::ArchiveError;
use super::header::Content;
use super::progress::{Progress, Summary};
use super::writer::Writer;
use crate::{
    EmbeddingStore, EncryptionKey, EventName, EventRecord, FaceSample, Page, StoreError, UserRecord,
};

/// Users whose samples are read at the same time, ahead of the writing: with a store over a network it is
/// the round trips that take the time.
const AHEAD: usize = 32;

/// Few enough users that a page of them is small in memory.
const PAGE: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// What to export, and how.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ExportOptions {
    /// These events alone; `None` is the whole store.
    pub events: Option<BTreeSet<EventName>>,
    /// Encrypts the archive. Without a key it holds biometric data in the clear.
    pub key: Option<EncryptionKey>,
}

/// Writes the events of a store with their users and samples, and tells `progress` after each user.
///
/// `out` is written to from the thread that polls, in blocks of some kilobytes, and flushed at the end;
/// whether it then survives a power cut is up to the caller. After an error it has no end, which every
/// reader notices.
///
/// Each user is exported as they are at one moment, the store as a whole is not: a user who is deleted
/// meanwhile may be left out, one who is added may be in it or not.
///
/// # Errors
/// [`ArchiveError::Store`] as the store says, [`StoreError::NotFound`] when it has no such event, or an
/// event was deleted meanwhile; [`ArchiveError::Io`] when `out` cannot be written.
pub async fn export(
    store: &dyn EmbeddingStore,
    out: impl Write,
    options: &ExportOptions,
    mut progress: impl FnMut(Progress),
) -> Result<Summary, ArchiveError> {
    let chosen = match &options.events {
        Some(names) => Some(records(store, names).await?),
        None => None,
    };
    let mut writer = Writer::start(out, options.key.as_ref(), Content::Faces)?;
    match chosen {
        Some(events) => {
            for event in &events {
                export_event(store, event, &mut writer, &mut progress).await?;
            }
        }
        None => {
            let mut next = Some(Page::first(PAGE));
            while let Some(page) = next {
                let listing = store.list_events(page).await?;
                for event in &listing.items {
                    export_event(store, event, &mut writer, &mut progress).await?;
                }
                next = listing.next.map(|place| Page { after: Some(place), limit: PAGE });
            }
        }
    }
    let total = writer.finish()?.total;
    progress(total);
    Ok(Summary { total, kept_events: vec![] })
}

/// The chosen events, before anything is written: a name that is wrong is found at once.
async fn records(
    store: &dyn EmbeddingStore,
    names: &BTreeSet<EventName>,
) -> Result<Vec<EventRecord>, StoreError> {
    let mut events = Vec::new();
    for name in names {
        events.push(store.event(name).await?.ok_or_else(|| StoreError::event_not_found(name))?);
    }
    Ok(events)
}

async fn export_event(
    store: &dyn EmbeddingStore,
    event: &EventRecord,
    writer: &mut Writer<impl Write>,
    progress: &mut impl FnMut(Progress),
) -> Result<(), ArchiveError> {
    writer.event(event)?;
    progress(writer.written());
    let mut next = Some(Page::first(PAGE));
    while let Some(page) = next {
        // Page after page by cursor, so that users who come or go meanwhile make no other one be left out.
        let listing = store.list_users(&event.name, page).await?;
        let mut users = stream::iter(listing.items).map(|user| with_samples(store, user)).buffered(AHEAD);
        while let Some(found) = users.next().await {
            let (user, samples) = found?;
            // None: deleted since the page was read. Readers refuse a user without samples.
            if !samples.is_empty() {
                writer.user(&user)?;
                samples.iter().try_for_each(|sample| writer.sample(sample))?;
                progress(writer.written());
            }
        }
        next = listing.next.map(|place| Page { after: Some(place), limit: PAGE });
    }
    Ok(())
}

/// A user with their samples: none when the user was deleted since the page was read.
async fn with_samples(
    store: &dyn EmbeddingStore,
    user: UserRecord,
) -> Result<(UserRecord, Vec<FaceSample>), StoreError> {
    match store.samples(&user.event, &user.name).await {
        Ok(samples) => Ok((user, samples)),
        Err(StoreError::NotFound { .. }) => Ok((user, vec![])),
        Err(error) => Err(error),
    }
}
