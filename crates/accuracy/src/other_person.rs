//! How well a distance between two pictures of one user tells that they show two people.

use serde::{Deserialize, Serialize};

use crate::AccuracyError;
use crate::sides::Sides;
use crate::statistics::{OperatingPoint, Proportion, Scores, TargetRate};
use crate::templates::of_several;

/// False match rates whose thresholds are tried as the limit.
const LIMITS: [TargetRate; 5] = [
    TargetRate::one_in(100),
    TargetRate::one_in(50),
    TargetRate::one_in(20),
    TargetRate::one_in(10),
    TargetRate::one_in(5),
];

/// The one that the service takes, tried against templates of several samples, too.
const SERVICE: TargetRate = TargetRate::one_in(20);

/// Samples of those templates.
const SAMPLES: [usize; 2] = [2, 3];

/// What it means to refuse a picture that is farther from the user's others than a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OtherPerson {
    /// Samples of the user that the picture is compared with, as one template.
    pub samples: usize,
    /// The false match rate that the limit comes from, of an enrolled picture and a probe.
    pub target: TargetRate,
    /// The limit: the largest distance that is taken for one person's.
    pub limit: f32,
    /// Pictures of the very person beyond the limit, refused without need.
    pub refused: Proportion,
    /// Pictures of other people beyond it: they are noticed.
    pub caught: Proportion,
}

impl OtherPerson {
    /// Tries each limit. `probes` gives the limits, as a calibration does; `enrolled` is compared with them, for
    /// both pictures are enrolled ones.
    #[must_use]
    pub fn at_limits(probes: &Scores, enrolled: &Scores) -> Vec<Self> {
        let at =
            |target| Some(Self::new(1, target, OperatingPoint::find(probes, target)?.threshold, enrolled));
        LIMITS.into_iter().filter_map(at).collect()
    }

    /// Compares pictures with templates of several others. The limit of one sample is made smaller as the
    /// service does it, by `several`. No picture is compared with a template that it is part of.
    ///
    /// # Errors
    /// [`AccuracyError::Embedding`] for samples whose mean has no direction.
    pub fn against_several(
        limit: f32,
        several: f64,
        people: &[usize],
        sides: &Sides<'_>,
    ) -> Result<Vec<Self>, AccuracyError> {
        let mut rows = Vec::new();
        for samples in SAMPLES {
            let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
            for of in of_several(samples, people, sides)? {
                for (picture, &person) in people.iter().enumerate() {
                    // A template is near to each picture that it is the mean of, which would flatter the
                    // rates.
                    let Some(face) = sides.enrolled(picture).filter(|_| !of.pictures.contains(&picture))
                    else {
                        continue;
                    };
                    let kind = if person == of.person { &mut genuine } else { &mut impostor };
                    kind.push(of.template.distance(face));
                }
            }
            // Too few people with so many pictures: the sizes that can be measured still are.
            let Ok(scores) = Scores::new(genuine, impostor) else { continue };
            let nearer = (1.0 - several * (1.0 - 1.0 / samples as f64)).sqrt();
            rows.push(Self::new(samples, SERVICE, (f64::from(limit) * nearer) as f32, &scores));
        }
        Ok(rows)
    }

    /// The limit that the service takes, where it was tried.
    #[must_use]
    pub fn limit_of_service(rows: &[Self]) -> Option<f32> {
        rows.iter().find(|row| row.samples == 1 && row.target == SERVICE).map(|row| row.limit)
    }

    fn new(samples: usize, target: TargetRate, limit: f32, scores: &Scores) -> Self {
        let within = scores.far(limit);
        let caught = Proportion { count: within.of - within.count, of: within.of };
        Self { samples, target, limit, refused: scores.frr(limit), caught }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_beyond_the_limit_are_refused_and_other_people_beyond_it_are_caught() {
        let hundredths = |from: u32, to: u32| (from..to).map(|i| i as f32 / 100.0).collect::<Vec<_>>();
        let probes = Scores::new(vec![0.1], hundredths(50, 150)).unwrap();
        let enrolled = Scores::new(hundredths(0, 60), hundredths(52, 152)).unwrap();
        let rows = OtherPerson::at_limits(&probes, &enrolled);
        let five_percent = rows.iter().find(|row| row.target == TargetRate::one_in(20)).unwrap();
        // FMR 5 % of the probes: the hundredths from 0.50 to 0.54, so the limit is just below 0.55.
        assert_eq!(five_percent.limit, 0.55_f32.next_down());
        assert_eq!(five_percent.refused, Proportion { count: 5, of: 60 });
        assert_eq!(five_percent.caught, Proportion { count: 97, of: 100 });
    }

    #[test]
    fn a_picture_is_compared_with_templates_of_others_and_never_of_its_own() {
        use face_core::{DistanceScale, Embedding, ModelId};

        let face = |place: f32| {
            let mut numbers = [0.0; 128];
            (numbers[0], numbers[1]) = (place, 1.0);
            Embedding::new(ModelId::new("test").unwrap(), numbers).unwrap()
        };
        let faces = [0.0, 0.2, 0.6, 5.0, 5.2].map(face);
        let sides = Sides::alike(faces.iter().map(Some).collect(), DistanceScale::RAW).unwrap();
        let people = [0, 0, 0, 1, 1];
        let rows = OtherPerson::against_several(0.5, 0.0, &people, &sides);
        // Templates of two at 0.1 and 5.1; of three one, whose person has no further picture.
        let [row] = &rows.unwrap()[..] else { unreachable!("one row") };
        assert_eq!((row.samples, row.limit), (2, 0.5));
        // 0.6 is 0.5 from 0.1, but for rounding; the others' pictures are far from either.
        assert_eq!(row.refused.of, 1);
        assert_eq!(row.caught, Proportion { count: 5, of: 5 });
        assert_eq!(OtherPerson::limit_of_service(&[OtherPerson { samples: 1, ..*row }]), Some(0.5));
        assert_eq!(OtherPerson::limit_of_service(&[*row]), None);
    }
}
