//! Comparison: how alike two faces are that belong to no event.

use embedding::{Distance, Embedding, ModelId, Template};

use super::EventService;
use crate::{AuditEntry, Decision, EventError, MatchLimit, Outcome, RuleError};

/// What came of comparing two faces.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// [`Decision::Match`] or [`Decision::NoMatch`]: there is nobody else whom it could be.
    pub decision: Decision,
    /// How far the faces are apart.
    pub distance: Distance,
    /// The distance that was allowed, and what is to be expected of it.
    pub limit: MatchLimit,
    /// The model in whose distances all this is.
    pub model: ModelId,
}

impl Comparison {
    /// The audit's entry about it.
    #[must_use]
    pub fn audited(&self, entry: AuditEntry) -> AuditEntry {
        let entry = entry.with_outcome(Outcome::from(self.decision));
        entry.with_distance(self.distance, self.limit.threshold, self.model.clone())
    }
}

impl EventService {
    /// Compares two faces by the service's own rule, as if the first had been enrolled and the second were the probe.
    /// Nothing is looked up and nothing is kept.
    ///
    /// # Errors
    /// [`EventError::Embedding`] when a face has no direction or they are of two models, and [`EventError::Policy`]
    /// when their model is not served.
    pub fn compare(&self, enrolled: &Embedding, probe: &Embedding) -> Result<Comparison, EventError> {
        let model = enrolled.model().clone();
        let limits = self.inner.models.get(&model);
        let limits = limits.ok_or(EventError::Policy(RuleError::OtherCalibration))?;
        let template = |face| Template::from_embeddings(limits.scale(), [face]);
        let distance = template(enrolled)?.distance(&template(probe)?)?;
        // One comparison of one sample each: the limit of an event with one user.
        let limit = limits.limit_for(None, 1, 1).map_err(EventError::Policy)?;
        let decision = if distance <= limit.threshold { Decision::Match } else { Decision::NoMatch };
        Ok(Comparison { decision, distance, limit, model })
    }
}
