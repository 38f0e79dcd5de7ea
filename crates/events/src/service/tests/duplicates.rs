//! The same person under another name: refused, told or allowed.

use std::sync::Arc;

use super::large::{join as join_bounded, searching};
use super::{Call, assert_coherent, enrol, event, face, user, with_store};
use crate::{
    DuplicatePolicy, EnrolmentOptions, EnrolmentOutcome, EventChange, EventError, EventSettings, MatchRule,
};
use embedding::Distance;
use proptest::prelude::*;
use tokio::task::JoinSet;

use DuplicatePolicy::{Allow, Reject, Warn};

/// What is tried here are duplicates: the faces of one user may be of several people.
fn by_call(policy: DuplicatePolicy) -> EnrolmentOptions {
    let on_other_person = Some(Allow);
    EnrolmentOptions { on_duplicate: Some(policy), on_other_person, ..EnrolmentOptions::default() }
}

fn is_refused(answer: &Result<EnrolmentOutcome, EventError>, other: &str) -> bool {
    matches!(answer, Err(EventError::DuplicatePerson { user, .. }) if user.as_str() == other)
}

#[tokio::test]
async fn a_person_who_is_there_under_another_name_is_refused_with_the_first_face() {
    let (service, store) = with_store().await;
    enrol(&service, "ada", vec![face(1, 1)], EnrolmentOptions::default()).await.unwrap();
    enrol(&service, "ben", vec![face(2, 1)], EnrolmentOptions::default()).await.unwrap();
    let refused = enrol(&service, "eve", vec![face(3, 1), face(1, 2)], EnrolmentOptions::default()).await;
    let expected = service.identify(&event("e"), &face(1, 2).embedding).await.unwrap().nearest;
    let Err(EventError::DuplicatePerson { event: name, user: other, distance }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((name, other, distance), (event("e"), expected.user, expected.distance));

    // With one more face of somebody known as well.
    assert!(is_refused(&enrol(&service, "ben", vec![face(1, 2)], EnrolmentOptions::default()).await, "ada"));
    assert_eq!(store.count(Call::Append), 2);
    assert_eq!(service.users(&event("e")).await.unwrap(), [user("ada"), user("ben")]);
    assert_coherent(&service, &store).await;
}

#[tokio::test]
async fn one_is_no_duplicate_of_oneself_nor_of_those_in_other_events() {
    let (service, _) = with_store().await;
    service.enrol(&event("other"), &user("eve"), face(1, 1)).await.unwrap();
    for picture in 1..=3 {
        let outcome = enrol(&service, "ada", vec![face(1, picture)], by_call(Reject)).await.unwrap();
        assert_eq!(outcome.duplicates, []);
    }
    service.delete_user(&event("e"), &user("ada")).await.unwrap();
    enrol(&service, "eve", vec![face(1, 1)], by_call(Reject)).await.unwrap();
}

#[tokio::test]
async fn the_call_decides_before_the_event_and_the_event_before_the_default() {
    let (service, _) = with_store().await;
    service.create_event(&event("e"), EventSettings::default()).await.unwrap();
    enrol(&service, "ada", vec![face(1, 1)], by_call(Reject)).await.unwrap();
    let mut number = 0;
    for of_event in [None, Some(Reject), Some(Warn), Some(Allow)] {
        let change = EventChange { on_duplicate: Some(of_event), ..EventChange::default() };
        service.update_event(&event("e"), change).await.unwrap();
        for of_call in [None, Some(Reject), Some(Warn), Some(Allow)] {
            for default in [Reject, Warn, Allow] {
                number += 1;
                let name = format!("user {number}");
                let options = EnrolmentOptions {
                    on_duplicate: of_call,
                    on_duplicate_default: default,
                    ..EnrolmentOptions::default()
                };
                let answer = enrol(&service, &name, vec![face(1, 2)], options).await;
                let case = format!("{of_call:?} {of_event:?} {default:?}");
                match of_call.or(of_event).unwrap_or(default) {
                    Warn => assert_eq!(answer.unwrap().duplicates[0].user, user("ada"), "{case}"),
                    Allow => assert_eq!(answer.unwrap().duplicates, [], "{case}"),
                    Reject | _ => assert!(is_refused(&answer, "ada"), "{case}"),
                }
                let _ = service.delete_user(&event("e"), &user(&name)).await;
            }
        }
    }
}

#[tokio::test]
async fn one_face_is_enrolled_with_a_warning_unless_the_event_refuses_it() {
    let (service, _) = with_store().await;
    service.enrol(&event("e"), &user("ada"), face(1, 1)).await.unwrap();
    service.enrol(&event("e"), &user("eve"), face(1, 2)).await.unwrap();
    let change = EventChange { on_duplicate: Some(Some(Reject)), ..EventChange::default() };
    service.update_event(&event("e"), change).await.unwrap();
    let refused = service.enrol(&event("e"), &user("zoe"), face(1, 3)).await;
    assert!(matches!(refused, Err(EventError::DuplicatePerson { .. })));
}

#[tokio::test]
async fn all_who_have_one_of_the_faces_are_named_once_and_nearest_first() {
    let (service, _) = with_store().await;
    for (name, person, picture) in [("ada", 1, 1), ("ann", 1, 2), ("ben", 2, 1), ("cy", 3, 1)] {
        enrol(&service, name, vec![face(person, picture)], by_call(Allow)).await.unwrap();
    }
    let faces = vec![face(1, 3), face(2, 1), face(1, 4)];
    let duplicates = enrol(&service, "eve", faces, by_call(Warn)).await.unwrap().duplicates;
    let mut names: Vec<_> = duplicates.iter().map(|duplicate| duplicate.user.as_str()).collect();
    assert_eq!(names[0], "ben", "the very same picture");
    names.sort_unstable();
    assert_eq!(names, ["ada", "ann", "ben"]);
    assert!(duplicates.is_sorted_by_key(|duplicate| duplicate.distance));
}

#[tokio::test]
async fn near_enough_is_what_is_a_match_in_the_event() {
    let (service, _) = with_store().await;
    let near = |value| {
        let rule = MatchRule::Threshold(Distance::new(value).unwrap());
        EventChange { match_rule: Some(Some(rule)), ..EventChange::default() }
    };
    enrol(&service, "ada", vec![face(1, 1)], by_call(Reject)).await.unwrap();
    let distance = service.identify(&event("e"), &face(1, 2).embedding).await.unwrap().nearest.distance;
    service.update_event(&event("e"), near(distance.value())).await.unwrap();
    assert!(is_refused(&enrol(&service, "eve", vec![face(1, 2)], by_call(Reject)).await, "ada"));
    service.update_event(&event("e"), near(distance.value().next_down())).await.unwrap();
    enrol(&service, "eve", vec![face(1, 2)], by_call(Reject)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_names_given_to_one_face_at_once_one_is_enrolled() {
    let (service, store) = with_store().await;
    let service = Arc::new(service);
    let mut tasks = JoinSet::new();
    for number in 0..30 {
        let service = Arc::clone(&service);
        tasks.spawn(async move {
            enrol(&service, &format!("user {number}"), vec![face(1, number)], by_call(Reject)).await
        });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let refused = |answer: &Result<_, _>| matches!(answer, Err(EventError::DuplicatePerson { .. }));
    assert_eq!(answers.iter().filter(|answer| refused(answer)).count(), 29);
    assert_eq!(service.users(&event("e")).await.unwrap().len(), 1);
    assert_coherent(&service, &store).await;
}

proptest! {
    #[test]
    fn wherever_an_event_is_searched_the_same_are_found(
        enrolled in prop::collection::vec((0_u64..3, 0_u64..4), 1..5),
        person in 0_u64..3,
        number in 0_usize..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let shared = searching(true);
            let (whole, _) = join_bounded(&shared, usize::MAX).await;
            for (number, (person, picture)) in (0..).zip(enrolled) {
                enrol(&whole, &format!("user {number}"), vec![face(person, picture)], by_call(Allow)).await.unwrap();
            }
            let (bounded, store) = join_bounded(&shared, 0).await;
            let (name, faces) = (format!("user {number}"), vec![face(person, 9), face(person, 10)]);
            let options = by_call(Reject);
            let of_store = enrol(&bounded, &name, faces.clone(), options.clone()).await;
            prop_assert!(store.count(Call::Search) > 0);
            let of_memory = if of_store.is_ok() {
                // What the first did is undone: the second must find what it found.
                bounded.delete_user(&event("e"), &user(&name)).await.unwrap();
                let (whole, _) = join_bounded(&shared, usize::MAX).await;
                enrol(&whole, &name, faces, options).await
            } else {
                enrol(&whole, &name, faces, options).await
            };
            match (of_store, of_memory) {
                (Ok(_), Ok(_)) => {}
                (
                    Err(EventError::DuplicatePerson { user, distance, .. }),
                    Err(EventError::DuplicatePerson { user: other, distance: same, .. }),
                ) => prop_assert_eq!((user, distance), (other, same)),
                (of_store, of_memory) => prop_assert!(false, "{of_store:?} {of_memory:?}"),
            }
            Ok(())
        })?;
    }
}
