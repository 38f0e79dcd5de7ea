//! Importing again, after an interruption, and into a store that is not empty.

use embedding::ModelId;
use embedding_store::archive::ArchiveError;
use embedding_store::{EmbeddingStore, EventName, InMemory, StoreError, Username};

use super::specimens::{
    HEADER_BYTES, Outcome, add, archive_of, at, content, event, import_into, sample, small_store, split,
};

#[tokio::test]
async fn importing_again_changes_nothing() -> Outcome {
    let (from, to) = (small_store().await?, InMemory::new());
    let archive = archive_of(&from, None).await?;
    let first = import_into(&to, &archive, None).await?;
    let second = import_into(&to, &archive, None).await?;
    assert_eq!(first, second);
    assert_eq!(content(&to).await?, content(&from).await?);
    import_into(&from, &archive, None).await?;
    assert_eq!(content(&from).await?, content(&to).await?, "into the store that it came from");
    Ok(())
}

#[tokio::test]
async fn an_import_that_was_cut_off_at_any_frame_is_completed_by_the_next_one() -> Outcome {
    let from = small_store().await?;
    let archive = archive_of(&from, None).await?;
    let mut length = HEADER_BYTES;
    for frame in split(&archive)?.iter().skip(1) {
        let to = InMemory::new();
        let error = import_into(&to, archive.get(..length).unwrap_or_default(), None).await;
        let Err(ArchiveError::CutOff { place }) = error else {
            return Err(format!("cut off at byte {length}: {error:?}").into());
        };
        let events = content(&to).await?;
        let users: Vec<_> = events.iter().flat_map(|event| &event.users).collect();
        let samples = users.iter().map(|user| user.samples.len() as u64).sum::<u64>();
        assert_eq!((events.len() as u64, samples), (place.before.events, place.before.samples));
        let whole = users.iter().filter(|user| user.user.metadata.contains_key("of")).count();
        assert_eq!(whole as u64, place.before.users);
        import_into(&to, &archive, None).await?;
        assert_eq!(content(&to).await?, content(&from).await?);
        length += frame.len();
    }
    assert_eq!(length, archive.len());
    Ok(())
}

#[tokio::test]
async fn samples_are_added_and_an_event_that_is_there_keeps_its_record() -> Outcome {
    let (from, to) = (small_store().await?, InMemory::new());
    let (name, zoe) = (EventName::new("conference")?, Username::new("Zoë")?);
    let mut own = event("conference")?;
    own.retain_until = Some(at(1_000_000));
    to.create_event(own.clone()).await?;
    to.append_sample(sample("conference", "Zoë", 9)?).await?;
    add(&to, "conference", "of the other store", 1).await?;

    let summary = import_into(&to, &archive_of(&from, None).await?, None).await?;
    assert_eq!(summary.kept_events, std::slice::from_ref(&name));
    assert_eq!(to.event(&name).await?, Some(own));
    assert_eq!(to.samples(&name, &zoe).await?.len(), 3);
    assert_eq!(to.user(&name, &zoe).await?, from.user(&name, &zoe).await?);
    assert_eq!(to.load_event(&name).await?.users.len(), 4);
    Ok(())
}

#[tokio::test]
async fn an_event_of_another_model_is_an_error_that_names_it() -> Outcome {
    let (from, to) = (small_store().await?, InMemory::new());
    let mut own = event("conference")?;
    own.model = ModelId::new("another-model")?;
    to.create_event(own).await?;
    let before = content(&to).await?;
    let error = import_into(&to, &archive_of(&from, None).await?, None).await;
    let Err(ArchiveError::Store(error @ StoreError::Conflict { .. })) = error else {
        return Err(format!("a conflict was due: {error:?}").into());
    };
    let text = error.to_string();
    assert!(text.contains("'conference'") && text.contains("another-model"), "{text}");
    assert_eq!(content(&to).await?, before);
    Ok(())
}
