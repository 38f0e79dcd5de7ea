//! Pictures that give no embedding, and faces that the quality gate refuses to enrol, by reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::embedding_run::EmbeddingRun;
use crate::statistics::Proportion;

/// Failures before anything is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentReport {
    /// Failure to acquire: pictures in which no face was found, or that cannot be read.
    pub not_acquired: Proportion,
    /// Failure to enrol: faces that the gate refuses, of those found.
    pub refused: Proportion,
    /// Faces refused for each reason, by its code; a face may have several.
    pub reasons: BTreeMap<String, usize>,
    /// Whether refused pictures were left out of all rates, as `--gate` asks for.
    pub left_out: bool,
}

impl EnrolmentReport {
    /// Counts the outcomes of a run.
    #[must_use]
    pub fn from_run(run: &EmbeddingRun, left_out: bool) -> Self {
        let (mut not_acquired, mut refused) = (Proportion::default(), Proportion::default());
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for outcome in &run.outcomes {
            let face = outcome.embedded();
            not_acquired.add(face.is_none());
            // Of the faces alone: a picture without one never reached the gate.
            let Some(face) = face else { continue };
            refused.add(!face.passes_gate());
            for code in &face.shortcomings {
                *reasons.entry(code.as_str().to_owned()).or_default() += 1;
            }
        }
        Self { not_acquired, refused, reasons, left_out }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use face_core::{Embedding, ModelId, Quality, QualityCode};

    use super::*;
    use crate::outcome::{EmbeddedPicture, Outcome, Times};

    fn embedded(shortcomings: Vec<QualityCode>) -> Outcome {
        let model = ModelId::new("test").unwrap();
        Outcome::Embedded(EmbeddedPicture {
            enrolled: Embedding::new(model, [1.0; 128]).unwrap(),
            probe: None,
            quality: Quality {
                eye_distance: 40.0,
                brightness: 100.0,
                contrast: 30.0,
                sharpness: 0.4,
                pose: None,
                inside: 1.0,
                blockiness: 1.1,
                detection_score: None,
                recognisability: None,
            },
            shortcomings,
            faces: 1,
        })
    }

    #[test]
    fn failures_are_counted_each_of_those_that_could_fail_and_by_reason() {
        let outcomes = vec![
            embedded(vec![]),
            embedded(vec![QualityCode::TooDark, QualityCode::Blurred]),
            embedded(vec![QualityCode::Blurred]),
            Outcome::NoFace,
            Outcome::Unusable("no picture".to_owned()),
        ];
        let (times, wall) = (Times::default(), Duration::ZERO);
        let run = EmbeddingRun { outcomes, times, wall, threads: 1, sides_differ: false };
        let report = EnrolmentReport::from_run(&run, false);
        assert_eq!(report.not_acquired, Proportion { count: 2, of: 5 });
        assert_eq!(report.refused, Proportion { count: 2, of: 3 });
        let reasons: Vec<_> = report.reasons.iter().map(|(code, count)| (code.as_str(), *count)).collect();
        assert_eq!(reasons, [("blurred", 2), ("too_dark", 1)]);
        assert!(run.passes_gate(0) && !run.passes_gate(1) && !run.passes_gate(3) && !run.passes_gate(9));
    }
}
