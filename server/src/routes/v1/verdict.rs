//! How a decision about a face reads in an answer.

use ::events::{MatchRule, Nearest, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Reason;
use crate::quality::Judged;

/// What was decided about a face, and on what grounds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerdictResponse {
    /// `match`, `no_match`, or `ambiguous`: two users are near enough and too nearly alike to choose. A face that is
    /// shown too badly to decide on is `no_match`, however near it is: see `shortcomings`.
    #[schema(example = "match")]
    decision: &'static str,
    /// Whose face it is; null unless it is a match.
    #[schema(required = true, example = "john_doe")]
    user: Option<String>,
    /// What keeps the face from being decided on; empty when it was.
    #[schema(example = json!([]))]
    shortcomings: Vec<Reason>,
    /// Distance of the nearest user, or of the one asked about.
    #[schema(minimum = 0, example = 0.2384)]
    distance: f32,
    /// `(1 - distance) * 100`, never below 0 and rounded down; **not** a probability.
    #[schema(minimum = 0, maximum = 100, example = 76.15)]
    confidence: f64,
    /// Largest distance that counts as a match.
    #[schema(minimum = 0, example = 0.3824)]
    threshold: f32,
    /// What the threshold rests on: `fixed`, `measured`, `below_measured`, `above_measured`, or
    /// `capped`: the target would allow more than the largest threshold, 0.4.
    #[schema(example = "measured")]
    threshold_basis: &'static str,
    /// The rule that it follows from.
    match_rule: RuleResponse,
    /// How often a search for a stranger is expected to name somebody at this threshold, 0 to 1; null where it
    /// was not measured.
    #[schema(required = true, minimum = 0, maximum = 1, example = 0.031)]
    expected_false_match_rate: Option<f64>,
    /// How much farther away the second user is; null when there is none.
    #[schema(required = true, minimum = 0, example = 0.3571)]
    margin: Option<f32>,
    /// The nearest users, nearest first, whether near enough or not; as many as asked for.
    candidates: Vec<Candidate>,
    /// How many users the face was compared with.
    #[schema(example = 1500)]
    users_compared: usize,
    /// Whether nobody can be nearer. Only an approximate index of a database can pass a user over.
    #[schema(example = true)]
    exact: bool,
    /// The model in whose distances all this is.
    #[schema(example = "sface-2021dec")]
    model: String,
}

/// A user and the distance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidate {
    /// The user.
    #[schema(example = "john_doe")]
    user: String,
    /// The distance.
    #[schema(minimum = 0, example = 0.2384)]
    distance: f32,
    /// `(1 - distance) * 100`, never below 0 and rounded down.
    #[schema(minimum = 0, maximum = 100, example = 76.15)]
    confidence: f64,
}

/// When two faces are the same person's: exactly one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RuleResponse {
    /// A match is at most this far away.
    Threshold(RuleDistance),
    /// The threshold follows from the event's present size, so that a search for a stranger names somebody this
    /// often at most: above 0 and below 1.
    TargetFalseMatchRate(RuleRate),
}

/// A distance of the event's model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(minimum = 0, example = 0.4)]
pub(crate) struct RuleDistance(pub(super) f32);

/// How often a search for a stranger may name somebody.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(exclusive_minimum = 0, exclusive_maximum = 1, example = 0.01)]
pub(crate) struct RuleRate(pub(super) f64);

impl From<&Judged> for VerdictResponse {
    fn from(Judged { verdict, shortcomings }: &Judged) -> Self {
        let Verdict { decision, nearest, candidates, margin, limit, model, users_compared, exact } = verdict;
        Self {
            decision: decision.as_str(),
            user: verdict.matched().map(ToString::to_string),
            shortcomings: shortcomings.clone(),
            distance: nearest.distance.value(),
            confidence: verdict.confidence().percent(),
            threshold: limit.threshold.value(),
            threshold_basis: limit.basis.as_str(),
            match_rule: RuleResponse::from(limit.rule),
            expected_false_match_rate: limit.expected_false_match_rate,
            margin: margin.map(|margin| margin.value()),
            candidates: candidates.iter().map(Candidate::from).collect(),
            users_compared: *users_compared,
            exact: *exact,
            model: model.to_string(),
        }
    }
}

impl From<&Nearest> for Candidate {
    fn from(Nearest { user, distance }: &Nearest) -> Self {
        let confidence = distance.confidence().percent();
        Self { user: user.to_string(), distance: distance.value(), confidence }
    }
}

impl From<MatchRule> for RuleResponse {
    fn from(rule: MatchRule) -> Self {
        match rule {
            MatchRule::Threshold(threshold) => Self::Threshold(RuleDistance(threshold.value())),
            MatchRule::TargetFalseMatchRate(target) => Self::TargetFalseMatchRate(RuleRate(target.value())),
            // Of a later version: nothing is ever within it.
            _ => Self::Threshold(RuleDistance(0.0)),
        }
    }
}
