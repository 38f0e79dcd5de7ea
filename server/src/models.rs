//! The models that are served: each with its scale, its rule for a match, and what was measured of it.

use std::sync::Arc;

use anyhow::Context;
use embedding::{DistanceScale, Metric};
use events::{Calibration, CalibrationSetting, FalseMatchRate, MatchPolicy, MatchRule, ServedModel};
use face_core::{EmbedderInfo, FaceEngine, Purpose};

use crate::calibration;
use crate::config::{AskedRule, Config, DLIB, USUAL_TARGET};

/// Every embedder of the models folder, the one of new events first.
///
/// # Errors
/// When a calibration cannot be read, or a target was asked for that nothing was measured for.
pub(crate) fn served(
    config: &Config,
    engine: &FaceEngine,
) -> anyhow::Result<(ServedModel, Vec<ServedModel>)> {
    let mut others = Vec::new();
    let mut first = None;
    for info in engine.embedders() {
        let is_first = info.id() == engine.model();
        let served = serve(config, info, is_first)?;
        if is_first {
            first = Some(served);
        } else {
            others.push(served);
        }
    }
    Ok((first.context("the models folder has no embedder")?, others))
}

fn serve(config: &Config, info: &EmbedderInfo, is_first: bool) -> anyhow::Result<ServedModel> {
    let is_raw = config.space == Metric::Raw && info.id().as_str() == DLIB;
    let scale = if is_raw { DistanceScale::RAW } else { info.scale() };
    let calibration = measured_calibration(config, info, scale)?;
    let usual = if is_raw { MatchPolicy::raw() } else { MatchPolicy::default() };
    let target = |rate: FalseMatchRate| MatchRule::TargetFalseMatchRate(rate);
    let rule = match config.rule() {
        // Thresholds are meant in the space that is set.
        AskedRule::Threshold(threshold) if scale.metric() == config.space => MatchRule::Threshold(threshold),
        AskedRule::Fixed => usual.rule,
        // Of the first model it was asked for: the start then says that it cannot be kept.
        AskedRule::Target(rate) if is_first || calibration.is_some() => target(rate),
        // A threshold of the other space says nothing of this model: it gets the rule it has when nothing is
        // asked for.
        AskedRule::Usual | AskedRule::Threshold(_) if calibration.is_some() => {
            target(FalseMatchRate::new(USUAL_TARGET).context("the usual target is a rate")?)
        }
        AskedRule::Usual | AskedRule::Threshold(_) | AskedRule::Target(_) => {
            if is_first {
                warn_of_fixed(info, usual.rule);
            }
            usual.rule
        }
    };
    let policy = MatchPolicy { rule, margin: config.margin.unwrap_or(usual.margin), scale };
    Ok(ServedModel { model: info.id().clone(), policy, calibration: calibration.map(Arc::new) })
}

fn warn_of_fixed(info: &EmbedderInfo, rule: MatchRule) {
    let MatchRule::Threshold(threshold) = rule else { return };
    tracing::warn!(
        model = %info.id(),
        enrolled_crops = info.crops(Purpose::Enrolment).count(),
        probe_crops = info.crops(Purpose::Probe).count(),
        %threshold,
        "no error rates were measured with these settings: the threshold is fixed, however large an event is"
    );
}

/// What was measured of a model with the crops and the scale in use.
fn measured_calibration(
    config: &Config,
    info: &EmbedderInfo,
    scale: DistanceScale,
) -> anyhow::Result<Option<Calibration>> {
    let crops = |purpose| u32::try_from(info.crops(purpose).count());
    let setting = CalibrationSetting {
        model: info.id().clone(),
        enrolled_crops: crops(Purpose::Enrolment)?,
        probe_crops: crops(Purpose::Probe)?,
        scale,
    };
    calibration::read(&config.models, &setting)
}
