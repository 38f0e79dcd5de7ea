//! Spoilt pictures compared with each other: whether ruined pictures are near everybody's.

use serde::{Deserialize, Serialize};

use super::Shown;
use super::spoilt::percentiles;
use crate::spoil::Spoiling;
use crate::statistics::Proportion;

/// The distance at which false accepts are counted.
const THRESHOLD: f32 = 0.40;

/// Pictures that were all spoilt alike, among themselves.
///
/// The embedding of a ruined picture lies near those of other ruined pictures, so whoever is enrolled from one
/// is recognised in all of them, unless the quality gate refuses it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmongSpoilt {
    /// What was done to them; `None` for copies that were left as they are.
    pub spoiling: Option<Spoiling>,
    /// Pictures in which a face was found.
    pub found: Proportion,
    /// Found faces that the quality gate lets through.
    pub passed: Proportion,
    /// Of every two people's pictures that pass, those within 0.40 of each other.
    pub far: Proportion,
    /// The same of every two people's pictures with a face, whether they pass or not.
    pub far_of_found: Proportion,
    /// Recognisability of the found faces where it was measured: 5th percentile, median, 95th.
    pub recognisability: Option<[f32; 3]>,
}

impl AmongSpoilt {
    /// Compares every two pictures of different people, the earlier one enrolled, the later one as the probe.
    #[must_use]
    pub fn measure(spoiling: Option<Spoiling>, pictures: &[Shown<'_>]) -> Self {
        let (mut found, mut passed) = (Proportion::default(), Proportion::default());
        let (mut far, mut far_of_found) = (Proportion::default(), Proportion::default());
        for (index, shown) in pictures.iter().enumerate() {
            found.add(shown.face.is_some());
            let Some(face) = shown.face else { continue };
            passed.add(face.passes_gate);
            for other in pictures.iter().skip(index + 1).filter(|other| other.person != shown.person) {
                let Some(probe) = other.face else { continue };
                let within = face.enrolled.distance(probe.probe) <= THRESHOLD;
                far_of_found.add(within);
                if face.passes_gate && probe.passes_gate {
                    far.add(within);
                }
            }
        }
        let faces = pictures.iter().filter_map(|shown| shown.face);
        let recognisability = percentiles(faces.filter_map(|face| face.quality.recognisability).collect());
        Self { spoiling, found, passed, far, far_of_found, recognisability }
    }

    /// How many times as often as among untouched pictures; `None` where those are never within the distance.
    #[must_use]
    pub fn times(&self, untouched: &Self) -> Option<f64> {
        let share = untouched.far.share();
        (share > 0.0).then(|| self.far.share() / share)
    }
}
