//! The `redb:` store with keys: wrong ones, new ones, an interrupted change of keys, an older format, and
//! copies of the file.

use std::error::Error;
use std::fs;
use std::io::Read;
use std::path::Path;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EncryptionKey, EventName, EventSnapshot, FaceSample, Keyring,
    RedbStore, StoreError, Username,
};
use tempfile::tempdir;
use time::OffsetDateTime;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn sample(user: &str) -> Outcome<FaceSample> {
    sample_of("conference", user)
}

fn sample_of(event: &str, user: &str) -> Outcome<FaceSample> {
    let embedding = Embedding::new(ModelId::new("test")?, [0.25; DIMENSIONS])?;
    let (event, user) = (EventName::new(event)?, Username::new(user)?);
    Ok(FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH)?)
}

async fn content(store: &RedbStore) -> Outcome<Vec<EventSnapshot>> {
    let mut events = Vec::new();
    for event in store.all_events().await? {
        events.push(store.load_event(&event.name).await?);
    }
    Ok(events)
}

async fn refusal(path: &Path, keyring: &Keyring) -> Outcome<String> {
    match RedbStore::open_with(path, keyring.clone()).await {
        Err(StoreError::Misconfigured { reason, .. }) => Ok(reason),
        other => Err(format!("a refusal was due, got {other:?}").into()),
    }
}

/// Whether the numbers of an embedding of [`sample`] lie in the file as they are.
fn shows_embeddings(path: &Path) -> Outcome<bool> {
    let numbers = [0.25_f32.to_le_bytes(); 4].concat();
    Ok(fs::read(path)?.windows(numbers.len()).any(|window| window == numbers))
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_an_error_at_the_opening() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let (key, other) = (EncryptionKey::generate()?, EncryptionKey::generate()?);
    let store = RedbStore::open_with(&path, Keyring::new(key.clone())).await?;
    store.append_sample(sample("ada")?).await?;
    drop(store);
    assert!(!shows_embeddings(&path)?);

    let wrong = refusal(&path, &Keyring::new(other)).await?;
    assert!(wrong.contains(&key.id().to_string()) && wrong.contains("faces.redb"), "{wrong}");
    assert!(refusal(&path, &Keyring::plain()).await?.contains(&key.id().to_string()));
    let store = RedbStore::open_with(&path, Keyring::new(key)).await?;
    assert_eq!(content(&store).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_change_of_keys_that_was_interrupted_is_finished_by_the_next_run() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let users = ["ada", "bob", "eve"];
    let plain = RedbStore::open(&path).await?;
    for user in users {
        plain.append_sample(sample(user)?).await?;
    }
    let expected = content(&plain).await?;
    drop(plain);

    let key = EncryptionKey::generate()?;
    let (new, changing) = (Keyring::new(key.clone()), Keyring::new(key).with_formerly_plain());
    assert!(refusal(&path, &new).await?.contains("not encrypted"));
    let (event, ada) = (EventName::new("conference")?, Username::new("ada")?);
    let interrupted = RedbStore::open_with(&path, changing.clone()).await?;
    assert_eq!(interrupted.reseal(&event, &ada).await?, 1);
    assert_eq!(content(&interrupted).await?, expected);
    drop(interrupted);
    assert!(refusal(&path, &new).await?.contains("not encrypted"), "two users are left");
    assert!(refusal(&path, &Keyring::plain()).await?.contains("encrypted with the key"));

    let store = RedbStore::open_with(&path, changing).await?;
    for (user, resealed) in users.into_iter().zip([0, 1, 1]) {
        assert_eq!(store.reseal(&event, &Username::new(user)?).await?, resealed, "{user}");
    }
    store.finish_resealing().await?;
    drop(store);
    let store = RedbStore::open_with(&path, new).await?;
    assert_eq!(content(&store).await?, expected);
    Ok(())
}

#[tokio::test]
async fn a_file_of_format_1_is_migrated_with_all_it_holds() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(include_bytes!("../data/format_1.redb.gz").as_slice())
        .read_to_end(&mut bytes)?;
    fs::write(&path, &bytes)?;
    assert!(refusal(&path, &Keyring::new(EncryptionKey::generate()?)).await?.contains("not encrypted"));

    let store = RedbStore::open(&path).await?;
    let events = content(&store).await?;
    let found: Vec<_> = events
        .iter()
        .map(|event| {
            let users = event.users.iter().map(|user| (user.user.name.as_str(), user.samples.len()));
            (event.event.name.as_str(), users.collect::<Vec<_>>())
        })
        .collect();
    let conference = vec![("Zoë", 1), ("ada", 2)];
    assert_eq!(found, [("Tür 😀", vec![("bob", 1)]), ("conference", conference), ("empty", vec![])]);
    let numbers: Vec<f32> = (0..DIMENSIONS).map(|at| at as f32 / 256.0).collect();
    assert!(events[0].users[0].samples[0].embedding().values().eq(numbers.as_slice()));
    drop(store);
    // Migrated for good, and once.
    let migrated = fs::read(&path)?;
    assert_ne!(migrated, bytes);
    assert_eq!(content(&RedbStore::open(&path).await?).await?, events);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_among_writes_is_whole_and_opens_with_the_same_key() -> Outcome {
    let folder = tempdir()?;
    let (path, copy) = (folder.path().join("faces.redb"), folder.path().join("copies/faces.redb"));
    let keyring = Keyring::new(EncryptionKey::generate()?);
    let store = RedbStore::open_with(&path, keyring.clone()).await?;
    for number in 0..20 {
        store.append_sample(sample(&format!("before {number}"))?).await?;
    }
    let appends = async {
        for number in 0..20 {
            store.append_sample(sample(&format!("during {number}"))?).await?;
        }
        Outcome::Ok(())
    };
    let (backed_up, appended) = tokio::join!(store.backup(&copy), appends);
    backed_up?;
    appended?;
    let error = store.backup(&copy).await.unwrap_err();
    assert!(error.to_string().contains("is there already"), "{error}");
    assert!(!refusal(&copy, &Keyring::plain()).await?.is_empty());

    let copied = content(&RedbStore::open_with(&copy, keyring).await?).await?;
    let names =
        |prefix: &str| copied[0].users.iter().filter(|u| u.user.name.as_str().starts_with(prefix)).count();
    assert_eq!(names("before"), 20);
    let all = content(&store).await?;
    assert!(copied[0].users.iter().all(|user| all[0].users.contains(user)));
    assert_eq!(all[0].users.len(), 40);
    Ok(())
}

#[tokio::test]
async fn compaction_gives_room_back_and_keeps_what_is_there() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let store = RedbStore::open(&path).await?;
    store.append_sample(sample("ada")?).await?;
    let mut filler = sample("bob")?;
    let text = "x".repeat(200_000);
    for _ in 0..20 {
        let quality = [("filler".to_owned(), text.clone().into())].into_iter().collect();
        filler = FaceSample::new(
            filler.event().clone(),
            filler.user().clone(),
            filler.embedding().clone(),
            0.9,
            "test",
            OffsetDateTime::UNIX_EPOCH,
        )?
        .with_quality(quality);
        store.append_sample(filler.clone()).await?;
    }
    store.delete_user(filler.event(), filler.user()).await?;
    let before = (content(&store).await?, fs::metadata(&path)?.len());
    assert!(store.compact().await?);
    assert_eq!(content(&store).await?, before.0);
    let after = fs::metadata(&path)?.len();
    assert!(after < before.1 / 2, "{} bytes became {after}", before.1);
    store.append_sample(sample("eve")?).await?;
    Ok(())
}

