//! Archives of an event: what comes in is what could have come by itself, or nothing.

use embedding::{DIMENSIONS, Distance, Embedding, ModelId};
use embedding_store::archive::{self, ArchiveError, ExportOptions};
use embedding_store::{EmbeddingStore, EventRecord, FaceSample, InMemory, StoreError, UserRecord};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{Call, Fault, assert_coherent, embedding, event, face, model, user, with_store};
use crate::{EventError, FalseMatchRate, ImportError, MatchRule, Metadata};

fn record() -> EventRecord {
    EventRecord::new(event("e"), model(), OffsetDateTime::UNIX_EPOCH)
}

fn sample(name: &str, embedding: Embedding) -> FaceSample {
    let now = OffsetDateTime::now_utc();
    FaceSample::new(event("e"), user(name), embedding, 0.9, "test", now).unwrap()
}

/// The archive of such an event.
async fn archive(record: EventRecord, samples: &[FaceSample]) -> Vec<u8> {
    let store = InMemory::new();
    store.create_event(record).await.unwrap();
    for sample in samples {
        store.append_sample(sample.clone()).await.unwrap();
    }
    archive_of(&store).await
}

async fn archive_of(store: &dyn EmbeddingStore) -> Vec<u8> {
    let mut out = Vec::new();
    archive::export(store, &mut out, &ExportOptions::default(), |_| {}).await.unwrap();
    out
}

/// The opposite of a face: no template is between the two.
fn opposite(face: &Embedding) -> Embedding {
    let values: [f32; DIMENSIONS] = std::array::from_fn(|index| -face.values()[index]);
    Embedding::new(model(), values).unwrap()
}

