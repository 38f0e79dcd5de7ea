//! The gallery against a plain map that is scanned from end to end.

use std::collections::BTreeMap;

use embedding::{DIMENSIONS, DistanceScale, Embedding};
use embedding_store::{EventName, EventRecord, EventSnapshot, UserRecord, UserSnapshot};
use proptest::prelude::*;
use time::OffsetDateTime;

use super::*;

fn model() -> ModelId {
    ModelId::new("test").unwrap()
}

/// Numbers that look random and follow from the seed.
fn embedding(seed: u64) -> Embedding {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let values = std::array::from_fn::<f32, DIMENSIONS, _>(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 16_777_216.0 - 0.5
    });
    Embedding::new(model(), values).unwrap()
}

fn template(seed: u64) -> Template {
    Template::from_embeddings(DistanceScale::UNIT, [&embedding(seed)]).unwrap()
}

fn user(number: usize) -> Username {
    Username::new(&format!("user {number:05}")).unwrap()
}

/// Every number below `count` once, in an order that is neither rising nor falling.
fn shuffled(count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |i| (i * 7919 + 13) % count)
}

fn assert_holds(gallery: &Gallery, expected: &BTreeMap<Username, Template>) {
    assert_eq!(gallery.len(), expected.len());
    assert!(gallery.users().eq(expected.keys()));
    assert!(expected.keys().all(|user| gallery.contains(user)));
    assert!(gallery.blocks.iter().all(|block| (1..=MOST_ROWS).contains(&block.len())));
    for seed in 5_000_000..5_000_010 {
        let probe = template(seed);
        let found = gallery.nearest(&probe).unwrap();
        let least = expected.values().map(|t| t.distance(&probe).unwrap()).min();
        assert_eq!(found.is_some(), least.is_some());
        if let (Some(found), Some(least)) = (found, least) {
            assert!((found.distance.value() - least.value()).abs() < 1e-5);
            let theirs = expected[&found.user].distance(&probe).unwrap();
            assert!((theirs.value() - found.distance.value()).abs() < 1e-5);
        }
    }
}

#[test]
fn thousands_of_users_come_change_and_go_in_any_order() {
    const USERS: usize = 3000;
    let mut gallery = Gallery::empty(model(), DistanceScale::UNIT);
    let mut expected = BTreeMap::new();
    for number in shuffled(USERS) {
        gallery = gallery.with(&user(number), &template(number as u64)).unwrap();
        expected.insert(user(number), template(number as u64));
    }
    assert!(gallery.blocks.len() > 2);
    assert_holds(&gallery, &expected);
    for number in shuffled(USERS).step_by(3) {
        gallery = gallery.with(&user(number), &template(1_000_000 + number as u64)).unwrap();
        expected.insert(user(number), template(1_000_000 + number as u64));
    }
    assert_holds(&gallery, &expected);
    for (done, number) in shuffled(USERS).enumerate() {
        gallery = gallery.without(&user(number));
        expected.remove(&user(number));
        if done % 500 == 0 || USERS - done < 3 {
            assert_holds(&gallery, &expected);
        }
    }
    assert!(gallery.is_empty() && gallery.blocks.is_empty());
}

#[test]
fn of_equally_near_users_the_first_by_name_is_taken_in_every_block() {
    let mut gallery = Gallery::empty(model(), DistanceScale::UNIT);
    for number in shuffled(2500) {
        gallery = gallery.with(&user(number), &template(1)).unwrap();
    }
    assert!(gallery.blocks.len() > 1);
    for first in [0, 1, 2] {
        assert_eq!(gallery.nearest(&template(9)).unwrap().unwrap().user, user(first));
        gallery = gallery.without(&user(first));
    }
    let z = Username::new("z").unwrap();
    let gallery = Gallery::empty(model(), DistanceScale::UNIT)
        .with(&Username::new("Ä").unwrap(), &template(1))
        .unwrap();
    let gallery = gallery.with(&z, &template(1)).unwrap();
    assert_eq!(gallery.nearest(&template(1)).unwrap().unwrap().user, z, "code points, not an alphabet");
}

#[test]
fn a_gallery_is_not_touched_by_changes_to_its_copies() {
    let before = Gallery::empty(model(), DistanceScale::UNIT).with(&user(1), &template(1)).unwrap();
    let after =
        before.with(&user(1), &template(2)).unwrap().with(&user(2), &template(3)).unwrap().without(&user(1));
    let near = |gallery: &Gallery| gallery.nearest(&template(1)).unwrap().unwrap();
    assert_eq!((near(&before).user, near(&before).distance.value()), (user(1), 0.0));
    assert_eq!(near(&after).user, user(2));
    assert_eq!((before.len(), after.len()), (1, 1));
}

#[test]
fn without_a_user_who_is_not_there_nothing_changes() {
    let gallery =
        Gallery::empty(model(), DistanceScale::UNIT).without(&user(1)).with(&user(2), &template(2)).unwrap();
    for absent in [user(1), user(3)] {
        assert!(gallery.without(&absent).users().eq([&user(2)]));
    }
}

