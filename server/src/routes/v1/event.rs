//! An event as clients see it, and what they may set of it.

use ::events::{
    DuplicatePolicy, EventChange, EventDetails, EventName, EventSettings, FalseMatchRate, MatchLimit,
    MatchRule, Metadata,
};
use embedding::{Distance, ModelId};
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::verdict::{RuleDistance, RuleRate, RuleResponse};
use crate::error::ApiError;
use crate::service::Service;

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventResponse {
    /// Its name.
    #[schema(example = "conference_2024")]
    name: String,
    /// How many users are registered.
    #[schema(example = 15)]
    user_count: usize,
    /// The model of its faces.
    #[schema(example = "sface-2021dec")]
    model: String,
    /// Its own rule for a match; null where the service's holds.
    #[schema(required = true)]
    match_rule: Option<RuleResponse>,
    /// The threshold that the rule comes to at its present size; null where the rule cannot be kept here.
    #[schema(required = true, minimum = 0, example = 0.4)]
    threshold: Option<f32>,
    /// How often a search for a stranger is expected to name somebody, 0 to 1; null where it was not measured.
    #[schema(required = true, minimum = 0, maximum = 1, example = 0.058)]
    expected_false_match_rate: Option<f64>,
    /// What is done about a face that is there already under another name; null where the service decides.
    #[schema(required = true)]
    on_duplicate: Option<OnDuplicate>,
    /// What is done about a face that is unlike the user's others; null where the service decides.
    #[schema(required = true)]
    on_other_person: Option<OnOtherPerson>,
    /// What its owner should know; empty when all is well.
    warnings: Vec<EventWarning>,
    /// When it is erased with everything in it; null when it is kept.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<OffsetDateTime>,
    /// The client's own data.
    #[schema(value_type = Object)]
    metadata: Metadata,
    /// When it came into being.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    created: OffsetDateTime,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    updated: OffsetDateTime,
}

/// Something that the owner of an event should know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventWarning {
    /// Stable name: `many_strangers_named`, of a fixed threshold by which more than 5 % of strangers are expected to
    /// be named; `model_not_served`, of an event whose model the server does not have. More may come.
    #[schema(example = "many_strangers_named")]
    code: &'static str,
    /// What it means, and what to do.
    #[schema(
        example = "The fixed threshold names 33 % of strangers among so many users: give the event a target"
    )]
    detail: String,
}

/// What to do about a face to enrol that is unlike the user's others: another person's picture, as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnOtherPerson {
    /// Enrol nothing of the request: 409 `other_person`.
    Reject,
    /// Enrol, and say so.
    Warn,
    /// Enrol.
    Allow,
}

/// What to do about a face to enrol that is in the event already, under another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnDuplicate {
    /// Enrol nobody: 409 `duplicate_person`.
    Reject,
    /// Enrol, and name the other.
    Warn,
    /// Enrol.
    Allow,
}

/// What an event is to be. What is left out is the service's to decide, or empty.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBody {
    /// The model of its faces, for life: `sface-2021dec` unless the server says otherwise, or `dlib-resnet-v1`. Of an
    /// event that is there it can only be the one that it has.
    #[schema(pattern = "^(sface-2021dec|dlib-resnet-v1)$", example = "sface-2021dec")]
    model: Option<String>,
    /// When two faces are the same person's.
    match_rule: Option<RuleResponse>,
    /// What to do about a face that is there already under another name.
    on_duplicate: Option<OnDuplicate>,
    /// What to do about a face that is unlike the user's others.
    on_other_person: Option<OnOtherPerson>,
    /// When it is to be erased with everything in it: a time to come, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<OffsetDateTime>,
    /// The client's own data.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
}

/// What of an event is to be another. What is left out stays; null takes it away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventPatch {
    /// When two faces are the same person's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<RuleResponse>)]
    match_rule: Option<Option<RuleResponse>>,
    /// What to do about a face that is there already under another name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OnDuplicate>)]
    on_duplicate: Option<Option<OnDuplicate>>,
    /// What to do about a face that is unlike the user's others.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OnOtherPerson>)]
    on_other_person: Option<Option<OnOtherPerson>>,
    /// When it is to be erased with everything in it: a time to come, RFC 3339.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<Option<Time>>,
    /// The client's own data, as a whole.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Option<Metadata>>,
}

