//! A file that is opened to be read alone.

use std::error::Error;
use std::fs;
use std::path::Path;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EventName, FaceSample, Keyring, Outage, RedbStore, StoreError,
    StoreOptions, StoreUrl, Username,
};
use tempfile::tempdir;
use time::OffsetDateTime;

type Outcome = Result<(), Box<dyn Error>>;

fn sample(user: &str) -> Result<FaceSample, Box<dyn Error>> {
    let embedding = Embedding::new(ModelId::new("test")?, [0.5; DIMENSIONS])?;
    let (event, user) = (EventName::new("conference")?, Username::new(user)?);
    Ok(FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH)?)
}

async fn users(path: &Path) -> Result<usize, Box<dyn Error>> {
    let store = RedbStore::open_to_read(path, Keyring::plain()).await?;
    Ok(store.all_users(&EventName::new("conference")?).await?.len())
}

#[tokio::test]
async fn nothing_is_created_where_there_is_nothing() -> Outcome {
    let folder = tempdir()?;
    let url: StoreUrl = format!("redb:{}", folder.path().join("data/faces.redb").display()).parse()?;
    let options = StoreOptions::default();
    for opened in [url.open_to_read(&options).await, url.open_present(&options).await] {
        let error = opened.err().ok_or("it was opened")?;
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
        assert_eq!(error.outage(), Some(Outage::Absent));
    }
    assert_eq!(fs::read_dir(folder.path())?.count(), 0);

    let empty = folder.path().join("empty");
    fs::write(&empty, "")?;
    let plain = Keyring::plain;
    for opened in
        [RedbStore::open_to_read(&empty, plain()).await, RedbStore::open_present(&empty, plain()).await]
    {
        assert!(matches!(opened, Err(StoreError::Corrupt { .. })), "{opened:?}");
    }
    assert_eq!(fs::metadata(&empty)?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_store_is_read_and_not_changed_also_one_that_was_not_closed() -> Outcome {
    let folder = tempdir()?;
    let (path, killed) = (folder.path().join("faces.redb"), folder.path().join("killed.redb"));
    let store = RedbStore::open(&path).await?;
    store.append_sample(sample("ada")?).await?;
    // As a process leaves it that is killed.
    fs::copy(&path, &killed)?;
    let held = RedbStore::open_to_read(&path, Keyring::plain()).await;
    assert!(matches!(held, Err(StoreError::Unavailable { retryable: true, .. })), "{held:?}");
    drop(store);
    for path in [&path, &killed] {
        let before = fs::read(path)?;
        assert_eq!(users(path).await?, 1);
        let store = RedbStore::open_to_read(path, Keyring::plain()).await?;
        let refused = store.append_sample(sample("ben")?).await;
        assert!(matches!(refused, Err(StoreError::Misconfigured { .. })), "{refused:?}");
        drop(store);
        assert_eq!(fs::read(path)?, before);
    }
    Ok(())
}