/// Pages that are free keep what was in them; a copy has no such pages.
#[tokio::test]
async fn a_backup_holds_nothing_that_was_deleted() -> Outcome {
    let folder = tempdir()?;
    let (path, copy) = (folder.path().join("faces.redb"), folder.path().join("copy.redb"));
    let store = RedbStore::open(&path).await?;
    let (first, second, user) = (sample("ada")?, sample("ada")?, sample("bob")?);
    let event = sample_of("gone", "eve")?;
    let kept = FaceSample::new(
        first.event().clone(),
        first.user().clone(),
        Embedding::new(ModelId::new("test")?, [0.5; DIMENSIONS])?,
        0.9,
        "test",
        OffsetDateTime::UNIX_EPOCH,
    )?;
    for theirs in [&kept, &first, &second, &user, &event] {
        store.append_sample(theirs.clone()).await?;
    }
    assert!(shows_embeddings(&path)?);
    store.delete_sample(first.event(), first.user(), first.id()).await?;
    store.delete_sample(second.event(), second.user(), second.id()).await?;
    store.delete_user(user.event(), user.user()).await?;
    store.delete_event(event.event()).await?;
    store.backup(&copy).await?;
    assert!(!shows_embeddings(&copy)?);
    assert_eq!(content(&RedbStore::open(&copy).await?).await?, content(&store).await?);
    Ok(())
}