/// A time in RFC 3339.
#[derive(Debug, Clone, Copy, Deserialize)]
// A type that reads itself, as `given` needs one: `rfc3339::option` could not tell null from what is left out.
pub(super) struct Time(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

/// Tells what is given as null from what is left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

pub(super) fn shown(service: &Service, EventDetails { record, user_count }: EventDetails) -> EventResponse {
    // An event whose rule cannot be kept is shown all the same: its owner has to see it to change it.
    let limit = service.events.limit(&record.model, record.match_rule, user_count).ok();
    let warnings = warnings(service, &record.model, limit.as_ref());
    EventResponse {
        name: record.name.to_string(),
        user_count,
        model: record.model.to_string(),
        match_rule: record.match_rule.map(RuleResponse::from),
        threshold: limit.map(|limit| limit.threshold.value()),
        expected_false_match_rate: limit.and_then(|limit| limit.expected_false_match_rate),
        on_duplicate: record.on_duplicate.and_then(OnDuplicate::of),
        on_other_person: record.on_other_person.and_then(OnOtherPerson::of),
        warnings,
        retain_until: record.retain_until,
        metadata: record.metadata,
        created: record.created,
        updated: record.updated,
    }
}

fn warnings(service: &Service, model: &ModelId, limit: Option<&MatchLimit>) -> Vec<EventWarning> {
    let mut warnings = Vec::new();
    if !service.events.serves(model) {
        let detail =
            format!("The server does not have the model {model}: nobody can be enrolled or recognised");
        warnings.push(EventWarning { code: "model_not_served", detail });
    }
    let lax = limit.filter(|limit| limit.names_many_strangers());
    if let Some(rate) = lax.and_then(|limit| limit.expected_false_match_rate) {
        let detail = format!(
            "The fixed threshold names {:.0} % of strangers among so many users: give the event a target",
            rate * 100.0
        );
        warnings.push(EventWarning { code: "many_strangers_named", detail });
    }
    warnings
}

impl OnOtherPerson {
    /// `None` for a policy of a later version.
    fn of(policy: DuplicatePolicy) -> Option<Self> {
        OnDuplicate::of(policy).map(|policy| match policy {
            OnDuplicate::Reject => Self::Reject,
            OnDuplicate::Warn => Self::Warn,
            OnDuplicate::Allow => Self::Allow,
        })
    }
}

impl From<OnOtherPerson> for DuplicatePolicy {
    fn from(policy: OnOtherPerson) -> Self {
        match policy {
            OnOtherPerson::Reject => Self::Reject,
            OnOtherPerson::Warn => Self::Warn,
            OnOtherPerson::Allow => Self::Allow,
        }
    }
}

impl OnDuplicate {
    /// `None` for a policy of a later version.
    fn of(policy: DuplicatePolicy) -> Option<Self> {
        match policy {
            DuplicatePolicy::Reject => Some(Self::Reject),
            DuplicatePolicy::Warn => Some(Self::Warn),
            DuplicatePolicy::Allow => Some(Self::Allow),
            _ => None,
        }
    }
}

impl From<OnDuplicate> for DuplicatePolicy {
    fn from(policy: OnDuplicate) -> Self {
        match policy {
            OnDuplicate::Reject => Self::Reject,
            OnDuplicate::Warn => Self::Warn,
            OnDuplicate::Allow => Self::Allow,
        }
    }
}

impl EventBody {
    pub(super) async fn checked(
        self,
        service: &Service,
        event: &EventName,
    ) -> Result<EventSettings, ApiError> {
        let Self { model, match_rule, on_duplicate, on_other_person, retain_until, metadata } = self;
        let model = model.map(|id| service.inference.model_named(&id)).transpose()?;
        let match_rule = match (match_rule, &model) {
            (None, _) => None,
            (Some(rule), Some(model)) => Some(checked_rule(service, model, rule)?),
            // A distance means something in one model alone: in that of the event, or else in that of new events.
            (Some(rule), None) => Some(checked_rule(service, &service.events.model_of(event).await?, rule)?),
        };
        Ok(EventSettings {
            model,
            match_rule,
            on_duplicate: on_duplicate.map(DuplicatePolicy::from),
            on_other_person: on_other_person.map(DuplicatePolicy::from),
            retain_until: retain_until.map(to_come).transpose()?,
            metadata: metadata.unwrap_or_default(),
        })
    }
}

impl EventPatch {
    pub(super) async fn checked(self, service: &Service, event: &EventName) -> Result<EventChange, ApiError> {
        let Self { match_rule, on_duplicate, on_other_person, retain_until, metadata } = self;
        let match_rule = match match_rule {
            Some(Some(rule)) => {
                Some(Some(checked_rule(service, &service.events.model_of(event).await?, rule)?))
            }
            Some(None) => Some(None),
            None => None,
        };
        let time = |time: Option<Time>| time.map(|Time(time)| to_come(time)).transpose();
        Ok(EventChange {
            match_rule,
            model: None,
            on_duplicate: on_duplicate.map(|policy| policy.map(DuplicatePolicy::from)),
            on_other_person: on_other_person.map(|policy| policy.map(DuplicatePolicy::from)),
            retain_until: retain_until.map(time).transpose()?,
            metadata: metadata.map(Option::unwrap_or_default),
        })
    }
}

fn checked_rule(service: &Service, model: &ModelId, rule: RuleResponse) -> Result<MatchRule, ApiError> {
    let unfit = |reason: &dyn std::fmt::Display| ApiError::Field(format!("field 'match_rule': {reason}"));
    let rule = match rule {
        RuleResponse::Threshold(RuleDistance(value)) => {
            MatchRule::Threshold(Distance::new(value).map_err(|e| unfit(&e))?)
        }
        RuleResponse::TargetFalseMatchRate(RuleRate(value)) => {
            MatchRule::TargetFalseMatchRate(FalseMatchRate::new(value).map_err(|e| unfit(&e))?)
        }
    };
    service.events.check_rule(model, rule)?;
    Ok(rule)
}

/// What is to be erased at a time that is over would be gone before anyone saw the mistake.
fn to_come(time: OffsetDateTime) -> Result<OffsetDateTime, ApiError> {
    if time > OffsetDateTime::now_utc() {
        return Ok(time);
    }
    Err(ApiError::Field("field 'retain_until': the time is over: give one that is still to come".to_owned()))
}
