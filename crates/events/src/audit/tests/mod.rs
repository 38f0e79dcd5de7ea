//! The audit over a journal in memory that can be made to fail.

mod action;
mod lists;
mod outages;
mod random;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use embedding::{Distance, ModelId};
use embedding_store::{Journal, StoreError};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Action, AuditEntry, AuditError, AuditFilter, AuditOptions, AuditPage, AuditStatus, AuditTrail,
    ErasedAudit, Outcome, Recorded, topic,
};
use crate::test_journal::{Fault, TestJournal};
use crate::{Actor, EventName, RetentionGuard, Username};

fn over(journal: &Arc<TestJournal>, waiting_limit: usize) -> AuditTrail {
    AuditTrail::new(Arc::clone(journal) as _, AuditOptions { waiting_limit })
}

fn trail() -> AuditTrail {
    over(&Arc::default(), 10)
}

fn fair() -> EventName {
    EventName::new("fair").unwrap()
}

fn user(name: &str) -> Username {
    Username::new(name).unwrap()
}

/// A second of the day of these tests.
fn at(second: usize) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + second as u64)
}

fn door() -> Actor {
    Actor::new("door").unwrap()
}

/// Of a transaction of its own.
fn entry(second: usize, action: Action, outcome: Outcome) -> AuditEntry {
    AuditEntry::new(at(second), Uuid::now_v7(), door(), action, outcome)
}

/// A face that was found to be a person's.
fn found(second: usize, name: &str) -> AuditEntry {
    let distance = |value| Distance::new(value).unwrap();
    entry(second, Action::Identify, Outcome::Match).with_event(fair()).with_user(user(name)).with_distance(
        distance(0.25),
        distance(0.375),
        ModelId::new("test-model").unwrap(),
    )
}

fn newest(limit: usize) -> AuditPage {
    AuditPage { newest_first: true, ..oldest(limit) }
}

fn oldest(limit: usize) -> AuditPage {
    AuditPage { newest_first: false, after: None, limit: NonZeroUsize::new(limit).unwrap() }
}

/// Everything that is written, oldest first.
async fn written(trail: &AuditTrail) -> Vec<AuditEntry> {
    trail.list(&AuditFilter::default(), oldest(100_000)).await.unwrap().items
}

#[tokio::test]
async fn an_entry_is_read_as_it_was_recorded() {
    let trail = trail();
    let plain = entry(0, Action::ReadAudit, Outcome::Done);
    let whole = found(1, "ada").with_code("close_call");
    for entry in [&plain, &whole] {
        assert_eq!(trail.record(entry.clone()).await.unwrap(), Recorded::Durable);
        let [found] = &trail.by_transaction(entry.details.transaction).await.unwrap()[..] else { panic!() };
        assert_eq!(found, entry);
    }
    assert_eq!(trail.by_transaction(Uuid::now_v7()).await.unwrap(), []);
    assert_eq!(written(&trail).await, [plain, whole]);
    assert_eq!(trail.status(), AuditStatus { waiting: 0, lost: 0 });
}

#[test]
fn as_json_an_entry_is_flat_and_leaves_out_what_is_not_known() {
    let whole = found(0, "ada").with_code("close_call");
    let expected = json!({
        "id": whole.id, "time": "2023-11-14T22:13:20Z", "action": "identify", "outcome": "match",
        "transaction": whole.details.transaction, "actor": "door", "event": "fair", "user": "ada",
        "distance": 0.25, "threshold": 0.375, "model": "test-model", "code": "close_call",
    });
    assert_eq!(serde_json::to_value(&whole).unwrap(), expected);
    let plain = serde_json::to_value(entry(0, Action::ReadAudit, Outcome::Done)).unwrap();
    let fields: Vec<_> = plain.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["action", "actor", "id", "outcome", "time", "transaction"]);
}

