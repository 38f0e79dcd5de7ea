//! The quality gate: whether a face is shown well enough to be enrolled and, as a probe, to be decided on.

use events::{Metadata, Verdict};
use face_core::{FaceError, Pose, Purpose, Quality};
use serde_json::json;

use crate::error::{ApiError, Reason};
use crate::metrics::{Metrics, REFUSED};

/// What to do with a face that falls short of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QualityGate {
    /// Refuse it.
    Refuse,
    /// Take it, and say what falls short.
    Warn,
    /// Take it without a warning, and decide on any probe.
    Off,
}

impl QualityGate {
    /// What to warn of; empty for a good face.
    ///
    /// # Errors
    /// [`ApiError::LowQuality`] for a face that is not to be taken.
    pub(crate) fn check(self, quality: &Quality) -> Result<Vec<Reason>, ApiError> {
        let reasons = Reason::from_quality(quality);
        match self {
            Self::Refuse if !reasons.is_empty() => Err(ApiError::LowQuality(reasons)),
            Self::Refuse | Self::Warn => Ok(reasons),
            Self::Off => Ok(Vec::new()),
        }
    }

    /// What keeps a probe from being decided on; empty for one that can be.
    pub(crate) fn shortcomings(self, quality: &Quality) -> Vec<Reason> {
        if self == Self::Off { Vec::new() } else { Reason::from_probe_quality(quality) }
    }

    /// What is to be said of a verdict on a probe: a face that is shown too badly to decide on is nobody's, whoever
    /// it is near to, since ruined pictures of all people are near each other. With the reasons, empty for a face
    /// that was decided on.
    pub(crate) fn judge(self, verdict: Verdict, quality: &Quality) -> Judged {
        let shortcomings = self.shortcomings(quality);
        let verdict = if shortcomings.is_empty() { verdict } else { verdict.withheld() };
        Judged { verdict, shortcomings }
    }
}

/// The gate, and the metrics that count what it finds.
#[derive(Debug, Clone)]
pub(crate) struct CountingGate {
    gate: QualityGate,
    metrics: Metrics,
}

impl CountingGate {
    /// The same gate, counted.
    pub(crate) fn new(gate: QualityGate, metrics: Metrics) -> Self {
        Self { gate, metrics }
    }

    /// As [`QualityGate::check`].
    ///
    /// # Errors
    /// As there.
    pub(crate) fn check(&self, quality: &Quality) -> Result<Vec<Reason>, ApiError> {
        let checked = self.gate.check(quality);
        match &checked {
            Ok(reasons) | Err(ApiError::LowQuality(reasons)) => self.count(reasons),
            Err(_) => {}
        }
        checked
    }

    /// As [`QualityGate::shortcomings`].
    pub(crate) fn shortcomings(&self, quality: &Quality) -> Vec<Reason> {
        let shortcomings = self.gate.shortcomings(quality);
        self.count(&shortcomings);
        shortcomings
    }

    /// As [`QualityGate::judge`].
    pub(crate) fn judge(&self, verdict: Verdict, quality: &Quality) -> Judged {
        let judged = self.gate.judge(verdict, quality);
        self.count(&judged.shortcomings);
        self.counted(judged)
    }

    /// Counts a verdict that was judged elsewhere, of a face whose shortcomings are counted already.
    pub(crate) fn counted(&self, judged: Judged) -> Judged {
        let is_decided = judged.shortcomings.is_empty();
        self.metrics.verdict(if is_decided { judged.verdict.decision.as_str() } else { REFUSED });
        judged
    }

    /// Counts a picture that cannot be used.
    pub(crate) fn refused(&self, error: &FaceError, purpose: Purpose) {
        let Some(reason) = Reason::from_face_error(error) else { return };
        self.metrics.reason(reason.code());
        if purpose == Purpose::Probe {
            self.metrics.verdict(REFUSED);
        }
    }

    fn count(&self, reasons: &[Reason]) {
        reasons.iter().for_each(|reason| self.metrics.reason(reason.code()));
    }
}

/// A verdict on a probe, and what keeps it from naming anybody.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) shortcomings: Vec<Reason>,
}

/// What was measured of a face, as it is kept with it.
pub(crate) fn measured(quality: &Quality) -> Metadata {
    // The detector's score is kept beside them, that of each detector.
    let Quality {
        eye_distance,
        brightness,
        contrast,
        sharpness,
        pose,
        inside,
        blockiness,
        detection_score: _,
        recognisability,
    } = *quality;
    let values = [
        ("eye_distance", eye_distance),
        ("brightness", brightness),
        ("contrast", contrast),
        ("sharpness", sharpness),
        ("inside", inside),
        ("blockiness", blockiness),
    ];
    let angles = pose.map(|Pose { yaw, pitch, roll }| [("yaw", yaw), ("pitch", pitch), ("roll", roll)]);
    let recognisability = recognisability.map(|value| ("recognisability", value));
    let all = values.into_iter().chain(angles.into_iter().flatten()).chain(recognisability);
    all.map(|(name, value)| (name.to_owned(), json!(value))).collect()
}
