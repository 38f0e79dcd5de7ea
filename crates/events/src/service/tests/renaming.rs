//! Renaming and merging: everything of a person goes along, whoever does something in the same moment.

use std::num::NonZeroUsize;
use std::sync::Arc;

use embedding_store::{EmbeddingStore, InMemoryJournal, Journal, UserRecord};
use futures_util::future::{join, join_all};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::sharing::{assert_shows_what_is_stored, join as join_shared};
use super::{Call, Fault, Shared, assert_coherent, embedding, event, face, soon, user, with_store};
use crate::{
    CheckInOptions, CheckInOutcome, CheckInPage, CheckInRequest, CheckInService, CheckIns, DuplicatePolicy,
    EventError, EventService, Metadata,
};

fn came() -> CheckInRequest {
    CheckInRequest::manual(OffsetDateTime::now_utc(), Uuid::now_v7())
}

fn list_of(journal: &Arc<InMemoryJournal>) -> CheckIns {
    CheckIns::new(Arc::clone(journal) as Arc<dyn Journal>, CheckInOptions::default())
}

/// Whom the check-ins of the event `e` name, the oldest first.
async fn named(list: &CheckIns) -> Vec<String> {
    let page = CheckInPage { with_voided: true, ..CheckInPage::oldest(NonZeroUsize::new(100).unwrap()) };
    let listed = list.list(&event("e"), page).await.unwrap().items;
    listed.into_iter().map(|check_in| check_in.user.to_string()).collect()
}

async fn found(service: &EventService, person: u64) -> Option<String> {
    let verdict = service.identify(&event("e"), &embedding(person, 9)).await.ok()?;
    verdict.matched().map(ToString::to_string)
}

fn former(record: &UserRecord) -> Vec<&str> {
    record.former_names.iter().map(|former| former.name.as_str()).collect()
}

#[tokio::test]
async fn a_user_is_found_by_the_new_name_with_all_that_was_theirs() {
    let (service, store) = with_store().await;
    for picture in 0..3 {
        service.enrol(&event("e"), &user("ada"), face(1, picture)).await.unwrap();
    }
    service.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    let metadata = Metadata::from_iter([("badge".to_owned(), json!(1))]);
    let before = service.update_user(&event("e"), &user("ada"), metadata).await.unwrap();
    let ids = service.samples(&event("e"), &user("ada")).await.unwrap();
    let moved = service.rename_user(&event("e"), &user("ada"), &user("eve")).await.unwrap();
    let record = &moved.details.record;
    assert_eq!((moved.details.sample_count, former(record)), (3, vec!["ada"]));
    assert_eq!((record.created, &record.metadata), (before.record.created, &before.record.metadata));
    assert_eq!(service.samples(&event("e"), &user("eve")).await.unwrap(), ids);
    assert_eq!(found(&service, 1).await.as_deref(), Some("eve"));
    assert_eq!(service.user(&event("e"), &user("eve")).await.unwrap(), moved.details);
    assert_coherent(&service, &store).await;

    let again = service.rename_user(&event("e"), &user("ada"), &user("eve")).await.unwrap();
    assert_eq!((again.repeated, &again.details, again.since), (true, &moved.details, moved.since));
    let taken = service.rename_user(&event("e"), &user("eve"), &user("ben")).await.unwrap_err();
    assert!(matches!(taken, EventError::UserExists { user: name, .. } if name == user("ben")));
    let back = service.rename_user(&event("e"), &user("eve"), &user("ada")).await.unwrap();
    assert_eq!(former(&back.details.record), ["ada", "eve"]);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn who_was_enrolled_while_they_are_renamed_keeps_every_face() {
    for round in 0..8 {
        let (service, store) = with_store().await;
        service.enrol(&event("e"), &user("ada"), face(1, 0)).await.unwrap();
        let (ada, eve, event) = (user("ada"), user("eve"), event("e"));
        let enrolling = join_all((1..8).map(|picture| service.enrol(&event, &ada, face(1, picture))));
        let renaming = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            service.rename_user(&event, &ada, &eve).await
        };
        let (enrolled, renamed) = join(enrolling, renaming).await;
        renamed.unwrap();
        assert!(enrolled.iter().all(Result::is_ok));
        let mut count = 0;
        for name in service.users(&event).await.unwrap() {
            count += service.samples(&event, &name).await.unwrap().len();
        }
        assert_eq!(count, 8, "round {round}");
        assert_coherent(&service, &store).await;
    }
}

