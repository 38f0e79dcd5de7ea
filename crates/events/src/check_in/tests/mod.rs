//! Check-ins over a journal in memory that can be made to fail.

mod cool_down;
mod corrections;
mod erasure;
mod faces;
mod file;
mod lists;
mod model;
mod orphans;
mod retries;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    CheckIn, CheckInError, CheckInOptions, CheckInOutcome, CheckInPage, CheckInRequest, CheckIns, Correction,
};
use crate::test_journal::TestJournal;
use crate::{Actor, EventName, IdempotencyKey, Note, Username};

/// Of the check-ins in these tests.
const COOL_DOWN: Duration = Duration::from_secs(100);

fn over(journal: &Arc<TestJournal>) -> CheckIns {
    CheckIns::new(Arc::clone(journal) as _, CheckInOptions { cool_down: COOL_DOWN })
}

fn check_ins() -> CheckIns {
    over(&Arc::default())
}

fn fair() -> EventName {
    EventName::new("fair").unwrap()
}

fn user(name: &str) -> Username {
    Username::new(name).unwrap()
}

fn note(text: &str) -> Note {
    Note::new(text).unwrap()
}

/// A second of the day of these tests.
fn at(second: u32) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + u64::from(second))
}

fn manual(second: u32) -> CheckInRequest {
    CheckInRequest::manual(at(second), Uuid::now_v7())
}

fn with_key(second: u32, key: &str) -> CheckInRequest {
    manual(second).with_key(Some(IdempotencyKey::new(key).unwrap()))
}

fn to(user: Option<&str>, second: u32) -> Correction {
    let user = user.map(self::user);
    Correction { user, reason: note("it was another"), actor: Actor::new("desk").unwrap(), time: at(second) }
}

/// Everything of the event, voided or not, oldest first.
async fn all(check_ins: &CheckIns) -> Vec<CheckIn> {
    let page = CheckInPage { with_voided: true, ..CheckInPage::oldest(NonZeroUsize::new(10_000).unwrap()) };
    check_ins.list(&fair(), page).await.unwrap().items
}

fn new(outcome: Result<CheckInOutcome, CheckInError>) -> CheckIn {
    match outcome {
        Ok(CheckInOutcome::New(check_in)) => check_in,
        other => panic!("{other:?}"),
    }
}
