//! A damaged file of the `redb:` store never gives a wrong answer.

use std::error::Error;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EventName, EventSnapshot, FaceSample, JournalEntry, JournalPage,
    RedbStore, StoreError, Topic, Username,
};
use tempfile::tempdir;
use time::OffsetDateTime;

/// What a file holds.
type Content = (Vec<EventSnapshot>, Vec<JournalEntry>);

/// The engine's header: magic number, flags, sizes, and the two slots of which one is current.
const HEADER: usize = 320;

#[tokio::test]
async fn a_changed_byte_is_an_error_or_without_effect() -> Result<(), Box<dyn Error>> {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let expected = fill(&path).await?;
    change_bytes(&path, &fs::read(&path)?, &expected).await
}

/// A damaged last commit must not be taken for one that was never finished.
#[tokio::test]
async fn a_changed_byte_after_a_crash_is_an_error_or_without_effect() -> Result<(), Box<dyn Error>> {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    fill(&path).await?;
    let store = RedbStore::open(&path).await?;
    store.append_sample(sample(200)?).await?;
    // The file as a process leaves it that is killed now.
    let left = fs::read(&path)?;
    drop(store);
    let expected = read(&path).await?;
    change_bytes(&path, &left, &expected).await
}

async fn change_bytes(path: &Path, whole: &[u8], expected: &Content) -> Result<(), Box<dyn Error>> {
    fs::write(path, whole)?;
    assert!(read(path).await? == *expected, "the file is good as it is");
    let written: Vec<usize> = (HEADER..whole.len()).filter(|&at| whole.get(at) != Some(&0)).collect();
    let places = (0..HEADER).chain(written.iter().copied().step_by(written.len() / 120));
    let (mut refused, mut without_effect) = (0, 0);
    for place in places {
        let mut damaged = whole.to_vec();
        if let Some(byte) = damaged.get_mut(place) {
            *byte ^= 1 << (place % 8);
        }
        fs::write(path, &damaged)?;
        match read(path).await {
            Ok(content) => {
                assert!(content == *expected, "byte {place} of {} changes the answer", whole.len());
                without_effect += 1;
            }
            Err(_) => refused += 1,
        }
    }
    // Without effect are bytes of pages that are in use no more, and those of the slot that is not current.
    assert!(refused > 100, "{refused} found, {without_effect} without effect");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_refused() -> Result<(), Box<dyn Error>> {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    fill(&path).await?;
    let whole = fs::read(&path)?;
    for length in [0, 1, 100, 320, 4096, 8192, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, whole.get(..length).unwrap_or_default())?;
        let error = read(&path).await.err().ok_or_else(|| format!("{length} bytes were read"))?;
        assert!(matches!(error, StoreError::Corrupt { .. }), "{length} bytes: {error:?}");
    }
    Ok(())
}

async fn fill(path: &Path) -> Result<Content, Box<dyn Error>> {
    let store = RedbStore::open(path).await?;
    for number in 0..60 {
        store.append_sample(sample(number)?).await?;
    }
    let journal = store.journal().ok_or("the store has no journal")?;
    for number in 0..30 {
        let entry = JournalEntry::new(Topic::new("a")?, "seen", OffsetDateTime::UNIX_EPOCH);
        let entry = entry.with_subject(format!("user {}", number / 4)).with_key(format!("key {number}"));
        journal.append(entry, None).await?;
    }
    drop((journal, store));
    let content = read(path).await?;
    assert_eq!(content.1.len(), 32);
    assert_eq!(content.0.iter().flat_map(|event| &event.users).flat_map(|user| &user.samples).count(), 60);
    Ok(content)
}

async fn read(path: &Path) -> Result<Content, StoreError> {
    let store = RedbStore::open(path).await?;
    let mut events = Vec::new();
    for event in store.all_events().await? {
        events.push(store.load_event(&event.name).await?);
    }
    Ok((events, entries(&store).await?))
}

/// The entries, and the one that each way to find one leads to.
async fn entries(store: &RedbStore) -> Result<Vec<JournalEntry>, StoreError> {
    let no_good = |reason: &str| StoreError::misconfigured(reason);
    let journal = store.journal().ok_or_else(|| no_good("no journal"))?;
    let topic = Topic::new("a").map_err(|_| no_good("no topic"))?;
    let page = JournalPage::newest(NonZeroUsize::MAX);
    let mut found = journal.list(&topic, page).await?.items;
    for way in [journal.by_key(&topic, "key 3").await?, journal.latest(&topic, "user 2", "seen").await?] {
        // A key that is gone from an index would be a wrong answer.
        found.extend(way);
    }
    Ok(found)
}

fn sample(number: u8) -> Result<FaceSample, Box<dyn Error>> {
    let embedding = Embedding::new(ModelId::new("test")?, [f32::from(number); DIMENSIONS])?;
    let event = EventName::new(if number.is_multiple_of(2) { "a" } else { "b" })?;
    let user = Username::new(&format!("user {}", number / 4))?;
    Ok(FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH)?)
}
