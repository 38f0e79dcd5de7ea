//! Takes a snapshot into a store.

use std::io::{Read, Seek};

use super::error::ArchiveError;
use super::header::Content;
use super::import::take_in;
use super::progress::{Progress, Summary};
use super::reader::Reader;
use crate::{EmbeddingStore, EncryptionKey, Journal};

/// Adds what a snapshot holds to a store and its journal, with ids and times as they were, sealed as the store seals
/// now; tells `progress` what they have so far.
///
/// The whole snapshot is read and checked before anything is written. The store is meant to be empty, which the caller
/// sees to: into another one it adds as [`import`](super::import) does, and an entry of the journal that is there
/// stays as it is. After an error it is restored anew and completes.
///
/// # Errors
/// What is wrong with the snapshot, and where, and nothing was written; [`ArchiveError::Export`] when it is none.
/// [`ArchiveError::Store`] as the store says, when a part may have been written.
pub async fn restore(
    store: &dyn EmbeddingStore,
    journal: &dyn Journal,
    mut input: impl Read + Seek,
    key: Option<&EncryptionKey>,
    progress: impl FnMut(Progress),
) -> Result<Summary, ArchiveError> {
    let start = input.stream_position()?;
    let mut reader = Reader::open(&mut input, key)?;
    if reader.content() != Content::Everything {
        return Err(ArchiveError::Export);
    }
    while reader.next()?.is_some() {}
    drop(reader);
    input.seek(std::io::SeekFrom::Start(start))?;
    take_in(store, Some(journal), Reader::open(input, key)?, None, progress).await
}
