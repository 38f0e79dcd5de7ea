//! A sample that was removed does not come back, and does not lie about.

use std::slice;

use cloudinary_standin::{Delivery, StandIn};
use embedding_store::{Change, EmbeddingStore, FaceSample};
use futures_util::StreamExt;
use serde_json::Value;

use super::specimens::{account, document, event, eventually, ids, open, sample, user};

/// Whether a document of the account holds the sample, readers see it or not.
fn lies_about(account: &StandIn, sample: &FaceSample) -> bool {
    ids(account).iter().any(|id| {
        // One that has just been destroyed holds nothing.
        let Some(json) = document(account, Delivery::Authenticated, id) else { return false };
        let json: Value = serde_json::from_slice(&json).unwrap();
        let samples = json.get("samples").and_then(Value::as_array);
        samples.is_some_and(|samples| samples.iter().any(|found| found["id"] == sample.id().to_string()))
    })
}

#[tokio::test]
async fn a_removed_sample_is_gone_from_the_account_and_in_the_other_ones_feed() {
    let account = account();
    let (a, b) = (open(&account).await.unwrap(), open(&account).await.unwrap());
    let (first, second) = (sample("conference", "ada", 1), sample("conference", "ada", 2));
    a.append_sample(first.clone()).await.unwrap();
    a.append_sample(second.clone()).await.unwrap();
    b.refresh().await.unwrap();
    let mut feed = b.changes().await.unwrap().unwrap();
    assert!(lies_about(&account, &first));
    assert_eq!(a.delete_sample(first.event(), first.user(), first.id()).await.unwrap(), 1);
    eventually("the superseded document is destroyed", || !lies_about(&account, &first)).await;
    b.refresh().await.unwrap();
    assert_eq!(feed.next().await.unwrap(), Change::User(event("conference"), user("ada")));
    assert_eq!(b.samples(second.event(), second.user()).await.unwrap(), slice::from_ref(&second));
    drop((a, b));
    let again = open(&account).await.unwrap();
    assert_eq!(again.samples(second.event(), second.user()).await.unwrap(), [second]);
}

#[tokio::test]
async fn a_removed_sample_does_not_come_back_by_a_write_of_one_who_has_not_seen_it_go() {
    let account = account();
    let (a, b) = (open(&account).await.unwrap(), open(&account).await.unwrap());
    let made: Vec<_> = (0..4).map(|number| sample("conference", "ada", number)).collect();
    for theirs in &made[..3] {
        a.append_sample(theirs.clone()).await.unwrap();
    }
    b.refresh().await.unwrap();
    a.delete_sample(made[1].event(), made[1].user(), made[1].id()).await.unwrap();
    assert_eq!(b.append_sample(made[3].clone()).await.unwrap(), 4);
    let expected = [made[0].clone(), made[2].clone(), made[3].clone()];
    for store in [&a, &b] {
        store.refresh().await.unwrap();
        assert_eq!(store.samples(&event("conference"), &user("ada")).await.unwrap(), expected);
    }
    assert!(lies_about(&account, &made[1]), "the revision of the one who had not seen it go has it");
    a.sweep().await;
    eventually("what holds the removed sample is destroyed", || !lies_about(&account, &made[1])).await;
    b.refresh().await.unwrap();
    assert_eq!(b.samples(&event("conference"), &user("ada")).await.unwrap(), expected);
    // Removed for good is what nobody adds again.
    assert_eq!(b.append_sample(made[1].clone()).await.unwrap(), 4);
    a.refresh().await.unwrap();
    assert_eq!(a.samples(&event("conference"), &user("ada")).await.unwrap(), made);
}

#[tokio::test]
async fn a_user_whose_last_two_samples_two_stores_remove_at_once_is_gone() {
    let account = account();
    let (a, b) = (open(&account).await.unwrap(), open(&account).await.unwrap());
    let (first, second) = (sample("conference", "ada", 1), sample("conference", "ada", 2));
    a.append_sample(first.clone()).await.unwrap();
    a.append_sample(second.clone()).await.unwrap();
    a.append_sample(sample("conference", "bob", 3)).await.unwrap();
    b.refresh().await.unwrap();
    a.delete_sample(first.event(), first.user(), first.id()).await.unwrap();
    b.delete_sample(second.event(), second.user(), second.id()).await.unwrap();
    for store in [&a, &b] {
        store.refresh().await.unwrap();
        assert_eq!(store.user(&event("conference"), &user("ada")).await.unwrap(), None);
        assert_eq!(store.load_event(&event("conference")).await.unwrap().users.len(), 1);
    }
    a.sweep().await;
    let is_clean = || !lies_about(&account, &first) && !lies_about(&account, &second);
    eventually("neither sample lies about", is_clean).await;
    b.refresh().await.unwrap();
    assert_eq!(b.append_sample(first.clone()).await.unwrap(), 1, "a user of that name starts anew");
    let again = open(&account).await.unwrap();
    assert_eq!(again.samples(&event("conference"), &user("ada")).await.unwrap(), [first]);
}
