//! Stores, archives of them, and archives by hand.

use std::error::Error;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::archive::{
    ArchiveError, ExportOptions, ImportOptions, Progress, Summary, export, import, verify,
};
use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EncryptionKey, EventName, EventRecord, EventSnapshot, FaceSample,
    InMemory, UserRecord, Username,
};
use time::{Duration, OffsetDateTime};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub(crate) const HEADER_BYTES: usize = 40;
pub(crate) const HEAD_BYTES: usize = 9;

pub(crate) fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::new(1_720_000_000 + seconds, 123_456_789)
}

pub(crate) fn event(name: &str) -> Outcome<EventRecord> {
    let mut event = EventRecord::new(EventName::new(name)?, ModelId::new("test")?, at(0));
    event.metadata.insert("of".to_owned(), name.into());
    Ok(event)
}

pub(crate) fn user(event: &str, name: &str) -> Outcome<UserRecord> {
    let mut user = UserRecord::new(EventName::new(event)?, Username::new(name)?, at(1));
    user.updated = at(77);
    user.last_verified = Some(at(99));
    user.metadata.insert("of".to_owned(), name.into());
    Ok(user)
}

pub(crate) fn sample(event: &str, user: &str, number: u16) -> Outcome<FaceSample> {
    let embedding = Embedding::new(ModelId::new("test")?, [f32::from(number) + 0.625; DIMENSIONS])?;
    let (event, user) = (EventName::new(event)?, Username::new(user)?);
    Ok(FaceSample::new(event, user, embedding, 0.5, "test", at(number.into()))?)
}

/// Adds a user with samples to an event that is there.
pub(crate) async fn add(store: &dyn EmbeddingStore, event: &str, name: &str, samples: u16) -> Outcome {
    for number in 0..samples {
        store.append_sample(sample(event, name, number)?).await?;
    }
    Ok(store.update_user(user(event, name)?).await?)
}

/// Two events, one of them empty, and three users.
pub(crate) async fn small_store() -> Outcome<InMemory> {
    let store = InMemory::new();
    store.create_event(event("conference")?).await?;
    store.create_event(event("empty")?).await?;
    add(&store, "conference", "Zoë", 2).await?;
    add(&store, "conference", "山田 太郎", 1).await?;
    add(&store, "conference", "../x", 1).await?;
    Ok(store)
}

pub(crate) async fn content(store: &dyn EmbeddingStore) -> Outcome<Vec<EventSnapshot>> {
    let mut events = Vec::new();
    for event in store.all_events().await? {
        events.push(store.load_event(&event.name).await?);
    }
    Ok(events)
}

pub(crate) async fn archive_of(
    store: &dyn EmbeddingStore,
    key: Option<&EncryptionKey>,
) -> Result<Vec<u8>, ArchiveError> {
    let mut archive = Vec::new();
    let mut options = ExportOptions::default();
    options.key = key.cloned();
    export(store, &mut archive, &options, |_| {}).await?;
    Ok(archive)
}

pub(crate) async fn import_into(
    store: &dyn EmbeddingStore,
    archive: &[u8],
    key: Option<&EncryptionKey>,
) -> Result<Summary, ArchiveError> {
    let mut options = ImportOptions::default();
    options.key = key.cloned();
    import(store, archive, &options, |_| {}).await
}

pub(crate) fn check(archive: &[u8], key: Option<&EncryptionKey>) -> Result<Progress, ArchiveError> {
    verify(archive, key, |_| {}).map(|summary| summary.total)
}

/// Header and frames of an archive, as they lie in the file.
pub(crate) fn split(archive: &[u8]) -> Outcome<Vec<Vec<u8>>> {
    let (header, mut rest) = archive.split_at_checked(HEADER_BYTES).ok_or("no header")?;
    let mut parts = vec![header.to_vec()];
    while let Some(length) = rest.first_chunk() {
        let length = HEAD_BYTES + usize::try_from(u32::from_le_bytes(*length))?;
        let (frame, after) = rest.split_at_checked(length).ok_or("a frame is cut short")?;
        parts.push(frame.to_vec());
        rest = after;
    }
    Ok(parts)
}

/// A frame that is not encrypted, as the documentation lays it out.
pub(crate) fn frame(header: &[u8], number: u64, kind: u8, payload: &[u8]) -> Outcome<Vec<u8>> {
    let length = u32::try_from(payload.len() + 4)?.to_le_bytes();
    let header = header.split_last_chunk::<4>().ok_or("no header")?.0;
    let context = [header, &number.to_le_bytes(), &length, &[kind]].concat();
    let head = crc32fast::hash(&context).to_le_bytes();
    let check = crc32fast::hash(&[&context, payload].concat()).to_le_bytes();
    Ok([&length, &[kind][..], &head, payload, &check].concat())
}

/// A header without encryption.
pub(crate) fn header() -> Vec<u8> {
    let rest = [&b"\x89FACE\r\n\x1A\x01\0\0\0"[..], &[0; 8], &[7; 16]].concat();
    [&rest[..], &crc32fast::hash(&rest).to_le_bytes()].concat()
}
