//! An event as clients see it, and what they may set of it.

use ::events::{
    DuplicatePolicy, EventChange, EventDetails, EventSettings, FalseMatchRate, MatchRule, Metadata,
};
use embedding::Distance;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::verdict::{RuleDistance, RuleRate, ShownRule};
use crate::error::ApiError;
use crate::service::Service;

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownEvent {
    /// Its name.
    #[schema(example = "conference_2024")]
    name: String,
    /// How many users are registered.
    #[schema(example = 15)]
    user_count: usize,
    /// The model of its faces.
    #[schema(example = "dlib-resnet-v1")]
    model: String,
    /// Its own rule for a match; null where the service's holds.
    #[schema(required = true)]
    match_rule: Option<ShownRule>,
    /// The threshold that the rule comes to at its present size; null where the rule cannot be kept here.
    #[schema(required = true, minimum = 0, example = 0.4)]
    threshold: Option<f32>,
    /// How often a search for a stranger is expected to name somebody, 0 to 1; null where it was not measured.
    #[schema(required = true, minimum = 0, maximum = 1, example = 0.058)]
    expected_false_match_rate: Option<f64>,
    /// What is done about a face that is there already under another name; null where the service decides.
    #[schema(required = true)]
    on_duplicate: Option<OnDuplicate>,
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
    /// When two faces are the same person's.
    match_rule: Option<ShownRule>,
    /// What to do about a face that is there already under another name.
    on_duplicate: Option<OnDuplicate>,
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
    #[schema(value_type = Option<ShownRule>)]
    match_rule: Option<Option<ShownRule>>,
    /// What to do about a face that is there already under another name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OnDuplicate>)]
    on_duplicate: Option<Option<OnDuplicate>>,
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
pub(super) struct Time(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

/// Tells what is given as null from what is left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

pub(super) fn shown(service: &Service, EventDetails { record, user_count }: EventDetails) -> ShownEvent {
    let limit = service.events.limit(record.match_rule, user_count).ok();
    ShownEvent {
        name: record.name.to_string(),
        user_count,
        model: record.model.to_string(),
        match_rule: record.match_rule.map(ShownRule::from),
        threshold: limit.map(|limit| limit.threshold.value()),
        expected_false_match_rate: limit.and_then(|limit| limit.expected_false_match_rate),
        on_duplicate: record.on_duplicate.and_then(OnDuplicate::of),
        retain_until: record.retain_until,
        metadata: record.metadata,
        created: record.created,
        updated: record.updated,
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
    pub(super) fn checked(self, service: &Service) -> Result<EventSettings, ApiError> {
        let Self { match_rule, on_duplicate, retain_until, metadata } = self;
        Ok(EventSettings {
            match_rule: match_rule.map(|rule| checked_rule(service, rule)).transpose()?,
            on_duplicate: on_duplicate.map(DuplicatePolicy::from),
            retain_until: retain_until.map(to_come).transpose()?,
            metadata: metadata.unwrap_or_default(),
        })
    }
}

impl EventPatch {
    pub(super) fn checked(self, service: &Service) -> Result<EventChange, ApiError> {
        let Self { match_rule, on_duplicate, retain_until, metadata } = self;
        let rule = |rule: Option<ShownRule>| rule.map(|rule| checked_rule(service, rule)).transpose();
        let time = |time: Option<Time>| time.map(|Time(time)| to_come(time)).transpose();
        Ok(EventChange {
            match_rule: match_rule.map(rule).transpose()?,
            on_duplicate: on_duplicate.map(|policy| policy.map(DuplicatePolicy::from)),
            retain_until: retain_until.map(time).transpose()?,
            metadata: metadata.map(Option::unwrap_or_default),
        })
    }
}

fn checked_rule(service: &Service, rule: ShownRule) -> Result<MatchRule, ApiError> {
    let unfit = |reason: &dyn std::fmt::Display| ApiError::Field(format!("field 'match_rule': {reason}"));
    let rule = match rule {
        ShownRule::Threshold(RuleDistance(value)) => {
            MatchRule::Threshold(Distance::new(value).map_err(|e| unfit(&e))?)
        }
        ShownRule::TargetFalseMatchRate(RuleRate(value)) => {
            MatchRule::TargetFalseMatchRate(FalseMatchRate::new(value).map_err(|e| unfit(&e))?)
        }
    };
    service.events.check_rule(rule)?;
    Ok(rule)
}

/// What is to be erased at a time that is over would be gone before anyone saw the mistake.
fn to_come(time: OffsetDateTime) -> Result<OffsetDateTime, ApiError> {
    if time > OffsetDateTime::now_utc() {
        return Ok(time);
    }
    Err(ApiError::Field("field 'retain_until': the time is over: give one that is still to come".to_owned()))
}
