//! The records of events and users: made, read, changed, listed, and what they change in answers.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::sharing::join;
use super::{Call, Fault, Shared, assert_coherent, embedding, event, face, model, soon, user, with_store};
use crate::{
    Decision, DuplicatePolicy, EventChange, EventError, EventService, EventSettings, FalseMatchRate,
    MatchRule, Metadata,
};
use embedding::Distance;
use embedding_store::{EmbeddingStore, EventRecord, Page, StoreError};
use serde_json::{Value, json};
use time::OffsetDateTime;

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

fn threshold(value: f32) -> MatchRule {
    MatchRule::Threshold(Distance::new(value).unwrap())
}

fn metadata(value: Value) -> Metadata {
    Metadata::from_iter([("seats".to_owned(), value)])
}

fn settings() -> EventSettings {
    EventSettings {
        model: None,
        on_other_person: Some(DuplicatePolicy::Allow),
        match_rule: Some(threshold(0.35)),
        on_duplicate: Some(DuplicatePolicy::Warn),
        retain_until: Some(OffsetDateTime::UNIX_EPOCH),
        metadata: metadata(json!(40)),
    }
}

/// Deeper than can be read back.
fn too_deep() -> Metadata {
    metadata((0..100).fold(Value::Null, |inner, _| json!([inner])))
}

