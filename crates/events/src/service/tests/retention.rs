//! The end of events, and what goes along with those who are erased.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use embedding_store::{EmbeddingStore, EventName, StoreError, Username};
use time::{Duration, OffsetDateTime};

use super::sharing::join;
use super::{Call, Fault, Shared, TestStore, assert_coherent, embedding, event, face, open, soon, user};
use crate::{AttachedRecords, EventChange, EventError, EventService, EventSettings, RetentionGuard};

const END: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Notes what it was asked for, and whether the store still had it then; fails when told to.
#[derive(Debug)]
struct Notes {
    store: Arc<TestStore>,
    asked: Mutex<Vec<String>>,
    failures: Mutex<usize>,
}

impl Notes {
    fn over(store: &Arc<TestStore>) -> Arc<Self> {
        Arc::new(Self { store: Arc::clone(store), asked: Mutex::default(), failures: Mutex::default() })
    }

    fn fail(&self, times: usize) {
        *self.failures.lock().unwrap() = times;
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn asked(&self, what: String, is_there: bool) -> Result<(), StoreError> {
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(StoreError::unavailable(true, "a trial"));
        }
        self.asked.lock().unwrap().push(format!("{what} {}", if is_there { "before" } else { "after" }));
        Ok(())
    }
}

#[async_trait]
impl AttachedRecords for Notes {
    async fn erase_event(&self, event: &EventName) -> Result<(), StoreError> {
        let is_there = self.store.event(event).await?.is_some();
        self.asked(event.to_string(), is_there)
    }

    async fn erase_user(&self, event: &EventName, user: &Username) -> Result<(), StoreError> {
        let is_there = self.store.user(event, user).await?.is_some();
        self.asked(format!("{user} of {event}"), is_there)
    }

    async fn rename_user(
        &self,
        event: &EventName,
        from: &Username,
        to: &Username,
        _: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        let is_there = self.store.user(event, from).await?.is_some();
        self.asked(format!("{from} as {to} of {event}"), is_there)
    }
}

fn until(time: OffsetDateTime) -> EventSettings {
    EventSettings { retain_until: Some(time), ..EventSettings::default() }
}

/// A service over events that end at their times, each with the user `ada`.
async fn with_events<const N: usize>(
    events: [(&str, Option<OffsetDateTime>); N],
) -> (EventService, Arc<TestStore>, Arc<Notes>) {
    let store = Arc::new(TestStore::default());
    let service = open(Arc::clone(&store) as Arc<dyn EmbeddingStore>).await;
    for (name, retain_until) in events {
        let settings = EventSettings { retain_until, ..EventSettings::default() };
        service.create_event(&event(name), settings).await.unwrap();
        service.enrol(&event(name), &user("ada"), face(1, 1)).await.unwrap();
    }
    let notes = Notes::over(&store);
    service.attach(Arc::clone(&notes) as Arc<dyn AttachedRecords>);
    (service, store, notes)
}

async fn names(service: &EventService) -> Vec<EventName> {
    service.events().await.unwrap().into_iter().map(|event| event.name).collect()
}

