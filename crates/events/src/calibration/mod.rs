//! How often strangers are within a distance: a model's measured calibration, read and interpolated.
//!
//! The file is written by `cargo xtask accuracy --calibration` and described in docs/ACCURACY.md.

mod basis;
mod document;

use embedding::{Distance, DistanceScale, ModelId};
use serde::Deserialize;

pub use self::basis::ThresholdBasis;
use self::document::FORMAT;

/// A rate with fewer false matches behind it is not taken for measured.
const FEWEST_FALSE_MATCHES: f64 = 10.0;

/// Below the measured rates, slopes count that begin within so many times the lowest one.
const SLOPES_WITHIN: f64 = 100.0;

/// False match rate by distance, for one model with fixed settings, as measured on labelled pictures.
///
/// Invariants: at least two points; distances and false match rates both rise strictly from point to
/// point, false non-match rates never do; every rate has at least ten false matches behind it. Between two
/// points the logarithm of the rate is taken as linear in the distance; outside of them nothing is known,
/// and nothing is made up.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    setting: CalibrationSetting,
    several: f64,
    data: CalibrationData,
    points: Vec<CalibrationPoint>,
}

/// What the distances of a calibration are of. One of another setting must not be looked up in it.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationSetting {
    /// The embedder.
    pub model: ModelId,
    /// Crops that an enrolled embedding is the mean of.
    pub enrolled_crops: u32,
    /// Crops that the embedding of a probe is the mean of.
    pub probe_crops: u32,
    /// On which scale the distances are.
    pub scale: DistanceScale,
}

/// What a calibration was measured on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationData {
    /// Its name, in words.
    pub name: String,
    /// Pictures that gave an embedding.
    pub pictures: u64,
    /// Comparisons of one person's pictures.
    pub genuine: u64,
    /// Comparisons of two persons' pictures.
    pub impostor: u64,
}

/// One measured point.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationPoint {
    /// The distance up to which two faces are taken for one person's.
    pub distance: f32,
    /// False match rate: share of the impostor comparisons at or below that distance, over 0 and up to 1.
    pub fmr: f64,
    /// False non-match rate: share of the genuine comparisons above that distance, 0 to 1.
    pub frr: f64,
}

/// Why a text is no calibration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// It is not TOML with the fields of a calibration.
    #[error("this is no calibration: {0}")]
    Syntax(String),
    /// It has the layout of another version.
    #[error("the calibration has format {found}, this program reads formats 1 and {FORMAT}")]
    Format {
        /// The format it names.
        found: u32,
    },
    /// The fields contradict each other or themselves.
    #[error("the calibration cannot be used: {0}")]
    Invalid(String),
}

/// Asked for what the data cannot answer.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum OutsideCalibration {
    /// The distance is not between the smallest and the largest one measured.
    #[error("a distance of {asked} is outside of what was measured, {smallest} to {largest}")]
    Distance {
        /// The distance asked for.
        asked: f32,
        /// Smallest distance with a measured rate.
        smallest: f32,
        /// Largest one.
        largest: f32,
    },
    /// The false match rate is not between the lowest and the highest one measured.
    #[error("a false match rate of {asked:e} is outside of what was measured, {lowest:e} to {highest:e}")]
    Rate {
        /// The rate asked for.
        asked: f64,
        /// Lowest rate that the data supports.
        lowest: f64,
        /// Highest one.
        highest: f64,
    },
}

