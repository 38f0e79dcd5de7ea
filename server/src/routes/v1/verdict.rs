//! How a decision about a face reads in an answer.

use ::events::{MatchRule, Nearest, Verdict};
use embedding::Distance;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Reason;
use crate::quality::Judged;
use crate::scores::{Score, Scores};

/// What was decided about a face, and on what grounds. Keys below admin are told the numbers of a match alone, unless
/// the server has `scores = all`.
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
    /// Distance of the nearest user, or of the one asked about; null for a key below admin unless it is a match.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.2384)]
    distance: Score<f32>,
    /// `(1 - distance) * 100`, never below 0 and rounded down; **not** a probability. Null where the distance is.
    #[schema(value_type = Option<f64>, required = true, minimum = 0, maximum = 100, example = 76.15)]
    confidence: Score<f64>,
    /// Largest distance that counts as a match; where the distance is null, that of a user of one picture.
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
    /// How much farther away the second user is; null when there is none, and for a key below admin.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.3571)]
    margin: Score<f32>,
    /// The nearest users, nearest first, whether near enough or not; as many as asked for. For a key below admin the
    /// user of a match alone.
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
    #[schema(value_type = f32, minimum = 0, example = 0.2384)]
    distance: Score<f32>,
    /// `(1 - distance) * 100`, never below 0 and rounded down.
    #[schema(value_type = f64, minimum = 0, maximum = 100, example = 76.15)]
    confidence: Score<f64>,
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

impl VerdictResponse {
    /// A verdict as those read it who are told so much.
    pub(crate) fn new(Judged { verdict, shortcomings }: &Judged, scores: Scores) -> Self {
        let Verdict {
            decision,
            nearest,
            candidates,
            margin,
            limit,
            limit_of_one_sample,
            model,
            users_compared,
            exact,
        } = verdict;
        let matched = verdict.matched();
        let is_match = matched.is_some();
        // Also the limit tells of the nearest user: how many samples they have.
        let limit = if is_match || scores.are_all() { limit } else { limit_of_one_sample };
        let candidates = candidates.iter().filter_map(|near| {
            let is_match = matched == Some(&near.user);
            (is_match || scores.are_all()).then(|| Candidate::new(near, is_match, scores))
        });
        Self {
            decision: decision.as_str(),
            user: matched.map(ToString::to_string),
            shortcomings: shortcomings.clone(),
            distance: scores.show(is_match, nearest.distance.value()),
            confidence: scores.show(is_match, verdict.confidence().percent()),
            threshold: limit.threshold.value(),
            threshold_basis: limit.basis.as_str(),
            match_rule: RuleResponse::from(limit.rule),
            expected_false_match_rate: limit.expected_false_match_rate,
            // With the distance of the nearest user it would be that of the second.
            margin: scores.show_other(margin.map(Distance::value)),
            candidates: candidates.collect(),
            users_compared: *users_compared,
            exact: *exact,
            model: model.to_string(),
        }
    }
}

impl Candidate {
    fn new(Nearest { user, distance }: &Nearest, is_match: bool, scores: Scores) -> Self {
        let confidence = scores.show(is_match, distance.confidence().percent());
        Self { user: user.to_string(), distance: scores.show(is_match, distance.value()), confidence }
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
