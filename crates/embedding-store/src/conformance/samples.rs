//! Face samples: append, count, order, repetition, conflict.

use std::slice;

use embedding::{DIMENSIONS, Embedding};

use super::checks::{assert_conflict, assert_not_found};
use super::harness::{Harness, Outcome};
use super::specimens::{at, event, model, new_event, other_model, sample, sample_of, user};
use crate::{
    EmbeddingStore, EmbeddingStoreExt, EventRecord, FaceSample, Metadata, StoreError, Subject, UserRecord,
};
use uuid::Uuid;

/// A sample is there, whole, as soon as the append has returned.
pub async fn an_appended_sample_loads_back(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let mut quality = Metadata::new();
    quality.insert("sharpness".to_owned(), 0.123_456_789_012_345_67.into());
    let theirs = sample("conference", "ada", 1)?.with_quality(quality);
    assert_eq!(store.append_sample(theirs.clone()).await?, 1);
    assert_eq!(store.samples(theirs.event(), theirs.user()).await?, slice::from_ref(&theirs));
    let snapshot = store.load_event(theirs.event()).await?;
    let users: Vec<_> = snapshot.users.into_iter().map(|user| (user.user.name, user.samples)).collect();
    assert_eq!(users, [(theirs.user().clone(), vec![theirs])]);
    Ok(())
}

