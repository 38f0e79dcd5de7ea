//! Erasure: after it nothing in the journal names the person.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Embedding, ModelId};
use embedding_store::{EmbeddingStore, InMemory, Journal, JournalPage, Metadata};

use super::super::{keys, topic};
use super::{CheckInOptions, CheckIns, all, fair, manual, new, over, to, user, with_key};
use crate::test_journal::TestJournal;
use crate::{EnrolmentFace, EventName, EventService, MatchPolicy, Named};

/// The whole of an event's check-ins and of the keys, as text.
async fn everything(journal: &TestJournal) -> String {
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
    let journal = Arc::<TestJournal>::default();
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
    let journal = Arc::<TestJournal>::default();
    let check_ins = over(&journal);
    let id = new(check_ins.check_in(&fair(), &user("ada"), manual(0)).await).id;
    check_ins.correct(&fair(), id, to(Some("ben"), 1)).await.unwrap();
    let mut meanwhile = journal.entry(&topic(&fair()).unwrap(), id).await.unwrap().unwrap();
    meanwhile.kind = "voided".to_owned();
    journal.amend_before_next(meanwhile);
    check_ins.erase_user(&fair(), &user("ada")).await.unwrap();
    // With its quotes: ids are of the same letters.
    assert!(!everything(&journal).await.contains("\"ada\""));
    assert!(check_ins.get(&fair(), id).await.unwrap().voided, "what they did stays");
}

#[tokio::test]
async fn of_an_erased_event_nothing_is_left_and_others_stay() {
    let journal = Arc::<TestJournal>::default();
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

#[tokio::test]
async fn check_ins_go_with_the_users_and_events_that_a_service_deletes() {
    let store = Arc::new(InMemory::new());
    let model = ModelId::new("test-model").unwrap();
    let service =
        EventService::open(Arc::clone(&store) as _, model.clone(), MatchPolicy::default()).await.unwrap();
    let check_ins = CheckIns::new(store.journal().unwrap(), CheckInOptions::default());
    service.attach(Arc::new(check_ins.clone()));
    for (number, name) in ["ada", "ben"].iter().enumerate() {
        let mut values = [0.0; 128];
        values[number] = 1.0;
        let embedding = Embedding::new(model.clone(), values).unwrap();
        let (quality, source) = (Metadata::new(), "test".to_owned());
        let face = EnrolmentFace { embedding, detection_score: 0.9, quality, source };
        service.enrol(&fair(), &user(name), face).await.unwrap();
        new(check_ins.check_in(&fair(), &user(name), manual(0)).await);
    }
    service.delete_user(&fair(), &user("ada")).await.unwrap();
    let left: Vec<_> = all(&check_ins).await.into_iter().map(|check_in| check_in.user).collect();
    assert_eq!(left, [user("ben")]);
    service.delete_event(&fair()).await.unwrap();
    assert_eq!(all(&check_ins).await, []);
}
