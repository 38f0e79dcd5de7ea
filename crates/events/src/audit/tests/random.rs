//! Random outages: what was taken is written, once and in order, and what was not is counted.

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{AuditError, AuditStatus, Fault, TestJournal, found, over, written};

const LIMIT: usize = 6;

#[derive(Debug, Clone)]
enum Step {
    Record,
    Leave,
    ComeBack,
    WriteButSayNot,
    Pass(Duration),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => Just(Step::Record),
        1 => Just(Step::Leave),
        1 => Just(Step::ComeBack),
        1 => Just(Step::WriteButSayNot),
        2 => (0..10_000_u64).prop_map(|milliseconds| Step::Pass(Duration::from_millis(milliseconds))),
    ];
    vec(step, 1..80)
}

async fn follow(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let journal = Arc::<TestJournal>::default();
    let trail = over(&journal, LIMIT);
    let (mut taken, mut lost) = (Vec::new(), 0);
    for (second, step) in steps.into_iter().enumerate() {
        match step {
            Step::Leave => journal.leave(),
            Step::ComeBack => journal.come_back(),
            Step::WriteButSayNot => journal.next(Fault::DoneButUnavailable),
            Step::Pass(time) => tokio::time::sleep(time).await,
            Step::Record => {
                let entry = found(second, "ada");
                let was_waiting = trail.status().waiting;
                match trail.record(entry.clone()).await {
                    Ok(_) => taken.push(entry),
                    Err(AuditError::Lost { waiting }) => {
                        prop_assert_eq!((waiting, was_waiting), (LIMIT, LIMIT));
                        lost += 1;
                    }
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                }
                let transaction = taken.last().map(|entry| entry.details.transaction);
                if let Some(transaction) = transaction.filter(|_| trail.status().waiting > 0) {
                    let found = trail.by_transaction(transaction).await;
                    prop_assert!(found.is_ok_and(|found| found.len() == 1));
                }
            }
        }
        prop_assert!(trail.status().waiting <= LIMIT);
    }
    journal.come_back();
    prop_assert_eq!(trail.flush(Duration::from_secs(600)).await, 0);
    prop_assert_eq!(trail.status(), AuditStatus { waiting: 0, lost });
    prop_assert_eq!(written(&trail).await, taken);
    Ok(())
}

proptest! {
    #[test]
    fn no_entry_that_was_taken_is_lost_or_doubled(steps in steps()) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(follow(steps))?;
    }
}
