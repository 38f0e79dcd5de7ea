//! Users: update, deletion, times.

use super::checks::assert_not_found;
use super::harness::{Harness, Outcome};
use super::specimens::{at, event, new_event, sample, user};
use crate::{EmbeddingStore, EmbeddingStoreExt, UserRecord};

/// An update replaces the record, twice as once, and leaves samples and other users alone.
pub async fn an_update_replaces_the_user(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (theirs, other) = (sample("conference", "ada", 1)?, sample("conference", "ada 2", 2)?);
    store.append_sample(theirs.clone()).await?;
    store.append_sample(other.clone()).await?;
    let neighbour = store.user(other.event(), other.user()).await?;

    let mut record = store.user(theirs.event(), theirs.user()).await?.ok_or("the user is gone")?;
    record.updated = at(60);
    record.last_verified = Some(at(61));
    record.metadata.insert("seat".to_owned(), 7.into());
    for _ in 0..2 {
        store.update_user(record.clone()).await?;
        assert_eq!(store.user(theirs.event(), theirs.user()).await?, Some(record.clone()));
    }
    assert_eq!(store.samples(theirs.event(), theirs.user()).await?, [theirs]);
    assert_eq!(store.user(other.event(), other.user()).await?, neighbour);
    Ok(())
}

/// An update or deletion of an absent user is not found, and makes neither user nor event.
pub async fn an_absent_user_cannot_be_updated_or_deleted(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let nobody = user("nobody")?;
    store.create_event(new_event("conference")?).await?;
    for name in ["conference", "absent"] {
        let name = event(name)?;
        assert_not_found(store.update_user(UserRecord::new(name.clone(), nobody.clone(), at(0))).await);
        assert_not_found(store.delete_user(&name, &nobody).await);
        assert_not_found(store.samples(&name, &nobody).await);
        assert_eq!(store.user(&name, &nobody).await?, None);
    }
    assert_eq!(store.all_users(&event("conference")?).await?, []);
    assert_eq!(store.all_events().await?.len(), 1);
    Ok(())
}

/// The event stays when its last user goes, with its record as it was.
pub async fn deleting_the_last_user_leaves_the_event(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let theirs = sample("conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;
    let record = store.event(theirs.event()).await?;
    store.delete_user(theirs.event(), theirs.user()).await?;
    assert!(record.is_some());
    assert_eq!(store.event(theirs.event()).await?, record);
    assert_eq!(store.all_users(theirs.event()).await?, []);
    assert_eq!(store.load_event(theirs.event()).await?.users, []);
    Ok(())
}

/// A deletion takes the samples along, is no deletion the second time, and leaves other users alone.
pub async fn a_deleted_user_takes_the_samples_along(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (gone, kept) = (sample("conference", "ada", 1)?, sample("conference", "ada 2", 2)?);
    store.append_sample(gone.clone()).await?;
    store.append_sample(sample("conference", "ada", 3)?).await?;
    store.append_sample(kept.clone()).await?;
    store.delete_user(gone.event(), gone.user()).await?;
    assert_not_found(store.delete_user(gone.event(), gone.user()).await);
    assert_eq!(store.user(gone.event(), gone.user()).await?, None);
    assert_not_found(store.samples(gone.event(), gone.user()).await);
    assert_eq!(store.samples(kept.event(), kept.user()).await?, [kept]);

    assert_eq!(store.append_sample(gone.clone()).await?, 1, "a user of that name starts anew");
    assert_eq!(store.samples(gone.event(), gone.user()).await?, [gone]);
    Ok(())
}

/// An append moves `updated` up to the sample's time; an older sample does not move it back.
pub async fn the_updated_time_moves_up_and_never_back(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (name, ada) = (event("conference")?, user("ada")?);
    for (number, updated) in [(10, 10), (20, 20), (5, 20)] {
        store.append_sample(sample("conference", "ada", number)?).await?;
        let record = store.user(&name, &ada).await?.ok_or("the user is gone")?;
        assert_eq!((record.created, record.updated), (at(10), at(updated)));
    }
    let mut record = store.user(&name, &ada).await?.ok_or("the user is gone")?;
    record.last_verified = Some(at(25));
    store.update_user(record).await?;
    store.append_sample(sample("conference", "ada", 30)?).await?;
    let record = store.user(&name, &ada).await?.ok_or("the user is gone")?;
    assert_eq!((record.updated, record.last_verified), (at(30), Some(at(25))));
    Ok(())
}
