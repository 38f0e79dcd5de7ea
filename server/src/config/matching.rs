//! The settings of a match, which depend on each other: what is compared, how near is near enough, and the margin.

use std::ops::RangeInclusive;

use embedding::{Distance, Metric};
use events::{FalseMatchRate, MatchPolicy, MatchRule};
use face_core::Crops;

use super::settings::{CROPS, MARGIN, SPACE, TARGET_FMR, THRESHOLD};
use super::{ConfigError, Origin, Reader, values};

/// Margins beyond this leave hardly anyone to be named in an event of some size.
const MARGINS: RangeInclusive<f32> = 0.0..=0.2;

impl Reader<'_> {
    /// The policy, with the thresholds of the space it is in.
    pub(super) fn policy(&mut self) -> Result<MatchPolicy, ConfigError> {
        let crops = self.sources.value(&CROPS).and_then(|(text, _)| values::crops(text).ok());
        let metric = self.required(&SPACE, |text| space(text, crops))?;
        let usual = match metric {
            Metric::Unit => MatchPolicy::default(),
            Metric::Raw => MatchPolicy::raw(),
        };
        let rule = self.or_else(
            &THRESHOLD,
            |text| threshold(text, metric).map(MatchRule::Threshold),
            || (usual.rule, shown(usual.rule)),
        )?;
        let has_threshold =
            self.sources.value(&THRESHOLD).is_some_and(|(_, origin)| origin != Origin::Default);
        let target = self.required(&TARGET_FMR, |text| target(text, has_threshold))?;
        let margin = self.or_else(&MARGIN, margin, || (usual.margin, usual.margin.value().to_string()))?;
        Ok(MatchPolicy { rule: target.map_or(rule, MatchRule::TargetFalseMatchRate), margin, metric })
    }
}

fn shown(rule: MatchRule) -> String {
    match rule {
        MatchRule::Threshold(threshold) => threshold.value().to_string(),
        MatchRule::TargetFalseMatchRate(_) | _ => String::new(),
    }
}

fn space(text: &str, crops: Option<Crops>) -> Result<Metric, String> {
    match text {
        "unit" => Ok(Metric::Unit),
        "raw" if crops == Some(Crops::One) => Ok(Metric::Raw),
        "raw" => Err("raw distances are those of one crop: give crops = 1 with it".to_owned()),
        _ => Err("give unit or raw".to_owned()),
    }
}

/// Outside of this range the threshold of the default embedder decides next to nothing. Between unit vectors
/// nearly everyone is turned away at 0.2, and one comparison with a stranger in six is a match at 0.5 (see
/// docs/API.md); a raw distance is about 1.43 times that.
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
        Metric::Unit => format!(
            "give a distance between unit vectors from {from} to {to}; 0.4 is the default, and a raw distance of 0.6 \
             is about 0.42 here"
        ),
        Metric::Raw => format!("give a distance between raw vectors from {from} to {to}; 0.6 is the default"),
    };
    within(text, &allowed).ok_or_else(refusal)
}

/// Empty for none. With a target the threshold follows, so none is given.
fn target(text: &str, has_threshold: bool) -> Result<Option<FalseMatchRate>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if has_threshold {
        return Err("a threshold is given too: give one of the two".to_owned());
    }
    let rate = text.parse().ok().and_then(|rate| FalseMatchRate::new(rate).ok());
    rate.map(Some).ok_or_else(|| {
        "give the share of strangers who may be named, above 0 and below 1, such as 0.01; empty for none"
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
