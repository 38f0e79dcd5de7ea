//! The settings of a match: which vectors are compared, how near is near enough, and what goes together.

use std::ops::RangeInclusive;

use embedding::{Distance, Metric, ModelId};
use events::FalseMatchRate;
use face_core::Crops;

use super::values::{OrNone, number};

/// SFace: the model of new events unless another is asked for.
pub(crate) const SFACE: &str = "sface-2021dec";

/// dlib's ResNet: the model of the replaced service, and the only one with raw distances.
pub(crate) const DLIB: &str = "dlib-resnet-v1";

/// The share of strangers who may be named, unless something else is asked for.
pub(crate) const USUAL_TARGET: f64 = 0.01;

/// What distances may be between.
pub(super) const METRICS: [(&str, Metric); 2] = [("unit", Metric::Unit), (RAW, Metric::Raw)];

/// The word for distances between vectors as the model makes them.
pub(super) const RAW: &str = "raw";

/// Margins beyond this leave hardly anyone to be named in an event of some size.
const MARGINS: RangeInclusive<f32> = 0.0..=0.2;

/// How near is near enough, as the settings say it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AskedRule {
    /// Neither target nor threshold: the usual target, where there is a calibration.
    Usual,
    /// This threshold, in the space that is set.
    Threshold(Distance),
    /// This target.
    Target(FalseMatchRate),
    /// No target: the usual threshold.
    Fixed,
}

pub(super) fn model_id(text: &str) -> Result<ModelId, String> {
    ModelId::new(text).map_err(|_| format!("give the id of a model, such as {SFACE} or {DLIB}"))
}

/// A threshold of either metric, empty for none; [`check_threshold`] knows which metric it is of.
pub(super) fn threshold(text: &str) -> Result<OrNone<Distance>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let either = || format!("{}, or {}", threshold_advice(Metric::Unit), threshold_advice(Metric::Raw));
    text.parse().ok().and_then(|value| Distance::new(value).ok()).map(Some).ok_or_else(either)
}

/// Empty for none.
pub(super) fn target(text: &str) -> Result<AskedRule, String> {
    if text.is_empty() {
        return Ok(AskedRule::Fixed);
    }
    let rate = text.parse().ok().and_then(|rate| FalseMatchRate::new(rate).ok());
    rate.map(AskedRule::Target).ok_or_else(|| {
        "give the share of strangers who may be named, above 0 and below 1, such as 0.01; empty for a fixed threshold"
            .to_owned()
    })
}

pub(super) fn margin(text: &str) -> Result<Distance, String> {
    let value = number("a distance", MARGINS)(text);
    value
        .and_then(|value| Distance::new(value).map_err(|e| e.to_string()))
        .map_err(|allowed| format!("{allowed}; 0 always names the nearest"))
}

/// Refuses raw distances of another model than dlib's.
pub(super) fn check_model(model: &ModelId, space: Metric) -> Result<(), String> {
    if space == Metric::Raw && model.as_str() != DLIB {
        return Err(format!("raw distances are those of {DLIB}: give that, or leave it out"));
    }
    Ok(())
}

/// Refuses raw distances of an average of several crops.
pub(super) fn check_space(space: Metric, crops: Option<Crops>) -> Result<(), String> {
    if space == Metric::Raw && crops != Some(Crops::One) {
        return Err("raw distances are those of one crop: give crops = 1 with it".to_owned());
    }
    Ok(())
}

/// Refuses a threshold that is not within [`thresholds`].
pub(super) fn check_threshold(threshold: Distance, space: Metric) -> Result<(), String> {
    if thresholds(space).contains(&threshold.value()) { Ok(()) } else { Err(threshold_advice(space)) }
}

/// Outside of this range a threshold decides next to nothing: nearly everyone is turned away at 0.2, and by either
/// model more than one comparison with a stranger in ten is a match at 0.5 (see docs/API.md); a raw distance is
/// about 1.43 times one of dlib's model between unit vectors.
fn thresholds(metric: Metric) -> RangeInclusive<f32> {
    match metric {
        Metric::Unit => 0.2..=0.5,
        Metric::Raw => 0.3..=0.7,
    }
}

fn threshold_advice(metric: Metric) -> String {
    let allowed = thresholds(metric);
    let (from, to) = (allowed.start(), allowed.end());
    match metric {
        Metric::Unit => format!("give a distance from {from} to {to}; 0.4 is the default of a fixed one"),
        Metric::Raw => format!("give a distance between raw vectors from {from} to {to}; 0.6 is the default"),
    }
}
