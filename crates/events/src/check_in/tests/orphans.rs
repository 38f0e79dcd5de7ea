//! Check-ins of those who were deleted while this journal was not at hand.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding::{Embedding, ModelId};
use embedding_store::{InMemory, Journal, JournalPage};

use super::super::{keys, topic};
use super::{CheckIns, all, fair, manual, new, over, to, user};
use crate::test_journal::TestJournal;
use crate::{
    CheckInService, EnrolmentFace, EventName, EventService, MatchPolicy, Metadata, OrphanedCheckIns,
};

/// Of a store in which the fair has these users, and a list of check-ins over a journal.
async fn with_users(names: &[&str]) -> (Arc<EventService>, CheckInService, CheckIns, Arc<TestJournal>) {
    let model = ModelId::new("test-model").unwrap();
    let store = Arc::new(InMemory::new());
    let events = EventService::open(store, model.clone(), MatchPolicy::default()).await.unwrap();
    for (number, name) in names.iter().enumerate() {
        let mut values = [0.0; 128];
        values[number] = 1.0;
        let embedding = Embedding::new(model.clone(), values).unwrap();
        let (quality, source) = (Metadata::new(), "test".to_owned());
        let face = EnrolmentFace { embedding, detection_score: 0.9, quality, source };
        events.enrol(&fair(), &user(name), face).await.unwrap();
    }
    let (events, journal) = (Arc::new(events), Arc::<TestJournal>::default());
    let list = over(&journal);
    (Arc::clone(&events), CheckInService::new(events, list.clone()), list, journal)
}

#[tokio::test]
async fn who_was_deleted_in_the_meantime_is_erased_and_who_is_there_stays() {
    let (events, service, list, journal) = with_users(&["ada", "ben"]).await;
    let ball = EventName::new("ball").unwrap();
    for name in ["ada", "ben", "gone"] {
        new(list.check_in(&fair(), &user(name), manual(0)).await);
    }
    let corrected = new(list.check_in(&fair(), &user("left"), manual(300)).await);
    list.correct(&fair(), corrected.id, to(Some("ben"), 301)).await.unwrap();
    new(list.check_in(&ball, &user("ada"), manual(0)).await);

    let topics = [topic(&fair()).unwrap(), topic(&ball).unwrap(), keys().unwrap()];
    let first = service.orphans(topics.clone()).await.unwrap();
    assert!(first.clone().and_before(&OrphanedCheckIns::default()).is_empty(), "one look is not enough");
    events.delete_user(&fair(), &user("ada")).await.unwrap();
    let second = service.orphans(topics.clone()).await.unwrap().and_before(&first);
    assert_eq!(second, first, "who was there at the first look is not among them");
    assert_eq!(
        service.erase_orphans(second).await.unwrap(),
        2,
        "of gone, and of the event that is not there"
    );
    let page = JournalPage::oldest(NonZeroUsize::new(100).unwrap());
    for (topic, left) in topics.into_iter().zip([3, 0, 0]) {
        let listing = journal.list(&topic, page.clone()).await.unwrap();
        assert_eq!(listing.items.len(), left);
        let text = serde_json::to_string(&listing.items).unwrap();
        assert!(!text.contains("\"gone\"") && !text.contains("\"left\""), "{text}");
    }
    assert_eq!(all(&list).await.len(), 3);
}

#[tokio::test]
async fn who_came_back_between_look_and_erasure_stays() {
    let (events, service, list, _) = with_users(&["ada"]).await;
    events.delete_user(&fair(), &user("ada")).await.unwrap();
    new(list.check_in(&fair(), &user("ada"), manual(0)).await);
    let orphans = service.orphans([topic(&fair()).unwrap()]).await.unwrap();
    assert!(!orphans.is_empty());
    let embedding = Embedding::new(ModelId::new("test-model").unwrap(), [0.5; 128]).unwrap();
    let face = EnrolmentFace {
        embedding,
        detection_score: 0.9,
        quality: Metadata::new(),
        source: "test".to_owned(),
    };
    events.enrol(&fair(), &user("ada"), face).await.unwrap();
    assert_eq!(service.erase_orphans(orphans).await.unwrap(), 0);
    assert_eq!(all(&list).await.len(), 1);
}

#[tokio::test]
async fn check_ins_of_who_was_renamed_elsewhere_go_to_the_name_that_they_have() {
    let (events, service, list, _) = with_users(&["ada", "ben"]).await;
    for name in ["ada", "ben"] {
        new(list.check_in(&fair(), &user(name), manual(0)).await);
    }
    events.rename_user(&fair(), &user("ada"), &user("eve")).await.unwrap();
    events.delete_user(&fair(), &user("ben")).await.unwrap();
    let orphans = service.orphans([topic(&fair()).unwrap()]).await.unwrap();
    assert_eq!(service.erase_orphans(orphans).await.unwrap(), 1, "of who was deleted");
    let [left] = &all(&list).await[..] else { panic!() };
    assert_eq!((&left.user, left.voided), (&user("eve"), false));
}
