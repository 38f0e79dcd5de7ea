//! From store to archive to store to archive: all of it, equal.

use embedding_store::archive::{ExportOptions, ImportOptions, export, import};
use embedding_store::{
    EmbeddingStore, EncryptionKey, EventName, EventRecord, FaceSample, InMemory, Keyring, Metadata,
    RedbStore, StoreError, UserRecord,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::specimens::{
    Outcome, add, archive_of, check, content, event, import_into, sample, small_store, user,
};

#[tokio::test]
async fn a_store_comes_back_equal_through_a_file_and_another_kind_of_store() -> Outcome {
    let (first, folder) = (small_store().await?, tempfile::tempdir()?);
    let keyring = Keyring::new(EncryptionKey::generate()?);
    let second = RedbStore::open_with(folder.path().join("faces.redb"), keyring).await?;
    let archive = archive_of(&first, None).await?;
    let summary = import_into(&second, &archive, None).await?;
    assert_eq!((summary.total.events, summary.total.users, summary.total.samples), (2, 3, 4));
    assert_eq!(summary.total.bytes, archive.len() as u64);
    assert!(summary.kept_events.is_empty());
    assert_eq!(content(&second).await?, content(&first).await?);

    let key = EncryptionKey::generate()?;
    let third = InMemory::new();
    import_into(&third, &archive_of(&second, Some(&key)).await?, Some(&key)).await?;
    assert_eq!(content(&third).await?, content(&first).await?);
    Ok(())
}

#[tokio::test]
async fn an_empty_store_has_an_archive_too() -> Outcome {
    let archive = archive_of(&InMemory::new(), None).await?;
    assert_eq!(check(&archive, None)?.events, 0);
    let store = InMemory::new();
    import_into(&store, &archive, None).await?;
    assert!(content(&store).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn chosen_events_alone_are_exported() -> Outcome {
    let (from, to) = (small_store().await?, InMemory::new());
    let mut options = ExportOptions::default();
    options.events = Some([EventName::new("empty")?].into());
    let mut archive = Vec::new();
    export(&from, &mut archive, &options, |_| {}).await?;
    import_into(&to, &archive, None).await?;
    assert_eq!(content(&to).await?, [from.load_event(&EventName::new("empty")?).await?]);

    options.events = Some([EventName::new("conference")?, EventName::new("nowhere")?].into());
    let mut archive = Vec::new();
    let error = export(&from, &mut archive, &options, |_| {}).await.err().ok_or("an absent event passed")?;
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert!(archive.is_empty(), "nothing is written for a wrong name");
    Ok(())
}

#[tokio::test]
async fn many_pages_and_a_user_of_many_samples_come_back_equal() -> Outcome {
    let (from, to) = (InMemory::new(), InMemory::new());
    from.create_event(event("large")?).await?;
    for number in 0..1_100 {
        add(&from, "large", &format!("user {number}"), 1).await?;
    }
    add(&from, "large", "one of many faces", 3_000).await?;
    let mut last = None;
    let archive = archive_of(&from, None).await?;
    let summary =
        import(&to, &archive[..], &ImportOptions::default(), |progress| last = Some(progress)).await?;
    assert_eq!((summary.total.users, summary.total.samples), (1_101, 4_100));
    assert_eq!(last.map(|last| (last.users, last.samples)), Some((1_101, 4_100)));
    assert!(content(&to).await? == content(&from).await?);
    Ok(())
}

#[tokio::test]
async fn exporting_what_the_store_cannot_read_is_an_error_and_leaves_no_end() -> Outcome {
    let store = small_store().await?;
    let archive = archive_of(&store, None).await?;
    let mut full = Full(archive.len() - 1);
    let error = export(&store, &mut full, &ExportOptions::default(), |_| {}).await;
    assert!(error.is_err(), "the last byte found no place");
    Ok(())
}

/// Takes so many bytes and no more.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a random event is made of: name, metadata, and users with metadata and numbers of samples.
type Spec = (String, Value, Vec<(String, Value, u16)>);

fn any_name() -> impl Strategy<Value = String> {
    "\\PC{1,12}".prop_filter("is a name", |name| EventName::new(name).is_ok())
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        vec(any::<bool>(), 0..3).prop_map(Value::from),
    ]
}

fn any_spec() -> impl Strategy<Value = Spec> {
    (any_name(), any_value(), vec((any_name(), any_value(), 1..4_u16), 0..4))
}

/// A record with a field that this version does not know.
fn with_unknown<T: serde::Serialize + serde::de::DeserializeOwned>(record: &T, value: &Value) -> Outcome<T> {
    let mut fields: Map<String, Value> = serde_json::from_value(serde_json::to_value(record)?)?;
    fields.insert("of_a_newer_version".to_owned(), json!({ "x": [value] }));
    Ok(serde_json::from_value(fields.into())?)
}

async fn fill(store: &InMemory, spec: &Spec) -> Outcome {
    let (name, value, users) = spec;
    let record: EventRecord = with_unknown(&event(name)?, value)?;
    match store.create_event(record).await {
        // Random names can be equal.
        Err(StoreError::Conflict { .. }) => return Ok(()),
        created => created?,
    }
    for (username, value, samples) in users {
        for number in 0..*samples {
            let quality = Metadata::from_iter([("value".to_owned(), value.clone())]);
            let sample: FaceSample = sample(name, username, number)?.with_quality(quality);
            store.append_sample(sample).await?;
        }
        let mut record: UserRecord = with_unknown(&user(name, username)?, value)?;
        record.metadata.insert("value".to_owned(), value.clone());
        store.update_user(record).await?;
    }
    Ok(())
}

async fn round_trip(specs: Vec<Spec>) -> Outcome {
    let (first, folder) = (InMemory::new(), tempfile::tempdir()?);
    for spec in &specs {
        fill(&first, spec).await?;
    }
    let second = RedbStore::open(folder.path().join("faces.redb")).await?;
    let third = InMemory::new();
    let key = EncryptionKey::generate()?;
    import_into(&second, &archive_of(&first, Some(&key)).await?, Some(&key)).await?;
    import_into(&third, &archive_of(&second, None).await?, None).await?;
    let expected = content(&first).await?;
    assert_eq!(content(&second).await?, expected);
    assert_eq!(content(&third).await?, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_store_comes_back_equal(specs in vec(any_spec(), 0..4)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(round_trip(specs)).unwrap();
    }
}
