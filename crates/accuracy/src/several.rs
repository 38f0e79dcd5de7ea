//! By how much strangers come nearer to a template of several samples, as the rule of the service takes it.

use serde::{Deserialize, Serialize};

use crate::AccuracyError;
use crate::sides::Sides;
use crate::statistics::{OperatingPoint, Scores, TargetRate};
use crate::templates::of_several;

/// Samples a template is made of.
const SAMPLES: [usize; 3] = [2, 3, 5];

/// False accept rates at which templates are compared: those that a rule asks for in an event of 10 to 100
/// people.
const TARGETS: [TargetRate; 2] = [TargetRate::one_in(1000), TargetRate::one_in(10_000)];

/// With fewer strangers accepted by either kind of template, a threshold hangs on a few people.
const ENOUGH: usize = 30;

/// What templates of several samples do to strangers' distances.
///
/// The service multiplies the threshold of one sample by `sqrt(1 - several (1 - 1 / n))` for a template of `n`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Several {
    /// The measured thresholds.
    pub rows: Vec<SeveralRow>,
    /// The factor: the largest of the rows with enough comparisons, rounded up to a hundredth, so that no
    /// measured threshold is below what the service makes of it. `None` where no row has enough.
    pub factor: Option<f64>,
}

/// Templates of so many samples against those of one sample of the same people.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeveralRow {
    /// Samples a template.
    pub samples: usize,
    /// Templates of so many samples.
    pub templates: usize,
    /// The false accept rate at which thresholds were looked for.
    pub target: TargetRate,
    /// The threshold with templates of one sample.
    pub one: f32,
    /// The threshold with templates of several.
    pub several: f32,
    /// What `several` of the formula would be for exactly this threshold.
    pub factor: f64,
    /// Whether enough strangers were accepted on both sides.
    pub enough: bool,
}

impl Several {
    /// Makes templates of two, three and five pictures of each person who has as many, and compares the
    /// pictures of everyone else with them, and with each of their samples alone. No picture is in two
    /// templates of one size.
    ///
    /// # Errors
    /// [`AccuracyError::Embedding`] for samples whose mean has no direction.
    pub fn measure(people: &[usize], sides: &Sides<'_>) -> Result<Self, AccuracyError> {
        let mut rows = Vec::new();
        for samples in SAMPLES {
            let (mut one, mut several) = (Vec::new(), Vec::new());
            let templates = of_several(samples, people, sides)?;
            for of in &templates {
                let strangers = people.iter().enumerate().filter(|(_, person)| **person != of.person);
                for (stranger, _) in strangers {
                    let Some(probe) = sides.probe(stranger) else { continue };
                    several.push(of.template.distance(probe));
                    // The same people and pictures on both sides, so that nothing but the number of samples
                    // differs.
                    one.extend(of.pictures.iter().filter_map(|&sample| sides.distance(sample, stranger)));
                }
            }
            // Only impostors matter here; a genuine distance of 0 stands for those that scores must have.
            let scores = Scores::new(vec![0.0], one).ok().zip(Scores::new(vec![0.0], several).ok());
            let Some((one, several)) = scores else { continue };
            for target in TARGETS {
                rows.extend(SeveralRow::measure(samples, templates.len(), target, &one, &several));
            }
        }
        let factor = largest(&rows);
        Ok(Self { rows, factor })
    }
}

impl SeveralRow {
    fn measure(
        samples: usize,
        templates: usize,
        target: TargetRate,
        one: &Scores,
        several: &Scores,
    ) -> Option<Self> {
        let (one, several) = (OperatingPoint::find(one, target)?, OperatingPoint::find(several, target)?);
        let ratio = f64::from(several.threshold) / f64::from(one.threshold);
        Some(Self {
            samples,
            templates,
            target,
            one: one.threshold,
            several: several.threshold,
            // The service's formula solved for `several`; the threshold is under the root there, hence the
            // squares.
            factor: (1.0 - ratio * ratio) / (1.0 - 1.0 / samples as f64),
            enough: one.far.count.min(several.far.count) >= ENOUGH,
        })
    }
}

/// The largest factor of the rows with enough comparisons, rounded up, and never below 0.
fn largest(rows: &[SeveralRow]) -> Option<f64> {
    let factors = rows.iter().filter(|row| row.enough).map(|row| row.factor);
    // Never below 0: a factor under it would raise thresholds for users with several samples.
    factors.reduce(f64::max).map(|factor| (factor * 100.0).ceil().max(0.0) / 100.0)
}

#[cfg(test)]
mod tests {
    use face_core::{DistanceScale, Embedding, ModelId};

    use super::*;

    /// Evenly distributed from -1 to 1, the same each time: a linear congruential generator (Numerical Recipes).
    fn noise(state: &mut u32) -> f32 {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*state >> 8) as f32 / (1 << 23) as f32 - 1.0
    }

    /// Three pictures each: a direction that all faces share, and in forty others what is the person's own and
    /// what is the picture's.
    fn faces(people: usize) -> Vec<Embedding> {
        let mut state = 1;
        let mut faces = Vec::new();
        for _ in 0..people {
            let person: Vec<f32> = (0..40).map(|_| 0.2 * noise(&mut state)).collect();
            for _ in 0..3 {
                let mut numbers = [0.0; 128];
                let picture = person.iter().map(|own| own + 0.2 * noise(&mut state));
                for (number, value) in numbers.iter_mut().zip(std::iter::once(1.0).chain(picture)) {
                    *number = value;
                }
                faces.push(Embedding::new(ModelId::new("test").unwrap(), numbers).unwrap());
            }
        }
        faces
    }

    fn measure(people: usize) -> Several {
        let faces = faces(people);
        let owners: Vec<_> = (0..people * 3).map(|index| index / 3).collect();
        let sides = Sides::alike(faces.iter().map(Some).collect(), DistanceScale::UNIT).unwrap();
        Several::measure(&owners, &sides).unwrap()
    }

    #[test]
    fn what_differs_from_picture_to_picture_averages_out_and_the_factor_says_so() {
        let several = measure(200);
        let sizes: Vec<_> = several.rows.iter().map(|row| row.samples).collect();
        assert_eq!(sizes, [2, 2, 3, 3], "nobody has five pictures");
        for row in &several.rows {
            assert!(row.several < row.one, "{row:?}");
            let formula = f64::from(row.one) * (1.0 - row.factor * (1.0 - 1.0 / row.samples as f64)).sqrt();
            assert!((formula - f64::from(row.several)).abs() < 1e-6, "{row:?}");
        }
        let factor = several.factor.unwrap();
        let largest = several.rows.iter().filter(|row| row.enough).map(|row| row.factor).fold(0.0, f64::max);
        assert!(factor >= largest && factor < largest + 0.01, "{several:?}");
    }

    #[test]
    fn a_few_people_give_no_factor() {
        let several = measure(5);
        assert_eq!(several.factor, None);
        assert!(several.rows.iter().all(|row| !row.enough));
    }
}
