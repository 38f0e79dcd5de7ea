//! How quality bears on recognition: rates of pictures spoilt on purpose, and of faces by their pose.

use face_core::{Pose, Quality};
use serde::{Deserialize, Serialize};

use crate::AccuracyError;
use crate::comparisons::scores;
use crate::spoil::Spoiling;
use crate::statistics::Proportion;
use crate::vector::FaceVector;
use crate::verification::RatesAt;

/// Distances at which the rates of spoilt pictures are reported.
const THRESHOLDS: [f32; 2] = [0.375, 0.40];

/// Where the ranges of an angle end, in degrees to either side; the last has no end.
const YAW: &[u8] = &[30, 35, 40, 45];
const PITCH: &[u8] = &[8, 13];
const ROLL: &[u8] = &[6, 10];

/// A picture's face, the person's number, and its quality.
pub type Probe<'a> = (usize, Option<(&'a FaceVector, &'a Quality)>);

/// Spoilt pictures compared with untouched ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpoiltRates {
    /// What was done to them; `None` for copies that were left as they are.
    pub spoiling: Option<Spoiling>,
    /// How many were spoilt: those with another picture of the person.
    pub pictures: usize,
    /// In how many no face was found; their comparisons are in no rate.
    pub no_face: usize,
    /// The value of quality that tells the kind: 5th percentile, median, 95th.
    pub value: Option<[f32; 3]>,
    /// Both rates; genuine: the person's other pictures, impostor: everybody else's.
    pub rates: Vec<RatesAt>,
}

impl SpoiltRates {
    /// Compares each spoilt picture with the untouched ones but its own, at `indices` among them.
    ///
    /// # Errors
    /// [`AccuracyError::NoComparisons`] when one kind of comparison is missing.
    pub fn of(
        spoiling: Option<Spoiling>,
        indices: &[usize],
        probes: &[Probe<'_>],
        untouched: &[Probe<'_>],
    ) -> Result<Self, AccuracyError> {
        let (mut genuine, mut impostor, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (&own, (person, probe)) in indices.iter().zip(probes) {
            let Some((vector, quality)) = probe else { continue };
            values.extend(spoiling.map(|spoiling| spoiling.kind().value(quality)));
            for (index, (other_person, other)) in untouched.iter().enumerate() {
                let Some((other, _)) = other.filter(|_| index != own) else { continue };
                let kind = if person == other_person { &mut genuine } else { &mut impostor };
                kind.push(vector.distance(other));
            }
        }
        let scores = scores("spoilt pictures against untouched ones", genuine, impostor)?;
        values.sort_unstable_by(f32::total_cmp);
        Ok(Self {
            spoiling,
            pictures: indices.len(),
            no_face: probes.iter().filter(|(_, probe)| probe.is_none()).count(),
            value: quantile(&values, 0.05)
                .and_then(|low| Some([low, quantile(&values, 0.5)?, quantile(&values, 0.95)?])),
            rates: THRESHOLDS.into_iter().map(|threshold| RatesAt::of(&scores, threshold)).collect(),
        })
    }
}

/// The value below which a share of the ascending values lies, interpolated; `None` of none.
fn quantile(values: &[f32], share: f32) -> Option<f32> {
    let place = values.len().checked_sub(1)? as f32 * share;
    let (low, high) = (values.get(place.floor() as usize)?, values.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}

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
pub fn by_pose(pictures: &[Probe<'_>]) -> Vec<PoseRate> {
    let mut refused: Vec<(Pose, Proportion)> = Vec::new();
    for (index, (person, probe)) in pictures.iter().enumerate() {
        let Some((vector, Some(pose))) = probe.map(|(vector, quality)| (vector, quality.pose)) else {
            continue;
        };
        let others = pictures.iter().enumerate().filter(|&(other, (of, _))| other != index && of == person);
        let distances = others.filter_map(|(_, (_, other))| other.map(|(other, _)| vector.distance(other)));
        let mut rate = Proportion { count: 0, of: 0 };
        for distance in distances {
            rate.of += 1;
            rate.count += usize::from(distance > 0.40);
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
            let mut rate = PoseRate {
                angle: name.to_owned(),
                from,
                below,
                pictures: 0,
                frr: Proportion { count: 0, of: 0 },
            };
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

#[cfg(test)]
mod tests {
    use face_core::{Embedding, ModelId};

    use super::*;
    use crate::arguments::Metric;

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
        };
        (FaceVector::of(&[&embedding], Metric::Raw).unwrap(), quality)
    }

    #[test]
    fn a_spoilt_picture_is_compared_with_all_but_its_own_and_a_lost_face_is_counted() {
        // Two persons of two pictures; of the second person's spoilt copies one has no face.
        let faces = [face(0.0, 0.0), face(0.39, -36.0), face(2.0, 0.0), face(2.5, 0.0)];
        let copies = [face(0.0, 0.0), face(0.5, 0.0), face(2.25, 0.0)];
        let probe = |(vector, quality)| Some((vector, quality));
        let all: Vec<Probe<'_>> =
            faces.iter().zip([0, 0, 1, 1]).map(|((v, q), person)| (person, probe((v, q)))).collect();
        let mut probes: Vec<Probe<'_>> =
            copies.iter().zip([0, 0, 1]).map(|((v, q), person)| (person, probe((v, q)))).collect();
        probes.push((1, None));
        let dark = "dark=0.5".parse().unwrap();
        let rates = SpoiltRates::of(Some(dark), &[0, 1, 2, 3], &probes, &all).unwrap();
        assert_eq!((rates.pictures, rates.no_face), (4, 1));
        // Genuine distances: 0.39, 0.5 and 0.25; the copies' brightness: 0, 50 and 225.
        let refused: Vec<_> = rates.rates.iter().map(|at| (at.frr.count, at.frr.of, at.far.of)).collect();
        assert_eq!(refused, [(2, 3, 6), (1, 3, 6)]);
        assert_eq!(rates.value.unwrap()[1], 50.0);
        assert!((rates.value.unwrap()[0] - 5.0).abs() < 1e-4);

        let poses = by_pose(&all);
        let yaw = poses.iter().find(|rate| rate.angle == "yaw" && rate.from == 35).unwrap();
        assert_eq!((yaw.pictures, yaw.frr), (1, Proportion { count: 0, of: 1 }));
        assert_eq!(poses[0].frr, Proportion { count: 2, of: 3 });
    }
}
