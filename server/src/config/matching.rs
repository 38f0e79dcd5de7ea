//! The settings of a match, which depend on each other: what is compared, how near is near enough, and the margin.

use std::ops::RangeInclusive;

use embedding::{Distance, Metric, ModelId};
use events::{FalseMatchRate, MatchPolicy, MatchRule};
use face_core::Crops;

use super::settings::{CROPS, MARGIN, MODEL, SPACE, TARGET_FMR, THRESHOLD};
use super::{ConfigError, Reader, values};
use crate::models::{DLIB, SFACE};

/// Margins beyond this leave hardly anyone to be named in an event of some size.
const MARGINS: RangeInclusive<f32> = 0.0..=0.2;

/// What was asked for of matches; what it comes to depends on each model and on what was measured of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matching {
    /// The model of events that come into being.
    pub(crate) model: ModelId,
    /// Which vectors of dlib's model are compared.
    pub(crate) space: Metric,
    /// How near is near enough.
    pub(crate) rule: AskedRule,
    /// How much nearer the first must be than the second, where it was said.
    pub(crate) margin: Option<Distance>,
}

/// How near is near enough, as it was said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AskedRule {
    /// Nothing was said: the usual target, where there is a calibration.
    Usual,
    /// This threshold, in the space that is set.
    Threshold(Distance),
    /// This target.
    Target(FalseMatchRate),
    /// No target: the usual threshold.
    Fixed,
}

impl Reader<'_> {
    /// What was said of matches, checked against each other.
    pub(super) fn matching(&mut self) -> Result<Matching, ConfigError> {
        // Only for `space`, which depends on it: a bad value was refused where the setting itself is read.
        let crops = self.sources.value(&CROPS).and_then(|(text, _)| values::crops(text).ok()).flatten();
        // Ahead of its own check below, since the default of the model depends on it.
        let is_raw = self.sources.value(&SPACE).is_some_and(|(text, _)| text == "raw");
        // Raw distances are those of dlib's model, so it is the one of new events then.
        let usual = if is_raw { DLIB } else { SFACE };
        let model = match self.sources.value(&MODEL) {
            Some(_) => self.required(&MODEL, |text| model(text, is_raw))?,
            None => self.assumed(&MODEL, usual, |text| model(text, is_raw))?,
        };
        let space = self.required(&SPACE, |text| space(text, crops))?;
        let usual = match space {
            Metric::Unit => MatchPolicy::default(),
            Metric::Raw => MatchPolicy::raw(),
        };
        let shown = match (space, usual.rule) {
            (Metric::Raw, MatchRule::Threshold(threshold)) => threshold.value().to_string(),
            _ => String::new(),
        };
        let threshold =
            self.or_else(&THRESHOLD, |text| threshold(text, space).map(Some), || (None, shown))?;
        let target = self.or_else(
            &TARGET_FMR,
            |text| target(text, threshold.is_some()),
            || match (threshold, space) {
                (None, Metric::Unit) => (AskedRule::Usual, "0.01".to_owned()),
                (None, Metric::Raw) | (Some(_), _) => (AskedRule::Usual, String::new()),
            },
        )?;
        let margin = |text: &str| margin(text).map(Some);
        let margin = self.or_else(&MARGIN, margin, || (None, usual.margin.value().to_string()))?;
        Ok(Matching { model, space, rule: threshold.map_or(target, AskedRule::Threshold), margin })
    }
}

fn model(text: &str, is_raw: bool) -> Result<ModelId, String> {
    if is_raw && text != DLIB {
        return Err(format!("raw distances are those of {DLIB}: give that, or leave it out"));
    }
    ModelId::new(text).map_err(|_| format!("give the id of a model, such as sface-2021dec or {DLIB}"))
}

fn space(text: &str, crops: Option<Crops>) -> Result<Metric, String> {
    match text {
        "unit" => Ok(Metric::Unit),
        "raw" if crops == Some(Crops::One) => Ok(Metric::Raw),
        "raw" => Err("raw distances are those of one crop: give crops = 1 with it".to_owned()),
        _ => Err("give unit or raw".to_owned()),
    }
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

fn threshold(text: &str, metric: Metric) -> Result<Distance, String> {
    let allowed = thresholds(metric);
    let (from, to) = (allowed.start(), allowed.end());
    let refusal = || match metric {
        Metric::Unit => format!("give a distance from {from} to {to}; 0.4 is the default of a fixed one"),
        Metric::Raw => format!("give a distance between raw vectors from {from} to {to}; 0.6 is the default"),
    };
    within(text, &allowed).ok_or_else(refusal)
}

/// Empty for none. With a target the threshold follows, so none is given.
fn target(text: &str, has_threshold: bool) -> Result<AskedRule, String> {
    if text.is_empty() {
        return Ok(AskedRule::Fixed);
    }
    if has_threshold {
        return Err("a threshold is given too: give one of the two".to_owned());
    }
    let rate = text.parse().ok().and_then(|rate| FalseMatchRate::new(rate).ok());
    rate.map(AskedRule::Target).ok_or_else(|| {
        "give the share of strangers who may be named, above 0 and below 1, such as 0.01; empty for a fixed threshold"
            .to_owned()
    })
}

fn margin(text: &str) -> Result<Distance, String> {
    let refusal = || {
        format!("give a distance from {} to {}; 0 always names the nearest", MARGINS.start(), MARGINS.end())
    };
    within(text, &MARGINS).ok_or_else(refusal)
}

fn within(text: &str, allowed: &RangeInclusive<f32>) -> Option<Distance> {
    let value = text.parse().ok().filter(|value| allowed.contains(value))?;
    Distance::new(value).ok()
}