#[tokio::test]
async fn after_an_outage_of_unknown_outcome_the_same_request_ends_well() {
    for fault in [Fault::Unavailable, Fault::DoneButUnavailable] {
        let (service, store) = with_store().await;
        for (name, person) in [("ada", 1), ("ben", 2)] {
            service.enrol(&event("e"), &user(name), face(person, 1)).await.unwrap();
        }
        for (from, to) in [("ada", "eve"), ("ben", "eve")] {
            let (from, to) = (user(from), user(to));
            store.next(Call::UpdateUser, fault.clone());
            let trying = async || {
                if from == user("ada") {
                    service.rename_user(&event("e"), &from, &to).await
                } else {
                    service.merge_users(&event("e"), &from, &to, Some(DuplicatePolicy::Allow)).await
                }
            };
            assert!(matches!(trying().await, Err(EventError::Store(_))));
            assert_coherent(&service, &store).await;
            trying().await.unwrap();
            assert_coherent(&service, &store).await;
        }
        assert_eq!(service.users(&event("e")).await.unwrap(), [user("eve")]);
        assert_eq!(service.samples(&event("e"), &user("eve")).await.unwrap().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn another_service_follows_with_its_gallery_and_with_the_check_ins_that_it_alone_keeps() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, _)) = (join_shared(&shared).await, join_shared(&shared).await);
    for (name, person) in [("ada", 1), ("ben", 2), ("cleo", 1)] {
        one.enrol(&event("e"), &user(name), face(person, 1)).await.unwrap();
    }
    assert_shows_what_is_stored(&other, &shared).await;
    let list = list_of(&Arc::default());
    other.attach_own(Arc::new(list.clone()));
    for name in ["ada", "ben", "cleo"] {
        list.check_in(&event("e"), &user(name), came()).await.unwrap();
    }
    one.rename_user(&event("e"), &user("ada"), &user("eve")).await.unwrap();
    one.rename_user(&event("e"), &user("eve"), &user("eva")).await.unwrap();
    one.merge_users(&event("e"), &user("cleo"), &user("eva"), Some(DuplicatePolicy::Allow)).await.unwrap();
    one.delete_user(&event("e"), &user("ben")).await.unwrap();
    soon("the check-ins follow", async || named(&list).await == ["eva", "eva"]).await;
    assert_shows_what_is_stored(&other, &shared).await;
    assert_eq!(found(&other, 1).await.as_deref(), Some("eva"));
    let counted = list.list(&event("e"), CheckInPage::newest(NonZeroUsize::new(9).unwrap())).await.unwrap();
    assert_eq!(counted.items.len(), 1, "who was checked in under both names counts once");
}

#[tokio::test]
async fn what_stands_under_a_former_name_still_counts_and_goes_with_the_person_and_not_with_a_namesake() {
    let (service, _) = with_store().await;
    let (service, journal) = (Arc::new(service), Arc::default());
    let list = list_of(&journal);
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    // Nothing is attached yet: as if the program had ended before the check-ins followed.
    list.check_in(&event("e"), &user("ada"), came()).await.unwrap();
    service.rename_user(&event("e"), &user("ada"), &user("eve")).await.unwrap();
    service.attach(Arc::new(list.clone()));
    let door = CheckInService::new(Arc::clone(&service), list.clone());
    let again = door.check_in_named(&event("e"), &user("eve"), came()).await.unwrap();
    assert!(matches!(&again, CheckInOutcome::Already(first) if first.user == user("eve")), "{again:?}");
    assert_eq!(named(&list).await, ["eve"]);

    list.check_in(&event("e"), &user("ada"), came()).await.unwrap();
    let moved = service.rename_user(&event("e"), &user("eve"), &user("eva")).await.unwrap();
    // What stands under the first name is left, and the second one is somebody else's now.
    assert_eq!(named(&list).await, ["eva", "ada"]);
    service.enrol(&event("e"), &user("eve"), face(2, 1)).await.unwrap();
    let later = CheckInRequest::manual(moved.since + time::Duration::hours(1), Uuid::now_v7());
    door.check_in_named(&event("e"), &user("eve"), later).await.unwrap();
    service.delete_user(&event("e"), &user("eva")).await.unwrap();
    assert_eq!(named(&list).await, ["eve"], "the namesake's, and nothing of who was deleted");
}

#[tokio::test]
async fn of_the_data_of_two_that_of_the_one_who_stays_counts() {
    let (service, store) = with_store().await;
    let data = |fields: &[(&str, i32)]| -> Metadata {
        fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    };
    for (name, person, metadata) in
        [("ada", 1, data(&[("badge", 1), ("seat", 5)])), ("eve", 2, data(&[("badge", 2)]))]
    {
        service.enrol(&event("e"), &user(name), face(person, 1)).await.unwrap();
        service.update_user(&event("e"), &user(name), metadata).await.unwrap();
    }
    service.rename_user(&event("e"), &user("ada"), &user("adele")).await.unwrap();
    let first = store.user(&event("e"), &user("adele")).await.unwrap().unwrap();
    let moved = service
        .merge_users(&event("e"), &user("adele"), &user("eve"), Some(DuplicatePolicy::Allow))
        .await
        .unwrap();
    let record = &moved.details.record;
    assert_eq!((&record.metadata, record.created), (&data(&[("badge", 2), ("seat", 5)]), first.created));
    assert_eq!((former(record), moved.details.sample_count), (vec!["ada", "adele"], 2));
    assert_coherent(&service, &store).await;
    let merging =
        service.merge_users(&event("e"), &user("eve"), &user("eve"), Some(DuplicatePolicy::Allow)).await;
    assert!(matches!(merging, Err(EventError::SameUser { .. })), "{merging:?}");
}

#[tokio::test]
async fn two_people_are_not_merged_unless_that_is_said() {
    let (service, store) = with_store().await;
    for (name, person) in [("ada", 1), ("ada", 1), ("ben", 2)] {
        service.enrol(&event("e"), &user(name), face(person, 3)).await.unwrap();
    }
    let refused = service.merge_users(&event("e"), &user("ben"), &user("ada"), None).await;
    assert!(matches!(refused, Err(EventError::OtherPerson { face: 0, .. })), "{refused:?}");
    assert_eq!(found(&service, 2).await.as_deref(), Some("ben"));
    assert_coherent(&service, &store).await;
    for policy in [DuplicatePolicy::Warn, DuplicatePolicy::Allow] {
        service.enrol(&event("e"), &user("cleo"), face(3, 3)).await.unwrap();
        let merged = service.merge_users(&event("e"), &user("cleo"), &user("ada"), Some(policy)).await;
        assert!(merged.is_ok(), "{merged:?}");
    }
    // A picture more of the same person needs no word.
    service.enrol(&event("e"), &user("benny"), face(2, 4)).await.unwrap();
    let merged = service.merge_users(&event("e"), &user("benny"), &user("ben"), None).await.unwrap();
    assert_eq!(merged.details.sample_count, 2);
}