impl Calibration {
    /// Takes measured points, in the order of their distances; `several` is described at
    /// [`Calibration::several`].
    ///
    /// # Errors
    /// [`CalibrationError::Invalid`] when they break an invariant of the type.
    pub fn new(
        setting: CalibrationSetting,
        several: f64,
        data: CalibrationData,
        points: Vec<CalibrationPoint>,
    ) -> Result<Self, CalibrationError> {
        let invalid = |detail: String| Err(CalibrationError::Invalid(detail));
        if setting.enrolled_crops == 0 || setting.probe_crops == 0 {
            return invalid("an embedding has at least one crop".to_owned());
        }
        if !(0.0..1.0).contains(&several) {
            return invalid(format!("{several} is no share by which several samples bring strangers nearer"));
        }
        let [first, _, ..] = points.as_slice() else {
            return invalid(format!("it has {} points, and two are the least", points.len()));
        };
        for CalibrationPoint { distance, fmr, frr } in &points {
            if Distance::new(*distance).is_err() {
                return invalid(format!("{distance} is no distance"));
            }
            if !(*fmr > 0.0 && *fmr <= 1.0 && (0.0..=1.0).contains(frr)) {
                return invalid(format!("at distance {distance} a rate is not between 0 and 1"));
            }
        }
        // The tolerance is for a rate that was written with few digits.
        if first.fmr * data.impostor as f64 * 1.001 < FEWEST_FALSE_MATCHES {
            return invalid(format!(
                "its lowest rate, {:e}, has fewer than {FEWEST_FALSE_MATCHES} of {} impostor comparisons behind it",
                first.fmr, data.impostor
            ));
        }
        for (lower, upper) in points.iter().zip(points.iter().skip(1)) {
            if !(lower.distance < upper.distance && lower.fmr < upper.fmr && lower.frr >= upper.frr) {
                return invalid(format!(
                    "from distance {} to {} it does not rise as rates do",
                    lower.distance, upper.distance
                ));
            }
        }
        Ok(Self { setting, several, data, points })
    }

    /// The same with distances on another scale of the same metric.
    ///
    /// # Errors
    /// [`CalibrationError::Invalid`] when the metric is another one.
    pub fn on_scale(&self, scale: DistanceScale) -> Result<Self, CalibrationError> {
        let from = self.setting.scale;
        if from.metric() != scale.metric() {
            return Err(CalibrationError::Invalid(
                "unit and raw distances do not become each other".to_owned(),
            ));
        }
        let by = scale.factor() / from.factor();
        let scaled = |point: &CalibrationPoint| CalibrationPoint { distance: point.distance * by, ..*point };
        let points = self.points.iter().map(scaled).collect();
        let setting = CalibrationSetting { scale, ..self.setting.clone() };
        Self::new(setting, self.several, self.data.clone(), points)
    }

    /// What the distances are of.
    #[must_use]
    pub fn setting(&self) -> &CalibrationSetting {
        &self.setting
    }

    /// By how much the squared distances of strangers to a template shrink as it becomes the mean of very many
    /// samples: of `n`, by the part `several * (1 - 1 / n)`. What differs from picture to picture averages out, so
    /// the template is nearer to everyone. 0 or more and less than 1.
    #[must_use]
    pub fn several(&self) -> f64 {
        self.several
    }

    /// What it was measured on.
    #[must_use]
    pub fn data(&self) -> &CalibrationData {
        &self.data
    }

    /// The measured points, by rising distance; two or more.
    #[must_use]
    pub fn points(&self) -> &[CalibrationPoint] {
        &self.points
    }

    /// The share of strangers who are at most this far away, per comparison.
    ///
    /// # Errors
    /// [`OutsideCalibration::Distance`] for one beyond the measured points.
    pub fn fmr_at(&self, distance: Distance) -> Result<f64, OutsideCalibration> {
        let asked = distance.value();
        let (lower, upper) = self
            .around(|point| point.distance < asked, |point| point.distance <= asked)
            .ok_or(OutsideCalibration::Distance {
                asked,
                smallest: self.points.first().map_or(f32::NAN, |point| point.distance),
                largest: self.points.last().map_or(f32::NAN, |point| point.distance),
            })?;
        let from = f64::from(lower.distance);
        let way = (f64::from(asked) - from) / (f64::from(upper.distance) - from);
        let rate = (lower.fmr.ln() + way * (upper.fmr.ln() - lower.fmr.ln())).exp();
        Ok(rate.clamp(lower.fmr, upper.fmr)) // `exp` of `ln` can miss the end by a digit
    }

