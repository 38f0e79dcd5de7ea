//! Samples that go to another name: renames and merges.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::checks::{assert_changed, assert_conflict, assert_not_found, assert_unstorable};
use super::harness::{Harness, Outcome, Store};
use super::specimens::{at, event, sample, user};
use crate::{FaceSample, FormerName, StoreError, UserRecord};

const WRITERS: u16 = 6;

/// The record that a user of another name gets who was `seen`.
fn under(seen: &UserRecord, name: &str) -> Outcome<UserRecord> {
    let mut record = seen.clone();
    record.name = user(name)?;
    record.former_names.push(FormerName::new(seen.name.clone(), at(50)));
    Ok(record)
}

async fn record(store: &Store, event_name: &str, name: &str) -> Outcome<UserRecord> {
    Ok(store.user(&event(event_name)?, &user(name)?).await?.ok_or("the user is not there")?)
}

async fn ids(store: &Store, event_name: &str, name: &str) -> Outcome<Vec<Uuid>> {
    let samples = store.samples(&event(event_name)?, &user(name)?).await?;
    assert!(samples.iter().all(|sample| sample.user().as_str() == name));
    Ok(samples.iter().map(FaceSample::id).collect())
}

/// A renamed user has all that the first name had, and the first name is free.
pub async fn a_renamed_user_keeps_samples_and_record(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let samples = [sample("fair", "ada", 1)?, sample("fair", "ada", 2)?, sample("fair", "bob", 3)?];
    for sample in &samples {
        store.append_sample(sample.clone()).await?;
    }
    let mut ada = record(&store, "fair", "ada").await?;
    ada.metadata.insert("field".to_owned(), json!("kept"));
    store.update_user(ada.clone()).await?;
    let eve = under(&ada, "eve")?;
    assert_eq!(store.move_user(&ada, eve.clone(), None).await?, 2);

    assert_eq!(store.user(&ada.event, &ada.name).await?, None);
    assert_not_found(store.samples(&ada.event, &ada.name).await);
    assert_eq!(record(&store, "fair", "eve").await?, eve);
    let of_eve: Vec<_> =
        samples.iter().take(2).map(|sample| sample.clone().of_user(eve.name.clone())).collect();
    assert_eq!(store.samples(&eve.event, &eve.name).await?, of_eve);
    let names: Vec<_> =
        store.load_event(&eve.event).await?.users.into_iter().map(|of| of.user.name).collect();
    assert_eq!(names, [user("bob")?, user("eve")?]);
    // The name is free for somebody else, and what came later has no other one's samples.
    assert_eq!(store.append_sample(sample("fair", "ada", 4)?).await?, 1);
    assert_eq!(ids(&store, "fair", "eve").await?.len(), 2);
    Ok(())
}

/// A merged user has the samples of both.
pub async fn a_merged_user_has_the_samples_of_both(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let samples = [sample("fair", "ada", 1)?, sample("fair", "eve", 2)?, sample("fair", "ada", 3)?];
    for sample in &samples {
        store.append_sample(sample.clone()).await?;
    }
    let (ada, eve) = (record(&store, "fair", "ada").await?, record(&store, "fair", "eve").await?);
    let both = under(&ada, "eve")?;
    assert_eq!(store.move_user(&ada, both.clone(), Some(&eve)).await?, 3);
    assert_eq!(store.user(&ada.event, &ada.name).await?, None);
    assert_eq!(record(&store, "fair", "eve").await?, both);
    assert_eq!(ids(&store, "fair", "eve").await?, samples.map(|sample| sample.id()));
    Ok(())
}

/// What was decided on records that are others now is refused, and nothing has changed.
pub async fn a_move_of_what_has_changed_is_refused_whole(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    for sample in [sample("fair", "ada", 1)?, sample("fair", "eve", 2)?] {
        store.append_sample(sample).await?;
    }
    let (ada, eve) = (record(&store, "fair", "ada").await?, record(&store, "fair", "eve").await?);
    let mut earlier = ada.clone();
    earlier.metadata.insert("field".to_owned(), json!(1));
    assert_changed(store.move_user(&earlier, under(&ada, "new")?, None).await);
    assert_changed(store.move_user(&ada, under(&ada, "eve")?, None).await);
    assert_changed(store.move_user(&ada, under(&ada, "new")?, Some(&under(&eve, "new")?)).await);
    assert_changed(store.move_user(&ada, under(&ada, "eve")?, Some(&ada)).await);
    let nobody = under(&ada, "nobody")?;
    assert_not_found(store.move_user(&nobody, under(&ada, "new")?, None).await);
    assert_unstorable(store.move_user(&ada, ada.clone(), Some(&ada)).await);
    let mut elsewhere = under(&ada, "new")?;
    elsewhere.event = event("ball")?;
    assert_unstorable(store.move_user(&ada, elsewhere, None).await);
    // One id, two samples.
    let taken = sample("fair", "ada", 9)?;
    store.append_sample(taken.clone()).await?;
    let other = sample("fair", "eve", 8)?.with_id(taken.id());
    store.append_sample(other).await?;
    let (ada, eve) = (record(&store, "fair", "ada").await?, record(&store, "fair", "eve").await?);
    assert_conflict(store.move_user(&ada, under(&ada, "eve")?, Some(&eve)).await);
    assert_eq!((record(&store, "fair", "ada").await?, record(&store, "fair", "eve").await?), (ada, eve));
    assert_eq!((ids(&store, "fair", "ada").await?.len(), ids(&store, "fair", "eve").await?.len()), (2, 2));
    Ok(())
}

/// Samples that are appended while a user is renamed are of one name or the other, and none is lost.
pub async fn a_move_loses_no_sample_of_concurrent_appends(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    store.append_sample(sample("fair", "ada", 0)?).await?;
    let mut writers = JoinSet::new();
    for number in 1..=WRITERS {
        let (store, theirs) = (Arc::clone(&store), sample("fair", "ada", number)?);
        writers.spawn(async move { store.append_sample(theirs).await });
    }
    loop {
        let ada = record(&store, "fair", "ada").await?;
        match store.move_user(&ada, under(&ada, "eve")?, None).await {
            Err(StoreError::Changed { .. }) => tokio::task::yield_now().await,
            moved => {
                moved?;
                break;
            }
        }
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    let mut all = 0;
    for of in store.load_event(&event("fair")?).await?.users {
        all += of.samples.len();
    }
    assert_eq!(all, usize::from(WRITERS) + 1);
    Ok(())
}

/// Where a store knows versions, who follows them reads the user of the new name again.
pub async fn a_move_makes_a_version(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let Some(versions) = store.versions() else { return Ok(()) };
    store.append_sample(sample("fair", "ada", 1)?).await?;
    let before = versions.version(&event("fair")?).await?.ok_or("an event has a version")?;
    let ada = record(&store, "fair", "ada").await?;
    store.move_user(&ada, under(&ada, "eve")?, None).await?;
    let changed = versions.changed_users(&event("fair")?, before).await?;
    assert_ne!(changed.version, before);
    assert_eq!(changed.users, Some(vec![user("eve")?]));
    Ok(())
}