#[tokio::test]
async fn an_event_is_erased_when_its_time_has_come_and_not_before() {
    let events = [
        ("ends", Some(END)),
        ("ended", Some(END - Duration::days(1))),
        ("kept", None),
        ("later", Some(END + Duration::NANOSECOND)),
    ];
    let (service, store, notes) = with_events(events).await;
    let early = service.erase_expired(END - Duration::days(2), RetentionGuard::Guarded).await.unwrap();
    assert_eq!((early.erased, early.failed.len()), (vec![], 0));
    let erasure = service.erase_expired(END, RetentionGuard::Guarded).await.unwrap();
    assert_eq!((erasure.erased, erasure.failed.len()), (vec![event("ended"), event("ends")], 0));
    assert_eq!(notes.take(), ["ended before", "ended after", "ends before", "ends after"]);
    assert_eq!(names(&service).await, [event("kept"), event("later")]);
    let gone = service.identify(&event("ends"), &embedding(1, 2)).await;
    assert!(matches!(gone, Err(EventError::NotSearchable { .. })));
    assert!(store.event(&event("ends")).await.unwrap().is_none());
    assert_eq!(service.erase_expired(END, RetentionGuard::Guarded).await.unwrap().erased, []);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_erased_is_tried_again_and_keeps_no_other() {
    let (service, store, notes) = with_events([("a", Some(END)), ("b", Some(END)), ("c", Some(END))]).await;
    notes.fail(1);
    store.gate(Call::DeleteEvent, Fault::Waits).open();
    store.next(Call::DeleteEvent, Fault::Unavailable);
    let erasure = service.erase_expired(END, RetentionGuard::Guarded).await.unwrap();
    assert_eq!(erasure.erased, [event("b")]);
    let failed: Vec<_> = erasure.failed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(failed, ["a", "c"]);
    let is_unavailable =
        |error: &EventError| matches!(error, EventError::Store(StoreError::Unavailable { .. }));
    assert!(erasure.failed.iter().all(|(_, error)| is_unavailable(error)));
    assert_eq!(names(&service).await, [event("a"), event("c")], "what is attached keeps the event");

    assert_eq!(
        service.erase_expired(END, RetentionGuard::Guarded).await.unwrap().erased,
        [event("a"), event("c")]
    );
    assert_coherent(&service, &store).await;
    store.next(Call::List, Fault::Unavailable);
    assert!(
        matches!(service.erase_expired(END, RetentionGuard::Guarded).await, Err(error) if is_unavailable(&error))
    );
}

#[tokio::test]
async fn an_end_that_is_put_off_while_the_events_are_read_is_kept_to() {
    let (service, store, notes) = with_events([("e", Some(END))]).await;
    let service = Arc::new(service);
    let gate = store.gate(Call::List, Fault::DoneThenWaits);
    let erasing = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.erase_expired(END, RetentionGuard::Guarded).await })
    };
    gate.reached().await;
    let change = EventChange { retain_until: Some(Some(END + Duration::days(1))), ..EventChange::default() };
    service.update_event(&event("e"), change).await.unwrap();
    gate.open();
    let erasure = erasing.await.unwrap().unwrap();
    assert_eq!((erasure.erased, erasure.failed.len(), notes.take()), (vec![], 0, vec![]));
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada")]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_another_service_erased_is_not_told_as_erased() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, _)) = (join(&shared).await, join(&shared).await);
    one.create_event(&event("e"), until(END)).await.unwrap();
    soon("the event", async || other.users(&event("e")).await.is_ok()).await;
    shared.hold();
    assert_eq!(one.erase_expired(END, RetentionGuard::Guarded).await.unwrap().erased, [event("e")]);
    let erasure = other.erase_expired(END, RetentionGuard::Guarded).await.unwrap();
    assert_eq!((erasure.erased, erasure.failed.len()), (vec![], 0));
}

#[tokio::test]
async fn what_is_attached_goes_with_an_event_and_with_a_user() {
    let (service, _, notes) = with_events([("e", None)]).await;
    service.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    service.delete_user(&event("e"), &user("ada")).await.unwrap();
    assert_eq!(notes.take(), ["ada of e before", "ada of e after"]);
    service.delete_event(&event("e")).await.unwrap();
    assert_eq!(notes.take(), ["e before", "e after"]);

    // What was left by one that ended in between goes with the next.
    service.delete_event(&event("e")).await.unwrap_err();
    service.delete_user(&event("e"), &user("ada")).await.unwrap_err();
    assert_eq!(notes.take(), ["e after", "ada of e after"]);
}

#[tokio::test]
async fn nothing_is_deleted_while_what_is_attached_cannot_be() {
    let (service, store, notes) = with_events([("e", None)]).await;
    notes.fail(2);
    assert!(matches!(service.delete_user(&event("e"), &user("ada")).await, Err(EventError::Store(_))));
    assert!(matches!(service.delete_event(&event("e")).await, Err(EventError::Store(_))));
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada")]);
    assert_eq!((store.count(Call::DeleteUser), store.count(Call::DeleteEvent)), (0, 0));
    service.delete_event(&event("e")).await.unwrap();
    assert_coherent(&service, &store).await;
}

