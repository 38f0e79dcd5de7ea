//! Spoilt pictures compared with untouched ones.

use serde::{Deserialize, Serialize};

use super::Shown;
use crate::comparisons::scores;
use crate::spoil::Spoiling;
use crate::verification::RatesAt;

/// Distances at which the rates of spoilt pictures are reported.
const THRESHOLDS: [f32; 2] = [0.375, 0.40];

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
    /// Both rates; genuine: the person's other pictures, impostor: everybody else's. Empty where no face was found
    /// that could be compared: no kind of damage ends a run that took minutes.
    pub rates: Vec<RatesAt>,
}

impl SpoiltRates {
    /// Compares each spoilt picture, as a probe, with the untouched ones but its own, at `indices` among them.
    #[must_use]
    pub fn measure(
        spoiling: Option<Spoiling>,
        indices: &[usize],
        spoilt: &[Shown<'_>],
        untouched: &[Shown<'_>],
    ) -> Self {
        let (mut genuine, mut impostor, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (&own, shown) in indices.iter().zip(spoilt) {
            let Some(face) = shown.face else { continue };
            values.extend(spoiling.and_then(|spoiling| spoiling.kind().value().1(face.quality)));
            for (index, other) in untouched.iter().enumerate() {
                // Its own untouched picture is nearly the same picture, and no second one of the person.
                let Some(enrolled) = other.face.filter(|_| index != own) else { continue };
                let kind = if shown.person == other.person { &mut genuine } else { &mut impostor };
                kind.push(enrolled.enrolled.distance(face.probe));
            }
        }
        let rates = scores("spoilt pictures against untouched ones", genuine, impostor)
            .map(|scores| THRESHOLDS.map(|threshold| RatesAt::at(&scores, threshold)).to_vec());
        Self {
            spoiling,
            pictures: indices.len(),
            no_face: spoilt.iter().filter(|shown| shown.face.is_none()).count(),
            value: percentiles(values),
            rates: rates.unwrap_or_default(),
        }
    }
}

/// The 5th percentile, the median and the 95th; `None` of none.
pub(super) fn percentiles(mut values: Vec<f32>) -> Option<[f32; 3]> {
    values.sort_unstable_by(f32::total_cmp);
    Some([quantile(&values, 0.05)?, quantile(&values, 0.5)?, quantile(&values, 0.95)?])
}

/// The value below which a share of the ascending values lies, interpolated; `None` of none.
fn quantile(values: &[f32], share: f32) -> Option<f32> {
    let place = values.len().checked_sub(1)? as f32 * share;
    let (low, high) = (values.get(place.floor() as usize)?, values.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}
