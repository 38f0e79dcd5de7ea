//! The file of the `redb:` store: where it may lie, who may hold it, and what is said when not.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Waker};

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{
    EmbeddingStore, EmbeddingStoreExt, EventName, FaceSample, RedbStore, StoreError, Username,
};
use redb::{Database, TableDefinition};
use tempfile::tempdir;
use time::OffsetDateTime;

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::test]
async fn a_second_opening_says_that_another_holds_the_file_until_it_is_dropped() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let store = RedbStore::open(&path).await?;
    let error = refusal(&path).await?;
    assert!(matches!(error, StoreError::Unavailable { retryable: true, .. }), "{error:?}");
    assert!(error.to_string().contains("faces.redb is held by another process"), "{error}");

    store.append_sample(sample("ada")?).await?;
    drop(store);
    RedbStore::open(&path).await?;
    Ok(())
}

#[tokio::test]
async fn dropping_the_store_finishes_what_it_has_accepted() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let store = RedbStore::open(&path).await?;
    for number in 0..100 {
        // One poll hands the write over; then its caller is gone.
        let mut append = pin!(store.append_sample(sample(&format!("user {number}"))?));
        let _ = append.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    drop(store);
    let store = RedbStore::open(&path).await?;
    assert_eq!(store.all_users(&EventName::new("conference")?).await?.len(), 100);
    Ok(())
}

#[tokio::test]
async fn missing_folders_are_made() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("a/b/faces.redb");
    drop(RedbStore::open(&path).await?);
    let beside: Vec<_> = fs::read_dir(folder.path().join("a/b"))?.collect::<Result<_, _>>()?;
    assert_eq!(beside.len(), 1, "nothing but the store is left in its folder: {beside:?}");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file_and_the_folders_made_for_it() -> Outcome {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempdir()?;
    let path = folder.path().join("data/faces.redb");
    drop(RedbStore::open(&path).await?);
    assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(folder.path().join("data"))?.permissions().mode() & 0o777, 0o700);
    Ok(())
}

#[tokio::test]
async fn two_that_make_one_file_at_once_agree_on_it() -> Outcome {
    for _ in 0..10 {
        let folder = tempdir()?;
        let path = folder.path().join("faces.redb");
        let (one, other) = tokio::join!(RedbStore::open(&path), RedbStore::open(&path));
        let store = match (one, other) {
            (Ok(store), Err(StoreError::Unavailable { .. }))
            | (Err(StoreError::Unavailable { .. }), Ok(store)) => store,
            // The second opened after the first was told that it is held, or the other way round.
            (Err(StoreError::Unavailable { .. }), Err(StoreError::Unavailable { .. })) => {
                RedbStore::open(&path).await?
            }
            outcome => return Err(format!("{outcome:?}").into()),
        };
        store.append_sample(sample("ada")?).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_place_that_is_no_good_is_named() -> Outcome {
    let folder = tempdir()?;
    let file = folder.path().join("file");
    fs::write(&file, "text")?;
    for path in [folder.path().to_owned(), file.join("faces.redb"), file.join("a/faces.redb")] {
        let error = refusal(&path).await?;
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    assert_eq!(fs::read(&file)?, b"text");
    Ok(())
}

/// A folder in which even the superuser cannot make a file.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() -> Outcome {
    let error = refusal(Path::new("/sys/faces.redb")).await?;
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    assert!(error.to_string().contains("/sys/faces.redb and its folder must be writable"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_file_of_another_program_is_refused_and_left_alone() -> Outcome {
    let folder = tempdir()?;
    let text = folder.path().join("notes.txt");
    fs::write(&text, "notes ".repeat(2000))?;
    let database = folder.path().join("other.redb");
    let other = Database::create(&database)?;
    let transaction = other.begin_write()?;
    transaction.open_table(TableDefinition::<u64, u64>::new("numbers"))?.insert(1, 2)?;
    transaction.commit()?;
    drop(other);

    for path in [&text, &database] {
        let before = fs::read(path)?;
        let error = refusal(path).await?;
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
        assert!(error.to_string().contains("give another file"), "{error}");
        if path == &text {
            assert_eq!(fs::read(path)?, before);
        }
    }
    assert_eq!(Database::open(&database)?.begin_write()?.list_tables()?.count(), 1);
    Ok(())
}

#[tokio::test]
async fn an_emptied_file_is_damage_and_no_new_store() -> Outcome {
    let folder = tempdir()?;
    for content in ["", "redb"] {
        let path = folder.path().join("faces.redb");
        fs::write(&path, content)?;
        let error = refusal(&path).await?;
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(!error.to_string().contains("remove"), "it may be somebody else's: {error}");
        assert_eq!(fs::read(&path)?, content.as_bytes());
    }
    Ok(())
}

#[test]
fn without_a_runtime_the_error_says_so() -> Outcome {
    let folder = tempdir()?;
    let path = folder.path().join("faces.redb");
    let open = pin!(RedbStore::open(&path)).poll(&mut Context::from_waker(Waker::noop()));
    let text = format!("{open:?}");
    assert!(text.contains("Misconfigured") && text.contains("tokio runtime"), "{text}");
    Ok(())
}

async fn refusal(path: &Path) -> Result<StoreError, String> {
    match RedbStore::open(path).await {
        Ok(_) => Err(format!("{} was opened", path.display())),
        Err(error) => Ok(error),
    }
}

fn sample(user: &str) -> Result<FaceSample, Box<dyn Error>> {
    let embedding = Embedding::new(ModelId::new("test")?, [0.5; DIMENSIONS])?;
    let (event, user) = (EventName::new("conference")?, Username::new(user)?);
    Ok(FaceSample::new(event, user, embedding, 0.9, "test", OffsetDateTime::UNIX_EPOCH)?)
}