#[tokio::test(start_paused = true)]
async fn records_that_a_service_keeps_alone_go_with_what_another_deletes() {
    let shared = Arc::new(Shared::default());
    let ((here, store), (there, _)) = (join(&shared).await, join(&shared).await);
    let (own, common) = (Notes::over(&store), Notes::over(&store));
    here.attach_own(own.clone());
    here.attach(common.clone());
    for (name, person) in [("ada", 1), ("ben", 2), ("eve", 3)] {
        there.enrol(&event("e"), &user(name), face(person, 1)).await.unwrap();
    }
    soon("all are seen", async || here.users(&event("e")).await.is_ok_and(|users| users.len() == 3)).await;
    assert_eq!(own.take(), Vec::<String>::new(), "nobody is gone");
    there.delete_user(&event("e"), &user("ada")).await.unwrap();
    let mut noted = Vec::new();
    soon("the user's records are erased", async || {
        noted.extend(own.take());
        !noted.is_empty()
    })
    .await;
    assert_eq!(noted, ["ada of e after"]);
    there.delete_event(&event("e")).await.unwrap();
    soon("the event's records are erased", async || own.take() == ["e after"]).await;
    assert_eq!(common.take(), Vec::<String>::new(), "what all share is erased by the one who deletes");
}

#[tokio::test]
async fn more_than_ten_events_and_a_quarter_of_all_wait_for_an_operator() {
    let (service, store, _) = with_events([("kept", None)]).await;
    for number in 0..11 {
        service.create_event(&event(&format!("e{number}")), until(END)).await.unwrap();
    }
    let held = service.erase_expired(END, RetentionGuard::Guarded).await.unwrap();
    assert_eq!((held.erased, held.failed.len(), held.held), (vec![], 0, 11));
    service.delete_event(&event("e0")).await.unwrap();
    for number in 1..30 {
        let later = until(END + Duration::days(1));
        service.create_event(&event(&format!("later{number}")), later).await.unwrap();
    }
    let few = service.erase_expired(END, RetentionGuard::Guarded).await.unwrap();
    assert_eq!((few.erased.len(), few.held), (10, 0));
    let most = service.erase_expired(END + Duration::days(1), RetentionGuard::Guarded).await.unwrap();
    assert_eq!((most.erased.len(), most.held), (0, 29));
    let most = service.erase_expired(END + Duration::days(1), RetentionGuard::Confirmed).await.unwrap();
    assert_eq!((most.erased.len(), most.held), (29, 0));
    assert_eq!(names(&service).await, [event("kept")]);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn what_a_deletion_leaves_behind_is_erased_by_retention() {
    let (service, store, notes) = with_events([("e", None), ("f", None)]).await;
    let gate = store.gate(Call::DeleteEvent, Fault::DoneThenWaits);
    let service = Arc::new(service);
    let deleting = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.delete_event(&event("e")).await })
    };
    gate.reached().await;
    notes.take();
    notes.fail(2);
    gate.open();
    assert!(matches!(deleting.await.unwrap(), Err(EventError::Store(_))));
    for expected in [vec![], vec!["e after".to_owned()], vec![]] {
        service.erase_expired(END, RetentionGuard::Guarded).await.unwrap();
        assert_eq!(notes.take(), expected);
    }

    let gate = store.gate(Call::DeleteUser, Fault::DoneThenWaits);
    let deleting = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.delete_user(&event("f"), &user("ada")).await })
    };
    gate.reached().await;
    notes.take();
    notes.fail(1);
    gate.open();
    assert!(matches!(deleting.await.unwrap(), Err(EventError::Store(_))));
    // Enrolled again before retention looks: their new records stay.
    service.enrol(&event("f"), &user("ada"), face(1, 1)).await.unwrap();
    service.erase_expired(END, RetentionGuard::Guarded).await.unwrap();
    assert_eq!(notes.take(), Vec::<String>::new());
}
