//! Rates of made-up faces that can be counted by hand.

use face_core::{DistanceScale, Embedding, ModelId, Pose};

use super::*;
use crate::statistics::Proportion;

/// A face at a place on a line, by the raw metric.
fn face(place: f32, yaw: f32) -> (FaceVector, Quality) {
    let mut numbers = [0.0; 128];
    (numbers[0], numbers[1]) = (place, 1.0);
    let embedding = Embedding::new(ModelId::new("test").unwrap(), numbers).unwrap();
    let quality = Quality {
        eye_distance: 40.0,
        brightness: 100.0 * place,
        contrast: 30.0,
        sharpness: 0.4,
        pose: Some(Pose { yaw, pitch: 0.0, roll: 0.0 }),
        inside: 1.0,
        blockiness: 1.1,
        detection_score: None,
        recognisability: Some(10.0 + place),
    };
    (FaceVector::new(&[&embedding], DistanceScale::RAW).unwrap(), quality)
}

fn shown_faces<'a>(faces: &'a [(FaceVector, Quality)], people: &[usize]) -> Vec<Shown<'a>> {
    let of = |(vector, quality): &'a (FaceVector, Quality)| ShownFace {
        enrolled: vector,
        probe: vector,
        quality,
        passes_gate: quality.brightness < 230.0,
    };
    faces.iter().zip(people).map(|(face, &person)| Shown { person, face: Some(of(face)) }).collect()
}

#[test]
fn a_spoilt_picture_is_compared_with_all_but_its_own_and_a_lost_face_is_counted() {
    // Two persons of two pictures; of the second person's spoilt copies one has no face.
    let faces = [face(0.0, 0.0), face(0.39, -36.0), face(2.0, 0.0), face(2.5, 0.0)];
    let copies = [face(0.0, 0.0), face(0.5, 0.0), face(2.25, 0.0)];
    let all = shown_faces(&faces, &[0, 0, 1, 1]);
    let mut spoilt = shown_faces(&copies, &[0, 0, 1]);
    spoilt.push(Shown { person: 1, face: None });
    let dark = "dark=0.5".parse().unwrap();
    let rates = SpoiltRates::measure(Some(dark), &[0, 1, 2, 3], &spoilt, &all);
    assert_eq!((rates.pictures, rates.no_face), (4, 1));
    // Genuine distances: 0.39, 0.5 and 0.25; the copies' brightness: 0, 50 and 225.
    let refused: Vec<_> = rates.rates.iter().map(|at| (at.frr.count, at.frr.of, at.far.of)).collect();
    assert_eq!(refused, [(2, 3, 6), (1, 3, 6)]);
    assert_eq!(rates.value.unwrap()[1], 50.0);
    assert!((rates.value.unwrap()[0] - 5.0).abs() < 1e-4);
    let lost = [0, 0, 1, 1].map(|person| Shown { person, face: None });
    let rates = SpoiltRates::measure(Some(dark), &[0, 1, 2, 3], &lost, &all);
    assert_eq!((rates.no_face, rates.value, rates.rates.as_slice()), (4, None, [].as_slice()));
}

#[test]
fn refusals_are_sorted_by_the_angle_of_the_probe() {
    let faces = [face(0.0, 0.0), face(0.39, -36.0), face(2.0, 0.0), face(2.5, 0.0)];
    let poses = by_pose(&shown_faces(&faces, &[0, 0, 1, 1]));
    let yaw = poses.iter().find(|rate| rate.angle == "yaw" && rate.from == 35).unwrap();
    assert_eq!((yaw.pictures, yaw.frr), (1, Proportion { count: 0, of: 1 }));
    assert_eq!(poses[0].frr, Proportion { count: 2, of: 3 });
}

#[test]
fn spoilt_pictures_are_compared_among_themselves_and_those_refused_are_no_danger() {
    // Three people; the third's picture is too bright to be enrolled, and near the second's.
    let faces = [face(0.0, 0.0), face(0.1, 0.0), face(2.2, 0.0), face(2.4, 0.0)];
    let mut pictures = shown_faces(&faces, &[0, 0, 1, 2]);
    pictures.push(Shown { person: 3, face: None });
    let spoiling = "blur=9".parse().unwrap();
    let among = AmongSpoilt::measure(Some(spoiling), &pictures);
    assert_eq!(among.found, Proportion { count: 4, of: 5 });
    assert_eq!(among.passed, Proportion { count: 3, of: 4 });
    // Pairs of one person count nowhere.
    assert_eq!(among.far_of_found, Proportion { count: 1, of: 5 });
    assert_eq!(among.far, Proportion { count: 0, of: 2 });
    assert!((among.recognisability.unwrap()[1] - 11.15).abs() < 1e-4);

    let near = [face(0.0, 0.0), face(0.1, 0.0), face(0.2, 0.0), face(2.0, 0.0)];
    let untouched = AmongSpoilt::measure(None, &shown_faces(&near, &[0, 1, 2, 3]));
    let ruined = AmongSpoilt::measure(Some(spoiling), &shown_faces(&near[..3], &[0, 1, 2]));
    assert_eq!((untouched.far, ruined.far.share()), (Proportion { count: 3, of: 6 }, 1.0));
    assert_eq!((ruined.times(&untouched), untouched.times(&among)), (Some(2.0), None));
}