#[tokio::test]
async fn what_an_archive_brings_is_found_at_once_and_again_changes_nothing() {
    let (service, store) = with_store().await;
    service.enrol(&event("e"), &user("ben"), face(2, 1)).await.unwrap();
    let mut changed = record();
    changed.match_rule = Some(MatchRule::Threshold(Distance::new(0.3).unwrap()));
    let brought = archive(changed, &[sample("ada", embedding(1, 1)), sample("ben", embedding(2, 2))]).await;
    for _ in 0..2 {
        let summary = service.import(&event("e"), brought.clone(), None).await.unwrap();
        assert_eq!((summary.total.users, summary.total.samples), (2, 2));
        assert_eq!(summary.kept_events, [event("e")], "settings that are there are kept");
        let loads = store.loads();
        let found = service.identify(&event("e"), &embedding(1, 9)).await.unwrap();
        assert_eq!(found.matched(), Some(&user("ada")));
        assert_eq!(store.loads(), loads, "no search had to read");
        assert_eq!(store.samples(&event("e"), &user("ben")).await.unwrap().len(), 2);
    }
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn faces_that_would_leave_a_user_without_a_template_are_refused_whole() {
    let (service, store) = with_store().await;
    let theirs = embedding(1, 1);
    let cancelled = [sample("ada", theirs.clone()), sample("ada", opposite(&theirs))];
    let refused =
        |outcome| matches!(outcome, Err(ImportError::UnusableFaces { user: of, .. }) if of == user("ada"));
    let brought = archive(record(), &cancelled).await;
    assert!(refused(service.import(&event("e"), brought, None).await));
    assert_eq!(store.event(&event("e")).await.unwrap(), None, "nothing was written");

    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    let brought =
        archive(record(), &[sample("ada", opposite(&theirs)), sample("ben", embedding(2, 1))]).await;
    assert!(refused(service.import(&event("e"), brought, None).await), "also with what is there");
    let brought =
        archive(record(), &[sample("ada", opposite(&theirs)), sample("ada", embedding(2, 1))]).await;
    assert!(refused(service.import(&event("e"), brought, None).await), "also when it ends between the two");
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada")]);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn what_is_exported_is_taken_in_also_when_a_user_has_thousands_of_faces() {
    let (from, to) = (InMemory::new(), with_store().await);
    let (service, store) = to;
    for picture in 0..3_000 {
        from.append_sample(sample("ben", embedding(2, picture))).await.unwrap();
    }
    let brought = archive_of(&from).await;
    for _ in 0..2 {
        let taken = service.import(&event("e"), brought.clone(), None).await.unwrap();
        assert_eq!(taken.total.samples, 3_000);
    }
    assert_eq!(store.samples(&event("e"), &user("ben")).await.unwrap().len(), 3_000);
    // Each was checked with all before it, so one that cancels the last but one is found among them.
    let theirs = embedding(1, 1);
    let mut faces: Vec<_> = (0..3_000).map(|picture| sample("ben", embedding(2, picture))).collect();
    faces.extend([sample("cleo", theirs.clone()), sample("cleo", opposite(&theirs))]);
    let refused = service.import(&event("e"), archive(record(), &faces).await, None).await;
    assert!(matches!(refused, Err(ImportError::UnusableFaces { user: of, .. }) if of == user("cleo")));
}

#[tokio::test]
async fn an_event_that_could_not_be_made_here_does_not_come_in() {
    let (service, store) = with_store().await;
    let (mut foreign, mut over, mut strange) = (record(), record(), record());
    foreign.model = ModelId::new("another-model").unwrap();
    over.retain_until = Some(OffsetDateTime::now_utc() - Duration::HOUR);
    // There is no calibration here.
    strange.match_rule = Some(MatchRule::TargetFalseMatchRate(FalseMatchRate::new(0.01).unwrap()));
    let import =
        async |record| service.import(&event("e"), archive(record, &[]).await, None).await.unwrap_err();
    let refusal = import(foreign).await;
    assert!(matches!(refusal, ImportError::Event(EventError::ModelMismatch { .. })), "{refusal:?}");
    let refusal = import(over).await;
    assert!(matches!(refusal, ImportError::Over { .. }), "{refusal:?}");
    let refusal = import(strange).await;
    assert!(matches!(refusal, ImportError::Event(EventError::Rule { .. })), "{refusal:?}");
    let other = EventRecord::new(event("another"), model(), OffsetDateTime::UNIX_EPOCH);
    let refusal = import(other).await;
    assert!(matches!(refusal, ImportError::Archive(ArchiveError::OtherEvent { .. })), "{refusal:?}");
    let refusal = service.import(&event("e"), archive_of(&InMemory::new()).await, None).await.unwrap_err();
    assert!(matches!(refusal, ImportError::Empty), "{refusal:?}");
    let refusal = service.import(&event("e"), b"PK".to_vec(), None).await.unwrap_err();
    assert!(matches!(refusal, ImportError::Archive(ArchiveError::NotAnArchive)), "{refusal:?}");
    assert_eq!(service.events().await.unwrap(), []);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn what_was_changed_since_the_export_stays_and_who_was_deleted_is_there_again() {
    let (service, store) = with_store().await;
    for (person, name) in [(1, "ada"), (2, "ben")] {
        service.enrol(&event("e"), &user(name), face(person, 1)).await.unwrap();
    }
    let exported = archive_of(&*store).await;
    let seat = Metadata::from_iter([("seat".to_owned(), json!(7))]);
    service.update_user(&event("e"), &user("ada"), seat.clone()).await.unwrap();
    service.delete_user(&event("e"), &user("ben")).await.unwrap();
    service.import(&event("e"), exported, None).await.unwrap();
    let UserRecord { metadata, .. } = store.user(&event("e"), &user("ada")).await.unwrap().unwrap();
    assert_eq!(metadata, seat);
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada"), user("ben")]);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn an_import_that_the_store_breaks_off_leaves_what_it_wrote_to_be_found() {
    let brought = archive(record(), &[sample("ada", embedding(1, 1)), sample("ben", embedding(2, 1))]).await;
    for fault in [Fault::Unavailable, Fault::DoneButUnavailable, Fault::DoneButPanics] {
        let (service, store) = with_store().await;
        store.next(Call::Append, fault);
        let broken = service.import(&event("e"), brought.clone(), None).await.unwrap_err();
        let is_stores = matches!(
            broken,
            ImportError::Event(
                EventError::Store(StoreError::Unavailable { .. }) | EventError::Interrupted(_)
            )
        );
        assert!(is_stores, "{broken:?}");
        assert_coherent(&service, &store).await;
        service.import(&event("e"), brought.clone(), None).await.unwrap();
        assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada"), user("ben")]);
        assert_coherent(&service, &store).await;
    }
}
