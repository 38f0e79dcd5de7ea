//! A journal that is away: nothing is lost up to the bound, and nothing in silence beyond it.

use std::sync::Arc;
use std::time::Duration;

use embedding_store::StoreError;
use futures_util::FutureExt;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    Action, AuditEntry, AuditError, AuditStatus, Fault, Outcome, Recorded, TestJournal, at, entry, fair,
    found, over, user, written,
};
use crate::test_log::TestLog;

/// More than the longest pause between two attempts.
const LONG: Duration = Duration::from_secs(60);

fn many(count: usize) -> Vec<AuditEntry> {
    (0..count).map(|second| found(second, "ada")).collect()
}

#[tokio::test(start_paused = true)]
async fn entries_wait_in_order_and_are_written_once_the_journal_is_back() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 1_000);
    let entries = many(1_000);
    journal.leave();
    for entry in &entries {
        assert_eq!(trail.record(entry.clone()).await.unwrap(), Recorded::Waiting);
    }
    assert_eq!(trail.status(), AuditStatus { waiting: 1_000, lost: 0 });
    assert_eq!(trail.flush(LONG).await, 1_000);
    journal.come_back();
    assert_eq!(trail.flush(LONG).await, 0);
    assert!(written(&trail).await == entries, "each is there, in order");
    // Some are written at once, and none long before an earlier one.
    let place = |entry: &AuditEntry| journal.appended().iter().position(|id| *id == entry.id);
    for (index, entry) in entries.iter().enumerate().step_by(50) {
        assert!(place(entry).is_some_and(|place| place.abs_diff(index) < 64), "{index}: {:?}", place(entry));
    }
    assert_eq!(trail.status(), AuditStatus { waiting: 0, lost: 0 });
    assert_eq!(trail.record(found(2_000, "ada")).await.unwrap(), Recorded::Durable);
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_found_by_its_transaction_and_counts_for_its_person() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 10);
    let transaction = Uuid::now_v7();
    let entries = ["ada", "ben", "cem"].map(|name| {
        let mut entry = found(5, name);
        entry.details.transaction = transaction;
        entry
    });
    trail.record(entries[0].clone()).await.unwrap();
    journal.leave();
    for entry in &entries[1..] {
        assert_eq!(trail.record(entry.clone()).await.unwrap(), Recorded::Waiting);
    }
    assert_eq!(trail.by_transaction(transaction).await.unwrap(), entries[1..], "what is known now");
    let unknown = trail.by_transaction(Uuid::now_v7()).await;
    assert!(matches!(unknown, Err(AuditError::Store(StoreError::Unavailable { .. }))), "{unknown:?}");
    journal.come_back();
    assert_eq!(trail.by_transaction(transaction).await.unwrap(), entries, "written and waiting ones");
    assert_eq!(trail.last_verified(&fair(), &user("cem"), None).await.unwrap(), Some(at(5)));
    assert_eq!(trail.flush(LONG).await, 0);
    assert_eq!(trail.by_transaction(transaction).await.unwrap(), entries);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_journal_that_is_known_to_be_away() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 1_000);
    journal.leave();
    for entry in many(500) {
        trail.record(entry).await.unwrap();
    }
    // The first tries, and from time to time one for all.
    assert!(journal.appends() < 10, "{}", journal.appends());
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_was_written_but_reported_failed_is_there_once() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 10);
    journal.next(Fault::DoneButUnavailable);
    let entry = found(0, "ada");
    assert_eq!(trail.record(entry.clone()).await.unwrap(), Recorded::Waiting);
    let found = trail.by_transaction(entry.details.transaction).await.unwrap();
    assert!(found.iter().eq([&entry]), "written or not, it is told once: {found:?}");
    assert_eq!(trail.flush(LONG).await, 0);
    assert_eq!(written(&trail).await, [entry]);
}

#[test]
fn beyond_the_bound_entries_are_refused_counted_and_in_the_log() {
    let log = TestLog::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(log.clone()).finish();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let test = async {
        let journal = Arc::<TestJournal>::default();
        let trail = over(&journal, 3);
        journal.leave();
        let entries = many(5);
        for entry in &entries[..3] {
            assert_eq!(trail.record(entry.clone()).await.unwrap(), Recorded::Waiting);
        }
        for entry in &entries[3..] {
            let error = trail.record(entry.clone()).await.unwrap_err();
            assert!(matches!(error, AuditError::Lost { waiting: 3 }), "{error:?}");
        }
        assert_eq!(trail.status(), AuditStatus { waiting: 3, lost: 2 });
        journal.come_back();
        assert_eq!(trail.flush(LONG).await, 0);
        assert_eq!(written(&trail).await, entries[..3]);
        entries[3..].to_vec()
    };
    let lost = tracing::subscriber::with_default(subscriber, || runtime.block_on(test));
    let text = log.text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("an audit entry is lost")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    for (line, entry) in lines.iter().zip(lost) {
        assert!(line.contains("ERROR") && line.contains(&entry.id.to_string()), "{line}");
        assert!(line.contains("ada") && line.contains("identify"), "the log alone has it: {line}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_a_sound_journal_refuses_is_an_error_and_holds_up_no_other() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 10);
    journal.next(Fault::Corrupt);
    let refused = trail.record(found(0, "ada")).await;
    assert!(matches!(refused, Err(AuditError::Store(StoreError::Corrupt { .. }))), "{refused:?}");
    assert_eq!(trail.status(), AuditStatus { waiting: 0, lost: 1 });

    // Likewise one that had to wait.
    journal.leave();
    let entries = many(3);
    for entry in &entries {
        trail.record(entry.clone()).await.unwrap();
    }
    journal.next(Fault::Corrupt);
    journal.come_back();
    assert_eq!(trail.flush(LONG).await, 0);
    assert_eq!(trail.status(), AuditStatus { waiting: 0, lost: 2 });
    assert_eq!(written(&trail).await, entries[1..]);
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_take_the_entry_along() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 10);
    let entry = found(0, "ada");
    {
        let mut recording = Box::pin(trail.record(entry.clone()));
        assert!((&mut recording).now_or_never().is_none(), "it is at work");
    }
    while journal.appended().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(written(&trail).await, [entry]);
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_the_journal_does_not_end_the_writing_for_good() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 10);
    journal.leave();
    let entries = many(3);
    for entry in &entries[..2] {
        trail.record(entry.clone()).await.unwrap();
    }
    journal.next(Fault::Panics);
    journal.come_back();
    assert_eq!(trail.flush(LONG).await, 2, "the task has come to its end");
    trail.record(entries[2].clone()).await.unwrap();
    assert_eq!(trail.flush(LONG).await, 0);
    assert_eq!(written(&trail).await, entries);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_through_an_outage_are_all_there_once() {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, 10_000);
    let mut writers = JoinSet::new();
    for writer in 0..20 {
        let (trail, journal) = (trail.clone(), Arc::clone(&journal));
        writers.spawn(async move {
            for number in 0..50 {
                match (writer, number) {
                    (0, 10) => journal.leave(),
                    (0, 40) => journal.come_back(),
                    _ => {}
                }
                let entry = entry(writer * 50 + number, Action::Detect, Outcome::Done);
                trail.record(entry).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    assert_eq!(trail.flush(LONG).await, 0);
    let times: Vec<_> = written(&trail).await.iter().map(|entry| entry.time).collect();
    assert_eq!(times, (0..1_000).map(at).collect::<Vec<_>>());
}
