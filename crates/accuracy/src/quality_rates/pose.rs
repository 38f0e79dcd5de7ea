//! Refusals by which way the head is turned.

use face_core::Pose;
use serde::{Deserialize, Serialize};

use super::Shown;
use crate::statistics::Proportion;

/// Where the ranges of an angle end, in degrees to either side; the last has no end.
const YAW: &[u8] = &[30, 35, 40, 45];
const PITCH: &[u8] = &[8, 13];
const ROLL: &[u8] = &[6, 10];

/// Pictures whose head is turned by so much, against the person's other pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoseRate {
    /// `yaw`, `pitch` or `roll`.
    pub angle: String,
    /// From so many degrees, to either side.
    pub from: u8,
    /// Below so many degrees.
    pub below: Option<u8>,
    /// Pictures in the range that have another of the person.
    pub pictures: usize,
    /// Refused at a distance of 0.40.
    pub frr: Proportion,
}

/// One of the three angles of a pose.
type Angle = fn(&Pose) -> f32;

/// Refusals by each angle of the probe's pose; empty when no pose is known.
#[must_use]
pub fn by_pose(pictures: &[Shown<'_>]) -> Vec<PoseRate> {
    let mut refused: Vec<(Pose, Proportion)> = Vec::new();
    for (index, shown) in pictures.iter().enumerate() {
        let Some((probe, Some(pose))) = shown.face.map(|face| (face.probe, face.quality.pose)) else {
            continue;
        };
        let mut rate = Proportion::default();
        for (other, enrolled) in pictures.iter().enumerate() {
            if other != index && enrolled.person == shown.person {
                enrolled.face.iter().for_each(|face| rate.add(face.enrolled.distance(probe) > 0.40));
            }
        }
        if rate.of > 0 {
            refused.push((pose, rate));
        }
    }
    let angles: [(&str, &[u8], Angle); 3] = [
        ("yaw", YAW, |pose| pose.yaw),
        ("pitch", PITCH, |pose| pose.pitch),
        ("roll", ROLL, |pose| pose.roll),
    ];
    let mut rates = Vec::new();
    for (name, ends, angle) in angles {
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let ends = ends.iter().copied().map(Some).chain([None]);
        for (from, below) in starts.zip(ends) {
            let within = |pose: &Pose| {
                let degrees = angle(pose).abs();
                degrees >= f32::from(from) && below.is_none_or(|below| degrees < f32::from(below))
            };
            let mut rate =
                PoseRate { angle: name.to_owned(), from, below, pictures: 0, frr: Proportion::default() };
            for (_, frr) in refused.iter().filter(|(pose, _)| within(pose)) {
                rate.pictures += 1;
                rate.frr.count += frr.count;
                rate.frr.of += frr.of;
            }
            rates.push(rate);
        }
    }
    if refused.is_empty() { Vec::new() } else { rates }
}
