//! The models whose faces a service decides about, and by which policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use embedding::{DistanceScale, ModelId};
use embedding_store::EventName;

use super::EventService;
use crate::limit::Limits;
use crate::{Calibration, EventError, MatchLimit, MatchPolicy, MatchRule, RuleError};

/// A model, and how faces of it are decided about.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedModel {
    /// Its id.
    pub model: ModelId,
    /// When two of its faces are the same person's, where an event does not say.
    pub policy: MatchPolicy,
    /// What was measured of its distances: on the policy's scale, and with the crops that faces are embedded from.
    /// Without, there are no targets and no expected rates.
    pub calibration: Option<Arc<Calibration>>,
}

impl ServedModel {
    /// A model of which nothing was measured.
    #[must_use]
    pub fn new(model: ModelId, policy: MatchPolicy) -> Self {
        Self { model, policy, calibration: None }
    }

    /// What a rule, or without one that of the policy, comes to among so many users with one sample each.
    ///
    /// # Errors
    /// [`RuleError`] when it comes to nothing.
    pub fn limit(&self, rule: Option<MatchRule>, users: usize) -> Result<MatchLimit, RuleError> {
        Limits::new(&self.model, self.policy, self.calibration.clone())?.limit_for(rule, users, 1)
    }

    /// The same with what was measured of it.
    #[must_use]
    pub fn with_calibration(self, calibration: Arc<Calibration>) -> Self {
        Self { calibration: Some(calibration), ..self }
    }
}

/// The limits of each model that is served.
#[derive(Debug)]
pub(super) struct Models {
    default: ModelId,
    limits: BTreeMap<ModelId, Limits>,
}

impl Models {
    /// `first` is the model of events that come into being.
    ///
    /// # Errors
    /// [`RuleError`] when a policy cannot be kept, or a calibration is of other distances.
    pub(super) fn new(first: ServedModel, others: Vec<ServedModel>) -> Result<Self, RuleError> {
        let default = first.model.clone();
        let mut limits = BTreeMap::new();
        // The first comes last, so that it holds when it is named among the others too.
        for ServedModel { model, policy, calibration } in others.into_iter().chain([first]) {
            limits.insert(model.clone(), Limits::new(&model, policy, calibration)?);
        }
        Ok(Self { default, limits })
    }

    /// The model of events that come into being.
    pub(super) fn default_model(&self) -> &ModelId {
        &self.default
    }

    /// The limits of a model; `None` of one that is not served.
    pub(super) fn get(&self, model: &ModelId) -> Option<&Limits> {
        self.limits.get(model)
    }

    /// The scale of a model's distances. Faces of one that is not served are held all the same, and never compared.
    pub(super) fn scale(&self, model: &ModelId) -> DistanceScale {
        self.get(model).map_or(DistanceScale::UNIT, Limits::scale)
    }

    /// The limits of an event's model.
    ///
    /// # Errors
    /// [`EventError::ModelMismatch`] when it is not served.
    pub(super) fn of_event(&self, event: &EventName, model: &ModelId) -> Result<&Limits, EventError> {
        self.get(model).ok_or_else(|| mismatch(event, model, &self.default))
    }
}

pub(super) fn mismatch(event: &EventName, expected: &ModelId, given: &ModelId) -> EventError {
    EventError::ModelMismatch { event: event.clone(), expected: expected.clone(), given: given.clone() }
}

impl EventService {
    /// The model of events that come into being.
    #[must_use]
    pub fn default_model(&self) -> &ModelId {
        self.inner.models.default_model()
    }

    /// The model of an event's faces; of an event that is not there, the one that it would have.
    ///
    /// # Errors
    /// [`EventError::ModelMismatch`] when the event's model is not served here; [`EventError::Store`] when the event
    /// had to be read again and could not, or changes have not been seen for too long.
    pub async fn model_of(&self, event: &EventName) -> Result<ModelId, EventError> {
        let Some(loaded) = self.inner.known(event).await? else { return Ok(self.default_model().clone()) };
        self.inner.models.of_event(event, loaded.model())?;
        Ok(loaded.model().clone())
    }

    /// The models of all events that are there, served or not.
    #[must_use]
    pub fn models_in_use(&self) -> BTreeSet<ModelId> {
        self.inner.galleries.models()
    }

    /// Whether events of a model are served.
    #[must_use]
    pub fn serves(&self, model: &ModelId) -> bool {
        self.inner.models.get(model).is_some()
    }

    /// What a rule comes to for faces of a model among so many users with one sample each; without one, the
    /// service's own. With more samples a user a target comes to a lower threshold.
    ///
    /// # Errors
    /// [`RuleError`] when it comes to nothing here.
    pub fn limit(
        &self,
        model: &ModelId,
        rule: Option<MatchRule>,
        users: usize,
    ) -> Result<MatchLimit, RuleError> {
        let limits = self.inner.models.get(model).ok_or(RuleError::OtherCalibration)?;
        limits.limit_for(rule, users, 1)
    }

    /// Whether a rule may be given to an event of that model.
    ///
    /// # Errors
    /// [`RuleError`] says why not.
    pub fn check_rule(&self, model: &ModelId, rule: MatchRule) -> Result<(), RuleError> {
        self.inner.models.get(model).ok_or(RuleError::OtherCalibration)?.check(rule)
    }
}
