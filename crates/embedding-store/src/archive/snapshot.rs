//! Writes everything that a store holds into one archive: a snapshot.

use std::io::Write;

use futures_util::StreamExt;

use super::error::ArchiveError;
use super::header::Content;
use super::progress::Progress;
use super::writer::{Finished, Writer};
use crate::{EncryptionKey, StoreError, StoredRecord, StoredRecords};

/// A snapshot that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// How much is in it.
    pub total: Progress,
    /// The SHA-256 over every byte of it.
    pub sha256: [u8; 32],
}

/// Writes the records of a store, its journal included, and tells `progress` after each. They are what
/// [`EmbeddingStore::stored_records`](crate::EmbeddingStore::stored_records) gives, so it is as much of one moment as
/// these are. `key` encrypts the archive; without one it holds biometric data in the clear.
///
/// `out` is written to from the thread that polls, and flushed at the end; whether it then survives a power cut is up
/// to the caller. After an error it has no end, which every reader notices.
///
/// # Errors
/// [`ArchiveError::Store`] as the store says; [`ArchiveError::Io`] when `out` cannot be written.
pub async fn snapshot(
    mut records: StoredRecords<'_>,
    out: impl Write,
    key: Option<&EncryptionKey>,
    mut progress: impl FnMut(Progress),
) -> Result<Snapshot, ArchiveError> {
    let mut writer = Writer::start(out, key, Content::Everything)?;
    let mut lacks_sample = false;
    while let Some(record) = records.next().await {
        let record = record?;
        // Refused here and not first when it is restored.
        if lacks_sample && !matches!(record, StoredRecord::Sample(_)) {
            return Err(without_sample().into());
        }
        lacks_sample = matches!(record, StoredRecord::User(_));
        match record {
            StoredRecord::Event(event) => writer.event(&event)?,
            StoredRecord::User(user) => writer.user(&user)?,
            StoredRecord::Sample(sample) => writer.sample(&sample)?,
            StoredRecord::Entry(entry) => writer.entry(&entry)?,
        }
        progress(writer.written());
    }
    if lacks_sample {
        return Err(without_sample().into());
    }
    let Finished { total, sha256 } = writer.finish()?;
    progress(total);
    Ok(Snapshot { total, sha256 })
}

fn without_sample() -> StoreError {
    StoreError::corrupt("a user has no face sample")
}