#[test]
fn another_model_is_refused() {
    let gallery = Gallery::empty(ModelId::new("other").unwrap(), DistanceScale::UNIT);
    let mismatch = |refused| matches!(refused, EmbeddingError::ModelMismatch { .. });
    assert!(mismatch(gallery.nearest(&template(1)).unwrap_err()));
    assert!(mismatch(gallery.with(&user(1), &template(1)).unwrap_err()));
}

fn snapshot(model: ModelId, users: &[(usize, &[u64])]) -> EventSnapshot {
    let now = OffsetDateTime::UNIX_EPOCH;
    let event = EventName::new("event").unwrap();
    let stored = |&(number, seeds): &(usize, &[u64])| UserSnapshot {
        user: UserRecord::new(event.clone(), user(number), now),
        samples: seeds
            .iter()
            .map(|&seed| {
                FaceSample::new(event.clone(), user(number), embedding(seed), 0.9, "test", now).unwrap()
            })
            .collect(),
    };
    EventSnapshot { users: users.iter().map(stored).collect(), event: EventRecord::new(event, model, now) }
}

#[test]
fn a_user_with_several_samples_stands_at_the_direction_of_their_mean() {
    let gallery =
        Gallery::from_snapshot(snapshot(model(), &[(1, &[1, 2, 3]), (2, &[4])]), DistanceScale::UNIT)
            .unwrap();
    let mean = Template::from_embeddings(DistanceScale::UNIT, [&embedding(1), &embedding(2), &embedding(3)])
        .unwrap();
    let nearest = gallery.nearest(&mean).unwrap().unwrap();
    assert_eq!((nearest.user, nearest.distance.value()), (user(1), 0.0));
}

#[test]
fn the_number_of_samples_behind_a_template_stays_with_its_user() {
    let gallery =
        Gallery::from_snapshot(snapshot(model(), &[(1, &[1, 2, 3]), (3, &[4])]), DistanceScale::UNIT)
            .unwrap();
    let two = Template::from_embeddings(DistanceScale::UNIT, [&embedding(5), &embedding(6)]).unwrap();
    let gallery = gallery.with(&user(2), &two).unwrap();
    let counts = |gallery: &Gallery| [1, 2, 3].map(|number| gallery.samples(&user(number)));
    assert_eq!(counts(&gallery), [Some(3), Some(2), Some(1)]);
    let gallery = gallery.with(&user(3), &two).unwrap().without(&user(1));
    assert_eq!(counts(&gallery), [None, Some(2), Some(2)]);
}

#[test]
fn the_distance_to_one_user_is_the_one_a_search_finds() {
    let mut gallery = Gallery::empty(model(), DistanceScale::UNIT);
    for number in shuffled(1500) {
        gallery = gallery.with(&user(number), &template(number as u64)).unwrap();
    }
    let probe = template(9_999);
    let found = gallery.nearest_k(&probe, NonZeroUsize::MAX).unwrap();
    assert_eq!(found.len(), 1500);
    assert!(found.is_sorted_by_key(|nearest| (nearest.distance, nearest.user.clone())));
    for nearest in &found {
        assert_eq!(gallery.distance_to(&nearest.user, &probe).unwrap(), Some(nearest.distance));
    }
    assert_eq!(gallery.distance_to(&user(1500), &probe).unwrap(), None);
    assert_eq!(gallery.nearest_k(&probe, NonZeroUsize::MIN).unwrap(), found[..1]);
}

#[test]
fn another_metric_is_refused() {
    let raw = Gallery::empty(model(), DistanceScale::RAW);
    let refused = raw.with(&user(1), &template(1)).unwrap_err();
    assert_eq!(refused, EmbeddingError::ScaleMismatch);
    assert_eq!(raw.nearest(&template(1)).unwrap_err(), EmbeddingError::ScaleMismatch);
    assert_eq!(raw.distance_to(&user(1), &template(1)).unwrap_err(), EmbeddingError::ScaleMismatch);
}

#[test]
fn stored_samples_that_make_no_template_are_an_error_that_names_the_user() {
    let other = ModelId::new("other").unwrap();
    for (model, users) in [(model(), [(1, &[1][..]), (2, &[])]), (other, [(2, &[2][..]), (3, &[3])])] {
        let error = Gallery::from_snapshot(snapshot(model, &users), DistanceScale::UNIT).unwrap_err();
        assert!(
            matches!(&error, EventError::UnusableSamples { user: named, .. } if *named == user(2)),
            "{error}"
        );
    }
}

proptest! {
    #[test]
    fn changes_in_any_order_are_those_of_a_map(
        changes in prop::collection::vec((0_usize..12, prop::option::of(0_u64..50)), 0..60),
    ) {
        let mut gallery = Gallery::empty(model(), DistanceScale::UNIT);
        let mut expected = BTreeMap::new();
        for (number, seed) in changes {
            gallery = match seed {
                Some(seed) => {
                    expected.insert(user(number), template(seed));
                    gallery.with(&user(number), &template(seed)).unwrap()
                }
                None => {
                    expected.remove(&user(number));
                    gallery.without(&user(number))
                }
            };
        }
        assert_holds(&gallery, &expected);
    }
}
