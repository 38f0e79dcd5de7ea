//! The time in which nobody is checked in twice.

use std::sync::Arc;
use std::time::Duration;

use super::{CheckInOptions, CheckInOutcome, CheckIns, all, check_ins, fair, manual, new, to, user};
use crate::EventName;
use crate::test_journal::TestJournal;

#[tokio::test]
async fn a_person_is_checked_in_again_once_the_cool_down_is_over() {
    let check_ins = check_ins();
    let first = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await);
    for second in [0, 1, 100] {
        let outcome = check_ins.check_in(&fair(), &user("ada"), manual(second)).await.unwrap();
        assert_eq!(outcome, CheckInOutcome::Already(first.clone()), "after {second} s");
    }
    new(check_ins.check_in(&fair(), &user("ada"), manual(101)).await);
    assert_eq!(all(&check_ins).await.len(), 2);
}

#[tokio::test]
async fn a_check_in_from_the_future_holds_nobody_up() {
    let check_ins = check_ins();
    let ahead = new(check_ins.check_in(&fair(), &user("ada"), manual(1_000_000)).await);
    let first = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await);
    let again = check_ins.check_in(&fair(), &user("ada"), manual(1)).await.unwrap();
    assert_eq!(again, CheckInOutcome::Already(first));
    let near = check_ins.check_in(&fair(), &user("ada"), manual(999_900)).await.unwrap();
    assert_eq!(near, CheckInOutcome::Already(ahead));
}

#[tokio::test]
async fn other_people_and_other_events_have_their_own() {
    let check_ins = check_ins();
    new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await);
    new(check_ins.check_in(&fair(), &user("ben"), manual(0)).await);
    new(check_ins.check_in(&EventName::new("ball").unwrap(), &user("ada"), manual(0)).await);
}

#[tokio::test]
async fn none_means_that_every_request_is_a_check_in_and_an_endless_one_that_one_is() {
    let without = CheckIns::new(Arc::<TestJournal>::default(), CheckInOptions { cool_down: Duration::ZERO });
    let endless = CheckIns::new(Arc::<TestJournal>::default(), CheckInOptions { cool_down: Duration::MAX });
    for second in [0, 0, 1] {
        new(without.check_in(&fair(), &user("ada"), manual(second)).await);
    }
    let first = new(endless.check_in(&fair(), &user("ada"), manual(0)).await);
    let later = endless.check_in(&fair(), &user("ada"), manual(u32::MAX)).await.unwrap();
    assert_eq!(later, CheckInOutcome::Already(first));
}

#[tokio::test]
async fn a_correction_frees_who_was_named_wrongly_and_counts_for_who_came() {
    let check_ins = check_ins();
    let first = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await);
    let first = check_ins.correct(&fair(), first.id, to(Some("ben"), 1)).await.unwrap();
    let ben = check_ins.check_in(&fair(), &user("ben"), manual(2)).await.unwrap();
    assert_eq!(ben, CheckInOutcome::Already(first));
    let ada = new(check_ins.check_in(&fair(), &user("ada"), manual(2)).await);
    check_ins.correct(&fair(), ada.id, to(None, 3)).await.unwrap();
    new(check_ins.check_in(&fair(), &user("ada"), manual(4)).await);
}
