//! Erasure: after it nothing in the journal names the person.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding_store::{Journal, JournalPage};

use super::super::{keys, topic};
use super::{CheckIns, all, fair, manual, new, over, to, user, with_key};
use crate::trial_journal::TrialJournal;
use crate::{EventName, Named};

/// The whole of an event's check-ins and of the keys, as text.
async fn everything(journal: &TrialJournal) -> String {
    let page = JournalPage::oldest(NonZeroUsize::new(10_000).unwrap());
    let check_ins = journal.list(&topic(&fair()).unwrap(), page.clone()).await.unwrap();
    let keys = journal.list(&keys().unwrap(), page).await.unwrap();
    serde_json::to_string(&[check_ins.items, keys.items]).unwrap()
}

/// `ada` came, was named for others, and others for her, also in more check-ins than are read at once.
async fn with_ada(check_ins: &CheckIns) {
    new(check_ins.check_in(&fair(), &user("ada"), with_key(0, "k")).await);
    let voided = new(check_ins.check_in(&fair(), &user("ada"), manual(200)).await);
    check_ins.correct(&fair(), voided.id, to(None, 201)).await.unwrap();
    for number in 0..600 {
        new(check_ins.check_in(&fair(), &user(&format!("guest {number}")), manual(300)).await);
    }
    let others = new(check_ins.check_in(&fair(), &user("ada"), manual(400)).await);
    check_ins.correct(&fair(), others.id, to(Some("ben"), 401)).await.unwrap();
    check_ins.correct(&fair(), others.id, to(Some("cem"), 402)).await.unwrap();
}

#[tokio::test]
async fn an_erased_person_is_named_nowhere_and_others_stay() {
    let journal = Arc::<TrialJournal>::default();
    let check_ins = over(&journal);
    with_ada(&check_ins).await;
    assert!(everything(&journal).await.contains("\"ada\""));
    assert_eq!(check_ins.erase_user(&fair(), &user("ada")).await.unwrap(), 2);
    assert!(!everything(&journal).await.contains("\"ada\""));
    let left = all(&check_ins).await;
    assert_eq!(left.len(), 601);
    let before: Vec<_> = left[600].details.corrections.iter().map(|past| past.before.clone()).collect();
    assert_eq!(before, [Named::Erased, Named::User(user("ben"))]);
    assert_eq!(check_ins.erase_user(&fair(), &user("ada")).await.unwrap(), 0, "idempotent");
}

#[tokio::test]
async fn an_erased_name_stays_erased_when_somebody_corrects_the_check_in_meanwhile() {
    let journal = Arc::<TrialJournal>::default();
    let check_ins = over(&journal);
    let id = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await).id;
    check_ins.correct(&fair(), id, to(Some("ben"), 1)).await.unwrap();
    let mut meanwhile = journal.entry(&topic(&fair()).unwrap(), id).await.unwrap().unwrap();
    meanwhile.kind = "voided".to_owned();
    journal.amend_before_next(meanwhile);
    check_ins.erase_user(&fair(), &user("ada")).await.unwrap();
    assert!(!everything(&journal).await.contains("ada"));
    assert!(check_ins.get(&fair(), id).await.unwrap().voided, "what they did stays");
}

#[tokio::test]
async fn of_an_erased_event_nothing_is_left_and_others_stay() {
    let journal = Arc::<TrialJournal>::default();
    let check_ins = over(&journal);
    let ball = EventName::new("ball").unwrap();
    with_ada(&check_ins).await;
    new(check_ins.check_in(&ball, &user("ada"), with_key(0, "other")).await);
    assert_eq!(check_ins.erase_event(&fair()).await.unwrap(), 603);
    assert!(!everything(&journal).await.contains("fair"));
    assert_eq!(check_ins.erase_event(&fair()).await.unwrap(), 0, "idempotent");
    new(check_ins.check_in(&fair(), &user("ada"), with_key(0, "k")).await);
    let again = check_ins.check_in(&ball, &user("ada"), with_key(1, "other")).await.unwrap();
    assert!(matches!(again, super::CheckInOutcome::Repeated(_)));
}
