//! Requests that are sent again: one check-in for each key.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding_store::{Journal, JournalEntry, JournalPage, StoreError};
use tokio::task::JoinSet;

use super::super::keys;
use super::{CheckInError, CheckInOutcome, all, at, check_ins, fair, manual, new, over, to, user, with_key};
use crate::test_journal::{Fault, TestJournal};
use crate::{EventName, IdempotencyKey};

#[tokio::test]
async fn a_request_that_is_sent_again_is_answered_by_the_first_check_in() {
    let check_ins = check_ins();
    let first = new(check_ins.check_in(&fair(), &user("ada"), with_key(0, "k")).await);
    for second in [1, 1_000_000] {
        let again = check_ins.check_in(&fair(), &user("ada"), with_key(second, "k")).await.unwrap();
        assert_eq!(again, CheckInOutcome::Repeated(first.clone()));
    }
    assert!(all(&check_ins).await.iter().eq([&first]));
    let key = |key| IdempotencyKey::new(key).unwrap();
    assert_eq!(check_ins.by_key(&fair(), &key("k")).await.unwrap(), Some(first.clone()));
    assert_eq!(check_ins.by_key(&fair(), &key("other")).await.unwrap(), None);
    assert_eq!(check_ins.get(&fair(), first.id).await.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_requests_at_once_with_one_key_exactly_one_is_new() {
    let check_ins = check_ins();
    for round in 0..20 {
        let mut requests = JoinSet::new();
        for _ in 0..50 {
            let check_ins = check_ins.clone();
            let (ada, request) = (user("ada"), with_key(1_000 * round, &format!("key {round}")));
            requests.spawn(async move { check_ins.check_in(&fair(), &ada, request).await.unwrap() });
        }
        let outcomes = requests.join_all().await;
        let is_new = |outcome: &&CheckInOutcome| matches!(outcome, CheckInOutcome::New(_));
        assert_eq!(outcomes.iter().filter(is_new).count(), 1, "round {round}");
        assert!(outcomes.iter().all(|outcome| !matches!(outcome, CheckInOutcome::Already(_))));
        let ids: BTreeSet<_> = outcomes.iter().map(|outcome| outcome.check_in().id).collect();
        assert_eq!(ids.len(), 1);
    }
    assert_eq!(all(&check_ins).await.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_requests_at_once_for_one_person_exactly_one_is_new() {
    let check_ins = check_ins();
    let mut requests = JoinSet::new();
    for number in 0..100 {
        let check_ins = check_ins.clone();
        let request = if number % 2 == 0 { manual(0) } else { with_key(0, &format!("key {number}")) };
        requests.spawn(async move { check_ins.check_in(&fair(), &user("ada"), request).await.unwrap() });
    }
    let outcomes = requests.join_all().await;
    let [new] = outcomes.iter().filter_map(only_new).collect::<Vec<_>>()[..] else { panic!("{outcomes:?}") };
    assert!(outcomes.iter().all(|outcome| outcome.check_in() == new));
}

fn only_new(outcome: &CheckInOutcome) -> Option<&super::CheckIn> {
    match outcome {
        CheckInOutcome::New(check_in) => Some(check_in),
        CheckInOutcome::Repeated(_) | CheckInOutcome::Already(_) => None,
    }
}

#[tokio::test]
async fn a_key_is_good_for_one_person_of_an_event_and_another_key_in_another_event() {
    let check_ins = check_ins();
    let first = new(check_ins.check_in(&fair(), &user("ada"), with_key(0, "k")).await);
    let other_person = check_ins.check_in(&fair(), &user("ben"), with_key(1, "k")).await;
    assert!(matches!(other_person, Err(CheckInError::KeyReused)), "{other_person:?}");
    let ball = EventName::new("ball").unwrap();
    // Whoever may check in there could use up a key that can be guessed otherwise.
    let other_event = new(check_ins.check_in(&ball, &user("ben"), with_key(1, "k")).await);
    let again = check_ins.check_in(&ball, &user("ben"), with_key(2, "k")).await.unwrap();
    assert_eq!(again, CheckInOutcome::Repeated(other_event));
    assert_eq!(all(&check_ins).await, [first]);
}

#[tokio::test]
async fn a_corrected_check_in_answers_those_who_asked_for_it_first() {
    let check_ins = check_ins();
    let first = new(check_ins.check_in(&fair(), &user("ada"), with_key(0, "k")).await);
    let corrected = check_ins.correct(&fair(), first.id, to(Some("ben"), 5)).await.unwrap();
    let again = check_ins.check_in(&fair(), &user("ada"), with_key(6, "k")).await.unwrap();
    assert_eq!(again, CheckInOutcome::Repeated(corrected));
    let other = check_ins.check_in(&fair(), &user("ben"), with_key(6, "k")).await;
    assert!(matches!(other, Err(CheckInError::KeyReused)), "{other:?}");
}

#[tokio::test]
async fn a_write_that_was_reported_failed_but_happened_is_not_made_twice() {
    let journal = Arc::<TestJournal>::default();
    let check_ins = over(&journal);
    journal.next(Fault::DoneButUnavailable);
    let failed = check_ins.check_in(&fair(), &user("ada"), with_key(0, "k")).await;
    assert!(matches!(failed, Err(CheckInError::Store(StoreError::Unavailable { .. }))), "{failed:?}");
    let [first] = &all(&check_ins).await[..] else { panic!("it happened") };
    let again = check_ins.check_in(&fair(), &user("ada"), with_key(1, "k")).await.unwrap();
    assert_eq!(again, CheckInOutcome::Repeated(first.clone()));

    // Without a key.
    journal.next(Fault::DoneButUnavailable);
    check_ins.check_in(&fair(), &user("ben"), manual(2)).await.unwrap_err();
    let [_, second] = &all(&check_ins).await[..] else { panic!("it happened") };
    let again = check_ins.check_in(&fair(), &user("ben"), manual(3)).await.unwrap();
    assert_eq!(again, CheckInOutcome::Already(second.clone()));
    let again = check_ins.check_in(&fair(), &user("ada"), with_key(3, "k")).await.unwrap();
    assert_eq!(again, CheckInOutcome::Repeated(first.clone()));
}

#[tokio::test]
async fn a_key_of_an_earlier_version_is_recognised_in_its_event_and_free_in_others() {
    let journal = Arc::<TestJournal>::default();
    let check_ins = over(&journal);
    // Before a check-in with a key, such a version bound the key to the event.
    let bound = JournalEntry::new(keys().unwrap(), "check_in_key", at(0)).with_subject("fair").with_key("k");
    journal.append(bound, None).await.unwrap();
    let first = new(check_ins.check_in(&fair(), &user("ada"), with_key(0, "k")).await);
    let again = check_ins.check_in(&fair(), &user("ada"), with_key(1, "k")).await.unwrap();
    assert_eq!(again, CheckInOutcome::Repeated(first));
    let ball = EventName::new("ball").unwrap();
    new(check_ins.check_in(&ball, &user("ada"), with_key(1, "k")).await);
    check_ins.erase_event(&fair()).await.unwrap();
    let left = journal.list(&keys().unwrap(), JournalPage::oldest(NonZeroUsize::MIN)).await.unwrap();
    assert_eq!(left.items, [], "it names the event");
}

#[tokio::test]
async fn whoever_was_checked_in_a_moment_ago_keeps_the_key_for_later() {
    let check_ins = check_ins();
    let first = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await);
    let soon = check_ins.check_in(&fair(), &user("ada"), with_key(10, "k")).await.unwrap();
    assert_eq!(soon, CheckInOutcome::Already(first));
    let later = new(check_ins.check_in(&fair(), &user("ada"), with_key(200, "k")).await);
    assert_eq!(later.time, at(200));
}

#[tokio::test]
async fn while_the_journal_is_away_nothing_is_taken_for_done() {
    let journal = Arc::<TestJournal>::default();
    let check_ins = over(&journal);
    journal.leave();
    let failed = check_ins.check_in(&fair(), &user("ada"), with_key(0, "k")).await;
    assert!(matches!(failed, Err(CheckInError::Store(StoreError::Unavailable { .. }))), "{failed:?}");
    journal.come_back();
    assert_eq!(all(&check_ins).await, []);
    new(check_ins.check_in(&fair(), &user("ada"), with_key(1, "k")).await);
}