    /// The distance up to which that share of strangers is accepted, per comparison.
    ///
    /// A search among `n` users makes `n` comparisons, so for at most a share `p` of strangers named in an
    /// event, ask for `p / n`.
    ///
    /// # Errors
    /// [`OutsideCalibration::Rate`] for one below or above the measured points: what was never seen is not
    /// guessed.
    pub fn threshold_for(&self, fmr: f64) -> Result<Distance, OutsideCalibration> {
        let outside = OutsideCalibration::Rate {
            asked: fmr,
            lowest: self.points.first().map_or(f64::NAN, |point| point.fmr),
            highest: self.points.last().map_or(f64::NAN, |point| point.fmr),
        };
        let (lower, upper) = self.around(|point| point.fmr < fmr, |point| point.fmr <= fmr).ok_or(outside)?;
        let way = (fmr.ln() - lower.fmr.ln()) / (upper.fmr.ln() - lower.fmr.ln());
        let from = f64::from(lower.distance);
        let distance = (from + way * (f64::from(upper.distance) - from)) as f32;
        Distance::new(distance.clamp(lower.distance, upper.distance)).map_err(|_| outside)
    }

    /// The distance up to which at most that share of strangers is accepted, also where that was not measured:
    /// then on the side of those who must not be let in.
    ///
    /// Above the measured rates it is the largest measured distance. Below them the measured line is continued
    /// by the gentlest of its slopes up to a hundred times the lowest rate. The logarithm of the share of
    /// strangers falls ever more steeply towards small distances, so the true rate there is below that line;
    /// how far was not measured.
    #[must_use]
    pub fn safe_threshold_for(&self, fmr: f64) -> (Distance, ThresholdBasis) {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return (Distance::ZERO, ThresholdBasis::BelowMeasured);
        };
        if let Ok(threshold) = self.threshold_for(fmr) {
            return (self.rounded_down(threshold, fmr), ThresholdBasis::Measured);
        }
        if fmr > last.fmr {
            return (Distance::new(last.distance).unwrap_or(Distance::ZERO), ThresholdBasis::AboveMeasured);
        }
        let low = self.points.iter().take_while(|point| point.fmr < first.fmr * SLOPES_WITHIN);
        let slope = low
            .zip(self.points.iter().skip(1))
            .map(|(lower, upper)| (upper.fmr / lower.fmr).ln() / f64::from(upper.distance - lower.distance))
            .fold(f64::INFINITY, f64::min);
        let distance = f64::from(first.distance) - (first.fmr / fmr).ln() / slope;
        // Rounded down. No rate at all, and what is no rate, allow nothing.
        let distance = Distance::new((distance as f32).next_down().max(0.0)).unwrap_or(Distance::ZERO);
        (distance, ThresholdBasis::BelowMeasured)
    }

    /// A threshold whose rate is not even by its last digit above `fmr`.
    fn rounded_down(&self, threshold: Distance, fmr: f64) -> Distance {
        let lower = Distance::new(threshold.value().next_down());
        match (self.fmr_at(threshold), lower) {
            (Ok(rate), Ok(lower)) if rate > fmr && self.fmr_at(lower).is_ok() => lower,
            _ => threshold,
        }
    }

    /// The two neighbouring points between which something lies, given which points are below it and which
    /// are not above it; `None` when it lies outside of all.
    fn around(
        &self,
        below: impl Fn(&CalibrationPoint) -> bool,
        not_above: impl Fn(&CalibrationPoint) -> bool,
    ) -> Option<(&CalibrationPoint, &CalibrationPoint)> {
        if !not_above(self.points.first()?) {
            return None;
        }
        let upper = self.points.partition_point(below).max(1); // nothing is below the first point itself
        Some((self.points.get(upper - 1)?, self.points.get(upper)?))
    }
}

#[cfg(test)]
mod tests;
