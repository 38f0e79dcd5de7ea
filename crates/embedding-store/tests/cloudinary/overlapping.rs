//! Two stores that write in the same moment what contradicts or repeats: nothing is lost, nothing is there twice.

use std::time::Duration;

use cloudinary_standin::StandIn;
use embedding::Distance;
use embedding_store::{CloudinaryStore, EmbeddingStore, MatchRule, Metadata};
use futures_util::future::{join, try_join};

use super::specimens::{account, event, open, sample, user};

/// How often each case is tried; `cargo xtask soak --servers` tries it more often.
fn rounds() -> u16 {
    std::env::var("OVERLAP_ROUNDS").map_or(20, |text| text.parse().unwrap())
}

/// An account whose calls nobody counts, and two stores on it.
async fn two_stores() -> (StandIn, CloudinaryStore, CloudinaryStore) {
    let account = account();
    account.behave(|account| account.admin_limit = 10_000_000);
    let (a, b) = (open(&account).await.unwrap(), open(&account).await.unwrap());
    (account, a, b)
}

async fn see_each_other(a: &CloudinaryStore, b: &CloudinaryStore) {
    try_join(a.refresh(), b.refresh()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_that_comes_to_two_stores_at_once_is_stored_once() {
    let (_account, a, b) = two_stores().await;
    for round in 0..rounds() {
        // Every other time the event is new too, so that both make it.
        let at = format!("event {}", round / 2);
        let name = format!("user {round}");
        let theirs = |number| sample(&at, &name, number).with_numbered_request("a key", 0);
        let (one, other) = (theirs(2 * round), theirs(2 * round + 1));
        let (one, other) = join(a.append_sample(one), b.append_sample(other)).await;
        // The second of the two may have seen the first one's already, which is of other numbers.
        assert!(one.is_ok() || other.is_ok(), "{one:?} {other:?}");
        see_each_other(&a, &b).await;
        let (seen, there) = (
            a.samples(&event(&at), &user(&name)).await.unwrap(),
            b.samples(&event(&at), &user(&name)).await.unwrap(),
        );
        assert_eq!((seen.len(), &seen), (1, &there), "round {round}");
        // And the next write of it, at either, is a repetition or refused: never a second sample.
        let _ = a.append_sample(theirs(2 * round)).await;
        assert_eq!(a.samples(&event(&at), &user(&name)).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_user_each_of_two_stores_changes_a_field_and_both_changes_hold() {
    let (_account, a, b) = two_stores().await;
    a.append_sample(sample("conference", "ada", 0)).await.unwrap();
    see_each_other(&a, &b).await;
    let mut expected = Metadata::new();
    for round in 0..rounds() {
        let seen = a.user(&event("conference"), &user("ada")).await.unwrap().unwrap();
        let with = |name: &str| {
            let mut record = seen.clone();
            record.updated += Duration::from_secs(1);
            record.metadata.insert(name.to_owned(), round.into());
            record
        };
        // One field that was there is changed, one is new in every round, and one goes again.
        let (mut one, other) = (with("changed"), with(&format!("new {}", round % 7)));
        one.metadata.remove(&format!("new {}", (round + 3) % 7));
        try_join(a.replace_user(&seen, one), b.replace_user(&seen, other)).await.unwrap();
        expected.insert("changed".to_owned(), round.into());
        expected.remove(&format!("new {}", (round + 3) % 7));
        expected.insert(format!("new {}", round % 7), round.into());
        see_each_other(&a, &b).await;
        for store in [&a, &b] {
            let record = store.user(&event("conference"), &user("ada")).await.unwrap().unwrap();
            assert_eq!(record.metadata, expected, "round {round}");
        }
        // A sample of either leaves what was merged as it is.
        if round % 10 == 0 {
            b.append_sample(sample("conference", "ada", 1 + round)).await.unwrap();
            see_each_other(&a, &b).await;
        }
    }
    let again = a.user(&event("conference"), &user("ada")).await.unwrap().unwrap();
    assert_eq!(again.metadata, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_event_each_of_two_stores_changes_a_field_and_both_changes_hold() {
    let (_account, a, b) = two_stores().await;
    a.append_sample(sample("conference", "ada", 0)).await.unwrap();
    see_each_other(&a, &b).await;
    for round in 0..rounds() {
        let seen = a.event(&event("conference")).await.unwrap().unwrap();
        let (mut one, mut other) = (seen.clone(), seen.clone());
        let threshold = MatchRule::Threshold(Distance::new(0.3 + f32::from(round) / 1000.0).unwrap());
        one.match_rule = Some(threshold);
        let until = (round % 2 == 0).then(|| seen.created + Duration::from_secs(60 * u64::from(round)));
        other.retain_until = until;
        try_join(a.replace_event(&seen, one), b.replace_event(&seen, other)).await.unwrap();
        see_each_other(&a, &b).await;
        for store in [&a, &b] {
            let record = store.event(&event("conference")).await.unwrap().unwrap();
            assert_eq!((record.match_rule, record.retain_until), (Some(threshold), until), "round {round}");
        }
    }
}