#[tokio::test]
async fn an_event_is_what_it_was_made_to_be_and_is_made_once() {
    let (service, store) = with_store().await;
    let made = service.create_event(&event("e"), settings()).await.unwrap();
    assert_eq!((made.user_count, &made.record.model), (0, &model()));
    let EventSettings { match_rule, on_duplicate, on_other_person, retain_until, metadata, .. } = settings();
    assert_eq!(made.record.on_other_person, on_other_person);
    assert_eq!(
        (made.record.match_rule, made.record.on_duplicate, made.record.retain_until, &made.record.metadata),
        (match_rule, on_duplicate, retain_until, &metadata)
    );
    let again = service.create_event(&event("e"), EventSettings::default()).await.unwrap_err();
    assert!(matches!(again, EventError::EventExists { event: name } if name == event("e")));
    assert_eq!(service.event(&event("e")).await.unwrap(), made);
    assert_eq!(store.loads(), 0, "nothing is read again for that");

    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    let details = service.event(&event("e")).await.unwrap();
    assert_eq!((details.user_count, details.record), (1, made.record));
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn an_event_that_is_put_again_has_the_new_settings_alone_and_keeps_its_users() {
    let (service, store) = with_store().await;
    let made = service.put_event(&event("e"), settings()).await.unwrap();
    assert!(made.is_new);
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    let replaced = service.put_event(&event("e"), EventSettings::default()).await.unwrap();
    assert!(!replaced.is_new);
    assert_eq!(replaced.details.user_count, 1);
    let record = replaced.details.record;
    assert_eq!((record.match_rule, record.on_duplicate, record.retain_until), (None, None, None));
    assert_eq!((record.metadata, record.created), (Metadata::new(), made.details.record.created));
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn a_change_touches_what_it_names_alone() {
    let (service, store) = with_store().await;
    let made = service.create_event(&event("e"), settings()).await.unwrap().record;
    let mut same = service.update_event(&event("e"), EventChange::default()).await.unwrap().record;
    assert!(same.updated >= made.updated);
    same.updated = made.updated;
    assert_eq!(same, made);

    let change = EventChange {
        match_rule: Some(None),
        on_duplicate: Some(Some(DuplicatePolicy::Allow)),
        on_other_person: Some(None),
        model: None,
        retain_until: None,
        metadata: Some(metadata(json!({"hall": "B"}))),
    };
    let changed = service.update_event(&event("e"), change).await.unwrap().record;
    assert_eq!((changed.match_rule, changed.on_duplicate), (None, Some(DuplicatePolicy::Allow)));
    assert_eq!(changed.on_other_person, None);
    assert_eq!((changed.retain_until, changed.created), (made.retain_until, made.created));
    assert_eq!(changed.metadata, metadata(json!({"hall": "B"})));
    assert_eq!(service.event(&event("e")).await.unwrap().record, changed);
    let ended = EventChange { retain_until: Some(None), ..EventChange::default() };
    assert_eq!(service.update_event(&event("e"), ended).await.unwrap().record.retain_until, None);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn a_time_of_change_does_not_go_back_with_the_clock() {
    let (service, store) = with_store().await;
    let later = OffsetDateTime::now_utc() + time::Duration::days(1);
    store.create_event(EventRecord::new(event("e"), model(), later)).await.unwrap();
    let changed = service.update_event(&event("e"), EventChange::default()).await.unwrap();
    assert_eq!(changed.record.updated, later);
}

#[tokio::test]
async fn a_rule_decides_from_the_moment_it_is_given() {
    let (service, store) = with_store().await;
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    let decision = async || service.identify(&event("e"), &embedding(1, 2)).await.unwrap().decision;
    for (rule, expected) in [
        (Some(threshold(0.01)), Decision::NoMatch),
        (Some(threshold(0.4)), Decision::Match),
        (Some(threshold(0.0)), Decision::NoMatch),
        (None, Decision::Match),
    ] {
        let change = EventChange { match_rule: Some(rule), ..EventChange::default() };
        service.update_event(&event("e"), change).await.unwrap();
        assert_eq!(decision().await, expected, "{rule:?}");
    }
    assert_eq!(store.loads(), 0, "published, not read again");
    assert_coherent(&service, &store).await;
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_one_service_gives_decides_in_the_others() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, _)) = (join(&shared).await, join(&shared).await);
    one.create_event(&event("e"), EventSettings::default()).await.unwrap();
    one.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    let decision = async |service: &EventService| {
        service.identify(&event("e"), &embedding(1, 2)).await.ok().map(|verdict| verdict.decision)
    };
    soon("ada", async || decision(&other).await == Some(Decision::Match)).await;
    let change = EventChange { match_rule: Some(Some(threshold(0.0))), ..EventChange::default() };
    one.update_event(&event("e"), change).await.unwrap();
    soon("the rule", async || decision(&other).await == Some(Decision::NoMatch)).await;
    assert_eq!(decision(&join(&shared).await.0).await, Some(Decision::NoMatch), "and in one that starts");
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_and_writes_nothing() {
    let (service, store) = with_store().await;
    let made = service.create_event(&event("e"), settings()).await.unwrap();
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    let before = service.user(&event("e"), &user("ada")).await.unwrap();

    // A target needs a calibration, and this service has none.
    let target = MatchRule::TargetFalseMatchRate(FalseMatchRate::new(0.01).unwrap());
    let change = EventChange { match_rule: Some(Some(target)), ..EventChange::default() };
    let refused = service.update_event(&event("e"), change).await.unwrap_err();
    assert!(matches!(refused, EventError::Rule { .. }), "{refused}");
    let new = EventSettings { match_rule: Some(target), ..EventSettings::default() };
    assert!(matches!(service.create_event(&event("new"), new).await, Err(EventError::Rule { .. })));

    let change = EventChange { metadata: Some(too_deep()), ..EventChange::default() };
    let new = EventSettings { metadata: too_deep(), ..EventSettings::default() };
    for refused in [
        service.update_event(&event("e"), change).await.map(drop),
        service.create_event(&event("new"), new).await.map(drop),
        service.update_user(&event("e"), &user("ada"), too_deep()).await.map(drop),
    ] {
        assert!(matches!(refused, Err(EventError::Store(StoreError::Unstorable { .. }))), "{refused:?}");
    }
    assert_eq!(service.event(&event("e")).await.unwrap().record, made.record);
    assert_eq!(service.user(&event("e"), &user("ada")).await.unwrap(), before);
    assert_eq!(service.events().await.unwrap().len(), 1);
    assert_eq!(store.loads(), 0, "nothing was unsure");
}

#[tokio::test]
async fn an_event_with_a_rule_of_before_that_cannot_be_kept_now_can_still_be_changed() {
    let (service, store) = with_store().await;
    let mut record = EventRecord::new(event("e"), model(), OffsetDateTime::UNIX_EPOCH);
    record.match_rule = Some(MatchRule::TargetFalseMatchRate(FalseMatchRate::new(0.01).unwrap()));
    store.create_event(record).await.unwrap();
    let change = EventChange { metadata: Some(metadata(json!(1))), ..EventChange::default() };
    service.update_event(&event("e"), change).await.unwrap();
    let change = EventChange { match_rule: Some(None), ..EventChange::default() };
    assert_eq!(service.update_event(&event("e"), change).await.unwrap().record.metadata, metadata(json!(1)));
}

#[tokio::test]
async fn writes_of_records_that_happened_but_were_reported_failed_are_seen() {
    let (service, store) = with_store().await;
    let unavailable = |answer| matches!(answer, Err(EventError::Store(StoreError::Unavailable { .. })));
    store.next(Call::CreateEvent, Fault::DoneButUnavailable);
    assert!(unavailable(service.create_event(&event("e"), settings()).await.map(drop)));
    assert_eq!(service.events().await.unwrap().len(), 1);
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    for fault in [Fault::DoneButUnavailable, Fault::DoneButPanics, Fault::Unavailable] {
        let done = !matches!(fault, Fault::Unavailable);
        let change =
            |value| EventChange { match_rule: Some(Some(threshold(value))), ..EventChange::default() };
        service.update_event(&event("e"), change(0.4)).await.unwrap();
        store.next(Call::UpdateEvent, fault);
        assert!(service.update_event(&event("e"), change(0.0)).await.is_err());
        let verdict = service.identify(&event("e"), &embedding(1, 2)).await.unwrap();
        assert_eq!(verdict.matched().is_none(), done);
        assert_coherent(&service, &store).await;
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_others_made_and_deleted_unheard_are_as_the_store_has_them() {
    let shared = Arc::new(Shared::default());
    let ((one, _), (other, _)) = (join(&shared).await, join(&shared).await);
    one.create_event(&event("old"), EventSettings::default()).await.unwrap();
    soon("the event", async || other.users(&event("old")).await.is_ok()).await;
    shared.hold();
    one.create_event(&event("new"), settings()).await.unwrap();
    one.enrol(&event("new"), &user("ada"), face(1, 1)).await.unwrap();
    one.delete_event(&event("old")).await.unwrap();

    assert_eq!(other.event(&event("new")).await.unwrap().user_count, 1);
    assert_eq!(other.events_page(Page::first(TWO)).await.unwrap().items.len(), 1);
    let exists = other.create_event(&event("new"), EventSettings::default()).await.unwrap_err();
    assert!(matches!(exists, EventError::EventExists { .. }));
    assert_eq!(other.users(&event("new")).await.unwrap(), [user("ada")], "from then on it is known");
    for _ in 0..2 {
        let gone = other.update_event(&event("old"), EventChange::default()).await.unwrap_err();
        assert!(matches!(gone, EventError::UnknownEvent { .. }));
    }
    assert!(matches!(other.users(&event("old")).await, Err(EventError::UnknownEvent { .. })));
    other.create_event(&event("old"), EventSettings::default()).await.unwrap();
    assert_eq!(other.users(&event("old")).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_not_there_is_neither_read_nor_changed() {
    let (service, _) = with_store().await;
    service.create_event(&event("e"), EventSettings::default()).await.unwrap();
    let (none, e, ada) = (event("none"), event("e"), user("ada"));
    for answer in [
        service.event(&none).await.map(drop),
        service.update_event(&none, EventChange::default()).await.map(drop),
        service.users_page(&none, Page::first(TWO)).await.map(drop),
        service.user(&none, &ada).await.map(drop),
        service.update_user(&none, &ada, Metadata::new()).await.map(drop),
        service.samples(&none, &ada).await.map(drop),
    ] {
        assert!(matches!(&answer, Err(EventError::UnknownEvent { event }) if *event == none), "{answer:?}");
    }
    for answer in [
        service.user(&e, &ada).await.map(drop),
        service.update_user(&e, &ada, Metadata::new()).await.map(drop),
        service.samples(&e, &ada).await.map(drop),
    ] {
        assert!(matches!(&answer, Err(EventError::UnknownUser { user, .. }) if *user == ada), "{answer:?}");
    }
    assert_eq!(service.events().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_user_has_data_of_the_callers_own() {
    let (service, store) = with_store().await;
    let (e, ada) = (event("e"), user("ada"));
    for picture in 1..=3 {
        service.enrol(&e, &ada, face(1, picture)).await.unwrap();
    }
    let before = service.user(&e, &ada).await.unwrap();
    assert_eq!((before.sample_count, &before.record.name, &before.record.event), (3, &ada, &e));
    let changed = service.update_user(&e, &ada, metadata(json!("front row"))).await.unwrap();
    assert_eq!((changed.sample_count, &changed.record.metadata), (3, &metadata(json!("front row"))));
    assert!(changed.record.updated >= before.record.updated);
    assert_eq!(changed.record.created, before.record.created);
    assert_eq!(service.user(&e, &ada).await.unwrap(), changed);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn pages_hold_all_in_name_order_each_once() {
    let (service, _) = with_store().await;
    for (number, name) in (0..).zip(["c", "ä", "a", "b", "e"]) {
        service.create_event(&event(name), EventSettings::default()).await.unwrap();
        for person in 0..number {
            service.enrol(&event(name), &user(&format!("user {person}")), face(person, 1)).await.unwrap();
        }
    }
    let (mut events, mut page) = (Vec::new(), Page::first(TWO));
    loop {
        let listing = service.events_page(page).await.unwrap();
        assert!(listing.items.len() <= 2);
        events
            .extend(listing.items.into_iter().map(|event| (event.record.name.to_string(), event.user_count)));
        let Some(next) = listing.next else { break };
        page = Page { after: Some(next), limit: TWO };
    }
    let expected = [("a", 2), ("b", 3), ("c", 0), ("e", 4), ("ä", 1)];
    assert_eq!(events, expected.map(|(name, count)| (name.to_owned(), count)));

    let first = service.users_page(&event("b"), Page::first(TWO)).await.unwrap();
    let rest = Page { after: first.next, limit: TWO };
    let rest = service.users_page(&event("b"), rest).await.unwrap();
    let names = first.items.iter().chain(&rest.items).map(|user| user.name.as_str());
    assert!(names.eq(["user 0", "user 1", "user 2"]) && rest.next.is_none());
}