#[tokio::test]
async fn a_transaction_about_several_faces_has_all_their_entries_in_order() {
    let trail = trail();
    let transaction = Uuid::now_v7();
    let entries: Vec<_> = (0..12)
        .map(|number| {
            let mut entry = found(0, &format!("guest {number}"));
            entry.details.transaction = transaction;
            entry
        })
        .collect();
    // Also when they are recorded in another order.
    for entry in entries.iter().rev() {
        trail.record(entry.clone()).await.unwrap();
        trail.record(found(0, "somebody else")).await.unwrap();
    }
    assert_eq!(trail.by_transaction(transaction).await.unwrap(), entries);
}

#[tokio::test]
async fn an_entry_that_is_recorded_twice_is_there_once() {
    let trail = trail();
    let entry = found(0, "ada");
    for _ in 0..2 {
        assert_eq!(trail.record(entry.clone()).await.unwrap(), Recorded::Durable);
    }
    assert_eq!(written(&trail).await, [entry]);
}

#[tokio::test]
async fn the_longest_names_can_be_audited_and_found() {
    let trail = trail();
    for (second, name) in ["語".repeat(85), "é".repeat(127), "x".repeat(128)].iter().enumerate() {
        let (event, user) = (EventName::new(name).unwrap(), user(name));
        let entry = found(second, "x").with_event(event.clone()).with_user(user.clone());
        trail.record(entry.clone()).await.unwrap();
        let filter = AuditFilter { event: Some(event), user: Some(user), ..AuditFilter::default() };
        assert_eq!(trail.list(&filter, newest(5)).await.unwrap().items, [entry]);
    }
}

#[tokio::test]
async fn what_is_too_old_is_erased_and_no_more() {
    let trail = trail();
    for second in 0..5 {
        trail.record(entry(second, Action::Identify, Outcome::NoMatch)).await.unwrap();
    }
    let erase = async || trail.erase_before(at(3), RetentionGuard::Guarded).await.unwrap();
    assert_eq!(erase().await, ErasedAudit::Erased(3));
    let left: Vec<_> = written(&trail).await.iter().map(|entry| entry.time).collect();
    assert_eq!(left, [at(3), at(4)]);
    assert_eq!(erase().await, ErasedAudit::Erased(0));
}

#[tokio::test]
async fn more_than_a_thousand_and_a_quarter_of_all_wait_for_an_operator() {
    let trail = trail();
    let record = async |number: usize, second| {
        for _ in 0..number {
            trail.record(entry(second, Action::Identify, Outcome::NoMatch)).await.unwrap();
        }
    };
    record(1_001, 0).await;
    record(3_002, 5).await;
    let erase = async |guard| trail.erase_before(at(3), guard).await.unwrap();
    assert_eq!(erase(RetentionGuard::Guarded).await, ErasedAudit::Held(1_001));
    record(1, 5).await;
    assert_eq!(erase(RetentionGuard::Guarded).await, ErasedAudit::Erased(1_001));
    record(1_500, 0).await;
    assert_eq!(erase(RetentionGuard::Guarded).await, ErasedAudit::Held(1_500));
    assert_eq!(erase(RetentionGuard::Confirmed).await, ErasedAudit::Erased(1_500));
    assert_eq!(written(&trail).await.len(), 3_003);
}

#[tokio::test]
async fn what_cannot_be_understood_is_an_error_and_not_left_out() {
    for damage in ["kind", "outcome", "distance", "actor"] {
        let journal = Arc::<TestJournal>::default();
        let (trail, whole) = (over(&journal, 10), found(0, "ada"));
        let mut damaged = whole.in_journal(topic().unwrap()).unwrap();
        damaged.key = Some(whole.details.transaction.to_string());
        match damage {
            "kind" => damaged.kind = "teleport".to_owned(),
            "distance" => drop(damaged.body.insert("distance".to_owned(), json!(-1))),
            field => drop(damaged.body.remove(field)),
        }
        journal.append(damaged, None).await.unwrap();
        let error = trail.list(&AuditFilter::default(), newest(1)).await.unwrap_err();
        assert!(matches!(error, AuditError::Store(StoreError::Corrupt { .. })), "{damage}: {error:?}");
        assert!(trail.by_transaction(whole.details.transaction).await.is_err(), "{damage}");
    }
}