/// The first append makes the event, with the sample's model and time, and the user.
pub async fn the_first_append_creates_event_and_user(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let theirs = sample_of(other_model()?, "conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;
    let event = EventRecord::new(theirs.event().clone(), other_model()?, at(1));
    let user = UserRecord::new(theirs.event().clone(), theirs.user().clone(), at(1));
    assert_eq!(store.all_events().await?, [event]);
    assert_eq!(store.all_users(theirs.event()).await?, [user]);
    Ok(())
}

/// An append leaves the record of an event that is there as it is.
pub async fn an_append_leaves_an_existing_event_as_it_is(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let mut record = new_event("conference")?;
    record.metadata.insert("room".to_owned(), "B 12".into());
    store.create_event(record.clone()).await?;
    store.append_sample(sample("conference", "ada", 1)?).await?;
    assert_eq!(store.event(&record.name).await?, Some(record));
    Ok(())
}

/// An append returns how many samples that user of that event has.
pub async fn the_count_is_that_of_the_user(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    for (number, count) in (0..).zip(1..=3) {
        assert_eq!(store.append_sample(sample("a", "ada", number)?).await?, count);
    }
    for (event, user) in [("a", "ada 2"), ("a", "ad"), ("a 2", "ada")] {
        assert_eq!(store.append_sample(sample(event, user, 9)?).await?, 1, "{event}, {user}");
    }
    Ok(())
}

/// The same sample again returns the count and changes nothing, also after others.
pub async fn the_same_sample_again_changes_nothing(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let theirs = sample("conference", "ada", 1)?;
    assert_eq!(store.append_sample(theirs.clone()).await?, 1);
    assert_eq!(store.append_sample(theirs.clone()).await?, 1);
    assert_eq!(store.append_sample(sample("conference", "ada", 2)?).await?, 2);
    let before = store.load_event(theirs.event()).await?;
    assert_eq!(store.append_sample(theirs.clone()).await?, 2);
    assert_eq!(store.load_event(theirs.event()).await?, before);
    Ok(())
}

/// Another sample with an id that the user has conflicts; the first one stays.
pub async fn another_sample_with_a_taken_id_conflicts(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let theirs = sample("conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;
    let before = store.load_event(theirs.event()).await?;
    let mut quality = Metadata::new();
    quality.insert("sharpness".to_owned(), 1.into());
    assert_conflict(store.append_sample(theirs.clone().with_quality(quality)).await);
    assert_eq!(store.load_event(theirs.event()).await?, before);
    Ok(())
}

/// A sample of another model than the event's conflicts, and makes no user.
pub async fn a_sample_of_another_model_conflicts(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    store.create_event(new_event("conference")?).await?;
    assert_conflict(store.append_sample(sample_of(other_model()?, "conference", "ada", 1)?).await);
    store.append_sample(sample("conference", "bob", 2)?).await?;
    assert_conflict(store.append_sample(sample_of(other_model()?, "conference", "bob", 3)?).await);
    let users: Vec<_> =
        store.all_users(&event("conference")?).await?.into_iter().map(|user| user.name).collect();
    assert_eq!(users, [user("bob")?]);
    assert_eq!(store.samples(&event("conference")?, &user("bob")?).await?.len(), 1);
    Ok(())
}

/// Samples come by id, that is oldest first, whatever the order of their appends.
pub async fn samples_come_oldest_first(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let made: Vec<_> = (0..5).map(|number| sample("conference", "ada", number)).collect::<Result<_, _>>()?;
    for place in [3, 0, 4, 1, 2] {
        let next: &FaceSample = made.get(place).ok_or("there are five")?;
        store.append_sample(next.clone()).await?;
    }
    assert_eq!(store.samples(&event("conference")?, &user("ada")?).await?, made);
    let snapshot = store.load_event(&event("conference")?).await?;
    assert_eq!(snapshot.users.into_iter().map(|user| user.samples).collect::<Vec<_>>(), [made]);
    Ok(())
}

/// Numbers come back bit by bit: the largest, the smallest, subnormal ones, both zeros.
pub async fn every_bit_of_an_embedding_is_kept(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let extremes = [f32::MAX, f32::MIN, f32::MIN_POSITIVE, f32::from_bits(1), 0.0, -0.0, 0.1, 1.0 / 3.0];
    let mut values = [0.0; DIMENSIONS];
    for (value, extreme) in values.iter_mut().zip(extremes.into_iter().cycle()) {
        *value = extreme;
    }
    let embedding = Embedding::new(model()?, values)?;
    let theirs = FaceSample::new(event("conference")?, user("ada")?, embedding, f32::MAX, "", at(1))?;
    store.append_sample(theirs.clone()).await?;
    let read = store.samples(theirs.event(), theirs.user()).await?;
    let bits = |sample: &FaceSample| sample.embedding().values().map(f32::to_bits);
    assert!(read.iter().map(bits).eq([bits(&theirs)]), "an embedding has changed");
    assert_eq!(read, [theirs]);
    Ok(())
}

/// The mark of the request is a part of the sample: with another one it is another sample.
pub async fn the_mark_of_a_request_is_kept(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let unmarked = sample("conference", "ada", 1)?;
    let theirs = unmarked.clone().with_request("0190163d-8694 \"7\"");
    assert_eq!(unmarked.request(), None);
    store.append_sample(theirs.clone()).await?;
    let read = store.samples(theirs.event(), theirs.user()).await?;
    assert_eq!(read.iter().map(FaceSample::request).collect::<Vec<_>>(), [Some("0190163d-8694 \"7\"")]);
    assert_eq!(read, slice::from_ref(&theirs));
    assert_conflict(store.append_sample(unmarked).await);
    assert_eq!(store.append_sample(theirs).await?, 1);
    Ok(())
}

/// A deletion takes one sample, says how many are left, and leaves the user's record and all else alone.
pub async fn a_deleted_sample_is_gone_and_the_others_stay(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let made: Vec<_> = (1..=3).map(|number| sample("conference", "ada", number)).collect::<Result<_, _>>()?;
    for theirs in &made {
        store.append_sample(theirs.clone()).await?;
    }
    let other = sample("conference", "bob", 4)?;
    store.append_sample(other.clone()).await?;
    let [first, second, third] = made.as_slice() else { return Err("there are three".into()) };
    let record = store.user(first.event(), first.user()).await?;

    assert_eq!(store.delete_sample(second.event(), second.user(), second.id()).await?, 2);
    assert_eq!(store.samples(first.event(), first.user()).await?, [first.clone(), third.clone()]);
    assert_eq!(store.delete_sample(third.event(), third.user(), third.id()).await?, 1);
    let users = store.load_event(first.event()).await?.users;
    let samples: Vec<_> = users.into_iter().map(|user| user.samples).collect();
    assert_eq!(samples, [vec![first.clone()], vec![other]]);
    assert_eq!(store.user(first.event(), first.user()).await?, record);
    Ok(())
}

/// A user has at least one sample, so the deletion of the last one conflicts and changes nothing.
pub async fn the_only_sample_of_a_user_cannot_be_deleted(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let theirs = sample("conference", "ada", 1)?;
    store.append_sample(theirs.clone()).await?;
    assert_conflict(store.delete_sample(theirs.event(), theirs.user(), theirs.id()).await);
    assert_eq!(store.samples(theirs.event(), theirs.user()).await?, [theirs]);
    Ok(())
}

/// What is not found is named: the event, the user, or the sample, also one that another user has.
pub async fn a_sample_that_is_not_there_cannot_be_deleted(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (theirs, other) = (sample("conference", "ada", 1)?, sample("conference", "bob", 2)?);
    store.append_sample(theirs.clone()).await?;
    store.append_sample(sample("conference", "ada", 3)?).await?;
    store.append_sample(other.clone()).await?;
    let (name, ada) = (theirs.event().clone(), theirs.user().clone());
    let (absent, nobody) = (event("absent")?, user("nobody")?);
    for (name, user, id, subject) in [
        (&absent, &ada, theirs.id(), Subject::Event(absent.clone())),
        (&name, &nobody, theirs.id(), Subject::User(name.clone(), nobody.clone())),
        (&name, &ada, other.id(), Subject::Sample(name.clone(), ada.clone(), other.id())),
        (&name, &ada, Uuid::nil(), Subject::Sample(name.clone(), ada.clone(), Uuid::nil())),
    ] {
        match store.delete_sample(name, user, id).await {
            Err(StoreError::NotFound { subject: found }) => assert_eq!(found, subject),
            result => return Err(format!("not found was due, got {result:?}").into()),
        }
    }
    assert_eq!(store.delete_sample(&name, &ada, theirs.id()).await?, 1);
    assert_not_found(store.delete_sample(&name, &ada, theirs.id()).await);
    Ok(())
}

/// A sample that was deleted can be appended again, and is there.
pub async fn a_deleted_sample_can_be_appended_again(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (first, second) = (sample("conference", "ada", 1)?, sample("conference", "ada", 2)?);
    store.append_sample(first.clone()).await?;
    store.append_sample(second.clone()).await?;
    assert_eq!(store.delete_sample(first.event(), first.user(), first.id()).await?, 1);
    assert_eq!(store.append_sample(first.clone()).await?, 2);
    assert_eq!(store.samples(first.event(), first.user()).await?, [first, second]);
    Ok(())
}

/// Many at once are as one after another: in any order, with some that are there, and with one of them twice.
pub async fn many_samples_at_once_are_as_one_after_another(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let all = (1..=6).map(|number| sample("conference", "ada", number)).collect::<Result<Vec<_>, _>>()?;
    let [one, two, three, four, five, six] = all.as_slice() else { return Err("not six".into()) };
    assert_eq!(store.append_samples(vec![]).await?, 0);
    let first = vec![two.clone(), four.clone(), one.clone(), two.clone()];
    assert_eq!(store.append_samples(first.clone()).await?, 3);
    let event = EventRecord::new(one.event().clone(), model()?, two.created());
    assert_eq!(store.all_events().await?, [event]);
    let mut user = UserRecord::new(one.event().clone(), one.user().clone(), two.created());
    user.updated = four.created();
    assert_eq!(store.all_users(one.event()).await?, [user.clone()]);
    assert_eq!(store.append_samples(first).await?, 3, "again");

    let second = vec![six.clone(), four.clone(), three.clone(), five.clone()];
    assert_eq!(store.append_samples(second).await?, 6);
    assert_eq!(store.samples(one.event(), one.user()).await?, all);
    user.updated = six.created();
    assert_eq!(store.all_users(one.event()).await?, [user]);
    Ok(())
}

/// One among many that cannot be there makes them an error, and no other one suffers by it.
pub async fn one_of_many_samples_that_conflicts_is_said(harness: &dyn Harness) -> Outcome {
    let store = harness.open().await?;
    let (one, two) = (sample("conference", "ada", 1)?, sample("conference", "ada", 2)?);
    store.append_sample(one.clone()).await?;
    let taken = sample("conference", "ada", 9)?.with_id(one.id());
    assert_conflict(store.append_samples(vec![two.clone(), taken.clone()]).await);
    assert_conflict(store.append_samples(vec![taken, two.clone()]).await);
    let other = sample_of(other_model()?, "conference", "ben", 3)?;
    assert_conflict(store.append_samples(vec![other]).await);
    let ben = sample("conference", "ben", 4)?;
    let twice = sample("conference", "ben", 5)?.with_id(ben.id());
    assert_conflict(store.append_samples(vec![ben, twice]).await);
    let there = store.samples(one.event(), one.user()).await?;
    assert!(there == [one.clone()] || there == [one, two], "{} samples", there.len());
    Ok(())
}
